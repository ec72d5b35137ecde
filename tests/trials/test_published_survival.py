"""The analyses of real trials equal their published values.

References: R 4.2 with survival 3.5-3, `coxph` (ties: efron) and `survdiff`, run on the same data;
GBSG2: Schumacher et al. 1994, J Clin Oncol 12:2086; veteran: Kalbfleisch & Prentice 1980, table
p. 223; colon: Moertel et al. 1990, N Engl J Med 322:352.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

from trials.analysis.survival import cox, log_rank

Columns = dict[str, np.ndarray]


def read(file: Path) -> Columns:
    with open(file, encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def test_gbsg2_hormone_therapy() -> None:
    from lifelines.datasets import load_gbsg2

    data = load_gbsg2()
    time, event = data["time"].to_numpy(float), data["cens"].to_numpy() == 1
    hormone = (data["horTh"] == "yes").to_numpy(float)
    row = cox(time, event, {"hormone": hormone})["hormone"]
    assert row["hazard_ratio"] == pytest.approx(0.69488, abs=5e-6)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((0.544, 0.888), abs=5e-4)
    chi2, p = log_rank(time, event, hormone)
    assert chi2 == pytest.approx(8.565, abs=5e-4)
    assert p == pytest.approx(0.00343, abs=5e-6)


def test_veteran_lung_cancer(shared_data: Path) -> None:
    data = read(shared_data / "trials" / "survival_veteran.csv")
    time, event = data["time"].astype(float), data["status"] == "1"
    chi2, p = log_rank(time, event, data["trt"])
    assert chi2 == pytest.approx(0.00823, abs=5e-6)
    assert p == pytest.approx(0.93, abs=5e-3)
    cell = {f"cell {c}": (data["celltype"] == c).astype(float) for c in ("smallcell", "adeno", "large")}
    numbers = {n: data[n].astype(float) for n in ("trt", "karno", "diagtime", "age", "prior")}
    rows = cox(time, event, numbers | cell)
    assert rows["karno"]["coefficient"] == pytest.approx(-0.032815, abs=1e-6)
    assert rows["cell smallcell"]["hazard_ratio"] == pytest.approx(2.36685, abs=5e-6)


@pytest.mark.parametrize(
    ("endpoint", "ratio", "low", "high"),
    [("1", 0.5992, 0.475, 0.756), ("2", 0.6896, 0.546, 0.870)],
)
def test_colon_levamisole_fluorouracil(
    shared_data: Path, endpoint: str, ratio: float, low: float, high: float
) -> None:
    data = read(shared_data / "trials" / "survival_colon.csv")
    mine = data["etype"] == endpoint
    time, event = data["time"][mine].astype(float), data["status"][mine] == "1"
    arms = {a: (data["rx"][mine] == a).astype(float) for a in ("Lev", "Lev+5FU")}
    row = cox(time, event, arms)["Lev+5FU"]
    assert row["hazard_ratio"] == pytest.approx(ratio, abs=5e-5)
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), abs=5e-4)


def test_colon_three_arms_differ_in_survival(shared_data: Path) -> None:
    data = read(shared_data / "trials" / "survival_colon.csv")
    mine = data["etype"] == "2"
    _, p = log_rank(data["time"][mine].astype(float), data["status"][mine] == "1", data["rx"][mine])
    assert p == pytest.approx(0.0029, abs=5e-5)


def test_retinopathy_laser(shared_data: Path) -> None:
    data = read(shared_data / "trials" / "survival_retinopathy.csv")
    rows = cox(data["futime"].astype(float), data["status"] == "1",
               {"laser": data["trt"].astype(float)})  # fmt: skip
    assert rows["laser"]["hazard_ratio"] == pytest.approx(0.45995, abs=5e-4)


def test_pbc_penicillamine(shared_data: Path) -> None:
    data = read(shared_data / "trials" / "survival_pbc.csv")
    mine = np.isin(data["trt"], ["1", "2"])
    rows = cox(data["time"][mine].astype(float), data["status"][mine] == "2",
               {"penicillamine": (data["trt"][mine] == "1").astype(float)})  # fmt: skip
    assert rows["penicillamine"]["p_value"] == pytest.approx(0.75, abs=5e-3)
