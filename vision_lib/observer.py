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
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.parameters import default
from vision_lib import acuity, contrast, letters
from vision_lib.refraction import PowerVector

Array = NDArray[np.float64]
RIGHT = 0.55  # share of letters named right at threshold
SIZES_LOGMAR = np.arange(1.6, -0.55, -0.1)
# Letter frequencies that identify letters lie below 4 cycles a letter (Solomon and Pelli 1994).
HIGHEST_CPL, STEP_CPL, RASTER = 4.0, 0.5, 20


def neural_sensitivity(frequency_cpd: Any, pupil_mm: float) -> Array:
    """Contrast sensitivity without the eye's optics, Barten 1999, at 100 cd/m2 and 10 degrees."""
    p = default("eye_observer").values()
    u = np.asarray(frequency_cpd, float)
    d, luminance = pupil_mm, p["luminance"]
    # Retinal illuminance with the Stiles-Crawford correction, Troland.
    e = math.pi * d**2 / 4.0 * luminance * (1 - (d / 9.7) ** 2 + (d / 12.4) ** 4)
    extent = 1 / p["field_deg"] ** 2 + 1 / p["x_max_deg"] ** 2 + (u / p["n_max_cycles"]) ** 2
    photon = 1 / (p["quantum_efficiency"] * p["photon_conversion"] * e)
    lateral = -np.expm1(-((u / p["u0_cpd"]) ** 2))
    noise = 2 / p["integration_s"] * extent * (photon + p["neural_noise"] / np.maximum(lateral, 1e-12))
    return 1.0 / (p["signal_to_noise"] * np.sqrt(noise))


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


def distances(coefficients_um: Sequence[float] | Array, pupil_mm: float) -> Array:
    """A, B and C of every letter pair at every size, shape (sizes, 3, 45)."""
    kx, ky, difference = _spectra()
    made = np.empty((len(SIZES_LOGMAR), 3, difference.shape[0]))
    for i, size in enumerate(SIZES_LOGMAR):
        letter_deg = letters.STROKES * 10.0**size / 60.0
        fx, fy = kx / letter_deg, ky / letter_deg
        h = contrast.otf(coefficients_um, pupil_mm, fx, fy, samples=48)
        s2 = neural_sensitivity(np.hypot(fx, fy), pupil_mm) ** 2
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


def logmar(residual: PowerVector, pupil_mm: float, aberrations_um: dict[int, float] | None = None
           ) -> float:  # fmt: skip
    """Acuity of an eye with this residual refraction, pupil and aberrations, logMAR."""
    p = default("eye_observer").values()
    c = contrast.wavefront_coefficients(residual, pupil_mm, aberrations_um)
    return threshold(distances(c, pupil_mm), p["sigma"], p["known_share"])


def _published(pupil_mm: float) -> list[tuple[Array, float, acuity.Published]]:
    """Letter distances, acuity counted from the set's best, and the series of every point."""
    points = []
    for p in acuity.published():
        sphere = "sphere" in p.series or "lens" in p.series
        mixed = p.set in "BC"
        for b, seen in zip(p.blur_d, p.acuity_logmar, strict=True):
            # Plano cylinders leave M = C/2 = b/sqrt2 beside the cross-cylinder of the same size.
            m, j = (b, 0.0) if sphere else (0.0, b) if mixed else (b / math.sqrt(2), b / math.sqrt(2))
            axis = {"cylinder oblique": 45.0, "cylinder with the rule": 180.0}.get(p.series, 90.0)
            turn = math.radians(2 * axis)
            lens = PowerVector(-m if "minus" not in p.series else m, j * math.cos(turn), j * math.sin(turn))
            c = contrast.wavefront_coefficients(lens, pupil_mm)
            points.append((distances(c, pupil_mm), float(seen - acuity.SET_BEST[p.set]), p))
    return points


def fit(pupil_mm: float = 4.0, progress: Callable[[str], None] | None = None) -> dict[str, float]:
    """Fit `sigma` to the typical acuity in focus and `known_share` to the published losses.

    Returns
    -------
    dict
        sigma, known_share, rms_logmar.
    """
    from scipy.optimize import brentq, minimize_scalar

    points = _published(pupil_mm)
    focus = distances(contrast.wavefront_coefficients(PowerVector(0, 0, 0), pupil_mm), pupil_mm)
    best = default("eye_acuity")["best_logmar"].value

    def sigma_of(known: float) -> float:
        return math.exp(brentq(lambda s: threshold(focus, math.exp(s), known) - best, -8, 8))

    def rms(known: float) -> float:
        sigma = sigma_of(known)
        misses = [threshold(d, sigma, known) - best - loss for d, loss, _ in points]
        if progress:
            progress(f"{known:.4f} {np.sqrt(np.mean(np.square(misses))):.4f}")
        return float(np.sqrt(np.mean(np.square(misses))))

    found = minimize_scalar(rms, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-3})
    return {"sigma": sigma_of(found.x), "known_share": float(found.x), "rms_logmar": float(found.fun)}
