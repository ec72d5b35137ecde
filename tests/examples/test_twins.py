"""The examples of the twins run and say what they should."""

import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("warfarin_dose", "7.4"),
        ("meal", "mg/dL"),
        ("neutropenia", "grade 4"),
        ("stroke_prognosis", "week 26"),
    ],
)
def test_example(name: str, expected: str, capsys: pytest.CaptureFixture[str]):
    runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert expected in capsys.readouterr().out
