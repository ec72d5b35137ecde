"""Point spread functions by rays, for blur so strong that diffraction no longer shows.

A ray through the pupil at r leaves in the direction of the wavefront's slope; the density of rays
in each pixel is the blur. Used beyond `vision_lib.psf.RAYS_D` only.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from vision_lib import chromatic, zernike
from vision_lib.chromatic import Spectrum
from vision_lib.sampling import Window

if TYPE_CHECKING:
    from vision_lib.psf import Wavefronts

# Rays a pixel and direction: with bilinear shares the grid of rays no longer shows.
_RAYS_A_PIXEL = 2.0
_MOST_RAYS = 768


@njit(cache=True, nogil=True, fastmath={"contract"}, error_model="numpy")
def _splat(u: Any, v: Any, weight: Any, step: float, out: Any) -> None:
    """Share each ray between the four nearest pixels; row and column count against u and v."""
    centre = 0.5 * (out.shape[0] - 1)
    for i in range(u.size):
        y, x = centre - v[i] / step, centre - u[i] / step
        row, column = int(np.floor(y)), int(np.floor(x))
        fy, fx = y - row, x - column
        for dy in range(2):
            for dx in range(2):
                r, c = row + dy, column + dx
                if 0 <= r < out.shape[0] and 0 <= c < out.shape[1]:
                    share = (fy if dy else 1.0 - fy) * (fx if dx else 1.0 - fx)
                    out[r, c] += weight[i] * share


def psf(front: "Wavefronts", eye: int, defocus_d: NDArray[np.float64], spectrum: Spectrum,
        window: Window) -> NDArray[Any]:  # fmt: skip
    """Blur of one eye at several defoci: (V, C, S, S), energy per pixel.

    Parameters
    ----------
    front, eye : Wavefronts, int
        The eyes and which of them.
    defocus_d : (V,) ndarray
        Lens still needed at the reference wavelength, D.
    spectrum, window
        As in `vision_lib.psf.psf`.
    """
    radius = 0.5 * front.pupil_m
    reach = float(np.abs(defocus_d).max()) * front.pupil_m / window.pixel_rad
    count = min(_MOST_RAYS, max(64, math.ceil(_RAYS_A_PIXEL * reach)))
    axis = (np.arange(count) + 0.5) / count * 2.0 * radius - radius
    x, y = (a.ravel() for a in np.meshgrid(axis, axis))
    inside = x * x + y * y <= radius * radius
    x, y = x[inside], y[inside]
    weight = 10.0 ** (-front.stiles_crawford_mm2 * (x * x + y * y) * 1e6)
    weight /= weight.sum()
    slope_x, slope_y = np.zeros((2, x.size))
    coefficients = front.coefficients_m[eye]
    for j in np.flatnonzero(coefficients[1:]) + 1:
        dx, dy = zernike.gradient(int(j), x / front.radius_m, y / front.radius_m)
        slope_x += coefficients[j] / front.radius_m * dx
        slope_y += coefficients[j] / front.radius_m * dy
    out = np.zeros((defocus_d.size, spectrum.weights.shape[0], window.size, window.size))
    for l, shift in enumerate(chromatic.difference(spectrum.wavelengths_m)):
        for v, d in enumerate(defocus_d + shift):
            image = np.zeros((window.size, window.size))
            _splat(slope_x - d * x, slope_y - d * y, weight, window.pixel_rad, image)
            out[v] += spectrum.weights[:, l, None, None] * image
    return out
