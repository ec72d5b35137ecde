// Glare: light scattered inside the eye laid over a night picture, CIE 146:2002 (scenes/veil.py).

import { DataTexture, FloatType, LinearFilter, NearestFilter, RGBAFormat } from "three";

import { frustum } from "./eyes.js";
import { ONE, Pass, target } from "./passes.js";

const CELLS = { fine: 64, light: 40 };
const FINER = 16;
const DEGREE = Math.PI / 180;
const MAIN = ONE + `
uniform highp sampler2D light, kernel;
uniform ivec2 size;
void main() {
    ivec2 p = ivec2(gl_FragCoord.xy);
    vec3 sum = vec3(0.0);
    for (int y = 0; y < size.y; ++y)
        for (int x = 0; x < size.x; ++x)
            sum += texelFetch(light, ivec2(x, y), 0).rgb * texelFetch(kernel, abs(p - ivec2(x, y)), 0).r;
    first = vec4(sum, 1.0);
}
`;

export class Veil {
  constructor({ glare, age }) {
    Object.assign(this, { glare, age });
    this.pass = new Pass(MAIN, ["light", "kernel", "size"]);
  }

  // Veiling luminance for each lux at the eye, cd/m2/lx.
  value(deg) {
    const c = this.glare, t = Math.max(deg, c.smallest_angle), old = 1 + (this.age / c.age_scale) ** 4;
    const near = c.small_angle / t ** 3 + (c.middle_angle / t ** 2 + (c.iris * c.pigment) / t) * old;
    return (deg < c.smallest_angle ? 0 : near) + c.large_angle * c.pigment;
  }

  // Share of a cell's light that lands in cells so many columns and rows away; near ones are integrated.
  cells(width, height, cellDeg) {
    const data = new Float32Array(4 * width * height);
    for (let y = 0; y < height; ++y)
      for (let x = 0; x < width; ++x) {
        let sum = 0;
        const fine = x < 3 && y < 3 ? FINER : 1;
        for (let j = 0; j < fine; ++j)
          for (let i = 0; i < fine; ++i)
            sum += this.value(Math.hypot(x + (i + 0.5) / fine - 0.5, y + (j + 0.5) / fine - 0.5) * cellDeg);
        data[4 * (y * width + x)] = (sum / fine ** 2) * (cellDeg * DEGREE) ** 2;
      }
    const made = new DataTexture(data, width, height, RGBAFormat, FloatType);
    made.minFilter = made.magFilter = NearestFilter;
    made.needsUpdate = true;
    return made;
  }

  draw(renderer, place, eye, [left, right, low, high], quality) {
    const width = CELLS[quality], height = Math.max(8, Math.round((width * (high - low)) / (right - left)));
    const cellDeg = (right - left) / width / DEGREE, key = `${width} ${height} ${cellDeg.toFixed(5)}`;
    if (this.key !== key) {
      for (const one of [this.coarse, this.spread, this.kernel]) one?.dispose();
      this.key = key;
      this.coarse = target(width, height, { samples: 4, depth: true });
      this.spread = target(width, height);
      this.spread.texture.minFilter = this.spread.texture.magFilter = LinearFilter;
      this.kernel = this.cells(width, height, cellDeg);
    }
    place.aim(eye, frustum([left, right, low, high]), [width, height]);
    renderer.setRenderTarget(this.coarse);
    renderer.clear(true, true, false);
    place.draw(place.chunks.filter((c) => c.rect[2]));
    this.pass.give({ light: this.coarse.texture, kernel: this.kernel, size: [width, height] });
    renderer.setRenderTarget(this.spread);
    this.pass.draw(renderer);
    return this.spread.texture;
  }
}
