"""Low-dose atropine: the LAMP trial's progression with and without, and the accommodation it takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from twin_engine.errors import InputError
from twin_engine.parameters import default
from twin_engine.text import tr
from vision_lib.ability import Person, View
from vision_lib.corrections import Correction, Fact
from vision_lib.corrections._trials import (
    axial_facts,
    refraction_facts,
    trial_limits,
    trial_views,
)

TRIAL = "LAMP"
CONCENTRATIONS = {0.05: "atropine 0.05 %", 0.025: "atropine 0.025 %", 0.01: "atropine 0.01 %"}


@dataclass(frozen=True)
class Atropine(Correction):
    """Before and after are years later, both through today's spectacles: untreated and treated.

    Parameters
    ----------
    percent : float
        0.05, 0.025 or 0.01.
    years : float
        Years of treatment, at most 2.
    """

    percent: float = 0.05
    years: float = 1.0
    TITLE: ClassVar[str] = "Low-dose atropine (myopia control)"
    SOURCE: ClassVar[str] = "LAMP trial: Yam 2019, Ophthalmology 126:113; Yam 2020, 127:910"
    STATISTICAL: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.percent not in CONCENTRATIONS:
            raise InputError("atropine concentration not tried", "percent", self.percent,
                             ", ".join(map(str, CONCENTRATIONS)), "choose one")  # fmt: skip

    def _loss(self) -> float:
        # Reported for 0.05 % only; nothing is taken for the weaker ones.
        return (
            default("eye_accommodation")["atropine_005_loss"].value if self.percent == 0.05 else 0.0
        )

    def compare(self, person: Person, distance_m: float) -> tuple[View, View]:
        """See `Correction`."""
        arm = CONCENTRATIONS[self.percent]
        return trial_views(person, TRIAL, arm, self.years, distance_m, self._loss())

    def facts(self, person: Person) -> Sequence[Fact]:
        """Change of refraction, axial growth, accommodation lost."""
        arm = CONCENTRATIONS[self.percent]
        loss = default("eye_accommodation")["atropine_005_loss"]
        lost = (
            [Fact("accommodation_lost", loss.value, "D", 2.82, loss.source)] if self._loss() else []
        )
        return [*refraction_facts(person, TRIAL, arm, self.years),
                *axial_facts(TRIAL, arm, self.years), *lost]  # fmt: skip

    def limits(self, person: Person) -> Sequence[str]:
        """See `Correction`."""
        return [*trial_limits(person, self.years, TRIAL),
                tr("Wider pupils under atropine are not modelled.")]  # fmt: skip
