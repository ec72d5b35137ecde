// The chain for weak machines: one grey product, and wide blurs at half or quarter resolution.

import { LinearFilter } from "three";

import { body, clip, ONE, Pass, target } from "./passes.js";
import { directions } from "./kernels.js";
import { grown, meet, none, scaled, union, whole } from "./rects.js";
import { stretch } from "./chain.js";

// Standard deviation of the blur along its smaller axis from which half, then quarter resolution serves, pixels.
const HALF_SD = 3.5, QUARTER_SD = 7;

export class LightChain {
  constructor(renderer, shaders, width, height, rank, { bits = 16, samples = 4 } = {}) {
    this.renderer = renderer;
    Object.assign(this, { width, height, bits });
    const own = { bits, samples: bits === 32 ? 0 : samples, depth: true };
    this.levels = [1, 2, 4].map((level) => {
      const size = [Math.ceil(width / level), Math.ceil(height / level)];
      return { level, size, own, targets: null };
    });
    this.sums = [0, 1].map(() => target(width, height, { bits }));
    const taps = body(shaders, "taps.glsl") + body(shaders, "light.glsl");
    const common = ["taps", "size", "plan", "direction", "field", "layer"];
    this.blur = new Pass(ONE + taps + "void main() { first = blur_light(ivec2(gl_FragCoord.xy)); }", common);
    this.add = new Pass(ONE + taps + "uniform float level;\nvoid main() { first = add_light(ivec2(gl_FragCoord.xy), level); }",
      [...common, "before", "level"]);
    this.fetches = this.bytes = this.layers = 0;
  }

  targets(one) {
    if (!one.targets) {
      const plain = { bits: this.bits };
      one.targets = { layer: target(...one.size, one.own), along: target(...one.size, plain), both: target(...one.size, plain) };
      for (const { texture } of Object.values(one.targets)) texture.minFilter = texture.magFilter = LinearFilter;
    }
    return one.targets;
  }

  run(layers, taps, field, shown) {
    const { renderer } = this, full = whole([this.width, this.height]), most = stretch(field, [this.width, this.height]);
    const [along, across] = directions(taps.angle);
    for (const one of this.sums) this.clear(one, full);
    let done = 0, before = none();
    for (const layer of layers) {
      const one = this.levels[levelOf(taps, layer.node)], { level, size } = one, { layer: drawn, along: first, both } = this.targets(one);
      const coarse = taps.at(level), [ha, hc] = coarse.halves[layer.node], reach = Math.ceil(Math.SQRT2 * most * Math.max(ha, hc)) + 2;
      const here = meet(grown(layer.box, (reach + 1) * level), shown), put = union(before, here);
      before = here;
      if (!put[2]) continue;
      const edge = whole(size), second = meet(grown(scaled(put, level), 2), edge);
      const wide = meet(grown(second, reach), edge), wider = meet(grown(wide, reach), edge);
      this.clear(drawn, wider);
      layer.draw(drawn);
      const fine = [field[0], field[1], field[2] * level, field[3] * level];
      this.blur.give({ taps: coarse.table, size, field: fine, direction: along, layer: drawn.texture, plan: [layer.node, 1, coarse.middle, ha] });
      this.blur.into(renderer, first, wide);
      this.blur.give({ direction: across, layer: first.texture, plan: [taps.count + layer.node, 1, coarse.middle, hc] });
      this.blur.into(renderer, both, second);
      this.add.give({ size, layer: both.texture, before: this.sums[done].texture, level, taps: coarse.table, field: fine, direction: across, plan: [0, 1, 0, 0] });
      this.add.into(renderer, this.sums[1 - done], put);
      this.count(wide, second, put, wider, ha, hc);
      done = 1 - done;
    }
    return { picture: this.sums[done].texture, cover: this.sums[done].texture, scalar: true };
  }

  clear(one, rect) {
    clip(one, rect);
    this.renderer.setRenderTarget(one);
    this.renderer.clear(true, true, false);
  }

  count(wide, second, put, wider, ha, hc) {
    const pixel = this.bits / 2, area = (r) => r[2] * r[3];
    this.fetches += area(wide) * (2 * ha + 1) * 2 + area(second) * (2 * hc + 1) * 2 + area(put) * 2;
    this.bytes += (area(wider) + area(wide) + area(second) + area(put)) * pixel * 2;
    this.layers += 1;
  }

  dispose() {
    for (const { targets } of this.levels) for (const one of Object.values(targets ?? {})) one.dispose();
    for (const one of this.sums) one.dispose();
    this.blur.dispose();
    this.add.dispose();
  }
}

// 0 full, 1 half, 2 quarter.
export function levelOf(taps, node) {
  const sd = Math.min(...taps.spread(node));
  return sd > QUARTER_SD ? 2 : sd > HALF_SD ? 1 : 0;
}
