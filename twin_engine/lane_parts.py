"""What both lane solvers share: who sits in which lane, doses, visits, ticks, and the way out.

Thirty-two persons advance in lockstep, each with its own time and step; a lane whose person is done
takes the next one. Arrays of a whole lane block are flat, row i of lane l at `i * width + l`, and
loops over them run flat, over lengths known at run time only: loops of constant length 32 would be
unrolled to scalar code before the vectoriser runs. The distances between arrays on the other hand
are constants, so that the vectoriser sees without checks that they do not overlap. Every result
depends on its own lane only, so it is the same bit for bit for any number of threads, chunk size
and order of persons.
"""

# mypy: disable-error-code="no-untyped-def, call-arg, var-annotated"
import math
from collections import namedtuple
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from twin_engine.blocks import LANES, block_at

HELPER: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy", "forceinline": True}
# What happens to one lane now and then is called, not inlined: the kernel compiles faster.
SELDOM: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy"}
KERNEL: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy", "cache": True, "nogil": True}

# What is asked, one row a person. span: start, end. first: CSR pointers of entries and of visits.
# entry: time, amount. target: 0..n-1 adds to a state, n..2n-1 to a state's rate, 2n.. to an input.
Task = namedtuple("Task", "p y0 u0 span first entry target visit atol driven memory")
# What comes out: states and inputs at visits, the end of each person. outcome: status, steps.
Found = namedtuple("Found", "y u final final_u failed_at outcome")
# Settings: rtol, longest step, tick period (0: none), most steps a person, events, infusions.
Control = namedtuple("Control", "rtol max_step period max_steps event rates")

_F1, _F2 = types.float64[::1], types.float64[:, ::1]
_I1, _I2 = types.int64[::1], types.int64[:, ::1]
TASK = types.NamedTuple((_F2, _F2, _F2, _F2, _I2, _F2, _I1, _F1, _F1, types.uint8[::1], _F2), Task)
FOUND = types.NamedTuple((_F2, _F2, _F2, _F2, _F1, _I2), Found)
CONTROL = types.NamedTuple(
    (types.float64, types.float64, types.float64, types.int64, types.boolean, types.boolean), Control
)
_AT = types.int64  # address of a block; `block_at` makes it a first-class function
SIGNATURE = types.void(_AT, _AT, _AT, _AT, _AT, TASK, FOUND, CONTROL, types.int64)

FINE, NOT_FINITE, STUCK, TOO_LONG = 0, 1, 2, 3
LANDED, LANDING = 1.0, 2.0  # ends on the event; is to be done again, to end there

# A lane block. seat: whole numbers a lane. lane: numbers a lane (masks too: mixed types keep the
# vectoriser away). big: numbers a state and lane, last the slots of stages. u, p: inputs, parameters.
# width: lanes; rows: states; size: numbers of a slot in use.
Lanes = namedtuple("Lanes", "seat lane big u p width rows size")
PERSON, ENTRY, VISIT, TICK = range(4)
(T, H, STEP, STOP, UNTIL, OLD, GUARD, LAST, FRESH, NEW, LAND, ACCEPT, DUE, STEPS, MSQ, AT,
 FLAG) = range(17)  # fmt: skip
LANE_ROWS = FLAG + 1
# WORK holds the error, its squares, a mask, or what passes through.
Y, NEXT, WORK, RATES, STRETCH, ATOL, K = range(7)
MOST_STATES = 512
# Thirteen cache lines more than full pages: slots neither crowd one cache set nor alias.
SLOT = MOST_STATES * LANES + 13 * 8


@intrinsic
def bare(typingctx, array) -> Any:
    """The same memory without reference counting, which would cost half the time.

    The caller keeps the array alive.
    """

    def code(context, builder, signature, args):
        made = context.make_array(signature.args[0])(context, builder, value=args[0])
        made.meminfo = ir.Constant(made.meminfo.type, None)
        made.parent = ir.Constant(made.parent.type, None)
        return made._getvalue()

    return array(array), code


@njit(**HELPER)
def bare_task(q) -> Task:
    """A task without reference counting."""
    return Task(bare(q.p), bare(q.y0), bare(q.u0), bare(q.span), bare(q.first), bare(q.entry),
                bare(q.target), bare(q.visit), bare(q.atol), bare(q.driven), bare(q.memory))  # fmt: skip


@njit(**HELPER)
def bare_found(q) -> Found:
    """Results without reference counting."""
    return Found(bare(q.y), bare(q.u), bare(q.final), bare(q.final_u), bare(q.failed_at),
                 bare(q.outcome))  # fmt: skip


@njit(**HELPER)
def begin(s, atol) -> None:
    """Empty the lanes and spread the absolute tolerances."""
    width = s.width
    for slot in range(s.big.shape[0]):
        for k in range(s.size):
            s.big[slot, k] = 0.0
    for l in range(width):
        s.seat[PERSON, l], s.lane[OLD, l], s.lane[DUE, l] = -1, 1.0, math.inf
    for j in range(atol.size):
        for l in range(width):
            s.big[ATOL, j * width + l] = atol[j]


@njit(**HELPER)
def due(s, l, control, task, tick) -> None:
    """Apply the doses and the tick that are due in lane l; set the next stop."""
    n, width, i = task.y0.shape[1], s.width, s.seat[PERSON, l]
    e, last, now = s.seat[ENTRY, l], task.first[0, i + 1], s.lane[T, l]
    while e < last and task.entry[0, e] <= now:
        target, amount = task.target[e], task.entry[1, e]
        if target < n:
            s.big[Y, target * width + l] += amount
        elif target < 2 * n:
            s.big[RATES, (target - n) * width + l] += amount
        else:
            s.u[(target - 2 * n) * width + l] += amount
        e += 1
    s.seat[ENTRY, l] = e
    stop = s.lane[UNTIL, l]
    if e < last:
        stop = min(stop, task.entry[0, e])
    if control.period > 0.0:
        if s.seat[TICK, l] * control.period <= now:
            _run_tick(s, l, task, tick)
            s.seat[TICK, l] += 1
        stop = min(stop, s.seat[TICK, l] * control.period)
    s.lane[STOP, l] = stop
    s.lane[FRESH, l] = 1.0


@njit(**SELDOM)
def _run_tick(s, l, task, tick):
    """Let the model read one person's solution and set the inputs that no dose drives."""
    width, i = s.width, s.seat[PERSON, l]
    n, npar, nin = task.y0.shape[1], task.p.shape[1], task.u0.shape[1]
    y, u, t, p = np.empty(n), np.empty(max(1, nin)), np.empty(1), np.empty(max(1, npar))
    t[0] = s.lane[T, l]
    for j in range(n):
        y[j] = s.big[Y, j * width + l]
    for j in range(nin):
        u[j] = s.u[j * width + l]
    for j in range(npar):
        p[j] = task.p[i, j]
    tick(t.ctypes, y.ctypes, p.ctypes, u.ctypes, task.memory[i].ctypes)
    for j in range(nin):
        if task.driven[j] == 0:
            s.u[j * width + l] = u[j]


@njit(**SELDOM)
def _sit(s, l, i, task, found, control):
    """Put person i into lane l, before its first dose."""
    width = s.width
    n, now = task.y0.shape[1], task.span[i, 0]
    s.seat[PERSON, l], s.seat[ENTRY, l], s.seat[VISIT, l] = i, task.first[0, i], task.first[1, i]
    s.lane[T, l], s.lane[UNTIL, l] = now, task.span[i, 1]
    s.lane[OLD, l], s.lane[ACCEPT, l], s.lane[NEW, l] = 1.0, 1.0, 1.0
    s.lane[LAND, l], s.lane[STEPS, l] = 0.0, 0.0
    for j in range(task.p.shape[1]):
        s.p[j * width + l] = task.p[i, j]
    for j in range(task.u0.shape[1]):
        s.u[j * width + l] = task.u0[i, j]
    for j in range(n):
        s.big[Y, j * width + l] = task.y0[i, j]
        s.big[RATES, j * width + l] = 0.0
    expect_visit(s, l, task)
    while s.lane[DUE, l] <= now:
        for j in range(n):
            found.y[s.seat[VISIT, l], j] = task.y0[i, j]
        note_visit(s, l, task, found)
    if control.period > 0.0:
        s.seat[TICK, l] = math.ceil(now / control.period - 1e-9)


@njit(**HELPER)
def expect_visit(s, l, task) -> None:
    """Set the time of lane l's next visit."""
    v = s.seat[VISIT, l]
    s.lane[DUE, l] = task.visit[v] if v < task.first[1, s.seat[PERSON, l] + 1] else math.inf


@njit(**HELPER)
def note_visit(s, l, task, found) -> None:
    """Keep the inputs of lane l with its current visit, and go on to the next."""
    v = s.seat[VISIT, l]
    for j in range(found.u.shape[1]):
        found.u[v, j] = s.u[j * s.width + l]
    s.seat[VISIT, l] = v + 1
    expect_visit(s, l, task)


@njit(**SELDOM)
def finish(s, l, found, status) -> None:
    """Take the person out of lane l, with its end or its failure."""
    width, i = s.width, s.seat[PERSON, l]
    found.outcome[i, 0], found.outcome[i, 1] = status, int(s.lane[STEPS, l])
    found.failed_at[i] = math.nan if status == FINE else s.lane[T, l]
    for j in range(found.final.shape[1]):
        found.final[i, j] = s.big[Y, j * width + l] if status == FINE else math.nan
    for j in range(found.final_u.shape[1]):
        found.final_u[i, j] = s.u[j * width + l]
    s.seat[PERSON, l] = -1


@njit(**SELDOM)
def refill(s, l, waiting, task, found, control, tick) -> int:
    """Seat the next person who has a way to go; returns the number of the next in the queue."""
    while waiting < task.p.shape[0]:
        waiting += 1
        _sit(s, l, waiting - 1, task, found, control)
        if s.lane[T, l] < s.lane[UNTIL, l]:
            due(s, l, control, task, tick)
            return waiting
        finish(s, l, found, FINE)
    s.seat[PERSON, l], s.lane[DUE, l] = -1, math.inf
    s.lane[STEP, l], s.lane[H, l], s.lane[STOP, l] = 0.0, 0.0, s.lane[T, l]
    return waiting


@njit(**HELPER)
def seated(s) -> int:
    """How many lanes hold a person."""
    count = 0
    for l in range(s.width):
        count += s.seat[PERSON, l] >= 0
    return count


@njit(types.void(_AT, _F1, _F2, _F2, _I1, _F2, _F2, types.int64), **KERNEL)
def evaluate(at, time, y, p, person, u, out, width) -> None:
    """Call a block for every row: a visit of a person, or a person.

    Parameters
    ----------
    at : int, address of the block
    time, y, u : arrays with m rows
    p : array, one row a person
    person : (m,) int64, the row of p
    out : (m, results), overwritten
    width : int
    """
    block = block_at(at)
    n, npar, nin, results = y.shape[1], p.shape[1], u.shape[1], out.shape[1]
    lt, ly = np.zeros(width), np.zeros(max(1, n) * width)
    lp, lu = np.ones(max(1, npar) * width), np.zeros(max(1, nin) * width)
    lk = np.zeros(max(1, results) * width)
    for base in range(0, time.size, width):
        used = min(width, time.size - base)
        for l in range(used):
            r = base + l
            lt[l] = time[r]
            for j in range(n):
                ly[j * width + l] = y[r, j]
            for j in range(npar):
                lp[j * width + l] = p[person[r], j]
            for j in range(nin):
                lu[j * width + l] = u[r, j]
        block(lt.ctypes, ly.ctypes, lp.ctypes, lu.ctypes, lk.ctypes)
        for l in range(used):
            for j in range(results):
                out[base + l, j] = lk[j * width + l]
