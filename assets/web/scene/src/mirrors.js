// Real mirrors: the place seen from the eye's mirror image, through the mirror's own borders (scenes/mirrors.py).

import { Matrix4, Vector3 } from "three";

import { frustum } from "./eyes.js";
import { target } from "./passes.js";

const MARGIN = 1.04;

export class Mirrors {
  constructor(place) {
    this.place = place;
    this.all = place.extras.mirrors.map((plane, i) => {
      const chunk = place.chunks.filter((c) => c.glass)[i];
      return { plane, chunk, target: target(...plane.size, { count: 2, depth: true }), matrix: new Matrix4() };
    });
  }

  // Draw what every mirror shows to this eye (its matrix in the place).
  draw(eyeMatrix) {
    const { place } = this, eye = new Vector3().setFromMatrixPosition(eyeMatrix);
    for (const { plane, chunk, target, matrix } of this.all) {
      const m = chunk.track.matrix, turn = (v) => new Vector3(...v).transformDirection(m);
      const centre = new Vector3(...plane.centre).applyMatrix4(m), normal = turn(plane.normal), up = turn(plane.up);
      const image = eye.clone().addScaledVector(normal, -2 * eye.clone().sub(centre).dot(normal));
      const offset = centre.clone().sub(image), depth = offset.dot(normal);
      if (depth <= 1e-3) continue;
      // The camera looks along the normal: its right is minus the mirror's side vector.
      const right = normal.clone().cross(up), x = offset.dot(right), y = offset.dot(up);
      const w = plane.half[0] * MARGIN, h = plane.half[1] * MARGIN;
      const projection = frustum([(x - w) / depth, (x + w) / depth, (y - h) / depth, (y + h) / depth], depth * 1.002);
      const camera = new Matrix4().makeBasis(right, up, normal.clone().negate()).setPosition(image);
      place.aim(camera, projection, plane.size);
      matrix.copy(place.viewProjection);
      target.scissorTest = false;
      place.renderer.setRenderTarget(target);
      place.renderer.clear(true, true, false);
      place.draw(place.chunks.filter((c) => c.rect[2] && !c.glass));
      Object.assign(chunk.uniforms.image_matrix, { value: matrix });
      chunk.uniforms.reflection.value = target.textures[0];
      chunk.uniforms.reflection_distance.value = target.textures[1];
      chunk.uniforms.reflectance.value = plane.reflectance;
    }
  }

  dispose() {
    for (const { target } of this.all) target.dispose();
  }
}

