"""Uterus with tubes, fimbriae, ovaries and broad ligament; T-shaped cavity, cervix (nulliparous size)."""

import math

from numba import njit, vectorize

from twin_engine.tissue.organs._sdf import FLAGS, cone, ellipsoid, fbm, smax, smin, spline, tube, worley
from twin_engine.tissue.organs.shape import Organ

PARTS = ("serosa", "myometrium", "endometrium", "tube", "ovary", "ligament", "cervix")
FALLOPIAN = spline(
    [(20, 0, 22, 2.6), (34, 2, 28, 2.4), (50, 2, 30, 3.0), (62, 6, 22, 3.8), (68, 10, 10, 4.8), (66, 12, 2, 5.6)], 5
)
ROUND = spline([(19, -3, 17, 2.2), (32, -12, 12, 2.0), (48, -20, 4, 1.8), (60, -24, -4, 1.6)], 4)
BAND = spline([(20, 3, 14, 1.8), (30, 9, 10, 1.7), (38, 13, 8, 1.7)], 3)
SCALE = 0.90


@njit(**FLAGS)
def corpus(x: float, y: float, z: float) -> float:
    d = ellipsoid(x, y, z, 0.0, 0.0, 13.0, 27.0, 17.5, 24.0)
    d = smin(d, cone(x, y, z, 0.0, 0.0, 2.0, 15.0, 0.0, 1.0, -26.0, 11.5), 14.0)
    d = smin(d, cone(x, y, z, 0.0, 1.0, -26.0, 12.5, 0.0, 1.5, -42.0, 12.0), 5.0)
    return d + 0.3 * fbm(x, y, z, 16.0)


@njit(**FLAGS)
def cavity(x: float, y: float, z: float) -> float:
    """Slit of the body (triangle, flat) and the canal of the cervix."""
    top = 22.0
    half = 12.5 * min(max((z + 14.0) / (top + 14.0), 0.0), 1.0) ** 1.4 + 1.0
    d = max(max(abs(x) - half, abs(y) - 1.1), max(z - top + 0.015 * x * x, -15.0 - z))
    canal = cone(x, y, z, 0.0, 0.0, -14.0, 1.2, 0.0, 1.0, -50.0, 2.0)
    return smin(d, canal, 2.0)


@njit(**FLAGS)
def sides(x: float, y: float, z: float) -> tuple[float, ...]:
    """Tube, fimbriae, ovary, ligaments of one side (x >= 0)."""
    oviduct = tube(x, y, z, FALLOPIAN)
    for i in range(11):
        a = 2.0 * math.pi * i / 11.0
        bend = 1.5 * math.sin(2.3 * i)
        fx, fy = 66.0 + 4.4 * math.cos(a), 12.0 + 4.4 * math.sin(a)
        oviduct = smin(
            oviduct,
            cone(
                x,
                y,
                z,
                fx,
                fy,
                2.0,
                1.5,
                fx + 3.6 * math.cos(a) + bend,
                fy + 3.6 * math.sin(a),
                -8.0 - 2.5 * math.sin(1.7 * i),
                0.9,
            ),
            1.6,
        )
    oviduct = smax(oviduct, -cone(x, y, z, 66.0, 12.0, -6.0, 4.2, 66.0, 12.0, 4.0, 1.0), 1.0)
    bumps, _, _ = worley(x, y, z, 7.0)
    ovary = ellipsoid(x, y, z, 48.0, 15.0, 8.0, 15.0, 9.0, 10.0) + 1.1 * (bumps - 0.5)
    band = min(tube(x, y, z, ROUND), tube(x, y, z, BAND))
    # Broad ligament: a sheet from the tube down to the cervix.
    edge = max(max(x - 66.0, z - 26.0 + 0.004 * (x - 40.0) ** 2), -22.0 - z + 0.30 * x)
    sheet = max(abs(y - 3.0 - 0.06 * x - 1.6 * math.sin(0.13 * x)) - 1.0, max(edge, 6.0 - x))
    return oviduct, ovary, band, sheet


@njit(**FLAGS)
def shape(x: float, y: float, z: float) -> float:
    x, y, z = x / SCALE, y / SCALE, z / SCALE
    a = abs(x)
    oviduct, ovary, band, sheet = sides(a, y, z)
    d = smin(corpus(x, y, z), sheet, 2.5)
    d = smin(d, min(oviduct, band), 1.8)
    d = smin(d, ovary, 1.0)
    d = max(d, -cavity(x, y, z))
    return max(d, -46.0 - z + 0.004 * (x * x + y * y)) * SCALE


@vectorize(cache=True)
def field(x: float, y: float, z: float) -> float:
    return shape(x, y, z)


@vectorize(cache=True)
def part(x: float, y: float, z: float, depth: float) -> float:
    x, y, z = x / SCALE, y / SCALE, z / SCALE
    a = abs(x)
    body = corpus(x, y, z)
    oviduct, ovary, band, _ = sides(a, y, z)
    if body < 0.6:
        hole = cavity(x, y, z)
        if hole < 3.0 and z > -14.0:
            return 2.0
        if z < -25.0 and (body > -0.8 or hole < 1.0):
            return 6.0
        return 0.0 if body > -0.7 else 1.0
    if ovary < 0.5:
        return 4.0
    if oviduct < 0.7 or band < 0.5:
        return 3.0
    return 5.0


ORGAN = Organ("Uterus", field, part, PARTS, (-76.0, -28.0, -46.0), (76.0, 32.0, 38.0), 0.6, density=1050.0)
