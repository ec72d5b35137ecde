"""Warfarin by genotype: the dose a person will need, and the INR on the way there.

Run: python examples/warfarin_dose.py
"""

from typing import Any

import numpy as np

from twin_engine.model import load
from twin_engine.physiology.warfarin import maintenance_dose
from twin_engine.solve import Dose, solve

PERSON: dict[str, Any] = {"age_y": 67, "weight_kg": 80, "cyp2c9": "*1/*1"}


def main() -> None:
    """Print doses for an INR of 2.5, and the INR on 5 mg a day."""
    genotypes = np.array(["GG", "GA", "AA"])
    print("dose for INR 2.5, mg/d      " + "  ".join(genotypes))
    for source, people in (("hamberg2010", "Europe, USA"), ("xia2024", "East Asia")):
        doses = maintenance_dose(2.5, set=source, vkorc1=genotypes, **PERSON)
        print(f"{people:12} ({source})  " + "  ".join(f"{d:.1f}" for d in doses))
    days = np.array([3, 5, 8, 15, 22, 60])
    doses = [Dose(24.0 * day, 5.0) for day in range(60)]
    print("\nINR on 5 mg/d, Europe; day  " + "  ".join(f"{d:4d}" for d in days))
    for vkorc1 in genotypes:
        person = {**PERSON, "set": "hamberg2010", "vkorc1": vkorc1}
        course = solve(load("warfarin"), person, until=1440.0, at=24.0 * days, doses=doses)
        print(f"{vkorc1:26}  " + "  ".join(f"{inr:4.1f}" for inr in course["inr"]))


if __name__ == "__main__":
    main()
