"""Measures of image quality: OTF and MTF, Strehl ratio, visual Strehl ratio, best focus.

Visual Strehl (VSOTF; Thibos, Hong, Bradley and Applegate 2004, J Vis 4:329, metric 31): the part of
the OTF that contrast sensitivity sees, against that of a perfect eye with the same pupil,

    VSOTF = int N Re OTF / int N OTF_perfect

Polychromatic eyes are measured against the monochromatic perfect eye at 555 nm. N is the neural
sensitivity of Barten 1999 up to 60 cycles/degree (the foveal cones' limit). The integral over
frequencies equals a weighted sum over the PSF, which is how many eyes are measured at once. It
can be negative.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vision_lib import chromatic, csf, sampling
from vision_lib.chromatic import Spectrum
from vision_lib.psf import Wavefronts, psf
from vision_lib.sampling import ARCMIN, Window

Array = NDArray[np.float64]
CONE_LIMIT_CPD = 60.0
# The neural weight lies within a few arcminutes of the line of sight; it fades far inside this.
_METRIC_HALF_RAD = 20.0 * ARCMIN
_FREQUENCY_STEP_CPD = 0.125
# Fixation takes up a displaced image; further than this it would be another fringe.
_FIXATION_RAD = 3.0 * ARCMIN
# Spherical aberration and colour move the best focus by less than this, D.
_SEARCH_D = 1.5
_SEARCH_STEP_D = 0.125
_OTF_SAMPLES = 256


def diffraction_mtf(cycles_per_deg: ArrayLike, pupil_m: float, wavelength_m: float) -> Array:
    """MTF of a perfect eye, monochromatic (Goodman, Introduction to Fourier Optics, equation 6-33).

    Parameters
    ----------
    cycles_per_deg : array_like
        Spatial frequency.
    pupil_m, wavelength_m : float
        Pupil diameter and wavelength, m.
    """
    s = np.clip(np.abs(np.asarray(cycles_per_deg, float)) / cutoff(pupil_m, wavelength_m), 0.0, 1.0)
    return 2.0 / np.pi * (np.arccos(s) - s * np.sqrt(1.0 - s * s))


def cutoff(pupil_m: float, wavelength_m: float) -> float:
    """Highest frequency that passes the pupil, cycles/degree."""
    return pupil_m / wavelength_m * np.pi / 180.0


def otf(front: Wavefronts, defocus_d: float, spectrum: Spectrum, fx_cpd: ArrayLike,
        fy_cpd: ArrayLike) -> NDArray[np.complex128]:  # fmt: skip
    """Complex OTF of one eye on the grid of two lists of frequencies.

    Each wavelength's PSF is taken over the whole period of its transform at the Nyquist pitch, so
    this is the autocorrelation of the sampled pupil without any truncation.

    Parameters
    ----------
    front : Wavefronts
        One eye.
    defocus_d : float
        Lens still needed, D; at most 6.
    spectrum : Spectrum
        One channel.
    fx_cpd, fy_cpd : (X,), (Y,) array_like
        Frequencies to the person's right and upward, cycles/degree.

    Returns
    -------
    (Y, X) ndarray
    """
    fx, fy = (np.asarray(f, float) * 180.0 / np.pi for f in (fx_cpd, fy_cpd))
    total = np.zeros((fy.size, fx.size), complex)
    shifts = chromatic.difference(spectrum.wavelengths_m)
    slope = float(front.slopes().max()) + 0.5 * front.pupil_m * float(np.abs(defocus_d + shifts).max())
    for wavelength, weight in zip(spectrum.wavelengths_m, spectrum.weights[0], strict=True):
        # Twice the phase limit: diffracted skirts then hardly fold over.
        need = sampling.samples_needed(2.0 * slope, 0.0, wavelength, front.pupil_m)
        count = max(_OTF_SAMPLES, sampling.choose(need))
        window = Window(wavelength / (2.0 * front.pupil_m), 2 * count, 1)
        image = psf(front, [defocus_d], chromatic.monochromatic(wavelength), window,
                    samples=count, precision=np.float64)[0, 0, 0]  # fmt: skip
        x = (np.arange(2 * count) - count + 0.5) * window.pixel_rad
        # Rows run downwards.
        right = np.exp(-2j * np.pi * np.multiply.outer(x, fx))
        up = np.exp(2j * np.pi * np.multiply.outer(fy, x))
        # Beyond the cutoff the transform of the sampled PSF begins to repeat; the OTF ends there.
        passes = np.hypot(fx, fy[:, None]) < front.pupil_m / wavelength
        total += weight * np.where(passes, up @ image @ right, 0.0)
    total[np.hypot(fx, fy[:, None]) == 0.0] = 1.0
    return total


def mtf(front: Wavefronts, defocus_d: float, spectrum: Spectrum, cycles_per_deg: ArrayLike,
        angle_rad: float = 0.0) -> Array:  # fmt: skip
    """Modulation of gratings that vary along a direction (0: vertical stripes); see `otf`."""
    f = np.asarray(cycles_per_deg, float)
    if angle_rad == 0.0:
        return np.abs(otf(front, defocus_d, spectrum, f, [0.0])[0])
    x, y = f * np.cos(angle_rad), f * np.sin(angle_rad)
    return np.array([abs(otf(front, defocus_d, spectrum, [a], [b])[0, 0])
                     for a, b in zip(x, y, strict=True)])  # fmt: skip


def strehl(front: Wavefronts, defocus_d: ArrayLike, wavelength_m: float = 555e-9) -> Array:
    """Light on the line of sight against the same pupil without any aberration, (E, V).

    Monochromatic; `defocus_d` is taken at that wavelength.
    """
    at = np.asarray(defocus_d, float) - chromatic.difference(wavelength_m)
    window = Window(0.1 * wavelength_m / front.pupil_m, 1, 1)
    line = chromatic.monochromatic(wavelength_m)
    options: dict[str, Any] = {"samples": _OTF_SAMPLES, "precision": np.float64}
    perfect = Wavefronts(np.zeros(6), front.radius_m, front.pupil_m, front.stiles_crawford_mm2)
    there = psf(front, at, line, window, **options)[:, :, 0, 0, 0]
    return there / psf(perfect, [-chromatic.difference(wavelength_m)], line, window, **options).ravel()


def metric_window(pupil_m: float, shortest_m: float = 440e-9) -> Window:
    """Point samples fine enough that nothing beyond the cones' limit folds into it."""
    step = np.radians(1.0 / (cutoff(pupil_m, shortest_m) + CONE_LIMIT_CPD))
    return Window(float(step), 2 * int(np.ceil(_METRIC_HALF_RAD / step)) + 1, 1)


@lru_cache(maxsize=32)
def _neural_weight(window: Window, right: int = 0, down: int = 0) -> Array:
    """The transform of N up to the cones' limit, on a window, centred on another pixel."""
    from scipy.special import j0

    f = np.arange(_FREQUENCY_STEP_CPD, CONE_LIMIT_CPD, _FREQUENCY_STEP_CPD)
    x = (np.arange(window.size) - window.size // 2) * np.degrees(window.pixel_rad)
    step = np.degrees(window.pixel_rad)
    r = np.hypot(x - right * step, (x - down * step)[:, None])
    table = np.arange(0.0, r.max() + 2.0 * step, step / 8.0)
    ring = csf.neural(f) * f * _FREQUENCY_STEP_CPD * 2.0 * np.pi
    return np.interp(r, table, j0(2.0 * np.pi * np.multiply.outer(table, f)) @ ring)


def _perfect(pupil_m: float) -> float:
    f = np.arange(_FREQUENCY_STEP_CPD, CONE_LIMIT_CPD, _FREQUENCY_STEP_CPD)
    seen = diffraction_mtf(f, pupil_m, chromatic.reference_wavelength())
    return float(np.sum(csf.neural(f) * f * seen) * _FREQUENCY_STEP_CPD * 2.0 * np.pi)


def visual_strehl(front: Wavefronts, defocus_d: ArrayLike, spectrum: Spectrum | None = None,
                  workers: int | None = None) -> Array:  # fmt: skip
    """Visual Strehl ratio of every eye at every defocus.

    The image is centred where the eye sees sharpest, found at its best vergence and kept there:
    fixation takes up the tilt that coma brings (Iskander 2006, Optom Vis Sci 83:57).

    Parameters
    ----------
    front : Wavefronts
        E eyes.
    defocus_d : (V,) or (E, V) array_like
        Lens still needed, D.
    spectrum : Spectrum, optional
        One channel; white if left out.

    Returns
    -------
    (E, V) ndarray
    """
    window = metric_window(front.pupil_m)
    stack = psf(front, defocus_d, spectrum or chromatic.white(), window, workers=workers)[:, :, 0]
    at_sight = np.einsum("evyx,yx->ev", stack, _neural_weight(window))
    out = np.empty(at_sight.shape)
    for e in range(stack.shape[0]):
        right, down = _sharpest(stack[e, int(np.argmax(at_sight[e]))], window)
        out[e] = np.einsum("vyx,yx->v", stack[e], _neural_weight(window, right, down))
    return out / _perfect(front.pupil_m)


def _sharpest(image: Array, window: Window) -> tuple[int, int]:
    """Displacement, pixels to the right and down, at which the neural weight collects most."""
    reach = int(_FIXATION_RAD / window.pixel_rad)
    spectrum = np.fft.rfft2(image) * np.conj(np.fft.rfft2(_neural_weight(window)))
    found = np.fft.irfft2(spectrum, s=image.shape)
    near = np.roll(found, (reach, reach), (0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    down, right = np.unravel_index(int(np.argmax(near)), near.shape)
    return int(right) - reach, int(down) - reach


def best_focus(front: Wavefronts, spectrum: Spectrum | None = None) -> float:
    """Defocus with the highest visual Strehl ratio, D, of one eye: parabola through the top."""
    at = np.arange(-_SEARCH_D, _SEARCH_D + 1e-9, _SEARCH_STEP_D)
    value = visual_strehl(front, at, spectrum)[0]
    top = int(np.clip(np.argmax(value), 1, at.size - 2))
    low, mid, high = value[top - 1 : top + 2]
    bend = low - 2.0 * mid + high
    shift = 0.5 * (low - high) / bend if bend < 0 else 0.0
    return float(at[top] + np.clip(shift, -1.0, 1.0) * _SEARCH_STEP_D)
