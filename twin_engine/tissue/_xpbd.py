"""Kernels of the soft body: one substep of extended position-based dynamics, in a fixed order.

Stable Neo-Hookean energy W = mu/2 (I_C - 3) + L/2 (J - 1 - mu/L)^2 (Smith, De Goes & Kim 2018, ACM
TOG 37:12) in the constraint form of Macklin & Mueller 2021 (MIG '21), small steps as in Macklin et al.
2019 (doi:10.1145/3309486.3340247).

An element's constraints are solved **together**. I_C is the sum of the squares of F's nine entries,
which are linear in the positions, so they stand for |F| as nine exact constraints; the tenth is
C = J - 1 - mu/L. With Q the inverse rest edges, w the inverse masses and a = 1/(mu V h^2),

    S = sum_v w_v Q_v Q_v',   M = theta S + a I,   W = a M^-1,   K = S M^-1   (fixed per element),
    y = (F K : cof F - C) / (cof F K : cof F + mu/L),
    dx_v = w_v mu V h^2 (y cof F - F) W Q_v.

At rest y = 1 and nothing moves. theta says how much of the shear is implicit: 0 where an explicit
step is safe (and a single pass then nearly exact), rising to 1 for stiff elements, which would ring.
No fast-math: a run repeats bit for bit.
"""

import math
from typing import Any

import numpy as np
from numba import njit

_FLAGS: Any = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}, "nogil": True}
# Share of the explicit step's largest stiffness times h^2 over mass that stays explicit. Chosen on the
# cantilever (E 100 kPa, with and without a tenfold stiffer block) so that its tip lies within 1 % of
# Newton's at 10 substeps; a numerical setting, not a material one.
EXPLICIT = 0.135
# Elements of a batch, worked on side by side: eight doubles fill the widest vector register in use (512 bits).
LANES = 8
ROWS = 26


@njit(inline="always", **_FLAGS)
def _row(e1, e2, e3, q):
    """A row of F = D Q from one coordinate of the three edges."""
    return e1 * q[0] + e2 * q[3] + e3 * q[6], e1 * q[1] + e2 * q[4] + e3 * q[7], e1 * q[2] + e2 * q[5] + e3 * q[8]


@njit(inline="always", **_FLAGS)
def _cross(a, b):
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@njit(inline="always", **_FLAGS)
def _times(r, m):
    """A row times a symmetric matrix (xx, yy, zz, xy, xz, yz)."""
    return (r[0] * m[0] + r[1] * m[3] + r[2] * m[4], r[0] * m[3] + r[1] * m[1] + r[2] * m[5],
            r[0] * m[4] + r[1] * m[5] + r[2] * m[2])  # fmt: skip


@njit(inline="always", **_FLAGS)
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(**_FLAGS)
def _largest(m):
    """Largest eigenvalue of a symmetric matrix (xx, yy, zz, xy, xz, yz) (Smith 1961, Commun ACM 4:168)."""
    mean = (m[0] + m[1] + m[2]) / 3.0
    x, y, z = m[0] - mean, m[1] - mean, m[2] - mean
    spread = math.sqrt((x * x + y * y + z * z + 2.0 * (m[3] * m[3] + m[4] * m[4] + m[5] * m[5])) / 6.0)
    if spread <= 1e-14 * abs(mean):
        return mean
    det = x * (y * z - m[5] * m[5]) - m[3] * (m[3] * z - m[5] * m[4]) + m[4] * (m[3] * m[5] - y * m[4])
    half = min(1.0, max(-1.0, 0.5 * det / spread**3))
    return mean + 2.0 * spread * math.cos(math.acos(half) / 3.0)


@njit(**_FLAGS)
def _inverse(m):
    """Inverse of a symmetric matrix (xx, yy, zz, xy, xz, yz)."""
    a, b, c = m[1] * m[2] - m[5] * m[5], m[4] * m[5] - m[3] * m[2], m[3] * m[5] - m[4] * m[1]
    d = m[0] * a + m[3] * b + m[4] * c
    return (a / d, (m[0] * m[2] - m[4] * m[4]) / d, (m[0] * m[1] - m[3] * m[3]) / d,
            b / d, c / d, (m[3] * m[4] - m[0] * m[5]) / d)  # fmt: skip


@njit(**_FLAGS)
def soften(slots, rest, inverse_mass, tets, volume, mu, bulk, step):
    """What the element pass needs for a step length: `ROWS` numbers a slot, lanes side by side.

    Rows: Q (9), W (6), K (6), mu/L, mu V h^2 w of the four vertices. An empty slot (-1) moves nothing.
    """
    out = np.zeros(slots.size * ROWS)
    w, m = np.empty(4), np.empty(6)
    for slot in range(slots.size):
        t, o = slots[slot], (slot // LANES) * ROWS * LANES + slot % LANES
        if t < 0:
            out[o + 21 * LANES] = 1.0
            continue
        q = rest[t]
        for v in range(4):
            w[v] = inverse_mass[tets[t, v]]
        a = 1.0 / (mu[t] * volume[t] * step * step)
        for n, (i, j) in enumerate(((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))):
            m[n] = w[0] * (q[i] + q[3 + i] + q[6 + i]) * (q[j] + q[3 + j] + q[6 + j])
            for v in range(3):
                m[n] += w[v + 1] * q[3 * v + i] * q[3 * v + j]
        stiff = _largest(m) / a
        theta = max(0.0, 1.0 - EXPLICIT / stiff) if stiff > 0.0 else 0.0
        k = _inverse((theta * m[0] + a, theta * m[1] + a, theta * m[2] + a, theta * m[3], theta * m[4], theta * m[5]))
        for n in range(9):
            out[o + n * LANES] = q[n]
        for n in range(6):
            out[o + (9 + n) * LANES] = a * k[n]
        rows = (_times((m[0], m[3], m[4]), k), _times((m[3], m[1], m[5]), k), _times((m[4], m[5], m[2]), k))
        for n, (i, j) in enumerate(((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))):
            out[o + (15 + n) * LANES] = rows[i][j]
        out[o + 21 * LANES] = mu[t] / bulk[t]
        for v in range(4):
            out[o + (22 + v) * LANES] = w[v] / a
    return out


@njit(inline="always", **_FLAGS)
def _move(f, g, y, w, q):
    """Moves of vertices 1 to 3 along one coordinate, before the inverse masses."""
    p = _times((y * g[0] - f[0], y * g[1] - f[1], y * g[2] - f[2]), w)
    return _dot(p, (q[0], q[1], q[2])), _dot(p, (q[3], q[4], q[5])), _dot(p, (q[6], q[7], q[8]))


@njit(**_FLAGS)
def solve_elements(x, corners, soft, desk, lanes):
    """One Gauss-Seidel pass over batches of `LANES` elements that share no vertex; positions change in place.

    x (n, 3); corners (batches, 4, LANES) unsigned, which spares numba's test for negative indices; soft from
    `soften`; desk (21 LANES,) room to work in. The middle loop is one straight line for every lane, on flat
    arrays and with a length the compiler does not know (`lanes` = LANES): so LLVM makes it vector instructions.
    """
    n = LANES
    for b in range(corners.shape[0]):
        for i in range(LANES):
            v0, v1, v2, v3 = corners[b, 0, i], corners[b, 1, i], corners[b, 2, i], corners[b, 3, i]
            for j in range(3):
                base = x[v0, j]
                desk[j * LANES + i] = x[v1, j] - base
                desk[(3 + j) * LANES + i] = x[v2, j] - base
                desk[(6 + j) * LANES + i] = x[v3, j] - base
        o = b * ROWS * LANES
        for i in range(lanes):
            m = o + i
            q = (soft[m], soft[m + n], soft[m + 2 * n], soft[m + 3 * n], soft[m + 4 * n], soft[m + 5 * n],
                 soft[m + 6 * n], soft[m + 7 * n], soft[m + 8 * n])  # fmt: skip
            w = (soft[m + 9 * n], soft[m + 10 * n], soft[m + 11 * n], soft[m + 12 * n], soft[m + 13 * n],
                 soft[m + 14 * n])  # fmt: skip
            k = (soft[m + 15 * n], soft[m + 16 * n], soft[m + 17 * n], soft[m + 18 * n], soft[m + 19 * n],
                 soft[m + 20 * n])  # fmt: skip
            fx = _row(desk[i], desk[i + 3 * n], desk[i + 6 * n], q)
            fy = _row(desk[i + n], desk[i + 4 * n], desk[i + 7 * n], q)
            fz = _row(desk[i + 2 * n], desk[i + 5 * n], desk[i + 8 * n], q)
            cx, cy, cz = _cross(fy, fz), _cross(fz, fx), _cross(fx, fy)
            kx, ky, kz = _times(cx, k), _times(cy, k), _times(cz, k)
            ratio = soft[m + 21 * n]
            above = _dot(fx, kx) + _dot(fy, ky) + _dot(fz, kz) - (_dot(fx, cx) - 1.0 - ratio)
            y = above / (_dot(cx, kx) + _dot(cy, ky) + _dot(cz, kz) + ratio)
            dx, dy, dz = _move(fx, cx, y, w, q), _move(fy, cy, y, w, q), _move(fz, cz, y, w, q)
            w0, w1, w2, w3 = soft[m + 22 * n], soft[m + 23 * n], soft[m + 24 * n], soft[m + 25 * n]
            desk[i + 9 * n], desk[i + 10 * n], desk[i + 11 * n] = (
                -w0 * (dx[0] + dx[1] + dx[2]), -w0 * (dy[0] + dy[1] + dy[2]),
                -w0 * (dz[0] + dz[1] + dz[2]))  # fmt: skip
            desk[i + 12 * n], desk[i + 13 * n], desk[i + 14 * n] = w1 * dx[0], w1 * dy[0], w1 * dz[0]
            desk[i + 15 * n], desk[i + 16 * n], desk[i + 17 * n] = w2 * dx[1], w2 * dy[1], w2 * dz[1]
            desk[i + 18 * n], desk[i + 19 * n], desk[i + 20 * n] = w3 * dx[2], w3 * dy[2], w3 * dz[2]
        for i in range(LANES):
            for c in range(4):
                v = corners[b, c, i]
                for j in range(3):
                    x[v, j] += desk[(9 + 3 * c + j) * LANES + i]


@njit(**_FLAGS)
def solve_springs(x, inverse_mass, edges, length, stiffness, step):
    """Capsule: springs along surface edges that pull and never push."""
    for e in range(edges.shape[0]):
        a, b = edges[e, 0], edges[e, 1]
        dx, dy, dz = x[b, 0] - x[a, 0], x[b, 1] - x[a, 1], x[b, 2] - x[a, 2]
        now = math.sqrt(dx * dx + dy * dy + dz * dz)
        if now <= length[e]:
            continue
        weight = inverse_mass[a] + inverse_mass[b]
        if weight == 0.0:
            continue
        pull = (now - length[e]) / (weight + 1.0 / (stiffness[e] * step * step)) / now
        for i, delta in enumerate((dx, dy, dz)):
            x[a, i] += inverse_mass[a] * pull * delta
            x[b, i] -= inverse_mass[b] * pull * delta


@njit(**_FLAGS)
def solve_anchors(x, inverse_mass, vertex, target, compliance, step):
    """Attachments: vertices held at points by springs of a compliance in m/N (0: rigid)."""
    for k in range(vertex.size):
        i = vertex[k]
        w = inverse_mass[i]
        if w == 0.0:
            continue
        share = w / (w + compliance[k] / (step * step))
        for j in range(3):
            x[i, j] += share * (target[k, j] - x[i, j])


@njit(**_FLAGS)
def predict(x, v, before, inverse_mass, gravity, damping, step):
    """Velocities under gravity and damping, positions ahead."""
    keep = math.exp(-damping * step)
    for i in range(x.shape[0]):
        for j in range(3):
            before[i, j] = x[i, j]
            if inverse_mass[i] > 0.0:
                v[i, j] = v[i, j] * keep + step * gravity[j]
                x[i, j] += step * v[i, j]


@njit(**_FLAGS)
def settle(x, v, before, step):
    """Velocities from the positions reached."""
    for i in range(x.shape[0]):
        for j in range(3):
            v[i, j] = (x[i, j] - before[i, j]) / step


@njit(**_FLAGS)
def elastic_energy(x, tets, rest, volume, mu, bulk):
    """Sum of V W over the elements, zero at rest (the energy's own rest value is taken off)."""
    total = 0.0
    for t in range(tets.shape[0]):
        f = np.zeros((3, 3))
        for i in range(3):
            for j in range(3):
                for k in range(3):
                    f[i, j] += (x[tets[t, k + 1], i] - x[tets[t, 0], i]) * rest[t, 3 * k + j]
        j_ = np.linalg.det(f)
        total += volume[t] * (0.5 * mu[t] * (np.sum(f * f) - 3.0) + 0.5 * bulk[t] * (j_ - 1.0 - mu[t] / bulk[t]) ** 2
                              - 0.5 * mu[t] ** 2 / bulk[t])  # fmt: skip
    return total


@njit(**_FLAGS)
def ratios(x, tets, rest):
    """det F of every element: below 0 it is inverted."""
    out = np.empty(tets.shape[0])
    for t in range(tets.shape[0]):
        f = np.zeros((3, 3))
        for i in range(3):
            for j in range(3):
                for k in range(3):
                    f[i, j] += (x[tets[t, k + 1], i] - x[tets[t, 0], i]) * rest[t, 3 * k + j]
        out[t] = np.linalg.det(f)
    return out
