"""The published warfarin dosing rules, worked through by hand."""

import csv
import math

import numpy as np
import pytest

from avatars.avatar import Provenance
from avatars.population import Population
from trials.dosing import warfarin as rules
from trials.treatment import make
from twin_engine import assets


def person(age: float = 67, weight: float = 80, height: float = 172, vkorc1: str = "GG",
           cyp2c9: str = "*1/*1", **words: str) -> Population:  # fmt: skip
    columns = {"age_y": np.array([age]), "weight_kg": np.array([weight]),
               "height_cm": np.array([height]), "vkorc1": np.array([vkorc1]),
               "cyp2c9": np.array([cyp2c9])}  # fmt: skip
    columns |= {name: np.array([word]) for name, word in words.items()}
    units = {"age_y": "y", "weight_kg": "kg", "height_cm": "cm"}
    return Population(np.array([1]), columns, {n: units.get(n, "") for n in columns},
                      dict.fromkeys(columns, Provenance("assumed", "test")))  # fmt: skip


@pytest.mark.parametrize(("vkorc1", "mg"), [("GG", 6.1), ("GA", 4.6), ("AA", 3.4)])
def test_iwpc_dose_of_a_typical_person(vkorc1: str, mg: float) -> None:
    """67 y, 80 kg, *1/*1: 6.1, 4.6, 3.4 mg/d (IWPC 2009 appendix; one digit printed)."""
    assert rules.iwpc(person(vkorc1=vkorc1))[0] == pytest.approx(mg, abs=0.1)


def test_iwpc_by_hand() -> None:
    """70 y = 7 decades, 170 cm, 75 kg, GA, *1/*3, amiodarone, Asian; sum squared is mg/week."""
    root = (5.6044 - 0.2614 * 7 + 0.0087 * 170 + 0.0128 * 75 - 0.8677 - 0.9357 - 0.1092 - 0.5503)
    who = person(70, 75, 170, "GA", "*1/*3", amiodarone="yes", race="asian")
    assert rules.iwpc(who)[0] == pytest.approx(root**2 / 7, rel=1e-12)


def test_gage_by_hand() -> None:
    """Gage 2008, 60 y, 70 kg, 170 cm, AA, *2/*3: exp(sum) mg/d; body surface by Du Bois."""
    bsa = 0.007184 * 170**0.725 * 70**0.425
    total = (0.9751 - 2 * 0.3238 + 0.4317 * bsa - 0.4008 - 0.00745 * 60 - 0.2066 + 0.2029 * 2.5)
    assert rules.gage(person(60, 70, 170, "AA", "*2/*3"))[0] == pytest.approx(math.exp(total))


def test_lenzini_by_hand() -> None:
    """Lenzini 2010: INR 1.8 on day 4 after 5, 5, 10 mg (2, 3, 4 days before)."""
    bsa = 0.007184 * 172**0.725 * 80**0.425
    total = (3.10894 - 0.00767 * 67 - 0.51611 * math.log(1.8) - 0.23032 + 0.24597 * bsa
             + 0.26729 * 2.5 + 0.01690 * 5 + 0.02018 * 5 + 0.01065 * 10)  # fmt: skip
    got = rules.lenzini(person(vkorc1="GA"), np.array([1.8]), np.array([[5.0, 5.0, 10.0]]),
                        "lenzini_pg")  # fmt: skip
    assert got[0] == pytest.approx(math.exp(total) / 7)


def test_loading_fills_the_body_to_its_steady_state() -> None:
    """Avery 2011: after three loading doses the amount equals the steady state under the dose."""
    for cyp2c9, k in (("*1/*1", 0.0189), ("*3/*3", 0.0075)):
        who = person(cyp2c9=cyp2c9)
        dose, (first, second, third) = rules.iwpc(who, "eu_pact_pg")[0], rules.eu_pact_loading(who)[0]
        q = math.exp(-24 * k)
        flat = second * (1 + q + q**2)
        assert flat == pytest.approx(dose / (1 - q))
        assert first > second > third > dose
        assert first + third - 2 * second == pytest.approx(0, abs=1e-9)


def test_carriers_need_less_under_every_genetic_rule() -> None:
    for rule in (rules.iwpc, rules.gage):
        doses = [rule(person(vkorc1=v))[0] for v in ("GG", "GA", "AA")]
        assert doses == sorted(doses, reverse=True)
        stars = [rule(person(cyp2c9=c))[0] for c in ("*1/*1", "*1/*2", "*1/*3", "*2/*3", "*3/*3")]
        assert stars == sorted(stars, reverse=True)


@pytest.mark.parametrize(
    ("inr", "factor", "week", "next_days"),
    [(1.4, 2.0, 1.10, 5), (1.7, 1.5, 1.05, 7), (2.5, 1.0, 1.0, 14), (3.2, 1.0, 1.0, 14),
     (3.6, 0.5, 0.90, 7), (4.4, 0.0, 0.90, 7), (5.5, 0.0, 1.0, 2)],
)  # fmt: skip
def test_maintenance_table(inr: float, factor: float, week: float, next_days: float) -> None:
    """Anderson 2007, Intermountain: one changed dose, the week's dose, the next INR."""
    treatment = make("warfarin_dosing", {"first_doses": "iwpc_pg", "revision": "fennerty"}, "test")
    who = person()
    _, memory = treatment.begin(who)  # type: ignore[attr-defined]
    memory["revised"][:], memory["daily"][:] = True, 5.0
    orders = treatment.review(who, memory, np.array([21.0]), np.array([inr]))  # type: ignore[attr-defined]
    daily = 0.0 if inr >= 5 else 5.0 * week
    assert memory["daily"][0] == pytest.approx(5.0 * week)
    assert orders.doses[0, -1] == pytest.approx(daily, abs=0.25)
    assert orders.doses[0, 0] == pytest.approx(daily * factor, abs=0.25)
    assert orders.review[0] == next_days


def test_a_mild_deviation_changes_the_dose_only_the_second_time() -> None:
    treatment = make("warfarin_dosing", {"first_doses": "iwpc_pg", "revision": "fennerty"}, "test")
    who = person()
    _, memory = treatment.begin(who)  # type: ignore[attr-defined]
    memory["revised"][:], memory["daily"][:] = True, 6.0
    for day, expected in ((21.0, 6.0), (35.0, 5.7)):
        treatment.review(who, memory, np.array([day]), np.array([3.2]))  # type: ignore[attr-defined]
        assert memory["daily"][0] == pytest.approx(expected)


def test_above_5_waits_until_below_3_and_resumes_with_15_percent_less() -> None:
    treatment = make("warfarin_dosing", {"first_doses": "iwpc_pg", "revision": "fennerty"}, "test")
    who = person()
    _, memory = treatment.begin(who)  # type: ignore[attr-defined]
    memory["revised"][:], memory["daily"][:] = True, 6.0
    given = []
    for day, inr in ((21.0, 5.4), (23.0, 3.8), (25.0, 2.7)):
        orders = treatment.review(who, memory, np.array([day]), np.array([inr]))  # type: ignore[attr-defined]
        given.append(orders.doses[0, -1])
    assert given == [0.0, 0.0, 5.0]
    assert memory["daily"][0] == pytest.approx(0.85 * 6)


def test_tables_cover_every_inr_without_gap() -> None:
    for name in ("fennerty", "intermountain"):
        table = rules.table(name)
        assert table["inr_low"][0] == 0
        np.testing.assert_array_equal(table["inr_low"][1:], table["inr_high"][:-1])
        assert table["inr_high"][-1] > 20


def test_every_coefficient_has_a_source() -> None:
    with open(assets.path("dosing/warfarin_rules.csv"), encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert row["kind"] in ("published", "assumption") and "doi" in row["source"]
