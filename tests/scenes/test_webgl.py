"""The shared GLSL bodies in WebGL2 (headless Chromium): equal to NumPy, as the graphics card's chain is."""

import base64
import json
import shutil

import numpy as np
import pytest

from scenes import kernels, reference
from twin_engine import assets
from vision_lib.eye import Eye

pytestmark = pytest.mark.needs_browser
SIZE = 40
HEAD = """#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
layout(location = 0) out vec4 first;
layout(location = 1) out vec4 second;
"""
SCRIPT = """
async ({ blur, compose, size, rank, width, half, directions, field, layer, taps, format }) => {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl || !gl.getExtension("EXT_color_buffer_float")) return "no float targets";
  const inside = { 32: gl.RGBA32F, 16: gl.RGBA16F }[format];
  const floats = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const texture = (w, h, data, kind) => {
    const made = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, made);
    gl.texImage2D(gl.TEXTURE_2D, 0, kind, w, h, 0, gl.RGBA, gl.FLOAT, data);
    for (const p of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, p, gl.NEAREST);
    return made;
  };
  const program = (text) => {
    const made = gl.createProgram();
    const vertex = "#version 300 es\\nvoid main() { vec2 p = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0; " +
      "gl_Position = vec4(p, 0.0, 1.0); }";
    for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, text]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
      gl.attachShader(made, shader);
    }
    gl.linkProgram(made);
    return made;
  };
  const pass = (text, w, h, textures, plan, direction) => {
    const made = program(text);
    gl.useProgram(made);
    const at = (name) => gl.getUniformLocation(made, name);
    Object.entries(textures).forEach(([name, one], i) => {
      gl.activeTexture(gl.TEXTURE0 + i);
      gl.bindTexture(gl.TEXTURE_2D, one);
      gl.uniform1i(at(name), i);
    });
    gl.uniform2i(at("size"), size, size);
    gl.uniform4i(at("plan"), ...plan);
    gl.uniform2f(at("direction"), ...direction);
    gl.uniform4f(at("field"), ...field);
    gl.activeTexture(gl.TEXTURE0 + 8);
    const out = [texture(w, h, null, inside), texture(w, h, null, inside)];
    gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
    out.forEach((one, i) =>
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + i, gl.TEXTURE_2D, one, 0));
    gl.drawBuffers([gl.COLOR_ATTACHMENT0, gl.COLOR_ATTACHMENT1]);
    gl.viewport(0, 0, w, h);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    return out;
  };
  gl.bindVertexArray(gl.createVertexArray());
  const table = texture(width, 2 * rank, floats(taps), gl.RGBA32F);
  const source = texture(size, size, floats(layer), inside);
  const nothing = texture(size, size, new Float32Array(size * size * 4), gl.RGBA32F);
  const middle = (width - 1) / 2;
  const [colour, cover] = pass(blur, size, size * rank, { layer: source, taps: table },
    [0, rank, middle, half[0]], directions[0]);
  pass(compose, size, size, { colour_stack: colour, cover_stack: cover, before_colour: nothing, before_cover: nothing,
    taps: table }, [rank, rank, middle, half[1]], directions[1]);
  const found = new Float32Array(size * size * 4);
  gl.readPixels(0, 0, size, size, gl.RGBA, gl.FLOAT, found);
  return JSON.stringify(Array.from(found));
}
"""


def encoded(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array, np.float32).tobytes()).decode()


def four(image: np.ndarray) -> np.ndarray:
    return np.concatenate([image, np.zeros((*image.shape[:-1], 4 - image.shape[-1]))], axis=-1)


@pytest.mark.parametrize(("bits", "limit"), [(32, 1e-5), (16, 2e-3)])
@pytest.mark.parametrize("light", [False, True])
def test_webgl_equals_numpy(bits: int, limit: float, light: bool) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium")
    eye = Eye.sample("-1.00 -2.00 x 30")
    taps = kernels.bank(eye, eye.need, np.zeros(1), kind="camera", light=light).taps(10.0)
    rng = np.random.Generator(np.random.Philox(11))
    layer = np.concatenate([rng.uniform(0, 1, (SIZE, SIZE, 3)), np.ones((SIZE, SIZE, 1))], -1).astype(np.float32)
    borders = (-0.4, 0.4, -0.4, 0.4)
    colour, cover = reference.blurred(layer, taps, 0, borders)
    truth, _ = reference.add_behind(np.zeros_like(colour), np.zeros_like(cover), colour, cover)
    rank, width = taps.along.shape[1], taps.along.shape[2]
    text = {n: assets.path(f"shaders/{n}.glsl").read_text(encoding="utf-8") for n in ("taps", "blur", "compose")}
    call = "void main() {{ {}(ivec2(gl_FragCoord.xy), first, second); }}"
    given = {
        "blur": HEAD + text["taps"] + text["blur"] + call.format("blur_along"),
        "compose": HEAD + text["taps"] + text["compose"] + call.format("blur_across_and_add"),
        "size": SIZE, "rank": rank, "width": width, "half": taps.halves[0].tolist(),
        "directions": [[float(d[0]), float(-d[1])] for d in reference.directions(taps.angle_rad)],
        "field": [-0.4, -0.4, 0.8 / SIZE, 0.8 / SIZE], "layer": encoded(layer[::-1]), "format": bits,
        "taps": encoded(four(np.concatenate([taps.along[0], taps.across[0]]))),
    }  # fmt: skip
    with playwright.sync_playwright() as run:
        flags = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
        browser = run.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page()
        page.set_content("<p>WebGL2</p>")
        answer = page.evaluate(SCRIPT, given)
        browser.close()
    assert answer != "no float targets"
    found = np.array(json.loads(answer)).reshape(SIZE, SIZE, 4)[::-1, :, :3]
    print(f"{bits} bits, light {light}: {np.abs(found - truth).max():.2e}")
    assert np.abs(found - truth).max() <= limit
