"""Warfarin against the values of its papers and published dosing rules."""

import numpy as np
import pytest

from twin_engine.model import load
from twin_engine.persons import Variability, parameter_rows
from twin_engine.physiology import warfarin
from twin_engine.solve import Dose, solve


def daily(mg: float, days: int) -> list[Dose]:
    return [Dose(24.0 * day, mg) for day in range(days)]


@pytest.mark.parametrize(("vkorc1", "inr"), [("AA", 2.14), ("GA", 1.44), ("GG", 1.30)])
def test_han_patients_on_a_fixed_dose(vkorc1: str, inr: float):
    """Xia 2024: 2.5 mg/d for 60 days, 55 y, 60 kg, *1/*1, read before the next dose; within 1 %."""
    person = {"vkorc1": vkorc1, "cyp2c9": "*1/*1", "age_y": 55, "weight_kg": 60}
    solution = solve(load("warfarin"), person, until=1440.0, doses=daily(2.5, 60))
    assert solution["inr"][-1] == pytest.approx(inr, rel=0.01)


@pytest.mark.parametrize(
    ("person", "doses"),
    [
        ({}, (2.5, 3.5, 4.625)),
        ({"weight_kg": 80}, (3.5, 5.125, 6.625)),
        ({"age_y": 70}, (2.25, 3.25, 4.25)),
    ],
)
def test_dose_table_of_the_source(person: dict, doses: tuple):
    """Xia 2024, supplement 1.6: doses for an INR of 2, 2.5, 3 of AA *1/*1; within 12 %.

    Its rows for *1/*3 and amiodarone disagree with the model that the paper prints; they are in
    the documentation, not here.
    """
    for dose, inr in zip(doses, (2.0, 2.5, 3.0), strict=True):
        given = {"vkorc1": "AA", "age_y": 55, "weight_kg": 60, **person}
        solution = solve(load("warfarin"), given, until=1440.0, doses=daily(dose, 60))
        assert solution["inr"][-1] == pytest.approx(inr, rel=0.12)


@pytest.mark.parametrize(
    ("source", "doses"),
    [("hamberg2010", (7.4, 5.4, 3.5)), ("xia2024", (16.5, 10.4, 4.4))],
)
def test_maintenance_dose_table(source: str, doses: tuple):
    """mg/d for INR 2.5 of GG, GA, AA (*1/*1, 67 y, 80 kg): European within 3 %; Xia twice that."""
    inr0 = 1.1 if source == "hamberg2010" else 1.13
    found = warfarin.maintenance_dose(2.5, set=source, vkorc1=np.array(["GG", "GA", "AA"]), age_y=67,
                                      weight_kg=80, INR0=inr0)  # fmt: skip
    assert found == pytest.approx(doses, rel=0.03)


def test_maintenance_dose_holds_its_target():
    """Solved to the steady state, the mean INR of a day is the target; and below INR0 there is none."""
    dose = warfarin.maintenance_dose(2.5, set="hamberg2010", vkorc1="GA")[0]
    last = 24.0 * 119 + np.linspace(0.0, 24.0, 49)
    person = {"set": "hamberg2010", "vkorc1": "GA"}
    solution = solve(load("warfarin"), person, until=2880.0, at=last, doses=daily(dose, 120),
                     tolerance=1e-8)  # fmt: skip
    assert np.trapezoid(solution["inr"], last) / 24.0 == pytest.approx(2.5, abs=1e-4)
    assert np.isnan(warfarin.maintenance_dose(1.0, INR0=1.13)).all()


def test_maintenance_dose_rises_with_need():
    """More for a higher target, a higher clearance, a higher EC50."""
    for rising in ({"target_inr": np.linspace(1.5, 4.5, 13)}, {"CL": np.linspace(0.05, 0.6, 12)},
                   {"EC50": np.linspace(0.5, 12.0, 12)}):  # fmt: skip
        given = {"target_inr": 2.5, "set": "hamberg2010", **rising}
        assert (np.diff(warfarin.maintenance_dose(**given)) > 0.0).all()


def test_no_drug_no_change():
    solution = solve(load("warfarin"), {}, until=240.0, at=[0.0, 240.0])
    assert solution["inr"] == pytest.approx([1.13, 1.13], abs=1e-12)


def test_elimination_is_that_of_one_compartment():
    """Hamberg 2010: S-warfarin after one dose, against the Bateman function; tolerance 1e-6."""
    at = np.array([1.0, 4.0, 24.0, 96.0])
    model = load("warfarin")
    solution = solve(model, {"set": "hamberg2010", "age_y": 71}, until=96.0, at=at,
                     doses=[Dose(0.0, 10.0)], tolerance=1e-9)  # fmt: skip
    k, ka = 2 * 0.174 / 14.3, 2.0
    expected = 5.0 / 14.3 * ka / (ka - k) * (np.exp(-k * at) - np.exp(-ka * at))
    assert solution["concentration"] == pytest.approx(expected, rel=1e-6)


def test_genotypes_order_as_published():
    """Clearance falls with *2 and *3, EC50 with A; amiodarone is off unless said."""
    model = load("warfarin")
    levels = np.array(warfarin.COVARIATES["cyp2c9"].levels)
    rows = parameter_rows(model, {"cyp2c9": levels, "age_y": 71}, len(levels))
    cl = rows[:, model.params.index("CL")]
    assert cl == pytest.approx([0.348, 0.2619, 0.2162, 0.1758, 0.1301, 0.0844])
    pair = parameter_rows(model, {"amiodarone": np.array(["no", "yes"])}, 2)
    assert pair[1, 5] / pair[0, 5] == pytest.approx(0.398)


def iwpc(
    age: np.ndarray, cm: float, kg: np.ndarray, vkorc1: np.ndarray, cyp2c9: np.ndarray
) -> np.ndarray:
    """Dose, mg/d: IWPC 2009, N Engl J Med 360:753, pharmacogenetic algorithm (White, no drugs)."""
    gene = np.select([vkorc1 == "GA", vkorc1 == "AA"], [-0.8677, -1.6974], 0.0)
    alleles = {
        "*1/*2": -0.5211,
        "*1/*3": -0.9357,
        "*2/*2": -1.0616,
        "*2/*3": -1.9206,
        "*3/*3": -2.3312,
    }
    for name, effect in alleles.items():
        gene = gene + np.where(cyp2c9 == name, effect, 0.0)
    return (5.6044 - 0.2614 * np.floor(age / 10) + 0.0087 * cm + 0.0128 * kg + gene) ** 2 / 7.0


def test_dosing_rule_explains_a_third_of_the_twins_dose():
    """Hamberg 2010 with log SDs of .298, .232, .34 and Swedish genotypes: R2 of the IWPC dose .33.

    The published R2 of the rule in patients is about .45: the bound allows +-.06.
    """
    rng = np.random.default_rng(1)
    n = 4000
    age = np.clip(rng.normal(67, 13, n), 20, 95)
    kg = np.clip(rng.normal(86, 18, n), 45, 150)
    vkorc1 = rng.choice(["GG", "GA", "AA"], n, p=[0.365, 0.485, 0.15])
    cyp2c9 = rng.choice(
        warfarin.COVARIATES["cyp2c9"].levels, n, p=[0.661, 0.184, 0.123, 0.014, 0.012, 0.006]
    )
    model = load("warfarin")
    who = Variability(1, 0, np.arange(n))
    table = {"set": "hamberg2010", "age_y": age, "vkorc1": vkorc1, "cyp2c9": cyp2c9}
    rows = parameter_rows(model, table, n, who)
    own = {name: rows[:, model.params.index(name)] for name in ("CL", "V", "EC50")}
    needed = warfarin.maintenance_dose(2.5, set="hamberg2010", **own)
    rule = iwpc(age, 170.0, kg, vkorc1, cyp2c9)
    assert np.corrcoef(np.log(rule), np.log(needed))[0, 1] ** 2 == pytest.approx(0.33, abs=0.06)
    assert np.median(needed / rule) == pytest.approx(1.0, abs=0.3)
