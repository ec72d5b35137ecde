"""An office high above a city: monitor with a spreadsheet, keyboard, letter, meeting wall."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from scenes.scene import Fixation, Light, Scene, View

if TYPE_CHECKING:
    from scenes.bake import Unit
    from scenes.materials import Material
    from scenes.mesh import Patch
    from scenes.stage import Stage

TITLE = "Office"
TEXELS_PER_METRE = 24.0
# Overcast bright sky (assumption), cd/m2 from ground to zenith; ceiling panels give about 500 lx on the desk.
SKY = ((700.0, 760.0, 740.0), (1000.0, 1080.0, 1100.0), (3300.0, 3600.0, 4000.0), (3000.0, 3500.0, 4300.0))
SUN = ((0.80, 0.42, 0.52), (7000.0, 6500.0, 5700.0))  # through thin cloud and tinted glass (assumption): lux
PANEL = (2900.0, 2820.0, 2620.0)
EYE = (0.0, 0.02, 1.17)


class Office(Scene):
    """Office seen from the desk."""

    title = TITLE

    def light(self) -> Light:
        """Day and ceiling light together."""
        return Light(white=380.0, adaptation=150.0)

    def viewpoints(self) -> dict[str, View]:
        """Desk, keyboard, meeting table."""
        return {
            "desk": View(EYE, (-0.09, 1.2, 1.0), 94.0),
            "keyboard": View((-0.12, 0.05, 1.12), (-0.16, 0.42, 0.76), 66.0),
            "room": View((-2.3, -1.5, 1.6), (0.9, 3.0, 0.95), 80.0),
            "meeting": View((0.75, 2.45, 1.25), (0.25, 5.2, 1.42), 74.0),
        }

    def fixations(self) -> dict[str, Fixation]:
        """Near, middle and far things; sizes as in the task table."""
        return {
            "monitor": Fixation("Monitor", (-0.24, 0.60, 1.055), "monitor"),
            "keyboard": Fixation("Keyboard", (-0.20, 0.33, 0.75)),
            "letter": Fixation("Letter", (0.32, 0.40, 0.735), "newsprint"),
            "meeting wall": Fixation("Meeting wall", (0.75, 5.14, 1.5)),
            "window": Fixation("Window", (55.0, 20.0, 3.0)),
        }

    def build(self, stage: "Stage") -> None:
        """Baked room, light map, probe in the middle."""
        from scenes import probe, upload
        from scenes.places._desk import HIGH, LOW

        room = upload.baked(everything(), materials(), units()["office"]().layout(), "office")
        room.reparent_to(stage.root)
        upload.plain_air(stage.root)
        probe.install(stage, stage.root, (0.5, 1.9, 1.3), LOW, HIGH, 90.0)

    def update(self, seconds: float) -> None:
        """Nothing moves."""


@cache
def everything() -> "list[Patch]":
    """All patches of the room, the same list for baking and drawing."""
    from scenes.places import _desk

    return _desk.everything()


def units() -> "dict[str, Callable[[], Unit]]":
    """What is baked."""
    return {"office": _unit}


def backdrops() -> "dict[str, Callable[[], np.ndarray]]":
    """Drawn at build time: what the window shows."""
    from scenes.places._outside import drawn

    return {"outside-office": lambda: drawn(True)}


@cache
def _unit() -> "Unit":
    from scenes.bake import Lighting, Panel, Unit
    from scenes.places._desk import GLASS, HIGH, LIGHTS

    y0, y1, z0, z1 = GLASS
    lights = [Panel((x, y, HIGH[2] - 0.013), (0.15, 0, 0), (0, -0.6, 0), PANEL) for x, y in LIGHTS]
    half = (y1 - y0) / 4
    for k in range(2):
        y = y0 + half * (2 * k + 1)
        lights.append(Panel((HIGH[0] + 0.11, y, (z0 + z1) / 2), (0, -half, 0), (0, 0, (z1 - z0) / 2), portal=True))
    table = np.repeat(np.array(SKY), 9, axis=0)[:, None, :]
    return Unit(everything(), materials(), Lighting(lights, sun=SUN, sky=table), TEXELS_PER_METRE)


@cache
def materials() -> "dict[str, Material]":
    """Every material of the room."""
    return {**_surfaces(), **_things(), **_drawn()}


def _surfaces() -> "dict[str, Material]":
    from scenes import texture as t
    from scenes.materials import Material
    from scenes.places import _office_pictures as p
    from scenes.places._outside import panorama

    oak = t.wood(t.from_hex("dcb98a"), t.from_hex("b48a58"), "oak")
    plaster = t.plaster()
    wall: dict[str, Any] = {"bump": plaster, "tile": 0.7, "depth": 0.5, "roughness": 0.95, "reflectance": 0.02}
    felt = t.speckled((1.0, 1.0, 1.0), (0.72, 0.72, 0.72), "felt", 0.6)
    tones = {"felt 0": "5f7d78", "felt 1": "c9a26a", "felt 2": "3f4f5f"}
    return {
        **{
            k: Material(t.from_hex(v), felt, t.rough("felt", 0.6, 0.25), 0.3, 1.0, 0.0, depth=0.6)
            for k, v in tones.items()
        },
        "carpet": Material((1.0, 1.0, 1.0), p.carpet(), t.rough("carpet", 0.5, 0.5), 1.0, 1.0, 0.0, depth=0.5),
        "ceiling": Material(
            (1.0, 1.0, 1.0),
            *t.planks((0.86, 0.86, 0.84), (0.80, 0.80, 0.78), "tiles", 512, 4, 4),
            tile=2.4,
            roughness=0.95,
            reflectance=0.02,
            depth=0.35,
        ),
        "wall": Material((0.74, 0.74, 0.72), **wall),
        "side wall": Material((0.66, 0.67, 0.65), **wall),
        "oak": Material((1.0, 1.0, 1.0), oak, t.wood_bump("oak"), 0.8, 0.40, depth=0.6),
        "white lacquer": Material((0.80, 0.80, 0.79), roughness=0.35),
        "mullion": Material((0.10, 0.105, 0.11), roughness=0.4),
        "hull": Material((0.0, 0.0, 0.0), two_sided=True),
        "glass": Material((0.0, 0.0, 0.0), roughness=0.02, transparency=0.999, blocks=False),
        "blind": Material((0.70, 0.70, 0.67), roughness=1.0, reflectance=0.0, through=0.35),
        "light panel": Material((1.0, 0.98, 0.93), roughness=1.0, reflectance=0.0, emission=2800.0, blocks=False),
        "outside": Material(
            (1.0, 1.0, 1.0), panorama(True), roughness=1.0, reflectance=0.0, emission=560.0, blocks=False, clamp=True
        ),
    }


def _things() -> "dict[str, Material]":
    from scenes import texture as t
    from scenes.materials import Material

    return {
        "black metal": Material((0.035, 0.035, 0.037), roughness=0.45),
        "black plastic": Material((0.03, 0.03, 0.032), roughness=0.32),
        "white plastic": Material((0.78, 0.78, 0.77), roughness=0.30),
        "steel": Material((0.58, 0.58, 0.59), roughness=0.30, reflectance=1.0),
        "aluminium": Material((0.62, 0.62, 0.63), roughness=0.38, reflectance=1.0),
        "key base": Material((0.55, 0.55, 0.55), roughness=0.42),
        "key": Material((0.80, 0.80, 0.785), roughness=0.45),
        "chair shell": Material(t.from_hex("d8d2c6"), roughness=0.45),
        "glaze": Material((0.09, 0.19, 0.26), roughness=0.16),
        "coffee": Material((0.045, 0.022, 0.010), roughness=0.08),
        "white pot": Material((0.77, 0.76, 0.74), roughness=0.25),
        "pot": Material(t.from_hex("57595b"), t.speckled((1, 1, 1), (0.8, 0.8, 0.8), "pot"), None, 0.4, 0.6),
        "leaf": Material(
            (0.85, 0.95, 0.80), t.leaf(t.from_hex("5f8d4a"), t.from_hex("234a24")), roughness=0.42, two_sided=True
        ),
        "soil": Material((0.05, 0.035, 0.025), roughness=1.0),
        "pen": Material((0.02, 0.03, 0.10), roughness=0.2),
        "notebook": Material((0.05, 0.075, 0.12), bump=t.leather(), tile=0.15, roughness=0.55, depth=0.5),
        "note 0": Material((0.86, 0.72, 0.22), roughness=0.9, reflectance=0.01, two_sided=True),
        "note 1": Material((0.80, 0.42, 0.42), roughness=0.9, reflectance=0.01, two_sided=True),
        "cloth cover": Material((1.0, 1.0, 1.0), roughness=0.7),
        "page edge": Material((0.80, 0.78, 0.72), roughness=0.9, reflectance=0.02),
        "pendant": Material((0.035, 0.036, 0.038), roughness=0.35),
        "bulb": Material((1.0, 0.86, 0.66), emission=2600.0, reflectance=0.0, blocks=False),
        "clock rim": Material((0.10, 0.10, 0.10), roughness=0.3),
    }


def _drawn() -> "dict[str, Material]":
    from scenes.materials import Material
    from scenes.places import _books
    from scenes.places import _office_pictures as p
    from scenes.places import _pictures as h

    glossy: dict[str, Any] = {"roughness": 0.28, "sharp": True, "clamp": True}
    return {
        "spreadsheet": Material((0.02, 0.02, 0.02), p.spreadsheet(), emission=14500.0, **glossy),
        "laptop": Material((0.02, 0.02, 0.02), p.laptop(), emission=13500.0, **glossy),
        "slide": Material((0.02, 0.02, 0.02), p.slide(), emission=16000.0, **glossy),
        "whiteboard": Material((0.84, 0.84, 0.84), p.whiteboard(), roughness=0.25, sharp=True, clamp=True),
        "letter": Material((0.86, 0.86, 0.86), p.paper(), roughness=0.9, reflectance=0.02, sharp=True, clamp=True),
        "key top": Material((0.95, 0.95, 0.95), p.keyboard(), roughness=0.45, sharp=True, clamp=True),
        "dial": Material((0.85, 0.85, 0.85), h.dial(), roughness=0.5, sharp=True, clamp=True),
        "spines": Material((0.95, 0.95, 0.95), _books.spines()[0], roughness=0.6, sharp=True, clamp=True),
        "art 1": Material((0.86, 0.86, 0.86), h.art(1), roughness=0.3, clamp=True),
    }
