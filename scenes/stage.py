"""The stage: graphics engine, the scene's root, rendering of views, and the one loop with time in it.

Headless by EGL (no screen needed) or with a window. Everything is rendered as linear light in cd/m2 into
32-bit float targets: location 0 holds (radiance, coverage), location 1 the distance from the eye along the ray.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from panda3d.core import (
    FrameBufferProperties,
    GraphicsEngine,
    GraphicsOutput,
    GraphicsPipe,
    GraphicsPipeSelection,
    LMatrix4,
    LPoint3,
    LVector3,
    LVector4,
    NodePath,
    PerspectiveLens,
    SamplerState,
    Texture,
    WindowProperties,
    load_prc_file_data,
)

from scenes.scene import Scene, View
from twin_engine.errors import InputError

if TYPE_CHECKING:
    from scenes.mirrors import Mirror
    from scenes.wet import Pond

SETTINGS = """
load-display p3headlessgl
aux-display
gl-version 3 3
audio-library-name null
notify-level-device fatal
notify-level-display error
textures-power-2 none
sync-video false
texture-minfilter linear-mipmap-linear
gl-coordinate-system default
"""
NEAR_M, FAR_M = 0.05, 6000.0
MAX_TILE = 2048
NO_TENT = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Frame:
    """One rendered view.

    Parameters
    ----------
    radiance : (height, width, 3) float32
        Linear light, cd/m2 per channel (equal channels mean white).
    distance : (height, width) float32
        Distance from the eye along the ray, m; infinite where nothing is.
    """

    radiance: np.ndarray
    distance: np.ndarray

    @property
    def luminance(self) -> np.ndarray:
        """(height, width) luminance, cd/m2 (Rec. ITU-R BT.709 weights of linear RGB)."""
        return self.radiance @ np.array([0.2126, 0.7152, 0.0722], np.float32)


class Target:
    """A float target with a camera of its own, for a view of the stage.

    Attributes
    ----------
    colour, distance : Texture
        RGBA32F radiance and coverage; RGBA32F with the distance in red.
    """

    def __init__(self, stage: "Stage", name: str, size: tuple[int, int], sort: int = 0, readable: bool = False) -> None:
        self.stage, self.size = stage, size
        self.buffer = stage.make_buffer(name, size, sort)
        self.colour, self.distance = float_texture(name), float_texture(name + "-distance")
        mode = GraphicsOutput.RTM_copy_ram if readable else GraphicsOutput.RTM_bind_or_copy
        self.buffer.add_render_texture(self.colour, mode, GraphicsOutput.RTP_color)
        self.buffer.add_render_texture(self.distance, mode, GraphicsOutput.RTP_aux_float_0)
        self.buffer.set_clear_color_active(True)
        self.buffer.set_clear_color(LVector4(0, 0, 0, 0))
        self.buffer.set_clear_active(GraphicsOutput.RTP_aux_float_0, True)
        self.buffer.set_clear_value(GraphicsOutput.RTP_aux_float_0, LVector4(0, 0, 0, 0))
        self.lens = PerspectiveLens()
        self.lens.set_near_far(NEAR_M, FAR_M)
        self.camera = stage.make_camera(name, self.lens)
        self.region = self.buffer.make_display_region()
        self.region.set_camera(self.camera)

    def aim(self, view: View, borders: tuple[float, float, float, float]) -> None:
        """Point the camera: position, direction, and tangents (left, right, bottom, top)."""
        left, right, bottom, top = borders
        self.lens.set_focal_length(1.0)
        self.lens.set_film_size(right - left, top - bottom)
        self.lens.set_film_offset((right + left) / 2.0, (top + bottom) / 2.0)
        self.camera.set_pos(self.stage.root, *view.position)
        self.camera.look_at(self.stage.root, LPoint3(*view.target), LVector3(*view.up))

    def matrix(self) -> LMatrix4:
        """World to clip space of this target's camera."""
        return self.stage.root.get_mat(self.camera) * self.lens.get_projection_mat()

    def layer(self, below: float, node: float, above: float) -> None:
        """Draw only one layer: premultiplied tent weight over vergence (1/m); equal values draw everything."""
        self.camera.node().set_initial_state(self._state(below, node, above))

    def _state(self, *tent: float) -> Any:
        carrier = NodePath("state")
        carrier.set_shader_input("tent", LVector3(*tent), priority=1)
        return carrier.get_state()

    def close(self) -> None:
        """Free the buffer."""
        self.stage.engine.remove_window(self.buffer)
        self.camera.remove_node()


class Stage:
    """Engine, root of the scene and everything that draws.

    Parameters
    ----------
    window : (width, height) or None
        Open a window of this size; None needs no screen.
    """

    def __init__(self, window: tuple[int, int] | None = None) -> None:
        load_prc_file_data("twin", SETTINGS)
        # An engine of its own: the global one would draw every stage's pictures whenever one of them draws.
        self.engine = GraphicsEngine()
        self.root = NodePath("root")
        self.root.set_shader_input("tent", LVector3(*NO_TENT))
        self.mirrors: list[Mirror | Pond] = []
        self.scene: Scene | None = None
        self.prepare: list[Callable[[View], None]] = []
        self._targets: dict[tuple[int, int], Target] = {}
        self.pipe = self._make_pipe(window is not None)
        self.host = self._make_host(window)
        self.renderer = self.host.get_gsg().get_driver_renderer()

    def _make_pipe(self, window: bool) -> GraphicsPipe:
        pipe = _pipe("pandagl" if window else "p3headlessgl")
        if pipe is None:
            raise missing_gl("a window" if window else "EGL")
        return pipe

    def _make_host(self, window: tuple[int, int] | None) -> GraphicsOutput:
        properties = WindowProperties.size(*(window or (16, 16)))
        flags = GraphicsPipe.BF_require_window if window else GraphicsPipe.BF_refuse_window
        frame = FrameBufferProperties()
        frame.set_rgba_bits(8, 8, 8, 8)
        frame.set_depth_bits(24)
        frame.set_back_buffers(1 if window else 0)
        host = self.engine.make_output(self.pipe, "host", 0, frame, properties, flags)
        if host is None:
            raise missing_gl("a window" if window else "EGL")
        self.engine.open_windows()
        return host

    def make_buffer(self, name: str, size: tuple[int, int], sort: int) -> GraphicsOutput:
        """An off-screen float buffer with one auxiliary float target and 32-bit float depth."""
        frame = FrameBufferProperties()
        frame.set_float_color(True)
        frame.set_rgba_bits(32, 32, 32, 32)
        frame.set_aux_float(1)
        frame.set_depth_bits(32)
        frame.set_float_depth(True)
        buffer = self.engine.make_output(
            self.pipe, name, sort, frame, WindowProperties.size(*size), GraphicsPipe.BF_refuse_window,
            self.host.get_gsg(), self.host,
        )  # fmt: skip
        if buffer is None:
            raise missing_gl("float targets")
        return buffer

    def make_camera(self, name: str, lens: PerspectiveLens) -> NodePath:
        """A camera under the root."""
        from panda3d.core import Camera

        return self.root.attach_new_node(Camera(name, lens))

    def show(self, scene: Scene) -> None:
        """Clear the stage and build a place on it."""
        for mirror in self.mirrors:
            mirror.close()
        self.mirrors.clear()
        self.prepare.clear()
        self.root.get_children().detach()
        for target in self._targets.values():
            target.camera.reparent_to(self.root)
        self.scene = scene
        scene.build(self)

    def draw(self, view: View) -> None:
        """Run every active target once; mirrors are aimed for this view's eye first."""
        for mirror in self.mirrors:
            mirror.aim(view)
        for step in self.prepare:
            step(view)
        self.engine.render_frame()

    def render(self, view: View, size: tuple[int, int] = (1024, 768), samples: int = 2) -> Frame:
        """A view as linear light.

        Parameters
        ----------
        view : View
            The eye.
        size : (width, height)
            Pixels.
        samples : int
            Samples a pixel in each direction; averaged as linear light.

        Returns
        -------
        Frame
        """
        width, height = size
        left, right, bottom, top = view.borders(width, height)
        radiance = np.empty((height, width, 3), np.float32)
        distance = np.empty((height, width), np.float32)
        for y0, y1 in _spans(height, samples):
            for x0, x1 in _spans(width, samples):
                dx, dy = (right - left) / width, (top - bottom) / height
                borders = (left + x0 * dx, left + x1 * dx, top - y1 * dy, top - y0 * dy)
                colour, far = self._tile(view, ((x1 - x0) * samples, (y1 - y0) * samples), borders)
                radiance[y0:y1, x0:x1] = block_mean(colour[..., :3], samples)
                distance[y0:y1, x0:x1] = block_nearest(far, samples)
        return Frame(radiance, distance)

    def _tile(self, view: View, size: tuple[int, int], borders: tuple[float, float, float, float]) -> tuple:
        for target in self._targets.values():
            target.buffer.set_active(False)
        if size not in self._targets:
            self._targets[size] = Target(self, f"view{size[0]}x{size[1]}", size, sort=10, readable=True)
        target = self._targets[size]
        target.buffer.set_active(True)
        target.aim(view, borders)
        self.draw(view)
        colour, far = pixels(target.colour), pixels(target.distance)[..., 0]
        return colour, np.where(far > 0.0, far, np.inf)

    def play(self, seconds: float, rate_hz: float, on_frame: Callable[[int, Scene], None]) -> None:
        """Let a place live: `on_frame(number, scene)` before each step of 1 / rate."""
        if self.scene is None:
            raise ValueError("show a place first")
        for number in range(max(1, round(seconds * rate_hz))):
            on_frame(number, self.scene)
            self.scene.update(1.0 / rate_hz)

    def close(self) -> None:
        """Free every buffer and window."""
        self.engine.remove_all_windows()
        self._targets.clear()
        self.mirrors.clear()


@cache
def _pipe(module: str) -> GraphicsPipe | None:
    """One connection to the display a process: closing a second one would close the first one's contexts."""
    return GraphicsPipeSelection.get_global_ptr().make_module_pipe(module)


def missing_gl(what: str) -> InputError:
    """The error of a machine that cannot draw, or has no screen for a window."""
    if what == "a window":
        return InputError("no window can be opened", "--window", None, "a screen and OpenGL 3.3",
                          "run it on a desktop (DISPLAY names its screen), or write a picture: --out FILE.png")
    return InputError("OpenGL 3.3 is missing", "graphics", what, "a graphics driver, or Mesa's software one",
                      "install libegl1 libegl-mesa0 libgl1-mesa-dri (Debian names), or a graphics driver")  # fmt: skip


def float_texture(name: str) -> Texture:
    """An RGBA32F texture, sampled without mipmaps."""
    texture = Texture(name)
    texture.set_format(Texture.F_rgba32)
    texture.set_component_type(Texture.T_float)
    texture.set_minfilter(SamplerState.FT_linear)
    texture.set_magfilter(SamplerState.FT_linear)
    texture.set_wrap_u(SamplerState.WM_clamp)
    texture.set_wrap_v(SamplerState.WM_clamp)
    return texture


def pixels(texture: Texture) -> np.ndarray:
    """(height, width, 4) float32 of a read-back float texture, top row first, RGBA."""
    data = np.frombuffer(texture.get_ram_image(), np.float32)
    image = data.reshape(texture.get_y_size(), texture.get_x_size(), 4)
    return image[::-1, :, [2, 1, 0, 3]]


def block_mean(image: np.ndarray, n: int) -> np.ndarray:
    """Mean over n x n blocks of an (n h, n w, c) image."""
    h, w, c = image.shape
    return image.reshape(h // n, n, w // n, n, c).mean(axis=(1, 3), dtype=np.float32)


def block_nearest(image: np.ndarray, n: int) -> np.ndarray:
    """Smallest value in n x n blocks of an (n h, n w) image."""
    h, w = image.shape
    return image.reshape(h // n, n, w // n, n).min(axis=(1, 3))


def _spans(length: int, samples: int) -> Iterator[tuple[int, int]]:
    step = max(1, math.floor(MAX_TILE / samples))
    for start in range(0, length, step):
        yield start, min(start + step, length)
