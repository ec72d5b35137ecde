"""The models that are timed, with their cohorts: what is asked of every solver alike."""

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np

from twin_engine import cohort, lane_parts
from twin_engine.doses import DoseTable
from twin_engine.model import Model, from_file, load, register

DAY = 1440.0  # min


@dataclasses.dataclass
class Case:
    """A cohort of one model, and the unit in which its speed is told."""

    model: Model
    table: dict[str, np.ndarray]
    until: float
    doses: DoseTable
    unit: str
    units: float

    def solve(self, tolerance: float = 1e-6, workers: int = 1) -> np.ndarray:
        """States at the end, by the lanes."""
        s = cohort.solve_cohort(self.model, self.table, until=self.until, doses=self.doses,
                                tolerance=tolerance, workers=workers)  # fmt: skip
        assert not s.failed.any()
        return s.final

    def prepared(self, tolerance: float = 1e-6) -> Callable[[], np.ndarray]:
        """The solver alone on the prepared cohort, as the scalar baseline gets it."""
        n = len(next(iter(self.table.values())))
        job = cohort._job(self.model, self.table, n, self.until, 0.0, None, self.doses, None,
                          tolerance, None, None)  # fmt: skip
        return lambda: cohort._run(job, 1).final

    def task(self, tolerance: float = 1e-6) -> lane_parts.Task:
        """The same cohort as the kernel's task, for the scalar baseline."""
        n = len(next(iter(self.table.values())))
        job = cohort._job(self.model, self.table, n, self.until, 0.0, None, self.doses, None,
                          tolerance, None, None)  # fmt: skip
        scales = self.model.get("SCALES", {})
        e = job.entries
        return lane_parts.Task(
            job.p, job.y0, np.ascontiguousarray(job.u0), job.span, np.stack([e.first, e.first]),
            e.when_what, e.target, np.zeros(1),
            tolerance * np.array([scales.get(x, 1.0) for x in self.model.states]),
            np.zeros(1, np.uint8), job.memory,
        )  # fmt: skip


def t1d(persons: int = 1280, days: int = 1) -> Case:
    """Three meals and 60 changes of the pump's rate a day."""
    model = from_file(Path(__file__).with_name("t1d.py"))
    names = np.array(list(model.sets))[np.arange(persons) % len(model.sets)]
    starts = np.concatenate([d * DAY + 24.0 * np.arange(60) for d in range(days)])
    meals = np.concatenate([d * DAY + np.array([420.0, 750.0, 1110.0]) for d in range(days)])
    rates = 0.002 + 0.004 * np.random.default_rng(1).random((persons, len(starts)))  # U/min
    person = np.concatenate([np.repeat(np.arange(persons), len(starts)),
                             np.repeat(np.arange(persons), len(meals))])  # fmt: skip
    time = np.concatenate([np.tile(starts, persons), np.tile(meals, persons)])
    amount = np.concatenate([(rates * 24.0).ravel(), np.full(persons * len(meals), model.module.MEAL)])
    route = np.concatenate([np.full(persons * len(starts), "insulin"),
                            np.full(persons * len(meals), "eat")])  # fmt: skip
    doses = DoseTable(person, time, amount, route, np.where(route == "insulin", 24.0, 0.0))
    return Case(model, {"set": names}, days * DAY, doses, "patient-days", persons * days)


def circulation(persons: int = 640, seconds: float = 5.0) -> Case:
    """The closed loop without its reflex: 17 states, no discontinuity."""
    source = load("circulation")
    plain = ModuleType("circulation_without_reflex")
    plain.__dict__.update({k: v for k, v in vars(source.module).items()
                           if k not in ("tick", "TICK", "MEMORY") and not k.startswith("__")})  # fmt: skip
    plain.__file__ = source.module.__file__
    plain.parameter_sets = lambda: source.sets  # type: ignore[attr-defined]
    sys.modules[plain.__name__] = plain
    model = register(plain, plain.__name__)
    rng = np.random.default_rng(1)
    table = {"hr_min": 72.0 * np.exp(0.1 * rng.standard_normal(persons)),
             "r_ar_sys": 0.8 * np.exp(0.1 * rng.standard_normal(persons))}  # fmt: skip
    return Case(model, table, seconds, _none(), "beats", float((table["hr_min"] / 60.0 * seconds).sum()))


def warfarin(persons: int = 3200, days: int = 60) -> Case:
    """One dose a day."""
    rng = np.random.default_rng(1)
    table = {"age_y": rng.uniform(20, 90, persons), "weight_kg": rng.uniform(45, 100, persons),
             "vkorc1": rng.choice(["GG", "GA", "AA"], persons)}  # fmt: skip
    doses = DoseTable(np.repeat(np.arange(persons), days), np.tile(24.0 * np.arange(days), persons),
                      np.repeat(rng.choice([2.5, 5.0, 7.5], persons), days))  # fmt: skip
    return Case(load("warfarin"), table, 24.0 * days, doses, "patient-days", persons * days)


def _none() -> DoseTable:
    return DoseTable(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))


CASES: dict[str, Callable[[], Case]] = {"t1d": t1d, "circulation": circulation, "warfarin": warfarin}
