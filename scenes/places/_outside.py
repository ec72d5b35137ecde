"""What is seen through a window: a city of boxes under the sun in true perspective, hills, a river, clouds.

The picture lies on a cylinder around the eye: a pixel is an azimuth and the tangent of an elevation.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from scenes.lightmap import FOLDER
from scenes.mesh import Patch, sheet
from scenes.places._facades import BAY, facade
from scenes.signs import Canvas, gradient
from scenes.texture import from_hex, linear, noise
from twin_engine import assets
from twin_engine.streams import stream

PER_METRE = 26.0  # pixels in a metre of the billboard
RADIUS_M = 60.0
SPREAD_DEG = 140.0
ABOVE, BELOW = 36.0, 24.0  # m of billboard over and under the horizon
HAZE = np.array(from_hex("c6d6e2"))
SUN = np.array([-0.45, -0.55, 0.70])  # of the picture: from the left, behind the eye


@dataclass(frozen=True)
class Block:
    """A building: middle (ahead, right), half length and depth, heading in degrees, height, m; façade, tint, roof."""

    ahead: float
    right: float
    half: tuple[float, float]
    heading: float
    height: float
    kind: int
    tint: np.ndarray
    roof: str


@cache
def _levels(kind: int) -> tuple[np.ndarray, ...]:
    """A façade by day with sky in its glass, and its halved copies."""
    image, _ = facade(kind)
    wall, glass = linear(image[..., :3]) * 0.85, (255 - image[..., 3:].astype(np.float32)) / 153
    out = [wall + glass * np.array([0.10, 0.135, 0.17], np.float32)]
    while out[-1].shape[0] > 4:
        n = out[-1].shape[0] // 2
        out.append(out[-1][: 2 * n, : 2 * n].reshape(n, 2, n, 2, 3).mean(axis=(1, 3)))
    return tuple(out)


def _hazed(light: np.ndarray, metres: np.ndarray | float) -> np.ndarray:
    clear = np.exp(-np.asarray(metres) / 1500.0)[..., None]
    return light * clear + HAZE * (1 - clear)


def _wall(c: Canvas, horizon: float, eye: float, a: np.ndarray, b: np.ndarray, block: Block) -> None:
    """One upright face from ground point a to b (ahead, right), drawn column by column."""
    az = np.arctan2([a[1], b[1]], [a[0], b[0]])
    x = (az * RADIUS_M + c.width / c.per_metre / 2) * c.per_metre
    if x[1] - x[0] < 1.0 or x[1] < 0 or x[0] > c.width or a[0] < 1 or b[0] < 1:
        return
    columns = np.arange(max(0, int(np.ceil(x[0]))), min(c.width, int(x[1]) + 1))
    if len(columns) == 0:
        return
    angle = (columns / c.per_metre - c.width / c.per_metre / 2) / RADIUS_M
    d, along = np.array([np.cos(angle), np.sin(angle)]).T, b - a
    # Where the line of sight meets the face: a + u (b - a) = r d.
    cross = d[:, 0] * along[1] - d[:, 1] * along[0]
    cross = np.where(np.abs(cross) < 1e-9, 1e-9, cross)
    r = (a[0] * along[1] - a[1] * along[0]) / cross
    u = (a[0] * d[:, 1] - a[1] * d[:, 0]) / cross
    y = horizon * c.per_metre - (np.array([block.height, 0.0])[:, None] - eye) / r * RADIUS_M * c.per_metre
    rows = np.arange(max(0, int(y[0].min())), min(c.height, int(np.ceil(y[1].max()))))
    if len(rows) == 0:
        return
    share = (rows[:, None] + 0.5 - y[0][None]) / (y[1] - y[0])[None]
    inside = (share >= 0) & (share <= 1)
    tall = block.height * (1 - share)
    levels = _levels(block.kind)
    per = float(np.median(r)) / RADIUS_M / c.per_metre  # m in a pixel
    level = int(np.clip(np.ceil(np.log2(max(per * len(levels[0]) / BAY, 1e-3))), 0, len(levels) - 1))
    image = levels[level]
    n = len(image)
    i = (-(tall / BAY) * n).astype(int) % n
    j = np.broadcast_to((u * np.hypot(*along) / BAY * n).astype(int) % n, i.shape)
    normal = np.array([-along[1], along[0]]) / np.hypot(*along)
    sun = max(0.0, float(normal @ np.array([SUN[1], SUN[0]])))
    light = image[i, j] * block.tint * (0.42 + 0.95 * sun) * (0.62 + 0.38 * np.clip(tall / 14.0, 0, 1))[..., None]
    light = np.where((share < 1.4 / block.height)[..., None], block.tint * (0.30 + 0.5 * sun), light)
    light = _hazed(light, np.broadcast_to(r[None], share.shape))
    part = c.light[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    part[inside] = light[inside]


def _draw(c: Canvas, horizon: float, eye: float, block: Block) -> None:
    h = np.radians(block.heading)
    e, f = np.array([np.cos(h), np.sin(h)]), np.array([-np.sin(h), np.cos(h)])
    p, q = block.half
    middle = np.array([block.ahead, block.right])
    corners = [middle + s * p * e + t * q * f for s, t in ((-1, -1), (-1, 1), (1, 1), (1, -1))]
    if min(k[0] for k in corners) < 2:
        return
    if block.height < eye - 1:
        xy = [
            (
                (np.arctan2(k[1], k[0]) * RADIUS_M + c.width / c.per_metre / 2),
                horizon - (block.height - eye) / np.hypot(*k) * RADIUS_M,
            )
            for k in corners
        ]
        tone = _hazed(np.array(from_hex(block.roof)) * 0.95, float(np.hypot(*middle)))
        c.shape("polygon", np.array(xy).ravel(), tuple(tone))
    faces = []
    for k in range(4):
        a, b = corners[k], corners[(k + 1) % 4]
        if a[0] * b[1] - a[1] * b[0] > 0:  # seen from the eye, it runs to the right
            faces.append((a, b))
    for a, b in sorted(faces, key=lambda s: -float(np.hypot(*(s[0] + s[1])))):
        _wall(c, horizon, eye, a, b, block)
    if block.height > eye:
        for corner in corners[:2]:
            x = np.arctan2(corner[1], corner[0]) * RADIUS_M + c.width / c.per_metre / 2
            r = float(np.hypot(*corner))
            top = horizon - (block.height - eye) / r * RADIUS_M
            w, t = 3.0 / r * RADIUS_M, 3.2 / r * RADIUS_M
            stairs = tuple(_hazed(block.tint * 0.62, r))
            if 0 < x < c.width / c.per_metre:
                c.shape("rectangle", (x, top - t, x + w, top + 0.05), stairs)


def _blocks(high: bool) -> list[Block]:
    """Houses from far to near: slabs of flats round a park, or a town with towers and green roofs."""
    rng = stream(0, 0, int(high), "city blocks")
    walls = [np.array(v) for v in ((1.0, 0.97, 0.91), (0.93, 0.95, 0.97), (1.0, 0.92, 0.82), (0.88, 0.88, 0.86))]
    roofs = ("5f8a5c", "8d8f8e", "6f7f70", "a59c8e", "7a9a6f")
    out = []
    for ring, (near, far, count) in enumerate(
        ((900, 2600, 300 if high else 150), (400, 900, 150 if high else 70), (150, 420, 95 if high else 22))
    ):
        for _ in range(count):
            r, az = float(rng.uniform(near, far)), float(rng.uniform(-1.25, 1.25))
            slab = rng.random() < (0.35 if high else 0.8)
            tall = float(
                rng.uniform(42, 78) if slab else rng.uniform(9, 30) if rng.random() < 0.8 else rng.uniform(70, 150)
            )
            if ring == 2 and high:
                tall, slab = min(tall, float(rng.uniform(8, 36))), False
            half = (float(rng.uniform(22, 34)), 6.5) if slab else (float(rng.uniform(7, 14)), float(rng.uniform(7, 12)))
            kind = int(rng.choice([0, 3])) if slab else int(rng.integers(4))
            heading = float(rng.choice([62.0, 118.0, 90.0, 25.0]) if slab else rng.choice([20.0, 65.0, 110.0]))
            out.append(
                Block(
                    r * np.cos(az),
                    r * np.sin(az),
                    half,
                    heading,
                    tall,
                    kind,
                    walls[int(rng.integers(4))],
                    roofs[int(rng.integers(5))],
                )
            )
    return sorted(out, key=lambda b: -np.hypot(b.ahead, b.right))


def _clouds(canvas: Canvas, horizon: float) -> None:
    h = round(horizon * canvas.per_metre)
    soft = noise("clouds", 3.2, (1.0, 1.0), 1024) + 0.30 * noise("cloud edge", 2.4, (1.0, 1.0), 1024)
    y, x = np.indices((h, canvas.width))
    depth = 0.30 + 0.70 * (1 - y / h)
    field = soft[(150 / depth).astype(int) % 1024, ((x - canvas.width / 2) * 0.35 / depth).astype(int) % 1024]
    below = soft[(150 / depth + 12).astype(int) % 1024, ((x - canvas.width / 2) * 0.35 / depth).astype(int) % 1024]
    mask = np.clip((field - 0.05) * 0.85, 0, 0.92) * np.clip((1 - y / h) * 2.6, 0, 1)
    canvas.blend(mask.astype(np.float32), (0.93, 0.94, 0.95))
    canvas.blend((mask * np.clip((below - field) * 0.8 + 0.12, 0, 0.5)).astype(np.float32), (0.55, 0.62, 0.70))


def _ridge(canvas: Canvas, base: float, height: float, ink: str, key: str, metres: float) -> None:
    line = noise(key, 4.2, (1.0, 4.0), 1024)[17]
    detail = noise(key + "d", 2.6, (1.0, 4.0), 1024)[31]
    x = np.arange(canvas.width)
    profile = np.interp(x / canvas.width * 1000, np.arange(1024), line + 0.09 * detail)
    profile = (profile - profile.min()) / (profile.max() - profile.min())
    top = (base - height * (0.2 + 0.8 * profile)) * canvas.per_metre
    rows = np.arange(canvas.height)[:, None]
    mask = np.clip(rows - top[None, :] + 0.5, 0, 1) * (rows < (base + 2) * canvas.per_metre)
    relief = noise(key + " relief", 2.2, (1.6, 1.0), 512)[rows % 512, x[None, :] % 512]
    tone = np.array(from_hex(ink))[None, None] * (1 + 0.16 * relief)[..., None]
    fade = np.clip((rows / canvas.per_metre - (base - height)) / height, 0, 1)[..., None] * 0.5
    light = _hazed(tone, metres) * (1 - fade) + HAZE * fade
    canvas.light[:] = canvas.light * (1 - mask[..., None]) + light * mask[..., None]


def _trees(near: float, far: float, count: int, key: str) -> list[tuple[float, np.random.Generator]]:
    """Trees between two distances: (m, own random stream)."""
    metres = 1 / stream(0, 0, 0, f"trees {key}").uniform(1 / far, 1 / near, count)
    return [(float(r), stream(0, 0, i, f"tree {key}")) for i, r in enumerate(metres)]


def _tree(canvas: Canvas, horizon: float, eye: float, r: float, rng: np.random.Generator) -> None:
    """The crown of one tree, lit from the upper left."""
    grain = noise("crowns", 1.3, (1.0, 1.0), 512)
    x = float(rng.uniform(0, canvas.width / canvas.per_metre))
    tall, wide = float(rng.uniform(6, 11)), float(rng.uniform(3.0, 5.0))
    y = horizon + (eye - tall * 0.55) / r * RADIUS_M
    w = wide / r * RADIUS_M
    size = int(np.clip(2 * w * canvas.per_metre, 6, 900))
    yy, xx = np.indices((size, size)) / size * 2 - 1
    off = int(rng.integers(0, 511))
    step = max(1, 200 // size)
    edge = grain[(np.arange(size)[:, None] * step + off) % 512, (np.arange(size)[None, :] * step + 7 * off) % 512]
    mask = np.clip((1 - np.hypot(xx, yy * 0.92) + 0.11 * edge) * size / 14, 0, 1).astype(np.float32)
    shade = np.clip(0.50 - 0.42 * yy - 0.22 * xx + 0.17 * edge, 0.10, 1.2)
    tone = np.array(from_hex(str(rng.choice(["4f7238", "5d7f3f", "426433", "6b8644"])))) * float(rng.uniform(0.8, 1.15))
    light = _hazed(tone * 1.35 * shade[..., None], float(r))
    i0, j0 = int(y * canvas.per_metre) - size // 2, int(x * canvas.per_metre) - size // 2
    a, b = max(i0, 0), max(j0, 0)
    part = canvas.light[a : i0 + size, b : j0 + size]
    m = mask[a - i0 : a - i0 + part.shape[0], b - j0 : b - j0 + part.shape[1], None]
    part[:] = part * (1 - m) + light[a - i0 : a - i0 + part.shape[0], b - j0 : b - j0 + part.shape[1]] * m


def _level(canvas: Canvas, horizon: float, eye: float, near: float, far: float, ink: str) -> None:
    """Level ground between two distances."""
    y0, y1 = (round((horizon + eye / r * RADIUS_M) * canvas.per_metre) for r in (far, near))
    rows = np.arange(max(y0, 0), min(max(y1, 0), canvas.height))
    if len(rows):
        r = eye * RADIUS_M * canvas.per_metre / np.maximum(rows - horizon * canvas.per_metre, 1e-3)
        canvas.light[rows] = _hazed(np.broadcast_to(np.array(from_hex(ink)), (len(rows), 3)), r)[:, None]


@cache
def panorama(high: bool = False) -> np.ndarray:
    """The stored picture (see `drawn`), (h, w, 3) uint8."""
    from PIL import Image

    with Image.open(assets.path(f"{FOLDER}/outside-{'office' if high else 'home'}.jpg")) as image:
        return np.asarray(image)


def drawn(high: bool) -> np.ndarray:
    """(h, w, 3) uint8 city seen from a fifth floor over a park, or from a high office over a river."""
    width = 2 * np.pi * RADIUS_M * SPREAD_DEG / 360
    horizon, eye = ABOVE, 42.0 if high else 14.0
    canvas = Canvas(width, ABOVE + BELOW, PER_METRE, "8f9a94")
    gradient(canvas, "3f7fc4", "cfdfea", 0, horizon)
    _clouds(canvas, horizon)
    _ridge(canvas, horizon + 0.3, 7.5, "5f7f7a", "far ridge", 2600.0)
    _ridge(canvas, horizon + 0.5, 4.2, "4f6f52", "near ridge", 1300.0)
    _level(canvas, horizon, eye, 5.0, 1e5, "6f7a70")
    if high:
        _level(canvas, horizon, eye, 560.0, 860.0, "7f9fb3")
    trees = (
        [*_trees(870.0, 960.0, 200, "far bank"), *_trees(70.0, 540.0, 700, "streets")]
        if high
        else _trees(52.0, 150.0, 460, "park")
    )
    things: list[tuple[float, Any]] = [(r, rng) for r, rng in trees]
    for block in _blocks(high):
        r = float(np.hypot(block.ahead, block.right))
        if not (high and 520 < r < 900):
            things.append((r, block))
    for r, thing in sorted(things, key=lambda t: -t[0]):
        if isinstance(thing, Block):
            _draw(canvas, horizon, eye, thing)
        else:
            _tree(canvas, horizon, eye, r, thing)
    return canvas.image()


def billboard(material: str, towards_deg: float, eye_height: float, spread_deg: float = SPREAD_DEG) -> Patch:
    """A curved wall of that picture, its middle at an azimuth (degrees from +x), horizon at eye height."""
    a = np.radians(towards_deg + np.linspace(spread_deg / 2, -spread_deg / 2, 33))
    ring = np.stack([np.cos(a), np.sin(a)], axis=1) * RADIUS_M
    low, high = eye_height - BELOW, eye_height + ABOVE
    points = np.stack([np.concatenate([ring, np.full((33, 1), z)], axis=1) for z in (low, high)])
    return sheet(points, material, image=True, density=0.0)
