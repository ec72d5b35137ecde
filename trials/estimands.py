"""Estimands: the truth from paired potential outcomes, and how well an estimator finds it.

ICH E9(R1) 2019, "Addendum on estimands and sensitivity analysis". Each person's intercurrent events
are simulated in every arm with the same luck, so the true value of every strategy is a mean over
pairs. Events may depend on the outcome at the visit where they happen.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trials.analysis.mmrm import design_array
from trials.endpoints import by_visit
from trials.replicates import Happened, Prepared, happen
from trials.shards import Arrays
from trials.spec.estimand import Estimand, IntercurrentEvent
from twin_engine.errors import InputError
from twin_engine.streams import uniforms

NEVER = 10**6


@dataclass(frozen=True)
class Lives:
    """Outcomes of some persons in every arm with their intercurrent events.

    Parameters
    ----------
    y : (arms, n, visits) array
        The outcome at each planned visit, after-effects of the events included.
    when : (events, arms, n) int array
        Visit at which each event happens; NEVER where it does not.
    """

    y: NDArray
    when: NDArray


def undisturbed(prepared: Prepared) -> NDArray:
    """Everyone's outcome at each planned visit in every arm, without events: (arms, n, visits)."""
    design = prepared.design
    never = np.full(len(prepared.excluded), np.inf)
    y = np.array([by_visit(c, design.visits.days, never) for c in prepared.courses])
    if design.primary.kind == "change":
        y = y - y[:, :, :1]
    if design.intercurrent_events and not np.isfinite(y[:, :, :-1]).any():
        raise InputError("intercurrent events need outcomes at the visits before the last",
                         "intercurrent_events", design.twin.model,
                         "a twin with an outcome at every visit",
                         "use another twin or leave the events out")  # fmt: skip
    return y


def live(y: NDArray, events: tuple[IntercurrentEvent, ...], arms: tuple[str, ...], control: int,
         seed: int, replicate: int, ids: NDArray, active: tuple[bool, ...]) -> Lives:  # fmt: skip
    """Let the active events happen.

    Parameters
    ----------
    y : (arms, n, visits) array
        Outcomes without events.
    ids : (n,) int array
        Identities: arms share each person's draws.
    """
    made, visits = y.copy(), y.shape[2]
    when = np.full((len(events), len(y), y.shape[1]), NEVER)
    draws = [uniforms(seed, replicate, ids, f"intercurrent event {e.name}", visits) for e in events]
    for visit in range(visits - 1):
        for e, event in enumerate(events):
            if not active[e]:
                continue
            for a, arm in enumerate(arms):
                if event.arms and arm not in event.arms:
                    continue
                now = made[a, :, visit]
                odds = np.log(event.probability / (1 - event.probability))
                odds = odds + event.slope * (now - event.centre)
                hits = (draws[e][:, visit] < 1 / (1 + np.exp(-odds))) & (when[e, a] == NEVER)
                when[e, a, hits] = visit
                if event.after == "loses_effect":
                    made[a, hits, visit + 1 :] = y[control, hits, visit + 1 :]
                elif event.after == "shift":
                    made[a, hits, visit + 1 :] += event.shift
    return Lives(made, when)


def final(lives: Lives, estimand: Estimand, names: list[str]) -> NDArray:
    """The variable of the estimand for everyone in every arm, (arms, n)."""
    value = lives.y[:, :, -1].copy()
    for e, name in enumerate(names):
        hit = lives.when[e] < NEVER
        if estimand.events[name] == "composite":
            value[hit] = estimand.composite_value
        elif estimand.events[name] == "while_on_treatment":
            last = np.minimum(lives.when[e], lives.y.shape[2] - 1)
            value[hit] = np.take_along_axis(lives.y, last[:, :, None], axis=2)[:, :, 0][hit]
    return value


def truth(prepared: Prepared, estimand: Estimand, arm: int, seed: int) -> tuple[float, float]:
    """The true estimand over the whole pool, and its Monte Carlo standard error."""
    design = prepared.design
    events, names = design.intercurrent_events, [e.name for e in design.intercurrent_events]
    y = undisturbed(prepared)
    active = tuple(estimand.events[n] != "hypothetical" for n in names)
    words = tuple(a.name for a in design.arms)
    lives = live(y, events, words, design.control, seed, 0, np.arange(y.shape[1]), active)
    value = final(lives, estimand, names)
    gap = value[arm] - value[design.control]
    inside = prepared.excluded < 0
    for e, name in enumerate(names):
        if estimand.events[name] == "principal_stratum":
            inside &= (lives.when[e][[arm, design.control]] == NEVER).all(axis=0)
    gap = gap[inside & np.isfinite(gap)]
    if len(gap) < 2:
        raise InputError("nobody is in the principal stratum", "estimands", estimand.name,
                         "persons without the event in both arms", "lower its probability")  # fmt: skip
    return float(gap.mean()), float(gap.std(ddof=1) / np.sqrt(len(gap)))


def estimate(prepared: Prepared, y: NDArray, happened: Happened, estimand: Estimand, arm: int,
             seed: int, replicate: int) -> tuple[float, float, float]:  # fmt: skip
    """Estimate, standard error and degrees of freedom from what one trial sees.

    Hypothetical: data after the event are left out and a repeated-measures model takes them as
    missing at random. Principal stratum: whoever has the event in the own arm is left out, which
    is biased when the event depends on treatment; the bias is what is to be seen.
    """
    design = prepared.design
    events, names = design.intercurrent_events, [e.name for e in design.intercurrent_events]
    row = happened.row[happened.who]
    words = tuple(a.name for a in design.arms)
    lives = live(y[:, row], events, words, design.control, seed, replicate + 1, happened.who,
                 (True,) * len(events))  # fmt: skip
    n = np.arange(len(row))
    mine = lives.y[happened.arm, n].copy()
    keep = (happened.arm == arm) | (happened.arm == design.control)
    late = np.asarray(design.visits.days)[None, :] > happened.until[:, None]
    for e, name in enumerate(names):
        when = lives.when[e][happened.arm, n]
        if estimand.events[name] == "hypothetical":
            late |= np.arange(mine.shape[1])[None, :] > when[:, None]
        elif estimand.events[name] == "principal_stratum":
            keep &= when == NEVER
    value = final(lives, estimand, names)[happened.arm, n]
    mine[:, -1] = value
    mine[late] = np.nan
    treated = (happened.arm[keep] == arm).astype(np.int64)
    return _fit(mine[keep], treated, prepared.covariates[row[keep]])


def _fit(y: NDArray, treated: NDArray, covariates: NDArray) -> tuple[float, float, float]:
    """Least squares at the last visit where all of it is known, else the repeated-measures model."""
    from trials.analysis.kernels.linear import least_squares
    from trials.analysis.kernels.mmrm import fit, satterthwaite

    varies = [np.isfinite(v).sum() > 2 and np.nanvar(v) > 0 for v in y.T]
    y = np.ascontiguousarray(y[:, varies])
    known = np.isfinite(y[:, -1])
    if known.all() or y.shape[1] == 1:
        x = np.column_stack([np.ones(known.sum()), treated[known], covariates[known]])
        beta, cov, df = least_squares(np.ascontiguousarray(y[known, -1]), x)
        return float(beta[1]), float(np.sqrt(cov[1, 1])), float(df)
    x = design_array(treated, [1], list(covariates.T), y.shape[1])
    beta, phi, cov, _, _ = fit(y, x, True)
    contrast = np.zeros(x.shape[2])
    contrast[2 * y.shape[1] - 1] = 1.0
    df = satterthwaite(y, x, cov, beta, phi, contrast)
    return float(contrast @ beta), float(np.sqrt(contrast @ phi @ contrast)), float(df)


def shard(work: Any, name: str, null: bool, first: int, count: int) -> Arrays:
    """Estimates of some replicates: `estimate`, `standard_error`, `df`, each (count,)."""
    prepared = work.prepared.null() if null else work.prepared
    estimand = next(e for e in prepared.design.estimands if e.name == name)
    y = undisturbed(prepared)
    rows = np.array([
        estimate(prepared, y, happen(prepared, work.seed, r), estimand, work.arm, work.seed, r)
        for r in range(first, first + count)
    ])  # fmt: skip
    return {"estimate": rows[:, 0], "standard_error": rows[:, 1], "df": rows[:, 2]}


def judge(rows: Arrays, null_rows: Arrays, true: tuple[float, float], alpha: float) -> dict[str, Any]:
    """Bias, coverage, power and type I error, each with its Monte Carlo standard error."""
    from scipy.special import stdtrit

    from trials.power import rate

    def outside(table: Arrays, target: float) -> NDArray:
        half = stdtrit(table["df"], 1 - alpha / 2) * table["standard_error"]
        return np.abs(table["estimate"] - target) > half

    missed, missed_se = rate(outside(rows, true[0]))
    power, power_se = rate(outside(rows, 0.0))
    size, size_se = rate(outside(null_rows, 0.0))
    gap = rows["estimate"] - true[0]
    return {"truth": true[0], "truth_se": true[1], "bias": float(gap.mean()),
            "bias_se": float(gap.std(ddof=1) / np.sqrt(len(gap))), "coverage": 1 - missed,
            "coverage_se": missed_se, "power": power, "power_se": power_se, "type_i_error": size,
            "type_i_error_se": size_se}  # fmt: skip
