"""Single-vision spectacles: the far prescription, or another, in front of the eye."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from twin_engine.text import tr
from vision_lib.ability import Person, View, uncorrected
from vision_lib.corrections import Correction, Fact
from vision_lib.corrections._optics import magnification, need_through, to_pupil
from vision_lib.refraction import Refraction


@dataclass(frozen=True)
class SingleVision(Correction):
    """Spectacles of one power.

    Parameters
    ----------
    prescription : str, optional
        What is worn; the person's own when empty.
    """

    prescription: str = ""
    TITLE: ClassVar[str] = "Single-vision spectacles"
    SOURCE: ClassVar[str] = "thin-lens vergence; Keating 1980; ISO 13666"
    STATISTICAL: ClassVar[bool] = False

    def worn(self, person: Person) -> Refraction:
        """The lens in the frame."""
        return Refraction.parse(self.prescription) if self.prescription else person.refraction

    def compare(self, person: Person, distance_m: float) -> tuple[View, View]:
        """See `Correction`."""
        lens = self.worn(person).power_vector()
        need = need_through(person, lens, distance_m, person.vertex_m)
        size = magnification(lens.m_d, to_pupil(person.vertex_m))
        before = uncorrected(person, distance_m)
        return before, View(distance_m, need, person.accommodation, size)

    def facts(self, person: Person) -> Sequence[Fact]:
        """Image size against the bare eye."""
        power = self.worn(person).spherical_equivalent_d
        size = magnification(power, to_pupil(person.vertex_m))
        return [Fact("magnification", size, "1", None, tr("1 / (1 - d F), thin lens"))]

    def limits(self, person: Person) -> Sequence[str]:
        """See `Correction`."""
        return [tr("Blur toward the edge of the lens and prism are not modelled.")]
