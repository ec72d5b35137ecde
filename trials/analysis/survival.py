"""Time to an event: log-rank test and Cox regression, by lifelines.

Cox DR. J R Stat Soc B 1972;34:187. Ties by Efron (1977), as in R's survival. The log-rank test is
the unweighted Mantel-Haenszel form.
"""

from typing import Any

import numpy as np

from trials.analysis import Data, Estimate, columns_of
from trials.design import Analysis


def log_rank(time: np.ndarray, event: np.ndarray, group: np.ndarray) -> tuple[float, float]:
    """Chi-square and p value of the log-rank test over two or more groups.

    Parameters
    ----------
    time : ndarray, shape (n,)
    event : ndarray of bool, shape (n,)
    group : ndarray, shape (n,)
    """
    from lifelines.statistics import multivariate_logrank_test

    test = multivariate_logrank_test(time, group, event)
    return float(test.test_statistic), float(test.p_value)


def cox(time: np.ndarray, event: np.ndarray, covariates: dict[str, np.ndarray],
        alpha: float = 0.05) -> dict[str, dict[str, float]]:  # fmt: skip
    """Cox regression: covariate -> coefficient, standard error, hazard ratio, interval, p.

    Parameters
    ----------
    time : ndarray, shape (n,)
    event : ndarray of bool, shape (n,)
    covariates : dict of str to ndarray
        Words become indicators of every level but the first.
    alpha : float
        One minus the confidence level.
    """
    from lifelines import CoxPHFitter

    frame = _frame(time, event, covariates)
    tight = {"precision": 1e-10, "r_precision": 1e-12}
    fit = CoxPHFitter(alpha=alpha).fit(frame, "time", "event", fit_options=tight)
    made = {}
    for name in fit.params_.index:
        bounds = fit.confidence_intervals_.loc[name].to_numpy()
        made[str(name)] = {
            "coefficient": float(fit.params_[name]),
            "standard_error": float(fit.standard_errors_[name]),
            "hazard_ratio": float(np.exp(fit.params_[name])),
            "ci_low": float(np.exp(bounds[0])),
            "ci_high": float(np.exp(bounds[1])),
            "p_value": float(fit.summary.loc[name, "p"]),
        }
    return made


def analyse(data: Data, plan: Analysis) -> list[Estimate]:
    """Hazard ratio of every arm against the control; the log-rank test is in the details."""
    assert data.event is not None, "a time to event needs its event indicator"
    known = np.isfinite(data.outcome)
    arms = {data.arms[a]: (data.arm == a)[known].astype(float)
            for a in range(len(data.arms)) if a != data.control}  # fmt: skip
    extra = {name: values[known] for name, values in data.covariates.items()}
    time, event = data.outcome[known], data.event[known]
    rows = cox(time, event, arms | extra, plan.alpha)
    chi2, p = log_rank(time, event, data.arm[known])
    details: dict[str, Any] = {"log_rank_chi2": chi2, "log_rank_p": p, "events": int(event.sum())}
    return [
        Estimate(name, rows[name]["hazard_ratio"], rows[name]["ci_low"], rows[name]["ci_high"],
                 rows[name]["p_value"], rows[name]["standard_error"], "hazard_ratio",
                 int(known.sum()), "survival", details)
        for name in arms
    ]  # fmt: skip


def _frame(time: np.ndarray, event: np.ndarray, covariates: dict[str, np.ndarray]) -> Any:
    import pandas

    return pandas.DataFrame({"time": time, "event": event.astype(int), **columns_of(covariates)})
