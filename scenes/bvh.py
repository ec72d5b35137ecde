"""Bounding volume hierarchy over triangles, for baking light.

Binned surface-area heuristic (Wald 2007, "On fast construction of SAH-based bounding volume hierarchies",
doi:10.1109/RT.2007.4342588); rays by Moeller and Trumbore 1997 (doi:10.1080/10867651.1997.10487468).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

_FLAGS: Any = {"cache": True, "fastmath": False, "error_model": "numpy"}
LEAF = 4
BINS = 16
DEPTH = 64


@dataclass(frozen=True)
class Tree:
    """A hierarchy over triangles.

    Parameters
    ----------
    boxes : (nodes, 6) float32
        Low and high corners.
    links : (nodes, 2) int32
        Inner node: (index of the left child, 0); leaf: (first triangle, count).
    corners : (triangles, 9) float32
        First corner and two edges, in leaf order.
    order : (triangles,) int32
        Original number of each triangle.
    """

    boxes: np.ndarray
    links: np.ndarray
    corners: np.ndarray
    order: np.ndarray


def build(triangles: np.ndarray) -> Tree:
    """The tree of (n, 3, 3) triangles."""
    triangles = np.ascontiguousarray(triangles, np.float32)
    low, high = triangles.min(axis=1), triangles.max(axis=1)
    boxes, links, order, count = _build(low, high)
    t = triangles[order]
    corners = np.concatenate([t[:, 0], t[:, 1] - t[:, 0], t[:, 2] - t[:, 0]], axis=1)
    return Tree(boxes[:count].copy(), links[:count].copy(), np.ascontiguousarray(corners), order)


@njit(**_FLAGS)
def _area(low, high):
    d = high - low
    return d[0] * d[1] + d[1] * d[2] + d[2] * d[0]


@njit(**_FLAGS)
def _split(low, high, order, first, count):
    """Best (axis, position) by the binned heuristic; axis -1: make a leaf."""
    centre_low, centre_high = np.full(3, np.inf), np.full(3, -np.inf)
    for i in range(first, first + count):
        c = 0.5 * (low[order[i]] + high[order[i]])
        centre_low, centre_high = np.minimum(centre_low, c), np.maximum(centre_high, c)
    best, best_axis, best_at = np.inf, -1, 0.0
    for axis in range(3):
        extent = centre_high[axis] - centre_low[axis]
        if extent < 1e-7:
            continue
        blow, bhigh, bn = np.full((BINS, 3), np.inf), np.full((BINS, 3), -np.inf), np.zeros(BINS)
        for i in range(first, first + count):
            t = order[i]
            b = min(BINS - 1, int(BINS * (0.5 * (low[t, axis] + high[t, axis]) - centre_low[axis]) / extent))
            bn[b] += 1
            blow[b], bhigh[b] = np.minimum(blow[b], low[t]), np.maximum(bhigh[b], high[t])
        right = np.zeros(BINS)
        l, h, n = np.full(3, np.inf), np.full(3, -np.inf), 0.0
        for b in range(BINS - 1, 0, -1):
            l, h, n = np.minimum(l, blow[b]), np.maximum(h, bhigh[b]), n + bn[b]
            right[b] = n * _area(l, h) if n > 0 else 0.0
        l, h, n = np.full(3, np.inf), np.full(3, -np.inf), 0.0
        for b in range(BINS - 1):
            l, h, n = np.minimum(l, blow[b]), np.maximum(h, bhigh[b]), n + bn[b]
            if n == 0 or n == count:
                continue
            cost = n * _area(l, h) + right[b + 1]
            if cost < best:
                best, best_axis, best_at = cost, axis, centre_low[axis] + extent * (b + 1) / BINS
    return best_axis, best_at


@njit(**_FLAGS)
def _build(low, high):
    total = low.shape[0]
    boxes = np.empty((2 * total + 1, 6), np.float32)
    links = np.zeros((2 * total + 1, 2), np.int32)
    order = np.arange(total).astype(np.int32)
    todo = np.empty((4 * DEPTH, 3), np.int64)
    todo[0] = np.array([0, 0, total])
    waiting, used = 1, 1
    while waiting > 0:
        waiting -= 1
        node, first, count = todo[waiting]
        l, h = np.full(3, np.inf), np.full(3, -np.inf)
        for i in range(first, first + count):
            l, h = np.minimum(l, low[order[i]]), np.maximum(h, high[order[i]])
        boxes[node, :3], boxes[node, 3:] = l, h
        axis, at = (-1, 0.0) if count <= LEAF else _split(low, high, order, first, count)
        middle = first
        if axis >= 0:
            for i in range(first, first + count):
                t = order[i]
                if 0.5 * (low[t, axis] + high[t, axis]) < at:
                    order[i], order[middle] = order[middle], t
                    middle += 1
        if count > LEAF and (middle == first or middle == first + count):
            middle = first + count // 2
        if count <= LEAF:
            links[node, 0], links[node, 1] = first, count
            continue
        links[node, 0], links[node, 1] = used, 0
        todo[waiting] = np.array([used, first, middle - first])
        todo[waiting + 1] = np.array([used + 1, middle, first + count - middle])
        waiting += 2
        used += 2
    return boxes, links, order, used


@njit(**_FLAGS)
def _enter(boxes, node, ox, oy, oz, ix, iy, iz, far):
    """Distance at which a ray enters a box; infinite if it misses."""
    a, b = (boxes[node, 0] - ox) * ix, (boxes[node, 3] - ox) * ix
    near, leave = min(a, b), max(a, b)
    a, b = (boxes[node, 1] - oy) * iy, (boxes[node, 4] - oy) * iy
    near, leave = max(near, min(a, b)), min(leave, max(a, b))
    a, b = (boxes[node, 2] - oz) * iz, (boxes[node, 5] - oz) * iz
    near, leave = max(near, min(a, b)), min(leave, max(a, b))
    return near if leave >= max(near, 0.0) and near < far else np.inf


@njit(**_FLAGS)
def _triangle(c, i, ox, oy, oz, dx, dy, dz):
    """(distance, barycentric u, v) of the ray's hit with triangle i; infinite if it misses."""
    px, py, pz = dy * c[i, 8] - dz * c[i, 7], dz * c[i, 6] - dx * c[i, 8], dx * c[i, 7] - dy * c[i, 6]
    det = c[i, 3] * px + c[i, 4] * py + c[i, 5] * pz
    if abs(det) < 1e-14:
        return np.inf, 0.0, 0.0
    inv = 1.0 / det
    tx, ty, tz = ox - c[i, 0], oy - c[i, 1], oz - c[i, 2]
    u = (tx * px + ty * py + tz * pz) * inv
    if u < 0.0 or u > 1.0:
        return np.inf, 0.0, 0.0
    qx, qy, qz = ty * c[i, 5] - tz * c[i, 4], tz * c[i, 3] - tx * c[i, 5], tx * c[i, 4] - ty * c[i, 3]
    v = (dx * qx + dy * qy + dz * qz) * inv
    if v < 0.0 or u + v > 1.0:
        return np.inf, 0.0, 0.0
    return (c[i, 6] * qx + c[i, 7] * qy + c[i, 8] * qz) * inv, u, v


@njit(**_FLAGS)
def _inverse(d):
    return 1.0 / d if abs(d) > 1e-12 else 1e12


@njit(**_FLAGS)
def cast(boxes, links, corners, stack, ox, oy, oz, dx, dy, dz, far, any_hit):  # noqa: ANN201
    """Nearest hit (or the first found, with any_hit) as (distance, triangle in leaf order, u, v)."""
    ix, iy, iz = _inverse(dx), _inverse(dy), _inverse(dz)
    best, found, bu, bv = far, -1, 0.0, 0.0
    stack[0] = 0
    n = 1
    while n > 0:
        n -= 1
        node = stack[n]
        if _enter(boxes, node, ox, oy, oz, ix, iy, iz, best) == np.inf:
            continue
        first, count = links[node, 0], links[node, 1]
        if count > 0:
            for i in range(first, first + count):
                t, u, v = _triangle(corners, i, ox, oy, oz, dx, dy, dz)
                if 1e-6 < t < best:
                    best, found, bu, bv = t, i, u, v
                    if any_hit:
                        return best, found, bu, bv
            continue
        a = _enter(boxes, first, ox, oy, oz, ix, iy, iz, best)
        b = _enter(boxes, first + 1, ox, oy, oz, ix, iy, iz, best)
        near, other = (first, first + 1) if a <= b else (first + 1, first)
        if max(a, b) < np.inf:
            stack[n] = other
            n += 1
        if min(a, b) < np.inf:
            stack[n] = near
            n += 1
    return best, found, bu, bv
