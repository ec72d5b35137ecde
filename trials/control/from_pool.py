"""The external control of a finished trial: avatars of the pool that were not randomised."""

from typing import Any

import numpy as np

from trials.analysis import columns_of
from trials.control.external import METHODS, analyse
from trials.finished import Finished
from twin_engine.errors import InputError
from twin_engine.streams import stream

REPLICATES = 400


def external_from_pool(finished: Finished) -> dict[str, Any]:
    """Compare the trial's treated with untreated avatars outside the trial.

    Raises
    ------
    InputError
        Too few avatars outside, or a time to event.
    """
    design, results = finished.design, finished.results
    plan = design.external_control
    assert plan is not None
    if design.primary.kind == "time_to_event":
        raise InputError("an external control needs a measured outcome", "external_control",
                         design.primary.kind, "a primary endpoint of kind value or change",
                         "leave the section out")  # fmt: skip
    untreated = results.potential[design.primary.name][design.control]
    outside = np.setdiff1d(np.flatnonzero(np.isfinite(untreated)), results.row)[: plan.persons]
    if len(outside) < plan.persons:
        raise InputError("too few avatars outside the trial", "external_control.persons",
                         plan.persons, f"at most {len(outside)}", "raise population.persons")  # fmt: skip
    arm = next(a for a in range(len(design.arms)) if a != design.control)
    y = results.observed[design.primary.name]
    mine = (results.arm == arm) & np.isfinite(y)
    people = {c: results.people[c] for c in plan.covariates}
    x = np.column_stack(list(columns_of(people).values()))
    rows = np.concatenate([results.row[mine], outside])
    treated = np.repeat([1, 0], [mine.sum(), len(outside)])
    null = _null(plan.kind, untreated, x, int(mine.sum()), plan.persons, finished.seed)
    outcome = np.concatenate([y[mine], untreated[outside]])
    return analyse(plan.kind, outcome, treated, x[rows], null, plan.drift, design.analysis.alpha)


def _null(kind: str, untreated: np.ndarray, x: np.ndarray, n: int, m: int,
          seed: int) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Estimates and errors when a drawn set of untreated avatars plays the treated arm."""
    known = np.flatnonzero(np.isfinite(untreated))
    made = []
    for r in range(REPLICATES):
        pick = stream(seed, r, 0, "external control").choice(known, n + m)
        made.append(METHODS[kind](untreated[pick], np.repeat([1, 0], [n, m]), x[pick]))
    return np.array([c.estimate for c in made]), np.array([c.standard_error for c in made])
