"""Dalla Man 2007: the exact fasting state and the meal of its fact sheet."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin_engine.model import load
from twin_engine.persons import parameter_rows
from twin_engine.physiology import glucose
from twin_engine.solve import Dose, solve

FASTING = {  # Gb mg/dL, Ib pmol/L, Sb, Gp, Gt, Il, Ip, EGPb: roots of the paper's own equations
    "healthy": (
        91.799649,
        25.587813,
        1.549342,
        172.583340,
        130.406723,
        4.565405,
        1.279391,
        1.915786,
    ),
    "type2": (
        159.231362,
        59.848632,
        4.026616,
        237.254729,
        126.380340,
        5.950123,
        2.393945,
        1.991694,
    ),
}
MEAL = {  # glucose peak, at min; insulin peak, at; EGP minimum, at; Ra peak, at; G at 30 ... 300 min
    "healthy": (157.35, 65.6, 253.71, 97.6, 0.6603, 99.2, 7.154, 19.9,
                (138.257, 157.008, 132.925, 98.200, 89.795)),
    "type2": (278.19, 124.1, 270.64, 194.8, 0.9935, 209.3, 4.802, 38.9,
              (192.810, 241.666, 278.063, 256.646, 184.307)),
}  # fmt: skip


def parameters(**table: object):
    return glucose.Param(*map(float, parameter_rows(load("glucose"), table, 1)[0]))


@pytest.mark.parametrize("group", ["healthy", "type2"])
def test_fasting_state_is_exact(group: str):
    """Table I of Dalla Man 2007 implies it: residual below 1e-12, values to the digits of the sheet."""
    p = parameters(set=group)
    y = glucose.initial(p)
    assert max(map(abs, glucose.rhs(0.0, y, p, glucose.Input()))) < 1e-12
    found = (y.Gp / p.VG, y.Ip / p.VI, p.Sb, y.Gp, y.Gt, y.Il, y.Ip, glucose.production(y, p))
    assert found == pytest.approx(FASTING[group], rel=1e-6)


@pytest.mark.parametrize(
    "changed",
    [
        {"kp1": 4.5},
        {"kp1": 6.0},
        {"Vmx": 0.2, "kp2": 0.02},
        {"ke2": 120.0},
        {"HEb": 0.5},
        {"m5": 0.05},
    ],
)
@pytest.mark.parametrize("group", ["healthy", "type2"])
def test_fasting_state_of_other_persons(changed: dict, group: str):
    """Above and below the renal threshold; the residual stays at rounding."""
    p = parameters(set=group, **changed)
    y = glucose.initial(p)
    assert y.Gp > 0.0
    assert max(map(abs, glucose.rhs(0.0, y, p, glucose.Input()))) < 1e-12


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["healthy", "type2"]),
    st.dictionaries(
        st.sampled_from(
            ["kp1", "kp2", "kp3", "Vm0", "Km0", "k1", "k2", "m1", "m2", "ke2", "VG", "VI"]
        ),
        st.floats(0.8, 1.25),
        max_size=6,
    ),
)
def test_fasting_state_of_anyone(group: str, factors: dict[str, float]):
    """Any mix of parameters within 25 % of the published ones: still exactly steady."""
    usual = load("glucose").sets[group].values()
    p = parameters(set=group, **{name: usual[name] * f for name, f in factors.items()})
    y = glucose.initial(p)
    assert y.Gp > 0.0 and y.Gt > 0.0
    assert max(map(abs, glucose.rhs(0.0, y, p, glucose.Input()))) < 1e-12


@pytest.mark.parametrize("group", ["healthy", "type2"])
def test_a_meal_of_78_g(group: str):
    """The paper prints curves only; figures of an independent solution of its equations, within .1 %."""
    at = np.linspace(0.0, 300.0, 3001)
    s = solve(load("glucose"), {"set": group}, until=300.0, at=at, doses=[Dose(0.0, 78e3)])
    peak, when, insulin, insulin_when, egp, egp_when, ra, ra_when, later = MEAL[group]
    for name, value, time in (
        ("glucose", peak, when),
        ("insulin", insulin, insulin_when),
        ("ra", ra, ra_when),
    ):
        assert s[name].max() == pytest.approx(value, rel=1e-3)
        assert at[s[name].argmax()] == pytest.approx(time, abs=0.2)
    assert s["egp"].min() == pytest.approx(egp, rel=1e-3)
    assert at[s["egp"].argmin()] == pytest.approx(egp_when, abs=0.2)
    assert np.interp([30, 60, 120, 180, 300], at, s["glucose"]) == pytest.approx(later, rel=1e-3)


def test_kinks_cost_little():
    """G' = 0, G below basal and the renal threshold are stepped over: still below 1e-3 mg/dL."""
    at = np.linspace(0.0, 400.0, 801)
    found = [solve(load("glucose"), {"set": "healthy", "ke2": 250.0}, until=400.0, at=at,
                   doses=[Dose(10.0, 78e3)], tolerance=t)["glucose"] for t in (1e-6, 1e-10)]  # fmt: skip
    assert np.abs(found[0] - found[1]).max() < 1e-3


def test_two_meals_keep_the_mass():
    """All glucose eaten has appeared (f of it) or is in the gut; D restarts from what was left."""
    at = np.linspace(0.0, 900.0, 9001)
    doses = [Dose(0.0, 60e3), Dose(90.0, 20e3)]
    s = solve(load("glucose"), {}, until=900.0, at=at, doses=doses, tolerance=1e-8)
    p = s.parameters
    appeared = np.trapezoid(s["ra"], at) * p["BW"] / p["f"]
    left = s["Q1"][-1] + s["Q2"][-1] + s["Qg"][-1]
    assert appeared + left == pytest.approx(80e3, rel=1e-5)
    before = np.searchsorted(at, 90.0)
    stomach = s["Q1"][before] + s["Q2"][before]
    assert s["meal"][before] == pytest.approx(60e3)
    assert s["meal"][-1] == pytest.approx(stomach + 20e3, rel=1e-6)
