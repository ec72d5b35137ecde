"""Spleen: gastric, renal and colic faces, notched front edge, hilum with vessels (Caglar 2014 for size)."""

from numba import njit, vectorize

from twin_engine.tissue.organs._sdf import FLAGS, cone, ellipsoid, fbm, smax, smin
from twin_engine.tissue.organs.shape import Organ

PARTS = ("pulp", "capsule", "hilar fat", "artery", "vein")
SCALE = 0.885


@njit(**FLAGS)
def body(x: float, y: float, z: float) -> float:
    d = ellipsoid(x, y, z, 0.0, 0.0, 0.0, 31.0, 43.0, 58.0)
    d = smax(d, -ellipsoid(x, y, z, -62.0, -26.0, 10.0, 50.0, 48.0, 64.0), 5.0)
    d = smax(d, -ellipsoid(x, y, z, -56.0, 36.0, -4.0, 46.0, 38.0, 60.0), 5.0)
    d = smax(d, -ellipsoid(x, y, z, -26.0, -4.0, -66.0, 34.0, 44.0, 26.0), 6.0)
    d = smax(d, -cone(x, y, z, -24.0, -45.0, 26.0, 3.5, 34.0, -43.0, 28.0, 3.5), 4.0)
    d = smax(d, -cone(x, y, z, -24.0, -48.0, 4.0, 3.0, 34.0, -46.5, 5.0, 3.0), 4.0)
    return d + 0.45 * fbm(x, y, z, 22.0)


@njit(**FLAGS)
def vessels(x: float, y: float, z: float) -> tuple[float, ...]:
    artery = smin(
        cone(x, y, z, -46.0, 2.0, 8.0, 3.0, -18.0, 2.0, 10.0, 2.4),
        cone(x, y, z, -30.0, 2.0, 9.0, 2.2, -14.0, 0.0, 26.0, 1.8),
        2.0,
    )
    vein = smin(
        cone(x, y, z, -46.0, 4.0, -2.0, 4.6, -16.0, 3.0, -2.0, 3.8),
        cone(x, y, z, -32.0, 4.0, -2.0, 3.2, -13.0, 2.0, -18.0, 2.6),
        2.0,
    )
    fat = ellipsoid(x, y, z, -16.0, 3.0, 3.0, 9.0, 6.5, 27.0) + 1.6 * fbm(x, y, z, 6.0)
    return artery, vein, fat


@njit(**FLAGS)
def shape(x: float, y: float, z: float) -> float:
    x, y, z = x / SCALE, y / SCALE, z / SCALE
    a, v, fat = vessels(x, y, z)
    d = smin(smin(body(x, y, z), fat, 3.0), min(a, v), 1.5)
    hole = min(
        cone(x, y, z, -50.0, 2.0, 8.2, 1.8, -36.0, 2.0, 8.8, 1.8),
        cone(x, y, z, -50.0, 4.0, -2.0, 3.3, -36.0, 4.0, -2.0, 3.2),
    )
    return max(max(d, -hole), -x - 42.0) * SCALE


@vectorize(cache=True)
def field(x: float, y: float, z: float) -> float:
    return shape(x, y, z)


@vectorize(cache=True)
def part(x: float, y: float, z: float, depth: float) -> float:
    px, py, pz = x / SCALE, y / SCALE, z / SCALE
    a, v, fat = vessels(px, py, pz)
    b = body(px, py, pz)
    if a < 0.5 and b > -1.0:
        return 3.0
    if v < 0.5 and b > -1.0:
        return 4.0
    if fat < 0.6 and b > -0.5:
        return 2.0
    return 1.0 if depth > -0.6 else 0.0


ORGAN = Organ("Spleen", field, part, PARTS, (-38.0, -42.0, -56.0), (32.0, 44.0, 56.0), 0.7, density=1060.0)
