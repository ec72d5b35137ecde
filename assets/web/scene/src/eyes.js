// Frusta and directions: z up in the place; y up in the headset's reference space.

import { Matrix4, Vector3 } from "three";

export const NEAR_M = 0.05;
export const FAR_M = 6000;

// Projection through borders (tangents left, right, bottom, top).
export function frustum([left, right, bottom, top], near = NEAR_M, far = FAR_M) {
  const w = right - left, h = top - bottom;
  return new Matrix4().set(
    2 / w, 0, (right + left) / w, 0,
    0, 2 / h, (top + bottom) / h, 0,
    0, 0, -(far + near) / (far - near), (-2 * far * near) / (far - near),
    0, 0, -1, 0,
  );
}

// Borders of a projection, symmetric or not.
export function borders({ elements: p }) {
  return [(p[8] - 1) / p[0], (p[8] + 1) / p[0], (p[9] - 1) / p[5], (p[9] + 1) / p[5]];
}

export function pxPerDeg({ elements: p }, width) {
  return (p[0] * width * Math.PI) / 360;
}

// From a space with y up and -z ahead to the place: at a point, looking ahead along a horizontal direction.
export function seated(position, ahead) {
  const y = new Vector3(ahead[0], ahead[1], 0).normalize(), up = new Vector3(0, 0, 1), x = y.clone().cross(up);
  return new Matrix4().makeBasis(x, up, y.clone().negate()).setPosition(...position);
}

export function azimuthOf(x, y, ahead) {
  return Math.atan2(x * ahead[1] - y * ahead[0], x * ahead[0] + y * ahead[1]);
}
