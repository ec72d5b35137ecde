"""A dosed twin lives one arm: readings, orders, doses, the model between them, for everyone at once.

All persons go from visit to visit together, each on their own days: a round solves the model from
every person's present visit to their next one.
"""

from typing import Any

import numpy as np

from avatars.population import Population
from trials.design import Design
from trials.treatment import Dosing, Orders
from trials.twins import Course, last_day, reading, visit_days
from twin_engine.model import TIMES, load


def dosed(design: Design, people: Population, treatment: Dosing, seed: int,
          workers: int | None) -> Course:  # fmt: skip
    """One arm lived by every person; see `trials.twins.live`."""
    walk = _Walk(design, people, treatment, seed, workers)
    while walk.active.any():
        walk.round()
    return walk.course()


class _Walk:
    """Everyone's present day, twin and memory, and what was collected at their visits."""

    def __init__(self, design: Design, people: Population, treatment: Dosing, seed: int,
                 workers: int | None) -> None:  # fmt: skip
        n = len(people)
        self.design, self.people, self.treatment = design, people, treatment
        self.seed, self.workers = seed, workers
        self.model = load(design.twin.model)
        self.days, self.missed = visit_days(design, people, seed)
        self.taken = _taken(design, people, seed)
        self.end = self.days[:, -1]
        self.orders, self.memory = treatment.begin(people)
        self.day, self.active = np.zeros(n), np.ones(n, bool)
        self.dose = np.full(n, np.nan)
        self.latent, self.failed = np.full(n, np.nan), np.zeros(n, bool)
        self.final: np.ndarray | None = None
        self.visits: list[dict[str, np.ndarray]] = []

    def round(self) -> None:
        """From each active person's present day to their next visit, and the visit itself."""
        rows = np.flatnonzero(self.active)
        target = self._next(rows)
        before = self._advance(rows, target)
        if not self.visits and self.design.visits.days[0] == 0:
            self._note(rows, np.zeros(len(rows)), before)
        self.active[rows] = (target < self.end[rows]) & ~self.failed[rows]
        value = self._note(rows, target, self.latent[rows])
        self._review(rows, target, value)

    def _next(self, rows: np.ndarray) -> np.ndarray:
        """The next planned visit, or the earlier day that the treatment asks for."""
        later = np.where(self.days[rows] > self.day[rows, None], self.days[rows], np.inf)
        asked = self.day[rows] + np.maximum(self.orders.review[rows], 1.0)
        return np.minimum(later.min(axis=1), asked)

    def _advance(self, rows: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Solve the twins of these persons up to their target day, with what they really took.

        Returns the outcome on the day they started from.
        """
        from twin_engine.cohort import solve_cohort
        from twin_engine.persons import Variability

        perday = TIMES["d"] / TIMES[self.model.time]
        doses, mean = self._doses(rows, target, perday)
        ids = self.people.ids[rows]
        who = Variability(self.seed, 0, ids) if self.design.twin.between_subject else None
        start, until = self.day[rows] * perday, target * perday
        initial = None if self.final is None else self.final[rows]
        solution = solve_cohort(self.model, self._table(rows), start=start, until=until,
                                at=np.column_stack([start, until]), doses=doses, initial=initial,
                                workers=self.workers, variability=who)  # fmt: skip
        if self.final is None:
            self.final = np.full((len(self.people), solution.final.shape[1]), np.nan)
        self.final[rows] = solution.final
        outcome = solution.outputs[self.design.twin.outcome]
        self.failed[rows] |= solution.failed
        self.latent[rows], self.dose[rows], self.day[rows] = outcome[:, 1], mean, target
        return outcome[:, 0]

    def _table(self, rows: np.ndarray) -> dict[str, Any]:
        table: dict[str, Any] = {
            name: self.people.columns[name][rows]
            for name in self.model.covariates
            if name in self.people.columns
        }
        return table | ({"set": self.design.twin.set} if self.design.twin.set else {})

    def _doses(self, rows: np.ndarray, target: np.ndarray, perday: float) -> tuple[Any, np.ndarray]:
        """One dose a day from the present day on, if it is taken; and the mean of those ordered."""
        from twin_engine.cohort import DoseTable

        length = np.rint(target - self.day[rows]).astype(int)
        who = np.repeat(np.arange(len(rows)), length)
        step = np.arange(len(who)) - np.repeat(np.cumsum(length) - length, length)
        day = self.day[rows][who].astype(int) + step
        column = np.minimum(step, self.orders.doses.shape[1] - 1)
        ordered = self.orders.doses[rows[who], column]
        amount = np.where(self.taken[rows[who], day], ordered, 0.0)
        total = np.bincount(who, ordered, minlength=len(rows))
        mean = np.where(length > 0, total / np.maximum(length, 1), np.nan)
        self._remember(rows, who, ordered, step, length)
        route = next(iter(self.model.doses))
        given = amount > 0
        return DoseTable(person=who[given], time=day[given] * perday, amount=amount[given],
                         route=route), mean  # fmt: skip

    def _remember(self, rows: np.ndarray, who: np.ndarray, ordered: np.ndarray, step: np.ndarray,
                  length: np.ndarray) -> None:  # fmt: skip
        """Shift the ordered doses into the treatment's memory `given`: column k is k+1 days ago."""
        given = self.memory.get("given")
        if given is None:
            return
        old, width = given[rows].copy(), given.shape[1]
        ago = np.arange(width)[None, :] - length[:, None]
        fresh = np.take_along_axis(old, np.clip(ago, 0, width - 1), axis=1)
        fresh[ago < 0] = 0.0
        back = length[who] - 1 - step
        recent = back < width
        fresh[who[recent], back[recent]] = ordered[recent]
        given[rows] = fresh

    def _note(self, rows: np.ndarray, day: np.ndarray, latent: np.ndarray) -> np.ndarray:
        """Keep one visit of these persons; returns what was measured, NaN where they stayed away."""
        planned, missed = self._scheduled(rows, day)
        value = reading(self.design, self.people.take(rows), self.seed, latent[:, None],
                        day[:, None])[:, 0]  # fmt: skip
        value = np.where(missed | self.failed[rows], np.nan, value)
        dose = np.where(day > 0, self.dose[rows], np.nan)
        n = len(self.people)
        made = {name: np.full(n, np.nan) for name in ("day", "value", "latent", "dose")}
        made |= {name: np.zeros(n, bool) for name in ("planned", "attended")}
        for name, values in (("day", day), ("value", value), ("latent", latent), ("dose", dose),
                             ("planned", planned), ("attended", ~missed)):  # fmt: skip
            made[name][rows] = values
        self.visits.append(made)
        return value

    def _scheduled(self, rows: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Whether the day is a planned visit, and whether it is missed."""
        match = self.days[rows] == day[:, None]
        return match.any(axis=1), (match & self.missed[rows]).any(axis=1)

    def _review(self, rows: np.ndarray, day: np.ndarray, value: np.ndarray) -> None:
        """Let the treatment order what is next."""
        memory = {name: values[rows] for name, values in self.memory.items()}
        fresh = self.treatment.review(self.people.take(rows), memory, day, value)
        for name, values in memory.items():
            self.memory[name][rows] = values
        self.orders = _merged(self.orders, fresh, rows)

    def course(self) -> Course:
        """Everything collected, visits of each person packed to the left."""
        made = {name: np.column_stack([v[name] for v in self.visits]) for name in self.visits[0]}
        order = np.argsort(np.isnan(made["day"]), axis=1, kind="stable")
        packed = {name: np.take_along_axis(a, order, axis=1) for name, a in made.items()}
        return Course(failed=self.failed, **packed)


def _merged(old: Orders, fresh: Orders, rows: np.ndarray) -> Orders:
    """The orders of some persons replaced; columns filled with the last dose, which repeats."""
    width = max(old.doses.shape[1], fresh.doses.shape[1])
    doses = np.column_stack([old.doses] + [old.doses[:, -1]] * (width - old.doses.shape[1]))
    new = np.column_stack([fresh.doses] + [fresh.doses[:, -1]] * (width - fresh.doses.shape[1]))
    doses[rows] = new
    review = old.review.copy()
    review[rows] = fresh.review
    return Orders(doses, review)


def _taken(design: Design, people: Population, seed: int) -> np.ndarray:
    """Whether each day's dose is taken, shape (n, days): the same days in every arm."""
    from twin_engine.streams import uniforms

    draws = uniforms(seed, 0, people.ids, "dose taken", last_day(design) + 1)
    return draws < design.conduct.adherence


