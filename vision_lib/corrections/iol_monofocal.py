"""Monofocal lens implant: one focus, no accommodation; toric for larger cylinders."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from twin_engine.parameters import default
from twin_engine.text import tr
from vision_lib.ability import Person, View, uncorrected
from vision_lib.corrections import Correction, Fact
from vision_lib.corrections._implant import NO_ACCOMMODATION, after_implant
from vision_lib.refraction import PowerVector


@dataclass(frozen=True)
class IolMonofocal(Correction):
    """A monofocal implant aimed at a refraction.

    Parameters
    ----------
    target_d : float
        Spherical equivalent aimed at, D; 0 is focused far, -2.5 for reading.
    toric : bool, optional
        Corrects the cylinder; from 1 D on when not given.
    rotation_deg : float
        How far a toric implant rests from its axis.
    """

    target_d: float = 0.0
    toric: bool | None = None
    rotation_deg: float = 0.0
    TITLE: ClassVar[str] = "Monofocal IOL"
    SOURCE: ClassVar[str] = "no accommodation; 1 + b^2 (Blendowske 2015)"
    STATISTICAL: ClassVar[bool] = False

    def compare(self, person: Person, distance_m: float) -> tuple[View, View]:
        """See `Correction`."""
        left = after_implant(person, self.target_d, self.toric, self.rotation_deg)
        need = PowerVector(left.m_d + 1.0 / distance_m, left.j0_d, left.j45_d)
        return uncorrected(person, distance_m), View(distance_m, need, NO_ACCOMMODATION)

    def facts(self, person: Person) -> Sequence[Fact]:
        """Reading in best light; what the usual rotation of a toric implant leaves."""
        p = default("eye_corrections")
        read, turn = p["monofocal_reading_logmar"], p["toric_iol_rotation_deg"]
        cylinder = 2.0 * math.hypot(person.need.j0_d, person.need.j45_d)
        left = 2.0 * cylinder * math.sin(math.radians(turn.value))
        return [Fact("reading_acuity_best_light", read.value, "logMAR", 0.18, read.source),
                Fact("cylinder_left_by_usual_rotation", left, "D", None, turn.source)]  # fmt: skip

    def limits(self, person: Person) -> Sequence[str]:
        """See `Correction`."""
        return [
            tr("The cylinder of the prescription is taken as the cornea's; surgery may add to it.")
        ]
