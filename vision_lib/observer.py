"""A letter-identification observer: acuity from the eye's optics, beside the 1 + b^2 law.

The product runs without this file: `acuity.logmar` is the baseline everywhere, and this is shown
next to it on request. It is a formulation of our own and not the published template-matching
metric on which US 8,408,707 B1 was granted: there is no neural image, no template per letter, no
noise field and no radial (one-dimensional) neural transfer function. What is computed is, for every
pair of letters, how far their spectra lie apart after the eye's two-dimensional OTF and a neural
sensitivity, and from the 45 distances in closed form the share of letters named right. The
patent's claims have not been read: have them read before selling a product that uses this file.

For a pair with spectral difference L, OTF H and neural sensitivity S, an observer who looks for the
difference as it would be with a share `w` of the blur known separates the pair by

    d = (w A + (1 - w) B) / sqrt(w^2 A + 2 w (1 - w) B + (1 - w)^2 C) / sigma
    A = sum |L S H|^2,   B = sum |L S|^2 Re H,   C = sum |L S|^2

w = 1 knows its blur, w = 0 expects sharp letters. `sigma` and `w` are fitted to the published
acuities (assets/parameters/eye_observer.csv, `fit`), not measured. Neural sensitivity: the part of
Barten 1999 (Contrast Sensitivity of the Human Eye, SPIE, eq. 3.26) that is not optics.
"""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from twin_engine.parameters import default
from vision_lib import acuity, chromatic, csf, letters, retina
from vision_lib.eye import Eye
from vision_lib.refraction import PowerVector
from vision_lib.sampling import ARCMIN, Window

Array = NDArray[np.float64]
RIGHT = 0.55  # share of letters named right at threshold
SIZES_LOGMAR = np.arange(1.6, -0.55, -0.1)
# Letter frequencies that identify letters lie below 4 cycles a letter (Solomon and Pelli 1994).
HIGHEST_CPL, STEP_CPL, RASTER = 4.0, 0.5, 20
PIXEL_ARCMIN, WAVELENGTHS = 0.5, 3
LUMINANCE = 100.0  # cd/m2; ISO 8596 asks charts for 80 to 320


@cache
def _spectra() -> tuple[Array, Array, Array]:
    """Frequencies (cycles a letter) and |difference|^2 of the 45 pairs, shape (45, points)."""
    k = np.arange(-HIGHEST_CPL, HIGHEST_CPL + STEP_CPL / 2, STEP_CPL)
    kx, ky = np.meshgrid(k, k)
    # Half a plane is enough: the spectra of real pictures are symmetric.
    used = (np.hypot(kx, ky) <= HIGHEST_CPL) & ((ky > 0) | ((ky == 0) & (kx > 0)))
    kx, ky = kx[used], ky[used]
    at = (np.arange(RASTER) + 0.5) / RASTER - 0.5
    wave_x = np.exp(-2j * math.pi * np.outer(kx, at))
    wave_y = np.exp(-2j * math.pi * np.outer(ky, at[::-1]))
    spectra = np.array([np.einsum("py,yx,px->p", wave_y, letters.sloan(c, RASTER), wave_x)
                        for c in letters.SLOAN]) / RASTER**2  # fmt: skip
    first, second = np.triu_indices(len(letters.SLOAN), 1)
    return kx, ky, np.abs(spectra[first] - spectra[second]) ** 2


def distances(eye: Eye, residual: PowerVector) -> Array:
    """A, B and C of every letter pair at every size, shape (sizes, 3, 45), white light."""
    kx, ky, difference = _spectra()
    pupil_mm = eye.pupil_m * 1e3
    half = retina.half_arcmin(eye, residual)
    window = Window(PIXEL_ARCMIN * ARCMIN, 2 * math.ceil(half / PIXEL_ARCMIN) + 1, 1)
    image = retina.image(eye, residual, chromatic.white(WAVELENGTHS), window)
    made = np.empty((len(SIZES_LOGMAR), 3, difference.shape[0]))
    steps = np.arange(-HIGHEST_CPL, HIGHEST_CPL + STEP_CPL / 2, STEP_CPL)
    column, row = (np.rint((k + HIGHEST_CPL) / STEP_CPL).astype(int) for k in (kx, ky))
    for i, size in enumerate(SIZES_LOGMAR):
        letter_deg = letters.STROKES * 10.0**size / 60.0
        at = steps / letter_deg
        h = retina.otf(image, PIXEL_ARCMIN / 60.0, at, at)[row, column]
        s2 = csf.neural(np.hypot(kx, ky) / letter_deg, LUMINANCE, pupil_mm) ** 2
        # Energy of a spectrum in square degrees; twice for the half plane left out.
        weight = 2.0 * difference * s2 * (letter_deg * STEP_CPL) ** 2
        made[i] = weight @ np.abs(h) ** 2, weight @ h.real, weight.sum(axis=1)
    return made


def share_right(parts: Array, sigma: float, known: float) -> Array:
    """Share of letters named right at every size.

    Pairs are taken as independent; guessing among ten letters is the floor.
    """
    from scipy.special import ndtr

    a, b, c = parts[:, 0], parts[:, 1], parts[:, 2]
    top = known * a + (1 - known) * b
    below = np.sqrt(known**2 * a + 2 * known * (1 - known) * b + (1 - known) ** 2 * c)
    apart = top / np.maximum(below, 1e-300) / sigma
    n = len(letters.SLOAN)
    first, second = np.triu_indices(n, 1)
    beaten = np.log(np.maximum(ndtr(apart / 2.0), 1e-300))
    named = np.stack([beaten[:, (first == i) | (second == i)].sum(axis=1) for i in range(n)], axis=1)
    floor = 2.0 ** -(n - 1)
    right = np.clip((np.exp(named).mean(axis=1) - floor) / (1 - floor), 0.0, 1.0)
    return 1 / n + (1 - 1 / n) * right


def threshold(parts: Array, sigma: float, known: float) -> float:
    """Smallest letter named right in 55 %, logMAR, searched from large letters down."""
    right = share_right(parts, sigma, known)
    missed = right < RIGHT
    if not missed.any():
        return float(SIZES_LOGMAR[-1])
    i = int(np.argmax(missed))
    if i == 0:
        return float(SIZES_LOGMAR[0])
    part = (right[i - 1] - RIGHT) / (right[i - 1] - right[i])
    return float(SIZES_LOGMAR[i - 1] + part * (SIZES_LOGMAR[i] - SIZES_LOGMAR[i - 1]))


def logmar(eye: Eye, residual: PowerVector) -> float:
    """Acuity of an eye with this residual refraction, logMAR."""
    p = default("eye_observer").values()
    return threshold(distances(eye, residual), p["sigma"], p["known_share"])


def _residuals(p: acuity.Published) -> list[PowerVector]:
    """The lens that each point of a published series left uncorrected."""
    made = []
    axis = {"cylinder oblique": 45.0, "cylinder with the rule": 180.0}.get(p.series, 90.0)
    turn = math.radians(2 * axis)
    for b in p.blur_d:
        if "sphere" in p.series or "lens" in p.series:
            made.append(PowerVector(b if "minus" in p.series else -b, 0.0, 0.0))
            continue
        # A plano cylinder leaves M = C/2 = b/sqrt2 beside a cross-cylinder of the same size.
        m, j = (0.0, b) if p.set in "BC" else (-b / math.sqrt(2), b / math.sqrt(2))
        made.append(PowerVector(m, j * math.cos(turn), j * math.sin(turn)))
    return made


def fit(eyes: Sequence[Eye]) -> dict[str, float]:
    """Fit `sigma` to the typical acuity in focus and `known_share` to the published losses.

    Plano-cylinders (set A) are left out of the fit and reported: with one meridian in focus this
    observer names letters that real eyes do not.

    Returns
    -------
    dict
        sigma, known_share, rms_logmar, rms_plano_cylinder_logmar.
    """
    from scipy.optimize import brentq, minimize_scalar

    best = default("eye_acuity")["best_logmar"].value
    focus = [distances(e, PowerVector(0, 0, 0)) for e in eyes]
    points = [
        (p.set == "A" and p.series != "sphere", [distances(e, r) for e in eyes], seen - acuity.SET_BEST[p.set])
        for p in acuity.published()
        for r, seen in zip(_residuals(p), p.acuity_logmar, strict=True)
    ]

    def sigma_of(known: float) -> float:
        def miss(log_sigma: float) -> float:
            return float(np.mean([threshold(d, math.exp(log_sigma), known) for d in focus])) - best

        return math.exp(brentq(miss, -6, 8))

    def rms(known: float, plano: bool) -> float:
        sigma = sigma_of(known)
        misses = [np.mean([threshold(d, sigma, known) for d in parts]) - best - loss
                  for is_plano, parts, loss in points if is_plano == plano]  # fmt: skip
        return float(np.sqrt(np.mean(np.square(misses))))

    found = minimize_scalar(lambda w: rms(w, False), bounds=(0.0, 1.0), method="bounded",
                            options={"xatol": 1e-3})  # fmt: skip
    return {"sigma": sigma_of(found.x), "known_share": float(found.x), "rms_logmar": float(found.fun),
            "rms_plano_cylinder_logmar": rms(found.x, True)}  # fmt: skip
