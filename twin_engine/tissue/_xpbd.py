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


@njit(inline="always", **_FLAGS)
def _row(x0, x1, x2, x3, q):
    """A row of F = D Q from one coordinate of the four vertices."""
    e1, e2, e3 = x1 - x0, x2 - x0, x3 - x0
    return e1 * q[0] + e2 * q[3] + e3 * q[6], e1 * q[1] + e2 * q[4] + e3 * q[7], e1 * q[2] + e2 * q[5] + e3 * q[8]


@njit(inline="always", **_FLAGS)
def _times(r, m):
    """A row times a symmetric matrix (xx, yy, zz, xy, xz, yz)."""
    return (r[0] * m[0] + r[1] * m[3] + r[2] * m[4], r[0] * m[3] + r[1] * m[1] + r[2] * m[5],
            r[0] * m[4] + r[1] * m[5] + r[2] * m[2])  # fmt: skip


@njit(inline="always", **_FLAGS)
def _dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(**_FLAGS)
def soften(rest, inverse_mass, tets, volume, mu, bulk, step):
    """Per element W (6), K (6), mu/L and mu V h^2 for a step length; (t, 14)."""
    out = np.empty((tets.shape[0], 14))
    q = np.zeros((4, 3))
    for t in range(tets.shape[0]):
        for k in range(3):
            for j in range(3):
                q[k + 1, j] = rest[t, 3 * k + j]
        q[0] = -(q[1] + q[2] + q[3])
        a = 1.0 / (mu[t] * volume[t] * step * step)
        mobility = np.zeros((3, 3))
        for v in range(4):
            mobility += inverse_mass[tets[t, v]] * np.outer(q[v], q[v])
        stiff = np.linalg.eigvalsh(mobility)[2] / a
        theta = max(0.0, 1.0 - EXPLICIT / stiff) if stiff > 0.0 else 0.0
        inverse = np.linalg.inv(theta * mobility + a * np.eye(3))
        w, kept = a * inverse, mobility @ inverse
        out[t, 0], out[t, 1], out[t, 2] = w[0, 0], w[1, 1], w[2, 2]
        out[t, 3], out[t, 4], out[t, 5] = w[0, 1], w[0, 2], w[1, 2]
        out[t, 6], out[t, 7], out[t, 8] = kept[0, 0], kept[1, 1], kept[2, 2]
        out[t, 9], out[t, 10], out[t, 11] = kept[0, 1], kept[0, 2], kept[1, 2]
        out[t, 12], out[t, 13] = mu[t] / bulk[t], 1.0 / a
    return out


@njit(**_FLAGS)
def solve_elements(x, inverse_mass, tets, rest, soft):
    """One Gauss-Seidel pass over all elements; positions change in place.

    `rest` is (t, 9), `soft` from `soften`; unsigned indices spare numba's test for negative ones.
    """
    for t in range(tets.shape[0]):
        a, b, c, d = tets[t, 0], tets[t, 1], tets[t, 2], tets[t, 3]
        q = (rest[t, 0], rest[t, 1], rest[t, 2], rest[t, 3], rest[t, 4], rest[t, 5], rest[t, 6], rest[t, 7], rest[t, 8])
        w = (soft[t, 0], soft[t, 1], soft[t, 2], soft[t, 3], soft[t, 4], soft[t, 5])
        k = (soft[t, 6], soft[t, 7], soft[t, 8], soft[t, 9], soft[t, 10], soft[t, 11])
        fx = _row(x[a, 0], x[b, 0], x[c, 0], x[d, 0], q)
        fy = _row(x[a, 1], x[b, 1], x[c, 1], x[d, 1], q)
        fz = _row(x[a, 2], x[b, 2], x[c, 2], x[d, 2], q)
        cx = (fy[1] * fz[2] - fy[2] * fz[1], fy[2] * fz[0] - fy[0] * fz[2], fy[0] * fz[1] - fy[1] * fz[0])
        cy = (fz[1] * fx[2] - fz[2] * fx[1], fz[2] * fx[0] - fz[0] * fx[2], fz[0] * fx[1] - fz[1] * fx[0])
        cz = (fx[1] * fy[2] - fx[2] * fy[1], fx[2] * fy[0] - fx[0] * fy[2], fx[0] * fy[1] - fx[1] * fy[0])
        kx, ky, kz = _times(cx, k), _times(cy, k), _times(cz, k)
        ratio = soft[t, 12]
        above = _dot(fx, kx) + _dot(fy, ky) + _dot(fz, kz) - (_dot(fx, cx) - 1.0 - ratio)
        y = above / (_dot(cx, kx) + _dot(cy, ky) + _dot(cz, kz) + ratio)
        size = soft[t, 13]
        wa, wb, wc, wd = size * inverse_mass[a], size * inverse_mass[b], size * inverse_mass[c], size * inverse_mass[d]
        for i in range(3):
            f, g = (fx, cx) if i == 0 else ((fy, cy) if i == 1 else (fz, cz))
            p = _times((y * g[0] - f[0], y * g[1] - f[1], y * g[2] - f[2]), w)
            d1 = p[0] * q[0] + p[1] * q[1] + p[2] * q[2]
            d2 = p[0] * q[3] + p[1] * q[4] + p[2] * q[5]
            d3 = p[0] * q[6] + p[1] * q[7] + p[2] * q[8]
            x[a, i] -= wa * (d1 + d2 + d3)
            x[b, i] += wb * d1
            x[c, i] += wc * d2
            x[d, i] += wd * d3


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
