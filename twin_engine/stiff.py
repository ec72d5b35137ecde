"""Adaptive Rodas4 over lanes: a Rosenbrock method of order 4(3) for stiff models.

Hairer & Wanner, Solving Ordinary Differential Equations II (Springer 1996), IV.7 and the code
RODAS: coefficients, stiffly accurate, with a third-order interpolant. One linear system a step,
solved without pivoting over lanes; a small pivot rejects the step, whose matrix then is closer to
the identity.
"""

# mypy: disable-error-code="no-untyped-def, call-arg, var-annotated"
import math

import numpy as np
from numba import njit

from twin_engine import blocks, lane_parts, lane_steps
from twin_engine.blocks import LANES, block_at
from twin_engine.cache import text_number
from twin_engine.lane_parts import (
    AT,
    HELPER,
    KERNEL,
    LANE_ROWS,
    MSQ,
    NEXT,
    SELDOM,
    SIGNATURE,
    SLOT,
    STEP,
    STRETCH,
    WORK,
    K,
    Lanes,
    T,
    Y,
    bare,
    bare_found,
    bare_task,
    begin,
    refill,
    seated,
)
from twin_engine.lane_steps import (
    after_step,
    derive,
    judge,
    limit,
    locate,
    measure,
    move,
    record,
    renew,
)

_GAMMA = 0.25
_SMALL = 1e-8  # of the diagonal of the identity part


@njit(**SELDOM)
def _factor(step, jac, matrix, bad):
    """Fill W = I / (h gamma) - J from the block and factor it in place: L unit below, U above.

    jac has n * n + n rows, matrix n * n, of one value a lane each.
    """
    width = step.size
    n = int(math.sqrt(matrix.size // width))
    for l in range(width):
        bad[l] = 0.0
    for k in range(matrix.size):
        matrix[k] = -jac[k]
    for i in range(n):
        for l in range(width):
            matrix[(i * n + i) * width + l] += 1.0 / (step[l] * _GAMMA)
    for c in range(n):
        pivot = (c * n + c) * width
        for l in range(width):
            small = not abs(matrix[pivot + l]) > _SMALL / (step[l] * _GAMMA)
            bad[l] = 1.0 if small else bad[l]
        for r in range(c + 1, n):
            target = (r * n + c) * width
            for l in range(width):
                matrix[target + l] /= matrix[pivot + l]
            for j in range(c + 1, n):
                _subtract(matrix, (r * n + j) * width, matrix, target, matrix, (c * n + j) * width, width)


@njit(**HELPER)
def _subtract(x, at, a, i, b, j, width):
    """x[at:] -= a[i:] * b[j:] over the lanes."""
    for l in range(width):
        x[at + l] -= a[i + l] * b[j + l]


@njit(**SELDOM)
def _solve(matrix, x, width):
    """Solve W x = x in place, by the factors."""
    n = x.size // width
    for i in range(1, n):
        for j in range(i):
            _subtract(x, i * width, matrix, (i * n + j) * width, x, j * width, width)
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            _subtract(x, i * width, matrix, (i * n + j) * width, x, j * width, width)
        for l in range(width):
            x[i * width + l] /= matrix[(i * n + i) * width + l]


@njit(**HELPER)
def _stage(s, rhs, control, table, moments, matrix, slot):
    """Stage `slot` (1 to 6; slot 0 keeps the derivative at the step's start)."""
    y, z, h, k, first = s.big[Y], s.big[NEXT], s.big[STRETCH], s.big[K + slot], s.big[K]
    t, step, at, n = s.lane[T], s.lane[STEP], s.lane[AT], s.size
    alpha, gamma = table[slot, 12], table[slot, 13]
    for i in range(n):
        z[i] = y[i]
    for j in range(1, slot):
        a, kj = table[slot, j - 1], s.big[K + j]
        for i in range(n):
            z[i] += a * kj[i]
    if slot == 1:
        for i in range(n):
            k[i] = first[i]
    else:
        for l in range(s.width):
            at[l] = t[l] + alpha * step[l]
        derive(s, rhs, control, at, z, k)
    for i in range(n):
        k[i] += h[i] * gamma * moments[i]
    for j in range(1, slot):
        c, kj = table[slot, 5 + j], s.big[K + j]
        for i in range(n):
            k[i] += c / h[i] * kj[i]
    _solve(matrix, k[:n], s.width)


@njit(**HELPER)
def _attempt(s, rhs, jacobian, control, table, jac, matrix, bad):
    """Six stages, new state, error estimate; lanes with a small pivot get an infinite error."""
    z, e, last, msq = s.big[NEXT], s.big[WORK], s.big[K + 6], s.lane[MSQ]
    jacobian(s.lane[T].ctypes, s.big[Y].ctypes, s.p.ctypes, s.u.ctypes, jac.ctypes)
    _factor(s.lane[STEP, : s.width], jac, matrix, bad)
    moments = jac[matrix.size :]
    for i in range(moments.size):
        # An infinite time derivative (t^k at 0) is left out: the error estimate then sees to it.
        moments[i] = moments[i] if abs(moments[i]) < math.inf else 0.0
    for slot in range(1, 7):
        _stage(s, rhs, control, table, moments, matrix, slot)
    for i in range(s.size):
        z[i] += last[i]
        e[i] = last[i]
    measure(s, control)
    for l in range(s.width):
        msq[l] = math.inf if bad[l] > 0.0 else msq[l]


@njit(**SELDOM)
def _coefficients(table):
    """Fill rows 1 to 6, one a slot: a (6), c (6), alpha, gamma."""
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
            table[i + 1, j] = a[j]
            table[i + 1, 6 + j] = c[j]
        table[i + 1, 12], table[i + 1, 13] = alpha, gamma


def _kernel(text: int):
    @njit(SIGNATURE, **KERNEL)
    def rodas4(rhs_at, guard_at, jump_at, tick_at, jacobian_at, task, found, control, width) -> None:
        """Integrate all persons of a task; the first arguments are addresses of blocks."""
        rhs, guard, jump, tick = (block_at(rhs_at), block_at(guard_at), block_at(jump_at),
                                  block_at(tick_at))  # fmt: skip
        jacobian, n = block_at(jacobian_at), task.y0.shape[1]
        seat, lane, weights = np.zeros((4, LANES), np.int64), np.zeros((LANE_ROWS, LANES)), np.zeros(7)
        big, table = np.empty((K + 7, SLOT)), np.zeros((7, 16))
        u, p = np.zeros((task.u0.shape[1] + 1) * width), np.ones((task.p.shape[1] + 1) * width)
        jac, matrix, bad = np.zeros((n * n + n) * width), np.zeros(n * n * width), np.zeros(width)
        s = Lanes(bare(seat), bare(lane), bare(big), bare(u), bare(p), width, n, n * width)
        w = bare(weights)
        begin(s, task.atol)
        _coefficients(table)
        task, found = bare_task(task), bare_found(found)
        waiting = np.int64(0 & text)  # a literal would compile every helper twice
        for l in range(width):
            waiting = refill(s, l, waiting, task, found, control, tick)
        while seated(s) > 0:
            renew(s, rhs, guard, control)
            limit(s, control)
            _attempt(s, rhs, jacobian, control, bare(table), bare(jac), bare(matrix), bare(bad))
            judge(s)
            if control.event:
                locate(s, guard, True, w)
            record(s, task, found, True, w)
            derive(s, rhs, control, s.lane[AT], s.big[NEXT], s.big[K + 6])
            move(s)
            waiting = after_step(s, waiting, task, found, control, tick, jump)
        # Their last use: numba frees an array after it, and the bare views above do not count.
        seat[0, 0], lane[0, 0], big[0, 0], u[0], p[0], weights[0] = 0, 0.0, 0.0, 0.0, 0.0, 0.0
        jac[0], matrix[0], bad[0], table[0, 0] = 0.0, 0.0, 0.0, 0.0

    return rodas4


rodas4 = _kernel(text_number(blocks, lane_parts, lane_steps))
