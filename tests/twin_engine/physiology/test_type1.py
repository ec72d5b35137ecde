"""UVA/Padova S2008, where an installed simglucose brings the subjects."""

import importlib.util

import numpy as np
import pytest

from twin_engine.errors import InputError
from twin_engine.physiology import type1

installed = pytest.mark.skipif(
    importlib.util.find_spec("simglucose") is None, reason="simglucose is not installed"
)


def test_without_simglucose_the_cure_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError) as error:
        type1.parameter_sets()
    assert "pip install" in error.value.cure


@installed
def test_adult_1_eats_and_injects():
    """simglucose 0.2.11 on adult#001, 50 g and 5 U at 60 min: 185.1160 at 125 min, 125.8709 at 480."""
    from twin_engine.model import load
    from twin_engine.solve import Dose, solve

    at = np.arange(0.0, 481.0)
    doses = [*type1.meal(60.0, 50.0), Dose(60.0, 5.0, "insulin", 1.0)]
    s = solve(load("type1"), {"set": "adult#001"}, until=480.0, at=at, doses=doses, tolerance=1e-9)
    assert at[s["glucose"].argmax()] == 125.0
    assert s["glucose"].max() == pytest.approx(185.1160, abs=1e-4)
    assert s["glucose"][-1] == pytest.approx(125.8709, abs=1e-4)


@installed
def test_every_subject_is_steady_at_the_basal_rate():
    """All 30 drift less than 1e-6 mg/dL in 24 h; adult#001 needs 1.2674 U/h."""
    from twin_engine.cohort import solve_cohort
    from twin_engine.model import load

    model = load("type1")
    names = np.array(list(model.sets))
    assert len(names) == 30
    s = solve_cohort(model, {"set": names}, until=1440.0, at=[0.0, 1440.0])
    assert np.abs(np.diff(s.outputs["glucose"])).max() < 1e-6
    p = model.sets["adult#001"].values()
    assert p["u2ss"] * p["BW"] / type1.UNITS_PMOL * 60.0 == pytest.approx(1.2674, abs=1e-4)


@installed
def test_without_insulin_glucose_climbs():
    from twin_engine.model import load
    from twin_engine.solve import solve

    s = solve(load("type1"), {"set": "adult#001", "basal": 0.0}, until=600.0, at=[0.0, 600.0])
    assert s["glucose"][1] > s["glucose"][0] + 50.0


def test_sensor_noise_is_the_published_process():
    """Breton 2008: stationary e has variance phi^2 / (1 - phi^2); the mean error follows in closed form."""
    from twin_engine.streams import normals

    every = np.arange(40) * 15.0
    z = normals(3, 0, np.arange(20000), "noise", 40)
    error = type1.sensor_noise(z, every)[:, 20:]
    variance = 0.49 / (1 - 0.49)
    mean = -5.47 + 15.9574 * np.sinh(0.5444 / 1.6898) * np.exp(variance / (2 * 1.6898**2))
    assert error.mean() == pytest.approx(mean, abs=0.2)
    again = type1.sensor(3, 0, np.array([7]), [0.0, 37.0])
    assert np.array_equal(again, type1.sensor(3, 0, np.arange(10), [0.0, 37.0])[7:8])
