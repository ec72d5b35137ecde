"""Glare: the veil that light scattered inside the eye lays over a night picture.

CIE 146:2002 general disability glare equation (Vos and van den Berg 1999), 0.1 to 100 degrees, with age:

    L_veil / E = 10/t^3 + [5/t^2 + 0.1 p/t] [1 + (age/62.5)^4] + 0.0025 p      per steradian, t in degrees

Blur kernels end where this begins, so no light is scattered twice: what the veil takes it takes from the image.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.parameters import default

Array = NDArray[Any]
DEGREE = math.pi / 180.0
# Cells of the veil: it is smooth, so a tenth of a degree resolves it from its smallest angle on.
CELL_DEG = 0.1
FINER = 16


def glare(angle_deg: Any, age_y: float, pigment: float | None = None) -> Array:
    """Veiling luminance for each lux at the eye, cd/m2/lx.

    Parameters
    ----------
    angle_deg : array_like
        Angle between the source and the line of sight; 0 below the smallest angle of the equation.
    age_y : float
        Age, years.
    pigment : float, optional
        Eye colour p: 0 black to 1.2 very light; brown if left out.

    Examples
    --------
    >>> round(float(glare(4.0, 70.0, 0.5)), 2)
    0.99
    """
    c = default("glare").values()
    p = c["pigment"] if pigment is None else pigment
    t = np.asarray(angle_deg, float)
    safe = np.maximum(t, c["smallest_angle"])
    old = 1.0 + (age_y / c["age_scale"]) ** 4
    value = c["small_angle"] / safe**3 + (c["middle_angle"] / safe**2 + c["iris"] * p / safe) * old
    return np.where(t < c["smallest_angle"], 0.0, value + c["large_angle"] * p)


def _cells(half: tuple[int, int], cell_deg: float, age_y: float) -> Array:
    """Share of a cell's light that lands in cells around it: (2 half + 1) cells; the near ones are integrated."""
    y, x = (np.arange(-h, h + 1) * cell_deg for h in half)
    kernel = glare(np.hypot(y[:, None], x), age_y)
    fine = (np.arange(FINER) + 0.5) / FINER - 0.5
    for i in range(-2, 3):
        for j in range(-2, 3):
            inside = np.hypot((i + fine)[:, None], j + fine) * cell_deg
            kernel[half[0] + i, half[1] + j] = glare(inside, age_y).mean()
    return kernel * (cell_deg * DEGREE) ** 2


def scattered(age_y: float) -> float:
    """Share of all light that is scattered by more than the smallest angle, out to 100 degrees."""
    t = np.geomspace(default("glare")["smallest_angle"].value, 100.0, 4001)
    ring = glare(t, age_y) * 2.0 * math.pi * np.sin(t * DEGREE) * DEGREE
    return float(np.trapezoid(ring, t))


def veil(light: Array, px_per_deg: float, age_y: float) -> Array:
    """The veil over a picture.

    Parameters
    ----------
    light : (H, W, 3) ndarray
        Linear light, cd/m2.
    px_per_deg : float
        Resolution on the axis.
    age_y : float
        Age, years.

    Returns
    -------
    (H, W, 3) ndarray
        Scattered light, cd/m2; sources outside the picture are not in it.
    """
    from scipy.ndimage import zoom
    from scipy.signal import fftconvolve

    step = max(1, round(CELL_DEG * px_per_deg))
    height, width = light.shape[:2]
    rows, columns = -(-height // step), -(-width // step)
    padded = np.zeros((rows * step, columns * step, 3))
    padded[:height, :width] = light
    coarse = padded.reshape(rows, step, columns, step, 3).mean(axis=(1, 3))
    kernel = _cells((rows, columns), step / px_per_deg, age_y)
    spread = np.stack([fftconvolve(coarse[..., c], kernel, mode="same") for c in range(3)], axis=-1)
    if step == 1:
        return np.maximum(spread[:height, :width], 0.0)
    return np.maximum(zoom(spread, (step, step, 1), order=1, grid_mode=True, mode="nearest")[:height, :width], 0.0)


def with_veil(light: Array, px_per_deg: float, age_y: float) -> Array:
    """The picture as an eye of this age sees it: what is scattered is missing where it came from."""
    return (1.0 - scattered(age_y)) * light + veil(light, px_per_deg, age_y)
