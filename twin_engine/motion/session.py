"""The session engine: which block comes next, how hard, cued or not, and when to stop.

The same engine runs in play, where time is the clock's and success is graded, and in planning, where
SimPy moves the clock and a simulated patient answers.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin_engine.errors import InputError
from twin_engine.motion.adaptation import LEAST_REPETITIONS, Difficulty, Report, StopRules
from twin_engine.motion.cue import cued
from twin_engine.motion.tasks import SPAN, Task

REPETITIONS = 2 * LEAST_REPETITIONS
# Rest between blocks, minutes; length of a session, minutes (assumptions; trials used 45 to 60).
_REST_MIN, CAP_MIN = 2.0, 45.0


@dataclass(frozen=True)
class Block:
    """What to do next: task, difficulty in units of skill, its physical setting, which repetitions are cued."""

    task: Task
    difficulty: float
    setting: float
    cues: tuple[bool, ...]


@dataclass(frozen=True)
class Result:
    """What came of a block, at which week and minute, and whether it ended the session."""

    week: float
    session: int
    minute: float
    task: str
    difficulty: float
    setting: float
    success: float
    pain_nrs: int
    borg: int
    stopped: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values with their units in the names."""
        return {"week": self.week, "session": self.session, "minute": self.minute, "task": self.task,
                "difficulty": self.difficulty, "setting": self.setting, "success": self.success,
                "pain_nrs": self.pain_nrs, "borg": self.borg, "stopped": self.stopped}  # fmt: skip


class Course:
    """A person's training: difficulty of each task is kept from session to session.

    Parameters
    ----------
    tasks : sequence of Task
        Taken in turn.

    Raises
    ------
    InputError
        No task.
    """

    def __init__(self, tasks: list[Task]) -> None:
        if not tasks:
            raise InputError("a session needs a task", "--task", None, "one or more tasks", "choose a task")
        self.tasks = tasks
        self.difficulty = {t.name: Difficulty() for t in tasks}
        self.results: list[Result] = []
        self.sessions = 0
        self._rules = {t.name: StopRules() for t in tasks}
        self._turn = 0
        self._week = 0.0

    def begin(self, week: float, cap_min: float = CAP_MIN) -> None:
        """Open a session in a week after the start of training."""
        self._rules = {t.name: StopRules(cap_min) for t in self.tasks}
        self._turn, self._week = 0, week
        self.sessions += 1

    def next(self) -> Block:
        """The next block of this session."""
        task = self.tasks[self._turn % len(self.tasks)]
        first = self._turn * REPETITIONS
        cues = tuple(cued(first + r, self.sessions - 1) for r in range(REPETITIONS))
        level = float(np.clip(self.difficulty[task.name].value, -SPAN, SPAN))
        return Block(task, level, task.setting(level), cues)

    def record(self, block: Block, successes: int, report: Report, minute: float) -> str | None:
        """Take a block's grades; the rule that ends the session, or None."""
        success = successes / REPETITIONS
        self.difficulty[block.task.name].update(successes, REPETITIONS)
        if self._turn == 0:
            for rules in self._rules.values():
                rules.first_pain = report.pain_nrs
        # Falling difficulty means fatigue only within one task, so each task has its own history.
        stopped = self._rules[block.task.name].check(minute, block.difficulty, success, report)
        self._turn += 1
        self.results.append(Result(self._week, self.sessions, minute, block.task.name, block.difficulty, block.setting,
                                   success, report.pain_nrs, report.borg, stopped or ""))  # fmt: skip
        return stopped


@dataclass
class SimulatedPatient:
    """Logistic success with learning and fatigue; units of skill (assumption, no patient's values).

    Parameters
    ----------
    skill, slope : float
        Level at half success and steepness.
    learning : float
        Skill gained a block.
    fatigue : float
        Skill lost for a block within a session; gone by the next one.
    pain_rise : float
        Chance that pain rises by one point after a block.
    random : Generator
    """

    skill: float
    slope: float
    learning: float
    fatigue: float
    pain_rise: float
    random: np.random.Generator
    pain: int = 0
    tired: float = field(default=0.0)

    @classmethod
    def draw(cls, seed: int, person: int = 0) -> "SimulatedPatient":
        """One patient of the spread used to choose the steps of difficulty."""
        from twin_engine.streams import stream

        random = stream(seed, 0, person, "motion patient")
        return cls(1.5 * random.standard_normal(), float(np.exp(0.3 * random.standard_normal())),
                   random.uniform(0.0, 0.08), random.uniform(0.0, 0.15), random.uniform(0.0, 0.1), random)  # fmt: skip

    def chance(self, difficulty: float) -> float:
        """True chance of one success now."""
        return float(1 / (1 + np.exp(-self.slope * (self.skill - self.tired - difficulty))))

    def do(self, block: Block) -> tuple[int, Report]:
        """Grades of a block and what the patient says after it."""
        successes = int(self.random.binomial(REPETITIONS, self.chance(block.difficulty)))
        self.skill += self.learning
        self.tired += self.fatigue
        self.pain = min(10, self.pain + int(self.random.uniform() < self.pain_rise))
        return successes, Report(self.pain, min(20, 8 + round(8 * self.tired)))

    def rest(self) -> None:
        """Between sessions fatigue and pain go."""
        self.tired, self.pain = 0.0, 0


@dataclass(frozen=True)
class Schedule:
    """A plan: weeks, sessions a week, and the share of sessions that is attended."""

    weeks: int
    per_week: int
    adherence: float
    cap_min: float = CAP_MIN

    def __post_init__(self) -> None:
        """Refuse what cannot be planned."""
        if not 1 <= self.weeks <= 104 or not 1 <= self.per_week <= 14 or not 0 <= self.adherence <= 1:
            raise InputError("an impossible schedule", "session", (self.weeks, self.per_week, self.adherence),
                             "1 to 104 weeks, 1 to 14 sessions a week, adherence 0 to 1",
                             "correct the schedule")  # fmt: skip


@dataclass(frozen=True)
class Planned:
    """What a simulated course came to."""

    course: Course
    planned: int
    attended: int


def plan(schedule: Schedule, tasks: list[Task], seed: int, person: int = 0) -> Planned:
    """Simulate a course of training with SimPy; the same seed and person give the same course."""
    import simpy

    from twin_engine.streams import stream

    clock = simpy.Environment()
    course, patient = Course(tasks), SimulatedPatient.draw(seed, person)
    attends = stream(seed, 0, person, "motion adherence")
    missed: list[float] = []
    clock.process(_weeks(clock, schedule, course, patient, attends, missed))
    clock.run()
    total = schedule.weeks * schedule.per_week
    return Planned(course, total, total - len(missed))


_WEEK_MIN = 7 * 24 * 60.0


def _weeks(clock: Any, schedule: Schedule, course: Course, patient: SimulatedPatient, attends: np.random.Generator,
           missed: list[float]) -> Generator[Any, None, None]:  # fmt: skip
    """Process: session after session, at even times in the week; the clock counts minutes."""
    for k in range(schedule.weeks * schedule.per_week):
        due = k * _WEEK_MIN / schedule.per_week
        yield clock.timeout(max(0.0, due - clock.now))
        if attends.uniform() >= schedule.adherence:
            missed.append(clock.now)
            continue
        patient.rest()
        opened = clock.now
        course.begin(clock.now / _WEEK_MIN, schedule.cap_min)
        stopped = None
        while stopped is None:
            block = course.next()
            yield clock.timeout(block.task.minutes)
            successes, report = patient.do(block)
            stopped = course.record(block, successes, report, clock.now - opened)
            yield clock.timeout(_REST_MIN)
