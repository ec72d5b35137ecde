const { canvas, pen, size } = canvasOf(root, 0.62);
const MMHG = 133.322387415;
let percent = data.percent, length = data.length_mm;
const widths = control(root, say("diameter stenosis, %"), 0, 85, 1, percent, (v) => { percent = v; solve(); });
const lengths = control(root, say("length of the stenosis, mm"), 2, 30, 1, length, (v) => { length = v; solve(); });
const table = (x, xs, ys) => {
  const up = xs[xs.length - 1] > xs[0];
  let lo = 0, hi = xs.length - 1;
  while (hi - lo > 1) { const m = (lo + hi) >> 1; if ((xs[m] <= x) === up) lo = m; else hi = m; }
  const f = Math.min(1, Math.max(0, (x - xs[lo]) / (xs[hi] - xs[lo])));
  return ys[lo] + f * (ys[hi] - ys[lo]);
};
function areas() {
  const d = data.diameter_mm * 1e-3, s = d * (1 - percent / 100);
  return [d, s, Math.PI / 4 * d * d, Math.PI / 4 * s * s];
}
function youngTsai(q) {
  const [d, s, a0, as] = areas(), r = a0 / as;
  return 32 * (0.83 * length * 1e-3 + 1.64 * s) / d * r * r * data.viscosity * q / (a0 * d)
    + 1.52 * data.density / 2 * (q / a0) ** 2 * (r - 1) ** 2;
}
function huoKassab(q) {
  if (q === 0) return 0;
  const [, , a0, as] = areas(), e = data.entrance, rho = data.density, mu = data.viscosity, L = length * 1e-3;
  const reached = Math.PI * mu * L / (rho * q);
  let alpha = 0.05, throat = 0;
  if (reached >= e.length[0]) throat = 8 * Math.PI * mu * (L - e.length[0] * rho * q / (Math.PI * mu)) * q / (as * as);
  else alpha = table(reached, e.length, e.core);
  const developing = rho * q * q / (2 * as * as) * 96 / 5 * table(alpha, e.core, e.loss);
  const d = 1 / as - 1 / a0, blunt = 2 * d * (1 / as - 1 / (3 * a0)) - d * d;
  return developing + throat + rho * q * q / 2 * (d * d + blunt * (1 - alpha) ** 2);
}
function flowOf(law) {
  const drive = (data.aortic_mmhg - data.venous_mmhg) * MMHG;
  let lo = 0, hi = drive / data.resistance;
  for (let i = 0; i < 60; i++) { const q = (lo + hi) / 2; if (law(q) + data.resistance * q < drive) lo = q; else hi = q; }
  return lo;
}
let state = null;
function solve() {
  const q = [flowOf(youngTsai), flowOf(huoKassab)];
  const distal = q.map((x) => data.resistance * x / MMHG + data.venous_mmhg), ffr = distal.map((p) => p / data.aortic_mmhg);
  state = { q, distal, ffr };
  root.dataset.ffr = ffr.map((f) => f.toFixed(4)).join(" ");
  widths.value = percent; lengths.value = length;
  const range = (a, b, d) => say("{low} to {high}", { low: Math.min(a, b).toFixed(d), high: Math.max(a, b).toFixed(d) });
  const verdict = Math.max(...ffr) < 0.8 ? say("below 0.80: flow is limited") : Math.min(...ffr) > 0.8 ? say("above 0.80") : say("across 0.80");
  readout(root, [[say("fractional flow reserve"), range(...ffr, 2) + " \u00b7 " + verdict],
    [say("pressure behind it"), say("{v} mmHg", { v: range(...distal, 0) })],
    [say("flow under hyperaemia"), say("{v} mL/min", { v: range(q[0] * 6e7, q[1] * 6e7, 0) })]]);
}
const beads = Array.from({ length: 110 }, (_, i) => [(i * 0.618) % 1, ((i * 0.381) % 1) * 1.8 - 0.9]);
const shade = (f, light) => { const x = Math.max(0, Math.min(1, (1 - f) / 0.5)); return `hsl(${Math.round(360 - 112 * x)} ${Math.round(64 - 24 * x)}% ${Math.round(light)}%)`; };
const LONG = 62, HALF = 6.5 * 0.62;  // millimetres shown; half the healthy lumen on the picture, in the same unit
let last = 0, lumen = [0, 1];
const radius = (mm) => HALF * (1 - percent / 100 * Math.exp(-(((mm - LONG / 2) / (length / 2)) ** 6)));
function outline(per, mid, r) {
  pen.beginPath();
  for (let i = 0; i <= 2 * LONG; i++) pen.lineTo(i / 2 * per, mid - r(i / 2) * per);
  for (let i = 2 * LONG; i >= 0; i--) pen.lineTo(i / 2 * per, mid + r(i / 2) * per);
  pen.closePath();
}
function artery(w, mid, per, f) {
  outline(per, mid, () => HALF + 0.75); pen.fillStyle = "hsl(18 42% 62%)"; pen.fill();      // wall
  outline(per, mid, () => HALF + 0.1); pen.fillStyle = "hsl(42 58% 78%)"; pen.fill();       // plaque fills what the lumen leaves
  const from = (LONG / 2 - length / 2) / LONG, to = Math.min(0.98, (LONG / 2 + length / 2 + 3) / LONG);
  outline(per, mid, radius); pen.save(); pen.clip();
  const blood = pen.createLinearGradient(0, 0, w, 0);
  for (const [x, v] of [[0, 1], [Math.max(0, from), 1], [to, f], [1, f]]) blood.addColorStop(x, shade(v, 44));
  pen.fillStyle = blood; pen.fillRect(0, mid - HALF * per, w, 2 * HALF * per);
  // A round vessel: light falls from above, edges turn away.
  for (let i = 0; i < 2 * LONG; i++) {
    const r = radius(i / 2) * per, roundness = pen.createLinearGradient(0, mid - r, 0, mid + r);
    for (const [x, tone] of [[0, "rgba(40,0,0,.55)"], [0.28, "rgba(255,235,230,.30)"], [0.5, "rgba(255,255,255,0)"], [1, "rgba(40,0,0,.6)"]]) roundness.addColorStop(x, tone);
    pen.fillStyle = roundness; pen.fillRect(i / 2 * per, mid - r, per / 2 + 0.6, 2 * r);
  }
  pen.restore();
}
function cells(w, mid, per, now) {
  const speed = (state.q[0] + state.q[1]) / 2 / (Math.PI / 4 * (data.diameter_mm * 1e-3) ** 2) * 0.35, dt = Math.min(0.05, now - last); last = now;
  for (const b of beads) {
    const at = radius(b[0] * LONG), r = at / HALF, fast = speed * (1 - b[1] * b[1] * 0.8) / (r * r);
    b[0] = (b[0] + dt * fast / 0.062) % 1;
    pen.fillStyle = "rgba(255,255,255,.7)"; pen.beginPath();
    pen.ellipse(b[0] * w, mid + b[1] * at * per * 0.86, 1.5 + Math.min(9, fast * 4), 1.5, 0, 0, 7); pen.fill();
  }
}
function pressure(w, top, bottom, per) {
  const most = data.aortic_mmhg * 1.08, y = (v) => bottom - (bottom - top) * v / most;
  const a = (LONG / 2 - length / 2) * per, b = (LONG / 2 + length / 2 + 3) * per, ends = state.distal;
  pen.strokeStyle = ink("--line"); pen.lineWidth = 1;
  pen.beginPath(); pen.moveTo(0, bottom); pen.lineTo(w, bottom); pen.stroke();
  pen.setLineDash([4, 4]); pen.beginPath(); pen.moveTo(0, y(0.8 * data.aortic_mmhg)); pen.lineTo(w, y(0.8 * data.aortic_mmhg)); pen.stroke(); pen.setLineDash([]);
  pen.beginPath(); pen.moveTo(a, y(data.aortic_mmhg)); pen.lineTo(b, y(ends[0])); pen.lineTo(w, y(ends[0])); pen.lineTo(w, y(ends[1])); pen.lineTo(b, y(ends[1])); pen.closePath();
  pen.fillStyle = ink("--accent"); pen.globalAlpha = 0.3; pen.fill(); pen.globalAlpha = 1;
  pen.strokeStyle = ink("--accent"); pen.lineWidth = 2.5;
  for (const end of ends) { pen.beginPath(); pen.moveTo(0, y(data.aortic_mmhg)); pen.lineTo(a, y(data.aortic_mmhg)); pen.lineTo(b, y(end)); pen.lineTo(w, y(end)); pen.stroke(); }
  pen.fillStyle = ink("--soft"); pen.font = "12px Twin Sans, sans-serif"; pen.textAlign = "left";
  pen.fillText(say("aorta") + " " + data.aortic_mmhg.toFixed(0) + " mmHg", 4, y(data.aortic_mmhg) + 17);
  pen.fillText("FFR 0.80", 4, y(0.8 * data.aortic_mmhg) + 15);
  pen.textAlign = "right"; pen.font = "bold 15px Twin Sans, sans-serif"; pen.fillStyle = ink(Math.max(...state.ffr) < 0.8 ? "--bad" : "--ink");
  pen.fillText("FFR " + ((state.ffr[0] + state.ffr[1]) / 2).toFixed(2), w - 4, Math.min(bottom - 6, y(Math.min(...ends)) + 20));
}
function draw(now) {
  const [w, h] = size(), per = w / LONG, mid = h * 0.29;
  lumen = [mid / h, HALF * per / h];
  pen.clearRect(0, 0, w, h);
  artery(w, mid, per, (state.ffr[0] + state.ffr[1]) / 2); cells(w, mid, per, now);
  pressure(w, h * 0.58, h - 6, per);
}
let drag = false;
const move = (e) => {
  if (!drag) return;
  const box = canvas.getBoundingClientRect(), off = Math.abs((e.clientY - box.top) / box.height - lumen[0]);
  percent = Math.round(Math.max(0, Math.min(85, 100 * (1 - off / lumen[1])))); solve();
};
canvas.style.touchAction = "none"; canvas.style.cursor = "ns-resize";
canvas.addEventListener("pointerdown", (e) => { drag = true; canvas.setPointerCapture(e.pointerId); move(e); });
canvas.addEventListener("pointermove", move);
canvas.addEventListener("pointerup", () => { drag = false; });
solve(); animate(root, draw);
