"""Zecchin 2016: tumour size in closed form, the hazard, AGO-OVAR's overall survival."""

import numpy as np
import pytest

from twin_engine.cohort import solve_cohort
from twin_engine.model import load
from twin_engine.persons import Variability
from twin_engine.physiology import ovarian
from twin_engine.solve import solve
from twin_engine.streams import uniforms

MONTH = 30.4375


def test_size_in_closed_form():
    """S0 exp((KG - KD0 AUC0) t) during six cycles, growth with KG afterwards."""
    at = np.array([42.0, 126.0, 400.0])
    s = solve(load("ovarian"), {}, until=400.0, at=at, tolerance=1e-8)
    falls = 0.000611 - 0.0000497 * 127.0
    expected = 71.3 * np.exp(falls * np.minimum(at, 126.0) + 0.000611 * np.maximum(at - 126.0, 0.0))
    assert s["size"] == pytest.approx(expected, rel=1e-6)
    assert s["tsr"][2] == pytest.approx(np.exp(84.0 * falls) - 1.0, rel=1e-6)


def test_hazard_is_the_published_weibull():
    """After day 84 the risk is frozen: survival falls as a Weibull of l .001183 /d, a 2.004."""
    at = np.array([100.0, 700.0])
    s = solve(load("ovarian"), {"ecog": ">=1"}, until=700.0, at=at, tolerance=1e-9)
    risk = np.exp(0.2084 * 71.3 / 70 + 0.9036 * s["tsr"][1] + 0.5162)
    expected = risk * ((0.001183 * 700) ** 2.004 - (0.001183 * 100) ** 2.004)
    assert np.diff(s["cumulative_hazard"])[0] == pytest.approx(expected, rel=1e-6)


def test_a_new_lesion_multiplies_the_hazard():
    at = np.array([200.0, 300.0])
    s = solve_cohort(load("ovarian"), {"lesion_day": np.array([1e5, 250.0])}, until=300.0, at=at)
    hazard = s.outputs["hazard"]
    assert hazard[1] / hazard[0] == pytest.approx([1.0, np.exp(1.230)], rel=1e-6)


def test_overall_survival_of_ago_ovar():
    """Medians 17.4 v 17.8 months, hazard ratio .96 (reference of the fact sheet); published 17.3 v
    18.0, .96 (.75-1.23) (Pfisterer 2006, J Clin Oncol 24:4699). Bound: three Monte Carlo standard
    errors of a median (about .3 months at n = 2,000). The arms share their luck, so the difference
    is much sharper."""
    n, at = 2000, np.arange(0.0, 3001.0, 20.0)
    ids = np.arange(n)
    death = {}
    for gemcitabine in (False, True):
        s = solve_cohort(load("ovarian"), ovarian.sample(1, 0, ids, gemcitabine), until=3000.0, at=at,
                         workers=1, variability=Variability(1, 0, ids))  # fmt: skip
        assert not s.failed.any()
        luck = uniforms(1, 0, ids, "ovarian.death", 1)[:, 0]
        death[gemcitabine] = ovarian.death_day(s.time, s.outputs["cumulative_hazard"], luck)
    assert np.median(death[False]) / MONTH == pytest.approx(17.4, abs=1.0)
    assert np.median(death[True]) / MONTH == pytest.approx(17.8, abs=1.0)
    assert 0.93 < weibull_ratio(death, 30 * MONTH) < 0.99


def weibull_ratio(death: dict, limit: float) -> float:
    """Ratio of deaths to Weibull time (t^2.004) up to a limit: the hazard ratio of that shape."""
    rate = [
        (d < limit).sum() / (np.minimum(d, limit) ** 2.004).sum()
        for d in (death[True], death[False])
    ]
    return rate[0] / rate[1]


def test_death_day_inverts_the_hazard():
    time = np.tile(np.linspace(0.0, 100.0, 101), (3, 1))
    hazard = np.array([[0.01], [0.02], [0.0]]) * time
    day = ovarian.death_day(time, hazard, np.array([0.5, 0.5, 0.5]))
    assert day == pytest.approx([np.log(2) / 0.01, np.log(2) / 0.02, np.inf])
