// What one eye does behind one correction: where it focuses, what is left of blur and acuity, which kernels hold.

import { Bank } from "./kernels.js";

const VERSION = 1;
const BEYOND = 1e9;

export class WrongVersion extends Error {}

export class Looks {
  constructor(glb) {
    const eye = glb.tree.extras.twin.eye;
    if (eye?.version !== VERSION) throw new WrongVersion(String(eye?.version));
    this.all = eye.looks;
    this.banks = eye.banks.map((bank) => Object.fromEntries(Object.entries(bank).map(([name, one]) => [name, new Bank(glb, one, eye.step_arcmin)])));
    for (const look of this.all) look.points = [...look.grid, ...Object.values(look.things)].sort((a, b) => a.vergence - b.vergence);
  }

  // The state of a look for a thing, or any distance, at this vergence (1/m).
  state(number, vergence, thing) {
    const { points, things } = this.all[number];
    const above = points.findIndex((p) => p.vergence >= vergence);
    const b = points[above < 0 ? points.length - 1 : above], a = points[Math.max((above < 0 ? points.length : above) - 1, 0)];
    const width = b.vergence - a.vergence, share = width > 1e-9 ? Math.min(Math.max((vergence - a.vergence) / width, 0), 1) : 1;
    const between = (key) => a[key] + share * (b[key] - a[key]);
    const nearest = Object.values(things).reduce((x, y) => (Math.abs(y.vergence - vergence) < Math.abs(x.vergence - vergence) ? y : x));
    const chosen = things[thing] ?? nearest;
    return { focus: between("focus"), blur: between("blur"), logmar: between("logmar"), known: chosen.known, bank: this.banks[chosen.bank] };
  }
}

// Which nodes a span of vergences needs: [{node, tent: [below, node, above]}], near to far. See scenes/layers.py.
export function tents(steps, focus, [low, high]) {
  const at = steps.map((s) => s + focus), last = at.length - 1;
  let first = 0, end = last;
  while (first < last && at[first + 1] <= low + 1e-9) ++first;
  while (end > first && at[end - 1] >= high - 1e-9) --end;
  const made = [];
  for (let n = end; n >= first; --n)
    made.push({ node: n, tent: [n > first ? at[n - 1] : -BEYOND, at[n], n < end ? at[n + 1] : BEYOND] });
  return made;
}
