"""Dual-focus contact lenses: the trial's progression with and without."""

from dataclasses import dataclass
from typing import ClassVar

from vision_lib.corrections._trials import TrialArm


@dataclass(frozen=True)
class DualFocus(TrialArm):
    """See `TrialArm`."""

    years: float = 3.0
    TRIAL: ClassVar[str] = "dual-focus"
    ARM: ClassVar[str] = "dual-focus"
    TITLE: ClassVar[str] = "Dual-focus contact lenses (myopia control)"
    SOURCE: ClassVar[str] = "Chamberlain 2019, Optom Vis Sci 96:556"
