"""A rehabilitation room: a person reaches, a ghost leads, one cue at a time."""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from scenes.scene import Fixation, Light, Scene, View

if TYPE_CHECKING:
    from scenes.rehab_guide import Room, Sitting
    from scenes.stage import Stage
    from twin_engine.motion.live import Guidance, Guide

TITLE = "Rehabilitation room"
RATE = 60.0
SECONDS = 3.0
# The simulated patient reaches this share of the reference's elevation and bends the elbow (assumption).
_REACHED, _BENT = 0.72, np.radians(22.0)


class Rehab(Scene):
    """Guided reach; variants name the guided side and the mirror."""

    title = TITLE
    variants = ("right", "left", "mirror")
    about_sight = False

    def __init__(self, variant: str = "") -> None:
        super().__init__(variant)
        self.time = 0.62 * SECONDS
        self.room: Room | None = None

    @property
    def side(self) -> str:
        """The guided side."""
        return "left" if self.variant == "left" else "right"

    def light(self) -> Light:
        """A bright treatment room."""
        return Light(white=330.0, adaptation=150.0)

    def viewpoints(self) -> dict[str, View]:
        """Therapist, face to face; from the side; what the panel shows."""
        x = -0.44 if self.variant == "right" else 0.44
        return {
            "therapist": View((1.9 * x, 3.9, 1.55), (0.75 * x, 0.0, 1.03), 50.0),
            "side": View((-5.4 * x, 3.1, 1.50), (0.3 * x, 0.1, 1.08), 48.0),
        }

    def fixations(self) -> dict[str, Fixation]:
        """The hand and the panel."""
        return {"hand": Fixation("Hand", (0.35, 0.45, 1.35)), "panel": Fixation("Panel", (-1.0, 0.15, 1.2))}

    def build(self, stage: "Stage") -> None:
        """Room, figures, panel."""
        from scenes.rehab_guide import Room

        guide = self._guide()
        self.room = Room(guide, self.side, self.variant == "mirror")
        self.room.root.reparent_to(stage.root)
        self._show()

    def update(self, seconds: float) -> None:
        """Let the recording run, over and over."""
        self.time = (self.time + seconds) % SECONDS
        if self.room is not None:
            self._show()

    def _show(self) -> None:
        assert self.room is not None
        seen = rehearsal(self.side)[1]
        self.room.show(seen[min(int(self.time * RATE), len(seen) - 1)], sitting())

    def _guide(self) -> "Guide":
        return rehearsal(self.side)[0]


def sitting() -> "Sitting":
    """The block shown: the fourth repetition of a first session."""
    from scenes.rehab_guide import Sitting
    from twin_engine.text import tr

    return Sitting(tr("Reach for a target"), 3, 10, 2, True, 12.0)


@cache
def rehearsal(side: str) -> "tuple[Guide, list[Guidance]]":
    """The demonstrated reach as reference and a simulated patient who does not reach it, frame by frame."""
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
    return guide, list(live.from_angles(guide, Motion(at, {j: patient[:, i] for i, j in enumerate(joints)})))
