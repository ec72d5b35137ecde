"""A treatment known only by its effect: a shift of the outcome, the same for everyone."""

import numpy as np

from avatars.population import Population
from trials.parts import Part
from trials.treatment import Effect


class Shift(Part):
    """`effect` is added to the outcome, in the outcome's unit; `source` says why this much."""

    effect: float
    source: str


class AddedEffect(Effect):
    """Adds a constant to the outcome that the person would have had."""

    TITLE = "Added effect"
    SOURCE = "assumption: the design states the effect and its reason"
    Settings = Shift

    def outcome(self, people: Population, untreated: np.ndarray, day: float) -> np.ndarray:
        """The recorded outcome plus the effect."""
        return untreated + self.settings.effect
