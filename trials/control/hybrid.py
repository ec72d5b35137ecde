"""Hybrid control: historical controls borrowed by a power prior or a meta-analytic-predictive prior.

Power prior: Ibrahim & Chen 2000, Stat Sci 15:46. MAP: Neuenschwander et al. 2010, Clin Trials 7:5;
its robust mixture: Schmidli et al. 2014, Biometrics 70:1023. Borrowing moves the type I error as
soon as the historical mean drifts from the trial's, so the curve always comes with the result.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trials.spending import z_of
from twin_engine.errors import InputError


@dataclass(frozen=True)
class Prior:
    """A mixture of normal distributions of the control mean: weights, means, SDs, each (k,)."""

    weights: NDArray
    means: NDArray
    sds: NDArray


def beta_power_prior(events: int, persons: int, weight: float, a: float = 1.0,
                     b: float = 1.0) -> tuple[float, float]:  # fmt: skip
    """Beta parameters after `weight` of the historical information on a rate.

    Examples
    --------
    >>> beta_power_prior(15, 50, 0.5)
    (8.5, 18.5)
    """
    if not 0 <= weight <= 1:
        raise InputError("a power prior's weight lies between 0 and 1", "weight", weight, "0 to 1",
                         "0 borrows nothing, 1 everything")  # fmt: skip
    return a + weight * events, b + weight * (persons - events)


def power_prior(means: NDArray, errors: NDArray, weight: float) -> Prior:
    """Normal prior of a control mean: the studies' precision times `weight`, from a flat start."""
    precision = weight / np.asarray(errors, float) ** 2
    total = float(precision.sum())
    if total <= 0:
        return Prior(np.ones(1), np.zeros(1), np.full(1, 1e6))
    return Prior(np.ones(1), np.array([precision @ means / total]), np.array([total**-0.5]))


def predictive(means: NDArray, errors: NDArray, tau: float) -> tuple[float, float]:
    """Mean and SD of the control mean in a new study, the spread between studies being known."""
    precision = 1 / (np.asarray(errors, float) ** 2 + tau**2)
    mean = float(precision @ means / precision.sum())
    return mean, float(np.sqrt(1 / precision.sum() + tau**2))


def map_prior(means: NDArray, errors: NDArray, tau: float, robust: float, unit_sd: float) -> Prior:
    """Robust MAP prior: the predictive distribution, and a part as vague as one person."""
    mean, sd = predictive(means, errors, tau)
    return Prior(np.array([1 - robust, robust]), np.array([mean, mean]),
                 np.array([sd, np.hypot(sd, unit_sd)]))  # fmt: skip


def posterior(prior: Prior, mean: NDArray | float, error: float) -> Prior:
    """The mixture after a control mean with this standard error; vectorised over `mean` (m,)."""
    y = np.atleast_1d(np.asarray(mean, float))[:, None]
    spread = prior.sds**2 + error**2
    log_weight = np.log(prior.weights) - 0.5 * np.log(spread) - 0.5 * (y - prior.means) ** 2 / spread
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    shrink = error**2 / spread
    return Prior(weight / weight.sum(axis=1, keepdims=True), y + shrink * (prior.means - y),
                 np.broadcast_to(prior.sds * error / np.sqrt(spread), log_weight.shape))  # fmt: skip


def benefit(after: Prior, treated: NDArray | float, error: float) -> NDArray:
    """Posterior probability that the treated mean is larger; flat prior for the treated, (m,)."""
    from scipy.special import ndtr

    gap = np.atleast_1d(np.asarray(treated, float))[:, None] - after.means
    return (after.weights * ndtr(gap / np.sqrt(after.sds**2 + error**2))).sum(axis=1)


def rejection(prior: Prior, drift: float, effect: float, centre: float, treated_error: float,
              control_error: float, alpha: float) -> float:  # fmt: skip
    """Chance of a two-sided rejection when the trial's control mean is `centre` - `drift`.

    Exact: for each control mean (quadrature) the treated means that reject are half-lines.
    """
    from scipy.optimize import brentq
    from scipy.special import ndtr

    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    true = centre - drift
    total = 0.0
    for x, w in zip(nodes, weights / np.sqrt(2 * np.pi), strict=True):
        if w < 1e-14:
            continue
        after = posterior(prior, true + control_error * x, control_error)
        reach = 12 * (treated_error + float(np.max(after.sds)))
        low, high = float(after.means.min()) - reach, float(after.means.max()) + reach

        def excess(y: float, level: float, after: Prior = after) -> float:
            return float(benefit(after, y, treated_error)[0]) - level

        upper = brentq(excess, low, high, args=(1 - alpha / 2,))
        lower = brentq(excess, low, high, args=(alpha / 2,))
        z = np.array([lower, upper]) - (true + effect)
        total += w * float(ndtr(z[0] / treated_error) + ndtr(-z[1] / treated_error))
    return total


def drift_curve(prior: Prior, widest: float, treated_error: float, control_error: float,
                alpha: float = 0.05, points: int = 21) -> list[dict[str, float]]:  # fmt: skip
    """Type I error against drift: how far the trial's control mean lies below the historical one."""
    centre = float(prior.weights @ prior.means)
    return [
        {"drift": float(d), "type_i_error": rejection(prior, float(d), 0.0, centre, treated_error,
                                                      control_error, alpha)}
        for d in np.linspace(-widest, widest, points)
    ]  # fmt: skip


def analyse(prior: Prior, treated: tuple[float, float], control: tuple[float, float], widest: float,
            alpha: float = 0.05) -> dict[str, Any]:  # fmt: skip
    """Difference with its credible interval, borrowed information, drift curve and tipping point.

    Parameters
    ----------
    treated, control : (float, float)
        Mean and standard error of each randomised arm.
    widest : float
        Largest drift considered.
    """
    from trials.control.tipping import tipping_point

    after = posterior(prior, control[0], control[1])
    mean = float(after.weights[0] @ after.means[0])
    spread = float(after.weights[0] @ (after.sds[0] ** 2 + (after.means[0] - mean) ** 2))
    difference, se = treated[0] - mean, float(np.sqrt(spread + treated[1] ** 2))
    half = z_of(alpha / 2) * se

    def bound(shift: float) -> float:
        moved = Prior(prior.weights, prior.means + shift, prior.sds)
        now = posterior(moved, control[0], control[1])
        centre = float(now.weights[0] @ now.means[0])
        wide = float(now.weights[0] @ (now.sds[0] ** 2 + (now.means[0] - centre) ** 2))
        reach = z_of(alpha / 2) * np.sqrt(wide + treated[1] ** 2)
        gap = treated[0] - centre
        return float(gap - reach) if difference > 0 else float(gap + reach)

    return {
        "estimate": difference, "standard_error": se, "ci_low": difference - half,
        "ci_high": difference + half, "benefit": float(benefit(after, treated[0], treated[1])[0]),
        "information_ratio": control[1] ** 2 / spread,
        "tipping_point": tipping_point(bound, widest if difference > 0 else -widest),
        "drift": drift_curve(prior, widest, treated[1], control[1], alpha),
    }  # fmt: skip
