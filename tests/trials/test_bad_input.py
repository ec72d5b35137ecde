"""Every wrong input: exit code 2, one clear error, no traceback, nothing half-written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.trials.designs import diabetes, warfarin
from twin_engine.cli import main

Change = Callable[[dict[str, Any]], None]


def set_in(*path: Any) -> Change:
    """Set a value deep in a design: the last item is the value."""

    def change(data: Any) -> None:
        for key in path[:-2]:
            data = data[key]
        data[path[-2]] = path[-1]

    return change


def no_treatment(data: dict[str, Any]) -> None:
    del data["arms"][0]["treatment"]


CASES: list[tuple[str, Change, str, str]] = [
    ("an unknown key", set_in("enrolment", "people", 3), "unknown key", "enrolment.people"),
    ("an unknown setting", set_in("arms", 0, "settings", "dose", 1), "unknown key", "dose"),
    ("a wrong unit", set_in("arms", 0, "settings", "tablet", "0.5 mL"), "wrong unit", "tablet"),
    ("a length as time", set_in("visits", "days", ["0 d", "3 kg"]), "wrong unit", "visits.days.1"),
    ("no unit", set_in("enrolment", "screening", 7), "a quantity needs a unit", "enrolment.screening"),
    ("a negative dose", set_in("arms", 0, "settings", "tablet", "-5 mg"), "negative value", "tablet"),
    ("NaN", set_in("primary", "low", float("nan")), "not a finite number", "primary.low"),
    ("an arm without treatment", no_treatment, "an arm has no treatment", "arms.0"),
    ("an unknown treatment", set_in("arms", 0, "treatment", "warfarin"), "unknown treatment", "arms"),
    ("0 persons", set_in("enrolment", "persons", 0), "a value is not acceptable", "enrolment.persons"),
    ("0 avatars", set_in("population", "persons", 0), "a value is not acceptable", "population.persons"),
    ("more persons than avatars", set_in("enrolment", "persons", 9999),
     "more persons to enrol than avatars", "test.yaml"),
    ("a missing column", set_in("analysis", "covariates", ["blood_type"]), "missing column", "population"),
    ("a rule on no column", set_in("enrolment", "eligibility", [{"column": "x", "low": 1, "reason": "y"}]),
     "missing column", "population"),
    ("an unknown population", set_in("population", "source", "mars"), "file not found", "SPEC"),
    ("an unknown model", set_in("twin", "model", "aspirin"), "the treatment does not suit the twin", "arms"),
    ("two controls", set_in("arms", 0, "control", True), "not exactly one control arm", "test.yaml"),
    ("overlapping windows", set_in("visits", "window", "3 d"), "visit windows overlap", "visits"),
    ("unordered visits", set_in("visits", "days", ["7 d", "3 d"]), "visit days do not rise", "visits"),
    ("an unknown analysis", set_in("analysis", "method", "guess"), "unknown analysis", "analysis.method"),
    ("dropout above 1", set_in("conduct", "dropout_per_year", 1.2), "a value is not acceptable", "conduct"),
    ("blocks that do not fit", set_in("randomisation", "blocks", [3]),
     "block size is not a multiple of the allocation ratio", "randomisation.blocks"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "what", "where"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_wrong_design(
    change: Change, what: str, where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    data = warfarin()
    change(data)
    monkeypatch.chdir(tmp_path)
    Path("test.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    code = main(["trial", "run", "test.yaml", "--out", "out", "--json"])
    printed = capsys.readouterr()
    assert code == 2
    error = json.loads(printed.out)["error"]
    assert set(error) == {"what", "where", "value", "expected", "cure"}
    assert error["what"] == what
    assert where in error["where"]
    assert error["expected"] and error["cure"]
    assert "Traceback" not in printed.err
    assert printed.err.count("error:") == 1
    assert not list(tmp_path.glob("out/*"))


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("absent.yaml", None, "file not found"),
        ("broken.yaml", b"title: [1, 2", "the file is not YAML"),
        ("binary.yaml", b"\xff\xfe\x00\x01", "unreadable file"),
        ("list.yaml", b"- 1\n- 2\n", "not a mapping"),
        ("empty.yaml", b"", "not a mapping"),
    ],
)
def test_an_unreadable_design(
    name: str, content: bytes | None, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    assert main(["trial", "run", str(file), "--out", str(tmp_path / "out"), "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["what"] == what
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["-n", "0"], "no persons"),
        (["-n", "9999"], "more persons than the table holds"),
        (["--seed", "-1"], "negative seed"),
        (["--seed", "one"], "the command line is wrong"),
    ],
)
def test_wrong_flags(
    words: list[str], what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["trial", "run", "diabetes_procova", "--out", str(out), "--json", *words]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["what"] == what
    assert not out.exists()


def test_the_output_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    assert main(["trial", "run", "diabetes_procova", "--out", str(tmp_path / "out")]) == 2
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"
    assert capsys.readouterr().out == ""


def test_nan_in_a_persons_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "persons.csv").write_text("id,age_y,outcome\n1,50,3\n2,nan,4\n3,61,5\n", "utf-8")
    data = diabetes(digital_control=None)
    data["population"] = {"source": str(tmp_path / "persons.csv"), "persons": 3}
    data["enrolment"]["persons"] = 3
    data["twin"]["outcome"] = "outcome"
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump(data), encoding="utf-8")
    assert main(["trial", "run", str(file), "--out", str(tmp_path / "out"), "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert "age_y" in error["where"]
    assert not (tmp_path / "out").exists()
