"""Carboplatin every three weeks, alone or with gemcitabine: the day of death by the tumour twin."""

import numpy as np

from avatars.population import Population
from trials.parts import Part
from trials.treatment import Modelled

LAST_DAY, STEP = 2922.0, 14.0  # survival is followed for eight years on a two-week grid


class Regimen(Part):
    """`gemcitabine` adds the second drug; carboplatin's exposure then is the lower one published."""

    gemcitabine: bool


class Carboplatin(Modelled):
    """Exposure to the drugs moves tumour size, and size moves the hazard of death."""

    TITLE = "Carboplatin"
    SOURCE = "Zecchin 2016, Br J Clin Pharmacol 82:717 (10.1111/bcp.12994); doses of AGO-OVAR 2.5"
    Settings = Regimen
    NEEDS = ("ecog",)
    MODELS = ("ovarian",)

    def outcomes(self, people: Population, day: np.ndarray, seed: int) -> np.ndarray:
        """Day of death, the same in every column; infinity after eight years."""
        from twin_engine.cohort import solve_cohort
        from twin_engine.model import load
        from twin_engine.persons import Variability
        from twin_engine.physiology.ovarian import death_day, sample
        from twin_engine.streams import uniforms

        table = sample(seed, 0, people.ids, self.settings.gemcitabine)
        table["ecog"] = people["ecog"]
        if "kill_effect" in people:
            table["kill_effect"] = people["kill_effect"]
        grid = np.arange(0.0, LAST_DAY + STEP, STEP)
        solved = solve_cohort(load("ovarian"), table, until=grid[-1], at=grid,
                              variability=Variability(seed, 0, people.ids))  # fmt: skip
        luck = uniforms(seed, 0, people.ids, "death", 1)[:, 0]
        death = death_day(solved.time, solved.outputs["cumulative_hazard"], luck)
        return np.repeat(np.where(solved.failed, np.nan, death)[:, None], day.shape[1], axis=1)
