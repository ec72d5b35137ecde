"""Right lung: three lobes parted by oblique and horizontal fissures, hilum, diaphragmatic and cardiac hollows.

Lobe shares after PMC7490509 (supine CT: upper 17.9, middle 9.3, lower 26.5 % of both lungs).
"""

import math

from numba import njit, vectorize

from twin_engine.tissue.organs._sdf import FLAGS, cone, ellipsoid, fbm, smax, smin
from twin_engine.tissue.organs.shape import Organ

PARTS = ("upper lobe", "middle lobe", "lower lobe", "bronchus", "artery", "vein")


@njit(**FLAGS)
def body(x: float, y: float, z: float) -> float:
    d = ellipsoid(x, y, z, 2.0, 4.0, -45.0, 94.0, 80.0, 172.0)
    d = smax(d, ellipsoid(x, y, z, -40.0, 10.0, -20.0, 150.0, 88.0, 150.0), 30.0)
    d = smax(d, -(x + 6.0) + 0.0004 * (z - 10.0) ** 2, 16.0)
    d = smax(d, -ellipsoid(x, y, z, -16.0, -32.0, -52.0, 40.0, 52.0, 62.0), 10.0)
    d = smax(d, -ellipsoid(x, y, z, 30.0, 10.0, -178.0, 92.0, 100.0, 92.0), 6.0)
    # Hollow of the hilum; faint ribs on the costal face.
    d = smax(d, -ellipsoid(x, y, z, -6.0, 10.0, 0.0, 13.0, 22.0, 30.0), 8.0)
    return d + (0.9 * math.cos(0.21 * (z - 0.55 * y)) if x > 20.0 else 0.0) * min(max((x - 20.0) / 30.0, 0.0), 1.0)


@njit(**FLAGS)
def planes(x: float, y: float, z: float) -> tuple[float, ...]:
    """Signed sides of the oblique and of the horizontal fissure."""
    wave = 1.3 * fbm(x, y, z, 40.0)
    oblique = 0.73 * (y + 8.0) - 0.68 * (z + 22.0) + 5.0 * math.sin(0.03 * x) - 3.0 * math.sin(0.03 * y) - 6.0
    return oblique + wave, z - 8.0 - 0.05 * x + 3.0 * math.sin(0.04 * y) - 14.0 + wave


@njit(**FLAGS)
def hilum(x: float, y: float, z: float) -> tuple[float, ...]:
    rings = 0.35 * math.sin(2.4 * x)
    bronchus = cone(x, y, z, -32.0, 18.0, 8.0, 8.5, 8.0, 16.0, -4.0, 7.0) + rings
    artery = cone(x, y, z, -30.0, 2.0, 12.0, 8.0, 6.0, 6.0, 4.0, 7.0)
    vein = min(
        cone(x, y, z, -30.0, -4.0, -8.0, 6.0, 6.0, 0.0, -6.0, 5.5),
        cone(x, y, z, -30.0, 14.0, -19.0, 6.0, 6.0, 14.0, -15.0, 5.5),
    )
    return bronchus, artery, vein


@njit(**FLAGS)
def shape(x: float, y: float, z: float) -> float:
    d = body(x, y, z)
    oblique, horizontal = planes(x, y, z)
    gap = 0.45
    lower = smax(d, -oblique + gap, 7.0)
    upper = smax(smax(d, oblique + gap, 7.0), -horizontal + gap, 7.0)
    middle = smax(smax(d, oblique + gap, 7.0), horizontal + gap, 7.0)
    lobes = min(lower, min(upper, middle))
    # Fissures end 12 mm short of the hilum.
    root = math.sqrt((x + 4.0) ** 2 + (y - 10.0) ** 2 + z * z) - 34.0
    d = smin(lobes, smax(d, root, 4.0), 2.0)
    b, a, v = hilum(x, y, z)
    d = smin(d, smin(b, smin(a, v, 1.0), 1.0), 3.0)
    hole = min(
        cone(x, y, z, -40.0, 18.2, 9.0, 6.4, 8.0, 16.0, -4.0, 5.4),
        min(
            cone(x, y, z, -40.0, 1.4, 14.0, 6.4, 6.0, 6.0, 4.0, 5.8),
            min(
                cone(x, y, z, -40.0, -5.0, -8.6, 4.4, 6.0, 0.0, -6.0, 4.0),
                cone(x, y, z, -40.0, 14.0, -20.0, 4.4, 6.0, 14.0, -15.0, 4.0),
            ),
        ),
    )
    d = max(d, -hole)
    return max(d, -x - 24.0)


@vectorize(cache=True)
def field(x: float, y: float, z: float) -> float:
    return shape(x, y, z)


@vectorize(cache=True)
def part(x: float, y: float, z: float, depth: float) -> float:
    b, a, v = hilum(x, y, z)
    if b < 0.5:
        return 3.0
    if a < 0.5:
        return 4.0
    if v < 0.5:
        return 5.0
    oblique, horizontal = planes(x, y, z)
    if oblique > 0.0:
        return 2.0
    return 0.0 if horizontal > 0.0 else 1.0


ORGAN = Organ("Right lung", field, part, PARTS, (-27.0, -90.0, -140.0), (108.0, 96.0, 134.0), 1.1, density=380.0)
