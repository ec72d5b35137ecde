"""Bifocal spectacles: the far prescription above, the far prescription plus the addition below."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from twin_engine.text import tr
from vision_lib.ability import Person, View, uncorrected
from vision_lib.corrections import Correction, Fact
from vision_lib.corrections._optics import addition, magnification, need_through, to_pupil
from vision_lib.refraction import PowerVector


@dataclass(frozen=True)
class Bifocal(Correction):
    """A lens of two powers; the wearer looks through the one that leaves less blur.

    Parameters
    ----------
    add_d : float, optional
        Addition, D; prescribed or found from the amplitude when 0.
    """

    add_d: float = 0.0
    TITLE: ClassVar[str] = "Bifocal spectacles"
    SOURCE: ClassVar[str] = "thin-lens vergence of each segment"
    STATISTICAL: ClassVar[bool] = False

    def compare(self, person: Person, distance_m: float) -> tuple[View, View]:
        """See `Correction`."""
        far = person.refraction.power_vector()
        near = PowerVector(far.m_d + (self.add_d or addition(person)), far.j0_d, far.j45_d)
        views = [
            View(distance_m, need_through(person, lens, distance_m, person.vertex_m),
                 person.accommodation, magnification(lens.m_d, to_pupil(person.vertex_m)))
            for lens in (far, near)
        ]  # fmt: skip
        return uncorrected(person, distance_m), min(views, key=lambda v: v.residual.blur_d)

    def facts(self, person: Person) -> Sequence[Fact]:
        """The addition."""
        return [Fact("addition", self.add_d or addition(person), "D", None,
                     tr("prescribed, or demand at 0.4 m minus half the amplitude"))]  # fmt: skip

    def limits(self, person: Person) -> Sequence[str]:
        """See `Correction`."""
        return [tr("The jump of the image at the segment's edge is not modelled.")]
