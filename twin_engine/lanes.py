"""Adaptive Tsit5 over lanes: explicit Runge-Kutta of order 5(4) for models that are not stiff.

Tsitouras 2011, Comput Math Appl 62:770, doi:10.1016/j.camwa.2011.06.002: coefficients and the
fourth-order interpolant for visits between steps.
"""

# mypy: disable-error-code="no-untyped-def, call-arg, var-annotated"
import numpy as np
from numba import njit

from twin_engine.blocks import block_at
from twin_engine.lane_parts import (
    AT,
    ERR,
    HELPER,
    KERNEL,
    LANE_ROWS,
    NEXT,
    SIGNATURE,
    STEP,
    STRETCH,
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
    for l in range(t.size):
        at[l] = t[l] + c * step[l]
    derive(s, rhs, control, at, s.big[NEXT], into)


@njit(**HELPER)
def _attempt(s, rhs, control):
    """Seven stages (the first is the last of the step before), new state, error estimate."""
    y, z, h, e = s.big[Y], s.big[NEXT], s.big[STRETCH], s.big[ERR]
    k1, k2, k3, k4 = s.big[K], s.big[K + 1], s.big[K + 2], s.big[K + 3]
    k5, k6, k7 = s.big[K + 4], s.big[K + 5], s.big[K + 6]
    n = y.size
    for i in range(n):
        z[i] = y[i] + h[i] * (0.161 * k1[i])
    _stage(s, rhs, control, k2, 0.161)
    for i in range(n):
        z[i] = y[i] + h[i] * (-0.008480655492356989 * k1[i] + 0.335480655492357 * k2[i])
    _stage(s, rhs, control, k3, 0.327)
    for i in range(n):
        z[i] = y[i] + h[i] * (2.8971530571054935 * k1[i] - 6.359448489975075 * k2[i]
                              + 4.3622954328695815 * k3[i])  # fmt: skip
    _stage(s, rhs, control, k4, 0.9)
    for i in range(n):
        z[i] = y[i] + h[i] * (5.325864828439257 * k1[i] - 11.748883564062828 * k2[i]
                              + 7.4955393428898365 * k3[i] - 0.09249506636175525 * k4[i])  # fmt: skip
    _stage(s, rhs, control, k5, 0.9800255409045097)
    for i in range(n):
        z[i] = y[i] + h[i] * (5.86145544294642 * k1[i] - 12.92096931784711 * k2[i]
                              + 8.159367898576159 * k3[i] - 0.071584973281401 * k4[i]
                              - 0.028269050394068383 * k5[i])  # fmt: skip
    _stage(s, rhs, control, k6, 1.0)
    for i in range(n):
        z[i] = y[i] + h[i] * (0.09646076681806523 * k1[i] + 0.01 * k2[i]
                              + 0.4798896504144996 * k3[i] + 1.379008574103742 * k4[i]
                              - 3.290069515436081 * k5[i] + 2.324710524099774 * k6[i])  # fmt: skip
    _stage(s, rhs, control, k7, 1.0)
    # Two loops: with more arrays in one the vectoriser gives up its overlap checks.
    for i in range(n):
        e[i] = (-0.00178001105222577714 * k1[i] - 0.0008164344596567469 * k2[i]
                + 0.007880878010261995 * k3[i] - 0.1447110071732629 * k4[i])  # fmt: skip
    for i in range(n):
        e[i] = h[i] * (e[i] + 0.5823571654525552 * k5[i] - 0.45808210592918697 * k6[i]
                       + 0.015151515151515152 * k7[i])  # fmt: skip


@njit(SIGNATURE, **KERNEL)
def tsit5(rhs_at, guard_at, jump_at, tick_at, unused, task, found, control, width) -> None:
    """Integrate all persons of a task; the first arguments are addresses of blocks."""
    rhs, guard, jump, tick = (block_at(rhs_at), block_at(guard_at), block_at(jump_at),
                              block_at(tick_at))  # fmt: skip
    seat, lane, weights = np.zeros((4, width), np.int64), np.zeros((LANE_ROWS, width)), np.zeros(7)
    big = np.zeros((K + 7, task.y0.shape[1] * width))
    u, p = np.zeros((task.u0.shape[1] + 1) * width), np.ones((task.p.shape[1] + 1) * width)
    s, w = Lanes(bare(seat), bare(lane), bare(big), bare(u), bare(p)), bare(weights)
    begin(s, task.atol)
    task, found = bare_task(task), bare_found(found)
    waiting = np.int64(0)  # a literal would compile every helper twice
    for l in range(width):
        waiting = refill(s, l, waiting, task, found, control, tick)
    while seated(s) > 0:
        renew(s, rhs, guard, control)
        limit(s, control)
        _attempt(s, rhs, control)
        measure(s, control)
        judge(s)
        if control.event:
            locate(s, guard, False, w)
        record(s, task, found, False, w)
        move(s, s.big[K + 6])
        waiting = after_step(s, waiting, task, found, control, tick, jump)
    # Their last use: numba frees an array after it, and the bare views above do not count.
    seat[0, 0], lane[0, 0], big[0, 0], u[0], p[0], weights[0] = 0, 0.0, 0.0, 0.0, 0.0, 0.0
