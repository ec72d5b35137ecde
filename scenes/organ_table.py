"""Things on a specimen table: board, ruler, scalpel, forceps, pools of blood, pins of ink. Lengths in mm."""

import math
from collections.abc import Callable

import numpy as np

from scenes.organ_mesh import Skin, plain, tissue
from twin_engine.tissue.organs.lesions import clouds
from twin_engine.tissue.organs.shape import Grid, surface


def _field(
    low: tuple, high: tuple, spacing: float, f: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
) -> Grid:
    axes = [np.arange(a, b + spacing, spacing) for a, b in zip(low, high, strict=True)]
    return Grid(np.array(low, dtype=float), spacing, np.broadcast_to(f(*np.ix_(*axes)), [len(a) for a in axes]).copy())


def sheet(
    width: float, depth: float, step: float, part: str, height: float = 0.0, image: np.ndarray | None = None
) -> Skin:
    """A flat, finely divided rectangle about the origin; an image (rows, columns, 3) sRGB colours it."""
    nx, ny = max(2, round(width / step)) + 1, max(2, round(depth / step)) + 1
    x, y = np.linspace(-width / 2, width / 2, nx), np.linspace(-depth / 2, depth / 2, ny)
    points = np.stack([*np.meshgrid(x, y, indexing="ij"), np.full((nx, ny), height)], axis=-1).reshape(-1, 3)
    number = np.arange(nx * ny).reshape(nx, ny)
    a, b, c, d = (number[:-1, :-1].ravel(), number[1:, :-1].ravel(), number[1:, 1:].ravel(), number[:-1, 1:].ravel())
    faces = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    rows = tissue("", (part,), np.zeros(len(points), dtype=int), points)
    if image is not None:
        h, w, _ = image.shape
        i = np.clip((points[:, 0] / width + 0.5) * w, 0, w - 1).astype(int)
        j = np.clip((0.5 - points[:, 1] / depth) * h, 0, h - 1).astype(int)
        s = image[j, i] / 255.0
        rows[:, :3] = np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)
    up = np.tile([0.0, 0.0, 1.0], (len(points), 1))
    return Skin(points, up, faces, rows, np.ones(len(points)), np.ones(len(points)))


def board(width: float = 620.0, depth: float = 420.0, step: float = 1.5) -> Skin:
    """The table's board, fine enough for baked shadows."""
    return sheet(width, depth, step, "board")


def ruler(length: int = 150) -> Skin:
    """A ruler with millimetres and numbered centimetres."""
    from PIL import Image, ImageDraw, ImageFont

    from twin_engine import assets

    scale = 6
    picture = Image.new("RGB", ((length + 10) * scale, 26 * scale), (232, 230, 222))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(str(assets.path("fonts/NotoSansKR-Regular.otf")), 5 * scale)
    for mm in range(length + 1):
        x = (5 + mm) * scale
        tall = 9 if mm % 10 == 0 else (6.5 if mm % 5 == 0 else 4)
        draw.line([(x, 0), (x, tall * scale)], fill=(30, 28, 28), width=2)
        if mm % 10 == 0:
            draw.text((x, 9.5 * scale), str(mm // 10), fill=(30, 28, 28), font=font, anchor="ma")
        if mm % 20 == 0 and mm < length:
            draw.rectangle([x, 19 * scale, x + 10 * scale, 23 * scale], fill=(58, 22, 24))
    return sheet(length + 10, 26, 0.2, "paper", 0.6, np.asarray(picture, dtype=float))


def scalpel() -> Skin:
    """Handle with grooves and a curved blade, along x."""

    def handle(x, y, z):
        width = (
            4.2 - 1.4 * np.clip((x - 20) / 70, 0, 1) + 0.35 * np.where((x > -40) & (x < 20), np.abs(np.sin(1.1 * x)), 0)
        )
        d = np.maximum(np.abs(y) - width, np.abs(z - 2.2) - 1.7)
        d = np.maximum(d, np.maximum(-78 - x, x - 62))
        edge = np.maximum(
            np.abs(y - 0.4) - (3.6 - 0.0042 * np.clip(x - 70, 0, 99) ** 2.2), np.abs(z - 2.2) - 0.45 + 0.05 * np.abs(y)
        )
        slot = np.maximum(np.abs(y) - 1.0, np.abs(x - 67) - 6)
        blade = np.maximum(np.maximum(edge, np.maximum(55 - x, x - 103)), -slot)
        return np.minimum(d - 0.3, blade)

    grid = _field((-82, -7, -1), (106, 7, 6), 0.42, handle)
    return plain(surface(grid), "steel", grid)


def forceps() -> Skin:
    """Two springy arms with fine tips, along x."""

    def arms(x, y, z):
        t = np.clip((x + 65) / 130, 0, 1)
        gap = 1.2 + 9.0 * np.sin(math.pi * np.clip(t, 0, 1) ** 0.8) * 0.75
        width = 4.0 - 3.1 * np.clip(t - 0.35, 0, 1) ** 0.8
        d = np.maximum(np.abs(np.abs(y) - gap) - 0.75, np.abs(z - 4.2) - width)
        grip = 0.3 * np.abs(np.sin(1.6 * x)) * ((t > 0.42) & (t < 0.62))
        return np.maximum(d - grip, np.maximum(-65 - x, x - 65)) * 0.8

    grid = _field((-67, -11, -1), (67, 11, 9), 0.5, arms)
    return plain(surface(grid), "steel", grid)


def pool(radius: float, seed: float) -> Skin:
    """Blood: flat in the middle, its rim a meniscus."""

    def drop(x, y, z):
        r = np.sqrt(x * x + (1.25 * y) ** 2) / radius
        rim = np.clip((1 - r + 0.5 * clouds(x + seed, y, 0.0 * x, 0.8 * radius)) / 0.16, 0, 1)
        return (z - 1.1 * np.sqrt(rim) + 0.05) * 0.7

    grid = _field((-1.8 * radius, -1.8 * radius, 0.15), (1.8 * radius, 1.8 * radius, 2.4), 0.35, drop)
    return plain(surface(grid), "blood", grid)


def turned(degrees: float, axis: str = "z") -> np.ndarray:
    """Rotation matrix about an axis."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return {
        "x": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "y": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
        "z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
    }[axis].astype(float)


def laid(skin: Skin, rotation: np.ndarray, x: float, y: float) -> Skin:
    """Turned and put down on the board at (x, y)."""
    put = skin.moved(rotation, (0, 0, 0))
    low, high = put.vertices.min(axis=0), put.vertices.max(axis=0)
    return put.moved(np.eye(3), (x - (low[0] + high[0]) / 2, y - (low[1] + high[1]) / 2, 0.3 - low[2]))
