const { canvas, pen, size } = canvasOf(root, 0.5625);
let at = 0.5;
const pictures = {};
for (const key of ["before", "after"]) {
  pictures[key] = new Image(); pictures[key].onload = draw; pictures[key].src = data[key];
}
const slider = control(root, say("wipe"), 0, 1, 0.002, at, (v) => { at = v; draw(); });
function draw() {
  const [w, h] = size(), x = at * w;
  for (const [key, from, to] of [["before", 0, x], ["after", x, w]]) {
    const picture = pictures[key];
    if (!picture.complete || !picture.naturalWidth) continue;
    pen.save(); pen.beginPath(); pen.rect(from, 0, to - from, h); pen.clip();
    pen.drawImage(picture, 0, 0, w, h); pen.restore();
  }
  pen.fillStyle = "rgba(255,255,255,.9)"; pen.fillRect(x - 1, 0, 2, h);
  pen.beginPath(); pen.arc(x, h / 2, 9, 0, 7); pen.fill();
  pen.font = "12px Twin Sans, sans-serif"; pen.shadowColor = "#000"; pen.shadowBlur = 4;
  pen.textAlign = "left"; pen.fillText(say("without the lens"), 10, 20);
  pen.textAlign = "right"; pen.fillText(say("with the lens"), w - 10, 20); pen.shadowBlur = 0;
  root.dataset.wipe = at.toFixed(3);
  readout(root, [["Rx", data.rx], [say("decimal acuity far away"),
    say("{low} without, {high} with the lens", { low: data.acuity[0].toFixed(2), high: data.acuity[1].toFixed(2) })]]);
}
let drag = false;
const move = (e) => {
  if (!drag) return;
  const box = canvas.getBoundingClientRect();
  at = Math.min(1, Math.max(0, (e.clientX - box.left) / box.width)); slider.value = at; draw();
};
canvas.style.touchAction = "pan-y"; canvas.style.cursor = "ew-resize";
canvas.addEventListener("pointerdown", (e) => { drag = true; canvas.setPointerCapture(e.pointerId); move(e); });
canvas.addEventListener("pointermove", move);
canvas.addEventListener("pointerup", () => { drag = false; });
window.addEventListener("resize", draw); draw();
