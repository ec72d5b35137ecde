"""Adaptive Tsit5 over lanes: explicit Runge-Kutta of order 5(4) for models that are not stiff.

Tsitouras 2011, Comput Math Appl 62:770, doi:10.1016/j.camwa.2011.06.002: coefficients and the
fourth-order interpolant for visits between steps.
"""

# mypy: disable-error-code="no-untyped-def, call-arg, var-annotated"
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


@njit(**HELPER)
def _stage(s, rhs, control, into, c):
    t, step, at = s.lane[T], s.lane[STEP], s.lane[AT]
    for l in range(s.width):
        at[l] = t[l] + c * step[l]
    derive(s, rhs, control, at, s.big[NEXT], into)


@njit(**HELPER)
def _attempt(s, rhs, control, w):
    """Seven stages (the first is the last of the step before), new state, error estimate."""
    y, z, h, e = s.big[Y], s.big[NEXT], s.big[STRETCH], s.big[WORK]
    k1, k2, k3, k4 = s.big[K], s.big[K + 1], s.big[K + 2], s.big[K + 3]
    k5, k6, k7 = s.big[K + 4], s.big[K + 5], s.big[K + 6]
    n, a = s.size, w[0, 0]
    for i in range(n):
        z[i] = y[i] + h[i] * (a * k1[i])
    _stage(s, rhs, control, k2, 0.161)
    a, b = w[1, 0], w[1, 1]
    for i in range(n):
        z[i] = y[i] + h[i] * (a * k1[i] + b * k2[i])
    _stage(s, rhs, control, k3, 0.327)
    a, b, c = w[2, 0], w[2, 1], w[2, 2]
    for i in range(n):
        z[i] = y[i] + h[i] * (a * k1[i] + b * k2[i] + c * k3[i])
    _stage(s, rhs, control, k4, 0.9)
    a, b, c, d = w[3, 0], w[3, 1], w[3, 2], w[3, 3]
    for i in range(n):
        z[i] = y[i] + h[i] * (a * k1[i] + b * k2[i] + c * k3[i] + d * k4[i])
    _stage(s, rhs, control, k5, 0.9800255409045097)
    a, b, c, d, f = w[4, 0], w[4, 1], w[4, 2], w[4, 3], w[4, 4]
    for i in range(n):
        z[i] = y[i] + h[i] * (a * k1[i] + b * k2[i] + c * k3[i] + d * k4[i] + f * k5[i])
    _stage(s, rhs, control, k6, 1.0)
    a, b, c, d, f, g = w[5, 0], w[5, 1], w[5, 2], w[5, 3], w[5, 4], w[5, 5]
    for i in range(n):
        z[i] = y[i] + h[i] * (a * k1[i] + b * k2[i] + c * k3[i] + d * k4[i] + f * k5[i] + g * k6[i])
    _stage(s, rhs, control, k7, 1.0)
    a, b, c, d, f, g, m = w[6, 0], w[6, 1], w[6, 2], w[6, 3], w[6, 4], w[6, 5], w[6, 6]
    for i in range(n):
        e[i] = h[i] * (a * k1[i] + b * k2[i] + c * k3[i] + d * k4[i] + f * k5[i] + g * k6[i]
                       + m * k7[i])  # fmt: skip


@njit(**SELDOM)
def _coefficients(table):
    """Fill the rows with the weights of stages 2 to 7 and of the error.

    They are read from memory because constants written into a loop would be loaded in each turn.
    """
    rows = (
        (0.161, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
        (-0.008480655492356989, 0.335480655492357, 0.0, 0.0, 0.0, 0.0, 0.0),
        (2.8971530571054935, -6.359448489975075, 4.3622954328695815, 0.0, 0.0, 0.0, 0.0),
        (5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525,
         0.0, 0.0, 0.0),
        (5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401,
         -0.028269050394068383, 0.0, 0.0),
        (0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081,
         2.324710524099774, 0.0),
        (-0.00178001105222577714, -0.0008164344596567469, 0.007880878010261995,
         -0.1447110071732629, 0.5823571654525552, -0.45808210592918697, 0.015151515151515152),
    )  # fmt: skip
    for i in range(7):
        for j in range(7):
            table[i, j] = rows[i][j]


def _kernel(text: int):
    @njit(SIGNATURE, **KERNEL)
    def tsit5(rhs_at, guard_at, jump_at, tick_at, unused, task, found, control, width) -> None:
        """Integrate all persons of a task; the first arguments are addresses of blocks."""
        rhs, guard, jump, tick = (block_at(rhs_at), block_at(guard_at), block_at(jump_at),
                                  block_at(tick_at))  # fmt: skip
        seat, lane, weights = np.zeros((4, LANES), np.int64), np.zeros((LANE_ROWS, LANES)), np.zeros(7)
        table = np.empty((7, 7))
        big = np.empty((K + 7, SLOT))
        u, p = np.zeros((task.u0.shape[1] + 1) * width), np.ones((task.p.shape[1] + 1) * width)
        rows = task.y0.shape[1]
        s = Lanes(bare(seat), bare(lane), bare(big), bare(u), bare(p), width, rows, rows * width)
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
            _attempt(s, rhs, control, bare(table))
            measure(s, control)
            judge(s)
            if control.event:
                locate(s, guard, False, w)
            record(s, task, found, False, w)
            move(s)
            waiting = after_step(s, waiting, task, found, control, tick, jump)
        # Their last use: numba frees an array after it, and the bare views above do not count.
        seat[0, 0], lane[0, 0], big[0, 0], u[0], p[0], weights[0] = 0, 0.0, 0.0, 0.0, 0.0, 0.0
        table[0, 0] = 0.0

    return tsit5


tsit5 = _kernel(text_number(blocks, lane_parts, lane_steps))
