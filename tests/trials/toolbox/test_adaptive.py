"""Adaptive designs: published values, and the error they must keep."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm
from test_replicates import design, people

from trials.adaptive.combination import closed_test, dunnett_p, inverse_normal, second_stage
from trials.adaptive.conditional import conditional_power, predictive_power
from trials.adaptive.response import FLOOR, allocate_adaptively, best, shares
from trials.adaptive.stages import dropped, judge, reestimated, shard
from trials.design import Design
from trials.power import Work, rule_of
from trials.replicates import Prepared, prepare
from trials.treatment import make
from trials.twins import live
from twin_engine.errors import InputError

ARMS = [{"name": "A", "treatment": "usual_care", "control": True}] + [
    {"name": f"B{i}", "treatment": "added_effect", "settings": {"effect": e, "source": "assumption: test"}}
    for i, e in enumerate((0.0, -2.0, -7.0))
]  # fmt: skip
SIMPLE = {"conduct": {}, "visits": {"days": ["0 d", "90 d"]},
          "enrolment": {"persons": 120, "sites": [{"name": "S", "persons_per_week": 10}]},
          "randomisation": {"kind": "simple"}}  # fmt: skip


def ready(plan: Design) -> Prepared:
    pool = people()
    return prepare(plan, pool, [live(plan, pool, make(a.treatment, a.settings, "arm"), 1) for a in plan.arms])


@pytest.mark.parametrize(("drift", "power"), [(2**0.5, 0.2201), (3.2415, 0.6986), (0.0, 0.0382)])
def test_conditional_power(drift: float, power: float) -> None:
    # Z 1 at half of the information, critical value 1.96 (Lan, Simon & Halperin 1982)
    assert conditional_power(1.0, 0.5, 1.959964, drift) == pytest.approx(power, abs=5e-5)


def test_predictive_power() -> None:
    assert predictive_power(1.0, 0.5, 1.959964) == pytest.approx(0.2926, abs=5e-5)


def test_inverse_normal_combination() -> None:
    assert inverse_normal([0.08, 0.01], [0.5, 0.5]) == pytest.approx(2.6385, abs=5e-5)
    assert inverse_normal([0.5, 0.5], [0.3, 0.7]) == pytest.approx(0.0, abs=1e-12)


def test_second_stage_reaches_its_conditional_power() -> None:
    first, planned, critical = 100, 200, 1.959964
    n2 = second_stage(1.5, first, planned, 10_000, critical, 0.9)
    mean = 1.5 * np.sqrt(n2 / first)
    w = np.sqrt(0.5)
    assert norm.sf((critical - w * 1.5) / w - mean) == pytest.approx(0.9, abs=5e-3)
    assert second_stage(-0.5, first, planned, 10_000, critical, 0.9) == 100
    assert second_stage(0.2, first, planned, 300, critical, 0.9) == 300


def test_dunnett_equals_the_multivariate_normal() -> None:
    corr = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    exact = 1 - multivariate_normal(np.zeros(3), corr).cdf(np.full(3, 2.0))
    assert dunnett_p(2.0, np.full(3, 0.5)) == pytest.approx(exact, abs=2e-5)
    assert dunnett_p(1.7, np.array([0.5])) == pytest.approx(norm.sf(1.7), abs=1e-10)


def test_dunnett_critical_value() -> None:
    # Dunnett 1955, table 1a: infinite df, three arms, one-sided .05: 2.06
    assert dunnett_p(2.06, np.full(3, 0.5)) == pytest.approx(0.05, abs=5e-4)


def test_closed_test_keeps_the_family_wise_error() -> None:
    rng, hits, n = np.random.default_rng(1), 0, 3000
    share = np.full(3, 0.5)
    for _ in range(n):
        z1, z2 = (np.sqrt(0.5) * (rng.standard_normal(3) - rng.standard_normal()) for _ in range(2))
        kept = z1 == z1.max()
        hits += closed_test(z1, z2, kept, share, share, 0.5, 0.025).any()
    assert hits / n < 0.025 + 3 * np.sqrt(0.025 / n)


def test_reestimation_keeps_its_error_and_gains_power() -> None:
    plan = design(**SIMPLE, adaptive={"kind": "reestimation", "most": 2.0})
    work = Work(ready(plan), rule_of(plan), 1, 5)
    rows, null = (shard(work, null, 0, 1500) for null in (False, True))
    made = judge(rows, null, ["A", "B"], 0)
    print({k: v for k, v in made.items() if k != "arms"})
    assert made["type_i_error"] == pytest.approx(0.025, abs=4 * np.sqrt(0.025 / 1500))
    fixed = design(**SIMPLE, adaptive={"kind": "reestimation", "most": 1.0})
    plain = shard(Work(ready(fixed), rule_of(fixed), 1, 5), False, 0, 1500)["better"].any(axis=1).mean()
    assert made["power"] > plain + 0.05
    assert 120 < made["expected_n"] < 240


def test_dropping_arms_keeps_the_best() -> None:
    plan = design(**SIMPLE, arms=ARMS, adaptive={"kind": "drop_arms", "keep": 1})
    work = Work(ready(plan), rule_of(plan), 1, 5)
    rows, null = (shard(work, null, 0, 600) for null in (False, True))
    made = judge(rows, null, [a["name"] for a in ARMS], 0)
    print(made)
    power = {a["arm"]: a["power"] for a in made["arms"]}
    assert power["B2"] > 0.6 > 0.2 > power["B1"] > power["B0"]
    assert made["type_i_error"] < 0.025 + 3.5 * np.sqrt(0.025 / 600)
    assert (rows["kept"].sum(axis=1) <= 1).all()


def test_replicates_repeat() -> None:
    plan = design(**SIMPLE, arms=ARMS, adaptive={"kind": "drop_arms", "keep": 2})
    made = ready(plan)
    for _ in range(2):
        np.testing.assert_array_equal(dropped(made, plan.adaptive, 1, 4)[0], dropped(made, plan.adaptive, 1, 4)[0])
    two = ready(design(**SIMPLE, adaptive={"kind": "reestimation"}))
    assert reestimated(two, two.design.adaptive, 1, 1, 4) == reestimated(two, two.design.adaptive, 1, 1, 4)


def test_best_arm_probability() -> None:
    # Two normals: Phi((m1 - m2) / sqrt(s1^2 + s2^2)).
    chance = best(np.array([1.0, 0.4]), np.array([0.5, 0.7]))
    assert chance[0] == pytest.approx(norm.cdf(0.6 / np.hypot(0.5, 0.7)), abs=1e-8)
    assert best(np.zeros(4), np.ones(4)) == pytest.approx(np.full(4, 0.25))


def test_response_adaptive_shares() -> None:
    three = np.ones(3)
    early = shares(np.full(3, 2.0), np.zeros(3), np.ones(3), 1.0, 0.1, three)
    assert early == pytest.approx(np.full(3, 1 / 3))
    late = shares(np.full(3, 50.0), np.array([0.0, 0.0, 60.0]), np.array([50.0, 50.0, 120.0]), 1.0, 0.9, three)
    assert late[2] > 0.7 and late.min() == pytest.approx(FLOOR)
    assert late.sum() == pytest.approx(1.0)


def test_response_adaptive_knows_only_the_past() -> None:
    rng, n = np.random.default_rng(3), 80
    u, y, start = rng.random((n, 2)), rng.normal(size=(2, n)), np.arange(n, dtype=float)
    known = np.tile(start + 10.0, (2, 1))
    base = allocate_adaptively(np.ones(2), u, start, known, y, 1.0)
    later = y.copy()
    later[:, 40:] += 100.0
    np.testing.assert_array_equal(base[:50], allocate_adaptively(np.ones(2), u, start, known, later, 1.0)[:50])


@pytest.mark.parametrize("changes", [
    {"adaptive": {"kind": "drop_arms"}},
    {"adaptive": {"kind": "reestimation"}, "monitoring": {"information": [0.5, 1.0]}},
    {"adaptive": {"kind": "reestimation", "first": 1.0}},
    {"randomisation": {"kind": "response_adaptive"}, "adaptive": {"kind": "reestimation"}},
])  # fmt: skip
def test_a_bad_adaptation_is_refused(changes: dict) -> None:
    with pytest.raises(InputError):
        design(**(SIMPLE | changes))
