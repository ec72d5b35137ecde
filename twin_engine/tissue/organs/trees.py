"""Vessel trees grown inside an organ: least added volume, Murray's law, segments for planning and bleeding.

Constructive optimisation after Schreiner & Buxbaum 1993 (IEEE Trans Biomed Eng 40:482), with radii
r = r_root (leaves / all)^(1/3) (Murray 1926, exponent 3).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin_engine.streams import stream
from twin_engine.tissue.organs._sdf import FLAGS

Array = NDArray[np.float64]
Index = NDArray[np.int64]
NEAREST = 14


@dataclass(frozen=True)
class Tree:
    """Segments from `start` to `end` in mm, radius in mm, parent number (-1: root), leaves beyond each."""

    start: Array
    end: Array
    radius: Array
    parent: Index
    leaves: Index


@njit(**FLAGS)
def _fermat(a, b, c, wa, wb, wc):
    """Point of least weighted length to three points (Weiszfeld 1937, 12 iterations)."""
    x = (wa * a + wb * b + wc * c) / (wa + wb + wc)
    for _ in range(12):
        da = wa / max(np.sqrt(np.sum((x - a) ** 2)), 1e-6)
        db = wb / max(np.sqrt(np.sum((x - b) ** 2)), 1e-6)
        dc = wc / max(np.sqrt(np.sum((x - c) ** 2)), 1e-6)
        x = (da * a + db * b + dc * c) / (da + db + dc)
    return x


@njit(**FLAGS)
def _grow(start, end, parent, leaves, count, targets):
    for n in range(targets.shape[0]):
        p = targets[n]
        mid = 0.5 * (start[:count] + end[:count])
        order = np.argsort(np.sum((mid - p) ** 2, axis=1))
        best, cost, at = -1, 1e30, np.zeros(3)
        for k in range(min(NEAREST, count)):
            s = order[k]
            up = (max(leaves[s], 1) + 1.0) ** (2.0 / 3.0)
            down = max(leaves[s], 1) ** (2.0 / 3.0)
            x = _fermat(start[s], end[s], p, up, down, 1.0)
            before = down * np.sqrt(np.sum((end[s] - start[s]) ** 2))
            after = (
                up * np.sqrt(np.sum((x - start[s]) ** 2))
                + down * np.sqrt(np.sum((end[s] - x) ** 2))
                + np.sqrt(np.sum((p - x) ** 2))
            )
            # Everything upstream grows by one leaf.
            q = parent[s]
            while q >= 0:
                m = max(leaves[q], 1)
                after += ((m + 1.0) ** (2.0 / 3.0) - m ** (2.0 / 3.0)) * np.sqrt(np.sum((end[q] - start[q]) ** 2))
                q = parent[q]
            if after - before < cost:
                best, cost, at = s, after - before, x
        lower, twig = count, count + 1
        start[lower], end[lower], parent[lower], leaves[lower] = at, end[best], best, leaves[best]
        start[twig], end[twig], parent[twig], leaves[twig] = at, p, best, 1
        for q in range(count):
            if parent[q] == best:
                parent[q] = lower
        end[best] = at
        q = best
        while q >= 0:
            leaves[q] += 1
            q = parent[q]
        count += 2
    return count


def _coarse_first(points: Array, start: Array) -> Array:
    """Farthest-point order: the first leaves span the organ, so that trunks form before twigs."""
    left = points.copy()
    gap = np.linalg.norm(left - start, axis=1)
    out = []
    for _ in range(len(points)):
        k = int(np.argmax(gap))
        out.append(left[k])
        gap = np.minimum(gap, np.linalg.norm(left - left[k], axis=1))
        gap[k] = -1.0
    return np.ascontiguousarray(out)


def grow(field: Callable[..., Any], organ: Any, trunk: Array, radius: float, leaves: int, seed: int) -> Tree:
    """Grow a tree from a trunk (two points) to `leaves` random points at least 4 mm inside the organ."""
    rng = stream(seed, 0, 0, "vessel leaves")
    low, high = np.array(organ.low), np.array(organ.high)
    targets = np.zeros((0, 3))
    while len(targets) < leaves:
        p = rng.uniform(low, high, (4 * leaves, 3))
        targets = np.concatenate([targets, p[field(*p.T) < -4.0]])
    targets = _coarse_first(targets[:leaves], np.asarray(trunk[1], dtype=float))
    size = 2 * leaves + 1
    start, end = np.zeros((size, 3)), np.zeros((size, 3))
    parent, held = np.full(size, -1, dtype=np.int64), np.zeros(size, dtype=np.int64)
    start[0], end[0] = trunk[0], trunk[1]
    start[1], end[1], parent[1] = trunk[1], targets[0], 0
    held[:2] = 1
    count = _grow(start, end, parent, held, 2, targets[1:])
    held = held[:count]
    return Tree(start[:count], end[:count], radius * (held / held[0]) ** (1 / 3), parent[:count], held)


def samples(tree: Tree, least_mm: float, spacing: float = 0.6) -> tuple[Array, Array]:
    """Points (n, 3) along every segment of at least `least_mm` radius, and their radii (n,)."""
    points, radii = [], []
    for s in np.flatnonzero(tree.radius >= least_mm):
        length = float(np.linalg.norm(tree.end[s] - tree.start[s]))
        t = np.linspace(0, 1, max(2, int(length / spacing)))[:, None]
        points.append(tree.start[s] + t * (tree.end[s] - tree.start[s]))
        radii.append(np.full(len(t), tree.radius[s]))
    return np.concatenate(points), np.concatenate(radii)
