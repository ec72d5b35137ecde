"""The live page in headless Chromium: drawn from file:, nothing asked for, its optics, its words, its errors."""

import base64
import gzip
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenes import reference, web_page
from tests.scenes.lit import LEVEL, Lit
from tests.scenes.live_page import Opened, browser, page_of, wish
from twin_engine import assets

pytestmark = pytest.mark.needs_browser
DEGREE = math.pi / 180.0
# The far chart, and a view down to the floor.
CHART = (-0.22, 0.22, -0.11, 0.11)
WIDE = (-0.6, 0.6, -0.45, 0.45)


@pytest.fixture(scope="module")
def text() -> str:
    return page_of(Lit(), wish("-3.00 DS", "single"))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as made:
        yield made


@pytest.fixture(scope="module")
def page(text: str, chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    file = tmp_path_factory.mktemp("live") / "page.html"
    file.write_text(text, encoding="utf-8")
    return Opened(chromium, file)


def test_it_draws_from_a_file_and_asks_for_nothing(page: Opened) -> None:
    assert page.tell("document.documentElement.dataset.twin") == "ready"
    assert [r for r in page.requests if not r.startswith("blob:")] == [page.page.url]
    assert not [f for f in page.faults if "GPU stall" not in f]
    assert page.state()["frames"] >= 1


def test_its_policy_names_script_and_style_by_hash(text: str, page: Opened) -> None:
    policy = web_page.policy()
    assert f'content="{policy}"' in text
    assert "unsafe" not in policy and policy.startswith("default-src 'none'")
    assert len(re.findall(r"'sha256-[A-Za-z0-9+/]{43}='", policy)) == 2
    before = len(page.faults)
    page.tell("""{ const s = document.createElement('script'); s.textContent = 'window.foreign = 1';
      document.head.append(s); }""")
    assert page.tell("window.foreign") is None
    assert any("Content Security Policy" in f for f in page.faults[before:])
    del page.faults[before:]


def test_it_carries_the_licence_of_three() -> None:
    assert "Three.js Authors" in web_page.script() and "SPDX-License-Identifier: MIT" in web_page.script()
    assert "Copyright" in assets.path("web/scene/dist/LICENSE.three.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("tangents", [(-0.5, 0.5, -0.25, 0.25), (-1.2, 0.9, -1.0, 0.8), (-0.9, 1.2, -0.7, 1.1)])
def test_pixels_per_degree(page: Opened, tangents: tuple[float, float, float, float]) -> None:
    """Where the axis of view lies, one pixel more turns the eye by so much."""
    left, right, _, _ = tangents
    width = 640
    found = page.tell("([t, w]) => twinScene.eyes.pxPerDeg(twinScene.eyes.frustum(t), w)", [list(tangents), width])
    at = -left / (right - left) * width
    tangent = [left + (right - left) * (at + d) / width for d in (-0.5, 0.5)]
    assert found == pytest.approx(DEGREE / (math.atan(tangent[1]) - math.atan(tangent[0])), rel=1e-3)
    back = page.tell("(t) => twinScene.eyes.borders(twinScene.eyes.frustum(t))", list(tangents))
    assert back == pytest.approx(tangents)


def test_in_focus_the_viewer_sees_the_sharp_picture(page: Opened) -> None:
    page.tell("twin.set({look: 'far', kernel: 'viewer', quality: 'fine'})")
    found, sharp = (page.light(1, CHART, (300, 150), s) / LEVEL for s in (False, True))
    psnr = reference.psnr(found, sharp)
    tint = np.abs(found - found.mean(axis=-1, keepdims=True)).max()
    print(f"in focus {psnr:.1f} dB, tint {tint:.4f}")
    assert psnr >= 45.0 and tint <= 0.02
    # The far chart through -3 D is anything but sharp.
    assert reference.psnr(page.light(0, CHART, (300, 150)) / LEVEL, sharp) < 25.0


WHITE = """(on) => { const v = twin.viewer;
  const one = new twinScene.DataTexture(new Uint8Array([255, 255, 255, 255]), 1, 1); one.needsUpdate = true;
  for (const c of v.place.chunks) {
    c.kept ??= c.uniforms.base_map.value;
    c.uniforms.base_map.value = on ? one : c.kept;
  } }"""


@pytest.mark.parametrize("quality", ["fine", "light"])
def test_uniform_light_stays_uniform(page: Opened, quality: str) -> None:
    """A white floor through every layer is flat; white things before a white wall cannot be seen."""
    page.tell(WHITE, True)
    page.tell("(quality) => twin.set({look: 'far', kernel: 'camera', quality})", quality)
    try:
        for look in (0, 1):
            found = page.light(look, WIDE, (240, 180)) / LEVEL
            floor = np.abs(found[130:] - 1.0).max()
            print(f"{quality}, look {look}: {np.abs(found - 1.0).max():.4f}, floor {floor:.4f}")
            assert floor <= 0.005
            assert np.abs(found - 1.0).max() <= 0.01
    finally:
        page.tell(WHITE, False)


def test_wipe_things_and_words(page: Opened) -> None:
    page.tell("twin.set({wipe: 0.1, mode: 'wipe', look: 'near'})")
    state = page.state()
    assert state["wipe"] == pytest.approx(0.1) and state["look"] == "near"
    assert state["distance"] == pytest.approx(math.dist((0, 0, 1.2), (-0.2, 0.5, 1.1)))
    # A -3 D eye needs no accommodation at .55 m; through its lens it accommodates by nearly all of it.
    assert state["focus"][1] == pytest.approx(1.0 / state["distance"], abs=0.35)
    page.tell("twin.set({look: 'far'})")
    assert page.state()["focus"][1] == pytest.approx(1.0 / 3.0, abs=0.3)
    assert page.state()["focus"][0] == pytest.approx(2.9, abs=0.15)
    page.page.keyboard.press("l")
    assert page.tell("document.documentElement.lang") == "ko"
    assert "안경" in page.tell("document.body.innerText")
    page.page.keyboard.press("l")
    page.page.keyboard.press("k")
    assert page.state()["kernel"] == ("viewer" if state["kernel"] == "camera" else "camera")
    words = page.tell("document.getElementById('kind').textContent")
    assert words in (page.tell("twin.viewer.labels()"))


def test_a_tap_looks_at_what_is_there(page: Opened) -> None:
    page.tell("twin.set({look: 'near', yaw: 0, pitch: 0, fov: 60})")
    box = page.page.locator("#picture").bounding_box()
    page.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.state()["look"] == "far"
    # The wall, 3.9 m off to the side, is nothing with a name.
    page.page.mouse.click(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.2)
    assert page.state()["look"] == "" and 4.0 < page.state()["distance"] < 5.0


def test_the_wipe_is_a_vertical_plane_at_its_azimuth(page: Opened) -> None:
    side = page.tell("""([w, x, y]) => { const v = twin.viewer, e = twinScene.join.edgeOf(v.origin, v.ahead, w);
      return e.x * x + e.y * y + e.z; }""", [0.2, math.tan(0.2), 0.4])  # fmt: skip
    assert side == pytest.approx(0.0, abs=1e-6)


ERRORS = {
    "no WebGL2": "HTMLCanvasElement.prototype.getContext = () => null;",
    "larger than this device's limit": """{ const gl = WebGL2RenderingContext.prototype, real = gl.getParameter;
      gl.getParameter = function (n) { return n === 3379 ? 32 : real.call(this, n); }; }""",
}  # fmt: skip


@pytest.mark.parametrize("said", ERRORS)
def test_what_is_missing_is_said_in_one_sentence(said: str, text: str, chromium: Any, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(text, encoding="utf-8")
    made = Opened(chromium, file, script=ERRORS[said])
    assert made.tell("document.documentElement.dataset.twin") == "error"
    assert said in made.page.locator("#error").inner_text()
    made.page.close()


def test_kernels_of_another_version_are_refused(text: str, chromium: Any, tmp_path: Path) -> None:
    start, place = text.split('id="place">')
    place, rest = place.split("</script>", 1)
    glb = gzip.decompress(base64.b64decode(place)).replace(b'"version":1,"step_arcmin"', b'"version":2,"step_arcmin"')
    other = base64.b64encode(gzip.compress(glb, 1)).decode()
    file = tmp_path / "page.html"
    file.write_text(f'{start}id="place">{other}</script>{rest}', encoding="utf-8")
    made = Opened(chromium, file)
    assert "another version" in made.page.locator("#error").inner_text()
    made.page.close()
