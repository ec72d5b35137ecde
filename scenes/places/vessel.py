"""An angiography room: the wire crosses a narrowed coronary artery on the fluoroscopy screen."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scenes.scene import Fixation, Light, Scene, View
from twin_engine.vessels.centreline import load

if TYPE_CHECKING:
    from scenes.stage import Stage

TITLE = "Angiography room"
_WIDTH, _PAUSE_S = 1.1, 4.0


def _nobody(root: Any) -> None:
    """The room's shader wants bodies that cast shadows: here they lie far below the floor."""
    from panda3d.core import LVector4, PTA_LVecBase4f

    for name in ("capsule_a", "capsule_b"):
        rows = PTA_LVecBase4f()
        for i in range(18):
            rows.push_back(LVector4(0.0, 0.0, -50.0 - i - (name == "capsule_b"), 0.01))
        root.set_shader_input(name, rows)


class Vessel(Scene):
    """The screen of a rehearsal; `stent` shows it after deployment. `tree` is a person's own vessel.

    Parameters
    ----------
    variant : str
    tree : Path, optional
        tree.json of twin vessel tree; default: the procedural coronary tree.
    """

    title = TITLE
    variants = ("wire", "stent")
    about_sight = False

    def __init__(self, variant: str = "", tree: Path | None = None) -> None:
        super().__init__(variant)
        self._tree = None if tree is None else load(tree)

    def light(self) -> Light:
        """A dimmed room."""
        return Light(white=330.0, adaptation=150.0)

    def viewpoints(self) -> dict[str, View]:
        """The operator's place."""
        return {"operator": View((0.0, 1.65, 1.50), (0.0, 0.0, 1.42), 50.0)}

    def fixations(self) -> dict[str, Fixation]:
        """The screen."""
        return {"screen": Fixation("Screen", (0.0, 0.05, 1.42))}

    def build(self, stage: "Stage") -> None:
        """Room, screen, a session under way."""
        from scenes import figure_node
        from scenes.vessel_pilot import autopilot
        from scenes.vessel_rehearsal import own, usual

        self.session = usual() if self._tree is None else own(self._tree)
        there = autopilot(self.session, 20.0)
        if self.variant == "stent" and there:
            b = self.session.avatar.tree[self.session.target.branch]
            self.session.deploy("stent", diameter_mm=float(np.clip(2 * np.nanpercentile(b.radius, 80), 2.0, 5.8)))
        figure_node.room().reparent_to(stage.root)
        _nobody(stage.root)
        corner = np.array([_WIDTH / 2, 0.05, 1.42 - _WIDTH / 2])
        self.screen = figure_node.Board(corner, np.array([-_WIDTH, 0.0, 0.0]), np.array([0.0, 0.0, _WIDTH]))
        self.screen.path.reparent_to(stage.root)
        self.session.inject()
        self.session.hand(0.0, 0.0, 0.7)
        self._show()

    def update(self, seconds: float) -> None:
        """The heart beats, contrast comes and goes."""
        self.session.hand(0.0, 0.0, max(seconds, 1 / 60))
        if self.session.time - self.session.injections[-1][0] > _PAUSE_S:
            self.session.inject()
        self._show()

    def _show(self) -> None:
        grey = np.round(255 * self.session.frame()).astype(np.uint8)
        self.screen.show(np.dstack([grey, grey, grey, np.full_like(grey, 255)]))
