"""Dual-focus contact lenses: the trial's progression with and without."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from vision_lib.ability import Person, View
from vision_lib.corrections import Correction, Fact
from vision_lib.corrections._trials import (
    axial_facts,
    refraction_facts,
    trial_limits,
    trial_views,
)

TRIAL, ARM = "dual-focus", "dual-focus"


@dataclass(frozen=True)
class DualFocus(Correction):
    """Before and after are years later, both through today's spectacles: untreated and treated.

    Parameters
    ----------
    years : float
        Years of treatment.
    """

    years: float = 3.0
    TITLE: ClassVar[str] = "Dual-focus contact lenses (myopia control)"
    SOURCE: ClassVar[str] = "Chamberlain 2019, Optom Vis Sci 96:556"
    STATISTICAL: ClassVar[bool] = True

    def compare(self, person: Person, distance_m: float) -> tuple[View, View]:
        """See `Correction`."""
        return trial_views(person, TRIAL, ARM, self.years, distance_m)

    def facts(self, person: Person) -> Sequence[Fact]:
        """Change of refraction and axial growth."""
        return [
            *refraction_facts(person, TRIAL, ARM, self.years),
            *axial_facts(TRIAL, ARM, self.years),
        ]

    def limits(self, person: Person) -> Sequence[str]:
        """See `Correction`."""
        return trial_limits(person, self.years, TRIAL)
