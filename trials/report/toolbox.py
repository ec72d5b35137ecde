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
    if design.monitoring:
        made.append(Section(tr("What each look saw"), looks(finished)))
    if design.estimands:
        made.append(Section(tr("Estimands"), estimands(finished)))
    if design.hybrid_control:
        made.append(Section(tr("Hybrid control"), hybrid(finished)))
    if design.external_control:
        made.append(Section(tr("External control"), external(finished)))
    return made


def randomisation(finished: Finished) -> str:
    """Counts by arm in every stratum, and the p value that the randomisation itself justifies."""
    from trials.randomise import imbalance

    design, results = finished.design, finished.results
    columns = [*design.randomisation.strata, *([tr("site")] if design.randomisation.by_site else [])]
    levels = [tuple(f"{c}: {v}" for c, v in zip(columns, row, strict=True)) for row in _levels(finished)]
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
    from trials.sizing import boundary_table

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


def _prepared(finished: Finished) -> tuple[Any, Any]:
    """This trial in the form of the replicates: what is shared, and what happened."""
    from trials.randomise import codes
    from trials.replicates import Happened, prepare

    design, results = finished.design, finished.results
    subjects = results.log.randomised()
    start = np.array([s.randomised_day for s in subjects])
    stratum = codes(_levels(finished))[1]
    n = np.arange(len(subjects))
    happened = Happened(start, np.zeros(len(n), np.int64), results.row, np.full(len(n), -1), n,
                        start, results.arm, results.until, stratum)  # fmt: skip
    prepared = prepare(design, results.people, results.courses, finished.pool.prognosis)
    return prepared, happened


def looks(finished: Finished) -> str:
    """Lock, data, statistic, bound and decision of each look of this very trial."""
    from trials.analysis import method_for
    from trials.endpoints import better_sign
    from trials.looks import locks, sample
    from trials.power import rule_of
    from trials.replicate_tests import TESTS

    design, (prepared, happened) = finished.design, _prepared(finished)
    method = method_for(design.analysis.method, design.primary.kind)
    if method not in TESTS:
        return page.note(tr("The analysis has no form for interim looks."))
    rule, rows, stopped = rule_of(design), [], False
    arm = next(a for a in range(len(design.arms)) if a != design.control)
    for k, day in enumerate(locks(prepared, happened, rule)):
        data = sample(prepared, happened, float(day), arm)
        z = better_sign(design.primary) * TESTS[method].z(data)
        hit = z >= rule.efficacy[k] or (rule.sided == 2 and -z >= rule.efficacy[k])
        last = k + 1 == len(rule.share)
        word = tr("stops: efficacy") if hit else tr("stops: futility") if z <= rule.futility[k] else (
            tr("ends without rejection") if last else tr("goes on"))  # fmt: skip
        rows.append({"look": k + 1, "day": f"{day:.0f}", "persons": len(data.y), "z": f"{z:.3f}",
                     "bound": f"{rule.efficacy[k]:.3f}",
                     "decision": tr("(stopped before)") if stopped else word})  # fmt: skip
        stopped = stopped or hit or z <= rule.futility[k]
    heads = {"look": tr("Look"), "day": tr("Calendar day of the lock"), "persons": tr("Persons with data"),
             "z": "Z", "bound": tr("Efficacy, Z"), "decision": tr("Decision")}  # fmt: skip
    text = tr("A look sees what was in the database on the day of its lock. This report shows the whole "
              "trial even where a look would have stopped it.")  # fmt: skip
    return page.table(rows, heads) + f"<p>{escape(text)}</p>"


def estimands(finished: Finished) -> str:
    """The five attributes of each estimand and its true value."""
    from trials.estimands import truth

    prepared, _ = _prepared(finished)
    design = finished.design
    arm = next(a for a in range(len(design.arms)) if a != design.control)
    rows = []
    for e in design.estimands:
        value, se = truth(prepared, e, arm, finished.seed)
        words = [f"{tr(name)}: {tr(kind.replace('_', ' '))}" for name, kind in e.events.items()]
        rows.append({"name": tr(e.name), "treatment": tr(e.treatment), "population": tr(e.population),
                     "variable": tr(e.variable), "events": "\n".join(words), "summary": tr(e.summary),
                     "truth": f"{value:.3g} ± {1.96 * se:.2g}"})  # fmt: skip
    heads = {"name": tr("Estimand"), "treatment": tr("Treatment"), "population": tr("Population"),
             "variable": tr("Variable"), "events": tr("Intercurrent events"), "summary": tr("Summary"),
             "truth": tr("True value, {unit}", unit=design.primary.unit)}  # fmt: skip
    text = tr("True values come from every avatar living through both arms with its intercurrent events "
              "(ICH E9(R1)); twin trial power shows how well each is estimated.")  # fmt: skip
    return page.table(rows, heads) + f"<p>{escape(text)}</p>"


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
    axes.set_ylim(0, min(1.0, max(0.2, 1.15 * max(r["type_i_error"] for r in rows))))
    return page.figure(figure, tr("Chance of a false positive when the historical persons differ "
                                  "from the trial's by this much."))  # fmt: skip


def _result(made: dict[str, Any], unit: str) -> str:
    tip = made["tipping_point"]
    gained = made.get("information_ratio")
    borrowed = f"× {gained:.2f}" if gained else f"{made['effective_persons']:.0f}"
    rows = [{
        "borrowed": borrowed, "estimate": made["estimate"], "interval": f"{made['ci_low']:.3g} … {made['ci_high']:.3g}",
        "tip": tr("none within the range") if tip is None else f"{tip:.3g} {unit}",
    }]  # fmt: skip
    label = tr("Information about the control") if gained else tr("Effective external persons")
    heads = {"estimate": tr("Estimate"), "interval": tr("Interval"), "borrowed": label, "tip": tr("Tipping point")}
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
