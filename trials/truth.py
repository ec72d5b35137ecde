"""The true effect of an arm, known because the same persons lived through both arms."""

import numpy as np


def true_effect(treated: np.ndarray, control: np.ndarray, scale: str = "difference",
                until: float | None = None) -> tuple[float, float]:  # fmt: skip
    """Effect in the whole pool on the scale of an analysis, with its Monte Carlo standard error.

    Parameters
    ----------
    treated, control : ndarray, shape (n,)
        Paired potential outcomes; persons with either unknown are left out.
    scale : str
        "difference": mean paired difference; "hazard_ratio": the marginal one, Cox on both
        potential lives of everyone; "odds_ratio", "rate_ratio": of the marginal means.
    until : float, optional
        Day on which follow-up of a time to event ends; times at it are without event.
    """
    known = np.isfinite(treated) & np.isfinite(control)
    a, b = treated[known].astype(float), control[known].astype(float)
    if scale == "hazard_ratio":
        return _hazard_ratio(a, b, np.inf if until is None else until)
    if scale in ("odds_ratio", "rate_ratio"):
        return _ratio(a, b, odds=scale == "odds_ratio")
    gap = a - b
    return float(gap.mean()), float(gap.std(ddof=1) / np.sqrt(len(gap)))


def _hazard_ratio(a: np.ndarray, b: np.ndarray, until: float) -> tuple[float, float]:
    from trials.analysis.kernels.survival import cox

    time = np.concatenate([a, b])
    group = np.repeat([1.0, 0.0], len(a))[:, None]
    beta, cov = cox(time, time < until, group, np.zeros(len(time), np.int64))
    ratio = float(np.exp(beta[0]))
    return ratio, ratio * float(np.sqrt(cov[0, 0]))


def _ratio(a: np.ndarray, b: np.ndarray, odds: bool) -> tuple[float, float]:
    """Ratio of marginal means or odds; standard error by the delta method on paired persons."""
    p, q = a.mean(), b.mean()
    slope_p, slope_q = (1 / (p * (1 - p)), 1 / (q * (1 - q))) if odds else (1 / p, 1 / q)
    ratio = (p / (1 - p)) / (q / (1 - q)) if odds else p / q
    influence = slope_p * (a - p) - slope_q * (b - q)
    return float(ratio), float(ratio * influence.std(ddof=1) / np.sqrt(len(a)))
