"""van der Vliet 2020: five recovery patterns, the population, a patient's posterior."""

import numpy as np
import pytest

from twin_engine.cohort import solve_cohort
from twin_engine.errors import InputError
from twin_engine.model import load
from twin_engine.physiology import stroke
from twin_engine.solve import solve
from twin_engine.streams import normals


def test_week_26_by_group():
    """FM at 26 weeks of groups 1-5 from FM0 = 20: the paper's parameters, to the printed digit."""
    s = solve_cohort(load("stroke"), {"group": np.array(stroke.GROUPS), "fm0": 20.0}, until=26.0)
    assert s.outputs["fugl_meyer"][:, 0] == pytest.approx((24.0, 39.5, 56.9, 60.9, 62.8), abs=0.06)


def test_week_26_with_the_rounded_parameters_of_the_paper():
    """r .09 .46 .86 .89 .93 and tau 5.3 10.1 9.8 2.7 1.2 wk, FM0 = 10."""
    table = {
        "r": np.array([0.09, 0.46, 0.86, 0.89, 0.93]),
        "tau": np.array([5.3, 10.1, 9.8, 2.7, 1.2]),
    }
    s = solve_cohort(load("stroke"), {**table, "fm0": 10.0}, until=26.0)
    assert s.outputs["fugl_meyer"][:, 0] == pytest.approx((15.0, 33.8, 54.8, 59.8, 62.1), abs=0.06)


def test_population_mean():
    """Mean measured FM at weeks 0, 1, 4, 12, 26: 18.7 26.9 36.0 41.4 43.5; 3 standard errors of both."""
    n = 20000
    ids = np.arange(n)
    s = solve_cohort(
        load("stroke"), stroke.sample(4, 0, ids), until=26.0, at=[0.0, 1.0, 4.0, 12.0, 26.0]
    )
    score = stroke.measured(s.outputs["fugl_meyer"], normals(4, 0, ids, "reading", 5))
    bound = 3.0 * np.sqrt(2.0 / n) * score.std(axis=0)
    assert (np.abs(score.mean(axis=0) - [18.7, 26.9, 36.0, 41.4, 43.5]) < bound + 0.05).all()


def test_groups_have_the_published_weights():
    group = stroke.sample(1, 0, np.arange(40000))["group"]
    share = [(group == g).mean() for g in stroke.GROUPS]
    assert share == pytest.approx([0.2674, 0.1395, 0.1118, 0.1783, 0.3031], abs=0.008)


def test_therapy_adds_its_effect_after_its_start():
    """The authors' power study: effect 4.25 points from week 3."""
    person = {"group": "2", "fm0": 20.0}
    at = [3.0, 40.0]
    usual = solve(load("stroke"), person, until=40.0, at=at)["fugl_meyer"]
    treated = solve(load("stroke"), {**person, "effect": 4.25}, until=40.0, at=at)["fugl_meyer"]
    assert treated - usual == pytest.approx([0.0, 4.25], abs=1e-4)


def test_posterior_learns_the_group():
    """A patient who stays at 4 is of the poor group; one who climbs to 60 is not."""
    stays = stroke.posterior([1.0, 4.0, 8.0], [4.0, 5.0, 6.0])
    climbs = stroke.posterior([1.0, 4.0, 8.0], [30.0, 52.0, 60.0])
    assert stays.groups["1"] > 0.9
    assert climbs.groups["4"] + climbs.groups["3"] + climbs.groups["5"] > 0.95
    low, middle, high = stroke.predict(climbs, 26.0)
    assert 50.0 < low < middle < high <= 66.0


def test_posterior_without_scores_is_the_population():
    known = stroke.posterior([], [])
    assert list(known.groups.values()) == pytest.approx(
        [0.2674, 0.1395, 0.1118, 0.1783, 0.3031], abs=1e-4
    )


def test_prediction_error_and_coverage():
    """Simulated patients, week 26 from week 1: median absolute error 3.2 points (reference), and the
    90 % interval of the true score covers 90 % (binomial bound). On real patients the paper has 4.8:
    a simulated cohort cannot show misfit."""
    n = 400
    ids = np.arange(n)
    s = solve_cohort(load("stroke"), stroke.sample(9, 0, ids), until=26.0, at=[1.0, 26.0])
    true = s.outputs["fugl_meyer"]
    score = stroke.measured(true, normals(9, 0, ids, "reading", 2))
    found = np.array([stroke.predict(stroke.posterior([1.0], [row[0]]), 26.0) for row in score])
    assert np.median(np.abs(found[:, 1] - score[:, 1])) == pytest.approx(3.2, abs=0.5)
    inside = (true[:, 1] >= found[:, 0]) & (true[:, 1] <= found[:, 2])
    assert inside.mean() == pytest.approx(0.9, abs=3 * np.sqrt(0.09 / n))


def test_bad_scores_are_refused():
    for weeks, scores in (([1.0], [70.0]), ([-1.0], [20.0]), ([1.0], [float("nan")])):
        with pytest.raises(InputError):
            stroke.posterior(weeks, scores)
