"""Arm training: no effect unless assumed, the assumed one in full, adherence scales it, arms share luck."""

import numpy as np
import pytest

from trials import design, treatment
from trials.population import build
from twin_engine.errors import InputError

DAYS = np.array([0.0, 84.0, 168.0])


@pytest.fixture(scope="module")
def people():
    plan = design.load(design.examples() / "arm_training.yaml")
    few = {"population": plan.population.model_copy(update={"persons": 400})}
    return build(plan.model_copy(update=few), 1).people


def outcomes(people, **settings: float) -> np.ndarray:
    made = treatment.make("arm_training", {"hours": 20.0, "start_week": 2.0, **settings}, "test")
    return made.outcomes(people, np.tile(DAYS, (len(people.ids), 1)), 1)


def test_default_is_no_effect(people) -> None:
    np.testing.assert_array_equal(outcomes(people), outcomes(people, hours=0.0))


def test_the_assumed_effect_arrives(people) -> None:
    """.2125 points an hour x 20 h = 4.25 points, reached as 1 - exp(-24 / 2.67); less at floor and ceiling."""
    gain = outcomes(people, points_per_hour=0.2125) - outcomes(people)
    plain = outcomes(people)[:, 2]
    below = (plain > 0) & (plain < 55)
    assert gain[below, 2] == pytest.approx(4.25, abs=0.01)
    assert gain[:, 0] == pytest.approx(0.0, abs=1e-9)
    assert (gain[:, 2] <= 4.25 + 1e-9).all()
    half = outcomes(people, points_per_hour=0.2125, adherence=0.5) - outcomes(people)
    assert half[below, 2].mean() == pytest.approx(4.25 * 0.5, rel=0.08)


def test_scores_recover_as_published(people) -> None:
    """Mean rises and stays within 0-66 (van der Vliet 2020)."""
    score = outcomes(people)
    assert ((score >= 0) & (score <= 66)).all()
    assert np.diff(score.mean(axis=0)).min() > 0


def test_impossible_training_is_refused() -> None:
    for wrong in ({"hours": -3}, {"hours": 20, "adherence": 0.0}, {"hours": 20, "points_per_hour": 5}):
        with pytest.raises(InputError):
            treatment.make("arm_training", wrong, "test")
