// The flat page's eye: mouse, touch and keys turn the head, zoom, move the wipe; draws only on change.

import { Matrix4, Vector3 } from "three";

import { frustum } from "./eyes.js";

const NARROW = 8, WIDE = 100; // horizontal field, degrees
const STILL_MS = 180;
const MOST_PIXELS = 1.6e6;
const TARGET_MS = 60, LONGEST_MS = 4000;
const SAMPLED = 2; // four samples a pixel cost about so much more

export class Flat {
  constructor(viewer, canvas) {
    Object.assign(this, { viewer, canvas, yaw: 0, pitch: 0, scale: 0.35, most: 1, pointers: new Map() });
    const { fov, ahead, rise } = viewer.seat;
    this.fov = fov;
    this.pitch = Math.atan2(rise, Math.hypot(...ahead));
    viewer.addEventListener("wanted", () => this.ask());
    new ResizeObserver(() => this.ask()).observe(canvas);
    canvas.addEventListener("pointerdown", (e) => this.down(e));
    canvas.addEventListener("pointermove", (e) => this.move(e));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (e) => this.up(e));
    canvas.addEventListener("wheel", (e) => { e.preventDefault(); this.zoom(1.0015 ** e.deltaY); }, { passive: false });
  }

  // ---- drawing: a quick frame at once, the whole one when nothing has changed for a moment

  ask() {
    clearTimeout(this.later);
    this.asked ??= requestAnimationFrame(() => {
      this.asked = null;
      this.frame(this.scale);
      if (this.scale < this.most) this.later = setTimeout(() => this.frame(this.most), STILL_MS);
    });
  }

  frame(scale, whole = scale >= this.most) {
    const { viewer, canvas } = this;
    if (!viewer.flat || viewer.lost || !canvas.clientWidth) return;
    const ratio = Math.min(devicePixelRatio, Math.sqrt(MOST_PIXELS / (canvas.clientWidth * canvas.clientHeight)));
    const width = Math.max(16, Math.round(canvas.clientWidth * ratio * scale)), height = Math.max(16, Math.round(canvas.clientHeight * ratio * scale));
    const start = performance.now();
    this.size(width, height);
    viewer.exact = whole;
    viewer.samples = viewer.exact ? 4 : 0;
    viewer.drawEye({ ...this.eye(width, height), viewport: { x: 0, y: 0, z: width, w: height } });
    if (!whole) {
      // Only reading a pixel waits for the picture; finish() returns before it is drawn.
      const gl = viewer.renderer.getContext();
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
      this.adapt(performance.now() - start);
    }
    this.last = [width, height];
    viewer.emit("drawn");
  }

  size(width, height) {
    if (this.canvas.width === width && this.canvas.height === height) return;
    this.viewer.renderer.setPixelRatio(1);
    this.viewer.renderer.setSize(width, height, false);
  }

  // Software drawing: a whole picture that would take longer than this stays coarser.
  adapt(ms) {
    if (this.drawnOnce) this.most = Math.min(1, Math.max(0.4, this.scale * Math.sqrt(LONGEST_MS / (SAMPLED * Math.max(ms, 1)))));
    this.drawnOnce = true;
    const wanted = this.scale * Math.sqrt(TARGET_MS / Math.max(ms, 1));
    this.scale = wanted > 0.9 ? 1 : Math.min(Math.max(wanted, 0.2), 0.75);
  }

  eye(width, height) {
    const half = Math.tan((this.fov * Math.PI) / 360) * Math.min(1, (1.25 * width) / height), tall = (half * height) / width;
    const matrixWorld = new Matrix4().makeRotationY(-this.yaw).multiply(new Matrix4().makeRotationX(this.pitch));
    return { matrixWorld, projectionMatrix: frustum([-half, half, -tall, tall]) };
  }

  // ---- looking around

  turn(dx, dy) {
    const rad = (this.fov * Math.PI) / 180 / this.canvas.clientWidth;
    this.yaw -= dx * rad;
    this.pitch = Math.min(1.4, Math.max(-1.4, this.pitch + dy * rad));
    this.viewer.changed();
  }

  zoom(by) {
    this.fov = Math.min(WIDE, Math.max(NARROW, this.fov * by));
    this.viewer.changed();
  }

  face(name) {
    const { viewer } = this, eye = new Vector3(...viewer.seat.position), to = viewer.thingAt(name).sub(eye);
    const [ax, ay] = viewer.ahead, across = to.x * ay - to.y * ax, ahead = to.x * ax + to.y * ay;
    this.yaw = Math.atan2(across, ahead);
    this.pitch = Math.atan2(to.z, Math.hypot(to.x, to.y));
    viewer.wipe = this.yaw;
    viewer.lookAt(name);
  }

  // A ray of the reference space through a point of the canvas.
  ray(x, y) {
    const box = this.canvas.getBoundingClientRect(), { matrixWorld, projectionMatrix: p } = this.eye(box.width, box.height);
    const nx = ((x - box.left) / box.width) * 2 - 1, ny = 1 - ((y - box.top) / box.height) * 2;
    return new Vector3((nx + p.elements[8]) / p.elements[0], (ny + p.elements[9]) / p.elements[5], -1).transformDirection(matrixWorld);
  }

  // Where the wipe meets the picture's middle row: share of the width, or null.
  wipeAt() {
    const box = this.canvas.getBoundingClientRect(), { projectionMatrix: p } = this.eye(box.width, box.height);
    const angle = Math.atan2(Math.sin(this.viewer.wipe - this.yaw), Math.cos(this.viewer.wipe - this.yaw));
    if (Math.abs(angle) > 1.5) return null;
    const x = 0.5 + 0.5 * Math.tan(angle) / Math.max(Math.cos(this.pitch), 0.2) * p.elements[0];
    return x > 0 && x < 1 ? x : null;
  }

  wipeTo(clientX, clientY) {
    const d = this.ray(clientX, clientY);
    this.viewer.setWipe(Math.atan2(d.x, -d.z));
  }

  down(e) {
    this.canvas.setPointerCapture(e.pointerId);
    this.pointers.set(e.pointerId, [e.clientX, e.clientY]);
    this.moved = 0;
    this.spread = this.span();
  }

  move(e) {
    const from = this.pointers.get(e.pointerId);
    if (!from) return;
    const dx = e.clientX - from[0], dy = e.clientY - from[1];
    this.pointers.set(e.pointerId, [e.clientX, e.clientY]);
    this.moved += Math.abs(dx) + Math.abs(dy);
    if (this.pointers.size > 1) {
      const now = this.span();
      this.zoom(this.spread / now);
      this.spread = now;
    } else if (this.moved > 4) this.turn(dx, dy);
  }

  span() {
    const [a, b] = [...this.pointers.values()];
    return b ? Math.max(20, Math.hypot(a[0] - b[0], a[1] - b[1])) : 1;
  }

  up(e) {
    if (this.pointers.delete(e.pointerId) && this.moved <= 4 && e.type === "pointerup") this.tap(e);
  }

  // Look at what is tapped: a named thing, or whatever surface is there.
  tap(e) {
    const { viewer } = this, direction = this.ray(e.clientX, e.clientY), name = viewer.pick(new Vector3(), direction);
    if (name) return viewer.lookAt(name);
    const metres = viewer.place.hit(new Vector3(...viewer.seat.position), viewer.inPlace(direction));
    if (metres) viewer.lookAtDistance(metres);
  }
}
