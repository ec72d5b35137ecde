"""`twin eye`: promised keys, exit codes, the page, measured acuities."""

import json
from pathlib import Path
from typing import Any

import pytest

from twin_engine import cli
from twin_engine.errors import InputError
from vision_lib import measure

RX = "--rx=-3.00 -1.25 x 180"


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def twin(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, Any]:
    assert cli.main(["eye", *words, "--json"]) == code
    out = capsys.readouterr()
    assert "Traceback" not in out.err
    return json.loads(out.out)


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    said = twin(capsys, "show", RX, "--age", "25", "--pupil", "4", "--correct", "single")
    assert said["command"] == "eye show"
    assert said["refraction"]["m_d"] == -3.625 and said["refraction"]["j0_d"] == 0.625
    assert said["pupil_mm"] == 4.0
    for when in ("before", "after"):
        for row in said[when]:
            assert {"distance_m", "residual_d", "acuity_logmar", "contrast_loss", "observer_logmar"} <= set(row)
    far_before, far_after = said["before"][-1], said["after"][-1]
    assert far_after["residual_d"] < 0.01 and far_before["residual_d"] > 3.0
    assert far_after["acuity_logmar"] == pytest.approx(-0.1, abs=0.01)
    page = Path(said["report"]).read_text(encoding="utf-8")
    assert said["files"] == [said["report"]]
    assert "not a medical device" in page and "<img" in page and "<svg" in page
    assert "http://" not in page.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", "")  # fmt: skip


def test_equal_calls_give_equal_pages(capsys: pytest.CaptureFixture[str]) -> None:
    pages = []
    for folder in ("a", "b"):
        said = twin(capsys, "show", RX, "--age", "40", "--correct", "iol-edof", "--out", folder)
        pages.append(Path(said["report"]).read_bytes())
    assert pages[0] == pages[1]


def test_page_in_korean(capsys: pytest.CaptureFixture[str]) -> None:
    twin(capsys, "show", RX, "--age", "52", "--correct", "progressive", "--lang", "ko", "--out", "k")
    page = Path("k/eye_report.html").read_text(encoding="utf-8")
    assert '<html lang="ko"' in page
    for word in ("교정 전", "운전면허", "누진굴절력 안경"):
        assert word in page


@pytest.mark.parametrize("words", [
    ("show", "--rx=-3.00 x 200"), ("show", "--rx=-3.00 -1.25"), ("show", "--rx=-40.00 DS"), ("show", "--rx=abc"),
    ("show", "--rx=+-3.00 DS"), ("show", RX, "--age", "-5"), ("show", RX, "--age", "old"), ("show", RX, "--pupil", "0"),
    ("show", RX, "--correct", "monocle"), ("show", RX, "--set", "years=2"), ("show", RX, "--amplitude", "-1"),
    ("show", RX, "--correct", "dims", "--set", "years=0"), ("show", RX, "--record", "none.csv"), ("show",),
    ("population", "-n", "0"), ("population", "-n", "5", "--age", "30"), ("population", "-n", "5", "--task", "sewing"),
    ("import", "none.xml"), ("library", RX), ("dance",),
])  # fmt: skip
def test_bad_input_is_one_clear_error(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], in_folder: Path
) -> None:
    error = twin(capsys, *words, code=2)["error"]
    assert set(error) == {"what", "where", "value", "expected", "cure"}
    assert not list(in_folder.glob("*.html")) and not list(in_folder.glob("*.csv"))


def test_options_of_a_correction(capsys: pytest.CaptureFixture[str]) -> None:
    said = twin(capsys, "show", RX, "--age", "10", "--correct", "atropine", "--set", "percent=0.01", "--set", "years=2")
    facts = {f["name"]: f["value"] for f in said["facts"]}
    assert facts["change_treated"] == -1.12
    assert any("Statistical" in w for w in said["warnings"])


def test_population(capsys: pytest.CaptureFixture[str]) -> None:
    said = twin(capsys, "population", "-n", "1000", "--age", "60:69", "--task", "newsprint")
    assert said["n"] == 1000 and said["seed"] == 1
    assert Path(said["table"]).read_text().count("\n") == 1001
    assert 0 < said["selected"][0]["n"] < 200
    first = Path(said["table"]).read_bytes()
    twin(capsys, "population", "-n", "1000")
    assert Path(said["table"]).read_bytes() == first


def test_library(capsys: pytest.CaptureFixture[str]) -> None:
    from vision_lib import library

    said = twin(capsys, "library", RX, "--out", "kim.eye")
    made = library.load("kim.eye")
    assert len(made.ability) == len(said["ability"]) and made.eye.refraction.cylinder_d < 0
    assert said["files"] == ["kim.eye"]


def test_import(capsys: pytest.CaptureFixture[str], in_folder: Path) -> None:
    (in_folder / "rx.csv").write_text("side,prescription\nR,-3.00 -1.25 x 180 add +2.00\n")
    (eye,) = twin(capsys, "import", "rx.csv")["eyes"]
    assert {"side": "R", "sphere_d": -3.0, "cylinder_d": -1.25, "axis_deg": 180.0, "add_d": 2.0}.items() <= eye.items()
    assert eye["source"]


def test_measured_acuities_are_kept_and_refit(capsys: pytest.CaptureFixture[str], in_folder: Path) -> None:
    made = twin(capsys, "form")
    assert "Blob" in (in_folder / made["form"]).read_text(encoding="utf-8")
    assert measure.read(in_folder / made["template"]) == []
    lines = ["date,eye,distance_m,acuity,corrected,note", "2026-11-24,R,6,0.1,no,",
             "2026-11-24,R,6,20/16,yes,=1+1", "2026-11-24,R,0.4,0.8,yes,"]  # fmt: skip
    (in_folder / "acuity.csv").write_text("\n".join(lines) + "\n")
    for added in (3, 0):
        said = twin(capsys, "import", "acuity.csv", "--record", "kim.csv")
        assert said["added"] == added
    assert "=1" not in (in_folder / "kim.csv").read_text()
    plain = twin(capsys, "show", RX, "--age", "48", "--correct", "single")
    fitted = twin(capsys, "show", RX, "--age", "48", "--correct", "single", "--record", "kim.csv")
    assert fitted["readings"] == 3
    near = [next(r for r in s["after"] if r["distance_m"] == 0.4) for s in (plain, fitted)]
    # The reading at 40 cm was logMAR 0.10, far better than the norm of 48 years says.
    assert abs(near[1]["acuity_logmar"] - 0.10) < abs(near[0]["acuity_logmar"] - 0.10)
    assert fitted["accommodation"]["method"] == "fitted to measured acuity"
    width = [r["acuity_high_logmar"] - r["acuity_low_logmar"] for r in near]
    assert width[1] < width[0]


@pytest.mark.parametrize("line", [
    "24.11.2026,R,6,0.5,no,", "2026-11-24,OD,6,0.5,no,", "2026-11-24,R,400,0.5,no,", "2026-11-24,R,6,-1,no,",
    "2026-11-24,R,6,0.5,maybe,", "2026-11-24,R,x,0.5,no,",
])  # fmt: skip
def test_bad_readings(capsys: pytest.CaptureFixture[str], in_folder: Path, line: str) -> None:
    (in_folder / "a.csv").write_text("date,eye,distance_m,acuity,corrected,note\n" + line + "\n")
    error = twin(capsys, "import", "a.csv", code=2)["error"]
    assert "a.csv:2" in error["where"]
    assert not (in_folder / "eye_record.csv").exists()


def test_one_eye_of_a_record(tmp_path: Path) -> None:
    head = "date,eye,distance_m,acuity,corrected,note\n"
    both = tmp_path / "both.csv"
    both.write_text(head + "2026-01-02,R,6,0.5,no,\n2026-01-02,L,6,1.0,no,\n2026-01-02,B,6,1.2,no,\n")
    entries = measure.read(both)
    assert [r.acuity_logmar for r in measure.of_eye(entries, "L")] == [0.0]
    with pytest.raises(InputError, match="both eyes"):
        measure.of_eye(entries, None)
    with pytest.raises(InputError, match="no reading"):
        measure.of_eye([e for e in entries if e.eye == "R"], "L")
    assert len(measure.of_eye([e for e in entries if e.eye == "B"], None)) == 1
    assert measure.of_eye([], None) == []


def test_an_empty_form_is_no_reading(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = measure.template(tmp_path / "empty.csv", "2026-01-02")
    record = tmp_path / "record.csv"
    assert cli.main(["eye", "import", str(empty), "--record", str(record)]) == 2
    assert "no acuity is filled in" in capsys.readouterr().err
    assert not record.exists()
