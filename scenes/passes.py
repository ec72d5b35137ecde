"""Full-picture shader passes: the host's header around the shared GLSL bodies in `assets/shaders`."""

from typing import TYPE_CHECKING, Any

import numpy as np
from panda3d.core import (
    Camera,
    CardMaker,
    GraphicsOutput,
    LVecBase2i,
    LVecBase4i,
    LVector2,
    LVector4,
    NodePath,
    OmniBoundingVolume,
    OrthographicLens,
    Shader,
    Texture,
)

from scenes.stage import float_texture
from twin_engine import assets

if TYPE_CHECKING:
    from scenes.stage import Stage

VERTEX = """#version 330
in vec4 p3d_Vertex;
void main() { gl_Position = vec4(p3d_Vertex.xz, 0.0, 1.0); }
"""
TWO = "layout(location = 0) out vec4 first;\nlayout(location = 1) out vec4 second;\n"
BLUR = TWO + "void main() { blur_along(ivec2(gl_FragCoord.xy), first, second); }\n"
COMPOSE = TWO + "void main() { blur_across_and_add(ivec2(gl_FragCoord.xy), first, second); }\n"
TONE = """layout(location = 0) out vec4 first;
void main() { ivec2 p = ivec2(gl_FragCoord.xy); first = vec4(shown(light_at(p), p), 1.0); }
"""
REDUCE = """layout(location = 0) out vec4 first;
uniform sampler2D fine;
uniform ivec2 samples;
void main() {
    ivec2 p = ivec2(gl_FragCoord.xy) * samples.x;
    vec4 sum = vec4(0.0);
    for (int y = 0; y < samples.x; ++y)
        for (int x = 0; x < samples.x; ++x) sum += texelFetch(fine, p + ivec2(x, y), 0);
    first = sum / float(samples.x * samples.x);
}
"""


def program(main: str, *bodies: str) -> Shader:
    """A shader of shared bodies (file names) and this host's main."""
    text = "".join(assets.path(f"shaders/{b}").read_text(encoding="utf-8") for b in bodies)
    return Shader.make(Shader.SL_GLSL, VERTEX, "#version 330\n" + text + main)


class Pass:
    """One shader over a whole float picture; two targets: `first`, `second`.

    Parameters
    ----------
    stage : Stage
        Where it runs.
    name : str
        Of its buffer.
    size : (width, height)
        Pixels.
    sort : int
        Order within a frame.
    shader : Shader
        See `program`.
    """

    def __init__(self, stage: "Stage", name: str, size: tuple[int, int], sort: int, shader: Shader) -> None:
        self.stage = stage
        self.buffer = stage.make_buffer(name, size, sort)
        self.first, self.second = float_texture(name), float_texture(name + "-second")
        self.buffer.add_render_texture(self.first, GraphicsOutput.RTM_bind_or_copy, GraphicsOutput.RTP_color)
        self.buffer.add_render_texture(self.second, GraphicsOutput.RTM_bind_or_copy, GraphicsOutput.RTP_aux_float_0)
        self.buffer.set_clear_color_active(False)
        self.buffer.set_clear_depth_active(False)
        self.card = full_card(self.buffer)
        self.card.set_shader(shader)
        self.region = self.buffer.get_display_region(self.buffer.get_num_display_regions() - 1)
        self.buffer.set_active(False)

    def give(self, **values: Any) -> None:
        """Set uniforms: textures, integer tuples of 2 or 4, float tuples of 2 or 4."""
        for name, value in values.items():
            self.card.set_shader_input(name, _uniform(value))

    def close(self) -> None:
        """Free the buffer."""
        self.stage.engine.remove_window(self.buffer)


def _uniform(value: Any) -> Any:
    if isinstance(value, Texture):
        return value
    whole = all(isinstance(v, int) for v in value)
    kind = {2: (LVecBase2i, LVector2), 4: (LVecBase4i, LVector4)}[len(value)][0 if whole else 1]
    return kind(*value)


def full_card(output: GraphicsOutput) -> NodePath:
    """A card that fills an output, on a display region of its own."""
    maker = CardMaker("picture")
    maker.set_frame_fullscreen_quad()
    scene = NodePath("pass")
    card = scene.attach_new_node(maker.generate())
    card.node().set_bounds(OmniBoundingVolume())
    card.node().set_final(True)
    card.set_depth_test(False)
    card.set_depth_write(False)
    lens = OrthographicLens()
    lens.set_film_size(2, 2)
    lens.set_near_far(-10, 10)
    camera = scene.attach_new_node(Camera("pass", lens))
    region = output.make_display_region()
    region.set_camera(camera)
    return card


def texture_of(name: str, image: np.ndarray) -> Texture:
    """A float texture from (height, width, 3 or 4) with row 0 at the bottom."""
    height, width = image.shape[:2]
    data = np.zeros((height, width, 4), np.float32)
    data[..., : image.shape[2]] = image
    texture = float_texture(name)
    texture.setup_2d_texture(width, height, Texture.T_float, Texture.F_rgba32)
    texture.set_ram_image(np.ascontiguousarray(data[..., [2, 1, 0, 3]]).tobytes())
    return texture
