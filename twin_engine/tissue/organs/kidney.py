"""Kidney: cortex, pyramids with striae and columns between, sinus with pelvis, cups and fat, hilar vessels.

Outline and inner anatomy after Lee 1996 (Korean men, ultrasound) for size; R.E.N.A.L.-ready polar lines at
+-18 mm of the sinus. The right kidney: the hilum looks to -x.
"""

import math

from numba import njit, vectorize

from twin_engine.tissue.organs._sdf import FLAGS, cone, ellipsoid, fbm, noise, smax, smin
from twin_engine.tissue.organs.shape import Organ

PARTS = ("cortex", "medulla", "arcuate line", "sinus fat", "pelvis", "capsule", "artery", "vein", "papilla",
         "medullary stria")  # fmt: skip
SCALE = 1.02
ANGLES = (0.0, 40.0, -40.0, 82.0, -82.0, 122.0, -122.0)


@njit(**FLAGS)
def body(x: float, y: float, z: float) -> float:
    """The bean without its sinus."""
    # Arc of radius 62 about (-62, 0), half-length 43, bulging to +x.
    angle = math.atan2(z, x + 62.0)
    most = 0.50
    a = min(max(angle, -most), most)
    cx, cz = -62.0 + 62.0 * math.cos(a), 62.0 * math.sin(a)
    dx, dz = x - cx, z - cz
    r = 25.5 * (1.0 + 0.06 * a / most)
    d = math.sqrt(dx * dx + (y / 0.74) ** 2 + dz * dz) - r
    return d * 0.86 + 0.35 * fbm(x, y, z, 17.0)


@njit(**FLAGS)
def sinus(x: float, y: float, z: float) -> float:
    return ellipsoid(x, y, z, -19.0, 0.0, 0.0, 21.0, 10.0, 26.0)


@njit(**FLAGS)
def lumen(x: float, y: float, z: float) -> float:
    """Inside of pelvis, infundibula and cups."""
    d = cone(x, y, z, -19.0, 0.0, 0.0, 5.0, -33.0, 4.0, -6.0, 5.5)
    d = smin(d, cone(x, y, z, -33.0, 4.0, -6.0, 5.2, -44.0, 6.0, -46.0, 2.4), 5.0)
    for i in range(7):
        a = math.radians(ANGLES[i])
        px, pz = -17.0 + 12.5 * math.cos(a), 24.0 * math.sin(a)
        d = smin(d, cone(x, y, z, -17.0, 0.0, 0.6 * pz, 1.9, px, 0.0, pz, 1.5), 2.0)
        d = smin(
            d,
            cone(
                x,
                y,
                z,
                px - 1.5 * math.cos(a),
                0.0,
                pz - 1.5 * math.sin(a),
                1.8,
                px + 0.6 * math.cos(a),
                0.0,
                pz + 0.6 * math.sin(a),
                2.9,
            ),
            1.5,
        )
    return d


@njit(**FLAGS)
def hilum(x: float, y: float, z: float) -> tuple[float, ...]:
    """Artery (r 3) between vein (front, r 5) and pelvis: outer walls."""
    artery = smin(
        cone(x, y, z, -54.0, -4.0, 10.0, 3.0, -22.0, -3.0, 7.0, 2.8),
        cone(x, y, z, -28.0, -3.0, 7.0, 2.4, -10.0, -2.0, 17.0, 1.8),
        2.0,
    )
    vein = smin(
        cone(x, y, z, -54.0, -10.0, 1.0, 5.0, -24.0, -8.0, 0.0, 4.6),
        cone(x, y, z, -26.0, -8.0, 0.0, 3.6, -10.0, -6.0, -14.0, 2.6),
        2.0,
    )
    return artery, vein


@njit(**FLAGS)
def shape(x: float, y: float, z: float) -> float:
    x, y, z = x / SCALE, y / SCALE, z / SCALE
    outer = body(x, y, z)
    # Only the hilar lips are hollow: the sinus is filled with fat to its mouth.
    mouth = ellipsoid(x, y, z, -27.0, 0.0, 0.0, 15.0, 8.5, 20.0)
    d = smax(outer, -mouth, 7.0)
    artery, vein = hilum(x, y, z)
    wall = lumen(x, y, z) - 1.1
    d = min(d, smin(max(wall, outer - 20.0), min(artery, vein), 1.0))
    # Real holes where the vessels are cut.
    hole = min(
        cone(x, y, z, -60.0, -4.0, 10.6, 1.9, -30.0, -3.3, 7.8, 1.9),
        cone(x, y, z, -60.0, -10.2, 1.0, 4.2, -30.0, -8.6, 0.3, 4.0),
    )
    d = max(d, -max(hole, x + 30.0))
    # The urine spaces are hollow.
    d = max(d, -lumen(x, y, z))
    d = max(d, -x - 50.0)
    return max(d, -44.0 - z if x < -36.0 else -99.0) * SCALE


@njit(**FLAGS)
def inner(x: float, y: float, z: float) -> float:
    """Tissue deep in the kidney: 0 cortex, 1 medulla, 2 arcuate line, 3 fat, 4 pelvis, 8 papilla,
    9 stria."""
    water = lumen(x, y, z)
    if water < 1.1:
        return 4.0
    if sinus(x, y, z) < 0.0:
        return 3.0
    depth = -body(x, y, z)
    thick = 6.8 + 1.3 * noise(x / 9.0, y / 9.0, z / 9.0)
    best = 99.0
    tip = 99.0
    ray = 0.0
    # Pyramids reach from front to back, so that a section in any coronal plane shows them with columns between.
    for i in range(7):
        a = math.radians(ANGLES[i])
        px, pz = -17.0 + 12.5 * math.cos(a), 24.0 * math.sin(a)
        ex, ey, ez = x - px, 0.55 * y, z - pz
        t = ex * math.cos(a) + ez * math.sin(a)
        across = -ex * math.sin(a) + ez * math.cos(a)
        r = math.sqrt(across * across + ey * ey)
        d = smax(max(r - 2.6 - 0.34 * t - 0.5 * noise(x / 5.0, y / 5.0, z / 5.0), -t), thick - depth, 4.0)
        if d < best:
            best = d
            tip = t
            ray = math.sin(70.0 * math.atan2(across, t + 9.0))
    if best < 0.0:
        if tip < 3.0:
            return 8.0
        return 9.0 if ray > 0.25 else 1.0
    return 2.0 if best < 0.6 and depth < thick + 0.8 else 0.0


@vectorize(cache=True)
def field(x: float, y: float, z: float) -> float:
    return shape(x, y, z)


@vectorize(cache=True)
def outline(x: float, y: float, z: float) -> float:
    """The bean alone, without stumps of vessels and ureter."""
    return body(x / SCALE, y / SCALE, z / SCALE) * SCALE


@vectorize(cache=True)
def part(x: float, y: float, z: float, depth: float) -> float:
    x, y, z = x / SCALE, y / SCALE, z / SCALE
    outer = body(x, y, z)
    artery, vein = hilum(x, y, z)
    if outer > -6.0 or x < -24.0:
        if artery < 0.4 and x < -12.0:
            return 6.0
        if vein < 0.4 and x < -12.0:
            return 7.0
        if lumen(x, y, z) < 1.5 and x < -24.0:
            return 4.0
        if x < -14.0 and sinus(x, y, z) < 0.8:
            return 3.0
        if depth > -0.5 and outer > -0.9:
            return 5.0
    return inner(x, y, z)


ORGAN = Organ("Kidney", field, part, PARTS, (-54.0, -25.0, -62.0), (34.0, 25.0, 62.0), 0.6, density=1050.0)
