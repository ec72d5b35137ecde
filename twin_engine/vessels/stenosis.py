"""Pressure drop over a stenosis: two published laws, whose range is the answer.

Young & Tsai 1973 (J Biomech 6:395 and 547; coefficients as in Liang et al. 2009): viscous term with
an effective length and a turbulent loss K_t = 1.52. Huo, Svendsen, Choy, Zhang & Kassab 2012
(J R Soc Interface 9:1325): developing flow in the throat plus sudden expansion. The second law
gives about 1.5 to 1.8 times the drop of the first; neither is clinically validated here.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from twin_engine.errors import InputError

# Young & Tsai 1973 / Liang 2009: K_v = 32 (0.83 L + 1.64 D_s)/D_0 (A_0/A_s)^2, K_t = 1.52.
_LENGTH, _DIAMETER, _TURBULENT = 0.83, 1.64, 1.52
# Huo 2012: below this relative core the flow in the throat is developed (Poiseuille).
_DEVELOPED = 0.05


@dataclass(frozen=True)
class Stenosis:
    """A narrowing (m): normal and least diameter, and its length.

    Raises
    ------
    InputError
        The least diameter is not between 0 and the normal one, or the length is not positive.
    """

    diameter: float
    least: float
    length: float

    def __post_init__(self) -> None:
        if not 0 < self.least <= self.diameter or not self.length > 0:
            raise InputError("a stenosis needs 0 < least diameter <= normal diameter and a length",
                             "stenosis", (self.diameter, self.least, self.length),
                             "diameter, least, length in m", "correct the measured profile")  # fmt: skip

    @property
    def percent(self) -> float:
        """Diameter stenosis in per cent."""
        return 100 * (1 - self.least / self.diameter)

    @property
    def areas(self) -> tuple[float, float]:
        """Normal and least area in m2."""
        return math.pi / 4 * self.diameter**2, math.pi / 4 * self.least**2


def young_tsai(s: Stenosis, flow: float, density: float, viscosity: float) -> float:
    """Pressure drop in Pa at a steady flow in m3/s (Young & Tsai 1973)."""
    normal, least = s.areas
    ratio = normal / least
    viscous = 32 * (_LENGTH * s.length + _DIAMETER * s.least) / s.diameter * ratio**2
    return (viscous * viscosity * flow / (normal * s.diameter)
            + _TURBULENT * density / 2 * flow * abs(flow) / normal**2 * (ratio - 1) ** 2)  # fmt: skip


def huo_kassab(s: Stenosis, flow: float, density: float, viscosity: float) -> float:
    """Pressure drop in Pa at a steady flow in m3/s (Huo et al. 2012, eqs. 2.4-2.9)."""
    if flow == 0.0:
        return 0.0
    q = abs(flow)
    normal, least = s.areas
    core, lengths, losses = _entrance()
    reached = math.pi * viscosity * s.length / (density * q)
    throat = 0.0
    if reached >= lengths[0]:
        alpha = _DEVELOPED
        rest = s.length - lengths[0] * density * q / (math.pi * viscosity)
        throat = 8 * math.pi * viscosity * rest * q / least**2
    else:
        alpha = float(np.interp(reached, lengths[::-1], core[::-1]))
    developing = density * q**2 / (2 * least**2) * 96 / 5 * float(np.interp(alpha, core, losses))
    d = 1 / least - 1 / normal
    blunt = 2 * d * (1 / least - 1 / (3 * normal)) - d**2
    expansion = density * q**2 / 2 * (d**2 + blunt * (1 - alpha) ** 2)
    return math.copysign(developing + throat + expansion, flow)


@cache
def _entrance() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Core radius alpha, entrance length reached at it, and the integral of its loss."""
    x = np.geomspace(_DEVELOPED, 1.0, 4001)
    n = 1 + 4 * x + 9 * x**2 + 4 * x**3
    d = (3 + 2 * x) * (3 + 2 * x + x**2) ** 2
    return x, _tail(x, (1 - x) * (6 + x) * n / (5 * x * d)), _tail(x, n / (x * d))


def _tail(x: np.ndarray, f: np.ndarray) -> np.ndarray:
    """The integral from each x to 1 by the trapezoidal rule."""
    pieces = 0.5 * (f[1:] + f[:-1]) * np.diff(x)
    return np.append(np.cumsum(pieces[::-1])[::-1], 0.0)


LAWS = {"young_tsai": young_tsai, "huo_kassab": huo_kassab}
