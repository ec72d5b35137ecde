"""Simulated beside published, and why they differ."""

import numpy as np

from trials.design import Endpoint, Published
from trials.finished import Finished
from trials.report.sections import interval_text, number
from trials.truth import true_effect
from twin_engine.page import escape, table
from twin_engine.text import tr


def published(finished: Finished) -> str:
    """A table of published figures with the same figures of all avatars, then the reasons."""
    design = finished.design
    rows = []
    for figure in design.published:
        low, high = figure.low, figure.high
        interval = "" if low is None or high is None else f" ({interval_text(low, high)})"
        rows.append({"figure": tr(figure.label), "published": number(figure.value) + interval,
                     "ours": simulated(finished, figure), "source": tr(figure.source)})  # fmt: skip
    heads = {"figure": tr("Figure"), "published": tr("Published"), "ours": tr("All avatars"),
             "source": tr("Source")}  # fmt: skip
    body = table(rows, heads) if rows else ""
    if design.differs:
        body += f"<h3>{escape(tr('Why they differ, and what cannot be reached'))}</h3><ul>"
        body += "".join(f"<li>{escape(tr(text))}</li>" for text in design.differs) + "</ul>"
    return body


def simulated(finished: Finished, figure: Published) -> str:
    """The same figure over the whole pool, with its Monte Carlo interval."""
    design, people = finished.design, finished.results.people
    plan = _endpoint(finished, figure)
    mine = np.ones(len(people), bool)
    for column, level in figure.subgroup.items():
        mine &= people.column(column).astype(str) == level
    outcomes = finished.results.potential[plan.name][:, mine]
    if figure.figure == "arm_mean":
        arm = [a.name for a in design.arms].index(figure.arm or "")
        return number(float(np.nanmean(outcomes[arm])))
    first = next(a for a in range(len(design.arms)) if a != design.control)
    scale = finished.comparisons[0].estimates[0].scale
    until = plan.day if plan.kind == "time_to_event" else None
    truth, se = true_effect(outcomes[first], outcomes[design.control], scale, until)
    return f"{number(truth)} ± {number(1.96 * se, digits=2)}"


def _endpoint(finished: Finished, figure: Published) -> Endpoint:
    every = (finished.design.primary, *finished.design.secondary)
    return next(e for e in every if e.name == (figure.endpoint or finished.design.primary.name))
