"""Shipped trials from design to report: what is promised, what is published, equal bytes."""

import csv
import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml
from credibility import within

from tests.trials.designs import warfarin
from trials.design import examples, load
from twin_engine.cli import main

Printed = pytest.CaptureFixture[str]


def answer(capsys: Printed, *words: str) -> dict[str, Any]:
    assert main(["trial", "run", *words, "--json"]) == 0
    printed = capsys.readouterr()
    return json.loads(printed.out)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("report")
    assert main(["trial", "run", "diabetes_procova", "--out", str(out)]) == 0
    return (out / "report.html").read_text(encoding="utf-8")


def test_the_answer_keeps_its_promise(
    capsys: Printed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = answer(capsys, "diabetes_procova")
    assert {"command", "version", "seed", "files", "warnings", "arms", "primary", "report", "table",
            "table_sha256", "design_sha256"} <= set(data)  # fmt: skip
    assert all({"name", "n", "completed"} <= set(arm) for arm in data["arms"])
    assert {"estimate", "ci_low", "ci_high", "p_value", "truth"} <= set(data["primary"])
    assert data["report"] == "diabetes_procova/report.html"
    assert all(Path(file).exists() for file in data["files"])
    # The folder has the design's name now, and the name still means the shipped design.
    assert answer(capsys, "diabetes_procova")["table_sha256"] == data["table_sha256"]


def test_the_digital_control_saves_what_theory_says(capsys: Printed, tmp_path: Path) -> None:
    """Diabetes data: out-of-sample R² near one half, saving by (1 - R²)(n - 3)/(n - 4)."""
    data = answer(capsys, "diabetes_procova", "--out", str(tmp_path))
    assert data["primary"]["truth"] == pytest.approx(-30.0)
    saving = data["digital_control"]
    assert saving["low"] < saving["saving"] < saving["high"]
    assert saving["ratio_theory"] == pytest.approx(1 - saving["saving"])
    assert saving["ratio_here"] == pytest.approx(saving["ratio_theory"], abs=0.05)
    assert 0.035 < saving["size_adjusted"] < 0.065


def test_eu_pact_difference_is_in_its_published_interval(capsys: Printed, tmp_path: Path) -> None:
    """Pirmohamed 2013, N Engl J Med 369:2294: 7.0 points (3.3 to 10.6); 6,000 avatars in both arms."""
    data = answer(capsys, "eu_pact", "--out", str(tmp_path))
    assert data["primary"]["truth"] == within(3.3, 10.6)
    assert data["primary"]["truth_se"] < 0.5
    n = [arm["n"] for arm in data["arms"]]
    assert sum(n) == 455 and abs(n[0] - n[1]) <= 9


@pytest.mark.slow
def test_eu_pact_at_3000_an_arm(capsys: Printed, tmp_path: Path) -> None:
    """Pirmohamed 2013: 3.3 to 10.6 points; also the estimate of one large trial."""
    data = answer(capsys, "eu_pact", "-n", "6000", "--out", str(tmp_path))
    assert [arm["n"] for arm in data["arms"]] == pytest.approx([3000, 3000], abs=9)
    assert data["primary"]["estimate"] == within(3.3, 10.6)


@pytest.mark.slow
def test_coag_difference_is_in_its_published_interval(capsys: Printed, tmp_path: Path) -> None:
    """Kimmel 2013, N Engl J Med 369:2283: -0.2 points (-3.4 to 3.1) in everyone."""
    data = answer(capsys, "coag", "--out", str(tmp_path))
    assert data["primary"]["truth"] == within(-3.4, 3.1)


def test_the_example_script_runs(capsys: Printed) -> None:
    runpy.run_path(str(examples() / "virtual_trial.py"), run_name="__main__")
    assert capsys.readouterr().out.count("-30.0") == 5


def test_equal_bytes_for_any_number_of_workers(capsys: Printed, tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump(warfarin()), encoding="utf-8")
    tables = []
    for workers in ("1", "2"):
        out = tmp_path / workers
        data = answer(capsys, str(file), "--out", str(out), "--workers", workers)
        tables.append([(out / n).read_bytes() for n in ("subjects.csv", "visits.csv", "avatars.csv")])
        assert data["seed"] == 1
    assert tables[0] == tables[1]


def test_tables_are_sorted_and_carry_units(capsys: Printed, tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump(warfarin()), encoding="utf-8")
    answer(capsys, str(file), "--out", str(tmp_path / "out"))
    with open(tmp_path / "out" / "subjects.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    ids = [int(row["person"]) for row in rows]
    assert ids == sorted(ids)
    assert {"age_y", "weight_kg", "randomised_day_d", "time_in_range_percent"} <= set(rows[0])
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in rows[0])


def test_the_report_is_one_page_that_sends_no_request(report: str) -> None:
    assert "Content-Security-Policy" in report and "<script" not in report
    assert not re.search(r'(?:src|href)="https?:', report)
    assert len(report) < 2_000_000


@pytest.mark.parametrize("section", ["Result", "Design", "Participants", "Avatars", "Course by arm",
                                     "Digital control", "Provenance", "Run it again", "Limits"])  # fmt: skip
def test_the_report_has_every_section(report: str, section: str) -> None:
    assert f"<h2>{section}</h2>" in report


def test_the_report_names_seed_hash_and_limits(report: str) -> None:
    assert load("diabetes_procova").sha256() in report
    assert "not a medical device" in report
    assert "10.1214/009053604000000067" in report


def test_the_report_speaks_korean(tmp_path: Path) -> None:
    assert main(["trial", "run", "diabetes_procova", "--lang", "ko", "--out", str(tmp_path)]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert '<html lang="ko">' in page
    for heading in re.findall(r"<h2>(.*?)</h2>", page):
        assert re.search("[가-힣]", heading), heading


@pytest.mark.parametrize("file", sorted(examples().glob("*.yaml")), ids=lambda f: f.stem)
def test_every_shipped_design_is_valid(file: Path) -> None:
    design = load(file.stem)
    assert design.title and design.question
    assert len(design.sha256()) == 64


def test_the_hash_follows_the_content_not_the_comments(tmp_path: Path) -> None:
    text = (examples() / "eu_pact.yaml").read_text(encoding="utf-8")
    (tmp_path / "a.yaml").write_text("# another comment\n" + text, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(text.replace("persons: 455", "persons: 454"), encoding="utf-8")
    assert load(tmp_path / "a.yaml").sha256() == load("eu_pact").sha256()
    assert load(tmp_path / "b.yaml").sha256() != load("eu_pact").sha256()
