"""One replicate of a trial without a clock: the same events as the SimPy conduct, as arrays.

The reference is `trials.conduct`; a test compares both event by event. Persons of a replicate are
drawn from the pool of avatars with replacement; the place in the order of arrival is a person's
identity, so one more place changes nobody before.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatars.population import Population
from trials.analysis import columns_of
from trials.conduct import dropout_days, refusals
from trials.design import Design
from trials.endpoints import better_sign, by_visit, completion, endpoint, event_day
from trials.randomise import assign_all
from trials.results import rows_of
from trials.twins import Course
from twin_engine.errors import InputError
from twin_engine.streams import stream, uniforms

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Prepared:
    """What all replicates share.

    Parameters
    ----------
    design : Design
    courses : list of Course
        Every avatar's life in every arm.
    covariates : (n, p) array
        Numbers that the analysis adjusts for.
    excluded : (n,) array
        First eligibility rule that a person fails; -1 where none.
    levels : (n, factors) int array
        Levels of the stratification columns.
    sizes : tuple of int
        How many levels each factor has, the site last when it is one.
    potential : (arms, n) array
        The primary endpoint of everyone in every arm when nobody leaves.
    complete : (arms, n) array
        Day on which it is known.
    ends : (arms, n) array
        Day of the last visit, or of the event.
    """

    design: Design
    courses: list[Course]
    covariates: NDArray
    excluded: Ints
    levels: Ints
    sizes: tuple[int, ...]
    potential: NDArray
    complete: NDArray
    ends: NDArray

    def null(self) -> "Prepared":
        """The same trial when every arm does what the control does."""
        c, n = self.design.control, len(self.courses)
        same = [np.repeat(a[c : c + 1], n, axis=0) for a in (self.potential, self.complete, self.ends)]
        return Prepared(self.design, [self.courses[c]] * n, self.covariates, self.excluded,
                        self.levels, self.sizes, *same)  # fmt: skip


@dataclass(frozen=True)
class Happened:
    """One replicate: arrays over everyone screened, then over those randomised.

    Parameters
    ----------
    arrival, site, row, reason : (screened,) arrays
        Calendar day, site, row in the pool; reason of exclusion (-1 none, -2 declined, -3 full).
    who : (n,) int array
        Place in the order of arrival of each randomised person.
    start : (n,) array
        Calendar day of randomisation.
    arm : (n,) int array
    until : (n,) array
        Day since randomisation from which nothing is seen; infinity for those who completed.
    stratum : (n,) int array
    """

    arrival: NDArray
    site: Ints
    row: Ints
    reason: Ints
    who: Ints
    start: NDArray
    arm: Ints
    until: NDArray
    stratum: Ints


DECLINED, FULL = -2, -3


def prepare(design: Design, people: Population, courses: list[Course],
            prognosis: NDArray | None = None) -> Prepared:  # fmt: skip
    """Work out once what does not change between replicates."""
    excluded = np.full(len(people), -1, np.int64)
    for i, rule in reversed(list(enumerate(design.enrolment.eligibility))):
        value = people[rule.column]
        out = np.zeros(len(people), bool)
        out |= False if rule.low is None else value < rule.low
        out |= False if rule.high is None else value > rule.high
        excluded[out] = i
    if (excluded >= 0).all():
        raise InputError("nobody is eligible", "enrolment.eligibility", len(people),
                         "at least one eligible avatar", "widen the rules")  # fmt: skip
    factors = [np.unique(people[c], return_inverse=True) for c in design.randomisation.strata]
    levels = np.column_stack([np.zeros((len(people), 0), np.int64), *(f[1] for f in factors)])
    sizes = [len(f[0]) for f in factors]
    if design.randomisation.by_site:
        sizes.append(len(design.enrolment.sites))
    words = {c: people[c] for c in design.analysis.covariates}
    if prognosis is not None:
        words["digital control"] = prognosis
    columns = list(columns_of(words).values())
    covariates = np.column_stack([np.zeros((len(people), 0)), *columns])
    potential = np.array([endpoint(design.primary, c) for c in courses])
    days = [_complete(design, c) for c in courses]
    return Prepared(design, courses, covariates, excluded, levels.astype(np.int64), tuple(sizes),
                    potential, np.array([d[0] for d in days]), np.array([d[1] for d in days]))  # fmt: skip


def _complete(design: Design, course: Course) -> tuple[NDArray, NDArray]:
    """Day on which the primary endpoint is known, and day on which the person's trial ends."""
    last = np.minimum(np.nanmax(course.day, axis=1), event_day(design.primary, course))
    return completion(design.primary, course), last


def happen(prepared: Prepared, seed: int, replicate: int) -> Happened:
    """Arrivals, screening, randomisation and dropout of one replicate."""
    design = prepared.design
    wanted = design.enrolment.persons
    count = first_draws(prepared)
    while True:
        arrival, site = arrivals(design, seed, replicate, count)
        places = np.arange(len(arrival))
        draw = uniforms(seed, replicate, places, "who arrives", 1)[:, 0]
        row = (draw * len(prepared.excluded)).astype(np.int64)
        reason = prepared.excluded[row].copy()
        declines = refusals(design, places, seed, replicate)
        reason[(reason < 0) & declines] = DECLINED
        fit = np.flatnonzero(reason == -1)
        if len(fit) >= wanted:
            break
        count *= 2
    who = fit[:wanted]
    start = arrival[who] + design.enrolment.screening
    screened = max(int(np.searchsorted(arrival, start[-1], side="left")), int(who[-1]) + 1)
    reason[fit[wanted:]] = FULL
    levels = prepared.levels[row[who]]
    if design.randomisation.by_site:
        levels = np.column_stack([levels, site[who]])
    stratum = _mixed(levels, prepared.sizes)
    u = uniforms(seed, replicate, who, "assignment", 2)
    leaves = dropout_days(design, who, seed, replicate)
    arm = _assign(prepared, row[who], levels, stratum, u, start, leaves)
    until = np.where(leaves < prepared.ends[arm, row[who]], leaves, np.inf)
    return Happened(arrival[:screened], site[:screened], row[:screened], reason[:screened], who,
                    start, arm, until, stratum)  # fmt: skip


def _assign(prepared: Prepared, row: Ints, levels: Ints, stratum: Ints, u: NDArray, start: NDArray,
            leaves: NDArray) -> Ints:  # fmt: skip
    design = prepared.design
    ratios = [arm.ratio for arm in design.arms]
    if design.randomisation.kind != "response_adaptive":
        return assign_all(design.randomisation, ratios, levels, stratum, u)
    from trials.adaptive.response import allocate_adaptively

    complete = prepared.complete[:, row]
    known_day = np.where(complete <= leaves, start + complete, np.inf)
    return allocate_adaptively(np.asarray(ratios, float), u, start, known_day,
                               prepared.potential[:, row], better_sign(design.primary))  # fmt: skip


def first_draws(prepared: Prepared) -> int:
    """Arrivals to draw at first: what eligibility and refusals ask for, and a little more."""
    design = prepared.design
    share = float((prepared.excluded < 0).mean()) * (1 - design.enrolment.refuses)
    need = design.enrolment.persons / share
    return int(need + 4 * np.sqrt(need) + 20)


def arrivals(design: Design, seed: int, replicate: int, count: int) -> tuple[NDArray, Ints]:
    """The first `count` arrivals over all sites: calendar days and sites, in order."""
    days, sites = [], []
    for index, site in enumerate(design.enrolment.sites):
        draws = stream(seed, replicate, index, "arrival at site")
        gaps = draws.exponential(7.0 / site.persons_per_week, count)
        days.append(np.cumsum(np.concatenate([[site.opens], gaps]))[1:])
        sites.append(np.full(count, index))
    if len(days) == 1:
        return days[0], sites[0]
    day, place = np.concatenate(days), np.concatenate(sites)
    # A site that ran out of draws hides its later arrivals: nothing after the earliest last one.
    order = np.argsort(day, kind="stable")
    order = order[day[order] <= min(d[-1] for d in days)]
    return day[order], place[order]


def _mixed(levels: Ints, sizes: tuple[int, ...]) -> Ints:
    """One number for each combination of levels."""
    stratum = np.zeros(len(levels), np.int64)
    for f, size in enumerate(sizes):
        stratum = stratum * size + levels[:, f]
    return stratum


def observed(prepared: Prepared, happened: Happened, until: NDArray | None = None) -> NDArray:
    """The primary endpoint of everyone randomised as it is known, (n,); NaN where it is not.

    Parameters
    ----------
    until : (n,) array, optional
        Day since randomisation up to which data are in the database (an interim lock).
    """
    plan, row = prepared.design.primary, happened.row[happened.who]
    lock = np.inf if until is None else until
    values = prepared.potential[happened.arm, row]
    if plan.kind == "time_to_event":
        return np.minimum(values, np.minimum(happened.until, lock))
    complete = prepared.complete[happened.arm, row]
    left = happened.until < complete
    values[left | (lock < complete)] = np.nan
    if plan.kind in ("time_in_range", "ever_above", "ever_below") and left.any():
        # Whoever left before the lock still has the days that were measured.
        gone = left & (happened.until <= lock)
        for arm, course in enumerate(prepared.courses):
            mine = gone & (happened.arm == arm)
            values[mine] = endpoint(plan, rows_of(course, row[mine]), happened.until[mine])
    return values


def events_seen(prepared: Prepared, happened: Happened, until: NDArray | None = None) -> NDArray:
    """Whether each person's event was seen, (n,)."""
    plan, row = prepared.design.primary, happened.row[happened.who]
    seen = happened.until if until is None else np.minimum(happened.until, until)
    day = event_days(prepared, happened.arm, row)
    return day <= np.minimum(seen, plan.day)


def visits_seen(prepared: Prepared, happened: Happened, until: NDArray | None = None) -> NDArray:
    """The outcome at each planned visit as it is known, (n, visits); NaN where it is not."""
    design, row = prepared.design, happened.row[happened.who]
    seen = happened.until if until is None else np.minimum(happened.until, until)
    values = np.full((len(row), len(design.visits.days)), np.nan)
    for arm, course in enumerate(prepared.courses):
        mine = happened.arm == arm
        values[mine] = by_visit(rows_of(course, row[mine]), design.visits.days, seen[mine])
    return values - values[:, :1] if design.primary.kind == "change" else values


def event_days(prepared: Prepared, arm: Ints, row: Ints) -> NDArray:
    """Day of the event under the assigned arm, (n,)."""
    days = np.array([event_day(prepared.design.primary, c) for c in prepared.courses])
    return days[arm, row]
