"""The demonstration page: complete, off-line, in two languages, and equal to the engine."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avatars.commands.demo import demo_person
from twin_engine import panels
from twin_engine.cli import main
from twin_engine.text import catalogue, set_language
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


def requests(page: Any) -> list[str]:
    """Everything the page asked for beyond itself."""
    own = page.url.partition("#")[0]
    return [url for url in page.requests if not url.startswith(("data:", "blob:")) and url != own]


def slide(page: Any, panel: str, number: int, value: float) -> None:
    """Move one slider of a panel as a hand would."""
    page.locator(f"#panel-{panel} input[type=range]").nth(number).evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }", value)  # fmt: skip


def press(page: Any, panel: str, across: float, down: float) -> None:
    """Put a finger on a panel's picture; the place is in shares of its size."""
    canvas = page.locator(f"#panel-{panel} canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
    page.mouse.down()
    page.mouse.up()


@pytest.mark.needs_browser
def test_all_four_panels_live_and_no_request_leaves_the_page(made: Path, opened: Callable[..., Any]) -> None:
    page = opened(made)

    def said(panel: str, name: str) -> str:
        return page.locator(f"#panel-{panel}").get_attribute(f"data-{name}")

    def pixels(panel: str) -> str:
        return page.locator(f"#panel-{panel} canvas").evaluate("e => e.toDataURL()")

    # Trial: pairs that share their luck say it with a shorter interval, and the difference stays the same.
    slide(page, "trial", 0, 60)
    shared = float(said("trial", "half"))
    page.locator("#panel-trial button").click()
    assert float(said("trial", "half")) > shared > 0
    # Vessel: a tighter throat lowers FFR; dragging on the picture does the same.
    slide(page, "vessel", 0, 40)
    wide = [float(v) for v in said("vessel", "ffr").split()]
    slide(page, "vessel", 0, 75)
    tight = [float(v) for v in said("vessel", "ffr").split()]
    assert max(tight) < min(wide) and min(tight) > 0 and max(wide) < 1
    press(page, "vessel", 0.5, 0.29)
    assert max(float(v) for v in said("vessel", "ffr").split()) < min(tight)
    # Night: the line follows the finger and the picture changes.
    before = pixels("night")
    press(page, "night", 0.8, 0.5)
    assert float(said("night", "wipe")) == pytest.approx(0.8, abs=0.01) and pixels("night") != before
    # Arm: a weak arm is refused, a strong one is shown its way.
    slide(page, "arm", 0, 0)
    assert said("arm", "feasible") == "false"
    slide(page, "arm", 0, 3)
    assert said("arm", "feasible") == "true"
    page.locator("#panel-arm").scroll_into_view_if_needed()
    pictures = {pixels("arm")}
    for _ in range(100):
        page.wait_for_timeout(100)
        pictures.add(pixels("arm"))
        if len(pictures) > 2:
            break
    assert len(pictures) > 2  # it moves by itself
    assert not requests(page) and not page.faults


@pytest.mark.needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_in_korean(tmp_path: Path, opened: Callable[..., Any], scheme: str) -> None:
    try:
        assert main(["demo", "--no-open", "--lang", "ko", "--json", "--out", str(tmp_path)]) == 0
    finally:
        set_language(None)
    page = opened(tmp_path / "twin.html", 380, 800, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
    assert page.evaluate("document.documentElement.lang") == "ko"
    shown = page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(int(v) for v in re.findall(r"\d+", shown)[:3])
    assert lightness < 200 if scheme == "dark" else lightness > 600
