"""How much the eye can accommodate by age, how much it does at a distance, and what is left over.

Amplitude depends on how it was measured: push-up reads several dioptres more than what the lens
really does, and in the forties five times as much. So every amplitude carries its method: optics
uses the objective one, push-up is accepted from a clinic and scaled to it.

Signs: a residual is the lens still needed at the eye, positive for plus power. A myope of -3 D
looking at 40 cm without lenses needs -3 + 2.5 = -0.5 D, which accommodation cannot give.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.parameters import default

METHODS = ("objective", "push-up", "hofstetter-minimum", "hofstetter-mean", "hofstetter-maximum")
OLDEST_Y = 120.0
# Anderson 2008 (IOVS 49:2919) measured ages 3 to 40.
ANDERSON_Y = (3.0, 40.0)
# Mid-decade ages of Park 2019 (PLoS ONE 0225754), whose groups were teens, twenties and forties.
PUSH_UP_Y = (15.0, 25.0, 45.0)
# Hofstetter 1950: minimum read, mean and maximum from memory: (at birth, loss a year) in D.
HOFSTETTER = {"minimum": (15.0, 0.25), "mean": (18.5, 0.3), "maximum": (25.0, 0.4)}


@dataclass(frozen=True)
class Accommodation:
    """A person's accommodation as optics uses it.

    Parameters
    ----------
    amplitude_d : float
        Objective amplitude, D.
    method : str
        How it was found: "objective" (norm by age), "measured objective", "measured push-up",
        "none" (a lens implant).
    lag_slope : float
        Dioptres that the response falls behind for each dioptre of demand beyond the dead zone.
    sd_d : float
        Standard deviation of the amplitude, D.
    """

    amplitude_d: float
    method: str = "objective"
    lag_slope: float = 0.0
    sd_d: float = 0.0

    def response(self, demand_d: Any) -> NDArray[np.float64]:
        """Accommodation given for a demand, D: behind it by the lag, never beyond the amplitude."""
        return response(demand_d, self.amplitude_d, self.lag_slope)

    def residual(self, needed_d: Any) -> NDArray[np.float64]:
        """What is left of the needed power after accommodating, D; a need of minus power stays."""
        needed = np.asarray(needed_d, float)
        return needed - self.response(needed)


def response(demand_d: Any, amplitude_d: Any, lag_slope: Any) -> NDArray[np.float64]:
    """Accommodation that eyes give for a demand, D; arrays of one shape."""
    demand = np.maximum(np.asarray(demand_d, float), 0.0)
    dead = default("eye_accommodation")["lag_dead_zone"].value
    return np.minimum(demand - lag_slope * np.maximum(demand - dead, 0.0), amplitude_d)


def check_age(age_y: float, where: str = "--age") -> float:
    """The age if it is one.

    Raises
    ------
    InputError
        Negative, not finite, or above 120 years.
    """
    if not 0.0 <= age_y <= OLDEST_Y:
        raise InputError("impossible age", where, age_y, "0 to 120 years", "give the age in years")
    return float(age_y)


def amplitude(age_y: float, method: str = "objective") -> float:
    """Mean amplitude of accommodation at an age, D.

    Parameters
    ----------
    age_y : float
        Age, years.
    method : str
        One of `METHODS`. "objective" is Anderson 2008 to age 40, then straight lines through the
        Korean decades of Kang 2016; "push-up" are straight lines through Park 2019.

    Raises
    ------
    InputError
        An impossible age or an unknown method.
    """
    age = check_age(age_y)
    p = default("eye_accommodation").values()
    if method == "objective":
        return _objective(age, p)
    if method == "push-up":
        return _push_up(age, p)
    if method.startswith("hofstetter-") and method[11:] in HOFSTETTER:
        birth, loss = HOFSTETTER[method[11:]]
        return max(birth - loss * age, 0.0)
    raise InputError("unknown method of measuring accommodation", "method", method,
                     ", ".join(METHODS), "name how the amplitude was measured")  # fmt: skip


def _objective(age: float, p: dict[str, float]) -> float:
    low, high = ANDERSON_Y
    inside = min(max(age, low), high)
    value = p["objective_peak"] - p["objective_curvature"] * (inside - low) ** 2
    if age <= high:
        return value
    ages = (high, 45.0, 55.0, 60.0)
    return float(
        np.interp(age, ages, (value, p["objective_45"], p["objective_55"], p["objective_60"]))
    )


def _push_up(age: float, p: dict[str, float]) -> float:
    values = [p["push_up_15"], p["push_up_25"], p["push_up_45"]]
    if age <= PUSH_UP_Y[-1]:
        return float(np.interp(age, PUSH_UP_Y, values))
    slope = (values[2] - values[1]) / (PUSH_UP_Y[2] - PUSH_UP_Y[1])
    return max(values[2] + slope * (age - PUSH_UP_Y[2]), p["push_up_floor"])


def norm(age_y: float) -> Accommodation:
    """The accommodation of a typical person of this age."""
    p = default("eye_accommodation")
    value = amplitude(age_y)
    sd = min(p["objective_sd"].value, max(value, 0.1))
    return Accommodation(value, "objective", p["lag_slope"].value, sd)


def measured(age_y: float, amplitude_d: float, method: str = "objective") -> Accommodation:
    """The accommodation of a person whose amplitude was measured.

    A push-up value is scaled by what push-up and objective norms read at that age, so a person
    keeps the place among people of the same age; this is statistical and is marked so.

    Raises
    ------
    InputError
        A negative or implausible amplitude, an impossible age, or a method that cannot be scaled.
    """
    check_age(age_y)
    if not 0.0 <= amplitude_d <= 20.0:
        raise InputError("implausible amplitude of accommodation", "--amplitude", amplitude_d,
                         "0 to 20 D", "give dioptres; a near point of 10 cm is 10 D")  # fmt: skip
    slope = default("eye_accommodation")["lag_slope"].value
    if method == "objective":
        return Accommodation(amplitude_d, "measured objective", slope, 0.1)
    if method != "push-up":
        raise InputError("unknown method of measuring accommodation", "method", method,
                         "objective or push-up", "name how the amplitude was measured")  # fmt: skip
    ratio = amplitude(age_y) / amplitude(age_y, "push-up")
    # Diurnal spread of push-up readings, Park 2019: 0.35 to 1.4 D; carried through the ratio.
    return Accommodation(amplitude_d * min(ratio, 1.0), "measured push-up", slope, 1.0 * ratio)


def from_near_point(near_point_m: float, refraction_d: float = 0.0) -> float:
    """Push-up amplitude, D, from the near point and the refraction worn over the eye.

    The near point's vergence plus what the eye still needed for far.

    Raises
    ------
    InputError
        A near point that is no distance.
    """
    if not 0.03 <= near_point_m <= 10.0:
        raise InputError("implausible near point", "near point", near_point_m, "0.03 to 10 m",
                         "measure from the spectacle plane, in metres")  # fmt: skip
    return max(1.0 / near_point_m + refraction_d, 0.0)


def residual_vergence(
    refraction_m_d: float, distances_m: Sequence[float], eye: Accommodation
) -> NDArray[np.float64]:
    """Spherical equivalent left at every viewing distance, D.

    Parameters
    ----------
    refraction_m_d : float
        Spherical equivalent of the far refraction not yet corrected, at the eye, D.
    distances_m : sequence of float
        Viewing distances, m.
    eye : Accommodation
        What the eye can do.

    Raises
    ------
    InputError
        A distance that is not positive.
    """
    distances = np.asarray(distances_m, float)
    if not np.all(distances > 0):
        raise InputError("a viewing distance must be positive", "distance", list(distances_m),
                         "metres above 0", "for example 0.4")  # fmt: skip
    return eye.residual(refraction_m_d + 1.0 / distances)
