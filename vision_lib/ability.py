"""What a person can see at every viewing distance, with and without a correction.

One eye looks at one distance through one correction: that is a `View`. Accommodation takes from
the need what it can; what is left blurs, and blur costs acuity (`acuity.logmar`) and contrast.
Uncertainty is carried from the person's parameters and from the disagreement of published data;
measured acuities narrow both (`refit`).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from twin_engine.errors import InputError
from twin_engine.parameters import default
from vision_lib import acuity, contrast, zernike
from vision_lib.accommodation import Accommodation, check_age, norm
from vision_lib.eye import Eye, sample_aberrations
from vision_lib.pupil import diameter
from vision_lib.refraction import PowerVector, Refraction

DISTANCES_M = (0.33, 0.4, 0.65, 0.8, 1.0, 2.0, 4.0, 6.0)
# OSA/ANSI coefficients of this package are micrometres over a 6 mm pupil unless said otherwise.
WAVEFRONT_PUPIL_MM = 6.0
INTERVAL_Z = 1.959963984540054  # two-sided 95 %


@dataclass(frozen=True)
class Person:
    """One eye of one person, as far as seeing is concerned.

    Parameters
    ----------
    refraction : Refraction
        The spectacle prescription that corrects the eye for far, at `vertex_m`.
    age_y : float
        Age, years.
    pupil_mm : float
        Pupil diameter, mm.
    accommodation : Accommodation
        The norm of the age, or measured.
    best_logmar, best_sd, blur_scale, blur_scale_sd : float
        Acuity in focus and how blur costs acuity, each with its standard deviation.
    vertex_m : float
        Vertex distance of the prescription, m.
    aberrations : dict
        Higher-order OSA coefficients, index -> um over 6 mm.
    """

    refraction: Refraction
    age_y: float
    pupil_mm: float
    accommodation: Accommodation
    best_logmar: float
    best_sd: float
    blur_scale: float
    blur_scale_sd: float
    vertex_m: float
    aberrations: dict[int, float] = field(default_factory=dict, hash=False)

    @property
    def need(self) -> PowerVector:
        """The lens at the cornea that would correct the eye for far."""
        return self.refraction.at_cornea(self.vertex_m).power_vector()


def person(rx: Refraction | str, age_y: float = 30.0, pupil_mm: float | None = None,
           accommodation: Accommodation | None = None, **known: Any) -> Person:  # fmt: skip
    """A person of this prescription and age; everything else typical unless given.

    Parameters
    ----------
    rx : Refraction or str
        Prescription.
    age_y : float
        Age, years.
    pupil_mm : float, optional
        Pupil diameter; at 100 cd/m2 over 60 square degrees when not given.
    accommodation : Accommodation, optional
        Measured accommodation; the norm of the age when not given.
    **known
        Any other field of `Person`.

    Raises
    ------
    InputError
        An impossible age or pupil, or a prescription that is none.
    """
    age = check_age(age_y)
    if pupil_mm is None:
        # Watson and Yellott 2012 hold for adults; younger pupils are taken as at 20 years.
        pupil_mm = diameter(100.0, 60.0, max(age, 20.0)) * 1e3
    if not 1.0 <= pupil_mm <= 9.0:
        raise InputError("impossible pupil", "--pupil", pupil_mm, "1 to 9 mm",
                         "give the diameter in millimetres")  # fmt: skip
    p, c = default("eye_acuity").values(), default("eye_corrections").values()
    fields: dict[str, Any] = {
        "best_logmar": p["best_logmar"], "best_sd": p["best_sd"], "blur_scale": p["blur_scale"],
        "blur_scale_sd": p["blur_scale_sd"], "vertex_m": c["vertex_mm"] / 1000.0,
        "aberrations": typical_aberrations(),
    }  # fmt: skip
    lens = Refraction.parse(rx) if isinstance(rx, str) else rx
    return Person(lens, age, float(pupil_mm), accommodation or norm(age), **(fields | known))


def typical_aberrations(seed: int = 1) -> dict[int, float]:
    """Higher orders of one eye drawn from published aberrations (Thibos 2002), um over 6 mm."""
    drawn = sample_aberrations(seed, [0])[0] * 1e6
    return {j: float(um) for j, um in enumerate(drawn) if um}


@dataclass(frozen=True)
class View:
    """One look at one distance through a correction.

    Parameters
    ----------
    distance_m : float
        From the cornea, m.
    need : PowerVector
        Lens still needed at the cornea for this distance, before accommodating, D.
    accommodation : Accommodation
        What the eye can still do.
    magnification : float
        Retinal image size against the uncorrected eye's.
    wavefront : dict
        OSA coefficients the correction adds, um over 6 mm.
    known : (float, float) or None
        Published acuity at this distance and its SD, where no optics predicts it, logMAR.
    source : str
        What the acuity rests on.
    """

    distance_m: float
    need: PowerVector
    accommodation: Accommodation
    magnification: float = 1.0
    wavefront: dict[int, float] = field(default_factory=dict)
    known: tuple[float, float] | None = None
    source: str = "1 + b^2 (Blendowske 2015)"

    @property
    def residual(self) -> PowerVector:
        """What is left after accommodating, D."""
        m = float(self.accommodation.residual(self.need.m_d))
        return PowerVector(m, self.need.j0_d, self.need.j45_d)


class Corrects(Protocol):
    """What `compare` asks of a correction."""

    def compare(self, person: Person, distance_m: float) -> tuple[View, View]:
        """The view before and after."""
        ...


@dataclass(frozen=True)
class Ability:
    """What the eye can do at one distance: acuity with its 95 % interval, contrast."""

    distance_m: float
    residual: PowerVector
    acuity_logmar: float
    low_logmar: float
    high_logmar: float
    contrast_loss: float | None
    magnification: float
    source: str
    view: View

    def as_dict(self) -> dict[str, Any]:
        """The keys that `twin eye show` prints; `residual_d` is the length of the vector."""
        decimal = float(acuity.to_decimal(self.acuity_logmar))
        return {"distance_m": self.distance_m, "residual_d": self.residual.blur_d,
                "residual_m_d": self.residual.m_d, "residual_j0_d": self.residual.j0_d,
                "residual_j45_d": self.residual.j45_d, "acuity_logmar": self.acuity_logmar,
                "acuity_low_logmar": self.low_logmar, "acuity_high_logmar": self.high_logmar,
                "acuity_decimal": decimal, "acuity_snellen": acuity.to_snellen(self.acuity_logmar),
                "contrast_loss": self.contrast_loss, "magnification": self.magnification,
                "source": self.source}  # fmt: skip


def uncorrected(who: Person, distance_m: float) -> View:
    """The bare eye at a distance.

    Raises
    ------
    InputError
        A distance that is not positive.
    """
    if not distance_m > 0:
        raise InputError("a viewing distance must be positive", "distance", distance_m,
                         "metres above 0", "for example 0.4")  # fmt: skip
    need = PowerVector(who.need.m_d + 1.0 / distance_m, who.need.j0_d, who.need.j45_d)
    return View(distance_m, need, who.accommodation)


def eye_of(who: Person, view: View) -> Eye:
    """The eye as it looks: the person's, with the aberrations that a correction adds."""
    both = dict(who.aberrations)
    for j, um in view.wavefront.items():
        both[j] = both.get(j, 0.0) + um
    return _eye(replace(who, aberrations={}), tuple(sorted(both.items())))


@lru_cache(maxsize=32)
def _eye(who: Person, aberrations: tuple[tuple[int, float], ...]) -> Eye:
    # Kept, because an eye finds its best focus only once.
    return Eye.of(replace(who, aberrations=dict(aberrations)))


def look(who: Person, view: View, with_contrast: bool = True) -> Ability:
    """Acuity and contrast of one view, with the 95 % interval of the acuity."""
    residual = view.residual
    blur = math.hypot(residual.blur_d, equivalent_defocus(view.wavefront, who.pupil_mm))
    loss = None
    if with_contrast and not view.known:
        bare = eye_of(who, replace(view, wavefront={}))
        loss = contrast.loss(eye_of(who, view), residual, bare)
    if view.known:
        mean, sd = view.known
    else:
        mean, sd = _acuity(who, view, blur)
    half = INTERVAL_Z * sd
    return Ability(view.distance_m, residual, mean, mean - half, mean + half, loss,
                   view.magnification, view.source, view)  # fmt: skip


def _acuity(who: Person, view: View, blur: float) -> tuple[float, float]:
    """Mean and SD by first-order propagation of the person's parameters."""
    mean = float(acuity.logmar(blur, who.best_logmar, who.blur_scale))
    b2 = (blur * who.blur_scale) ** 2
    slope_scale = 2.0 * b2 / (1.0 + b2) / math.log(10.0) / who.blur_scale
    # Only where the amplitude is the limit does its uncertainty matter.
    limited = view.need.m_d > view.accommodation.amplitude_d
    slope_m = 2.0 * abs(view.residual.m_d) * who.blur_scale**2 / (1.0 + b2) / math.log(10.0)
    variance = (
        who.best_sd**2
        + (slope_scale * who.blur_scale_sd) ** 2
        + (slope_m * view.accommodation.sd_d * limited) ** 2
    )
    return mean, math.sqrt(variance)


def equivalent_defocus(wavefront: dict[int, float], pupil_mm: float) -> float:
    """Defocus, D, with the same RMS as these higher-order aberrations at this pupil.

    Me = 4 sqrt(3) RMS / r^2 (Thibos 2002, J Opt Soc Am A 19:2329); coefficients over 6 mm are
    scaled by the power of the radius of their radial order, which is exact for its leading term.
    """
    if not wavefront:
        return 0.0
    ratio = pupil_mm / WAVEFRONT_PUPIL_MM
    rms = math.sqrt(sum((c * ratio ** zernike.order(j)[0]) ** 2 for j, c in wavefront.items()))
    return 4.0 * math.sqrt(3.0) * rms / (pupil_mm / 2.0) ** 2


def compare(who: Person, correction: Corrects | None,
            distances_m: Sequence[float] = DISTANCES_M, with_contrast: bool = True,
            ) -> tuple[list[Ability], list[Ability]]:  # fmt: skip
    """Ability before and after a correction at every distance; without one both are the bare eye."""
    before, after = [], []
    for distance in distances_m:
        bare = uncorrected(who, distance)
        views = correction.compare(who, distance) if correction else (bare, bare)
        before.append(look(who, views[0], with_contrast))
        after.append(look(who, views[1], with_contrast))
    return before, after


@dataclass(frozen=True)
class Reading:
    """One measured acuity: distance, logMAR, and what was worn."""

    distance_m: float
    acuity_logmar: float
    corrected: bool


def refit(who: Person, readings: Iterable[Reading]) -> Person:
    """The person whose acuity in focus, blur scale and amplitude fit the measured acuities best.

    Maximum a posteriori: the person's means and SDs are the prior, a chart reading has the SD
    `reading_sd`. The returned SDs are those of the posterior (Gauss-Newton covariance).
    """
    from scipy.optimize import least_squares

    measured = list(readings)
    if not measured:
        return who
    noise = default("eye_acuity")["reading_sd"].value
    eye = who.accommodation
    start = np.array([who.best_logmar, who.blur_scale, eye.amplitude_d])
    spread = np.array([who.best_sd, who.blur_scale_sd, max(eye.sd_d, 1e-3)])

    def error(x: np.ndarray) -> np.ndarray:
        fitted = _with(who, x)
        misses = [
            (float(acuity.logmar(_blur(fitted, r), x[0], x[1])) - r.acuity_logmar) / noise
            for r in measured
        ]
        return np.concatenate([misses, (x - start) / spread])

    bounds = ([-0.5, 0.2, 0.0], [2.0, 3.0, 20.0])
    found = least_squares(error, np.clip(start, *bounds), bounds=bounds)
    sd = np.sqrt(np.diag(np.linalg.inv(found.jac.T @ found.jac)))
    made = _with(who, found.x)
    fitted_eye = replace(made.accommodation, method="fitted to measured acuity", sd_d=float(sd[2]))
    return replace(made, best_sd=float(sd[0]), blur_scale_sd=float(sd[1]), accommodation=fitted_eye)


def _with(who: Person, x: np.ndarray) -> Person:
    eye = replace(who.accommodation, amplitude_d=float(x[2]))
    return replace(who, best_logmar=float(x[0]), blur_scale=float(x[1]), accommodation=eye)


def _blur(who: Person, reading: Reading) -> float:
    need = uncorrected(who, reading.distance_m)
    if reading.corrected:
        need = replace(need, need=PowerVector(1.0 / reading.distance_m, 0.0, 0.0))
    return need.residual.blur_d
