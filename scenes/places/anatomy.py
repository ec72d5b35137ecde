"""Specimen room: organs and lesions on a board, with instruments and a ruler."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scenes.scene import Fixation, Light, Scene, View

if TYPE_CHECKING:
    from scenes.organ_mesh import Skin
    from scenes.stage import Stage

TITLE = "Specimen room"
# The case that lies on the board first.
FIRST = "liver metastases"


class Anatomy(Scene):
    """The teaching table of the specimen room."""

    title = TITLE
    variants = ("table", "examine")
    about_sight = False
    plain = True
    manual = "arrows: turn; page up, page down: move the plane; S slices, W weighs, I inks, R reports, C: next case"

    def light(self) -> Light:
        """Theatre lamps; radiance is relative, 1 a white card under the key lamp (assumption: 600 cd/m2)."""
        return Light(white=1.6, adaptation=0.5)

    def viewpoints(self) -> dict[str, View]:
        """The table as a student sees it, and near."""
        return {
            "table": View((0.02, -0.56, 0.47), (0.0, 0.005, 0.0), 50.0),
            "liver": View((-0.20, -0.30, 0.24), (-0.14, 0.03, 0.02), 46.0),
            "heart": View((0.12, -0.16, 0.30), (0.16, 0.09, 0.03), 44.0),
        }

    def fixations(self) -> dict[str, Fixation]:
        """What to look at."""
        return {
            "metastases": Fixation("Liver metastases", (-0.165, -0.055, 0.02)),
            "heart": Fixation("Heart", (0.07, 0.10, 0.05)),
            "ruler": Fixation("Ruler", (-0.23, -0.17, 0.001)),
        }

    def build(self, stage: "Stage") -> None:
        """Everything on the board, shadows baked; or one case to be examined."""
        from scenes import organ_mesh
        from scenes.anatomy_room import Room, furnished

        self.stage = stage
        if self.variant == "examine":
            self.room: Room = Room(FIRST)
            self.path = organ_mesh.node(self._lying(), "specimen")
            self.path.reparent_to(stage.root)
            board = organ_mesh.node(furnished()[0], "board")
            board.reparent_to(stage.root)
            return
        skins = furnished()
        organ_mesh.cast_shadows(skins)
        for number, skin in enumerate(skins):
            organ_mesh.node(skin, f"thing {number}").reparent_to(stage.root)

    def _lying(self) -> "Skin":
        """The specimen on the board."""
        made = self.room.skin()
        return made.moved(np.eye(3), (0.0, 0.0, -float(made.vertices[:, 2].min())))

    def pressed(self, key: str) -> None:
        """A key of the examination."""
        from scenes import organ_mesh

        if self.variant != "examine" or key not in self.room.keys:
            return
        self.said = self.room.press(key)
        self.path.remove_node()
        self.path = organ_mesh.node(self._lying(), "specimen")
        self.path.reparent_to(self.stage.root)

    def ended(self, out: Path | None) -> tuple[dict[str, Any], list[str]]:
        """The report to fill in (graded by `twin training grade`)."""
        import json

        from twin_engine.files import write_text

        if self.variant != "examine":
            return {}, []
        made = self.room.examination
        files = [] if out is None else [str(write_text(out, json.dumps(made.report(), ensure_ascii=False, indent=1)))]
        return {"case": made.case, "said": self.room.said}, files

    def update(self, seconds: float) -> None:
        """Nothing moves by itself."""
