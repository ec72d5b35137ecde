// Rectangles of whole pixels: [x, y, width, height]; width 0 is nothing.

export const none = () => [0, 0, 0, 0];
export const whole = ([width, height]) => [0, 0, width, height];

export function meet(a, b) {
  const x = Math.max(a[0], b[0]), y = Math.max(a[1], b[1]);
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - x, height = Math.min(a[1] + a[3], b[1] + b[3]) - y;
  return width > 0 && height > 0 ? [x, y, width, height] : none();
}

export function union(a, b) {
  if (!a[2]) return b;
  if (!b[2]) return a;
  const x = Math.min(a[0], b[0]), y = Math.min(a[1], b[1]);
  return [x, y, Math.max(a[0] + a[2], b[0] + b[2]) - x, Math.max(a[1] + a[3], b[1] + b[3]) - y];
}

export function grown(a, by) {
  return a[2] ? [a[0] - by, a[1] - by, a[2] + 2 * by, a[3] + 2 * by] : none();
}

export function scaled([x, y, width, height], level) {
  const left = Math.floor(x / level), low = Math.floor(y / level);
  return [left, low, Math.ceil((x + width) / level) - left, Math.ceil((y + height) / level) - low];
}
