"""External control: persons nobody randomised stand in for the control arm.

Effect on the treated by inverse probability weighting (Rosenbaum 1987, J Am Stat Assoc 82:387),
one-to-one matching on the logit of the propensity score with a caliper of 0.2 SD (Austin 2011,
Pharm Stat 10:150), or augmented weighting (Robins, Rotnitzky & Zhao 1994; Moodie, Saarela &
Stephens 2018, Epidemiol Methods 7). Whatever is unmeasured stays: a drift of the external outcome
goes into the estimate one to one, so its type I error curve and tipping point come with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trials.spending import z_of
from twin_engine.errors import InputError

VERDICT = "exploratory: a control that nobody randomised never confirms"


@dataclass(frozen=True)
class Contrast:
    """Effect on the treated with its standard error, and how many external persons count."""

    estimate: float
    standard_error: float
    effective_persons: float


def propensity(treated: NDArray, x: NDArray) -> NDArray:
    """Probability to be of the trial given covariates, (n,).

    Raises
    ------
    InputError
        The groups do not overlap.
    """
    from trials.analysis.kernels.linear import logistic

    centred = (x - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    design = np.column_stack([np.ones(len(x)), centred])
    beta, _ = logistic(treated.astype(float), design)
    if not np.isfinite(beta).all():
        raise InputError("trial and external persons do not overlap", "external_control.covariates",
                         x.shape[1], "covariates that both groups share",
                         "drop the covariate that separates them")  # fmt: skip
    return 1 / (1 + np.exp(-design @ beta))


def iptw(y: NDArray, treated: NDArray, x: NDArray) -> Contrast:
    """External persons weighted by the odds of being of the trial.

    The standard error counts that the score was estimated: the influence function less its
    projection on the score equations (Lunceford & Davidian 2004, Stat Med 23:2937).
    """
    score = propensity(treated, x)
    one = treated == 1
    w = np.where(one, 1.0, score / (1 - score))
    a, b = y[one].mean(), w[~one] @ y[~one] / w[~one].sum()
    influence = np.where(one, (y - a) / one.mean(), -w * (y - b) / (w[~one].sum() / len(y)))
    equations = (treated - score)[:, None] * np.column_stack([np.ones(len(x)), x - x.mean(axis=0)])
    influence = influence - equations @ np.linalg.lstsq(equations, influence, rcond=None)[0]
    se = float(np.sqrt((influence**2).sum() / (len(y) - equations.shape[1]) / len(y)))
    return Contrast(float(a - b), se, _effective(w[~one]))


def matching(y: NDArray, treated: NDArray, x: NDArray) -> Contrast:
    """Each treated person with the nearest external one not yet taken, within the caliper."""
    score = propensity(treated, x)
    logit = np.log(score / (1 - score))
    caliper = 0.2 * np.sqrt((logit[treated == 1].var() + logit[treated == 0].var()) / 2)
    pool = np.flatnonzero(treated == 0)
    free = np.ones(len(pool), bool)
    gaps = []
    # The hardest to match choose first, so the order does not depend on the data's order.
    for i in sorted(np.flatnonzero(treated == 1), key=lambda i: -logit[i]):
        distance = np.where(free, np.abs(logit[pool] - logit[i]), np.inf)
        j = int(distance.argmin())
        if distance[j] <= caliper:
            free[j] = False
            gaps.append(y[i] - y[pool[j]])
    if len(gaps) < 2:
        raise InputError("trial and external persons do not overlap", "external_control.covariates",
                         len(gaps), "at least two matched pairs", "add external persons")  # fmt: skip
    d = np.array(gaps)
    return Contrast(float(d.mean()), float(d.std(ddof=1) / np.sqrt(len(d))), float(len(d)))


def aipw(y: NDArray, treated: NDArray, x: NDArray) -> Contrast:
    """Weighting and a linear outcome model: right when either model is; influence-function error."""
    score = propensity(treated, x)
    one = treated == 1
    design = np.column_stack([np.ones(len(x)), x])
    beta = np.linalg.lstsq(design[~one], y[~one], rcond=None)[0]
    rest = y - design @ beta
    w = np.where(one, 1.0, score / (1 - score))
    b = w[~one] @ rest[~one] / w[~one].sum()
    estimate = rest[one].mean() - b
    share = one.mean()
    influence = np.where(one, (rest - rest[one].mean()) / share,
                         -w * (rest - b) / (w[~one].sum() / len(y)))  # fmt: skip
    return Contrast(float(estimate), float(np.sqrt((influence**2).mean() / len(y))), _effective(w[~one]))


def _effective(w: NDArray) -> float:
    """Kish's effective sample size."""
    return float(w.sum() ** 2 / (w**2).sum())


METHODS: dict[str, Callable[[NDArray, NDArray, NDArray], Contrast]] = {
    "iptw": iptw, "matching": matching, "aipw": aipw,
}  # fmt: skip


def drift_curve(estimates: NDArray, errors: NDArray, widest: float, alpha: float = 0.05,
                points: int = 21) -> list[dict[str, float]]:  # fmt: skip
    """Type I error against a drift of the external outcome, from null replicates.

    All three estimators move by exactly minus the drift and keep their standard error, so one set
    of replicates gives the whole curve with common random numbers.

    Parameters
    ----------
    estimates, errors : (R,) arrays
        Estimates and standard errors of replicates without effect and without drift.
    """
    z, curve = z_of(alpha / 2), []
    for d in np.linspace(-widest, widest, points):
        hit = float(np.mean(np.abs(estimates - d) > z * errors))
        se = float(np.sqrt(hit * (1 - hit) / len(estimates)))
        curve.append({"drift": float(d), "type_i_error": hit, "type_i_error_se": se})
    return curve


def analyse(kind: str, y: NDArray, treated: NDArray, x: NDArray, null: tuple[NDArray, NDArray],
            widest: float, alpha: float = 0.05) -> dict[str, Any]:  # fmt: skip
    """Estimate, interval, drift curve, tipping point and the verdict that it confirms nothing.

    Parameters
    ----------
    y : (n,) array
    treated : (n,) int array
        1 for the trial's treated, 0 for external persons.
    x : (n, p) array
    null : (R,) array, (R,) array
        Estimates and standard errors of null replicates.
    widest : float
        Largest drift considered.
    """
    from trials.control.tipping import tipping_point

    made = METHODS[kind](y, treated, x)
    half = z_of(alpha / 2) * made.standard_error
    sign = 1.0 if made.estimate > 0 else -1.0

    def bound(shift: float) -> float:
        return made.estimate - shift - sign * half

    return {"method": kind, "estimate": made.estimate, "standard_error": made.standard_error,
            "ci_low": made.estimate - half, "ci_high": made.estimate + half,
            "effective_persons": made.effective_persons,
            "tipping_point": tipping_point(bound, sign * widest),
            "drift": drift_curve(*null, widest, alpha), "verdict": VERDICT}  # fmt: skip
