"""Mixed model for repeated measures: unstructured covariance, REML, Satterthwaite degrees of freedom.

Mallinckrodt, Clark & David 2001, J Biopharm Stat 11:9; Fai & Cornelius 1996 for the degrees of
freedom. No Python library fits it (statsmodels' MixedLM has random effects only), so our kernel
does, equal to nlme::gls in the tests. Fixed effects: visit, arm by visit, covariate by visit; the
estimate is the arm difference at the last visit. With a prognostic score among the covariates this
is its repeated-measures form (arXiv 2404.17576).
"""

import numpy as np

from trials.analysis import Data, Estimate, columns_of
from trials.design import Analysis
from twin_engine.errors import InputError


def analyse(data: Data, plan: Analysis) -> list[Estimate]:
    """Difference to the control at the last visit, for every other arm.

    Raises
    ------
    InputError
        Fewer than two visits with data, or too few persons.
    """
    from scipy.stats import t as student

    assert data.repeated is not None, "a repeated-measures model needs every visit"
    y = _varying(data.repeated)
    others = [a for a in range(len(data.arms)) if a != data.control]
    x = design_array(data.arm, others, list(columns_of(data.covariates).values()), y.shape[1])
    beta, phi, cov, settled = _fit(y, x)
    made = []
    for i, a in enumerate(others):
        contrast = np.zeros(x.shape[2])
        contrast[(1 + i) * y.shape[1] + y.shape[1] - 1] = 1.0
        estimate, se = float(contrast @ beta), float(np.sqrt(contrast @ phi @ contrast))
        from trials.analysis.kernels.mmrm import satterthwaite

        df = float(satterthwaite(y, x, cov, beta, phi, contrast))
        half = float(student.isf(plan.alpha / 2, df)) * se
        details = {"df": df, "degrees_of_freedom": "Satterthwaite", "covariance": "unstructured",
                   "settled": bool(settled), "residual_sd": float(np.sqrt(cov[-1, -1])),
                   "covariates": list(data.covariates)}  # fmt: skip
        made.append(Estimate(data.arms[a], estimate, estimate - half, estimate + half,
                             float(2 * student.sf(abs(estimate / se), df)), se, "difference",
                             int(np.isfinite(y).any(axis=1).sum()), "mmrm", details))  # fmt: skip
    return made


def design_array(arm: np.ndarray, others: list[int], covariates: list[np.ndarray],
                 visits: int) -> np.ndarray:  # fmt: skip
    """Visit, arm by visit, covariate by visit: (n, visits, p), blocks of `visits` columns."""
    columns = [np.ones(len(arm)), *((arm == a).astype(float) for a in others), *covariates]
    x = np.zeros((len(arm), visits, len(columns) * visits))
    for block, values in enumerate(columns):
        for t in range(visits):
            x[:, t, block * visits + t] = values
    return x


def _varying(repeated: np.ndarray) -> np.ndarray:
    """The visits at which the outcome varies: a change is 0 for everyone at baseline."""
    spread = [np.isfinite(v).sum() > 2 and np.nanvar(v) > 0 for v in repeated.T]
    y = np.ascontiguousarray(repeated[:, spread])
    if y.shape[1] < 2:
        raise InputError("a repeated-measures model needs two visits", "visits.days", y.shape[1],
                         "at least two visits with data", "plan more visits or use ancova")  # fmt: skip
    return y


def _fit(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    from trials.analysis.kernels.mmrm import fit

    per_visit = x.shape[2] // y.shape[1]
    if min(np.isfinite(y).sum(axis=0)) <= per_visit + 1:
        raise InputError("too few persons for the analysis", "enrolment.persons", len(y),
                         f"more than {per_visit + 1} at every visit",
                         "enrol more persons or drop covariates")  # fmt: skip
    beta, phi, cov, _, settled = fit(y, x, True)
    return beta, phi, cov, bool(settled)
