// The page's controls: modes, wipe, things to look at, read-outs; mouse, touch and keys. Words in two languages.

import { format } from "./words.js";
import { MODES } from "./viewer.js";

const MODE_TEXT = { before: "Before", wipe: "Wipe", after: "After", flicker: "Flicker" };
const KERNEL_TEXT = { viewer: "For your eye", camera: "For a camera" };
const QUALITY_TEXT = { fine: "Fine", light: "Fast" };
const WIPE_STEP = 0.02, TURN_PX = 40;
const find = (id) => document.getElementById(id);

export class Controls {
  constructor(viewer, flat) {
    Object.assign(this, { viewer, flat });
    this.build();
    viewer.addEventListener("change", () => this.refresh());
    viewer.addEventListener("drawn", () => this.refresh());
    viewer.addEventListener("lost", () => this.refresh());
    viewer.addEventListener("restored", () => this.refresh());
    addEventListener("keydown", (e) => this.key(e));
    this.grip();
    this.refresh();
  }

  say(text, values) {
    return format(this.viewer.words.say(text), values);
  }

  build() {
    const { viewer, flat } = this;
    this.modes = this.choices("modes", viewer.looks.all.length > 1 ? MODES : ["before"], (m) => this.mode(m));
    this.kernels = this.choices("kernels", Object.keys(KERNEL_TEXT), (kernel) => viewer.set({ kernel }));
    this.qualities = this.choices("qualities", Object.keys(QUALITY_TEXT), (quality) => viewer.set({ quality }));
    this.things = this.choices("things", viewer.things.map((t) => t.name), (name) => flat.face(name));
    this.languages = this.choices("languages", ["en", "ko"], (language) => viewer.set({ language }));
    find("more").addEventListener("click", () => this.fold());
    find("nearer").addEventListener("click", () => flat.zoom(1 / 1.25));
    find("wider").addEventListener("click", () => flat.zoom(1.25));
    find("play").hidden = !(viewer.place.lasts > 0);
    find("play").addEventListener("click", () => this.play());
    if (matchMedia("(max-width: 720px)").matches) this.fold();
  }

  // A wipe that was left behind comes back to the middle.
  mode(m) {
    if (m === "wipe" && this.flat.wipeAt() === null) this.viewer.wipe = this.flat.yaw;
    this.viewer.setMode(m);
  }

  fold() {
    const folded = document.body.classList.toggle("folded");
    find("more").setAttribute("aria-expanded", String(!folded));
  }

  choices(id, names, chosen) {
    const list = find(id);
    return new Map(names.map((name) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.dataset.name = name;
      button.addEventListener("click", () => chosen(name));
      list.append(button);
      return [name, button];
    }));
  }

  mark(buttons, chosen, text) {
    for (const [name, button] of buttons) {
      button.textContent = text(name);
      button.setAttribute("aria-pressed", String(name === chosen));
    }
  }

  refresh() {
    const { viewer } = this, { language } = viewer.words, page = viewer.page;
    document.documentElement.lang = language;
    this.mark(this.modes, viewer.mode, (m) => this.say(MODE_TEXT[m]));
    this.mark(this.kernels, viewer.kernel, (k) => this.say(KERNEL_TEXT[k]));
    this.mark(this.qualities, viewer.quality, (q) => this.say(QUALITY_TEXT[q]));
    this.mark(this.languages, language, (l) => ({ en: "English", ko: viewer.words.all.Korean ?? "Korean" })[l]);
    const things = new Map(viewer.things.map((t) => [t.name, t]));
    this.mark(this.things, viewer.look, (n) => this.say("{thing}, {distance} m", { thing: things.get(n).title, distance: metres(things.get(n).distance) }));
    for (const [id, text] of Object.entries({ t_compare: "Compare", t_look: "Look at", t_kernel: "Picture", t_quality: "Drawing",
      t_reads: "What this eye does", more: "Controls" })) find(id).textContent = this.say(text);
    find("title").textContent = page.title[language];
    find("who").textContent = page.who[language];
    document.title = `${page.title[language]} · twin`;
    find("play").textContent = this.say(this.playing ? "Stop" : "Drive");
    for (const [id, text] of [["nearer", "Closer"], ["wider", "Wider"], ["grip", "Wipe"]]) find(id).setAttribute("aria-label", this.say(text));
    this.tags();
    this.reads();
  }

  tags() {
    const { viewer, flat } = this, last = viewer.looks.all.length - 1, { language } = viewer.words;
    const shown = viewer.shown.map(([n]) => n);
    [["left", shown[0]], ["right", shown[1]]].forEach(([id, n]) => {
      find(id).hidden = n === undefined;
      if (n === undefined) return;
      find(id).querySelector("b").textContent = viewer.looks.all[n].title[language];
      find(id).querySelector("small").textContent = viewer.acuity(n);
    });
    const at = viewer.mode === "wipe" && last ? flat.wipeAt() : null;
    find("grip").hidden = at === null;
    if (at !== null) find("grip").style.left = `${100 * at}%`;
    find("grip").setAttribute("aria-valuenow", String(Math.round((viewer.wipe * 180) / Math.PI)));
  }

  reads() {
    const { viewer } = this, rows = [];
    const add = (name, value) => rows.push([this.say(name), value]);
    const thing = viewer.look ? viewer.page.things[viewer.look][viewer.words.language] : this.say("a point");
    add("Looking at", this.say("{thing}, {distance} m", { thing, distance: metres(viewer.distance) }));
    viewer.looks.all.forEach((look, i) => {
      const s = viewer.states[i];
      rows.push([look.title[viewer.words.language], `${this.say("blur left {blur:.2f} D", s)}, ${viewer.acuity(i)}`]);
    });
    const letters = viewer.page.letters[viewer.look];
    if (letters !== undefined) {
      const size = letters - Math.log10(viewer.distance / viewer.page.letters_at[viewer.look]);
      add("Letters there", this.say("{size:+.2f} logMAR, {px:.1f} pixels high", { size, px: (5 * 10 ** size / 60) * viewer.pxPerDeg }));
    }
    add("This display", this.say("{px:.1f} pixels a degree, finest letter {finest:+.2f} logMAR", { px: viewer.pxPerDeg, finest: viewer.finest }));
    const list = find("reads");
    list.replaceChildren(...rows.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
    const skip = viewer.looks.all.length + 2;
    find("notes").replaceChildren(...viewer.labels().slice(skip).map((text) => element("p", text)));
    find("kind").textContent = viewer.labels()[skip];
  }

  // The wipe's grip: drag, or arrow keys.
  grip() {
    const grip = find("grip");
    grip.addEventListener("pointerdown", (e) => { grip.setPointerCapture(e.pointerId); this.dragging = true; e.preventDefault(); grip.focus(); });
    grip.addEventListener("pointermove", (e) => this.dragging && this.flat.wipeTo(e.clientX, this.middle()));
    for (const name of ["pointerup", "pointercancel"]) grip.addEventListener(name, () => { this.dragging = false; });
  }

  middle() {
    const box = find("picture").getBoundingClientRect();
    return box.top + box.height / 2;
  }

  key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const { viewer, flat } = this, names = [...this.things.keys()], onButton = e.target.closest?.("button");
    const act = {
      ArrowLeft: () => (e.shiftKey ? flat.turn(TURN_PX, 0) : viewer.setWipe(viewer.wipe - WIPE_STEP)),
      ArrowRight: () => (e.shiftKey ? flat.turn(-TURN_PX, 0) : viewer.setWipe(viewer.wipe + WIPE_STEP)),
      ArrowUp: () => flat.turn(0, TURN_PX), ArrowDown: () => flat.turn(0, -TURN_PX),
      "+": () => flat.zoom(0.8), "=": () => flat.zoom(0.8), "-": () => flat.zoom(1.25),
      " ": onButton ? null : () => viewer.nextLens(), f: () => viewer.setMode("flicker"),
      k: () => viewer.set({ kernel: viewer.kernel === "viewer" ? "camera" : "viewer" }),
      q: () => viewer.set({ quality: viewer.quality === "fine" ? "light" : "fine" }),
      l: () => viewer.set({ language: viewer.words.language === "en" ? "ko" : "en" }),
    }[e.key] ?? (/^[1-9]$/.test(e.key) && names[e.key - 1] ? () => flat.face(names[e.key - 1]) : null);
    if (!act) return;
    e.preventDefault();
    act();
  }

  play() {
    this.playing = !this.playing;
    let before = performance.now();
    const step = (now) => {
      if (!this.playing || !this.viewer.flat) return;
      this.viewer.goTo((this.viewer.seconds + (now - before) / 1000) % this.viewer.place.lasts);
      before = now;
      this.viewer.draw();
      requestAnimationFrame(step);
    };
    if (this.playing) requestAnimationFrame(step);
    this.refresh();
  }
}

function metres(distance) {
  return distance.toFixed(distance < 10 ? 2 : 0);
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
