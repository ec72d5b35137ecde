"""Contrast sensitivity of the eye and of the retina and brain behind it.

Barten 1999 (Contrast Sensitivity of the Human Eye, SPIE Press; restated in Barten 2003, Proc SPIE
5294:231, equation 1) separates optics from the neural part, which weighs image quality here.
Watson and Ahumada 2005 (J Vis 5:717) is the standard observer of the ModelFest data.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin_engine.parameters import default, load

Array = NDArray[np.float64]


def retinal_illuminance(luminance_cd_m2: float, pupil_mm: float) -> float:
    """Retinal illuminance with the Stiles-Crawford effect, Td (Barten 1999, equation 2.7)."""
    d = pupil_mm
    return math.pi * d * d / 4.0 * luminance_cd_m2 * (1.0 - (d / 9.7) ** 2 + (d / 12.4) ** 4)


def optics(cycles_per_deg: ArrayLike, pupil_mm: float | None = None) -> Array:
    """Optical part of Barten's model: a Gaussian that widens with the pupil."""
    p = default("eye_contrast").values()
    d = p["pupil"] if pupil_mm is None else pupil_mm
    sigma_deg = math.hypot(p["sigma_0"], p["sigma_pupil"] * d) / 60.0
    u = np.asarray(cycles_per_deg, float)
    return np.exp(-2.0 * math.pi**2 * sigma_deg**2 * u * u)


def neural(
    cycles_per_deg: ArrayLike, luminance_cd_m2: float | None = None, pupil_mm: float | None = None
) -> Array:
    """Neural part of Barten's model: sensitivity to the contrast on the retina.

    Parameters
    ----------
    cycles_per_deg : array_like
        Spatial frequency.
    luminance_cd_m2, pupil_mm : float, optional
        Barten's own defaults, 20 cd/m2 and 2.1 mm, if left out.
    """
    p = default("eye_contrast").values()
    u = np.asarray(cycles_per_deg, float)
    luminance = p["luminance"] if luminance_cd_m2 is None else luminance_cd_m2
    light = retinal_illuminance(luminance, p["pupil"] if pupil_mm is None else pupil_mm)
    area = 1.0 / p["field"] ** 2 + 1.0 / p["field_max"] ** 2 + (u / p["cycles_max"]) ** 2
    photons = 1.0 / (p["quantum_efficiency"] * p["photons_per_td"] * light)
    with np.errstate(divide="ignore"):
        # Lateral inhibition: nothing passes at frequency 0.
        inhibition = p["neural_noise"] / (1.0 - np.exp(-((u / p["inhibition"]) ** 2)))
        return 1.0 / (p["threshold"] * np.sqrt(2.0 / p["integration_time"] * area
                                               * (photons + inhibition)))  # fmt: skip


def barten(
    cycles_per_deg: ArrayLike, luminance_cd_m2: float | None = None, pupil_mm: float | None = None
) -> Array:
    """Contrast sensitivity of a normal eye, Barten 1999."""
    return optics(cycles_per_deg, pupil_mm) * neural(cycles_per_deg, luminance_cd_m2, pupil_mm)


def watson(cycles_per_deg: ArrayLike) -> Array:
    """Contrast sensitivity of the ModelFest standard observer (Watson and Ahumada 2005)."""
    p = load("eye_contrast")["modelfest"].values()
    u = np.asarray(cycles_per_deg, float)
    high = 1.0 / np.cosh((u / p["high"]) ** p["exponent"])
    return p["gain"] * (high - p["low_weight"] / np.cosh(u / p["low"]))
