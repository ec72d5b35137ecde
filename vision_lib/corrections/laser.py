"""Laser refractive surgery: target refraction, and the spherical aberration the cornea gains."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from twin_engine.errors import InputError
from twin_engine.parameters import Parameter, default
from twin_engine.text import tr
from vision_lib.ability import Person, View, uncorrected
from vision_lib.corrections import Correction, Fact
from vision_lib.refraction import PowerVector

PROCEDURES = ("lenticule", "lasik")
C40 = 12  # OSA index of primary spherical aberration


@dataclass(frozen=True)
class Laser(Correction):
    """Refractive surgery of the cornea.

    Parameters
    ----------
    procedure : str
        "lenticule" or "lasik" (aspheric profile).
    target_d : float
        Spherical equivalent aimed at, D.
    """

    procedure: str = "lenticule"
    target_d: float = 0.0
    TITLE: ClassVar[str] = "Laser refractive surgery"
    SOURCE: ClassVar[str] = (
        "induced corneal C40 over 6 mm: +0.532(0.301) um for -8.52 D (lenticule), "
        "+0.426(0.177) um for -8.04 D (aspheric LASIK)"
    )
    STATISTICAL: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.procedure not in PROCEDURES:
            raise InputError("unknown laser procedure", "procedure", self.procedure,
                             ", ".join(PROCEDURES), "choose one")  # fmt: skip

    def _per_dioptre(self) -> Parameter:
        return default("eye_corrections")[f"laser_{self.procedure}_um_per_d"]

    def induced(self, person: Person) -> float:
        """C40 gained over 6 mm, um: in proportion to the myopia treated; none for hyperopia."""
        treated = max(self.target_d - person.need.m_d, 0.0)
        return self._per_dioptre().value * treated

    def compare(self, person: Person, distance_m: float) -> tuple[View, View]:
        """See `Correction`."""
        need = PowerVector(self.target_d + 1.0 / distance_m, 0.0, 0.0)
        view = View(distance_m, need, person.accommodation, wavefront={C40: self.induced(person)})
        return uncorrected(person, distance_m), view

    def facts(self, person: Person) -> Sequence[Fact]:
        """C40 gained, and the optical zone beyond which halos grow."""
        zone = default("eye_corrections")["laser_optical_zone_mm"]
        # SD of the trial's C40 in proportion: 0.301/0.532 and 0.177/0.426.
        ratio = 0.301 / 0.532 if self.procedure == "lenticule" else 0.177 / 0.426
        gained = self.induced(person)
        return [Fact("induced_c40_6mm", gained, "um", gained * ratio, self._per_dioptre().source),
                Fact("optical_zone", zone.value, "mm", None, zone.source)]  # fmt: skip

    def limits(self, person: Person) -> Sequence[str]:
        """See `Correction`."""
        said = [
            tr("The refraction is taken to reach its target; published results scatter around it.")
        ]
        if person.need.m_d > 0:
            said.append(
                tr("Published aberrations are of myopic treatments; for hyperopia none are added.")
            )
        return said
