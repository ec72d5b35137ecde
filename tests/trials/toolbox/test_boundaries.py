"""Group-sequential boundaries against published tables and rpact."""

import csv
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trials.boundaries import given_bounds, group_sequential
from trials.spending import Spending
from twin_engine.errors import InputError

THIRDS = [1 / 3, 2 / 3, 1.0]
FIFTHS = np.arange(1, 6) / 5
HERE = Path(__file__).parent


def test_classical_bounds() -> None:
    # Jennison & Turnbull 2000, "Group Sequential Methods", tables 2.1 and 2.3 (two-sided .05, K=5).
    fleming = group_sequential(FIFTHS, power=0.8, efficacy="obrien_fleming")
    np.testing.assert_allclose(fleming.efficacy, [4.5617, 3.2256, 2.6337, 2.2809, 2.0401], atol=5e-5)
    pocock = group_sequential(FIFTHS, efficacy="pocock")
    np.testing.assert_allclose(pocock.efficacy, 2.41318, atol=5e-6)


@pytest.mark.parametrize(("power", "inflation"), [(0.8, 1.0284), (0.9, 1.0265)])
def test_inflation_of_obrien_fleming(power: float, inflation: float) -> None:
    # Jennison & Turnbull 2000, table 2.4.
    design = group_sequential(FIFTHS, power=power, efficacy="obrien_fleming")
    assert design.inflation() == pytest.approx(inflation, abs=5e-5)


@pytest.mark.parametrize(("t", "bounds"), [
    (THIRDS, [3.7103, 2.5114, 1.9930]),
    ([0.5, 0.75, 1.0], [2.9626, 2.3590, 2.0141]),
])  # fmt: skip
def test_lan_demets_obrien_fleming(t: list[float], bounds: list[float]) -> None:
    # Lan & DeMets 1983; digits as rpact 3.3.4 prints them (one-sided .025).
    made = group_sequential(t, efficacy=Spending("obrien_fleming"))
    np.testing.assert_allclose(made.efficacy, bounds, atol=6e-5)


def test_hwang_shih_decani_with_non_binding_futility() -> None:
    # rpact 3.3.4: asHSD gammaA -4, bsHSD gammaB -2, alpha .025 one-sided, power .9.
    made = group_sequential(THIRDS, power=0.9, efficacy=Spending("hwang_shih_decani", -4),
                            futility=Spending("hwang_shih_decani", -2))  # fmt: skip
    np.testing.assert_allclose(made.efficacy, [3.0107, 2.5465, 1.9992], atol=5e-5)
    np.testing.assert_allclose(made.futility[:2], [-0.2387, 0.9411], atol=5e-5)
    assert made.inflation() == pytest.approx(1.06988, abs=5e-6)


@pytest.mark.parametrize(("kind", "gamma", "spent"), [
    ("obrien_fleming", 0.0, [1.03506e-4, 6.04839e-3]),
    ("pocock", 0.0, [0.0113208, 0.0190846]),
    ("hwang_shih_decani", -4.0, [0.00130306, 0.00624645]),
])  # fmt: skip
def test_spending_functions(kind: str, gamma: float, spent: list[float]) -> None:
    # Lan & DeMets 1983; Hwang, Shih & DeCani 1990, evaluated at t = 1/3, 2/3.
    np.testing.assert_allclose(Spending(kind, gamma)(0.025, THIRDS)[:2], spent, rtol=5e-6)


def test_hwang_shih_decani_is_linear_at_zero() -> None:
    near = Spending("hwang_shih_decani", 1e-7)(0.025, THIRDS)
    np.testing.assert_allclose(Spending("hwang_shih_decani", 0.0)(0.025, THIRDS), near, rtol=1e-6)


def test_a_narrow_last_step_keeps_its_accuracy() -> None:
    # With 41 nodes this step loses 9e-4; the error must be spent to the last digit.
    made = group_sequential([0.95, 1.0], efficacy=Spending("obrien_fleming"))
    assert made.stops(0.0)[0].sum() == pytest.approx(0.025, abs=1e-10)


@settings(max_examples=15, deadline=None)
@given(steps=st.lists(st.floats(0.1, 1.0), min_size=1, max_size=5),
       kind=st.sampled_from(["obrien_fleming", "pocock", "hwang_shih_decani"]),
       gamma=st.floats(-6, 2), sided=st.sampled_from([1, 2]))  # fmt: skip
def test_alpha_is_spent_exactly(steps: list[float], kind: str, gamma: float, sided: int) -> None:
    t = np.cumsum(steps) / np.sum(steps)
    t[-1] = 1.0
    made = group_sequential(t, alpha=0.04, sided=sided, efficacy=Spending(kind, gamma))
    rejected = np.cumsum(made.stops(0.0)[0]) * sided
    np.testing.assert_allclose(rejected, made.cumulative_alpha, atol=1e-9)
    assert made.cumulative_alpha[-1] == pytest.approx(0.04)
    assert made.power(made.drift()) == pytest.approx(0.8, abs=1e-8)


def test_one_look_is_the_fixed_design() -> None:
    made = group_sequential([1.0], alpha=0.05, sided=2, power=0.9, efficacy="pocock")
    assert made.efficacy[0] == pytest.approx(1.959964, abs=1e-6)  # normal quantile at .975
    assert made.inflation() == pytest.approx(1.0, abs=1e-4)


def test_binding_futility_gives_alpha_back() -> None:
    words = {"efficacy": Spending("hwang_shih_decani", -4), "futility": Spending("pocock")}
    free = group_sequential(THIRDS, binding=False, **words)
    bound = group_sequential(THIRDS, binding=True, **words)
    assert bound.efficacy[-1] < free.efficacy[-1]
    assert bound.stops(0.0)[0].sum() == pytest.approx(0.025, abs=1e-9)
    assert free.stops(0.0, futility=False)[0].sum() == pytest.approx(0.025, abs=1e-9)
    assert free.stops(0.0)[0].sum() < 0.025
    assert free.stops(free.drift())[1].sum() == pytest.approx(0.2, abs=1e-6)


@pytest.mark.parametrize("call", [
    lambda: group_sequential(THIRDS, alpha=0.0),
    lambda: group_sequential([0.6, 0.3, 1.0]),
    lambda: group_sequential([0.3, 0.6]),
    lambda: group_sequential([0.0, 1.0]),
    lambda: group_sequential([float("nan"), 1.0]),
    lambda: group_sequential(THIRDS, power=1.0),
    lambda: group_sequential(THIRDS, efficacy=Spending("table", amounts=(0.01, 0.02, 0.03))),
    lambda: group_sequential(THIRDS, efficacy=Spending("table", amounts=(0.02, 0.01, 0.025))),
    lambda: group_sequential(THIRDS, sided=2, futility=Spending("pocock")),
    lambda: given_bounds(THIRDS, [3.0, 2.5, 2.0], [0.0, 2.6, 2.0], alpha=0.025),
    lambda: given_bounds(THIRDS, [2.0, 2.0, 2.0], alpha=0.025),
], ids=["alpha 0", "order", "no final look", "no information", "nan", "power 1", "spends too much",
        "amounts fall", "two-sided futility", "futility above efficacy", "given bounds spend"])  # fmt: skip
def test_a_bad_design_is_refused(call) -> None:
    with pytest.raises(InputError):
        call()


def _random_designs() -> list[dict[str, str]]:
    rng = np.random.default_rng(20240601)
    rows = []
    for _ in range(50):
        steps = rng.uniform(0.15, 1.0, rng.integers(2, 6))
        sided = int(rng.integers(1, 3))
        kinds = ["obrien_fleming", "pocock", "hwang_shih_decani"]
        losses = ["none", *kinds] if sided == 1 else ["none"]
        efficacy = str(rng.choice([*kinds, "classical_obrien_fleming", "classical_pocock"]))
        rows.append({
            "information": " ".join(f"{x:.4f}" for x in np.cumsum(steps)[:-1] / steps.sum()) + " 1",
            "alpha": str(rng.choice([0.01, 0.025, 0.05])), "beta": str(rng.choice([0.1, 0.2])),
            "sided": str(sided), "efficacy": efficacy, "gamma": f"{rng.uniform(-6, 2):.3f}",
            "futility": "none" if efficacy.startswith("classical") else str(rng.choice(losses)),
            "gamma_futility": f"{rng.uniform(-6, 0):.3f}", "binding": str(rng.random() < 0.5).upper(),
        })  # fmt: skip
    return rows


def _ours(row: dict[str, str]):
    efficacy = (row["efficacy"].removeprefix("classical_") if row["efficacy"].startswith("classical")
                else Spending(row["efficacy"], float(row["gamma"])))  # fmt: skip
    futility = None if row["futility"] == "none" else Spending(row["futility"], float(row["gamma_futility"]))
    return group_sequential([float(x) for x in row["information"].split()], alpha=float(row["alpha"]),
                            power=1 - float(row["beta"]), sided=int(row["sided"]), efficacy=efficacy,
                            futility=futility, binding=row["binding"] == "TRUE")  # fmt: skip


@pytest.mark.needs_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R with rpact is not installed")
def test_fifty_random_designs_agree_with_rpact(tmp_path: Path) -> None:
    rows = _random_designs()
    with open(tmp_path / "in.csv", "w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    subprocess.run(["Rscript", str(HERE / "rpact_designs.R"), str(tmp_path / "in.csv"),
                    str(tmp_path / "out.csv")], check=True, capture_output=True)  # fmt: skip
    with open(tmp_path / "out.csv", newline="") as stream:
        theirs = list(csv.DictReader(stream))
    worst = 0.0
    for row, other in zip(rows, theirs, strict=True):
        made = _ours(row)
        gaps = [abs(made.efficacy - np.array(other["efficacy_z"].split(), float)).max(),
                abs(made.inflation() - float(other["inflation"]))]  # fmt: skip
        if other["futility_z"]:
            gaps.append(abs(made.futility[:-1] - np.array(other["futility_z"].split(), float)).max())
        worst = max(worst, *gaps)
        assert max(gaps) < 1e-4, (row, other, made, made.inflation())
    print(f"largest difference from rpact over 50 designs: {worst:.2e}")
