"""The point spread function of an eye however blurred: as a wave, or as rays where a wave is out of reach.

Rays agree with waves to 50 dB and more in a picture from 3 D on (4 mm pupil), the more so the wider
the pupil; waves stay in use as long as their sampling is possible.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vision_lib.eye import Eye
from vision_lib.refraction import PowerVector

if TYPE_CHECKING:
    from vision_lib.chromatic import Spectrum
    from vision_lib.sampling import Window

# Defocus times pupil, D mm, up to which every window in use here can be sampled as a wave.
WAVE_REACH = 18.0


def image(eye: Eye, residual: PowerVector, spectrum: "Spectrum", window: "Window") -> NDArray[Any]:
    """One-channel image of a point, shape (S, S), summing to 1.

    Parameters
    ----------
    eye : Eye
        The eye.
    residual : PowerVector
        Lens still needed, D.
    spectrum, window
        See `vision_lib.psf.psf`.
    """
    if is_wave(eye, residual):
        made = eye.psf(residual, spectrum, window)[0, 0]
    else:
        from vision_lib import rays

        defocus = np.array([residual.m_d + eye.best_focus_d])
        made = rays.psf(eye.wavefronts(residual), 0, defocus, spectrum, window)[0, 0]
    made = np.asarray(made, float)
    return made / made.sum()


def otf(picture: NDArray[Any], pixel_deg: float, fx_cpd: NDArray[Any], fy_cpd: NDArray[Any]) -> NDArray[Any]:
    """Complex OTF (Y, X) of the image of a point at the grid of two lists of frequencies.

    Parameters
    ----------
    picture : (S, S) ndarray
        As `image` gives it; S odd.
    pixel_deg : float
        Its pitch, degrees.
    fx_cpd, fy_cpd : (X,), (Y,) ndarray
        Frequencies to the right and upward, cycles/degree.
    """
    at = (np.arange(picture.shape[0]) - picture.shape[0] // 2) * pixel_deg
    # Rows of a picture run downwards, frequencies upwards.
    up, right = np.exp(2j * np.pi * np.outer(fy_cpd, at)), np.exp(-2j * np.pi * np.outer(at, fx_cpd))
    return up @ picture @ right


def is_wave(eye: Eye, residual: PowerVector) -> bool:
    """Whether a residual is within reach of wave optics at this pupil."""
    return _strength(eye, residual) <= WAVE_REACH


def half_arcmin(eye: Eye, residual: PowerVector) -> float:
    """Half the window that holds the image of a point, arc minutes: blur disc and skirts.

    A blur disc is 3.44' wide for a dioptre and a millimetre of pupil.
    """
    return 12.0 + 1.9 * _strength(eye, residual)


def _strength(eye: Eye, residual: PowerVector) -> float:
    """Strongest meridian, D, times pupil, mm."""
    strongest = abs(residual.m_d) + float(np.hypot(residual.j0_d, residual.j45_d))
    return strongest * eye.pupil_m * 1e3
