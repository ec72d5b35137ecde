"""Multiple imputation: posterior draws of what was not measured, pooled by Rubin's rules.

Each gap is filled m times by draws from the posterior of a chained Bayesian regression (van Buuren &
Groothuis-Oudshoorn 2011, J Stat Softw 45(3); scikit-learn's IterativeImputer). Filling with the mean
would shrink the spread and every interval made from it.
"""

from dataclasses import dataclass

import numpy as np

from twin_engine.errors import InputError

IMPUTATIONS = 10
ROUNDS = 10
FEWEST_PERSONS = 30


@dataclass(frozen=True)
class Pooled:
    """An estimate over m imputations (Rubin 1987, Multiple Imputation for Nonresponse in Surveys).

    Parameters
    ----------
    estimate, variance : float
        Mean estimate; total variance W + (1 + 1/m) B.
    within, between : float
        W and B.
    degrees : float
        Degrees of freedom (m - 1) (1 + W / ((1 + 1/m) B))^2.
    missing_information : float
        Share of the variance that the gaps cause: (1 + 1/m) B / variance.
    """

    estimate: float
    variance: float
    within: float
    between: float
    degrees: float
    missing_information: float


def pool(estimates: np.ndarray, variances: np.ndarray) -> Pooled:
    """Rubin's rules for one quantity.

    Parameters
    ----------
    estimates, variances : ndarray, shape (m,)
    """
    m = len(estimates)
    if m < 2 or len(variances) != m:
        raise InputError("too few imputations to pool", "imputations", m, "at least 2", "impute more often")
    within, between = float(np.mean(variances)), float(np.var(estimates, ddof=1))
    extra = (1.0 + 1.0 / m) * between
    total = within + extra
    degrees = (m - 1) * (1.0 + within / extra) ** 2 if extra > 0 else float("inf")
    return Pooled(float(np.mean(estimates)), total, within, between, degrees, extra / total if total > 0 else 0.0)


def impute(values: np.ndarray, seed: int, m: int = IMPUTATIONS) -> np.ndarray:
    """Fill gaps m times.

    Parameters
    ----------
    values : ndarray, shape (n, columns)
        NaN where nothing was measured.
    seed : int
    m : int

    Returns
    -------
    ndarray, shape (m, n, columns)
        Measured values unchanged; imputed ones stay inside the measured range of their column.

    Raises
    ------
    InputError
        Too few persons, or a column nobody has.
    """
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    if len(values) < FEWEST_PERSONS:
        raise InputError("too few persons to impute from", "reference", len(values),
                         f"at least {FEWEST_PERSONS}", "give a larger reference table")  # fmt: skip
    if np.isnan(values).all(axis=0).any():
        raise InputError("a column that nobody has", "reference", int(np.isnan(values).all(axis=0).argmax()),
                         "at least one value a column", "leave the column out")  # fmt: skip
    low, high = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
    made = []
    for i in range(m):
        filler = IterativeImputer(sample_posterior=True, max_iter=ROUNDS, random_state=7919 * seed + i,
                                  min_value=low, max_value=high, keep_empty_features=True)  # fmt: skip
        with warnings.catch_warnings():
            # A chain of posterior draws does not converge to a point: that is its purpose.
            warnings.simplefilter("ignore", ConvergenceWarning)
            made.append(filler.fit_transform(values))
    return np.stack(made)
