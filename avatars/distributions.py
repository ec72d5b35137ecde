"""Marginal distributions of a person's values, as monotone functions of a standard normal number.

Written that way, a Gaussian copula joins any of them: `quantile(z)` turns correlated normal numbers
into correlated values. Truncation is by the distribution function, not by clipping.
"""

import math
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from twin_engine.strict import Part, refuse

GRID = 20001


class Distribution(Part):
    """What every distribution offers."""

    def quantile(self, z: np.ndarray) -> np.ndarray:
        """Value at each standard normal number, same shape: numbers, or words for categories."""
        raise NotImplementedError

    @cached_property
    def moments(self) -> tuple[float, float]:
        """Mean and SD of a numeric distribution, by the midpoint rule over its quantiles."""
        from scipy.special import ndtri

        values = self.quantile(ndtri((np.arange(GRID) + 0.5) / GRID)).astype(float)
        return float(values.mean()), float(values.std())


class Normal(Distribution):
    """Normal, truncated to `low`..`high` where given (`mean` and `sd` are those before truncation)."""

    kind: Literal["normal"]
    mean: float
    sd: float = Field(gt=0)
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _order(self) -> "Normal":
        low, high = self._bounds()
        if not low < high or max(low, -high) > 6:
            raise refuse(
                "truncation leaves nothing", "low < high, reached within 6 SD of the mean", "correct the bounds"
            )
        return self

    def _bounds(self) -> tuple[float, float]:
        low = -math.inf if self.low is None else (self.low - self.mean) / self.sd
        high = math.inf if self.high is None else (self.high - self.mean) / self.sd
        return low, high

    def quantile(self, z: np.ndarray) -> np.ndarray:
        """`mean + sd z`, or the truncated quantile."""
        if self.low is None and self.high is None:
            return self.mean + self.sd * z
        from scipy.special import ndtr, ndtri

        a, b = ndtr(self._bounds())
        inside = ndtri(a + (b - a) * ndtr(z))
        return np.clip(self.mean + self.sd * inside, self.low, self.high)


class LogNormal(Distribution):
    """Log-normal by its median and the SD of its logarithm."""

    kind: Literal["log_normal"]
    median: float = Field(gt=0)
    log_sd: float = Field(gt=0, le=3)

    def quantile(self, z: np.ndarray) -> np.ndarray:
        """`median exp(log_sd z)`."""
        return self.median * np.exp(self.log_sd * z)


class LogitNormal(Distribution):
    """`low + (high - low) logistic(mean + sd z)`: bounded scales such as scores."""

    kind: Literal["logit_normal"]
    mean: float
    sd: float = Field(gt=0)
    low: float
    high: float

    def quantile(self, z: np.ndarray) -> np.ndarray:
        """The bounded value."""
        from scipy.special import expit

        return self.low + (self.high - self.low) * expit(self.mean + self.sd * z)


class Beta(Distribution):
    """Beta on `low`..`high` with the given mean and SD."""

    kind: Literal["beta"]
    mean: float
    sd: float = Field(gt=0)
    low: float = 0.0
    high: float = 1.0

    @model_validator(mode="after")
    def _possible(self) -> "Beta":
        width = self.high - self.low
        m = (self.mean - self.low) / width if width > 0 else -1.0
        if not 0 < m < 1 or (self.sd / width) ** 2 >= m * (1 - m):
            raise refuse("no beta distribution has this mean and SD", "low < mean < high, sd^2 < (mean-low)(high-mean)",
                         "correct mean, sd or bounds")  # fmt: skip
        return self

    def quantile(self, z: np.ndarray) -> np.ndarray:
        """The beta quantile at Phi(z)."""
        from scipy.special import betaincinv, ndtr

        width = self.high - self.low
        m = (self.mean - self.low) / width
        size = m * (1 - m) / (self.sd / width) ** 2 - 1
        return self.low + width * betaincinv(m * size, (1 - m) * size, ndtr(z))


class Uniform(Distribution):
    """Uniform between `low` and `high`."""

    kind: Literal["uniform"]
    low: float
    high: float

    @model_validator(mode="after")
    def _order(self) -> "Uniform":
        if not self.low < self.high:
            raise refuse("truncation leaves nothing", "low < high", "correct the bounds")
        return self

    def quantile(self, z: np.ndarray) -> np.ndarray:
        """`low + (high - low) Phi(z)`."""
        from scipy.special import ndtr

        return self.low + (self.high - self.low) * ndtr(z)


class Binomial(Distribution):
    """Number of successes in `size` tries, e.g. copies of an allele in Hardy-Weinberg proportions."""

    kind: Literal["binomial"]
    size: int = Field(ge=1, le=100)
    probability: float = Field(gt=0, lt=1)

    def quantile(self, z: np.ndarray) -> np.ndarray:
        """The smallest count whose distribution function reaches Phi(z)."""
        from scipy.special import bdtr, ndtri

        steps = ndtri(bdtr(np.arange(self.size), self.size, self.probability))
        return np.searchsorted(steps, z).astype(float)


class Constant(Distribution):
    """One number for everybody."""

    kind: Literal["constant"]
    value: float

    def quantile(self, z: np.ndarray) -> np.ndarray:
        """The value, as often as asked."""
        return np.full(np.shape(z), self.value)


class _Levels(Distribution):
    """Categories in a fixed order, cut from the normal number by thresholds."""

    @cached_property
    def shares(self) -> dict[str, float]:
        """Level -> probability, adding up to 1."""
        raise NotImplementedError

    @cached_property
    def thresholds(self) -> np.ndarray:
        """Upper end of each level but the last, in normal scores."""
        from scipy.special import ndtri

        return ndtri(np.minimum(np.cumsum(list(self.shares.values()))[:-1], 1.0))

    def quantile(self, z: np.ndarray) -> np.ndarray:
        """The word of the level that z falls in."""
        return np.array(list(self.shares))[np.searchsorted(self.thresholds, z)]


class Categorical(_Levels):
    """Published shares of levels; they may miss 1 by rounding and are scaled to it."""

    kind: Literal["categorical"]
    levels: dict[str, Annotated[float, Field(ge=0, le=1)]]

    @model_validator(mode="after")
    def _sum(self) -> "Categorical":
        if abs(sum(self.levels.values()) - 1) > 0.0101:
            raise refuse("shares do not add up to 1", "shares that add up to 1 (within .01, for rounding)",
                         "correct the shares")  # fmt: skip
        return self

    @cached_property
    def shares(self) -> dict[str, float]:
        """Level -> probability."""
        total = sum(self.levels.values())
        return {level: share / total for level, share in self.levels.items()}


class Genotype(_Levels):
    """Two alleles in Hardy-Weinberg proportions (Hardy 1908, Weinberg 1908): p^2, 2pq, q^2.

    `joined` stands between the alleles: "" gives GA, "/" gives *1/*3. Alleles keep their order.
    """

    kind: Literal["genotype"]
    alleles: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(min_length=1)
    joined: Literal["", "/"] = ""

    @model_validator(mode="after")
    def _sum(self) -> "Genotype":
        if abs(sum(self.alleles.values()) - 1) > 0.0101:
            raise refuse("shares do not add up to 1", "allele frequencies that add up to 1 (within .01, for rounding)",
                         "correct the frequencies")  # fmt: skip
        return self

    @cached_property
    def shares(self) -> dict[str, float]:
        """Genotype -> probability."""
        total = sum(self.alleles.values())
        found = {}
        alleles = list(self.alleles)
        for i, a in enumerate(alleles):
            for b in alleles[i:]:
                pair = self.alleles[a] * self.alleles[b] / total**2
                found[f"{a}{self.joined}{b}"] = pair if a == b else 2 * pair
        return found


AnyDistribution = Annotated[
    Normal | LogNormal | LogitNormal | Beta | Uniform | Binomial | Constant | Categorical | Genotype,
    Field(discriminator="kind"),
]
