"""Sections of the report that a statistician asks for: randomisation, boundaries, borrowed controls."""

from typing import Any

import numpy as np

from trials.finished import Finished
from twin_engine import page
from twin_engine.page import Section, escape
from twin_engine.text import tr


def toolbox(finished: Finished) -> list[Section]:
    """The sections that this design calls for."""
    design = finished.design
    made = [Section(tr("Randomisation"), randomisation(finished))]
    if design.monitoring or design.planning:
        made.append(Section(tr("Size and stopping boundaries"), boundaries(finished)))
    if design.hybrid_control:
        made.append(Section(tr("Hybrid control"), hybrid(finished)))
    if design.external_control:
        made.append(Section(tr("External control"), external(finished)))
    return made


def randomisation(finished: Finished) -> str:
    """Counts by arm in every stratum, and the p value that the randomisation itself justifies."""
    from trials.randomise import imbalance

    design, results = finished.design, finished.results
    levels = _levels(finished)
    names = [arm.name for arm in design.arms]
    ratios = [arm.ratio for arm in design.arms]
    rows = imbalance(results.arm, levels, names, ratios)
    heads = {"group": tr("Group"), **{n: n for n in names}, "imbalance": tr("Imbalance, persons")}
    rows[0]["group"] = tr("everyone")
    body = page.table(rows[:40], heads)
    p = rerandomisation(finished)
    if p is not None:
        text = tr("Re-randomisation test of the primary endpoint, same procedure and same persons "
                  "({draws} repetitions): p = {p}.", draws=999, p=f"{p:.3f}")  # fmt: skip
        body += f"<p>{escape(text)}</p>"
    return body


def rerandomisation(finished: Finished) -> float | None:
    """Re-randomisation p of the first comparison; None where the procedure adapts or data lack."""
    from trials.analysis import Data
    from trials.analysis.ancova import design_matrix
    from trials.randomise import rerandomisation_p

    design, results = finished.design, finished.results
    if design.randomisation.kind == "response_adaptive":
        return None
    y = results.observed[design.primary.name].astype(float)
    known = np.isfinite(y)
    scores = np.where(known, y, y[known].mean() if known.any() else 0.0)
    covariates = {c: results.people[c][results.row] for c in design.analysis.covariates}
    if finished.prognosis is not None:
        covariates["digital control"] = finished.prognosis
    if covariates and design.primary.kind != "time_to_event":
        data = Data(np.zeros(len(y), int), scores, covariates, (design.arms[0].name,), 0)
        matrix, _ = design_matrix(data, np.ones(len(y), bool))
        scores = scores - matrix @ np.linalg.lstsq(matrix, scores, rcond=None)[0]
    if design.primary.kind == "time_to_event":
        scores = martingale(y, results.event[design.primary.name])
    arm = next(a for a in range(len(design.arms)) if a != design.control)
    ids = np.array([s.person for s in results.log.randomised()])
    return rerandomisation_p(design.randomisation, [a.ratio for a in design.arms], ids,
                             _levels(finished), results.arm, scores, arm=arm,
                             control=design.control, seed=finished.seed)  # fmt: skip


def martingale(time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Event minus cumulative hazard (Nelson-Aalen): the scores of the log-rank test, (n,)."""
    order = np.argsort(time, kind="stable")
    risk = len(time) - np.searchsorted(time[order], time[order], side="left")
    hazard = np.cumsum(event[order] / risk)
    last = np.searchsorted(time[order], time, side="right") - 1
    return event - hazard[last]


def _levels(finished: Finished) -> list[tuple[str, ...]]:
    """The levels each randomised person was stratified by, the site last."""
    design, results = finished.design, finished.results
    made = []
    for s in results.log.randomised():
        row = [str(results.people[c][s.row]) for c in design.randomisation.strata]
        made.append((*row, s.site) if design.randomisation.by_site else tuple(row))
    return made


def boundaries(finished: Finished) -> str:
    """Looks with their bounds, and the size they need."""
    from trials.actions.boundaries import boundary_table

    data = boundary_table(finished.design)
    heads = {"information": tr("Information"), "efficacy_z": tr("Efficacy, Z"),
             "futility_z": tr("Futility, Z"), "efficacy_p": "p",
             "cumulative_alpha": tr("Error spent"),
             "stop_efficacy_probability": tr("Stops for efficacy")}  # fmt: skip
    items = [(tr("Inflation"), f"{data['inflation']:.4f}", tr("over a design without looks"))]
    if data["n_total"]:
        items.append((tr("Persons"), f"{data['n_total']:,}", tr("planned, all arms")))
    if data["events"]:
        items.append((tr("Events"), f"{data['events']:,}", tr("at the last look")))
    looks = [{k: row[k] for k in heads} for row in data["looks"]]
    return page.cards(items) + page.table(looks, heads)


def _drift(rows: list[dict[str, float]], unit: str, tip: float | None) -> str:
    figure, axes = page.chart(7.0, 3.2)
    drift = [r["drift"] for r in rows]
    axes.plot(drift, [r["type_i_error"] for r in rows], color=page.SERIES[0])
    axes.axhline(0.05, color="#888888", linewidth=0.8, linestyle="--")
    if tip is not None:
        axes.axvline(tip, color=page.SERIES[1], linewidth=1.0)
        axes.annotate(tr("tipping point"), (tip, 0.9), xycoords=("data", "axes fraction"),
                      color=page.SERIES[1], xytext=(4, 0), textcoords="offset points")  # fmt: skip
    axes.set_xlabel(tr("drift of the historical mean, {unit}", unit=unit))
    axes.set_ylabel(tr("type I error"))
    axes.set_ylim(0, 1)
    return page.figure(figure, tr("Chance of a false positive when the historical persons differ "
                                  "from the trial's by this much."))  # fmt: skip


def _result(made: dict[str, Any], unit: str) -> str:
    tip = made["tipping_point"]
    rows = [{
        "estimate": made["estimate"], "interval": f"{made['ci_low']:.3g} … {made['ci_high']:.3g}",
        "tip": tr("none within the range") if tip is None else f"{tip:.3g} {unit}",
    }]  # fmt: skip
    heads = {"estimate": tr("Estimate"), "interval": tr("Interval"), "tip": tr("Tipping point")}
    return page.table(rows, heads)


def hybrid(finished: Finished) -> str:
    """Borrowing from historical controls, with the error it costs."""
    from trials.control import hybrid as control

    plan, design, results = finished.design.hybrid_control, finished.design, finished.results
    assert plan is not None
    y = results.observed[design.primary.name]
    arm = next(a for a in range(len(design.arms)) if a != design.control)
    groups = [y[(results.arm == a) & np.isfinite(y)] for a in (arm, design.control)]
    treated, own = [(float(g.mean()), float(g.std(ddof=1) / np.sqrt(len(g)))) for g in groups]
    means = np.array([s.mean for s in plan.studies])
    errors = np.array([s.standard_error for s in plan.studies])
    if plan.kind == "power_prior":
        prior = control.power_prior(means, errors, plan.weight)
    else:
        prior = control.map_prior(means, errors, plan.tau, plan.robust, float(groups[1].std(ddof=1)))
    made = control.analyse(prior, treated, own, plan.drift, design.analysis.alpha)
    return (_result(made, design.primary.unit) + _drift(made["drift"], design.primary.unit, made["tipping_point"])
            + page.note(tr("Borrowing keeps its error only without drift: read the curve first.")))  # fmt: skip


def external(finished: Finished) -> str:
    """Persons nobody randomised instead of the control arm; never confirmatory."""
    from trials.control.from_pool import external_from_pool

    made = external_from_pool(finished)
    unit = finished.design.primary.unit
    verdict = tr("Exploratory: a purely virtual control, which nobody randomised, never confirms.")
    return (page.note(verdict) + _result(made, unit)
            + _drift(made["drift"], unit, made["tipping_point"]))  # fmt: skip
