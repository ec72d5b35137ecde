"""Lines of letters as an eye sees them at a distance."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from vision_lib import chromatic, letters, retina
from vision_lib.ability import Person, View, eye_of
from vision_lib.accommodation import Accommodation
from vision_lib.refraction import PowerVector
from vision_lib.sampling import ARCMIN, Window

PIXELS_PER_ARCMIN = 4.0
# Decimal acuity 0.25, 0.5 and 1.0.
LINES = ((0.6, "HND"), (0.3, "VZKCS"), (0.0, "RDOHN"))
WIDTH_ARCMIN, GAP_ARCMIN = 125.0, 9.0


def chart() -> NDArray[np.float64]:
    """Three lines of Sloan letters, luminance 0..1, `PIXELS_PER_ARCMIN` pixels an arc minute."""
    width = round(WIDTH_ARCMIN * PIXELS_PER_ARCMIN)
    gap = np.ones((round(GAP_ARCMIN * PIXELS_PER_ARCMIN), width))
    parts = [gap]
    for size, text in LINES:
        pixels = round(letters.STROKES * 10.0**size * PIXELS_PER_ARCMIN)
        made = letters.line(text, pixels, margin=0.0)
        left = (width - made.shape[1]) // 2
        line = np.ones((made.shape[0], width))
        line[:, left : left + made.shape[1]] = made
        parts += [line, gap]
    return np.concatenate(parts)


def drawable(who: Person, view: View) -> View:
    """The view itself, or for a published acuity the plain defocus that would give it."""
    if view.known is None:
        return view
    ratio = 10.0 ** max(view.known[0] - who.best_logmar, 0.0)
    blur = math.sqrt(ratio - 1.0) / who.blur_scale
    return replace(view, need=PowerVector(blur, 0.0, 0.0), accommodation=Accommodation(0.0, "none"))


def seen(who: Person, view: View) -> NDArray[np.float64]:
    """The chart through the eye's optics at this view, luminance 0..1, white light.

    The chart keeps its visual angle, so only blur differs between distances. Blur is added to what
    the onlooker's own eye does; it is no measure of what the brain makes of it.
    """
    from scipy.signal import fftconvolve

    residual, eye = view.residual, eye_of(who, view)
    half = min(retina.half_arcmin(eye, residual), WIDTH_ARCMIN)
    window = Window(ARCMIN / PIXELS_PER_ARCMIN, 2 * math.ceil(half * PIXELS_PER_ARCMIN) + 1, 1)
    spread = retina.image(eye, residual, chromatic.white(5), window)
    dark = fftconvolve(1.0 - chart(), spread, mode="same")
    return np.clip(1.0 - dark, 0.0, 1.0)


def png(pictures: list[NDArray[np.float64]], gap: int = 16) -> bytes:
    """Pictures side by side as a grey PNG in sRGB."""
    import io

    from PIL import Image

    space = np.full((pictures[0].shape[0], gap), np.nan)
    parts = [p for picture in pictures for p in (picture, space)][:-1]
    whole = np.concatenate(parts, axis=1)
    # sRGB transfer (IEC 61966-2-1); the gap between pictures is transparent.
    light = np.nan_to_num(whole)
    code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    alpha = np.where(np.isnan(whole), 0, 255).astype(np.uint8)
    grey = np.round(code * 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(np.dstack([grey, alpha]), "LA").save(out, "PNG", optimize=True)
    return out.getvalue()
