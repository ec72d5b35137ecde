"""The tests that replicates use: each a kernel that equals its library's analysis.

A test gives a standard normal statistic (positive: the treated outcome is larger or longer) and an
estimate with its interval on the scale of the analysis.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trials.spending import z_of


@dataclass(frozen=True)
class Sample:
    """Two arms at a database lock.

    Parameters
    ----------
    y : (n,) array
        Outcome, or follow-up time.
    treated : (n,) int array
    covariates : (n, p) array
    stratum : (n,) int array
        Strata of the randomisation.
    event : (n,) bool array
        For times to event.
    until : float
        Day on which follow-up ends (restricted mean).
    visits : (n, visits) array, optional
        The outcome at every planned visit, for the repeated-measures model.
    """

    y: NDArray
    treated: NDArray
    covariates: NDArray
    stratum: NDArray
    event: NDArray
    until: float
    visits: NDArray | None = None

    def design(self) -> NDArray:
        """Intercept, treated, covariates."""
        return np.column_stack([np.ones(len(self.y)), self.treated, self.covariates])

    def strata(self) -> NDArray:
        """Strata numbered 0, 1, ... without gaps."""
        if not len(self.stratum) or not self.stratum.any():
            return self.stratum
        return np.unique(self.stratum, return_inverse=True)[1].astype(np.int64)


class Test(ABC):
    """One test."""

    @abstractmethod
    def z(self, data: Sample) -> float:
        """The statistic; 0 where it cannot be computed, which never rejects."""

    @abstractmethod
    def interval(self, data: Sample, level: float) -> tuple[float, float, float]:
        """Estimate, standard error and half-width of the 1 - level interval."""


class Linear(Test):
    """Analysis of covariance: t statistic, carried to the normal scale by its p value."""

    def _fit(self, data: Sample) -> tuple[float, float, float]:
        from trials.analysis.kernels.linear import least_squares

        x = data.design()
        if len(data.y) <= x.shape[1]:
            return 0.0, np.inf, 1.0
        beta, cov, df = least_squares(np.ascontiguousarray(data.y), x)
        se = float(np.sqrt(cov[1, 1]))
        return (float(beta[1]), se, df) if np.isfinite(se) and se > 0 else (0.0, np.inf, df)

    def z(self, data: Sample) -> float:
        """The t statistic as a normal deviate."""
        from scipy.special import ndtri, stdtr

        estimate, se, df = self._fit(data)
        t = estimate / se
        return float(-np.sign(t) * ndtri(stdtr(df, -abs(t))))

    def interval(self, data: Sample, level: float) -> tuple[float, float, float]:
        """Student's interval."""
        from scipy.special import stdtrit

        estimate, se, df = self._fit(data)
        return estimate, se, float(se * stdtrit(df, 1 - level / 2))


class Repeated(Linear):
    """Repeated-measures model, arm difference at the last visit, Satterthwaite."""

    def _fit(self, data: Sample) -> tuple[float, float, float]:
        from trials.analysis.kernels.mmrm import fit, satterthwaite
        from trials.analysis.mmrm import design_array

        assert data.visits is not None
        varies = [np.isfinite(v).sum() > 2 and np.nanvar(v) > 0 for v in data.visits.T]
        y = np.ascontiguousarray(data.visits[:, varies])
        if y.shape[1] < 2 or np.isfinite(y).sum(axis=0).min() < 8 + data.covariates.shape[1]:
            return 0.0, np.inf, 1.0
        x = design_array(data.treated, [1], list(data.covariates.T), y.shape[1])
        beta, phi, cov, _, settled = fit(y, x, True)
        contrast = np.zeros(x.shape[2])
        contrast[2 * y.shape[1] - 1] = 1.0
        se = float(np.sqrt(contrast @ phi @ contrast))
        if not settled or not np.isfinite(se):
            return 0.0, np.inf, 1.0
        df = float(satterthwaite(y, x, cov, beta, phi, contrast))
        return float(contrast @ beta), se, max(df, 1.0)


class LogRank(Test):
    """Log-rank test, stratified as randomised; the estimate is Cox's log hazard ratio."""

    def z(self, data: Sample) -> float:
        """Minus observed minus expected events: positive when the treated live longer."""
        from trials.analysis.kernels.survival import log_rank

        if not len(data.y):
            return 0.0
        u, v = log_rank(data.y, data.event, data.treated, data.strata(), np.zeros(1), np.zeros(1))
        return float(-u[0] / np.sqrt(v[0, 0])) if v[0, 0] > 0 else 0.0

    def interval(self, data: Sample, level: float) -> tuple[float, float, float]:
        """Wald interval of the log hazard ratio."""
        from trials.analysis.kernels.survival import cox

        x = np.column_stack([data.treated, data.covariates]).astype(float)
        beta, cov = cox(data.y, data.event, x, data.strata())
        se = float(np.sqrt(cov[0, 0]))
        return float(beta[0]), se, z_of(level / 2) * se


class Cox(LogRank):
    """Cox regression with the covariates, Wald test."""

    def z(self, data: Sample) -> float:
        """Minus the log hazard ratio over its standard error."""
        estimate, se, _ = self.interval(data, 0.05)
        return -estimate / se if np.isfinite(se) and se > 0 else 0.0


class MaxCombo(LogRank):
    """The largest of four weighted log-rank statistics, with its joint p value."""

    def z(self, data: Sample) -> float:
        """The two-sided p value as a normal deviate with the sign of the largest statistic."""
        from trials.analysis.maxcombo import kernel_p

        return kernel_p(data.y, data.event, data.treated, data.strata())[1]


class RestrictedMean(Test):
    """Difference of restricted mean times, weighted over the strata of the randomisation."""

    def z(self, data: Sample) -> float:
        """Difference over its standard error."""
        estimate, se, _ = self.interval(data, 0.05)
        return estimate / se if np.isfinite(se) and se > 0 else 0.0

    def interval(self, data: Sample, level: float) -> tuple[float, float, float]:
        """Normal interval."""
        from trials.analysis.kernels.survival import restricted_mean

        gap, variance, strata = 0.0, 0.0, self._strata(data)
        for s in range(strata.max(initial=0) + 1):
            here, sign = strata == s, 1.0
            for arm in (1, 0):
                mine = here & (data.treated == arm)
                if not mine.any():
                    return 0.0, float("inf"), float("inf")
                area, spread = restricted_mean(data.y[mine], data.event[mine], data.until)
                gap += sign * area * here.mean()
                variance += spread * here.mean() ** 2
                sign = -1.0
        se = float(np.sqrt(variance))
        return gap, se, z_of(level / 2) * se

    @staticmethod
    def _strata(data: Sample) -> NDArray:
        """Strata of the randomisation, or none where one holds fewer than ten persons of an arm."""
        strata = data.strata()
        if not len(strata):
            return strata
        cells = np.bincount(2 * strata + data.treated, minlength=2 * (int(strata.max()) + 1))
        return strata if cells.min() >= 10 else np.zeros_like(strata)


class Logistic(Test):
    """Logistic regression of a yes-or-no outcome: log odds ratio, Wald."""

    def z(self, data: Sample) -> float:
        """Log odds ratio over its standard error."""
        estimate, se, _ = self.interval(data, 0.05)
        return estimate / se if np.isfinite(se) and se > 0 else 0.0

    def interval(self, data: Sample, level: float) -> tuple[float, float, float]:
        """Wald interval."""
        from trials.analysis.kernels.linear import logistic

        beta, cov = logistic(np.ascontiguousarray(data.y), data.design())
        se = float(np.sqrt(cov[1, 1]))
        return float(beta[1]), se, z_of(level / 2) * se


class Recurrent(Test):
    """Negative binomial regression of counts over a common follow-up: log rate ratio, Wald."""

    def z(self, data: Sample) -> float:
        """Log rate ratio over its standard error."""
        estimate, se, _ = self.interval(data, 0.05)
        return estimate / se if np.isfinite(se) and se > 0 else 0.0

    def interval(self, data: Sample, level: float) -> tuple[float, float, float]:
        """Wald interval."""
        from trials.analysis.kernels.linear import negative_binomial

        beta, cov, _ = negative_binomial(np.ascontiguousarray(data.y), data.design(),
                                         np.zeros(len(data.y)))  # fmt: skip
        se = float(np.sqrt(cov[1, 1]))
        return float(beta[1]), se, z_of(level / 2) * se


TESTS: dict[str, Test] = {
    "ancova": Linear(), "mmrm": Repeated(), "survival": LogRank(), "cox": Cox(), "maxcombo": MaxCombo(),
    "rmst": RestrictedMean(), "logistic": Logistic(), "recurrent": Recurrent(),
}  # fmt: skip
