"""Procedural textures: spectral noise that tiles by itself, and what is made of it. Colours are linear 0..1."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from twin_engine.streams import stream

Colour = Sequence[float]
SIZE = 512


def srgb(linear: np.ndarray) -> np.ndarray:
    """uint8 sRGB (IEC 61966-2-1) of linear values."""
    x = np.clip(linear, 0.0, 1.0)
    return np.rint(255 * np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)).astype(np.uint8)


def linear(code: np.ndarray) -> np.ndarray:
    """Linear values of uint8 sRGB."""
    x = np.asarray(code, np.float32) / 255
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4)


def from_hex(text: str) -> tuple[float, float, float]:
    """Linear colour of an sRGB hex code."""
    values = linear(np.array([int(text[i : i + 2], 16) for i in (0, 2, 4)]))
    return float(values[0]), float(values[1]), float(values[2])


@cache
def noise(key: str, beta: float = 2.0, stretch: tuple[float, float] = (1.0, 1.0), size: int = SIZE,
          low_cut: float = 0.0) -> np.ndarray:  # fmt: skip
    """(size, size) tileable noise with spectrum f^-beta/2, mean 0, SD 1; `stretch` along (u, v); cut below cycles."""
    white = stream(0, 0, 0, f"texture {key}").standard_normal((size, size))
    fy, fx = np.meshgrid(np.fft.fftfreq(size) * size, np.fft.fftfreq(size) * size, indexing="ij")
    f = np.hypot(fx * stretch[0], fy * stretch[1])
    f[0, 0] = 1.0
    gain = f ** (-beta / 2) * (f >= low_cut)
    gain[0, 0] = 0.0
    field = np.fft.ifft2(np.fft.fft2(white) * gain).real
    return ((field - field.mean()) / field.std()).astype(np.float32)


def mix(a: Colour, b: Colour, t: np.ndarray) -> np.ndarray:
    """(h, w, 3) between two colours."""
    t = np.clip(t, 0, 1)[..., None]
    return np.asarray(a, float) * (1 - t) + np.asarray(b, float) * t


def normals(height: np.ndarray, strength: float) -> np.ndarray:
    """uint8 normal map of a height field that tiles."""
    dx = (np.roll(height, -1, 1) - np.roll(height, 1, 1)) * strength
    dy = (np.roll(height, -1, 0) - np.roll(height, 1, 0)) * strength
    n = np.stack([-dx, -dy, np.ones_like(dx)], axis=-1)
    n /= np.linalg.norm(n, axis=-1, keepdims=True)
    return np.rint((n * 0.5 + 0.5) * 255).astype(np.uint8)


def wood(light: Colour, dark: Colour, key: str = "oak", size: int = 768) -> np.ndarray:
    """Plain-sawn grain along u: rings that widen into flames, dark late wood at one side of each, fine pores."""
    v = np.linspace(0, 1, size, endpoint=False)[:, None]
    warp = noise(key + " warp", 3.4, (7.0, 1.0), size)
    fine = noise(key, 2.2, (18.0, 1.0), size)
    ring = (9 * v + 1.05 * warp + 0.05 * fine) % 1.0
    late = np.clip(ring, 0, 1) ** 2.6 * np.clip((1 - ring) * 9, 0, 1)
    fibre = noise(key + " fibre", 1.1, (34.0, 1.0), size)
    pores = np.clip(noise(key + " pores", 0.6, (46.0, 1.0), size) - 1.5, 0, 1.2)
    t = 0.30 + 0.52 * late + 0.10 * fibre + 0.10 * warp
    return srgb(mix(light, dark, t) * (1 - 0.22 * pores[..., None]))


def wood_bump(key: str = "oak", size: int = SIZE) -> np.ndarray:
    """Shallow grain."""
    return normals(noise(key + " fibre", 1.4, (26.0, 1.0), size), 0.10)


def planks(light: Colour, dark: Colour, key: str = "floor", size: int = 1024, rows: int = 12,
           columns: int = 2) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Floor boards along u, each with its tone and grain, and the bump map of grooves and grain."""
    v, u = np.indices((size, size)) / size
    row = np.floor(v * rows).astype(int)
    starts = stream(0, 0, 0, f"planks {key}").random(rows)
    along = (u * columns + starts[row]) % columns
    board = row * columns + np.floor(along).astype(int)
    tone = stream(0, 0, 1, f"planks {key}").standard_normal(rows * columns)[board]
    shift = stream(0, 0, 2, f"planks {key}").integers(0, size, rows * columns)[board]
    fibre = noise(key + " fibre", 1.5, (22.0, 1.0), size)
    warp = noise(key + " warp", 3.0, (10.0, 1.0), size)
    i, j = np.indices((size, size))
    grain = fibre[(i + shift) % size, (j + 3 * shift) % size]
    bend = warp[(i + 5 * shift) % size, (j + shift) % size]
    ring = (v * rows * 2.6 + 1.1 * bend + 0.04 * grain) % 1.0
    late = ring**2.4 * np.clip((1 - ring) * 8, 0, 1)
    t = 0.34 + 0.15 * tone + 0.09 * grain + 0.34 * late + 0.06 * bend
    edge = np.minimum((v * rows) % 1, 1 - (v * rows) % 1) / rows
    end = np.minimum(along % 1, 1 - along % 1) / columns
    gap = np.minimum(edge, end) * size
    groove = np.clip(gap / 1.6, 0, 1)
    image = mix(light, dark, t) * (0.35 + 0.65 * groove[..., None])
    return srgb(image), normals(groove * 1.5 + 0.10 * grain, 0.5)


def plaster(key: str = "plaster", size: int = SIZE) -> np.ndarray:
    """Bump of a rolled wall: only fine grain, or the wall looks blotchy."""
    return normals(noise(key, 1.2, (1.0, 1.0), size, low_cut=40.0), 0.10)


def weave(light: Colour, dark: Colour, key: str = "cloth", threads: int = 64,
          size: int = SIZE) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Plain weave with uneven yarn, and its bump map."""
    v, u = np.indices((size, size)) / size
    warp = np.abs(np.sin(np.pi * threads * u))
    weft = np.abs(np.sin(np.pi * threads * v))
    over = (np.floor(u * threads) + np.floor(v * threads)) % 2
    height = np.where(over > 0, warp * (0.55 + 0.45 * weft), weft * (0.55 + 0.45 * warp))
    yarn = np.where(over > 0, noise(key + " a", 1.2, (1, 12), size), noise(key + " b", 1.2, (12, 1), size))
    t = 0.55 - 0.4 * height + 0.13 * yarn + 0.08 * noise(key, 2.0, (1, 1), size)
    return srgb(mix(light, dark, t)), normals(height, 0.8)


def speckled(light: Colour, dark: Colour, key: str, beta: float = 1.2, contrast: float = 0.25,
             size: int = SIZE) -> np.ndarray:  # fmt: skip
    """Stone, asphalt, carpet, concrete: two-toned noise."""
    t = 0.5 + contrast * noise(key, beta, (1, 1), size) + 0.5 * contrast * noise(key + " slow", 2.6, (1, 1), size)
    return srgb(mix(light, dark, t))


def rough(key: str, beta: float = 1.2, strength: float = 0.2, size: int = SIZE) -> np.ndarray:
    """Bump of a rough surface."""
    return normals(noise(key, beta, (1, 1), size, low_cut=6.0), strength)


def leather(key: str = "leather", size: int = SIZE) -> np.ndarray:
    """Bump of grained leather or moulded plastic: cells between creases."""
    a = noise(key, 2.2, (1, 1), size, low_cut=18.0)
    b = noise(key + " b", 2.2, (1, 1), size, low_cut=18.0)
    return normals(np.sqrt(np.minimum(np.abs(a), np.abs(b)) + 0.01), 1.1)


def leaf(light: Colour, dark: Colour, key: str = "leaf", size: int = 128) -> np.ndarray:
    """A leaf along u: midrib, veins, darker tip and edge."""
    v, u = np.indices((size, size)) / size
    rib = np.exp(-(((v - 0.5) / 0.025) ** 2))
    veins = 0.5 + 0.5 * np.cos(2 * np.pi * (u * 14 - 5 * np.abs(v - 0.5)))
    t = 0.55 + 0.25 * noise(key, 2.2, (4, 1), size) * 0.4 + 0.12 * veins + 0.2 * u - 0.5 * rib
    return srgb(mix(light, dark, t))
