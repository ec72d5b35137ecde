"""Light maps: packing of charts, and storage as 8-bit images.

A texel holds E / pi (so that a white surface shows exactly this luminance, cd/m2) and the mean direction of light.
Border texels lie exactly on a patch's border. Stored as square-root-coded RGB with a shared multiplier (RGBM).
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scenes.mesh import Patch, unit

FOLDER = "lightmaps"
DARK = (0, 0, 2, 2)  # rectangle of the texels that stay black, for surfaces that are not baked


@dataclass(frozen=True)
class Layout:
    """Where every patch's chart lies.

    Parameters
    ----------
    size : (width, height)
        Of the light map, texels.
    rects : (n, 4) int
        x, y, width, height of each patch's chart; `DARK` where it is not baked.
    """

    size: tuple[int, int]
    rects: np.ndarray

    def mark(self) -> str:
        """A check sum of the charts: tells whether a stored map belongs to this geometry."""
        return f"{zlib.crc32(np.ascontiguousarray(self.rects, np.int64).tobytes()):08x}"


def pack(patches: Sequence[Patch], per_metre: float, width: int = 1024, largest: int = 640) -> Layout:
    """Shelf-pack every patch's chart with a gutter of one texel."""
    rects = np.tile(np.array(DARK), (len(patches), 1))
    wanted = []
    for i, patch in enumerate(patches):
        if patch.density <= 0 or patch.proxy is not None:
            continue
        du, dv = patch.lengths()
        du *= patch.across
        w, h = (int(np.clip(round(x * per_metre * patch.density) + 1, 2, largest)) for x in (du, dv))
        wanted.append((h, w, i))
    x, y, shelf = 3, 0, 3
    for h, w, i in sorted(wanted, key=lambda r: (-r[0], -r[1], r[2])):
        if x + w > width:
            x, y, shelf = 0, y + shelf, 0
        rects[i] = (x, y, w, h)
        x, shelf = x + w + 1, max(shelf, h + 1)
    index = {id(p): i for i, p in enumerate(patches)}
    for i, patch in enumerate(patches):
        if patch.proxy is not None:
            rects[i] = rects[index[id(patch.proxy)]]
    return Layout((width, y + shelf), rects)


def chart_uv(patch: Patch, rect: np.ndarray) -> np.ndarray:
    """(rows, columns, 2) texel coordinates of a patch's vertices (centre of texel 0 is 0)."""
    x, y, w, h = (float(v) for v in rect)
    if patch.chart is not None:
        s, t = patch.chart[..., 0], patch.chart[..., 1]
    else:
        columns, rows = patch.parameters()
        s, t = np.broadcast_arrays(columns[None, :], rows[:, None])
    if tuple(rect) == DARK:
        return np.zeros((*patch.points.shape[:2], 2))
    inset = 0.0 if patch.chart is None else 0.3
    return np.stack([x + inset + s * (w - 1 - 2 * inset), y + inset + t * (h - 1 - 2 * inset)], axis=-1)


@dataclass(frozen=True)
class Texels:
    """Points where light is gathered: position, normal, half a texel along u and v, index in the map, chart."""

    position: np.ndarray
    normal: np.ndarray
    across: np.ndarray
    up: np.ndarray
    index: np.ndarray
    chart: np.ndarray


def texels(patches: Sequence[Patch], layout: Layout) -> Texels:
    """Every texel of every baked patch."""
    parts: list[list[np.ndarray]] = [[], [], [], [], [], []]
    for number, (patch, rect) in enumerate(zip(patches, layout.rects, strict=True)):
        if tuple(rect) == DARK or patch.proxy is not None:
            continue
        x, y, w, h = (int(v) for v in rect)
        columns, rows = patch.parameters()
        s, t = np.linspace(0, 1, w), np.linspace(0, 1, h)
        # A border texel looks from half a texel inside, or it would sit in the neighbour's edge.
        s[0], s[-1] = min(0.25, 0.25 / (w - 1)), max(0.75, 1 - 0.25 / (w - 1))
        t[0], t[-1] = min(0.25, 0.25 / (h - 1)), max(0.75, 1 - 0.25 / (h - 1))
        at = _on_facets(np.concatenate([patch.points, patch.normals], axis=2), columns, rows, s, t)
        p, n = at[..., :3], unit(at[..., 3:])
        du, dv = np.gradient(p, axis=1) / 2, np.gradient(p, axis=0) / 2
        index = (y + np.arange(h))[:, None] * layout.size[0] + x + np.arange(w)
        values = (p, n, du, dv, index, np.full((h, w), number))
        for part, value in zip(parts, values, strict=True):
            part.append(value.reshape(h * w, -1) if value.ndim == 3 else value.ravel())
    joined = [np.concatenate(part) for part in parts]
    p, n, du, dv = (np.ascontiguousarray(v, np.float32) for v in joined[:4])
    return Texels(p, n, du, dv, joined[4].astype(np.int64), joined[5].astype(np.int32))


def _on_facets(grid: np.ndarray, columns: np.ndarray, rows: np.ndarray, s: np.ndarray, t: np.ndarray) -> np.ndarray:
    i = np.clip(np.searchsorted(columns, s, side="right") - 1, 0, len(columns) - 2)
    j = np.clip(np.searchsorted(rows, t, side="right") - 1, 0, len(rows) - 2)
    a = ((s - columns[i]) / np.maximum(columns[i + 1] - columns[i], 1e-12))[None, :, None]
    b = ((t - rows[j]) / np.maximum(rows[j + 1] - rows[j], 1e-12))[:, None, None]
    # On the two triangles of each cell, not on the bilinear surface: a texel must not lie behind its own facet.
    p, q = grid[j][:, i], grid[j][:, i + 1]
    r, o = grid[j + 1][:, i + 1], grid[j + 1][:, i]
    return np.where(a >= b, p + a * (q - p) + b * (r - q), p + b * (o - p) + a * (r - o))


def encode(light: np.ndarray, scale: float) -> np.ndarray:
    """(h, w, 4) uint8 of (h, w, 3) light: c = scale (m / 255)^2 (c8 / 255)^2, dithered by a fixed hash."""
    coded = np.sqrt(np.clip(light / scale, 0.0, 1.0))
    m = np.ceil(np.clip(coded.max(axis=2), 1 / 255, 1) * 255)
    y, x = np.indices(m.shape)
    dither = ((x * 73 + y * 151) % 64 / 64.0 - 0.5)[..., None]
    rgb = np.clip(np.rint(coded / (m[..., None] / 255) * 255 + dither), 0, 255)
    return np.concatenate([rgb, m[..., None]], axis=2).astype(np.uint8)


def decode(image: np.ndarray, scale: float) -> np.ndarray:
    """Light of an encoded image, (h, w, 3) float32."""
    value = image[..., :3].astype(np.float32) / 255 * (image[..., 3:].astype(np.float32) / 255)
    return scale * value * value


def save(path: Path, light: np.ndarray, direction: np.ndarray, mark: str = "") -> None:
    """Write NAME.png (light) and NAME-direction.png; its scale and the mark of its charts are kept as text."""
    from PIL import Image, PngImagePlugin

    scale = float(light.max())
    info = PngImagePlugin.PngInfo()
    info.add_text("scale", repr(scale))
    info.add_text("charts", mark)
    Image.fromarray(encode(light, scale), "RGBA").save(path.with_suffix(".png"), pnginfo=info, optimize=True)
    coded = np.rint((direction * 0.5 + 0.5) * 15).clip(0, 15) * 17
    Image.fromarray(coded.astype(np.uint8), "RGB").save(path.with_name(path.stem + "-direction.png"), optimize=True)


def mark_of(path: Path) -> str:
    """The mark of the charts that a stored map was baked for."""
    from PIL import Image

    with Image.open(path.with_suffix(".png")) as image:
        return str(image.text.get("charts", ""))  # type: ignore[attr-defined]


def read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """(light, direction coded as 0..1) of a saved map."""
    from PIL import Image

    with Image.open(path.with_suffix(".png")) as image:
        light = decode(np.asarray(image), float(image.text["scale"]))  # type: ignore[attr-defined]
    with Image.open(path.with_name(path.stem + "-direction.png")) as image:
        direction = np.asarray(image, np.float32) / 255
    return light, direction
