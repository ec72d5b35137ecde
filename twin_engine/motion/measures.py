"""Measures of a movement: smoothness, range, symmetry, gait deviation, distance of time courses.

All take SI values; each names its paper. They describe movement and are not validated exams.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from twin_engine import assets
from twin_engine.errors import InputError

Array = NDArray[np.float64]
# Balasubramanian 2015: cut-off 10 Hz, amplitude threshold .05, zero padding 4.
_CUTOFF_HZ, _THRESHOLD, _PADDING = 10.0, 0.05, 4
# Both smoothness measures move with the sampling rate, so it is fixed.
SMOOTHNESS_RATE = 100.0
# Movement start and end: 2 % of the peak speed (Alt Murphy 2011, Neurorehabil Neural Repair 25:71).
_MOVING = 0.02
GAIT_CURVES = ("pelvis_tilt", "hip_flexion", "knee_flexion", "ankle_dorsiflexion", "pelvis_obliquity",
               "hip_adduction", "pelvis_rotation", "hip_rotation", "foot_progression")  # fmt: skip
# Own basis (Fukuchi 2018 data): mean and SD of ln distance over the norm's limbs.
_GDI_MEAN, _GDI_SD, _GDI_CAP = 4.5597, 0.3387, 110.0


def resample(time: Array, values: Array, rate: float = SMOOTHNESS_RATE) -> Array:
    """Linear samples at a fixed rate (1/s) from the first to the last time."""
    count = int(np.floor((time[-1] - time[0]) * rate + 1e-9)) + 1
    return np.interp(time[0] + np.arange(count) / rate, time, values)


def sparc(speed: Array, rate: float = SMOOTHNESS_RATE) -> float:
    """Spectral arc length of a speed profile, <= 0, nearer 0 is smoother.

    Balasubramanian, Melendez-Calderon, Roby-Brami & Burdet 2015 (J NeuroEng Rehabil 12:112).
    """
    _refuse_short(speed)
    n = 2 ** (int(np.ceil(np.log2(len(speed)))) + _PADDING)
    frequency = np.arange(n) * rate / n
    spectrum = np.abs(np.fft.fft(speed, n))
    spectrum = spectrum / spectrum.max()
    keep = frequency <= _CUTOFF_HZ
    frequency, spectrum = frequency[keep], spectrum[keep]
    above = np.flatnonzero(spectrum >= _THRESHOLD)
    f, s = frequency[above[0] : above[-1] + 1], spectrum[above[0] : above[-1] + 1]
    return -float(np.sum(np.hypot(np.diff(f) / (f[-1] - f[0]), np.diff(s))))


def ldlj(speed: Array, rate: float = SMOOTHNESS_RATE) -> float:
    """Log dimensionless jerk of a speed profile (Balasubramanian et al. 2015, eq. 4)."""
    _refuse_short(speed)
    jerk = np.diff(speed, 2) * rate**2
    duration = len(speed) / rate
    return -float(np.log(duration**3 / np.max(np.abs(speed)) ** 2 * np.sum(jerk**2) / rate))


def _refuse_short(speed: Array) -> None:
    if len(speed) < 8 or not np.isfinite(speed).all() or not np.max(np.abs(speed)) > 0:
        raise InputError("a movement needs at least 8 finite speeds, not all zero", "speed", len(speed),
                         "8 samples or more", "check the recording for gaps")  # fmt: skip


def movement_time(speed: Array, rate: float) -> float:
    """Seconds between the first and last speed above 2 % of the peak (Alt Murphy 2011)."""
    moving = np.flatnonzero(speed >= _MOVING * np.max(speed))
    return float((moving[-1] - moving[0]) / rate)


def symmetry_ratio(affected: float, other: float) -> float:
    """Larger over smaller, >= 1 (Patterson 2010, Gait Posture 31:241)."""
    if affected <= 0 or other <= 0:
        raise InputError("a symmetry ratio needs two positive values", "symmetry", (affected, other), "> 0",
                         "check both sides were recorded")  # fmt: skip
    return max(affected, other) / min(affected, other)


@dataclass(frozen=True)
class GaitNorm:
    """Mean and SD in degrees by curve, (101,) over 0-100 % of the cycle.

    Fukuchi, Fukuchi & Duarte 2018 (PeerJ 6:e4640; CC BY 4.0): 42 healthy adults at comfortable
    speed; not matched for speed.
    """

    mean: dict[str, Array]
    sd: dict[str, Array]


@cache
def gait_norm() -> GaitNorm:
    """The norm that ships."""
    mean: dict[str, list[float]] = {}
    sd: dict[str, list[float]] = {}
    with open(assets.path("motion/gait_norm_wbds42.csv"), encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            mean.setdefault(row["variable"], []).append(float(row["mean_deg"]))
            sd.setdefault(row["variable"], []).append(float(row["sd_deg"]))
    return GaitNorm({k: np.array(v) for k, v in mean.items()}, {k: np.array(v) for k, v in sd.items()})


def gait_variable_scores(curves: Mapping[str, Array]) -> dict[str, float]:
    """RMS distance from the norm in degrees, a curve (Baker et al. 2009, Gait Posture 30:265).

    Parameters
    ----------
    curves : mapping
        Curve -> (101,) degrees over one gait cycle.
    """
    norm = gait_norm()
    _check_curves(curves)
    return {name: float(np.sqrt(np.mean((curves[name] - norm.mean[name]) ** 2))) for name in GAIT_CURVES}


def gait_profile_score(curves: Mapping[str, Array]) -> float:
    """GPS of one limb in degrees: RMS of its nine variable scores (Baker et al. 2009)."""
    scores = gait_variable_scores(curves)
    return float(np.sqrt(np.mean(np.square(list(scores.values())))))


def gait_profile_score_overall(left: Mapping[str, Array], right: Mapping[str, Array]) -> float:
    """GPS of both limbs: 15 curves, the pelvis counted once, from the left (Baker et al. 2009)."""
    a, b = gait_variable_scores(left), gait_variable_scores(right)
    pooled = list(a.values()) + [v for k, v in b.items() if not k.startswith("pelvis")]
    return float(np.sqrt(np.mean(np.square(pooled))))


def gdi_like(curves: Mapping[str, Array]) -> float:
    """Gait deviation on an own basis, 100 +- 10 in the norm, capped at 110.

    Method of Schwartz & Rozumalski 2008 (Gait Posture 28:351) on the features of Fukuchi 2018. Not
    comparable with a published GDI, whose basis is children of one clinic.
    """
    _check_curves(curves)
    basis, control = _gdi_basis()
    vector = np.concatenate([np.asarray(curves[name])[::2] for name in GAIT_CURVES])
    distance = float(np.linalg.norm(basis.T @ vector - control))
    if distance == 0.0:
        return _GDI_CAP
    return min(_GDI_CAP, 100 - 10 * (np.log(distance) - _GDI_MEAN) / _GDI_SD)


@cache
def _gdi_basis() -> tuple[Array, Array]:
    with open(assets.path("motion/gait_gdi_basis_wbds42.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    with open(assets.path("motion/gait_gdi_control_wbds42.csv"), encoding="utf-8", newline="") as file:
        control = next(r for r in csv.reader(file) if r[0] == "control_mean")
    return np.array([[float(v) for v in r[2:]] for r in rows]), np.array([float(v) for v in control[1:]])


def _check_curves(curves: Mapping[str, Array]) -> None:
    for name in GAIT_CURVES:
        values = curves.get(name)
        if values is None or np.shape(values) != (101,) or not np.isfinite(values).all():
            raise InputError("a gait curve is missing or incomplete", name,
                             None if values is None else str(np.shape(values)),
                             "101 finite degrees over 0-100 % of the cycle",
                             "resample the cycle, fill gaps")  # fmt: skip


def dtw(a: Array, b: Array) -> float:
    """Dynamic time warping distance of two courses (frames, features), Euclidean, steps of one.

    Sakoe & Chiba 1978 (IEEE Trans ASSP 26:43), unconstrained.
    """
    from twin_engine.motion.warping import distance

    return distance(np.ascontiguousarray(a, dtype=float), np.ascontiguousarray(b, dtype=float))
