"""Adaptive Rodas4 over lanes: a Rosenbrock method of order 4(3) for stiff models.

Hairer & Wanner, Solving Ordinary Differential Equations II (Springer 1996), IV.7 and the code
RODAS: coefficients, stiffly accurate, with a third-order interpolant. One linear system a step,
solved without pivoting over lanes; a small pivot rejects the step, whose matrix then is closer to
the identity.
"""

# mypy: disable-error-code="no-untyped-def"
import math

import numpy as np
from numba import njit

from twin_engine.blocks import block_at
from twin_engine.lane_parts import (
    HELPER,
    KERNEL,
    SIGNATURE,
    bare,
    bare_found,
    bare_task,
    make_lanes,
    refill,
    row,
    scratch_size,
    seated,
)
from twin_engine.lane_steps import (
    add_rates,
    after_step,
    judge,
    limit,
    locate,
    measure,
    move,
    record,
    renew,
    spread,
)

_GAMMA = 0.25
_SMALL = 1e-8  # of the diagonal of the identity part


@njit(**HELPER)
def _factor(s, jac, matrix, bad):
    """Fill W = I / (h gamma) - J from the block and factor it in place: L unit below, U above."""
    width = s.t.size
    n = s.y.size // width
    for l in range(width):
        bad[l] = 0.0
    for k in range(n * n * width):
        matrix[k] = -jac[k]
    for i in range(n):
        for l in range(width):
            matrix[(i * n + i) * width + l] += 1.0 / (s.hs[l] * _GAMMA)
    for c in range(n):
        pivot = (c * n + c) * width
        for l in range(width):
            small = not abs(matrix[pivot + l]) > _SMALL / (s.hs[l] * _GAMMA)
            bad[l] = 1.0 if small else bad[l]
        for r in range(c + 1, n):
            target = (r * n + c) * width
            for l in range(width):
                matrix[target + l] /= matrix[pivot + l]
            for j in range(c + 1, n):
                for l in range(width):
                    matrix[(r * n + j) * width + l] -= (
                        matrix[target + l] * matrix[(c * n + j) * width + l]
                    )


@njit(**HELPER)
def _solve(s, matrix, at):
    """Solve W x = k[at:] in place."""
    width = s.t.size
    n = s.y.size // width
    x = row(s.k, at, s.y.size)
    for i in range(1, n):
        for j in range(i):
            for l in range(width):
                x[i * width + l] -= matrix[(i * n + j) * width + l] * x[j * width + l]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            for l in range(width):
                x[i * width + l] -= matrix[(i * n + j) * width + l] * x[j * width + l]
        for l in range(width):
            x[i * width + l] /= matrix[(i * n + i) * width + l]


@njit(**HELPER)
def _stage(s, rhs, control, table, jac, matrix, slot):
    """Stage `slot` (1 to 6; slot 0 keeps the derivative at the step's start)."""
    width, size = s.t.size, s.y.size
    at, moments = slot * size, s.y.size // width * size
    a, c = row(table, slot * 16, 6), row(table, slot * 16 + 6, 6)
    alpha, gamma = table[slot * 16 + 12], table[slot * 16 + 13]
    for k in range(size):
        s.ynew[k] = s.y[k]
    for j in range(slot - 1):
        for k in range(size):
            s.ynew[k] += a[j] * s.k[(j + 1) * size + k]
    if slot == 1:
        for k in range(size):
            s.k[at + k] = s.k[k]
    else:
        for l in range(width):
            s.at[l] = s.t[l] + alpha * s.hs[l]
        rhs(s.at.ctypes, s.ynew.ctypes, s.p.ctypes, s.u.ctypes, row(s.k, at, size).ctypes)
        if control.rates:
            add_rates(s, s.k, at)
    for k in range(size):
        s.k[at + k] += s.tile[k] * gamma * jac[moments + k]
    for j in range(slot - 1):
        for k in range(size):
            s.k[at + k] += c[j] / s.tile[k] * s.k[(j + 1) * size + k]
    _solve(s, matrix, at)


@njit(**HELPER)
def _attempt(s, rhs, jacobian, control, table, jac, matrix, bad):
    """Six stages, new state, error estimate; lanes with a small pivot get an infinite error."""
    width, size = s.t.size, s.y.size
    jacobian(s.t.ctypes, s.y.ctypes, s.p.ctypes, s.u.ctypes, jac.ctypes)
    _factor(s, jac, matrix, bad)
    for slot in range(1, 7):
        _stage(s, rhs, control, table, jac, matrix, slot)
    for k in range(size):
        s.ynew[k] += s.k[6 * size + k]
        s.err[k] = s.k[6 * size + k]
    measure(s, control)
    for l in range(width):
        s.msq[l] = math.inf if bad[l] > 0.0 else s.msq[l]


@njit(**HELPER)
def _coefficients(table):
    """Rows of a (6), c (6), alpha, gamma for the slots 1 to 6."""
    for k in range(table.size):
        table[k] = 0.0
    rows = (
        ((0.0, 0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0, 0.0), 0.0, 0.25),
        ((1.544, 0.0, 0.0, 0.0, 0.0), (-5.6688, 0.0, 0.0, 0.0, 0.0), 0.386, -0.1043),
        ((0.9466785280815826, 0.2557011698983284, 0.0, 0.0, 0.0),
         (-2.430093356833875, -0.2063599157091915, 0.0, 0.0, 0.0), 0.21, 0.1035),
        ((3.314825187068521, 2.896124015972201, 0.9986419139977817, 0.0, 0.0),
         (-0.1073529058151375, -9.594562251023355, -20.47028614809616, 0.0, 0.0), 0.63, -0.0362),
        ((1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895, 0.0),
         (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.7089089320616, 0.0), 1.0, 0.0),
        ((1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895, 1.0),
         (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136,
          -6.058818238834054), 1.0, 0.0),
    )  # fmt: skip
    for i in range(6):
        a, c, alpha, gamma = rows[i]
        for j in range(5):
            table[(i + 1) * 16 + j] = a[j]
            table[(i + 1) * 16 + 6 + j] = c[j]
        table[(i + 1) * 16 + 12], table[(i + 1) * 16 + 13] = alpha, gamma


@njit(SIGNATURE, **KERNEL)
def rodas4(rhs_at, guard_at, jump_at, tick_at, jacobian_at, task, found, control, width):
    """Integrate all persons of a task; the first arguments are addresses of blocks."""
    rhs, guard, jump, tick = (block_at(rhs_at), block_at(guard_at), block_at(jump_at),
                              block_at(tick_at))  # fmt: skip
    jacobian = block_at(jacobian_at)
    n, npar, nin = task.y0.shape[1], task.p.shape[1], task.u0.shape[1]
    size = n * width
    whole, flat = np.zeros(4 * width, np.int64), np.zeros(scratch_size(n, npar, nin, 7, width))
    more = np.zeros(119 + width + (2 * n + 1) * size)
    table, w = row(more, 0, 112), row(more, 112, 7)
    bad, jac = row(more, 119, width), row(more, 119 + width, (n + 1) * size)
    matrix = row(more, 119 + width + (n + 1) * size, n * size)
    _coefficients(table)
    s = make_lanes(n, npar, nin, 7, width, task.atol, whole, flat)
    task, found = bare_task(task), bare_found(found)
    waiting = 0
    for l in range(width):
        waiting = refill(s, l, waiting, task, found, control, tick)
    while seated(s) > 0:
        renew(s, rhs, guard, control)
        limit(s, control)
        _attempt(s, rhs, jacobian, control, table, jac, matrix, bad)
        judge(s)
        if control.event:
            locate(s, guard, True, w)
        record(s, task, found, True, w)
        move(s)
        rhs(s.at.ctypes, s.y.ctypes, s.p.ctypes, s.u.ctypes, s.tmp.ctypes)
        if control.rates:
            add_rates(s, s.tmp, 0)
        spread(s.accept, s.tile2, width)
        for k in range(size):
            s.k[k] = s.tmp[k] if s.tile2[k] > 0.0 else s.k[k]
        waiting = after_step(s, waiting, task, found, control, tick, jump)
    # Their last use: numba frees an array after it, and the bare views above do not count.
    whole[0], flat[0], more[0] = 0, 0.0, 0.0
