"""`twin trial power`, `boundaries`, `compare`, `run --adam`: keys, files, errors."""

import csv
import json
from pathlib import Path

import pytest
import yaml

from trials.design import examples
from twin_engine.cli import main

BASE = yaml.safe_load((examples() / "diabetes_procova.yaml").read_text(encoding="utf-8"))
LOOKS = {
    "planning": {"power": 0.9, "target": {"kind": "means", "effect": 30, "sd": 77}},
    "monitoring": {"information": [0.5, 0.75, 1.0], "sided": 1,
                   "efficacy": {"kind": "hwang_shih_decani", "gamma": -4},
                   "futility": {"kind": "hwang_shih_decani", "gamma": -2}},
}  # fmt: skip


def written(folder: Path, **changes: object) -> str:
    file = folder / "design.yaml"
    file.write_text(yaml.safe_dump({**BASE, **changes}), encoding="utf-8")
    return str(file)


def answer(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict:
    assert main(["trial", *words, "--json", "--lang", "en"]) == code
    return json.loads(capsys.readouterr().out)


def test_boundaries(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = answer(capsys, "boundaries", written(tmp_path, **LOOKS))
    assert {"looks", "inflation", "n_total", "events"} <= set(data)
    assert [look["information"] for look in data["looks"]] == [0.5, 0.75, 1.0]
    assert {"efficacy_z", "futility_z", "cumulative_alpha"} <= set(data["looks"][0])
    assert data["looks"][-1]["cumulative_alpha"] == pytest.approx(0.025)
    assert data["n_total"] >= data["n_fixed"] * data["inflation"] > data["n_total"] - 2


def test_power_and_its_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    words = ("power", written(tmp_path, **LOOKS), "--replicates", "60", "--workers", "1", "--out", str(out))
    data = answer(capsys, *words)
    assert {"power", "power_se", "type_i_error", "expected_n", "looks", "replicates"} <= set(data)
    assert {"information", "boundary", "stop_probability"} <= set(data["looks"][0])
    assert sum(look["stop_probability"] for look in data["looks"]) == pytest.approx(1.0)
    assert data["power"] > 0.6 and data["looks"][0]["stop_probability"] > 0.1
    with open(out / "replicates.csv", newline="", encoding="utf-8") as stream:
        assert len(list(csv.DictReader(stream))) == 120
    assert json.loads((out / "power.json").read_text())["power"] == data["power"]
    assert not list(out.glob(".twin-shards/*"))
    again = answer(capsys, *words)
    assert again["power"] == data["power"] and again["bias"] == data["bias"]


def test_compare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = answer(capsys, "compare", "diabetes_procova", written(tmp_path, **LOOKS), "--replicates", "20",
                  "--workers", "1", "--out", str(tmp_path / "c"))  # fmt: skip
    assert len(data["designs"]) == 2
    page = (tmp_path / "c" / "comparison.html").read_text(encoding="utf-8")
    assert "Monte Carlo" in page and "medical device" in page
    assert (tmp_path / "c" / "comparison.csv").exists()


def test_adam_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    answer(capsys, "run", "ago_ovar", "--adam", "-n", "40", "--out", str(out))
    tables = {}
    for name in ("adsl", "adtte", "define"):
        with open(out / f"{name}.csv", newline="", encoding="utf-8") as stream:
            tables[name] = list(csv.DictReader(stream))
    assert len(tables["adsl"]) == 40
    assert len({r["USUBJID"] for r in tables["adsl"]}) == 40
    subjects = {r["USUBJID"] for r in tables["adsl"]}
    assert {r["USUBJID"] for r in tables["adtte"]} == subjects
    assert {r["CNSR"] for r in tables["adtte"]} <= {"0", "1"}
    assert all(float(r["AVAL"]) >= 0 and len(r["PARAMCD"]) <= 8 for r in tables["adtte"])
    for name in ("adsl", "adtte"):
        defined = [r["variable"] for r in tables["define"] if r["dataset"] == name.upper()]
        assert defined == list(tables[name][0])
    ended = sum(r["EOSSTT"] == "DEATH OR EVENT" for r in tables["adsl"])
    assert ended == sum(r["CNSR"] == "0" and r["PARAMCD"] == "OVERALLS" for r in tables["adtte"])


EVENT = {"name": "stops", "probability": 0.1}
ESTIMAND = {"name": "e", "treatment": "t", "population": "p", "variable": "v", "events": {"quits": "composite"}}
BAD = {
    "alpha 0": {"analysis": {"alpha": 0}},
    "spending exceeds alpha": {"monitoring": {"information": [0.5, 1.0], "efficacy": {
        "kind": "table", "amounts": [0.02, 0.03]}}},
    "looks out of order": {"monitoring": {"information": [0.7, 0.5, 1.0]}},
    "block not a multiple": {"randomisation": {"kind": "permuted_block", "blocks": [3]}},
    "futility above efficacy": {"monitoring": {"information": [0.5, 1.0], "sided": 1, "efficacy": {
        "kind": "given", "z": [2.9, 1.98]}, "futility": {"kind": "given", "z": [3.0, 1.98]}}},
    "given boundaries spend too much": {"monitoring": {"information": [0.5, 1.0], "sided": 1, "efficacy": {
        "kind": "given", "z": [1.9, 1.9]}}},
    "dropout over 100 %": {"conduct": {"dropout_per_year": 1.2}},
    "unknown event": {"intercurrent_events": [EVENT], "estimands": [ESTIMAND]},
    "minimisation without factors": {"randomisation": {"kind": "minimisation"}},
    "biased coin 2:1": {"randomisation": {"kind": "biased_coin"}, "arms": [
        {**BASE["arms"][0], "ratio": 2}, BASE["arms"][1]]},
    "confirmatory virtual control": {"external_control": {
        "kind": "iptw", "persons": 50, "covariates": ["age"], "drift": 10, "purpose": "confirmatory"}},
    "no effect to detect": {"planning": {"target": {"kind": "means", "effect": 0, "sd": 1}},
                            "monitoring": {"information": [1.0]}},
    "power 100 %": {"planning": {"power": 1.0, "target": {"kind": "means", "effect": 1, "sd": 1}}},
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("action", ["boundaries", "power"])
def test_a_bad_design_is_one_clear_error(name: str, action: str, tmp_path: Path,
                                         capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    out = tmp_path / "out"
    words = ["--replicates", "1", "--out", str(out)] if action == "power" else []
    data = answer(capsys, action, written(tmp_path, **BAD[name]), *words, code=2)
    assert {"what", "where", "value", "expected", "cure"} <= set(data["error"])
    assert data["error"]["what"] and data["error"]["cure"]
    assert not out.exists()


def test_no_replicates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = answer(capsys, "power", "diabetes_procova", "--replicates", "0", "--out", str(tmp_path / "x"), code=2)
    assert data["error"]["where"] == "--replicates"
