"""One step of a lane block, whatever the method: limits, error, events, visits, what comes after."""

# mypy: disable-error-code="no-untyped-def"
import math

import numpy as np
from numba import njit

from twin_engine.lane_parts import (
    ACCEPT,
    AT,
    ATOL,
    DUE,
    FINE,
    FLAG,
    FRESH,
    GUARD,
    HELPER,
    LAND,
    LANDED,
    LANDING,
    LAST,
    MSQ,
    NEW,
    NEXT,
    NOT_FINITE,
    OLD,
    PERSON,
    RATES,
    SELDOM,
    STEP,
    STEPS,
    STOP,
    STRETCH,
    STUCK,
    TOO_LONG,
    UNTIL,
    VISIT,
    WORK,
    H,
    K,
    T,
    Y,
    due,
    finish,
    note_visit,
    refill,
)


@njit(**HELPER)
def spread(s, row, slot) -> None:
    """Repeat one value a lane over all rows of a slot."""
    values, tiled = s.lane[row], s.big[slot]
    for i in range(s.rows):
        for l in range(s.width):
            tiled[i * s.width + l] = values[l]


# A sum of zeros and ones is exact in any order, so this one may be re-associated.
@njit(fastmath={"contract", "reassoc"}, error_model="numpy", forceinline=True)
def total(s, row) -> float:
    """How many lanes a mask holds."""
    mask, count = s.lane[row], 0.0
    for l in range(s.width):
        count += mask[l]
    return count


@njit(**HELPER)
def derive(s, rhs, control, times, states, into) -> None:
    """Call the right-hand side and add the running infusions."""
    rhs(times.ctypes, states.ctypes, s.p.ctypes, s.u.ctypes, into.ctypes)
    if control.rates:
        rates = s.big[RATES]
        for k in range(s.size):
            into[k] += rates[k]


@njit(**HELPER)
def renew(s, rhs, guard, control) -> None:
    """Derivatives (slot 0) and guard of lanes that start, got a dose, or jumped."""
    if total(s, FRESH) == 0.0:
        return
    derive(s, rhs, control, s.lane[T], s.big[Y], s.big[WORK])
    if control.event:
        guard(s.lane[T].ctypes, s.big[Y].ctypes, s.p.ctypes, s.u.ctypes, s.lane[AT].ctypes)
    _take_fresh(s, control)


@njit(**SELDOM)
def _take_fresh(s, control):
    width = s.width
    for l in range(width):
        if s.lane[FRESH, l] > 0.0:
            for k in range(l, s.size, width):
                s.big[K, k] = s.big[WORK, k]
            s.lane[GUARD, l] = s.lane[AT, l]
            if s.lane[NEW, l] > 0.0:
                s.lane[H, l] = _first_step(s, l, control)
            s.lane[FRESH, l] = s.lane[NEW, l] = 0.0


@njit(**SELDOM)
def _first_step(s, l, control):
    """A hundredth of the state's own time (Hairer, Norsett & Wanner 1993, Solving ODEs I, II.4)."""
    size = speed = count = 0.0
    for k in range(l, s.size, s.width):
        scale = s.big[ATOL, k] + control.rtol * abs(s.big[Y, k])
        size += (s.big[Y, k] / scale) ** 2
        speed += (s.big[K, k] / scale) ** 2
        count += 1.0
    span = s.lane[UNTIL, l] - s.lane[T, l]
    if size < 1e-10 * count or not speed > 1e-10 * count:
        return 1e-4 * span
    return min(0.01 * math.sqrt(size / speed), 0.1 * span)


@njit(**HELPER)
def limit(s, control) -> None:
    """The step each lane tries: never over a dose, a tick or its end."""
    t, h, step, stop, last = s.lane[T], s.lane[H], s.lane[STEP], s.lane[STOP], s.lane[LAST]
    # A remainder of a millionth joins the step, unless the step may have to end on an event.
    stretch = 1.0 if control.event else 1.000001
    for l in range(s.width):
        rest = stop[l] - t[l]
        wanted = min(h[l], control.max_step)
        step[l] = rest if wanted * stretch >= rest else wanted
        last[l] = 1.0 if wanted * stretch >= rest else 0.0
    spread(s, STEP, STRETCH)


@njit(**HELPER)
def measure(s, control) -> None:
    """Mean square of the error over its tolerance, by lane."""
    y, z, err, atol, msq = s.big[Y], s.big[NEXT], s.big[WORK], s.big[ATOL], s.lane[MSQ]
    for k in range(s.size):
        r = err[k] / (atol[k] + control.rtol * max(abs(y[k]), abs(z[k])))
        err[k] = r * r
    for l in range(s.width):
        msq[l] = 0.0
    for i in range(s.rows):
        for l in range(s.width):
            msq[l] += err[i * s.width + l]
    share = 1.0 / s.rows
    for l in range(s.width):
        msq[l] *= share


@njit(**HELPER)
def judge(s) -> None:
    """Accept or reject by the mean square error; propose the next step.

    Proportional-integral control (Gustafsson 1991, ACM Trans Math Softw 17:533,
    doi:10.1145/210232.210242) with exponents 1/4 and 1/8, in square roots so that it vectorises.
    Anything but err <= 1 is a rejection.
    """
    msq, old, accept = s.lane[MSQ], s.lane[OLD], s.lane[ACCEPT]
    step, h, last = s.lane[STEP], s.lane[H], s.lane[LAST]
    for l in range(s.width):
        fine, size = msq[l] <= 1.0, math.sqrt(math.sqrt(math.sqrt(msq[l])))
        # accept still tells of the step before: after a rejection the step does not grow.
        down, before, most = 0.9 / size, old[l], 5.0 if accept[l] > 0.0 else 1.0
        up = min(down * before, most)
        change = up if fine else down
        wanted, proposed = step[l] * (change if change > 0.2 else 0.2), h[l]
        # A step cut short by a dose says nothing against the longer step proposed before it.
        keep = fine & (last[l] > 0.0) & (wanted < proposed)
        memory = math.sqrt(size)
        memory = memory if memory > 0.3162 else 0.3162
        h[l] = proposed if keep else wanted
        old[l] = memory if fine else before
        accept[l] = 1.0 if fine else 0.0


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
    """Weights of slots 0 to 6 at the fraction x of a step (RODAS, function CONTRO)."""
    r = x * (1.0 - x)
    w[0] = 0.0
    w[1] = x * 1.221224509226641 + r * (10.12623508344586 - x * 0.6762803392801253)
    w[2] = x * 6.019134481288629 + r * (-7.487995877610167 + x * 6.087714651680015)
    w[3] = x * 12.53708332932087 + r * (-34.80091861555747 + x * 16.43084320892478)
    w[4] = x * -0.687886036105895 + r * (-7.992771707568823 + x * 24.76722511418386)
    w[5] = x + r * (1.025137723295662 - x * 6.594389125716872)
    w[6] = x


@njit(**SELDOM)
def _interpolate(s, l, stiff, x, w, inside):
    """The solution of lane l at the fraction x of its step into `inside`."""
    if stiff:
        _weights_rodas4(x, w)
    else:
        _weights_tsit5(x, s.lane[STEP, l], w)
    for i in range(inside.size):
        k = i * s.width + l
        value = s.big[Y, k]
        for j in range(7):
            value += w[j] * s.big[K + j, k]
        inside[i] = value


@njit(**HELPER)
def record(s, task, found, stiff, w) -> None:
    """Record the visits that accepted steps have passed; a visit never cuts a step."""
    t, step, last, stop = s.lane[T], s.lane[STEP], s.lane[LAST], s.lane[STOP]
    accept, visit_due, end, passed = s.lane[ACCEPT], s.lane[DUE], s.lane[AT], s.lane[FLAG]
    for l in range(s.width):
        here, stopped, moved = t[l] + step[l], stop[l], accept[l]
        here = stopped if last[l] > 0.0 else here
        end[l] = here
        passed[l] = moved if visit_due[l] <= here else 0.0
    if total(s, FLAG) > 0.0:
        _record(s, task, found, stiff, w)


@njit(**SELDOM)
def _record(s, task, found, stiff, w):
    for l in range(s.width):
        while s.lane[ACCEPT, l] > 0.0 and s.lane[DUE, l] <= s.lane[AT, l]:
            x = (s.lane[DUE, l] - s.lane[T, l]) / s.lane[STEP, l]
            _interpolate(s, l, stiff, x, w, found.y[s.seat[VISIT, l]])
            note_visit(s, l, task, found)


@njit(**SELDOM)
def locate(s, guard, stiff, w) -> None:
    """Find where guard rises through 0 inside accepted steps; such a step is done again to there."""
    width, n = s.width, s.rows
    at, g = s.lane[AT], np.empty(width)
    for l in range(width):
        at[l] = s.lane[T, l] + s.lane[STEP, l]
    guard(at.ctypes, s.big[NEXT].ctypes, s.p.ctypes, s.u.ctypes, g.ctypes)
    low, high, crossed = np.zeros(width), np.ones(width), np.zeros(width)
    for l in range(width):
        rises = (s.lane[GUARD, l] < 0.0) & (g[l] >= 0.0) & (s.lane[LAND, l] == 0.0)
        if rises and s.lane[ACCEPT, l] > 0.0 and s.seat[PERSON, l] >= 0:
            crossed[l] = 1.0
        elif s.lane[ACCEPT, l] > 0.0:
            s.lane[GUARD, l] = g[l]
    if not crossed.any():
        return
    inside = np.empty(n)
    for _ in range(60):
        for l in range(width):
            if crossed[l] > 0.0:
                x = 0.5 * (low[l] + high[l])
                at[l] = s.lane[T, l] + x * s.lane[STEP, l]
                _interpolate(s, l, stiff, x, w, inside)
                for i in range(n):
                    s.big[WORK, i * width + l] = inside[i]
        guard(at.ctypes, s.big[WORK].ctypes, s.p.ctypes, s.u.ctypes, g.ctypes)
        for l in range(width):
            x = 0.5 * (low[l] + high[l])
            low[l], high[l] = (x, high[l]) if g[l] < 0.0 else (low[l], x)
    for l in range(width):
        if crossed[l] > 0.0:
            s.lane[ACCEPT, l], s.lane[LAND, l] = 0.0, LANDING
            s.lane[H, l] = high[l] * s.lane[STEP, l]


@njit(**HELPER)
def move(s) -> None:
    """Accepted lanes take the new state, and the last slot as the derivative at its time."""
    y, z, mask, k1, last = s.big[Y], s.big[NEXT], s.big[WORK], s.big[K], s.big[K + 6]
    spread(s, ACCEPT, WORK)
    # Both values are read before the choice: a read inside it would not vectorise.
    for k in range(s.size):
        moved, old, new, before, after = mask[k] > 0.0, y[k], z[k], k1[k], last[k]
        y[k] = new if moved else old
        k1[k] = after if moved else before


@njit(**HELPER)
def advance(s, max_steps) -> bool:
    """Times after the step; whether any lane needs attention: at a stop, stuck or over-long."""
    t, h, end, last = s.lane[T], s.lane[H], s.lane[AT], s.lane[LAST]
    accept, steps, flag = s.lane[ACCEPT], s.lane[STEPS], s.lane[FLAG]
    for l in range(s.width):
        before, there, arrived, count = t[l], end[l], last[l], steps[l] + 1.0
        now = there if accept[l] > 0.0 else before
        stuck = 1.0 if h[l] <= 4e-16 * abs(now) + 1e-30 else 0.0
        wanted = arrived if accept[l] > 0.0 else stuck
        t[l] = now
        steps[l] = count
        flag[l] = 1.0 if count >= max_steps else wanted
    return total(s, FLAG) > 0.0


@njit(**HELPER)
def after_step(s, waiting, task, found, control, tick, jump) -> int:
    """Times, jumps, doses, ends and failures after a step; returns the queue's next person."""
    attention = advance(s, control.max_steps)
    if control.event:
        _land(s, jump)
    if attention:
        waiting = _attend(s, waiting, task, found, control, tick)
    return waiting


@njit(**SELDOM)
def _attend(s, waiting, task, found, control, tick):
    for l in range(s.width):
        if s.seat[PERSON, l] < 0:
            continue
        status, now = -1, s.lane[T, l]
        if s.lane[ACCEPT, l] > 0.0:
            if s.lane[LAST, l] > 0.0 and now >= s.lane[UNTIL, l]:
                status = FINE
            elif s.lane[LAST, l] > 0.0:
                due(s, l, control, task, tick)
        elif s.lane[H, l] <= 4e-16 * abs(now) + 1e-30:
            status = STUCK if math.isfinite(s.lane[MSQ, l]) else NOT_FINITE
        if status < 0 and s.lane[STEPS, l] >= control.max_steps:
            status = TOO_LONG
        if status >= 0:
            finish(s, l, found, status)
            waiting = refill(s, l, waiting, task, found, control, tick)
    return waiting


@njit(**SELDOM)
def _land(s, jump):
    """Lanes that end their step on an event jump; those told to land do so with the next step."""
    width = s.width
    called = False
    for l in range(width):
        if s.lane[LAND, l] == LANDED and s.lane[ACCEPT, l] > 0.0:
            if not called:
                jump(s.lane[T].ctypes, s.big[Y].ctypes, s.p.ctypes, s.u.ctypes, s.big[WORK].ctypes)
                called = True
            for k in range(l, s.size, width):
                s.big[Y, k] = s.big[WORK, k]
            s.lane[FRESH, l] = 1.0
            s.lane[LAND, l] = 0.0
        else:
            s.lane[LAND, l] = LANDED if s.lane[LAND, l] == LANDING else 0.0
