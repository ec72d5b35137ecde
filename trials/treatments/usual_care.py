"""Usual care: the outcome stays what the person lived without the new treatment."""

import numpy as np

from avatars.population import Population
from trials.treatment import Effect


class UsualCare(Effect):
    """The comparator of trials on recorded outcomes."""

    TITLE = "Usual care"
    SOURCE = "none needed: the recorded outcome is unchanged"

    def outcome(self, people: Population, untreated: np.ndarray, day: float) -> np.ndarray:
        """The recorded outcome."""
        return untreated.copy()
