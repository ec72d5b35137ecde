"""What a finished trial hands over: tables, report, and the answer on the terminal."""

from pathlib import Path
from typing import Any

from trials.finished import Finished
from trials.results import avatar_rows, column_name, subject_rows, visit_rows, write_csv
from twin_engine.command import Answer
from twin_engine.files import sha256
from twin_engine.text import tr


def write(finished: Finished, out: Path, adam: bool = False) -> Answer:
    """Write tables first and the report last; the answer of `twin trial run`."""
    from trials.report import write_report

    extra = {} if finished.prognosis is None else {
        column_name("digital_control", finished.design.primary.unit): finished.prognosis}  # fmt: skip
    results = finished.results
    table = write_csv(out / "subjects.csv", subject_rows(results, extra))
    tables = [table, write_csv(out / "visits.csv", visit_rows(results)),
              write_csv(out / "avatars.csv", avatar_rows(results))]  # fmt: skip
    if adam:
        from trials.adam import write as write_adam

        tables += write_adam(finished, out)
    report = write_report(finished, out / "report.html", tables)
    data = answer_data(finished) | {"report": str(report), "table": str(table),
                                    "table_sha256": sha256(table),
                                    "design_sha256": finished.design.sha256()}  # fmt: skip
    files = [str(f) for f in (*tables, report)]
    return Answer(data, lambda: show(finished), files=files, warnings=warnings(finished))


def show(finished: Finished) -> None:
    """The result for a person at a terminal: two small tables and a sentence."""
    from twin_engine.tables import show_table

    data = answer_data(finished)
    heads = {"name": tr("Arm"), "n": "n", "completed": tr("Completed")}
    arms = [arm | {"name": tr(arm["name"])} for arm in data["arms"]]
    show_table(tr(data["title"]), [{heads[k]: v for k, v in arm.items()} for arm in arms])
    rows = [
        {tr("Endpoint"): tr(r["endpoint"]), tr("Arm"): tr(r["arm"]), tr("Estimate"): r["estimate"],
         tr("Interval"): f"{r['ci_low']:.4g} … {r['ci_high']:.4g}", "p": f"{r['p_value']:.2g}",
         tr("Truth"): r["truth"], tr("Unit"): r["unit"]}
        for r in (data["primary"], *data.get("further", ()))
    ]  # fmt: skip
    show_table(tr("Difference to the control"), rows)
    if finished.saving:
        s = finished.saving
        print(tr("The digital control saves {share} % of the persons (95 % interval {low} to {high}).",
                 share=f"{100 * s.saving:.1f}", low=f"{100 * s.low:.1f}",
                 high=f"{100 * s.high:.1f}"))  # fmt: skip


def answer_data(finished: Finished) -> dict[str, Any]:
    """Arms, primary comparison, further comparisons, saving."""
    results, design = finished.results, finished.design
    subjects = results.log.randomised()
    arms = [
        {"name": arm.name, "n": sum(s.arm == i for s in subjects),
         "completed": sum(s.arm == i and s.status in ("completed", "event") for s in subjects)}
        for i, arm in enumerate(design.arms)
    ]  # fmt: skip
    rows = [
        {"endpoint": c.endpoint.name, "arm": e.arm, "unit": c.endpoint.unit, "scale": e.scale,
         "estimate": e.estimate, "ci_low": e.ci_low, "ci_high": e.ci_high, "p_value": e.p_value,
         "truth": truth, "truth_se": se, "n": e.n, "method": e.method}
        for c in finished.comparisons
        for e, (truth, se) in zip(c.estimates, c.truths, strict=True)
    ]  # fmt: skip
    data: dict[str, Any] = {"title": design.title, "arms": arms, "primary": rows[0]}
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
