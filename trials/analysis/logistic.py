"""Logistic regression of a yes-or-no outcome: odds ratio of every arm against the control.

The model is statsmodels' Logit (McCullagh & Nelder 1989, ch. 4). The odds ratio is conditional on
the covariates and differs from the marginal one even without confounding (Gail, Wieand &
Piantadosi 1984, Biometrika 71:431).
"""

import numpy as np

from trials.analysis import Data, Estimate
from trials.analysis.ancova import design_matrix
from trials.design import Analysis
from twin_engine.errors import InputError


def analyse(data: Data, plan: Analysis) -> list[Estimate]:
    """Odds ratio of every arm, Wald interval.

    Raises
    ------
    InputError
        Outcomes other than 0 and 1, or nobody with (or without) the outcome.
    """
    from statsmodels.discrete.discrete_model import Logit

    known = np.isfinite(data.outcome)
    y = data.outcome[known]
    if not np.isin(y, (0.0, 1.0)).all() or len(np.unique(y)) < 2:
        raise InputError("logistic regression needs outcomes of both kinds", "primary",
                         np.unique(y)[:5].tolist(), "0 and 1, each at least once",
                         "choose another analysis")  # fmt: skip
    matrix, others = design_matrix(data, known)
    fit = Logit(y, matrix).fit(disp=0)
    bounds = np.exp(fit.conf_int(alpha=plan.alpha))
    return [
        Estimate(data.arms[a], float(np.exp(fit.params[i])), float(bounds[i][0]),
                 float(bounds[i][1]), float(fit.pvalues[i]), float(fit.bse[i]), "odds_ratio",
                 len(y), "logistic", {"covariates": list(data.covariates)})
        for i, a in enumerate(others, start=1)
    ]  # fmt: skip
