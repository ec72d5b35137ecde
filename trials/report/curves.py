"""The pictures of a trial's report."""

from typing import Any

import numpy as np

from trials.design import Endpoint
from trials.finished import Comparison, Finished
from trials.report import scales
from trials.results import Results
from twin_engine.page import SERIES, chart, figure
from twin_engine.text import tr

SIZE = (5.0, 3.5)


def arm_curves(results: Results) -> list[str]:
    """Curves for each arm with 95 % bands: over time when there is a time course."""
    plan = results.design.primary
    repeated = np.isfinite(results.courses[0].value).any(axis=0).sum() > 2
    if repeated and plan.kind == "time_in_range":
        return [_over_time(results), _share_in_range(results)]
    if repeated:
        return [_over_time(results), _distribution(results)]
    return [_distribution(results), _paired(results)]


def _daily(results: Results, arm: int) -> tuple[np.ndarray, np.ndarray]:
    """Readings of one arm interpolated to whole days, as the trial saw them: (days, persons)."""
    mine = results.arm == arm
    course, end = results.courses[arm], results.design.visits.days[-1]
    days = np.arange(0, end + 1)
    made = np.full((len(days), int(mine.sum())), np.nan)
    for k, (row, until) in enumerate(zip(results.row[mine], results.until[mine], strict=True)):
        seen = np.isfinite(course.value[row]) & (course.day[row] <= until)
        if seen.sum() > 1:
            at, values = course.day[row][seen], course.value[row][seen]
            made[:, k] = np.interp(days, at, values, left=np.nan, right=np.nan)
    return days, made


def _over_time(results: Results) -> str:
    twin = results.design.twin
    drawn, axes = chart(*SIZE)
    for i, arm in enumerate(results.design.arms):
        days, values = _daily(results, i)
        middle, low, high = (_quantile(values, q) for q in (0.5, 0.25, 0.75))
        axes.plot(days, middle, color=SERIES[i], lw=2, label=tr(arm.name))
        axes.fill_between(days, low, high, color=SERIES[i], alpha=0.16, lw=0)
    plan = results.design.primary
    if plan.low is not None and plan.high is not None:
        axes.axhspan(plan.low, plan.high, color="#808080", alpha=0.13, lw=0)
    axes.set(xlabel=tr("days since randomisation"), ylabel=_label(twin.outcome, twin.unit))
    axes.legend(loc="lower right")
    return figure(drawn, tr("Measured values by arm: median, and the middle half of persons."))


def _quantile(values: np.ndarray, q: float) -> np.ndarray:
    known = np.isfinite(values).sum(axis=1) >= 5
    made = np.full(len(values), np.nan)
    made[known] = np.nanquantile(values[known], q, axis=1)
    return made


def _share_in_range(results: Results) -> str:
    plan = results.design.primary
    assert plan.low is not None and plan.high is not None
    drawn, axes = chart(*SIZE)
    for i, arm in enumerate(results.design.arms):
        days, values = _daily(results, i)
        n = np.isfinite(values).sum(axis=1)
        share = ((values >= plan.low) & (values <= plan.high)).sum(axis=1) / np.maximum(n, 1)
        share[n < 5] = np.nan
        half = 1.96 * np.sqrt(share * (1 - share) / np.maximum(n, 1))
        axes.plot(days, 100 * share, color=SERIES[i], lw=2, label=tr(arm.name))
        axes.fill_between(days, 100 * (share - half), 100 * (share + half), color=SERIES[i],
                          alpha=0.16, lw=0)  # fmt: skip
    axes.set(xlabel=tr("days since randomisation"), ylabel=tr("persons in range, %"))
    axes.legend(loc="lower right")
    return figure(drawn, tr("Share of persons in range on each day, with 95 % bands."))


def _distribution(results: Results) -> str:
    plan = results.design.primary
    drawn, axes = chart(*SIZE)
    for i, arm in enumerate(results.design.arms):
        values = results.observed[plan.name][results.arm == i]
        values = np.sort(values[np.isfinite(values)])
        share = np.arange(1, len(values) + 1) / max(len(values), 1)
        half = 1.96 * np.sqrt(share * (1 - share) / max(len(values), 1))
        axes.step(values, 100 * share, where="post", color=SERIES[i], lw=2, label=tr(arm.name))
        axes.fill_between(values, 100 * np.clip(share - half, 0, 1),
                          100 * np.clip(share + half, 0, 1), step="post", color=SERIES[i],
                          alpha=0.16, lw=0)  # fmt: skip
    axes.set(xlabel=_label(tr(plan.name), plan.unit), ylabel=tr("persons at or below, %"))
    axes.legend(loc="lower right")
    return figure(drawn, tr("Outcome by arm: cumulative distribution with pointwise 95 % bands."))


def _paired(results: Results) -> str:
    """Both arms of the same avatars, in the order of their untreated outcome."""
    plan, design = results.design.primary, results.design
    outcomes = results.potential[plan.name]
    order = np.argsort(outcomes[design.control])
    drawn, axes = chart(*SIZE)
    for i, arm in enumerate(design.arms):
        axes.plot(np.linspace(0, 100, len(order)), outcomes[i][order], color=SERIES[i], lw=0,
                  marker="o", ms=2.6, alpha=0.75, label=tr(arm.name))  # fmt: skip
    axes.set(xlabel=tr("avatars by untreated outcome, %"), ylabel=_label(tr(plan.name), plan.unit))
    axes.legend(loc="upper left", markerscale=2)
    return figure(drawn, tr("Every avatar under every arm: the distance between the arms is the "
                            "true effect, which a real trial never sees."))  # fmt: skip


def _label(name: str, unit: str) -> str:
    return name if unit in ("1", "") else f"{name}, {unit}"


def forest(finished: Finished, comparison: Comparison) -> str:
    """Estimate, truth and published figure on one axis."""
    rows: list[tuple[str, float, float, float, str]] = []
    several = len(comparison.estimates) > 1
    for e, bare, (truth, se) in zip(comparison.estimates, comparison.unadjusted,
                                    comparison.truths, strict=True):  # fmt: skip
        name = f"{tr(e.arm)}: " if several else ""
        rows.append((name + tr("this trial"), e.estimate, e.ci_low, e.ci_high, SERIES[0]))
        if abs(bare.standard_error - e.standard_error) > 1e-12:
            rows.append((name + tr("this trial, unadjusted"), bare.estimate, bare.ci_low,
                         bare.ci_high, SERIES[2]))  # fmt: skip
        rows.append((name + tr("truth"), truth, truth - 1.96 * se, truth + 1.96 * se, SERIES[1]))
    for p in finished.design.published:
        whole = p.figure == "difference" and not p.subgroup and not p.endpoint
        if whole and comparison.endpoint is finished.design.primary:
            low = p.value if p.low is None else p.low
            high = p.value if p.high is None else p.high
            rows.append((tr(p.label), p.value, low, high, SERIES[3]))
    return _draw_forest(rows, comparison.endpoint, comparison.estimates[0].scale)


def _draw_forest(rows: list[tuple[str, float, float, float, str]], plan: Endpoint,
                 scale: str) -> str:  # fmt: skip
    drawn, axes = chart(5.0, 1.3 + 0.44 * len(rows))
    for y, (_, value, low, high, colour) in enumerate(reversed(rows)):
        axes.plot([low, high], [y, y], color=colour, lw=3, alpha=0.55, solid_capstyle="round")
        axes.plot(value, y, "o", color=colour, ms=8)
    axes.axvline(scales.no_effect(scale), color="#808080", lw=1)
    axes.set_yticks(range(len(rows)), [row[0] for row in reversed(rows)])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.grid(axis="y", alpha=0)
    unit = tr("percentage points") if plan.unit == "%" else plan.unit
    axes.set_xlabel(scales.axis(scale, unit))
    return figure(drawn, tr("Points are estimates, lines 95 % intervals; the truth comes from "
                            "paired potential outcomes of all avatars."))  # fmt: skip


def prediction(finished: Finished) -> str:
    """What the digital control predicted beside what was lived without treatment."""
    results, drawn_axes = finished.results, chart(*SIZE)
    drawn, axes = drawn_axes
    assert finished.pool.prognosis is not None
    plan = results.design.primary
    lived = results.potential[plan.name][results.design.control]
    axes.plot(finished.pool.prognosis, lived, "o", ms=3.4, alpha=0.6, color=SERIES[0])
    ends = [min(lived.min(), finished.pool.prognosis.min()), max(lived.max(), 1.0)]
    axes.plot(ends, ends, color="#808080", lw=1)
    axes.set(xlabel=_label(tr("predicted by the digital control"), plan.unit),
             ylabel=_label(tr("lived without treatment"), plan.unit))  # fmt: skip
    return figure(drawn, tr("Each point is a person of the trial; the model never saw them."))


def redrawn(rows: list[tuple[str, float, float, float]]) -> Any:
    """Variance ratios beside their theory: (label, value, low, high)."""
    drawn, axes = chart(*SIZE)
    for y, (_, value, low, high) in enumerate(reversed(rows)):
        axes.plot([low, high], [y, y], color=SERIES[0], lw=3, alpha=0.55, solid_capstyle="round")
        axes.plot(value, y, "o", color=SERIES[0], ms=8)
    axes.axvline(1, color="#808080", lw=1)
    axes.set_yticks(range(len(rows)), [row[0] for row in reversed(rows)])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlim(0, 1.1)
    axes.grid(axis="y", alpha=0)
    axes.set_xlabel(tr("variance with the digital control / without"))
    return figure(drawn, tr("Left of 1: fewer persons for the same precision."))
