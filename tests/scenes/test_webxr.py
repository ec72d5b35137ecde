"""The page in a headset: an emulated one (iwer) put in before the page's own script; the page holds no test code.

The emulated headset has a symmetric field of 90 degrees and draws into the page's canvas: projection layers, foveation
and other frusta need the hardware, see docs/headset.md.
"""

import math
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenes import render, serve, web_page
from tests.scenes.lit import Lit
from twin_engine.text import set_language
from vision_lib import corrections
from vision_lib.ability import person

pytestmark = pytest.mark.needs_browser
SIDE = 96  # pixels of an eye: software draws slowly
WAIT_S = 60.0
IWER = Path(__file__).parent / "vendor/iwer.min.js"
DEVICE = """;(() => {
  const made = new IWER.XRDevice(IWER.metaQuest3, { stereoEnabled: true, visibilityMask: null });
  made.installRuntime({ forceInstall: true });
  window.device = made;
})();"""
PICTURE = """() => new Promise((done) => twin.viewer.renderer.xr.getSession().requestAnimationFrame(() => {
  const gl = twin.viewer.renderer.getContext(), width = gl.drawingBufferWidth, height = gl.drawingBufferHeight;
  const data = new Uint8Array(4 * width * height);
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, data);
  done({ width, height, data: btoa(String.fromCharCode(...data)) });
}))"""


class Headset:
    """A page in an emulated headset."""

    def __init__(self, page: Any, requests: list[str], faults: list[str]) -> None:
        self.page, self.requests, self.faults = page, requests, faults

    def tell(self, code: str, given: Any = None) -> Any:
        return self.page.evaluate(code, given)

    def wait(self, code: str) -> Any:
        """Poll: waiting inside the page needs eval, which its policy forbids."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            found = self.tell(code)
            if found:
                return found
        raise AssertionError(f"still not: {code}; {self.tell('document.body.innerText')[:300]} {self.faults}")

    def frames(self, more: int = 2) -> None:
        """Let so many pictures be drawn."""
        start = self.tell("twin.state().frames")
        self.wait(f"twin.state().frames >= {start + more}")

    def enter(self) -> None:
        self.wait("document.documentElement.dataset.headset === 'ready'")
        self.page.locator("#headset button").first.click()
        self.wait("twin.viewer.renderer.xr.isPresenting && document.documentElement.dataset.headset === 'visible'")
        self.frames()

    def leave(self) -> None:
        self.tell("twin.viewer.renderer.xr.getSession()?.end()")
        self.wait("document.documentElement.dataset.headset === 'ready'")

    def picture(self) -> np.ndarray:
        """(eye, row, column, RGB) codes of the present frame."""
        import base64

        made = self.tell(PICTURE)
        flat = np.frombuffer(base64.b64decode(made["data"]), np.uint8).reshape(made["height"], made["width"], 4)
        return flat[::-1, :, :3].reshape(made["height"], 2, -1, 3).swapaxes(0, 1).astype(float)

    def aim(self, hand: str, azimuth: float, elevation: float = 0.0) -> None:
        """Turn a hand's ray: azimuth clockwise from ahead, radians; y up, -z ahead."""
        self.tell("""([hand, yaw, pitch]) => {
          const cy = Math.cos(yaw / 2), sy = Math.sin(yaw / 2), cx = Math.cos(pitch / 2), sx = Math.sin(pitch / 2);
          device.controllers[hand].quaternion.set(cy * sx, sy * cx, -sy * sx, cy * cx);
        }""", [hand, -azimuth, elevation])  # fmt: skip

    def trigger(self, hand: str, value: float) -> None:
        self.tell("([hand, value]) => device.controllers[hand].updateButtonValue('trigger', value)", [hand, value])
        self.frames()


@pytest.fixture(scope="module")
def browser() -> Iterator[Callable[..., Headset]]:
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("chromium is not installed (Debian: apt-get install chromium)")
    set_language("en")
    wish = render.Wish(person("-3.00 DS", 25, 4.0), (("Single vision", corrections.load("single")),), "far",
                       (200, 140), "viewer", True)  # fmt: skip
    with serve.PageServer(serve.LOOPBACK, 0) as server, playwright.sync_playwright() as run:
        server.page, server.policy = web_page.build(Lit(), wish), web_page.policy()
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        chrome = run.chromium.launch(executable_path=chromium, args=flags)

        def open_page(address: str = server.address) -> Headset:
            page = chrome.new_page(viewport={"width": 2 * SIDE, "height": SIDE}, ignore_https_errors=True)
            requests: list[str] = []
            faults: list[str] = []
            page.on("request", lambda r: requests.append(r.url))
            page.on("pageerror", lambda e: faults.append(str(e)))
            page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
            page.add_init_script(IWER.read_text(encoding="utf-8") + DEVICE)
            page.goto(address)
            made = Headset(page, requests, faults)
            made.wait("['ready', 'error'].includes(document.documentElement.dataset.twin)")
            assert made.tell("document.documentElement.dataset.twin") == "ready", faults
            return made

        open_page.page = server.page  # type: ignore[attr-defined]
        yield open_page
        chrome.close()
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def opened(browser: Callable[..., Headset]) -> Headset:
    return browser()


@pytest.fixture
def headset(opened: Headset) -> Iterator[Headset]:
    """In VR, seated, looking ahead."""
    opened.tell("device.position.set(0.3, 1.6, -0.2), device.quaternion.set(0, 0, 0, 1)")
    opened.enter()
    yield opened
    opened.tell("device.updateVisibilityState('visible')")
    opened.leave()
    opened.tell("twin.set({ mode: 'wipe', wipe: 0, look: 'far' })")


def test_two_views_and_their_resolution(headset: Headset) -> None:
    found = headset.tell("""() => {
      const { xr } = twin.viewer.renderer;
      const eyes = xr.getCamera().cameras.map((c) => [c.viewport.x, c.viewport.z, c.projectionMatrix.elements[0],
        c.matrix.elements[12]]);
      return { eyes, foveation: xr.getFoveation(), rate: xr.getSession().frameRate, labels: twin.viewer.labels(),
        state: twin.state() };
    }""")
    (x0, w0, p0, left), (x1, w1, _, right) = found["eyes"]
    assert (x0, x1) == (0, SIDE) and w0 == w1 == SIDE
    assert right - left == pytest.approx(0.063, abs=1e-6)
    assert found["foveation"] == 0 and found["rate"] == 72
    resolution = p0 * w0 / 2 * math.pi / 180
    assert resolution == pytest.approx(SIDE / 2 * math.pi / 180, rel=1e-6)  # 90 degrees over the eye's pixels
    assert found["state"]["pxPerDeg"] == pytest.approx(resolution, rel=1e-3)
    finest = math.log10(60 / resolution)
    assert any(f"{resolution:.1f} pixels a degree, finest letter {finest:+.2f} logMAR" in t for t in found["labels"])
    picture = headset.picture()
    assert picture.std() > 20.0
    # The nearer chart lies at different places: nothing is copied from one eye to the other.
    assert np.abs(picture[0] - picture[1]).max() > 30.0


@pytest.mark.parametrize(
    ("hand", "azimuth", "elevation"),
    [("right", 0.15, 0.0), pytest.param("left", -0.31, 0.2, marks=pytest.mark.slow)],
)
def test_select_moves_the_wipe_to_the_ray(headset: Headset, hand: str, azimuth: float, elevation: float) -> None:
    headset.aim(hand, azimuth, elevation)
    headset.frames()
    headset.trigger(hand, 1)
    assert headset.tell("twin.state().wipe") == pytest.approx(azimuth, abs=1e-3)
    # Held, it follows; released, it stays.
    headset.aim(hand, azimuth - 0.2, elevation)
    headset.frames(4)
    headset.trigger(hand, 0)
    headset.aim(hand, 0.0, 0.4)
    headset.frames()
    assert headset.tell("twin.state().wipe") == pytest.approx(azimuth - 0.2, abs=1e-3)


PINCH = """(hand) => new Promise((done) => {
  const session = twin.viewer.renderer.xr.getSession();
  const real = [...session.inputSources].find((s) => s.handedness === hand);
  const inputSource = { targetRayMode: "transient-pointer", targetRaySpace: real.targetRaySpace };
  session.requestAnimationFrame((_, frame) => {
    for (const kind of ["selectstart", "selectend"])
      session.dispatchEvent(Object.assign(new Event(kind), { frame, inputSource }));
    done();
  });
})"""


@pytest.mark.slow
def test_a_pinch_has_a_ray_only_in_its_events(headset: Headset) -> None:
    """A source that no list of inputs ever holds, as on a Vision Pro; the emulator has none, so its events are made."""
    headset.aim("right", -0.2)
    headset.frames()
    headset.tell(PINCH, "right")
    assert headset.tell("twin.state().wipe") == pytest.approx(-0.2, abs=1e-3)
    # Pinched at a thing, it is looked at: the book lies left and low at half a metre.
    headset.tell("device.controllers.right.position.set(0.3, 1.6, -0.2)")
    headset.aim("right", math.atan2(-0.2, 0.5), -math.atan2(0.1, math.hypot(0.2, 0.5)))
    headset.frames()
    headset.tell(PINCH, "right")
    assert headset.tell("twin.state().look") == "near"


@pytest.mark.slow
def test_the_panel_is_pressed_not_wiped(headset: Headset) -> None:
    before = headset.tell("twin.state().wipe")
    # The hand at the eye: the ray's angles are then the panel's own; its first row holds Before, Wipe, After.
    headset.tell("device.controllers.right.position.set(0.3, 1.6, -0.2)")
    headset.aim("right", 0.9 + math.atan2(0.3, 1.3), -0.12 - math.atan2(0.07, 1.3))
    headset.frames()
    headset.trigger("right", 1)
    headset.trigger("right", 0)
    assert headset.tell("twin.state().mode") == "after"
    assert headset.tell("twin.state().wipe") == before


def test_hidden_stops_frames(headset: Headset) -> None:
    headset.tell("device.updateVisibilityState('hidden')")
    headset.wait("document.documentElement.dataset.headset === 'hidden'")
    turns = """() => new Promise((done) => {
      let n = 5;
      const step = () => (n-- ? requestAnimationFrame(step) : done());
      step();
    })"""
    headset.tell(turns)
    frames = headset.tell("twin.state().frames")
    headset.tell(turns)
    assert headset.tell("twin.state().frames") == frames
    headset.tell("device.updateVisibilityState('visible')")
    headset.frames()


@pytest.mark.slow
def test_sitting_again_puts_the_head_on_the_seat(headset: Headset) -> None:
    headset.tell("device.position.set(0.9, 1.1, 0.4), device.quaternion.set(0, Math.sin(0.4), 0, Math.cos(0.4))")
    headset.frames()
    place = """() => {
      const { viewer } = twin, head = viewer.renderer.xr.getCamera().cameras[0].matrix;
      const eye = head.clone().premultiply(viewer.origin).elements;
      return [eye[12], eye[13], eye[14], eye[8], eye[9]];
    }"""
    moved = headset.tell(place)
    assert math.dist(moved[:3], (0, 0, 1.2)) > 0.5
    headset.tell("device.recenter()")
    headset.frames(4)
    x, y, z, back_x, back_y = headset.tell(place)
    # The left eye: half the pupil distance left of the seat's eye; its back points from what is ahead.
    assert (x, y, z) == pytest.approx((-0.0315, 0.0, 1.2), abs=1e-5)
    assert (back_x, back_y) == pytest.approx((0.0, -1.0), abs=1e-5)


def test_end_and_a_second_entry(headset: Headset) -> None:
    first = headset.picture()
    headset.leave()
    assert headset.tell("twin.viewer.flat") is True
    assert headset.tell("(({ data }) => data.reduce((a, b) => a + b, 0) / data.length)(twin.picture())") > 20
    # The emulator has one size of buffer; what is asked for is seen at the door.
    headset.tell("""(() => { const { xr } = twin.viewer.renderer, real = xr.setFramebufferScaleFactor;
      xr.setFramebufferScaleFactor = (f) => { window.asked = f; real(f); }; })()""")
    headset.tell("document.querySelectorAll('#headset button')[1].click()")
    headset.enter()
    assert np.abs(headset.picture() - first).max() <= 1.0 and headset.tell("window.asked") == 0.6
    headset.tell("document.querySelectorAll('#headset button')[1].click()")  # shut while in VR
    assert "coarse" in headset.tell("document.querySelectorAll('#headset button')[1].textContent")


@pytest.mark.slow
def test_entering_from_a_preview_draws_the_whole_picture(headset: Headset) -> None:
    first = headset.picture()
    headset.leave()
    headset.tell("Object.assign(twin.viewer, { samples: 0, exact: false })")
    headset.enter()
    assert np.abs(headset.picture() - first).max() <= 1.0


def test_nothing_is_asked_for_and_nothing_fails(headset: Headset) -> None:
    assert len(headset.requests) == 1 and headset.faults == []
    meta = headset.tell("document.querySelector('meta[http-equiv]').content")
    assert meta == web_page.policy() and "unsafe" not in meta
    # The policy is in force: foreign script does not run, nothing is fetched.
    headset.tell("""document.body.append(Object.assign(document.createElement("script"),
      { textContent: "window.foreign = 1" }))""")
    assert headset.tell("window.foreign === undefined")
    assert headset.tell("fetch('/').then(() => 'sent', () => 'refused')") == "refused"
    headset.faults.clear()


def test_a_lost_and_restored_context_gives_the_same_picture(headset: Headset) -> None:
    first = headset.picture()
    headset.tell("""(window.losing = twin.viewer.renderer.getContext().getExtension("WEBGL_lose_context"))
      .loseContext()""")
    headset.wait("twin.state().lost && document.documentElement.dataset.headset === 'ready'")
    assert "interrupted" in headset.page.inner_text("#headset")
    headset.tell("losing.restoreContext()")
    headset.wait("!twin.state().lost")
    headset.enter()
    assert np.abs(headset.picture() - first).max() <= 1.0


@pytest.mark.slow
def test_vr_over_the_network_with_a_certificate_of_its_own(browser: Callable[..., Headset]) -> None:
    pytest.importorskip("cryptography")
    host = "127.0.0.5"
    with serve.PageServer(host, 0, serve.certificate(host)[0]) as server:
        server.page, server.policy = browser.page, web_page.policy()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            made = browser(server.address)
            assert made.tell("isSecureContext") and server.address.startswith("https://127.0.0.5:")
            made.enter()
            assert made.requests == [server.address] and made.faults == []
            made.page.close()
        finally:
            server.shutdown()
            thread.join()


def test_a_headset_that_does_not_start_leaves_the_page_as_it_was(opened: Headset) -> None:
    opened.tell("""(() => {
      window.real = navigator.xr.requestSession;
      navigator.xr.requestSession = async () => { throw new DOMException("", "NotSupportedError"); };
      document.querySelector("#headset button").click();
    })()""")
    opened.wait("document.querySelector('#headset p').textContent.includes('did not start')")
    assert opened.tell("twin.viewer.flat && document.documentElement.dataset.headset === 'ready'")
    opened.tell("void (navigator.xr.requestSession = real)")
    opened.faults.clear()


LACK = """async ({ secure, xr, agent }) => {
  Object.defineProperty(window, "isSecureContext", { value: secure, configurable: true });
  const isSessionSupported = async () => {
    if (xr === "forbidden") throw new DOMException("", "SecurityError");
    return xr === "there";
  };
  Object.defineProperty(navigator, "xr", { value: xr && { isSessionSupported }, configurable: true });
  Object.defineProperty(navigator, "userAgent", { value: agent, configurable: true });
  const slot = document.createElement("div");
  await twinScene.offerHeadset(twin.viewer, slot, (text) => text);
  return [slot.querySelector("p").textContent, slot.querySelector("button").hidden];
}"""


@pytest.mark.parametrize(
    ("secure", "xr", "agent", "said"),
    [
        (False, None, "Chrome", "VR needs https"),
        (True, None, "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0)", "iPhone and iPad have no WebXR"),
        (True, None, "Mozilla/5.0 Gecko/20100101 Firefox/140.0", "Firefox has no WebXR"),
        (True, None, "Safari", "This browser has no WebXR"),
        (True, "none", "Chrome", "No headset answers"),
        (True, "forbidden", "Chrome", "forbids VR"),
        (True, "there", "Chrome", ""),
    ],
)
def test_where_vr_is_missing_a_sentence_says_why(opened: Headset, secure: bool, xr: str | None, agent: str,
                                                 said: str) -> None:  # fmt: skip
    text, hidden = opened.tell(LACK, {"secure": secure, "xr": xr, "agent": agent})
    assert hidden is bool(said) and (said in text if said else text == "")
