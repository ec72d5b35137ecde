"""The car around the driver: pillars, roof, doors, screen's black border, wipers, bonnet."""

from dataclasses import replace

import numpy as np

from scenes.mesh import Patch, box, moved, sheet, turned, unit
from scenes.shapes import loft, smooth, tube

PILLAR = ((0.81, 1.26, 0.94), (0.74, 0.80, 1.205), (0.672, 0.42, 1.405), (0.61, 0.10, 1.49))


def _pillar(sign: int) -> list[Patch]:
    """Front pillar: a flattened, cloth-covered beam with the screen's seal and a grab of black outside."""
    path = smooth(np.array(PILLAR) * np.array([sign, 1, 1]), 28)
    beam = tube(path, np.linspace(0.046, 0.040, 28), "lining", segments=18)
    along = unit(np.gradient(path, axis=0))
    out = unit(np.cross(along, np.array([0, 0, 1.0])) * sign)
    # Thinner across the line of sight than along it.
    offset = beam.points - path[:, None]
    flat = offset - 0.42 * (offset * out[:, None]).sum(-1, keepdims=True) * out[:, None]
    beam = replace(beam, points=path[:, None] + flat)
    inner = path - out * 0.027 + np.array([0, 0.018, 0])
    outer = path + out * 0.027 - np.array([0, 0.006, 0])
    return [beam, *(tube(line, 0.006, "black trim", segments=8, density=0.5) for line in (inner, outer))]


def _door(sign: int) -> list[Patch]:
    """Sill, padded upper part with a seam, inlay, armrest, handle and loudspeaker."""
    from scenes.places._cockpit import facing, stitches

    sill = smooth(
        np.array([[0.81, 1.14, 0.938], [0.835, 0.80, 0.935], [0.85, 0.2, 0.935], [0.85, -0.9, 0.945]])
        * np.array([sign, 1, 1]),
        24,
    )
    rows = [
        np.stack([sill[:, 0] - sign * d, sill[:, 1], sill[:, 2] - z], 1)
        for d, z in ((-0.03, -0.002), (0.0, 0.004), (0.022, 0.014), (0.036, 0.04), (0.04, 0.10))
    ]
    upper = facing(loft(np.stack(rows), "dash"), (-sign, 0, 0.8))
    rows = [
        np.stack([sill[:, 0] - sign * d, sill[:, 1], sill[:, 2] - z], 1)
        for d, z in ((0.038, 0.10), (0.046, 0.14), (0.05, 0.24), (0.045, 0.34), (0.02, 0.60))
    ]
    lower = facing(loft(np.stack(rows), "tan leather"), (-sign, 0, 0))
    line = sill - np.array([sign * 0.041, 0, 0.101])
    out = [upper, lower, tube(line, 0.0035, "ambient", segments=8, density=0.0)]
    out.append(stitches(sill - np.array([sign * 0.030, 0, 0.022]), (-sign * 0.75, 0, 0.66)))
    rest = box((0.10, 0.52, 0.05), "leather", at=(sign * 0.775, 0.05, 0.70), bevel=0.022, steps=4)
    handle = np.array([[sign * 0.79, 0.34, 0.80], [sign * 0.765, 0.38, 0.805], [sign * 0.79, 0.46, 0.81]])
    return [*out, *rest, tube(handle, 0.010, "satin", segments=10)]


def _screen() -> list[Patch]:
    """The windscreen's black border below and above, wipers resting on it."""
    u = np.linspace(-1, 1, 33)
    low = [
        np.stack([0.81 * u, np.full(33, y) - 0.10 * u**2, np.full(33, z)], 1) for y, z in ((1.40, 0.950), (1.36, 0.972))
    ]
    high = [np.stack([0.60 * u, np.full(33, y), z - 0.02 * u**2], 1) for y, z in ((0.175, 1.466), (0.235, 1.432))]
    out = [sheet(np.stack(low), "frit", density=0.6), sheet(np.stack(high), "frit", density=0.6)]
    for x, wide in ((-0.66, 0.62), (0.06, 0.52)):
        t = np.linspace(0, 1, 10)
        along = x + wide * t
        arm = np.stack([along, 1.372 - 0.15 * along**2 + 0.01 * t, 0.982 + 0.012 * np.sin(np.pi * t)], 1)
        out.append(tube(arm, np.array([0.007] * 9 + [0.004]), "black trim", segments=8, density=0.5))
    cover = box((0.11, 0.10, 0.035), "black trim", at=(0.02, 0.315, 1.425), bevel=0.014, steps=3)
    stem = np.array([[0.02, 0.36, 1.44], [0.02, 0.42, 1.43], [0.02, 0.445, 1.40]])
    return [*out, *turned(cover, -22, "x", (0.02, 0.315, 1.425)), tube(stem, 0.011, "black trim", segments=10)]


def _roof() -> list[Patch]:
    from scenes.places._cockpit import facing

    u = np.linspace(-1, 1, 17)
    rows = [
        np.stack([0.62 * u, np.full(17, y), z - 0.03 * u**2], 1)
        for y, z in ((0.16, 1.455), (0.13, 1.475), (0.05, 1.50), (-0.5, 1.53), (-1.1, 1.50))
    ]
    out = [facing(loft(np.stack(rows), "lining"), (0, 0, -1))]
    for sign in (-1, 1):
        visor = box((0.42, 0.16, 0.016), "lining", at=(0, 0, 0), bevel=0.007, steps=3)
        out += moved(turned(visor, 14, "x"), sign * 0.31, 0.16, 1.452)
        rail = smooth(np.array([[sign * 0.61, 0.12, 1.49], [sign * 0.61, -0.4, 1.52], [sign * 0.61, -1.0, 1.50]]), 10)
        out.append(tube(rail, 0.05, "lining", segments=12))
    return out


def _bonnet() -> list[Patch]:
    """Bonnet with two raised lines, as far as it is seen."""
    from scenes.places._cockpit import facing

    u = np.linspace(-1, 1, 49)
    side = smooth(
        np.array(
            [[1.34, 0.945, 0.925], [1.55, 0.950, 0.928], [1.8, 0.935, 0.915], [2.05, 0.89, 0.875], [2.25, 0.80, 0.79]]
        ),
        26,
    )
    ridge = 0.016 * np.exp(-(((np.abs(u) - 0.60) / 0.07) ** 2)) - 0.010 * np.exp(-((u / 0.42) ** 2))
    rows = [
        np.stack([w * u, np.full(49, y), z - 0.055 * np.abs(u) ** 3.2 + ridge], 1)
        for y, z, w in np.stack([side[:, 0], side[:, 2], side[:, 1]], 1)
    ]
    return [facing(loft(np.stack(rows), "paint"), (0, 0, 1))]


def mirror_foot(centre: tuple[float, float, float]) -> list[Patch]:
    """What holds a wing mirror on its door."""
    x, y, _ = centre
    sign = float(np.sign(x))
    path = smooth(np.array([[x, y + 0.05, 0.945], [sign * 0.93, y + 0.055, 0.928], [sign * 0.84, y + 0.05, 0.925]]), 8)
    return [tube(path, np.linspace(0.020, 0.030, 8), "black trim", segments=14)]


def everything() -> list[Patch]:
    """Pillars, doors, roof, screen's border and bonnet."""
    out = [*_screen(), *_roof(), *_bonnet()]
    for sign in (-1, 1):
        out += [*_pillar(sign), *_door(sign)]
    return out
