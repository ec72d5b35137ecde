"""The sections `hybrid_control` and `external_control` of a design."""

from typing import Literal

from pydantic import Field, model_validator

from trials.parts import Part
from twin_engine.errors import InputError


class Study(Part):
    """One historical control group: mean, standard error of the mean, source."""

    name: str
    mean: float
    standard_error: float = Field(gt=0)
    source: str


class HybridControl(Part):
    """Historical controls join the randomised ones.

    `power_prior` counts each historical person as `weight` of a person; `map` predicts the
    control mean of a new study from the spread `tau` between studies, mixed with a vague part of
    `robust` weight. `drift` is the range over which the type I error is shown.
    """

    kind: Literal["power_prior", "map"]
    studies: tuple[Study, ...] = Field(min_length=1)
    weight: float = Field(default=0.5, ge=0, le=1)
    tau: float = Field(default=0.0, ge=0)
    robust: float = Field(default=0.2, ge=0, lt=1)
    drift: float = Field(gt=0)

    @model_validator(mode="after")
    def _between(self) -> "HybridControl":
        if self.kind == "map" and self.tau == 0:
            raise InputError("a predictive prior needs the spread between studies",
                             "hybrid_control.tau", 0, "tau above 0",
                             "0 would pool the studies as if they were one")  # fmt: skip
        return self


class ExternalControl(Part):
    """Avatars that nobody randomised stand in for the control arm.

    `persons` of the pool outside the trial live untreated; `covariates` make them comparable.
    """

    kind: Literal["iptw", "matching", "aipw"]
    persons: int = Field(gt=10)
    covariates: tuple[str, ...] = Field(min_length=1)
    drift: float = Field(gt=0)
    purpose: Literal["exploratory", "confirmatory"] = "exploratory"

    @model_validator(mode="after")
    def _honest(self) -> "ExternalControl":
        if self.purpose == "confirmatory":
            raise InputError("a purely virtual control is never confirmatory",
                             "external_control.purpose", self.purpose, "exploratory",
                             "randomise controls; use the avatars as a prognostic covariate")  # fmt: skip
        return self
