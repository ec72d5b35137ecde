"""models, explain, simulate, doctor: what they print, and what they refuse."""

import json
from pathlib import Path
from typing import Any

import pytest

from twin_engine.cli import main
from twin_engine.model import from_file, load
from twin_engine.regimen import parse

ORAL = from_file(Path(__file__).resolve().parent / "models" / "oral.py")


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    code = main([*words, "--json"])
    out = capsys.readouterr().out
    assert code == 0, out
    return json.loads(out)


def test_models(capsys: pytest.CaptureFixture[str]) -> None:
    rows = answer(capsys, "models")["models"]
    assert {"circulation", "warfarin", "type1"} <= {r["name"] for r in rows}
    for row in rows:
        assert {"name", "title", "source", "states", "outputs"} <= set(row)
        assert all({"name", "unit"} == set(o) for o in row["outputs"])


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    one = answer(capsys, "explain", "warfarin.EC50_G")
    assert (one["value"], one["unit"], one["kind"]) == (4.3, "mg/L", "published")
    assert {"name", "value", "unit", "low", "high", "source", "kind"} <= set(one)
    assert len(answer(capsys, "explain", "circulation")["parameters"]) > 40
    assert main(["explain", "warfarin.EC5000"]) == 2


def test_simulate_circulation(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "simulate", "circulation", "--hours", "0.02")
    assert {"map_mmhg", "sbp_mmhg", "dbp_mmhg", "mean_pap_mmhg", "stroke_volume_ml",
            "ejection_fraction", "cardiac_output_l_min"} <= set(found["summary"])  # fmt: skip
    assert 9.0 <= found["summary"]["mean_pap_mmhg"] <= 18.0
    assert len(found["time_h"]) == len(found["outputs"]["p_ra"]["values"])


def test_simulate_warfarin(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    # Xia 2024: INR 2.14 for AA at 2.5 mg/d for 60 d, 55 y, 60 kg, *1/*1
    words = ["simulate", "warfarin", "--hours", "1440", "--dose", "2.5 mg every 24 h", "--set",
             "vkorc1=AA", "--set", "cyp2c9=*1/*1", "--set", "age_y=55", "--set", "weight_kg=60",
             "--every", "24", "--out", str(tmp_path)]  # fmt: skip
    found = answer(capsys, *words)
    assert found["outputs"]["inr"]["values"][-1] == pytest.approx(2.14, rel=0.01)
    assert found["time_h"] == [24.0 * k for k in range(61)]
    lines = (tmp_path / "warfarin.csv").read_text().splitlines()
    assert lines[0].startswith("time_h,") and len(lines) == 62


def test_simulate_converts_units_at_the_door(capsys: pytest.CaptureFixture[str]) -> None:
    grams = answer(capsys, "simulate", "theophylline", "--hours", "24", "--dose", "0.3 g at 0")
    milligrams = answer(capsys, "simulate", "theophylline", "--hours", "24", "--dose", "300mg")
    assert grams["outputs"] == milligrams["outputs"]


@pytest.mark.parametrize(
    "words",
    [
        ["--dose", "-5 mg"],
        ["--dose", "5 bananas"],
        ["--dose", "mg 5"],
        ["--dose", "5"],
        ["--dose", "5 mg every 0 h"],
        ["--dose", "5 mg every -1 h"],
        ["--dose", "nan mg"],
        ["--dose", "5 mg evry 3 h"],
        ["--dose", "rectal 5 mg"],
        ["--dose", ""],
        ["--set", "vkorc1"],
        ["--set", "vkorc1=XX"],
        ["--set", "age_y=old"],
        ["--set", "age_y=900"],
        ["--set", "aeg_y=50"],
        ["--set", "set=nobody2000"],
        ["--every", "-1"],
        ["--every", "1e-9"],
        ["--hours", "nan"],
        ["--hours", "soon"],
    ],
)
def test_bad_input_is_one_clear_error(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(["simulate", "warfarin", "--hours", "24", *words, "--json"]) == 2
    out, err = capsys.readouterr()
    assert {"what", "where", "value", "expected", "cure"} == set(json.loads(out)["error"])
    assert "Traceback" not in err


def test_doses_as_a_person_writes_them() -> None:
    every = parse(ORAL, ["5 mg every 24 h at 2 h"], 72.0)
    assert [(d.time, d.amount, d.route) for d in every] == [(2.0, 5.0, "dose"), (26.0, 5.0, "dose"),
                                                            (50.0, 5.0, "dose")]  # fmt: skip
    (drip,) = parse(ORAL, ["drip 0.1 g over 30 min at 1 h"], 72.0)
    assert (drip.time, drip.route, drip.duration) == (1.0, "drip", 0.5)
    assert drip.amount == pytest.approx(100.0)
    (infusion,) = parse(ORAL, ["infusion 100 mg over 1 h at 0"], 72.0)
    assert (infusion.route, infusion.duration) == ("dose", 1.0)
    (meal,) = parse(load("glucose"), ["78 g at 0"], 300.0)
    assert meal.amount == pytest.approx(78_000.0)


def test_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    checks = answer(capsys, "doctor")["checks"]
    assert {"gl", "openxr", "postgresql", "gpu", "memory", "shadowing", "browser"} <= {
        c["name"] for c in checks
    }
    assert all({"name", "ok", "found", "cure"} == set(c) for c in checks)
    assert all(c["ok"] or c["cure"] for c in checks)
