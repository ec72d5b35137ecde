"""Signed distances in mm, negative inside: primitives, blends, noise (scalar Numba)."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit

FLAGS: Any = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}, "nogil": True}


@njit(**FLAGS)
def smin(a: float, b: float, k: float) -> float:
    """Union blended over k mm (quadratic polynomial, Quilez 2013)."""
    h = max(k - abs(a - b), 0.0) / k
    return min(a, b) - h * h * k * 0.25


@njit(**FLAGS)
def smax(a: float, b: float, k: float) -> float:
    return -smin(-a, -b, k)


@njit(**FLAGS)
def ellipsoid(x: float, y: float, z: float, cx: float, cy: float, cz: float, rx: float, ry: float, rz: float) -> float:
    """First-order distance of an ellipsoid: g (g - 1) / |grad g|."""
    px, py, pz = (x - cx) / rx, (y - cy) / ry, (z - cz) / rz
    g = math.sqrt(px * px + py * py + pz * pz)
    if g < 1e-6:
        return -min(rx, ry, rz)
    slope = math.sqrt((px / rx) ** 2 + (py / ry) ** 2 + (pz / rz) ** 2)
    return g * (g - 1.0) / slope


@njit(**FLAGS)
def cone(
    x: float, y: float, z: float, ax: float, ay: float, az: float, ra: float, bx: float, by: float, bz: float, rb: float
) -> float:
    """Capsule whose radius goes from ra to rb."""
    dx, dy, dz = bx - ax, by - ay, bz - az
    t = ((x - ax) * dx + (y - ay) * dy + (z - az) * dz) / (dx * dx + dy * dy + dz * dz)
    t = min(max(t, 0.0), 1.0)
    qx, qy, qz = x - ax - t * dx, y - ay - t * dy, z - az - t * dz
    return math.sqrt(qx * qx + qy * qy + qz * qz) - (ra + t * (rb - ra))


@njit(**FLAGS)
def tube(x: float, y: float, z: float, points: np.ndarray) -> float:
    """Distance to a polyline of (x, y, z, r)."""
    best = 1e9
    for i in range(points.shape[0] - 1):
        best = min(
            best,
            cone(
                x,
                y,
                z,
                points[i, 0],
                points[i, 1],
                points[i, 2],
                points[i, 3],
                points[i + 1, 0],
                points[i + 1, 1],
                points[i + 1, 2],
                points[i + 1, 3],
            ),
        )
    return best


@njit(**FLAGS)
def _hash(i, j, k):
    """A number in [0, 1) from a lattice point."""
    h = (i * 73856093) ^ (j * 19349663) ^ (k * 83492791)
    h = (h ^ (h >> 13)) * 1274126177
    h = (h ^ (h >> 16)) & 0xFFFFFF
    return h / 16777216.0


@njit(**FLAGS)
def noise(x: float, y: float, z: float) -> float:
    """Value noise in [-1, 1], cell 1."""
    i, j, k = math.floor(x), math.floor(y), math.floor(z)
    u, v, w = x - i, y - j, z - k
    u, v, w = u * u * (3 - 2 * u), v * v * (3 - 2 * v), w * w * (3 - 2 * w)
    total = 0.0
    for a in range(2):
        for b in range(2):
            for c in range(2):
                weight = (u if a else 1 - u) * (v if b else 1 - v) * (w if c else 1 - w)
                total += weight * _hash(i + a, j + b, k + c)
    return 2.0 * total - 1.0


@njit(**FLAGS)
def fbm(x: float, y: float, z: float, cell: float) -> float:
    """Three octaves of value noise with a cell in mm, about [-1, 1]."""
    total, size, gain = 0.0, 1.0 / cell, 0.57
    for _ in range(3):
        total += gain * noise(x * size, y * size, z * size)
        size *= 2.03
        gain *= 0.5
    return total


@njit(**FLAGS)
def worley(x: float, y: float, z: float, cell: float) -> tuple[float, ...]:
    """(F1, F2 - F1) in units of the cell, and a number of the nearest cell (Worley 1996, SIGGRAPH)."""
    x, y, z = x / cell, y / cell, z / cell
    i, j, k = math.floor(x), math.floor(y), math.floor(z)
    first, second, name = 9.0, 9.0, 0.0
    for a in range(-1, 2):
        for b in range(-1, 2):
            for c in range(-1, 2):
                l, m, n = i + a, j + b, k + c
                px = l + _hash(l, m, n) - x
                py = m + _hash(l + 71, m - 13, n) - y
                pz = n + _hash(l, m + 37, n + 91) - z
                d = px * px + py * py + pz * pz
                if d < first:
                    second, first, name = first, d, _hash(l - 5, m + 3, n + 11)
                elif d < second:
                    second = d
    first, second = math.sqrt(first), math.sqrt(second)
    return first, second - first, name


def spline(points: Sequence[tuple[float, ...]], per: int = 8) -> np.ndarray:
    """Catmull-Rom samples (n, k) through control points (centripetal would not matter at these turns)."""
    p = np.array(points, dtype=float)
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = np.linspace(0, 1, per, endpoint=False)[:, None]
    parts = []
    for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True):
        parts.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.ascontiguousarray(np.concatenate([*parts, p[-2:-1]]))


def lobules(points: np.ndarray, cell: float) -> np.ndarray:
    """F1 of Worley cells minus its usual value at points (n, 3): lumps of fat."""
    return np.array([0.5 - worley(p[0], p[1], p[2], cell)[0] for p in points])
