const { canvas, pen, size } = canvasOf(root, 0.42);
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
const beads = Array.from({ length: 90 }, (_, i) => [(i * 0.618) % 1, ((i * 0.381) % 1) * 1.8 - 0.9]);
const shade = (f) => { const x = Math.max(0, Math.min(1, (1 - f) / 0.5)); return `hsl(${Math.round(360 - 112 * x)} ${Math.round(62 - 22 * x)}% ${Math.round(49 + 3 * x)}%)`; };
let last = 0;
function draw(now) {
  const [w, h] = size(), mid = h / 2, per = w / 62, wide = 6.5 * per * 0.62;
  const radius = (mm) => wide * (1 - percent / 100 * Math.exp(-(((mm - 31) / (length / 2)) ** 6)));
  pen.clearRect(0, 0, w, h);
  const f = (state.ffr[0] + state.ffr[1]) / 2;
  const blood = pen.createLinearGradient(0, 0, w, 0), from = (31 - length / 2) / 62, to = Math.min(0.98, (31 + length / 2 + 3) / 62);
  blood.addColorStop(0, shade(1)); blood.addColorStop(Math.max(0, from), shade(1)); blood.addColorStop(to, shade(f)); blood.addColorStop(1, shade(f));
  pen.beginPath();
  for (let i = 0; i <= 124; i++) pen.lineTo(i / 2 * per, mid - radius(i / 2));
  for (let i = 124; i >= 0; i--) pen.lineTo(i / 2 * per, mid + radius(i / 2));
  pen.closePath(); pen.fillStyle = blood; pen.fill(); pen.lineWidth = 5; pen.strokeStyle = ink("--line"); pen.stroke();
  const speed = (state.q[0] + state.q[1]) / 2 / (Math.PI / 4 * (data.diameter_mm * 1e-3) ** 2) * 0.35, dt = Math.min(0.05, now - last); last = now;
  pen.fillStyle = "rgba(255,255,255,.75)";
  for (const b of beads) {
    const r = radius(b[0] * 62) / wide, profile = 1 - b[1] * b[1] * 0.8;
    b[0] = (b[0] + dt * speed * profile / (r * r) / 0.062) % 1;
    pen.beginPath(); pen.arc(b[0] * w, mid + b[1] * radius(b[0] * 62) * 0.88, 1.7, 0, 7); pen.fill();
  }
  pen.fillStyle = ink("--soft"); pen.font = "12px Twin Sans, sans-serif"; pen.textAlign = "left";
  pen.fillText(say("aorta") + " " + data.aortic_mmhg.toFixed(0) + " mmHg", 8, h - 8);
  pen.textAlign = "right"; pen.fillText("FFR " + f.toFixed(2), w - 8, h - 8);
}
let drag = false;
const move = (e) => {
  if (!drag) return;
  const box = canvas.getBoundingClientRect(), off = Math.abs(e.clientY - box.top - box.height / 2), wide = 6.5 * box.width / 62 * 0.62;
  percent = Math.round(Math.max(0, Math.min(85, 100 * (1 - off / wide)))); solve();
};
canvas.style.touchAction = "none"; canvas.style.cursor = "ns-resize";
canvas.addEventListener("pointerdown", (e) => { drag = true; canvas.setPointerCapture(e.pointerId); move(e); });
canvas.addEventListener("pointermove", move);
canvas.addEventListener("pointerup", () => { drag = false; });
solve(); animate(root, draw);
