"""Stomach: J-shaped, oesophagus, cardiac notch, fundus, body, antrum, pylorus; wall with rugae, lumen inside."""

import math

from numba import njit, vectorize

from twin_engine.tissue.organs._sdf import FLAGS, fbm, smax, smin, spline, tube, worley
from twin_engine.tissue.organs.shape import Organ

PARTS = ("serosa", "muscle", "mucosa", "omental fat", "vessel", "chyme")
PATH = spline(
    [
        (40, 12, 66, 38),
        (44, 10, 46, 44),
        (40, 2, 8, 41),
        (30, -6, -28, 36),
        (8, -12, -58, 31),
        (-24, -12, -66, 26),
        (-48, -6, -52, 18),
        (-62, 0, -40, 10.5),
    ],
    12,
)
GULLET = spline([(2, 14, 122, 10.0), (4, 14, 96, 10.0), (14, 12, 74, 12.5)], 4)
DUODENUM = spline([(-62, 0, -40, 11.0), (-74, 4, -34, 13.0), (-86, 10, -32, 14.0)], 4)
# Greater and lesser curvature: where omentum and vessels run.
GREATER = spline(
    [
        (70, 8, 92, 1),
        (88, 4, 50, 1),
        (80, -4, 2, 1),
        (66, -10, -38, 1),
        (34, -16, -82, 1),
        (-22, -16, -92, 1),
        (-54, -8, -70, 1),
    ],
    6,
)
LESSER = spline(
    [(6, 10, 66, 1), (0, 6, 34, 1), (-4, 0, 0, 1), (-10, -8, -26, 1), (-30, -10, -38, 1), (-52, -3, -32, 1)], 6
)
WALL = 1.85
SCALE = 1.11


@njit(**FLAGS)
def outer(x: float, y: float, z: float) -> float:
    d = tube(x, y, z, PATH)
    d = smin(d, tube(x, y, z, DUODENUM), 4.0)
    d = smin(d, tube(x, y, z, GULLET), 5.0)
    # Incisura angularis, and the waist of the pylorus.
    waist = math.sqrt((x + 63.0) ** 2 + (z + 39.5) ** 2)
    return d + 1.6 * math.exp(-((waist / 6.0) ** 2)) + 0.5 * fbm(x, y, z, 30.0)


@njit(**FLAGS)
def inside(x: float, y: float, z: float) -> float:
    """Lumen: the outline set in by the wall, with long folds that end in the antrum."""
    d = outer(x, y, z)
    if d > 2.0 or d < -16.0:
        return d + WALL
    side = x - (22.0 - 0.0045 * (z - 70.0) ** 2 * 0.4)
    around = math.atan2(y, side)
    strength = min(max((z + 55.0) / 30.0, 0.1), 1.0)
    fold = math.cos(7.5 * around + 2.6 * fbm(x, y, z, 34.0) + 0.03 * z) ** 2
    return d + WALL + 3.0 * strength * fold * fold * fold


@njit(**FLAGS)
def omentum(x: float, y: float, z: float) -> float:
    a, b = tube(x, y, z, GREATER), tube(x, y, z, LESSER)
    d = min(a, b)
    if d > 18.0:
        return d
    lobes, _, _ = worley(x, y, z, 7.0)
    return d - 3.6 + 3.0 * (lobes - 0.4) + 2.6 * fbm(x, y, z, 16.0)


@njit(**FLAGS)
def shape(x: float, y: float, z: float) -> float:
    x, y, z = x / SCALE, y / SCALE, z / SCALE
    d = smax(outer(x, y, z), -inside(x, y, z), 0.5)
    d = smin(d, max(omentum(x, y, z), -inside(x, y, z)), 1.5)
    d = max(max(d, z - 116.0), -x - 82.0)
    return d * SCALE


@vectorize(cache=True)
def field(x: float, y: float, z: float) -> float:
    return shape(x, y, z)


@vectorize(cache=True)
def lumen(x: float, y: float, z: float) -> float:
    """Inside of the stomach proper."""
    x, y, z = x / SCALE, y / SCALE, z / SCALE
    return max(inside(x, y, z), max(z - 100.0, -x - 62.0)) * SCALE


@vectorize(cache=True)
def part(x: float, y: float, z: float, depth: float) -> float:
    x, y, z = x / SCALE, y / SCALE, z / SCALE
    d = outer(x, y, z)
    within = inside(x, y, z)
    if within < 1.6:
        return 2.0
    if omentum(x, y, z) < 0.8 and d > -0.6:
        return 4.0 if min(tube(x, y, z, GREATER), tube(x, y, z, LESSER)) < 1.0 else 3.0
    return 0.0 if d > -0.7 else 1.0


ORGAN = Organ("Stomach", field, part, PARTS, (-92.0, -54.0, -121.0), (112.0, 72.0, 131.0), 1.0, density=1050.0)
