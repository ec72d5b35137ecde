"""Kernels of cutting: which faces a blade crosses, and how vertices split round them."""

from typing import Any

import numpy as np
from numba import njit

_FLAGS: Any = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}, "nogil": True}


@njit(**_FLAGS)
def _crosses(p, q, a, b, c):
    """Whether the segment p-q meets the triangle a-b-c (Moeller & Trumbore 1997, J Graph Tools 2:21)."""
    d, e1, e2, s = q - p, b - a, c - a, p - a
    h = np.cross(d, e2)
    det = e1[0] * h[0] + e1[1] * h[1] + e1[2] * h[2]
    if abs(det) < 1e-30:
        return False
    u = (s[0] * h[0] + s[1] * h[1] + s[2] * h[2]) / det
    if u < 0.0 or u > 1.0:
        return False
    k = np.cross(s, e1)
    v = (d[0] * k[0] + d[1] * k[1] + d[2] * k[2]) / det
    if v < 0.0 or u + v > 1.0:
        return False
    t = (e2[0] * k[0] + e2[1] * k[1] + e2[2] * k[2]) / det
    return 0.0 <= t <= 1.0


@njit(**_FLAGS)
def centroids(x, tets, out):
    for t in range(tets.shape[0]):
        for j in range(3):
            out[t, j] = 0.25 * (x[tets[t, 0], j] + x[tets[t, 1], j] + x[tets[t, 2], j] + x[tets[t, 3], j])


@njit(**_FLAGS)
def sever(centre, adjacent, quad, reach, faces):
    """Cut the faces whose centroid segment crosses the swept quad; returns how many.

    `faces` (m, 4) takes tet, corner, neighbour, corner there. A face stays whole when one of its
    tetrahedra would lose its last neighbour, so that no single element comes loose.
    """
    low, high = np.empty(3), np.empty(3)
    for j in range(3):
        low[j], high[j] = np.min(quad[:, j]) - reach, np.max(quad[:, j]) + reach
    count = 0
    for t in range(centre.shape[0]):
        inside = True
        for j in range(3):
            if centre[t, j] < low[j] or centre[t, j] > high[j]:
                inside = False
        if not inside:
            continue
        for i in range(4):
            n = adjacent[t, i]
            if n < t:
                continue
            if not (_crosses(centre[t], centre[n], quad[0], quad[1], quad[2])
                    or _crosses(centre[t], centre[n], quad[0], quad[2], quad[3])):  # fmt: skip
                continue
            if np.sum(adjacent[t] >= 0) < 2 or np.sum(adjacent[n] >= 0) < 2:
                continue
            for k in range(4):
                if adjacent[n, k] == t:
                    adjacent[n, k] = -1
                    faces[count, 3] = k
            adjacent[t, i] = -1
            faces[count, 0], faces[count, 1], faces[count, 2] = t, i, n
            count += 1
    return count


@njit(**_FLAGS)
def relabel(origin, star_start, star_tet, star_corner, adjacent, tets, first_new, parents, used):
    """Split the vertices of one original vertex by flooding its star through whole faces.

    Every component keeps its present vertex unless an earlier one has it; then it takes a new one.
    Returns how many were added; `parents` takes the vertex each new one copies.
    """
    begin, end = star_start[origin], star_start[origin + 1]
    size = end - begin
    done = np.zeros(size, dtype=np.bool_)
    stack = np.empty(size, dtype=np.int64)
    taken, added = 0, 0
    for seed in range(size):
        if done[seed]:
            continue
        present = tets[star_tet[begin + seed], star_corner[begin + seed]]
        mine = present
        for k in range(taken):
            if used[k] == present:
                mine = first_new + added
        if mine != present:
            parents[added] = present
            added += 1
        used[taken] = mine
        taken += 1
        top = 1
        stack[0] = seed
        done[seed] = True
        while top > 0:
            top -= 1
            t, corner = star_tet[begin + stack[top]], star_corner[begin + stack[top]]
            tets[t, corner] = mine
            for i in range(4):
                n = adjacent[t, i]
                if i == corner or n < 0:
                    continue
                for other in range(size):
                    if not done[other] and star_tet[begin + other] == n:
                        done[other] = True
                        stack[top] = other
                        top += 1
    return added
