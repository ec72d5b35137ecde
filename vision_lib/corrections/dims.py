"""Spectacles with defocus segments (DIMS): the trial's progression with and without."""

from dataclasses import dataclass
from typing import ClassVar

from vision_lib.corrections._trials import TrialArm


@dataclass(frozen=True)
class Dims(TrialArm):
    """See `TrialArm`."""

    years: float = 2.0
    TRIAL: ClassVar[str] = "DIMS"
    ARM: ClassVar[str] = "dims"
    TITLE: ClassVar[str] = "DIMS spectacles (myopia control)"
    SOURCE: ClassVar[str] = "DIMS trial: Lam 2020, Br J Ophthalmol 104:363"
