"""Interim looks of one replicate: when the database is locked, what it holds, what it decides."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trials.analysis import method_for
from trials.replicate_tests import TESTS, Sample
from trials.replicates import Happened, Prepared, events_seen, observed, visits_seen


@dataclass(frozen=True)
class Rule:
    """Stopping bounds and how far the information of each look is.

    Parameters
    ----------
    share : (K,) array
        Information fractions.
    efficacy, futility : (K,) arrays
        Z bounds.
    sided : int
    events : int
        Events at the last look of a time to event; 0 where persons are counted.
    level : float
        Confidence level's error of the reported interval (two-sided).
    """

    share: NDArray
    efficacy: NDArray
    futility: NDArray
    sided: int
    events: int
    level: float


@dataclass(frozen=True)
class Verdict:
    """How one comparison ended.

    Parameters
    ----------
    look : int
        Index of the look at which it stopped.
    rejects : int
        1 for benefit, -1 for harm, 0 for neither.
    persons, events : int
        Randomised and seen at that lock.
    day : float
        Calendar day of the lock.
    estimate, standard_error, low, high : float
        On the scale of the analysis (logarithm for ratios), not adjusted for the looks.
    """

    look: int
    rejects: int
    persons: int
    events: int
    day: float
    estimate: float
    standard_error: float
    low: float
    high: float


def locks(prepared: Prepared, happened: Happened, rule: Rule) -> NDArray:
    """Calendar day of each look's database lock, (K,).

    A look takes place when enough persons have reached their endpoint or left, or enough events
    have been seen; the last at the latest when everybody is through.
    """
    row = happened.row[happened.who]
    done = happened.start + np.minimum(prepared.complete[happened.arm, row], happened.until)
    if not rule.events:
        need = np.ceil(rule.share * len(done) - 1e-9).astype(int)
        return np.sort(done)[need - 1]
    dead = done[events_seen(prepared, happened)]
    need = np.ceil(rule.share * rule.events - 1e-9).astype(int)
    days = np.full(len(need), done.max())
    reached = need <= len(dead)
    days[reached] = np.sort(dead)[need[reached] - 1]
    return days


def sample(prepared: Prepared, happened: Happened, day: float, arm: int) -> Sample:
    """What the database holds at a lock about one arm and the control."""
    design = prepared.design
    # What completes at the lock itself is in, whatever the last bits of the subtraction say.
    until = day - happened.start + 1e-9
    y = observed(prepared, happened, until)
    repeated = None
    if method_for(design.analysis.method, design.primary.kind) == "mmrm":
        repeated = visits_seen(prepared, happened, until)
    seen = np.isfinite(y) if repeated is None else np.isfinite(repeated).any(axis=1)
    here = (happened.start <= day) & seen
    here &= (happened.arm == arm) | (happened.arm == design.control)
    event = np.zeros(0, bool)
    if design.primary.kind == "time_to_event":
        event = events_seen(prepared, happened, until)[here]
    return Sample(y[here], (happened.arm[here] == arm).astype(np.int64),
                  prepared.covariates[happened.row[happened.who][here]], happened.stratum[here],
                  event, design.primary.day,
                  None if repeated is None else repeated[here])  # fmt: skip


def decide(prepared: Prepared, happened: Happened, rule: Rule, arm: int) -> Verdict:
    """Go through the looks until one stops the trial."""
    design = prepared.design
    test = TESTS[method_for(design.analysis.method, design.primary.kind)]
    sign = 1.0 if design.primary.better == "higher" else -1.0
    for k, day in enumerate(locks(prepared, happened, rule)):
        data = sample(prepared, happened, float(day), arm)
        z = sign * test.z(data)
        rejects = int(z >= rule.efficacy[k])
        if rule.sided == 2 and z <= -rule.efficacy[k]:
            rejects = -1
        if rejects or z <= rule.futility[k] or k + 1 == len(rule.share):
            return _verdict(k, rejects, float(day), happened, data, test, rule)
    raise AssertionError("the last look decides")


def _verdict(look: int, rejects: int, day: float, happened: Happened, data: Sample, test: Any,
             rule: Rule) -> Verdict:  # fmt: skip
    estimate, se, half = test.interval(data, rule.level)
    persons = int((happened.start <= day).sum())
    return Verdict(look, rejects, persons, int(data.event.sum()), day, estimate, se,
                   estimate - half, estimate + half)  # fmt: skip
