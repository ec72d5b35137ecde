"""Warfarin dosing rules: predicted doses, loading, and the tables for a measured INR.

Every coefficient is a row of assets/dosing/warfarin_rules.csv with its source.
"""

import csv
from functools import cache

import numpy as np

from avatars.population import Population
from twin_engine import assets
from twin_engine.errors import InputError

WEEK = 7.0
TARGET_INR = 2.5  # middle of the range 2 to 3 that both trials aimed at
# Terms that count as absent in a population without the column: rare co-medication and history.
OPTIONAL = ("amiodarone", "inducer", "fluvastatin", "smoker", "vte", "stroke", "diabetes")


@cache
def coefficients(rule: str) -> dict[str, float]:
    """Term -> coefficient of one rule."""
    with open(assets.path("dosing/warfarin_rules.csv"), encoding="utf-8", newline="") as file:
        rows = {r["term"]: float(r["value"]) for r in csv.DictReader(file) if r["rule"] == rule}
    if not rows:
        raise InputError("unknown dosing rule", "settings.first_doses", rule, "a rule of "
                         "assets/dosing/warfarin_rules.csv", "correct the name")  # fmt: skip
    return rows


def terms(people: Population) -> dict[str, np.ndarray]:
    """What the rules multiply their coefficients with, from a person's columns."""
    n = len(people)
    age, weight, height = (people[c].astype(float) for c in ("age_y", "weight_kg", "height_cm"))
    made = {
        "intercept": np.ones(n),
        "age_y": age,
        "age_decades": np.floor(age / 10),
        "weight_kg": weight,
        "height_cm": height,
        # Du Bois D, Du Bois EF, Arch Intern Med 1916;17:863
        "bsa_m2": 0.007184 * height**0.725 * weight**0.425,
        "target_inr": np.full(n, TARGET_INR),
        "vkorc1_a_alleles": np.char.count(people["vkorc1"].astype(str), "A").astype(float),
    }
    for star in ("2", "3"):
        count = np.char.count(people["cyp2c9"].astype(str), f"*{star}")
        made[f"cyp2c9_{star}_alleles"] = count.astype(float)
    for column in OPTIONAL:
        made[column] = _yes(people.columns[column]) if column in people.columns else np.zeros(n)
    for column in ("vkorc1", "cyp2c9", "race"):
        values = people.columns.get(column)
        if values is not None:
            for level in np.unique(values.astype(str)):
                made[f"{column} {level}"] = (values.astype(str) == level).astype(float)
    return made


def _yes(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind in "fiub":
        return values.astype(float)
    return (values.astype(str) == "yes").astype(float)


def score(rule: str, features: dict[str, np.ndarray]) -> np.ndarray:
    """Sum of coefficient times term; a level that nobody has adds nothing."""
    total = np.zeros(len(features["intercept"]))
    for term, value in coefficients(rule).items():
        if term in features:
            total = total + value * features[term]
    return total


def iwpc(people: Population, rule: str = "iwpc_pg") -> np.ndarray:
    """Maintenance dose by the IWPC rules or EU-PACT's form of them, mg a day, shape (n,)."""
    return score(rule, terms(people)) ** 2 / WEEK


def gage(people: Population, rule: str = "gage_pg") -> np.ndarray:
    """Maintenance dose by the rules of Gage 2008, mg a day, shape (n,)."""
    return np.exp(score(rule, terms(people)))


def lenzini(people: Population, inr: np.ndarray, given: np.ndarray, rule: str) -> np.ndarray:
    """Refined dose from the INR on day 4 or 5, mg a day, shape (n,).

    Parameters
    ----------
    inr : ndarray, shape (n,)
    given : ndarray, shape (n, 3)
        Doses 2, 3 and 4 days before the INR, mg.
    rule : str
        `lenzini_pg` or `lenzini_clinical`.
    """
    features = terms(people) | {"ln_inr": np.log(inr)}
    features |= {f"dose_{k}": given[:, k - 2] for k in (2, 3, 4)}
    return np.exp(score(rule, features)) / WEEK


def eu_pact_loading(people: Population) -> np.ndarray:
    """The three genotype-guided loading doses of EU-PACT, mg, shape (n, 3).

    The loading dose fills the body to its steady state under the maintenance dose with the
    person's elimination rate; half of the excess is spread over days 1 and 3 (Avery 2011).
    """
    dose = iwpc(people, "eu_pact_pg")
    rate = score("eu_pact_k", terms(people))
    q = np.exp(-24.0 * rate)
    load = dose / ((1 - q) * (1 + q + q**2))
    return np.column_stack([dose + 1.5 * (load - dose), load, dose + 0.5 * (load - dose)])


@cache
def table(name: str) -> dict[str, np.ndarray]:
    """One table of assets/dosing as columns; words stay words."""
    with open(assets.path(f"dosing/{name}.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {}
    for key in rows[0]:
        words = [row[key] for row in rows]
        numeric = all(w.replace(".", "", 1).isdigit() for w in words)
        columns[key] = np.array([float(w) for w in words] if numeric else words)
    return columns


def zone(name: str, inr: np.ndarray) -> np.ndarray:
    """The row of a table for each INR: the last whose lower bound is not above it."""
    return np.searchsorted(table(name)["inr_low"], inr + 1e-9, side="right") - 1


def tablets(dose: np.ndarray, tablet: float) -> np.ndarray:
    """Doses rounded to what tablets allow."""
    return np.round(dose / tablet) * tablet
