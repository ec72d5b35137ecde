"""From the log of a trial to its tables: sorted rows, units in the column names."""

import csv
import io
import math
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from avatars.population import Population
from trials.conduct import Log
from trials.design import Design, Endpoint
from trials.endpoints import by_visit, endpoint, time_to_event
from trials.twins import Course
from twin_engine.files import write_text


@dataclass(frozen=True)
class Results:
    """A finished trial.

    Parameters
    ----------
    design : Design
    people : Population
        The pool; the arrays below follow the order of randomisation.
    courses : list of Course
        One for each arm, rows as in `people`.
    log : Log
    row, arm : ndarray of int, shape (n,)
        Row in `people` and assigned arm of each randomised person.
    until : ndarray, shape (n,)
        Day since randomisation from which nothing is seen; infinity for those who completed.
    observed : dict of str to ndarray, each of shape (n,)
        Each endpoint as the trial sees it; NaN where it is not known.
    potential : dict of str to ndarray, each of shape (arms, persons in the pool)
        Each endpoint of every avatar under every arm, with nobody leaving.
    event : dict of str to ndarray of bool, each of shape (n,)
        Whether the event was seen, for each time to event.
    """

    design: Design
    people: Population
    courses: list[Course]
    log: Log
    row: np.ndarray
    arm: np.ndarray
    until: np.ndarray
    observed: dict[str, np.ndarray]
    potential: dict[str, np.ndarray]
    event: dict[str, np.ndarray] = field(default_factory=dict)

    def truth(self, plan: Endpoint, arm: int, scale: str = "difference") -> tuple[float, float]:
        """The arm's true effect against the control over the whole pool, with its standard error."""
        from trials.truth import true_effect

        outcomes, control = self.potential[plan.name], self.design.control
        until = plan.day if plan.kind == "time_to_event" else None
        return true_effect(outcomes[arm], outcomes[control], scale, until)

    def repeated(self, plan: Endpoint) -> np.ndarray:
        """The outcome at each planned visit as the trial sees it, (n, visits)."""
        values = np.full((len(self.row), len(self.design.visits.days)), np.nan)
        for a, course in enumerate(self.courses):
            mine = self.arm == a
            part = rows_of(course, self.row[mine])
            values[mine] = by_visit(part, self.design.visits.days, self.until[mine])
        return values - values[:, :1] if plan.kind == "change" else values


def gather(design: Design, people: Population, courses: list[Course], log: Log) -> Results:
    """Derive every endpoint, seen and potential."""
    subjects = log.randomised()
    row = np.array([s.row for s in subjects], int)
    arm = np.array([s.arm for s in subjects], int)
    left = [s.last_day - s.randomised_day if s.status == "dropped out" else np.inf
            for s in subjects]  # fmt: skip
    until = np.array(left, float)
    observed, potential, event = {}, {}, {}
    for plan in (design.primary, *design.secondary):
        values, happened = np.full(len(row), np.nan), np.zeros(len(row), bool)
        for a, course in enumerate(courses):
            mine = arm == a
            part = rows_of(course, row[mine])
            values[mine] = endpoint(plan, part, until[mine])
            if plan.kind == "time_to_event":
                happened[mine] = time_to_event(plan, part, until[mine])[1]
        observed[plan.name] = values
        if plan.kind == "time_to_event":
            event[plan.name] = happened
        potential[plan.name] = np.array([endpoint(plan, course) for course in courses])
    return Results(design, people, courses, log, row, arm, until, observed, potential, event)


def rows_of(course: Course, rows: np.ndarray) -> Course:
    """Some persons of a course."""
    return Course(**{name: values[rows] for name, values in course.arrays().items()})


UNIT_NAMES = {"1": "", "": "", "%": "percent", "kg/m2": "kg_m2"}


def column_name(name: str, unit: str) -> str:
    """`time in range`, `%` -> `time_in_range_percent`."""
    words = [re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_"), UNIT_NAMES.get(unit, unit.lower())]
    return "_".join(word.replace("/", "_") for word in words if word)


def subject_rows(results: Results, extra: dict[str, np.ndarray]) -> list[dict[str, object]]:
    """One row a randomised person, sorted by person: what the analysis reads."""
    design, people = results.design, results.people
    rows = []
    for i, s in enumerate(results.log.randomised()):
        row: dict[str, object] = {
            "person": s.person, "site": s.site, "arm": design.arms[s.arm].name,
            "screened_day_d": s.screened_day, "randomised_day_d": s.randomised_day,
            "status": s.status, "last_day_d": s.last_day, "visits": s.visits,
        }  # fmt: skip
        for name, values in people.columns.items():
            if name != design.twin.outcome:
                row[name] = values[s.row]
        for plan in (design.primary, *design.secondary):
            row[column_name(plan.name, plan.unit)] = results.observed[plan.name][i]
        row |= {name: values[i] for name, values in extra.items()}
        rows.append(row)
    return sorted(rows, key=lambda r: int(str(r["person"])))


def visit_rows(results: Results) -> list[dict[str, object]]:
    """One row a visit that took place, sorted by person and day."""
    twin = results.design.twin
    rows = []
    for s in sorted(results.log.randomised(), key=lambda s: s.person):
        course = results.courses[s.arm]
        last = s.last_day - s.randomised_day
        for visit in np.flatnonzero(course.day[s.row] <= last + 1e-9):
            if course.attended[s.row, visit]:
                rows.append({
                    "person": s.person, "arm": results.design.arms[s.arm].name,
                    "day_d": course.day[s.row, visit],
                    "planned": "yes" if course.planned[s.row, visit] else "no",
                    "dose_mg_per_d": course.dose[s.row, visit],
                    column_name(twin.outcome, twin.unit): course.value[s.row, visit],
                })  # fmt: skip
    return rows


def avatar_rows(results: Results) -> list[dict[str, object]]:
    """One row an avatar of the pool: its primary endpoint under every arm."""
    plan = results.design.primary
    outcomes = results.potential[plan.name]
    names = [column_name(f"{plan.name} if {arm.name}", plan.unit) for arm in results.design.arms]
    order = np.argsort(results.people.ids, kind="stable")
    return [
        {"person": int(results.people.ids[i])} | dict(zip(names, outcomes[:, i], strict=True))
        for i in order
    ]


def write_csv(target: Path, rows: list[dict[str, object]]) -> Path:
    """Rows of equal keys as CSV: ten significant digits, an empty cell for what is not known."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows([_cell(v) for v in row.values()] for row in rows)
    return write_text(target, stream.getvalue())


def _cell(value: object) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.10g}" if math.isfinite(value) else ""
    return str(value)
