"""`twin population sample`: its promised keys, its files, and mistakes that leave nothing behind."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from avatars import csv_table
from twin_engine import cli

ROOT = Path(__file__).resolve().parent.parent.parent
FIDELITY = {"max_abs_rho_difference", "two_sample_auc", "membership_auc", "gates_passed"}


def sample(folder: Path, spec: str, *more: str) -> int:
    return cli.main(["population", "sample", spec, "--out", str(folder), "--json", *more])


def test_the_answer_has_the_promised_keys_and_files(tmp_path, capsys):
    assert sample(tmp_path, "warfarin-korea", "-n", "40", "--seed", "3") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["n"] == 40 and said["seed"] == 3 and said["warnings"] == []
    assert set(said["fidelity"]) >= FIDELITY and said["fidelity"]["against"] == "specification"
    assert said["fidelity"]["gates_passed"] is True and said["fidelity"]["two_sample_auc"] is None
    assert {Path(file).name for file in said["files"]} == {
        "warfarin-korea.csv", "warfarin-korea_columns.csv", "warfarin-korea_fidelity.html"}  # fmt: skip
    people = csv_table.read(Path(said["table"]))
    assert len(people) == 40 and people.provenance["vkorc1"].kind == "sampled"
    assert people.provenance["age_y"].kind == "assumed"


def test_one_seed_gives_the_same_bytes_and_another_does_not(tmp_path, capsys):
    for folder, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        assert sample(tmp_path / folder, "stroke", "-n", "60", "--seed", seed) == 0
    first, second, third = (sorted((tmp_path / f).iterdir()) for f in "abc")
    assert [f.read_bytes() for f in first] == [f.read_bytes() for f in second]
    assert first[0].read_bytes() != third[0].read_bytes()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_page_is_self_contained_in_both_languages(tmp_path, capsys, language):
    assert sample(tmp_path, "warfarin-europe", "-n", "50", "--lang", language) == 0
    html = (tmp_path / "warfarin-europe_fidelity.html").read_text(encoding="utf-8")
    assert f'<html lang="{language}"' in html
    assert bool(re.search("[가-힣]", re.sub("<style.*?</style>", "", html, flags=re.S))) == (language == "ko")
    assert not re.search(r'(?:src|href)="(?!#|data:)', html)
    assert ("not a medical device" in html) == (language == "en")


@pytest.mark.parametrize(
    ("spec", "n", "what"),
    [
        ("warfarin-korea", "0", "no persons"),
        ("warfarin-korea", "-3", "no persons"),
        ("warfarin-krea", "5", "file not found"),
        ("bad.yaml", "5", "unknown key"),
        ("torn.yaml", "5", "the file is not YAML"),
        ("list.yaml", "5", "not a mapping"),
        ("none.yaml", "5", "nobody meets the eligibility"),
    ],
)
def test_a_mistake_is_one_error_and_leaves_nothing(tmp_path, capsys, spec, n, what):
    column = "a: {unit: '1', distribution: {kind: uniform, low: 0, high: 1}, basis: published, source: a test}"
    (tmp_path / "bad.yaml").write_text("title: x\ncolums: {}\n")
    (tmp_path / "torn.yaml").write_text("title: [x\n")
    (tmp_path / "list.yaml").write_text("- x\n")
    (tmp_path / "none.yaml").write_text(
        f"title: x\ncolumns:\n  {column}\neligibility: [{{column: a, low: 2, reason: above all}}]\n"
    )
    found = tmp_path / spec
    assert sample(tmp_path / "out", str(found) if found.exists() else spec, "-n", n) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["error"]["what"] == what
    assert "Traceback" not in said.err and not (tmp_path / "out").exists()


def test_failed_gates_are_said(tmp_path, capsys, monkeypatch):
    from avatars import fidelity

    monkeypatch.setitem(fidelity.GATES, "max_abs_rho_difference", 1e-6)
    assert sample(tmp_path, "hypertension", "-n", "20") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["fidelity"]["gates_passed"] is False and len(said["warnings"]) == 1


def test_the_example_runs(tmp_path):
    done = subprocess.run([sys.executable, str(ROOT / "examples" / "sample_population.py")], cwd=tmp_path, check=True,
                          capture_output=True, text=True, env={"PYTHONPATH": str(ROOT), "PATH": ""})  # fmt: skip
    assert "AA" in done.stdout and "R²" in done.stdout
