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
from dataclasses import dataclass, replace
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
# Eyes are grouped by how steep their aberrations are, so that one does not slow down the others.
_SLOPE_STEP_RAD = 2.5e-4


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
        """OSA indices that any eye uses; piston is never one of them."""
        used = np.flatnonzero(np.any(self.coefficients_m != 0.0, axis=0))
        return tuple(int(j) for j in used if j != 0) or (3,)

    def slopes(self) -> Array:
        """Steepest slope of every eye within the pupil, radians: (E,)."""
        t = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
        r = np.linspace(0.1, 1.0, 10)[:, None] * 0.5 * self.pupil_m / self.radius_m
        x, y = (r * np.cos(t)).ravel(), (r * np.sin(t)).ravel()
        gradients = [zernike.gradient(j, x, y) for j in self.modes]
        c = self._columns() / self.radius_m
        return np.hypot(c @ [g[0] for g in gradients], c @ [g[1] for g in gradients]).max(axis=1)

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
    window = replace(window, oversample=window.samples_a_pixel(
        float(spectrum.wavelengths_m.min()), front.pupil_m))  # fmt: skip
    tasks: list[Callable[[], None]] = []
    slopes = np.ceil(front.slopes() / _SLOPE_STEP_RAD) * _SLOPE_STEP_RAD
    for slope in np.unique(slopes):
        eyes = np.flatnonzero(slopes == slope)
        steep = _steepness(slope, front.pupil_m, defocus[eyes], share[eyes], spectrum)
        for columns, counts in _plan(steep, front.pupil_m, spectrum, window, samples):
            tasks += _wave_tasks(front, eyes, defocus, spectrum, window, columns, counts, out)
    _run(tasks, workers)
    if np.any(share > 0):
        from vision_lib import rays

        out *= 1.0 - share[:, :, None, None, None].astype(precision)
        for e in np.flatnonzero(np.any(share > 0, axis=1)):
            far = np.flatnonzero(share[e] > 0)
            traced = rays.psf(front, int(e), defocus[e, far], spectrum, window)
            out[e, far] += share[e, far, None, None, None] * traced
    return out


def _steepness(slope: float, pupil_m: float, defocus: Array, share: Array,
               spectrum: Spectrum) -> Array:  # fmt: skip
    """Steepest slope of any eye in every column at every wavelength (V, L); NaN where only rays go."""
    shifts = chromatic.difference(spectrum.wavelengths_m)
    bent = np.abs(np.where(share < 1.0, defocus, 0.0)[:, :, None] + shifts).max(axis=0)
    return np.where(np.any(share < 1.0, axis=0)[:, None], slope + 0.5 * pupil_m * bent, np.nan)


def _plan(steep: Array, pupil_m: float, spectrum: Spectrum, window: Window,
          samples: int | None) -> list[tuple[list[int], list[int]]]:  # fmt: skip
    """Columns of defocus that are computed together, and the sample count of every wavelength."""
    waves = np.flatnonzero(np.isfinite(steep[:, 0]))
    need = {
        int(v): [sampling.samples_needed(s, window.half_rad, w, pupil_m)
                 for s, w in zip(steep[v], spectrum.wavelengths_m, strict=True)] for v in waves
    }  # fmt: skip
    plans: list[tuple[list[int], list[int]]] = []
    for v in sorted(need, key=lambda v: max(need[v])):
        counts = [sampling.choose(n, samples) for n in need[v]]
        if plans and (len(plans[-1][0]) + 1) * max(counts) <= _SHARED_SAMPLES:
            columns, before = plans[-1]
            columns.append(v)
            before[:] = [max(a, b) for a, b in zip(before, counts, strict=True)]
        else:
            plans.append(([v], counts))
    return plans


@lru_cache(maxsize=32)
def _transform(count: int, pupil_m: float, wavelengths: tuple[float, ...], window: Window,
               dtype: str) -> tuple[Stack, Stack, Array, NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """Cosine and sine matrices (L, m, K), energy scale (L,), pixels of +u and -u."""
    u, plus, minus = window.pixels(window.oversample)
    x = (np.arange(count // 2) + 0.5) * pupil_m / count
    turns = np.multiply.outer(u, x) / np.array(wavelengths)[:, None, None]
    step = window.pixel_rad / window.oversample * pupil_m / count
    scale = (step / np.array(wavelengths)) ** 2
    angle = 2.0 * np.pi * (turns - np.round(turns))
    return np.cos(angle).astype(dtype), np.sin(angle).astype(dtype), scale, plus, minus


def _wave_tasks(front: Wavefronts, eyes: NDArray[np.int64], defocus: Array, spectrum: Spectrum,
                window: Window, columns: list[int], counts: list[int],
                out: Stack) -> list[Callable[[], None]]:  # fmt: skip
    """One task an eye: all wavelengths of these columns of defocus."""
    from vision_lib import psf_kernels

    shifts = chromatic.difference(spectrum.wavelengths_m)
    coefficients = front._columns()
    tables = []
    for count in sorted(set(counts)):
        lines = np.flatnonzero(np.array(counts) == count)
        wavelengths = spectrum.wavelengths_m[lines]
        cosine, sine, scale, plus, minus = _transform(
            count, front.pupil_m, tuple(wavelengths.tolist()), window, out.dtype.name)  # fmt: skip
        x, amplitude, stop, energy = sampling.amplitude(
            count, front.pupil_m, front.stiles_crawford_mm2)  # fmt: skip
        values, parity = sampling.basis(count, front.modes, front.pupil_m, front.radius_m)
        weights = np.ascontiguousarray(spectrum.weights[:, lines])
        tables.append((parity, values, amplitude, stop, x, np.ascontiguousarray(shifts[lines]),
                       wavelengths, cosine, sine, scale / energy, weights, plus, minus))  # fmt: skip

    def task(e: int) -> Callable[[], None]:
        def run() -> None:
            part = np.zeros((len(columns), *out.shape[2:]), out.dtype)
            at = defocus[e, columns]
            for parity, values, amplitude, stop, x, *light in tables:
                psf_kernels.spread(coefficients[e], parity, values, amplitude, stop, x, at,
                                   *light, part)  # fmt: skip
            out[e, columns] = part

        return run

    return [task(int(e)) for e in eyes]


@cache
def _blas() -> "ThreadpoolController":
    # The compiled loops call BLAS through this module; it has to be loaded before it can be limited.
    import scipy.linalg.cython_blas  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _run(tasks: list[Callable[[], None]], workers: int | None) -> None:
    """Run tasks on threads, each with single-threaded BLAS."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = min(len(tasks), workers or cores)
    with _blas().limit(limits=1, user_api="blas"):
        if threads <= 1:
            for run in tasks:
                run()
            return
        with ThreadPoolExecutor(threads) as pool:
            for done in pool.map(lambda run: run(), tasks):
                assert done is None
