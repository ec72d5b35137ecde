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
// Days in range of every avatar under both arms; a line joins the two lives of one avatar.
function pairs(left, right, top, bottom) {
  const y = (v) => bottom - (bottom - top) * v / 100;
  pen.fillStyle = ink("--soft"); pen.textAlign = "center"; pen.lineWidth = 1;
  pen.fillText(say("standard"), left, top - 9); pen.fillText(say("genotype-guided"), right - 8, top - 9);
  pen.textAlign = "right"; pen.strokeStyle = ink("--line");
  for (const v of [0, 50, 100]) {
    pen.beginPath(); pen.moveTo(left - 4, y(v)); pen.lineTo(right + 4, y(v)); pen.stroke();
    pen.fillText(v + "%", left - 9, y(v) + 4);
  }
  for (let i = enrolled - 1; i >= 0; i--) {
    const a = data.standard[shared ? i : other[i]], b = data.guided[i], own = i === 0;
    pen.strokeStyle = own ? ink("--second") : ink("--accent"); pen.fillStyle = pen.strokeStyle;
    pen.globalAlpha = own ? 1 : 0.4; pen.lineWidth = own ? 3 : 1.4;
    if (shared) { pen.beginPath(); pen.moveTo(left, y(a)); pen.lineTo(right, y(b)); pen.stroke(); }
    for (const [x, v] of [[left, a], [right, b]]) { pen.beginPath(); pen.arc(x, y(v), own ? 4.5 : 3, 0, 7); pen.fill(); }
  }
  pen.globalAlpha = 1;
}
// INR of this person over the weeks under both arms; the band is the therapeutic range.
function course(left, right, top, bottom) {
  const last = Math.max(...data.course.map((c) => c[c.length - 1][0])), most = 1.06 * Math.max(3.6, ...data.course.flat().map((p) => p[1]));
  const x = (d) => left + (right - left) * d / last, y = (v) => bottom - (bottom - top) * (v - 0.8) / (most - 0.8);
  pen.fillStyle = ink("--accent-soft"); pen.fillRect(left, y(data.range[1]), right - left, y(data.range[0]) - y(data.range[1]));
  pen.fillStyle = ink("--soft"); pen.textAlign = "center"; pen.fillText(say("INR of this person, both lives"), (left + right) / 2, top - 9);
  pen.textAlign = "right";
  for (const v of [1, ...data.range]) pen.fillText(String(v), left - 6, y(v) + 4);
  pen.textAlign = "left"; pen.fillText(say("day {v}", { v: 0 }), left, bottom + 16);
  pen.textAlign = "right"; pen.fillText(String(Math.round(last)), right, bottom + 16);
  pen.strokeStyle = ink("--line"); pen.lineWidth = 1; pen.beginPath(); pen.moveTo(left, bottom); pen.lineTo(right, bottom); pen.stroke();
  for (const [arm, tone, dash] of [[0, "--second", []], [1, "--soft", [5, 4]]]) {
    pen.strokeStyle = ink(tone); pen.lineWidth = 2.2; pen.setLineDash(dash); pen.beginPath();
    for (const [d, v] of data.course[arm]) pen.lineTo(x(d), y(v));
    pen.stroke();
  }
  pen.setLineDash([]);
}
function interval(mid, row, w, d, half) {
  const scale = (w - 100) / 120, at = (v) => mid + Math.max(-60, Math.min(60, v)) * scale;
  pen.strokeStyle = ink("--line"); pen.lineWidth = 1; pen.beginPath(); pen.moveTo(at(-60), row); pen.lineTo(at(60), row);
  pen.moveTo(mid, row - 12); pen.lineTo(mid, row + 8); pen.stroke();
  pen.strokeStyle = ink("--ink"); pen.lineWidth = 3; pen.beginPath(); pen.moveTo(at(d - half), row); pen.lineTo(at(d + half), row); pen.stroke();
  pen.fillStyle = ink("--ink"); pen.beginPath(); pen.arc(at(d), row, 6, 0, 7); pen.fill();
  pen.fillStyle = ink("--soft"); pen.textAlign = "center"; pen.fillText("0", mid, row + 22);
}
function draw() {
  const [w, h] = size(), top = 24, bottom = h - 74, [d, half] = estimate();
  pen.clearRect(0, 0, w, h); pen.font = "12px Twin Sans, sans-serif";
  pairs(44, w * 0.44, top, bottom); course(w * 0.58, w - 8, top, bottom); interval(w / 2, h - 26, w, d, half);
  root.dataset.half = half.toFixed(3); root.dataset.difference = d.toFixed(3);
  readout(root, [
    [say("days in range, %"), say("this person") + ": " + data.standard[0].toFixed(0) + " → " + data.guided[0].toFixed(0)],
    [say("difference"), say("{value} points (95 % interval {low} to {high})",
      { value: minus(d, 1), low: minus(d - half, 1), high: minus(d + half, 1) })],
    [say("persons"), enrolled + ", " + (shared ? say("with shared luck") : say("with separate luck"))]]);
}
window.addEventListener("resize", draw); draw();
