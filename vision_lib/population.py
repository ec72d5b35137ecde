"""Koreans' refractions by age: sampled eyes, to the curves of `prevalence`."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.parameters import default
from vision_lib.prevalence import (
    AGES_Y,
    CHILD_SHIFT_D,
    CHILD_Y,
    KIM,
    KNOTS_D,
    KOREA,
    age_weights,
    fitted,
    percent,
    published,
)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Koreans:
    """Sampled right eyes, one a row: columns are arrays of equal length.

    Parameters
    ----------
    person : ndarray of int
        Stable identity.
    age_y, sphere_d, cylinder_d, axis_deg, pupil_mm, amplitude_d, best_logmar : ndarray
        Age, prescription in minus cylinder at 12 mm, pupil at 100 cd/m2, objective amplitude,
        acuity in focus.
    """

    person: NDArray[np.int64]
    age_y: Array
    sphere_d: Array
    cylinder_d: Array
    axis_deg: Array
    pupil_mm: Array
    amplitude_d: Array
    best_logmar: Array

    def __len__(self) -> int:
        return len(self.person)

    @property
    def spherical_equivalent_d(self) -> Array:
        """S + C/2, D."""
        return self.sphere_d + self.cylinder_d / 2.0


def sample(n: int, seed: int = 1, replicate: int = 0, population: str = KOREA) -> Koreans:
    """Sample `n` Koreans; persons keep their values for any `n`.

    Parameters
    ----------
    n, seed, replicate : int
        Persons and random stream.
    population : str
        `prevalence.KOREA` (from 5 years, census of 2010) or `prevalence.KIM` (that study's adults).

    Raises
    ------
    InputError
        Fewer than 1 or more than a million; another population.
    """
    if not 1 <= n <= 1_000_000:
        raise InputError("impossible number of persons", "-n", n, "1 to 1000000", "choose fewer")
    from scipy.special import ndtri

    from twin_engine.streams import uniforms
    from vision_lib.accommodation import amplitude
    from vision_lib.pupil import diameter

    persons = np.arange(n)
    u = uniforms(seed, replicate, persons, "korean eyes", 7)
    probits = fitted(population)
    cumulated = np.cumsum(age_weights(population))
    row = np.minimum(np.searchsorted(cumulated, u[:, 0]), len(AGES_Y) - 1)
    age = AGES_Y[row].astype(float)
    se = _equivalents(probits, row, ndtri(u[:, 1]))
    cylinder, axis = _cylinders(age, ndtri(u[:, 2]), u[:, 3], u[:, 4])
    p = default("eye_accommodation")
    mean = np.array([amplitude(float(a)) for a in AGES_Y])[row]
    sd = np.minimum(p["objective_sd"].value, np.maximum(mean, 0.1))
    reach = np.maximum(mean + sd * ndtri(u[:, 5]) * (mean > 0), 0.0)
    pupil = np.array([diameter(100.0, 60.0, max(float(a), 20.0)) * 1e3 for a in AGES_Y])[row]
    a = default("eye_acuity")
    best = a["best_logmar"].value + a["best_sd"].value * ndtri(u[:, 6])
    return Koreans(persons, age, se - cylinder / 2.0, cylinder, axis, pupil, reach, best)


def _equivalents(probits: Array, row: NDArray[np.int64], z: Array) -> Array:
    """Spherical equivalents of these probits: straight lines between knots and on beyond them."""
    p = default("eye_population")
    # Beyond the outer knots: how many probits a dioptre adds.
    far, near = p["myopic_tail"].value, p["hyperopic_tail"].value
    at = probits[row]
    se = np.empty(len(z))
    for k in range(len(KNOTS_D) - 1):
        low, high = at[:, k], at[:, k + 1]
        within = (z >= low) & (z < high)
        part = (z - low) / (high - low)
        se[within] = (KNOTS_D[k] + part * (KNOTS_D[k + 1] - KNOTS_D[k]))[within]
    below, above = z < at[:, 0], z >= at[:, -1]
    se[below] = KNOTS_D[0] + (z - at[:, 0])[below] / far
    se[above] = KNOTS_D[-1] + (z - at[:, -1])[above] / near
    return np.clip(se, -25.0, 15.0)


@cache
def _cylinder_level() -> float:
    """Shift that makes the share beyond 1 D that of Rim 2016, given how it grows with age."""
    from scipy.optimize import brentq
    from scipy.special import ndtr

    slope = default("eye_population")["cylinder_age_slope"].value
    target = percent("Rim 2016", "astigmatism", 5, 99) / 100.0

    def miss(level: float) -> float:
        return float(np.sum(ndtr(level + slope * (AGES_Y - 45) / 10) * age_weights())) - target

    return float(brentq(miss, -5, 5))


def _cylinders(age: Array, z: Array, side: Array, spread: Array) -> tuple[Array, Array]:
    """Minus cylinders, log-normal with a median that grows with age, and their axes."""
    p = default("eye_population").values()
    probit = _cylinder_level() + p["cylinder_age_slope"] * (age - 45) / 10
    cylinder = -np.minimum(np.exp(p["cylinder_log_sd"] * (probit + z)), 10.0)
    # With the rule (axis 180) in the young turns against it (axis 90) in the old.
    young = 1.0 / (1.0 + np.exp((age - p["axis_turn_y"]) / p["axis_turn_width_y"]))
    middle = np.where(side < young, 180.0, 90.0)
    axis = (middle + p["axis_spread_deg"] * np.clip(_normal(spread), -2, 2)) % 180.0
    return cylinder, np.where(axis == 0.0, 180.0, axis)


def _normal(u: Array) -> Array:
    from scipy.special import ndtri

    return ndtri(u)


def check(people: Koreans, population: str = KOREA) -> list[dict[str, Any]]:
    """Every published figure beside the sampled one, percent; ages without persons are left out."""
    se, age = people.spherical_equivalent_d, people.age_y
    rows = []
    for r in published():
        inside = (age >= r["age_low_y"]) & (age <= r["age_high_y"])
        if r["study"] not in ("Kim 2013", *(("Rim 2016",) if population == KOREA else ())) or not inside.any():
            continue
        shift = np.where(age < CHILD_Y, CHILD_SHIFT_D, 0.0)
        having = {"myopia": se < -0.5 + shift, "myopia over 1 D": se < -1.0 + shift,
                  "high myopia": se < -6.0, "hyperopia": se > 0.5,
                  "astigmatism": people.cylinder_d < -1.0}[r["quantity"]]  # fmt: skip
        rows.append({
            "study": r["study"], "quantity": r["quantity"], "age_low_y": r["age_low_y"],
            "age_high_y": r["age_high_y"], "published_percent": r["percent"],
            "sampled_percent": float(100.0 * having[inside].mean()),
            "use": "fit" if population == KIM else r["use"],
        })  # fmt: skip
    return rows
