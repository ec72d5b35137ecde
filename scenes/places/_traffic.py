"""Other cars: where they drive, and their nodes (one baked model a form and heading, copied)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from scenes.mesh import Patch, moved, turned
from scenes.places import _car
from scenes.scene import Point

if TYPE_CHECKING:
    from panda3d.core import NodePath

    from scenes.lightmap import Layout

SPACING = 30.0  # m between the models while they are baked


@dataclass(frozen=True)
class Driver:
    """One car: model, lane middle x, place along the road at time 0, speed (negative: oncoming), paint, plate."""

    model: str
    x: float
    y: float
    speed: float
    paint: tuple[float, float, float]


WHITE, SILVER, BLACK, BLUE, RED, GREEN, ORANGE = (
    (0.42, 0.42, 0.41),
    (0.40, 0.42, 0.43),
    (0.02, 0.021, 0.024),
    (0.03, 0.09, 0.24),
    (0.36, 0.03, 0.03),
    (0.05, 0.14, 0.12),
    (0.50, 0.16, 0.015),  # a taxi of Seoul
)
# The driver's own car keeps 17.2 m/s (62 km/h).
DRIVERS = (
    Driver("sedan north", 1.75, 19.0, 16.6, WHITE),
    Driver("suv north", 5.25, 46.0, 16.9, BLUE),
    Driver("sedan north", 1.75, 74.0, 17.2, ORANGE),
    Driver("suv north", 5.25, -15.5, 17.2, SILVER),
    Driver("sedan north", 1.75, -11.5, 17.4, GREEN),
    Driver("suv south", -1.75, 42.0, -15.5, BLACK),
    Driver("sedan south", -5.25, 66.0, -14.0, SILVER),
    Driver("sedan south", -1.75, 112.0, -16.0, BLUE),
    Driver("suv south", -1.75, 205.0, -16.0, WHITE),
    Driver("sedan south", -5.25, 300.0, -15.0, RED),
)
MODELS = {
    "sedan north": (_car.SEDAN, 0, 0),
    "suv north": (_car.SUV, 1, 0),
    "sedan south": (_car.SEDAN, 2, 180),
    "suv south": (_car.SUV, 3, 180),
}


@cache
def models() -> tuple[tuple[Patch, ...], dict[str, range]]:
    """Every model with the ground below it, side by side for baking, and which patches are whose."""
    patches: list[Patch] = []
    spans = {}
    for number, (name, (form, plate, turn)) in enumerate(MODELS.items()):
        start = len(patches)
        own = [*turned(_car.car(form, plate), turn), _car.ground()]
        patches += moved(own, SPACING * number)
        spans[name] = range(start, len(patches))
    far = _car.ground((60.0, 60.0))
    patches.append(
        replace(far, points=far.points * [10, 3, 0] + [45.0, 0, 0.0], material="asphalt", density=0.03, drawn=False)
    )
    return tuple(patches), spans


def open_ground(light: "object", layout: "Layout") -> float:
    """Light of the far ground in the baked map (green channel): what a shade is measured against."""
    import numpy as np

    x, y, w, h = layout.rects[-1]
    return float(np.percentile(np.asarray(light)[y : y + h, x : x + w, 1], 80))


def positions(seconds: float, own: float) -> Sequence[tuple[Driver, Point]]:
    """Where every car is; one that has fallen behind or run away comes back far ahead."""
    out = []
    for driver in DRIVERS:
        y = driver.y + driver.speed * seconds
        if driver.speed < 0:
            y = own + (y - own + 60.0) % 420.0 - 60.0
        out.append((driver, (driver.x, y, 0.0)))
    return out


def repaint(path: "NodePath", paint: tuple[float, float, float]) -> None:
    """Give a copied model its colour."""
    from panda3d.core import LVector4

    for name in ("paint", "paint side"):
        for node in path.find_all_matches(f"**/{name}"):
            node.set_shader_input("base", LVector4(*paint, 0.0))
