"""Adaptive Tsit5 over lanes: explicit Runge-Kutta of order 5(4) for models that are not stiff.

Tsitouras 2011, Comput Math Appl 62:770, doi:10.1016/j.camwa.2011.06.002: coefficients and the
fourth-order interpolant for visits between steps.
"""

# mypy: disable-error-code="no-untyped-def"
import numpy as np
from numba import njit

from twin_engine.blocks import block_at
from twin_engine.lane_parts import (
    HELPER,
    KERNEL,
    LANDING,
    SIGNATURE,
    add_rates,
    after_step,
    bare,
    bare_found,
    bare_task,
    expect_visit,
    interpolate,
    judge,
    limit,
    make_lanes,
    measure,
    move,
    note_inputs,
    refill,
    renew,
    row,
    scratch_size,
    seated,
    spread,
)


@njit(**HELPER)
def _stage(s, rhs, control, slot, c):
    for l in range(s.t.size):
        s.at[l] = s.t[l] + c * s.hs[l]
    at = slot * s.y.size
    rhs(s.at.ctypes, s.ynew.ctypes, s.p.ctypes, s.u.ctypes, row(s.k, at, s.y.size).ctypes)
    if control.rates:
        add_rates(s, s.k, at)


@njit(**HELPER)
def _attempt(s, rhs, control):
    """Seven stages (the first is the last of the step before), new state, error estimate."""
    n, y, z, h, e = s.y.size, s.y, s.ynew, s.tile, s.err
    k1, k2, k3, k4 = row(s.k, 0, n), row(s.k, n, n), row(s.k, 2 * n, n), row(s.k, 3 * n, n)
    k5, k6, k7 = row(s.k, 4 * n, n), row(s.k, 5 * n, n), row(s.k, 6 * n, n)
    for i in range(n):
        z[i] = y[i] + h[i] * (0.161 * k1[i])
    _stage(s, rhs, control, 1, 0.161)
    for i in range(n):
        z[i] = y[i] + h[i] * (-0.008480655492356989 * k1[i] + 0.335480655492357 * k2[i])
    _stage(s, rhs, control, 2, 0.327)
    for i in range(n):
        z[i] = y[i] + h[i] * (2.8971530571054935 * k1[i] - 6.359448489975075 * k2[i]
                              + 4.3622954328695815 * k3[i])  # fmt: skip
    _stage(s, rhs, control, 3, 0.9)
    for i in range(n):
        z[i] = y[i] + h[i] * (5.325864828439257 * k1[i] - 11.748883564062828 * k2[i]
                              + 7.4955393428898365 * k3[i] - 0.09249506636175525 * k4[i])  # fmt: skip
    _stage(s, rhs, control, 4, 0.9800255409045097)
    for i in range(n):
        z[i] = y[i] + h[i] * (5.86145544294642 * k1[i] - 12.92096931784711 * k2[i]
                              + 8.159367898576159 * k3[i] - 0.071584973281401 * k4[i]
                              - 0.028269050394068383 * k5[i])  # fmt: skip
    _stage(s, rhs, control, 5, 1.0)
    for i in range(n):
        z[i] = y[i] + h[i] * (0.09646076681806523 * k1[i] + 0.01 * k2[i]
                              + 0.4798896504144996 * k3[i] + 1.379008574103742 * k4[i]
                              - 3.290069515436081 * k5[i] + 2.324710524099774 * k6[i])  # fmt: skip
    _stage(s, rhs, control, 6, 1.0)
    # Two loops: with more arrays in one the vectoriser gives up its overlap checks.
    for i in range(n):
        e[i] = (-0.00178001105222577714 * k1[i] - 0.0008164344596567469 * k2[i]
                + 0.007880878010261995 * k3[i] - 0.1447110071732629 * k4[i])  # fmt: skip
    for i in range(n):
        e[i] = h[i] * (e[i] + 0.5823571654525552 * k5[i] - 0.45808210592918697 * k6[i]
                       + 0.015151515151515152 * k7[i])  # fmt: skip


@njit(**HELPER)
def _weights(x, h, w):
    """Weights of the seven stages at the fraction x of the step."""
    q = x * x
    w[0] = h * (x + q * (-2.763706197274826 + x * (2.9132554618219126 - 1.0530884977290216 * x)))
    w[1] = h * q * (0.1317 + x * (-0.2234 + 0.1017 * x))
    w[2] = h * q * (3.9302962368947516 + x * (-5.941033872131505 + 2.490627285651253 * x))
    w[3] = h * q * (-12.411077166933676 + x * (30.33818863028232 - 16.548102889244902 * x))
    w[4] = h * q * (37.50931341651104 + x * (-88.1789048947664 + 47.37952196281928 * x))
    w[5] = h * q * (-27.896526289197286 + x * (65.09189467479366 - 34.87065786149661 * x))
    w[6] = h * q * (1.5 + x * (-4.0 + 2.5 * x))


@njit(**HELPER)
def _visits(s, task, found, w):
    """Record the visits that accepted steps have passed; a visit never cuts a step."""
    passed = 0.0
    for l in range(s.t.size):
        end = s.stop[l] if s.last[l] > 0.0 else s.t[l] + s.hs[l]
        passed += s.accept[l] if s.visit_due[l] <= end else 0.0
    if passed == 0.0:
        return
    for l in range(s.t.size):
        end = s.stop[l] if s.last[l] > 0.0 else s.t[l] + s.hs[l]
        while s.accept[l] > 0.0 and s.visit_due[l] <= end:
            _weights((s.visit_due[l] - s.t[l]) / s.hs[l], s.hs[l], w)
            interpolate(s, l, w, found.y[s.visit[l]])
            note_inputs(s, l, found)
            s.visit[l] += 1
            expect_visit(s, l, task)


@njit(**HELPER)
def _locate(s, guard, w):
    """Find where guard rises through 0 inside accepted steps; such a step is done again to there."""
    width, n = s.t.size, s.y.size // s.t.size
    for l in range(width):
        s.at[l] = s.t[l] + s.hs[l]
    g = np.empty(width)
    guard(s.at.ctypes, s.ynew.ctypes, s.p.ctypes, s.u.ctypes, g.ctypes)
    low, high, crossed = np.zeros(width), np.ones(width), np.zeros(width, np.uint8)
    count = 0
    for l in range(width):
        rises = (s.guard[l] < 0.0) & (g[l] >= 0.0)
        if rises and s.accept[l] > 0.0 and s.landed[l] == 0.0 and s.person[l] >= 0:
            crossed[l] = 1
            count += 1
    before = s.guard.copy()
    for l in range(width):
        if s.accept[l] > 0.0:
            s.guard[l] = g[l]
    if count == 0:
        return
    row = np.empty(n)
    for _ in range(60):
        for l in range(width):
            if crossed[l]:
                middle = 0.5 * (low[l] + high[l])
                s.at[l] = s.t[l] + middle * s.hs[l]
                _weights(middle, s.hs[l], w)
                interpolate(s, l, w, row)
                for i in range(n):
                    s.tmp[i * width + l] = row[i]
        guard(s.at.ctypes, s.tmp.ctypes, s.p.ctypes, s.u.ctypes, g.ctypes)
        for l in range(width):
            middle = 0.5 * (low[l] + high[l])
            low[l], high[l] = (middle, high[l]) if g[l] < 0.0 else (low[l], middle)
    for l in range(width):
        if crossed[l]:
            s.accept[l], s.landed[l], s.guard[l] = 0.0, LANDING, before[l]
            s.h[l] = high[l] * s.hs[l]


@njit(SIGNATURE, **KERNEL)
def tsit5(rhs_at, guard_at, jump_at, tick_at, unused, task, found, control, width):
    """Integrate all persons of a task; the first arguments are addresses of blocks."""
    rhs, guard, jump, tick = (block_at(rhs_at), block_at(guard_at), block_at(jump_at),
                              block_at(tick_at))  # fmt: skip
    n, npar, nin = task.y0.shape[1], task.p.shape[1], task.u0.shape[1]
    size = n * width
    whole, flat = np.zeros(4 * width, np.int64), np.zeros(scratch_size(n, npar, nin, 7, width))
    stage_weights = np.empty(7)
    s = make_lanes(n, npar, nin, 7, width, task.atol, whole, flat)
    w = bare(stage_weights)
    task, found = bare_task(task), bare_found(found)
    waiting = 0
    for l in range(width):
        waiting = refill(s, l, waiting, task, found, control, tick)
    while seated(s) > 0:
        renew(s, rhs, guard, control)
        limit(s, control)
        _attempt(s, rhs, control)
        measure(s, control)
        judge(s)
        if control.event:
            _locate(s, guard, w)
        _visits(s, task, found, w)
        move(s)
        spread(s.accept, s.tile2, width)
        for k in range(size):
            s.k[k] = s.k[6 * size + k] if s.tile2[k] > 0.0 else s.k[k]
        waiting = after_step(s, waiting, task, found, control, tick, jump)
    # Their last use: numba frees an array after it, and the bare views above do not count.
    whole[0], flat[0], stage_weights[0] = 0, 0.0, 0.0
