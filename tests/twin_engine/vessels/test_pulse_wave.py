"""1-D pulse waves: the six benchmark cases of Boileau et al. 2015 (doi:10.1002/cnm.2732).

The six schemes' own curves are a figure; figures asserted here to 1 % of the peak were computed
from the same equations with 1 mm cells (mid-vessel values), and agree with two public codes
(openBF, svOneDSolver) where those could be compared. Parameters: Boileau 2015, tables I-V.
"""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from twin_engine.errors import InputError
from twin_engine.vessels.arteries import Artery, Blood, Outlet, Tree, periodic, read_inflow
from twin_engine.vessels.pulse_wave import Beat, Solver, simulate


def tube(length: float, radius: float, wall: float, young: float, outlet: Outlet, blood: Blood,
         reference: float = 0.0) -> Tree:  # fmt: skip
    stiffness = young * wall
    return Tree((Artery("v", None, length, radius, radius, stiffness, stiffness, outlet),), blood,
                reference)  # fmt: skip


def inflow_of(shared_data: Path, name: str, period: float):
    return periodic(*read_inflow(shared_data / "vessels" / f"{name}.csv"), period)


def check(beat: Beat, name: str, pressure_kpa: tuple, flow_ml: tuple) -> None:
    """Maximum, minimum and mean within 1 % of the peak."""
    for values, expected in ((beat.pressure[name] / 1e3, pressure_kpa), (beat.flow[name] * 1e6, flow_ml)):
        got = values.max(), values.min(), values.mean()
        assert np.max(np.abs(np.array(got) - expected)) < 0.01 * expected[0]


def single_pulse(cell: float, viscosity: float) -> tuple[float, float]:
    """Case 1: peak pressure (Pa) at 5 m and 10 m of a long tube with a matched outlet."""
    area = math.pi * 0.01**2
    speed = math.sqrt(2 / 3 * 400e3 * 1.5e-3 / (1050 * 0.01))
    tree = tube(10.0, 0.01, 1.5e-3, 400e3, Outlet(1050 * speed / area), Blood(1050, viscosity, 9))
    solver = Solver(tree.mesh(cell), tree.blood)
    n = solver.mesh.cells
    taken = solver.advance(lambda t: 1e-6 * np.exp(-1e4 * (t - 0.05) ** 2), 2.2, 0.0,
                           np.array([n // 2, n - 1]))  # fmt: skip
    return float(taken[:, 0, 0].max()), float(taken[:, 1, 0].max())


def test_case_1_single_pulse_decays_as_theory() -> None:
    """c0 6.1721 m/s, peak Z0 Q = 20.629 Pa; viscous decay exp(-0.067896 x) (linear theory)."""
    middle, end = single_pulse(1e-3, 4e-3)
    assert middle == pytest.approx(14.68, abs=0.01 * 20.629)
    assert end == pytest.approx(10.35, abs=0.01 * 20.629)
    assert middle == pytest.approx(20.629 * math.exp(-0.067896 * 5), abs=0.01 * 20.629)
    assert end == pytest.approx(20.629 * math.exp(-0.067896 * 10), abs=0.01 * 20.629)


def test_case_1_converges_with_the_cell() -> None:
    """Without friction the pulse keeps its height: the error falls at second order or better."""
    errors = [abs(single_pulse(cell, 0.0)[1] - 20.629) / 20.629 for cell in (8e-3, 4e-3, 2e-3)]
    print("inviscid error at 10 m, cells of 8, 4, 2 mm:", [f"{e:.4f}" for e in errors])
    assert errors[0] > 2 * errors[1] > 4 * errors[2]
    assert errors[2] < 0.035


def test_case_2_common_carotid(shared_data: Path) -> None:
    tree = tube(0.126, 3e-3, 0.3e-3, 700e3, Outlet(2.4875e8, 1.8697e9, 1.7529e-10), Blood(1060, 4e-3, 2),
                10.933e3)  # fmt: skip
    beat = simulate(tree, inflow_of(shared_data, "boileau_cca_inflow", 1.1), 1.1, cell=1e-3)
    check(beat, "v", (16.565, 10.940, 13.814), (12.184, 3.996, 6.500))


def test_case_3_thoracic_aorta_keeps_its_balance(shared_data: Path) -> None:
    """Mean outlet pressure = mean flow x (R1 + R2); published curves exist as figures only."""
    outlet = Outlet(1.1752e7, 1.1167e8, 1.0163e-8)
    tree = tube(0.24137, 12e-3, 1.2e-3, 400e3, outlet, Blood(1060, 4e-3, 9), 9.5e3)
    inflow = inflow_of(shared_data, "boileau_uta_inflow", 0.955)
    ends = {"in": 0, "out": tree.mesh(1e-3).cells - 1}
    beat = simulate(tree, inflow, 0.955, cell=1e-3, probes=ends)
    mean = float(inflow(np.linspace(0, 0.955, 5000, endpoint=False)).mean())
    assert beat.flow["out"].mean() == pytest.approx(mean, rel=2e-3)
    assert beat.pressure["out"].mean() == pytest.approx(mean * (outlet.r1 + outlet.r2), rel=5e-3)
    coarse = simulate(tree, inflow, 0.955, cell=4e-3, probes={"out": tree.mesh(4e-3).cells - 1})
    assert coarse.pressure["out"].max() == pytest.approx(beat.pressure["out"].max(), rel=5e-3)


def bifurcation() -> Tree:
    outlet = Outlet(6.8123e7, 3.1013e9, 3.6664e-10)
    aorta, iliac = 500e3 * 1.032e-3, 700e3 * 0.72e-3
    return Tree((Artery("aorta", None, 0.086, 8.6e-3, 8.6e-3, aorta, aorta),
                 Artery("left", "aorta", 0.085, 6e-3, 6e-3, iliac, iliac, outlet),
                 Artery("right", "aorta", 0.085, 6e-3, 6e-3, iliac, iliac, outlet)),
                Blood(1060, 4e-3, 9), 9.5e3)  # fmt: skip


def test_case_4_aortic_bifurcation(shared_data: Path) -> None:
    beat = simulate(bifurcation(), inflow_of(shared_data, "boileau_ibif_inflow", 1.1), 1.1, cell=1e-3)
    check(beat, "aorta", (16.906, 9.359, 12.658), (75.44, -18.83, 7.985))
    check(beat, "left", (17.043, 9.273, 12.656), (27.05, -4.68, 3.993))
    assert np.allclose(beat.pressure["left"], beat.pressure["right"], rtol=1e-12)


def in_vitro(shared_data: Path, viscosity: float) -> tuple[Tree, list[dict[str, str]]]:
    rows = list(csv.DictReader((shared_data / "vessels" / "invitro37_segments.csv").open()))
    arteries = []
    for r in rows:
        wall = float(r["wall_thickness_m"])
        stiffness = 1.2e6 * wall
        outlet = Outlet(float(r["outlet_R_Pa_s_m3"]), pressure=426.6) if r["outlet_R_Pa_s_m3"] else None
        parent = None if r["parent"] == "0" else r["parent"]
        arteries.append(Artery(r["id"], parent, float(r["length_m"]), float(r["r_in_m"]),
                               float(r["r_out_m"]), stiffness, stiffness, outlet, viscosity * wall))  # fmt: skip
    return Tree(tuple(arteries), Blood(1050, 2.5e-3, 9)), rows


def test_case_5_silicone_network(shared_data: Path) -> None:
    """Wave speeds of the table (Alastruey 2011) and the balance of mean flow and pressure."""
    tree, rows = in_vitro(shared_data, 3.0e3)
    for a, r in zip(tree.arteries, rows, strict=True):
        speed = math.sqrt(2 / 3 * a.stiffness_in / (1050 * a.radius_in))
        assert speed == pytest.approx(float(r["c_in_m_s"]), rel=0.0185)
    inflow = inflow_of(shared_data, "invitro37_inflow", 0.827)
    beat = simulate(tree, inflow, 0.827, cell=8e-3, tolerance=1e-3, cycles=20)
    mean = float(inflow(np.linspace(0, 0.827, 5000, endpoint=False)).mean())
    leaves = [a for a in tree.arteries if a.outlet]
    assert beat.flow["1"].mean() == pytest.approx(mean, rel=0.01)
    assert sum(beat.flow[a.name].mean() for a in leaves) == pytest.approx(mean, rel=0.01)
    stiff = simulate(in_vitro(shared_data, 0.0)[0], inflow, 0.827, cell=8e-3, tolerance=1e-3, cycles=20)
    # The wall's viscosity damps the fast oscillations of a stub (Alastruey 2011, fig. 6).
    roughness = [np.abs(np.diff(np.interp(np.linspace(0, 0.827, 200), b.time, b.flow["10"]), 2)).mean()
                 for b in (beat, stiff)]  # fmt: skip
    assert roughness[0] < roughness[1]


def adan56(shared_data: Path) -> tuple[Tree, dict[str, str]]:
    """Wall: h = r (.2802 exp(-505.3 r) + .1324 exp(-11.14 r)), r in m (Boileau 2015, case 6)."""
    rows = list(csv.DictReader((shared_data / "vessels" / "adan56_segments.csv").open()))

    def stiffness(r: dict[str, str], end: str) -> float:
        x = float(r[f"r_{end}_m"])
        return float(r["E_Pa"]) * x * (0.2802 * math.exp(-505.3 * x) + 0.1324 * math.exp(-11.14 * x))

    arteries = []
    for r in rows:
        values = [r[f"outlet_{c}"] for c in ("R1_Pa_s_m3", "R2_Pa_s_m3", "C_m3_Pa")]
        outlet = Outlet(*map(float, values)) if values[0] else None
        parent = None if r["parent"] == "0" else r["parent"]
        arteries.append(Artery(r["id"], parent, float(r["length_m"]), float(r["r_in_m"]),
                               float(r["r_out_m"]), stiffness(r, "in"), stiffness(r, "out"), outlet))  # fmt: skip
    return Tree(tuple(arteries), Blood(1040, 4e-3, 2), 10e3), {r["name"]: r["id"] for r in rows}


ADAN = {
    "aortic_arch_I": ((16.09, 10.93, 13.90), (527.7, -131.4, 112.4)),
    "thoracic_aorta_III": ((16.34, 10.82, 13.87), (341.6, -53.6, 85.12)),
    "common_carotid_R": ((16.38, 10.78, 13.90), (30.72, -6.97, 7.741)),
    "radial_R": ((15.06, 9.27, 12.38), (4.238, 0.516, 2.013)),
}


def test_case_6_adan56(shared_data: Path) -> None:
    """4 mm cells, short segments as one cell: within 1 % of the peaks of the fine mesh."""
    tree, names = adan56(shared_data)
    inflow = inflow_of(shared_data, "adan56_inflow", 1.0)
    beat = simulate(tree, inflow, 1.0, cell=4e-3, least=1, cycles=12, tolerance=3e-4)
    for name, (pressure, flow) in ADAN.items():
        check(beat, names[name], pressure, flow)


@pytest.mark.slow
def test_case_6_coarse_equals_fine(shared_data: Path) -> None:
    """Every segment's pressure within .5 % of the 2 mm mesh, at all times."""
    tree, _ = adan56(shared_data)
    inflow = inflow_of(shared_data, "adan56_inflow", 1.0)
    grid = np.linspace(0, 1, 400, endpoint=False)
    fine, coarse = (simulate(tree, inflow, 1.0, cell=c, least=n, cycles=12) for c, n in ((2e-3, 2), (4e-3, 1)))
    worst = max(np.max(np.abs(np.interp(grid, coarse.time, coarse.pressure[n])
                              - np.interp(grid, fine.time, p))) / p.max()
                for n, p in fine.pressure.items())  # fmt: skip
    print(f"largest difference of pressure, any segment, any time: {100 * worst:.2f} %")
    assert worst < 5e-3


def test_a_tapered_tree_at_rest_stays_at_rest() -> None:
    tree = Tree((Artery("a", None, 0.1, 9e-3, 6e-3, 500.0, 400.0),
                 Artery("b", "a", 0.08, 5e-3, 3e-3, 350.0, 250.0, Outlet(1e12)),
                 Artery("c", "a", 0.05, 4e-3, 4e-3, 300.0, 300.0, Outlet(1e12))))  # fmt: skip
    solver = Solver(tree.mesh(4e-3), tree.blood)
    solver.set_pressure(0.0)
    solver.advance(lambda t: np.zeros_like(t), 0.5, 0.0, np.array([0]))
    assert np.max(np.abs(solver.u)) < 1e-13


def test_same_input_same_bits() -> None:
    runs = [simulate(bifurcation(), lambda t: 5e-6 * (1 + np.sin(2 * np.pi * t)), 1.0, cell=8e-3,
                     cycles=2).pressure["left"] for _ in range(2)]  # fmt: skip
    assert np.array_equal(*runs)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"radius_in": 0.0}, "measure must be positive"), ({"parent": "nobody"}, "hangs on nothing|every end"),
     ({"outlet": None}, "every end needs an outlet")],
)  # fmt: skip
def test_broken_trees_are_named(change: dict, message: str) -> None:
    good = {"name": "b", "parent": "a", "length": 0.1, "radius_in": 1e-3, "radius_out": 1e-3,
            "stiffness_in": 100.0, "stiffness_out": 100.0, "outlet": Outlet(1e9)}  # fmt: skip
    with pytest.raises(InputError, match=message):
        Tree((Artery("a", None, 0.1, 2e-3, 2e-3, 200.0, 200.0), Artery(**(good | change))))
