"""A moving eye in a place that is not about sight: one sharp picture, without the eye's optics.

It stands for `scenes.live.Live` in window and headset, at a tenth of its cost.
"""

import numpy as np
from panda3d.core import Texture

from scenes import render
from scenes.live import Live, State
from scenes.passes import Pass, program
from scenes.scene import Scene, View
from scenes.stage import Stage, Target

# Narkowicz 2016's fit of the ACES curve, then sRGB (IEC 61966-2-1); the ground shows where nothing stands.
FILM = """layout(location = 0) out vec4 first;
uniform sampler2D picture;
uniform vec4 ground;     // linear colour, exposure
void main() {
    vec4 seen = texelFetch(picture, ivec2(gl_FragCoord.xy), 0);
    vec3 x = max(seen.rgb + ground.rgb * (1.0 - seen.a), 0.0) * ground.w;
    // The curve works a channel at a time, which saturates reds: taken back beforehand.
    x = max(mix(vec3(dot(x, vec3(0.2126, 0.7152, 0.0722))), x, 0.8), 0.0);
    x = clamp(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0);
    first = vec4(mix(12.92 * x, 1.055 * pow(x, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, x)), 1.0);
}
"""
GROUND = (0.048, 0.050, 0.055)


class Plain:
    """One size of picture, drawn again and again.

    Parameters
    ----------
    stage : Stage
        With the place on it.
    scene : Scene
        The place.
    size : (width, height)
        Pixels of one eye.
    """

    def __init__(self, stage: Stage, scene: Scene, size: tuple[int, int]) -> None:
        self.stage, self.scene, self.size = stage, scene, size
        self.state = State(look=next(iter(scene.fixations())))
        self.seat = next(iter(scene.viewpoints().values()))
        self._target = Target(stage, "plain", size, 10)
        self._film = Pass(stage, "film", size, 14, program(FILM))
        self._film.give(picture=self._target.colour, ground=(*GROUND, 1.0 / scene.light().white))
        self._target.buffer.set_active(False)

    def focus(self, view: View) -> None:
        """Everything is sharp."""

    def look_at(self, name: str) -> None:
        """Look at this thing from now on."""
        self.state.look = name

    def follow(self, view: View, seconds: float) -> None:
        """Everything is sharp."""

    def next_lens(self) -> None:
        """There is none."""

    def draw(self, view: View) -> Texture:
        """One eye's finished picture (sRGB codes 0..1 in a float texture)."""
        self._target.aim(view, view.borders(*self.size))
        both = (self._target.buffer, self._film.buffer)
        for one in both:
            one.set_active(True)
        self.stage.draw(view)
        for one in both:
            one.set_active(False)
        return self._film.first

    def close(self) -> None:
        """Free the buffers."""
        self._target.close()
        self._film.close()

    def labels(self) -> list[str]:
        """Nothing to be told about sight."""
        return []


def live_for(stage: Stage, scene: Scene, wish: render.Wish, size: tuple[int, int]) -> Live | Plain:
    """Plain where the place is so and no correction is named, else with the eye's optics."""
    if scene.plain and not wish.corrections:
        return Plain(stage, scene, size)
    return Live(stage, scene, wish, size)


def healed(radiance: np.ndarray) -> np.ndarray:
    """Pixels without a value (slivers seen edge-on) take the mean of their neighbours that have one."""
    from scipy.ndimage import uniform_filter

    bad = ~np.isfinite(radiance).all(axis=2)
    if not bad.any():
        return radiance
    whole = np.where(bad[..., None], 0.0, radiance)
    share = uniform_filter((~bad).astype(float), 5)
    mean = uniform_filter(whole, (5, 5, 0)) / np.maximum(share, 1e-6)[..., None]
    return np.where(bad[..., None], mean, radiance)


def still(stage: Stage, scene: Scene, view: View, size: tuple[int, int]) -> np.ndarray:
    """One sharp picture, (height, width, 3) uint8, with the film's curve of `FILM`."""
    frame = stage.render(view, size, 2)
    behind = np.where(np.isfinite(frame.distance)[..., None], 0.0, np.array(GROUND))
    x = np.maximum(healed(frame.radiance) + behind, 0.0) / scene.light().white
    grey = (x @ np.array([0.2126, 0.7152, 0.0722]))[..., None]
    x = np.maximum(grey + 0.8 * (x - grey), 0.0)
    x = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0)
    return (255 * np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055) + 0.5).astype(np.uint8)
