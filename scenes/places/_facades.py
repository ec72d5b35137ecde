"""Drawn façades: one bay of 12 x 12 m each (4 storeys x 4 windows) and a row of eight shops.

Alpha is 1 where there is wall, .4 where there is window glass.

Beside each picture lies what shines by night: lit rooms with curtains, lamps and people's things, square-root coded.
"""

from functools import cache

import numpy as np

from scenes.signs import Canvas
from scenes.texture import from_hex, mix, noise, srgb
from twin_engine.streams import stream

BAY, PX = 12.0, 72
WALLS = ("cfc1ab", "9aa3aa", "9c644a", "d2cfc7")
FRAMES = ("f0ebe0", "4a535b", "e6dccf", "5d6267")
PANES = ((1.9, 1.55), (2.86, 2.25), (1.25, 1.75), (2.3, 1.7))
SHOPS = (
    ("안경", "Optics", "1f57a4"),
    ("카페", "Coffee", "5b3a25"),
    ("약국", "Pharmacy", "14724b"),
    ("서점", "Books", "7d2f2b"),
    ("빵집", "Bakery", "c47a2c"),
    ("꽃집", "Flowers", "8a3d6b"),
    ("은행", "Bank", "23364d"),
    ("분식", "Noodles", "b5462c"),
)


class _Sheets:
    """The three sheets of a façade: wall by day, share of glass, light by night."""

    def __init__(self, width: float, height: float, px: float, ground: str) -> None:
        self.wall = Canvas(width, height, px, ground)
        self.glass = Canvas(width, height, px, "000000")
        self.shine = Canvas(width, height, px, "000000")

    def images(self) -> tuple[np.ndarray, np.ndarray]:
        """RGBA by day and shine, uint8."""
        alpha = np.rint(255 * (1 - 0.6 * self.glass.light[..., :1].clip(0, 1))).astype(np.uint8)
        shine = np.rint(255 * np.sqrt(self.shine.light.clip(0, 1))).astype(np.uint8)
        return np.concatenate([srgb(self.wall.light), alpha], axis=2), shine


def _masonry(c: Canvas, kind: int) -> None:
    h, w = c.light.shape[:2]
    y, x = np.indices((h, w))
    grain = noise(f"wall{kind}", 1.4, (1, 1), 512)[y % 512, x % 512]
    stain = noise(f"stain{kind}", 2.6, (1, 7), 512)[(y * 512 // h) % 512, (x * 512 // w) % 512]
    c.light *= (1 + 0.045 * grain + 0.05 * stain)[..., None].astype(np.float32)
    if kind == 2:
        course = 0.0857 * 2
        row = np.floor(y / PX / course).astype(int)
        u = (x / PX + 0.17 * (row % 2)) % 0.34
        joint = (np.minimum(u, 0.34 - u) < 0.012) | ((y / PX) % course < 0.016)
        tone = stream(0, 0, 2, "bricks").random((int(BAY / course) + 2, 40))[row % 71, (x / PX / 0.34).astype(int) % 40]
        c.light *= np.where(joint, 1.12, 0.86 + 0.22 * tone)[..., None].astype(np.float32)
    if kind == 3:
        for k in range(4):
            c.shape("rectangle", (3.0 * k, 0, 3.0 * k + 0.03, BAY), "a5a29a")


@cache
def facade(kind: int) -> tuple[np.ndarray, np.ndarray]:
    """0 plaster with balconies, 1 curtain wall, 2 brick, 3 light panels: (RGBA by day, shine by night)."""
    sheets = _Sheets(BAY, BAY, PX, WALLS[kind])
    _masonry(sheets.wall, kind)
    rng = stream(0, 0, kind, "facade")
    for row in range(4):
        y = 3.0 * row
        sheets.wall.shape("rectangle", (0, y + 2.90, BAY, y + 2.98), tuple(np.array(from_hex(WALLS[kind])) * 0.62))
        sheets.wall.shape("rectangle", (0, y + 2.82, BAY, y + 2.90), tuple(np.array(from_hex(WALLS[kind])) * 1.12))
        for column in range(4):
            _window(sheets, kind, 3.0 * column, y, rng)
    return sheets.images()


def _window(sheets: _Sheets, kind: int, x: float, y: float, rng: np.random.Generator) -> None:
    """A window set back in its reveal, with frame, curtain and sill, and the room behind it."""
    c = sheets.wall
    wide, tall = PANES[kind]
    x0, y0 = x + (3 - wide) / 2, y + (0.42 if kind == 1 else 0.75)
    frame = FRAMES[kind]
    if kind != 1:
        c.shape("rectangle", (x0 - 0.10, y0 - 0.10, x0 + wide + 0.10, y0 + tall + 0.08), frame)
        c.shape("rectangle", (x0 - 0.02, y0 - 0.02, x0 + wide + 0.02, y0 + tall), "3c3a37")
    _pane(sheets, x0, y0, wide, tall, rng, chance=0.30 if kind == 1 else 0.38)
    if kind != 1:
        _shade(c, x0, y0, wide, 0.22, 0.45)
        _shade(c, x0, y0, 0.14, tall, 0.65)
    bar = 0.05 if kind != 1 else 0.035
    for k in range(1, 2 if kind in (0, 2) else 3):
        at = x0 + wide * k / (2 if kind in (0, 2) else 3)
        _bar(sheets, at - bar / 2, y0, at + bar / 2, y0 + tall, frame)
    _bar(sheets, x0, y0, x0 + wide, y0 + bar, frame)
    if kind in (1, 3):
        _bar(sheets, x0, y0 + 0.72 * tall, x0 + wide, y0 + 0.72 * tall + bar, frame)
    if kind != 1:
        c.shape("rectangle", (x0 - 0.16, y0 + tall + 0.02, x0 + wide + 0.16, y0 + tall + 0.12), frame)
        c.shape(
            "rectangle",
            (x0 - 0.16, y0 + tall + 0.12, x0 + wide + 0.16, y0 + tall + 0.20),
            tuple(np.array(from_hex(WALLS[kind])) * 0.55),
        )
    if kind in (0, 2) and rng.random() < 0.22:
        _conditioner(sheets, x0 + wide * 0.2, y0 + tall + 0.16)


def _conditioner(sheets: _Sheets, x: float, y: float) -> None:
    sheets.wall.shape("rectangle", (x + 0.03, y + 0.05, x + 0.86, y + 0.62), "5b5850")
    sheets.wall.shape("rounded_rectangle", (x, y, x + 0.80, y + 0.55), "d9d8d2", radius=0.03)
    sheets.wall.shape("ellipse", (x + 0.05, y + 0.06, x + 0.49, y + 0.50), "8d8f8e")
    sheets.wall.shape("ellipse", (x + 0.21, y + 0.22, x + 0.33, y + 0.34), "d9d8d2")


def _bar(sheets: _Sheets, x0: float, y0: float, x1: float, y1: float, ink: str) -> None:
    sheets.wall.shape("rectangle", (x0, y0, x1, y1), ink)
    sheets.glass.shape("rectangle", (x0, y0, x1, y1), "000000")
    sheets.shine.shape("rectangle", (x0, y0, x1, y1), "000000")


def _shade(c: Canvas, x: float, y: float, w: float, h: float, keep: float) -> None:
    i0, j0 = round(y * c.per_metre), round(x * c.per_metre)
    i1, j1 = round((y + h) * c.per_metre), round((x + w) * c.per_metre)
    c.light[i0:i1, j0:j1] *= keep


def _pane(sheets: _Sheets, x: float, y: float, w: float, h: float, rng: np.random.Generator, chance: float) -> None:
    """The room behind a pane: dark by day, perhaps lit by night; curtains or blinds in either."""
    box = (x, y, x + w, y + h)
    sheets.wall.shape("rectangle", box, "20272c")
    sheets.wall.shape("rectangle", (x, y + 0.55 * h, x + w, y + h), "171b1e")
    sheets.glass.shape("rectangle", box, "ffffff")
    lit, warm = rng.random() < chance, rng.random()
    tone = np.array([1.0, 0.64 + 0.26 * warm, 0.30 + 0.55 * warm]) * rng.uniform(0.22, 0.85)
    if lit:
        for k in range(6):
            t = k / 6
            sheets.shine.shape("rectangle", (x, y + t * h, x + w, y + (t + 1 / 6) * h), tuple(tone * (1.0 - 0.62 * t)))
        for _ in range(int(rng.integers(1, 4))):
            a, wide, tall = rng.uniform(0, w - 0.3), rng.uniform(0.2, 0.7), rng.uniform(0.25, 0.75)
            sheets.shine.shape("rectangle", (x + a, y + h - tall, x + min(a + wide, w), y + h), tuple(tone * 0.10))
        at = x + w * rng.uniform(0.25, 0.75)
        sheets.shine.shape("ellipse", (at - 0.16, y + 0.14, at + 0.16, y + 0.30), tuple(np.minimum(tone * 2.2, 1.0)))
    style = rng.random()
    cloth = np.array(from_hex(("b9b3a6", "cfcac0", "9aa09f", "b59f86")[int(rng.integers(4))]))
    if style < 0.55:
        left, right = w * rng.uniform(0.10, 0.34), w * rng.uniform(0.06, 0.30)
        for a, b in ((x, x + left), (x + w - right, x + w)):
            _cloth(sheets, a, b, y, y + h, cloth, tone if lit else None)
    elif style < 0.75:
        _cloth(sheets, x, x + w, y, y + h * rng.uniform(0.2, 0.8), cloth, tone if lit else None, level=True)


def _cloth(
    sheets: _Sheets,
    x0: float,
    x1: float,
    y0: float,
    y1: float,
    ink: np.ndarray,
    tone: np.ndarray | None,
    level: bool = False,
) -> None:
    steps = 9 if level else 6
    for k in range(steps):
        f = 0.55 + 0.45 * (k % 2)
        if level:
            box = (x0, y0 + (y1 - y0) * k / steps, x1, y0 + (y1 - y0) * (k + 0.8) / steps)
        else:
            box = (x0 + (x1 - x0) * k / steps, y0, x0 + (x1 - x0) * (k + 1) / steps, y1)
        sheets.wall.shape("rectangle", box, tuple(ink * 0.5 * f))
        sheets.shine.shape("rectangle", box, (0.0, 0.0, 0.0) if tone is None else tuple(tone * 0.62 * f))


@cache
def shops() -> tuple[np.ndarray, np.ndarray]:
    """Ground floors of eight shops, each 6 x 3.6 m, with sign boards (Hangul 60 cm): (RGBA by day, shine by night)."""
    sheets = _Sheets(48.0, 3.6, 72, "7d776d")
    for i, (hangul, latin, ink) in enumerate(SHOPS):
        x, c = 6.0 * i, sheets.wall
        rng = stream(0, 0, i, "shop")
        c.shape("rectangle", (x, 0.0, x + 6.0, 3.6), ("6f6a62", "4b4742", "8b867c", "5f5a55")[i % 4])
        _board(sheets, x, hangul, latin, ink)
        for a, b in ((0.3, 2.25), (2.35, 4.3), (4.5, 5.7)):
            _display(sheets, x + a, x + b, i, rng, door=a > 4)
        c.shape("rectangle", (x + 0.28, 3.30, x + 4.32, 3.6), "2f2d2b")
        for edge in (0.26, 2.3, 4.34, 4.46, 5.74):
            _bar(sheets, x + edge - 0.04, 1.2, x + edge + 0.04, 3.6, "2c2f32")
        _bar(sheets, x + 0.26, 1.16, x + 5.74, 1.24, "2c2f32")
        _bar(sheets, x + 4.5, 1.75, x + 5.7, 1.80, "2c2f32")
        c.shape("rectangle", (x + 4.62, 2.4, x + 4.66, 2.8), "c9c9c6")
        _shade(c, x, 1.08, 6.0, 0.10, 0.45)
    return sheets.images()


def _board(sheets: _Sheets, x: float, hangul: str, latin: str, ink: str) -> None:
    for sheet, ground, low in ((sheets.wall, ink, "f4ecd8"), (sheets.shine, None, "ffe9c0")):
        if ground:
            sheet.shape("rectangle", (x + 0.1, 0.10, x + 5.9, 1.08), tuple(np.array(from_hex(ink)) * 0.5))
            sheet.shape("rectangle", (x + 0.1, 0.13, x + 5.9, 1.03), ground)
        else:
            sheet.shape("rectangle", (x + 0.1, 0.13, x + 5.9, 1.03), tuple(np.array(from_hex(ink)) * 0.5))
        sheet.text(hangul, x + 0.5, 0.87, 0.60, "ffffff", of="가")
        sheet.text(latin, x + 2.5, 0.84, 0.40, low)


def _display(sheets: _Sheets, x0: float, x1: float, shop: int, rng: np.random.Generator, door: bool) -> None:
    """One pane of a shop window with shelves and goods, lit from above by night."""
    y0, y1 = 1.24, 3.6 if door else 3.32
    sheets.wall.shape("rectangle", (x0, y0, x1, y1), "2a2e31")
    sheets.glass.shape("rectangle", (x0, y0, x1, y1), "e0e0e0")
    warm = np.array((1.0, 0.80, 0.52)) if shop % 3 else np.array((0.90, 0.95, 1.0))
    for k in range(8):
        t = k / 8
        box = (x0, y0 + t * (y1 - y0), x1, y0 + (t + 1 / 8) * (y1 - y0))
        sheets.shine.shape("rectangle", box, tuple(warm * (0.62 - 0.36 * t)))
        sheets.wall.shape("rectangle", box, tuple(np.array([0.045, 0.05, 0.055]) * (1.3 - 0.8 * t)))
    if door:
        return
    if shop not in (2, 3, 4):
        _room(sheets, x0, x1, shop, rng)
        return
    goods = ("b3734a", "4a6a58", "d9c9a5", "3a4654", "a33c30", "e0b04a", "6d8aa6", "f0ece2")
    for shelf in (2.05, 2.68, 3.30):
        x = x0 + 0.06
        while x < x1 - 0.1:
            w, h = rng.uniform(0.06, 0.20), rng.uniform(0.14, 0.48)
            ink = np.array(from_hex(goods[int(rng.integers(8))]))
            if rng.random() < 0.82:
                sheets.wall.shape("rectangle", (x, shelf - h, min(x + w, x1), shelf), tuple(ink * 0.5))
                sheets.shine.shape("rectangle", (x, shelf - h, min(x + w, x1), shelf), tuple(ink * warm * 0.75))
            x += w + rng.uniform(0.01, 0.07)
        for sheet, wood in ((sheets.wall, (0.10, 0.09, 0.08)), (sheets.shine, (0.12, 0.09, 0.06))):
            sheet.shape("rectangle", (x0, shelf, x1, shelf + 0.035), wood)


def _room(sheets: _Sheets, x0: float, x1: float, shop: int, rng: np.random.Generator) -> None:
    """A place to sit or look: hanging lamps, tables and guests; flowers; or posters in frames."""
    both = ((sheets.wall, 0.35), (sheets.shine, 1.0))
    if shop in (1, 7):
        for k in range(3):
            x = x0 + (k + 0.5) * (x1 - x0) / 3
            for c, share in both:
                c.shape("line", (x, 1.24, x, 1.66), (0.03, 0.03, 0.03), width=0.015)
                c.shape(
                    "polygon",
                    (x - 0.12, 1.80, x - 0.05, 1.64, x + 0.05, 1.64, x + 0.12, 1.80),
                    tuple(share * np.array([1.0, 0.72, 0.36])),
                )
                c.shape(
                    "rounded_rectangle",
                    (x - 0.26, 2.72, x + 0.26, 2.78),
                    (0.16 * share, 0.09 * share, 0.05 * share),
                    radius=0.02,
                )
                c.shape("rectangle", (x - 0.025, 2.78, x + 0.025, 3.3), (0.02, 0.02, 0.02))
            if rng.random() < 0.6:
                ink = np.array(from_hex(("6d3b34", "35524a", "44506a")[int(rng.integers(3))]))
                for c, share in both:
                    c.shape("rounded_rectangle", (x - 0.30, 2.42, x + 0.02, 3.3), tuple(ink * share * 0.6), radius=0.12)
                    c.shape(
                        "ellipse", (x - 0.24, 2.16, x - 0.04, 2.44), tuple(np.array([0.36, 0.22, 0.15]) * share * 0.6)
                    )
    elif shop == 5:
        for _ in range(60):
            x, y, r = rng.uniform(x0 + 0.1, x1 - 0.1), rng.uniform(2.1, 3.0), rng.uniform(0.04, 0.10)
            ink = np.array(from_hex(("d9506b", "e8b03a", "f0ece2", "8a3d9b", "4f8a3d", "3d6b34")[int(rng.integers(6))]))
            for c, share in both:
                c.shape("ellipse", (x - r, y - r, x + r, y + r), tuple(ink * share * 0.8))
        for k in range(4):
            x = x0 + 0.15 + k * (x1 - x0 - 0.5) / 3
            for c, share in both:
                c.shape(
                    "polygon",
                    (x, 2.95, x + 0.34, 2.95, x + 0.28, 3.3, x + 0.06, 3.3),
                    (0.22 * share, 0.12 * share, 0.07 * share),
                )
    else:
        for k in range(2):
            x = x0 + 0.12 + k * (x1 - x0) / 2
            ink = np.array(from_hex(("23364d", "d9653b", "2f5a57", "e5b466")[int(rng.integers(4))]))
            for c, share in both:
                c.shape("rectangle", (x, 1.55, x + 0.72, 2.62), tuple(np.array([0.8, 0.78, 0.72]) * share))
                c.shape("rectangle", (x + 0.05, 1.60, x + 0.67, 2.25), tuple(ink * share))
                c.shape("ellipse", (x + 0.20, 1.72, x + 0.52, 2.04), tuple(np.array([0.85, 0.80, 0.70]) * share))
                c.shape("rectangle", (x0, 2.86, x1, 2.94), (0.24 * share, 0.15 * share, 0.09 * share))


@cache
def leaves() -> np.ndarray:
    """A twig of small leaves with alpha, 384 px: lit from above, paler at the rim."""
    from PIL import Image, ImageDraw

    n = 384
    rng = stream(0, 0, 0, "twig")
    colour = np.zeros((n, n, 3), np.float32)
    colour[:] = np.array(from_hex("55803a"))
    alpha = np.zeros((n, n), bool)
    for _ in range(150):
        x, y = rng.uniform(0.06, 0.94, 2) * n
        if (x / n - 0.5) ** 2 + (y / n - 0.5) ** 2 > 0.20:
            continue
        a, r = rng.uniform(0, np.pi), rng.uniform(0.030, 0.055) * n
        t = np.linspace(0, 2 * np.pi, 16)
        u, v = r * np.cos(t), 0.42 * r * np.sin(t) * (1 + 0.25 * np.cos(t))
        one = Image.new("L", (n, n))
        ImageDraw.Draw(one).polygon(
            [*zip(x + u * np.cos(a) - v * np.sin(a), y + u * np.sin(a) + v * np.cos(a), strict=True)], fill=255
        )
        area = np.asarray(one) > 127
        tone = mix(from_hex("3f6a2c"), from_hex("8fb254"), np.array([rng.uniform(0, 1)]))[0]
        colour[area] = tone * rng.uniform(0.75, 1.15)
        alpha |= area
    return np.concatenate([srgb(colour), (alpha[..., None] * 255).astype(np.uint8)], axis=2)
