"""The therapist's panel as a picture: phase, cue, deviation of each joint, repetitions."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenes.signs import Canvas
from twin_engine.motion.cue import ON, Cue
from twin_engine.motion.live import Guidance, Guide
from twin_engine.text import language, tr

WIDTH, HEIGHT, PER_METRE = 0.92, 0.66, 1100.0
_GROUND, _INK, _SOFT, _LINE = "10242a", "f2f6f6", "8fb0b4", "24424a"
_TEAL, _AMBER, _TRACK = "2fb3b8", "f08a24", "1c3a42"
_NAMES = {"shoulder_elv": "Shoulder elevation", "elv_angle": "Plane of elevation", "shoulder_rot": "Shoulder rotation",
          "elbow_flexion": "Elbow flexion", "pro_sup": "Forearm rotation", "hip_flexion": "Hip flexion",
          "knee": "Knee flexion", "ankle": "Ankle dorsiflexion"}  # fmt: skip


@dataclass(frozen=True)
class Sitting:
    """What is shown beside the movement: repetition, of how many, successes so far, whether cued, session minutes."""

    title: str
    repetition: int
    repetitions: int
    successes: int
    cued: bool
    minutes: float


def joint_name(joint: str) -> str:
    """A joint as a person reads it."""
    stem = next((s for s in _NAMES if joint.startswith(s)), None)
    return tr(_NAMES[stem]) if stem else joint


def picture(guide: Guide, seen: Guidance, sitting: Sitting, say: Callable[[Cue], str]) -> NDArray[np.uint8]:
    """(h, w, 4) sRGB with alpha."""
    c = Canvas(WIDTH, HEIGHT, PER_METRE, _GROUND)
    of = "\uac00" if language() == "ko" else "H"  # a Hangul syllable
    c.text(sitting.title, 0.04, 0.075, 0.026, _INK, of=of)
    c.text(tr("{n} min", n=round(sitting.minutes)), WIDTH - 0.04, 0.073, 0.018, _SOFT, of=of, anchor="rs")
    _phase(c, seen.phase, of)
    _instruction(c, seen, sitting.cued, say, of)
    _joints(c, guide, seen, of)
    _repetitions(c, sitting.repetition, sitting.repetitions, sitting.successes, of)
    limits = tr("For research, teaching and counselling; not a medical device.")
    c.text(limits, WIDTH / 2, HEIGHT - 0.016, 0.0112, _SOFT, of=of, anchor="ms", font="NotoSansKR-Regular.otf")
    return _rounded(c)


def _phase(c: Canvas, phase: float, of: str) -> None:
    c.text(tr("Phase of the movement"), 0.04, 0.132, 0.0155, _SOFT, of=of)
    c.text(f"{100 * phase:.0f} %", WIDTH - 0.04, 0.132, 0.0155, _INK, of="H", anchor="rs")
    c.shape("rounded_rectangle", [0.04, 0.145, WIDTH - 0.04, 0.161], _TRACK, radius=0.008)
    end = 0.04 + max(0.016, phase * (WIDTH - 0.08))
    c.shape("rounded_rectangle", [0.04, 0.145, end, 0.161], _TEAL, radius=0.008)


def _instruction(c: Canvas, seen: Guidance, cued: bool, say: Callable[[Cue], str], of: str) -> None:
    shown = seen.cue is not None and cued
    c.shape("rounded_rectangle", [0.04, 0.185, WIDTH - 0.04, 0.275], _AMBER if shown else _TRACK, radius=0.014)
    if seen.cue is not None and cued:
        words = say(seen.cue)
    else:
        words = tr("Good, keep going") if cued else tr("No cue in this repetition")
    c.text(words, WIDTH / 2, 0.230 + 0.012, 0.025, "1b1208" if shown else _SOFT, of=of, anchor="ms")


def _joints(c: Canvas, guide: Guide, seen: Guidance, of: str) -> None:
    """Deviation of each joint in SD: the tube's border is marked."""
    mean = guide.expected(seen.phase)
    sd = guide.spread[round(seen.phase * (len(guide.spread) - 1))]
    middle, half = 0.595, 0.185
    both = len({j[-2:] for j in guide.joints}) > 1
    for i, joint in enumerate(guide.joints[:6]):
        y = 0.318 + 0.044 * i
        z = float(np.clip((seen.pose[i] - mean[i]) / sd[i], -4, 4)) if np.isfinite(seen.pose[i]) else 0.0
        name = joint_name(joint)
        if both:
            name = tr("{joint}, right", joint=name) if joint.endswith("_r") else tr("{joint}, left", joint=name)
        c.text(name, 0.04, y + 0.008, 0.0170, _INK, of=of, font="NotoSansKR-Regular.otf")
        c.shape("rounded_rectangle", [middle - half, y - 0.006, middle + half, y + 0.006], _TRACK, radius=0.006)
        a, b = sorted((middle, middle + half * z / 4))
        ink = _AMBER if abs(z) > ON else _TEAL
        c.shape("rectangle", [a, y - 0.006, max(b, a + 0.002), y + 0.006], ink)
        for edge in (-ON, ON):
            x = middle + half * edge / 4
            c.shape("rectangle", [x - 0.0008, y - 0.012, x + 0.0008, y + 0.012], _SOFT)
        c.text(f"{z:+.1f} SD", WIDTH - 0.04, y + 0.006, 0.0130, ink if abs(z) > ON else _SOFT, of="H", anchor="rs")


def _repetitions(c: Canvas, repetition: int, repetitions: int, successes: int, of: str) -> None:
    y = 0.592
    c.text(tr("Repetition"), 0.04, y + 0.007, 0.0155, _SOFT, of=of)
    for k in range(repetitions):
        x = 0.27 + 0.052 * k
        ink = _TEAL if k < successes else _AMBER if k < repetition else _TRACK
        if k == repetition:
            c.shape("ellipse", [x - 0.0165, y - 0.0165, x + 0.0165, y + 0.0165], _INK)
        c.shape("ellipse", [x - 0.0125, y - 0.0125, x + 0.0125, y + 0.0125], ink)


def _rounded(c: Canvas, radius: float = 0.028) -> NDArray[np.uint8]:
    image = c.image()
    h, w, _ = image.shape
    r = radius * c.per_metre
    y, x = np.mgrid[0:h, 0:w] + 0.5
    dx = np.maximum(np.abs(x - w / 2) - (w / 2 - r), 0)
    dy = np.maximum(np.abs(y - h / 2) - (h / 2 - r), 0)
    alpha = np.clip(r - np.hypot(dx, dy) + 0.5, 0, 1) * 0.97
    return np.dstack([image, (255 * alpha).astype(np.uint8)])
