"""A rehabilitation room: a person reaches, a ghost leads, one cue at a time."""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from scenes.scene import Fixation, Light, Point, Scene, View
from twin_engine.text import tr

if TYPE_CHECKING:
    from scenes.rehab_guide import Room
    from scenes.rehab_panel import Sitting
    from scenes.rehab_source import Latest
    from scenes.stage import Stage
    from twin_engine.motion.live import Guidance, Guide

TITLE = "Rehabilitation room"
RATE = 60.0
SECONDS = 3.0
# The simulated patient reaches this share of the reference's elevation and bends the elbow (assumption).
_REACHED, _BENT = 0.72, np.radians(22.0)
# Seconds of a slow stride, and the share of the norm's knee flexion that a stiff knee keeps (assumptions). At the mean
# paretic range after stroke, 43.5 of 57.4 degrees, the knee is beyond 2 SD too shortly for a cue.
CYCLE, STIFF = 1.6, 0.55


class Rehab(Scene):
    """A guided reach of the right or left arm, as in a mirror, or a walk; `follow` shows a recording."""

    title = TITLE
    variants = ("right", "left", "mirror", "gait")
    about_sight = False

    def __init__(self, variant: str = "") -> None:
        super().__init__(variant)
        self.side = "left" if self.variant == "left" else "right"  # the guided side
        self.guide, self.seen, self.sitting = walk() if self.variant == "gait" else rehearsal(self.side)
        # Opened just after the first cue, so that a still shows one.
        self.time = next((g.time for g in self.seen if g.cue), 0.0) + 0.15
        self.room: Room | None = None
        self.rate, self.tracks = RATE, False
        self.source: Latest | None = None

    def follow(self, guide: "Guide", seen: "list[Guidance]", rate: float) -> None:
        """Show a recording instead of the simulated patient, from its first cue on; before `build`."""
        from dataclasses import replace

        self.guide, self.seen, self.rate = guide, seen, rate
        self.side = "left" if all(j.endswith("_l") for j in guide.joints) else "right"
        self.sitting = replace(self.sitting, title=tr("Follow the movement"), repetition=1, successes=0, minutes=0.0)
        self.time = next((i / rate for i, g in enumerate(seen) if g.cue), 0.0)

    def tracked(self, head: Point, hand: Point | None) -> None:
        """Let the wearer of a headset lead the figure: right arm from head and controller."""
        from scenes.figure import STATURE
        from scenes.rehab_guide import headset_angles

        if hand is None or self.side != "right" or self.variant == "gait":
            return
        if not self.tracks:
            self.guide, self.seen, self.time, self.tracks = self.guide.fresh(RATE), [], 0.0, True
        angles = headset_angles(np.array(head), {"right": np.array(hand)}, STATURE, "right")
        pose = np.array([angles.get(j, np.nan) for j in self.guide.joints])
        self.seen = [self.guide.see(self.time, pose)]

    def light(self) -> Light:
        """A bright treatment room."""
        return Light(white=330.0, adaptation=150.0)

    def viewpoints(self) -> dict[str, View]:
        """Therapist, face to face; from the side; what the panel shows."""
        x = 0.44 if self.variant in ("left", "mirror") else -0.44
        return {
            "therapist": View((1.9 * x, 3.9, 1.55), (0.75 * x, 0.0, 1.03), 50.0),
            "side": View((-4.8 * x, 3.6, 1.50), (0.5 * x, 0.1, 0.98), 53.0),
        }

    def fixations(self) -> dict[str, Fixation]:
        """The hand and the panel."""
        return {"hand": Fixation("Hand", (0.35, 0.45, 1.35)), "panel": Fixation("Panel", (-1.0, 0.15, 1.2))}

    def build(self, stage: "Stage") -> None:
        """Room, figures, panel."""
        from scenes.rehab_guide import Room

        self.room = Room(self.guide, self.side, self.variant == "mirror")
        self.room.root.reparent_to(stage.root)
        self._show()

    def update(self, seconds: float) -> None:
        """Let the recording run, over and over."""
        self.time = self.time + seconds if self.tracks else (self.time + seconds) % (len(self.seen) / self.rate)
        if self.source is not None:
            self.seen = [self.source.newest]
        if self.room is not None:
            self._show()

    def _show(self) -> None:
        assert self.room is not None
        self.room.show(self.seen[min(int(self.time * self.rate), len(self.seen) - 1)], self.sitting)


@cache
def rehearsal(side: str) -> "tuple[Guide, list[Guidance], Sitting]":
    """The demonstrated reach as reference and a simulated patient who does not reach it, frame by frame."""
    from scenes.rehab_panel import Sitting
    from twin_engine.motion import live, tasks
    from twin_engine.motion.formats import Motion
    from twin_engine.motion.primitive import fit

    joints = tuple(j.removesuffix("_r") + f"_{side[0]}" for j in tasks.REACH_JOINTS)
    learned = fit(joints, tasks.demonstrated_reach())
    phase = np.linspace(0, 1, 101)
    course, spread = learned.course(phase), learned.spread(phase)
    time = phase * SECONDS
    reference = Motion(time, {j: course[:, i] for i, j in enumerate(joints)})
    guide = live.Guide(reference, joints, RATE, tube=np.maximum(spread, np.radians(2.0)))
    at = np.arange(round(SECONDS * RATE)) / RATE
    patient = np.column_stack([np.interp(at, time, course[:, i]) for i in range(len(joints))])
    start = patient[0].copy()
    late = (at / SECONDS)[:, None] ** 2
    patient[:, 1] = start[1] + (patient[:, 1] - start[1]) * (1 - (1 - _REACHED) * np.minimum(1, 1.6 * late[:, 0]))
    patient[:, 3] += _BENT * late[:, 0]
    seen = list(live.from_angles(guide, Motion(at, {j: patient[:, i] for i, j in enumerate(joints)})))
    return guide, seen, Sitting(tr("Reach for a target"), 3, 10, 2, True, 12.0)


@cache
def walk() -> "tuple[Guide, list[Guidance], Sitting]":
    """The norm's cycle (Fukuchi 2018) as reference, and a simulated stiff right knee."""
    from scenes.rehab_panel import Sitting
    from twin_engine.motion import live, measures
    from twin_engine.motion.formats import Motion

    norm, joints, columns, spread = measures.gait_norm(), [], [], []
    for side, shift in (("r", 0), ("l", 50)):
        for name in ("hip_flexion", "knee_flexion", "ankle_dorsiflexion"):
            joints.append(f"{name}_{side}")
            columns.append(np.radians(np.roll(norm.mean[name][:100], shift)))
            spread.append(np.radians(np.roll(norm.sd[name][:100], shift)))
    course, tube = (np.column_stack([np.append(c, c[0]) for c in rows]) for rows in (columns, spread))
    time = np.linspace(0.0, CYCLE, 101)
    reference = Motion(time, {j: course[:, i] for i, j in enumerate(joints)})
    guide = live.Guide(reference, tuple(joints), RATE, cyclic=True, tube=tube)
    at = np.arange(round(4 * CYCLE * RATE)) / RATE
    patient = np.column_stack([np.interp(at % CYCLE, time, c) for c in course.T])
    patient[:, 1] *= STIFF
    seen = list(live.from_angles(guide, Motion(at, {j: patient[:, i] for i, j in enumerate(joints)})))
    return guide, seen, Sitting(tr("Walk"), 5, 10, 4, True, 18.0)
