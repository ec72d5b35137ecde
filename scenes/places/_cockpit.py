"""The driver's place: dashboard, instruments, wheel, navigation, pillars, bonnet, mirror housings.

Origin on the road below the middle of the front seats; the driver's eye is at (-.37, 0, 1.18).
"""

from dataclasses import replace

import numpy as np

from scenes.mesh import Patch, box, moved, quad, sheet, turned, unit
from scenes.mirrors import Plane
from scenes.shapes import lathe, loft, smooth, tube

EYE = np.array([-0.37, 0.0, 1.18])
BACKWARD = np.array([0.0, -1.0, 0.0])


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
    if float((shell.normals[3] * (shell.points[3] - c)).sum()) < 0:
        shell = replace(shell, normals=-shell.normals).flipped_order()
    return [shell]


def dashboard() -> list[Patch]:
    """Upper and lower dash in one sweep, a trim line, instrument hood, vents, console."""
    x = np.linspace(-0.80, 0.80, 41)
    section = smooth(
        np.array(
            [
                [1.32, 0.955],
                [1.12, 0.945],
                [0.95, 0.930],
                [0.82, 0.905],
                [0.765, 0.865],
                [0.755, 0.81],
                [0.760, 0.74],
                [0.775, 0.66],
                [0.78, 0.50],
            ]
        ),
        40,
    )
    bow = 0.055 * (x / 0.8) ** 2
    points = np.stack(
        [
            np.broadcast_to(x[None, :], (40, 41)),
            section[:, :1] - bow[None, :],
            section[:, 1:] - 0.012 * (x[None, :] / 0.8) ** 4,
        ],
        axis=-1,
    )
    dash = sheet(points[::-1], "dash", density=1.0)
    out = [dash if dash.normals[30, 20, 2] > 0 else replace(dash, normals=-dash.normals).flipped_order()]
    line = np.stack([x, 0.742 - bow, np.full(41, 0.800)], 1)
    out.append(tube(line, 0.008, "satin", segments=10))
    out += _hood()
    for vx in (-0.72, 0.245, 0.70):
        out += box(
            (0.13, 0.05, 0.055), "dash hard", at=(vx, 0.750 - 0.055 * (vx / 0.8) ** 2, 0.845), bevel=0.018, steps=4
        )
        for k in range(3):
            out += box(
                (0.105, 0.02, 0.004),
                "satin",
                at=(vx, 0.729 - 0.055 * (vx / 0.8) ** 2, 0.832 + 0.013 * k),
                bevel=0.0015,
                steps=1,
            )
    screen = box((0.285, 0.018, 0.172), "dash hard", at=(0, 0.012, 0), bevel=0.008, steps=4)
    face = quad((-0.13, 0.0015, -0.075), (0.26, 0, 0), (0, 0, 0.15), "navigation", image=True, density=0.3)
    out += moved(turned(turned([*screen, face], -14, "x"), 16), 0.02, 0.625, 0.945)
    out += box((0.30, 0.50, 0.34), "dash hard", at=(0.0, 0.62, 0.56), bevel=0.03, steps=3)
    for dx in (-0.055, 0.0, 0.055):
        knob = turned(
            lathe([(0.021, 0.0), (0.021, 0.012), (0.018, 0.016), (0.0001, 0.016)], "satin", segments=28), 90, "x"
        )
        out += moved(knob, dx, 0.372, 0.66)
    return out


def _hood() -> list[Patch]:
    """Binnacle over the instruments, and the screen in it, 75 cm from the eye."""
    t = np.linspace(-1, 1, 25)
    arch = np.stack([-0.37 + 0.215 * t, 0.975 - 0.085 * np.abs(t) ** 2.8], 1)
    rows = []
    for y, lift, narrow in ((0.60, 0.0, 1.0), (0.585, -0.006, 0.985), (0.60, -0.012, 0.975), (0.74, -0.016, 0.96)):
        rows.append(np.stack([-0.37 + (arch[:, 0] + 0.37) * narrow, np.full(25, y), arch[:, 1] + lift], 1))
    inner = loft(np.stack(rows), "dash hard")
    rows = [
        np.stack([-0.37 + (arch[:, 0] + 0.37) * g, np.full(25, y), arch[:, 1] + z], 1)
        for y, z, g in ((0.60, 0, 1), (0.72, 0.004, 1.03), (0.84, -0.012, 1.08), (1.02, -0.06, 1.16))
    ]
    outer = loft(np.stack(rows), "dash")
    outer = outer if outer.normals[1, 12, 2] > 0 else replace(outer, normals=-outer.normals).flipped_order()
    inner = inner if inner.normals[3, 12, 2] < 0 else replace(inner, normals=-inner.normals).flipped_order()
    case = turned(box((0.40, 0.03, 0.150), "black trim", bevel=0.012, steps=3), -12, "x")
    screen = turned(
        [quad((-0.18, -0.0155, -0.0625), (0.36, 0, 0), (0, 0, 0.125), "cluster", image=True, density=0.3)], -12, "x"
    )
    return [outer, inner, *moved([*case, *screen], -0.37, 0.705, 0.868)]


def wheel() -> list[Patch]:
    """Steering wheel: leather rim, three spokes, hub, buttons; column behind."""
    t = np.linspace(0, 2 * np.pi, 65)
    ring = np.stack([0.185 * np.cos(t), np.zeros(65), 0.178 * np.sin(t)], 1)
    out = [tube(ring, 0.0158, "leather", segments=16, closed=True)]
    hub = lathe(
        [(0.070, -0.02), (0.074, 0.0), (0.068, 0.018), (0.045, 0.029), (0.0001, 0.030)],
        "dash hard",
        segments=40,
        crease_deg=90,
    )
    out += turned(hub, 90, "x")
    for angle, wide in ((0, 0.042), (180, 0.042), (270, 0.05)):
        a = np.radians(angle)
        inner, outer = 0.06 * np.array([np.cos(a), 0, np.sin(a)]), 0.178 * np.array([np.cos(a), 0, np.sin(a)])
        path = np.linspace(0, 1, 8)[:, None] * (outer - inner) + inner + np.array([0, 0.010, 0])
        spoke = tube(path, wide / 2, "dash hard", segments=16)
        flat = (spoke.points - path[:, None]) * np.array([1, 0.40, 1]) + path[:, None]
        out.append(replace(spoke, points=flat, normals=unit(spoke.normals * np.array([1, 2.2, 1]))))
    ringlet = np.stack([0.022 * np.cos(t), np.full(65, -0.030), 0.022 * np.sin(t)], 1)
    out.append(tube(ringlet, 0.0022, "satin", segments=8, closed=True))
    for sign in (-1, 1):
        for k in (-1, 1):
            out += box((0.026, 0.010, 0.012), "satin", at=(sign * 0.108, -0.006, 0.010 * k), bevel=0.004, steps=3)
    stalk = tube(
        np.array([[-0.04, 0.07, 0], [-0.16, 0.075, 0.012], [-0.20, 0.07, 0.022]]), 0.008, "dash hard", segments=10
    )
    column = tube(
        np.array([[0, 0.02, 0], [0, 0.14, -0.01], [0, 0.30, -0.03]]),
        np.array([0.045, 0.05, 0.06]),
        "dash hard",
        segments=18,
    )
    return moved(turned([*out, stalk, column], -24, "x"), -0.37, 0.400, 0.742)


def frame() -> list[Patch]:
    """Pillars, roof edge, doors with their sills, bonnet outside."""
    out = []
    for sign in (-1, 1):
        pillar = smooth(
            np.array(
                [
                    [sign * 0.80, 1.22, 0.93],
                    [sign * 0.735, 0.80, 1.20],
                    [sign * 0.665, 0.42, 1.40],
                    [sign * 0.60, 0.10, 1.49],
                ]
            ),
            24,
        )
        out.append(tube(pillar, np.array([0.048] * 20 + [0.052] * 4), "lining", segments=14))
        corner = smooth(
            np.array(
                [
                    [sign * 0.80, 1.12, 0.935],
                    [sign * 0.83, 0.80, 0.93],
                    [sign * 0.845, 0.2, 0.93],
                    [sign * 0.845, -0.8, 0.94],
                ]
            ),
            20,
        )
        sill = tube(corner, 0.030, "dash", segments=14)
        out.append(sill)
        door = np.stack(
            [
                np.stack([corner[:, 0] - sign * d, corner[:, 1], corner[:, 2] - z], 1)
                for d, z in ((0.025, 0.0), (0.05, 0.08), (0.045, 0.30), (0.02, 0.55))
            ]
        )
        panel = loft(door, "door")
        out.append(
            panel if panel.normals[1, 10, 0] * sign < 0 else replace(panel, normals=-panel.normals).flipped_order()
        )
        rail = smooth(np.array([[sign * 0.60, 0.12, 1.49], [sign * 0.60, -0.4, 1.52], [sign * 0.60, -1.0, 1.50]]), 10)
        out.append(tube(rail, 0.05, "lining", segments=12))
    u = np.linspace(-1, 1, 17)
    roof = np.stack(
        [
            np.stack([0.62 * u, np.full(17, y), z - 0.03 * u**2], 1)
            for y, z in ((0.16, 1.455), (0.13, 1.475), (0.05, 1.50), (-0.5, 1.53), (-1.1, 1.50))
        ]
    )
    lining = loft(roof, "lining")
    out.append(lining if lining.normals[2, 8, 2] < 0 else replace(lining, normals=-lining.normals).flipped_order())
    out += _bonnet()
    for sign in (-1, 1):
        visor = box((0.42, 0.16, 0.016), "lining", at=(0, 0, 0), bevel=0.007, steps=3)
        out += moved(turned(visor, 14, "x"), sign * 0.31, 0.16, 1.452)
    stem = tube(
        np.array([[0.02, 0.36, 1.46], [0.02, 0.42, 1.44], [0.02, 0.445, 1.40]]), 0.011, "black trim", segments=10
    )
    return [*out, stem]


def _bonnet() -> list[Patch]:
    u = np.linspace(-1, 1, 41)
    side = smooth(
        np.array([[1.28, 0.93, 0.79], [1.5, 0.945, 0.80], [1.8, 0.925, 0.79], [2.1, 0.86, 0.75], [2.3, 0.74, 0.66]]), 24
    )
    ridge = 0.012 * np.exp(-(((np.abs(u) - 0.62) / 0.10) ** 2)) - 0.012 * np.exp(-((u / 0.45) ** 2))
    rows = [np.stack([w * u, np.full(41, y), z - 0.05 * np.abs(u) ** 3.2 + ridge], 1) for y, z, w in side]
    skin = loft(np.stack(rows), "paint")
    skin = skin if skin.normals[5, 20, 2] > 0 else replace(skin, normals=-skin.normals).flipped_order()
    wipers = [
        tube(
            np.array([[x, 1.20, 0.965], [x + 0.30, 1.205, 0.970], [x + 0.60, 1.20, 0.962]]),
            0.008,
            "black trim",
            segments=8,
        )
        for x in (-0.68, 0.02)
    ]
    return [skin, *wipers]


def everything() -> list[Patch]:
    """All of the driver's place but the mirrors' glass."""
    out = [*dashboard(), *wheel(), *frame()]
    out += _housing(MIRRORS["inside"], 0.030, "black trim")
    for name in ("left", "right"):
        plane = MIRRORS[name]
        out += _housing(plane, 0.075, "paint")
        sign = np.sign(plane.centre[0])
        foot = np.array(
            [
                [plane.centre[0] - sign * 0.06, plane.centre[1] + 0.05, 0.955],
                [sign * 0.85, plane.centre[1] + 0.03, 0.93],
            ]
        )
        out.append(tube(foot, 0.022, "black trim", segments=10))
    return out
