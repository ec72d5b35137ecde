"use strict";
const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
function panel(name, data, words, live) {
  const root = document.getElementById("panel-" + name);
  if (root) live(root, data, (text, values = {}) =>
    (words[text] || text).replace(/\{(\w+)\}/g, (_, key) => values[key]));
}
function canvasOf(root, ratio) {
  const canvas = root.querySelector("canvas"), pen = canvas.getContext("2d");
  const size = () => {
    const width = canvas.clientWidth, dpr = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = width * dpr; canvas.height = width * ratio * dpr; canvas.style.height = width * ratio + "px";
    pen.setTransform(dpr, 0, 0, dpr, 0, 0);
    return [width, width * ratio];
  };
  return { canvas, pen, size };
}
function control(root, label, min, max, step, value, onInput) {
  const box = document.createElement("label"), head = document.createElement("span"), input = document.createElement("input");
  Object.assign(input, { type: "range", min, max, step }); input.value = value;
  head.textContent = label; box.append(head, input); box.className = "control";
  root.querySelector(".controls").append(box);
  input.addEventListener("input", () => onInput(+input.value));
  return input;
}
function button(root, label, onClick) {
  const b = document.createElement("button"); b.type = "button"; b.textContent = label;
  b.addEventListener("click", () => onClick(b)); root.querySelector(".controls").append(b);
  return b;
}
function readout(root, rows) {
  const list = root.querySelector("dl"); list.textContent = "";
  for (const [term, value] of rows) {
    const dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = term; dd.textContent = value; list.append(dt, dd);
  }
}
const minus = (x, digits) => x.toFixed(digits).replace("-", "\u2212");
function animate(root, draw) {
  let seen = false, start = null;
  new IntersectionObserver((e) => { seen = e[0].isIntersecting; if (seen) requestAnimationFrame(tick); }).observe(root);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  function tick(now) {
    if (start === null) start = now;
    draw((now - start) / 1000);
    if (seen && !still && !document.hidden) requestAnimationFrame(tick);
  }
  document.addEventListener("visibilitychange", () => { if (seen && !document.hidden) requestAnimationFrame(tick); });
}
// A canvas draws with what is there: once more when the page's own font is.
document.fonts.ready.then(() => window.dispatchEvent(new Event("resize")));
