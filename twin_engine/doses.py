"""Doses: what is given, when, by which route; as the solver's sorted entries.

A dose given at time t acts just after t: a visit at t still sees the value before. Doses before
the start of a solution are past and ignored (an infusion still running counts from the start on);
doses at or after its end belong to what follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin_engine.errors import InputError
from twin_engine.model import Model


@dataclass(frozen=True)
class Dose:
    """One dose.

    Parameters
    ----------
    time : float
        In the model's TIME.
    amount : float
        In the unit of the route's state; into an input: its unit times TIME.
    route : str
        One of the model's DOSES; "" is its first.
    duration : float
        Length of an infusion; 0 is at once.
    """

    time: float
    amount: float
    route: str = ""
    duration: float = 0.0


@dataclass(frozen=True)
class DoseTable:
    """Doses of many persons as columns.

    Parameters
    ----------
    person : ndarray of int, shape (d,)
        Row of the person in the cohort.
    time, amount : ndarray, shape (d,)
    route : str or ndarray of str
    duration : float or ndarray
    """

    person: np.ndarray
    time: np.ndarray
    amount: np.ndarray
    route: str | np.ndarray = ""
    duration: float | np.ndarray = 0.0


@dataclass(frozen=True)
class Entries:
    """Sorted entries in CSR form; see `twin_engine.lane_parts.Task`."""

    first: np.ndarray
    when_what: np.ndarray
    target: np.ndarray
    rates: bool


def table_of(doses: "Sequence[Dose] | Sequence[Sequence[Dose]] | DoseTable", n: int) -> DoseTable:
    """Any form of doses as a table; one flat sequence goes to every person."""
    if isinstance(doses, DoseTable):
        return doses
    if doses and isinstance(doses[0], Dose):
        same = sorted(doses, key=lambda d: d.time)  # type: ignore[arg-type, union-attr]
        columns = _columns(same)  # type: ignore[arg-type]
        return DoseTable(np.repeat(np.arange(n), len(same)), *(np.tile(c, n) for c in columns))
    if doses and len(doses) != n:
        raise InputError("doses of another number of persons", "doses", len(doses),
                         f"{n} sequences, one a person", "give one sequence a person")  # fmt: skip
    who = np.repeat(np.arange(len(doses)), [len(own) for own in doses])  # type: ignore[arg-type]
    return DoseTable(who, *_columns([d for own in doses for d in own]))  # type: ignore[union-attr]


def _columns(doses: Sequence[Dose]) -> tuple[np.ndarray, ...]:
    return (np.array([d.time for d in doses], float), np.array([d.amount for d in doses], float),
            np.array([d.route for d in doses], str), np.array([d.duration for d in doses], float))  # fmt: skip


def entries(model: Model, table: DoseTable, start: np.ndarray, until: np.ndarray) -> Entries:
    """The solver's entries of all persons, checked.

    Raises
    ------
    InputError
        A negative or non-finite dose, an unknown route, a dose at once into an input.
    """
    n = len(start)
    if not len(table.person):
        return Entries(np.zeros(n + 1, np.int64), np.empty((2, 0)), np.empty(0, np.int64), False)
    person = np.asarray(table.person, np.int64)
    time, amount = np.asarray(table.time, float), np.asarray(table.amount, float)
    duration = np.broadcast_to(np.asarray(table.duration, float), time.shape)
    _check(model, person, n, time, amount, duration)
    target = _targets(model, table.route, duration)
    bolus = (duration == 0.0) & (time >= start[person]) & (amount != 0.0)
    rows = [(person[bolus], time[bolus], target[bolus], amount[bolus])]
    infused = (duration > 0.0) & (time + duration > start[person]) & (amount > 0.0)
    if infused.any():
        who, rate = person[infused], amount[infused] / duration[infused]
        begin = np.maximum(time[infused], start[who])
        rows.append((who, begin, target[infused], rate))
        rows.append((who, time[infused] + duration[infused], target[infused], -rate))
    who, when, where, what = (np.concatenate(parts) for parts in zip(*rows, strict=True))
    kept = when < until[who]
    who, when, where, what = who[kept], when[kept], where[kept], what[kept]
    if len(who) > 1 and not _sorted(who, when):
        order = np.lexsort((when, who))
        who, when, where, what = who[order], when[order], where[order], what[order]
    first = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(who, minlength=n), out=first[1:])
    n_states = len(model.states)
    rates = bool(((where >= n_states) & (where < 2 * n_states)).any())
    return Entries(first, np.stack([when, what]), where, rates)


def _sorted(who: np.ndarray, when: np.ndarray) -> bool:
    step = np.diff(who)
    return bool(((step > 0) | ((step == 0) & (np.diff(when) >= 0.0))).all())


def _check(
    model: Model, person: np.ndarray, n: int, time: np.ndarray, amount: np.ndarray,
    duration: np.ndarray,
) -> None:  # fmt: skip
    where = f"{model.name}: dose"
    if person.min() < 0 or person.max() >= n:
        raise InputError("a dose for nobody", where, int(person.max()), f"rows 0 to {n - 1}",
                         "give the row of the person in the cohort")  # fmt: skip
    for name, values in (("time", time), ("amount", amount), ("duration", duration)):
        wrong = ~np.isfinite(values)
        if name != "time":
            wrong |= values < 0.0
        if wrong.any():
            raise InputError("not a possible dose", f"{where} {name}", float(values[wrong][0]),
                             "a finite number, not below 0", "correct the dose")  # fmt: skip


def _targets(model: Model, route: str | np.ndarray, duration: np.ndarray) -> np.ndarray:
    """The solver's target of each dose, by its route and whether it takes time."""
    n = len(model.states)
    found = np.full(duration.shape, -1, np.int64)
    first = next(iter(model.doses), "")
    for name, field_name in model.doses.items():
        where = np.broadcast_to(np.asarray(route) == name, duration.shape)
        if name == first:
            where = where | (np.asarray(route) == "")
        if field_name in model.states:
            i = model.states.index(field_name)
            found[where] = np.where(duration[where] > 0.0, n + i, i)
        elif (duration[where] == 0.0).any():
            raise InputError("this route needs a duration", f"{model.name}: {name}", "at once",
                             "an amount over a time", "for example: 100 mg over 1 h")  # fmt: skip
        else:
            found[where] = 2 * n + model.inputs.index(field_name)
    if (found < 0).any():
        strange = np.broadcast_to(np.asarray(route), duration.shape)[found < 0][0]
        raise InputError("unknown route", f"{model.name}: dose", str(strange) or "dose",
                         ", ".join(model.doses) or "no doses: this model takes none",
                         "see: twin models")  # fmt: skip
    return found
