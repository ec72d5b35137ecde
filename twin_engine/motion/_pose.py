"""Kernels of marker kinematics: pose of a skeleton, Jacobians, Levenberg-Marquardt.

The skeleton comes as the arrays of `skeleton.Flat`. Numerics: Lu & O'Connor 1999 (J Biomech 32:129)
with the analytic Jacobian; Marquardt 1963.
"""

import math
from typing import Any

import numpy as np
from numba import njit

_FLAGS: Any = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}, "nogil": True}


@njit(**_FLAGS)
def evaluate(pieces, first, last, q):
    """Value and slope of a piecewise cubic; the first piece reaches down to minus infinity."""
    k = last - 1
    while k > first and q < pieces[k, 0]:
        k -= 1
    s = q - pieces[k, 0]
    a, b, c, d = pieces[k, 1], pieces[k, 2], pieces[k, 3], pieces[k, 4]
    return a + s * (b + s * (c + s * d)), b + s * (2.0 * c + 3.0 * s * d)


@njit(**_FLAGS)
def turn(r, x, y, z, angle):
    """r times the rotation about a unit axis, in place."""
    sine, cosine = math.sin(angle), math.cos(angle)
    t = 1.0 - cosine
    for i in range(3):
        a, b, c = r[i, 0], r[i, 1], r[i, 2]
        r[i, 0] = a * (cosine + x * x * t) + b * (z * sine + x * y * t) + c * (x * z * t - y * sine)
        r[i, 1] = a * (x * y * t - z * sine) + b * (cosine + y * y * t) + c * (x * sine + y * z * t)
        r[i, 2] = a * (y * sine + x * z * t) + b * (y * z * t - x * sine) + c * (cosine + z * z * t)


@njit(**_FLAGS)
def times(a, b, out):
    for i in range(3):
        for j in range(3):
            out[i, j] = a[i, 0] * b[0, j] + a[i, 1] * b[1, j] + a[i, 2] * b[2, j]


@njit(**_FLAGS)
def place(q, model, rotation, origin, axis_world, axis_point, slopes):
    """Frames of all bodies; per joint axis its direction in the world, a point on it, and f'(q)."""
    parent, frames, which, start, pieces, directions = model[0], model[1], model[2], model[3], model[4], model[5]
    r = np.empty((3, 3))
    values = np.empty(6)
    for j in range(parent.size):
        p = parent[j]
        times(rotation[p], frames[j, 0], r)
        base = np.empty(3)
        for i in range(3):
            base[i] = origin[p, i] + (rotation[p, i, 0] * frames[j, 0, 0, 3] + rotation[p, i, 1] * frames[j, 0, 1, 3]
                                      + rotation[p, i, 2] * frames[j, 0, 2, 3])  # fmt: skip
        for k in range(6):
            a = 6 * j + k
            x = q[which[a]] if which[a] >= 0 else 0.0
            values[k], slopes[a] = evaluate(pieces, start[a], start[a + 1], x)
        for k in range(3, 6):
            a = 6 * j + k
            for i in range(3):
                axis_world[a, i] = (
                    r[i, 0] * directions[a, 0] + r[i, 1] * directions[a, 1] + r[i, 2] * directions[a, 2]
                )
                base[i] += axis_world[a, i] * values[k]
        for k in range(3):
            a = 6 * j + k
            x, y, z = directions[a, 0], directions[a, 1], directions[a, 2]
            for i in range(3):
                axis_world[a, i] = r[i, 0] * x + r[i, 1] * y + r[i, 2] * z
                axis_point[a, i] = base[i]
            if values[k] != 0.0:
                turn(r, x, y, z, values[k])
        times(r, frames[j, 1], rotation[j + 1])
        for i in range(3):
            origin[j + 1, i] = base[i] + (r[i, 0] * frames[j, 1, 0, 3] + r[i, 1] * frames[j, 1, 1, 3]
                                          + r[i, 2] * frames[j, 1, 2, 3])  # fmt: skip


@njit(**_FLAGS)
def couple(q, model):
    couple, couple_start, couple_pieces = model[6], model[7], model[8]
    for c in range(couple.shape[0]):
        q[couple[c, 0]], _ = evaluate(couple_pieces, couple_start[c], couple_start[c + 1], q[couple[c, 1]])


@njit(**_FLAGS)
def marker(m, body, local, rotation, origin, out):
    b = body[m]
    for i in range(3):
        out[i] = origin[b, i] + (rotation[b, i, 0] * local[m, 0] + rotation[b, i, 1] * local[m, 1]
                                 + rotation[b, i, 2] * local[m, 2])  # fmt: skip


@njit(**_FLAGS)
def jacobian(m, position, body, model, axis_world, axis_point, slopes, row):
    """d(position of marker m)/dq into row (coordinates, 3)."""
    parent, which = model[0], model[2]
    row[:] = 0.0
    b = body[m]
    while b > 0:
        j = b - 1
        for k in range(6):
            a = 6 * j + k
            c = which[a]
            if c < 0 or slopes[a] == 0.0:
                continue
            u, v, w = axis_world[a, 0], axis_world[a, 1], axis_world[a, 2]
            if k < 3:
                x, y, z = (position[0] - axis_point[a, 0], position[1] - axis_point[a, 1],
                           position[2] - axis_point[a, 2])  # fmt: skip
                u, v, w = v * z - w * y, w * x - u * z, u * y - v * x
            row[c, 0] += slopes[a] * u
            row[c, 1] += slopes[a] * v
            row[c, 2] += slopes[a] * w
        b = parent[j]
    pairs = model[6]
    for c in range(pairs.shape[0]):
        for i in range(3):
            row[pairs[c, 1], i] += row[pairs[c, 0], i] * slopes[slopes.size - pairs.shape[0] + c]


@njit(**_FLAGS)
def normal(q, model, body, local, measured, weight, task, task_weight, work, matrix, vector):
    """Weighted squared error with the normal equations J'WJ and J'Wr over the free coordinates."""
    rotation, origin, axis_world, axis_point, slopes, row = work
    pairs, couple_start, couple_pieces, free = model[6], model[7], model[8], model[9]
    couple(q, model)
    for c in range(pairs.shape[0]):
        _, slopes[slopes.size - pairs.shape[0] + c] = evaluate(couple_pieces, couple_start[c], couple_start[c + 1],
                                                                q[pairs[c, 1]])  # fmt: skip
    place(q, model, rotation, origin, axis_world, axis_point, slopes)
    matrix[:] = 0.0
    vector[:] = 0.0
    error = 0.0
    position = np.empty(3)
    for m in range(body.size):
        w = weight[m]
        if w == 0.0 or not math.isfinite(measured[m, 0] + measured[m, 1] + measured[m, 2]):
            continue
        marker(m, body, local, rotation, origin, position)
        jacobian(m, position, body, model, axis_world, axis_point, slopes, row)
        dx, dy, dz = measured[m, 0] - position[0], measured[m, 1] - position[1], measured[m, 2] - position[2]
        error += w * (dx * dx + dy * dy + dz * dz)
        for a in range(free.size):
            x, y, z = row[free[a], 0], row[free[a], 1], row[free[a], 2]
            vector[a] += w * (x * dx + y * dy + z * dz)
            for b in range(a + 1):
                matrix[a, b] += w * (x * row[free[b], 0] + y * row[free[b], 1] + z * row[free[b], 2])
    for a in range(free.size):
        c = free[a]
        if task_weight[c] > 0.0:
            gap = task[c] - q[c]
            error += task_weight[c] * gap * gap
            vector[a] += task_weight[c] * gap
            matrix[a, a] += task_weight[c]
    return error


@njit(**_FLAGS)
def cholesky_step(matrix, vector, damping, step):
    """Solve (M + damping (diag M + tiny)) step = vector; False if M is not positive definite."""
    n = vector.size
    low = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            s = matrix[i, j]
            if i == j:
                s += damping * (matrix[i, i] + 1e-9)
            for k in range(j):
                s -= low[i, k] * low[j, k]
            if i == j:
                if s <= 0.0:
                    return False
                low[i, i] = math.sqrt(s)
            else:
                low[i, j] = s / low[j, j]
    for i in range(n):
        s = vector[i]
        for k in range(i):
            s -= low[i, k] * step[k]
        step[i] = s / low[i, i]
    for i in range(n - 1, -1, -1):
        s = step[i]
        for k in range(i + 1, n):
            s -= low[k, i] * step[k]
        step[i] = s / low[i, i]
    return True


@njit(**_FLAGS)
def solve_frame(q, model, body, local, measured, weight, task, task_weight, work, trial_work, most, tolerance):
    """Levenberg-Marquardt from q, in place; the weighted squared error reached."""
    free = model[9]
    n = free.size
    matrix, vector, step = np.zeros((n, n)), np.zeros(n), np.zeros(n)
    matrix2, vector2 = np.zeros((n, n)), np.zeros(n)
    error = normal(q, model, body, local, measured, weight, task, task_weight, work, matrix, vector)
    damping, trial = 1e-6, q.copy()
    for _ in range(most):
        if not cholesky_step(matrix, vector, damping, step):
            damping = max(10.0 * damping, 1e-6)
            continue
        trial[:] = q
        for a in range(n):
            trial[free[a]] += step[a]
        new = normal(trial, model, body, local, measured, weight, task, task_weight, trial_work, matrix2, vector2)
        if new <= error:
            gain = error - new
            q[:] = trial
            error = new
            matrix[:] = matrix2
            vector[:] = vector2
            damping *= 0.1
            if gain <= tolerance * (error + 1e-16) and np.max(np.abs(step)) < 1e-6:
                break
        else:
            if np.max(np.abs(step)) < 1e-12:
                break
            damping = max(10.0 * damping, 1e-9)
    return error


@njit(**_FLAGS)
def solve_frames(q, model, body, local, measured, weight, task, task_weight, work, trial_work, most, tolerance, out,
                  errors):  # fmt: skip
    for f in range(measured.shape[0]):
        errors[f] = solve_frame(q, model, body, local, measured[f], weight, task, task_weight, work, trial_work, most,
                                 tolerance)  # fmt: skip
        out[f] = q


@njit(**_FLAGS)
def body_jacobians(q, model, centre, work, position, linear, angular):
    """Centres of mass, and d(centre)/dq, d(turn)/dq of every body, (bodies, 3, coordinates)."""
    rotation, origin, axis_world, axis_point, slopes, row = work
    parent, which = model[0], model[2]
    place(q, model, rotation, origin, axis_world, axis_point, slopes)
    body = np.arange(1, parent.size + 1)
    for b in range(parent.size):
        marker(b, body, centre, rotation, origin, position[b])
        jacobian(b, position[b], body, model, axis_world, axis_point, slopes, row)
        for c in range(q.size):
            for i in range(3):
                linear[b, i, c] = row[c, i]
        at = b + 1
        while at > 0:
            for k in range(3):
                a = 6 * (at - 1) + k
                if which[a] >= 0:
                    for i in range(3):
                        angular[b, i, which[a]] += slopes[a] * axis_world[a, i]
            at = parent[at - 1]
