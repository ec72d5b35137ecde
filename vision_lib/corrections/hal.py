"""Spectacles with highly aspherical lenslets (HAL): the trial's progression with and without."""

from dataclasses import dataclass
from typing import ClassVar

from vision_lib.corrections._trials import TrialArm


@dataclass(frozen=True)
class Hal(TrialArm):
    """See `TrialArm`."""

    years: float = 2.0
    TRIAL: ClassVar[str] = "HAL"
    ARM: ClassVar[str] = "hal"
    TITLE: ClassVar[str] = "HAL spectacles (myopia control)"
    SOURCE: ClassVar[str] = "HAL trial: Bao 2022, JAMA Ophthalmol 140:472"
