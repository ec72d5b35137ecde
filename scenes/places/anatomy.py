"""Specimen room: organs and lesions on a board, with instruments and a ruler."""

from typing import TYPE_CHECKING

from scenes.scene import Fixation, Light, Scene, View

if TYPE_CHECKING:
    from scenes.stage import Stage

TITLE = "Specimen room"


class Anatomy(Scene):
    """The teaching table of the specimen room."""

    title = TITLE
    variants = ("table",)
    about_sight = False

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
        """Everything on the board, shadows baked."""
        from scenes import organ_mesh
        from scenes.anatomy_room import furnished

        skins = furnished()
        organ_mesh.cast_shadows(skins)
        for number, skin in enumerate(skins):
            organ_mesh.node(skin, f"thing {number}").reparent_to(stage.root)

    def update(self, seconds: float) -> None:
        """Nothing moves by itself."""
