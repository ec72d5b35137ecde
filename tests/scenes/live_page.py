"""What tests of the live page share: headless Chromium in software, pages of a small place, float pictures."""

import base64
import json
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenes import render, web_page
from scenes.scene import Scene
from twin_engine.text import set_language
from vision_lib import corrections
from vision_lib.ability import person

FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
WAIT_S = 120.0
# A look's picture as linear light before the tone curve, top row first: [width, height, RGBA base64 of float32].
FLOATS = """([number, tangents, width, height, sharp]) => {
  const v = twin.viewer, { eyes } = twinScene, r = v.renderer;
  v.flat = false; v.samples = 4; v.exact = true;
  const eye = v.origin.clone(), projection = eyes.frustum(tangents), [l, right, b, t] = tangents;
  v.pxPerDeg = eyes.pxPerDeg(projection, width);
  const field = [l, b, (right - l) / width, (t - b) / height], guard = v.guard(field, [width, height]);
  const bank = v.bank;
  if (sharp) v.bank = (state) => {
    const real = bank.call(v, state), made = real.taps(v.pxPerDeg);
    const delta = new Float32Array(2 * made.count * 4).fill(1), halves = made.halves.map(() => [0, 0]);
    const taps = { ...made, rank: 1, middle: 0, reach: 0, width: 1, halves, data: delta };
    taps.table = twinScene.tapTable(delta, 1, 2 * made.count);
    taps.spread = () => [0, 0]; taps.at = () => taps;
    return { ...real, steps: real.steps, taps: () => taps };
  };
  const done = v.picture(number, eye, field, [width, height], [0, 0, width, height], guard);
  v.bank = bank;
  const copy = twinScene.target(width, height, { bits: 32 });
  const pass = new twinScene.Pass(`layout(location = 0) out vec4 first;
    uniform sampler2D p, c;
    uniform ivec2 g;
    uniform bool grey;
    void main() {
      ivec2 at = ivec2(gl_FragCoord.xy) + g;
      vec4 s = texelFetch(p, at, 0);
      first = vec4(s.rgb / max(grey ? vec3(s.a) : texelFetch(c, at, 0).rgb, vec3(1e-6)), 1.0);
    }`, ["p", "c", "g", "grey"]);
  pass.give({ p: done.picture, c: done.cover, g: [guard, guard], grey: done.scalar });
  pass.into(r, copy, [0, 0, width, height]);
  const data = new Float32Array(4 * width * height);
  r.readRenderTargetPixels(copy, 0, 0, width, height, data);
  const bytes = new Uint8Array(data.buffer); let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return btoa(text);
}"""


def wish(rx: str, *names: str, age: float = 25.0, pupil: float = 4.0, kind: str = "viewer", light: bool = False,
         aberrations: dict[int, float] | None = None) -> render.Wish:  # fmt: skip
    """What a person asked for."""
    known: dict[str, Any] = {} if aberrations is None else {"aberrations": aberrations}
    found = tuple((c.TITLE, c) for c in (corrections.load(n) for n in names))
    return render.Wish(person(rx, age, pupil, **known), found, None, (320, 240), kind, light)


def page_of(place: Scene, asked: render.Wish, language: str = "en") -> str:
    """The page's text."""
    set_language(language)
    try:
        return web_page.build(place, asked).decode()
    finally:
        set_language(None)


@contextmanager
def browser() -> Iterator[Any]:
    """Headless Chromium that draws in software; the test is skipped where it is missing."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium")
    with playwright.sync_playwright() as run:
        made = run.chromium.launch(executable_path=chromium, args=FLAGS)
        yield made
        made.close()


class Opened:
    """A page in the browser, with all it asked for and complained of."""

    def __init__(self, where: Any, file: Path, size: tuple[int, int] = (520, 240), script: str = "") -> None:
        self.page = where.new_page(viewport={"width": size[0], "height": size[1]})
        self.requests: list[str] = []
        self.faults: list[str] = []
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.page.on("pageerror", lambda e: self.faults.append(str(e)))
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type in ("error", "warning") else None)
        if script:
            self.page.add_init_script(script)
        start = time.monotonic()
        self.page.goto(file.as_uri())
        while self.tell("document.documentElement.dataset.twin") == "loading" and time.monotonic() < start + WAIT_S:
            time.sleep(0.02)

    def tell(self, code: str, given: Any = None) -> Any:
        """The answer of code in the page."""
        return self.page.evaluate(code, given)

    def state(self) -> dict[str, Any]:
        """What the page says of itself."""
        return json.loads(self.tell("JSON.stringify(twin.state())"))

    def light(self, look: int, tangents: tuple[float, float, float, float], size: tuple[int, int],
              sharp: bool = False) -> np.ndarray:  # fmt: skip
        """(H, W, 3) linear light of one look, cd/m2; sharp: with kernels of a single pixel."""
        text = self.tell(FLOATS, [look, list(tangents), *size, sharp])
        flat = np.frombuffer(base64.b64decode(text), np.float32)
        return flat.reshape(size[1], size[0], 4)[::-1, :, :3]
