"""Before and after for a moving eye: what window and headset share.

Both pictures are drawn with the chain of `scenes.pipeline`, toned on the card, and joined at a wipe: a
vertical plane in the world, so that both eyes see it in the same place.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from panda3d.core import Texture

from scenes import render, seeing, tone, veil
from scenes.passes import TONE, Pass, program, texture_of
from scenes.pipeline import GUARD_STEP, Chain, Pipeline, wider
from scenes.scene import Fixation, Scene, View
from scenes.stage import Stage
from twin_engine.errors import InputError
from twin_engine.text import tr
from vision_lib import corrections

VEIL_SIZE = (192, 128)
# Reaction time of accommodation (Campbell and Westheimer 1960, J Physiol 151:285, doi 10.1113/jphysiol.1960.sp006438).
REACTION_S = 0.37
# A thing this near to the line of sight is looked at (assumption: the fovea's neighbourhood, as a head points).
GAZE_RAD = math.radians(5.0)
# Change of vergence that a depth of focus hides (assumption).
NOTICED_D = 0.125
MIX = """layout(location = 0) out vec4 first;
uniform sampler2D before, after;
uniform vec4 field;      // tangents of the lower left corner and of one pixel
uniform vec4 basis;      // horizontal parts of the camera's right and forward directions
uniform vec4 rise;       // horizontal part of its up direction, wipe azimuth, 1 = wipe, 2 = after, 0 = before
void main() {
    ivec2 p = ivec2(gl_FragCoord.xy);
    vec2 t = field.xy + (vec2(p) + 0.5) * field.zw;
    vec2 h = t.x * basis.xy + basis.zw + t.y * rise.xy;
    float beyond = atan(h.x, h.y) - rise.z;
    bool right = rise.w > 1.5 || (rise.w > 0.5 && beyond > 0.0);
    first = texelFetch(before, p, 0);
    if (right) first = texelFetch(after, p, 0);
    if (rise.w > 0.5 && rise.w < 1.5 && abs(beyond) < 1.5 * field.z) first = vec4(1.0);
}
"""


@dataclass
class State:
    """What the person changes while looking.

    Parameters
    ----------
    wipe_rad : float
        Azimuth of the wipe from straight ahead, clockwise, radians.
    mode : int
        0 before, 1 wipe, 2 after.
    look : str
        Name of the thing looked at.
    lens : str
        Name of the correction chosen while looking; empty before that.
    """

    wipe_rad: float = 0.0
    mode: int = 1
    look: str = ""
    lens: str = ""


class Live:
    """One size of picture, drawn again and again.

    Parameters
    ----------
    stage : Stage
        With the place on it.
    scene : Scene
        The place.
    wish : render.Wish
        Who looks through what.
    size : (width, height)
        Pixels of one eye.
    """

    def __init__(self, stage: Stage, scene: Scene, wish: render.Wish, size: tuple[int, int]) -> None:
        self.stage, self.scene, self.wish, self.size = stage, scene, wish, size
        self.state = State(look=seeing.thing(scene, wish.look)[0])
        self._focused_d = self._waited_s = 0.0
        self._chains: list[Chain] = []
        self._tones: list[Pass] = []
        self._mix = Pass(stage, "mix", size, 15, program(MIX))
        self._guard = 0
        self._frame = 0
        self.focus(self.seat)

    @property
    def seat(self) -> View:
        """The main view at the present moment: in a car it moves."""
        return self.wish.display.fitted(next(iter(self.scene.viewpoints().values())), self.size[0])

    def look_at(self, name: str) -> None:
        """Look at this thing from now on."""
        self.state.look = name
        self.focus(self.seat)

    def follow(self, view: View, seconds: float) -> None:
        """Accommodation follows the line of sight: to the thing next to it, after the reaction time."""
        things = self.scene.fixations()
        if self.state.look not in things:
            self.look_at(next(iter(things)))
            return
        seen = gazed(view, things)
        self._waited_s = self._waited_s + seconds if seen not in (None, self.state.look) else 0.0
        if seen is not None and self._waited_s >= REACTION_S:
            self._waited_s = 0.0
            self.look_at(seen)
        elif abs(1.0 / things[self.state.look].distance_m(view.position) - self._focused_d) > NOTICED_D:
            self.focus(view)

    def next_lens(self) -> None:
        """Try the next correction of all there are, in the place of the last one."""
        # What only a trial measured has no optics to show.
        offered = [n for n in corrections.names() if not corrections.load(n).STATISTICAL]
        at = offered.index(self.state.lens) if self.state.lens in offered else -1
        for step in range(1, len(offered) + 1):
            name = offered[(at + step) % len(offered)]
            chosen = corrections.load(name)
            kept = self.wish.corrections[:-1] if len(self.wish.corrections) == 2 else ()
            before = self.wish
            self.wish = replace(before, corrections=(*kept, (tr(chosen.TITLE), chosen)))
            try:
                self.focus(self.seat)
            except InputError:  # not for this eye
                self.wish = before
                continue
            self.state.lens = name
            return

    def focus(self, view: View) -> None:
        """Accommodate to the thing looked at: new kernels."""
        _, fixation = seeing.thing(self.scene, self.state.look)
        distance = fixation.distance_m(view.position)
        span = Pipeline(self.stage, 1).vergences(self.seat, (192, 144))
        self.sights = seeing.sights(self.wish.who, distance, list(self.wish.corrections))
        self._focused_d = 1.0 / distance
        self.close_chains()
        self.banks = [s.bank(*span, self.wish.kind, self.wish.light) for s in self.sights]
        resolution = view.pixels_per_degree(*self.size)
        self.taps = [b.taps(resolution) for b in self.banks]
        reach = max(t.reach for t in self.taps)
        self._guard = -(-reach // GUARD_STEP) * GUARD_STEP
        whole = (self.size[0] + 2 * self._guard, self.size[1] + 2 * self._guard)
        for taps in self.taps:
            self._chains.append(Chain(self.stage, whole, taps.along.shape[1], 1))
            self._tones.append(Pass(self.stage, "tone", self.size, 14, program(TONE, "tone.glsl")))

    def draw(self, view: View) -> Texture:
        """One eye's finished picture (sRGB codes 0..1 in a float texture)."""
        self._frame += 1
        borders = wider(view, self.size, self._guard)
        night = self.scene.light().night
        haze = self._veil(view) if night else texture_of("no veil", np.zeros((1, 1, 4), np.float32))
        kept = 1.0 - veil.scattered(self.wish.who.age_y) if night else 1.0
        parts = self._parts(view)
        drawn = [i for i, part in enumerate(parts) if part is not None]
        for i in drawn:
            chain, last = self._chains[i], self._tones[i]
            done = chain.run(view, borders, self.banks[i], self.taps[i], parts[i])
            last.give(picture=done.first, picture_cover=done.second, veil=haze, offset=(self._guard, self._guard),
                      exposure=(1.0 / self.scene.light().white, kept, float(night), float(tone.SEED)))  # fmt: skip
        self._join(view)
        outputs = [*(self._tones[i] for i in drawn), self._mix]
        for one in outputs:
            one.buffer.set_active(True)
        self.stage.engine.render_frame()
        for one in outputs:
            one.buffer.set_active(False)
        return self._mix.first

    def _wipe(self, view: View) -> tuple[tuple[float, float, float, float], list[tuple[float, float]]]:
        """What the wipe is found by: field (corner, pixel), horizontal parts of right, forward and up."""
        left, right, bottom, top = view.borders(*self.size)
        ahead = _unit(np.array(view.target, float) - np.array(view.position, float))
        side = _unit(np.cross(ahead, np.array(view.up, float)))
        up = np.cross(side, ahead)
        forward = _horizontal(np.array(self.seat.target, float) - np.array(self.seat.position, float))
        across = np.array([forward[1], -forward[0]])
        flat = [(float(v[:2] @ across), float(v[:2] @ forward)) for v in (side, ahead, up)]
        return (left, bottom, (right - left) / self.size[0], (top - bottom) / self.size[1]), flat

    def _parts(self, view: View) -> list[tuple[int, int] | None]:
        """Columns of every picture, with its guard band, that can be seen; None for a picture that cannot."""
        width = self.size[0] + 2 * self._guard
        if len(self._tones) == 1:
            return [(0, width)]
        if self.state.mode != 1:
            return [(0, width) if self.state.mode == 2 * i else None for i in range(2)]
        (x0, y0, dx, dy), (side, ahead, up) = self._wipe(view)
        x = x0 + (np.arange(self.size[0]) + 0.5) * dx
        y = (y0 + (np.array([0.0, 0.5, 1.0]) * self.size[1]) * dy)[:, None]
        across, forward = (x * side[i] + ahead[i] + y * up[i] for i in range(2))
        beyond = np.arctan2(across, forward) - self.state.wipe_rad
        return [self._span(beyond <= 0.0), self._span(beyond > 0.0)]

    def _span(self, seen: NDArray[Any]) -> tuple[int, int] | None:
        """Columns with the guard band around those in which anything is seen; one more for the rounding of the card."""
        found = np.flatnonzero(seen.any(axis=0))
        if not found.size:
            return None
        whole = self.size[0] + 2 * self._guard
        return max(int(found[0]) - 1, 0), min(int(found[-1]) + 2 + 2 * self._guard, whole)

    def _join(self, view: View) -> None:
        field, flat = self._wipe(view)
        two = len(self._tones) == 2
        mode = float(self.state.mode) if two else 0.0
        self._mix.give(before=self._tones[0].first, after=self._tones[-1].first, field=field,
                       basis=(*flat[0], *flat[1]), rise=(*flat[2], float(self.state.wipe_rad), mode))  # fmt: skip

    def _veil(self, view: View) -> Texture:
        frame = self.stage.render(view, VEIL_SIZE, samples=1)
        made = veil.veil(frame.radiance, view.pixels_per_degree(*VEIL_SIZE), self.wish.who.age_y)
        return texture_of("veil", made[::-1])

    def labels(self) -> list[str]:
        """What the person must be told while looking."""
        from scenes.compare import Setting, acuity_line, setting_lines

        _, fixation = seeing.thing(self.scene, self.state.look)
        resolution = self.seat.pixels_per_degree(*self.size)
        setting = Setting(tr(fixation.title), fixation.distance_m(self.seat.position), resolution,
                          self.wish.kind, self.scene.light().night)  # fmt: skip
        return [f"{s.title}: {acuity_line(s)}" for s in self.sights] + setting_lines(setting, self.sights)

    def close_chains(self) -> None:
        """Free the buffers of the present kernels."""
        for chain in self._chains:
            chain.close()
        for last in self._tones:
            last.close()
        self._chains.clear()
        self._tones.clear()


def gazed(view: View, things: dict[str, Fixation]) -> str | None:
    """The thing next to the line of sight, if one is near to it."""
    ahead = _unit(np.array(view.target, float) - np.array(view.position, float))

    def off(name: str) -> float:
        towards = _unit(np.array(things[name].position, float) - np.array(view.position, float))
        return math.acos(float(np.clip(towards @ ahead, -1.0, 1.0)))

    nearest = min(things, key=off)
    return nearest if off(nearest) <= GAZE_RAD else None


def _unit(v: Any) -> Any:
    return v / np.linalg.norm(v)


def _horizontal(v: Any) -> Any:
    flat = np.array(v[:2], float)
    length = float(np.linalg.norm(flat))
    return flat / length if length > 1e-9 else np.array([0.0, 1.0])


def azimuth(direction: Any, forward: Any) -> float:
    """Azimuth of a direction from `forward`, clockwise seen from above, radians."""
    d, f = _horizontal(np.asarray(direction, float)), _horizontal(np.asarray(forward, float))
    return math.atan2(d[0] * f[1] - d[1] * f[0], float(d @ f))
