"""0-D networks against svZeroDSolver's stored cases, stenosis laws against published figures.

Oracle: svZeroDSolver tests/cases (BSD-3, Stanford University and The Regents of the University of
California), results stored with the cases (last cycle).
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from twin_engine.errors import InputError
from twin_engine.vessels.network import (
    Boundary,
    Coronary,
    Flow,
    Network,
    Pressure,
    Resistance,
    Vessel,
    Windkessel,
    constant,
    quadratic,
)  # fmt: skip
from twin_engine.vessels.stenosis import LAWS, Stenosis, huo_kassab, young_tsai

MMHG = 133.322387415


def boundary(kind: str, node: str, v: dict[str, Any]) -> Boundary:
    def signal(name: str) -> Any:
        return lambda t: float(np.interp(t % v["t"][-1], v["t"], v[name]))

    if kind == "FLOW":
        return Flow(node, signal("Q"))
    if kind == "PRESSURE":
        return Pressure(node, signal("P"))
    if kind == "RESISTANCE":
        return Resistance(node, v["R"], v["Pd"])
    if kind == "RCR":
        return Windkessel(node, v["Rp"], v["C"], v["Rd"], v["Pd"])
    return Coronary(node, v["Ra1"], v["Ra2"], v["Rv1"], v["Ca"], v["Cc"], signal("Pim"), v["P_v"])


def network(case: dict[str, Any]) -> Network:
    ends = {v["vessel_id"]: [f"{v['vessel_id']}.in", f"{v['vessel_id']}.out"] for v in case["vessels"]}
    for j in case.get("junctions") or []:
        for i in j["inlet_vessels"]:
            ends[i][1] = j["junction_name"]
        for i in j["outlet_vessels"]:
            ends[i][0] = j["junction_name"]
    values = {b["bc_name"]: b for b in case["boundary_conditions"]}
    vessels, boundaries = [], []
    for v in case["vessels"]:
        e, (a, b) = v["zero_d_element_values"], ends[v["vessel_id"]]
        drop = quadratic(e["R_poiseuille"], e.get("stenosis_coefficient", 0.0))
        vessels.append(Vessel(v["vessel_name"], a, b, drop, e.get("C", 0.0), e.get("L", 0.0)))
        for side, node in (("inlet", a), ("outlet", b)):
            if name := v.get("boundary_conditions", {}).get(side):
                boundaries.append(boundary(values[name]["bc_type"], node, values[name]["bc_values"]))
    return Network(vessels, boundaries)


def cases() -> list[str]:
    return [f"steadyFlow_{n}" for n in ("R_R", "RC_R", "RL_R", "RLC_R", "R_RCR", "R_steadyPressure",
            "R_coronary", "stenosis_R", "bifurcationR_R1", "confluenceR_R")] + [
            "pulsatileFlow_R_RCR", "pulsatileFlow_R_coronary",
            "pulsatileFlow_CStenosis_steadyPressure"]  # fmt: skip


@pytest.mark.parametrize("name", cases())
def test_stored_case_of_the_peer(name: str, shared_data: Path) -> None:
    stored = json.loads((shared_data / "vessels" / "svzerod_cases.json").read_text())[name]
    net = network(stored["case"])
    parameters = stored["case"]["simulation_parameters"]
    period = max((b["bc_values"]["t"][-1] for b in stored["case"]["boundary_conditions"]
                  if "t" in b["bc_values"]), default=1.0)  # fmt: skip
    cycles = parameters["number_of_cardiac_cycles"] if name.startswith("pulsatile") else 1
    per_cycle = parameters["number_of_time_pts_per_cardiac_cycle"] - 1
    course = net.run(cycles * period, cycles * per_cycle)
    for vessel, rows in stored["result"].items():
        table = np.array(rows)
        last = (cycles - 1) * period
        when = last + (table[:, 0] - table[0, 0])
        j = next(v for v in net.vessels if v.name == vessel)
        ours = (course.inflow[vessel], course.outflow[vessel], course.pressure[j.inlet],
                course.pressure[j.outlet])  # fmt: skip
        for column, values in enumerate(ours, start=1):
            got = np.interp(when, course.time, values)
            largest = np.max(np.abs(table[:, column]))
            assert np.max(np.abs(got - table[:, column])) < 1e-3 * largest


def test_poiseuille_to_ten_digits() -> None:
    """8 mu L Q / (pi r^4) (Poiseuille 1846)."""
    mu, length, radius, q = 4e-3, 0.1, 2e-3, 3e-6
    r = 8 * mu * length / (math.pi * radius**4)
    net = Network([Vessel("v", "a", "b", quadratic(r))], [Flow("a", constant(q)), Pressure("b", constant(0.0))])
    assert net.at_rest().pressure["a"][0] == pytest.approx(r * q, rel=1e-10)


@pytest.mark.parametrize(
    ("percent", "young", "huo"),
    [(40, 7.4, 13.0), (50, 17.6, 29.1), (60, 48, 76), (70, 166, 253)],
)
def test_drop_of_both_laws(percent: int, young: float, huo: float) -> None:
    """D 3 mm, L 10 mm, 3 mL/s, rho 1060, mu 4 mPa s, in mmHg (Young-Tsai 1973; Huo 2012)."""
    s = Stenosis(3e-3, 3e-3 * (1 - percent / 100), 10e-3)
    assert young_tsai(s, 3e-6, 1060, 4e-3) / MMHG == pytest.approx(young, rel=5e-3)
    assert huo_kassab(s, 3e-6, 1060, 4e-3) / MMHG == pytest.approx(huo, rel=5e-3)


@pytest.mark.parametrize(
    ("percent", "ffr"),
    [(30, 0.968), (40, 0.934), (50, 0.862), (60, 0.722), (70, 0.497), (80, 0.237)],
)
def test_ffr_row(percent: int, ffr: float) -> None:
    """Pa 100, Pv 5 mmHg, microvascular resistance for 3 mL/s at 95 mmHg (Young-Tsai 1973)."""
    s = Stenosis(3e-3, 3e-3 * (1 - percent / 100), 10e-3)

    def drop(q: float) -> tuple[float, float]:
        e = 1e-9
        value = young_tsai(s, q, 1060, 4e-3)
        return value, (young_tsai(s, q + e, 1060, 4e-3) - value) / e

    net = Network([Vessel("v", "a", "b", drop)],
                  [Pressure("a", constant(100 * MMHG)), Resistance("b", 95 * MMHG / 3e-6, 5 * MMHG)])  # fmt: skip
    assert net.at_rest().pressure["b"][0] / (100 * MMHG) == pytest.approx(ffr, abs=5e-4)


@pytest.mark.parametrize("law", LAWS.values())
def test_drop_is_odd_and_rises(law: Any) -> None:
    s = Stenosis(3e-3, 1.5e-3, 8e-3)
    flows = np.linspace(0, 5e-6, 30)
    drops = [law(s, q, 1060, 4e-3) for q in flows]
    assert np.all(np.diff(drops) > 0)
    assert law(s, -2e-6, 1060, 4e-3) == pytest.approx(-law(s, 2e-6, 1060, 4e-3))


def test_a_loose_end_is_named() -> None:
    with pytest.raises(InputError, match=r"not connected(.|\n)*c"):
        Network([Vessel("v", "a", "b", quadratic(1.0)), Vessel("w", "b", "c", quadratic(1.0))],
                [Flow("a", constant(1.0))])  # fmt: skip
    with pytest.raises(InputError, match="least diameter"):
        Stenosis(3e-3, 0.0, 1e-2)
