"""What is seen through a window: a hazy city with mountains, towers and trees, as one drawn panorama."""

from functools import cache

import numpy as np

from scenes.mesh import Patch, sheet
from scenes.signs import Canvas, gradient
from scenes.texture import from_hex, noise
from twin_engine.streams import stream

PER_METRE = 24.0  # pixels in a metre of the billboard
RADIUS_M = 60.0


def _clouds(canvas: Canvas, horizon: float) -> None:
    h = round(horizon * canvas.per_metre)
    soft = noise("clouds", 3.4, (1.0, 1.0), 1024) + 0.25 * noise("cloud edge", 2.6, (1.0, 1.0), 1024)
    y, x = np.indices((h, canvas.width))
    depth = 0.3 + 0.7 * (1 - y / h)
    field = soft[(y * 1.7 / depth).astype(int) % 1024, (x * 0.8).astype(int) % 1024]
    mask = np.clip((field - 0.15) * 0.9, 0, 0.85) * np.clip((1 - y / h) * 2.2, 0, 1)
    canvas.blend(mask.astype(np.float32), (0.98, 0.97, 0.95))


def _ridge(canvas: Canvas, base: float, height: float, ink: str, key: str, top_haze: str) -> None:
    line = noise(key, 4.4, (1.0, 4.0), 1024)[17]
    detail = noise(key + "d", 3.0, (1.0, 4.0), 1024)[31]
    x = np.arange(canvas.width)
    profile = line[(x * 1024 // canvas.width) % 1024] + 0.10 * detail[x % 1024]
    profile = (profile - profile.min()) / (profile.max() - profile.min())
    top = (base - height * (0.25 + 0.75 * profile)) * canvas.per_metre
    rows = np.arange(canvas.height)[:, None]
    mask = np.clip(rows - top[None, :] + 0.5, 0, 1) * (rows < base * canvas.per_metre)
    canvas.blend(mask.astype(np.float32), ink)
    fade = np.clip((rows / canvas.per_metre - (base - height)) / height, 0, 1) * 0.55
    canvas.blend((mask * fade).astype(np.float32), top_haze)


def _tower(
    canvas: Canvas, x: float, base: float, width: float, height: float, haze: float, rng: np.random.Generator
) -> None:
    """An apartment block of two faces: lit front with balconies and windows, shaded flank."""
    sky = np.array(from_hex("cfdce6"))
    wall = np.array(from_hex(str(rng.choice(["e9e1d4", "ddd6cb", "d3d7d9", "e4d3c0", "cdd3cf"]))))
    tone = wall * (1 - haze) + sky * haze
    flank = 0.52 * width * rng.uniform(0.5, 1.0)
    top = base - height
    canvas.shape("rectangle", (x, top, x + width, base), tuple(tone))
    dark = wall * 0.50 * (1 - haze) + sky * haze
    canvas.shape("rectangle", (x + width, top, x + width + flank, base), tuple(dark))
    storey = 0.62 + 0.12 * rng.random()
    columns = max(2, round(width / 1.15))
    glass = np.array(from_hex("5d7486")) * (1 - haze) + sky * haze
    bright = np.array(from_hex("b9cfdd")) * (1 - haze) + sky * haze
    for row in range(int((height - 0.5) / storey)):
        y = top + 0.4 + row * storey
        canvas.shape("rectangle", (x, y + storey * 0.72, x + width, y + storey * 0.80), tuple(tone * 0.82))
        for column in range(columns):
            left = x + (column + 0.14) * width / columns
            pane = bright if rng.random() < 0.22 else glass * rng.uniform(0.75, 1.1)
            right = left + 0.72 * width / columns
            canvas.shape("rectangle", (left, y + 0.1 * storey, right, y + 0.66 * storey), tuple(pane))
        for column in range(2):
            left = x + width + (column + 0.2) * flank / 2
            right = left + 0.25 * flank
            canvas.shape("rectangle", (left, y + 0.15 * storey, right, y + 0.6 * storey), tuple(glass * 0.7))
    canvas.shape("rectangle", (x - 0.1, top - 0.25, x + width + 0.1, top + 0.05), tuple(tone * 0.9))
    canvas.shape("rectangle", (x + width * 0.35, top - 1.0, x + width * 0.65, top - 0.2), tuple(tone * 0.85))


def _trees(canvas: Canvas, base: float, top: float, key: str) -> None:
    rng = stream(0, 0, 0, f"trees {key}")
    crown = noise(key, 1.7, (1.0, 1.0), 512)
    for depth in range(4):
        line = top + (base - top) * (depth / 4.0)
        green = np.array(from_hex(("7d9472", "67835a", "54734a", "43613b")[depth]))
        x = 0.0
        while x < canvas.width / canvas.per_metre:
            r = rng.uniform(1.1, 2.1) * (1 + 0.25 * depth)
            size = int(2 * r * canvas.per_metre)
            yy, xx = np.indices((size, size)) / size * 2 - 1
            off = rng.integers(0, 511)
            edge = crown[(np.arange(size)[:, None] + off) % 512, (np.arange(size)[None, :] + 7 * off) % 512]
            ball = np.clip((1 - np.hypot(xx, yy * 1.05) + 0.10 * edge) * 9, 0, 1)
            shade = 0.72 + 0.30 * (-yy - 0.35 * xx) + 0.16 * edge
            left, up = int((x - r) * canvas.per_metre), int((line - 0.2 * r) * canvas.per_metre)
            canvas.blend((ball * 0.999).astype(np.float32), tuple(green * 0.75), left, up)
            light = np.clip(shade - 0.55, 0, 1) * ball
            canvas.blend(light.astype(np.float32), tuple(np.minimum(green * 2.1, 1)), left, up)
            x += r * rng.uniform(0.8, 1.4)
    if base > 45:
        canvas.shape("rectangle", (0, base - 0.2, canvas.width / canvas.per_metre, base + 30), "3f5a38")


@cache
def panorama(high: bool = False) -> np.ndarray:
    """(h, w, 3) uint8 city seen from a fourth floor, or from a high office."""
    width, height, horizon = 150.0, 60.0, 36.0
    canvas = Canvas(width, height, PER_METRE, "cfdce6")
    gradient(canvas, "4d86c6", "d3e1ea", 0, horizon)
    _clouds(canvas, horizon)
    _ridge(canvas, horizon + 0.5, 10.0, "9db3c6", "far ridge", "d3e1ea")
    _ridge(canvas, horizon + 1.0, 6.0, "7f9aa8", "near ridge", "c9d8e2")
    gradient(canvas, "b9c8d2", "8fa08f", horizon + 1.0, height)
    rng = stream(0, 0, 0, "city")
    for depth, haze in enumerate((0.72, 0.6, 0.5, 0.38, 0.26) if high else (0.72, 0.5, 0.26)):
        x = -4.0
        while x < width:
            w = rng.uniform(3.0, 6.5) * (0.7 + 0.3 * depth)
            tall = rng.uniform(3.5, 11.0) * (0.7 + 0.5 * depth) * (0.45 if high else 1.0)
            if rng.random() < 0.8:
                _tower(
                    canvas,
                    x,
                    horizon + 1.2 + (4.2 if high else 2.2) * depth,
                    w,
                    tall + (2.0 * depth if high else 0),
                    haze,
                    rng,
                )
            x += w * rng.uniform(1.2, 2.2)
        if high:
            _trees(canvas, horizon + 2.2 + 4.2 * depth, horizon + 1.0 + 4.2 * depth, f"street {depth}")
    if not high:
        _trees(canvas, horizon + 14.0, horizon + 6.0, "park")
    return canvas.image()


def billboard(material: str, towards_deg: float, eye_height: float, spread_deg: float = 140.0) -> Patch:
    """A curved wall of that picture, its middle at an azimuth (degrees from +x), horizon at eye height."""
    a = np.radians(towards_deg + np.linspace(spread_deg / 2, -spread_deg / 2, 33))
    ring = np.stack([np.cos(a), np.sin(a)], axis=1) * RADIUS_M
    low, high = eye_height - 24.0, eye_height + 36.0
    points = np.stack([np.concatenate([ring, np.full((33, 1), z)], axis=1) for z in (low, high)])
    return sheet(points, material, image=True, density=0.0)
