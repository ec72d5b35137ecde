"""What both lane solvers share: who sits in which lane, doses, visits, events, step control.

Thirty-two persons advance in lockstep, each with its own time and step; a lane whose person is done
takes the next one. Arrays of a whole lane block are flat, row i of lane l at `i * width + l`, and
loops over them run flat: loops of constant length 32 would be unrolled to scalar code before the
vectoriser runs. Every result depends on its own lane only, so it is the same bit for bit for any
number of threads, chunk size and order of persons.
"""

# mypy: disable-error-code="no-untyped-def"
import math
from collections import namedtuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from twin_engine.blocks import block_at

HELPER = {"fastmath": {"contract"}, "error_model": "numpy", "inline": "always"}
# What happens to one lane now and then is called, not inlined: the kernel compiles faster.
SELDOM = {"fastmath": {"contract"}, "error_model": "numpy"}
KERNEL = {"fastmath": {"contract"}, "error_model": "numpy", "cache": True, "nogil": True}

# What is asked: rows of persons; doses and visits in CSR form (first[i]:first[i+1] are person i's).
# entry_target: 0..n-1 add to a state, n..2n-1 to a state's rate, 2n.. to an input.
Task = namedtuple("Task", "p y0 u0 start until entry_first entry_time entry_target entry_amount "
                  "visit_first visit_time atol driven memory")  # fmt: skip
# What comes out: states and inputs at visits, the end of each person, how it went.
Found = namedtuple("Found", "y u final final_u status failed_at steps")
# Settings: rtol, longest step, tick period (0: none), most steps a person.
Control = namedtuple("Control", "rtol max_step period max_steps event rates")

_F1, _F2 = types.float64[::1], types.float64[:, ::1]
_I1 = types.int64[::1]
TASK = types.NamedTuple(
    (_F2, _F2, _F2, _F1, _F1, _I1, _F1, _I1, _F1, _I1, _F1, _F1, types.uint8[::1], _F2), Task
)
FOUND = types.NamedTuple((_F2, _F2, _F2, _F2, _I1, _F1, _I1), Found)
CONTROL = types.NamedTuple(
    (types.float64, types.float64, types.float64, types.int64, types.boolean, types.boolean), Control
)
_AT = types.int64  # address of a block; `block_at` makes it a first-class function
SIGNATURE = types.void(_AT, _AT, _AT, _AT, _AT, TASK, FOUND, CONTROL, types.int64)

FINE, NOT_FINITE, STUCK, TOO_LONG = 0, 1, 2, 3
LANDED, LANDING = 1.0, 2.0  # ends on the event; is to be done again, to end there

# Masks are floats: mixed types keep the vectoriser away.
Lanes = namedtuple("Lanes", "person entry visit tick t h hs stop until old guard last fresh new "
                   "landed accept visit_due steps root factor msq at "
                   "u p y rates k ynew err tile tile2 tmp atol")  # fmt: skip


@intrinsic
def bare(typingctx, array):
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
def bare_task(q):
    """A task without reference counting."""
    return Task(
        bare(q.p), bare(q.y0), bare(q.u0), bare(q.start), bare(q.until), bare(q.entry_first),
        bare(q.entry_time), bare(q.entry_target), bare(q.entry_amount), bare(q.visit_first),
        bare(q.visit_time), bare(q.atol), bare(q.driven), bare(q.memory),
    )  # fmt: skip


@njit(**HELPER)
def bare_found(q):
    """Results without reference counting."""
    return Found(bare(q.y), bare(q.u), bare(q.final), bare(q.final_u), bare(q.status),
                 bare(q.failed_at), bare(q.steps))  # fmt: skip


@njit(**HELPER)
def row(flat, at, size):
    """A part of the scratch memory."""
    return bare(flat[at : at + size])


@njit(**HELPER)
def make_lanes(n, npar, nin, slots, width, atol, whole, flat):
    """Empty lanes in scratch memory (`whole` 4 rows of int64, `flat` of `scratch_size`)."""
    size, inputs, params = n * width, max(1, nin) * width, max(1, npar) * width
    a = 18 * width
    b = a + inputs + params
    k = b + 8 * size
    s = Lanes(
        row(whole, 0, width), row(whole, width, width), row(whole, 2 * width, width),
        row(whole, 3 * width, width), row(flat, 0, width), row(flat, width, width),
        row(flat, 2 * width, width), row(flat, 3 * width, width), row(flat, 4 * width, width),
        row(flat, 5 * width, width), row(flat, 6 * width, width), row(flat, 7 * width, width),
        row(flat, 8 * width, width), row(flat, 9 * width, width), row(flat, 10 * width, width),
        row(flat, 11 * width, width), row(flat, 12 * width, width), row(flat, 13 * width, width),
        row(flat, 14 * width, width), row(flat, 15 * width, width), row(flat, 16 * width, width),
        row(flat, 17 * width, width), row(flat, a, inputs), row(flat, a + inputs, params),
        row(flat, b, size), row(flat, b + size, size), row(flat, k, slots * size),
        row(flat, b + 2 * size, size), row(flat, b + 3 * size, size), row(flat, b + 4 * size, size),
        row(flat, b + 5 * size, size), row(flat, b + 6 * size, size), row(flat, b + 7 * size, size),
    )  # fmt: skip
    for l in range(width):
        s.person[l], s.old[l], s.visit_due[l] = -1, 1.0, math.inf
    for j in range(n):
        for l in range(width):
            s.atol[j * width + l] = atol[j]
    return s


@njit(**HELPER)
def scratch_size(n, npar, nin, slots, width):
    """How many floats `make_lanes` needs."""
    return width * (18 + max(1, nin) + max(1, npar) + (8 + slots) * n)


@njit(**SELDOM)
def due(s, l, control, task, tick):
    """Apply the doses and the tick that are due in lane l; set the next stop."""
    n, nin = task.y0.shape[1], task.u0.shape[1]
    width, i = s.t.size, s.person[l]
    e = s.entry[l]
    while e < task.entry_first[i + 1] and task.entry_time[e] <= s.t[l]:
        target, amount = task.entry_target[e], task.entry_amount[e]
        if target < n:
            s.y[target * width + l] += amount
        elif target < 2 * n:
            s.rates[(target - n) * width + l] += amount
        else:
            s.u[(target - 2 * n) * width + l] += amount
        e += 1
    s.entry[l] = e
    s.stop[l] = s.until[l]
    if e < task.entry_first[i + 1]:
        s.stop[l] = min(s.stop[l], task.entry_time[e])
    if control.period > 0.0:
        if s.tick[l] * control.period <= s.t[l]:
            run_tick(s, l, task, tick, n, nin)
            s.tick[l] += 1
        s.stop[l] = min(s.stop[l], s.tick[l] * control.period)
    s.fresh[l] = 1.0


@njit(**SELDOM)
def run_tick(s, l, task, tick, n, nin):
    """Let the model read one person's solution and set the inputs that no dose drives."""
    width, npar = s.t.size, task.p.shape[1]
    y, u, t = np.empty(n), np.empty(max(1, nin)), np.empty(1)
    t[0] = s.t[l]
    for j in range(n):
        y[j] = s.y[j * width + l]
    for j in range(nin):
        u[j] = s.u[j * width + l]
    p = np.empty(max(1, npar))
    for j in range(npar):
        p[j] = task.p[s.person[l], j]
    tick(t.ctypes, y.ctypes, p.ctypes, u.ctypes, task.memory[s.person[l]].ctypes)
    for j in range(nin):
        if task.driven[j] == 0:
            s.u[j * width + l] = u[j]


@njit(**SELDOM)
def seat(s, l, i, task, found, control, tick):
    """Put person i into lane l; False if there is nothing to integrate."""
    width = s.t.size
    s.person[l] = i
    s.t[l], s.until[l] = task.start[i], task.until[i]
    s.entry[l], s.visit[l] = task.entry_first[i], task.visit_first[i]
    s.old[l], s.accept[l], s.landed[l], s.new[l], s.steps[l] = 1.0, 1.0, 0.0, 1.0, 0.0
    for j in range(task.p.shape[1]):
        s.p[j * width + l] = task.p[i, j]
    for j in range(task.u0.shape[1]):
        s.u[j * width + l] = task.u0[i, j]
    for j in range(task.y0.shape[1]):
        s.y[j * width + l] = task.y0[i, j]
        s.rates[j * width + l] = 0.0
    while s.visit[l] < task.visit_first[i + 1] and task.visit_time[s.visit[l]] <= s.t[l]:
        for j in range(task.y0.shape[1]):
            found.y[s.visit[l], j] = task.y0[i, j]
        note_inputs(s, l, found)
        s.visit[l] += 1
    expect_visit(s, l, task)
    if control.period > 0.0:
        s.tick[l] = math.ceil(s.t[l] / control.period - 1e-9)
    if s.t[l] >= s.until[l]:
        finish(s, l, found, FINE)
        return False
    due(s, l, control, task, tick)
    return True


@njit(**HELPER)
def expect_visit(s, l, task):
    """Set the time of lane l's next visit."""
    v = s.visit[l]
    s.visit_due[l] = task.visit_time[v] if v < task.visit_first[s.person[l] + 1] else math.inf


@njit(**HELPER)
def note_inputs(s, l, found):
    """Keep the inputs of lane l with its current visit."""
    for j in range(found.u.shape[1]):
        found.u[s.visit[l], j] = s.u[j * s.t.size + l]


@njit(**SELDOM)
def finish(s, l, found, status):
    """Take the person out of lane l, with its end or its failure."""
    width, i = s.t.size, s.person[l]
    found.status[i] = status
    found.steps[i] = int(s.steps[l])
    found.failed_at[i] = math.nan if status == FINE else s.t[l]
    for j in range(found.final.shape[1]):
        found.final[i, j] = s.y[j * width + l] if status == FINE else math.nan
    for j in range(found.final_u.shape[1]):
        found.final_u[i, j] = s.u[j * width + l]
    s.person[l] = -1


@njit(**SELDOM)
def refill(s, l, waiting, task, found, control, tick):
    """Seat the next person who has a way to go; returns the number of the next in the queue."""
    while waiting < task.p.shape[0]:
        waiting += 1
        if seat(s, l, waiting - 1, task, found, control, tick):
            return waiting
    s.person[l], s.hs[l], s.h[l], s.stop[l], s.visit_due[l] = -1, 0.0, 0.0, s.t[l], math.inf
    return waiting


@njit(**HELPER)
def seated(s):
    """How many lanes hold a person."""
    count = 0
    for l in range(s.t.size):
        count += s.person[l] >= 0
    return count


@njit(types.void(_AT, _F1, _F2, _F2, _I1, _F2, _F2, types.int64), **KERNEL)
def evaluate(at, time, y, p, person, u, out, width):
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
