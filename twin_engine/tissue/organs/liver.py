"""Liver: right and left lobe, gastric and gallbladder hollows, groove of the caval vein, falciform notch.

Specimen 27 x 20 x 8 cm (pathology manuals); the living organ is thicker and shorter. The shape is this
project's own; sizes in assets/parameters/organs.csv.
"""

import math
from functools import cache
from typing import Any

import numpy as np
from numba import njit, vectorize

from twin_engine.tissue.organs._sdf import FLAGS, cone, ellipsoid, fbm, smax, smin
from twin_engine.tissue.organs.shape import Grid, Organ, Tubes

PARTS = (
    "parenchyma",
    "capsule",
    "vessel wall",
    "vessel lumen",
    "ligament",
    "gallbladder",
    "vein",
    "duct",
)
# Brings the drawn shape (1,906 mL) to the reference man's 1,700 mL (ICRP 89: 1,800 g).
SCALE = 0.962


@njit(**FLAGS)
def shape(x: float, y: float, z: float) -> float:
    """The outline, mm."""
    x, y, z = x / SCALE, y / SCALE, z / SCALE
    d = smin(
        ellipsoid(x, y, z, -42.0, 0.0, 0.0, 78.0, 72.0, 84.0),
        ellipsoid(x, y, z, 48.0, -28.0, 18.0, 88.0, 42.0, 40.0),
        40.0,
    )
    d = smax(d, -28.0 - (-0.48 * x + 0.25 * y + 0.88 * z), 22.0)
    d = smax(d, -ellipsoid(x, y, z, 40.0, 40.0, -40.0, 60.0, 55.0, 55.0), 18.0)
    d = smax(d, -cone(x, y, z, 0.0, 63.0, -90.0, 14.0, 0.0, 63.0, 90.0, 14.0), 9.0)
    d = smax(d, -ellipsoid(x, y, z, -20.0, -42.0, -62.0, 14.0, 34.0, 16.0), 9.0)
    # Falciform notch at the front edge, fissure of the round ligament below it.
    d = smax(d, -cone(x, y, z, 20.0, -74.0, -10.0, 7.0, 15.0, -46.0, -9.0, 2.5), 8.0)
    d += 1.5 * math.exp(-(((x - 15.0 - 0.1 * z) / 4.0) ** 2)) * min(max(-y / 30.0, 0.0), 1.0)
    # Porta hepatis: the transverse fissure on the visceral face.
    d = smax(d, -cone(x, y, z, -30.0, 12.0, -58.0, 8.0, 10.0, 6.0, -36.0, 7.0), 10.0)
    d += 0.35 * fbm(x, y, z, 24.0)
    return d * SCALE


@njit(**FLAGS)
def hangings(x: float, y: float, z: float) -> tuple[float, ...]:
    """What is left on a removed liver: ligaments, gallbladder, stumps of portal vein and duct, caval vein."""
    outer = shape(x, y, z)
    x, y, z = x / SCALE, y / SCALE, z / SCALE
    sheet = max(abs(x - 15.0 - 0.1 * z + 1.2 * math.sin(0.09 * z)) - 0.9, outer - 7.0 - 0.06 * (z + 10.0))
    sheet = max(max(sheet, y + 8.0), -12.0 - z)
    cord = cone(x, y, z, 17.0, -62.0, -10.0, 2.6, 25.0, -80.0, -34.0, 2.2)
    sac = smin(
        ellipsoid(x, y, z, -22.0, -46.0, -58.0, 13.0, 27.0, 12.0),
        cone(x, y, z, -18.0, -26.0, -54.0, 7.0, -8.0, -6.0, -50.0, 2.4),
        6.0,
    )  # fmt: skip
    portal = cone(x, y, z, -8.0, 6.0, -38.0, 7.0, -2.0, 10.0, -68.0, 7.0)
    duct = cone(x, y, z, -10.0, -2.0, -40.0, 3.0, -8.0, -2.0, -68.0, 3.0)
    cava = cone(x, y, z, 0.0, 60.0, -74.0, 12.5, 0.0, 58.0, 84.0, 12.5)
    cava = max(max(cava, 9.5 - math.sqrt(x * x + (y - 59.0) ** 2)), max(z - 80.0, -62.0 - z))
    return min(sheet, cord) * SCALE, sac * SCALE, portal * SCALE, duct * SCALE, cava * SCALE


@vectorize(cache=True)
def field(x: float, y: float, z: float) -> float:
    return shape(x, y, z)


@vectorize(cache=True)
def hung(x: float, y: float, z: float) -> float:
    ligament, sac, portal, duct, cava = hangings(x, y, z)
    return min(min(ligament, sac), min(portal, min(duct, cava)))


@vectorize(cache=True)
def part(x: float, y: float, z: float, depth: float) -> float:
    d = shape(x, y, z)
    if d > -1.0 and depth > -0.9:
        ligament, sac, portal, duct, cava = hangings(x, y, z)
        if d > 0.25:
            best = min(min(ligament, sac), min(portal, min(duct, cava)))
            if best < 0.9:
                if best == sac:
                    return 5.0
                if best == ligament:
                    return 4.0
                return 7.0 if best == duct else 6.0
    return 1.0 if depth > -0.6 or d > -0.6 else 0.0


@cache
def trees(leaves: int = 420, seed: int = 1) -> dict[str, Any]:
    """Portal and hepatic veins grown inside the organ (see `trees.grow`)."""
    from twin_engine.tissue.organs.trees import grow

    s = SCALE
    portal = [(-6 * s, 8 * s, -52 * s), (-8 * s, 6 * s, -28 * s)]
    hepatic = [(0, 50 * s, 62 * s), (-8 * s, 40 * s, 44 * s)]
    return {
        "portal vein": grow(field, ORGAN, np.array(portal, dtype=float), 6.5, leaves, seed),
        "hepatic vein": grow(field, ORGAN, np.array(hepatic, dtype=float), 8.5, leaves, seed + 1),
    }


def finish(grid: Grid) -> tuple[Grid, list[Tubes]]:
    """Vessels as cut faces show them: wall and lumen, painted only, so that a coarse body stays whole."""
    from twin_engine.tissue.organs.trees import samples

    walls, lumens = [], []
    for tree in trees().values():
        points, radii = samples(tree, 0.7)
        walls.append((points, radii + 0.45))
        lumens.append((points, np.maximum(radii - 0.45, 0.1)))
    return grid, [
        Tubes(np.concatenate([p for p, _ in kind]), np.concatenate([r for _, r in kind]), part)
        for kind, part in ((walls, "vessel wall"), (lumens, "vessel lumen"))
    ]


ORGAN = Organ("Liver", field, part, PARTS, (-130.0, -84.0, -94.0), (146.0, 84.0, 94.0), 1.5, finish=finish, hung=hung)
