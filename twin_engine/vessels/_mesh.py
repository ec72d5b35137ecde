"""Kernels of the distance to a triangle mesh."""

import math
from typing import Any

import numpy as np
from numba import njit

_FLAGS: Any = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}, "nogil": True}


@njit(**_FLAGS)
def incidence(faces, points):
    """Triangles around each point: start (n + 1,) and list."""
    start = np.zeros(points + 1, dtype=np.int64)
    for f in range(faces.shape[0]):
        for c in range(3):
            start[faces[f, c] + 1] += 1
    for i in range(points):
        start[i + 1] += start[i]
    place = start[:-1].copy()
    incident = np.empty(faces.size, dtype=np.int64)
    for f in range(faces.shape[0]):
        for c in range(3):
            incident[place[faces[f, c]]] = f
            place[faces[f, c]] += 1
    return start, incident


@njit(**_FLAGS)
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(**_FLAGS)
def to_triangle(p, a, b, c):
    """Squared distance of a point to a triangle (Ericson 2005, Real-Time Collision Detection, 5.1.5)."""
    ab, ac, ap = b - a, c - a, p - a
    d1, d2 = _dot(ab, ap), _dot(ac, ap)
    bp, cp = p - b, p - c
    d3, d4, d5, d6 = _dot(ab, bp), _dot(ac, bp), _dot(ab, cp), _dot(ac, cp)
    va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
    if d1 <= 0 and d2 <= 0:
        q = a
    elif d3 >= 0 and d4 <= d3:
        q = b
    elif d6 >= 0 and d5 <= d6:
        q = c
    elif vc <= 0 and d1 >= 0 and d3 <= 0:
        q = a + ab * (d1 / (d1 - d3))
    elif vb <= 0 and d2 >= 0 and d6 <= 0:
        q = a + ac * (d2 / (d2 - d6))
    elif va <= 0 and d4 - d3 >= 0 and d5 - d6 >= 0:
        q = b + (c - b) * ((d4 - d3) / ((d4 - d3) + (d5 - d6)))
    else:
        s = 1.0 / (va + vb + vc)
        q = a + ab * (vb * s) + ac * (vc * s)
    r = p - q
    return _dot(r, r)


@njit(**_FLAGS)
def refine(points, far, near, vertices, faces, start, incident):
    """Distance to the triangles around each point's nearest vertex (infinite: no vertex near)."""
    out = far.copy()
    for i in range(points.shape[0]):
        if near[i] >= vertices.shape[0]:
            continue
        best = far[i] * far[i]
        for k in range(start[near[i]], start[near[i] + 1]):
            f = incident[k]
            d = to_triangle(points[i], vertices[faces[f, 0]], vertices[faces[f, 1]], vertices[faces[f, 2]])
            best = min(best, d)
        out[i] = math.sqrt(best)
    return out
