"""Things that stand in the street: signals, blade signs, bus shelter, bollards, hedges, tactile paving, benches."""

from dataclasses import replace
from functools import cache

import numpy as np

from scenes.mesh import Patch, box, moved, quad, sheet, turned
from scenes.shapes import cylinder, lathe, tube
from scenes.signs import Canvas
from scenes.texture import from_hex, srgb

CROSSING = 92.0  # y of its stop line
BLADES = (
    ("치과", "1f57a4"),
    ("헬스", "c22a26"),
    ("학원", "14724b"),
    ("미용실", "8a3d6b"),
    ("한의원", "5b3a25"),
    ("노래방", "4a3a8c"),
    ("만화", "c47a2c"),
    ("여행사", "1c7f8c"),
)
SHELTER = (9.35, 128.0)


@cache
def blades() -> tuple[np.ndarray, np.ndarray]:
    """Eight blade signs .8 x 2.6 m side by side: (RGBA by day, shine by night), Hangul 55 cm, one below the other."""
    day, night = Canvas(6.4, 2.6, 130, "808080"), Canvas(6.4, 2.6, 130, "000000")
    for k, (words, ink) in enumerate(BLADES):
        x = 0.8 * k
        for c, share in ((day, 1.0), (night, 0.45)):
            c.shape("rectangle", (x, 0, x + 0.8, 2.6), tuple(np.array(from_hex(ink)) * share))
            c.shape("rectangle", (x + 0.04, 0.04, x + 0.76, 2.56), "f4f1e8" if k % 3 == 1 else "ffffff", width=0.03)
            size = 0.55
            top = 1.3 - len(words) * 0.37
            for i, letter in enumerate(words):
                c.text(letter, x + 0.4, top + 0.74 * i + 0.62, size, "ffffff", of="가", anchor="ms")
    alpha = np.full((*day.light.shape[:2], 1), 255, np.uint8)
    return np.concatenate([day.image(), alpha], axis=2), np.rint(255 * np.sqrt(night.light.clip(0, 1))).astype(np.uint8)


@cache
def tactile() -> np.ndarray:
    """Tactile paving .3 x .3 m: four raised bars on yellow."""
    n = 128
    u = np.arange(n) / n
    bar = np.abs((u * 4) % 1 - 0.5) < 0.26
    edge = (np.minimum(u, 1 - u) < 0.02)[:, None] | (np.minimum(u, 1 - u) < 0.02)[None, :]
    image = np.ones((n, n, 3)) * np.array(from_hex("b9932f")) * (0.78 + 0.30 * bar[None, :, None])
    return srgb(np.where(edge[..., None], 0.45, 1.0) * image)


def blade(face: float, sign: int, y: float, z: float, number: int) -> list[Patch]:
    """A sign that stands out of a façade at x = face; both sides read."""
    x = face + sign * 0.62
    out = []
    u = (number % 8 + np.array([0.02, 0.98])) / 8
    for way in (1, -1):
        side = quad(
            (x - way * 0.4, y - way * 0.11, z), (way * 0.8, 0, 0), (0, 0, 2.6), "blades", image=True, density=0.8
        )
        out.append(replace(side, uv=np.stack([np.stack([u, np.full(2, v)], 1) for v in (0.0, 1.0)])))
    out += box((0.82, 0.21, 2.64), "black trim", at=(x, y, z + 1.3), bevel=0.01, steps=1, density=0.3, faces="+x-x+z-z")
    for h in (0.4, 2.2):
        arm = np.array([[face, y, z + h], [x, y, z + h]])
        out.append(tube(arm, 0.03, "lamp pole", segments=6, density=0.3))
    return out


def signal(y: float) -> list[Patch]:
    """A pole with an arm over the lanes and a level head of four lamps, as in Korea; the last one, green, is lit."""
    x = 9.0
    pole = np.array([[x, y, 0.1], [x, y, 3.0], [x, y, 5.9], [x - 0.25, y, 6.15], [3.2, y, 6.35]])
    out = [tube(pole, np.array([0.12, 0.115, 0.10, 0.09, 0.06]), "signal pole", segments=12, density=0.4)]
    for middle in (5.4, 3.4):
        out += box((1.62, 0.16, 0.46), "signal case", at=(middle, y - 0.20, 6.18), bevel=0.06, steps=3, density=0.6)
        for k, lens in enumerate(("signal red", "signal yellow", "signal red", "signal green")):
            at = (middle - 0.585 + 0.39 * k, y - 0.285, 6.18)
            name = "signal dark green" if k == 2 else lens
            glass = turned(
                lathe([(0.148, 0.0), (0.10, 0.022), (0.0001, 0.030)], name, segments=24, density=0.6, crease_deg=90),
                90,
                "x",
            )
            out += moved(glass, *at)
            a = np.linspace(-0.35, np.pi + 0.35, 17)
            hood = [np.stack([0.165 * np.cos(a), np.full(17, d), 0.165 * np.sin(a)], 1) for d in (0.0, -0.20)]
            out += moved([sheet(np.stack(hood), "signal hood", density=0.4)], *at)
    plate = (2.55, y - 0.05, 6.2)
    return out + box((0.5, 0.03, 0.5), "steel rail", at=plate, bevel=0.01, steps=1, density=0.4)


def shelter() -> list[Patch]:
    """A bus shelter with a bench, a lit panel and a pole sign."""
    x, y = SHELTER
    out = box((1.7, 4.6, 0.10), "signal case", at=(x + 0.9, y, 2.55), bevel=0.03, density=0.6)
    for dy in (-2.1, 0.0, 2.1):
        out += box((0.08, 0.08, 2.4), "signal case", at=(x + 1.55, y + dy, 1.34), bevel=0.01, steps=1, density=0.5)
    for dy in (-1.05, 1.05):
        pane = quad((x + 1.55, y + dy + 1.0, 0.4), (0, -2.0, 0), (0, 0, 1.9), "shelter glass", density=0.0)
        out.append(pane)
    out += box((0.40, 3.0, 0.06), "bench", at=(x + 1.25, y, 0.60), bevel=0.015, density=0.8)
    for dy in (-1.2, 1.2):
        out += box((0.3, 0.06, 0.45), "signal case", at=(x + 1.25, y + dy, 0.36), bevel=0.01, steps=1, density=0.5)
    out += box((1.15, 0.14, 1.9), "signal case", at=(x + 0.9, y + 2.35, 1.25), bevel=0.02, density=0.5)
    for way, dy in ((1, 2.275), (-1, 2.425)):
        face = quad(
            (x + 0.9 - way * 0.52, y + dy, 0.42), (way * 1.04, 0, 0), (0, 0, 1.66), "advert", image=True, density=0.6
        )
        out.append(face)
    return out


@cache
def advert() -> np.ndarray:
    """A poster 1.04 x 1.66 m: hills, a lens, two lines of words."""
    c = Canvas(1.04, 1.66, 260, "f3e7d2")
    c.shape("ellipse", (0.22, 0.28, 0.82, 0.88), "d9653b")
    c.shape("polygon", (0, 1.05, 0.30, 0.72, 0.52, 0.92, 0.78, 0.62, 1.04, 0.98, 1.04, 1.2, 0, 1.2), "2f5a57")
    c.shape("rectangle", (0, 1.15, 1.04, 1.66), "23364d")
    c.text("또렷한 하루", 0.52, 1.38, 0.12, "ffffff", of="가", anchor="ms")
    c.text("See the day", 0.52, 1.54, 0.065, "e5b466", anchor="ms")
    return c.image()


def furniture(start: float, stop: float) -> list[Patch]:
    """Everything along both pavements."""
    out = [*signal(CROSSING + 9.5), *shelter()]
    for sign in (-1, 1):
        strip = quad(
            (min(sign * 11.25, sign * 11.55), start, 0.146),
            (0.30, 0, 0),
            (0, stop - start, 0),
            "tactile",
            cells=(1, 24),
            density=0.6,
        )
        out.append(strip)
        for y in (CROSSING - 1.5, CROSSING + 0.5, CROSSING + 8.5, CROSSING + 10.5):
            post = cylinder(0.075, 0.75, "bollard", at=(sign * 8.75, y, 0.14), bevel=0.03, segments=14, density=0.5)
            out += [
                *post,
                *cylinder(0.078, 0.08, "mark white", at=(sign * 8.75, y, 0.66), bevel=0.004, segments=14, density=0.5),
            ]
        for k in range(int((stop - start) / 30)):
            y = start + 12 + 30 * k
            if abs(y - SHELTER[1]) > 6 and abs(y - CROSSING - 5) > 9:
                out += box(
                    (0.85, 5.2, 0.75), "hedge", at=(sign * 10.3, y + 7.5, 0.42), bevel=0.12, steps=3, density=0.5
                )
                out += box((1.05, 5.4, 0.18), "kerb", at=(sign * 10.3, y + 7.5, 0.20), bevel=0.02, steps=1, density=0.5)
    cabinet = box((0.55, 0.9, 1.25), "cabinet", at=(9.0, CROSSING + 14, 0.76), bevel=0.02, density=0.6)
    return out + cabinet
