"""Every treatment that ships keeps its contract; a new file is checked without any wiring."""

from typing import Any

import numpy as np
import pytest
from pydantic_core import PydanticUndefined

from avatars.avatar import Provenance
from avatars.population import Population
from trials import treatment
from trials.parts import Part
from trials.treatment import Dosing, Effect, Treatment, load, names
from twin_engine import model

N = 40
NAMES = names()


def people(n: int = N) -> Population:
    """Persons with every column that any treatment or rule may ask for."""
    i = np.arange(n)
    numbers = {"age_y": 40.0 + i % 50, "weight_kg": 50.0 + i % 60, "height_cm": 150.0 + i % 45,
               "sbp_mmhg": 130.0 + i % 40, "bsa_m2": 1.5 + (i % 10) / 20}  # fmt: skip
    words = {"vkorc1": np.array(["GG", "GA", "AA"])[i % 3],
             "cyp2c9": np.array(["*1/*1", "*1/*2", "*1/*3", "*2/*2", "*2/*3", "*3/*3"])[i % 6],
             "sex": np.array(["male", "female"])[i % 2], "race": np.array(["other", "black"])[i % 2],
             "genotype_in_time": np.array(["yes", "no"])[i % 2]}  # fmt: skip
    units = {"age_y": "y", "weight_kg": "kg", "height_cm": "cm", "sbp_mmhg": "mmHg", "bsa_m2": "m2"}
    columns: dict[str, np.ndarray] = {**numbers, **words}
    unit = {name: units.get(name, "") for name in columns}
    origin = dict.fromkeys(columns, Provenance("assumed", "test"))
    return Population(i, columns, unit, origin)


def example(section: type[Part]) -> dict[str, Any]:
    """The least settings: the first choice of a word, 1 for a number, text for text."""
    made: dict[str, Any] = {}
    for name, field in section.model_fields.items():
        if field.default is not PydanticUndefined or field.default_factory is not None:
            continue
        choices = getattr(field.annotation, "__args__", ())
        if choices and isinstance(choices[0], str):
            made[name] = choices[0]
        else:
            made[name] = {float: 1.0, int: 1, str: "assumption: a test"}.get(field.annotation, 1.0)
    return made


def make(name: str) -> Treatment:
    made = load(name)
    settings = example(made.Settings)
    try:
        return treatment.make(name, settings, "test")
    except treatment.InputError:
        # A quantity is written with its unit.
        for key, value in settings.items():
            if isinstance(value, float):
                settings[key] = "1 mg"
        return treatment.make(name, settings, "test")


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is_and_where_it_is_from(name: str) -> None:
    made = load(name)
    assert issubclass(made, Effect | Dosing)
    assert made.TITLE and made.SOURCE
    assert made.__doc__ and len(made.__doc__) > 20


@pytest.mark.parametrize("name", NAMES)
def test_refuses_unknown_settings(name: str) -> None:
    with pytest.raises(treatment.InputError) as caught:
        treatment.make(name, example(load(name).Settings) | {"no such key": 1}, "test")
    assert caught.value.what in ("unknown key", "a quantity needs a unit")


@pytest.mark.parametrize("name", [n for n in NAMES if issubclass(load(n), Effect)])
def test_an_effect_is_finite_repeatable_and_personal(name: str) -> None:
    made = make(name)
    assert isinstance(made, Effect)
    everyone, untreated = people(), np.linspace(50.0, 150.0, N)
    before = untreated.copy()
    once = made.outcome(everyone, untreated, 90.0)
    assert once.shape == (N,) and np.isfinite(once).all()
    np.testing.assert_array_equal(untreated, before)
    np.testing.assert_array_equal(once, made.outcome(everyone, untreated, 90.0))
    rows = np.arange(0, N, 3)
    np.testing.assert_allclose(made.outcome(everyone.take(rows), untreated[rows], 90.0), once[rows])


@pytest.mark.parametrize("name", [n for n in NAMES if issubclass(load(n), Dosing)])
def test_a_dosing_orders_possible_doses_for_each_person_alone(name: str) -> None:
    made = make(name)
    assert isinstance(made, Dosing)
    assert set(made.MODELS) <= set(model.names())
    everyone, rows = people(), np.arange(0, N, 3)
    few = everyone.take(rows)
    orders, memory = made.begin(everyone)
    orders_few, memory_few = made.begin(few)
    rng = np.random.default_rng(1)
    for day in (3.0, 5.0, 14.0, 28.0):
        assert (orders.doses >= 0).all() and np.isfinite(orders.doses).all()
        assert (orders.review > 0).all()
        width = min(orders.doses.shape[1], orders_few.doses.shape[1])
        np.testing.assert_allclose(orders.doses[rows, :width], orders_few.doses[:, :width])
        value = rng.uniform(1.0, 6.0, N)
        orders = made.review(everyone, memory, np.full(N, day), value)
        orders_few = made.review(few, memory_few, np.full(len(rows), day), value[rows])


@pytest.mark.parametrize("name", [n for n in NAMES if issubclass(load(n), Dosing)])
def test_a_missed_reading_changes_no_dose(name: str) -> None:
    made = make(name)
    assert isinstance(made, Dosing)
    everyone = people()
    orders, memory = made.begin(everyone)
    kept = made.review(everyone, memory, np.full(N, 7.0), np.full(N, np.nan))
    np.testing.assert_allclose(kept.doses[:, -1], orders.doses[:, -1])
