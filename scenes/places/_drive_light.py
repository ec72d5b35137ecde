"""Light and materials of the road by day and by night. Luminances in cd/m2, illuminances in lux (assumptions)."""

from functools import cache
from typing import Any

import numpy as np

from scenes import texture as t
from scenes.bake import Lamp, Lighting
from scenes.materials import Material
from scenes.places import _car_pictures as cars
from scenes.places import _city, _street
from scenes.places import _facades as facades
from scenes.places import _road_pictures as pictures
from scenes.places import _screens as screens

SUN = ((-0.36, -0.50, 0.80), (70000.0, 65500.0, 57000.0))
SKY_WHITE = {False: 9000.0, True: 0.9}
LAMP_CANDELA = (5200.0, 4300.0, 2900.0)
OVER_CAR = (2.4, 2.0, 1.4)  # mean luminance of the lit street above a car at night
# Retroreflection, cd/lx/m2 at .2 / -4 degrees (ASTM D4956-01, type III white).
RETRO_SIGN, RETRO_MARK = 250.0, 1.2
# Own low beam: both lamps together; see `surface.frag` for its shape (assumption, after UN R112/R149 limits).
BEAM = (18000.0, 0.19, 220.0, 0.6)
HEAD_LAMP = 36000.0  # cd/m2 toward an oncoming eye: 315 cd a lamp over two lenses of .0043 m2


@cache
def sky_table(night: bool) -> np.ndarray:
    """(rows nadir to zenith, azimuths, 3) radiance of the drawn sky; the ground half is what a road reflects."""
    image = t.linear(pictures.sky(night)) * SKY_WHITE[night]
    h, w, _ = image.shape
    up = image[: int(h * 90 / 95)][::-1]
    rows = up[: 8 * (len(up) // 8)].reshape(8, -1, 16, w // 16, 3).mean(axis=(1, 3))
    ground = np.full((8, 16, 3), 1.0) * (
        np.array([1900.0, 1850.0, 1700.0]) if not night else np.array([0.05, 0.045, 0.035])
    )
    return np.concatenate([ground, rows])


def lighting(part: str, night: bool) -> Lighting:
    """What shines on the city, the cars or the cockpit."""
    if not night:
        return Lighting(sun=SUN, sky=sky_table(False), open_sky=True)
    if part != "road":
        table = np.concatenate([np.full((8, 1, 3), 0.10), np.outer(np.linspace(0.25, 1.0, 8), OVER_CAR)[:, None, :]])
        dim = 0.25 if part == "cockpit" else 0.6
        return Lighting(sky=table * dim, open_sky=True)
    lamps = [
        Lamp(
            (s * (8.75 - _city.LAMP_REACH - 0.2), y, _city.LAMP_HEIGHT),
            LAMP_CANDELA,
            exponent=1.0,
            radius=0.15,
            reach=34.0,
        )
        for s, y in _city.LAMPS
    ]
    return Lighting(lamps=lamps, sky=sky_table(True), open_sky=True)


@cache
def materials(night: bool) -> dict[str, Material]:
    """Every material of road, cars and cockpit."""
    return {**_ground(night), **_town(night), **_signs(night), **_cars(night), **_cockpit(night)}


def _ground(night: bool) -> dict[str, Material]:
    grass = t.speckled(t.from_hex("7f9a54"), t.from_hex("4d6a34"), "grass", 0.8, 0.3)
    slabs, joints = t.planks((0.42, 0.41, 0.39), (0.33, 0.32, 0.31), "slabs", 512, 8, 8)
    mark: dict[str, Any] = {
        "roughness": 0.8,
        "decal": True,
        "retro": RETRO_MARK,
        "depth": 0.4,
        "bump": t.rough("mark", 0.6, 0.3),
        "tile": 1.0,
    }
    return {
        "asphalt": Material(
            (0.55, 0.55, 0.55),
            pictures.asphalt(),
            t.rough("asphalt", 0.4, 0.35),
            7.0,
            0.85,
            0.03,
            depth=0.22,
            sharp=True,
        ),
        "mark white": Material((0.62, 0.62, 0.60), **mark),
        "mark yellow": Material((0.62, 0.40, 0.04), **mark),
        "kerb": Material((0.40, 0.39, 0.37), t.speckled((1, 1, 1), (0.7, 0.7, 0.7), "granite", 0.6), None, 1.0, 0.8),
        "pavement": Material((0.72, 0.72, 0.72), slabs, joints, 3.2, 0.85, depth=0.5),
        "grass": Material((0.8, 0.8, 0.8), grass, None, 6.0, 1.0, 0.0),
        "sky": Material(
            (1.0, 1.0, 1.0),
            pictures.sky(night),
            roughness=1.0,
            reflectance=0.0,
            emission=SKY_WHITE[night],
            blocks=False,
        ),
        "steel rail": Material((0.42, 0.43, 0.44), roughness=0.5, reflectance=0.25),
        "lamp pole": Material((0.20, 0.21, 0.22), roughness=0.45),
        "street lamp": Material((1.0, 0.85, 0.6), emission=26000.0 if night else 0.0, blocks=False),
        "shade": Material((0.2, 0.2, 0.2)),
    }


def _town(night: bool) -> dict[str, Material]:
    shine = 8.0 if night else 0.0
    walls = {}
    for k in range(4):
        day, lit = facades.facade(k)
        walls[f"facade {k}"] = Material(
            (0.75, 0.75, 0.75), day, tile=12.0, roughness=0.85, reflectance=0.02, emission=shine, shine=lit, panes=True
        )
    day, lit = facades.shops()
    return {
        **walls,
        "shops": Material((0.9, 0.9, 0.9), day, roughness=0.7, emission=1.1 * shine, shine=lit, panes=True),
        **_furniture(night, shine),
        "ledge": Material((0.52, 0.50, 0.47), roughness=0.8),
        "plinth": Material(
            (0.9, 0.88, 0.84),
            *t.planks((0.42, 0.40, 0.37), (0.31, 0.30, 0.28), "plinth", 512, 4, 2),
            tile=2.4,
            roughness=0.7,
            depth=0.5,
        ),
        "manhole": Material((0.10, 0.095, 0.09), bump=t.rough("iron", 0.6, 0.5), tile=0.3, roughness=0.5, decal=True),
        "roof": Material((0.30, 0.31, 0.31), roughness=0.9),
        "balcony": Material((0.55, 0.57, 0.58), roughness=0.4),
        "awning 0": Material(t.from_hex("8a3b32"), roughness=0.9),
        "awning 1": Material(t.from_hex("35524a"), roughness=0.9),
        "awning 2": Material(t.from_hex("c9a968"), roughness=0.9),
        "bark": Material((0.16, 0.12, 0.09), t.speckled((1, 1, 1), (0.5, 0.5, 0.5), "bark", 1.2, 0.4), None, 0.6, 1.0),
        "leaves": Material(
            (0.50, 0.50, 0.44), facades.leaves(), roughness=0.8, reflectance=0.02, cut=0.5, two_sided=True, clamp=True
        ),
        "crown": Material((0.10, 0.16, 0.06)),
    }


def _furniture(night: bool, shine: float) -> dict[str, Material]:
    day, lit = _street.blades()
    hedge = t.speckled(t.from_hex("5f7f45"), t.from_hex("18290f"), "hedge", 0.7, 0.55)
    lens: dict[str, Any] = {"roughness": 0.15, "reflectance": 0.06}
    return {
        "blades": Material(
            (0.8, 0.8, 0.8), day, roughness=0.4, emission=0.9 * shine, shine=lit, panes=True, clamp=True
        ),
        "tank": Material((0.62, 0.55, 0.16), roughness=0.6),
        "hedge": Material((0.8, 0.8, 0.8), hedge, t.rough("hedge", 0.6, 0.8), 0.8, 1.0, 0.0, depth=0.9),
        "tactile": Material((1.0, 1.0, 1.0), _street.tactile(), None, 0.3, 0.8),
        "bollard": Material((0.30, 0.31, 0.32), roughness=0.45),
        "cabinet": Material((0.30, 0.36, 0.33), roughness=0.5),
        "bench": Material((0.32, 0.20, 0.11), roughness=0.7),
        "shelter glass": Material((0.0, 0.0, 0.0), roughness=0.02, transparency=0.96, blocks=False, two_sided=True),
        "advert": Material(
            (0.85, 0.85, 0.85), _street.advert(), roughness=0.2, clamp=True, emission=60.0 if night else 0.0
        ),
        "signal pole": Material((0.42, 0.43, 0.44), roughness=0.5),
        "signal case": Material((0.045, 0.047, 0.05), roughness=0.45),
        "signal hood": Material((0.03, 0.03, 0.032), roughness=0.6, two_sided=True),
        "signal red": Material((0.16, 0.012, 0.01), **lens),
        "signal yellow": Material((0.20, 0.10, 0.01), **lens),
        "signal dark green": Material((0.01, 0.08, 0.05), **lens),
        "signal green": Material((0.06, 1.0, 0.62), emission=2600.0 if night else 7000.0, blocks=False, **lens),
    }


def _signs(night: bool) -> dict[str, Material]:
    plain: dict[str, Any] = {"roughness": 0.5, "sharp": True, "clamp": True, "retro": RETRO_SIGN}
    return {
        "direction sign": Material((0.85, 0.85, 0.85), pictures.direction_sign(), **plain),
        "airport sign": Material((0.85, 0.85, 0.85), pictures.airport_sign(), **plain),
        "tourist sign": Material((0.85, 0.85, 0.85), pictures.tourist_sign(), **plain),
        "round signs": Material((0.85, 0.85, 0.85), pictures.round_signs(), cut=0.5, **plain),
    }


def _cars(night: bool) -> dict[str, Material]:
    gloss: dict[str, Any] = {"roughness": 0.07, "reflectance": 0.06}
    pane: dict[str, Any] = {"roughness": 0.03, "reflectance": 0.06, "clamp": True}
    lens: dict[str, Any] = {"roughness": 0.06, "clamp": True}
    return {
        "paint": Material((0.035, 0.055, 0.085), **gloss),
        "paint side": Material((0.10, 0.16, 0.22), cars.side(), clamp=True, **gloss),
        **{f"car glass {k}": Material((1.0, 1.0, 1.0), cars.glass(k), **pane) for k in ("front", "side", "rear")},
        "underside": Material((0.012, 0.012, 0.012), roughness=0.9, two_sided=True),
        "black trim": Material((0.022, 0.022, 0.023), roughness=0.5),
        "chrome": Material((0.62, 0.63, 0.64), roughness=0.18, reflectance=1.0),
        "mirror back": Material((0.70, 0.72, 0.74), roughness=0.02, reflectance=1.0),
        "tyre": Material((0.025, 0.025, 0.026), roughness=0.85),
        "rim": Material((0.50, 0.51, 0.52), roughness=0.28, reflectance=1.0),
        "brake": Material((0.05, 0.05, 0.05), roughness=0.6),
        "grille": Material((1.0, 1.0, 1.0), cars.grille(), roughness=0.35, clamp=True),
        "head lamp": Material(
            (1.0, 1.0, 1.0), cars.head_lamp(), reflectance=0.06, emission=40.0 if night else 0.0, **lens
        ),
        "beam lamp": Material((0.9, 0.93, 1.0), roughness=0.1, emission=HEAD_LAMP if night else 2500.0, blocks=False),
        "day lamp": Material((0.9, 0.95, 1.0), roughness=0.1, emission=1500.0 if night else 16000.0, blocks=False),
        "tail lamp": Material(
            (1.0, 1.0, 1.0), cars.tail_lamp(), emission=120.0 if night else 1500.0, retro=1.0, blocks=False, **lens
        ),
        "tail bar": Material((0.50, 0.012, 0.010), roughness=0.1, emission=70.0 if night else 900.0, blocks=False),
        "reflector": Material((0.40, 0.01, 0.01), roughness=0.1, retro=2.0),
        "plate": Material((0.80, 0.80, 0.80), pictures.plates(), roughness=0.6, sharp=True, clamp=True, retro=6.0),
    }


def _cockpit(night: bool) -> dict[str, Material]:
    grain = t.leather()
    lit = 12.0 if night else 2200.0
    face: dict[str, Any] = {"roughness": 0.12, "sharp": True, "clamp": True}
    inlay = t.wood(t.from_hex("6b4a33"), t.from_hex("2c1c12"), "inlay")
    return {
        "dash": Material((0.024, 0.025, 0.028), bump=grain, tile=0.16, roughness=0.55, depth=0.55),
        "dash hard": Material((0.018, 0.019, 0.021), bump=grain, tile=0.10, roughness=0.45, depth=0.3),
        "leather": Material((0.022, 0.021, 0.020), bump=grain, tile=0.07, roughness=0.42, depth=0.6),
        "tan leather": Material((0.17, 0.085, 0.042), bump=grain, tile=0.13, roughness=0.48, depth=0.6),
        "inlay": Material((1.0, 1.0, 1.0), inlay, t.wood_bump("inlay"), 0.5, 0.30, depth=0.5),
        "piano": Material((0.006, 0.006, 0.007), roughness=0.06, reflectance=0.05),
        "stitch": Material((0.62, 0.50, 0.36), cars.stitch(), roughness=0.8, cut=0.5, decal=True),
        "ambient": Material((0.35, 0.75, 1.0), emission=5.0 if night else 200.0, roughness=0.3),
        "frit": Material((0.010, 0.010, 0.011), roughness=0.25, two_sided=True),
        "lining": Material(
            (0.26, 0.25, 0.235),
            bump=t.rough("lining", 0.5, 0.3),
            tile=0.15,
            roughness=1.0,
            reflectance=0.01,
            depth=0.4,
        ),
        "satin": Material((0.45, 0.46, 0.47), roughness=0.30, reflectance=1.0),
        "cluster": Material((0.02, 0.02, 0.02), screens.cluster(), emission=lit / 0.02, **face),
        "navigation": Material((0.02, 0.02, 0.02), screens.navigation(), emission=lit / 0.02, **face),
        "climate": Material((0.02, 0.02, 0.02), screens.climate(), emission=0.7 * lit / 0.02, **face),
    }
