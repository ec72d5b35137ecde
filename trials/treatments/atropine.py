"""Low-dose atropine against myopia, known by the means and SDs of published arms only."""

import numpy as np
from pydantic import Field

from avatars.population import Population
from trials.parts import Part
from trials.treatment import Modelled

YEAR = 365.25


class Arm(Part):
    """Yearly `change` of the outcome and its `sd` between children, in the outcome's unit."""

    change: float
    sd: float = Field(gt=0)
    source: str


class Atropine(Modelled):
    """A straight line from the child's own start; a child keeps its place in every arm."""

    TITLE = "Atropine eye drops (statistical)"
    SOURCE = "Yam 2019, Ophthalmology 126:113 (LAMP): arm means and SDs; no mechanism"
    Settings = Arm
    NEEDS = ("se_d",)
    MODELS = ("statistical",)

    def outcomes(self, people: Population, day: np.ndarray, seed: int) -> np.ndarray:
        """Spherical equivalent, D."""
        from twin_engine.streams import normals

        # One normal number a child for all arms: the correlation of 1 between arms is an assumption.
        place = normals(seed, 0, people.ids, "myopia progression", 1)[:, 0]
        yearly = self.settings.change + self.settings.sd * place
        return people["se_d"][:, None] + yearly[:, None] * day / YEAR
