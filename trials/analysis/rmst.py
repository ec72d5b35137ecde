"""Restricted mean survival time: mean time lived up to the endpoint's day, and its difference.

Royston P, Parmar MKB. BMC Med Res Methodol 2013;13:152; variance by Greenwood as in Klein &
Moeschberger 2003, eq 4.5.2. The area is lifelines' Kaplan-Meier curve; lifelines gives no standard
error of it, so that comes from our kernel, which R's survival confirms in the tests.
"""

import numpy as np

from trials.analysis import Data, Estimate
from trials.design import Analysis
from trials.spending import z_of


def analyse(data: Data, plan: Analysis) -> list[Estimate]:
    """Difference in restricted mean of every arm to the control, normal interval."""
    from scipy.special import ndtr

    assert data.event is not None, "a time to event needs its event indicator"
    known = np.isfinite(data.outcome)
    base, base_var = _mean(data, (data.arm == data.control) & known)
    made = []
    for a, name in enumerate(data.arms):
        if a == data.control:
            continue
        mine = (data.arm == a) & known
        area, variance = _mean(data, mine)
        gap, se = area - base, float(np.sqrt(variance + base_var))
        half = z_of(plan.alpha / 2) * se
        details = {"restricted_mean": area, "control_restricted_mean": base, "until_d": data.day}
        n = int(mine.sum() + ((data.arm == data.control) & known).sum())
        made.append(Estimate(name, gap, gap - half, gap + half, float(2 * ndtr(-abs(gap / se))),
                             se, "difference", n, "rmst", details))  # fmt: skip
    return made


def _mean(data: Data, mine: np.ndarray) -> tuple[float, float]:
    from lifelines import KaplanMeierFitter
    from lifelines.utils import restricted_mean_survival_time

    from trials.analysis.kernels.survival import restricted_mean

    assert data.event is not None
    time, event = data.outcome[mine], data.event[mine]
    fit = KaplanMeierFitter().fit(time, event)
    until = min(data.day, float(time.max()))
    return float(restricted_mean_survival_time(fit, t=until)), restricted_mean(time, event, until)[1]
