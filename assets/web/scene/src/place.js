// The place: meshes with the surface, shade and mirror shaders, drawn with a tent weight. z up, metres, cd/m2.

import {
  BufferAttribute, BufferGeometry, ClampToEdgeWrapping, CubeTexture, CustomBlending, DataTexture, DoubleSide,
  FrontSide, GLSL3, LinearFilter, LinearMipmapLinearFilter, Matrix4, Mesh, NoBlending, OneFactor,
  OneMinusSrcAlphaFactor, RawShaderMaterial, RepeatWrapping, RGBFormat, Scene, SRGBColorSpace, Texture,
  UnsignedInt5999Type, Vector3, Vector4,
} from "three";

import { body, EYE, host } from "./passes.js";
import { none, union, whole } from "./rects.js";

const NAMES = { POSITION: "p3d_Vertex", NORMAL: "p3d_Normal", TEXCOORD_0: "p3d_MultiTexCoord0", TEXCOORD_1: "light_uv", COLOR_0: "tint" };

export class Place {
  constructor(glb, page, renderer) {
    this.glb = glb;
    this.extras = glb.tree.extras.twin;
    this.shaders = page.shaders;
    this.renderer = renderer;
    this.scene = new Scene();
    this.scene.matrixWorldAutoUpdate = false;
    this.view = new Matrix4();
    this.viewProjection = new Matrix4();
    this.shared = {
      tent: { value: new Vector3() }, p3d_ViewMatrixInverse: { value: new Matrix4() }, beam_at: { value: new Vector3() },
    };
    const { tracks, seconds } = this.extras;
    this.moments = glb.view(tracks.view, Float32Array);
    this.tracks = Array.from({ length: tracks.count }, () => ({ matrix: new Matrix4(), inverse: new Matrix4(), eye: new Vector3() }));
    this.lasts = seconds[seconds.length - 1];
  }

  async load() {
    const largest = this.renderer.capabilities.maxTextureSize;
    this.images = new Map();
    this.maps = await Promise.all(this.extras.maps.map((map) => this.map(map, largest)));
    for (const item of this.extras.items) for (const name of ["base_map", "bump_map"]) {
      const image = item.textures[name];
      if (image && !this.images.has(this.key(image))) this.images.set(this.key(image), this.image(image, largest));
    }
    const ready = await Promise.all(this.images.values());
    [...this.images.keys()].forEach((key, i) => this.images.set(key, ready[i]));
    this.chunks = this.extras.items.flatMap((item) => this.item(item));
    this.at(0);
  }

  key({ texture, colour, clamp }) {
    return `${texture} ${colour} ${clamp}`;
  }

  async image({ texture, colour, sharp, clamp }, largest) {
    const bitmap = await this.glb.image(texture);
    if (Math.max(bitmap.width, bitmap.height) > largest) throw new TextureTooLarge(bitmap.width, bitmap.height, largest);
    const made = new Texture(bitmap);
    made.flipY = false;
    made.colorSpace = colour ? SRGBColorSpace : "";
    made.wrapS = made.wrapT = clamp ? ClampToEdgeWrapping : RepeatWrapping;
    made.minFilter = LinearMipmapLinearFilter;
    made.anisotropy = sharp ? Math.min(8, this.renderer.capabilities.getMaxAnisotropy()) : 1;
    made.needsUpdate = true;
    return made;
  }

  async map(entry, largest) {
    const { kind, width, height } = entry;
    if (Math.max(width, height) > largest) throw new TextureTooLarge(width, height, largest);
    if (kind === "direction_map") {
      const made = await this.image({ texture: entry.texture, colour: false, sharp: false, clamp: true }, largest);
      made.minFilter = LinearFilter;
      made.generateMipmaps = false;
      return made;
    }
    const faces = kind === "probe" ? 6 : 1;
    const levels = entry.views.map((view, level) => {
      const words = this.glb.view(view, Uint32Array), side = Math.max(1, width >> level), tall = Math.max(1, height >> level);
      const length = words.length / faces;
      return Array.from({ length: faces }, (_, f) => light(words.slice(f * length, (f + 1) * length), side, tall));
    });
    if (faces === 1) return levels[0][0];
    const cube = new CubeTexture(levels[0]);
    Object.assign(cube, { format: RGBFormat, type: UnsignedInt5999Type, magFilter: LinearFilter, generateMipmaps: false });
    cube.minFilter = levels.length > 1 ? LinearMipmapLinearFilter : LinearFilter;
    cube.mipmaps = levels.slice(1).map((image) => ({ image }));
    cube.needsUpdate = true;
    return cube;
  }

  item(item) {
    const { renderer } = this, track = this.tracks[item.track];
    const uniforms = { ...this.shared };
    for (const name of ["p3d_ModelViewProjectionMatrix", "p3d_ModelViewMatrix", "p3d_ModelMatrix", "image_matrix"])
      uniforms[name] = { value: new Matrix4() };
    for (const [name, v] of Object.entries(item.vectors))
      uniforms[name] = { value: v.length === 3 ? new Vector3(...v) : new Vector4(...v) };
    for (const [name, t] of Object.entries(item.textures))
      uniforms[name] = { value: typeof t === "number" ? this.maps[t] : this.images.get(this.key(t)) };
    for (const name of ["reflection", "reflection_distance", "reflectance"]) uniforms[name] = { value: null };
    const vertex = item.shader === "mirror" ? "mirror.vert" : "surface.vert";
    const material = new RawShaderMaterial({
      glslVersion: GLSL3, uniforms, side: item.both ? DoubleSide : FrontSide, forceSinglePass: true,
      vertexShader: host(body(this.shaders, vertex)), fragmentShader: host(body(this.shaders, `${item.shader}.frag`)),
      transparent: item.blend, depthWrite: !item.blend, blending: item.blend ? CustomBlending : NoBlending,
      blendSrc: OneFactor, blendDst: OneMinusSrcAlphaFactor, blendSrcAlpha: OneFactor, blendDstAlpha: OneMinusSrcAlphaFactor,
      polygonOffset: item.offset !== 0, polygonOffsetFactor: -item.offset, polygonOffsetUnits: -item.offset,
    });
    const before = () => {
      uniforms.p3d_ModelMatrix.value = track.matrix;
      uniforms.p3d_ModelViewMatrix.value.multiplyMatrices(this.view, track.matrix);
      uniforms.p3d_ModelViewProjectionMatrix.value.multiplyMatrices(this.viewProjection, track.matrix);
      material.uniformsNeedUpdate = true;
    };
    const parts = this.glb.tree.meshes[item.mesh].primitives;
    return parts.map((part) => {
      const mesh = new Mesh(this.geometry(part), material);
      mesh.frustumCulled = false;
      mesh.matrixAutoUpdate = mesh.matrixWorldAutoUpdate = false;
      mesh.onBeforeRender = before;
      this.scene.add(mesh);
      return { mesh, item, track, box: part.extras.box, triangles: mesh.geometry.index.count / 3, glass: item.shader === "mirror", uniforms };
    });
  }

  geometry({ attributes, indices }) {
    this.attributes ??= new Map();
    const get = (number, normal) => {
      if (!this.attributes.has(number)) {
        const { values, length } = this.glb.accessor(number);
        this.attributes.set(number, new BufferAttribute(values, normal ? 1 : length));
      }
      return this.attributes.get(number);
    };
    const made = new BufferGeometry();
    for (const [name, number] of Object.entries(attributes)) made.setAttribute(NAMES[name], get(number));
    made.setIndex(get(indices, true));
    return made;
  }

  // Let everything stand where it is after so many seconds; a jump between two moments is not smoothed.
  at(seconds) {
    const { extras, moments } = this, last = extras.seconds.length - 1;
    const place = last ? (seconds % this.lasts) / (this.lasts / last) : 0;
    const n = Math.min(Math.floor(place), Math.max(last - 1, 0)), share = place - n, stride = 16 * (last + 1);
    this.tracks.forEach((track, t) => {
      const { matrix, inverse } = track;
      const a = t * stride + 16 * n, b = last ? a + 16 : a;
      const jump = Math.hypot(moments[b + 12] - moments[a + 12], moments[b + 13] - moments[a + 13]) > 20;
      for (let i = 0; i < 16; ++i) matrix.elements[i] = jump ? moments[a + i] : moments[a + i] + share * (moments[b + i] - moments[a + i]);
      inverse.copy(matrix).invert();
      track.scale = Math.hypot(matrix.elements[0], matrix.elements[1], matrix.elements[2]);
    });
    this.n = n;
    this.share = last ? share : 0;
    this.shared.beam_at.value.fromArray(this.blend(extras.beams));
  }

  blend(list, pick = (one) => one) {
    const a = pick(list[this.n]), b = pick(list[Math.min(this.n + 1, list.length - 1)]) ?? a;
    return a.map((v, i) => v + this.share * (b[i] - v));
  }

  // Aim at a view; which chunks can be seen, with their vergences and rectangles on a picture of this size.
  aim(eyeMatrix, projection, size) {
    this.view.copy(eyeMatrix).invert();
    this.projection = projection;
    this.viewProjection.multiplyMatrices(projection, this.view);
    this.shared.p3d_ViewMatrixInverse.value.copy(eyeMatrix);
    const eye = new Vector3().setFromMatrixPosition(eyeMatrix);
    for (const track of this.tracks) track.eye.copy(eye).applyMatrix4(track.inverse);
    for (const chunk of this.chunks) Object.assign(chunk, this.reach(chunk, size));
  }

  reach({ box, track }, size) {
    const e = track.eye, near = new Vector3(), far = new Vector3();
    ["x", "y", "z"].forEach((axis, i) => {
      const low = box[i] - e[axis], high = box[i + 3] - e[axis];
      near[axis] = low > 0 ? low : high < 0 ? high : 0;
      far[axis] = Math.max(Math.abs(low), Math.abs(high));
    });
    const rect = this.rectangle(box, track, size);
    const metres = (v) => Math.max(v.length() * track.scale, 1e-6);
    return { rect, low: 1 / metres(far), high: 1 / metres(near) };
  }

  rectangle(box, track, [width, height]) {
    const m = new Matrix4().multiplyMatrices(this.viewProjection, track.matrix), v = new Vector4();
    let x0 = 1e9, x1 = -1e9, y0 = 1e9, y1 = -1e9, front = 0;
    for (let i = 0; i < 8; ++i) {
      v.set(box[i & 1 ? 3 : 0], box[i & 2 ? 4 : 1], box[i & 4 ? 5 : 2], 1).applyMatrix4(m);
      if (v.w < 0.05) continue;
      ++front;
      x0 = Math.min(x0, v.x / v.w); x1 = Math.max(x1, v.x / v.w);
      y0 = Math.min(y0, v.y / v.w); y1 = Math.max(y1, v.y / v.w);
    }
    if (!front) return none();
    if (front < 8) return whole([width, height]);
    const left = Math.max(0, Math.floor((x0 * 0.5 + 0.5) * width) - 1), right = Math.min(width, Math.ceil((x1 * 0.5 + 0.5) * width) + 1);
    const low = Math.max(0, Math.floor((y0 * 0.5 + 0.5) * height) - 1), high = Math.min(height, Math.ceil((y1 * 0.5 + 0.5) * height) + 1);
    return right > left && high > low ? [left, low, right - left, high - low] : none();
  }

  // Smallest and largest vergence of what can be seen, 1/m.
  span(nearest) {
    const seen = this.chunks.filter((c) => c.rect[2]);
    return [Math.min(...seen.map((c) => c.low)), Math.min(nearest, Math.max(...seen.map((c) => c.high)))];
  }

  // The chunks that a tent reaches, and the rectangle around them.
  layer(below, above) {
    const some = this.chunks.filter((c) => c.rect[2] && c.high > below && c.low < above);
    return { some, box: some.reduce((sum, c) => union(sum, c.rect), none()) };
  }

  // Draw chunks with a tent's weight (below, node, above), or all of the weight, into the present target.
  draw(some, tent = [0, 0, 0]) {
    this.shared.tent.value.fromArray(tent);
    for (const chunk of this.chunks) chunk.mesh.visible = false;
    for (const chunk of some) chunk.mesh.visible = true;
    this.renderer.render(this.scene, EYE);
    this.drawn = (this.drawn ?? 0) + some.length;
  }

  // Distance along a ray (place, m) to the nearest surface, or null.
  hit(from, towards) {
    let best = Infinity;
    for (const { track, box, mesh, item } of this.chunks) {
      if (item.blend) continue;
      const o = from.clone().applyMatrix4(track.inverse), d = towards.clone().transformDirection(track.inverse);
      if (!enters(o, d, box, best / track.scale)) continue;
      const p = mesh.geometry.attributes.p3d_Vertex.array, index = mesh.geometry.index.array;
      for (let i = 0; i < index.length; i += 3) {
        const t = track.scale * triangle(o, d, p, index[i] * 3, index[i + 1] * 3, index[i + 2] * 3);
        if (t > 0.05 && t < best) best = t;
      }
    }
    return Number.isFinite(best) ? best : null;
  }

  dispose() {
    for (const { mesh } of this.chunks) mesh.material.dispose(), mesh.geometry.dispose();
  }
}

export class TextureTooLarge extends Error {
  constructor(width, height, largest) {
    super(`${width} x ${height} > ${largest}`);
    Object.assign(this, { width, height, largest });
  }
}

function light(words, width, height) {
  const made = new DataTexture(words, width, height, RGBFormat, UnsignedInt5999Type);
  made.minFilter = made.magFilter = LinearFilter;
  made.needsUpdate = true;
  return made;
}

function enters(o, d, box, best) {
  let low = 0, high = best;
  ["x", "y", "z"].forEach((axis, i) => {
    const a = (box[i] - o[axis]) / (d[axis] || 1e-12), b = (box[i + 3] - o[axis]) / (d[axis] || 1e-12);
    low = Math.max(low, Math.min(a, b));
    high = Math.min(high, Math.max(a, b));
  });
  return low <= high;
}

// Moeller and Trumbore 1997, J Graphics Tools 2(1):21: distance along the ray, or -1.
function triangle(o, d, p, a, b, c) {
  const e1x = p[b] - p[a], e1y = p[b + 1] - p[a + 1], e1z = p[b + 2] - p[a + 2];
  const e2x = p[c] - p[a], e2y = p[c + 1] - p[a + 1], e2z = p[c + 2] - p[a + 2];
  const hx = d.y * e2z - d.z * e2y, hy = d.z * e2x - d.x * e2z, hz = d.x * e2y - d.y * e2x;
  const det = e1x * hx + e1y * hy + e1z * hz;
  if (Math.abs(det) < 1e-14) return -1;
  const sx = o.x - p[a], sy = o.y - p[a + 1], sz = o.z - p[a + 2], u = (sx * hx + sy * hy + sz * hz) / det;
  if (u < 0 || u > 1) return -1;
  const qx = sy * e1z - sz * e1y, qy = sz * e1x - sx * e1z, qz = sx * e1y - sy * e1x;
  const v = (d.x * qx + d.y * qy + d.z * qz) / det;
  return v < 0 || u + v > 1 ? -1 : (e2x * qx + e2y * qy + e2z * qz) / det;
}
