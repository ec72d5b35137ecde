"""How common refractive errors are among Koreans: published figures, and smooth curves in age.

The spherical equivalent at an age is a table of probits at -6, -3, -1, -0.5 and +0.5 D; the step
from -0.5 to +0.5 D changes exponentially with age. Two populations are fitted:

- `KIM`: the participants of Kim 2013, 20 years and more. The probit at -0.5 D is a cubic in age,
  the smallest polynomial that fits this study's eleven figures (chi squared 3.5 on 5 degrees of
  freedom; a parabola 163, a step that does not change with age 589).
- `KOREA`: the people of the census of 2010 from 5 years. Rim 2016, and the figures of Kim 2013
  read as those of the population; the probit at -0.5 D has the shape of the age groups of Lee
  2014. Myopia and high myopia of the whole population (Rim 2016) are held out.

Kim's participants were 2.7 years older than Korea's adults (its table 1: 48.6 years), so its
overall shares are strictly theirs. With its curve the census would give 55 % where Rim 2016 found
51.9 %: the two analyses of one survey cannot be had at once. Shares beyond -3 and -6 D follow Lee
2014 in both.
"""

import csv
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine import assets
from twin_engine.errors import InputError

Array = NDArray[np.float64]
KOREA, KIM = "korea", "kim2013"
POPULATIONS = (KOREA, KIM)
AGES_Y = np.arange(5, 90)
ADULT_Y = 20
KNOTS_D = np.array([-6.0, -3.0, -1.0, -0.5, 0.5])
LIMITS_D = {"myopia": -0.5, "myopia over 1 D": -1.0, "high myopia": -6.0, "hyperopia": 0.5}
# Rim 2016: in children (5 to 18 years) the limit is 0.25 D further, for want of cycloplegia.
CHILD_Y, CHILD_SHIFT_D = 19, -0.25
NODES_Y = np.array([8.3, 15.0, 25.0, 35.0, 45.0, 54.5, 64.5, 76.0])
LEE_GROUPS = ((5, 11), (12, 18), (19, 29), (30, 39), (40, 49), (50, 59), (60, 69), (70, 99))
# Fitted: cubic or shifts of Lee's curve at 25, 35, 50 and 64.5 years (4), step to +0.5 D (2), place
# of -1 D, shift of high myopia in adults, children's probits at -0.5 D (2) and shifts at -6 D (2).
BENDS_Y = (25.0, 35.0, 50.0, 64.5)
START = np.array([0.0, 0.0, -0.5, 0.0, 0.0, -0.3, 0.5, 0.0, 0.0, 0.8, 0.0, 0.0])


def _rows(name: str) -> list[dict[str, str]]:
    with open(assets.path(f"vision/{name}.csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def published() -> list[dict[str, Any]]:
    """The published figures: study, quantity, ages, percent, standard error, definition, use."""
    return [
        r | {"age_low_y": int(r["age_low_y"]), "age_high_y": int(r["age_high_y"]),
             "percent": float(r["percent"]), "standard_error": float(r["standard_error"] or "nan")}
        for r in _rows("korea_refraction")
    ]  # fmt: skip


def percent(study: str, quantity: str, low_y: int, high_y: int) -> float:
    """One published figure."""
    return next(r["percent"] for r in published() if (r["study"], r["quantity"], r["age_low_y"],
                                                      r["age_high_y"]) == (study, quantity, low_y, high_y))  # fmt: skip


def _census() -> Array:
    bands = {int(r["age_low_y"]): float(r["thousands"]) / 5.0 for r in _rows("korea_ages")}
    weights = np.array([bands[int(a) // 5 * 5] for a in AGES_Y])
    return weights / weights.sum()


def _moments(weights: Array) -> tuple[float, float]:
    """Mean and standard deviation of age, years."""
    mean = float(weights @ AGES_Y / weights.sum())
    return mean, float(np.sqrt(weights @ (AGES_Y - mean) ** 2 / weights.sum()))


@cache
def _groups() -> dict[str, tuple[float, float, int]]:
    """Mean, SD and number of the ages of Kim 2013 by refraction."""
    return {r["group"]: (float(r["mean_y"]), float(r["sd_y"]), int(r["n"]))
            for r in _rows("korea_ages_by_refraction")}  # fmt: skip


@cache
def age_weights(population: str = KOREA) -> Array:
    """Share of each year of `AGES_Y`.

    The census of 2010; for Kim 2013 the census from 20 years, tilted (maximum entropy) until mean
    and SD of age are those of that study.
    """
    census = _census()
    if population == KOREA:
        return census
    from scipy.optimize import fsolve

    mean, sd, _ = _groups()["all"]
    z = (AGES_Y - mean) / 10.0

    def tilted(t: Array) -> Array:
        made = np.where(AGES_Y >= ADULT_Y, census * np.exp(t[0] * z + t[1] * z * z), 0.0)
        return made / made.sum()

    return tilted(fsolve(lambda t: np.subtract(_moments(tilted(t)), (mean, sd)), [0.0, 0.0]))


def _lee(quantity: str) -> Array:
    return np.array([percent("Lee 2014", quantity, *g) for g in LEE_GROUPS]) / 100.0


def _probits(population: str, x: Array) -> Array:
    """Probits at the knots for every age, shape (ages, 5), from the fitted numbers."""
    from scipy.interpolate import PchipInterpolator
    from scipy.special import ndtri

    z = (AGES_Y - 48.0) / 10.0
    within = np.clip(AGES_Y, NODES_Y[0], NODES_Y[-1])
    high, moderate, low = (_lee(q) for q in ("high myopia", "moderate myopia", "low myopia"))
    # -6 D moves by its own shift in children (2) and in adults; -3 D halfway between.
    far = np.array([x[10], x[11], *[x[7]] * 6])
    nodes = ndtri(high + moderate + low)
    at_half, at_three, at_six = (PchipInterpolator(NODES_Y, y)(within) for y in (
        nodes, ndtri(high + moderate) + far / 2, ndtri(high) + far))  # fmt: skip
    if population == KIM:
        half = np.polyval(x[:4], z)
    else:
        moved = [*x[8:10], *(nodes[2:] + np.interp(NODES_Y[2:], BENDS_Y, x[:4]))]
        half = PchipInterpolator(NODES_Y, moved)(within)
    three = at_three + (half - at_half) / 2
    step = np.exp(np.polyval(x[4:6], z))
    return np.column_stack([at_six, three, half - x[6] * (half - three), half, half + step])


def share(probits: Array, quantity: str, low_y: int, high_y: int, weights: Array) -> float:
    """Percent of the ages low to high with a refractive error; children's limit shifted."""
    chosen = (low_y <= AGES_Y) & (high_y >= AGES_Y)
    return float(100.0 * np.average(_with(probits, quantity)[chosen], weights=weights[chosen]))


def _with(probits: Array, quantity: str) -> Array:
    """Share of every age with a refractive error."""
    from scipy.special import ndtr

    limit = LIMITS_D[quantity]
    young = (AGES_Y < CHILD_Y) & (-2.0 < limit < 0.0)
    limits = np.where(young, limit + CHILD_SHIFT_D, limit)
    below = ndtr([np.interp(d, KNOTS_D, p) for d, p in zip(limits, probits, strict=True)])
    return 1.0 - below if quantity == "hyperopia" else below


def _used(population: str, without: tuple[int, int] | None) -> list[dict[str, Any]]:
    """The figures a population is fitted to, less the age group left out."""
    return [
        r for r in published()
        if r["quantity"] in LIMITS_D and (r["age_low_y"], r["age_high_y"]) != without
        and (r["use"] == "fit" if population == KOREA else r["study"] == "Kim 2013")
    ]  # fmt: skip


def _misses(population: str, without: tuple[int, int] | None) -> Callable[[Array], Array]:
    """What separates a curve from the figures, in standard errors."""
    rows, weights = _used(population, without), age_weights(population)
    start = _start(population)

    def misses(x: Array) -> Array:
        p = _probits(population, x)
        far = [(share(p, r["quantity"], r["age_low_y"], r["age_high_y"], weights) - r["percent"])
               / r["standard_error"] for r in rows]  # fmt: skip
        if population == KIM:
            far += _age_misses(p, weights)
        else:
            far += [(share(p, "high myopia", *g, weights) - 100.0 * h)
                    for g, h in zip(LEE_GROUPS[:2], _lee("high myopia")[:2], strict=True)]  # fmt: skip
        # What no figure determines stays where it starts.
        return np.array([*far, *1e-3 * (x - start)])

    return misses


def _start(population: str) -> Array:
    """Where a fit starts, and what stays of it: Korea has how the step changes with age from Kim."""
    if population == KIM:
        return START
    return np.concatenate([np.zeros(4), _numbers(KIM, None)[4:6], START[6:]])


def _age_misses(probits: Array, weights: Array) -> list[float]:
    """Mean and SD of age of the myopic, the hyperopic and the rest, in standard errors."""
    near, far = _with(probits, "myopia"), _with(probits, "hyperopia")
    made = []
    for group, part in (("myopia", near), ("hyperopia", far), ("neither", 1.0 - near - far)):
        mean, sd, n = _groups()[group]
        got = _moments(part * weights)
        # Rounded to 0.1 years when printed.
        made += [(got[0] - mean) / np.hypot(sd / np.sqrt(n), 0.03),
                 (got[1] - sd) / np.hypot(sd / np.sqrt(2 * n), 0.03)]  # fmt: skip
    return made


@cache
def _numbers(population: str, without: tuple[int, int] | None) -> Array:
    from scipy.optimize import least_squares

    return least_squares(_misses(population, without), _start(population)).x


@cache
def fitted(population: str = KOREA, without: tuple[int, int] | None = None) -> Array:
    """Probits by age, shape (ages, knots).

    Parameters
    ----------
    population : str
        One of `POPULATIONS`.
    without : (int, int), optional
        Ages, both included, whose figures are left out of the fit, to see how well they are foretold.

    Raises
    ------
    InputError
        Another population.
    """
    if population not in POPULATIONS:
        raise InputError("unknown population", "--of", population, ", ".join(POPULATIONS), "choose one")
    return _probits(population, _numbers(population, without))


def prevalence(quantity: str, low_y: int, high_y: int, population: str = KOREA,
               without: tuple[int, int] | None = None) -> float:  # fmt: skip
    """Percent with a refractive error among these ages, by the sampler's own distribution.

    Parameters
    ----------
    quantity : str
        "myopia", "myopia over 1 D", "high myopia" or "hyperopia".
    low_y, high_y : int
        Ages, both included.
    population, without
        See `fitted`.
    """
    return share(fitted(population, without), quantity, low_y, high_y, age_weights(population))
