"""A window with keyboard and mouse: before and after live."""

import math
import time
from dataclasses import replace
from typing import Any

import numpy as np
from panda3d.core import (
    ButtonThrower,
    Camera,
    DataGraphTraverser,
    EventQueue,
    FontPool,
    ModifierButtons,
    MouseAndKeyboard,
    NodePath,
    OrthographicLens,
    PandaNode,
    Shader,
    TextNode,
)

from scenes import calibration, render
from scenes.live import Live
from scenes.live_plain import Plain, live_for
from scenes.passes import VERTEX, full_card
from scenes.scene import Point, Scene, View
from twin_engine import assets
from twin_engine.text import tr

STEP_RAD = math.radians(1.0)
TURN_RAD = math.radians(3.0)
FLICKER_S = 0.5
LETTER_PX, LETTER_SHARE = 14.0, 0.028
SHOW = """#version 330
uniform sampler2D picture;
out vec4 colour;
void main() { colour = texelFetch(picture, ivec2(gl_FragCoord.xy), 0); }
"""


def _angles(eye: Point, at: Point) -> tuple[float, float]:
    """Azimuth clockwise from straight ahead and height of a point, radians."""
    x, y, z = (t - p for t, p in zip(at, eye, strict=True))
    return math.atan2(x, y), math.atan2(z, math.hypot(x, y))


def turned(view: View, right_rad: float, up_rad: float) -> View:
    """The view turned to the right and up."""
    azimuth, height = _angles(view.position, view.target)
    azimuth, height = azimuth + right_rad, min(max(height + up_rad, -1.4), 1.4)
    away = (math.sin(azimuth) * math.cos(height), math.cos(azimuth) * math.cos(height), math.sin(height))
    return replace(view, target=render.moved(view.position, np.array(away)))


class Keys:
    """What the keys do: arrows turn the head, A and D move the wipe, L changes the lens, N the thing looked at."""

    def __init__(self, live: Live | Plain, flicker: bool = False) -> None:
        self.live, self.done, self.flicker = live, False, flicker
        self.right_rad = self.up_rad = 0.0
        self.begun = not isinstance(live, Live)

    @property
    def view(self) -> View:
        """The present view: the seat's, which may drive on, turned as the keys turned it."""
        return turned(self.live.seat, self.right_rad, self.up_rad)

    def press(self, key: str) -> None:
        """One key stroke; the first one leaves the first screen, unknown keys do nothing."""
        if not self.begun and key != "escape":
            self.begun = True
            return
        turns = {"arrow_left": (-TURN_RAD, 0.0), "arrow_right": (TURN_RAD, 0.0),
                 "arrow_up": (0.0, TURN_RAD), "arrow_down": (0.0, -TURN_RAD)}  # fmt: skip
        if key in turns:
            self.right_rad += turns[key][0]
            self.up_rad += turns[key][1]
        elif key in ("a", "d"):
            self.live.state.wipe_rad += STEP_RAD if key == "d" else -STEP_RAD
        elif key == "space":
            self.live.state.mode = (self.live.state.mode + 1) % 3
        elif key == "f":
            self.flicker = not self.flicker
            self.live.state.mode = 1
        elif key == "n":
            self._look_elsewhere()
        elif key == "l":
            self.live.next_lens()
        elif key == "escape":
            self.done = True

    def _look_elsewhere(self) -> None:
        things = self.live.scene.fixations()
        names = list(things)
        now = names.index(self.live.state.look) if self.live.state.look in names else -1
        name = names[(now + 1) % len(names)]
        seat = self.live.seat
        there, ahead = (_angles(seat.position, at) for at in (things[name].position, seat.target))
        self.right_rad, self.up_rad = there[0] - ahead[0], there[1] - ahead[1]
        self.live.look_at(name)

    def tick(self, seconds: float) -> None:
        """Flicker between before and after."""
        if self.flicker:
            self.live.state.mode = 0 if int(seconds / FLICKER_S) % 2 == 0 else 2


def show(scene: Scene, wish: render.Wish, compare: str) -> str:
    """Open the window and run until it is closed; the renderer's name.

    Raises
    ------
    InputError
        No screen or no OpenGL.
    """
    stage = render.stage_with(scene, wish.size)
    live = live_for(stage, scene, wish, wish.size)
    keys = Keys(live, compare == "flicker")
    card = full_card(stage.host)
    card.set_shader(Shader.make(Shader.SL_GLSL, VERTEX, SHOW))
    root = _listen(stage.host)
    words = _words(stage.host)
    # The window is drawn once a frame, when its picture is done, not with every layer.
    stage.host.set_active(False)
    reader, started, last = DataGraphTraverser(), time.monotonic(), time.monotonic()
    while not keys.done and stage.host.is_valid() and not stage.host.is_closed():
        reader.traverse(root.node())
        for key in _strokes():
            keys.press(key)
            scene.pressed(key)
        _point(stage.host, scene, keys.view)
        now = time.monotonic()
        keys.tick(now - started)
        passed, last = min(now - last, 0.1), now
        scene.update(passed)
        live.follow(keys.view, passed)
        card.set_shader_input("picture", live.draw(keys.view))
        words.set_text("\n".join(_lines(live, keys.begun)))
        stage.host.set_active(True)
        stage.engine.render_frame()
        stage.engine.flip_frame()
        stage.host.set_active(False)
    renderer = stage.renderer
    stage.close()
    return renderer


def _point(host: Any, scene: Scene, view: View) -> None:
    """Tell the place where the mouse is."""
    mouse, size = host.get_pointer(0), (host.get_x_size(), host.get_y_size())
    if mouse.get_in_window():
        left, right, bottom, top = view.borders(*size)
        x, y = (mouse.get_x() + 0.5) / size[0], (mouse.get_y() + 0.5) / size[1]
        scene.pointed(view, left + x * (right - left), top + y * (bottom - top))


def _listen(host: Any) -> NodePath:
    root = NodePath(PandaNode("input"))
    device = root.attach_new_node(MouseAndKeyboard(host, 0, "keyboard"))
    thrower = ButtonThrower("keys")
    thrower.set_modifier_buttons(ModifierButtons())
    device.attach_new_node(thrower)
    return root


def _strokes() -> list[str]:
    queue, found = EventQueue.get_global_event_queue(), []
    while not queue.is_queue_empty():
        found.append(queue.dequeue_event().get_name().removesuffix("-repeat"))
    return [name for name in found if not name.startswith(("raw-", "window-", "render-"))]


def _lines(live: Live | Plain, begun: bool) -> list[str]:
    if isinstance(live, Live) and not begun:
        resolution = live.seat.pixels_per_degree(*live.size)
        first = calibration.first_screen(resolution, live.scene.light().white, live.wish.display)
        return [*first, "", tr("Press a key to begin.")]
    keys = tr("arrows: turn; A, D: move the wipe; space: before, both, after; F: flicker; L: next lens; "
              "N: look elsewhere; Esc: end")  # fmt: skip
    return [*live.labels(), keys, *([tr(live.scene.manual)] if live.scene.manual else [])]


def _words(host: Any) -> TextNode:
    """Labels and keys over the picture."""
    text = TextNode("labels")
    text.set_text_color(1, 1, 1, 1)
    text.set_card_color(0.06, 0.07, 0.08, 0.7)
    text.set_card_as_margin(0.4, 0.4, 0.3, 0.3)
    text.set_card_decal(True)
    font = FontPool.load_font(str(assets.path("fonts/NotoSansKR-Regular.otf")))
    font.set_pixels_per_unit(48)
    text.set_font(font)
    width, height = host.get_x_size(), host.get_y_size()
    tall = 2.0 * max(LETTER_PX, LETTER_SHARE * height) / height
    wide = tall * height / width
    text.set_wordwrap(1.9 / wide)
    scene = NodePath("labels")
    node = scene.attach_new_node(text)
    node.set_scale(wide, 1.0, tall)
    node.set_pos(-0.97, 0, 0.97 - tall)
    node.set_depth_test(False)
    lens = OrthographicLens()
    lens.set_film_size(2, 2)
    lens.set_near_far(-10, 10)
    region = host.make_display_region()
    region.set_sort(10)
    region.set_camera(scene.attach_new_node(Camera("labels", lens)))
    return text
