"""Scripted hands set to published figures of novices and of surgical trainees (years 3-7), to test the metrics.

eoSim threading (doi:10.1089/lap.2014.0015; 13 trainees, 10 novices), trained against novice: 153 against 593 s,
path 3.29 against 11.38 m, hand difference .55 against 2.43 m. Minimum-jerk movements (Flash & Hogan 1985) between
targets, with pauses; tremor and submovements make the novice's path long and uneven.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.streams import stream
from twin_engine.tissue.session import RATE, Session

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Skill:
    """Published seconds, total path, difference of the hands' paths (m); pieces a reach, tremor (assumptions)."""

    time_s: float
    path_m: float
    difference_m: float
    pieces: int
    tremor_m: float


EXPERT = Skill(153.0, 3.29, 0.55, 1, 0.0)
NOVICE = Skill(593.0, 11.38, 2.43, 4, 0.0010)


def between(learnt: float) -> Skill:
    """A skill this share of the way from novice to trained (0 to 1; the way there is an assumption)."""
    if learnt >= 1.0:
        return EXPERT
    time, path, difference = (a + learnt * (b - a) for a, b in (
        (NOVICE.time_s, EXPERT.time_s), (NOVICE.path_m, EXPERT.path_m), (NOVICE.difference_m, EXPERT.difference_m)
    ))  # fmt: skip
    return Skill(time, path, difference, max(1, round(NOVICE.pieces * (1 - learnt))), NOVICE.tremor_m * (1 - learnt))


def threading(
    skill: Skill, student: str, seed: int = 1, centre: tuple[float, float, float] = (0.0, -0.10, 0.05)
) -> Session:
    """A session whose time, path and hand difference equal the skill's figures."""
    frames = round(skill.time_s * RATE)
    rng = stream(seed, 0, 0, f"scripted hands {skill.time_s:g}")
    hands = []
    for share in ((skill.path_m - skill.difference_m) / 2, (skill.path_m + skill.difference_m) / 2):
        hands.append(_hand(rng, frames, share, skill, np.array(centre)))
    made = Session(student, "threading")
    made.frames = np.stack(hands, axis=1).tolist()
    return made


def _hand(rng: np.random.Generator, frames: int, path: float, skill: Skill, centre: Array) -> Array:
    """Reaches to random targets in pieces, scaled so that the path is as published."""
    reach = max(4, round(frames / RATE / 6.0))
    span = frames // reach
    out = np.zeros((frames, 3))
    at = np.zeros(3)
    for k in range(reach):
        goal = rng.normal(0, 1, 3) * np.array([1.0, 0.6, 0.6])
        start, stop = k * span, min((k + 1) * span, frames)
        pieces = np.linspace(0, 1, skill.pieces + 1)
        moving = int(0.55 * (stop - start))
        for a, b in itertools.pairwise(pieces):
            i, j = start + int(a * moving), start + int(b * moving)
            aside = rng.normal(0, 0.35, 3) * (skill.pieces > 1) * (b < 1)
            target = at + (goal - at) * (b - a) / (1 - a) + aside
            t = np.linspace(0, 1, max(j - i, 1))[:, None]
            out[i:j] = at + (target - at) * (10 * t**3 - 15 * t**4 + 6 * t**5)
            at = target
        out[start + moving : stop] = at
    out[reach * span :] = at
    time = np.arange(frames) / RATE
    shake = skill.tremor_m * np.stack([np.sin(2 * math.pi * 6.0 * time + p) for p in (0.0, 1.1, 2.3)], axis=1)
    moving = np.linalg.norm(np.gradient(out, axis=0), axis=1, keepdims=True) > 1e-9
    low, high = 0.0, 2.0
    for _ in range(50):
        scale = 0.5 * (low + high)
        length = np.linalg.norm(np.diff(scale * out + 0.3 * scale * shake / 0.02 * moving, axis=0), axis=1).sum()
        low, high = (scale, high) if length < path else (low, scale)
    return centre + scale * out + 0.3 * scale * shake / 0.02 * moving
