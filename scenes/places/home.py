"""A living room at home on a sunny morning: book, phone, clock, television, window."""

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

TITLE = "Living room"
TEXELS_PER_METRE = 30.0
# A hazy morning sun and sky (assumption): lux on a plane facing the sun; cd/m2 of the sky from ground to zenith.
SUN = ((-0.74, -0.24, 0.61), (12500.0, 11800.0, 10700.0))
SKY = ((1100.0, 1200.0, 1150.0), (1500.0, 1650.0, 1600.0), (6200.0, 7200.0, 8600.0), (4600.0, 6000.0, 8400.0))
EYE = (0.05, -0.45, 1.14)


class Home(Scene):
    """Living room seen from the sofa."""

    title = TITLE

    def light(self) -> Light:
        """Bright interior by daylight."""
        return Light(white=460.0, adaptation=170.0)

    def viewpoints(self) -> dict[str, View]:
        """Sofa, near work at the table, window, shelf."""
        return {
            "seat": View(EYE, (0.0, 2.0, 0.86), 84.0),
            "book": View((-0.17, 0.33, 0.73), (-0.10, 0.68, 0.44), 64.0),
            "window": View((1.9, -1.3, 1.35), (-1.3, 1.15, 0.95), 78.0),
            "shelf": View((0.75, 0.75, 1.35), (1.75, 2.4, 1.25), 66.0),
        }

    def fixations(self) -> dict[str, Fixation]:
        """Near, middle and far things; sizes as in the task table."""
        return {
            "book": Fixation("Book", (-0.17, 0.63, 0.43), "newsprint"),
            "phone": Fixation("Phone", (0.115, 0.58, 0.43), "phone_message"),
            "television": Fixation("Television", (-0.32, 2.38, 0.72), "subtitle"),
            "clock": Fixation("Wall clock", (1.15, 2.44, 1.92), "clock"),
            "window": Fixation("Window", (-55.0, 1.0, 3.0)),
        }

    def build(self, stage: "Stage") -> None:
        """Baked room, light map, probe in the middle."""
        from scenes import probe, upload

        patches = everything()
        room = upload.baked(patches, materials(), units()["home"]().layout(), "home")
        room.reparent_to(stage.root)
        upload.plain_air(stage.root)
        probe.install(stage, stage.root, (0.2, 0.6, 1.25), (-2.6, -2.6, 0.0), (2.6, 2.45, 2.5), 110.0)

    def update(self, seconds: float) -> None:
        """Nothing moves."""


@cache
def everything() -> "list[Patch]":
    """All patches of the room, the same list for baking and drawing."""
    from scenes.places import _living

    return [*_living.shell(), *_living.things()]


def units() -> "dict[str, Callable[[], Unit]]":
    """What is baked."""
    return {"home": _unit}


def backdrops() -> "dict[str, Callable[[], np.ndarray]]":
    """Drawn at build time: what the window shows."""
    from scenes.places._outside import drawn

    return {"outside-home": lambda: drawn(False)}


@cache
def _unit() -> "Unit":
    from scenes.bake import Lamp, Lighting, Panel, Unit
    from scenes.places._living import LOW, WINDOW

    y0, y1, z0, z1 = WINDOW
    portal = Panel(
        (LOW[0] - 0.16, (y0 + y1) / 2, (z0 + z1) / 2), (0, (y1 - y0) / 2, 0), (0, 0, (z1 - z0) / 2), portal=True
    )
    bulb = Lamp((1.14, 2.12, 1.39), (88.0, 66.0, 42.0), radius=0.05)
    glow = Lamp((1.14, 2.12, 1.36), (26.0, 19.0, 11.5), axis=(0, -1, 0), radius=0.12)
    table = np.repeat(np.array(SKY), 9, axis=0)[:, None, :]
    return Unit(everything(), materials(), Lighting([portal], [bulb, glow], SUN, table), TEXELS_PER_METRE)


@cache
def materials() -> "dict[str, Material]":
    """Every material of the room."""
    return {**_surfaces(), **_things(), **_drawn()}


def _surfaces() -> "dict[str, Material]":
    from scenes import texture as t
    from scenes.materials import Material

    floor, grooves = t.planks(t.from_hex("c4a27b"), t.from_hex("8f6d49"), "oak floor")
    oak = t.wood(t.from_hex("d8b27f"), t.from_hex("ae8150"), "oak")
    walnut = t.wood(t.from_hex("8a6243"), t.from_hex("54371f"), "walnut")
    plaster = t.plaster()
    wall: dict[str, Any] = {"bump": plaster, "tile": 0.7, "depth": 0.5, "roughness": 0.95, "reflectance": 0.02}
    return {
        "floor": Material((1.0, 1.0, 1.0), floor, grooves, 2.4, 0.38, depth=0.7),
        "ceiling": Material((0.82, 0.81, 0.78), **wall),
        "wall": Material((0.74, 0.70, 0.63), **wall),
        "accent wall": Material((0.40, 0.44, 0.38), **wall),
        "sill wall": Material((0.80, 0.79, 0.75), **wall),
        "trim": Material((0.82, 0.81, 0.78), roughness=0.45),
        "frame": Material((0.80, 0.80, 0.78), roughness=0.35),
        "oak": Material((1.0, 1.0, 1.0), oak, t.wood_bump("oak"), 0.8, 0.42, depth=0.6),
        "walnut": Material((1.0, 1.0, 1.0), walnut, t.wood_bump("walnut"), 0.8, 0.40, depth=0.6),
        "slats": Material((1.05, 1.0, 0.95), walnut, t.wood_bump("walnut"), 0.9, 0.5, depth=0.5),
        "shelf back": Material((0.86, 0.84, 0.80), oak, None, 0.8, 0.6),
        "hull": Material((0.0, 0.0, 0.0), two_sided=True),
        "glass": Material((0.0, 0.0, 0.0), roughness=0.02, transparency=0.999, blocks=False),
        "outside": Material(
            (1.0, 1.0, 1.0), _panorama(), roughness=1.0, reflectance=0.0, emission=760.0, blocks=False, clamp=True
        ),
    }


def _panorama() -> np.ndarray:
    from scenes.places._outside import panorama

    return panorama()


def _things() -> "dict[str, Material]":
    from scenes import texture as t
    from scenes.materials import Material

    cloth, cloth_bump = t.weave(t.from_hex("c4734f"), t.from_hex("96492c"), "chair")
    linen, linen_bump = t.weave(t.from_hex("f0e9dc"), t.from_hex("d7ccb8"), "linen", 96)
    blue, blue_bump = t.weave(t.from_hex("3a5670"), t.from_hex("1e3146"), "pillow", 80)
    dark, dark_bump = t.weave(t.from_hex("3c3f42"), t.from_hex("202224"), "speaker", 96)
    return {
        "curtain": Material((0.92, 0.92, 0.90), linen, linen_bump, 0.16, 0.95, 0.02, depth=0.4, through=0.45),
        "upholstery": Material((1.0, 1.0, 1.0), cloth, cloth_bump, 0.15, 0.95, 0.03, depth=0.6),
        "pillow": Material((1.0, 1.0, 1.0), blue, blue_bump, 0.12, 0.95, 0.03, depth=0.6),
        "cloth dark": Material((1.0, 1.0, 1.0), dark, dark_bump, 0.08, 0.9, depth=0.6),
        "rug edge": Material(t.from_hex("8b7e6a"), roughness=1.0, reflectance=0.0),
        "steel": Material((0.55, 0.55, 0.56), roughness=0.32, reflectance=1.0),
        "brass": Material((0.72, 0.53, 0.28), roughness=0.30, reflectance=1.0),
        "clock rim": Material((0.10, 0.09, 0.08), roughness=0.3),
        "dial rubber": Material((0.11, 0.11, 0.115), roughness=0.6),
        "throw": Material(
            (1.0, 1.0, 1.0),
            *t.weave(t.from_hex("d8b25c"), t.from_hex("9c7428"), "throw", 28),
            tile=0.16,
            roughness=1.0,
            reflectance=0.0,
            depth=0.8,
            two_sided=True,
        ),
        "socket": Material((0.80, 0.80, 0.78), roughness=0.35),
        "black plastic": Material((0.03, 0.03, 0.032), roughness=0.35),
        "lampshade": Material((0.80, 0.70, 0.52), linen, linen_bump, 0.16, 0.95, 0.0, emission=330.0, depth=0.3),
        "ceiling lamp": Material((0.83, 0.83, 0.81), roughness=0.4),
        "pot": Material((0.72, 0.69, 0.64), t.speckled((0.95, 0.95, 0.95), (0.75, 0.74, 0.72), "pot"), None, 0.4, 0.55),
        "terracotta": Material(
            t.from_hex("b4663f"), t.speckled((1, 1, 1), (0.75, 0.72, 0.7), "terracotta"), None, 0.3, 0.75
        ),
        "leaf": Material(
            (0.85, 0.95, 0.80), t.leaf(t.from_hex("5f8d4a"), t.from_hex("234a24")), roughness=0.42, two_sided=True
        ),
        "soil": Material((0.05, 0.035, 0.025), roughness=1.0),
        "glaze": Material((0.10, 0.20, 0.24), roughness=0.16),
        "celadon": Material(
            t.from_hex("8fb3a0"), t.speckled((1, 1, 1), (0.86, 0.88, 0.86), "celadon"), None, 0.3, 0.14
        ),
        "moon jar": Material((0.78, 0.76, 0.71), roughness=0.18),
        "coffee": Material((0.045, 0.022, 0.010), roughness=0.08),
        "tangerine": Material(
            t.from_hex("e8851f"),
            t.speckled((1, 1, 1), (0.85, 0.8, 0.7), "tangerine"),
            t.rough("peel", 1.0, 0.5),
            0.05,
            0.38,
            depth=0.7,
        ),
        "cork": Material((0.42, 0.28, 0.16), t.speckled((1, 1, 1), (0.6, 0.5, 0.4), "cork"), None, 0.06, 0.9),
        "spectacles": Material((0.035, 0.02, 0.014), roughness=0.18),
        "wicker": Material(
            (0.52, 0.38, 0.22), *t.weave((1.0, 1.0, 1.0), (0.45, 0.40, 0.35), "wicker", 12), tile=0.16, roughness=0.8
        ),
    }


def _drawn() -> "dict[str, Material]":
    from scenes.materials import Material
    from scenes.places import _books
    from scenes.places import _pictures as p

    page = Material((0.80, 0.78, 0.72), roughness=0.9, reflectance=0.02)
    art = {f"art {k}": Material((0.86, 0.86, 0.86), p.art(k), roughness=0.3, clamp=True) for k in range(3)}
    return {
        **art,
        "book page": Material((0.90, 0.90, 0.90), p.book(), roughness=0.8, reflectance=0.02, sharp=True, clamp=True),
        "page edge": page,
        "book cover": Material((0.18, 0.07, 0.06), roughness=0.6),
        "cloth cover": Material((1.0, 1.0, 1.0), roughness=0.7),
        "spines": Material((0.95, 0.95, 0.95), _books.spines()[0], roughness=0.6, sharp=True, clamp=True),
        "phone": Material((0.02, 0.02, 0.02), p.phone(), roughness=0.10, emission=16000.0, sharp=True, clamp=True),
        "television": Material(
            (0.02, 0.02, 0.02), p.television(), roughness=0.18, emission=16500.0, sharp=True, clamp=True
        ),
        "dial": Material((0.85, 0.85, 0.85), p.dial(), roughness=0.5, sharp=True, clamp=True),
        "rug": Material((0.88, 0.88, 0.88), p.rug(), roughness=1.0, reflectance=0.0, sharp=True, clamp=True),
    }
