"""One step of a lane block, whatever the method: limits, error, events, visits, what comes after.

Each part is a few short flat loops: the vectoriser checks at most eight pairs of arrays for overlap
in one loop, and gives up beyond.
"""

# mypy: disable-error-code="no-untyped-def"
import math

import numpy as np
from numba import njit

from twin_engine.lane_parts import (
    FINE,
    HELPER,
    LANDED,
    LANDING,
    NOT_FINITE,
    SELDOM,
    STUCK,
    TOO_LONG,
    due,
    expect_visit,
    finish,
    note_inputs,
    refill,
)


@njit(**HELPER)
def spread(values, tiled, width):
    """Repeat one value a lane over all rows of a flat array."""
    rows = tiled.size // width
    for i in range(rows):
        for l in range(width):
            tiled[i * width + l] = values[l]


@njit(**HELPER)
def add_rates(s, out, at):
    """Add running infusions to a slot of derivatives."""
    for k in range(s.y.size):
        out[at + k] += s.rates[k]


@njit(**HELPER)
def renew(s, rhs, guard, control):
    """Derivatives (slot 0) and guard of lanes that start, got a dose, or jumped."""
    if total(s.fresh) == 0.0:
        return
    width = s.t.size
    rhs(s.t.ctypes, s.y.ctypes, s.p.ctypes, s.u.ctypes, s.tmp.ctypes)
    if control.rates:
        add_rates(s, s.tmp, 0)
    if control.event:
        guard(s.t.ctypes, s.y.ctypes, s.p.ctypes, s.u.ctypes, s.tile2.ctypes)
    for l in range(width):
        if s.fresh[l] > 0.0:
            for i in range(s.y.size // width):
                s.k[i * width + l] = s.tmp[i * width + l]
            s.guard[l] = s.tile2[l]
            if s.new[l] > 0.0:
                s.h[l] = first_step(s, l, control)
            s.fresh[l] = s.new[l] = 0.0


@njit(**SELDOM)
def first_step(s, l, control):
    """Hairer, Norsett & Wanner, Solving ODEs I (1993), II.4: a hundredth of the state's own time."""
    width, size, speed = s.t.size, 0.0, 0.0
    n = s.y.size // width
    for i in range(n):
        y = s.y[i * width + l]
        scale = s.atol[i * width] + control.rtol * abs(y)
        size += (y / scale) ** 2
        speed += (s.k[i * width + l] / scale) ** 2
    span = s.until[l] - s.t[l]
    if size < 1e-10 * n or not speed > 1e-10 * n:
        return 1e-4 * span
    return min(0.01 * math.sqrt(size / speed), 0.1 * span)


@njit(**HELPER)
def total(mask):
    """How many lanes a mask holds."""
    count = 0.0
    for l in range(mask.size):
        count += mask[l]
    return count


@njit(**HELPER)
def limit(s, control):
    """The step each lane tries: never over a dose, a tick or its end."""
    # A remainder of a millionth joins the step, unless the step may have to end on an event.
    stretch = 1.0 if control.event else 1.000001
    for l in range(s.t.size):
        rest = s.stop[l] - s.t[l]
        h = min(s.h[l], control.max_step)
        s.hs[l] = rest if h * stretch >= rest else h
    for l in range(s.t.size):
        s.last[l] = 1.0 if s.hs[l] >= s.stop[l] - s.t[l] else 0.0
    spread(s.hs, s.tile, s.t.size)


@njit(**HELPER)
def judge(s):
    """Accept or reject by the mean square error; propose the next step.

    Proportional-integral control (Gustafsson 1991, ACM Trans Math Softw 17:533,
    doi:10.1145/210232.210242) with exponents 1/4 and 1/8, in square roots so that it vectorises.
    Anything but err <= 1 is a rejection. Several short loops: the vectoriser checks at most eight
    pairs of arrays for overlap in one.
    """
    width = s.t.size
    for l in range(width):
        s.root[l] = math.sqrt(math.sqrt(math.sqrt(s.msq[l])))
    for l in range(width):
        # accept still tells of the step before: after a rejection the step does not grow.
        up = 0.9 * s.old[l] / s.root[l]
        up = min(up, 5.0 if s.accept[l] > 0.0 else 1.0)
        down = 0.9 / s.root[l]
        factor = up if s.msq[l] <= 1.0 else down
        s.factor[l] = factor if factor > 0.2 else 0.2
    for l in range(width):
        # A step cut short by a dose says nothing against the longer step proposed before it.
        h = s.hs[l] * s.factor[l]
        keep = (s.msq[l] <= 1.0) & (s.last[l] > 0.0) & (h < s.h[l])
        s.h[l] = s.h[l] if keep else h
    for l in range(width):
        memory = math.sqrt(s.root[l])
        memory = memory if memory > 0.3162 else 0.3162
        s.old[l] = memory if s.msq[l] <= 1.0 else s.old[l]
    for l in range(width):
        s.accept[l] = 1.0 if s.msq[l] <= 1.0 else 0.0


@njit(**HELPER)
def _weights_tsit5(x, h, w):
    """Weights of the seven stages at the fraction x of a step (Tsitouras 2011)."""
    q = x * x
    w[0] = h * (x + q * (-2.763706197274826 + x * (2.9132554618219126 - 1.0530884977290216 * x)))
    w[1] = h * q * (0.1317 + x * (-0.2234 + 0.1017 * x))
    w[2] = h * q * (3.9302962368947516 + x * (-5.941033872131505 + 2.490627285651253 * x))
    w[3] = h * q * (-12.411077166933676 + x * (30.33818863028232 - 16.548102889244902 * x))
    w[4] = h * q * (37.50931341651104 + x * (-88.1789048947664 + 47.37952196281928 * x))
    w[5] = h * q * (-27.896526289197286 + x * (65.09189467479366 - 34.87065786149661 * x))
    w[6] = h * q * (1.5 + x * (-4.0 + 2.5 * x))


@njit(**HELPER)
def _weights_rodas4(x, w):
    """Weights of slots 0 to 6 at the fraction x of the step (RODAS, subroutine CONTRO)."""
    r = x * (1.0 - x)
    w[0] = 0.0
    w[1] = x * 1.221224509226641 + r * (10.12623508344586 - x * 0.6762803392801253)
    w[2] = x * 6.019134481288629 + r * (-7.487995877610167 + x * 6.087714651680015)
    w[3] = x * 12.53708332932087 + r * (-34.80091861555747 + x * 16.43084320892478)
    w[4] = x * -0.687886036105895 + r * (-7.992771707568823 + x * 24.76722511418386)
    w[5] = x + r * (1.025137723295662 - x * 6.594389125716872)
    w[6] = x


@njit(**HELPER)
def weights(stiff, x, h, w):
    """Weights of the slots at the fraction x of a step: the interpolant of the method."""
    if stiff:
        _weights_rodas4(x, w)
    else:
        _weights_tsit5(x, h, w)


@njit(**HELPER)
def interpolate(s, l, weights, row):
    """The solution of lane l inside its step into `row`."""
    width = s.t.size
    size = s.y.size
    for i in range(row.size):
        value = s.y[i * width + l]
        for j in range(weights.size):
            value += weights[j] * s.k[j * size + i * width + l]
        row[i] = value


@njit(**SELDOM)
def record(s, task, found, stiff, w):
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
            weights(stiff, (s.visit_due[l] - s.t[l]) / s.hs[l], s.hs[l], w)
            interpolate(s, l, w, found.y[s.visit[l]])
            note_inputs(s, l, found)
            s.visit[l] += 1
            expect_visit(s, l, task)


@njit(**SELDOM)
def locate(s, guard, stiff, w):
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
    inside = np.empty(n)
    for _ in range(60):
        for l in range(width):
            if crossed[l]:
                middle = 0.5 * (low[l] + high[l])
                s.at[l] = s.t[l] + middle * s.hs[l]
                weights(stiff, middle, s.hs[l], w)
                interpolate(s, l, w, inside)
                for i in range(n):
                    s.tmp[i * width + l] = inside[i]
        guard(s.at.ctypes, s.tmp.ctypes, s.p.ctypes, s.u.ctypes, g.ctypes)
        for l in range(width):
            middle = 0.5 * (low[l] + high[l])
            low[l], high[l] = (middle, high[l]) if g[l] < 0.0 else (low[l], middle)
    for l in range(width):
        if crossed[l]:
            s.accept[l], s.landed[l], s.guard[l] = 0.0, LANDING, before[l]
            s.h[l] = high[l] * s.hs[l]


@njit(**HELPER)
def measure(s, control):
    """Mean square of the error over its tolerance, by lane."""
    width = s.t.size
    for k in range(s.y.size):
        r = s.err[k] / (s.atol[k] + control.rtol * max(abs(s.y[k]), abs(s.ynew[k])))
        s.tile2[k] = r * r
    for l in range(width):
        s.msq[l] = 0.0
    for i in range(s.y.size // width):
        for l in range(width):
            s.msq[l] += s.tile2[i * width + l]
    for l in range(width):
        s.msq[l] /= s.y.size // width


@njit(**HELPER)
def move(s):
    """Accepted lanes take the new state."""
    spread(s.accept, s.tile2, s.t.size)
    for k in range(s.y.size):
        s.y[k] = s.ynew[k] if s.tile2[k] > 0.0 else s.y[k]


@njit(**HELPER)
def advance(s, max_steps):
    """Times after the step; returns whether any lane needs attention: at a stop, or stuck."""
    width = s.t.size
    for l in range(width):
        here = s.stop[l] if s.last[l] > 0.0 else s.t[l] + s.hs[l]
        s.t[l] = here if s.accept[l] > 0.0 else s.t[l]
    for l in range(width):
        s.steps[l] += 1.0
    attention = 0.0
    for l in range(width):
        stuck = s.h[l] <= 4e-16 * abs(s.t[l]) + 1e-30
        attention += s.last[l] if s.accept[l] > 0.0 else (1.0 if stuck else 0.0)
        attention += 1.0 if s.steps[l] >= max_steps else 0.0
    return attention > 0.0


@njit(**HELPER)
def after_step(s, waiting, task, found, control, tick, jump):
    """Times, jumps, doses, ends and failures after a step; returns the queue's next person."""
    width = s.t.size
    attention = advance(s, control.max_steps)
    if control.event:
        land(s, jump)
    if not attention:
        return waiting
    for l in range(width):
        if s.person[l] < 0:
            continue
        status = -1
        if s.accept[l] > 0.0:
            if s.last[l] > 0.0 and s.t[l] >= s.until[l]:
                status = FINE
            elif s.last[l] > 0.0:
                due(s, l, control, task, tick)
        elif s.h[l] <= 4e-16 * abs(s.t[l]) + 1e-30:
            status = STUCK if math.isfinite(s.msq[l]) else NOT_FINITE
        if status < 0 and s.steps[l] >= control.max_steps:
            status = TOO_LONG
        if status >= 0:
            finish(s, l, found, status)
            waiting = refill(s, l, waiting, task, found, control, tick)
    return waiting


@njit(**SELDOM)
def land(s, jump):
    """Lanes that end their step on an event jump; those told to land do so with the next step."""
    width = s.t.size
    called = False
    for l in range(width):
        if s.landed[l] == LANDED and s.accept[l] > 0.0:
            if not called:
                jump(s.t.ctypes, s.y.ctypes, s.p.ctypes, s.u.ctypes, s.tmp.ctypes)
                called = True
            for j in range(s.y.size // width):
                s.y[j * width + l] = s.tmp[j * width + l]
            s.fresh[l] = 1.0
            s.landed[l] = 0.0
        else:
            s.landed[l] = LANDED if s.landed[l] == LANDING else 0.0
