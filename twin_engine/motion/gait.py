"""Walking: foot events, spatiotemporal parameters, nine curves of a cycle.

Events: Zeni, Richards & Higginson 2008 (Gait Posture 27:710): a heel strikes where it is farthest ahead
of the pelvis, a toe leaves where it is farthest behind. x runs forward in a model, y up, z right.
"""

import csv
import itertools
import math
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine import assets
from twin_engine.errors import InputError
from twin_engine.motion.formats import Motion
from twin_engine.motion.kinematics import Kinematics
from twin_engine.motion.measures import GAIT_CURVES, symmetry_ratio
from twin_engine.motion.skeleton import Skeleton

Array = NDArray[np.float64]
SIDES = ("right", "left")
GRAVITY = 9.81
# Shortest time between two strikes of one foot, s (assumption: cadence below 240 steps a minute).
_SHORTEST = 0.5
# Pelvis displacement in m that tells ground from treadmill, and the part of stance in which a foot is flat
# and moves with the ground (assumptions).
_WALKED_M, _FLAT = 0.75, (0.2, 0.5)
_LEVEL = np.array([1.0, 0.0, 1.0])
# Step over leg length = 1.110 Fr^.514, Fr = v / sqrt(g leg); r2 .88, fitted to 51 adults at six speeds
# (Fukuchi 2018, PeerJ 6:e4640).
_STEP_FACTOR, _STEP_POWER = 1.110, 0.514


@dataclass(frozen=True)
class Walk:
    """Points over time in m: pelvis (n, 3), heels and toes by side."""

    time: Array
    pelvis: Array
    heel: dict[str, Array]
    toe: dict[str, Array]

    @property
    def forward(self) -> Array:
        """Unit direction of walking, horizontal: the pelvis's way over ground, the feet's heading on a treadmill."""
        way = (self.pelvis[-1] - self.pelvis[0]) * _LEVEL
        if not self.over_ground:
            way = np.mean([np.nanmean(self.toe[s] - self.heel[s], axis=0) for s in SIDES], axis=0) * _LEVEL
        return way / float(np.linalg.norm(way))

    @property
    def over_ground(self) -> bool:
        """Whether the pelvis gets anywhere; on a treadmill it stays."""
        return float(np.linalg.norm((self.pelvis[-1] - self.pelvis[0]) * _LEVEL)) >= _WALKED_M


def from_model(skeleton: Skeleton, motion: Motion) -> Walk:
    """Walk of a full-body or leg model (bodies pelvis, calcn_r, toes_r, calcn_l, toes_l).

    Raises
    ------
    InputError
        The model lacks a body, or the motion a coordinate.
    """
    bodies = {b.name for b in skeleton.bodies}
    lacking = [n for n in ("pelvis", "calcn_r", "toes_r", "calcn_l", "toes_l") if n not in bodies]
    if lacking:
        raise InputError("the model has no such body", skeleton.name, ", ".join(lacking), ", ".join(sorted(bodies)),
                         "use a gait model with feet")  # fmt: skip
    q = np.column_stack([column(motion, c.name, skeleton) for c in skeleton.coordinates])
    mover = Kinematics(skeleton)
    origins = [{n: f[:3, 3] for n, f in mover.frames(row).items()} for row in q]

    def of(body: str) -> Array:
        return np.array([o[body] for o in origins])

    return Walk(motion.time, of("pelvis"), {"right": of("calcn_r"), "left": of("calcn_l")},
                {"right": of("toes_r"), "left": of("toes_l")})  # fmt: skip


def column(motion: Motion, name: str, skeleton: Skeleton) -> Array:
    """A coordinate of the motion.

    Raises
    ------
    InputError
        The motion has no such column.
    """
    if name not in motion.columns:
        raise InputError("missing column", "motion", name, ", ".join(list(motion.columns)[:6]) + " ...",
                         "run inverse kinematics with the same model")  # fmt: skip
    return motion.columns[name]


def events(walk: Walk, side: str) -> tuple[Array, Array]:
    """Times (s) of heel strikes and toe-offs of one foot (Zeni 2008)."""
    ahead = (walk.heel[side] - walk.pelvis) @ walk.forward
    behind = -((walk.toe[side] - walk.pelvis) @ walk.forward)
    return _peaks(walk.time, ahead), _peaks(walk.time, behind)


def _peaks(time: Array, values: Array) -> Array:
    from scipy.signal import find_peaks

    apart = max(1, int(_SHORTEST * (len(time) - 1) / (time[-1] - time[0])))
    found, _ = find_peaks(values, distance=apart, prominence=0.25 * np.ptp(values))
    return time[found]


def parameters(walk: Walk) -> dict[str, float]:
    """Spatiotemporal parameters; keys end in their unit.

    Raises
    ------
    InputError
        No whole stride, or a foot never strikes.
    """
    forward = walk.forward
    strikes = {s: events(walk, s)[0] for s in SIDES}
    if min(map(len, strikes.values())) < 1 or max(map(len, strikes.values())) < 2:
        raise InputError("too few steps", "trial", {s: len(t) for s, t in strikes.items()},
                         "two heel strikes of a foot, one of the other", "record a longer walk")  # fmt: skip
    made: dict[str, float] = {}
    made["speed_m_s"] = _speed(walk)
    order = sorted((t, s) for s, ts in strikes.items() for t in ts)
    steps: dict[str, list[tuple[float, float]]] = {s: [] for s in SIDES}
    for (before, other), (t, side) in itertools.pairwise(order):
        if side != other:
            gap = _at(walk, walk.heel[side], t) - _at(walk, walk.heel[other], t)
            steps[side].append((float(gap @ forward), t - before))
    for side in SIDES:
        if len(strikes[side]) > 1:
            made[f"stride_time_{side}_s"] = float(np.mean(np.diff(strikes[side])))
            made[f"stance_{side}_percent"] = _stance(walk, side)
        if steps[side]:
            made[f"step_length_{side}_m"], made[f"step_time_{side}_s"] = map(float, np.mean(steps[side], axis=0))
    step_times = [t for side in SIDES for _, t in steps[side]]
    made["cadence_per_min"] = 60.0 / float(np.mean(step_times))
    across = np.cross([0.0, 1.0, 0.0], forward)
    widths = [abs(float((_at(walk, walk.heel["right"], t) - _at(walk, walk.heel["left"], u)) @ across))
              for (t, a), (u, b) in itertools.pairwise(order) if a != b]  # fmt: skip
    made["step_width_m"] = float(np.mean(widths))
    made |= _symmetry(made)
    return made


def _speed(walk: Walk) -> float:
    """Speed of the pelvis over the foot that is flat on the ground, so that a treadmill's belt counts too."""
    found = []
    for side in SIDES:
        strikes, offs = events(walk, side)
        for a in strikes:
            later = offs[offs > a]
            if len(later):
                start, end = (a + f * (later[0] - a) for f in _FLAT)
                gone = [_at(walk, walk.pelvis - walk.heel[side], t) for t in (start, end)]
                found.append((gone[1] - gone[0]) @ walk.forward / (end - start))
    return float(np.mean(found)) if found else math.nan


def _at(walk: Walk, points: Array, t: float) -> Array:
    return np.array([np.interp(t, walk.time, points[:, i]) for i in range(3)])


def _stance(walk: Walk, side: str) -> float:
    strikes, offs = events(walk, side)
    shares = [(off - a) / (b - a) for a, b in itertools.pairwise(strikes) for off in offs if a < off < b]
    return 100 * float(np.mean(shares)) if shares else math.nan


def _symmetry(made: dict[str, float]) -> dict[str, float]:
    found = {}
    for what, key in (("step_length", "m"), ("step_time", "s"), ("stance", "percent")):
        sides = [made.get(f"{what}_{side}_{key}", math.nan) for side in SIDES]
        if all(v > 0 for v in sides):
            found[f"{what}_symmetry_ratio"] = symmetry_ratio(sides[0], sides[1])
    return found


def expected_step(speed: float, leg: float) -> float:
    """Step length in m that goes with a speed (m/s) and a leg length (m) in health (Fukuchi 2018)."""
    return leg * _STEP_FACTOR * (speed / math.sqrt(GRAVITY * leg)) ** _STEP_POWER


def curves(skeleton: Skeleton, motion: Motion, walk: Walk, side: str) -> list[dict[str, Array]]:
    """The nine curves of every whole cycle of a limb, (101,) degrees in the signs of the norm."""
    strikes, _ = events(walk, side)
    course = _signed(skeleton, motion, walk, side)
    made = []
    for start, end in itertools.pairwise(strikes):
        t = np.linspace(start, end, 101)
        made.append({k: np.interp(t, motion.time, v) for k, v in course.items()})
    return made


def _signed(skeleton: Skeleton, motion: Motion, walk: Walk, side: str) -> dict[str, Array]:
    """Angles in degrees: flexion, adduction, anterior tilt, dorsiflexion, up, forward positive; toe-out negative."""
    s, right = side[0], 1.0 if side == "right" else -1.0
    knee = skeleton.coordinates[skeleton.index(f"knee_angle_{s}")]
    # gait2392 counts knee flexion negative, newer models positive; the range tells.
    bend = 1.0 if abs(knee.high) > abs(knee.low) else -1.0
    forward = walk.forward
    foot = walk.toe[side] - walk.heel[side]
    across = foot @ np.cross(forward, [0.0, 1.0, 0.0])
    heading = np.arctan2(forward[2], forward[0])

    def of(name: str) -> Array:
        return np.degrees(column(motion, name, skeleton))

    values = (-of("pelvis_tilt"), of(f"hip_flexion_{s}"), bend * of(f"knee_angle_{s}"), of(f"ankle_angle_{s}"),
              -right * of("pelvis_list"), of(f"hip_adduction_{s}"),
              right * (of("pelvis_rotation") + np.degrees(heading)), of(f"hip_rotation_{s}"),
              -right * np.degrees(np.arctan2(across, foot @ forward)))  # fmt: skip
    return dict(zip(GAIT_CURVES, values, strict=True))


@cache
def errors_of_measurement() -> dict[str, dict[str, Any]]:
    """Published test-retest errors by measure: sem, mdc, unit, population, source."""
    with open(assets.path("motion/measurement_error.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = ("norm_mean", "norm_sd", "sem", "mdc")
    return {r["measure"]: {**r, **{k: float(r[k]) if r[k] else None for k in numbers}} for r in rows}
