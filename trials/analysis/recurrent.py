"""Recurrent events: negative binomial regression of counts, rate ratio of every arm.

statsmodels' NegativeBinomial (NB2); Lawless 1987, Can J Stat 15:209; Keene et al. 2007, Pharm Stat
6:89 (its use for exacerbations). Everyone is followed for the same time.
"""

import numpy as np

from trials.analysis import Data, Estimate
from trials.analysis.ancova import design_matrix
from trials.design import Analysis
from twin_engine.errors import InputError


def analyse(data: Data, plan: Analysis) -> list[Estimate]:
    """Rate ratio of every arm, Wald interval; the dispersion is in the details.

    Raises
    ------
    InputError
        Outcomes that are no counts.
    """
    from statsmodels.discrete.discrete_model import NegativeBinomial

    known = np.isfinite(data.outcome)
    y = data.outcome[known]
    if (y < 0).any() or (y != np.round(y)).any() or not y.any():
        raise InputError("a rate needs counts", "primary", float(y.min(initial=0.0)),
                         "whole numbers, not all 0", "choose another analysis")  # fmt: skip
    matrix, others = design_matrix(data, known)
    fit = NegativeBinomial(y, matrix).fit(disp=0, maxiter=200)
    bounds = np.exp(fit.conf_int(alpha=plan.alpha))
    details = {"dispersion": float(fit.params[-1]), "covariates": list(data.covariates)}
    return [
        Estimate(data.arms[a], float(np.exp(fit.params[i])), float(bounds[i][0]),
                 float(bounds[i][1]), float(fit.pvalues[i]), float(fit.bse[i]), "rate_ratio",
                 len(y), "recurrent", details)
        for i, a in enumerate(others, start=1)
    ]  # fmt: skip
