"use strict";
for (const box of document.querySelectorAll(".wipe")) {
  const range = box.querySelector("input");
  const move = (value) => {
    range.value = value;
    box.style.setProperty("--at", range.value + "%");
  };
  range.addEventListener("input", () => move(range.value));
  const picture = box.querySelector(".pair");
  const follow = (event) => {
    const frame = picture.getBoundingClientRect();
    move(((event.clientX - frame.left) / frame.width) * 100);
  };
  picture.addEventListener("pointerdown", (event) => {
    picture.setPointerCapture(event.pointerId);
    follow(event);
  });
  picture.addEventListener("pointermove", (event) => {
    if (picture.hasPointerCapture(event.pointerId)) follow(event);
  });
}
