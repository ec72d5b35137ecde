"""Pancreas: head with uncinate process, neck, body, tail; lobules by Worley cells (Saisho 2007 for volume)."""

import numpy as np
from numba import njit, vectorize

from twin_engine.tissue.organs._sdf import FLAGS, cone, fbm, smin, spline, tube, worley
from twin_engine.tissue.organs.shape import Organ

PARTS = ("lobule", "septum", "duct")
PATH = spline(
    [
        (-58, 2, -14, 13.5),
        (-50, -2, -4, 15),
        (-38, -6, 4, 12.5),
        (-22, -12, 8, 9.3),
        (0, -15, 12, 9.8),
        (26, -8, 16, 9.8),
        (50, 6, 22, 8.8),
        (72, 18, 30, 6.6),
    ],
    5,
)
DUCT = np.ascontiguousarray(PATH * np.array([1.0, 1.0, 1.0, 0.0]) + np.array([0.0, 0.0, 0.0, 1.2]))


@njit(**FLAGS)
def shape(x: float, y: float, z: float) -> float:
    d = tube(x, y, z, PATH)
    d = smin(d, cone(x, y, z, -52.0, 2.0, -14.0, 10.0, -34.0, 8.0, -22.0, 6.5), 6.0)
    if abs(d) > 8.0:
        return d
    wx = x + 1.5 * fbm(x, y, z, 9.0)
    coarse, _, _ = worley(wx, y, z, 8.5)
    fine, _, _ = worley(wx + 3.0, y, z, 3.6)
    return d + 2.4 * (coarse - 0.5) + 0.75 * (fine - 0.5)


@vectorize(cache=True)
def field(x: float, y: float, z: float) -> float:
    return shape(x, y, z)


@vectorize(cache=True)
def part(x: float, y: float, z: float, depth: float) -> float:
    if tube(x, y, z, DUCT) < 0.0:
        return 2.0
    wx = x + 1.5 * fbm(x, y, z, 9.0)
    _, gap, _ = worley(wx, y, z, 8.5)
    return 1.0 if gap < 0.13 else 0.0


ORGAN = Organ("Pancreas", field, part, PARTS, (-76.0, -34.0, -36.0), (84.0, 34.0, 44.0), 0.7, density=1050.0)
