// Where the wipe cuts a picture, and the last pass: light to codes on its own side of the wipe.

import { Vector3, Vector4 } from "three";

import { body, ONE, Pass } from "./passes.js";
import { none } from "./rects.js";

const MAIN = `
uniform ivec2 corner;              // lower left of the viewport in the target
uniform vec4 view;                 // tangents of the lower left corner and of one pixel
uniform vec4 edge;                 // side of the wipe = edge.xy . tangents + edge.z; edge.w: 0 no wipe, -1 before, 1 after
uniform bool grey;                 // colour and coverage are one picture
uniform vec4 line;                 // colour of the wipe's line, half width in pixels
void main() {
    ivec2 p = ivec2(gl_FragCoord.xy) - corner;
    vec2 t = view.xy + (vec2(p) + 0.5) * view.zw;
    float side = dot(edge.xy, t) + edge.z;
    if (edge.w * side < 0.0) discard;
    vec3 light;
    if (grey) {
        vec4 c = texelFetch(picture, p + offset, 0);
        light = c.rgb / max(c.a, 1e-6);
        if (exposure.z > 0.5) light = light * exposure.y + texture(veil, (vec2(p + offset) + 0.5) / vec2(textureSize(picture, 0))).rgb;
    } else light = light_at(p);
    first = vec4(shown(light, p), 1.0);
    if (edge.w != 0.0 && abs(side) < line.w * length(edge.xy * view.zw)) first = vec4(line.rgb, 1.0);
}
`;

export class Join {
  constructor(shaders) {
    this.pass = new Pass(ONE + body(shaders, "tone.glsl") + MAIN,
      ["picture", "picture_cover", "veil", "exposure", "offset", "corner", "view", "edge", "grey", "line"]);
  }

  draw(renderer, values) {
    this.pass.give({ line: [1, 1, 1, 1], ...values });
    this.pass.draw(renderer);
  }

  dispose() {
    this.pass.dispose();
  }
}

// The wipe is a vertical plane through the eye at an azimuth from `ahead`: side = edge . (tangents, 1), > 0 beyond it.
export function edgeOf(eyeMatrix, ahead, wipe) {
  const [right, up, back] = [0, 1, 2].map((i) => new Vector3().setFromMatrixColumn(eyeMatrix, i));
  const c = Math.cos(wipe), s = Math.sin(wipe);
  const across = [c * ahead[1] - s * ahead[0], -c * ahead[0] - s * ahead[1]];
  const dot = (v) => v.x * across[0] + v.y * across[1];
  return new Vector4(dot(right), dot(up), -dot(back), 0);
}

// The rectangle of a picture (pixels) on one side of the wipe: sign -1 before, 1 beyond.
export function sideOf(edge, sign, [left, low, dx, dy], [width, height]) {
  const g = (x, y) => sign * (edge.x * (left + x * dx) + edge.y * (low + y * dy) + edge.z);
  const corners = [[0, 0], [width, 0], [width, height], [0, height]], kept = [];
  corners.forEach((a, i) => {
    const b = corners[(i + 1) % 4], ga = g(...a), gb = g(...b);
    if (ga >= 0) kept.push(a);
    if (ga * gb < 0) kept.push(a.map((v, k) => v + (ga / (ga - gb)) * (b[k] - v)));
  });
  if (!kept.length) return none();
  const xs = kept.map((p) => p[0]), ys = kept.map((p) => p[1]);
  const x = Math.max(0, Math.floor(Math.min(...xs)) - 1), y = Math.max(0, Math.floor(Math.min(...ys)) - 1);
  return [x, y, Math.min(width, Math.ceil(Math.max(...xs)) + 1) - x, Math.min(height, Math.ceil(Math.max(...ys)) + 1) - y];
}
