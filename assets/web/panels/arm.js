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
  const across = c * x - s * y, deep = s * x + c * y, scale = h * 0.66 / (1 - deep * 0.25);
  return [w * 0.46 + across * scale, h * 0.45 - z * scale, scale / h];
}
// A tapered limb with light from the upper left across it.
function limb(a, b, ra, rb, tone) {
  const angle = Math.atan2(b[1] - a[1], b[0] - a[0]), side = angle + Math.PI / 2, r = Math.max(ra, rb);
  const flip = Math.cos(side) + Math.sin(side) > 0 ? -1 : 1, nx = flip * Math.cos(side) * r, ny = flip * Math.sin(side) * r;
  const round = pen.createLinearGradient(a[0] + nx, a[1] + ny, a[0] - nx, a[1] - ny);
  for (const [x, l] of [[0, 12], [0.35, 4], [1, -16]]) round.addColorStop(x, `hsl(${tone[0]} ${tone[1]}% ${tone[2] + l}%)`);
  pen.beginPath(); pen.arc(a[0], a[1], ra, angle + Math.PI / 2, angle - Math.PI / 2);
  pen.arc(b[0], b[1], rb, angle - Math.PI / 2, angle + Math.PI / 2); pen.closePath(); pen.fillStyle = round; pen.fill();
}
function hand(wrist, knuckle, k, tone) {
  const dx = knuckle[0] - wrist[0], dy = knuckle[1] - wrist[1], long = Math.hypot(dx, dy) || 1, u = [dx / long, dy / long];
  const reach = Math.max(long, 14 * k);
  for (const [spread, far] of [[-0.36, 1.72], [-0.12, 1.95], [0.12, 1.9], [0.34, 1.65]]) {
    const tip = [wrist[0] + reach * far * (u[0] - spread * u[1]) , wrist[1] + reach * far * (u[1] + spread * u[0])];
    limb([wrist[0] + reach * 0.9 * (u[0] - spread * u[1]), wrist[1] + reach * 0.9 * (u[1] + spread * u[0])], tip, 2.6 * k, 2 * k, tone);
  }
  limb([wrist[0] + u[0] * reach * 0.3, wrist[1] + u[1] * reach * 0.3], [wrist[0] + reach * (u[0] * 0.9 + 0.62 * u[1]), wrist[1] + reach * (u[1] * 0.9 - 0.62 * u[0])], 3.4 * k, 2.4 * k, tone);
  limb(wrist, [wrist[0] + u[0] * reach, wrist[1] + u[1] * reach], 6.2 * k, 7.4 * k, tone);
}
function arm(points, w, h, tone, alpha) {
  pen.save(); pen.globalAlpha = alpha;
  const p = points.map((q) => project(q, w, h)), k = h / 300, bulge = (a, b, f) => [a[0] + f * (b[0] - a[0]), a[1] + f * (b[1] - a[1])];
  hand(p[2], p[3], k, tone);
  limb(bulge(p[1], p[2], 0.3), p[2], 11.5 * k, 6.6 * k, tone); limb(p[1], bulge(p[1], p[2], 0.3), 10.5 * k, 11.5 * k, tone);
  limb(bulge(p[0], p[1], 0.45), p[1], 14.5 * k, 10.5 * k, tone); limb(p[0], bulge(p[0], p[1], 0.45), 18 * k, 14.5 * k, tone);
  pen.restore();
}
const dark = () => window.matchMedia("(prefers-color-scheme: dark)").matches;
function body(w, h) {
  const k = h / 300, at3 = (x, y, z) => project([trunk[0] + x, trunk[1] + y, trunk[2] + z], w, h), skin = dark() ? [205, 8, 40] : [205, 10, 76];
  const [near, far, neck, head, chest, waist, hip] = [at3(0.02, 0, 0.015), at3(0.32, 0, 0.015), at3(0.17, 0, 0.09), at3(0.17, 0.03, 0.25),
    at3(0.17, 0.01, -0.1), at3(0.17, 0, -0.34), at3(0.17, 0, -0.52)];
  limb(far, at3(0.37, 0.02, -0.28), 16 * k, 10 * k, skin);
  limb(at3(0.37, 0.02, -0.28), at3(0.33, 0.2, -0.44), 10 * k, 7 * k, skin);
  limb(hip, waist, 42 * k, 35 * k, skin); limb(waist, chest, 35 * k, 46 * k, skin);
  limb(far, near, 17 * k, 17 * k, skin); limb(chest, neck, 46 * k, 15 * k, skin); limb(neck, head, 12 * k, 13 * k, skin);
  const light = pen.createRadialGradient(head[0] - 8 * k, head[1] - 12 * k, 2, head[0], head[1], 32 * k);
  light.addColorStop(0, `hsl(${skin[0]} ${skin[1]}% ${skin[2] + 12}%)`); light.addColorStop(1, `hsl(${skin[0]} ${skin[1]}% ${skin[2] - 10}%)`);
  pen.beginPath(); pen.ellipse(head[0], head[1], 22 * k, 28 * k, 0, 0, 7); pen.fillStyle = light; pen.fill();
}
function draw(now) {
  const [w, h] = size(), c = data.cases[at], frames = c.frames, n = frames.length - 1;
  const ghost = dark() ? [177, 46, 52] : [180, 62, 34], rest = dark() ? [205, 6, 52] : [205, 8, 60], refused = [4, 60, 52];
  pen.clearRect(0, 0, w, h); body(w, h);
  pen.strokeStyle = c.feasible ? ink("--accent") : ink("--bad"); pen.globalAlpha = 0.14; pen.lineCap = "round"; pen.lineJoin = "round";
  pen.lineWidth = 0.1 * h; pen.beginPath();
  for (const f of frames) { const q = project(f[3], w, h); pen.lineTo(q[0], q[1]); } pen.stroke();
  pen.globalAlpha = 0.9; pen.lineWidth = 2; pen.setLineDash([2, 6]); pen.stroke(); pen.setLineDash([]); pen.globalAlpha = 1;
  arm(frames[0], w, h, rest, 0.85);
  if (!c.feasible) { arm(frames[n], w, h, refused, 0.3); return; }
  const span = c.duration_s * 2.2, t = (now % (span + 1.4)) / span, i = Math.min(n, Math.max(0, t * n)), k = Math.floor(i), f = i - k;
  const pose = frames[k].map((p, j) => p.map((v, m) => v + f * (frames[Math.min(n, k + 1)][j][m] - v)));
  for (const lag of [5, 10]) if (k > lag) arm(frames[k - lag], w, h, ghost, 0.14);
  arm(pose, w, h, ghost, 0.93);
}
canvas.style.cursor = "ew-resize"; canvas.style.touchAction = "pan-y";
let from = null;
canvas.addEventListener("pointerdown", (e) => { from = [e.clientX, yaw]; canvas.setPointerCapture(e.pointerId); });
canvas.addEventListener("pointermove", (e) => { if (from) yaw = from[1] + (e.clientX - from[0]) / 120; });
canvas.addEventListener("pointerup", () => { from = null; });
show(); animate(root, draw);
