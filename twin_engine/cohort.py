"""Solve one model for many persons: the main way to use the engine.

The result is the same bit for bit for any number of workers, chunk size and order of persons on one
kind of CPU. A person whose integration fails is reported, and the cohort goes on.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin_engine.doses import Dose, DoseTable, Entries, entries, table_of
from twin_engine.errors import InputError
from twin_engine.model import METHODS, Model
from twin_engine.persons import Variability, count, parameter_rows
from twin_engine.solution import CohortSolution

CHUNK = 1280  # most persons a task; small enough for progress, Ctrl-C and the memory of its visits
MAX_STEPS = 10_000_000


@dataclass
class _Job:
    """Everything the solver needs for all persons."""

    model: Model
    p: np.ndarray
    y0: np.ndarray
    u0: np.ndarray
    memory: np.ndarray
    span: np.ndarray
    visits: np.ndarray
    entries: Entries
    tolerance: float
    method: str
    keep_states: bool


def solve_cohort(
    model: Model,
    table: Mapping[str, Any],
    *,
    until: float | np.ndarray,
    start: float | np.ndarray = 0.0,
    at: Any = None,
    doses: Sequence[Dose] | Sequence[Sequence[Dose]] | DoseTable = (),
    initial: np.ndarray | CohortSolution | None = None,
    tolerance: float = 1e-6,
    method: str | None = None,
    workers: int | None = None,
    variability: Variability | None = None,
    states: bool = False,
) -> CohortSolution:
    """Solve a model for every row of a table.

    Parameters
    ----------
    model : Model
    table : mapping
        Parameter, parameter-file or covariate name -> scalar or (n,); "set" -> set name(s).
    until, start : float or ndarray, shape (n,)
        In the model's TIME.
    at : array_like, shape (m,) or (n, m), optional
        Visits, ascending; NaN fills rows of fewer visits. Default: the end.
    doses : sequence of Dose (for everyone), one sequence a person, or DoseTable
    initial : ndarray, shape (n, states), or CohortSolution, optional
        Where to start: states, or where an earlier solution ended (with its memory).
    tolerance : float
        Relative tolerance; the absolute one is this times the model's SCALES.
    method : {"tsit5", "rodas4"}, optional
        Default: what the model asks for.
    workers : int, optional
        Threads; default all cores. It never changes the result.
    variability : Variability, optional
        Draw the persons' random effects.
    states : bool
        Also keep the states at the visits.

    Raises
    ------
    InputError
        Unknown names, impossible doses, columns of different length.
    """
    many: list[Any] = [v for v in (start, until) if np.ndim(v)]
    if isinstance(initial, CohortSolution):
        many.append(initial.final)
    elif initial is not None and np.ndim(initial) == 2:
        many.append(initial)
    if variability is not None:
        many.append(variability.persons)
    n = count(table, *many)
    job = _job(model, table, n, until, start, at, doses, initial, tolerance, method, variability)
    job.keep_states = states
    return _run(job, workers)


def _job(
    model: Model, table: Mapping[str, Any], n: int, until: Any, start: Any, at: Any, doses: Any,
    initial: Any, tolerance: float, method: str | None, variability: Variability | None,
) -> _Job:  # fmt: skip
    if not 1e-13 <= tolerance <= 0.1:
        raise InputError("not a possible tolerance", "tolerance", tolerance, "1e-13 to 0.1",
                         "leave it out: 1e-6")  # fmt: skip
    method = method or model.method
    if method not in METHODS:
        raise InputError("unknown method", "method", method, ", ".join(METHODS), "leave it out")
    begin, end = (np.array(np.broadcast_to(np.asarray(v, float), (n,)))
                  for v in (start, until))  # fmt: skip
    if not (np.isfinite(begin) & np.isfinite(end) & (begin <= end)).all():
        raise InputError("not a possible span", "start, until", f"{begin[0]} to {end[0]}",
                         "finite numbers, start before until", "check the times")  # fmt: skip
    p = parameter_rows(model, table, n, variability)
    u0 = per_person(model, "rest", p, len(model.inputs))
    memory = np.zeros((n, model.get("MEMORY", 1)))
    if isinstance(initial, CohortSolution):
        y0, memory = np.array(initial.final, float), initial.memory.copy()
        driven = _driven(model) == 0
        u0[:, driven] = initial.final_inputs[:, driven]
    elif initial is None:
        y0 = per_person(model, "initial", p, len(model.states))
    else:
        y0 = np.array(np.broadcast_to(np.asarray(initial, float), (n, len(model.states))))
    given = entries(model, table_of(doses, n), begin, end)
    return _Job(model, p, y0, u0, memory, np.stack([begin, end], axis=1), _visits(at, begin, end), given, tolerance,
                method, False)  # fmt: skip


def _driven(model: Model) -> np.ndarray:
    """1 for inputs that doses drive, 0 for those a tick sets."""
    return np.array([i in model.doses.values() for i in model.inputs], np.uint8)


def _visits(at: Any, start: np.ndarray, until: np.ndarray) -> np.ndarray:
    """Visit times, shape (n, m); NaN where a person has fewer."""
    if at is None:
        return until[:, None].copy()
    times = np.asarray(at, float)
    if times.ndim == 1:
        times = np.broadcast_to(times, (len(start), len(times)))
    if times.shape[0] != len(start):
        raise InputError("visits of another number of persons", "at", times.shape[0],
                         f"{len(start)} rows", "give one row of visits a person")  # fmt: skip
    there = np.isfinite(times)
    slack = 1e-12 * np.maximum(np.abs(start), np.abs(until))[:, None]
    outside = (times < start[:, None] - slack) | (times > until[:, None] + slack)
    if (outside & there).any():
        raise InputError("visits outside the span", "at", float(times[outside & there][0]),
                         f"{start.min():g} to {until.max():g}", "lengthen until")  # fmt: skip
    if times.shape[1] > 1 and (np.diff(times, axis=1) < 0.0).any():
        raise InputError("visits out of order", "at", None, "ascending times", "sort them")
    return np.clip(times, start[:, None], until[:, None])


def per_person(model: Model, name: str, p: np.ndarray, width: int) -> np.ndarray:
    """`initial` or `rest` of every person, shape (n, width)."""
    from twin_engine.blocks import LANES, blocks
    from twin_engine.lane_parts import evaluate

    n = len(p)
    out = np.zeros((n, width))
    block = getattr(blocks(model), name)
    if block and width:
        evaluate(block, np.zeros(n), np.zeros((n, len(model.states))), p,
                 np.arange(n), np.zeros((n, len(model.inputs))), out, LANES)  # fmt: skip
    return out


def _run(job: _Job, workers: int | None) -> CohortSolution:
    n, m = job.visits.shape
    outputs = {name: np.full((n, m), np.nan) for name in job.model.outputs}
    solver, jacobian, made = _solver(job)
    found = CohortSolution(
        model=job.model, time=job.visits, outputs=outputs, final=job.y0.copy(),
        final_inputs=job.u0.copy(), memory=job.memory, parameters=job.p,
        outcome=np.zeros((n, 2), np.int64), failed_at=np.full(n, np.nan),
        states=np.full((n, m, len(job.model.states)), np.nan) if job.keep_states else None,
        jacobian=made,
    )  # fmt: skip
    threads = workers or os.cpu_count() or 1
    size = max(1, min(CHUNK, -(-n // threads)))
    chunk = _chunk_solver(job, found, solver, jacobian, size)
    starts = range(0, n, size)
    if threads <= 1:
        for low in starts:
            chunk(low)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(chunk, starts))
    return found


def _chunk_solver(
    job: _Job, found: CohortSolution, solver: Callable | None, jacobian: int, size: int
) -> Callable[[int], None]:
    """A function that solves the persons from a row on and writes their part of the result."""
    from twin_engine import lane_parts
    from twin_engine.blocks import LANES, blocks

    model = job.model
    compiled = blocks(model)
    n_states = len(model.states)
    scales = model.get("SCALES", {})
    atol = job.tolerance * np.array([scales.get(s, 1.0) for s in model.states])
    control = lane_parts.Control(
        float(job.tolerance), float(model.get("MAX_STEP", np.inf)), float(model.get("TICK", 0.0)),
        MAX_STEPS, compiled.guard != 0, job.entries.rates,
    )  # fmt: skip
    callbacks = (compiled.rhs, compiled.guard, compiled.jump, compiled.tick, jacobian)
    driven = _driven(model)

    def solve_chunk(low: int) -> None:
        rows = slice(low, min(low + size, len(job.p)))
        visits, e = job.visits[rows], job.entries
        there = np.isfinite(visits)
        first = np.zeros(len(visits) + 1, np.int64)
        np.cumsum(there.sum(axis=1), out=first[1:])
        times = np.ascontiguousarray(visits[there])
        person = np.repeat(np.arange(len(visits)), there.sum(axis=1))
        y = np.full((len(times), n_states), np.nan)
        u = np.ascontiguousarray(job.u0[rows][person])
        if solver is not None:
            task = lane_parts.Task(
                job.p[rows], job.y0[rows], job.u0[rows], job.span[rows],
                np.stack([e.first[low : rows.stop + 1], first]), e.when_what, e.target, times, atol,
                driven, job.memory[rows],
            )  # fmt: skip
            into = lane_parts.Found(y, u, found.final[rows], found.final_inputs[rows],
                                    found.failed_at[rows], found.outcome[rows])  # fmt: skip
            solver(*callbacks, task, into, control, LANES)
        _outputs(job, found, rows, there, times, y, person, u)

    return solve_chunk


def _outputs(
    job: _Job, found: CohortSolution, rows: slice, there: np.ndarray, times: np.ndarray,
    y: np.ndarray, person: np.ndarray, u: np.ndarray,
) -> None:  # fmt: skip
    from twin_engine.blocks import LANES, blocks
    from twin_engine.lane_parts import evaluate

    out = np.empty((len(times), len(job.model.outputs)))
    evaluate(blocks(job.model).outputs, times, y, job.p[rows], person, u, out, LANES)
    for j, values in enumerate(found.outputs.values()):
        values[rows][there] = out[:, j]
    if found.states is not None:
        found.states[rows][there] = y


def _solver(job: _Job) -> tuple[Callable | None, int, str]:
    """The kernel, the Jacobian's address and how it was made; no kernel for closed forms."""
    if not job.model.states:
        return None, 0, ""
    from twin_engine.lane_parts import MOST_STATES

    if len(job.model.states) > MOST_STATES:
        raise InputError("too many states for one model", job.model.name, len(job.model.states),
                         f"at most {MOST_STATES}", "split the model")  # fmt: skip
    if job.method == "rodas4":
        from twin_engine.jacobian import jacobian
        from twin_engine.stiff import rodas4

        return rodas4, *jacobian(job.model)
    from twin_engine.lanes import tsit5

    return tsit5, 0, ""


