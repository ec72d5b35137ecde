"""Things that stand about: books, plants, mugs, lamps, frames, clocks, spectacles. Each stands at the origin."""

from dataclasses import replace

import numpy as np

from scenes.mesh import Patch, box, dense, moved, quad, sheet, tinted, turned
from scenes.places import _books
from scenes.shapes import cylinder, lathe, strip, tube
from scenes.texture import from_hex
from twin_engine.streams import stream


def book(number: int, spine: str = "spines", cover: str = "cloth cover", paper: str = "page edge") -> list[Patch]:
    """A closed book that stands upright, spine toward -y, centred on x; its spine is cell `number` of the atlas."""
    image, sizes = _books.spines()
    thick, tall = sizes[number]
    deep = 0.62 * tall
    x = np.array([-1, -0.92, -0.6, 0, 0.6, 0.92, 1]) * thick / 2
    y = 0.0035 * np.array([1.0, 0.25, 0.06, 0, 0.06, 0.25, 1.0])
    points = np.stack([np.stack([x, y, np.full(7, z)], 1) for z in (0.0, tall)])
    back = sheet(points, spine, density=1.4)
    cells = len(sizes)
    share = min(0.46, 0.56 * thick / _books.CELL)
    u = (number + 0.5 + share * np.linspace(-1, 1, 7)) / cells
    v = (1 - tall / 0.25, 1.0)
    back = replace(back, uv=np.stack([np.stack([u, np.full(7, w)], 1) for w in v]))
    cloth = image[20, int((number + 0.5) / cells * image.shape[1])]
    tint = from_hex(bytes(cloth.tolist()).hex())
    boards = []
    for side in (-1, 1):
        boards += box(
            (0.0026, deep, tall),
            cover,
            at=(side * (thick / 2 - 0.0013), deep / 2 + 0.003, tall / 2),
            bevel=0.0009,
            steps=1,
        )
    block = box(
        (thick - 0.005, deep - 0.006, tall - 0.006),
        paper,
        at=(0, deep / 2 + 0.002, tall / 2),
        bevel=0.0005,
        steps=1,
        faces="+y+z-z",
    )
    return [back, *dense(tinted(boards, tint), 0.6), *dense(block, 0.6)]


def shelf_of_books(width: float, first: int, key: str, room_at_end: float = 0.0) -> list[Patch]:
    """A row of books from x = 0, the last one leaning; titles follow one another from `first`, so that none repeats."""
    rng = stream(0, 0, first, f"shelf {key}")
    sizes = _books.spines()[1]
    out: list[Patch] = []
    x, i = 0.0, first
    while True:
        thick = sizes[i][0]
        if x + thick > width - room_at_end - 0.05:
            break
        back = float(rng.uniform(0.0, 0.012))
        out += moved(book(i), x + thick / 2 + 0.0006, back, 0)
        x += thick + 0.0012
        i += 1
    lean = moved(book(i), sizes[i][0] / 2)
    out += moved(turned(lean, -11.0, "y"), x + 0.012, 0.002, 0.0)
    return out


def plant(
    pot: str = "pot",
    leaf: str = "leaf",
    soil: str = "soil",
    *,
    size: float = 1.0,
    leaves: int = 26,
    key: str = "plant",
    at: tuple[float, float, float] = (0, 0, 0),
) -> list[Patch]:
    """A palm-like plant in a turned pot."""
    rng = stream(0, 0, 0, f"plant {key}")
    s = size
    profile = [
        (0.0001, 0),
        (0.115 * s, 0),
        (0.125 * s, 0.006),
        (0.165 * s, 0.30 * s),
        (0.168 * s, 0.315 * s),
        (0.158 * s, 0.315 * s),
        (0.152 * s, 0.27 * s),
    ]
    out = lathe(profile, pot, at=at)
    out += lathe([(0.153 * s, 0.272 * s), (0.0001, 0.28 * s)], soil, at=at, segments=16)
    for i in range(leaves):
        turn = 137.5 * i + float(rng.uniform(-12, 12))
        inner = i / leaves
        root = (at[0] + 0.03 * s * np.cos(turn), at[1] + 0.03 * s * np.sin(turn), at[2] + 0.27 * s)
        length = s * float(rng.uniform(0.55, 0.85)) * (0.75 + 0.4 * inner)
        shade = float(rng.uniform(0.75, 1.2))
        blade = strip(
            root,
            turn,
            length,
            0.105 * s * float(rng.uniform(0.8, 1.15)),
            leaf,
            rise=48 + 38 * inner,
            droop=75 + float(rng.uniform(0, 45)) - 30 * inner,
            density=0.45,
        )
        out.append(replace(blade, tint=(shade, shade, shade)))
    return out


def mug(material: str = "glaze", inside: str = "coffee") -> list[Patch]:
    """A mug 9 cm tall with a handle, and what is in it."""
    profile = [
        (0.0001, 0.0),
        (0.028, 0.0),
        (0.033, 0.003),
        (0.040, 0.020),
        (0.041, 0.088),
        (0.0405, 0.0905),
        (0.0385, 0.0905),
        (0.038, 0.088),
        (0.037, 0.070),
    ]
    out = lathe(profile, material, segments=40, density=1.6)
    a = np.linspace(-1.25, 1.25, 14)
    path = np.stack([0.036 + 0.034 * np.cos(a), np.zeros(14), 0.048 + 0.030 * np.sin(a)], axis=1)
    out.append(tube(path, 0.0048, material, segments=10))
    return out + lathe([(0.0375, 0.0745), (0.0001, 0.0745)], inside, segments=32)


def frame(width: float, height: float, picture: str, wood: str, *, mount: float = 0.022) -> list[Patch]:
    """A framed picture in the plane y = 0 that faces -y, centred."""
    t, out = mount, []
    for x in (-1, 1):
        out += box((t, 0.026, height), wood, at=(x * (width - t) / 2, -0.013, 0), bevel=0.003)
    for z in (-1, 1):
        out += box((width - 2 * t, 0.026, t), wood, at=(0, -0.013, z * (height - t) / 2), bevel=0.003)
    w, h = width - 2 * t + 0.004, height - 2 * t + 0.004
    return [*out, quad((-w / 2, -0.012, -h / 2), (w, 0, 0), (0, 0, h), picture, image=True, cells=(2, 2))]


def wall_clock(radius: float = 0.165) -> list[Patch]:
    """A clock in the plane y = 0 that faces -y: rim by lathe, dial 300 mm across."""
    rim = lathe(
        [(radius, 0.0), (radius, 0.030), (radius - 0.004, 0.034), (0.153, 0.034), (0.150, 0.030), (0.150, 0.012)],
        "clock rim",
        segments=56,
    )
    out = turned(rim, 90, "x")
    a = np.linspace(0, 2 * np.pi, 49)
    r = np.array([0.1505, 0.0001])
    points = np.stack([np.stack([q * np.cos(a), np.full(49, -0.013), q * np.sin(a)], 1) for q in r])
    face = sheet(points, "dial", image=True)
    uv = np.stack([points[..., 0] / 0.300 + 0.5, points[..., 2] / 0.300 + 0.5], axis=-1)
    return [*out, replace(face, uv=uv, normals=np.broadcast_to(np.array([0, -1.0, 0]), points.shape).copy())]


def floor_lamp(pole: str = "brass", shade: str = "lampshade") -> list[Patch]:
    """A floor lamp 1.55 m tall with a drum shade."""
    out = cylinder(0.14, 0.018, pole, bevel=0.006, segments=40)
    out.append(tube(np.array([[0, 0, z] for z in (0.015, 0.5, 1.0, 1.34)]), 0.0095, pole))
    outside = lathe([(0.205, 1.22), (0.165, 1.55)], shade, segments=44)
    inside = [p.flipped_order() for p in lathe([(0.203, 1.22), (0.163, 1.55)], shade, segments=44)]
    inside = [replace(p, normals=-p.normals) for p in inside]
    rings = [
        tube(
            np.array([[r * np.cos(t), r * np.sin(t), z] for t in np.linspace(0, 2 * np.pi, 45)]),
            0.003,
            pole,
            closed=True,
        )
        for r, z in ((0.204, 1.22), (0.164, 1.55))
    ]
    return [*out, *outside, *inside, *rings]


def remote() -> list[Patch]:
    """A remote control 16 cm long with rows of keys."""
    out = box((0.042, 0.165, 0.016), "black plastic", at=(0, 0, 0.008), bevel=0.006, steps=3, density=2)
    for k in range(6):
        for j in (-1, 0, 1):
            key = (0.011 * j, 0.045 - 0.020 * k, 0.0162)
            out += box((0.0075, 0.0085, 0.002), "dial rubber", at=key, bevel=0.0008, steps=1, faces="+x-x+y-y+z")
    return out


def spectacles() -> list[Patch]:
    """Spectacles folded open on a table, temples toward +y."""
    a = np.linspace(0, 2 * np.pi, 33)
    out = []
    for side in (-1, 1):
        rim = np.stack(
            [side * 0.034 + 0.025 * np.cos(a) * (1 + 0.08 * np.cos(2 * a)), np.zeros(33), 0.021 + 0.0195 * np.sin(a)],
            axis=1,
        )
        out.append(tube(rim, 0.0019, "spectacles", segments=8, closed=True))
        temple = [
            [side * 0.060, 0.0, 0.027],
            [side * 0.066, 0.004, 0.028],
            [side * 0.067, 0.09, 0.024],
            [side * 0.065, 0.125, 0.014],
            [side * 0.064, 0.140, 0.003],
        ]
        out.append(tube(np.array(temple), 0.0017, "spectacles", segments=8))
        out.append(
            tube(
                np.array([[side * 0.058, 0, 0.027], [side * 0.062, 0.001, 0.0275], [side * 0.066, 0.004, 0.028]]),
                0.0022,
                "spectacles",
            )
        )
    out.append(tube(np.array([[-0.0105, 0, 0.027], [0, -0.001, 0.031], [0.0105, 0, 0.027]]), 0.0018, "spectacles"))
    return out


def open_book(width: float = 0.300, height: float = 0.215) -> list[Patch]:
    """An open book lying on z = 0, spine along y: page curves and block."""
    s = np.linspace(-1, 1, 41)
    z = 0.004 + 0.011 * (1 - np.abs(s)) ** 0.5 * np.abs(s) ** 0.35 * 1.6 + 0.003 * np.sin(3 * np.abs(s))
    x = s * width / 2
    pages = np.stack([np.stack([x, np.full(41, y), z], 1) for y in (-height / 2, height / 2)])
    out = [sheet(pages, "book page", image=True, density=2.5)]
    for sign, y in ((1, -height / 2), (-1, height / 2)):
        low = np.stack([x, np.full(41, y), np.full(41, 0.003)], 1)
        high = np.stack([x, np.full(41, y), z], 1)
        edge = sheet(np.stack([low, high]), "page edge")
        out.append(edge if sign > 0 else edge.flipped_order())
    for side in (-1, 1):
        out += box(
            (0.003, height, z[0] - 0.003),
            "page edge",
            at=(side * (width / 2 - 0.0015), 0, z[0] / 2 + 0.0015),
            bevel=0.0004,
            steps=1,
            faces="+x-x",
        )
    return [
        *out,
        *box(
            (width + 0.008, height + 0.008, 0.003),
            "book cover",
            at=(0, 0, 0.0015),
            bevel=0.0,
            steps=1,
            faces="+x-x+y-y-z",
        ),
        *_rim(width, height),
    ]


def _rim(width: float, height: float) -> list[Patch]:
    """What the cover shows around the pages: four strips, each a chart of its own that no page covers."""
    w, h, edge = width / 2, height / 2, 0.004
    strips = (
        ((-w - edge, -h - edge), (2 * w + 2 * edge, edge)),
        ((-w - edge, h), (2 * w + 2 * edge, edge)),
        ((-w - edge, -h), (edge, 2 * h)),
        ((w, -h), (edge, 2 * h)),
    )
    return [quad((x, y, 0.003), (a, 0, 0), (0, b, 0), "book cover", density=2.0) for (x, y), (a, b) in strips]
