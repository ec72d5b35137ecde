"""Trifocal implant: the published bound of its defocus curve."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from twin_engine.parameters import default
from twin_engine.text import tr
from vision_lib.ability import Person, View, uncorrected
from vision_lib.corrections import Correction, Fact
from vision_lib.corrections._implant import after_implant, curve_view


@dataclass(frozen=True)
class IolMultifocal(Correction):
    """A trifocal implant aimed at a refraction.

    Parameters
    ----------
    target_d : float
        Spherical equivalent aimed at, D.
    toric : bool, optional
        Corrects the cylinder; from 1 D on when not given.
    """

    target_d: float = 0.0
    toric: bool | None = None
    TITLE: ClassVar[str] = "Multifocal IOL"
    SOURCE: ClassVar[str] = (
        "PMC7837564: trifocal, binocular, n=67; 0.1 logMAR or better from +0.5 to -2.5 D"
    )
    STATISTICAL: ClassVar[bool] = True

    def compare(self, person: Person, distance_m: float) -> tuple[View, View]:
        """See `Correction`."""
        left = after_implant(person, self.target_d, self.toric, 0.0)
        return uncorrected(person, distance_m), curve_view("multifocal", distance_m, left)

    def facts(self, person: Person) -> Sequence[Fact]:
        """Reading in best light with two foci."""
        read = default("eye_corrections")["bifocal_reading_logmar"]
        return [Fact("reading_acuity_best_light_bifocal", read.value, "logMAR", 0.11, read.source)]

    def limits(self, person: Person) -> Sequence[str]:
        """See `Correction`."""
        return [
            tr(
                "A published bound (0.1 logMAR or better), with both eyes; halos and contrast are not predicted."
            )
        ]
