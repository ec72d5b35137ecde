// Kernel factors of one eye: half floats on a grid of half an arc minute, summed over this display's pixels.
// The JavaScript form of scenes/kernels.py `Bank.taps`.

import { DataTexture, FloatType, NearestFilter, RGBAFormat } from "three";

const MOST_SHARP = 0.2;
const CUT = 2e-5; // light that may be cut off with the outermost taps of a factor

function halves(words) {
  const made = new Float32Array(words.length);
  for (let i = 0; i < words.length; ++i) {
    const w = words[i], e = (w >> 10) & 31, m = w & 1023;
    const size = e ? 2 ** (e - 15) * (1 + m / 1024) : 2 ** -14 * (m / 1024);
    made[i] = w & 0x8000 ? -size : size;
  }
  return made;
}

export class Bank {
  constructor(glb, entry, stepArcmin) {
    Object.assign(this, entry);
    this.stepArcmin = stepArcmin;
    const all = halves(glb.view(entry.view, Uint16Array));
    this.columns = all.subarray(0, all.length / 2);
    this.rows = all.subarray(all.length / 2);
    this.made = new Map();
  }

  // Factors [node][product] -> taps on pixels; cached, because px/deg rarely changes.
  taps(pxPerDeg, level = 1) {
    const key = `${pxPerDeg.toPrecision(6)} ${level}`;
    if (!this.made.has(key)) {
      if (this.made.size > 8) this.made.clear();
      this.made.set(key, new Taps(this, pxPerDeg, level));
    }
    return this.made.get(key);
  }
}

// Sums of a factor over pixels by its running integral. In a picture `level` times coarser the picture's own pixels
// are that much wider already: the factor is then taken over the finer pixels only.
function onPixels(factors, at, size, half, scale, out, into, level) {
  const running = new Float64Array(size + 1);
  for (let i = 0; i < size; ++i) running[i + 1] = running[i] + factors[at + i];
  const until = (edge) => {
    const e = Math.min(Math.max(edge, 0), size), low = Math.min(Math.floor(e), size - 1);
    return running[low] + (e - low) * (running[low + 1] - running[low]);
  };
  for (let i = 0; i <= 2 * half; ++i) {
    const middle = (i - half) * scale + 0.5 * size, wide = (0.5 * scale) / level;
    out[into + i] = level * (until(middle + wide) - until(middle - wide));
  }
}

export class Taps {
  constructor(bank, pxPerDeg, level = 1) {
    const { steps, channels, rank, size } = bank;
    const count = steps.length, half = Math.ceil((0.5 * size * bank.stepArcmin / 60) * pxPerDeg + 1.5);
    const full = 2 * half + 1, scale = 60 / pxPerDeg / bank.stepArcmin;
    this.bank = bank;
    this.pxPerDeg = pxPerDeg;
    this.rank = rank;
    this.count = count;
    this.angle = bank.angle;
    this.halves = [];
    const along = new Float64Array(count * channels * rank * full), across = new Float64Array(along.length);
    for (let i = 0; i < count * channels * rank; ++i) {
      onPixels(bank.rows, i * size, size, half, scale, along, i * full, level);
      onPixels(bank.columns, i * size, size, half, scale, across, i * full, level);
    }
    const turned = Math.abs(Math.sin(2 * bank.angle)) > 1e-6;
    for (let n = 0; n < count; ++n) {
      if (turned) this.sharpen(n, along, across, channels, full, half);
      this.trim(n, along, across, channels, full, half);
    }
    this.reach = Math.max(...this.halves.flat());
    this.fill(along, across, channels, full, half);
  }

  // The same factors for a picture `level` times coarser.
  at(level) {
    return level === 1 ? this : this.bank.taps(this.pxPerDeg / level, level);
  }

  // Standard deviations of a node's first product, along and across, pixels.
  spread(node) {
    const rows = this.count * this.rank;
    return [0, rows].map((from) => {
      let sum = 0, second = 0;
      for (let t = 0; t < this.width; ++t) {
        const w = this.data[((from + node * this.rank) * this.width + t) * 4 + 1];
        sum += w;
        second += w * (t - this.middle) ** 2;
      }
      return Math.sqrt(Math.max(second / sum, 0));
    });
  }

  index(n, c, r, channels, full) {
    return ((n * channels + c) * this.rank + r) * full;
  }

  // Turned taps fall between pixels and bilinear samples widen what they read: f (1 - f) along a pixel's axis, f the
  // fraction. The factors are made narrower by as much, by a second difference that keeps their sum.
  sharpen(n, along, across, channels, full, half) {
    const axes = directions(this.angle), wider = [0, 0], green = Math.min(1, channels - 1);
    [along, across].forEach((factor, pass) => {
      const at = this.index(n, green, 0, channels, full);
      let sum = 0;
      const added = [0, 0];
      for (let t = 0; t < full; ++t) {
        const w = factor[at + t];
        sum += w;
        axes[pass].forEach((step, k) => {
          const f = Math.abs(step * (t - half)) % 1;
          added[k] += w * f * (1 - f);
        });
      }
      axes.forEach(([x, y], k) => { wider[k] += (added[0] * x * x + added[1] * y * y) / sum; });
    });
    [along, across].forEach((factor, k) => {
      const a = Math.min(Math.max(wider[k] / 2, 0), MOST_SHARP);
      for (let c = 0; c < channels; ++c)
        for (let r = 0; r < this.rank; ++r) {
          const at = this.index(n, c, r, channels, full), old = factor.slice(at, at + full);
          for (let t = 0; t < full; ++t) factor[at + t] = (1 + 2 * a) * old[t] - a * ((old[t - 1] ?? 0) + (old[t + 1] ?? 0));
        }
    });
  }

  // Taps on each side of the middle that hold all but CUT of a node's kernel; the rest becomes 0, the sum 1.
  trim(n, along, across, channels, full, half) {
    const needed = (one, other) => {
      const outward = new Float64Array(half + 1);
      for (let i = 0; i <= half; ++i)
        for (let c = 0; c < channels; ++c) {
          let sum = 0;
          for (let r = 0; r < this.rank; ++r) {
            const at = this.index(n, c, r, channels, full);
            let weight = 0;
            for (let t = 0; t < full; ++t) weight += Math.abs(other[at + t]);
            sum += weight * Math.max(Math.abs(one[at + i]), Math.abs(one[at + full - 1 - i]));
          }
          outward[i] = Math.max(outward[i], sum);
        }
      let sum = 0, i = 0;
      while (i <= half && (sum += outward[i]) <= CUT) ++i;
      return Math.min(Math.max(half - i, 0), half);
    };
    const pair = [needed(along, across), needed(across, along)];
    this.halves.push(pair);
    for (let c = 0; c < channels; ++c) {
      let total = 0;
      for (let r = 0; r < this.rank; ++r) {
        const at = this.index(n, c, r, channels, full), sums = [0, 0];
        [along, across].forEach((f, k) => {
          for (let t = 0; t < full; ++t) {
            if (Math.abs(t - half) > pair[k]) f[at + t] = 0;
            sums[k] += f[at + t];
          }
        });
        total += sums[0] * sums[1];
      }
      for (let r = 0; r < this.rank; ++r) {
        const at = this.index(n, c, r, channels, full);
        for (let t = 0; t < full; ++t) along[at + t] /= total;
      }
    }
  }

  // One row a factor: first all along, then all across; a grey kernel repeats its channel.
  fill(along, across, channels, full, half) {
    const width = 2 * this.reach + 1, rows = this.count * this.rank, data = new Float32Array(width * 2 * rows * 4);
    [along, across].forEach((factors, k) => {
      for (let n = 0; n < this.count; ++n)
        for (let r = 0; r < this.rank; ++r)
          for (let c = 0; c < 3; ++c) {
            const from = this.index(n, Math.min(c, channels - 1), r, channels, full) + half - this.reach;
            const row = k * rows + n * this.rank + r;
            for (let t = 0; t < width; ++t) data[(row * width + t) * 4 + c] = factors[from + t];
          }
    });
    this.middle = this.reach;
    this.width = width;
    this.data = data;
    this.table = tapTable(data, width, 2 * rows);
  }
}

export function tapTable(data, width, height) {
  const made = new DataTexture(data, width, height, RGBAFormat, FloatType);
  made.minFilter = made.magFilter = NearestFilter;
  made.needsUpdate = true;
  return made;
}

// Unit steps along local x and along local y, rows upwards.
export function directions(angle) {
  const zero = (v) => (Math.abs(v) < 1e-6 ? 0 : v), c = Math.cos(angle), s = Math.sin(angle);
  return [[zero(c), zero(s)], [zero(s), zero(-c)]];
}
