"""Vergence through thin lenses in front of the eye, with astigmatism; image size.

A lens of power vector (M, J0, J45) is the symmetric matrix [[M + J0, J45], [J45, M - J0]]
(Keating 1980; Harris 1997), so that effectivity over a distance d is (I - d X)^-1 X.
"""

import numpy as np
from numpy.typing import NDArray

from twin_engine.parameters import default
from vision_lib.ability import Person
from vision_lib.refraction import PowerVector

Matrix = NDArray[np.float64]


def matrix(v: PowerVector) -> Matrix:
    """The dioptric power matrix of a power vector."""
    return np.array([[v.m_d + v.j0_d, v.j45_d], [v.j45_d, v.m_d - v.j0_d]])


def vector(x: Matrix) -> PowerVector:
    """The power vector of a symmetric power matrix."""
    return PowerVector(float(x[0, 0] + x[1, 1]) / 2, float(x[0, 0] - x[1, 1]) / 2, float(x[0, 1]))


def need_through(who: Person, lens: PowerVector, distance_m: float, vertex_m: float) -> PowerVector:
    """Lens still needed at the cornea when looking at a distance through a lens in front of it.

    Parameters
    ----------
    who : Person
        The eye.
    lens : PowerVector
        The lens worn, D.
    distance_m : float
        Object to cornea, m.
    vertex_m : float
        Lens to cornea, m; 0 for a contact lens.
    """
    one = np.eye(2)
    after_lens = matrix(lens) - one / max(distance_m - vertex_m, 1e-3)
    at_cornea = np.linalg.solve(one - vertex_m * after_lens, after_lens)
    return vector(matrix(who.need) - at_cornea)


def magnification(power_d: float, to_pupil_m: float, front_d: float = 0.0, thickness_m: float = 0.0,
                  index: float = 1.5) -> float:  # fmt: skip
    """Spectacle magnification: power factor times shape factor.

    1 / (1 - d F) x 1 / (1 - (t/n) F1), d from the lens to the entrance pupil.

    Examples
    --------
    >>> round(magnification(-6.0, 0.014), 4)
    0.9225
    """
    return 1.0 / (1.0 - to_pupil_m * power_d) / (1.0 - thickness_m / index * front_d)


def to_pupil(vertex_m: float) -> float:
    """From a lens at this vertex distance to the eye's entrance pupil, m."""
    return vertex_m + default("eye_corrections")["entrance_pupil_mm"].value / 1000.0


def addition(who: Person) -> float:
    """The near addition: prescribed, or what reading needs beyond comfortable accommodation, D.

    1 / reading distance minus half the amplitude, in 0.25 D steps, 0 to 3.
    """
    if who.refraction.add_d:
        return who.refraction.add_d
    p = default("eye_corrections").values()
    lacking = 1.0 / p["reading_distance_m"] - p["comfort_share"] * who.accommodation.amplitude_d
    return min(max(round(lacking * 4) / 4, 0.0), 3.0)
