"""Randomisation procedures: what each promises, the same list by both paths, the test it justifies."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trials.randomise import Allocator, assign_all, codes, imbalance, rerandomisation_p
from trials.spec.randomisation import Randomisation
from twin_engine.errors import InputError
from twin_engine.streams import uniforms

WAYS = {
    "simple": Randomisation(kind="simple"),
    "blocks": Randomisation(kind="permuted_block", blocks=(4,)),
    "variable": Randomisation(kind="permuted_block", blocks=(2, 4, 6), strata=("a",)),
    "coin": Randomisation(kind="biased_coin", probability=2 / 3),
    "minimisation": Randomisation(kind="minimisation", strata=("a", "b"), probability=0.8),
}


def people(n: int, seed: int = 0) -> list[tuple[str, str]]:
    u = uniforms(seed, 0, np.arange(n), "levels", 2)
    return [("x" if a < 0.3 else "y", "123"[int(3 * b)]) for a, b in u]


def whole(way: Randomisation, levels: list, seed: int = 1, replicate: int = 0) -> np.ndarray:
    table, stratum = codes(levels)
    if not way.strata:
        stratum = np.zeros(len(levels), np.int64)
    u = uniforms(seed, replicate, np.arange(len(levels)), "assignment", 2)
    return assign_all(way, (1, 1), table, stratum, u)


@pytest.mark.parametrize("name", WAYS)
def test_one_by_one_is_the_whole_list(name: str) -> None:
    way, levels = WAYS[name], people(150)
    allocator = Allocator(way, (1, 1), 1)
    by_one = [allocator.assign(i, row if way.strata else ()) for i, row in enumerate(levels)]
    np.testing.assert_array_equal(by_one, whole(way, levels))


@pytest.mark.parametrize("name", WAYS)
def test_one_more_person_changes_nobody(name: str) -> None:
    levels = people(121)
    np.testing.assert_array_equal(whole(WAYS[name], levels)[:120], whole(WAYS[name], levels[:120]))


@pytest.mark.parametrize("name", WAYS)
def test_every_arm_is_as_likely(name: str) -> None:
    levels = people(20)
    share = np.mean([whole(WAYS[name], levels, replicate=r) for r in range(2000)], axis=0)
    assert np.abs(share - 0.5).max() < 4.2 * np.sqrt(0.25 / 2000)


@settings(max_examples=25, deadline=None)
@given(ratios=st.lists(st.integers(1, 3), min_size=2, max_size=4), times=st.integers(1, 3),
       seed=st.integers(0, 10**6))  # fmt: skip
def test_a_full_block_keeps_the_ratio(ratios: list[int], times: int, seed: int) -> None:
    size = times * sum(ratios)
    way = Randomisation(kind="permuted_block", blocks=(size,))
    none = np.zeros(3 * size, np.int64)
    u = uniforms(seed, 0, np.arange(3 * size), "assignment", 2)
    arms = assign_all(way, ratios, none[:, None], none, u)
    for block in arms.reshape(3, size):
        np.testing.assert_array_equal(np.bincount(block, minlength=len(ratios)), np.array(ratios) * times)


def test_the_orders_of_a_block_are_equally_likely() -> None:
    way, none = WAYS["blocks"], np.zeros(4, np.int64)
    orders = sorted(set(permutations([0, 0, 1, 1])))
    counts = dict.fromkeys(orders, 0)
    for r in range(6000):
        u = uniforms(3, r, np.arange(4), "assignment", 2)
        counts[tuple(int(a) for a in assign_all(way, (1, 1), none[:, None], none, u))] += 1
    chi2 = sum((c - 1000) ** 2 / 1000 for c in counts.values())
    assert chi2 < 20.5  # 99.9 % quantile of chi-square with 5 degrees of freedom


def test_efron_coin_is_a_walk_with_known_spread() -> None:
    # Efron 1971, Biometrika 58:403: after many persons, an even number, P(balance) = 1 - (1 - p) / p.
    way, none = WAYS["coin"], np.zeros(100, np.int64)
    draws = (uniforms(5, r, np.arange(100), "assignment", 2) for r in range(4000))
    treated = np.array([assign_all(way, (1, 1), none[:, None], none, u).sum() for u in draws])
    assert np.mean(treated == 50) == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 4000))


def test_minimisation_balances_every_factor() -> None:
    levels, spread = people(100), {}
    for name in ("simple", "minimisation"):
        worst = []
        for r in range(200):
            rows = imbalance(whole(WAYS[name], levels, replicate=r), levels, ["A", "B"], (1, 1))
            worst.append(max(row["imbalance"] for row in rows[1:6]))
        spread[name] = np.mean(worst)
    assert spread["minimisation"] < 0.5 * spread["simple"]


def test_imbalance_counts_over_the_ratio() -> None:
    arms = np.array([0, 0, 1, 1, 1, 1])
    row = imbalance(arms, [()] * 6, ["A", "B"], (1, 2))[0]
    assert (row["A"], row["B"], row["imbalance"]) == (2, 4, 0.0)


def test_rerandomisation_p_of_a_block_is_its_permutation_p() -> None:
    # Eight persons in one block of 8: 70 equally likely lists; the largest gap has p = 2/70.
    way = Randomisation(kind="permuted_block", blocks=(8,))
    ids, levels = np.arange(8), [()] * 8
    scores = np.array([1.0, 2, 3, 4, 11, 12, 13, 14])
    arms = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    p = rerandomisation_p(way, (1, 1), ids, levels, arms, scores, arm=1, control=0, seed=1, draws=9999)
    assert p == pytest.approx(2 / 70, abs=4 * np.sqrt(2 / 70 / 9999))
    flat = rerandomisation_p(way, (1, 1), ids, levels, arms, np.ones(8), arm=1, control=0, seed=1, draws=99)
    assert flat == 1.0


def test_rerandomisation_keeps_its_error_under_minimisation() -> None:
    way, levels, hits = WAYS["minimisation"], people(40), 0
    effect = np.array([1.5 * (a == "x") for a, _ in levels])
    for r in range(150):
        arms = whole(way, levels, seed=2, replicate=r)
        y = effect + np.random.default_rng(r).normal(size=40)
        hits += rerandomisation_p(way, (1, 1), np.arange(40), levels, arms, y, arm=1, control=0,
                                  seed=100 + r, draws=99) <= 0.05  # fmt: skip
    assert hits / 150 == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 150))


@pytest.mark.parametrize(("way", "ratios"), [
    (Randomisation(kind="permuted_block", blocks=(3,)), (1, 1)),
    (Randomisation(kind="permuted_block", blocks=()), (1, 1)),
    (Randomisation(kind="permuted_block", blocks=(-2,)), (1, 1)),
    (Randomisation(kind="biased_coin"), (2, 1)),
    (Randomisation(kind="minimisation", strata=("a",), probability=0.3), (1, 1)),
    (Randomisation(kind="minimisation"), (1, 1)),
], ids=["multiple", "no block", "negative", "unequal", "probability", "no factor"])  # fmt: skip
def test_settings_that_do_not_fit_are_refused(way: Randomisation, ratios: tuple[int, ...]) -> None:
    with pytest.raises(InputError):
        Allocator(way, ratios, 1)
