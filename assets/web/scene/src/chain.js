// Layers near to far: draw with the tent's weight, blur along, blur across and put behind. One product or more,
// colour and coverage in every channel. The same chain as scenes/pipeline.py, on rectangles.

import { body, clip, ONE, Pass, target, TWO } from "./passes.js";
import { directions } from "./kernels.js";
import { grown, meet, none, union, whole } from "./rects.js";

// How much longer than on the axis a tap can get: 1 + R^2 at the farthest corner.
export function stretch([left, low, dx, dy], [width, height]) {
  const x = Math.max(Math.abs(left), Math.abs(left + dx * width)), y = Math.max(Math.abs(low), Math.abs(low + dy * height));
  return 1 + x * x + y * y;
}

export class Chain {
  // draw(layer, target): draws a layer's scene into a target.
  constructor(renderer, shaders, width, height, rank, { bits = 16, samples = 4 } = {}) {
    this.renderer = renderer;
    Object.assign(this, { width, height, rank, bits });
    this.layer = target(width, height, { bits, samples: bits === 32 ? 0 : samples, depth: true });
    this.stack = target(width, height * rank, { count: 2, bits });
    this.sums = [0, 1].map(() => target(width, height, { count: 2, bits }));
    const common = ["taps", "size", "plan", "direction", "field"], taps = body(shaders, "taps.glsl");
    this.blur = new Pass(TWO + taps + body(shaders, "blur.glsl") +
      "void main() { blur_along(ivec2(gl_FragCoord.xy), first, second); }", [...common, "layer"]);
    this.compose = new Pass(TWO + taps + body(shaders, "compose.glsl") +
      "void main() { blur_across_and_add(ivec2(gl_FragCoord.xy), first, second); }",
      [...common, "colour_stack", "cover_stack", "before_colour", "before_cover"]);
    this.fetches = this.bytes = this.layers = 0;
  }

  fits(width, height, rank) {
    return this.width === width && this.height === height && this.rank === rank;
  }

  // layers: near to far [{node, box, draw(target)}]; shown: the rectangle whose picture is wanted.
  run(layers, taps, field, shown) {
    const { renderer } = this, size = [this.width, this.height], full = whole(size);
    const [along, across] = directions(taps.angle), rows = taps.count * taps.rank;
    for (const one of this.sums) this.clear(one, full);
    const most = stretch(field, size);
    let done = 0, before = none();
    this.blur.give({ taps: taps.table, size, field, direction: along, layer: this.layer.texture });
    this.compose.give({ taps: taps.table, size, field, direction: across, colour_stack: this.stack.textures[0],
      cover_stack: this.stack.textures[1] });
    for (const layer of layers) {
      const [ha, hc] = taps.halves[layer.node], reach = Math.ceil(Math.SQRT2 * most * Math.max(ha, hc)) + 2;
      const here = meet(grown(layer.box, reach), shown), put = union(before, here);
      before = here;
      if (!put[2]) continue;
      const wide = meet(grown(put, reach), full), wider = meet(grown(wide, reach), full);
      this.clear(this.layer, wider);
      layer.draw(this.layer);
      this.blur.give({ plan: [layer.node * taps.rank, taps.rank, taps.middle, ha] });
      for (let p = 0; p < taps.rank; ++p)
        this.blur.into(renderer, this.stack, [wide[0], wide[1] + p * this.height, wide[2], wide[3]]);
      const from = this.sums[done], into = this.sums[1 - done];
      this.compose.give({ plan: [rows + layer.node * taps.rank, taps.rank, taps.middle, hc],
        before_colour: from.textures[0], before_cover: from.textures[1] });
      this.compose.into(renderer, into, put);
      this.count(wide, put, wider, ha, hc, taps.rank, along, field[2] !== 0);
      done = 1 - done;
    }
    return { picture: this.sums[done].textures[0], cover: this.sums[done].textures[1], scalar: false };
  }

  clear(one, rect) {
    clip(one, rect);
    this.renderer.setRenderTarget(one);
    this.renderer.clear(true, true, false);
  }

  // Texture fetches of the two passes, and bytes written and read at least once (a bilinear tap is four fetches).
  count(wide, put, wider, ha, hc, rank, along, corrected) {
    const each = corrected || (along[0] !== 0 && along[1] !== 0) ? 4 : 1, pixel = this.bits / 2;
    const first = wide[2] * wide[3] * rank, second = put[2] * put[3];
    this.fetches += first * (2 * ha + 1) * (each + 1) + second * (rank * (2 * hc + 1) * (2 * each + 1) + 2);
    this.bytes += wider[2] * wider[3] * pixel * 2 + first * pixel * 4 + second * pixel * 4;
    this.layers += 1;
  }

  dispose() {
    for (const one of [this.layer, this.stack, ...this.sums]) one.dispose();
    this.blur.dispose();
    this.compose.dispose();
  }
}
