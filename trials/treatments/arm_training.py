"""Training of an arm after stroke, on top of natural recovery; its dose response is the design's assumption."""

import numpy as np
from pydantic import Field

from avatars.population import Population
from trials.parts import Part
from trials.treatment import Modelled

# Spread of the share of sessions that persons attend: Beta with this sum of its parameters (assumption).
_CONCENTRATION = 8.0


class Training(Part):
    """Hours of training and what an hour is assumed to give.

    Parameters
    ----------
    hours : float
        Hours planned.
    points_per_hour : float
        Fugl-Meyer points that an attended hour adds in the end; nothing unless the design says so and why.
    adherence : float
        Mean share of sessions attended.
    start_week : float
        Weeks after stroke at randomisation.
    source : str
        Why this much.
    """

    hours: float = Field(ge=0, le=400)
    points_per_hour: float = Field(default=0.0, ge=-1, le=1)
    adherence: float = Field(default=1.0, gt=0, le=1)
    start_week: float = Field(default=5.0, ge=0, le=520)
    source: str = "no effect: trials of equal dose found none (VIRTUES 2017, RATULS 2019)"


class ArmTraining(Modelled):
    """Natural recovery of the person's group plus an effect that grows with the hours attended."""

    TITLE = "Arm training"
    SOURCE = ("van der Vliet 2020, Ann Neurol 87:383 (10.1002/ana.25679); effect added as in the authors' power study; "
              "dose response: assumption of the design, default zero")  # fmt: skip
    Settings = Training
    NEEDS = ("group", "fm0")
    MODELS = ("stroke",)

    def outcomes(self, people: Population, day: np.ndarray, seed: int) -> np.ndarray:
        """Measured Fugl-Meyer score at each visit, points; arms share the luck of every reading."""
        from twin_engine.cohort import solve_cohort
        from twin_engine.model import load
        from twin_engine.physiology.stroke import measured
        from twin_engine.streams import normals

        s = self.settings
        table = {name: people[name] for name in self.NEEDS}
        table["effect"] = s.points_per_hour * s.hours * self.attended(people, seed)
        table["effect_start"] = s.start_week
        weeks = s.start_week + day / 7.0
        solved = solve_cohort(load("stroke"), table, until=weeks.max(), at=weeks)
        luck = normals(seed, 0, people.ids, "Fugl-Meyer reading", day.shape[1])
        made = np.asarray(measured(solved.outputs["fugl_meyer"], luck))
        return np.where(solved.failed[:, None], np.nan, made)

    def attended(self, people: Population, seed: int) -> np.ndarray:
        """Share of sessions that each person attends, (n,)."""
        from scipy.stats import beta

        from twin_engine.streams import uniforms

        mean = self.settings.adherence
        if mean == 1.0:
            return np.ones(len(people.ids))
        luck = uniforms(seed, 0, people.ids, "adherence to training", 1)[:, 0]
        return np.asarray(beta.ppf(luck, mean * _CONCENTRATION, (1 - mean) * _CONCENTRATION))
