"""A small place of the engine's own surfaces, evenly lit: what the live page can show, for tests of the page."""

import numpy as np
from panda3d.core import GeomNode

from scenes import upload
from scenes.materials import Material
from scenes.scene import Fixation, Light, Scene, View
from scenes.stage import Stage
from vision_lib import letters

LEVEL = 100.0


def chart(text: str, letter: int = 40) -> np.ndarray:
    """Black letters on white as sRGB codes."""
    grey = 255.0 * (0.04 + 0.9 * letters.line(text, letter, margin=1.0))
    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=-1)


class Lit(Scene):
    """Charts at 0.5 and 3 m, a wall at 4 m that fills the field, a floor."""

    title = "Test place"

    def light(self) -> Light:
        """White paper in even light."""
        return Light(LEVEL, 0.5 * LEVEL)

    def viewpoints(self) -> dict[str, View]:
        """One seat."""
        return {"seat": View((0.0, 0.0, 1.2), (0.0, 4.0, 1.2), 60.0)}

    def fixations(self) -> dict[str, Fixation]:
        """Far and near."""
        return {"far": Fixation("Chart", (0.0, 3.0, 1.2)), "near": Fixation("Book", (-0.2, 0.5, 1.1))}

    def build(self, stage: Stage) -> None:
        """Upright cards and a floor."""
        upload.plain_air(stage.root)
        room = stage.root.attach_new_node("room")
        checks = np.kron((np.indices((40, 40)).sum(axis=0) % 2) * 150 + 60, np.ones((8, 8)))
        checks = np.repeat(checks.astype(np.uint8)[..., None], 3, axis=-1)
        x, z = np.array([1.0, 0, 0]), np.array([0, 0, 1.0])
        for name, middle, right, up, image in (
            ("wall", (0, 4, 1.2), 40 * x, 40 * z, checks), ("chart", (0, 3, 1.2), 1.2 * x, 0.35 * z, chart("RDOHN")),
            ("book", (-0.2, 0.5, 1.1), 0.16 * x, 0.05 * z, chart("VZK")),
            ("floor", (0, 1, 0), 40 * x, np.array([0, 6.0, 0]), checks),
        ):  # fmt: skip
            middle = np.array(middle, float)
            corners = [middle + a * right + b * up for a, b in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))]
            normal = np.cross(right, up) / np.linalg.norm(np.cross(right, up))
            uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
            vertices = np.hstack([corners, np.tile(normal, (4, 1)), uv, np.full((4, 2), 0.5), np.ones((4, 4))])
            node = GeomNode(name)
            node.add_geom(upload.geom(vertices, np.array([[0, 1, 2], [0, 2, 3]])))
            upload.dress(room.attach_new_node(node), Material((1.0, 1.0, 1.0), image=image, roughness=1.0,
                                                              two_sided=True, clamp=True))  # fmt: skip
        light = np.full((2, 2, 3), LEVEL, np.float32)
        upload.lit(room, light, np.full((2, 2, 3), 0.5, np.float32))

    def update(self, seconds: float) -> None:
        """Nothing moves."""
