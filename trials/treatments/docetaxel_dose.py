"""Docetaxel once at the start of a cycle, by body surface."""

from typing import Any

import numpy as np

from avatars.population import Population
from trials.parts import Part
from trials.treatment import Dosing, Orders


class Dose(Part):
    """`mg_per_m2` of body surface on day 0."""

    mg_per_m2: float


class DocetaxelDose(Dosing):
    """One dose a cycle; the hour of infusion is left out, as the effect follows the exposure."""

    TITLE = "Docetaxel"
    SOURCE = "Harvey 2006, J Clin Oncol 24:4963 (60, 75 and 100 mg/m2 every three weeks)"
    Settings = Dose
    NEEDS = ("bsa_m2", "sex", "ecog", "pretreated", "aag_g_l")
    MODELS = ("docetaxel",)

    def begin(self, people: Population) -> tuple[Orders, dict[str, Any]]:
        """The dose on day 0, nothing afterwards."""
        dose = self.settings.mg_per_m2 * people["bsa_m2"]
        return Orders(np.column_stack([dose, np.zeros(len(people))]), np.full(len(people), np.inf)), {}

    def review(self, people: Population, memory: dict[str, np.ndarray], day: np.ndarray,
               value: np.ndarray) -> Orders:  # fmt: skip
        """Blood counts change nothing within the cycle."""
        return Orders(np.zeros((len(people), 1)), np.full(len(people), np.inf))
