"""Kernels of contact: capsules and a floor against surface triangles, surface vertices against triangles."""

import math
from typing import Any

import numpy as np
from numba import njit

_FLAGS: Any = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}, "nogil": True}


@njit(**_FLAGS)
def closest(p, a, b, c, out):
    """Barycentric weights of the triangle's point nearest to p (Ericson 2005, Real-Time Collision Detection 5.1.5)."""
    ab, ac, ap = b - a, c - a, p - a
    d1, d2 = np.sum(ab * ap), np.sum(ac * ap)
    if d1 <= 0.0 and d2 <= 0.0:
        out[0], out[1], out[2] = 1.0, 0.0, 0.0
        return
    bp = p - b
    d3, d4 = np.sum(ab * bp), np.sum(ac * bp)
    if d3 >= 0.0 and d4 <= d3:
        out[0], out[1], out[2] = 0.0, 1.0, 0.0
        return
    vc = d1 * d4 - d3 * d2
    if vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
        v = d1 / (d1 - d3)
        out[0], out[1], out[2] = 1.0 - v, v, 0.0
        return
    cp = p - c
    d5, d6 = np.sum(ab * cp), np.sum(ac * cp)
    if d6 >= 0.0 and d5 <= d6:
        out[0], out[1], out[2] = 0.0, 0.0, 1.0
        return
    vb = d5 * d2 - d1 * d6
    if vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
        w = d2 / (d2 - d6)
        out[0], out[1], out[2] = 1.0 - w, 0.0, w
        return
    va = d3 * d6 - d5 * d4
    if va <= 0.0 and d4 - d3 >= 0.0 and d5 - d6 >= 0.0:
        w = (d4 - d3) / ((d4 - d3) + (d5 - d6))
        out[0], out[1], out[2] = 0.0, 1.0 - w, w
        return
    total = va + vb + vc
    out[1], out[2] = vb / total, vc / total
    out[0] = 1.0 - out[1] - out[2]


@njit(**_FLAGS)
def on_axis(p, q, a, b, c, weights):
    """Share along the segment p-q of its point nearest to the triangle; `weights` takes the triangle's point.

    The distance is convex along the segment, so halving its bracket by the slope's sign converges.
    """
    low, high = 0.0, 1.0
    d = q - p
    if np.sum(d * d) < 1e-18:
        closest(p, a, b, c, weights)
        return 0.0
    for _ in range(14):
        t = 0.5 * (low + high)
        at = p + t * d
        closest(at, a, b, c, weights)
        near = weights[0] * a + weights[1] * b + weights[2] * c
        if np.sum((at - near) * d) > 0.0:
            high = t
        else:
            low = t
    t = 0.5 * (low + high)
    closest(p + t * d, a, b, c, weights)
    return t


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
    s = np.empty(3)
    for j in range(3):
        moved = 0.0
        for k in range(3):
            moved += weights[k] * (x[corners[k], j] - before[corners[k], j])
        s[j] = moved - slide[j]
    s -= np.sum(s * n) * n
    size = math.sqrt(np.sum(s * s))
    if size < 1e-15:
        return
    s *= min(1.0, mu * push / size) / scale
    for k in range(3):
        for j in range(3):
            x[corners[k], j] -= w[corners[k]] * weights[k] * s[j]


@njit(**_FLAGS)
def push_out(x, before, w, faces, found, count, p, q, radius, slide, mu, force):
    """One pass: triangles leave the capsule; `force` (3,) gains the momentum given over h^2 times mass.

    A point behind a triangle (seen along its outward normal) has gone through: it goes back in front.
    Returns the deepest penetration met.
    """
    weights = np.empty(3)
    deepest = 0.0
    for i in range(count):
        corners = faces[found[i]]
        a, b, c = x[corners[0]], x[corners[1]], x[corners[2]]
        t = on_axis(p, q, a, b, c, weights)
        at = p + t * (q - p)
        near = weights[0] * a + weights[1] * b + weights[2] * c
        n = np.cross(b - a, c - a)
        length = math.sqrt(np.sum(n * n))
        if length < 1e-20:
            continue
        n /= length
        d = near - at
        far = math.sqrt(np.sum(d * d))
        behind = np.sum(d * n) > 0.0
        if (not behind and far >= radius) or (behind and far >= 1.5 * radius):
            continue
        direction = -n
        depth = radius + far
        if not behind:
            depth = radius - far
            if far > 1e-12:
                direction = d / far
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
        _friction(x, before, w, corners, weights, direction, depth, slide, mu, scale)
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


@njit(**_FLAGS)
def _cell(p, size, cells):
    i, j, k = math.floor(p[0] / size), math.floor(p[1] / size), math.floor(p[2] / size)
    h = (int(i) * 73856093) ^ (int(j) * 19349663) ^ (int(k) * 83492791)
    return h % cells


@njit(**_FLAGS)
def touching(x, rest, piece, vertices, faces, size, thickness, pairs):
    """Pairs (vertex, triangle) close now, of two pieces or apart at rest, by a hash grid; returns how many."""
    cells = 2 * vertices.size + 1
    start = np.zeros(cells + 1, dtype=np.int64)
    for v in vertices:
        start[_cell(x[v], size, cells) + 1] += 1
    for c in range(cells):
        start[c + 1] += start[c]
    fill, order = start.copy(), np.empty(vertices.size, dtype=np.int64)
    for v in vertices:
        c = _cell(x[v], size, cells)
        order[fill[c]] = v
        fill[c] += 1
    count = 0
    p, weights = np.empty(3), np.empty(3)
    for f in range(faces.shape[0]):
        a, b, c = x[faces[f, 0]], x[faces[f, 1]], x[faces[f, 2]]
        low = np.minimum(np.minimum(a, b), c) - thickness
        high = np.maximum(np.maximum(a, b), c) + thickness
        for i in range(math.floor(low[0] / size), math.floor(high[0] / size) + 1):
            for j in range(math.floor(low[1] / size), math.floor(high[1] / size) + 1):
                for k in range(math.floor(low[2] / size), math.floor(high[2] / size) + 1):
                    p[0], p[1], p[2] = (i + 0.5) * size, (j + 0.5) * size, (k + 0.5) * size
                    cell = _cell(p, size, cells)
                    for n in range(start[cell], start[cell + 1]):
                        v = order[n]
                        if v == faces[f, 0] or v == faces[f, 1] or v == faces[f, 2] or count >= pairs.shape[0]:
                            continue
                        closest(x[v], a, b, c, weights)
                        d = x[v] - (weights[0] * a + weights[1] * b + weights[2] * c)
                        if np.sum(d * d) > 4.0 * thickness * thickness:
                            continue
                        r = rest[v] - (
                            weights[0] * rest[faces[f, 0]]
                            + weights[1] * rest[faces[f, 1]]
                            + weights[2] * rest[faces[f, 2]]
                        )
                        if piece[v] != piece[faces[f, 0]] or np.sum(r * r) > 9.0 * thickness * thickness:
                            pairs[count, 0], pairs[count, 1] = v, f
                            count += 1
    return count


@njit(**_FLAGS)
def keep_apart(x, before, w, faces, pairs, count, thickness, mu):
    """One pass: vertices stay `thickness` in front of the triangles they are paired with."""
    weights, slide = np.empty(3), np.empty(3)
    for i in range(count):
        v, corners = pairs[i, 0], faces[pairs[i, 1]]
        a, b, c = x[corners[0]], x[corners[1]], x[corners[2]]
        closest(x[v], a, b, c, weights)
        n = np.cross(b - a, c - a)
        length = math.sqrt(np.sum(n * n))
        if length < 1e-20:
            continue
        n /= length
        height = np.sum((x[v] - a) * n)
        if height >= thickness or height < -2.0 * thickness:
            continue
        if min(weights[0], weights[1], weights[2]) <= 0.0:
            continue
        scale = w[v]
        for k in range(3):
            scale += w[corners[k]] * weights[k] ** 2
        if scale < 1e-12:
            continue
        push = (thickness - height) / scale
        for j in range(3):
            slide[j] = x[v, j] - before[v, j]
            x[v, j] += w[v] * push * n[j]
            for k in range(3):
                x[corners[k], j] -= w[corners[k]] * weights[k] * push * n[j]
        _friction(x, before, w, corners, weights, n, thickness - height, slide, mu, scale)


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
