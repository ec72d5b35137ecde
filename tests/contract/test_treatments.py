"""Every treatment that ships keeps its contract, with the settings and persons of a shipped design.

A new file in trials/treatments is checked without any wiring once a design in examples/ uses it.
"""

from functools import cache

import numpy as np
import pytest

from avatars.population import Population
from trials import design, treatment
from trials.population import build
from trials.treatment import Dosing, Effect, Modelled, Treatment, load, names
from twin_engine import model
from twin_engine.errors import InputError

N = 40
NAMES = names()


@cache
def used(name: str) -> tuple[Treatment, Population]:
    """The treatment as the first shipped design uses it, and persons of that design."""
    for file in sorted(design.examples().glob("*.yaml")):
        plan = design.load(file)
        for arm in plan.arms:
            if arm.treatment == name:
                few = {"population": plan.population.model_copy(update={"persons": N}), "digital_control": None}
                people = build(plan.model_copy(update=few), 1).people
                return treatment.make(name, arm.settings, file.name), people
    raise AssertionError(f"no design in examples/ uses {name}")


def kind(contract: type) -> list[str]:
    return [n for n in NAMES if issubclass(load(n), contract)]


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is_and_where_it_is_from(name: str) -> None:
    made = load(name)
    assert issubclass(made, Effect | Dosing | Modelled)
    assert made.TITLE and made.SOURCE
    assert made.__doc__ and len(made.__doc__) > 20
    _, people = used(name)
    for column in made.NEEDS:
        assert column in people


@pytest.mark.parametrize("name", NAMES)
def test_refuses_unknown_settings(name: str) -> None:
    with pytest.raises(InputError) as caught:
        treatment.make(name, {"no such key": 1}, "test")
    assert caught.value.what in ("unknown key", "missing key")


@pytest.mark.parametrize("name", kind(Effect))
def test_an_effect_is_finite_repeatable_and_personal(name: str) -> None:
    made, people = used(name)
    assert isinstance(made, Effect)
    untreated = np.linspace(50.0, 150.0, N)
    before = untreated.copy()
    once = made.outcome(people, untreated, 90.0)
    assert once.shape == (N,) and np.isfinite(once).all()
    np.testing.assert_array_equal(untreated, before)
    np.testing.assert_array_equal(once, made.outcome(people, untreated, 90.0))
    rows = np.arange(0, N, 3)
    np.testing.assert_allclose(made.outcome(people.take(rows), untreated[rows], 90.0), once[rows])


@pytest.mark.parametrize("name", kind(Modelled))
def test_a_modelled_outcome_is_repeatable_and_personal(name: str) -> None:
    made, people = used(name)
    assert isinstance(made, Modelled)
    assert set(made.MODELS) <= {*model.names(), "statistical"}
    day = np.tile([0.0, 7.0, 21.0], (N, 1))
    once = made.outcomes(people, day, 1)
    assert once.shape == day.shape and not np.isnan(once).any()
    np.testing.assert_array_equal(once, made.outcomes(people, day, 1))
    rows = np.arange(0, N, 3)
    np.testing.assert_array_equal(made.outcomes(people.take(rows), day[rows], 1), once[rows])


@pytest.mark.parametrize("name", kind(Dosing))
def test_a_dosing_orders_possible_doses_for_each_person_alone(name: str) -> None:
    made, people = used(name)
    assert isinstance(made, Dosing)
    assert set(made.MODELS) <= set(model.names())
    rows = np.arange(0, N, 3)
    few = people.take(rows)
    orders, memory = made.begin(people)
    orders_few, memory_few = made.begin(few)
    rng = np.random.default_rng(1)
    for day in (3.0, 5.0, 14.0, 28.0):
        assert (orders.doses >= 0).all() and np.isfinite(orders.doses).all()
        assert (orders.review > 0).all()
        width = min(orders.doses.shape[1], orders_few.doses.shape[1])
        np.testing.assert_allclose(orders.doses[rows, :width], orders_few.doses[:, :width])
        value = rng.uniform(1.0, 6.0, N)
        orders = made.review(people, memory, np.full(N, day), value)
        orders_few = made.review(few, memory_few, np.full(len(rows), day), value[rows])


@pytest.mark.parametrize("name", kind(Dosing))
def test_a_missed_reading_changes_no_dose(name: str) -> None:
    made, people = used(name)
    assert isinstance(made, Dosing)
    orders, memory = made.begin(people)
    kept = made.review(people, memory, np.full(N, 7.0), np.full(N, np.nan))
    np.testing.assert_allclose(kept.doses[:, -1], orders.doses[:, -1])
