"""Koreans' refractions by age: a sampler, and a library of what its eyes can see.

The distribution of the spherical equivalent at an age is a table of probits at -6, -3, -1, -0.5
and +0.5 D that bends with age. What it is fitted to and what is held out stands row by row in
`assets/vision/korea_refraction.csv`: children and the shape over the decades come from the age
groups of Lee 2014, adult levels from Kim 2013, hyperopia and the share beyond -1 D from Rim 2016;
myopia and high myopia of the whole population (Rim 2016) are held out. The three studies are
analyses of one survey (KNHANES) and differ from each other by up to 7 percentage points.
"""

import csv
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine import assets
from twin_engine.errors import InputError
from twin_engine.parameters import default

Array = NDArray[np.float64]
AGES_Y = np.arange(5, 90)
KNOTS_D = np.array([-6.0, -3.0, -1.0, -0.5, 0.5])
# Rim 2016: in children (5 to 18 years) the limit is 0.25 D further, for want of cycloplegia.
CHILD_Y, CHILD_SHIFT_D = 19, -0.25
NODES_Y = np.array([8.3, 15.0, 25.0, 35.0, 45.0, 54.5, 64.5, 76.0])
LEE_GROUPS = ((5, 11), (12, 18), (19, 29), (30, 39), (40, 49), (50, 59), (60, 69), (70, 99))


@cache
def published() -> list[dict[str, Any]]:
    """The published figures: study, quantity, ages, percent, definition, use."""
    with open(assets.path("vision/korea_refraction.csv"), encoding="utf-8", newline="") as file:
        return [
            r | {"age_low_y": int(r["age_low_y"]), "age_high_y": int(r["age_high_y"]),
                 "percent": float(r["percent"])}
            for r in csv.DictReader(file)
        ]  # fmt: skip


@cache
def age_weights() -> Array:
    """Share of each year of `AGES_Y` among Koreans from 5 years, census 2010."""
    with open(assets.path("vision/korea_ages.csv"), encoding="utf-8", newline="") as file:
        bands = {int(r["age_low_y"]): float(r["thousands"]) / 5.0 for r in csv.DictReader(file)}
    weights = np.array([bands[int(a) // 5 * 5] for a in AGES_Y])
    return weights / weights.sum()


def _lee(quantity: str) -> Array:
    rows = {(r["age_low_y"], r["age_high_y"]): r["percent"] for r in published()
            if r["study"] == "Lee 2014" and r["quantity"] == quantity}  # fmt: skip
    return np.array([rows[g] for g in LEE_GROUPS])


def _percent(study: str, quantity: str, low: int, high: int) -> float:
    return next(r["percent"] for r in published() if (r["study"], r["quantity"], r["age_low_y"],
                                                      r["age_high_y"]) == (study, quantity, low, high))  # fmt: skip


def _share(probits: Array, limit_d: float, low: int, high: int) -> float:
    """Percent below a spherical equivalent among ages low to high; children's limit shifted."""
    from scipy.special import ndtr

    chosen = (low <= AGES_Y) & (high >= AGES_Y)
    limits = np.where((AGES_Y < CHILD_Y) & (-2.0 < limit_d < 0), limit_d + CHILD_SHIFT_D, limit_d)
    at = [ndtr(np.interp(limits[i], KNOTS_D, probits[i])) for i in np.flatnonzero(chosen)]
    return float(100.0 * np.average(at, weights=age_weights()[chosen]))


def _probits(x: Array) -> Array:
    """Probits at the knots for every age, shape (ages, 5), from the fitted numbers."""
    from scipy.interpolate import PchipInterpolator
    from scipy.special import ndtri

    high, moderate, low = (_lee(q) / 100.0 for q in ("high myopia", "moderate myopia", "low myopia"))
    nodes = {-0.5: ndtri(high + moderate + low), -3.0: ndtri(high + moderate), -6.0: ndtri(high)}
    # Shifts of the curve of Lee 2014: children each, adults bending at 25, 35, 50 and 64.5 years.
    adults = np.interp(NODES_Y[2:], [25.0, 35.0, 50.0, 64.5], x[2:6])
    shift = np.concatenate([x[:2], adults])
    # -6 D moves by its own shift in children (2) and in adults (1); -3 D halfway between.
    far = np.concatenate([x[6:8], np.full(6, x[8])])
    moved = {-0.5: nodes[-0.5] + shift, -6.0: nodes[-6.0] + far, -3.0: nodes[-3.0] + (shift + far) / 2}
    within = np.clip(AGES_Y, NODES_Y[0], NODES_Y[-1])
    at = {k: PchipInterpolator(NODES_Y, v)(within) for k, v in moved.items()}
    one = at[-0.5] - x[9] * (at[-0.5] - at[-3.0])
    return np.column_stack([at[-6.0], at[-3.0], one, at[-0.5], at[-0.5] + np.exp(x[10])])


@cache
def fitted(without_sixties: bool = False) -> Array:
    """Probits by age, shape (ages, knots): fitted to the rows marked `fit` and `shape`.

    Parameters
    ----------
    without_sixties : bool
        Leave the figure for 60 to 69 years out, to see how well it is foretold.
    """
    from scipy.optimize import least_squares

    low, moderate, high = (_lee(q) for q in ("low myopia", "moderate myopia", "high myopia"))
    kim, rim = "Kim 2013", "Rim 2016"
    bands = ((20, 29), (20, 99), (40, 99)) + (() if without_sixties else ((60, 69),))

    def misses(x: Array) -> Array:
        p = _probits(x)
        children = [_share(p, -0.5, *g) - low[i] - moderate[i] - high[i]
                    for i, g in enumerate(LEE_GROUPS[:2])]  # fmt: skip
        children += [_share(p, -6.0, *g) - high[i] for i, g in enumerate(LEE_GROUPS[:2])]
        adults = [_share(p, -0.5, a, b) - _percent(kim, "myopia", a, b) for a, b in bands]
        return np.array([
            *children, *adults,
            _share(p, -6.0, 20, 99) - _percent(kim, "high myopia", 20, 99),
            _share(p, -1.0, 5, 99) - _percent(rim, "myopia over 1 D", 5, 99),
            100.0 - _share(p, 0.5, 5, 99) - _percent(rim, "hyperopia", 5, 99),
            # Level from 50 years where nothing says otherwise.
            1e-3 * (x[5] - x[4]),
        ])  # fmt: skip

    start = np.zeros(11)
    start[9] = 0.5
    return _probits(least_squares(misses, start).x)


def prevalence(quantity: str, low_y: int, high_y: int, probits: Array | None = None) -> float:
    """Percent of Koreans of these ages, by the sampler's own distribution.

    Parameters
    ----------
    quantity : str
        "myopia", "myopia over 1 D", "high myopia" or "hyperopia".
    low_y, high_y : int
        Ages, both included.
    probits : ndarray, optional
        Another fit.
    """
    p = fitted() if probits is None else probits
    limit = {"myopia": -0.5, "myopia over 1 D": -1.0, "high myopia": -6.0, "hyperopia": 0.5}
    below = _share(p, limit[quantity], low_y, high_y)
    return 100.0 - below if quantity == "hyperopia" else below


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


def sample(n: int, seed: int = 1, replicate: int = 0) -> Koreans:
    """Sample `n` Koreans from 5 years of age; persons keep their values for any `n`.

    Raises
    ------
    InputError
        Fewer than 1 or more than a million.
    """
    if not 1 <= n <= 1_000_000:
        raise InputError("impossible number of persons", "-n", n, "1 to 1000000", "choose fewer")
    from scipy.special import ndtri

    from twin_engine.streams import uniforms
    from vision_lib.accommodation import amplitude
    from vision_lib.pupil import diameter

    persons = np.arange(n)
    u = uniforms(seed, replicate, persons, "korean eyes", 7)
    row = np.minimum(np.searchsorted(np.cumsum(age_weights()), u[:, 0]), len(AGES_Y) - 1)
    age = AGES_Y[row].astype(float)
    se = _equivalents(fitted(), row, ndtri(u[:, 1]))
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
    target = _percent("Rim 2016", "astigmatism", 5, 99) / 100.0

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


def check(people: Koreans) -> list[dict[str, Any]]:
    """Every published figure beside the sampled one, percent; ages without persons are left out."""
    se, age = people.spherical_equivalent_d, people.age_y
    rows = []
    for r in published():
        inside = (age >= r["age_low_y"]) & (age <= r["age_high_y"])
        if r["study"] == "Lee 2014" or not inside.any():
            continue
        shift = np.where(age < CHILD_Y, CHILD_SHIFT_D, 0.0)
        having = {"myopia": se < -0.5 + shift, "myopia over 1 D": se < -1.0 + shift,
                  "high myopia": se < -6.0, "hyperopia": se > 0.5,
                  "astigmatism": people.cylinder_d < -1.0}[r["quantity"]]  # fmt: skip
        rows.append({
            "study": r["study"], "quantity": r["quantity"], "age_low_y": r["age_low_y"],
            "age_high_y": r["age_high_y"], "published_percent": r["percent"],
            "sampled_percent": float(100.0 * having[inside].mean()), "use": r["use"],
        })  # fmt: skip
    return rows
