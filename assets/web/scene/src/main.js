// The live page: unpacks its place, draws it, offers a headset. What it exports others may script (docs/headset.md).

import { Chain } from "./chain.js";
import { Bank, tapTable, Taps } from "./kernels.js";
import { LightChain } from "./light.js";
import { Flat } from "./flat.js";
import { Controls } from "./controls.js";
import { WrongVersion } from "./looks.js";
import { Pass, target } from "./passes.js";
import { TextureTooLarge } from "./place.js";
import { Glb, unpacked } from "./unpack.js";
import { Viewer } from "./viewer.js";
import { format, Words } from "./words.js";
import { offerHeadset } from "./xr.js";

export { DataTexture, FloatType, Matrix4, RGBAFormat, Vector3, WebGLRenderer } from "three";
export * as eyes from "./eyes.js";
export * as join from "./join.js";
export { Bank, Chain, Flat, Glb, LightChain, offerHeadset, Pass, tapTable, Taps, target, unpacked, Viewer };

const root = document.documentElement;
const find = (id) => document.getElementById(id);

// One clear sentence, in the language in force.
function sentence(error, say) {
  if (error instanceof WrongVersion) return say("This page's kernels are of another version: make the page again.");
  if (error instanceof TextureTooLarge)
    return format(say("A picture of {width} x {height} pixels is larger than this device's limit of {largest}."), error);
  return say("The page could not be drawn: {what}").replace("{what}", error.message);
}

function show(text) {
  root.dataset.twin = "error";
  find("error").textContent = text;
  find("error").hidden = false;
  find("wait").hidden = true;
}

async function start() {
  const page = JSON.parse(find("page").textContent), words = new Words(page);
  root.dataset.twin = "loading";
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl) return show(words.say("This browser has no WebGL2: use another one, or the page of stills."));
  if (!gl.getExtension("EXT_color_buffer_float") && !gl.getExtension("EXT_color_buffer_half_float"))
    return show(words.say("This device cannot draw into floating-point pictures: use another one, or the page of stills."));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  try {
    const viewer = new Viewer(find("picture"), new Glb(await unpacked(find("place").textContent)), page);
    // A phone's graphics: one product.
    if (matchMedia("(pointer: coarse)").matches) viewer.quality = "light";
    await viewer.load();
    find("place").textContent = "";
    const flat = new Flat(viewer, find("picture")), controls = new Controls(viewer, flat);
    expose(viewer, flat);
    flat.frame(flat.scale);
    root.dataset.twin = "ready";
    find("wait").hidden = true;
    controls.refresh();
    viewer.draw();
    await offerHeadset(viewer, find("headset"), viewer.words.say);
  } catch (error) {
    console.error(error);
    show(sentence(error, words.say));
  }
}

// For those who script the page: read the state, make the choices that the controls make, take the picture.
function expose(viewer, flat) {
  window.twin = Object.freeze({
    state: () => ({ ...viewer.state, yaw: flat.yaw, pitch: flat.pitch, fov: flat.fov }),
    set: (choices) => {
      for (const name of ["yaw", "pitch", "fov"]) if (choices[name] !== undefined) flat[name] = choices[name];
      viewer.set(choices);
    },
    picture: (scale = 1) => {
      flat.frame(scale, true);
      const gl = viewer.renderer.getContext(), [width, height] = flat.last, data = new Uint8ClampedArray(4 * width * height);
      gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, data);
      return { width, height, data };
    },
    viewer,
  });
}

if (document.getElementById("page")) start();
