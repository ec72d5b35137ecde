"""A living room at home: book, phone, clock, television, window."""

from typing import TYPE_CHECKING

from scenes.scene import Fixation, Light, Scene, View

if TYPE_CHECKING:
    from scenes.stage import Stage


class Home(Scene):
    """Living room on a sunny morning."""

    title = "Living room"

    def light(self) -> Light:
        return Light(white=620.0, adaptation=240.0)

    def viewpoints(self) -> dict[str, View]:
        return {"seat": View((0.1, -1.75, 1.12), (0.05, 2.0, 0.88), 76.0)}

    def fixations(self) -> dict[str, Fixation]:
        return {
            "book": Fixation("Book", (-0.15, -1.3, 0.72), "newsprint"),
            "television": Fixation("Television", (-0.4, 2.3, 1.0), "subtitle"),
        }

    def build(self, stage: "Stage") -> None:
        return None

    def update(self, seconds: float) -> None:
        return None
