"""Furniture and shell of the living room."""

from dataclasses import replace
from typing import Any

import numpy as np

from scenes.mesh import Patch, box, dense, moved, quad, sheet, turned
from scenes.places import _outside, _props
from scenes.shapes import cushion, disc, drape, lathe, smooth, tube

LOW, HIGH = (-2.6, -2.6, 0.0), (2.6, 2.45, 2.5)
WINDOW = (-0.35, 1.75, 0.42, 2.22)  # y and z of its opening in the left wall


def shell() -> list[Patch]:
    """Floor, ceiling, walls with the window's opening, skirting, moulding."""
    x0, y0, _ = LOW
    x1, y1, h = HIGH
    w0, w1, s0, s1 = WINDOW
    out = [
        quad((x0, y0, 0), (x1 - x0, 0, 0), (0, y1 - y0, 0), "floor", density=2.0, cells=(4, 4)),
        quad((x0, y1, h), (x1 - x0, 0, 0), (0, y0 - y1, 0), "ceiling"),
        quad((x0, y1, 0), (x1 - x0, 0, 0), (0, 0, h), "accent wall", density=2.0),
        quad((x1, y1, 0), (0, y0 - y1, 0), (0, 0, h), "wall"),
        quad((x1, y0, 0), (x0 - x1, 0, 0), (0, 0, h), "wall"),
    ]
    for ya, yb, za, zb in ((y0, w0, 0, h), (w1, y1, 0, h), (w0, w1, 0, s0), (w0, w1, s1, h)):
        out.append(quad((x0, ya, za), (0, yb - ya, 0), (0, 0, zb - za), "wall"))
    d = 0.16
    out += [
        _outward(quad((x0 - d, w0, s0), (d, 0, 0), (0, 0, s1 - s0), "sill wall"), (0, 1, 0)),
        _outward(quad((x0 - d, w1, s0), (d, 0, 0), (0, 0, s1 - s0), "sill wall"), (0, -1, 0)),
        _outward(quad((x0 - d, w0, s1), (d, 0, 0), (0, w1 - w0, 0), "sill wall"), (0, 0, -1)),
    ]
    out += box((0.205, w1 - w0 + 0.08, 0.035), "oak", at=(x0 - 0.058, (w0 + w1) / 2, s0 - 0.005), bevel=0.006)
    return out + _trim() + _window() + _hull()


def _outward(patch: Patch, normal: tuple[float, float, float]) -> Patch:
    """The patch turned so that it faces a direction."""
    facing = np.asarray(normal, float)
    if float((patch.normals.mean((0, 1)) * facing).sum()) < 0:
        patch = patch.flipped_order()
        return replace(patch, normals=-patch.normals)
    return patch


def _trim() -> list[Patch]:
    x0, y0, _ = LOW
    x1, y1, h = HIGH
    out = []
    for z, tall, deep in ((0.035, 0.07, 0.014), (h - 0.03, 0.06, 0.035)):
        top = "+z" if z < 1 else "-z"
        out += box((x1 - x0, deep, tall), "trim", at=(0, y1 - deep / 2, z), bevel=0.005, faces="-y" + top)
        for x, face in ((x0, "+x"), (x1, "-x")):
            sign = 1 if x < 0 else -1
            out += box(
                (deep, y1 - y0, tall), "trim", at=(x + sign * deep / 2, (y0 + y1) / 2, z), bevel=0.005, faces=face + top
            )
    return out


def _window() -> list[Patch]:
    x0 = LOW[0] - 0.11
    w0, w1, s0, s1 = WINDOW
    out: list[Patch] = []
    for z in (s0 + 0.03, s1 - 0.03):
        out += box((0.06, w1 - w0, 0.06), "frame", at=(x0, (w0 + w1) / 2, z), bevel=0.006)
    for y in (w0 + 0.03, (w0 + w1) / 2, w1 - 0.03):
        out += box((0.06, 0.06, s1 - s0 - 0.12), "frame", at=(x0, y, (s0 + s1) / 2), bevel=0.006)
    out += box((0.02, 0.02, 0.11), "steel", at=(x0 + 0.045, (w0 + w1) / 2, 1.2), bevel=0.006)
    out.append(_outward(quad((x0, w0, s0), (0, w1 - w0, 0), (0, 0, s1 - s0), "glass", density=0.0), (1, 0, 0)))
    rail = np.array([[LOW[0] + 0.10, y, 2.36] for y in (-0.75, 0.0, 1.0, 2.1)])
    out.append(tube(rail, 0.012, "steel"))
    for y in (-0.75, 2.1):
        out += moved(
            lathe([(0.0001, -0.02), (0.02, -0.012), (0.022, 0), (0.02, 0.012), (0.0001, 0.02)], "steel"),
            LOW[0] + 0.10,
            y,
            2.36,
        )
    left = drape(0.62, 2.30, "curtain", folds=8, depth=0.05, seed=1)
    right = drape(0.52, 2.30, "curtain", folds=7, depth=0.05, seed=4)
    for curtain, y in ((left, -0.72), (right, 1.58)):
        front = replace(curtain.turned(90).moved(LOW[0] + 0.10, y, 0.04), density=2.0)
        back = replace(front, points=front.points - 0.002 * front.normals, normals=-front.normals)
        out += [front, back.flipped_order()]
    return out


def _hull() -> list[Patch]:
    """Opaque boards outside, so that no sun slips in along thin edges; only the baker sees them."""
    (x0, y0, _), (x1, y1, h) = LOW, HIGH
    w0, w1, s0, s1 = WINDOW
    m = 0.3
    boards: list[tuple[Any, Any, Any]] = [
        ((x0 - m, y0 - m, h + 0.02), (x1 - x0 + 2 * m, 0, 0), (0, y1 - y0 + 2 * m, 0)),
        ((x0 - m, y1 + 0.02, -m), (x1 - x0 + 2 * m, 0, 0), (0, 0, h + 2 * m)),
        ((x0 - m, y0 - 0.02, -m), (x1 - x0 + 2 * m, 0, 0), (0, 0, h + 2 * m)),
    ]
    for ya, yb, za, zb in ((y0 - m, w0, -m, h), (w1, y1 + m, -m, h), (w0, w1, -m, s0), (w0, w1, s1, h)):
        boards.append(((x0 - 0.162, ya, za), (0, yb - ya, 0), (0, 0, zb - za)))
    return [replace(quad(*board, "hull", density=0.0), drawn=False) for board in boards]


def slats() -> list[Patch]:
    """A slatted wood panel behind the television, one folded sheet."""
    pitch, deep, count = 0.042, 0.017, 62
    x0 = -1.62
    x, y = [], []
    for i in range(count):
        a = x0 + i * pitch
        for dx, dy in ((0, 0), (0.0135, 0), (0.014, 0.8), (0.0155, 1), (0.0405, 1), (0.042, 0.8)):
            x.append(a + dx)
            y.append(HIGH[1] - 0.004 - deep * dy)
    line = np.stack([x, y], axis=1)
    points = np.stack([np.concatenate([line, np.full((len(line), 1), z)], 1) for z in (0.07, 2.44)])
    panel = sheet(points, "slats", density=1.0)
    flat = np.stack([points[..., 2], points[..., 0] * 1.0], axis=-1)
    return [replace(panel, uv=flat, across=3.0)]


def media() -> list[Patch]:
    """Low console on legs with doors, television, sound bar, and small things on it."""
    out = box((2.1, 0.42, 0.34), "walnut", at=(-0.32, 2.20, 0.31), bevel=0.008, shift=0.3, density=2.0)
    for i in range(4):
        out += box(
            (0.508, 0.018, 0.295),
            "walnut",
            at=(-0.32 + (i - 1.5) * 0.517, 1.985, 0.31),
            bevel=0.004,
            shift=0.7 * i + 0.1,
        )
        out += box((0.11, 0.012, 0.010), "brass", at=(-0.32 + (i - 1.5) * 0.517, 1.972, 0.425), bevel=0.003)
    for x in (-1.22, 0.58):
        for y in (2.05, 2.34):
            leg = lathe([(0.0001, 0), (0.013, 0), (0.022, 0.145)], "brass", segments=16)
            out += moved(leg, x, y, 0)
    out += box((1.24, 0.030, 0.715), "black plastic", at=(-0.32, 2.395, 0.98), bevel=0.004)
    out.append(quad((-0.925, 2.3795, 0.64), (1.21, 0, 0), (0, 0, 0.68), "television", image=True, density=0.3))
    out += box((0.92, 0.09, 0.06), "cloth dark", at=(-0.32, 2.13, 0.511), bevel=0.02, steps=3)
    out += dense(moved(_props.plant(size=0.42, leaves=15, key="console", pot="terracotta", at=(0.50, 2.2, 0.48))), 1.0)
    for i, n in enumerate((125, 126, 127)):
        lying = turned(_props.book(n), 90, "y")
        out += moved(turned(lying, 6.0 * i - 4), -1.20 - 0.1, 2.12, 0.48 + 0.028 * i + 0.012)
    vase = [
        (0.0001, 0),
        (0.035, 0),
        (0.042, 0.004),
        (0.068, 0.07),
        (0.060, 0.13),
        (0.026, 0.175),
        (0.022, 0.20),
        (0.030, 0.222),
        (0.027, 0.222),
        (0.02, 0.20),
    ]
    shape = smooth(np.array(vase), 40)
    return out + moved(lathe(shape.tolist(), "celadon", segments=44, crease_deg=75), 0.20, 2.26, 0.48)


def table() -> list[Patch]:
    """Oval coffee table on turned legs with what lies on it."""
    lip = [(0.0001, 0.0), (0.96, 0.0), (0.985, 0.10), (1.0, 0.35), (1.0, 0.65), (0.99, 0.88), (0.97, 1.0)]
    top = [p.scaled(0.62, 0.37, 0.030).moved(0, 0, 0.39) for p in lathe(lip, "oak", segments=64)]
    planar = [replace(p, uv=p.points[..., :2] + 3.0, density=2.4) for p in top]
    out = [*planar, disc(0.97 * 1.24, 0.97 * 0.74, "oak", at=(0, 0, 0.42), density=3.0)]
    for x, y in ((-0.40, -0.19), (0.40, -0.19), (-0.40, 0.19), (0.40, 0.19)):
        foot = np.array([x * 1.16, y * 1.16, 0.0])
        head = np.array([x, y, 0.392])
        path = np.stack([foot + (head - foot) * t for t in (0, 0.03, 0.5, 1.0)])
        path[0, 2] = 0.008
        out.append(tube(path, np.array([0.0135, 0.014, 0.018, 0.022]), "oak", segments=16))
    shelf = [p.scaled(0.44, 0.24, 0.016).moved(0, 0, 0.16) for p in lathe(lip, "oak", segments=48)]
    out += [replace(p, uv=p.points[..., :2] + 7.0) for p in shelf]
    out.append(disc(0.97 * 0.88, 0.97 * 0.48, "oak", at=(0, 0, 0.176), density=1.5))
    out += _on_table()
    for k, n in enumerate((124, 123)):
        lying = turned(_props.book(n), 90, "y")
        out += moved(turned(lying, 70 + 14 * k), 0.16, -0.03, 0.176 + 0.034 * k + 0.014)
    return out


def _on_table() -> list[Patch]:
    z = 0.42
    out = moved(turned(_props.open_book(), 9), -0.17, -0.09, z)
    body = box((0.072, 0.150, 0.008), "black plastic", at=(0, 0, 0.004), bevel=0.0035, steps=3, density=2)
    screen = quad((-0.034, -0.073, 0.0083), (0.068, 0, 0), (0, 0.146, 0), "phone", image=True, density=0.3)
    out += moved(turned([*body, screen], -14), 0.115, -0.14, z)
    out += moved(turned(_props.mug(), -30), 0.26, 0.02, z)
    out += moved(
        lathe([(0.0001, 0), (0.046, 0), (0.050, 0.004), (0.048, 0.006), (0.0001, 0.005)], "cork", segments=36),
        0.26,
        0.02,
        z - 0.003,
    )
    out += moved(turned(_props.spectacles(), 24), 0.045, 0.075, z + 0.001)
    out += moved(turned(_props.remote(), 64), -0.36, 0.13, z)
    bowl = [
        (0.0001, 0),
        (0.05, 0),
        (0.055, 0.004),
        (0.105, 0.052),
        (0.112, 0.066),
        (0.109, 0.067),
        (0.10, 0.054),
        (0.05, 0.010),
        (0.0001, 0.008),
    ]
    out += dense(moved(lathe(bowl, "celadon", segments=48), 0.40, 0.14, z), 2.0)
    for x, y, lift in ((-0.04, -0.02, 0.040), (0.038, -0.03, 0.040), (0.0, 0.045, 0.040), (0.002, -0.002, 0.085)):
        ball = lathe(
            [
                (0.0001, -0.031),
                (0.016, -0.028),
                (0.030, -0.014),
                (0.035, 0.002),
                (0.028, 0.018),
                (0.013, 0.0265),
                (0.004, 0.026),
                (0.0001, 0.024),
            ],
            "tangerine",
            segments=24,
            crease_deg=80,
        )
        out += moved(ball, 0.40 + x, 0.14 + y, z + lift)
    return out


def shelf() -> list[Patch]:
    """A tall open shelf at the front wall's right end, with books and things."""
    x0, x1, deep, tall = 1.42, 2.50, 0.30, 2.12
    y = HIGH[1] - deep / 2 - 0.002
    out: list[Patch] = []
    for x in (x0, x1):
        out += box((0.024, deep, tall), "oak", at=(x, y, tall / 2), bevel=0.004, shift=x)
    levels = (0.10, 0.47, 0.80, 1.13, 1.46, 1.79, tall - 0.012)
    for i, z in enumerate(levels):
        out += box((x1 - x0 - 0.024, deep - 0.004, 0.022), "oak", at=((x0 + x1) / 2, y, z), bevel=0.003, shift=0.37 * i)
    out += box((x1 - x0 - 0.024, 0.012, 0.088), "oak", at=((x0 + x1) / 2, y - deep / 2 + 0.02, 0.045), bevel=0.003)
    out.append(quad((x0, y + deep / 2 - 0.012, 0.09), (x1 - x0, 0, 0), (0, 0, tall - 0.09), "shelf back"))
    front = y - deep / 2 + 0.045
    rows = ((0.111, 0.40), (0.481, 0.30), (0.811, 0.42), (1.141, 0.34), (1.471, 0.36), (1.801, 0.62))
    first = 0
    for i, (z, gap) in enumerate(rows):
        side = x0 + 0.016 + (gap * 0.98 if i in (3, 5) else 0.0)
        row = _props.shelf_of_books(x1 - x0 - 0.03, first, f"row{i}", gap)
        first += sum(p.material == "spines" for p in row)
        out += moved(row, side, front, z)
    return out + _on_shelf(y)


def _on_shelf(y: float) -> list[Patch]:
    """Cups, bowl, moon jar, a small picture, a plant and a basket between the books."""
    out: list[Patch] = []
    cup = [
        (0.0001, 0.0),
        (0.030, 0.0),
        (0.034, 0.003),
        (0.045, 0.045),
        (0.047, 0.075),
        (0.0455, 0.076),
        (0.043, 0.045),
        (0.0001, 0.012),
    ]
    for k, glaze in enumerate(("celadon", "glaze", "moon jar")):
        out += moved(lathe(cup, glaze, segments=32), 2.24 + 0.105 * k, y - 0.02 + 0.02 * (k % 2), 0.481)
    bowl = smooth(
        np.array(
            [
                (0.0001, 0.0),
                (0.045, 0.0),
                (0.055, 0.008),
                (0.10, 0.045),
                (0.118, 0.085),
                (0.115, 0.086),
                (0.095, 0.046),
                (0.05, 0.014),
                (0.0001, 0.010),
            ]
        ),
        30,
    )
    out += moved(lathe(bowl.tolist(), "celadon", segments=44, crease_deg=70), 2.30, y - 0.01, 1.471)
    jar = [
        (0.0001, 0),
        (0.06, 0),
        (0.09, 0.04),
        (0.105, 0.10),
        (0.085, 0.17),
        (0.05, 0.195),
        (0.05, 0.21),
        (0.046, 0.21),
        (0.044, 0.19),
    ]
    round_jar = smooth(np.array(jar), 40)
    out += moved(lathe(round_jar.tolist(), "moon jar", segments=52, crease_deg=75), 2.28, y - 0.02, 0.811)
    out += moved(
        turned(_props.frame(0.17, 0.22, "art 1", "walnut", mount=0.012), -12, "x"), 1.55, y + 0.02, 1.141 + 0.112
    )
    out += moved(_props.plant(size=0.36, leaves=13, key="shelf", pot="moon jar", at=(1.68, y - 0.01, 1.801)))
    box_ = box((0.24, 0.20, 0.17), "wicker", at=(2.33, y - 0.01, 0.111 + 0.085), bevel=0.02, steps=3)
    return out + box_


def armchair() -> list[Patch]:
    """An upholstered chair with wooden legs that faces -x."""
    soft = "upholstery"
    out = box((0.74, 0.60, 0.16), soft, at=(0, 0, 0.30), bevel=0.045, steps=4)
    out += moved(cushion((0.60, 0.58, 0.22), soft, plump=0.22, edge=0.05), -0.04, 0, 0.43)
    back = moved(cushion((0.62, 0.60, 0.22), soft, plump=0.24, edge=0.06), 0, 0, 0)
    out += moved(turned(back, 72, "y"), 0.27, 0, 0.66)
    out += moved(turned(box((0.10, 0.70, 0.66), soft, bevel=0.045, steps=4), 12, "y"), 0.40, 0, 0.58)
    for y in (-0.36, 0.36):
        out += box((0.74, 0.13, 0.30), soft, at=(0.0, y, 0.46), bevel=0.055, steps=4)
    for x in (-0.31, 0.31):
        for y in (-0.33, 0.33):
            leg = np.array([[x * 1.06, y * 1.06, 0.0], [x, y, 0.23]])
            out.append(tube(leg, np.array([0.013, 0.021]), "walnut", segments=14))
    pillow = turned(turned(cushion((0.42, 0.42, 0.15), "pillow", plump=0.42, edge=0.14, dent=0.3), 64, "y"), 8, "z")
    return out + moved(pillow, 0.13, 0.05, 0.64) + _throw()


def _throw() -> list[Patch]:
    """A knitted throw laid over an arm of the chair, with uneven folds at its ends."""
    line = smooth(
        np.array(
            [
                [-0.450, 0.20],
                [-0.444, 0.40],
                [-0.437, 0.575],
                [-0.41, 0.622],
                [-0.36, 0.627],
                [-0.31, 0.622],
                [-0.286, 0.575],
                [-0.283, 0.53],
            ]
        ),
        30,
    )
    x = np.linspace(-0.26, 0.20, 28)
    low = np.clip((0.58 - line[:, 1]) / 0.38, 0, 1)[:, None]
    wave = 0.012 * low * np.sin(2 * np.pi * x / 0.115 + 0.6)[None, :]
    points = np.stack(
        [
            np.broadcast_to(x[None, :] * (1 - 0.10 * low), (30, 28)),
            line[:, :1] - np.abs(wave) - 0.002,
            np.broadcast_to(line[:, 1:], (30, 28)),
        ],
        axis=-1,
    )
    cloth = sheet(points, "throw", density=1.5)
    return [cloth if cloth.normals[14, 14, 2] > 0 else replace(cloth, normals=-cloth.normals).flipped_order()]


def things() -> list[Patch]:
    """All that stands in the room."""
    rug = quad((-1.3, -0.15, 0.007), (2.6, 0, 0), (0, 1.8, 0), "rug", image=True, density=2.0, cells=(4, 4))
    edge = box((2.6, 1.8, 0.007), "rug edge", at=(0, 0.75, 0.0035), bevel=0.002, steps=1, faces="+x-x+y-y")
    out = [rug, *edge, *slats(), *media(), *moved(table(), 0.0, 0.72, 0.0), *shelf()]
    out += moved(turned(armchair(), 28), 1.62, 0.92, 0)
    out += moved(_props.floor_lamp(), 1.14, 2.12, 0)
    out += _props.plant(size=1.15, leaves=30, key="big", at=(-2.13, 2.02, 0.0))
    for x in (-1.78, 1.30):
        out += box((0.12, 0.010, 0.075), "socket", at=(x, HIGH[1] - 0.005, 0.30), bevel=0.004, steps=2)
    out += moved(_props.wall_clock(), 1.15, HIGH[1], 1.92)
    for y, kind in ((0.95, 0), (0.30, 2)):
        out += moved(turned(_props.frame(0.52, 0.72, f"art {kind}", "oak"), -90), HIGH[0] - 0.001, y, 1.52)
    out += moved(
        lathe([(0.0001, 0), (0.20, 0.0), (0.215, 0.012), (0.215, 0.05)], "ceiling lamp", segments=44), 0, 0.6, 2.45
    )
    return [*out, _outside.billboard("outside", 180.0, 1.2)]
