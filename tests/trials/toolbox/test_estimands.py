"""Estimands: truth by each strategy against closed forms, estimators against the truth."""

import numpy as np
import pytest
from test_replicates import design, people

from trials.estimands import NEVER, estimate, judge, live, shard, truth, undisturbed
from trials.power import Work, rule_of
from trials.replicates import happen, prepare
from trials.spec.estimand import Estimand, IntercurrentEvent
from trials.twins import Course
from twin_engine.errors import InputError

N = 3000
DAYS = np.array([0.0, 30.0, 60.0, 90.0])
STOP = {"name": "stops", "probability": 0.15, "slope": 0.15, "centre": 50.0, "arms": ["B"]}
WORDS = {"treatment": "B against A", "population": "as enrolled", "variable": "outcome at day 90"}


def ready(events: list[dict], estimands: list[dict]):
    plan = design(
        population={"source": "sklearn:diabetes", "persons": N},
        enrolment={"persons": 120, "sites": [{"name": "S", "persons_per_week": 10}]},
        visits={"days": ["0 d", "30 d", "60 d", "90 d"]}, conduct={},
        randomisation={"kind": "permuted_block", "blocks": [4]},
        intercurrent_events=events, estimands=estimands,
    )  # fmt: skip
    rng = np.random.default_rng(2)
    base = rng.normal(50, 6, (N, 1)) + rng.normal(0, 3, (N, 4))
    flat = np.ones((N, 4), bool)

    def course(y: np.ndarray) -> Course:
        return Course(np.tile(DAYS, (N, 1)), flat, flat, y, y, y * np.nan, np.zeros(N, bool))

    return prepare(plan, people(N), [course(base), course(base - 6.0 * DAYS / 90)])


def strategy(kind: str, **more) -> dict:
    return {"name": kind, "events": {"stops": kind}, **WORDS, **more}


KINDS = ["treatment_policy", "hypothetical", "while_on_treatment", "principal_stratum"]


def test_truth_of_each_strategy() -> None:
    made = ready([STOP], [strategy(k) for k in KINDS] + [strategy("composite", composite_value=80.0)])
    value = {e.name: truth(made, e, 1, 3)[0] for e in made.design.estimands}
    y = undisturbed(made)
    events, words = made.design.intercurrent_events, ("A", "B")
    lives = live(y, events, words, 0, 3, 0, np.arange(N), (True,))
    stopped = lives.when[0, 1] < NEVER
    assert not (lives.when[0, 0] < NEVER).any()
    assert value["hypothetical"] == pytest.approx(-6.0)
    assert value["treatment_policy"] == pytest.approx(-6.0 * (1 - stopped.mean()))
    assert value["principal_stratum"] == pytest.approx(-6.0)
    composite = np.where(stopped, 80.0, y[1, :, 3]) - y[0, :, 3]
    assert value["composite"] == pytest.approx(composite.mean())
    last = np.where(stopped, y[1, np.arange(N), np.minimum(lives.when[0, 1], 3)], y[1, :, 3])
    assert value["while_on_treatment"] == pytest.approx((last - y[0, :, 3]).mean())


def test_events_depend_on_the_current_outcome() -> None:
    made = ready([STOP], [])
    y = undisturbed(made)
    lives = live(y, made.design.intercurrent_events, ("A", "B"), 0, 3, 0, np.arange(N), (True,))
    first = lives.when[0, 1] == 0
    odds = np.log(0.15 / 0.85) + 0.15 * (y[1, :, 0] - 50)
    assert first.sum() == pytest.approx((1 / (1 + np.exp(-odds))).sum(), abs=4 * np.sqrt(N * 0.15))
    assert y[1, first, 0].mean() > y[1, ~first, 0].mean() + 2


def test_an_event_changes_nothing_before_it() -> None:
    made = ready([STOP], [])
    y = undisturbed(made)
    lives = live(y, made.design.intercurrent_events, ("A", "B"), 0, 3, 0, np.arange(N), (True,))
    visit = np.arange(4)[None, :]
    before = visit <= lives.when[0, 1][:, None]
    np.testing.assert_array_equal(lives.y[1][before], y[1][before])
    np.testing.assert_array_equal(lives.y[1][~before], y[0][~before])


def test_estimators_find_their_truth() -> None:
    made = ready([STOP], [strategy("treatment_policy"), strategy("hypothetical")])
    work = Work(made, rule_of(made.design), 1, 3)
    for e in made.design.estimands:
        rows, null = (shard(work, e.name, null, 0, 150) for null in (False, True))
        judged = judge(rows, null, truth(made, e, 1, 3), 0.05)
        print(e.name, {k: round(v, 3) for k, v in judged.items()})
        assert abs(judged["bias"]) < 4 * judged["bias_se"]
        assert judged["coverage"] == pytest.approx(0.95, abs=0.07)
        assert judged["type_i_error"] == pytest.approx(0.05, abs=0.07)


def test_a_composite_value_may_be_missing_nowhere() -> None:
    made = ready([STOP], [strategy("composite", composite_value=80.0)])
    h = happen(made, 3, 0)
    found = estimate(made, undisturbed(made), h, made.design.estimands[0], 1, 3, 0)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("estimand", [
    {"name": "x", "events": {"stop": "composite"}, **WORDS},
    {"name": "x", "events": {}, **WORDS},
    {"name": "x", "events": {"stops": "composite"}, **WORDS},
], ids=["unknown event", "no strategy", "no value"])  # fmt: skip
def test_a_bad_estimand_is_refused(estimand: dict) -> None:
    with pytest.raises(InputError):
        ready([STOP], [estimand])


def test_a_probability_of_one_hundred_percent_is_refused() -> None:
    with pytest.raises(InputError):
        ready([STOP | {"probability": 1.2}], [])


def test_attributes_are_five() -> None:
    five = {"treatment", "population", "variable", "events", "summary"}
    assert five <= set(Estimand.model_fields)
    assert "slope" in IntercurrentEvent.model_fields
