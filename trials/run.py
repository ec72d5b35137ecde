"""One trial from its design to its report."""

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from avatars.population import Population
from trials.analysis import Data, analyse, check_method, method_for
from trials.answer import write
from trials.conduct import conduct
from trials.control.prognostic import Saving, saving
from trials.design import Design, Endpoint
from trials.finished import Comparison, Finished
from trials.population import Pool, build
from trials.results import Results, gather
from trials.shards import Shards
from trials.treatment import Treatment
from trials.twins import Course, live, treatments
from twin_engine.cli import VERSION
from twin_engine.command import Answer
from twin_engine.errors import InputError
from twin_engine.tables import progress
from twin_engine.text import tr

CHUNK = 1000  # persons a shard: a second or two of work for the slowest twin


def run_trial(design: Design, out: Path, *, seed: int = 1, persons: int | None = None,
              workers: int | None = None, adam: bool = False) -> Answer:  # fmt: skip
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
    adam : bool
        Write ADSL, ADTTE and their define sheet, too.

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
    answer = write(finished, out, adam)
    shards.clear()
    return answer


def enlarged(design: Design, persons: int | None) -> Design:
    """The design with another number of persons."""
    if persons is None:
        return design
    if persons < 1:
        raise InputError("no persons", "-n", persons, "at least one person", "raise the number")
    historical = design.digital_control.historical if design.digital_control else 0
    # Some decline; five in a hundred more than expected keeps chance from emptying the pool.
    refuses = design.enrolment.refuses
    asked = persons if refuses == 0 else math.ceil(1.05 * persons / (1 - refuses))
    pool = max(asked + historical, design.population.persons)
    more = {
        "enrolment": design.enrolment.model_copy(update={"persons": persons}),
        "population": design.population.model_copy(update={"persons": pool}),
    }
    return design.model_copy(update=more)


def compute(design: Design, seed: int, workers: int | None, shards: Shards) -> Finished:
    """Twins, conduct, endpoints and analysis; nothing is written but shards."""
    pool = build(design, seed)
    courses = live_all(design, pool.people, seed, workers, shards)
    log = conduct(design, pool.people, courses, seed)
    results = gather(design, pool.people, courses, log)
    prognosis = None if pool.prognosis is None else pool.prognosis[results.row]
    comparisons = [
        compare(results, plan, prognosis if plan is design.primary else None)
        for plan in (design.primary, *design.secondary)
    ]
    gain = _saving(results, pool, prognosis, comparisons[0], seed)
    return Finished(design, seed, pool, results, comparisons, gain, prognosis)


def live_all(design: Design, people: Population, seed: int, workers: int | None,
             shards: Shards) -> list[Course]:  # fmt: skip
    """Every avatar under every arm, in chunks that survive an interruption."""
    made, courses = treatments(design), []
    _check_columns(design, people)
    with progress(tr("avatars live through every arm"), len(made) * len(people)) as bar:
        for arm, treatment in enumerate(made):
            pieces = []
            for start in range(0, len(people), CHUNK):
                part = people.take(np.arange(start, min(start + CHUNK, len(people))))
                make = partial(_piece, design, part, treatment, seed, workers)
                pieces.append(shards.get(_key(design, arm, part, seed), make))
                bar.advance(len(part))
            courses.append(_joined(pieces))
    _check_solved(courses)
    return courses


def _piece(design: Design, people: Population, treatment: Treatment, seed: int,
           workers: int | None) -> dict[str, np.ndarray]:  # fmt: skip
    return live(design, people, treatment, seed, workers).arrays()


def compare(results: Results, plan: Endpoint, prognosis: np.ndarray | None) -> Comparison:
    """The trial's estimate of one endpoint, beside the truth."""
    design = results.design
    names = tuple(arm.name for arm in design.arms)
    covariates = {c: results.people[c][results.row] for c in design.analysis.covariates}
    if prognosis is not None:
        covariates["digital control"] = prognosis
    outcome = results.observed[plan.name]
    method = method_for(design.analysis.method, plan.kind)
    words = {"event": results.event.get(plan.name), "day": plan.day,
             "repeated": results.repeated(plan) if method in ("mmrm", "imputation") else None}  # fmt: skip
    full = Data(results.arm, outcome, covariates, names, design.control, **words)
    bare = Data(results.arm, outcome, {}, names, design.control, **words)
    adjusted = design.analysis.model_copy(update={"method": method})
    plain = adjusted.model_copy(update={"covariates": ()})
    estimates = analyse(full, adjusted)
    truths = [results.truth(plan, names.index(e.arm), e.scale) for e in estimates]
    return Comparison(plan, estimates, analyse(bare, plain), truths)


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


def _check_columns(design: Design, people: Population) -> None:
    """Every column and method that the design names is there, before anything long starts."""
    check_method(design.analysis.method)
    rules = [rule.column for rule in design.enrolment.eligibility]
    for name in (*rules, *design.randomisation.strata, *design.analysis.covariates):
        people[name]


def _check_solved(courses: list[Course]) -> None:
    failed = sum(int(course.failed.sum()) for course in courses)
    total = sum(len(course.failed) for course in courses)
    if failed == total:
        raise InputError("no twin could be solved", "twin", failed, "solvable twins",
                         "check the population's values")  # fmt: skip


def _key(design: Design, arm: int, people: Population, seed: int) -> str:
    import hashlib

    data = hashlib.sha256(people.ids.tobytes())
    for name in sorted(people.columns):
        data.update(name.encode() + np.ascontiguousarray(people.columns[name]).tobytes())
    parts = (design.twin, design.visits, design.conduct, design.primary, design.arms[arm])
    return "\n".join([VERSION, str(seed), data.hexdigest(), *(p.model_dump_json() for p in parts)])


def _joined(pieces: list[dict[str, np.ndarray]]) -> Course:
    """Chunks below each other; a chunk with fewer visits is filled with NaN."""
    width = max(piece["day"].shape[1] for piece in pieces)

    def wide(a: np.ndarray) -> np.ndarray:
        if a.ndim == 1 or a.shape[1] == width:
            return a
        filler: Any = False if a.dtype == bool else np.nan
        return np.pad(a, ((0, 0), (0, width - a.shape[1])), constant_values=filler)

    return Course(**{n: np.concatenate([wide(p[n]) for p in pieces]) for n in pieces[0]})
