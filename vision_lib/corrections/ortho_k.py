"""Orthokeratology: a treated zone over the pupil, decentred, with myopia left around it.

The treated cornea corrects the myopia inside the zone; across a ring the power returns to the
untreated one. Its wavefront over the pupil gives the refraction left and the spherical aberration
and coma gained, by projection on the OSA polynomials. Myopia control is the ROMIO trial's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np

from twin_engine.parameters import default
from twin_engine.text import tr
from vision_lib.ability import Person, View, uncorrected
from vision_lib.corrections import Correction, Fact
from vision_lib.corrections._trials import axial_facts
from vision_lib.refraction import PowerVector


@dataclass(frozen=True)
class OrthoK(Correction):
    """Lenses worn at night that reshape the cornea for the day.

    Parameters
    ----------
    decentration_mm : float, optional
        How far the treated zone lies beside the pupil's centre; the published mean when not given.
    """

    decentration_mm: float | None = None
    TITLE: ClassVar[str] = "Orthokeratology"
    SOURCE: ClassVar[str] = (
        "treatment zone 3.61(0.26) mm, decentration 0.60(0.16) mm (27 eyes, 2018); ROMIO 2012"
    )
    STATISTICAL: ClassVar[bool] = True

    def compare(self, person: Person, distance_m: float) -> tuple[View, View]:
        """See `Correction`."""
        p = default("eye_corrections").values()
        treated = min(max(-person.need.m_d, 0.0), -p["ortho_k_limit_d"])
        beside = (
            p["ortho_k_decentration_mm"] if self.decentration_mm is None else self.decentration_mm
        )
        coefficients = ring_wavefront(treated, person.pupil_mm, beside)
        # The refraction measured is the treated centre's; its ring enters as added aberration.
        need = PowerVector(
            person.need.m_d + treated + 1.0 / distance_m, person.need.j0_d, person.need.j45_d
        )
        view = View(distance_m, need, person.accommodation, wavefront=dict(coefficients),
                    source="1 + b^2 (Blendowske 2015) with the ring's aberration as equivalent defocus")  # fmt: skip
        return uncorrected(person, distance_m), view

    def facts(self, person: Person) -> Sequence[Fact]:
        """Treatment zone, decentration, and the axial growth of the ROMIO trial."""
        p = default("eye_corrections")
        zone, beside = p["ortho_k_zone_mm"], p["ortho_k_decentration_mm"]
        return [Fact("treatment_zone", zone.value, "mm", 0.26, zone.source),
                Fact("decentration", beside.value, "mm", 0.16, beside.source),
                *axial_facts("ROMIO", "orthokeratology", 2.0)]  # fmt: skip

    def limits(self, person: Person) -> Sequence[str]:
        """See `Correction`."""
        said = [tr("Scatter rises (published index 0.29 to 0.65) and is not rendered.")]
        if person.age_y > 18:
            said.append(tr("Myopia control was tried in children; for this age it tells nothing."))
        return said


@cache
def ring_wavefront(
    treated_d: float, pupil_mm: float, beside_mm: float
) -> tuple[tuple[int, float], ...]:
    """OSA coefficients 7, 8 and 12 of the untreated ring over the pupil, as um over 6 mm.

    Parameters
    ----------
    treated_d : float
        Myopia treated in the zone, D.
    pupil_mm, beside_mm : float
        Pupil diameter and decentration to the side, mm.
    """
    p = default("eye_corrections").values()
    zone, ring = p["ortho_k_zone_mm"] / 2.0, p["ortho_k_ring_mm"]
    n = 201
    axis = np.linspace(-1, 1, n)
    x, y = np.meshgrid(axis, axis)
    inside = np.hypot(x, y) <= 1.0
    radius = pupil_mm / 2.0
    r = np.hypot(x * radius - beside_mm, y * radius)
    # Power error 0 in the zone, rising to the treated amount across the ring: W'' and W'/r follow
    # from W' = integral of the power; W in um with r in mm and D in 1/m gives a factor 1e-3 x 1e3.
    grid = np.linspace(0, radius + beside_mm + 0.01, 2001)
    power = treated_d * np.clip((grid - zone) / ring, 0, 1)
    step = grid[1] - grid[0]
    slope = np.cumsum(power) * step
    height = np.cumsum(slope) * step
    w = np.interp(r, grid, height)[inside]
    rho, angle = np.hypot(x, y)[inside], np.arctan2(y, x)[inside]
    basis = {7: math.sqrt(8) * (3 * rho**3 - 2 * rho) * np.sin(angle),
             8: math.sqrt(8) * (3 * rho**3 - 2 * rho) * np.cos(angle),
             12: math.sqrt(5) * (6 * rho**4 - 6 * rho**2 + 1)}  # fmt: skip
    scale = {7: (3.0 / radius) ** 3, 8: (3.0 / radius) ** 3, 12: (3.0 / radius) ** 4}
    # um over this pupil, written as over 6 mm so that scaling back to the pupil gives it again.
    return tuple((j, float(np.mean(w * z)) * scale[j]) for j, z in basis.items())
