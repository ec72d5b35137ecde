"""The therapist's report of a training course: one page."""

from pathlib import Path

import numpy as np

from twin_engine import page
from twin_engine.motion.adaptation import BAND
from twin_engine.motion.prognosis import PUBLISHED_ERROR, Prognosis
from twin_engine.motion.session import Planned, Schedule
from twin_engine.text import tr


def write(target: Path, schedule: Schedule, planned: Planned, known: Prognosis | None, simulated: float | None,
          effect: float) -> Path:  # fmt: skip
    """Write the page."""
    course = planned.course
    success = float(np.mean([r.success for r in course.results])) if course.results else float("nan")
    cards = page.cards([
        (tr("Sessions attended"), f"{planned.attended} / {planned.planned}", tr("planned adherence {share:.0%}",
                                                                               share=schedule.adherence)),
        (tr("Blocks"), str(len(course.results)), tr("{n} repetitions each", n=10)),
        (tr("Success"), f"{100 * success:.0f} %", tr("target 70 %, band 60 to 80 %")),
        (tr("Assumed effect"), f"{effect:g}", tr("points of the Fugl-Meyer score, user's assumption")),
    ])  # fmt: skip
    sections = [
        page.Section(tr("At a glance"), cards), page.Section(tr("Difficulty and success"), _progress(planned)),
        page.Section(tr("Tasks"), _tasks(planned)), page.Section(tr("Why sessions ended"), _stops(planned)),
    ]  # fmt: skip
    if known is not None:
        sections.append(page.Section(tr("Recovery expected"), _recovery(known, simulated, effect)))
    sections.append(page.Section(tr("Limits"), page.note(
        tr("The patient of a plan is simulated: skill, learning and fatigue are assumptions, not measured."),
        tr("Whether more training means more recovery is weakly supported; the default effect is zero."),
        tr("Scores are entered by the clinician, never inferred from movement."))))  # fmt: skip
    return page.write(target, tr("Training course"), sections, kicker=tr("Motion"),
                      lead=tr("{weeks} weeks, {per_week} sessions a week", weeks=schedule.weeks,
                              per_week=schedule.per_week))  # fmt: skip


def _progress(planned: Planned) -> str:
    results = planned.course.results
    if not results:
        return page.note(tr("no session was attended"))
    figure, (upper, lower) = page.chart(8.0, 4.6, nrows=2, sharex=True)
    for task in planned.course.tasks:
        rows = [r for r in results if r.task == task.name]
        at = [r.week + r.minute / (7 * 24 * 60) for r in rows]
        upper.plot(at, [r.setting for r in rows] if len(planned.course.tasks) == 1 else [r.difficulty for r in rows],
                   ".-", label=tr(task.title), lw=1.2)  # fmt: skip
    single = planned.course.tasks[0] if len(planned.course.tasks) == 1 else None
    upper.set_ylabel(f"{tr(single.what)}, {single.unit}" if single else tr("difficulty, units of skill"))
    upper.legend(loc="upper left", ncols=3, fontsize=8)
    by_session = sorted({r.session for r in results})
    lower.axhspan(100 * BAND[0], 100 * BAND[1], alpha=0.15, lw=0)
    weeks = [next(r.week for r in results if r.session == s) for s in by_session]
    shares = [100 * float(np.mean([r.success for r in results if r.session == s])) for s in by_session]
    lower.plot(weeks, shares, "o-", ms=4)
    lower.set_ylabel(tr("success, %"))
    lower.set_ylim(0, 100)
    lower.set_xlabel(tr("weeks of training"))
    return page.figure(figure, tr("Difficulty follows the patient; the band marks 60 to 80 % success."))


def _tasks(planned: Planned) -> str:
    rows = []
    for task in planned.course.tasks:
        mine = [r for r in planned.course.results if r.task == task.name]
        if mine:
            rows.append({"task": tr(task.title), "varied": f"{tr(task.what)}, {task.unit}", "blocks": len(mine),
                         "first": round(mine[0].setting, 2), "last": round(mine[-1].setting, 2),
                         "success": f"{100 * float(np.mean([r.success for r in mine])):.0f} %"})  # fmt: skip
    names = {"task": tr("task"), "varied": tr("what is varied"), "blocks": tr("blocks"), "first": tr("first setting"),
             "last": tr("last setting"), "success": tr("success")}  # fmt: skip
    return page.table(rows, names)


def _stops(planned: Planned) -> str:
    reasons: dict[str, int] = {}
    for r in planned.course.results:
        if r.stopped:
            reasons[r.stopped] = reasons.get(r.stopped, 0) + 1
    rows = [{"reason": tr(k), "sessions": n} for k, n in sorted(reasons.items())]
    rules = tr("pain of 4 or risen by 2, exertion of 15 (Borg) or 5 (CR10), three falling blocks, or the time")
    return page.table(rows, {"reason": tr("reason"), "sessions": tr("sessions")}) + page.note(rules)


def _recovery(known: Prognosis, simulated: float | None, effect: float) -> str:
    figure, axes = page.chart(8.0, 3.0)
    axes.fill_between(known.weeks, known.low, known.high, alpha=0.2, lw=0)
    axes.plot(known.weeks, known.middle, "o-")
    axes.set_ylim(0, 66)
    axes.set_xlabel(tr("weeks after stroke"))
    axes.set_ylabel(tr("Fugl-Meyer score of the arm, 0 to 66"))
    rows = [{"week": w, "score": f"{m:.0f} ({a:.0f}~{b:.0f})"}
            for w, a, m, b in zip(known.weeks, known.low, known.middle, known.high, strict=True)]  # fmt: skip
    body = page.figure(figure, tr("Median and 90 % interval of the true score (van der Vliet 2020)."))
    body += page.table(rows, {"week": tr("weeks after stroke"), "score": tr("score, 90 % interval")})
    used = min(2, known.scores)
    middle, low, high = PUBLISHED_ERROR[used]
    said = [tr("On 412 real patients the median absolute error was {middle} points ({low} to {high}) with early scores "
               "of {n} weeks.", middle=middle, low=low, high=high, n=used)]  # fmt: skip
    if simulated is not None:
        said.append(tr("On patients simulated by the model itself it is {error:.1f}: they follow the model exactly, "
                       "real ones do not, so trust the published figure.", error=simulated))  # fmt: skip
    if effect:
        said.append(tr("{effect:g} points of effect were assumed by the user.", effect=effect))
    return body + page.note(*said)
