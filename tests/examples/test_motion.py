"""The examples of motion run and say what they should."""

import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


CASES = [("next_movement", "not feasible (gravity)"), ("training_course", "week 26")]


@pytest.mark.parametrize(("name", "expected"), CASES)
def test_example(name: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    if name == "next_movement":
        pytest.importorskip("myo_sim")
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert expected in capsys.readouterr().out


def test_the_webcam_says_what_it_lacks(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    monkeypatch.setattr(sys, "argv", ["webcam_landmarks.py"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(EXAMPLES / "webcam_landmarks.py"), run_name="__main__")
    assert ended.value.code == 2 and "mediapipe" in capsys.readouterr().err
