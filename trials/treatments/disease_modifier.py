"""A drug that slows Alzheimer's disease: the rate of the ADAS-cog twin times a stated share."""

import numpy as np
from pydantic import Field

from avatars.population import Population
from trials.parts import Part
from trials.treatment import Modelled


class Slowing(Part):
    """`slowing` is the share taken off the rate of progression; 0 is the placebo."""

    slowing: float = Field(ge=0, lt=1)
    source: str = "no effect"


class DiseaseModifier(Modelled):
    """Progression at a lower rate from the first day; the score is read with the twin's Beta error."""

    TITLE = "Disease modifier"
    SOURCE = "Conrado 2014, J Pharmacokinet Pharmacodyn 41:581 (10.1007/s10928-014-9375-z); effect: the design"
    Settings = Slowing
    NEEDS = ("age_y", "sex", "apoe4", "comedication", "baseline_effect", "rate_effect")
    MODELS = ("cognition",)

    def outcomes(self, people: Population, day: np.ndarray, seed: int) -> np.ndarray:
        """Measured ADAS-cog at each visit, points; arms share the luck of every reading."""
        from twin_engine.cohort import solve_cohort
        from twin_engine.model import load
        from twin_engine.parameters import default
        from twin_engine.physiology.cognition import measured
        from twin_engine.streams import uniforms

        left = 1.0 - self.settings.slowing
        table = {name: people[name] for name in self.NEEDS}
        table["rate"] = left * default("cognition").values()["rate"]
        table["rate_effect"] = left * people["rate_effect"]
        solved = solve_cohort(load("cognition"), table, until=day.max(), at=day)
        score = solved.outputs["adas_cog"]
        luck = uniforms(seed, 0, people.ids, "ADAS-cog reading", day.shape[1])
        made = np.column_stack([measured(m, u) for m, u in zip(score.T, luck.T, strict=True)])
        return np.where(solved.failed[:, None], np.nan, made)
