"""The road and the city beside it: 560 m, two lanes each way, right-hand traffic, lane 3.5 m.

Dashes 3 m with gaps of 5 m (urban, Korean practice; assumption), lines .15 m wide, double yellow centre line.
"""

from dataclasses import replace

import numpy as np

from scenes.mesh import Patch, box, quad, sheet, turned
from scenes.places import _street
from scenes.shapes import cylinder, disc, lathe, tube
from twin_engine.streams import stream

START, STOP = -140.0, 460.0
LANES = (1.75, 5.25)  # middle of our lanes; the others mirror them
EDGE = 7.15
LAMPS = tuple((side, START + 25 + 36 * k + (18 if side < 0 else 0)) for side in (-1, 1) for k in range(15))
CARDS = 150  # of leaves, a tree
GROUND_FLOOR, STOREY = 4.0, 3.0
LAMP_HEIGHT, LAMP_REACH = 9.0, 2.6


def road() -> list[Patch]:
    """Asphalt, kerbs, pavements, verge, marks."""
    long, out = STOP - START, []
    out.append(quad((-8.2, START, 0), (16.4, 0, 0), (0, long, 0), "asphalt", cells=(4, 40), density=2.2))
    for sign in (-1, 1):
        x = sign * 8.2
        kerb = box((0.30, long, 0.30), "kerb", at=(x, (START + STOP) / 2, 0.0), bevel=0.03, density=1.0)
        out += kerb
        a, b = sorted((x + sign * 0.15, x + sign * 7.2))
        out.append(quad((a, START, 0.14), (b - a, 0, 0), (0, long, 0), "pavement", cells=(2, 40), density=1.6))
        a, b = sorted((x + sign * 7.2, x + sign * 120.0))
        out.append(
            quad((a, START - 200, 0.10), (b - a, 0, 0), (0, long + 900, 0), "grass", cells=(6, 12), density=0.15)
        )
    for x, y in ((2.6, 26.0), (6.1, 58.0), (-2.9, 47.0), (4.4, 118.0), (-5.6, 141.0), (1.3, 178.0), (5.9, 231.0)):
        out.append(disc(0.66, 0.66, "manhole", at=(x, y, 0.004), cells=8, density=1.0))
    return out + _marks() + _rails()


def _marks() -> list[Patch]:
    out, z = [], 0.004
    for x in (-0.20, 0.20):
        out.append(_line(x, START, STOP, "mark yellow"))
    for x in (-EDGE, EDGE):
        out.append(_line(x, START, STOP, "mark white"))
    for x in (-3.5, 3.5):
        for k in range(int((STOP - START) / 8)):
            y = START + 8 * k
            out.append(_line(x, y, y + 3.0, "mark white"))
    for k in range(10):
        x = -6.75 + 1.5 * k
        out.append(quad((x - 0.25, 96.0, z), (0.5, 0, 0), (0, 4.0, 0), "mark white", density=1.0))
    for x in LANES:
        out.append(quad((x - 1.5, 92.0, z), (3.0, 0, 0), (0, 0.45, 0), "mark white", density=1.0))
        arrow = np.array([[-0.09, 0.09], [-0.09, 0.09], [-0.45, 0.45], [0.0, 0.0]])
        for y, (a, b), (c, d), tall in ((70, arrow[0], arrow[1], 3.0), (73, arrow[2], arrow[3], 2.0)):
            points = np.array([[[x + a, y, z], [x + b, y, z]], [[x + c, y + tall, z], [x + d, y + tall, z]]])
            out.append(sheet(points, "mark white", density=1.0))
    return out


def _line(x: float, y0: float, y1: float, material: str) -> Patch:
    cells = max(1, int((y1 - y0) / 20))
    return quad((x - 0.075, y0, 0.004), (0.15, 0, 0), (0, y1 - y0, 0), material, cells=(1, cells), density=0.7)


def _rails() -> list[Patch]:
    """Guard rail on the right as far as the first crossing, low fence on the left."""
    out = []
    profile = np.array(
        [[0.0, 0.42], [0.045, 0.47], [0.045, 0.53], [0.0, 0.58], [0.045, 0.63], [0.045, 0.69], [0.0, 0.74]]
    )
    for sign, a, b in ((1, 112.0, 300.0), (-1, 120.0, 330.0)):
        x = sign * 7.85
        ends = [np.stack([x - sign * profile[:, 0], np.full(7, y), profile[:, 1]], 1) for y in np.linspace(a, b, 24)]
        rail = sheet(np.stack(ends), "steel rail", density=0.8)
        if rail.normals[3, 3, 0] * sign > 0:
            rail = replace(rail, normals=-rail.normals).flipped_order()
        out.append(rail)
        for y in np.arange(a, b, 4.0):
            out += box(
                (0.07, 0.10, 0.72),
                "steel rail",
                at=(x + sign * 0.06, float(y), 0.36),
                bevel=0.01,
                steps=1,
                density=0.4,
                faces="+x-x+y-y+z",
            )
    return out


def lamp_post(side: int, y: float) -> list[Patch]:
    """A street lamp with a curved arm."""
    x = side * 8.75
    t = np.linspace(0, 1, 10)
    arm = np.stack([x - side * LAMP_REACH * t, np.full(10, y), LAMP_HEIGHT - 0.9 + 0.95 * np.sin(np.pi / 2 * t)], 1)
    pole = np.concatenate([[[x, y, 0.12], [x, y, 1.0], [x, y, 4.0], [x, y, 7.0]], arm])
    out = [tube(pole, np.linspace(0.095, 0.045, len(pole)), "lamp pole", segments=10, density=0.4)]
    head = box(
        (0.75, 0.26, 0.10),
        "lamp pole",
        at=(x - side * (LAMP_REACH + 0.2), y, LAMP_HEIGHT + 0.06),
        bevel=0.04,
        density=0.4,
    )
    lens = quad(
        (x - side * (LAMP_REACH + 0.2) - 0.3, y + 0.1, LAMP_HEIGHT + 0.005),
        (0.6, 0, 0),
        (0, -0.2, 0),
        "street lamp",
        density=0.0,
    )
    return [*out, *head, lens]


def building(x: float, y: float, width: float, deep: float, storeys: int, kind: int, shop: int) -> list[Patch]:
    """A block with shops on the street, ledges at every floor, balconies, parapet; its street face looks to x = 0."""
    base = GROUND_FLOOR
    tall = base + STOREY * storeys
    sign = 1 if x < 0 else -1
    face = x
    far = x - sign * deep
    lo, hi = min(face, far), max(face, far)
    out, name = [], f"facade {kind}"
    corners = ((hi, y, 0, width), (lo, y + width, 0, -width))
    walls = [quad((cx, cy, base), (dx, dy, 0), (0, 0, tall - base), name, density=0.5) for cx, cy, dx, dy in corners]
    walls.append(quad((lo, y, base), (hi - lo, 0, 0), (0, 0, tall - base), name, density=0.4))
    walls.append(quad((hi, y + width, base), (lo - hi, 0, 0), (0, 0, tall - base), name, density=0.3))
    # No two houses show the same rooms at the same place.
    out += [replace(w, uv=w.uv + 3.0 * np.array([(3 * shop + n) % 4, shop % 4])) for n, w in enumerate(walls)]
    out.append(quad((lo, y, tall), (hi - lo, 0, 0), (0, width, 0), "roof", density=0.2))
    out += box(
        (hi - lo + 0.3, width + 0.3, 0.55),
        "ledge",
        at=((lo + hi) / 2, y + width / 2, tall + 0.1),
        bevel=0.05,
        density=0.4,
    )
    out += box(
        (hi - lo + 0.5, width + 0.5, 0.35), "ledge", at=((lo + hi) / 2, y + width / 2, base), bevel=0.05, density=0.6
    )
    stairs = ((lo + hi) / 2, y + width * 0.35, tall + 1.5)
    out += box((3.4, 3.6, 2.8), "roof", at=stairs, bevel=0.05, density=0.3)
    tank = ((lo + hi) / 2 + sign * 3.0, y + width * 0.72, tall + 0.35)
    out += cylinder(1.0, 1.9, "tank", at=tank, bevel=0.15, segments=18, density=0.3)
    if kind in (0, 3):
        out += _balconies(face, sign, y, width, base, storeys)
    out += _shop_front(face, sign, y, width, shop)
    for k in range(2 if storeys < 10 else 3):
        out += _street.blade(
            face, sign, y + (0.55 if k % 2 else width - 0.55), base + 0.7 + 3.0 * (k // 2), shop + 3 * k + kind
        )
    for cy, dx in ((y, 1), (y + width, -1)):
        out.append(quad((lo if dx > 0 else hi, cy, 0), (dx * (hi - lo), 0, 0), (0, 0, base), "plinth", density=0.5))
    place = (face + sign * 0.62, y + width * 0.3, 2.95)
    awning = box((1.3, width * 0.42, 0.06), f"awning {shop % 3}", at=place, bevel=0.02, steps=1, density=0.6)
    return out + turned(awning, 12 * sign, "y", (face, 0, 2.95))


def _balconies(face: float, sign: int, y: float, width: float, base: float, storeys: int) -> list[Patch]:
    out: list[Patch] = []
    for storey in range(storeys):
        z = base + STOREY * storey + 0.10
        for bay in range(int(width / 6)):
            at = (face + sign * 0.55, y + 3.0 + 6.0 * bay, z)
            rail = (at[0] + sign * 0.52, at[1], z + 0.55)
            out += box((1.1, 3.4, 0.16), "ledge", at=at, bevel=0.03, steps=1, density=0.5)
            out += box((0.05, 3.4, 0.95), "balcony", at=rail, bevel=0.01, steps=1, density=0.5)
    return out


def _shop_front(face: float, sign: int, y: float, width: float, shop: int) -> list[Patch]:
    """Ground floor of one or more shops, from the picture of eight."""
    bays = max(1, round(width / 6.0))
    corner = (face, y if sign > 0 else y + width, 0)
    front = quad(corner, (0, width * sign, 0), (0, 0, GROUND_FLOOR - 0.2), "shops", density=0.8, image=True)
    uv = front.uv * np.array([bays / 8, 1.0]) + np.array([(shop % 8) / 8, 0.0])
    return [replace(front, uv=uv)]


def buildings() -> list[Patch]:
    """Both sides of the street."""
    rng = stream(0, 0, 0, "buildings")
    out: list[Patch] = []
    shop = 0
    for side in (-1, 1):
        y = START - 10
        k = 0 if side < 0 else 2
        while y < STOP - 20:
            width = 6.0 * int(rng.integers(2, 5))
            storeys = int(rng.integers(3, 9)) if rng.random() < 0.72 else int(rng.integers(10, 17))
            setback = 13.9 + (0.0 if storeys < 9 else 4.0) + float(rng.uniform(0, 1.2))
            out += building(side * setback, y, width, float(rng.choice([12.0, 15.0])), storeys, k % 4, shop)
            y += width + float(rng.choice([1.2, 2.0, 9.0]))
            k += 1
            shop += 3
    return out


def tree(x: float, y: float, key: int) -> list[Patch]:
    """A street tree: trunk, limbs, leaf cards on lobes; the baker sees a smaller ellipsoid that lends its light."""
    rng = stream(0, 0, key, "street tree")
    tall = float(rng.uniform(5.6, 7.6))
    lean = rng.uniform(-0.15, 0.15, 2)
    trunk = np.array(
        [[x, y, 0.1], [x, y, 0.9], [x + lean[0], y + lean[1], 2.2], [x + 1.6 * lean[0], y + 1.6 * lean[1], 3.6]]
    )
    out = [tube(trunk, np.array([0.17, 0.13, 0.11, 0.08]), "bark", segments=9, density=0.8)]
    middle = np.array([x + 1.5 * lean[0], y + 1.5 * lean[1], 0.62 * tall])
    size = np.array([1.65, 1.65, 0.36 * tall]) * float(rng.uniform(0.9, 1.1))
    ball = [(np.cos(t), np.sin(t)) for t in np.linspace(-np.pi / 2 + 0.02, np.pi / 2 - 0.02, 7)]
    proxy = lathe(ball, "crown", segments=12, crease_deg=170)[0].scaled(*(0.72 * size)).moved(*middle)
    proxy = replace(proxy, drawn=False, density=0.7)
    out.append(proxy)
    for _ in range(4):
        end = middle + size * rng.uniform(-0.5, 0.5, 3)
        limb = np.stack([trunk[2], (trunk[3] + end) / 2, end])
        out.append(tube(limb, np.array([0.07, 0.05, 0.02]), "bark", segments=6, density=0.4))
    return out + _crown(middle, size, proxy, rng)


def _crown(middle: np.ndarray, size: np.ndarray, proxy: Patch, rng: np.random.Generator) -> list[Patch]:
    lobes = rng.normal(size=(7, 3))
    lobes = middle + size * 0.55 * lobes / np.linalg.norm(lobes, axis=1, keepdims=True)
    points, normals, charts, tints = [], [], [], []
    for i in range(CARDS):
        d = rng.normal(size=3)
        d /= np.linalg.norm(d)
        at = lobes[i % 7] + d * size * 0.52 * float(rng.uniform(0.55, 1.0))
        outward = (at - middle) / size
        outward /= max(np.linalg.norm(outward), 1e-6)
        u = np.cross(d, [0, 0, 1.0]) + 1e-3
        u /= np.linalg.norm(u)
        v = np.cross(u, d)
        points.append(at + float(rng.uniform(0.50, 0.78)) * np.array([[-u - v, u - v], [-u + v, u + v]]))
        normals.append(np.broadcast_to(outward, (2, 2, 3)))
        s = (np.arctan2(outward[1], outward[0]) / (2 * np.pi)) % 1.0
        charts.append(np.broadcast_to([s, np.arcsin(np.clip(outward[2], -1, 1)) / np.pi + 0.5], (2, 2, 2)))
        inner = 0.60 + 0.40 * min(1.0, float(np.linalg.norm((at - middle) / size)))
        tints.append(np.broadcast_to(np.array([1.0, 1.0, 0.9]) * inner * float(rng.uniform(0.85, 1.15)), (2, 2, 3)))
    uv = np.tile(np.array([[[0, 0], [1, 0]], [[0, 1], [1, 1]]], float), (1, CARDS, 1))
    joined = [np.concatenate(part, axis=1) for part in (points, normals, charts, tints)]
    return [Patch(joined[0], joined[1], uv, "leaves", 0.0, joined[3], proxy=proxy, chart=joined[2], cards=True)]


def post(x: float, y: float, tall: float, radius: float = 0.045) -> list[Patch]:
    """A round sign post."""
    return [
        tube(np.array([[x, y, 0.1], [x, y, tall / 2], [x, y, tall]]), radius, "lamp pole", segments=10, density=0.5)
    ]


def plate(x: float, y: float, z: float, width: float, height: float, material: str) -> list[Patch]:
    """A sign plate that faces -y, centre at (x, y, z), with a folded metal back."""
    face = quad((x - width / 2, y, z - height / 2), (width, 0, 0), (0, 0, height), material, image=True, density=1.5)
    back = box(
        (width, 0.04, height), "steel rail", at=(x, y + 0.025, z), bevel=0.01, steps=1, density=0.3, faces="+x-x+y+z-z"
    )
    return [face, *back]


def _round(x: float, y: float, z: float, cell: int, size: float = 0.9) -> list[Patch]:
    face, *_ = plate(x, y, z, size, size, "round signs")
    u = (cell + np.array([0.0, 1.0])) / 4
    return [replace(face, uv=np.stack([np.stack([u, np.full(2, v)], 1) for v in (0.0, 1.0)]))]


SIGNS = {
    "gangneung": (4.6, 150.0, 6.6),
    "airport": (9.6, 250.0, 4.2),
    "garden": (9.4, 60.0, 3.4),
    "limit": (8.6, 34.0, 2.6),
    "crossing": (8.7, 84.0, 2.5),
}


def signs() -> list[Patch]:
    """Gantry with the green sign, exit, sight, limit, warning, crossing."""
    x, y, z = SIGNS["gangneung"]
    out = plate(x, y, z, 5.0, 2.5, "direction sign")
    beam = np.array(
        [
            [9.2, y + 0.2, 0.1],
            [9.2, y + 0.2, 3.0],
            [9.2, y + 0.2, 7.2],
            [8.6, y + 0.2, 7.6],
            [6.0, y + 0.2, 7.65],
            [2.2, y + 0.2, 7.65],
        ]
    )
    out.append(tube(beam, np.array([0.16, 0.15, 0.14, 0.13, 0.11, 0.09]), "lamp pole", segments=12, density=0.5))
    for dx in (-1.6, 1.6):
        out += box((0.08, 0.08, 2.5), "lamp pole", at=(x + dx, y + 0.09, z + 0.1), bevel=0.01, steps=1, density=0.4)
    x, y, z = SIGNS["airport"]
    out += (
        plate(x, y, z, 4.0, 2.0, "airport sign")
        + post(x - 1.2, y + 0.12, 5.1, 0.07)
        + post(x + 1.2, y + 0.12, 5.1, 0.07)
    )
    x, y, z = SIGNS["garden"]
    out += (
        plate(x, y, z, 3.2, 1.6, "tourist sign")
        + post(x - 0.9, y + 0.12, 4.1, 0.06)
        + post(x + 0.9, y + 0.12, 4.1, 0.06)
    )
    for name, cell in (("limit", 0), ("crossing", 3)):
        x, y, z = SIGNS[name]
        out += _round(x, y, z, cell) + post(x, y + 0.06, z + 0.35)
    out += _round(8.7, 205.0, 2.6, 2) + post(8.7, 205.06, 2.9) + _round(8.6, 300.0, 2.6, 1) + post(8.6, 300.06, 2.9)
    return out


def everything() -> list[Patch]:
    """All that stands still outside."""
    out = [*road(), *buildings(), *signs(), *_street.furniture(START, STOP)]
    for side, y in LAMPS:
        out += lamp_post(side, y)
    number = 0
    for side in (-1, 1):
        for y in np.arange(START + 8, STOP - 10, 15.0):
            if min(abs(y - s[1]) for s in SIGNS.values()) > 4 or side < 0:
                out += tree(side * 10.3, float(y), number)
            number += 1
    return out


def sky() -> Patch:
    """A dome that follows the car; texture from 5 degrees below the horizon to the zenith."""
    e, a = np.radians(np.linspace(-5, 89.9, 25)), np.linspace(0, 2 * np.pi, 65)
    r = 4000.0
    points = np.stack(
        [
            r * np.cos(e)[:, None] * np.sin(a)[None, :],
            r * np.cos(e)[:, None] * np.cos(a)[None, :],
            np.broadcast_to(r * np.sin(e)[:, None], (25, 65)),
        ],
        axis=-1,
    )
    uv = np.stack(np.broadcast_arrays(a[None, :] / (2 * np.pi), (e[:, None] + np.radians(5)) / np.radians(95)), axis=-1)
    return Patch(points, -points / r, uv, "sky", 0.0)
