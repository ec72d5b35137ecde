"""What an impaired arm or leg can no longer do: strength, synergy, spasticity, range, side.

Entered by the clinician, never inferred. Strength scales active force only. Synergy: u' =
clip((1 - c) u + c S u); elbow flexion grows and reach shrinks with abduction load (Sukal 2007, Exp Brain
Res 183:215; wrist and fingers: Miller & Dewald 2012, Clin Neurophysiol 123:1216); c is an assumption.
Spasticity: r = g_v max(0, v(t-d) - v_th) + g_l max(0, l(t-d) - l_th), lengths in optimal fibre lengths
(velocity and length: after Falisse 2018, PLoS ONE 13:e0208811); no gain transfers between persons, so
all are zero unless given with a source.
"""

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from twin_engine.errors import InputError
from twin_engine.strict import Part, parse, read_yaml, refuse

Array = NDArray[np.float64]
# Rows of S: who drives whom, by the beginning of the muscle's name in the MoBL arm (Saul 2015).
_DRIVERS = {"abductors": ("DELT2", "DELT3", "SUPSP"), "adductors": ("PECM", "LAT", "TMAJ")}
_DRIVEN = {"abductors": ("BIC", "BRA", "BRD", "FCR", "FCU", "FDS", "FDP", "PL"), "adductors": ("TRI", "ANC")}


class Reflex(Part):
    """Stretch reflex of one muscle."""

    velocity_gain: float = Field(default=0.0, ge=0, le=10)
    velocity_threshold: float = Field(default=0.0, ge=0, le=20)
    length_gain: float = Field(default=0.0, ge=0, le=10)
    length_threshold: float = Field(default=1.0, ge=0, le=3)


class Spasticity(Part):
    """Reflexes by muscle, their delay in s (about .03 arm, .06 leg), and where the gains come from."""

    delay_s: float = Field(default=0.03, ge=0, le=0.5)
    muscles: dict[str, Reflex] = {}
    source: str = ""

    @model_validator(mode="after")
    def _has_source(self) -> "Spasticity":
        if any(m.velocity_gain or m.length_gain for m in self.muscles.values()) and not self.source.strip():
            raise refuse("reflex gains need a source", "source: where the gains come from",
                         "gains do not transfer between persons: name the measurement")  # fmt: skip
        return self


class Synergy(Part):
    """Share c of coupling, 0 to 1, and its source."""

    coupling: float = Field(default=0.0, ge=0, le=1)
    source: str = "assumption"


class Impairment(Part):
    """One person's impairment; ranges of motion in degrees."""

    side: Literal["right", "left"] = "right"
    strength: dict[str, float] = {}
    synergy: Synergy = Synergy()
    spasticity: Spasticity = Spasticity()
    range_deg: dict[str, tuple[float, float]] = {}
    assessments: dict[str, float] = {}

    @model_validator(mode="after")
    def _plausible(self) -> "Impairment":
        for muscle, share in self.strength.items():
            if not 0 < share <= 1:
                raise refuse("strength must lie in (0, 1]", f"a share of the healthy force of {muscle}",
                             "0.4 means 40 %")  # fmt: skip
        for joint, (low, high) in self.range_deg.items():
            if not low < high:
                raise refuse("a range of motion needs low < high of a known joint", f"{joint}: [low, high]",
                             "enter the measured range")  # fmt: skip
        return self

    @property
    def limits(self) -> dict[str, tuple[float, float]]:
        """Joint -> (low, high) in rad."""
        return {j: (float(np.radians(a)), float(np.radians(b))) for j, (a, b) in self.range_deg.items()}


def read(file: Path) -> Impairment:
    """Read an impairment file (YAML).

    Raises
    ------
    InputError
        Unknown keys, strength outside (0, 1], reflex gains without a source, an empty range.
    """
    made: Impairment = parse(Impairment, read_yaml(file), str(file))
    return made


def synergy_matrix(muscles: tuple[str, ...]) -> Array:
    """S (muscles, muscles): a driven muscle takes the mean excitation of its drivers, others their own."""
    matrix = np.eye(len(muscles))
    for group, drivers in _DRIVERS.items():
        sources = [i for i, m in enumerate(muscles) if m.startswith(drivers)]
        for i, m in enumerate(muscles):
            if sources and m.startswith(_DRIVEN[group]):
                matrix[i] = 0.0
                matrix[i, sources] = 1.0 / len(sources)
    return matrix


def couple(excitation: Array, matrix: Array, coupling: float) -> Array:
    """Excitations after synergy coupling, clipped to 0-1."""
    return np.clip((1.0 - coupling) * excitation + coupling * (matrix @ excitation), 0.0, 1.0)


class Reflexes:
    """Delayed stretch reflexes of many muscles, fed sample by sample.

    Parameters
    ----------
    spasticity : Spasticity
    muscles : tuple of str
        Names of the model, in order; a name in the file stands for all that begin with it.
    step : float
        Seconds between samples.
    """

    def __init__(self, spasticity: Spasticity, muscles: tuple[str, ...], step: float) -> None:
        self._gain = np.zeros((4, len(muscles)))
        self._gain[3] = 1.0
        for name, r in spasticity.muscles.items():
            chosen = [i for i, m in enumerate(muscles) if m.startswith(name)]
            if not chosen:
                raise InputError("the model has no such muscle", "spasticity", name, ", ".join(muscles[:24]),
                                 "correct the name")  # fmt: skip
            values = (r.velocity_gain, r.velocity_threshold, r.length_gain, r.length_threshold)
            self._gain[:, chosen] = np.array(values)[:, None]
        self._late: list[tuple[Array, Array]] = []
        self._samples = round(spasticity.delay_s / step)

    def see(self, length: Array, velocity: Array) -> Array:
        """Added excitation (muscles,) for fibre length (L0) and velocity (L0/s, lengthening positive)."""
        self._late.append((np.array(length), np.array(velocity)))
        if len(self._late) <= self._samples:
            return np.zeros(self._gain.shape[1])
        old_length, old_velocity = self._late.pop(0)
        g_v, v_th, g_l, l_th = self._gain
        return g_v * np.maximum(0.0, old_velocity - v_th) + g_l * np.maximum(0.0, old_length - l_th)
