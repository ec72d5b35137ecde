"""Training tasks: what is made harder, and the demonstrated reach that ships.

Difficulty runs over units of skill; -6 is the easiest setting and +6 the hardest (assumption).
"""

import csv
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from twin_engine import assets
from twin_engine.errors import InputError

Array = NDArray[np.float64]
SPAN = 6.0
# Joints of the MoBL arm (Saul 2015) that a reach moves, its start and end in degrees: from beside the body
# to overhead; and the spread of a therapist's demonstrations at both ends (assumptions).
REACH_JOINTS = ("elv_angle_r", "shoulder_elv_r", "shoulder_rot_r", "elbow_flexion_r", "pro_sup_r")
_REACH = ((40.0, 15.0, 0.0, 30.0, 0.0), (75.0, 115.0, -20.0, 35.0, 0.0))
_SPREAD_DEG = (2.0, 4.0)


@dataclass(frozen=True)
class Task:
    """One task: what is varied, in which unit, from easy to hard."""

    name: str
    title: str
    what: str
    unit: str
    easy: float
    hard: float
    limb: str
    minutes: float
    source: str

    def setting(self, difficulty: float) -> float:
        """The physical value of a difficulty in units of skill."""
        share = np.clip((difficulty + SPAN) / (2 * SPAN), 0.0, 1.0)
        return float(self.easy + share * (self.hard - self.easy))


@cache
def all_tasks() -> dict[str, Task]:
    """Every task that ships, by name."""
    with open(assets.path("motion/tasks.csv"), encoding="utf-8", newline="") as file:
        return {r["name"]: Task(r["name"], r["title"], r["what"], r["unit"], float(r["easy"]), float(r["hard"]),
                                r["limb"], float(r["minutes"]), r["source"]) for r in csv.DictReader(file)}  # fmt: skip


def load(name: str) -> Task:
    """A task by name.

    Raises
    ------
    InputError
        There is no such task.
    """
    tasks = all_tasks()
    if name not in tasks:
        raise InputError("unknown task", "--task", name, ", ".join(tasks), "choose one of these")
    return tasks[name]


def demonstrated_reach(count: int = 12) -> list[Array]:
    """Reaches of a therapist (101, 5) in rad: minimum jerk (Flash & Hogan 1985) between varied ends."""
    from twin_engine.streams import normals

    s = np.linspace(0, 1, 101)[:, None]
    shape = 10 * s**3 - 15 * s**4 + 6 * s**5
    start, end = np.radians(_REACH[0]), np.radians(_REACH[1])
    n = len(start)
    drawn = normals(0, 0, np.arange(count), "demonstrated reach", 2 * n)
    # The mean is the reach named above and no two ends vary together, whatever was drawn: chance couplings
    # of few demonstrations would drag other joints along when one is limited.
    drawn, _ = np.linalg.qr(drawn - drawn.mean(axis=0))
    drawn *= np.sqrt(count - 1)
    near, far = (np.radians(d) * drawn[:, k * n : (k + 1) * n] for k, d in enumerate(_SPREAD_DEG))
    return [start + a + (end + b - start - a) * shape for a, b in zip(near, far, strict=True)]
