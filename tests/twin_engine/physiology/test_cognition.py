"""Conrado 2014: the typical patient, the population, the Beta residual."""

import numpy as np
import pytest

from twin_engine.cohort import solve_cohort
from twin_engine.model import load
from twin_engine.persons import parameter_rows
from twin_engine.physiology import cognition
from twin_engine.solve import solve
from twin_engine.streams import uniforms

YEAR = 365.25


def test_typical_patient():
    """Conrado 2014: 22.2 -> 23.96 (.5 y), 25.87 (1 y), 27.92 (1.5 y), within .1 %."""
    s = solve(load("cognition"), {}, until=1.5 * YEAR, at=[0.0, 0.5 * YEAR, YEAR, 1.5 * YEAR])
    assert s["adas_cog"] == pytest.approx([22.2, 23.96, 25.87, 27.92], rel=1e-3)


def test_score_stays_on_its_scale_and_rate_zero_stands_still():
    s = solve_cohort(
        load("cognition"), {"rate": np.array([0.0, 2.0, -1.0])}, until=40 * YEAR, at=[40 * YEAR]
    )
    score = s.outputs["adas_cog"][:, 0]
    assert score[0] == pytest.approx(22.2)
    assert 69.9 < score[1] <= 70.0
    assert 0.0 <= score[2] < 1.0


def test_covariates_come_before_the_random_slope():
    """r = .153 (1 - .024 (age - 75)) (1 + .195 (apoe4 - .72)) c + e: e is not multiplied."""
    table = {"age_y": 65.0, "apoe4": 2.0, "comedication": "no", "sex": "male", "rate_effect": 0.1}
    row = dict(
        zip(load("cognition").params, parameter_rows(load("cognition"), table, 1)[0], strict=True)
    )
    assert row["rate"] == pytest.approx(0.153 * 1.24 * (1 + 0.195 * 1.28) * 0.698 + 0.1)
    assert row["baseline"] == pytest.approx(22.2 * 0.953 * (1 + 0.0372 * 1.28))


def test_random_effects_have_the_published_covariance():
    """Person .156, .0224, .0413 and study .00977, .00211, .000671; one effect a study."""
    n, studies = 40000, 4000
    e = cognition.random_effects(5, 0, np.arange(n), np.arange(n) % studies)
    found = np.cov(e["baseline_effect"], e["rate_effect"])
    expected = np.array([[0.156 + 0.00977, 0.0224 + 0.00211], [0, 0.0413 + 0.000671]])
    for i, j in ((0, 0), (0, 1), (1, 1)):
        assert found[i, j] == pytest.approx(expected[i, j], rel=0.05)
    alone = cognition.random_effects(5, 0, np.array([17]), np.array([17 % studies]))
    assert alone["rate_effect"][0] == e["rate_effect"][17]


def test_change_in_a_population():
    """Mean change at 1 y 4.65 (SD 7.8), at 1.5 y 7.3 (10.4): simulated reference, half of them men.

    Monte Carlo: persons give a standard error of .05 here, the reference's sex mix is not stated.
    """
    n = 20000
    ids = np.arange(n)
    e = cognition.random_effects(2, 0, ids, ids // 20)
    sex = np.where(ids % 2 == 0, "male", "female")
    s = solve_cohort(
        load("cognition"), {**e, "sex": sex}, until=1.5 * YEAR, at=[0.0, YEAR, 1.5 * YEAR]
    )
    score = cognition.measured(s.outputs["adas_cog"], uniforms(2, 0, ids, "reading", 3))
    assert ((score >= 0.0) & (score <= 70.0)).all()
    for visit, mean, sd in ((1, 4.65, 7.8), (2, 7.3, 10.4)):
        change = score[:, visit] - score[:, 0]
        assert change.mean() == pytest.approx(mean, abs=0.25)
        assert change.std() == pytest.approx(sd, rel=0.03)


def test_measured_score_has_the_beta_moments():
    """Mean m, variance m (1 - m) / (tau + 1), tau 87.5 (times 70^2)."""
    u = (np.arange(20000) + 0.5) / 20000
    score = cognition.measured(np.full(20000, 25.0), u)
    m = 25.0 / 70.0
    assert score.mean() == pytest.approx(25.0, rel=1e-3)
    assert score.var() == pytest.approx(4900 * m * (1 - m) / 88.5, rel=1e-2)
