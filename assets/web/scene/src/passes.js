// Full-picture shader passes: this host's header around the GLSL bodies that Panda3D uses too.

import {
  BufferAttribute, BufferGeometry, Camera, FloatType, GLSL3, HalfFloatType, Mesh, NearestFilter, NoBlending,
  RawShaderMaterial, RGBAFormat, Scene, WebGLRenderTarget,
} from "three";

const PRECISION = `precision highp float;
precision highp int;
precision highp sampler2D;
precision highp samplerCube;
`;
const VERTEX = PRECISION + `in vec2 corner;
void main() { gl_Position = vec4(corner, 0.0, 1.0); }
`;
const TRIANGLE = new BufferGeometry();
TRIANGLE.setAttribute("corner", new BufferAttribute(new Float32Array([-1, -1, 3, -1, -1, 3]), 2));
TRIANGLE.setDrawRange(0, 3);
export const EYE = new Camera();

// A body of assets/shaders with its includes, without the other host's version line.
export function body(shaders, name) {
  return shaders[name].replace(/^#version.*$/m, "").replace(/^#pragma include "(.*)"$/gm, (_, other) => body(shaders, other));
}

export function host(text) {
  return PRECISION + text;
}

export const ONE = "layout(location = 0) out vec4 first;\n";
export const TWO = ONE + "layout(location = 1) out vec4 second;\n";

export class Pass {
  constructor(text, uniforms) {
    this.uniforms = Object.fromEntries(uniforms.map((name) => [name, { value: null }]));
    this.material = new RawShaderMaterial({
      glslVersion: GLSL3, vertexShader: VERTEX, fragmentShader: PRECISION + text, uniforms: this.uniforms,
      depthTest: false, depthWrite: false, blending: NoBlending,
    });
    const mesh = new Mesh(TRIANGLE, this.material);
    mesh.frustumCulled = false;
    this.scene = new Scene();
    this.scene.matrixWorldAutoUpdate = false;
    this.scene.add(mesh);
  }

  give(values) {
    for (const [name, value] of Object.entries(values)) this.uniforms[name].value = value;
    this.material.uniformsNeedUpdate = true;
  }

  // Draw into the present target of the renderer.
  draw(renderer) {
    renderer.render(this.scene, EYE);
  }

  // Draw one rectangle (x, y, width, height) of a target.
  into(renderer, target, rect) {
    clip(target, rect);
    renderer.setRenderTarget(target);
    renderer.render(this.scene, EYE);
  }

  dispose() {
    this.material.dispose();
  }
}

export function clip(target, [x, y, width, height]) {
  target.scissorTest = true;
  target.scissor.set(x, y, width, height);
}

export function target(width, height, { count = 1, bits = 16, samples = 0, depth = false } = {}) {
  const made = new WebGLRenderTarget(width, height, {
    count, samples, depthBuffer: depth, stencilBuffer: false, format: RGBAFormat,
    type: bits === 32 ? FloatType : HalfFloatType, minFilter: NearestFilter, magFilter: NearestFilter, generateMipmaps: false,
  });
  made.bytes = width * height * (bits === 32 ? 16 : 8) * count;
  return made;
}
