"""Blood pressure drugs by class at standard or half dose: the reductions of Law 2003, added up."""

import numpy as np
from pydantic import Field

from avatars.population import Population
from trials.parts import Part
from trials.treatment import Modelled


class Drugs(Part):
    """How many classes at `standard` and at `half` dose; none is the placebo."""

    standard: int = Field(default=0, ge=0)
    half: int = Field(default=0, ge=0)


class Antihypertensives(Modelled):
    """Daytime mean of the systolic pressure, untreated on day 0, fully treated at every later visit."""

    TITLE = "Blood pressure drugs"
    SOURCE = "Law 2003, BMJ 326:1427 (10.1136/bmj.326.7404.1427); Wald 2009, Am J Med 122:290"
    Settings = Drugs
    NEEDS = ("sbp_mean",)
    MODELS = ("blood_pressure",)

    def outcomes(self, people: Population, day: np.ndarray, seed: int) -> np.ndarray:
        """Systolic pressure, mmHg; no drug takes away less than nothing."""
        from twin_engine.parameters import default
        from twin_engine.physiology.blood_pressure import reduction

        p, mean = default("blood_pressure").values(), people["sbp_mean"]
        doses = self.settings.standard + p["sbp_half"] * self.settings.half
        drop = np.array([reduction(m, p["sbp_law"], p["sbp_drop"], p["sbp_slope"], doses) for m in mean])
        return mean[:, None] - np.where(day > 0, np.maximum(drop, 0.0)[:, None], 0.0)
