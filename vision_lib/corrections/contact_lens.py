"""Soft contact lens at the cornea: spherical, or toric with its rotation on the eye."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from twin_engine.parameters import default
from twin_engine.text import tr
from vision_lib.ability import Person, View, uncorrected
from vision_lib.corrections import Correction, Fact
from vision_lib.corrections._optics import magnification, need_through, to_pupil
from vision_lib.refraction import Refraction


@dataclass(frozen=True)
class ContactLens(Correction):
    """A contact lens in the steps in which they are made.

    Parameters
    ----------
    toric : bool, optional
        Toric or spherical; by the size of the cylinder when not given.
    rotation_deg : float
        How far the lens turns on the eye, degrees.
    """

    toric: bool | None = None
    rotation_deg: float = 0.0
    TITLE: ClassVar[str] = "Contact lens"
    SOURCE: ClassVar[str] = (
        "thin-lens vergence at the cornea; crossed cylinders: C' = 2 C sin(rotation)"
    )
    STATISTICAL: ClassVar[bool] = False

    def lens(self, person: Person) -> Refraction:
        """The lens as labelled: power at the cornea, rounded to what is made."""
        p = default("eye_corrections")
        at_cornea = person.refraction.at_cornea(person.vertex_m).minus_cylinder()
        toric = self.toric
        if toric is None:
            toric = abs(at_cornea.cylinder_d) >= p["toric_contact_from_d"].value
        if toric:
            return at_cornea.rounded(p["contact_step_d"].value)
        return Refraction(at_cornea.spherical_equivalent_d).rounded(p["contact_step_d"].value)

    def compare(self, person: Person, distance_m: float) -> tuple[View, View]:
        """See `Correction`."""
        made = self.lens(person)
        turned = Refraction(
            made.sphere_d, made.cylinder_d, (made.axis_deg + self.rotation_deg) % 180
        )
        need = need_through(person, turned.power_vector(), distance_m, 0.0)
        size = magnification(made.spherical_equivalent_d, to_pupil(0.0))
        before = uncorrected(person, distance_m)
        return before, View(distance_m, need, person.accommodation, size)

    def facts(self, person: Person) -> Sequence[Fact]:
        """Image size against spectacles; what the usual rotation of a toric lens leaves."""
        p = default("eye_corrections")
        made = self.lens(person)
        glasses = magnification(person.refraction.spherical_equivalent_d, to_pupil(person.vertex_m))
        size = magnification(made.spherical_equivalent_d, to_pupil(0.0)) / glasses
        found = [Fact("image_size_against_spectacles", size, "1", None, tr("ratio of magnifications"))]
        if made.cylinder_d:
            turn = p["toric_rotation_deg"]
            left = 2.0 * abs(made.cylinder_d) * math.sin(math.radians(turn.value))
            found.append(Fact("cylinder_left_by_usual_rotation", left, "D", None, turn.source))
        return found

    def limits(self, person: Person) -> Sequence[str]:
        """See `Correction`."""
        return [tr("Tear film and movement of the lens with each blink are not modelled.")]
