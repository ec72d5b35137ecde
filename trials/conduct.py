"""The trial as it happens, in calendar time: sites open, persons arrive, come, stay away, leave.

One SimPy process a site and one a person. What a visit would measure is known beforehand from the
twins' courses; who is seen, when and in which arm is decided here.
"""

from collections.abc import Generator
from dataclasses import dataclass, field

import numpy as np
import simpy

from avatars.population import Population
from trials.design import Design
from trials.endpoints import better_sign, completion, endpoint, event_day
from trials.twins import Course

YEAR = 365.25


@dataclass(frozen=True)
class Event:
    """One thing that happened: calendar day, person, site, kind, detail."""

    day: float
    person: int
    site: str
    kind: str
    detail: str = ""


@dataclass
class Subject:
    """One person's way through the trial; days are calendar days, `row` is the row in Population."""

    row: int
    person: int
    site: str
    screened_day: float
    status: str = "screening"
    reason: str = ""
    arm: int = -1
    randomised_day: float = np.nan
    last_day: float = np.nan
    visits: int = 0


@dataclass
class Log:
    """Everything that happened, in order."""

    events: list[Event] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)

    def randomised(self) -> list[Subject]:
        """Those with an arm, in the order of randomisation."""
        return [s for s in self.subjects if s.arm >= 0]


def conduct(design: Design, people: Population, courses: list[Course], seed: int,
            replicate: int = 0) -> Log:  # fmt: skip
    """Run the trial once.

    Parameters
    ----------
    design : Design
    people : Population
        The pool, in the order in which they arrive.
    courses : list of Course
        One for each arm.
    seed, replicate : int

    Returns
    -------
    Log
    """
    trial = _Trial(design, people, courses, seed, replicate)
    trial.env.run()
    return trial.log


class _Trial:
    """The state that sites and persons share while the clock runs."""

    def __init__(self, design: Design, people: Population, courses: list[Course], seed: int,
                 replicate: int) -> None:  # fmt: skip
        from trials.randomise import Allocator

        self.env = simpy.Environment()
        self.log = Log()
        self.design, self.people, self.courses = design, people, courses
        self.key = (seed, replicate)
        ratios = tuple(arm.ratio for arm in design.arms)
        self.allocator = Allocator(design.randomisation, ratios, seed, replicate,
                                   design.enrolment.persons, better_sign(design.primary))
        self.next_row, self.enrolled = 0, 0
        self.complete = [completion(design.primary, c) for c in courses]
        self.outcome = [endpoint(design.primary, c) for c in courses]
        self.leaves = dropout_days(design, people.ids, seed, replicate)
        self.refuses = refusals(design, people.ids, seed, replicate)
        for index in range(len(design.enrolment.sites)):
            self.env.process(self.site(index))

    @property
    def full(self) -> bool:
        return self.enrolled >= self.design.enrolment.persons

    def site(self, index: int) -> Generator:
        """Persons arrive at one site as a Poisson process, until the trial is full."""
        from twin_engine.streams import stream

        site = self.design.enrolment.sites[index]
        draws = stream(*self.key, index, "arrival at site")
        yield self.env.timeout(site.opens)
        while True:
            yield self.env.timeout(draws.exponential(7.0 / site.persons_per_week))
            if self.full or self.next_row >= len(self.people):
                return
            self.env.process(self.person(self.next_row, site.name))
            self.next_row += 1

    def person(self, row: int, site: str) -> Generator:
        """One person: screening, randomisation, visits, end."""
        subject = Subject(row, int(self.people.ids[row]), site, self.env.now)
        self.log.subjects.append(subject)
        self.note(subject, "screened")
        yield self.env.timeout(self.design.enrolment.screening)
        reason = self.exclusion(row)
        if reason:
            subject.status, subject.reason = "excluded", reason
            self.note(subject, "excluded", reason)
            return
        self.enrolled += 1
        subject.arm = self.allocator.assign(subject.person, self.strata(row, site))
        subject.randomised_day, subject.status = self.env.now, "in trial"
        self.note(subject, "randomised", self.design.arms[subject.arm].name)
        if self.design.randomisation.kind == "response_adaptive":
            self.env.process(self.report(subject))
        yield from self.follow(subject)

    def report(self, subject: Subject) -> Generator:
        """The outcome reaches the allocator on the day it is known, unless the person left before."""
        known = self.complete[subject.arm][subject.row]
        if known <= self.leaves[subject.row]:
            yield self.env.timeout(known)
            self.allocator.learn(subject.arm, self.outcome[subject.arm][subject.row])

    def exclusion(self, row: int) -> str:
        """Why this person is not randomised; empty when nothing speaks against it."""
        for rule in self.design.enrolment.eligibility:
            value = self.people[rule.column][row]
            if (rule.low is not None and value < rule.low) or (
                rule.high is not None and value > rule.high
            ):
                return rule.reason
        if self.refuses[row]:
            return "declined"
        return "trial full" if self.full else ""

    def strata(self, row: int, site: str) -> tuple[str, ...]:
        """The levels of the stratification factors, the site last when it is one."""
        levels = [str(self.people[c][row]) for c in self.design.randomisation.strata]
        return (*levels, site) if self.design.randomisation.by_site else tuple(levels)

    def follow(self, subject: Subject) -> Generator:
        """The visits of the assigned arm, until the last, the event, or until the person leaves."""
        course, row, start = self.courses[subject.arm], subject.row, self.env.now
        event = start + event_day(self.design.primary, course)[row]
        leaves, status = start + self.leaves[row], "dropped out"
        if event <= leaves:
            leaves, status = event, "event"
        for visit in range(course.day.shape[1]):
            due = start + course.day[row, visit]
            if not np.isfinite(due):
                break
            if due > leaves:
                yield self.env.timeout(leaves - self.env.now)
                subject.status, subject.last_day = status, self.env.now
                self.note(subject, status)
                return
            yield self.env.timeout(due - self.env.now)
            seen = bool(course.attended[row, visit])
            subject.visits += int(seen)
            self.note(subject, "visit" if seen else "missed visit", str(visit))
        subject.status, subject.last_day = "completed", self.env.now
        self.note(subject, "completed")

    def note(self, subject: Subject, kind: str, detail: str = "") -> None:
        """Write one event down."""
        self.log.events.append(Event(self.env.now, subject.person, subject.site, kind, detail))


def dropout_days(design: Design, ids: np.ndarray, seed: int, replicate: int) -> np.ndarray:
    """Days from randomisation until a person would leave: exponential, infinite without dropout."""
    from twin_engine.streams import uniforms

    probability = design.conduct.dropout_per_year
    if probability == 0:
        return np.full(len(ids), np.inf)
    draws = uniforms(seed, replicate, ids, "dropout", 1)[:, 0]
    return YEAR * np.log1p(-draws) / np.log1p(-probability)


def refusals(design: Design, ids: np.ndarray, seed: int, replicate: int) -> np.ndarray:
    """Who says no after screening."""
    from twin_engine.streams import uniforms

    return uniforms(seed, replicate, ids, "refusal", 1)[:, 0] < design.enrolment.refuses
