"""The page's own chain in WebGL2 (headless Chromium) against NumPy, Panda3D's chain, and full point spreads."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from scenes import kernels, layers, reference, web_eye, web_page, web_scene
from scenes.kernels import Taps
from scenes.passes import BLUR, COMPOSE, Pass, program, texture_of
from scenes.pipeline import tap_texture
from scenes.stage import Stage, pixels
from tests.scenes.live_page import browser
from tests.scenes.test_kernels import chart
from vision_lib.eye import Eye

pytestmark = pytest.mark.needs_browser
SIZE = 40
BORDERS = (-0.4, 0.4, -0.4, 0.4)
# One picture through the page's chain: layers near to far, kernels as taps or as the page's factors.
CHAIN = """async ({ shaders, size, images, taps, bank, pxPerDeg, field, bits, light }) => {
  const { Bank, Chain, LightChain, DataTexture, FloatType, Pass, RGBAFormat, tapTable, target } = twinScene;
  const renderer = new twinScene.WebGLRenderer({ antialias: false });
  if (!renderer.getContext().getExtension("EXT_color_buffer_float")) return "no float targets";
  renderer.autoClear = false;
  renderer.setClearColor(0, 0);
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;
  const [w, h] = size, all = [0, 0, w, h];
  if (taps) taps.table = tapTable(new Float32Array(bytes(taps.data)), taps.width, 2 * taps.count * taps.rank);
  else taps = new Bank({ view: (_, Kind) => new Kind(bytes(bank.data)) }, bank, 0.5).taps(pxPerDeg);
  const one = `layout(location = 0) out vec4 first;
    uniform sampler2D p, c;
    ivec2 at() { return ivec2(gl_FragCoord.xy); }\n`;
  const copy = new Pass(one + `uniform int n; void main() {
    first = vec4(0.0);
    for (int y = 0; y < n; ++y) for (int x = 0; x < n; ++x) first += texelFetch(p, at() * n + ivec2(x, y), 0);
    first /= float(n * n); }`, ["p", "n"]);
  const list = images.map((image, i) => {
    const made = new DataTexture(new Float32Array(bytes(image)), w, h, RGBAFormat, FloatType);
    made.needsUpdate = true;
    return { node: images.length - 1 - i, box: all, draw: (into) => {
      copy.give({ p: made, n: Math.round(w / into.width) });
      copy.into(renderer, into, [0, 0, into.width, into.height]);
    } };
  });
  const chain = new (light ? LightChain : Chain)(renderer, shaders, w, h, taps.rank, { bits, samples: 0 });
  const done = chain.run(list, taps, field, all), out = target(w, h, { bits: 32 });
  const last = new Pass(one + `uniform bool grey; void main() { vec4 s = texelFetch(p, at(), 0);
    first = vec4(s.rgb / max(grey ? vec3(s.a) : texelFetch(c, at(), 0).rgb, vec3(1e-6)), 1.0); }`, ["p", "c", "grey"]);
  last.give({ p: done.picture, c: done.cover, grey: done.scalar });
  last.into(renderer, out, all);
  const data = new Float32Array(4 * w * h);
  renderer.readRenderTargetPixels(out, 0, 0, w, h, data);
  renderer.forceContextLoss();
  return JSON.stringify(Array.from(data));
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with browser() as made:
        opened = made.new_page()
        opened.set_content("<p>WebGL2</p>")
        opened.add_script_tag(content=web_page.script())
        yield opened


def encoded(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def four(image: np.ndarray) -> np.ndarray:
    return np.concatenate([image, np.zeros((*image.shape[:-1], 4 - image.shape[-1]))], axis=-1).astype(np.float32)


def through_page(page: Any, drawn: list[np.ndarray], **given: Any) -> np.ndarray:
    """The picture (H, W, 3) of layers (H, W, 4), far to near, top row first."""
    height, width = drawn[0].shape[:2]
    left, right, bottom, top = given.pop("borders", (0.0, 0.0, 0.0, 0.0))
    field = [left, bottom, (right - left) / width, (top - bottom) / height]
    images = [encoded(image[::-1].astype(np.float32)) for image in reversed(drawn)]
    asked = {"shaders": web_scene.with_includes(web_page.SHADERS), "size": [width, height], "images": images,
             "field": field, "bits": 32, "light": False, "taps": None, "bank": None, "pxPerDeg": 0} | given  # fmt: skip
    answer = page.evaluate(CHAIN, asked)
    assert answer != "no float targets"
    return np.array(json.loads(answer), np.float32).reshape(height, width, 4)[::-1, :, :3]


def as_given(taps: Taps) -> dict[str, Any]:
    count, rank, width = taps.along.shape[:3]
    rows = np.concatenate([f.reshape(count * rank, width, 3) for f in (taps.along, taps.across)])
    return {"rank": rank, "count": count, "width": width, "middle": width // 2, "angle": taps.angle_rad,
            "halves": taps.halves.tolist(), "reach": taps.reach, "data": encoded(four(rows))}  # fmt: skip


def some_layers(at: np.ndarray) -> list[np.ndarray]:
    """Random colours over a slope and a step of vergences: tents sum to 1."""
    rng = np.random.Generator(np.random.Philox(11))
    vergence = np.linspace(at[0] - 0.2, at[-1] + 0.2, SIZE)[:, None] + np.zeros((SIZE, SIZE))
    vergence[8:20, 10:25] = at[-1]
    image = rng.uniform(0.0, 1.0, (SIZE, SIZE, 3))
    weights = [t.weight(vergence)[..., None] for t in layers.tents(at)]
    return [np.concatenate([image * w, w], axis=-1).astype(np.float32) for w in weights]


def through_panda(drawn: list[np.ndarray], taps: Taps) -> np.ndarray:
    """The same layers through Panda3D's passes."""
    stage = Stage()
    count, rank, width = taps.along.shape[:3]
    blur = Pass(stage, "blur", (SIZE, SIZE * rank), 1, program(BLUR, "taps.glsl", "blur.glsl"))
    sums = [Pass(stage, f"sum{i}", (SIZE, SIZE), 2, program(COMPOSE, "taps.glsl", "compose.glsl")) for i in range(2)]
    before = [texture_of("nothing", np.zeros((SIZE, SIZE, 4))) for _ in range(2)]
    along, across = ((float(d[0]), float(-d[1])) for d in reference.directions(taps.angle_rad))
    left, bottom = BORDERS[0], BORDERS[2]
    common = {"taps": tap_texture(taps), "size": (SIZE, SIZE), "field": (left, bottom, 0.8 / SIZE, 0.8 / SIZE)}
    for i, node in enumerate(reversed(range(count))):
        into, other = sums[i % 2], sums[1 - i % 2]
        blur.give(layer=texture_of("layer", drawn[node][::-1]), direction=along,
                  plan=(node * rank, rank, width // 2, int(taps.halves[node, 0])), **common)  # fmt: skip
        into.give(colour_stack=blur.first, cover_stack=blur.second, before_colour=before[0], before_cover=before[1],
                  plan=((count + node) * rank, rank, width // 2, int(taps.halves[node, 1])), direction=across,
                  **common)  # fmt: skip
        blur.buffer.set_active(True)
        into.buffer.set_active(True)
        other.buffer.set_active(False)
        stage.engine.render_frame()
        before = [into.first, into.second]
    found = []
    for texture in before:
        stage.engine.extract_texture_data(texture, stage.host.get_gsg())
        found.append(pixels(texture)[..., :3].copy())
    stage.close()
    return found[0] / np.maximum(found[1], 1e-6)


@pytest.mark.parametrize("light", [False, True])
def test_panda_webgl_and_numpy_agree(page: Any, light: bool) -> None:
    """The whole chain of layers; straight passes of several products, and turned ones."""
    eye, at = Eye.sample("-1.00 -2.00 x 30"), np.array([0.0, 0.5, 1.0, 2.0])
    taps = kernels.bank(eye, eye.need, at, kind="camera", light=light).taps(10.0)
    drawn = some_layers(at)
    truth = reference.picture(drawn, taps, BORDERS)
    cards = through_panda(drawn, taps)
    found = {bits: through_page(page, drawn, taps=as_given(taps), bits=bits, borders=BORDERS) for bits in (32, 16)}
    off = [np.abs(f - truth).max() for f in (cards, found[32], found[16])]
    print(f"light {light}: Panda3D {off[0]:.1e}, WebGL2 32F {off[1]:.1e}, 16F {off[2]:.1e}")
    assert off[0] <= 1e-5 and off[1] <= 1e-5 and off[2] <= 2e-3
    assert np.abs(cards - found[32]).max() <= 1e-5


def given_bank(eye: Eye, kind: str, light: bool) -> tuple[dict[str, Any], np.ndarray]:
    """The page's factors of one node at infinity, and the kernels (1, C, S, S) that they stand for, unturned."""
    turned, angle = kernels.full(eye, eye.need, (0.0,), "camera", True, eye)
    straight, _ = kernels.full(eye, eye.need, (0.0,), kind, False, eye)
    if kind == "viewer":
        turned = kernels.divided(turned, web_eye._own(eye, angle, turned.shape[-1]))
    if light:
        straight = np.repeat(np.einsum("c,ncyx->nyx", web_eye.GREY, straight)[:, None], 3, axis=1)
    made = web_eye.products(turned, np.zeros(1), kind, angle, light)
    count, channels, rank, size = made.rows.shape
    data = np.stack([made.columns, made.rows]).astype(np.float16)
    return {"steps": [0.0] * count, "channels": channels, "rank": rank, "size": size, "angle": angle, "view": 0,
            "data": encoded(data)}, straight  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("rx", ["-3.00 DS", "-1.00 -2.00 x 90", "-1.00 -2.00 x 45"])
@pytest.mark.parametrize("kind", ["camera", "viewer"])
@pytest.mark.parametrize("light", [False, True])
def test_against_full_point_spreads_on_a_chart(page: Any, rx: str, kind: str, light: bool) -> None:
    """An eye with typical aberrations, pupil 4 mm, at two resolutions; a weak machine's grey against a grey PSF."""
    # A divided kernel rings: three products along turned axes follow it less well.
    limit = 40.0 if light else {"camera": 45.0, "viewer": 42.0}[kind]
    eye = Eye.sample(rx, pupil_m=4e-3)
    (bank, full), worst = given_bank(eye, kind, light), 99.0
    for px in (12.3, 18.6):
        found = through_page(page, [chart()], bank=bank, pxPerDeg=px, bits=16, light=light)
        truth = reference.convolved([chart()], kernels.FullBank(np.zeros(1), full, kind).on_pixels(px))
        psnr = reference.psnr(found, truth)
        print(f"{rx}, {kind}, light {light}, {px} px/deg: {psnr:.1f} dB")
        worst = min(worst, psnr)
    assert worst >= limit
