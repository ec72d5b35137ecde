"""One trial from its design to its report."""

from pathlib import Path
from typing import Any

import numpy as np

from trials.analysis import Data, analyse
from trials.conduct import conduct
from trials.control.prognostic import Saving, saving
from trials.design import Analysis, Design, Endpoint
from trials.finished import Comparison, Finished
from trials.people import People
from trials.population import Pool, build
from trials.results import (
    Results, avatar_rows, column_name, gather, subject_rows, visit_rows, write_csv,
)  # fmt: skip
from trials.shards import Shards
from trials.twins import Course, live, treatments
from twin_engine.command import Answer
from twin_engine.errors import InputError
from twin_engine.files import sha256
from twin_engine.tables import progress
from twin_engine.text import tr

CHUNK = 1000  # persons a shard: a second or two of work for the slowest twin


def run_trial(design: Design, out: Path, *, seed: int = 1, persons: int | None = None,
              workers: int | None = None) -> Answer:  # fmt: skip
    """Run one trial and write its tables and its report.

    Parameters
    ----------
    design : Design
    out : Path
        Folder of the results; made if absent.
    seed : int
    persons : int, optional
        Enrol this many instead of the design's number; the pool grows when it must.
    workers : int, optional
        Threads of the solver. The results do not depend on it.

    Raises
    ------
    InputError
        The design asks for what cannot be, or `out` cannot hold the results.
    """
    if seed < 0:
        raise InputError("negative seed", "--seed", seed, "zero or more", "choose another seed")
    if out.exists() and not out.is_dir():
        raise InputError("the output is not a folder", "--out", str(out), "a folder",
                         "choose another name")  # fmt: skip
    design = enlarged(design, persons)
    shards = Shards(out)
    finished = compute(design, seed, workers, shards)
    answer = write(finished, out)
    shards.clear()
    return answer


def enlarged(design: Design, persons: int | None) -> Design:
    """The design with another number of persons."""
    if persons is None:
        return design
    if persons < 1:
        raise InputError("no persons", "-n", persons, "at least one person", "raise the number")
    historical = design.digital_control.historical if design.digital_control else 0
    pool = max(persons + historical, design.population.persons)
    more = {
        "enrolment": design.enrolment.model_copy(update={"persons": persons}),
        "population": design.population.model_copy(update={"persons": pool}),
    }
    return design.model_copy(update=more)


def compute(design: Design, seed: int, workers: int | None, shards: Shards) -> Finished:
    """Twins, conduct, endpoints and analysis; nothing is written but shards."""
    made = treatments(design)
    pool = build(design, seed)
    _check_columns(design, pool.people)
    courses = []
    chunks = [slice(a, a + CHUNK) for a in range(0, len(pool.people), CHUNK)]
    with progress(tr("avatars live through every arm"), len(made) * len(pool.people)) as bar:
        for i, treatment in enumerate(made):
            pieces = []
            for chunk in chunks:
                part = pool.people.take(np.arange(len(pool.people))[chunk])
                key = _key(design, i, part, seed)
                pieces.append(
                    shards.get(key, lambda t=treatment, p=part: live(design, p, t, seed, workers).arrays())
                )
                bar.advance(len(part))
            courses.append(_joined(pieces))
    _check_solved(courses)
    log = conduct(design, pool.people, courses, seed)
    results = gather(design, pool.people, courses, log)
    prognosis = None if pool.prognosis is None else pool.prognosis[results.row]
    comparisons = [
        compare(results, plan, prognosis if plan is design.primary else None)
        for plan in (design.primary, *design.secondary)
    ]
    gain = _saving(results, pool, prognosis, comparisons[0], seed)
    return Finished(design, seed, pool, results, comparisons, gain, prognosis)


def compare(results: Results, plan: Endpoint, prognosis: np.ndarray | None) -> Comparison:
    """The trial's estimate of one endpoint, beside the truth."""
    design = results.design
    names = tuple(arm.name for arm in design.arms)
    covariates = {c: results.people[c][results.row] for c in design.analysis.covariates}
    if prognosis is not None:
        covariates["digital control"] = prognosis
    outcome = results.observed[plan.name]
    full = Data(results.arm, outcome, covariates, names, design.control)
    bare = Data(results.arm, outcome, {}, names, design.control)
    others = [a for a in range(len(names)) if a != design.control]
    plain = Analysis(method=design.analysis.method, alpha=design.analysis.alpha)
    return Comparison(plan, analyse(full, design.analysis), analyse(bare, plain),
                      [results.truth(plan, a) for a in others])  # fmt: skip


def _saving(results: Results, pool: Pool, prognosis: np.ndarray | None, primary: Comparison,
            seed: int) -> Saving | None:  # fmt: skip
    if prognosis is None or pool.prognosis is None:
        return None
    outcome = results.observed[results.design.primary.name]
    known = np.isfinite(outcome)
    ratio = (primary.estimates[0].standard_error / primary.unadjusted[0].standard_error) ** 2
    untreated = results.potential[results.design.primary.name][results.design.control]
    return saving(outcome[known], prognosis[known], results.arm[known], untreated, pool.prognosis,
                  ratio, seed)  # fmt: skip


def _check_columns(design: Design, people: People) -> None:
    """Every column that the design names is there, before anything long starts."""
    rules = [rule.column for rule in design.enrolment.eligibility]
    for name in (*rules, *design.randomisation.strata, *design.analysis.covariates):
        people[name]


def _check_solved(courses: list[Course]) -> None:
    failed = sum(int(course.failed.sum()) for course in courses)
    total = sum(len(course.failed) for course in courses)
    if failed == total:
        raise InputError("no twin could be solved", "twin", failed, "solvable twins",
                         "check the population's values")  # fmt: skip


def _key(design: Design, arm: int, people: People, seed: int) -> str:
    import hashlib

    data = hashlib.sha256(people.ids.tobytes())
    for name in sorted(people.columns):
        data.update(name.encode() + np.ascontiguousarray(people.columns[name]).tobytes())
    parts = (design.twin, design.visits, design.conduct, design.primary, design.arms[arm])
    return "\n".join([str(seed), data.hexdigest(), *(p.model_dump_json() for p in parts)])


def _joined(pieces: list[dict[str, np.ndarray]]) -> Course:
    """Chunks below each other; a chunk with fewer visits is filled with NaN."""
    width = max(piece["day"].shape[1] for piece in pieces)

    def wide(a: np.ndarray) -> np.ndarray:
        if a.ndim == 1 or a.shape[1] == width:
            return a
        filler: Any = False if a.dtype == bool else np.nan
        return np.pad(a, ((0, 0), (0, width - a.shape[1])), constant_values=filler)

    return Course(**{n: np.concatenate([wide(p[n]) for p in pieces]) for n in pieces[0]})


def write(finished: Finished, out: Path) -> Answer:
    """Write tables first and the report last; the answer of `twin trial run`."""
    from trials.report import write_report

    extra = {} if finished.prognosis is None else {
        column_name("digital_control", finished.design.primary.unit): finished.prognosis}  # fmt: skip
    results = finished.results
    table = write_csv(out / "subjects.csv", subject_rows(results, extra))
    tables = [table, write_csv(out / "visits.csv", visit_rows(results)),
              write_csv(out / "avatars.csv", avatar_rows(results))]  # fmt: skip
    report = write_report(finished, out / "report.html", tables)
    data = answer_data(finished) | {"report": str(report), "table": str(table),
                                    "table_sha256": sha256(table),
                                    "design_sha256": finished.design.sha256()}  # fmt: skip
    files = [str(f) for f in (*tables, report)]
    return Answer(data, files=files, warnings=warnings(finished))


def answer_data(finished: Finished) -> dict[str, Any]:
    """Arms, primary comparison, further comparisons, saving."""
    results, design = finished.results, finished.design
    subjects = results.log.randomised()
    arms = [
        {"name": arm.name, "n": sum(s.arm == i for s in subjects),
         "completed": sum(s.arm == i and s.status == "completed" for s in subjects)}
        for i, arm in enumerate(design.arms)
    ]  # fmt: skip
    rows = [
        {"endpoint": c.endpoint.name, "arm": e.arm, "unit": c.endpoint.unit, "scale": e.scale,
         "estimate": e.estimate, "ci_low": e.ci_low, "ci_high": e.ci_high, "p_value": e.p_value,
         "truth": truth, "truth_se": se, "n": e.n, "method": e.method}
        for c in finished.comparisons
        for e, (truth, se) in zip(c.estimates, c.truths, strict=True)
    ]  # fmt: skip
    data: dict[str, Any] = {"title": tr(design.title), "arms": arms, "primary": rows[0]}
    if rows[1:]:
        data["further"] = rows[1:]
    if finished.saving:
        from dataclasses import asdict

        data["digital_control"] = asdict(finished.saving)
    return data


def warnings(finished: Finished) -> list[str]:
    """What a reader must not overlook."""
    results, made = finished.results, []
    failed = sum(int(c.failed.sum()) for c in results.courses)
    if failed:
        made.append(tr("{n} twins could not be solved and are left out", n=failed))
    wanted, got = finished.design.enrolment.persons, len(results.row)
    if got < wanted:
        made.append(tr("only {got} of {wanted} persons could be randomised: the pool is used up",
                       got=got, wanted=wanted))  # fmt: skip
    return made
