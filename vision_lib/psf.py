"""Point spread functions of eyes: many eyes, vergences and wavelengths at once.

A point spread function (PSF) comes on square pixels as the person sees them: row 0 on top, column 0
on the left; each pixel holds the share of a point's light that falls in it.

Up to 6 D of defocus everything is wave optics. Beyond, rays take over within half a dioptre
(`vision_lib.rays`): there the wave's ripples are finer than any display.

Defocus is written as the lens still needed, D: -3 for an uncorrected myope of 3 D looking far, +2.5
for an emmetrope at 40 cm who does not accommodate. Its wavefront is W = -D r^2 / 2.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin_engine.errors import InputError
from vision_lib import chromatic, sampling, zernike
from vision_lib.chromatic import Spectrum
from vision_lib.sampling import Window

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Array = NDArray[np.float64]
Stack = NDArray[Any]
PUPIL_RANGE_M = (0.2e-3, 9e-3)
# Wave optics up to the first, rays from the second, a linear cross-fade between.
RAYS_D = (6.0, 6.5)
# Vergences that share one evaluation of the wavefront: bounded by what the cache holds.
_SHARED_SAMPLES = 512


@dataclass(frozen=True)
class Wavefronts:
    """Wavefronts of one or many eyes through one pupil, without defocus.

    Parameters
    ----------
    coefficients_m : (E, J) or (J,) array
        OSA coefficients j = 0, 1, 2, ... normalised on `radius_m`, m; j = 3 and 5 hold astigmatism.
    radius_m : float
        Radius the coefficients refer to, m; larger than the pupil as a rule.
    pupil_m : float
        Pupil diameter, m.
    stiles_crawford_mm2 : float
        Directionality rho: light counts by 10^(-rho r^2), r in mm.

    Raises
    ------
    InputError
        A pupil outside 0.2 to 9 mm, or coefficients that are no numbers.
    """

    coefficients_m: Array
    radius_m: float
    pupil_m: float
    stiles_crawford_mm2: float = 0.0

    def __post_init__(self) -> None:
        if not PUPIL_RANGE_M[0] <= self.pupil_m <= PUPIL_RANGE_M[1]:
            raise InputError("pupil out of range", "pupil", self.pupil_m * 1e3, "0.2 to 9 mm",
                             "give the diameter")  # fmt: skip
        c = np.atleast_2d(np.asarray(self.coefficients_m, float))
        if not np.all(np.isfinite(c)):
            raise InputError("a wavefront must be finite", "aberrations", c.tolist(), "numbers",
                             "check the entry")  # fmt: skip
        object.__setattr__(self, "coefficients_m", c)

    @property
    def modes(self) -> tuple[int, ...]:
        """OSA indices that any eye uses; piston and defocus are not among them."""
        used = np.flatnonzero(np.any(self.coefficients_m != 0.0, axis=0))
        return tuple(int(j) for j in used if j != 0) or (3,)

    def slope(self) -> float:
        """Steepest slope over all eyes and the pupil, radians."""
        t = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
        r = np.linspace(0.1, 1.0, 10)[:, None] * 0.5 * self.pupil_m / self.radius_m
        x, y = (r * np.cos(t)).ravel(), (r * np.sin(t)).ravel()
        gradients = [zernike.gradient(j, x, y) for j in self.modes]
        c = self._columns() / self.radius_m
        return float(np.hypot(c @ [g[0] for g in gradients], c @ [g[1] for g in gradients]).max())

    def _columns(self) -> Array:
        modes = self.modes
        if modes == (3,) and self.coefficients_m.shape[1] <= 3:
            return np.zeros((self.coefficients_m.shape[0], 1))
        return np.ascontiguousarray(self.coefficients_m[:, list(modes)])


def psf(front: Wavefronts, defocus_d: ArrayLike, spectrum: Spectrum, window: Window, *,
        samples: int | None = None, precision: Any = np.float32,
        workers: int | None = None) -> Stack:  # fmt: skip
    """Point spread functions of every eye at every defocus.

    Parameters
    ----------
    front : Wavefronts
        E eyes.
    defocus_d : (V,) or (E, V) array
        Lens still needed at the reference wavelength, D.
    spectrum : Spectrum
        L wavelengths in C channels.
    window : Window
        Pixels.
    samples : int, optional
        Pupil samples a side; chosen by need if left out.
    precision : dtype
        float32, or float64 for reference values.
    workers : int, optional
        Threads; all cores if left out. Results do not depend on it.

    Returns
    -------
    (E, V, C, S, S) ndarray
        Energy per pixel; the whole plane sums to 1.

    Raises
    ------
    InputError
        A sample count with which the PSF would repeat, or blur beyond what can be traced.
    """
    eyes = front.coefficients_m.shape[0]
    defocus = np.atleast_2d(np.asarray(defocus_d, float))
    defocus = np.ascontiguousarray(np.broadcast_to(defocus, (eyes, defocus.shape[1])))
    if not np.all(np.isfinite(defocus)):
        raise InputError("defocus must be finite", "defocus", defocus.tolist(), "dioptres",
                         "check the entry")  # fmt: skip
    shape = (eyes, defocus.shape[1], spectrum.weights.shape[0], window.size, window.size)
    out = np.zeros(shape, precision)
    share = np.clip((np.abs(defocus) - RAYS_D[0]) / (RAYS_D[1] - RAYS_D[0]), 0.0, 1.0)
    tasks: list[Callable[[], None]] = []
    for count, columns in _groups(front, defocus, share, spectrum, window, samples).items():
        tasks += _wave_tasks(front, defocus, spectrum, window, count, columns, out)
    _run(tasks, workers)
    if np.any(share > 0):
        from vision_lib import rays

        out *= 1.0 - share[:, :, None, None, None].astype(precision)
        for e in np.flatnonzero(np.any(share > 0, axis=1)):
            far = np.flatnonzero(share[e] > 0)
            traced = rays.psf(front, int(e), defocus[e, far], spectrum, window)
            out[e, far] += share[e, far, None, None, None] * traced
    return out


def _groups(front: Wavefronts, defocus: Array, share: Array, spectrum: Spectrum, window: Window,
            samples: int | None) -> dict[int, list[int]]:  # fmt: skip
    """Sample count -> the columns of defocus computed with it."""
    slope, radius = front.slope(), 0.5 * front.pupil_m
    shifts = chromatic.difference(spectrum.wavelengths_m)
    found: dict[int, list[int]] = {}
    for v in range(defocus.shape[1]):
        waves = defocus[share[:, v] < 1.0, v]
        if not waves.size:
            continue
        need = max(
            sampling.samples_needed(slope + radius * float(np.abs(waves + shift).max()),
                                    window.half_rad, wavelength, front.pupil_m)
            for wavelength, shift in zip(spectrum.wavelengths_m, shifts, strict=True)
        )  # fmt: skip
        found.setdefault(sampling.choose(need, samples), []).append(v)
    return found


@lru_cache(maxsize=8)
def _transform(count: int, pupil_m: float, wavelengths: tuple[float, ...], window: Window,
               dtype: str) -> tuple[Stack, Stack, Array, NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """Cosine and sine matrices (L, m, K), energy scale (L,), pixels of +u and -u."""
    oversample = window.samples_a_pixel(min(wavelengths), pupil_m)
    u, plus, minus = window.pixels(oversample)
    x = (np.arange(count // 2) + 0.5) * pupil_m / count
    turns = np.multiply.outer(u, x) / np.array(wavelengths)[:, None, None]
    step = window.pixel_rad / oversample * pupil_m / count
    scale = (step / np.array(wavelengths)) ** 2
    angle = 2.0 * np.pi * (turns - np.round(turns))
    return np.cos(angle).astype(dtype), np.sin(angle).astype(dtype), scale, plus, minus


def _wave_tasks(front: Wavefronts, defocus: Array, spectrum: Spectrum, window: Window, count: int,
                columns: list[int], out: Stack) -> list[Callable[[], None]]:  # fmt: skip
    from vision_lib import psf_kernels

    wavelengths = spectrum.wavelengths_m
    cosine, sine, scale, plus, minus = _transform(
        count, front.pupil_m, tuple(wavelengths.tolist()), window, out.dtype.name)  # fmt: skip
    x, amplitude, stop, energy = sampling.amplitude(
        count, front.pupil_m, front.stiles_crawford_mm2)  # fmt: skip
    scale = scale / energy
    values, parity = sampling.basis(count, front.modes, front.pupil_m, front.radius_m)
    coefficients = front._columns()
    shifts = np.ascontiguousarray(chromatic.difference(wavelengths))
    weights = np.ascontiguousarray(spectrum.weights)
    together = max(1, _SHARED_SAMPLES // count)
    chunks = [columns[i : i + together] for i in range(0, len(columns), together)]

    def task(e: int, chunk: list[int]) -> Callable[[], None]:
        def run() -> None:
            part = np.zeros((len(chunk), *out.shape[2:]), out.dtype)
            psf_kernels.spread(coefficients[e], parity, values, amplitude, stop, x,
                               defocus[e, chunk], shifts, wavelengths, cosine, sine, scale,
                               weights, plus, minus, part)  # fmt: skip
            out[e, chunk] = part

        return run

    return [task(e, chunk) for e in range(defocus.shape[0]) for chunk in chunks]


@cache
def _blas() -> "ThreadpoolController":
    # The compiled loops call BLAS through this module; it has to be loaded before it can be limited.
    import scipy.linalg.cython_blas  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _run(tasks: list[Callable[[], None]], workers: int | None) -> None:
    """Run tasks on threads, each with single-threaded BLAS."""
    threads = min(len(tasks), workers or len(os.sched_getaffinity(0)))
    with _blas().limit(limits=1, user_api="blas"):
        if threads <= 1:
            for run in tasks:
                run()
            return
        with ThreadPoolExecutor(threads) as pool:
            for done in pool.map(lambda run: run(), tasks):
                assert done is None
