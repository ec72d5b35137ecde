"""Recovery of one patient beside the training: prognosis with intervals, and how far it can be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin_engine.errors import InputError
from twin_engine.physiology import stroke

AT_WEEKS = (4.0, 12.0, 26.0)
# Median absolute error at week 26 and its interquartile range, by weeks of scores used, on 412 patients
# (van der Vliet 2020, Ann Neurol 87:383, doi 10.1002/ana.25679).
PUBLISHED_ERROR = {1: (4.8, 1.3, 12.8), 2: (4.2, 1.3, 9.8)}


@dataclass(frozen=True)
class Prognosis:
    """Quantiles 5, 50, 95 % of the true Fugl-Meyer score at weeks, the groups' probabilities, scores used."""

    weeks: tuple[float, ...]
    low: tuple[float, ...]
    middle: tuple[float, ...]
    high: tuple[float, ...]
    groups: dict[str, float]
    scores: int


def parse_scores(text: str) -> dict[float, float]:
    """`1:12,2:19` as week -> score.

    Raises
    ------
    InputError
        Not of this form.
    """
    found = {}
    for pair in filter(None, (p.strip() for p in text.split(","))):
        week, _, score = pair.partition(":")
        try:
            found[float(week)] = float(score)
        except ValueError:
            raise InputError("not a score at a week", "--scores", pair, "WEEK:FM", "for example 1:12,2:19") from None
    return found


def prognosis(scores: dict[float, float], effect: float = 0.0, start_week: float = 0.0) -> Prognosis:
    """Recovery after the scores, plus an assumed effect of training from its start on.

    Parameters
    ----------
    scores : dict
        Week after stroke -> Fugl-Meyer score (0-66).
    effect : float
        Points that training adds in the end; an assumption of the caller, zero by default.
    start_week : float
        When training starts, weeks after stroke.
    """
    from twin_engine.parameters import default

    known = stroke.posterior(list(scores), list(scores.values()))
    tau = default("stroke")["effect_tau"].value
    rows = []
    for week in AT_WEEKS:
        added = effect * (1 - np.exp(-max(0.0, week - start_week) / tau))
        rows.append(np.clip(stroke.predict(known, week) + added, 0.0, stroke.MAXIMUM))
    low, middle, high = (tuple(float(r[k]) for r in rows) for k in range(3))
    return Prognosis(AT_WEEKS, low, middle, high, known.groups, len(scores))


def simulated_error(weeks: Sequence[float], persons: int = 200, seed: int = 1) -> float:
    """Median absolute error at week 26 on patients drawn from the model itself, in points.

    Below the published error by necessity: such patients follow the model exactly, real ones do not.
    """
    from twin_engine.streams import normals

    ids = np.arange(persons)
    who = stroke.sample(seed, 0, ids)
    k = who["group"].astype(int) - 1
    g = stroke.group_parameters()
    noise = normals(seed, 0, ids, "stroke.score", len(weeks) + 1)

    def true(week: float) -> np.ndarray:
        return who["fm0"] + g["r"][k] * (stroke.MAXIMUM - who["fm0"]) * (1 - np.exp(-week / g["tau"][k]))

    seen = np.stack([stroke.measured(true(w), noise[:, j]) for j, w in enumerate(weeks)], axis=1)
    late = stroke.measured(true(26.0), noise[:, -1])
    said = [float(stroke.predict(stroke.posterior(weeks, s, 201), 26.0)[1]) for s in seen]
    return float(np.median(np.abs(np.array(said) - late)))
