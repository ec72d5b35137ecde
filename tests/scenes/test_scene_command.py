"""`twin scene`: pictures, pages and clear errors."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scenes import compare, render, stills
from scenes.pipeline import Pipeline
from tests.scenes.simple import Simple
from twin_engine.cli import main
from vision_lib import corrections
from vision_lib.ability import person


def wish(kind: str = "viewer", correct: str | None = "single", size: tuple[int, int] = (200, 140)) -> render.Wish:
    chosen = ((correct, corrections.load(correct)),) if correct else ()
    return render.Wish(person("-3.00 DS", 25, 4.0), chosen, "far", size, kind, False)


@pytest.fixture(scope="module")
def shown() -> tuple:
    place = Simple()
    stage = render.stage_with(place)
    made = render.compare(Pipeline(stage), place, place.viewpoints()["seat"], wish())
    yield made
    stage.close()


def sharpness(codes: np.ndarray) -> float:
    return float(np.mean(np.abs(np.diff(codes.astype(float), axis=1))))


def test_the_corrected_picture_is_sharper(shown: tuple) -> None:
    before, after = shown[0]
    assert sharpness(after.codes) > 1.15 * sharpness(before.codes)
    assert after.sight.ability.acuity_logmar < 0.0 < before.sight.ability.acuity_logmar


@pytest.mark.parametrize("mode", compare.MODES)
def test_every_mode_shows_both(shown: tuple, mode: str) -> None:
    pages = compare.picture(*shown, mode)
    width = pages[0].width
    assert len(pages) == (2 if mode == "flicker" else 1)
    assert width == (404 if mode == "side" else 200)
    assert Image.open(__import__("io").BytesIO(compare.png(pages))).format == "PNG"


def test_a_wipe_moves(shown: tuple) -> None:
    low, high = (np.asarray(compare.picture(*shown, "wipe", share)[0]) for share in (0.2, 0.8))
    assert not np.array_equal(low, high)


def test_labels_name_the_kernel_and_the_limit(shown: tuple) -> None:
    setting = shown[1]
    lines = " ".join(compare.setting_lines(setting, [s.sight for s in shown[0]]))
    assert "divided out" in lines and f"{setting.px_per_deg:.1f}" in lines and f"{setting.finest_logmar:+.2f}" in lines
    assert "not the eye, is the limit" in lines


def test_night_is_veiled_and_older_eyes_more() -> None:
    place = Simple("night")
    stage = render.stage_with(place)
    view = place.viewpoints()["seat"]
    means = []
    for age in (25, 75):
        who = person("plano", age, 4.0)
        asked = render.Wish(who, (), "far", (96, 72), "camera", True)
        made, setting = render.compare(Pipeline(stage), place, view, asked)
        means.append(float(np.percentile(made[0].codes, 2)))
        assert setting.night
    stage.close()
    assert means[1] > means[0]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["cellar", "--rx=-1"], "unknown place"),
        (["home", "--rx=-1"], "nowhere to show the picture"),
        (["home", "--rx=-1", "--out", "x.gif"], "unknown kind of picture file"),
        (["home", "--rx=-1", "--out", "x.png", "--look", "moon"], "unknown thing to look at"),
        (["home", "--rx=-1", "--out", "x.png", "--size", "9"], "impossible picture size"),
        (["home", "--rx=-1", "--out", "x.png", "--correct", "magic"], "unknown correction"),
        (["home", "--rx=-1", "--variant", "fog", "--out", "x.png"], "unknown variant of the place"),
    ],
)
def test_bad_input_is_one_clear_error(words: list[str], what: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scene", *words, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["what"] == what


def test_page_of_stills_needs_nothing_but_itself(tmp_path: Path) -> None:
    place = Simple()
    stage = render.stage_with(place)
    stills.write(stage, place, wish(size=(120, 80)), tmp_path / "page.html")
    stage.close()
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert 'type="range"' in text and "http://" not in text and "https://" not in text
    assert text.count("data:image/webp") == 2
