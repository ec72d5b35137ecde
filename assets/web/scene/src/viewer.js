// One place through one pair of looks: what the flat page and a headset share. Draws one eye at a time.

import { Matrix4, Vector3, WebGLRenderer } from "three";

import { Chain, stretch } from "./chain.js";
import { LightChain } from "./light.js";
import { azimuthOf, borders, frustum, pxPerDeg, seated } from "./eyes.js";
import { edgeOf, Join, sideOf } from "./join.js";
import { Looks, tents } from "./looks.js";
import { Mirrors } from "./mirrors.js";
import { Place } from "./place.js";
import { grown, meet, whole } from "./rects.js";
import { Veil } from "./veil.js";
import { format, Words } from "./words.js";

export const MODES = ["before", "wipe", "after", "flicker"];
const GUARD_STEP = 16;
const DITHER_SEED = 1;
const FLICKER_MS = 500;
const NEAREST = 4; // 1/m: nearer than 25 cm no layer stands
const PICK_RAD = 0.1;

export class Viewer extends EventTarget {
  constructor(canvas, glb, page) {
    super();
    this.page = page;
    this.words = new Words(page);
    this.canvas = canvas;
    this.glb = glb;
    this.looks = new Looks(glb);
    this.renderer = new WebGLRenderer({ canvas, antialias: false, alpha: false, depth: true, powerPreference: "high-performance" });
    this.renderer.autoClear = false;
    this.renderer.sortObjects = false;
    this.renderer.info.autoReset = false;
    this.place = new Place(glb, page, this.renderer);
    Object.assign(this, { wipe: 0, mode: this.looks.all.length > 1 ? "wipe" : "before", kernel: page.kernel, quality: page.quality,
      origin: new Matrix4(), flat: true, seconds: 0, frames: 0, lost: false, pxPerDeg: 0, chains: new Map(), bits: 16, samples: 4, exact: true, phase: 0 });
    this.counts = { fetches: 0, bytes: 0, layers: 0 };
    canvas.addEventListener("webglcontextlost", () => this.onLost());
    canvas.addEventListener("webglcontextrestored", () => this.onRestored());
  }

  async load() {
    await this.place.load();
    this.begin();
    this.look = this.page.look;
    this.distance = 0;
    this.sitAt(null);
    this.refocus();
  }

  begin() {
    this.renderer.setClearColor(0x000000, 0);
    this.join = new Join(this.page.shaders);
    this.mirrors = new Mirrors(this.place);
    this.veil = this.page.night ? new Veil(this.page) : null;
  }

  onLost() {
    this.lost = true;
    this.emit("lost");
  }

  // Everything of the lost context is made again; textures and geometry three uploads by itself.
  onRestored() {
    this.lost = false;
    for (const chain of this.chains.values()) chain.dispose();
    this.chains.clear();
    this.begin();
    this.emit("restored");
    this.draw();
  }

  emit(name) {
    this.dispatchEvent(new Event(name));
  }

  changed() {
    this.emit("change");
    this.draw();
  }

  // ---- where the eye is

  get seat() {
    const { views } = this.place.extras, name = Object.keys(views[0])[0];
    const [x, y, z, tx, ty, tz] = this.place.blend(views, (one) => one[name]);
    return { position: [x, y, z], ahead: [tx - x, ty - y], rise: tz - z, fov: views[0][name][6] };
  }

  // Let this head pose (in the reference space, y up) be the seat's eye looking ahead; null: the pose is the origin.
  sitAt(matrix) {
    const { position, ahead } = this.seat;
    this.head = matrix?.clone() ?? null;
    this.origin = seated(position, ahead);
    if (!matrix) return;
    const at = new Vector3().setFromMatrixPosition(matrix), back = new Vector3().setFromMatrixColumn(matrix, 2);
    const turned = new Matrix4().makeRotationY(Math.atan2(back.x, back.z)).setPosition(at);
    this.origin.multiply(turned.invert());
  }

  get ahead() {
    const { ahead } = this.seat, length = Math.hypot(...ahead);
    return length > 1e-9 ? ahead.map((v) => v / length) : [0, 1];
  }

  inPlace(v, point = false) {
    return point ? v.clone().applyMatrix4(this.origin) : v.clone().transformDirection(this.origin);
  }

  azimuth(direction) {
    const d = this.inPlace(direction);
    return azimuthOf(d.x, d.y, this.ahead);
  }

  // ---- what is looked at

  get things() {
    const eye = new Vector3(...this.seat.position);
    return Object.keys(this.place.extras.things[0]).map((name) => {
      const at = this.thingAt(name);
      return { name, title: this.page.things[name][this.words.language], distance: eye.distanceTo(at) };
    });
  }

  thingAt(name) {
    return new Vector3(...this.place.blend(this.place.extras.things, (one) => one[name] ?? this.place.extras.things[0][name]));
  }

  lookAt(name) {
    if (!(name in this.page.things)) return;
    this.look = name;
    this.refocus();
    this.changed();
  }

  // Look at nothing named, so far away.
  lookAtDistance(metres) {
    this.look = "";
    this.distance = Math.max(0.1, metres);
    this.refocus();
    this.changed();
  }

  refocus() {
    if (this.look) this.distance = new Vector3(...this.seat.position).distanceTo(this.thingAt(this.look));
    this.states = this.looks.all.map((_, i) => this.looks.state(i, 1 / this.distance, this.look));
  }

  // The named thing nearest to a ray of the reference space, or null.
  pick(origin, direction) {
    const from = this.inPlace(origin, true), towards = this.inPlace(direction);
    let best = null, least = PICK_RAD;
    for (const { name } of this.things) {
      const angle = this.thingAt(name).sub(from).angleTo(towards);
      if (angle < least) [best, least] = [name, angle];
    }
    return best;
  }

  // ---- choices

  setWipe(azimuth) {
    this.wipe = Math.atan2(Math.sin(azimuth), Math.cos(azimuth));
    this.changed();
  }

  setMode(mode) {
    if (!MODES.includes(mode) || (this.looks.all.length < 2 && mode !== "before")) return;
    this.mode = mode;
    clearInterval(this.flickering);
    if (mode === "flicker") this.flickering = setInterval(() => { this.phase = 1 - this.phase; this.draw(); }, FLICKER_MS);
    this.changed();
  }

  nextLens(step = 1) {
    const some = MODES.slice(0, 3), at = Math.max(some.indexOf(this.mode), 0);
    this.setMode(some[(at + step + 3) % 3]);
  }

  get lens() {
    const titles = this.looks.all.map((l) => l.title[this.words.language]);
    return { before: titles[0], after: titles.at(-1) }[this.mode] ?? titles.join(" | ");
  }

  set({ mode, wipe, look, distance, kernel, quality, language, seconds }) {
    if (kernel === "viewer" || kernel === "camera") this.kernel = kernel;
    if (quality === "fine" || quality === "light") this.quality = quality;
    if (language) this.words.use(language);
    if (seconds !== undefined) this.goTo(seconds);
    if (wipe !== undefined) this.setWipe(wipe);
    if (mode) this.setMode(mode);
    if (look) this.lookAt(look);
    if (distance) this.lookAtDistance(distance);
    this.changed();
  }

  // Let a place that moves stand where it is after so many seconds.
  goTo(seconds) {
    this.seconds = seconds;
    this.place.at(seconds);
    this.sitAt(this.head);
    this.refocus();
  }

  // ---- drawing

  draw() {
    if (this.flat && !this.lost) this.emit("wanted");
  }

  // Which looks this frame shows: [look, side of the wipe].
  get shown() {
    const last = this.looks.all.length - 1;
    if (this.mode === "wipe" && last) return [[0, -1], [last, 1]];
    if (this.mode === "flicker" && last) return [[this.phase * last, 0]];
    return [[this.mode === "after" ? last : 0, 0]];
  }

  drawEye({ matrixWorld, projectionMatrix, viewport, destination = null }) {
    const { renderer, place } = this, { x, y, z: width, w: height } = viewport, size = [width, height];
    const eye = new Matrix4().multiplyMatrices(this.origin, matrixWorld);
    const [left, right, low, high] = borders(projectionMatrix), dx = (right - left) / width, dy = (high - low) / height;
    this.pxPerDeg = pxPerDeg(projectionMatrix, width);
    this.counts = { fetches: 0, bytes: 0, layers: 0 };
    place.drawn = 0;
    this.mirrors.draw(eye);
    const field = [left, low, dx, dy], edge = edgeOf(eye, this.ahead, this.wipe);
    const guard = this.guard(field, size), gx = guard * dx, gy = guard * dy;
    const haze = this.veil?.draw(renderer, place, eye, [left - gx, right + gx, low - gy, high + gy], this.quality);
    for (const [number, side] of this.shown) {
      const part = side ? sideOf(edge, side, field, size) : whole(size);
      if (!part[2]) continue;
      const done = this.picture(number, eye, field, size, part, guard);
      if (destination) {
        destination.scissorTest = true;
        destination.scissor.set(x + part[0], y + part[1], part[2], part[3]);
        destination.viewport.set(x, y, width, height);
      }
      renderer.setRenderTarget(destination);
      if (!destination) {
        const ratio = renderer.getPixelRatio();
        renderer.setViewport(x / ratio, y / ratio, width / ratio, height / ratio);
        renderer.setScissor((x + part[0]) / ratio, (y + part[1]) / ratio, part[2] / ratio, part[3] / ratio);
        renderer.setScissorTest(true);
      }
      this.join.draw(renderer, {
        picture: done.picture, picture_cover: done.cover, grey: done.scalar, veil: haze ?? null, offset: [guard, guard], corner: [x, y],
        view: field, edge: [edge.x, edge.y, edge.z, side],
        exposure: [1 / this.page.white, this.veil ? this.page.kept : 1, this.veil ? 1 : 0, DITHER_SEED],
      });
    }
    if (destination) destination.scissorTest = false;
    renderer.setScissorTest(false);
    renderer.setRenderTarget(destination);
    this.frames += 1;
  }

  // One look's picture on one part of the eye's field, with a guard band around it.
  picture(number, eye, field, size, part, guard) {
    const state = this.states[number], bank = this.bank(state), taps = bank.taps(this.pxPerDeg);
    const wide = size.map((n) => Math.ceil((n + 2 * guard) / 4) * 4), [left, low, dx, dy] = field;
    const wider = [left - guard * dx, low - guard * dy, dx, dy];
    const corrected = this.exact ? wider : [0, 0, 0, 0]; // a preview leaves out the correction off axis: whole pixels
    const projection = frustum([wider[0], wider[0] + wide[0] * dx, wider[1], wider[1] + wide[1] * dy]);
    this.place.aim(eye, projection, wide);
    const shown = [part[0] + guard, part[1] + guard, part[2], part[3]];
    const layers = tents(bank.steps, state.focus, this.place.span(NEAREST)).map(({ node, tent }) => {
      const { some, box } = this.place.layer(tent[0], tent[2]);
      return { node, box, draw: () => this.place.draw(some, tent) };
    }).filter((layer) => layer.box[2]);
    const chain = this.chain(...wide, taps.rank);
    chain.fetches = chain.bytes = chain.layers = 0;
    const done = chain.run(layers, taps, corrected, meet(grown(shown, 0), whole(wide)));
    for (const key of ["fetches", "bytes", "layers"]) this.counts[key] += chain[key];
    return done;
  }

  bank(state) {
    return state.bank[`${this.kernel}-${this.quality}`];
  }

  // Pixels around a picture that its widest kernel can bring in.
  guard(field, size) {
    const reach = Math.max(...this.states.map((s) => this.bank(s).taps(this.pxPerDeg).reach));
    return Math.ceil((reach * Math.min(stretch(field, size), 1.5)) / GUARD_STEP) * GUARD_STEP;
  }

  // Buffers, kept for the sizes in use: a preview, a whole picture, two eyes.
  chain(width, height, rank) {
    const key = `${width} ${height} ${rank} ${this.quality} ${this.samples}`;
    if (!this.chains.has(key)) {
      if (this.chains.size >= 2) {
        const [oldest, old] = this.chains.entries().next().value;
        old.dispose();
        this.chains.delete(oldest);
      }
      const Kind = this.quality === "light" ? LightChain : Chain;
      this.chains.set(key, new Kind(this.renderer, this.page.shaders, width, height, rank, { bits: this.bits, samples: this.samples }));
    }
    return this.chains.get(key);
  }

  // ---- what a person is told

  get finest() {
    return Math.log10(60 / this.pxPerDeg);
  }

  acuity(i) {
    const { logmar } = this.states[i];
    return format(this.words.say("acuity {decimal:.2f} (logMAR {logmar:+.2f})"), { decimal: 10 ** -logmar, logmar });
  }

  labels() {
    const say = (text, values) => format(this.words.say(text), values);
    const title = this.look ? this.page.things[this.look][this.words.language] : say("a point");
    const kinds = { viewer: "viewer's picture: your own eye's optics divided out", camera: "camera's picture: the whole eye's optics" };
    const lines = this.looks.all.map((look, i) => `${look.title[this.words.language]}: ${this.acuity(i)}`);
    lines.push(say("Looking at: {thing}, {distance:.2f} m", { thing: title, distance: this.distance }));
    lines.push(say("{px:.1f} pixels a degree, finest letter {finest:+.2f} logMAR", { px: this.pxPerDeg, finest: this.finest }));
    lines.push(say(kinds[this.kernel]));
    if (this.veil) lines.push(say("with the eye's glare veil (CIE 146)"));
    if (this.states.some((s) => s.logmar < this.finest)) lines.push(say("Below its finest letter the display, not the eye, is the limit."));
    if (this.states.some((s) => s.known)) lines.push(say("the picture cannot show what only a trial measured: optics alone blur it"));
    lines.push(say("For research, teaching and counselling; not a medical device."));
    return lines;
  }

  get state() {
    return Object.freeze({
      place: this.page.place, variant: this.page.variant, language: this.words.language, mode: this.mode, wipe: this.wipe, look: this.look,
      distance: this.distance, kernel: this.kernel, quality: this.quality, pxPerDeg: this.pxPerDeg, finest: this.finest, ...this.counts,
      draws: this.place.drawn, frames: this.frames, seconds: this.seconds, lost: this.lost,
      residual: this.states?.map((s) => s.blur), focus: this.states?.map((s) => s.focus), logmar: this.states?.map((s) => s.logmar),
    });
  }
}

