"""Docetaxel: how many patients fall to which grade of neutropenia at three doses.

Run: python examples/neutropenia.py
"""

import numpy as np

from twin_engine.cohort import solve_cohort
from twin_engine.model import load
from twin_engine.persons import Variability
from twin_engine.physiology.docetaxel import grade
from twin_engine.solve import Dose

BSA_M2 = 1.8


def main(patients: int = 1000, seed: int = 1) -> None:
    """Print the percentages of the first cycle; the same patients at every dose."""
    who = Variability(seed, 0, np.arange(patients))
    hours = np.arange(0.0, 505.0, 6.0)
    for mg_m2 in (60, 75, 100):
        doses = [Dose(0.0, mg_m2 * BSA_M2, duration=1.0)]
        course = solve_cohort(load("docetaxel"), {}, until=504.0, at=hours, doses=doses, variability=who)
        anc = course.outputs["anc"]
        worst = grade(anc.min(axis=1))
        day = np.median(hours[anc.argmin(axis=1)]) / 24.0
        print(f"{mg_m2:3d} mg/m2: grade 3-4 in {100 * (worst >= 3).mean():.0f} %, "
              f"grade 4 in {100 * (worst == 4).mean():.0f} %, median nadir on day {day:.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
