"""Eye, left, looking to -y: sclera, cornea, iris, lens, retina, optic nerve, muscle stumps.

Bekerman 2014 for the axes; Gullstrand's schematic radii for cornea (7.8 mm) and lens (10 and 6 mm).
"""

import math

from numba import njit, vectorize

from twin_engine.tissue.organs._sdf import FLAGS, cone, fbm, smin
from twin_engine.tissue.organs.shape import Organ

PARTS = (
    "sclera",
    "cornea",
    "iris",
    "lens",
    "vitreous",
    "retina",
    "choroid",
    "nerve",
    "muscle",
    "aqueous",
    "ciliary body",
    "pupil",
    "limbus",
    "tendon",
)


@njit(**FLAGS)
def ball(x: float, y: float, z: float) -> float:
    """Distance to the outer shell: sclera r 11.8 and the steeper cornea in front."""
    globe = math.sqrt(x * x + y * y + z * z) - 11.8
    dome = math.sqrt(x * x + (y + 4.6) ** 2 + z * z) - 7.8
    return smin(globe, dome, 0.9)


@njit(**FLAGS)
def nerve(x: float, y: float, z: float) -> float:
    return cone(x, y, z, -3.0, 11.0, 0.0, 2.0, -8.0, 24.0, -1.5, 1.9)


@njit(**FLAGS)
def muscles(x: float, y: float, z: float) -> float:
    """Four recti as flat straps that leave the globe behind its equator."""
    best = 9.0
    for i in range(4):
        c, s = (1.0, 0.0) if i == 0 else ((-1.0, 0.0) if i == 1 else ((0.0, 1.0) if i == 2 else (0.0, -1.0)))
        along, across = c * x + s * z, -s * x + c * z
        t = min(max((y + 4.0) / 20.0, 0.0), 1.0)
        lift = math.sqrt(max(11.95**2 - min(y, 5.0) ** 2, 1.0)) if y < 5.0 else 10.85 - 0.30 * (y - 5.0)
        strap = (
            math.sqrt(
                max(abs(along - lift) - 0.12 - 0.55 * t * t, 0.0) ** 2 + max(abs(across) - 3.9 + 1.3 * t, 0.0) ** 2
            )
            - 0.4
        )
        strap = max(strap, max(-4.0 - y, y - 15.5 - 0.35 * math.sin(1.3 * across)))
        best = min(best, strap)
    return best


@njit(**FLAGS)
def shape(x: float, y: float, z: float) -> float:
    d = smin(ball(x, y, z), nerve(x, y, z), 1.2)
    d = smin(d, muscles(x, y, z), 0.5)
    # Limbus: a faint groove.
    ring = math.sqrt((math.sqrt(x * x + z * z) - 5.9) ** 2 + (y + 10.1) ** 2)
    d += 0.12 * math.exp(-((ring / 0.6) ** 2)) + 0.05 * fbm(x, y, z, 3.0)
    return max(d, y - 22.0)


@vectorize(cache=True)
def field(x: float, y: float, z: float) -> float:
    return shape(x, y, z)


@vectorize(cache=True)
def part(x: float, y: float, z: float, depth: float) -> float:
    d = ball(x, y, z)
    r = math.sqrt(x * x + z * z)
    if d > -0.25:
        if muscles(x, y, z) < 0.25 and y > -4.2:
            return 13.0 if y < -1.5 + 0.5 * math.sin(2.2 * (x + z)) else 8.0
        if nerve(x, y, z) < 0.3 and y > 11.0:
            return 7.0
        if y < -9.6 and r < 5.75:
            # What is seen through the clear cornea.
            return 11.0 if r < 1.9 else (2.0 if r < 5.2 else 12.0)
        return 0.0
    if y < -9.0 and d > -0.75 and r < 6.0:
        return 1.0
    lens = max(math.sqrt(r * r + (y + 8.6 - 10.0) ** 2) - 10.0, math.sqrt(r * r + (y + 5.0 + 6.0) ** 2) - 6.0)
    if lens < 0.0:
        return 3.0
    if abs(y + 8.9) < 0.3 and 1.7 < r < 6.2:
        return 2.0
    if -9.4 < y < -5.5 and r > 5.6 and d < -0.9 and d > -3.4 - 0.4 * math.sin(30.0 * math.atan2(z, x)):
        return 10.0
    if y < -8.6:
        return 9.0
    if nerve(x, y, z) < -0.4 and d > -1.9:
        return 7.0
    if d > -1.0:
        return 0.0
    if d > -1.3:
        return 6.0
    return 5.0 if d > -1.62 and y > -5.0 else 4.0


@vectorize(cache=True)
def clear(x: float, y: float, z: float) -> float:
    """Aqueous and vitreous."""
    r = math.sqrt(x * x + z * z)
    d = ball(x, y, z) + (1.62 if y > -5.0 else 0.9)
    lens = max(math.sqrt(r * r + (y + 8.6 - 10.0) ** 2) - 10.0, math.sqrt(r * r + (y + 5.0 + 6.0) ** 2) - 6.0)
    iris = max(max(abs(y + 8.9) - 0.3, 1.7 - r), r - 6.2)
    ciliary = max(max(-9.4 - y, y + 5.5), 5.6 - r)
    return max(d, -min(lens, min(iris, ciliary)))


ORGAN = Organ("Eye", field, part, PARTS, (-14.4, -13.5, -14.4), (14.4, 23.0, 14.4), 0.16, density=1010.0, clear=clear)
