"""Theophylline, gas exchange, kidney, blood pressure against closed forms and published values."""

import numpy as np
import pytest

from twin_engine.cohort import solve_cohort
from twin_engine.model import load
from twin_engine.persons import Variability
from twin_engine.physiology import gas_exchange, theophylline
from twin_engine.solve import Dose, solve

NLME = {"ka": 1.5928104, "ke": 0.0858933, "CL": 0.0396684}


def test_theophylline_reference_values():
    """Theoph of nlme (Boeckmann 1994), 4.02 mg/kg: Cmax 7.369761 at 1.937831 h, C(5 h) 5.985053, AUC 101.34007."""
    at = np.array([1.937831, 5.0])
    closed = theophylline.closed_form(at, 4.02, **NLME)
    assert closed == pytest.approx([7.369761, 5.985053], rel=1e-6)
    s = solve(load("theophylline"), {"weight_kg": 70}, until=24.0, at=at, doses=[Dose(0.0, 4.02 * 70)],
              tolerance=1e-10)  # fmt: skip
    assert s["concentration"] == pytest.approx(closed, rel=1e-6)
    ka, ke, cl = NLME["ka"], NLME["ke"], NLME["CL"]
    assert np.log(ka / ke) / (ka - ke) == pytest.approx(1.937831, rel=1e-6)
    assert 4.02 / cl == pytest.approx(101.34007, rel=1e-6)


def test_theophylline_repeated_doses_superpose():
    at = np.linspace(0.5, 60.0, 120)
    doses = [Dose(t, 280.0) for t in (0.0, 8.0, 20.0, 33.0)]
    s = solve(
        load("theophylline"), {"weight_kg": 70}, until=60.0, at=at, doses=doses, tolerance=1e-10
    )
    after = at[:, None] - np.array([0.0, 8.0, 20.0, 33.0])
    closed = np.where(
        after > 0, theophylline.closed_form(np.maximum(after, 0), 4.0, **NLME), 0.0
    ).sum(1)
    assert s["concentration"] == pytest.approx(closed, rel=1e-6)


def test_gas_exchange():
    """Alveolar gas 99.73 mmHg; Severinghaus 1979: S(40) .749465, S(100) .977465, P50 26.857; 10 %
    shunt: PaO2 78.54, SaO2 .9550."""
    s = solve(load("gas_exchange"), {"shunt": 0.10}, until=0.0)
    assert s["alveolar_po2"][0] == pytest.approx(99.73, abs=0.005)
    assert s["po2"][0] == pytest.approx(78.54, abs=0.005)
    assert s["saturation"][0] == pytest.approx(0.9550, abs=5e-5)
    assert gas_exchange.saturation(40.0) == pytest.approx(0.749465, abs=1e-6)
    assert gas_exchange.saturation(100.0) == pytest.approx(0.977465, abs=1e-6)
    assert gas_exchange.saturation(26.857) == pytest.approx(0.5, abs=1e-5)


def test_gas_exchange_keeps_the_oxygen():
    """Fick: (1 - s) of the flow takes up all of VO2; without shunt arterial is alveolar."""
    shunt = np.array([0.0, 0.05, 0.2, 0.4])
    s = solve_cohort(load("gas_exchange"), {"shunt": shunt}, until=0.0)
    end_capillary = gas_exchange.content(99.73, 15.0)
    arterial = s.outputs["content"][:, 0]
    venous = arterial - 250.0 / 54.0
    assert shunt * venous + (1 - shunt) * end_capillary == pytest.approx(arterial, abs=1e-9)
    assert s.outputs["po2"][0, 0] == pytest.approx(99.73, abs=1e-9)
    assert (np.diff(s.outputs["po2"][:, 0]) < 0).all()


@pytest.mark.parametrize(
    ("sex", "creatinine", "egfr"), [("male", 1.0, 91.69), ("female", 0.8, 89.71)]
)
def test_renal_ckd_epi_2021(sex: str, creatinine: float, egfr: float):
    """Inker 2021 at 50 years."""
    s = solve(load("renal"), {"sex": sex, "age_y": 50, "creatinine0": creatinine}, until=0.0)
    assert s["egfr"][0] == pytest.approx(egfr, abs=0.005)


def test_renal_creatinine_follows_filtration():
    """Chen 2013, V 42 L, GFR 100 -> 50: 2 - exp(-t / 14 h); 1.820 mg/dL at 24 h."""
    at = np.array([6.0, 14.0, 24.0, 96.0])
    s = solve(load("renal"), {"gfr": 50.0}, until=96.0, at=at, tolerance=1e-9)
    assert s["creatinine"] == pytest.approx(2.0 - np.exp(-at / 14.0), rel=1e-7)
    assert s["creatinine"][2] == pytest.approx(1.820, abs=5e-4)
    assert solve(load("renal"), {}, until=96.0)["creatinine"][0] == pytest.approx(1.0, abs=1e-12)


def test_blood_pressure_over_a_day():
    """Sheng 2013: day (8-22 h) 145.5, night 132.3 mmHg, dip 9.1 %; mean 140 / 89.5."""
    at = np.arange(0.0, 24.0, 0.05)
    s = solve(load("blood_pressure"), {}, until=24.0, at=at)
    day = (at >= 8.0) & (at < 22.0)
    awake, asleep = s["sbp"][day].mean(), s["sbp"][~day].mean()
    assert (awake, asleep) == pytest.approx((145.5, 132.3), abs=0.05)
    assert 100 * (1 - asleep / awake) == pytest.approx(9.1, abs=0.05)
    assert (s["sbp"].mean(), s["dbp"].mean()) == pytest.approx((140.0, 89.5), abs=1e-9)


def test_blood_pressure_drugs():
    """Law 2003: 9.1 / 5.5 at standard, 7.1 / 4.4 at half dose from 154 / 97 mmHg; +1.0 / +1.1 for each
    10 mmHg; classes add (Wald 2009, 42 factorial trials: observed over the sum 1.01, .90-1.12)."""
    table = {"sbp_mean": np.array([154.0, 154, 154, 164]), "dbp_mean": np.array([97.0, 97, 97, 107]),
             "drugs_standard": np.array([1.0, 0, 2, 1]), "drugs_half": np.array([0.0, 1, 0, 0])}  # fmt: skip
    plain = {"sbp_mean": table["sbp_mean"], "dbp_mean": table["dbp_mean"]}
    drop = {}
    for name in ("sbp", "dbp"):
        treated = solve_cohort(load("blood_pressure"), table, until=10.0).outputs[name]
        drop[name] = (
            solve_cohort(load("blood_pressure"), plain, until=10.0).outputs[name] - treated
        )[:, 0]
    assert drop["sbp"] == pytest.approx([9.1, 7.1, 18.2, 10.1], abs=1e-3)
    assert drop["dbp"] == pytest.approx([5.5, 4.4, 11.0, 6.6], abs=1e-9)


def test_blood_pressure_between_persons():
    """Log SDs .079 and .12 give 11.1 and 10.9 mmHg (Sheng 2013, Table 1: 15.6 and 10.2)."""
    n = 20000
    s = solve_cohort(
        load("blood_pressure"), {}, until=12.0, variability=Variability(1, 0, np.arange(n))
    )
    for name, sd in (("sbp", 11.1), ("dbp", 10.9)):
        assert s.outputs[name].std() == pytest.approx(sd, rel=0.03)
