"""Pixels, pupil samples, and the limit below which a sampled pupil's transform would lie.

The transform of a pupil sampled N by N repeats every N lambda / (2 r) radians, and its phase may turn
by at most half a cycle between samples. With s the steepest slope of the wavefront (defocus D has
s = D r) and w the half width of the window this asks for

    N >= (2 r / lambda) max(2 s, s + w)

N is chosen to obey it, and a given N that does not is refused: breaking it gives wrong letters
without a warning.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from vision_lib import zernike

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
ARCMIN = math.pi / 10800.0
# Sample counts in use: few, so that few tables are made and vergences fall into few groups.
COUNTS = (64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1536)
# The limit counts geometric rays only; a tenth more keeps the diffracted skirts apart.
MARGIN = 1.1
_RIM = 16


@dataclass(frozen=True)
class Window:
    """The square pixels on which a point spread function is wanted.

    Parameters
    ----------
    pixel_rad : float
        Width of a pixel, radians.
    size : int
        Pixels a side; odd puts one pixel on the line of sight.
    oversample : int
        Samples a side within a pixel; 0 chooses as many as conserve light, which takes
        pixel_rad / oversample <= lambda / (2 r). 1 gives point samples.
    """

    pixel_rad: float
    size: int
    oversample: int = 0

    def __post_init__(self) -> None:
        if not (1e-7 < self.pixel_rad < 0.1 and 1 <= self.size <= 4096 and self.oversample >= 0):
            raise InputError("impossible window", "window", f"{self.size} x {self.pixel_rad} rad",
                             "1 to 4096 pixels of at most 0.1 rad", "give radians")  # fmt: skip

    @classmethod
    def display(cls, px_per_deg: float, size: int) -> "Window":
        """Pixels of a display, `px_per_deg` of them in a degree."""
        return cls(math.radians(1.0 / px_per_deg), size)

    @property
    def half_rad(self) -> float:
        """Half the width, radians."""
        return 0.5 * self.size * self.pixel_rad

    def samples_a_pixel(self, wavelength_m: float, pupil_m: float) -> int:
        """The oversampling in use for the shortest wavelength."""
        return self.oversample or max(1, math.ceil(self.pixel_rad * pupil_m / wavelength_m))

    def pixels(self, oversample: int) -> tuple[Array, Ints, Ints]:
        """Coordinates u >= 0 of the samples, and the pixels of +u and -u.

        The person sees the pupil's axes turned by half a turn (the clinician's x to the right is
        the person's left, and rows count downwards), so +u lies before the centre.
        """
        fine = self.size * oversample
        k = np.arange((fine + 1) // 2)
        u = (k + 0.5 * (1 - fine % 2)) * self.pixel_rad / oversample
        before, after = (fine - 1) // 2 - k, fine // 2 + k
        minus = after // oversample
        if fine % 2:
            minus[0] = -1
        return u, before // oversample, minus


def samples_needed(slope_rad: float, half_rad: float, wavelength_m: float, pupil_m: float) -> int:
    """Pupil samples a side that keep the transform from repeating and the phase from folding."""
    return math.ceil(pupil_m / wavelength_m * max(2.0 * slope_rad, slope_rad + half_rad))


def choose(need: int, given: int | None = None) -> int:
    """The sample count to use.

    Raises
    ------
    InputError
        A given count that breaks the limit, or a need beyond what is traced as a wave.
    """
    if given is not None:
        if given < need or given % 2:
            raise InputError("sampling too coarse: the point spread function would repeat", "samples",
                             given, f"an even number of at least {need}",
                             "leave it out to have it chosen")  # fmt: skip
        return given
    chosen = next((n for n in COUNTS if n >= MARGIN * need), None)
    if chosen is None:
        raise InputError("blur too strong to be traced as a wave", "samples", need,
                         f"at most {int(COUNTS[-1] / MARGIN)} samples across the pupil",
                         "use a smaller pupil or a smaller window")  # fmt: skip
    return chosen


@lru_cache(maxsize=32)
def amplitude(
    samples: int, pupil_m: float, stiles_crawford_mm2: float
) -> tuple[Array, Array, Ints, float]:
    """The pupil on the quarter grid: coordinates (K,) m, amplitude (K, K), row ends (K,), energy.

    Samples on the rim carry the share of their area inside the pupil. The Stiles-Crawford weight
    10^(-rho r^2) is an intensity, so the amplitude takes its root. The energy of the whole pupil is
    that of its area: what a hard rim scatters beyond the period (0.5 % at 128 samples) is light
    that the sampled, softer rim does not send out.
    """
    k = samples // 2
    inside = np.zeros((k, k))
    for i in range(k):
        lines = i + (np.arange(_RIM) + 0.5) / _RIM
        reach = np.sqrt(np.maximum(k * k - lines**2, 0.0))
        inside[i] = np.clip(reach[:, None] - np.arange(k), 0.0, 1.0).mean(axis=0)
    x = (np.arange(k) + 0.5) * pupil_m / samples
    r2_mm2 = (x[:, None] ** 2 + x**2) * 1e6
    stop = np.count_nonzero(inside > 0, axis=1)
    weight = 10.0 ** (-0.5 * stiles_crawford_mm2 * r2_mm2)
    return x, inside * weight, stop, float(4.0 * np.sum(inside * weight**2))


@lru_cache(maxsize=16)
def basis(
    samples: int, modes: tuple[int, ...], pupil_m: float, radius_m: float
) -> tuple[Array, Ints]:
    """Modes on the quarter grid (J, K, K), and their parity 2 (odd in y) + (odd in x)."""
    x = (np.arange(samples // 2) + 0.5) * pupil_m / samples / radius_m
    xx, yy = np.meshgrid(x, x)
    values = np.empty((len(modes), *xx.shape))
    parity = np.zeros(len(modes), np.int64)
    for i, j in enumerate(modes):
        m = zernike.order(j)[1]
        values[i] = zernike.mode(j, xx, yy)
        # cos m t is even in y, sin m t odd; mirroring x turns t into pi - t.
        parity[i] = (m % 2) if m >= 0 else 2 + (1 - m % 2)
    return values, parity
