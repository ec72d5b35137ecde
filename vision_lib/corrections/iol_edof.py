"""Extended-depth-of-focus implant: the published defocus curve of a non-diffractive lens."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from twin_engine.text import tr
from vision_lib.ability import Person, View, uncorrected
from vision_lib.corrections import Correction, Fact
from vision_lib.corrections._implant import after_implant, curve, curve_view


@dataclass(frozen=True)
class IolEdof(Correction):
    """An EDOF implant aimed at a refraction.

    Parameters
    ----------
    target_d : float
        Spherical equivalent aimed at, D.
    toric : bool, optional
        Corrects the cylinder; from 1 D on when not given.
    """

    target_d: float = 0.0
    toric: bool | None = None
    TITLE: ClassVar[str] = "EDOF IOL"
    SOURCE: ClassVar[str] = "Eye Vis 2024: non-diffractive EDOF, monocular, n=47"
    STATISTICAL: ClassVar[bool] = True

    def compare(self, person: Person, distance_m: float) -> tuple[View, View]:
        """See `Correction`."""
        left = after_implant(person, self.target_d, self.toric, 0.0)
        return uncorrected(person, distance_m), curve_view("edof", distance_m, left)

    def facts(self, person: Person) -> Sequence[Fact]:
        """Range of 0.2 logMAR or better."""
        return [Fact("range_within_0.2_logmar", 1.75, "D", None, curve("edof")[3])]

    def limits(self, person: Person) -> Sequence[str]:
        """See `Correction`."""
        return [
            tr(
                "The mean of a trial, read at three distances; halos and contrast are not predicted."
            )
        ]
