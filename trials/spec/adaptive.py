"""The section `adaptive` of a design: two stages with a rule in between."""

from typing import Annotated, Literal

from pydantic import Field

from trials.parts import Part
from twin_engine.errors import InputError


class Reestimation(Part):
    """The second stage is sized anew from the first by conditional power.

    `first` is the share of the planned persons in stage one; `most` the largest total as a
    multiple of the plan; the second stage is chosen for `conditional_power` at the observed
    effect, when the conditional power of the plan lies between `promising` and that; else the plan
    stays. Below `futile` the trial stops.
    """

    kind: Literal["reestimation"]
    first: float = Field(default=0.5, gt=0, lt=1)
    most: float = Field(default=2.0, ge=1)
    conditional_power: float = Field(default=0.9, gt=0, lt=1)
    promising: float = Field(default=0.3, ge=0, lt=1)
    futile: float = Field(default=0.0, ge=0, lt=1)


class DropArms(Part):
    """Arms that look poor after stage one are dropped; the rest share stage two.

    `keep` best arms stay, and none whose stage-one Z lies below `futile_z`.
    """

    kind: Literal["drop_arms"]
    first: float = Field(default=0.5, gt=0, lt=1)
    keep: int = Field(default=1, ge=1)
    futile_z: float = 0.0


Adaptive = Annotated[Reestimation | DropArms, Field(discriminator="kind")]


def check(adaptive: Reestimation | DropArms | None, arms: int, monitored: bool, kind: str,
          randomisation: str) -> None:  # fmt: skip
    """Compare with the rest of the design.

    Raises
    ------
    InputError
        Adaptation together with interim looks, a time to event, too few arms to drop one, or a
        list that adapts already.
    """
    if randomisation == "response_adaptive" and kind == "time_to_event":
        raise InputError("response-adaptive randomisation needs an outcome at a visit",
                         "randomisation.kind", kind, "a primary endpoint of kind value or change",
                         "use another randomisation")  # fmt: skip
    if adaptive is None:
        return
    if monitored or randomisation == "response_adaptive":
        raise InputError("two ways of adapting do not mix", "adaptive", adaptive.kind,
                         "adaptive, monitoring or response-adaptive randomisation",
                         "remove one of the sections")  # fmt: skip
    if kind == "time_to_event":
        raise InputError("stages of persons need an outcome at a visit", "adaptive", kind,
                         "a primary endpoint of kind value, change or time_in_range",
                         "use monitoring for a time to event")  # fmt: skip
    if adaptive.kind == "drop_arms" and (arms < 3 or adaptive.keep > arms - 2):
        raise InputError("there is no arm to drop", "adaptive.keep", adaptive.keep,
                         f"fewer than {arms - 1} treated arms", "keep fewer arms")  # fmt: skip
