"""Kernels of contact: capsules and a floor against surface triangles, surface vertices against triangles."""

import math
from typing import Any

import numpy as np
from numba import njit

from twin_engine.tissue._xpbd import _cross, _dot

_FLAGS: Any = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}, "nogil": True}


@njit(inline="always", **_FLAGS)
def _point(x, i):
    return x[i, 0], x[i, 1], x[i, 2]


@njit(inline="always", **_FLAGS)
def _sub(a, b):
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@njit(inline="always", **_FLAGS)
def _mix(w, a, b, c):
    """The triangle's point of barycentric weights w."""
    return (w[0] * a[0] + w[1] * b[0] + w[2] * c[0], w[0] * a[1] + w[1] * b[1] + w[2] * c[1],
            w[0] * a[2] + w[1] * b[2] + w[2] * c[2])  # fmt: skip


@njit(inline="always", **_FLAGS)
def _normal(a, b, c):
    """Unit normal; zeros where the triangle is flat."""
    n = _cross(_sub(b, a), _sub(c, a))
    length = math.sqrt(_dot(n, n))
    if length < 1e-20:
        return 0.0, 0.0, 0.0
    return n[0] / length, n[1] / length, n[2] / length


@njit(**_FLAGS)
def closest(p, a, b, c):
    """Barycentric weights of the triangle's point nearest to p (Ericson 2005, Real-Time Collision Detection 5.1.5)."""
    ab, ac, ap = _sub(b, a), _sub(c, a), _sub(p, a)
    d1, d2 = _dot(ab, ap), _dot(ac, ap)
    if d1 <= 0.0 and d2 <= 0.0:
        return 1.0, 0.0, 0.0
    bp = _sub(p, b)
    d3, d4 = _dot(ab, bp), _dot(ac, bp)
    if d3 >= 0.0 and d4 <= d3:
        return 0.0, 1.0, 0.0
    vc = d1 * d4 - d3 * d2
    if vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
        v = d1 / (d1 - d3)
        return 1.0 - v, v, 0.0
    cp = _sub(p, c)
    d5, d6 = _dot(ab, cp), _dot(ac, cp)
    if d6 >= 0.0 and d5 <= d6:
        return 0.0, 0.0, 1.0
    vb = d5 * d2 - d1 * d6
    if vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
        w = d2 / (d2 - d6)
        return 1.0 - w, 0.0, w
    va = d3 * d6 - d5 * d4
    if va <= 0.0 and d4 - d3 >= 0.0 and d5 - d6 >= 0.0:
        w = (d4 - d3) / ((d4 - d3) + (d5 - d6))
        return 0.0, 1.0 - w, w
    total = va + vb + vc
    return 1.0 - vb / total - vc / total, vb / total, vc / total


@njit(**_FLAGS)
def on_axis(p, q, a, b, c):
    """Share along the segment p-q of its point nearest to the triangle.

    The distance is convex along the segment, so halving its bracket by the slope's sign converges.
    """
    low, high = 0.0, 1.0
    d = _sub(q, p)
    if _dot(d, d) < 1e-18:
        return 0.0
    for _ in range(14):
        t = 0.5 * (low + high)
        at = (p[0] + t * d[0], p[1] + t * d[1], p[2] + t * d[2])
        if _dot(_sub(at, _mix(closest(at, a, b, c), a, b, c)), d) > 0.0:
            high = t
        else:
            low = t
    return 0.5 * (low + high)


@njit(**_FLAGS)
def candidates(x, faces, p, q, reach, found):
    """Numbers of triangles whose boxes come within reach of the segment's box; returns how many."""
    count = 0
    for f in range(faces.shape[0]):
        near = True
        for j in range(3):
            a, b, c = x[faces[f, 0], j], x[faces[f, 1], j], x[faces[f, 2], j]
            if min(a, b, c) > max(p[j], q[j]) + reach or max(a, b, c) < min(p[j], q[j]) - reach:
                near = False
                break
        if near:
            found[count] = f
            count += 1
    return count


@njit(**_FLAGS)
def _friction(x, before, w, corners, weights, n, push, slide, mu, scale):
    """Take back tangential motion relative to the tool, at most mu times the normal push (Coulomb)."""
    sx, sy, sz = -slide[0], -slide[1], -slide[2]
    for k in range(3):
        i = corners[k]
        sx += weights[k] * (x[i, 0] - before[i, 0])
        sy += weights[k] * (x[i, 1] - before[i, 1])
        sz += weights[k] * (x[i, 2] - before[i, 2])
    along = _dot((sx, sy, sz), n)
    s = (sx - along * n[0], sy - along * n[1], sz - along * n[2])
    size = math.sqrt(_dot(s, s))
    if size < 1e-15:
        return
    share = min(1.0, mu * push / size) / scale
    for k in range(3):
        for j in range(3):
            x[corners[k], j] -= w[corners[k]] * weights[k] * share * s[j]


@njit(**_FLAGS)
def push_out(x, before, w, faces, found, count, tip, tail, radius, slide, mu, force):
    """One pass: triangles leave the capsule; `force` (3,) gains the momentum given over h^2 times mass.

    A point behind a triangle (seen along its outward normal) has gone through: it goes back in front.
    Returns the deepest penetration met.
    """
    deepest = 0.0
    p, q = (tip[0], tip[1], tip[2]), (tail[0], tail[1], tail[2])
    moved = (slide[0], slide[1], slide[2])
    for i in range(count):
        corners = (faces[found[i], 0], faces[found[i], 1], faces[found[i], 2])
        a, b, c = _point(x, corners[0]), _point(x, corners[1]), _point(x, corners[2])
        t = on_axis(p, q, a, b, c)
        at = (p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1]), p[2] + t * (q[2] - p[2]))
        weights = closest(at, a, b, c)
        n = _normal(a, b, c)
        if _dot(n, n) == 0.0:
            continue
        d = _sub(_mix(weights, a, b, c), at)
        far = math.sqrt(_dot(d, d))
        behind = _dot(d, n) > 0.0
        if (not behind and far >= radius) or (behind and far >= 1.5 * radius):
            continue
        direction = (-n[0], -n[1], -n[2])
        depth = radius + far
        if not behind:
            depth = radius - far
            if far > 1e-12:
                direction = (d[0] / far, d[1] / far, d[2] / far)
        scale = 0.0
        for k in range(3):
            scale += w[corners[k]] * weights[k] ** 2
        if scale < 1e-12:
            continue
        deepest = max(deepest, depth)
        for k in range(3):
            for j in range(3):
                x[corners[k], j] += w[corners[k]] * weights[k] * depth / scale * direction[j]
        for j in range(3):
            force[j] += depth / scale * direction[j]
        _friction(x, before, w, corners, weights, direction, depth, moved, mu, scale)
    return deepest


@njit(**_FLAGS)
def floor(x, before, w, vertices, height, mu):
    """Surface vertices stay above z = height, with friction."""
    for i in vertices:
        depth = height - x[i, 2]
        if depth <= 0.0 or w[i] == 0.0:
            continue
        x[i, 2] = height
        sx, sy = x[i, 0] - before[i, 0], x[i, 1] - before[i, 1]
        size = math.sqrt(sx * sx + sy * sy)
        if size > 0.0:
            keep = min(1.0, mu * depth / size)
            x[i, 0] -= keep * sx
            x[i, 1] -= keep * sy


@njit(inline="always", **_FLAGS)
def _cell(i, j, k, cells):
    """Place in a table of `cells` (a power of two)."""
    return ((i * 73856093) ^ (j * 19349663) ^ (k * 83492791)) & (cells - 1)


@njit(**_FLAGS)
def _sort_vertices(x, vertices, size, cells):
    """Vertices by cell of a hash grid: where each cell starts, the vertices in that order."""
    start = np.zeros(cells + 1, dtype=np.int64)
    where = np.empty(vertices.size, dtype=np.int64)
    for n in range(vertices.size):
        v = vertices[n]
        where[n] = _cell(math.floor(x[v, 0] / size), math.floor(x[v, 1] / size),
                         math.floor(x[v, 2] / size), cells)  # fmt: skip
        start[where[n] + 1] += 1
    for c in range(cells):
        start[c + 1] += start[c]
    fill, order = start.copy(), np.empty(vertices.size, dtype=np.int64)
    for n in range(vertices.size):
        order[fill[where[n]]] = vertices[n]
        fill[where[n]] += 1
    return start, order


@njit(**_FLAGS)
def _meets(x, rest, piece, v, corners, thickness):
    """Whether a vertex is near a triangle now and was not at rest (or belongs to another piece)."""
    a, b, c = _point(x, corners[0]), _point(x, corners[1]), _point(x, corners[2])
    weights = closest(_point(x, v), a, b, c)
    d = _sub(_point(x, v), _mix(weights, a, b, c))
    if _dot(d, d) > 4.0 * thickness * thickness:
        return False
    if piece[v] != piece[corners[0]]:
        return True
    a, b, c = _point(rest, corners[0]), _point(rest, corners[1]), _point(rest, corners[2])
    r = _sub(_point(rest, v), _mix(weights, a, b, c))
    return _dot(r, r) > 9.0 * thickness * thickness


@njit(**_FLAGS)
def touching(x, rest, piece, vertices, faces, size, thickness, pairs):
    """Pairs (vertex, triangle) close now, of two pieces or apart at rest, by a hash grid; returns how many."""
    cells = 1
    while cells < 2 * vertices.size:
        cells *= 2
    start, order = _sort_vertices(x, vertices, size, cells)
    count, reach = 0, 2.0 * thickness
    for f in range(faces.shape[0]):
        corners = (faces[f, 0], faces[f, 1], faces[f, 2])
        a, b, c = _point(x, corners[0]), _point(x, corners[1]), _point(x, corners[2])
        x0, x1 = min(a[0], b[0], c[0]) - reach, max(a[0], b[0], c[0]) + reach
        y0, y1 = min(a[1], b[1], c[1]) - reach, max(a[1], b[1], c[1]) + reach
        z0, z1 = min(a[2], b[2], c[2]) - reach, max(a[2], b[2], c[2]) + reach
        for i in range(math.floor(x0 / size), math.floor(x1 / size) + 1):
            for j in range(math.floor(y0 / size), math.floor(y1 / size) + 1):
                for k in range(math.floor(z0 / size), math.floor(z1 / size) + 1):
                    cell = _cell(i, j, k, cells)
                    for n in range(start[cell], start[cell + 1]):
                        v = order[n]
                        if v == corners[0] or v == corners[1] or v == corners[2] or count >= pairs.shape[0]:
                            continue
                        p = _point(x, v)
                        # The box first; a cell of the table may also hold vertices of another place.
                        if p[0] < x0 or p[0] > x1 or p[1] < y0 or p[1] > y1 or p[2] < z0 or p[2] > z1:
                            continue
                        if _meets(x, rest, piece, v, corners, thickness):
                            pairs[count, 0], pairs[count, 1] = v, f
                            count += 1
    return count


@njit(**_FLAGS)
def drifted(x, seen, vertices, limit):
    """Whether a vertex has moved more than `limit` since it was seen (then the pairs are found anew)."""
    for n in range(vertices.size):
        v = vertices[n]
        d = (x[v, 0] - seen[n, 0], x[v, 1] - seen[n, 1], x[v, 2] - seen[n, 2])
        if not _dot(d, d) <= limit * limit:
            return True
    return False


@njit(**_FLAGS)
def keep_apart(x, before, w, faces, pairs, count, thickness, mu):
    """One pass: vertices stay `thickness` in front of the triangles they are paired with."""
    for i in range(count):
        v, f = pairs[i, 0], pairs[i, 1]
        corners = (faces[f, 0], faces[f, 1], faces[f, 2])
        a, b, c = _point(x, corners[0]), _point(x, corners[1]), _point(x, corners[2])
        p = _point(x, v)
        weights = closest(p, a, b, c)
        n = _normal(a, b, c)
        d = _sub(p, _mix(weights, a, b, c))
        height = _dot(d, n)
        if min(weights[0], weights[1], weights[2]) <= 0.0:
            # Beside the triangle: in front of it the rim is round, behind it the neighbour decides.
            far = math.sqrt(_dot(d, d))
            if height <= 0.0 or far < 1e-12:
                continue
            n, height = (d[0] / far, d[1] / far, d[2] / far), far
        if _dot(n, n) == 0.0 or height >= thickness or height < -2.0 * thickness:
            continue
        scale = w[v]
        for k in range(3):
            scale += w[corners[k]] * weights[k] ** 2
        if scale < 1e-12:
            continue
        push = (thickness - height) / scale
        for j in range(3):
            x[v, j] += w[v] * push * n[j]
            for k in range(3):
                x[corners[k], j] -= w[corners[k]] * weights[k] * push * n[j]
        _friction_pair(x, before, w, v, corners, weights, n, mu * push)


@njit(**_FLAGS)
def _friction_pair(x, before, w, v, corners, weights, n, most):
    """Take back tangential motion of a vertex on a triangle; what one side gains the other loses (Coulomb)."""
    sx, sy, sz = x[v, 0] - before[v, 0], x[v, 1] - before[v, 1], x[v, 2] - before[v, 2]
    scale = w[v]
    for k in range(3):
        i = corners[k]
        scale += w[i] * weights[k] ** 2
        sx -= weights[k] * (x[i, 0] - before[i, 0])
        sy -= weights[k] * (x[i, 1] - before[i, 1])
        sz -= weights[k] * (x[i, 2] - before[i, 2])
    along = _dot((sx, sy, sz), n)
    s = (sx - along * n[0], sy - along * n[1], sz - along * n[2])
    size = math.sqrt(_dot(s, s))
    if size < 1e-15:
        return
    share = min(1.0 / scale, most / size)
    for j in range(3):
        x[v, j] -= w[v] * share * s[j]
        for k in range(3):
            x[corners[k], j] += w[corners[k]] * weights[k] * share * s[j]


@njit(**_FLAGS)
def _six_volume(x, a, b, c, d):
    ux, uy, uz = x[b, 0] - x[a, 0], x[b, 1] - x[a, 1], x[b, 2] - x[a, 2]
    vx, vy, vz = x[c, 0] - x[a, 0], x[c, 1] - x[a, 1], x[c, 2] - x[a, 2]
    wx, wy, wz = x[d, 0] - x[a, 0], x[d, 1] - x[a, 1], x[d, 2] - x[a, 2]
    return ux * (vy * wz - vz * wy) + uy * (vz * wx - vx * wz) + uz * (vx * wy - vy * wx)


@njit(**_FLAGS)
def upright(x, w, tets, volume, least, passes):
    """Elements keep det F >= `least`: hard one-sided constraints, Gauss-Seidel; returns those below half of it.

    det F is an element's volume over its rest volume.
    """
    below = 0
    g = np.empty((4, 3))
    for _ in range(passes):
        below = 0
        for t in range(tets.shape[0]):
            a, b, c, d = tets[t, 0], tets[t, 1], tets[t, 2], tets[t, 3]
            j = _six_volume(x, a, b, c, d) / (6.0 * volume[t])
            if j >= least:
                continue
            if j < 0.5 * least:
                below += 1
            e1, e2, e3 = x[b] - x[a], x[c] - x[a], x[d] - x[a]
            g[1], g[2], g[3] = np.cross(e2, e3), np.cross(e3, e1), np.cross(e1, e2)
            g /= 6.0 * volume[t]
            g[0] = -(g[1] + g[2] + g[3])
            scale = 0.0
            for k in range(4):
                scale += w[tets[t, k]] * np.sum(g[k] * g[k])
            if scale < 1e-20:
                continue
            push = (least - j) / scale
            for k in range(4):
                x[tets[t, k]] += w[tets[t, k]] * push * g[k]
        if below == 0:
            break
    return below
