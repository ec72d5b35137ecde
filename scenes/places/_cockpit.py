"""The driver's place: dashboard, screens, steering wheel, console, mirrors; body and doors are in `_cabin.py`.

Origin on the road below the middle of the front seats; the driver's eye is at (-.37, 0, 1.18).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from scenes.mesh import Patch, box, moved, quad, sheet, turned, unit
from scenes.mirrors import Plane
from scenes.places import _cabin
from scenes.shapes import lathe, loft, smooth, tube

EYE = np.array([-0.37, 0.0, 1.18])
CLUSTER, NAVIGATION = (-0.37, 0.702, 0.874), (-0.018, 0.672, 0.876)  # middles of the screens


def _plane(centre: tuple[float, float, float], half: tuple[float, float], aim: tuple[float, float, float]) -> Plane:
    """A mirror that shows the driver the direction `aim`."""
    c = np.array(centre)
    normal = unit(unit(EYE - c) + unit(np.array(aim)))
    up = unit(np.array([0, 0, 1.0]) - normal * normal[2])
    return Plane(centre, tuple(normal), tuple(up), half)


MIRRORS = {
    "inside": _plane((0.02, 0.42, 1.375), (0.125, 0.034), (-0.02, -1.0, -0.01)),
    "left": _plane((-1.00, 0.56, 0.985), (0.098, 0.066), (-0.10, -1.0, -0.035)),
    "right": _plane((1.00, 0.66, 0.985), (0.098, 0.066), (0.09, -1.0, -0.035)),
}


def surface(plane: Plane) -> Patch:
    """The mirror's glass."""
    c, up, side = np.array(plane.centre), np.array(plane.up), plane.side()
    w, h = plane.half
    return quad(c - w * side - h * up, 2 * w * side, 2 * h * up, "mirror", image=True, density=0.0)


def facing(patch: Patch, towards: Sequence[float]) -> Patch:
    """The patch turned so that most of it faces a direction."""
    if float((patch.normals.mean((0, 1)) * np.asarray(towards, float)).sum()) < 0:
        return replace(patch, normals=-patch.normals).flipped_order()
    return patch


def _housing(plane: Plane, deep: float, material: str) -> list[Patch]:
    """A rounded shell behind a mirror and its thin rim."""
    n, up, side, c = np.array(plane.normal), np.array(plane.up), plane.side(), np.array(plane.centre)
    w, h = plane.half
    t = np.linspace(0, 2 * np.pi, 49)
    ring = np.stack([np.sign(np.cos(t)) * np.abs(np.cos(t)) ** 0.28, np.sign(np.sin(t)) * np.abs(np.sin(t)) ** 0.28], 1)
    rows = []
    for grow, back in (
        (0.985, -0.001),
        (1.03, -0.004),
        (1.07, 0.002),
        (1.07, 0.3 * deep),
        (0.95, 0.75 * deep),
        (0.6, deep),
        (0.01, 1.04 * deep),
    ):
        rows.append(
            c
            + (w * grow + (grow - 1) * 0.05) * ring[:, :1] * side
            + (h * grow + (grow - 1) * 0.05) * ring[:, 1:] * up
            - back * n
        )
    shell = loft(np.stack(rows), material, closed=True)
    rim = loft(np.stack(rows[:3]), "black trim", closed=True)
    if float((shell.normals[3] * (shell.points[3] - c)).sum()) < 0:
        shell, rim = (replace(p, normals=-p.normals).flipped_order() for p in (shell, rim))
    return [shell, replace(rim, points=rim.points + 0.0006 * n)]


def _sweep(
    section: Sequence[tuple[float, float]],
    material: str,
    *,
    count: int = 20,
    ends: tuple[float, float] = (-0.8, 0.8),
    density: float = 1.0,
) -> Patch:
    """A profile of (y, z) drawn across the car; it comes nearer toward the doors, as dashboards do."""
    x = np.linspace(*ends, 41)
    line = smooth(np.array(section), count)
    bow = 0.055 * (x / 0.8) ** 2
    points = np.stack(
        [
            np.broadcast_to(x[None, :], (count, 41)),
            line[:, :1] - bow[None, :],
            line[:, 1:] - 0.012 * (x[None, :] / 0.8) ** 4,
        ],
        axis=-1,
    )
    return facing(sheet(points, material, density=density), (0, -0.6, 1))


def stitches(path: np.ndarray, normal: Sequence[float], wide: float = 0.0042) -> Patch:
    """A row of stitches on a path, as a ribbon whose picture repeats every 12 mm."""
    along = unit(np.gradient(path, axis=0))
    side = unit(np.cross(along, np.asarray(normal, float)))
    points = np.stack([path - side * wide / 2, path + side * wide / 2]) + 0.0012 * np.asarray(normal, float)
    ribbon = facing(sheet(points, "stitch", density=0.5), normal)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))]) / 0.012
    uv = np.stack(np.broadcast_arrays(length[None, :], np.array([[0.0], [1.0]])), -1)
    return replace(ribbon, uv=uv)


def _across(y: float, z: float, ends: tuple[float, float] = (-0.79, 0.79)) -> np.ndarray:
    """A line across the dashboard at one place of its profile."""
    x = np.linspace(*ends, 60)
    return np.stack([x, y - 0.055 * (x / 0.8) ** 2, z - 0.012 * (x / 0.8) ** 4], 1)


def dashboard() -> list[Patch]:
    """Padded top with a seam, inlay with a line of light, vents, padded lower part, climate panel."""
    out = [
        _sweep(
            (
                (1.36, 0.957),
                (1.15, 0.957),
                (0.97, 0.953),
                (0.87, 0.947),
                (0.842, 0.936),
                (0.834, 0.918),
                (0.842, 0.896),
            ),
            "dash",
            count=26,
            density=2.2,
        ),
        _sweep(((0.826, 0.900), (0.812, 0.846)), "inlay", count=3, density=1.2),
        _sweep(
            (
                (0.820, 0.846),
                (0.770, 0.838),
                (0.742, 0.822),
                (0.730, 0.780),
                (0.735, 0.72),
                (0.765, 0.62),
                (0.79, 0.50),
            ),
            "tan leather",
            count=24,
            density=1.6,
        ),
        tube(_across(0.818, 0.9005), 0.0028, "satin", segments=8),
        tube(_across(0.806, 0.8445), 0.0022, "ambient", segments=8, density=0.0),
        stitches(_across(0.905, 0.9520), (0, 0, 1)),
        stitches(_across(0.917, 0.9525), (0, 0, 1)),
        stitches(_across(0.7405, 0.8200), (0, -0.75, 0.66)),
    ]
    for x0, x1 in ((-0.775, -0.615), (0.20, 0.765)):
        out += _vent(x0, x1)
    climate = quad((-0.13, 0.0, -0.028), (0.26, 0, 0), (0, 0, 0.056), "climate", image=True, density=0.3)
    case = box((0.285, 0.012, 0.072), "piano", at=(0, 0.0075, 0), bevel=0.005, steps=3)
    out += moved(turned([*case, climate], -32, "x"), 0.0, 0.672, 0.744)
    return out


def _vent(x0: float, x1: float) -> list[Patch]:
    """A slot in the inlay with level fins and an upright divider."""
    mid, wide = (x0 + x1) / 2, x1 - x0
    y = 0.815 - 0.055 * (mid / 0.8) ** 2
    out = box((wide, 0.05, 0.036), "underside", at=(mid, y + 0.020, 0.873), bevel=0.006, steps=2, faces="-y+x-x+z-z")
    for k in range(3):
        out += box(
            (wide - 0.008, 0.012, 0.0032), "piano", at=(mid, y - 0.008, 0.862 + 0.011 * k), bevel=0.0012, steps=1
        )
    out += box((0.010, 0.014, 0.034), "satin", at=(mid, y - 0.010, 0.873), bevel=0.003, steps=2)
    for z in (0.853, 0.893):
        out.append(
            tube(np.array([[x0, y - 0.010, z], [mid, y - 0.010, z], [x1, y - 0.010, z]]), 0.0018, "satin", segments=6)
        )
    return out


def screens() -> list[Patch]:
    """One dark glass with the instruments and the navigation, angled toward the driver."""
    cluster = box((0.395, 0.014, 0.166), "piano", at=(0, 0.008, 0), bevel=0.006, steps=3)
    cluster.append(quad((-0.18, 0.0005, -0.0625), (0.36, 0, 0), (0, 0, 0.125), "cluster", image=True, density=0.3))
    navigation = box((0.292, 0.014, 0.166), "piano", at=(0, 0.008, 0), bevel=0.006, steps=3)
    navigation.append(quad((-0.13, 0.0005, -0.075), (0.26, 0, 0), (0, 0, 0.15), "navigation", image=True, density=0.3))
    out = moved(turned(cluster, -12, "x"), *CLUSTER)
    out += moved(turned(turned(navigation, -12, "x"), 13), *NAVIGATION)
    out += box((0.34, 0.10, 0.085), "dash hard", at=(-0.37, 0.800, 0.880), bevel=0.02, steps=3)
    out += box((0.22, 0.10, 0.085), "dash hard", at=(0.0, 0.800, 0.880), bevel=0.02, steps=3)
    # A slim brow keeps the sky off the instruments.
    u = np.linspace(-1, 1, 25)
    rows = []
    for y, lift, wide in (
        (0.672, -0.004, 0.200),
        (0.668, 0.0, 0.204),
        (0.690, 0.006, 0.206),
        (0.76, 0.006, 0.212),
        (0.86, -0.010, 0.225),
    ):
        rows.append(np.stack([CLUSTER[0] + wide * u, np.full(25, y), 0.966 + lift - 0.014 * np.abs(u) ** 3], 1))
    return [*out, facing(loft(np.stack(rows), "dash", density=2.2), (0, -0.3, 1))]


def console() -> list[Patch]:
    """Centre console: sloped panel, gear dial, cup holders, armrest, buttons."""
    out = box((0.30, 0.62, 0.30), "tan leather", at=(0.0, 0.44, 0.43), bevel=0.04, steps=3)
    out += moved(turned(box((0.255, 0.36, 0.020), "piano", bevel=0.008, steps=3), 9, "x"), 0.0, 0.50, 0.590)
    dial = lathe([(0.032, 0.0), (0.034, 0.006), (0.034, 0.018), (0.030, 0.024), (0.0001, 0.025)], "satin", segments=36)
    out += moved(turned(dial, 9, "x"), 0.0, 0.56, 0.602)
    for dy in (0.42, 0.33):
        cup = lathe([(0.042, 0.0), (0.040, 0.004), (0.036, 0.001), (0.034, -0.05)], "satin", segments=32, crease_deg=80)
        out += moved(cup, 0.0, dy, 0.592)
    for dx in (-0.08, 0.08):
        for k in range(3):
            out += box(
                (0.036, 0.016, 0.008), "satin", at=(dx, 0.60 - 0.028 * k, 0.612 - 0.004 * k), bevel=0.003, steps=2
            )
    return out


def wheel() -> list[Patch]:
    """Steering wheel: stitched leather rim, padded hub, spokes with inserts and buttons; column and stalks behind."""
    t = np.linspace(0, 2 * np.pi, 81)
    ring = np.stack([0.186 * np.cos(t), np.zeros(81), 0.176 * np.sin(t)], 1)
    out = [tube(ring, 0.0168, "leather", segments=18, closed=True)]
    inner = np.stack([0.1695 * np.cos(t), np.full(81, -0.0035), 0.1595 * np.sin(t)], 1)
    ribbon = stitches(inner, (0, -1, 0), 0.006)
    out.append(replace(ribbon, points=ribbon.points + np.array([0, 0.0018, 0])))
    hub = lathe(
        [(0.072, -0.03), (0.078, 0.0), (0.075, 0.016), (0.055, 0.027), (0.0001, 0.031)],
        "dash hard",
        segments=44,
        crease_deg=90,
    )
    out += [p.scaled(1.12, 1.0, 0.84) for p in turned(hub, 90, "x")]
    for angle, wide in ((4, 0.046), (176, 0.046), (262, 0.030), (278, 0.030)):
        a = np.radians(angle)
        d = np.array([np.cos(a), 0, np.sin(a)])
        path = np.linspace(0.055, 0.176, 9)[:, None] * d + np.array([0, 0.010, 0])
        spoke = tube(path, np.linspace(wide, wide * 0.62, 9) / 2, "piano" if angle > 200 else "dash hard", segments=16)
        flat = (spoke.points - path[:, None]) * np.array([1, 0.42, 1]) + path[:, None]
        out.append(replace(spoke, points=flat, normals=unit(spoke.normals * np.array([1, 2.2, 1]))))
    for r in (0.018, 0.023):
        ringlet = np.stack([1.35 * r * np.cos(t), np.full(81, -0.032), r * np.sin(t)], 1)
        out.append(tube(ringlet, 0.0016, "chrome", segments=8, closed=True))
    for sign in (-1, 1):
        out += box((0.062, 0.008, 0.034), "piano", at=(sign * 0.118, -0.003, 0.006), bevel=0.0035, steps=3)
        for k in (-1, 0, 1):
            out += box(
                (0.014, 0.006, 0.008), "satin", at=(sign * (0.118 + 0.018 * k), -0.009, 0.006), bevel=0.002, steps=2
            )
        stalk = np.array([[sign * 0.04, 0.07, 0], [sign * 0.15, 0.075, 0.014], [sign * 0.195, 0.07, 0.026]])
        out.append(tube(stalk, 0.008, "dash hard", segments=10))
    column = np.array([[0, 0.02, 0], [0, 0.14, -0.01], [0, 0.30, -0.03]])
    out.append(tube(column, np.array([0.055, 0.06, 0.07]), "dash hard", segments=20))
    return moved(turned(out, -24, "x"), -0.37, 0.400, 0.742)


def everything() -> list[Patch]:
    """All of the driver's place but the mirrors' glass."""
    out = [*dashboard(), *screens(), *console(), *wheel(), *_cabin.everything()]
    out += _housing(MIRRORS["inside"], 0.030, "black trim")
    for name in ("left", "right"):
        plane = MIRRORS[name]
        out += _housing(plane, 0.085, "paint")
        out += _cabin.mirror_foot(plane.centre)
    return out
