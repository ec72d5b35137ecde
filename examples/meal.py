"""A meal of 78 g of glucose in health and in type 2 diabetes.

Run: python examples/meal.py
"""

import numpy as np

from twin_engine.model import load
from twin_engine.solve import Dose, solve


def main() -> None:
    """Print glucose and insulin over five hours."""
    minutes = np.arange(0.0, 301.0, 30.0)
    print("minutes          " + " ".join(f"{m:5.0f}" for m in minutes))
    for group in ("healthy", "type2"):
        course = solve(load("glucose"), {"set": group}, until=300.0, at=minutes, doses=[Dose(0.0, 78e3)])
        for name in ("glucose", "insulin"):
            values = " ".join(f"{v:5.0f}" for v in course[name])
            print(f"{group:8}{name:8} {values}  {course.unit(name)}")


if __name__ == "__main__":
    main()
