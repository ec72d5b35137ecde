"""One eye: what it needs, how wide its pupil is, and how its wavefront departs from a sphere.

Refraction is found by looking, not by fitting a wavefront: with zero residual an eye stands at its
best focus (highest visual Strehl) through the pupil it was refracted with. Because of spherical
aberration and colour that is not zero Zernike defocus, so every eye carries `best_focus_d` between
the two, and a wider pupil at night may find itself out of focus, as real ones do.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin_engine import streams
from twin_engine.errors import InputError
from twin_engine.parameters import default, load
from vision_lib import psf as psf_module
from vision_lib import zernike
from vision_lib.psf import Wavefronts
from vision_lib.refraction import PowerVector, Refraction

if TYPE_CHECKING:
    from vision_lib.ability import Person
    from vision_lib.chromatic import Spectrum
    from vision_lib.sampling import Window

Array = NDArray[np.float64]
# Aberrations in this package are normalised on a 6 mm pupil (Thibos 2002).
ABERRATION_RADIUS_M = 3e-3
FIRST_HIGHER = 6
MODES = 15
IN_FOCUS = PowerVector(0.0, 0.0, 0.0)


def sample_aberrations(seed: int, persons: Sequence[int] | NDArray[np.int64]) -> Array:
    """Higher-order aberrations of typical young eyes, 6 mm pupil.

    Normals with the means and standard deviations of Thibos 2002, j = 6 to 12, times a log-normal
    factor of each eye: independent modes alone make the spread of total RMS too narrow. Modes
    below 6 are left 0: they are the refraction.

    Parameters
    ----------
    seed : int
        Of the random streams.
    persons : sequence of int
        Stable identities.

    Returns
    -------
    (n, 15) ndarray
        OSA coefficients j = 0 to 14, m.
    """
    p = default("eye_aberrations").values()
    modes = range(FIRST_HIGHER, 13)
    z = streams.normals(seed, 0, persons, "eye aberrations", len(modes) + 1)
    mean = np.array([p[f"mean_{j}"] for j in modes])
    sd = np.array([p[f"sd_{j}"] for j in modes])
    factor = p["gain"] * np.exp(p["spread"] * z[:, -1] - 0.5 * p["spread"] ** 2)
    out = np.zeros((z.shape[0], MODES))
    out[:, FIRST_HIGHER:13] = (mean + sd * z[:, :-1]) * factor[:, None] * 1e-6
    return out


@dataclass(frozen=True)
class Eye:
    """An eye that does not accommodate; accommodation is `vision_lib.accommodation`'s.

    Parameters
    ----------
    refraction : Refraction
        Lens at the cornea that corrects it for far.
    age_y : float
        Age, years.
    pupil_m : float
        Diameter of the pupil in use, m.
    aberrations_m : tuple of float
        OSA coefficients j = 0, 1, 2, ... on a 6 mm pupil, m; those below j = 6 must be 0.
    stiles_crawford_mm2 : float
        Directionality; 0.05 per mm2 (Applegate and Lakshminarayanan 1993) unless given.

    Raises
    ------
    InputError
        An impossible age or pupil, or low-order aberrations.

    Examples
    --------
    >>> eye = Eye.perfect("-3.00 DS")
    >>> eye.need.m_d
    -3.0
    """

    refraction: Refraction
    age_y: float = 30.0
    pupil_m: float = 4e-3
    aberrations_m: tuple[float, ...] = ()
    stiles_crawford_mm2: float = 0.05

    def __post_init__(self) -> None:
        if not 0.0 <= self.age_y <= 120.0:
            raise InputError("impossible age", "--age", self.age_y, "0 to 120 years",
                             "give the age in years")  # fmt: skip
        low, high = psf_module.PUPIL_RANGE_M
        if not low <= self.pupil_m <= high:
            raise InputError("pupil out of range", "--pupil", self.pupil_m * 1e3, "0.2 to 9 mm",
                             "give the diameter")  # fmt: skip
        if any(self.aberrations_m[:FIRST_HIGHER]):
            raise InputError("low-order aberrations belong to the refraction", "aberrations",
                             self.aberrations_m[:FIRST_HIGHER], "0 for j below 6",
                             "write sphere and cylinder instead")  # fmt: skip

    @classmethod
    def perfect(cls, rx: Refraction | str, age_y: float = 30.0, pupil_m: float = 4e-3) -> "Eye":
        """An eye with a refraction and nothing else wrong with it."""
        return cls(_lens(rx), age_y, pupil_m, (), 0.0)

    @classmethod
    def sample(cls, rx: Refraction | str, age_y: float = 30.0, pupil_m: float = 4e-3, *,
               seed: int = 0, person: int = 0) -> "Eye":  # fmt: skip
        """An eye of this refraction with aberrations drawn for this person."""
        drawn = sample_aberrations(seed, [person])[0]
        return cls(_lens(rx), age_y, pupil_m, tuple(drawn.tolist()), _stiles_crawford())

    @classmethod
    def of(cls, person: "Person") -> "Eye":
        """The eye of a person of `vision_lib.ability`: refraction at the cornea, own aberrations."""
        c = np.zeros(max([MODES, *(j + 1 for j in person.aberrations)]))
        for j, um in person.aberrations.items():
            c[j] = um * 1e-6
        lens = person.refraction.at_cornea(person.vertex_m)
        return cls(lens, person.age_y, person.pupil_mm * 1e-3, tuple(c.tolist()), _stiles_crawford())

    @property
    def need(self) -> PowerVector:
        """The lens at the cornea that corrects the eye for far, as a power vector."""
        return self.refraction.power_vector()

    def needed_at(self, distance_m: float) -> PowerVector:
        """The lens needed at the cornea to see an object at a distance, without accommodating."""
        m, j0, j45 = self.need
        return PowerVector(m + 1.0 / distance_m, j0, j45)

    def with_pupil(self, pupil_m: float) -> "Eye":
        """The same eye through another pupil."""
        return replace(self, pupil_m=pupil_m)

    def higher_order_rms(self, pupil_m: float | None = None) -> float:
        """RMS of the higher orders through a pupil of at most 6 mm, m."""
        ratio = 0.5 * (self.pupil_m if pupil_m is None else pupil_m) / ABERRATION_RADIUS_M
        return zernike.rms(zernike.rescale(self.aberrations_m or (0.0,) * MODES, ratio))

    def wavefronts(self, residual: PowerVector = IN_FOCUS) -> Wavefronts:
        """The wavefront through the pupil, with the astigmatism of a residual but no defocus."""
        c = np.zeros(max(MODES, len(self.aberrations_m)))
        c[: len(self.aberrations_m)] = self.aberrations_m
        c[3], c[5] = astigmatism(residual, ABERRATION_RADIUS_M)
        return Wavefronts(c, ABERRATION_RADIUS_M, self.pupil_m, self.stiles_crawford_mm2)

    @cached_property
    def best_focus_d(self) -> float:
        """Wavefront defocus at which the eye sees best, D: added to every residual."""
        from vision_lib import quality

        clinic = default("eye_optics")["refraction_pupil"].value * 1e-3
        return quality.best_focus(self.with_pupil(clinic).wavefronts())

    def psf(self, residual: PowerVector, spectrum: "Spectrum", window: "Window",
            defocus_d: ArrayLike = 0.0, **options: Any) -> NDArray[Any]:  # fmt: skip
        """Point spread functions with this lens still needed.

        Parameters
        ----------
        residual : PowerVector
            What correction and accommodation have left, D.
        spectrum, window
            See `vision_lib.psf.psf`.
        defocus_d : (V,) array_like
            Further defocus, D, one PSF for each.
        **options
            `samples`, `precision`, `workers` of `vision_lib.psf.psf`.

        Returns
        -------
        (V, C, S, S) ndarray
        """
        defocus = np.atleast_1d(np.asarray(defocus_d, float)) + residual.m_d + self.best_focus_d
        return psf_module.psf(self.wavefronts(residual), defocus, spectrum, window, **options)[0]


def astigmatism(residual: PowerVector, radius_m: float) -> tuple[float, float]:
    """Coefficients j = 3 and j = 5, m, of a residual astigmatism.

    J0 = -2 sqrt 6 c22 / r^2, J45 = -2 sqrt 6 c2-2 / r^2 (Thibos, Hong, Bradley and Applegate 2004,
    J Vis 4:329, equation 1).
    """
    factor = -(radius_m**2) / (2.0 * math.sqrt(6.0))
    return factor * residual.j45_d, factor * residual.j0_d


def defocus(m_d: float, radius_m: float) -> float:
    """Coefficient j = 4, m, of a residual mean power: M = -4 sqrt 3 c20 / r^2 (Thibos 2004)."""
    return -m_d * radius_m**2 / (4.0 * math.sqrt(3.0))


def _lens(rx: Refraction | str) -> Refraction:
    return Refraction.parse(rx) if isinstance(rx, str) else rx


def _stiles_crawford() -> float:
    return load("eye_optics")["human"]["stiles_crawford"].value
