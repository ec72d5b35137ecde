const { canvas, pen, size } = canvasOf(root, 0.62);
let at = data.start, yaw = -0.9;
const marks = data.cases.map((c) => Math.round(100 * c.strength));
const slider = control(root, say("strength of the arm, %"), 0, data.cases.length - 1, 1, data.cases.length - 1 - at,
  (v) => { at = data.cases.length - 1 - v; show(); });
control(root, say("turn the view"), -3.1, 3.1, 0.02, yaw, (v) => { yaw = v; });
function show() {
  const c = data.cases[at];
  slider.setAttribute("aria-valuetext", marks[at] + " %");
  const rows = [[say("strength of the arm, %"), String(marks[at])]];
  if (c.feasible) rows.push([say("feasible"), say("shortest time") + " " + say("{v} s", { v: c.duration_s.toFixed(2) })],
    [say("binds"), say(c.binding)], [say("strength in use"), say("{v} %", { v: Math.round(100 * c.torque_share) })]);
  else rows.push([say("refused"), say("gravity alone asks {v} N m more than the muscles give", { v: c.missing_n_m })], [say("binds"), say(c.binding)]);
  root.dataset.feasible = c.feasible; readout(root, rows);
}
const trunk = data.cases[0].frames[0][0];
function project(p, w, h) {
  const x = p[0] - trunk[0], y = p[1] - trunk[1], z = p[2] - trunk[2], c = Math.cos(yaw), s = Math.sin(yaw);
  const across = c * x - s * y, deep = s * x + c * y, scale = h * 0.72 / (1 - deep * 0.25);
  return [w * 0.46 + across * scale, h * 0.42 - z * scale, scale / h];
}
function limb(a, b, ra, rb, fill) {
  const angle = Math.atan2(b[1] - a[1], b[0] - a[0]);
  pen.beginPath(); pen.arc(a[0], a[1], ra, angle + Math.PI / 2, angle - Math.PI / 2);
  pen.arc(b[0], b[1], rb, angle - Math.PI / 2, angle + Math.PI / 2); pen.closePath(); pen.fillStyle = fill; pen.fill();
}
function arm(points, w, h, fill, alpha) {
  pen.globalAlpha = alpha;
  const p = points.map((q) => project(q, w, h)), k = h / 300;
  limb(p[0], p[1], 17 * k, 12 * k, fill); limb(p[1], p[2], 12 * k, 7.5 * k, fill); limb(p[2], p[3], 8 * k, 9 * k, fill);
  pen.globalAlpha = 1;
}
function body(w, h) {
  const k = h / 300, at3 = (x, y, z) => project([trunk[0] + x, trunk[1] + y, trunk[2] + z], w, h);
  pen.globalAlpha = 0.16; const tone = ink("--ink");
  const hip = at3(0.17, 0, -0.48), chest = at3(0.17, 0, -0.04), head = at3(0.17, 0.02, 0.26), far = at3(0.34, 0, 0);
  limb(hip, chest, 38 * k, 46 * k, tone); limb(far, chest, 16 * k, 24 * k, tone);
  pen.beginPath(); pen.ellipse(head[0], head[1], 23 * k, 29 * k, 0, 0, 7); pen.fillStyle = tone; pen.fill(); pen.globalAlpha = 1;
}
function draw(now) {
  const [w, h] = size(), c = data.cases[at], frames = c.frames, n = frames.length - 1;
  pen.clearRect(0, 0, w, h); body(w, h);
  pen.strokeStyle = c.feasible ? ink("--accent") : ink("--bad"); pen.globalAlpha = 0.14; pen.lineCap = "round"; pen.lineJoin = "round";
  pen.lineWidth = 0.1 * h; pen.beginPath();
  for (const f of frames) { const q = project(f[3], w, h); pen.lineTo(q[0], q[1]); } pen.stroke();
  pen.globalAlpha = 0.9; pen.lineWidth = 2; pen.setLineDash([2, 6]); pen.stroke(); pen.setLineDash([]); pen.globalAlpha = 1;
  arm(frames[0], w, h, ink("--soft"), 0.55);
  if (!c.feasible) { arm(frames[n], w, h, ink("--bad"), 0.18); return; }
  const span = c.duration_s * 2.2, t = (now % (span + 1.4)) / span, i = Math.min(n, Math.max(0, t * n)), k = Math.floor(i), f = i - k;
  const pose = frames[k].map((p, j) => p.map((v, m) => v + f * (frames[Math.min(n, k + 1)][j][m] - v)));
  for (const lag of [5, 10]) if (k > lag) arm(frames[k - lag], w, h, ink("--accent"), 0.12);
  arm(pose, w, h, ink("--accent"), 0.85);
}
canvas.style.cursor = "ew-resize"; canvas.style.touchAction = "pan-y";
let from = null;
canvas.addEventListener("pointerdown", (e) => { from = [e.clientX, yaw]; canvas.setPointerCapture(e.pointerId); });
canvas.addEventListener("pointermove", (e) => { if (from) yaw = from[1] + (e.clientX - from[0]) / 120; });
canvas.addEventListener("pointerup", () => { from = null; });
show(); animate(root, draw);
