"""A small place for tests: a chart at three distances, a sloping floor, a post before a far wall."""

import math

import numpy as np
from panda3d.core import CardMaker, NodePath, SamplerState, Texture

from scenes import upload
from scenes.scene import Fixation, Light, Scene, View
from scenes.stage import Stage
from vision_lib import letters


def grey_texture(image: np.ndarray, sharp: bool = False) -> Texture:
    """(height, width) linear light as a texture with mipmaps, row 0 on top."""
    texture = Texture("image")
    texture.setup_2d_texture(image.shape[1], image.shape[0], Texture.T_float, Texture.F_rgba32)
    rgba = np.repeat(image[::-1, :, None], 4, axis=-1).astype(np.float32)
    texture.set_ram_image(np.ascontiguousarray(rgba).tobytes())
    texture.set_minfilter(SamplerState.FT_linear if sharp else SamplerState.FT_linear_mipmap_linear)
    texture.set_magfilter(SamplerState.FT_linear)
    texture.set_wrap_u(SamplerState.WM_clamp)
    texture.set_wrap_v(SamplerState.WM_clamp)
    return texture


def card(parent: NodePath, image: np.ndarray, width: float, height: float, sharp: bool = False) -> NodePath:
    """An upright picture of this size, m, its middle at the origin, facing the viewer."""
    maker = CardMaker("card")
    maker.set_frame(-width / 2, width / 2, -height / 2, height / 2)
    made = parent.attach_new_node(maker.generate())
    made.set_shader(upload.shader("card.frag", "card.vert"))
    made.set_shader_input("level", (1.0, 0.0))
    made.set_shader_input("image", grey_texture(image, sharp))
    made.set_two_sided(True)
    return made


def text_image(text: str, letter: int = 64) -> np.ndarray:
    return 2.0 + 98.0 * letters.line(text, letter, margin=1.0)


class Simple(Scene):
    """Charts at 0.5, 1 and 4 m, a floor, a post, a wall at 6 m."""

    title = "Test place"
    variants = ("day", "night")

    def light(self) -> Light:
        return Light(100.0, 50.0, self.variant == "night")

    def viewpoints(self) -> dict[str, View]:
        return {"seat": View((0.0, 0.0, 1.2), (0.0, 4.0, 1.1), 30.0)}

    def fixations(self) -> dict[str, Fixation]:
        return {"far": Fixation("Chart", (0.0, 4.0, 1.2)), "near": Fixation("Book", (0.08, 0.5, 1.1))}

    def build(self, stage: Stage) -> None:
        rng = np.random.Generator(np.random.Philox(7))
        wall = np.kron(rng.uniform(20.0, 90.0, (24, 32)), np.ones((8, 8)))
        card(stage.root, wall, 8.0, 5.0).set_pos(0, 6, 1.5)
        floor = np.kron((np.indices((40, 24)).sum(axis=0) % 2) * 70.0 + 10.0, np.ones((8, 8)))
        made = card(stage.root, floor, 3.0, 6.0)
        made.set_hpr(0, -90, 0)
        made.set_pos(0, 3, 0.85)
        card(stage.root, np.full((8, 8), 5.0), 0.03, 1.2).set_pos(-0.07, 0.8, 1.2)
        card(stage.root, text_image("RDOHN"), 1.0, 0.3).set_pos(0.0, 4.0, 1.45)
        card(stage.root, text_image("VZK"), 0.2, 0.1).set_pos(0.12, 1.0, 1.22)
        card(stage.root, text_image("SCN"), 0.08, 0.04).set_pos(0.03, 0.5, 1.16)

    def update(self, seconds: float) -> None:
        pass


def sheared(view: View, focus_m: float, dx: float, dz: float) -> View:
    """The view from another point of the pupil that keeps the plane at `focus_m` where it was."""
    half = math.tan(math.radians(view.fov_deg) / 2)
    tall = half * 0.75
    position = (view.position[0] + dx, view.position[1], view.position[2] + dz)
    target = (view.target[0] + dx, view.target[1], view.target[2] + dz)
    sx, sz = dx / focus_m, dz / focus_m
    return View(position, target, tangents=(-half - sx, half - sx, -tall - sz, tall - sz))
