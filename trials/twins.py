"""Every avatar lives through every arm: the paired potential outcomes of a trial.

All random draws of a person (visit days, missed visits, reading errors, doses taken) come from
streams of that person, so arms share their luck and adding an arm or a person changes nobody.
"""

from dataclasses import dataclass, fields

import numpy as np

from avatars.population import Population
from trials.design import Design
from trials.treatment import Dosing, Effect, Modelled, Treatment, make
from twin_engine.errors import InputError


@dataclass(frozen=True)
class Course:
    """What one arm would do to every person.

    Parameters
    ----------
    day : ndarray, shape (n, visits)
        Actual day of each visit since randomisation; NaN behind a person's last visit.
    planned : ndarray of bool, shape (n, visits)
        True for visits of the design, False for extra ones that the treatment asked for.
    attended : ndarray of bool, shape (n, visits)
        The person came.
    value : ndarray, shape (n, visits)
        The measured outcome in the twin's unit; NaN where nothing was measured.
    latent : ndarray, shape (n, visits)
        The outcome without reading error: for curves only, never for an endpoint.
    dose : ndarray, shape (n, visits)
        Mean daily dose since the visit before, mg; NaN without a dose.
    failed : ndarray of bool, shape (n,)
        The twin could not be solved: reported, never analysed.
    """

    day: np.ndarray
    planned: np.ndarray
    attended: np.ndarray
    value: np.ndarray
    latent: np.ndarray
    dose: np.ndarray
    failed: np.ndarray

    def arrays(self) -> dict[str, np.ndarray]:
        """Field name -> array, for a shard."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def treatments(design: Design) -> list[Treatment]:
    """The treatment of each arm, checked against the twin."""
    made = []
    for i, arm in enumerate(design.arms):
        treatment = make(arm.treatment, arm.settings, f"arms.{i}.settings")
        suits = isinstance(treatment, Effect) if design.twin.model == "record" else (
            isinstance(treatment, Dosing | Modelled) and design.twin.model in treatment.MODELS)
        if not suits:
            raise InputError("the treatment does not suit the twin", f"arms.{i}.treatment",
                             arm.treatment, f"a treatment for {design.twin.model}",
                             "choose another treatment or twin")  # fmt: skip
        made.append(treatment)
    return made


def live(design: Design, people: Population, treatment: Treatment, seed: int,
         workers: int | None = None) -> Course:  # fmt: skip
    """One arm lived by every person.

    Raises
    ------
    InputError
        A column that the treatment needs is missing.
    """
    for column in treatment.NEEDS:
        people[column]
    if isinstance(treatment, Effect):
        return _recorded(design, people, treatment, seed)
    if isinstance(treatment, Modelled):
        return _modelled(design, people, treatment, seed)
    from trials.dosed import dosed

    assert isinstance(treatment, Dosing)
    return dosed(design, people, treatment, seed, workers)


def visit_days(design: Design, people: Population, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Actual days of the planned visits, and which are missed; both of shape (n, visits).

    A visit falls on a whole day, evenly inside its window; the last visit is never missed on
    purpose: leaving before it is what dropout means.
    """
    from twin_engine.streams import uniforms

    days = np.asarray(design.visits.days)
    draws = uniforms(seed, 0, people.ids, "visit window", len(days))
    shift = np.round((2 * draws - 1) * design.visits.window)
    shift[:, days == 0] = 0.0
    missed = uniforms(seed, 0, people.ids, "visit missed", len(days)) < design.visits.missed
    missed[:, (days == 0) | (days == days[-1])] = False
    return np.maximum(days + shift, 0.0), missed


def reading(
    design: Design, people: Population, seed: int, latent: np.ndarray, day: np.ndarray
) -> np.ndarray:
    """Latent outcomes with reading error; all of shape (n, visits).

    A person's error belongs to the day, so arms that read on the same day share it.
    """
    from twin_engine.streams import normals

    error = design.twin.measurement
    if error is None:
        return latent.copy()
    z = normals(seed, 0, people.ids, "reading error", last_day(design) + 1)
    index = np.where(np.isfinite(day), day, 0).astype(int)
    z = np.take_along_axis(z, index, axis=1)
    return latent * np.exp(error.sd * z) if error.kind == "log_normal" else latent + error.sd * z


def last_day(design: Design) -> int:
    """The latest day on which anything can happen."""
    return int(np.ceil(design.visits.days[-1] + design.visits.window))


def _modelled(design: Design, people: Population, treatment: Modelled, seed: int) -> Course:
    """The outcome that the treatment gives at each visit; a day of an event is read without error."""
    day, missed = visit_days(design, people, seed)
    latent = treatment.outcomes(people, day, seed)
    timed = design.primary.kind == "time_to_event"
    value = latent.copy() if timed else reading(design, people, seed, latent, day)
    failed = np.isnan(latent).all(axis=1)
    value[missed | failed[:, None]] = np.nan
    return Course(day, np.ones(day.shape, bool), ~missed, value, latent,
                  np.full(day.shape, np.nan), failed)  # fmt: skip


def _recorded(design: Design, people: Population, treatment: Effect, seed: int) -> Course:
    """The recorded outcome, changed by the treatment at the last visit."""
    day, missed = visit_days(design, people, seed)
    latent = np.full(day.shape, np.nan)
    recorded = people[design.twin.outcome].astype(float)
    latent[:, -1] = treatment.outcome(people, recorded, design.visits.days[-1])
    value = np.where(missed, np.nan, reading(design, people, seed, latent, day))
    return Course(day, np.ones(day.shape, bool), ~missed, value, latent,
                  np.full(day.shape, np.nan), np.zeros(len(people), bool))  # fmt: skip
