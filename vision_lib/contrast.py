"""How much contrast of a grating a blurred eye loses, by the pupil's autocorrelation.

The OTF at one frequency is the pupil function's overlap with itself, shifted by lambda f (Hopkins
1955, Proc R Soc A 231:91). Evaluated on the overlap itself, it holds for any defocus: there is no
transform whose sampling could repeat. Contrast sensitivity falls in the same ratio (Atchison 1998,
J Opt Soc Am A 15:2536).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision_lib import zernike
from vision_lib.refraction import PowerVector

WAVELENGTH_M = 555e-9
# Near the peak of contrast sensitivity, and the frequency that carries a 20/100 letter.
FREQUENCY_CPD = 6.0
SAMPLES = 96
ORIENTATIONS = 8


def wavefront_coefficients(residual: PowerVector, pupil_mm: float,
                           higher_um: dict[int, float] | None = None) -> NDArray[np.float64]:  # fmt: skip
    """OSA coefficients, um over this pupil, of a residual refraction and higher orders.

    M = -4 sqrt3 c20 / r^2, J0 = -2 sqrt6 c22 / r^2, J45 = -2 sqrt6 c2-2 / r^2 (Thibos 2004). The
    higher orders are given over 6 mm and scaled with the power of their radial order.
    """
    r2 = (pupil_mm / 2.0) ** 2
    higher = higher_um or {}
    made = np.zeros(max([6, *(j + 1 for j in higher)]))
    made[4] = -residual.m_d * r2 / (4.0 * math.sqrt(3.0))
    made[5] = -residual.j0_d * r2 / (2.0 * math.sqrt(6.0))
    made[3] = -residual.j45_d * r2 / (2.0 * math.sqrt(6.0))
    for j, c in higher.items():
        made[j] += c * (pupil_mm / 6.0) ** zernike.order(j)[0]
    return made


def otf(coefficients_um: Sequence[float] | NDArray[np.float64], pupil_mm: float, fx_cpd: Any,
        fy_cpd: Any, samples: int = SAMPLES) -> NDArray[np.complex128]:  # fmt: skip
    """Complex OTF at any frequencies, monochromatic at 555 nm.

    Parameters
    ----------
    coefficients_um : array_like
        OSA coefficients over the pupil, um.
    pupil_mm : float
        Pupil diameter, mm.
    fx_cpd, fy_cpd : array_like
        Frequencies to the right and upward, cycles per degree, of one shape.
    samples : int
        Pupil samples across.
    """
    fx, fy = np.broadcast_arrays(np.asarray(fx_cpd, float), np.asarray(fy_cpd, float))
    # Shift between the two pupils in units of the pupil radius.
    per_cpd = WAVELENGTH_M * (180.0 / math.pi) / (pupil_mm * 0.5e-3)
    c = np.asarray(coefficients_um, float)
    axis = (np.arange(samples) + 0.5) * 2.0 / samples - 1.0
    x, y = np.meshgrid(axis, axis)
    full = math.pi / 4.0 * samples**2
    made = np.zeros(fx.shape, complex)
    for i in np.ndindex(fx.shape):
        dx, dy = per_cpd * fx[i] / 2.0, per_cpd * fy[i] / 2.0
        inside = (np.hypot(x - dx, y - dy) <= 1) & (np.hypot(x + dx, y + dy) <= 1)
        u, v = x[inside], y[inside]
        apart = zernike.wavefront(c, u + dx, v + dy) - zernike.wavefront(c, u - dx, v - dy)
        made[i] = np.exp(2j * math.pi * apart * 1e-6 / WAVELENGTH_M).sum() / full
    return made


def modulation(coefficients_um: Sequence[float] | NDArray[np.float64], pupil_mm: float,
               frequency_cpd: float = FREQUENCY_CPD) -> float:  # fmt: skip
    """Mean of |OTF| over orientations at one frequency; arguments as `otf`."""
    angle = np.arange(ORIENTATIONS) * math.pi / ORIENTATIONS
    f = frequency_cpd
    return float(np.abs(otf(coefficients_um, pupil_mm, f * np.cos(angle), f * np.sin(angle))).mean())


def loss(residual: PowerVector, pupil_mm: float, own_um: dict[int, float] | None = None,
         added_um: dict[int, float] | None = None) -> float:  # fmt: skip
    """Share of the grating's contrast lost against the same eye in focus, 0 to 1."""
    own = own_um or {}
    both = dict(own)
    for j, c in (added_um or {}).items():
        both[j] = both.get(j, 0.0) + c
    sharp = modulation(wavefront_coefficients(PowerVector(0, 0, 0), pupil_mm, own), pupil_mm)
    seen = modulation(wavefront_coefficients(residual, pupil_mm, both), pupil_mm)
    return max(0.0, 1.0 - seen / sharp)
