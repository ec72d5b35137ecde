"""The page of stills in headless Chromium: the slider moves, the image changes, no request leaves the page."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scenes import render, stills
from tests.scenes.simple import Simple
from vision_lib import corrections
from vision_lib.ability import person

pytestmark = pytest.mark.needs_browser


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium")
    target: Path = tmp_path_factory.mktemp("page") / "stills.html"
    place = Simple()
    stage = render.stage_with(place)
    who = person("-3.00 DS", 25, 4.0)
    wish = render.Wish(who, (("Glasses", corrections.load("single")),), "far", (240, 160), "viewer", True)
    stills.write(stage, place, wish, target)
    stage.close()
    with playwright.sync_playwright() as run:
        browser = run.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        made = browser.new_page(viewport={"width": 900, "height": 900})
        made.requests, made.faults = [], []
        made.on("request", lambda r: made.requests.append(r.url))
        made.on("pageerror", lambda e: made.faults.append(str(e)))
        made.on("console", lambda m: made.faults.append(m.text) if m.type == "error" else None)
        made.goto(target.as_uri())
        yield made
        browser.close()


def test_the_slider_moves_and_the_image_changes(page: Any) -> None:
    pair = page.locator(".pair").first
    before = pair.screenshot()
    page.locator("input[type=range]").first.focus()
    for _ in range(5):
        page.keyboard.press("PageUp")
    moved = pair.screenshot()
    assert moved != before
    assert float(page.locator("input[type=range]").first.input_value()) > 80


def test_dragging_on_the_picture_moves_the_wipe(page: Any) -> None:
    page.locator(".pair").first.scroll_into_view_if_needed()
    page.evaluate("document.querySelector('.pair').scrollIntoView({behavior: 'instant', block: 'center'})")
    box = page.locator(".pair").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 40)
    page.mouse.up()
    assert float(page.locator("input[type=range]").first.input_value()) == pytest.approx(25.0, abs=0.6)
    assert page.evaluate("getComputedStyle(document.querySelector('.after')).clipPath").startswith("inset(0")


def test_nothing_but_the_page_is_asked_for(page: Any) -> None:
    assert [r for r in page.requests if not r.startswith(("file:", "data:"))] == []
    assert page.faults == []
