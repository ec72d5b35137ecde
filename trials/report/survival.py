"""Survival curves of a trial's report."""

from typing import Any

import numpy as np

from trials.results import Results
from twin_engine.page import SERIES, chart, escape, figure, table
from twin_engine.text import tr

SIZE = (5.0, 3.5)


def survival_curves(results: Results) -> list[str]:
    """Kaplan-Meier by arm as the trial sees it, and all avatars under every arm; medians below."""
    plan, design = results.design.primary, results.design
    seen, axes = chart(*SIZE)
    rows: list[dict[str, Any]] = []
    for i, arm in enumerate(design.arms):
        mine = results.arm == i
        time, event = results.observed[plan.name][mine], results.event[plan.name][mine]
        x, y, low, high = _curve(time, event, plan.day)
        axes.step(x, 100 * y, where="post", color=SERIES[i], lw=2, label=tr(arm.name))
        axes.fill_between(x, 100 * low, 100 * high, step="post", color=SERIES[i], alpha=0.16, lw=0)
        everyone = results.potential[plan.name][i]
        rows.append({"arm": tr(arm.name), "n": int(mine.sum()), "events": int(event.sum()),
                     "median": _median(x, y), "truth": _median(*_curve(
                         everyone, everyone < plan.day, plan.day)[:2])})  # fmt: skip
    _axes(axes, plan.day)
    whole, axes = chart(*SIZE)
    for i, arm in enumerate(design.arms):
        everyone = results.potential[plan.name][i]
        x, y, _, _ = _curve(everyone, everyone < plan.day, plan.day)
        axes.step(x, 100 * y, where="post", color=SERIES[i], lw=2, label=tr(arm.name))
    _axes(axes, plan.day)
    heads = {"arm": tr("Arm"), "n": "n", "events": tr("Events"), "median": tr("Median, d"),
             "truth": tr("Median of all avatars, d")}  # fmt: skip
    medians = f"<h3>{escape(tr('Median time to event'))}</h3>{table(rows, heads)}"
    return [figure(seen, tr("Kaplan-Meier curves of the trial with pointwise 95 % bands.")),
            figure(whole, tr("All avatars under every arm, nobody lost: the truth.")) + medians]  # fmt: skip


def _axes(axes: Any, day: float) -> None:
    axes.set(xlabel=tr("days since randomisation"), ylabel=tr("without event, %"), ylim=(0, 102),
             xlim=(0, day))  # fmt: skip
    axes.legend(loc="upper right")


def _curve(time: np.ndarray, event: np.ndarray, day: float) -> tuple[np.ndarray, ...]:
    """Steps of the curve and its band on the log(-log) scale (Kalbfleisch & Prentice 2002, 1.4)."""
    from trials.analysis.kernels.survival import kaplan_meier

    x, y, risk, deaths = kaplan_meier(np.ascontiguousarray(time), np.ascontiguousarray(event))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.cumsum(deaths / (risk * (risk - deaths)))) / np.log(y)
        low, high = y ** np.exp(-1.96 * spread), y ** np.exp(1.96 * spread)
    low, high = np.where(np.isfinite(low), low, y), np.where(np.isfinite(high), high, y)
    ends = [np.concatenate([[1.0], a, a[-1:] if len(a) else [1.0]])
            for a in (y, np.minimum(low, high), np.maximum(low, high))]  # fmt: skip
    return (np.concatenate([[0.0], x, [day]]), *ends)


def _median(x: np.ndarray, y: np.ndarray) -> float | None:
    below = np.flatnonzero(y <= 0.5)
    return float(x[below[0]]) if len(below) else None
