"""Endpoints from the visits of a course: a value, a change, a time in range, a time to event."""

import numpy as np

from trials.analysis.time_in_range import rosendaal
from trials.design import Endpoint
from trials.twins import Course


def endpoint(plan: Endpoint, course: Course, until: np.ndarray | None = None) -> np.ndarray:
    """The endpoint of every person under one arm.

    Parameters
    ----------
    plan : Endpoint
    course : Course
    until : ndarray, shape (n,), optional
        Day from which nothing is seen any more (dropout); default: everything is seen.

    Returns
    -------
    ndarray, shape (n,)
        NaN where it cannot be derived from what was measured.
    """
    seen = np.isfinite(course.value)
    if until is not None:
        seen &= course.day <= until[:, None]
    if plan.kind == "time_to_event":
        return time_to_event(plan, course, until)[0]
    if plan.kind == "time_in_range":
        assert plan.low is not None and plan.high is not None
        values = np.where(seen, course.value, np.nan)
        return 100.0 * rosendaal(course.day, values, plan.start, plan.day, plan.low, plan.high)
    if plan.kind in ("ever_above", "ever_below"):
        counted = seen & (course.day >= plan.start) & (course.day <= plan.day)
        hit = course.value >= plan.low if plan.kind == "ever_above" else course.value < plan.low
        return np.where(counted.any(axis=1), 100.0 * (counted & hit).any(axis=1), np.nan)
    last = _nearest(course, seen, plan.day)
    return last - _nearest(course, seen, 0.0) if plan.kind == "change" else last


def event_day(plan: Endpoint, course: Course) -> np.ndarray:
    """Day of each person's event: the outcome itself of a time to event, else never."""
    if plan.kind != "time_to_event":
        return np.full(len(course.day), np.inf)
    return course.value[:, -1]


def time_to_event(
    plan: Endpoint, course: Course, until: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Follow-up time up to the endpoint's day, and whether the event was seen; (n,) and (n,)."""
    day = event_day(plan, course)
    end = np.full(len(day), plan.day) if until is None else np.minimum(until, plan.day)
    return np.minimum(day, end), day <= end


def better_sign(plan: Endpoint) -> float:
    """1 where higher is better, -1 where lower is."""
    return 1.0 if plan.better == "higher" else -1.0


def completion(plan: Endpoint, course: Course) -> np.ndarray:
    """Day on which each person's endpoint is known, (n,)."""
    if plan.kind == "time_to_event":
        return np.minimum(event_day(plan, course), plan.day)
    return course.day[np.arange(len(course.day)), _nearest_visit(course, plan.day)]


def by_visit(course: Course, days: tuple[float, ...], until: np.ndarray) -> np.ndarray:
    """The outcome at each planned visit, (n, visits); NaN where it was not seen."""
    seen = np.isfinite(course.value) & (course.day <= until[:, None])
    return np.column_stack([_nearest(course, seen, day) for day in days])


def _nearest(course: Course, seen: np.ndarray, day: float) -> np.ndarray:
    """The value of the planned visit nearest a day; NaN where it was not seen."""
    visit = _nearest_visit(course, day)
    rows = np.arange(len(visit))
    return np.where(seen[rows, visit], course.value[rows, visit], np.nan)


def _nearest_visit(course: Course, day: float) -> np.ndarray:
    """Index of the planned visit nearest a day, (n,)."""
    distance = np.where(course.planned, np.abs(course.day - day), np.inf)
    return np.where(np.isfinite(distance), distance, np.inf).argmin(axis=1)
