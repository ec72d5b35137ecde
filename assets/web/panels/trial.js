const { pen, size } = canvasOf(root, 0.62);
const n = data.guided.length;
let enrolled = 12, shared = true;
// A fixed shuffle: separate arms enrol other people.
const other = [...Array(n).keys()].map((i) => (i * 37 + 11) % n);
const slider = control(root, say("avatars enrolled"), 4, n, 1, enrolled, (v) => { enrolled = v; draw(); });
button(root, say("separate luck"), (b) => {
  shared = !shared; b.textContent = shared ? say("separate luck") : say("shared luck");
  b.setAttribute("aria-pressed", String(!shared)); draw();
});
function estimate() {
  const g = [], s = [];
  for (let i = 0; i < enrolled; i++) { g.push(data.guided[i]); s.push(data.standard[shared ? i : other[i]]); }
  const mean = (x) => x.reduce((a, b) => a + b, 0) / x.length;
  const spread = (x) => { const m = mean(x); return x.reduce((a, b) => a + (b - m) ** 2, 0) / (x.length - 1); };
  const d = g.map((v, i) => v - s[i]);
  const se = shared ? Math.sqrt(spread(d) / d.length) : Math.sqrt((spread(g) + spread(s)) / d.length);
  return [mean(g) - mean(s), 1.96 * se];
}
function draw() {
  const [w, h] = size(), left = 60, right = w - 60, top = 22, bottom = h - 66;
  const y = (v) => bottom - (bottom - top) * v / 100;
  pen.clearRect(0, 0, w, h); pen.font = "12px Twin Sans, sans-serif"; pen.lineWidth = 1;
  pen.fillStyle = ink("--soft"); pen.textAlign = "center";
  pen.fillText(say("standard"), left, top - 8); pen.fillText(say("genotype-guided"), right, top - 8);
  pen.textAlign = "right"; pen.strokeStyle = ink("--line");
  for (const v of [0, 25, 50, 75, 100]) {
    pen.beginPath(); pen.moveTo(left - 4, y(v)); pen.lineTo(right + 4, y(v)); pen.stroke();
    pen.fillText(v + "%", left - 10, y(v) + 4);
  }
  for (let i = enrolled - 1; i >= 0; i--) {
    const a = data.standard[shared ? i : other[i]], b = data.guided[i], own = i === 0;
    pen.strokeStyle = own ? ink("--second") : ink("--accent"); pen.fillStyle = pen.strokeStyle;
    pen.globalAlpha = own ? 1 : 0.4; pen.lineWidth = own ? 3 : 1.4;
    if (shared) { pen.beginPath(); pen.moveTo(left, y(a)); pen.lineTo(right, y(b)); pen.stroke(); }
    for (const [x, v] of [[left, a], [right, b]]) { pen.beginPath(); pen.arc(x, y(v), own ? 4.5 : 3, 0, 7); pen.fill(); }
  }
  pen.globalAlpha = 1;
  const [d, half] = estimate(), mid = w / 2, scale = (w - 140) / 120, row = h - 30;
  pen.strokeStyle = ink("--line"); pen.lineWidth = 1;
  pen.beginPath(); pen.moveTo(mid, row - 16); pen.lineTo(mid, row + 16); pen.stroke();
  pen.strokeStyle = ink("--ink"); pen.lineWidth = 3; pen.beginPath();
  pen.moveTo(mid + Math.max(-60, d - half) * scale, row); pen.lineTo(mid + Math.min(60, d + half) * scale, row); pen.stroke();
  pen.fillStyle = ink("--ink"); pen.beginPath(); pen.arc(mid + d * scale, row, 6, 0, 7); pen.fill();
  pen.fillStyle = ink("--soft"); pen.textAlign = "center"; pen.fillText("0", mid, row + 28);
  readout(root, [
    [say("days in range, %"), say("this person") + ": " + data.standard[0].toFixed(0) + " \u2192 " + data.guided[0].toFixed(0)],
    [say("difference"), say("{value} points (95 % interval {low} to {high})",
      { value: minus(d, 1), low: minus(d - half, 1), high: minus(d + half, 1) })],
    [say("persons"), enrolled + ", " + (shared ? say("with shared luck") : say("with separate luck"))]]);
}
window.addEventListener("resize", draw); draw();
