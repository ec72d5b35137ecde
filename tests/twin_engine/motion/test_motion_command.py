"""`twin motion`: the promised keys, files that read back, one clear error for bad input."""

import json
import sys
from pathlib import Path

import pytest

from twin_engine.cli import main
from twin_engine.motion.formats import read_motion


@pytest.fixture
def gait(shared_data: Path) -> Path:
    return shared_data / "motion" / "opensim_gait2392"


def run(capsys: pytest.CaptureFixture[str], *words: object, code: int = 0) -> dict:
    assert main(["motion", *map(str, words), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_from_markers_to_moments_and_measures(gait: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    model, setup = gait / "subject01_simbody.osim", gait / "subject01_Setup_IK.xml"
    angles = run(capsys, "ik", model, gait / "subject01_walk1.trc", "--setup", setup, "--start", "0", "--end", "2.5")
    assert (angles["frames"], angles["command"]) == (151, "motion ik")
    assert angles["rms_cm"] == pytest.approx(2.2, abs=0.05)
    assert angles["frames_per_s"] > 100
    assert set(read_motion(angles["table"]).columns) >= {"knee_angle_r", "pelvis_tx"}
    moments = run(capsys, "id", model, angles["table"], "--grf", gait / "subject01_walk1_grf.mot")
    peak = {p["coordinate"]: p["peak"] for p in moments["peaks"]}
    assert peak["ankle_angle_r"] == pytest.approx(-128.3, rel=0.05)
    assert "ankle_angle_r_moment" in read_motion(moments["table"]).columns
    measured = run(capsys, "measure", angles["table"], "--model", model, "--compare", angles["table"])
    rows = {m["name"]: m for m in measured["measures"]}
    assert {"name", "value", "unit", "norm", "source"} <= set(rows["gps_right"])
    assert rows["dtw_distance"]["value"] == 0.0
    guided = run(capsys, "guide", angles["table"], "--replay", angles["table"])
    assert guided["frames"] == 151 and guided["p99_ms"] >= guided["median_ms"]


def test_check_scale_and_smoothness(gait: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    model, trial = gait / "subject01_simbody.osim", gait / "subject01_walk1.trc"
    checked = run(capsys, "check", trial, "--model", model, "--setup", gait / "subject01_Setup_IK.xml")
    assert checked["ok"] and checked["rate_hz"] == pytest.approx(60.0, abs=0.1)
    assert not run(capsys, "check", trial, "--model", model)["ok"]
    scaled = run(capsys, "scale", model, gait / "subject01_static.trc", "--mass", "80")
    assert scaled["mass_kg"] == pytest.approx(80) and Path(scaled["model"]).exists()
    rows = {m["name"]: m["value"] for m in run(capsys, "measure", trial, "--marker", "R.Heel")["measures"]}
    assert rows["sparc"] < -1.4 and rows["peak_speed"] > 2


def test_reference_says_feasible_or_which_joint_binds(tmp_path: Path, capsys, monkeypatch) -> None:
    pytest.importorskip("myo_sim")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weak.yaml").write_text("side: left\nstrength: {all: 0.2}\nrange_deg: {shoulder_elv_r: [0, 90]}\n")
    (tmp_path / "able.yaml").write_text("side: left\nstrength: {BIC: 0.4}\nrange_deg: {shoulder_elv_r: [0, 90]}\n")
    able = run(capsys, "reference", "--impairment", "able.yaml")
    assert able["feasible"] and 0 < able["torque_ratio_max"] <= 1
    assert "shoulder_elv_l" in read_motion(able["table"]).columns
    weak = run(capsys, "reference", "--impairment", "weak.yaml")
    assert not weak["feasible"] and weak["table"] is None
    assert (weak["binding"], weak["reason"]) == ("shoulder_elv_r", "gravity")


def test_session_writes_report_and_table(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("session", "--task", "reach", "--task", "neglect", "--weeks", "2", "--scores", "1:12,2:19", "--seed", "4")
    first = run(capsys, *words)
    page, table = Path(first["report"]).read_bytes(), Path(first["table"]).read_bytes()
    assert run(capsys, *words) == first
    assert (Path(first["report"]).read_bytes(), Path(first["table"]).read_bytes()) == (page, table)
    assert first["recovery"][-1]["fm_low_points"] < first["recovery"][-1]["fm_high_points"]
    assert first["simulated_error_points"] < first["published_error_points"] == 4.2
    assert b"not a medical device" in page


def test_sensors_by_stdin(tmp_path: Path, capsys, monkeypatch) -> None:
    import io

    import numpy as np

    from twin_engine.motion.formats import Motion, write_motion

    monkeypatch.chdir(tmp_path)
    t = np.linspace(0, 1, 101)
    write_motion("ref.mot", Motion(t, {"elbow": t}), {"elbow"})
    lines = [json.dumps({"t": float(s), "sensor": n, "q": [float(np.cos(a / 2)), 0, 0, float(np.sin(a / 2))]})
             for s in t for n, a in (("upper", 0.0), ("lower", float(s)))]  # fmt: skip
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines)))
    seen = run(capsys, "guide", "ref.mot", "--stream", "-", "--joint", "elbow=upper,lower,z")
    assert seen["frames"] == 101 and seen["cues"] == []


@pytest.mark.parametrize(
    ("words", "what"),
    [(("ik", "MODEL", "missing.trc"), "file not found"), (("ik", "MODEL", "inch.trc"), "wrong unit"),
     (("ik", "MODEL", "one.trc"), "too few frames"), (("ik", "MODEL", "TRIAL", "--start", "9"), "too few frames"),
     (("id", "MODEL", "elbow.mot"), "missing column"),
     (("reference", "--impairment", "bad.yaml"), "strength must lie in (0, 1]"),
     (("guide", "elbow.mot"), "one source of movement is needed"), (("session", "--task", "fly"), "unknown task"),
     (("measure", "TRIAL"), "an end point is needed"), (("measure", "TRIAL", "--marker", "x"), "a marker is missing"),
     (("check", "drop.csv"), "missing column"), (("session", "--adherence", "3"), "an impossible schedule")],
)  # fmt: skip
def test_bad_input_is_one_clear_error(words: tuple, what: str, gait: Path, tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (gait / "subject01_walk1.trc").read_text()
    (tmp_path / "inch.trc").write_text(text.replace("\tmm\t", "\tin\t"))
    (tmp_path / "one.trc").write_text("\n".join(text.splitlines()[:7]))
    (tmp_path / "bad.yaml").write_text("strength: {BIC: -1}\n")
    (tmp_path / "elbow.mot").write_text("x\nendheader\ntime\telbow\n0\t1\n1\t2\n")
    (tmp_path / "drop.csv").write_text("time_s,sensor,qw\n0,a,1\n")
    names = {"MODEL": gait / "subject01_simbody.osim", "TRIAL": gait / "subject01_walk1.trc"}
    error = run(capsys, *(names.get(w, w) for w in words), code=2)["error"]
    assert error["what"] == what and set(error) == {"what", "where", "value", "expected", "cure"}
    assert len(list(tmp_path.iterdir())) == 5
