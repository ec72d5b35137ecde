"""From linear light to a display: fixed exposure, a tone curve that leaves contrast true, dither, sRGB.

The NumPy form of `assets/shaders/tone.glsl`. A curve that bends below white changes the contrast of letters
(of a pair .7/.35 the usual film curves make .185 or .361 instead of .333); this one is the identity up to .7.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
KNEE = 0.7
SEED = 1


def shoulder(light: Array) -> Array:
    """Identity up to .7 of white, then a shoulder towards white that keeps the hue."""
    m = light.max(axis=-1, keepdims=True)
    top = KNEE + (1.0 - KNEE) * (1.0 - np.exp((KNEE - m) / (1.0 - KNEE)))
    return np.where(m <= KNEE, light, light * (top / np.maximum(m, KNEE)))


def srgb(light: Array) -> Array:
    """Transfer function of IEC 61966-2-1, 0..1."""
    x = np.clip(light, 0.0, 1.0)
    return np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-12) ** (1.0 / 2.4) - 0.055)


def linear(code: Array) -> Array:
    """Inverse of `srgb`."""
    c = np.asarray(code, float)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def noise(height: int, width: int, seed: int) -> Array:
    """The shader's hash of (column, row from below, seed), 0..1: Jarzynski and Olano 2020, JCGT 9(3):21."""
    v = [np.broadcast_to(a, (height, width)).astype(np.uint32) for a in
         (np.arange(width)[None], np.arange(height)[::-1, None], np.array(seed))]  # fmt: skip
    with np.errstate(over="ignore"):
        x, y, z = (a * np.uint32(1664525) + np.uint32(1013904223) for a in v)
        x = x + y * z
        y = y + z * x
        z = z + x * y
        x, y, z = (a ^ (a >> np.uint32(16)) for a in (x, y, z))
        x = x + y * z
    return (x >> np.uint32(8)).astype(np.float64) / 16777216.0


def display(light: Array, white: float, seed: int = SEED) -> NDArray[np.uint8]:
    """Eight-bit sRGB codes of linear light.

    Parameters
    ----------
    light : (H, W, 3) ndarray
        cd/m2.
    white : float
        What the display's white stands for, cd/m2; fixed for a place.
    seed : int
        Of the dither of half a step either way.
    """
    code = srgb(shoulder(np.maximum(light, 0.0) / white)) * 255.0
    code += (noise(light.shape[0], light.shape[1], seed) - 0.5)[..., None]
    return np.clip(np.floor(code + 0.5), 0, 255).astype(np.uint8)
