"""Furniture and shell of the office."""

from dataclasses import replace

import numpy as np

from scenes.mesh import Patch, box, dense, moved, quad, sheet, turned
from scenes.places import _office_pictures as pictures
from scenes.places import _outside, _props
from scenes.shapes import cushion, cylinder, lathe, smooth, tube

LOW, HIGH = (-3.0, -2.2, 0.0), (3.2, 5.2, 2.75)
GLASS = (-1.6, 4.9, 0.32, 2.6)  # y and z of the window band in the right wall
LIGHTS = tuple((x, y) for y in (-0.6, 1.6, 3.8) for x in (-1.6, 1.2))
DESK_Z = 0.73


def shell() -> list[Patch]:
    """Carpet, ceiling with its grid, walls, window band, felt panels."""
    (x0, y0, _), (x1, y1, h) = LOW, HIGH
    g0, g1, s0, s1 = GLASS
    out = [
        quad((x0, y0, 0), (x1 - x0, 0, 0), (0, y1 - y0, 0), "carpet", density=1.5, cells=(4, 4)),
        quad((x0, y1, h), (x1 - x0, 0, 0), (0, y0 - y1, 0), "ceiling"),
        quad((x0, y1, 0), (x1 - x0, 0, 0), (0, 0, h), "wall", density=2.0),
        quad((x0, y0, 0), (0, y1 - y0, 0), (0, 0, h), "side wall"),
        quad((x1, y0, 0), (x0 - x1, 0, 0), (0, 0, h), "wall"),
    ]
    for ya, yb, za, zb in ((y0, g0, 0, h), (g1, y1, 0, h), (g0, g1, 0, s0), (g0, g1, s1, h)):
        out.append(quad((x1, yb, za), (0, ya - yb, 0), (0, 0, zb - za), "wall"))
    out += box((0.26, g1 - g0 + 0.1, 0.03), "white lacquer", at=(x1 - 0.02, (g0 + g1) / 2, s0), bevel=0.006)
    for y in np.linspace(g0, g1, 6):
        out += box((0.10, 0.05, s1 - s0), "mullion", at=(x1 + 0.05, float(y), (s0 + s1) / 2), bevel=0.004)
    for z in (s0 + 0.02, s1 - 0.02):
        out += box((0.10, g1 - g0, 0.05), "mullion", at=(x1 + 0.05, (g0 + g1) / 2, z), bevel=0.004)
    glass = quad((x1 + 0.06, g1, s0), (0, g0 - g1, 0), (0, 0, s1 - s0), "glass", density=0.0)
    out += [glass, *_blinds(), *_fixtures(), *_felt()]
    hull = [
        ((x0 - 0.3, y0 - 0.3, h + 0.02), (x1 - x0 + 0.6, 0, 0), (0, y1 - y0 + 0.6, 0)),
        ((x0 - 0.3, y1 + 0.02, -0.3), (x1 - x0 + 0.6, 0, 0), (0, 0, h + 0.6)),
        ((x0 - 0.3, y0 - 0.02, -0.3), (x1 - x0 + 0.6, 0, 0), (0, 0, h + 0.6)),
    ]
    return out + [replace(quad(*b, "hull", density=0.0), drawn=False) for b in hull]


def _blinds() -> list[Patch]:
    """Roller blinds, a quarter down."""
    g0, g1, _, s1 = GLASS
    out = []
    for y in np.linspace(g0, g1, 6)[:-1]:
        wide = (g1 - g0) / 5 - 0.06
        drop = 0.42 if int(y * 10) % 3 else 0.62
        front = quad(
            (HIGH[0] - 0.012, float(y) + wide + 0.03, s1 - drop), (0, -wide, 0), (0, 0, drop), "blind", density=0.7
        )
        out += [front, replace(front.flipped_order(), normals=-front.normals)]
        out += box(
            (0.022, wide, 0.022), "mullion", at=(HIGH[0] - 0.012, float(y) + wide / 2 + 0.03, s1 - drop), bevel=0.008
        )
    return out


def _fixtures() -> list[Patch]:
    """Flat light panels in the ceiling, with frames."""
    out = []
    for x, y in LIGHTS:
        out.append(quad((x - 0.15, y + 0.6, HIGH[2] - 0.012), (0.30, 0, 0), (0, -1.2, 0), "light panel", density=0.0))
        for dx in (-0.16, 0.16):
            out += box((0.02, 1.24, 0.03), "white lacquer", at=(x + dx, y, HIGH[2] - 0.010), bevel=0.003)
        for dy in (-0.61, 0.61):
            out += box((0.30, 0.02, 0.03), "white lacquer", at=(x, y + dy, HIGH[2] - 0.010), bevel=0.003)
    return out


def _felt() -> list[Patch]:
    """Acoustic felt panels and an oak rail on the left wall; skirting around."""
    out = []
    x0, (x1, y1, _) = LOW[0], HIGH
    for i in range(6):
        y = 0.1 + 0.72 * i
        out += box(
            (0.035, 0.70, 1.25),
            f"felt {(i * 2 + i // 3) % 3}",
            at=(x0 + 0.018, y, 1.55),
            bevel=0.012,
            steps=3,
            faces="+x+y-y+z-z",
        )
    out += box(
        (0.02, y1 - LOW[1], 0.08), "white lacquer", at=(x0 + 0.01, (y1 + LOW[1]) / 2, 0.04), bevel=0.004, faces="+x+z"
    )
    out += box((x1 - x0, 0.02, 0.08), "white lacquer", at=((x0 + x1) / 2, y1 - 0.01, 0.04), bevel=0.004, faces="-y+z")
    return out


def desk() -> list[Patch]:
    """The wearer's desk: top on a frame, monitor on an arm, keyboard, mouse, papers, mug, plant, laptop."""
    out = box((1.80, 0.80, 0.028), "oak", at=(0.1, 0.62, DESK_Z - 0.014), bevel=0.005, steps=3, density=2.4)
    for x in (-0.72, 0.92):
        for y in (0.30, 0.94):
            out += box((0.05, 0.05, DESK_Z - 0.028), "black metal", at=(x, y, (DESK_Z - 0.028) / 2), bevel=0.004)
        out += box((0.05, 0.64, 0.04), "black metal", at=(x, 0.62, DESK_Z - 0.05), bevel=0.004)
    out += moved(_screen(), 0.0, 0.0, 0.0)
    out += moved(turned(_keyboard(), 3), -0.20, 0.33, DESK_Z)
    out += moved(turned(_mouse(), -8), 0.06, 0.33, DESK_Z)
    out += moved(turned(_laptop(), -24), 0.66, 0.66, DESK_Z)
    page = [quad((-0.105, -0.1485, 0.0006), (0.21, 0, 0), (0, 0.297, 0), "letter", image=True, density=2.4)]
    out += moved(turned(page, -11), 0.32, 0.40, DESK_Z)
    out += moved(turned(box((0.0085, 0.142, 0.0085), "pen", bevel=0.0040, steps=4), 38), 0.43, 0.44, DESK_Z + 0.0055)
    out += moved(turned(_props.mug("glaze"), 40), -0.62, 0.52, DESK_Z)
    out += _props.plant(size=0.40, leaves=16, key="desk", pot="white pot", at=(-0.62, 0.86, DESK_Z))
    out += moved(turned(_notes(), 0), 0, 0, 0)
    return out


def _screen() -> list[Patch]:
    """A 27-inch screen on a stand, 65 cm from the eye, turned toward it."""
    w, h = 0.597, 0.336
    panel = box((w + 0.016, 0.022, h + 0.020), "black plastic", at=(0, 0.0125, 0), bevel=0.005, steps=3)
    face = quad((-w / 2, 0.0012, -h / 2), (w, 0, 0), (0, 0, h), "spreadsheet", image=True, density=0.3)
    head = turned(turned([*panel, face], -4, "x"), 13)
    out = moved(head, -0.24, 0.60, 1.055)
    stand = tube(
        np.array([[-0.235, 0.635, DESK_Z + 0.01], [-0.235, 0.64, 0.95], [-0.237, 0.632, 1.04]]),
        0.019,
        "steel",
        segments=16,
    )
    out += [stand, *moved(cylinder(0.125, 0.012, "steel", bevel=0.004, segments=44), -0.235, 0.635, DESK_Z)]
    return out


def _keyboard() -> list[Patch]:
    out = box((0.340, 0.126, 0.010), "key base", at=(0, 0, 0.006), bevel=0.004, steps=3, density=2.0)
    for x, y, w, _ in pictures.key_places():
        cx, cy = x + w / 2 - 0.165, 0.058 - y - 0.0075
        tall = 0.0055
        key = box(
            (w, 0.0150, tall),
            "key",
            at=(cx, cy, 0.011 + tall / 2),
            bevel=0.0014,
            steps=2,
            faces="+x-x+y-y+z",
            density=1.2,
        )
        top = key[-1]
        uv = np.stack([(top.points[..., 0] + 0.165) / 0.330, (top.points[..., 1] + 0.058) / 0.116], axis=-1)
        out += [*key[:-1], replace(top, material="key top", uv=uv)]
    return out


def _mouse() -> list[Patch]:
    t, a = (1 - np.cos(np.linspace(0, np.pi, 22))) / 2, np.linspace(0, np.pi, 15)
    half = 0.031 * np.maximum(np.sin(np.pi * t), 0) ** 0.42
    tall = 0.034 * np.maximum(np.sin(np.pi * t), 0) ** 0.6 * (1.1 - 0.3 * t)
    points = np.stack(
        [
            half[:, None] * np.cos(a)[None, :],
            np.broadcast_to((t - 0.5)[:, None] * 0.112, (22, 15)),
            tall[:, None] * np.sin(a)[None, :] ** 0.75,
        ],
        axis=-1,
    )
    body = sheet(points[::-1], "white plastic", density=1.5)
    wheel = moved(
        turned(cylinder(0.008, 0.006, "black plastic", bevel=0.002, segments=18), 90, "y"), -0.003, 0.028, 0.031
    )
    return [body, *wheel]


def _laptop() -> list[Patch]:
    out = box((0.312, 0.220, 0.014), "aluminium", at=(0, 0, 0.008), bevel=0.005, steps=3, density=2)
    out.append(quad((-0.125, -0.02, 0.0153), (0.25, 0, 0), (0, 0.10, 0), "black plastic"))
    out.append(quad((-0.05, -0.100, 0.0153), (0.10, 0, 0), (0, 0.065, 0), "key base"))
    lid = box((0.312, 0.007, 0.206), "aluminium", at=(0, 0.0035, 0.103), bevel=0.003, steps=3)
    face = quad((-0.150, -0.0006, 0.010), (0.30, 0, 0), (0, 0, 0.19), "laptop", image=True, density=0.3)
    return out + moved(turned([*lid, face], -18, "x"), 0, 0.106, 0.014)


def _notes() -> list[Patch]:
    """Sticky notes under the screen's edge and a notebook."""
    out = box((0.148, 0.210, 0.012), "notebook", at=(-0.47, 0.37, DESK_Z + 0.006), bevel=0.003, density=2)
    for i, y in enumerate((0.30, 0.385)):
        out.append(
            quad(
                (0.80, y, DESK_Z + 0.0010 + 0.0005 * i),
                (0.072, 0.012, 0),
                (-0.012, 0.072, 0.002),
                f"note {i}",
                density=2.0,
            )
        )
    return out


def chair() -> list[Patch]:
    """A meeting chair with a bent shell that faces -y."""
    u, v = np.linspace(-1, 1, 11), np.linspace(0, 1, 22)
    side = np.array([[0.21, 0.44], [0.05, 0.425], [-0.14, 0.43], [-0.205, 0.50], [-0.245, 0.66], [-0.27, 0.82]])
    t = v * (len(side) - 1)
    i = np.minimum(t.astype(int), len(side) - 2)
    f = (t - i)[:, None]
    f = f * f * (3 - 2 * f) * 0.5 + f * 0.5
    line = side[i] * (1 - f) + side[i + 1] * f
    width = 0.225 - 0.035 * np.clip(v - 0.6, 0, 1) * 2
    dip = 0.022 * (u**2)
    points = np.stack(
        [
            np.broadcast_to(u[None, :] * width[:, None], (22, 11)),
            np.broadcast_to(-line[:, :1], (22, 11)) - (dip * v[:, None]),
            line[:, 1:] + dip * (1 - v[:, None]),
        ],
        axis=-1,
    )
    top = sheet(points, "chair shell")
    if top.normals[4, 5, 2] < 0:
        top = replace(top.flipped_order(), normals=-top.flipped_order().normals)
    under = replace(
        top.flipped_order(), points=(top.points - 0.008 * top.normals)[:, ::-1], normals=-top.normals[:, ::-1]
    )
    border = np.concatenate([top.points[0], top.points[1:, -1], top.points[-1, -2::-1], top.points[-2::-1, 0]])
    edge = np.concatenate([top.normals[0], top.normals[1:, -1], top.normals[-1, -2::-1], top.normals[-2::-1, 0]])
    out = [top, under, tube(border - 0.004 * edge, 0.0055, "chair shell", segments=8, closed=True)]
    out += moved(cushion((0.40, 0.38, 0.035), "felt 2", plump=0.18, edge=0.05), 0.0, -0.02, 0.444)
    for x in (-0.19, 0.19):
        for y in (-0.19, 0.17):
            out.append(
                tube(
                    np.array([[x * 1.12, y * 1.15, 0.0], [x * 0.8, y * 0.8, 0.425]]),
                    np.array([0.010, 0.013]),
                    "oak",
                    segments=12,
                )
            )
    return out


def meeting() -> list[Patch]:
    """Meeting table, chairs, the wall with screen and whiteboard."""
    out = box((2.4, 1.0, 0.032), "oak", at=(0.75, 3.55, 0.724), bevel=0.012, steps=3, density=1.2, shift=2.0)
    for x in (-0.15, 1.65):
        for sign in (-1, 1):
            out += [
                tube(
                    np.array([[x, 3.55 + sign * 0.40, 0.0], [x, 3.55 + sign * 0.30, 0.71]]),
                    0.024,
                    "black metal",
                    segments=14,
                )
            ]
        out += box((0.05, 0.66, 0.03), "black metal", at=(x, 3.55, 0.695), bevel=0.004)
    for x, y, turn in ((0.15, 2.86, 182), (1.25, 2.80, 170), (0.10, 4.28, -6), (0.85, 4.30, 3), (1.60, 4.26, 10)):
        out += moved(turned(chair(), turn), x, y, 0)
    y = HIGH[1]
    out += box((1.70, 0.05, 0.97), "black plastic", at=(0.75, y - 0.03, 1.50), bevel=0.006)
    out.append(quad((-0.08, y - 0.0555, 1.035), (1.66, 0, 0), (0, 0, 0.93), "slide", image=True, density=0.3))
    out += box((1.54, 0.022, 1.04), "aluminium", at=(-1.35, y - 0.012, 1.50), bevel=0.004)
    out.append(quad((-2.10, y - 0.0240, 1.0), (1.5, 0, 0), (0, 0, 1.0), "whiteboard", image=True, density=1.0))
    out += box((0.60, 0.06, 0.014), "aluminium", at=(-1.35, y - 0.05, 0.985), bevel=0.004)
    for i, x in enumerate((-1.5, -1.42, -1.3)):
        out += box((0.07, 0.012, 0.012), ("note 0", "glaze", "black plastic")[i], at=(x, y - 0.05, 0.999), bevel=0.004)
    for x in (0.05, 0.75, 1.45):
        out += _pendant(x, 3.55)
    out += moved(turned(_laptop(), 175), 1.05, 3.35, 0.74)
    out += moved(_props.mug("white pot"), 0.25, 3.62, 0.74)
    return out + dense(moved(_props.frame(0.5, 0.7, "art 1", "oak"), 2.35, y - 0.001, 1.55), 1.0)


def _pendant(x: float, y: float) -> list[Patch]:
    """A lamp that hangs over the table: cord, bell, bulb."""
    bell = smooth(
        np.array([(0.155, 0.0), (0.150, 0.03), (0.125, 0.085), (0.075, 0.135), (0.030, 0.160), (0.026, 0.20)]), 24
    )
    out = moved(lathe(bell.tolist(), "pendant", segments=40, crease_deg=80), x, y, 1.92)
    inner = [
        replace(p, normals=-p.normals, material="white plastic").flipped_order()
        for p in moved(lathe((bell - [0.004, 0]).tolist(), "pendant", segments=40, crease_deg=80), x, y, 1.92)
    ]
    bulb = lathe(
        [(0.0001, -0.04), (0.022, -0.033), (0.034, -0.006), (0.03, 0.022), (0.012, 0.045), (0.012, 0.07)],
        "bulb",
        segments=24,
        crease_deg=90,
        density=0.0,
    )
    cord = tube(np.array([[x, y, 2.10], [x, y, 2.4], [x, y, HIGH[2]]]), 0.0035, "black plastic", segments=6)
    return [*out, *inner, *moved(bulb, x, y, 1.985), cord]


def around() -> list[Patch]:
    """Shelf cabinet, plants, clock, sofa corner."""
    x0 = LOW[0]
    out = box((0.42, 2.4, 0.80), "white lacquer", at=(x0 + 0.23, 2.0, 0.42), bevel=0.006)
    out += box((0.44, 2.42, 0.026), "oak", at=(x0 + 0.23, 2.0, 0.833), bevel=0.006)
    for i in range(4):
        out += box((0.012, 0.588, 0.74), "white lacquer", at=(x0 + 0.445, 1.1 + 0.6 * i, 0.42), bevel=0.003)
    row = turned(_props.shelf_of_books(0.9, 40, "office"), 90)
    out += moved(row, x0 + 0.34, 1.0, 0.846)
    out += _props.plant(size=0.55, leaves=20, key="cabinet", pot="white pot", at=(x0 + 0.22, 2.75, 0.846))
    out += _props.plant(size=1.25, leaves=34, key="office big", pot="pot", at=(2.75, 4.72, 0.0))
    out += _props.plant(size=1.0, leaves=28, key="office left", pot="pot", at=(-2.62, 4.72, 0.0))
    out += moved(_props.wall_clock(), -0.28, HIGH[1], 2.30)
    pouf = lathe(
        [(0.0001, 0.0), (0.24, 0.0), (0.26, 0.02), (0.27, 0.2), (0.26, 0.38), (0.23, 0.41), (0.0001, 0.42)],
        "felt 0",
        segments=40,
    )
    out += moved(pouf, 2.4, 1.3, 0.0)
    out += moved(cushion((0.4, 0.4, 0.12), "felt 2"), 2.4, 1.3, 0.44)
    return out


def everything() -> list[Patch]:
    """All patches of the office."""
    view = _outside.billboard("outside", 0.0, 1.3)
    return [*shell(), *desk(), *meeting(), *around(), view]
