"""Kernels of the guide wire: implicit bending, exact lengths, contact with a signed distance."""

import math
from typing import Any

import numpy as np
from numba import njit

_SAVED = 2e-3
_FLAGS: Any = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}, "nogil": True}


@njit(**_FLAGS)
def _sampled(grid, origin, spacing, p, gradient):
    """Trilinear signed distance (m, negative inside) and its gradient at a point."""
    cell = np.empty(3, dtype=np.int64)
    part = np.empty(3)
    for j in range(3):
        s = (p[j] - origin[j]) / spacing
        s = min(max(s, 0.0), grid.shape[j] - 1.000001)
        cell[j] = int(s)
        part[j] = s - cell[j]
    i, j, k = cell[0], cell[1], cell[2]
    a, b, c = part[0], part[1], part[2]
    v000, v001, v010, v011 = grid[i, j, k], grid[i, j, k + 1], grid[i, j + 1, k], grid[i, j + 1, k + 1]
    v100, v101 = grid[i + 1, j, k], grid[i + 1, j, k + 1]
    v110, v111 = grid[i + 1, j + 1, k], grid[i + 1, j + 1, k + 1]
    x00, x01 = v000 + a * (v100 - v000), v001 + a * (v101 - v001)
    x10, x11 = v010 + a * (v110 - v010), v011 + a * (v111 - v011)
    y0, y1 = x00 + b * (x10 - x00), x01 + b * (x11 - x01)
    gradient[0] = ((1 - b) * ((1 - c) * (v100 - v000) + c * (v101 - v001))
                   + b * ((1 - c) * (v110 - v010) + c * (v111 - v011))) / spacing  # fmt: skip
    gradient[1] = ((1 - c) * (x10 - x00) + c * (x11 - x01)) / spacing
    gradient[2] = (y1 - y0) / spacing
    return y0 + c * (y1 - y0)


@njit(**_FLAGS)
def _round(tubes, which, p, gradient):
    """Least signed distance to the round cones of a list, and its gradient (the radius' slope left out)."""
    best = 1e9
    for m in which:
        along = 0.0
        size = 0.0
        for j in range(3):
            d = tubes[m, 3 + j] - tubes[m, j]
            along += d * (p[j] - tubes[m, j])
            size += d * d
        t = min(max(along / max(size, 1e-30), 0.0), 1.0)
        far = 0.0
        for j in range(3):
            far += (p[j] - tubes[m, j] - t * (tubes[m, 3 + j] - tubes[m, j])) ** 2
        far = math.sqrt(far)
        depth = far - tubes[m, 6] - t * (tubes[m, 7] - tubes[m, 6])
        if depth < best:
            best = depth
            for j in range(3):
                gradient[j] = (p[j] - tubes[m, j] - t * (tubes[m, 3 + j] - tubes[m, j])) / max(far, 1e-12)
    return best


@njit(**_FLAGS)
def distance(lumen, p, gradient):
    """Signed distance (m, negative inside) and its gradient: exact near round tubes, else from the grid."""
    grid, origin, spacing, start, items, tubes = lumen
    if tubes.shape[0] > 0:
        cell = 0
        inside = True
        for j in range(3):
            i = math.floor((p[j] - origin[j]) / spacing)
            inside = inside and 0 <= i < grid.shape[j]
            cell = cell * grid.shape[j] + i
        if inside and start[cell + 1] > start[cell]:
            return _round(tubes, items[start[cell] : start[cell + 1]], p, gradient)
    return _sampled(grid, origin, spacing, p, gradient)


@njit(**_FLAGS)
def transport(x, normal, frames):
    """Bishop frame: the base's normal carried along without twist (Bishop 1975, Am Math Mon 82:246)."""
    n = x.shape[0]
    m = normal.copy()
    for i in range(n - 1):
        t = x[i + 1] - x[i]
        t = t / math.sqrt(t[0] ** 2 + t[1] ** 2 + t[2] ** 2)
        m = m - t * (m[0] * t[0] + m[1] * t[1] + m[2] * t[2])
        m = m / math.sqrt(m[0] ** 2 + m[1] ** 2 + m[2] ** 2)
        frames[i, 0] = m
        frames[i, 1] = np.cross(t, m)
    frames[n - 1] = frames[n - 2]


@njit(**_FLAGS)
def bend(x, predicted, held, mass, stiffness, curvature, frames, angle, length, step, band, right):
    """Implicit Euler for bending: (M/h^2 + K) x = M/h^2 x* + K-rest, one banded Cholesky.

    Energy sum EI/(2 l^3) |x_(i-1) - 2 x_i + x_(i+1) - l^2 k_i|^2 (Bergou et al. 2008, ACM TOG 27:63,
    for inextensible segments); the tip's rest curvature k turns with the wire.
    """
    n = x.shape[0]
    band[:] = 0.0
    for i in range(n):
        w = mass[i] / (step * step)
        band[i, 0] = w
        for j in range(3):
            right[i, j] = w * predicted[i, j]
    stencil = (1.0, -2.0, 1.0)
    for i in range(1, n - 1):
        k = stiffness[i] / (length * length * length)
        c, s = math.cos(angle) * curvature[i], math.sin(angle) * curvature[i]
        for a in range(3):
            for b in range(a + 1):
                band[i - 1 + a, a - b] += k * stencil[a] * stencil[b]
            for j in range(3):
                right[i - 1 + a, j] += k * stencil[a] * length * length * (c * frames[i, 0, j] + s * frames[i, 1, j])
    for i in range(n):
        if held[i]:
            for d in range(1, 3):
                if i - d >= 0:
                    for j in range(3):
                        right[i - d, j] -= band[i, d] * x[i, j]
                    band[i, d] = 0.0
                if i + d < n:
                    for j in range(3):
                        right[i + d, j] -= band[i + d, d] * x[i, j]
                    band[i + d, d] = 0.0
            band[i, 0] = 1.0
            right[i] = x[i]
    for i in range(n):
        for d in range(min(2, i), -1, -1):
            s = band[i, d]
            for e in range(d + 1, min(2, i) + 1):
                s -= band[i, e] * band[i - d, e - d]
            band[i, d] = math.sqrt(s) if d == 0 else s / band[i - d, 0]
    for j in range(3):
        for i in range(n):
            s = right[i, j]
            for d in range(1, min(2, i) + 1):
                s -= band[i, d] * right[i - d, j]
            right[i, j] = s / band[i, 0]
        for i in range(n - 1, -1, -1):
            s = right[i, j]
            for d in range(1, min(2, n - 1 - i) + 1):
                s -= band[i + d, d] * right[i + d, j]
            right[i, j] = s / band[i, 0]
    x[:] = right


@njit(**_FLAGS)
def restore_lengths(x, held, inverse_mass, length, direction, upper, change):
    """Newton's step on all segment lengths at once: one tridiagonal solve."""
    n = x.shape[0] - 1
    for i in range(n):
        d = x[i + 1] - x[i]
        size = math.sqrt(d[0] ** 2 + d[1] ** 2 + d[2] ** 2)
        direction[i] = d / size
        change[i] = size - length
    for i in range(n):
        wa = 0.0 if held[i] else inverse_mass[i]
        wb = 0.0 if held[i + 1] else inverse_mass[i + 1]
        diagonal = wa + wb
        if diagonal == 0.0:
            upper[i], change[i] = 0.0, 0.0
            continue
        off = 0.0
        if i > 0:
            off = -wa * (direction[i, 0] * direction[i - 1, 0] + direction[i, 1] * direction[i - 1, 1]
                         + direction[i, 2] * direction[i - 1, 2])  # fmt: skip
            diagonal -= off * upper[i - 1]
            change[i] -= off * change[i - 1]
        following = 0.0
        if i < n - 1:
            following = -wb * (direction[i, 0] * direction[i + 1, 0] + direction[i, 1] * direction[i + 1, 1]
                               + direction[i, 2] * direction[i + 1, 2])  # fmt: skip
        upper[i] = following / diagonal
        change[i] /= diagonal
    for i in range(n - 2, -1, -1):
        change[i] -= upper[i] * change[i + 1]
    for i in range(n):
        wa = 0.0 if held[i] else inverse_mass[i]
        wb = 0.0 if held[i + 1] else inverse_mass[i + 1]
        for j in range(3):
            x[i, j] += wa * change[i] * direction[i, j]
            x[i + 1, j] -= wb * change[i] * direction[i, j]


@njit(**_FLAGS)
def push_inside(x, before, held, radius, friction, lumen, push):
    """Move nodes back into the lumen; Coulomb friction takes back part of the sliding. Largest depth."""
    gradient = np.empty(3)
    deepest = 0.0
    for i in range(x.shape[0]):
        if held[i]:
            continue
        for trial in range(4):
            depth = distance(lumen, x[i], gradient) + radius
            if depth <= 0.0:
                break
            size = math.sqrt(gradient[0] ** 2 + gradient[1] ** 2 + gradient[2] ** 2)
            if size < 1e-9:
                break
            if trial == 0:
                deepest = max(deepest, depth)
                push[i] += depth
            for j in range(3):
                x[i, j] -= (depth + 1e-9) * gradient[j] / size
            if trial == 0 and friction > 0.0:
                along = 0.0
                for j in range(3):
                    along += (x[i, j] - before[i, j]) * gradient[j] / size
                slide = np.empty(3)
                total = 0.0
                for j in range(3):
                    slide[j] = x[i, j] - before[i, j] - along * gradient[j] / size
                    total += slide[j] ** 2
                total = math.sqrt(total)
                if total > 0.0:
                    back = min(1.0, friction * depth / total)
                    for j in range(3):
                        x[i, j] -= back * slide[j]
    return deepest


@njit(**_FLAGS)
def largest_strain(x, length):
    """Largest relative change of a segment's length."""
    worst = 0.0
    for i in range(x.shape[0] - 1):
        d = x[i + 1] - x[i]
        worst = max(worst, abs(math.sqrt(d[0] ** 2 + d[1] ** 2 + d[2] ** 2) / length - 1.0))
    return worst


@njit(**_FLAGS)
def energy(x, stiffness, curvature, frames, angle, length):
    """Bending energy in J, as `bend` has it."""
    total = 0.0
    square = length * length
    for i in range(1, x.shape[0] - 1):
        c, s = math.cos(angle) * curvature[i] * square, math.sin(angle) * curvature[i] * square
        for j in range(3):
            d = x[i - 1, j] - 2.0 * x[i, j] + x[i + 1, j] - c * frames[i, 0, j] - s * frames[i, 1, j]
            total += 0.5 * stiffness[i] * d * d / (square * length)
    return total


@njit(**_FLAGS)
def place(x, ahead, before, was, held, start, segment, entry, direction, moving):
    """Nodes outside the body on the hand's straight line, the others where they were; all predicted ahead."""
    for i in range(x.shape[0]):
        along = start + segment * i
        held[i] = along <= 0.0 or i < 2
        for j in range(3):
            x[i, j] = entry[j] + along * direction[j] if held[i] else before[i, j]
            ahead[i, j] = before[i, j] + moving * was[i, j]


@njit(**_FLAGS)
def march(x, v, wire, hand, base, lumen, settings, force, push):
    """Substeps of one step; `hand` (inserted, angle, work saved up) changes in place. Number of blocked substeps.

    Where the wire cannot go on without being compressed, or without more work than the hand's greatest
    force does, the substep is taken back: the hand is blocked.
    """
    mass, stiffness, curvature, length, segment, radius = wire
    entry, direction, normal = base
    substeps, rounds, h, advance, turn, keep, friction, allowed, inside, strength = settings
    n = x.shape[0]
    held = np.zeros(n, dtype=np.bool_)
    frames, band, right = np.zeros((n, 2, 3)), np.zeros((n, 3)), np.zeros((n, 3))
    way, upper, change = np.zeros((n - 1, 3)), np.zeros(n - 1), np.zeros(n - 1)
    inverse, before, ahead, was = 1.0 / mass, x.copy(), x.copy(), v.copy()
    touched = np.zeros(n)
    blocked = 0
    for _ in range(substeps):
        hand[1] += turn
        old = hand[0]
        hand[0] = min(max(old + advance, segment), length)
        before[:] = x
        was[:] = v
        spare = hand[2]
        transport(x, normal, frames)
        stored = energy(x, stiffness, curvature, frames, hand[1], segment)
        # A wedged wire comes free from rest with more rounds; only what fails then too is blocked.
        for attempt in range(2):
            moving = h * keep * (1 - attempt)
            place(x, ahead, before, was, held, hand[0] - length, segment, entry, direction, moving)
            for j in range(3):
                ahead[n - 1, j] += h * h * force[j] * inverse[n - 1]
            transport(x, normal, frames)
            bend(x, ahead, held, mass, stiffness, curvature, frames, hand[1], segment, h, band, right)
            touched[:] = 0.0
            for _r in range(rounds * (1 + 4 * attempt)):
                restore_lengths(x, held, inverse, segment, way, upper, change)
                if inside:
                    push_inside(x, before, held, radius, friction, lumen, touched)
            free = not inside or largest_strain(x, segment) <= allowed
            if free and inside:
                # Work in hand: contact makes single steps noisy, so two millimetres' worth may be saved up.
                gained = energy(x, stiffness, curvature, frames, hand[1], segment) - stored
                spare = min(hand[2] + strength * abs(advance) - gained, strength * _SAVED)
                free = spare >= 0.0 or advance <= 0.0
            if free:
                break
        if not free:
            x[:] = before
            v[:] = 0.5 * was
            hand[0] = old
            blocked += 1
            continue
        push += touched
        hand[2] = max(spare, 0.0)
        for i in range(n):
            for j in range(3):
                v[i, j] = 0.0 if held[i] else (x[i, j] - before[i, j]) / h
    return blocked
