"""Acuity read from rendered pixels: the letter observer of `vision_lib` looks at the chart the pipeline drew.

The observer knows the display: it undoes the apertures of pixels, as it knows the sharp letters, and takes the
rest, the eye's blur, as rendered. Only pictures with the full ("camera") kernel may be read like this.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.parameters import default
from vision_lib import csf, letters, observer

Array = NDArray[Any]


def white_weights() -> Array:
    """Shares of red, green and blue in luminance, Rec. ITU-R BT.709."""
    return np.array([0.2126, 0.7152, 0.0722])


def spectra(pictures: Array, px_per_deg: float, letter_px: float) -> Array:
    """Spectra (10, points) of letter pictures (10, H, W), ink 1 on 0, letter in the middle, at the observer's points.

    In units of the letter's own size, as the observer's sharp letters are.
    """
    kx, ky, _ = observer._spectra()
    height, width = pictures.shape[1:]
    x, y = (np.arange(width) + 0.5 - width / 2) / letter_px, (np.arange(height) + 0.5 - height / 2) / letter_px
    wave_x, wave_y = np.exp(-2j * math.pi * np.outer(kx, x)), np.exp(-2j * math.pi * np.outer(ky, -y))
    found = np.einsum("py,lyx,px->lp", wave_y, pictures, wave_x) / letter_px**2
    # Two apertures of a pixel each: the picture's samples and the kernel's.
    return found / (np.sinc(kx / letter_px) * np.sinc(ky / letter_px)) ** 2


def parts(pictures: list[Array], px_per_deg: float, sizes_logmar: Array, pupil_mm: float) -> Array:
    """A, B and C of `vision_lib.observer` from pictures (10, H, W) of the ten letters at every size."""
    kx, ky, _ = observer._spectra()
    first, second = np.triu_indices(len(letters.SLOAN), 1)
    made = np.empty((len(pictures), 3, first.size))
    for i, (stack, size) in enumerate(zip(pictures, sizes_logmar, strict=True)):
        letter_deg = letters.STROKES * 10.0**size / 60.0
        seen = spectra(stack, px_per_deg, letter_deg * px_per_deg)
        sharp = sharp_spectra()
        seen_apart, sharp_apart = seen[first] - seen[second], sharp[first] - sharp[second]
        s2 = csf.neural(np.hypot(kx, ky) / letter_deg, observer.LUMINANCE, pupil_mm) ** 2
        weight = 2.0 * s2 * (letter_deg * observer.STEP_CPL) ** 2
        made[i, 0] = np.abs(seen_apart) ** 2 @ weight
        made[i, 1] = np.real(seen_apart * np.conj(sharp_apart)) @ weight
        made[i, 2] = np.abs(sharp_apart) ** 2 @ weight
    return made


def sharp_spectra() -> Array:
    """Spectra (10, points) of the sharp letters."""
    kx, ky, _ = observer._spectra()
    at = (np.arange(observer.RASTER) + 0.5) / observer.RASTER - 0.5
    wave_x, wave_y = np.exp(-2j * math.pi * np.outer(kx, at)), np.exp(-2j * math.pi * np.outer(ky, at[::-1]))
    inks = np.array([letters.sloan(c, observer.RASTER) for c in letters.SLOAN])
    return np.einsum("py,lyx,px->lp", wave_y, inks, wave_x) / observer.RASTER**2


def acuity(pictures: list[Array], px_per_deg: float, sizes_logmar: Array, pupil_mm: float) -> float:
    """Threshold letter size, logMAR, read from pictures whose sizes fall."""
    p = default("eye_observer").values()
    right = observer.share_right(parts(pictures, px_per_deg, sizes_logmar, pupil_mm), p["sigma"], p["known_share"])
    missed = np.flatnonzero(right < observer.RIGHT)
    if not missed.size:
        return float(sizes_logmar[-1])
    i = int(missed[0])
    if i == 0:
        return float(sizes_logmar[0])
    share = (right[i - 1] - observer.RIGHT) / (right[i - 1] - right[i])
    return float(sizes_logmar[i - 1] + share * (sizes_logmar[i] - sizes_logmar[i - 1]))
