"""Where in the movement a person is: a filter over phase and tempo.

A hidden Markov model with 101 phases times seven tempi, after dynamic movement alignment by HMM
(Rabiner 1989, Proc IEEE 77:257): tempo seldom changes, phase advances by it, and the pose is seen with
the demonstrations' own spread.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin_engine.errors import InputError

Array = NDArray[np.float64]
PHASES = 101
# Multiples of the reference's own tempo; 0 lets a person stop.
TEMPI = np.array([0.0, 0.5, 0.7, 0.85, 1.0, 1.25, 1.6])
# Chance in a second that the tempo moves to a neighbouring one (assumption).
_CHANGE = 1.5
_FLAGS: Any = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}, "nogil": True}


@njit(**_FLAGS)
def _advance(belief, tempi, mixing, step, cyclic, out):
    phases, count = belief.shape
    out[:] = 0.0
    period = phases - 1
    for i in range(phases):
        for k in range(count):
            weight = 0.0
            for m in range(count):
                weight += belief[i, m] * mixing[m, k]
            if weight < 1e-14:
                continue
            ahead = i + tempi[k] * step
            j = int(ahead)
            part = ahead - j
            if cyclic:
                out[j % period, k] += weight * (1 - part)
                out[(j + 1) % period, k] += weight * part
            else:
                out[min(j, period), k] += weight * (1 - part)
                out[min(j + 1, period), k] += weight * part


@njit(**_FLAGS)
def _see(belief, mean, spread, pose):
    """Multiply by the likelihood of a pose; missing joints are left out. Returns the evidence."""
    phases, count = belief.shape
    distance = np.zeros(phases)
    for i in range(phases):
        for j in range(pose.size):
            if np.isfinite(pose[j]):
                distance[i] += ((pose[j] - mean[i, j]) / spread[i, j]) ** 2
    least = distance.min()
    total = 0.0
    for i in range(phases):
        # Heavier tails than a Gaussian's: a limited patient never matches the reference exactly.
        likelihood = (1.0 + (distance[i] - least) / 6.0) ** -4.0
        for k in range(count):
            belief[i, k] *= likelihood
            total += belief[i, k]
    belief /= total
    return total


class PhaseFilter:
    """Follows a person through a reference.

    Parameters
    ----------
    mean, spread : ndarray (101, joints)
        The reference over phase and its standard deviation, rad.
    duration : float
        Its duration in s at tempo 1.
    rate : float
        Poses a second.
    cyclic : bool
        Whether the end is the beginning (gait).
    """

    def __init__(self, mean: Array, spread: Array, duration: float, rate: float, cyclic: bool = False) -> None:
        if mean.shape != spread.shape or len(mean) != PHASES or not (spread > 0).all() or duration <= 0 or rate <= 0:
            raise InputError("a phase filter needs 101 poses with a positive spread", "reference", str(mean.shape),
                             "(101, joints), duration and rate > 0", "resample the reference")  # fmt: skip
        self._mean, self._spread = np.ascontiguousarray(mean), np.ascontiguousarray(spread)
        self._cyclic, self._step = cyclic, (PHASES - 1) / (duration * rate)
        chance = _CHANGE / rate
        neighbour = np.eye(len(TEMPI), k=1) + np.eye(len(TEMPI), k=-1)
        self._mixing = neighbour / neighbour.sum(axis=1, keepdims=True) * chance + np.eye(len(TEMPI)) * (1 - chance)
        self.belief = np.zeros((PHASES, len(TEMPI)))
        if cyclic:
            self.belief[: PHASES - 1] = 1.0
        else:
            self.belief[0] = 1.0
        self.belief /= self.belief.sum()
        self._ahead = np.zeros_like(self.belief)

    def see(self, pose: Array) -> float:
        """Take one pose (joints,) in rad, NaN where a joint was not seen; the phase in [0, 1]."""
        _advance(self.belief, TEMPI, self._mixing, self._step, self._cyclic, self._ahead)
        self.belief, self._ahead = self._ahead, self.belief
        _see(self.belief, self._mean, self._spread, np.ascontiguousarray(pose, dtype=float))
        return self.phase

    @property
    def phase(self) -> float:
        """Mean phase in [0, 1]; on the circle where the movement repeats."""
        weight = self.belief.sum(axis=1)
        position = np.arange(PHASES) / (PHASES - 1)
        if not self._cyclic:
            return float(weight @ position)
        angle = np.angle(weight @ np.exp(2j * np.pi * position))
        return float(angle / (2 * np.pi) % 1.0)

    @property
    def tempo(self) -> float:
        """Mean tempo, 1 as the reference."""
        return float(self.belief.sum(axis=0) @ TEMPI)
