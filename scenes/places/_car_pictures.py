"""Drawn pictures of cars: seams, what is seen through the glass, lamps, grille. Images run 0..1 over their piece."""

from functools import cache

import numpy as np

from scenes.signs import Canvas, gradient

LONG, TALL = 6.4, 0.8  # m that the skin's picture spans along s and t


def _seam(c: Canvas, *points: float, width: float = 0.012) -> None:
    xy = np.array(points).reshape(-1, 2) * [LONG, -TALL] + [0, TALL]
    c.shape("line", xy.ravel(), "2c2c2c", width=width)


@cache
def side() -> np.ndarray:
    """Half a car's skin, nose at the left: bonnet, doors, lid, bumpers' seams and fuel flap on white."""
    c = Canvas(LONG, TALL, 300, "ffffff")
    _seam(c, 0.0, 0.86, 0.15, 0.90, 0.19, 0.97)
    _seam(c, 0.185, 0.52, 0.225, 0.56)
    _seam(c, 0.19, 0.80, 0.20, 0.56)
    _seam(c, 0.345, 0.10, 0.335, 0.50, 0.352, 0.99)
    _seam(c, 0.520, 0.10, 0.520, 0.99)
    _seam(c, 0.715, 0.99, 0.690, 0.70, 0.650, 0.42)
    _seam(c, 0.345, 0.11, 0.62, 0.11)
    _seam(c, 0.785, 0.50, 0.835, 0.54, 0.84, 0.66)
    _seam(c, 0.84, 0.53, 1.0, 0.50)
    _seam(c, 0.935, 0.53, 0.94, 0.99)
    x, y = 0.760 * LONG, 0.20 * TALL
    c.shape("rounded_rectangle", (x, y, x + 0.15, y + 0.11), "3a3a3a", radius=0.03, width=0.008)
    dark = np.clip(1 - np.linspace(1, 0, c.height) / 0.055, 0, 1)[:, None, None]
    c.light *= (1 - 0.9 * dark).astype(np.float32)
    return c.image()


@cache
def glass(kind: str) -> np.ndarray:
    """Through a car's window, dark: seats, heads' rests and the light of the windows beyond."""
    c = Canvas(1.4, 0.6, 240, "1b1f22")
    gradient(c, "232a2e", "101214", 0, 0.6)
    if kind == "side":
        c.shape("rounded_rectangle", (0.10, 0.10, 1.30, 0.42), "4a5256", radius=0.06)
        for x in (0.42, 1.00):
            c.shape("rounded_rectangle", (x, 0.22, x + 0.24, 0.75), "0e0f10", radius=0.07)
            c.shape("rounded_rectangle", (x + 0.05, 0.07, x + 0.20, 0.25), "0e0f10", radius=0.05)
    else:
        c.shape("rounded_rectangle", (0.17, 0.10, 1.23, 0.40), "59646a" if kind == "rear" else "3a4246", radius=0.07)
        for x in (0.26, 0.86):
            c.shape("rounded_rectangle", (x, 0.26, x + 0.28, 0.75), "0e0f10", radius=0.06)
            c.shape("rounded_rectangle", (x + 0.06, 0.12, x + 0.22, 0.28), "0e0f10", radius=0.045)
        c.shape("rectangle", (0.0, 0.50, 1.4, 0.62), "0b0c0d")
        c.shape("rounded_rectangle", (0.60, 0.06, 0.80, 0.12), "0b0c0d", radius=0.02)
    if kind == "front":
        c.shape("ellipse", (0.80, 0.40, 1.16, 0.66), "0b0c0d", width=0.03)
    if kind == "rear":
        for k in range(9):
            c.shape("rectangle", (0.10, 0.10 + 0.045 * k, 1.30, 0.1025 + 0.045 * k), "1a1513")
    edge = np.minimum.reduce(
        np.meshgrid(*[np.minimum(np.arange(n), n - 1 - np.arange(n)) / 8.0 for n in (c.width, c.height)])
    )
    c.light *= np.clip(0.15 + edge, 0, 1)[..., None].astype(np.float32)
    return c.image()


@cache
def tail_lamp() -> np.ndarray:
    """Red lens with a light guide around it; white marks what shines most. Mirrored use keeps it symmetric."""
    c = Canvas(0.5, 0.2, 700, "2a0402")
    gradient(c, "3a0604", "1c0201", 0, 0.2)
    for k in range(9):
        x = 0.03 + 0.052 * k
        c.shape("rectangle", (x, 0.075, x + 0.040, 0.150), "5c0a07")
    c.shape("rounded_rectangle", (0.018, 0.020, 0.482, 0.180), "ff4a38", radius=0.03, width=0.020)
    c.shape("rectangle", (0.06, 0.100, 0.44, 0.122), "ff3524")
    return c.image()


@cache
def head_lamp() -> np.ndarray:
    """Clear lens over a dark bowl: ribs, two lenses' rings, a bright upper edge."""
    c = Canvas(0.5, 0.15, 700, "14171a")
    gradient(c, "3c444a", "0c0e10", 0, 0.15)
    for x in (0.08, 0.23):
        c.shape("ellipse", (x, 0.03, x + 0.11, 0.13), "aab4bb", width=0.010)
        c.shape("ellipse", (x + 0.02, 0.045, x + 0.09, 0.115), "20262b")
    for k in range(7):
        c.shape("line", (0.36 + 0.02 * k, 0.03, 0.34 + 0.02 * k, 0.13), "59636b", width=0.003)
    return c.image()


@cache
def grille() -> np.ndarray:
    """Mesh of a grille, near black."""
    c = Canvas(0.6, 0.3, 500, "0a0b0c")
    for k in range(31):
        for shift in (0.0, 0.01):
            x = 0.02 * k + shift
            c.shape("line", (x, 0.0, x - 0.15, 0.3), "2b2e31", width=0.003)
            c.shape("line", (x - 0.15, 0.0, x, 0.3), "2b2e31", width=0.003)
    return c.image()


@cache
def stitch() -> np.ndarray:
    """One stitch of thread in 12 mm, with alpha."""
    n = 32
    y, x = np.indices((n, n)) / n
    inside = (np.abs(x - 0.5) < 0.36) & (np.abs(y - 0.5) < 0.36)
    tone = 255 * (0.75 + 0.25 * np.cos((y - 0.5) * 3.0))
    image = np.repeat(tone[..., None], 3, axis=2).astype(np.uint8)
    return np.concatenate([image, (inside[..., None] * 255).astype(np.uint8)], axis=2)
