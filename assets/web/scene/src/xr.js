// Immersive VR, offered after the first picture: the page's own viewer draws every eye of a WebXR session.

import { Matrix4, Vector3 } from "three";

import { Panel } from "./xr_panel.js";
import { MODES } from "./viewer.js";
import { format } from "./words.js";

const RATE_HZ = 72; // what standalone headsets all offer; the blur is bound by memory, so no more unless asked
// Pixels of the buffer: the runtime's choice, fewer for weak machines, or as many as the panel shows.
const BUFFERS = { usual: "Buffer: the headset's default", coarse: "Buffer: coarse, for weak machines", native: "Buffer: the headset's own pixels" };
const COARSE = 0.6; // a third of the pixels
const LONGEST_MS = 250; // a frame that took longer, or a pause, is no leap of the car
const STILL_RAD = 0.02; // a press that moves less is a tap

export async function offerHeadset(viewer, slot, say) {
  await new Headset(viewer, slot, say).ask();
}

// Why there is no VR here: a sentence, or null where there is.
async function lacking() {
  if (!isSecureContext) return "VR needs https, or this computer itself: serve the page with --lan.";
  if (!navigator.xr) {
    if (/iPhone|iPad|iPod/.test(navigator.userAgent)) return "iPhone and iPad have no WebXR: the page works here without VR.";
    if (/Firefox/.test(navigator.userAgent)) return "Firefox has no WebXR: for VR use Chrome, or the headset's own browser.";
    return "This browser has no WebXR: for VR use Chrome, or the headset's own browser.";
  }
  try {
    if (await navigator.xr.isSessionSupported("immersive-vr")) return null;
  } catch {
    return "The page around this one forbids VR: open this one by itself.";
  }
  return "No headset answers: connect one, or open this page in the headset's browser.";
}

class Headset {
  constructor(viewer, slot, say) {
    Object.assign(this, { viewer, say, session: null, lack: "", trouble: "", buffer: "usual", panel: new Panel() });
    this.button = slot.appendChild(document.createElement("button"));
    this.sharp = slot.appendChild(document.createElement("button"));
    this.note = slot.appendChild(document.createElement("p"));
    for (const one of [this.button, this.sharp]) Object.assign(one, { type: "button", className: "button" });
    this.note.className = "note";
    this.button.addEventListener("click", () => this.press());
    this.sharp.addEventListener("click", () => this.nextBuffer());
    viewer.addEventListener("change", () => this.tell());
    viewer.addEventListener("lost", () => this.lost());
    // After three has put its own things back.
    viewer.renderer.xr.addEventListener("sessionend", () => this.ended());
    navigator.xr?.addEventListener?.("devicechange", () => this.ask());
  }

  // Asked when the page loads: a click's permission does not outlive a question asked inside it.
  async ask() {
    this.lack = await lacking();
    this.tell();
  }

  tell() {
    const { say, session, lack } = this, words = session ? "" : lack || this.trouble;
    this.button.hidden = this.sharp.hidden = Boolean(lack);
    this.button.textContent = say(session ? "Leave VR" : "Enter VR");
    this.sharp.disabled = Boolean(session);
    this.sharp.textContent = say(BUFFERS[this.buffer]);
    this.note.textContent = words && say(words);
    this.note.hidden = !words;
    document.documentElement.dataset.headset = session?.visibilityState ?? (lack ? "missing" : "ready");
  }

  nextBuffer() {
    const names = Object.keys(BUFFERS);
    this.buffer = names[(names.indexOf(this.buffer) + 1) % names.length];
    this.tell();
  }

  press() {
    if (this.session) return this.session.end();
    if (this.entering) return undefined;
    this.trouble = "";
    const asked = navigator.xr.requestSession("immersive-vr", { optionalFeatures: ["layers"] });
    this.entering = asked.then((session) => this.begin(session).catch(async (error) => {
      await session.end().catch(() => {});
      throw error;
    })).catch((error) => {
      console.error(error);
      this.trouble = "The headset did not start: wake it and press again.";
      this.ended();
    }).finally(() => {
      this.entering = null;
      this.tell();
    });
    return this.entering;
  }

  async begin(session) {
    const { viewer } = this, { renderer } = viewer, { xr } = renderer;
    const native = globalThis.XRWebGLLayer?.getNativeFramebufferScaleFactor?.(session) ?? 1;
    xr.setFoveation(0);
    xr.setFramebufferScaleFactor({ usual: 1, coarse: COARSE, native }[this.buffer]);
    // The head's own place becomes the seat's eye, so the floor's height is not needed.
    xr.setReferenceSpaceType("local");
    Object.assign(this, { session, seated: false, driving: false, held: null, quality: viewer.quality });
    // Whatever the flat page's last preview left out.
    Object.assign(viewer, { flat: false, exact: true, samples: 4 });
    viewer.set({ quality: "light" });
    this.rates = [...(session.supportedFrameRates ?? [])].sort((a, b) => a - b);
    xr.setAnimationLoop((time, frame) => this.frame(time, frame));
    await xr.setSession(session);
    xr.getReferenceSpace().addEventListener("reset", () => { this.seated = false; });
    session.addEventListener("selectstart", (event) => this.grasp(event));
    session.addEventListener("selectend", (event) => this.release(event));
    session.addEventListener("squeezestart", () => viewer.nextLens());
    session.addEventListener("visibilitychange", () => this.tell());
    this.refresh(this.rates.find((hz) => hz >= RATE_HZ));
  }

  // Not waited for: a runtime may answer only once frames are drawn, or refuse.
  refresh(hz) {
    if (hz) this.session.updateTargetFrameRate?.(hz).catch(() => {});
  }

  ended() {
    const { viewer, quality } = this;
    if (!this.session) return;
    viewer.renderer.setAnimationLoop(null);
    Object.assign(this, { session: null, held: null });
    viewer.sitAt(null);
    viewer.flat = true;
    viewer.set({ quality });
    this.tell();
  }

  // The session's buffers are gone with the context; the page itself comes back when it is restored.
  lost() {
    if (!this.session) return;
    this.trouble = "The graphics were interrupted: press again to go back into VR.";
    this.session.end();
  }

  // ---- a frame

  frame(time, frame) {
    const { viewer, session, panel } = this, { renderer } = viewer;
    if (!session || session.visibilityState === "hidden" || viewer.lost) return;
    const pose = frame.getViewerPose(renderer.xr.getReferenceSpace());
    if (!pose) return;
    const eyes = renderer.xr.getCamera().cameras.slice(0, pose.views.length), destination = renderer.getRenderTarget();
    if (!this.seated) this.sit(eyes);
    this.drive(time);
    this.follow(frame);
    eyes.forEach(({ matrix, projectionMatrix, viewport }, eye) => {
      viewer.drawEye({ matrixWorld: matrix, projectionMatrix, viewport, destination, eye });
      if (!eye) panel.show(viewer.labels(), this.buttons());
      panel.draw(renderer, destination, { matrix, projectionMatrix, viewport });
    });
  }

  // The head as it is now sits on the seat and looks ahead.
  sit(eyes) {
    const head = eyes[0].matrix.clone(), middle = new Vector3(), at = new Vector3();
    for (const { matrix } of eyes) middle.addScaledVector(at.setFromMatrixPosition(matrix), 1 / eyes.length);
    head.setPosition(middle);
    this.viewer.sitAt(head);
    this.panel.place(head);
    this.seated = true;
  }

  drive(time) {
    const { viewer } = this;
    const passed = Math.min(time - this.before, LONGEST_MS) / 1000;
    if (this.driving) viewer.goTo((viewer.seconds + passed) % viewer.place.lasts);
    this.before = time;
  }

  // ---- rays: a controller's, a hand's, or, while it pinches, the one of the eyes

  ray(frame, source) {
    const pose = frame.getPose(source.targetRaySpace, this.viewer.renderer.xr.getReferenceSpace());
    if (!pose) return null;
    const matrix = new Matrix4().fromArray(pose.transform.matrix);
    return { origin: new Vector3().setFromMatrixPosition(matrix), direction: new Vector3(0, 0, -1).transformDirection(matrix) };
  }

  follow(frame) {
    const { panel, viewer, held } = this;
    const sources = [...this.session.inputSources], pointing = sources.filter((s) => s.targetRayMode === "tracked-pointer");
    panel.rays(pointing.map((source) => this.ray(frame, source)).filter(Boolean));
    const ray = held && sources.includes(held.source) ? this.ray(frame, held.source) : null;
    if (!ray || held.button) return;
    held.moved = Math.max(held.moved, ray.direction.angleTo(held.direction));
    const azimuth = viewer.azimuth(ray.direction);
    if (azimuth !== viewer.wipe) viewer.setWipe(azimuth);
  }

  grasp({ frame, inputSource: source }) {
    const ray = this.seated ? this.ray(frame, source) : null;
    if (!ray || this.session.visibilityState !== "visible") return;
    const button = this.panel.hit(ray);
    this.held = { source, button, direction: ray.direction, moved: 0 };
    if (!button) this.viewer.setWipe(this.viewer.azimuth(ray.direction));
  }

  // A tap on the panel presses; a tap on a thing looks at it; a drag has moved the wipe.
  release({ frame, inputSource: source }) {
    const { held, viewer } = this;
    if (held?.source !== source) return;
    this.held = null;
    const ray = this.ray(frame, source);
    if (!ray) return;
    if (held.button) {
      if (this.panel.hit(ray)?.name === held.button.name) held.button.press?.();
      return;
    }
    const name = held.moved > STILL_RAD ? null : viewer.pick(ray.origin, ray.direction);
    if (name && name !== viewer.look) viewer.lookAt(name);
  }

  buttons() {
    const { viewer, say } = this, { things } = viewer, rate = this.session.frameRate ?? this.rates[0];
    const next = things[(things.findIndex((t) => t.name === viewer.look) + 1) % things.length];
    const modes = viewer.looks.all.length > 1 ? MODES.slice(0, 3) : ["before"], text = { before: "Before", wipe: "Wipe", after: "After" };
    const rows = [modes.map((name) => ({ name, text: say(text[name]), on: viewer.mode === name, press: () => viewer.setMode(name) }))];
    rows.push([{ name: "next", text: format(say("Look at: {thing}"), { thing: next.title }), press: () => viewer.lookAt(next.name) }]);
    const set = [{ name: "quality", text: say(viewer.quality === "fine" ? "Fine" : "Fast"),
      press: () => viewer.set({ quality: viewer.quality === "fine" ? "light" : "fine" }) }];
    if (this.rates.length > 1)
      set.push({ name: "rate", text: `${Math.round(rate)} Hz`, press: () => this.refresh(this.rates[(this.rates.indexOf(rate) + 1) % this.rates.length]) });
    if (viewer.place.lasts > 0)
      set.push({ name: "drive", text: say(this.driving ? "Stop" : "Drive"), press: () => { this.driving = !this.driving; } });
    rows.push(set);
    rows.push([{ name: "sit", text: say("Sit here"), press: () => { this.seated = false; } },
      { name: "leave", text: say("Leave VR"), press: () => this.session.end() }]);
    return rows;
  }
}
