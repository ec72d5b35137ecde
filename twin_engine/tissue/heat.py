"""Heat of cautery: Pennes' equation on a grid, and thermal damage.

rho c dT/dt = k lap T + w rho_b c_b (37 - T) + Q (Pennes 1948, J Appl Physiol 1:93). Damage is
dOmega/dt = A exp(-Ea / R T), tissue dead at 1 (Henriques & Moritz 1947); perfusion stops where it is dead.
The liver rates kill at body temperature within an hour, so damage is counted above 45 C only.
"""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin_engine import parameters
from twin_engine.errors import InputError

Array = NDArray[np.float64]
_FLAGS: Any = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}, "nogil": True}
GAS = 8.314462618
BODY = 37.0
COUNT_FROM = 45.0


@njit(**_FLAGS)
def _advance(t, new, omega, source, fixed, spacing, step, alpha, supply, rate_a, rate_e):
    """One explicit step; borders stay at body temperature."""
    nx, ny, nz = t.shape
    for i in range(1, nx - 1):
        for j in range(1, ny - 1):
            for k in range(1, nz - 1):
                if fixed[i, j, k]:
                    new[i, j, k] = t[i, j, k]
                    continue
                lap = (
                    t[i - 1, j, k]
                    + t[i + 1, j, k]
                    + t[i, j - 1, k]
                    + t[i, j + 1, k]
                    + t[i, j, k - 1]
                    + t[i, j, k + 1]
                    - 6.0 * t[i, j, k]
                ) / (spacing * spacing)
                flow = supply if omega[i, j, k] < 1.0 else 0.0
                new[i, j, k] = t[i, j, k] + step * (alpha * lap + flow * (BODY - t[i, j, k]) + source[i, j, k])
                if new[i, j, k] > COUNT_FROM:
                    omega[i, j, k] += step * rate_a * math.exp(-rate_e / (GAS * (new[i, j, k] + 273.15)))


def damage_rate(celsius: float, tissue: str = "liver") -> float:
    """dOmega/dt in 1/s."""
    p = parameters.load("tissue_heat")[tissue].values()
    return p["A"] * math.exp(-p["Ea"] / (GAS * (celsius + 273.15)))


@dataclass
class Heat:
    """Temperature in C on a grid about the instrument.

    Parameters
    ----------
    shape : tuple
        Grid points.
    spacing : float
        m.
    tissue : str
        A set of assets/parameters/tissue_heat.csv.
    perfused : bool
        Whether blood carries heat away.
    """

    shape: tuple[int, int, int]
    spacing: float
    tissue: str = "liver"
    perfused: bool = True
    source: Array = field(init=False)

    def __post_init__(self) -> None:
        p = parameters.load("tissue_heat")
        if self.tissue not in p or not self.spacing > 0:
            raise InputError("unknown tissue for heat", "tissue", self.tissue, ", ".join(p), "choose one of these")
        self._p = p[self.tissue].values()
        self.temperature = np.full(self.shape, BODY)
        self.omega, self.source = np.zeros(self.shape), np.zeros(self.shape)
        self.fixed = np.zeros(self.shape, dtype=bool)
        self._new = self.temperature.copy()

    def limit(self) -> float:
        """Longest stable step, s: dx^2 / (6 alpha)."""
        return self.spacing**2 / (6 * self._alpha())

    def _alpha(self) -> float:
        return self._p["k"] / (self._p["rho"] * self._p["c"])

    def step(self, seconds: float) -> None:
        """Advance; sub-steps keep within half the stable limit."""
        p = self._p
        count = max(1, math.ceil(seconds / (0.5 * self.limit())))
        supply = p["w"] * p["rho_blood"] * p["c_blood"] / (p["rho"] * p["c"]) if self.perfused else 0.0
        for _ in range(count):
            _advance(
                self.temperature,
                self._new,
                self.omega,
                self.source,
                self.fixed,
                self.spacing,
                seconds / count,
                self._alpha(),
                supply,
                p["A"],
                p["Ea"],
            )
            self.temperature, self._new = self._new, self.temperature
            self._new[:] = self.temperature

    def heat(self, centre: tuple[float, float, float], radius: float, watts: float) -> None:
        """Put `watts` evenly into a ball (m from the grid's corner); 0 takes the instrument away."""
        at = np.stack(np.meshgrid(*(self.spacing * np.arange(n) for n in self.shape), indexing="ij"), axis=-1)
        ball = np.linalg.norm(at - np.array(centre), axis=-1) <= radius
        volume = ball.sum() * self.spacing**3
        self.source = np.where(ball, watts / max(volume, 1e-30) / (self._p["rho"] * self._p["c"]), 0.0)

    def dead_ml(self) -> float:
        """Volume with damage above 1."""
        return float((self.omega >= 1).sum() * self.spacing**3 * 1e6)
