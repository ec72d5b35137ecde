"""The picture chain in NumPy: what the shaders must equal, and the slow truths they are measured against.

Images have row 0 on top. A layer is premultiplied: (radiance * weight, weight).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.kernels import Taps

Array = NDArray[Any]
Borders = tuple[float, float, float, float]
# A direction this close to an axis of the picture lies on it: whole pixels, no interpolation.
SNAP = 1e-6
# Coverage below this is nothing: no division by it.
NOTHING = 1e-6
# Coverages below this are composed as if they were this large: continuous where a coverage passes through 0.
FAINT = 0.02


def directions(angle_rad: float) -> tuple[Array, Array]:
    """Unit steps (column, row) along local x and along local y downwards, rows downwards."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    x, y = np.array([c, -s]), np.array([s, c])
    return tuple(np.where(np.abs(d) < SNAP, 0.0, d).astype(np.float32) for d in (x, y))  # type: ignore[return-value]


def steps(shape: tuple[int, int], direction: Array, borders: Borders | None) -> Array:
    """Step (H, W, 2) in pixels that one tap makes: off axis a pixel subtends less.

    Along the radius (1 + R^2), across it sqrt(1 + R^2), R the tangent of the angle from the axis of view.
    """
    height, width = shape
    if borders is None:
        return np.broadcast_to(direction, (height, width, 2))
    left, right, bottom, top = borders
    x = left + (np.arange(width, dtype=np.float32) + 0.5) * np.float32((right - left) / width)
    y = top - (np.arange(height, dtype=np.float32) + 0.5) * np.float32((top - bottom) / height)
    tangent = np.stack(np.meshgrid(x, -y), axis=-1)
    r2 = np.sum(tangent**2, axis=-1, keepdims=True)
    root = np.sqrt(1.0 + r2)
    along = np.sum(tangent * direction, axis=-1, keepdims=True) / np.maximum(r2, 1e-12)
    return (root * (direction + (root - 1.0) * along * tangent)).astype(np.float32)


def sample(image: Array, at: Array) -> Array:
    """Bilinear samples of (H, W, C) at (H, W, 2) positions (column, row), clamped to the border."""
    height, width = image.shape[:2]
    at = np.clip(at, 0.0, np.array([width - 1, height - 1], np.float32))
    low = np.floor(at)
    share = (at - low).astype(np.float32)
    x0, y0 = low[..., 0].astype(int), low[..., 1].astype(int)
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    fx, fy = share[..., :1], share[..., 1:]
    if not fx.any() and not fy.any():
        return image[y0, x0]
    top = image[y0, x0] * (1 - fx) + image[y0, x1] * fx
    return top * (1 - fy) + (image[y1, x0] * (1 - fx) + image[y1, x1] * fx) * fy


def one_pass(image: Array, weights: Array, half: int, step: Array) -> Array:
    """Weighted sum of (H, W, 6) samples along a line: weights (T, 3) serve colour and coverage alike."""
    height, width = image.shape[:2]
    here = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
    middle = weights.shape[0] // 2
    out = np.zeros_like(image)
    for t in range(-half, half + 1):
        w = np.tile(weights[middle + t], 2)
        out += w * sample(image, here - np.float32(t) * step)
    return out


def blurred(layer: Array, taps: Taps, node: int, borders: Borders | None = None) -> tuple[Array, Array]:
    """Blur colour and coverage of a layer (H, W, 4) with the kernel of a node: (H, W, 3) twice."""
    six = np.concatenate([layer[..., :3], np.repeat(layer[..., 3:], 3, axis=-1)], axis=-1).astype(np.float32)
    first, second = (steps(layer.shape[:2], d, borders) for d in directions(taps.angle_rad))
    out = np.zeros_like(six)
    for r in range(taps.along.shape[1]):
        across = one_pass(six, taps.along[node, r], taps.halves[node, 0], first)
        out += one_pass(across, taps.across[node, r], taps.halves[node, 1], second)
    return out[..., :3], out[..., 3:]


def add_behind(colour: Array, cover: Array, behind: Array, behind_cover: Array) -> tuple[Array, Array]:
    """Front to back with disjoint coverage, per channel: k = min(1, (1 - A) / a); C += k c; A += k a.

    A divided kernel rings, so a coverage may fall a little below 0; colour and coverage then stay in step.
    """
    left = np.clip(1.0 - cover, 0.0, 1.0)
    k = np.minimum(1.0, left / np.maximum(behind_cover, FAINT))
    return colour + k * behind, cover + k * behind_cover


def composed(blurred_layers: list[tuple[Array, Array]]) -> Array:
    """The picture (H, W, 3) of blurred layers, near to far."""
    colour, cover = np.zeros_like(blurred_layers[0][0]), np.zeros_like(blurred_layers[0][1])
    for c, a in blurred_layers:
        colour, cover = add_behind(colour, cover, c, a)
    return colour / np.maximum(cover, NOTHING)


def picture(layers: list[Array], taps: Taps, borders: Borders | None = None) -> Array:
    """The whole chain for layers far to near, one for each node."""
    return composed([blurred(layers[n], taps, n, borders) for n in reversed(range(len(layers)))])


def convolved(layers: list[Array], kernels: Array) -> Array:
    """The same layers convolved with full kernels (N, 3, S, S) in the picture's frame: the truth for the blur."""
    from scipy.signal import fftconvolve

    made = []
    for layer, kernel in zip(reversed(layers), reversed(kernels), strict=True):
        half = kernel.shape[-1] // 2
        wide = np.pad(layer.astype(float), ((half, half), (half, half), (0, 0)), mode="edge")
        colour = [fftconvolve(wide[..., c], kernel[c], mode="valid") for c in range(3)]
        cover = [fftconvolve(wide[..., 3], kernel[c], mode="valid") for c in range(3)]
        made.append((np.stack(colour, -1), np.stack(cover, -1)))
    return composed(made)


def psnr(image: Array, truth: Array, white: float = 1.0) -> float:
    """Peak signal-to-noise ratio, dB."""
    error = float(np.mean((np.asarray(image, float) - truth) ** 2))
    return float(10.0 * np.log10(white**2 / max(error, 1e-30)))
