"""The eye as lengths and curvatures: how long it is, how large the image on its retina.

Refraction changes the eye's length across people (Atchison 2006, Vision Res 46:2236). That slope is
neither that of one eye that only grows nor that of children over time: keep the three apart.
The relaxed schematic eye is Navarro, Santamaria and Bescos 1985 (J Opt Soc Am A 2:1273).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from twin_engine.errors import InputError
from twin_engine.parameters import load


class Surface(NamedTuple):
    """A refracting surface: radius, conic constant, distance to the next, index behind it."""

    radius_m: float
    conic: float
    thickness_m: float
    index_behind: float


# Navarro 1985, table 1, unaccommodated; the last distance ends on the retina.
NAVARRO = (
    Surface(7.72e-3, -0.26, 0.55e-3, 1.376),
    Surface(6.5e-3, 0.0, 3.05e-3, 1.3374),
    Surface(10.2e-3, -3.1316, 4.0e-3, 1.42),
    Surface(-6.0e-3, -1.0, 16.40e-3, 1.336),
)


class Paraxial(NamedTuple):
    """First-order properties of a schematic eye."""

    power_d: float
    length_m: float
    focus_m: float
    """Paraxial focus behind the corneal vertex, m."""
    nodal_m: float
    """Second nodal point behind the corneal vertex, m."""


def paraxial(surfaces: tuple[Surface, ...] = NAVARRO) -> Paraxial:
    """Trace the eye by refraction and transfer matrices.

    Parameters
    ----------
    surfaces : tuple of Surface
        From the cornea to the last surface before the retina.
    """
    system, before = np.eye(2), 1.0
    for i, s in enumerate(surfaces):
        refract = np.array([[1.0, 0.0], [-(s.index_behind - before) / s.radius_m, 1.0]])
        system = refract @ system
        if i < len(surfaces) - 1:
            system = np.array([[1.0, s.thickness_m / s.index_behind], [0.0, 1.0]]) @ system
        before = s.index_behind
    a, power = system[0, 0], -system[1, 0]
    last = sum(s.thickness_m for s in surfaces[:-1])
    focus = last + before * a / power
    # The second nodal point lies the front focal length before the second focus.
    return Paraxial(power, last + surfaces[-1].thickness_m, focus, focus - 1.0 / power)


@dataclass(frozen=True)
class Shape:
    """Lengths of an eye of one refraction, m."""

    axial_length_m: float
    cornea_radius_m: float
    retina_axial_m: float
    retina_horizontal_m: float
    retina_vertical_m: float


def shape(spherical_equivalent_d: float) -> Shape:
    """Mean shape of eyes with this spherical equivalent, Atchison 2006.

    Raises
    ------
    InputError
        A refraction beyond what the study's line can stand for.
    """
    if not -15.0 <= spherical_equivalent_d <= 10.0:
        raise InputError("refraction beyond the schematic eye", "refraction", spherical_equivalent_d,
                         "-15 to +10 D", "measure the axial length instead")  # fmt: skip
    p = load("eye_optics")["atchison2006"].values()
    se = spherical_equivalent_d
    return Shape(
        (p["axial_length"] - p["axial_length_slope"] * se) * 1e-3,
        (p["cornea_radius"] + p["cornea_radius_slope"] * se) * 1e-3,
        (p["retina_axial"] - p["retina_axial_slope"] * se) * 1e-3,
        (p["retina_horizontal"] - p["retina_horizontal_slope"] * se) * 1e-3,
        (p["retina_vertical"] - p["retina_vertical_slope"] * se) * 1e-3,
    )


def retinal_size(spherical_equivalent_d: float) -> float:
    """Length on the retina that one radian covers, m.

    The nodal point is taken to keep its place behind the cornea (axial ametropia), so the length
    is that from the nodal point to the retina.
    """
    return shape(spherical_equivalent_d).axial_length_m - paraxial().nodal_m


def spectacle_magnification(
    power_d: float, vertex_m: float, thickness_m: float = 0.0, front_d: float = 0.0, index: float = 1.5
) -> float:
    """Size of the image through a spectacle lens against the bare eye's.

    Parameters
    ----------
    power_d : float
        Back vertex power, D.
    vertex_m : float
        Distance from the lens to the entrance pupil or the cornea, as convention has it, m.
    thickness_m, front_d, index : float
        Shape factor 1 / (1 - (t / n) F1); a thin lens if left out.

    Examples
    --------
    >>> round(spectacle_magnification(-6.0, 0.014), 4)
    0.9225
    """
    return 1.0 / ((1.0 - vertex_m * power_d) * (1.0 - thickness_m / index * front_d))
