"""Colours: how the eye's focus shifts with wavelength, and which wavelengths make up white and RGB.

Chromatic difference of refraction: Thibos, Ye, Zhang and Bradley 1992 (Appl Opt 31:3594). The
formula's own zero depends on the edition (580 or 590 nm); only differences from an explicit
reference wavelength are used here.
"""

import csv
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from twin_engine import assets
from twin_engine.errors import InputError
from twin_engine.parameters import default

Array = NDArray[np.float64]
VISIBLE_M = (380e-9, 780e-9)


@dataclass(frozen=True)
class Spectrum:
    """Wavelengths that are traced and what each gives to each channel.

    Parameters
    ----------
    wavelengths_m : (L,) ndarray
        Wavelengths, m.
    weights : (C, L) ndarray
        Share of each wavelength in each channel; every row sums to 1.
    """

    wavelengths_m: Array
    weights: Array

    def __post_init__(self) -> None:
        w, shares = np.atleast_1d(self.wavelengths_m), np.atleast_2d(self.weights)
        if shares.shape[1] != w.size or not np.all((w >= VISIBLE_M[0]) & (w <= VISIBLE_M[1])):
            raise InputError("not a visible spectrum", "wavelengths", w.tolist(),
                             "380e-9 to 780e-9 m, one weight each", "write metres")  # fmt: skip
        object.__setattr__(self, "wavelengths_m", np.asarray(w, float))
        object.__setattr__(self, "weights", shares / shares.sum(axis=1, keepdims=True))


@cache
def _photopic() -> tuple[Array, Array]:
    with open(assets.path("vision/photopic.csv"), encoding="utf-8", newline="") as file:
        rows = [(float(r["wavelength_nm"]), float(r["efficiency"])) for r in csv.DictReader(file)]
    nm, value = np.array(rows).T
    return nm, value


def photopic(wavelength_m: Array | float) -> Array:
    """Luminous efficiency V(lambda), CIE 1924 (CIE 018:2019, table 1), between the 10 nm rows."""
    nm, value = _photopic()
    return np.interp(np.asarray(wavelength_m, float) * 1e9, nm, value, left=0.0, right=0.0)


def monochromatic(wavelength_m: float = 555e-9) -> Spectrum:
    """One wavelength, one channel."""
    return Spectrum(np.array([wavelength_m]), np.ones((1, 1)))


def white(count: int = 7) -> Spectrum:
    """Equal-energy white seen by the photopic eye: `count` wavelengths from 440 to 680 nm."""
    wavelengths = np.linspace(440e-9, 680e-9, count)
    return Spectrum(wavelengths, photopic(wavelengths)[None])


@cache
def _scene_light() -> Array:
    with open(assets.path("vision/scene_light.csv"), encoding="utf-8", newline="") as file:
        rows = [[float(v) for v in r.values()] for r in csv.DictReader(file)]
    return np.array(rows).T


def rgb(count: int = 7) -> Spectrum:
    """Red, green and blue light of a picture in sRGB, weighted by luminance: the wavelengths of `white`.

    A picture's colours stand for a scene in daylight. Its light splits into three spectra that add up to CIE D65
    and have the colours of the primaries of Rec. ITU-R BT.709 (Mallett and Yuksel 2019, Eurographics Symposium on
    Rendering, doi 10.2312/sr.20191216); so white in a picture blurs like white light, not like three lamps.
    """
    nm, red, green, blue, daylight = _scene_light()
    at = np.linspace(440.0, 680.0, count)
    # Light between two wavelengths is shared between them, light beyond the last goes to the last.
    share = np.clip(1.0 - np.abs(np.clip(nm, at[0], at[-1])[:, None] - at) / (at[1] - at[0]), 0.0, 1.0)
    seen = np.stack([red, green, blue]) * daylight * photopic(nm * 1e-9)
    return Spectrum(at * 1e-9, seen @ share)


def reference_wavelength() -> float:
    """The wavelength at which a refraction is taken to hold, m."""
    return default("eye_optics")["reference_wavelength"].value * 1e-9


def refractive_error(wavelength_m: Array | float) -> Array:
    """Thibos 1992: correcting lens at a wavelength, up to the formula's own constant, D."""
    p = default("eye_optics").values()
    um = np.asarray(wavelength_m, float) * 1e6
    return p["chromatic_constant"] - p["chromatic_slope"] / (um - p["chromatic_pole"])


def difference(wavelength_m: Array | float, reference_m: float | None = None) -> Array:
    """Correcting lens at a wavelength less that at the reference, D: negative for blue.

    Parameters
    ----------
    wavelength_m : array or float
        Wavelength, m.
    reference_m : float, optional
        Wavelength that counts as 0, m; `reference_wavelength()` if left out.
    """
    reference = reference_wavelength() if reference_m is None else reference_m
    return refractive_error(wavelength_m) - refractive_error(reference)
