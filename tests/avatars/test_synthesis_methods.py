"""Trees and vines behind the one interface of synthesis."""

import numpy as np
import pytest

from avatars import fidelity, real
from avatars.avatar import Provenance
from avatars.population import Population
from avatars.synthesis import method
from twin_engine.errors import InputError


def curved(n: int = 1500) -> Population:
    """A mean that bends and a spread that grows: what a Gaussian copula cannot hold."""
    rng = np.random.default_rng(2)
    age = rng.uniform(20, 80, n)
    sbp = 105 + 0.012 * (age - 30) ** 2 + (2 + 0.15 * age) * rng.standard_normal(n)
    sex = rng.choice(["female", "male"], n)
    columns = {"age_y": age.round(), "sbp_mmhg": sbp.round(), "sex": sex}
    units = {"age_y": "y", "sbp_mmhg": "mmHg", "sex": ""}
    return Population(np.arange(n), columns, units, dict.fromkeys(columns, Provenance("measured", "made up")))



@pytest.mark.parametrize("name", ["cart", "vine"])
def test_correlations_and_margins_are_kept(name: str) -> None:
    if name == "vine":
        pytest.importorskip("pyvinecopulib")
    people = curved()
    drawn = method(name)(people, ("sex",)).draw(4000, 1)
    assert fidelity.correlations(people, drawn).largest <= 0.10
    assert np.mean(drawn["sex"] == "male") == pytest.approx(np.mean(people["sex"] == "male"), abs=0.03)
    assert drawn["age_y"].std() == pytest.approx(people["age_y"].std(), rel=0.05)
    old, young = drawn["age_y"] > 65, drawn["age_y"] < 35
    assert drawn["sbp_mmhg"][old].std() > 1.3 * drawn["sbp_mmhg"][young].std()


@pytest.mark.parametrize("name", ["cart", "vine"])
def test_more_persons_change_nobody(name: str) -> None:
    if name == "vine":
        pytest.importorskip("pyvinecopulib")
    learnt = method(name)(curved(400), ())
    few, many = learnt.draw(10, 3), learnt.draw(50, 3)
    for column in few.columns:
        assert few[column].tolist() == many[column][:10].tolist()


def test_trees_copy_no_row() -> None:
    people = real.diabetes()
    drawn = method("cart")(people, ()).draw(442, 1)
    numbers = people.numbers()
    rows = {tuple(r) for r in np.column_stack([people[n] for n in numbers]).tolist()}
    assert not rows & {tuple(r) for r in np.column_stack([drawn[n] for n in numbers]).tolist()}


def test_unknown_method_is_named() -> None:
    with pytest.raises(InputError, match="unknown method"):
        method("photocopy")
