"""Max-combo: the largest of four weighted log-rank statistics, for effects that come late or fade.

Weights of Harrington & Fleming (1982, Biometrika 69:553): (0,0), (0,1), (1,0), (1,1); their joint
null distribution as in Lin et al. 2020, Pharm Stat 19:187, and Karrison 2016, Stata J 16:678. The
estimate shown is Cox's hazard ratio, which is an average when hazards are not proportional.
"""

from typing import Any

import numpy as np

from trials.analysis import Data, Estimate
from trials.design import Analysis

RHO = np.array([0.0, 0.0, 1.0, 1.0])
GAMMA = np.array([0.0, 1.0, 0.0, 1.0])


def statistics(time: np.ndarray, event: np.ndarray, group: np.ndarray,
               stratum: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Four standardised statistics, positive when group 1 lives longer, and their correlation."""
    from trials.analysis.kernels.survival import log_rank

    u, v = log_rank(time, event, group, stratum, RHO, GAMMA)
    sd = np.sqrt(np.diag(v))
    if not (sd > 0).all():
        return np.zeros(4), np.eye(4)
    return -u / sd, v / np.outer(sd, sd)


def kernel_p(time: np.ndarray, event: np.ndarray, group: np.ndarray,
             stratum: np.ndarray) -> tuple[float, float]:  # fmt: skip
    """Two-sided p value by the kernel, and the signed normal deviate of the same p value."""
    from trials.analysis.kernels.normal import cholesky, quantile, within

    z, correlation = statistics(time, event, group, stratum)
    most = z[np.abs(z).argmax()]
    p = min(max(1 - within(cholesky(correlation), abs(most)), 1e-12), 1.0)
    return p, float(-np.sign(most) * quantile(p / 2))


def max_combo(time: np.ndarray, event: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, float]:
    """The four statistics and the two-sided p value, by SciPy's multivariate normal.

    Parameters
    ----------
    time : ndarray, shape (n,)
    event : ndarray of bool, shape (n,)
    group : ndarray of int, shape (n,)
        1 treated, 0 control.
    """
    from scipy.stats import multivariate_normal

    z, correlation = statistics(time, event, group, np.zeros(len(time), np.int64))
    bound = np.full(4, np.abs(z).max())
    normal = multivariate_normal(np.zeros(4), correlation, allow_singular=True, seed=1,
                                 abseps=1e-6, maxpts=200_000)  # fmt: skip
    return z, float(1 - normal.cdf(bound, lower_limit=-bound))


def analyse(data: Data, plan: Analysis) -> list[Estimate]:
    """Max-combo p value of every arm against the control, beside Cox's hazard ratio."""
    from trials.analysis.survival import cox

    assert data.event is not None, "a time to event needs its event indicator"
    made = []
    for a, name in enumerate(data.arms):
        if a == data.control:
            continue
        here = np.isfinite(data.outcome) & ((data.arm == a) | (data.arm == data.control))
        time, event = data.outcome[here], data.event[here]
        group = (data.arm[here] == a).astype(np.int64)
        z, p = max_combo(time, event, group)
        row = cox(time, event, {name: group.astype(float)}, plan.alpha)[name]
        details: dict[str, Any] = {"z": {f"FH({r:g},{g:g})": float(s)
                                         for r, g, s in zip(RHO, GAMMA, z, strict=True)}}  # fmt: skip
        made.append(Estimate(name, row["hazard_ratio"], row["ci_low"], row["ci_high"], p,
                             row["standard_error"], "hazard_ratio", int(here.sum()), "maxcombo",
                             details))  # fmt: skip
    return made
