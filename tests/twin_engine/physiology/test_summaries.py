"""Every twin ends with a summary that a person can read: finite numbers, keys with their unit."""

import importlib.util
import math

import pytest

from twin_engine.model import load
from twin_engine.solve import Dose, solve

RUNS = {  # model: (until, doses)
    "warfarin": (240.0, [Dose(0.0, 5.0)]),
    "glucose": (300.0, [Dose(0.0, 50e3)]),
    "type1": (300.0, [Dose(0.0, 50e3)]),
    "docetaxel": (504.0, [Dose(0.0, 180.0, duration=1.0)]),
    "theophylline": (24.0, [Dose(0.0, 300.0)]),
    "renal": (48.0, []),
    "ovarian": (400.0, []),
    "cognition": (365.0, []),
    "stroke": (26.0, []),
    "blood_pressure": (24.0, []),
    "gas_exchange": (1.0, []),
}


@pytest.mark.parametrize("name", RUNS)
def test_summary(name: str):
    if name == "type1" and importlib.util.find_spec("simglucose") is None:
        pytest.skip("simglucose is not installed")
    until, doses = RUNS[name]
    model = load(name)
    solution = solve(model, {}, until=until, at=[0.0, 0.5 * until, until], doses=doses)
    found = model.module.summary(solution)
    assert found and all(math.isfinite(v) and isinstance(v, float) for v in found.values())
    assert all(key == key.lower() for key in found)
