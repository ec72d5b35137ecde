"""Analysis of covariance: arm effects by least squares, adjusted for baseline covariates.

The model and its t distribution are statsmodels' ordinary least squares; with no covariate it is
the two-sample t test with a common variance.
"""

import numpy as np

from trials.analysis import Data, Estimate, columns_of
from trials.design import Analysis
from twin_engine.errors import InputError


def analyse(data: Data, plan: Analysis) -> list[Estimate]:
    """Difference to the control for every other arm, among persons whose outcome is known.

    Raises
    ------
    InputError
        Too few persons for the model.
    """
    from statsmodels.regression.linear_model import OLS

    known = np.isfinite(data.outcome)
    matrix, others = design_matrix(data, known)
    if known.sum() <= matrix.shape[1] or np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        raise InputError("too few persons for the analysis", "enrolment.persons",
                         int(known.sum()), f"more than {matrix.shape[1]}, in every arm",
                         "enrol more persons or drop covariates")  # fmt: skip
    fit = OLS(data.outcome[known], matrix).fit()
    bounds = fit.conf_int(alpha=plan.alpha)
    made = []
    for i, arm in enumerate(others, start=1):
        details = {"df": float(fit.df_resid), "residual_sd": float(np.sqrt(fit.scale)),
                   "covariates": list(data.covariates)}  # fmt: skip
        made.append(Estimate(data.arms[arm], float(fit.params[i]), float(bounds[i][0]),
                             float(bounds[i][1]), float(fit.pvalues[i]), float(fit.bse[i]),
                             "difference", int(known.sum()), "ancova", details))  # fmt: skip
    return made


def design_matrix(data: Data, known: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Intercept, one indicator for each arm but the control, covariates; and those arms."""
    others = [a for a in range(len(data.arms)) if a != data.control]
    columns = [np.ones(len(data.arm))]
    columns += [(data.arm == a).astype(float) for a in others]
    columns += list(columns_of(data.covariates).values())
    return np.column_stack(columns)[known], others
