"""The demonstration page: complete, off-line, in two languages, and equal to the engine."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from avatars.commands.demo import demo_person
from twin_engine import panels
from twin_engine.cli import main
from twin_engine.text import catalogue
from twin_engine.vessels.stenosis import Stenosis, huo_kassab, young_tsai


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    assert main(["demo", "--no-open", "--json", "--out", str(folder)]) == 0
    return folder / "twin.html"


def test_the_page_is_one_small_file(made: Path) -> None:
    html = made.read_text(encoding="utf-8")
    assert len(html.encode()) < 12e6
    assert not re.search(r"(src|href)=\"https?://", html)
    assert "default-src &#39;none&#39;" in html
    for module in panels.find():
        assert f'id="panel-{module.__name__.rsplit(".")[-1]}"' in html
    assert "not a medical device" in html


def test_every_word_of_a_panel_has_its_korean() -> None:
    person = demo_person()
    for module in panels.find():
        if module.__name__.startswith("trials"):
            words = module._WORDS
        else:
            words = module.build(person).words
        assert not [w for w in words if w not in catalogue()]


def test_the_person_says_where_each_value_is_from() -> None:
    person = demo_person()
    assert {v.provenance for v in person.values.values()} <= {"measured", "imputed", "sampled", "assumed"}
    assert all(v.source for v in person.values.values())


@pytest.mark.needs_browser
def test_the_vessel_panel_equals_the_engine(made: Path, dom: Callable[[Path], str]) -> None:
    found = re.search(r'data-ffr="([^"]+)"', dom(made))
    assert found, "the panel's script did not run"
    shown = found[1]
    person = demo_person()
    d = person["lad_diameter_mm"].value * 1e-3
    s = Stenosis(d, d * (1 - person["lad_stenosis_percent"].value / 100), person["lad_stenosis_length_mm"].value * 1e-3)
    for law, text in zip((young_tsai, huo_kassab), shown.split(), strict=True):
        resistance = 95 * 133.322387415 / (228 / 60 * 1e-6)
        drive = (person["mean_pressure_mmhg"].value - 5) * 133.322387415
        low, high = 0.0, drive / resistance
        for _ in range(60):
            q = (low + high) / 2
            low, high = (q, high) if law(s, q, 1060.0, 4e-3) + resistance * q < drive else (low, q)
        ffr = (resistance * low / 133.322387415 + 5) / person["mean_pressure_mmhg"].value
        assert float(text) == pytest.approx(ffr, abs=2e-4)
