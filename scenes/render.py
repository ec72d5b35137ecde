"""A place through one or two corrections: the steps that stills, sequences and windows share."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes import tone, veil
from scenes.calibration import Display
from scenes.compare import Setting, Shown
from scenes.pipeline import Pipeline
from scenes.scene import Point, Scene, View
from scenes.seeing import Sight, pupil_mm, sights, thing
from scenes.stage import Stage
from twin_engine.text import tr
from vision_lib.ability import Corrects, Person

DEGREE = np.pi / 180.0


@dataclass(frozen=True)
class Wish:
    """What a person asked to see.

    Parameters
    ----------
    who : Person
        The eye.
    corrections : tuple of (title, correction)
        At most two.
    look : str or None
        Name of the thing looked at.
    size : (width, height)
        Pixels.
    kind : str
        "viewer" or "camera".
    light : bool
        The mode for weak machines.
    display : Display
        What shows it, and who looks at that.
    """

    who: Person
    corrections: tuple[tuple[str, Corrects], ...]
    look: str | None
    size: tuple[int, int]
    kind: str
    light: bool
    display: Display = field(default_factory=Display)


def with_pupil(who: Person, scene: Scene, given: bool) -> Person:
    """The person with the pupil that the place makes, unless one was given."""
    return who if given else replace(who, pupil_mm=pupil_mm(scene.light(), who.age_y))


def compare(pipe: Pipeline, scene: Scene, view: View, wish: Wish) -> tuple[list[Shown], Setting]:
    """The pictures of one view, before and after, on one exposure."""
    view = wish.display.fitted(view, wish.size[0])
    _, fixation = thing(scene, wish.look)
    distance = fixation.distance_m(view.position)
    setting = Setting(tr(fixation.title), distance, view.pixels_per_degree(*wish.size), wish.kind,
                      scene.light().night)  # fmt: skip
    span = pipe.vergences(view, wish.size)
    shown = []
    for sight in sights(wish.who, distance, list(wish.corrections)):
        light = seen(pipe, scene, view, sight, span, wish)
        shown.append(Shown(tone.display(light, scene.light().white), sight))
    return shown, setting


def seen(pipe: Pipeline, scene: Scene, view: View, sight: Sight, span: tuple[float, float], wish: Wish) -> NDArray[Any]:
    """One picture as linear light, cd/m2."""
    light = pipe.see(view, wish.size, sight.bank(*span, wish.kind, wish.light))
    if scene.light().night:
        return veil.with_veil(light, view.pixels_per_degree(*wish.size), wish.who.age_y)
    return light


def eyes(view: View, pd_m: float) -> tuple[View, View]:
    """Left and right eye's views: parallel axes, apart by the pupil distance."""
    ahead = np.array(view.target, float) - np.array(view.position, float)
    side = np.cross(ahead, np.array(view.up, float))
    side *= 0.5 * pd_m / np.linalg.norm(side)

    def at(offset: NDArray[Any]) -> View:
        return replace(view, position=moved(view.position, offset), target=moved(view.target, offset))

    return at(-side), at(side)


def moved(point: Point, by: NDArray[Any]) -> Point:
    """A point moved by a vector, m."""
    return point[0] + float(by[0]), point[1] + float(by[1]), point[2] + float(by[2])


def stage_with(scene: Scene, window: tuple[int, int] | None = None) -> Stage:
    """A stage with the place on it."""
    stage = Stage(window)
    stage.show(scene)
    return stage
