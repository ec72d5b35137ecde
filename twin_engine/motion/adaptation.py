"""Difficulty steered to 70 % success, and the rules that stop a session.

Challenge point: learning is best when success lies near 70 % (Guadagnoli & Lee 2004, J Mot Behav
36:212; Metzger et al. 2014, J NeuroEng Rehabil 11:154 reached 62-64 %). Weighted up-down steps
(Kaernbach 1991, Percept Psychophys 49:227): up p after a failure for (1-p) after a success. A task is a
block of at least five graded repetitions, since a single success says too little.
"""

from dataclasses import dataclass, field
from itertools import pairwise

from twin_engine.errors import InputError

TARGET, BAND = 0.70, (0.60, 0.80)
LEAST_REPETITIONS = 5
# Step of difficulty a repetition, in units of skill, and how it shrinks (assumption, chosen on the
# simulated patients of the tests).
_STEP, _SHRINK, _SMALLEST = 0.8, 0.8, 0.4
# Stop rules: design values (assumption).
_PAIN, _PAIN_RISE, _BORG, _CR10, _FALLING = 4, 2, 15, 5, 3


@dataclass
class Difficulty:
    """A staircase over difficulty; the unit is the task's own."""

    value: float = 0.0
    blocks: list[float] = field(default_factory=list)

    def update(self, successes: int, repetitions: int) -> float:
        """Take a block and return the next difficulty.

        Raises
        ------
        InputError
            Fewer than five repetitions, or more successes than repetitions.
        """
        if repetitions < LEAST_REPETITIONS or not 0 <= successes <= repetitions:
            raise InputError("a block needs five repetitions or more", "block", (successes, repetitions),
                             f"successes of at least {LEAST_REPETITIONS} repetitions",
                             "grade the whole block")  # fmt: skip
        step = _STEP * max(_SMALLEST, _SHRINK ** len(self.blocks))
        self.value += step * ((1 - TARGET) * successes - TARGET * (repetitions - successes))
        self.blocks.append(successes / repetitions)
        return self.value


@dataclass(frozen=True)
class Report:
    """What a patient says and does after a block; scales as named."""

    pain_nrs: int = 0
    borg: int = 6
    cr10: int = 0


@dataclass
class StopRules:
    """Pain, exertion, fatigue, and the session's cap in minutes."""

    cap_min: float = 60.0
    first_pain: int | None = None
    history: list[tuple[float, float]] = field(default_factory=list)

    def check(self, minutes: float, difficulty: float, success: float, report: Report) -> str | None:
        """The rule that ends the session now, or None."""
        if self.first_pain is None:
            self.first_pain = report.pain_nrs
        self.history.append((difficulty, success))
        if report.pain_nrs >= _PAIN or report.pain_nrs - self.first_pain >= _PAIN_RISE:
            return "pain"
        if report.borg >= _BORG or report.cr10 >= _CR10:
            return "exertion"
        recent = self.history[-_FALLING - 1 :]
        if len(recent) > _FALLING and all(b[1] < a[1] and b[0] < a[0] for a, b in pairwise(recent)):
            return "fatigue"
        return "time" if minutes >= self.cap_min else None
