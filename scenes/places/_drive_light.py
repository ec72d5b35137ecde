"""Light and materials of the road by day and by night. Luminances in cd/m2, illuminances in lux (assumptions)."""

from functools import cache
from typing import Any

import numpy as np

from scenes import texture as t
from scenes.bake import Lamp, Lighting
from scenes.materials import Material
from scenes.places import _city
from scenes.places import _road_pictures as pictures

SUN = ((-0.36, -0.50, 0.80), (70000.0, 65500.0, 57000.0))
SKY_WHITE = {False: 9000.0, True: 0.9}
LAMP_CANDELA = (5200.0, 4300.0, 2900.0)
OVER_CAR = (2.4, 2.0, 1.4)  # mean luminance of the lit street above a car at night
# Retroreflection, cd/lx/m2 at .2 / -4 degrees (ASTM D4956-01, type III white).
RETRO_SIGN, RETRO_MARK = 250.0, 1.2
# Own low beam: both lamps together; see `surface.frag` for its shape (assumption, after UN R112/R149 limits).
BEAM = (18000.0, 0.19, 220.0, 0.6)
HEAD_LAMP = 9000.0  # cd/m2 toward an oncoming eye: 315 cd over .035 m2


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
            8.0,
            0.85,
            0.03,
            depth=0.5,
            sharp=True,
        ),
        "mark white": Material((0.62, 0.62, 0.60), **mark),
        "mark yellow": Material((0.62, 0.40, 0.04), **mark),
        "kerb": Material((0.40, 0.39, 0.37), t.speckled((1, 1, 1), (0.7, 0.7, 0.7), "granite", 0.6), None, 1.0, 0.8),
        "pavement": Material((1.0, 1.0, 1.0), slabs, joints, 3.2, 0.85, depth=0.5),
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
    light = 7.0 if night else 0.0
    walls = {
        f"facade {k}": Material(
            (0.92, 0.92, 0.92) if not night else (1.0, 1.0, 1.0),
            pictures.facade(k, night),
            None,
            12.0,
            0.35 if k == 1 else 0.6,
            0.06 if k == 1 else 0.03,
            emission=light,
        )
        for k in range(4)
    }
    return {
        **walls,
        "shops": Material((0.9, 0.9, 0.9), pictures.shops(night), roughness=0.4, emission=9.0 if night else 0.0),
        "ledge": Material((0.52, 0.50, 0.47), roughness=0.8),
        "roof": Material((0.30, 0.31, 0.31), roughness=0.9),
        "balcony": Material((0.55, 0.57, 0.58), roughness=0.4),
        "awning 0": Material(t.from_hex("8a3b32"), roughness=0.9),
        "awning 1": Material(t.from_hex("35524a"), roughness=0.9),
        "awning 2": Material(t.from_hex("c9a968"), roughness=0.9),
        "bark": Material((0.16, 0.12, 0.09), t.speckled((1, 1, 1), (0.5, 0.5, 0.5), "bark", 1.2, 0.4), None, 0.6, 1.0),
        "leaves": Material(
            (0.50, 0.54, 0.46), pictures.leaves(), roughness=0.8, reflectance=0.02, cut=0.5, two_sided=True, clamp=True
        ),
        "crown": Material((0.10, 0.16, 0.06)),
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
    gloss: dict[str, Any] = {"roughness": 0.16, "reflectance": 0.07}
    return {
        "paint": Material((0.10, 0.16, 0.22), **gloss),
        "paint side": Material((0.10, 0.16, 0.22), pictures.door_lines(), clamp=True, **gloss),
        "car glass": Material((0.015, 0.018, 0.02), roughness=0.05, reflectance=0.08),
        "underside": Material((0.012, 0.012, 0.012), roughness=0.9, two_sided=True),
        "black trim": Material((0.022, 0.022, 0.023), roughness=0.5),
        "chrome": Material((0.62, 0.63, 0.64), roughness=0.18, reflectance=1.0),
        "tyre": Material((0.025, 0.025, 0.026), roughness=0.85),
        "rim": Material((0.50, 0.51, 0.52), roughness=0.28, reflectance=1.0),
        "brake": Material((0.05, 0.05, 0.05), roughness=0.6),
        "grille": Material((0.015, 0.015, 0.016), roughness=0.35),
        "lamp case": Material((0.30, 0.31, 0.33), roughness=0.08, reflectance=0.12),
        "head lamp": Material((0.9, 0.93, 1.0), roughness=0.1, emission=HEAD_LAMP if night else 900.0, blocks=False),
        "day lamp": Material((0.9, 0.95, 1.0), roughness=0.1, emission=1500.0 if night else 14000.0, blocks=False),
        "tail lamp": Material(
            (0.42, 0.015, 0.012), roughness=0.12, emission=120.0 if night else 4500.0, retro=20.0, blocks=False
        ),
        "plate": Material((0.80, 0.80, 0.80), pictures.plates(), roughness=0.6, sharp=True, clamp=True, retro=40.0),
    }


def _cockpit(night: bool) -> dict[str, Material]:
    grain = t.leather()
    lit = 14.0 if night else 1500.0
    face: dict[str, Any] = {"roughness": 0.25, "sharp": True, "clamp": True}
    return {
        "dash": Material((0.026, 0.027, 0.030), bump=grain, tile=0.22, roughness=0.62, depth=0.55),
        "dash hard": Material((0.018, 0.019, 0.021), bump=grain, tile=0.14, roughness=0.48, depth=0.25),
        "leather": Material((0.020, 0.0195, 0.019), bump=grain, tile=0.12, roughness=0.5, depth=0.7),
        "door": Material((0.050, 0.050, 0.052), bump=grain, tile=0.25, roughness=0.65, depth=0.5),
        "lining": Material(
            (0.20, 0.195, 0.185),
            bump=t.rough("lining", 0.5, 0.3),
            tile=0.15,
            roughness=1.0,
            reflectance=0.01,
            depth=0.4,
        ),
        "satin": Material((0.45, 0.46, 0.47), roughness=0.35, reflectance=1.0),
        "cluster": Material((0.02, 0.02, 0.02), pictures.cluster(), emission=lit / 0.02, **face),
        "navigation": Material((0.02, 0.02, 0.02), pictures.navigation(), emission=lit / 0.02, **face),
    }
