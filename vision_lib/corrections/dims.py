"""Spectacles with defocus segments (DIMS): the trial's progression with and without."""

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

TRIAL, ARM = "DIMS", "dims"


@dataclass(frozen=True)
class Dims(Correction):
    """Before and after are years later, both through today's spectacles: untreated and treated.

    Parameters
    ----------
    years : float
        Years of treatment.
    """

    years: float = 2.0
    TITLE: ClassVar[str] = "DIMS spectacles (myopia control)"
    SOURCE: ClassVar[str] = "DIMS trial: Lam 2020, Br J Ophthalmol 104:363"
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
