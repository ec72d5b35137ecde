"""Gallbladder: fundus, body, neck, spiral cystic duct, pieces of hepatic and bile duct; bile inside."""

import math

from numba import njit, vectorize

from twin_engine.tissue.organs._sdf import FLAGS, fbm, smin, spline, tube
from twin_engine.tissue.organs.shape import Organ

PARTS = ("serosa", "wall", "mucosa", "duct", "bile")
SAC = spline(
    [(0, -8, -36, 12.0), (0, -6, -26, 15.6), (0, -2, -10, 15.0), (0, 2, 8, 11.8), (1, 5, 22, 7.4), (3, 5, 30, 4.6)], 10
)
NECK = spline(
    [(3, 5, 30, 4.6), (7, 3, 35, 3.0), (9, 6, 40, 2.5), (8, 10, 42, 2.4), (10, 13, 46, 2.4), (14, 14, 50, 2.5)], 6
)
DUCT = spline([(10, 16, 68, 2.8), (14, 14, 50, 3.3), (15, 13, 30, 3.3), (16, 13, 8, 3.2)], 5)
SIDE = spline([(10, 16, 68, 2.8), (2, 16, 76, 2.3), (-6, 15, 80, 2.0)], 4)
OTHER = spline([(10, 16, 68, 2.8), (17, 17, 76, 2.3), (25, 17, 80, 2.0)], 4)
WALL = 2.2


@njit(**FLAGS)
def outer(x: float, y: float, z: float) -> float:
    spiral = 0.5 * math.sin(1.9 * (z + 0.9 * y) + 1.4 * x)
    ducts = min(
        tube(x, y, z, NECK) - spiral,
        min(max(tube(x, y, z, DUCT), 8.0 - z), min(tube(x, y, z, SIDE), tube(x, y, z, OTHER))),
    )
    return smin(tube(x, y, z, SAC) + 0.25 * fbm(x, y, z, 14.0), ducts, 2.0)


@njit(**FLAGS)
def shape(x: float, y: float, z: float) -> float:
    d = outer(x, y, z)
    return max(max(d, z - 79.0), -(d + 1.1)) if z > 76.0 else d


@vectorize(cache=True)
def field(x: float, y: float, z: float) -> float:
    return shape(x, y, z)


@vectorize(cache=True)
def part(x: float, y: float, z: float, depth: float) -> float:
    sac = tube(x, y, z, SAC)
    if z > 30.0 or (x > 9.0 and z < 60.0 and sac > 1.0):
        return 3.0
    if sac < -WALL - 0.6:
        return 4.0
    if sac < -WALL + 0.2:
        return 2.0
    return 0.0 if depth > -0.5 else 1.0


ORGAN = Organ("Gallbladder", field, part, PARTS, (-20.0, -26.0, -54.0), (29.0, 23.0, 84.0), 0.45, density=1020.0)
