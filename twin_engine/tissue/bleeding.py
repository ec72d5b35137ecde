"""Bleeding of opened vessels by the zero-dimensional network of the tree that feeds or drains the organ.

Every segment is Poiseuille's resistance; the bed beyond a leaf is one resistance, the same for all leaves, so
that the whole tree carries its published flow at its pressure. An opened segment bleeds through an orifice,
dp = rho/2 (Q / (.6 A))^2 (discharge coefficient .6 of a sharp-edged hole), against the pressure of the cavity:
at its root's end, and a vein that drains also at the tissue's end. Blood that would come backwards through the bed
into an artery's or portal vein's far end is left out. Whole side branches stand as their own resistance; a clipped
one takes none.
"""

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.tissue.organs.trees import Tree
from twin_engine.vessels.network import Boundary, Network, Pressure, Resistance, Vessel, constant, quadratic

Array = NDArray[np.float64]
MMHG = 133.322368
ML_MIN = 1e-6 / 60.0
BLOOD, VISCOSITY, DISCHARGE = 1060.0, 3.5e-3, 0.6
# Mean pressures in mmHg (assumption: textbook values at rest): arteries, portal vein, veins behind the organ.
ARTERIAL, PORTAL, VENOUS = 95.0, 8.0, 5.0
# Resistance to venous return, mmHg min/L (assumption: about 1.4, Guyton's venous return curve at rest): what keeps
# the caval vein from emptying through a hole at once.
RETURN = 1.4
OUTFLOW = "hepatic vein"


@dataclass(frozen=True)
class Supply:
    """What a tree hangs on, SI: pressure and resistance before the root, pressure and resistance beyond a leaf."""

    source_pa: float
    source: float
    leaf_pa: float
    leaf: float


def poiseuille(tree: Tree) -> Array:
    """Resistance of every segment, Pa s/m3."""
    length = np.linalg.norm(tree.end - tree.start, axis=1) * 1e-3
    return 8 * VISCOSITY * np.maximum(length, 1e-5) / (math.pi * (tree.radius * 1e-3) ** 4)


def beyond(tree: Tree, leaf: float, clipped: Collection[int] = ()) -> Array:
    """Resistance of every segment with all that follows it; infinite where clipped."""
    own, conductance = poiseuille(tree), np.zeros(len(tree.parent))
    total = np.full(len(tree.parent), np.inf)
    # A parent carries at least as many leaves: with ties, the later-born of a chain is found by depth.
    for s in np.lexsort((-depths(tree), tree.leaves)):
        if s in clipped:
            continue
        after = 1.0 / conductance[s] if conductance[s] > 0 else (leaf if tree.leaves[s] == 1 else np.inf)
        total[s] = own[s] + after
        if tree.parent[s] >= 0 and np.isfinite(total[s]):
            conductance[tree.parent[s]] += 1.0 / total[s]
    return total


def depths(tree: Tree) -> NDArray[np.int64]:
    """Segments between each segment and the root."""
    out = np.zeros(len(tree.parent), dtype=np.int64)
    at = tree.parent.copy()
    while (at >= 0).any():
        out += at >= 0
        at = np.where(at >= 0, tree.parent[np.maximum(at, 0)], -1)
    return out


def supply(tree: Tree, name: str, flow_ml_min: float) -> Supply:
    """The bed that makes a tree carry its flow.

    A portal vein is fed by the gut's arterioles, so its pressure falls when it bleeds; an artery hangs on the
    aorta, a hepatic vein on the caval vein.
    """
    flow = flow_ml_min * ML_MIN
    root = {"portal vein": PORTAL, OUTFLOW: VENOUS}.get(name, ARTERIAL) * MMHG
    # A draining vein's tissue is fed from the arteries, which limits what its cut ends give.
    bed = (ARTERIAL if name == OUTFLOW else VENOUS) * MMHG
    wanted = abs(root - bed) / flow
    low, high = 0.0, wanted * float(tree.leaves.max())
    trunk = int(np.argmax(tree.parent < 0))
    for _ in range(60):
        leaf = 0.5 * (low + high)
        low, high = (leaf, high) if beyond(tree, leaf)[trunk] < wanted else (low, leaf)
    if name == "portal vein":
        return Supply(ARTERIAL * MMHG, (ARTERIAL * MMHG - root) / flow, bed, leaf)
    return Supply(root, RETURN * MMHG / (1e3 * ML_MIN) if name == OUTFLOW else 0.0, bed, leaf)


def network(tree: Tree, hung: Supply, opened: Collection[int], clipped: Collection[int] = ()) -> Network:
    """Segments on the way to the opened ones; everything else as side branches."""
    drains = hung.leaf_pa > hung.source_pa
    if not drains:
        # Beyond an open segment nothing arrives.
        opened = [s for s in opened if not _below(tree, s, opened)]
    way: set[int] = set()
    for s in opened:
        while s >= 0 and s not in way:
            way.add(s)
            s = int(tree.parent[s])
    own, total = poiseuille(tree), beyond(tree, hung.leaf, clipped)
    vessels: list[Vessel] = []
    boundaries: list[Boundary] = [Resistance("root", hung.source, hung.source_pa)]
    for s in sorted(way):
        start, end = f"n{tree.parent[s]}" if tree.parent[s] >= 0 else "root", f"n{s}"
        if s in opened:
            hole = BLOOD / (2 * (DISCHARGE * math.pi * (tree.radius[s] * 1e-3) ** 2) ** 2)
            for inlet, out in ((start, f"near {s}"), (end, f"far {s}"))[: 2 if drains else 1]:
                vessels.append(Vessel(out, inlet, out, quadratic(own[s] / 2, hole)))
                boundaries.append(Pressure(out, constant(0.0)))
            if not drains:
                continue
        else:
            vessels.append(Vessel(f"v{s}", start, end, quadratic(own[s])))
        children = np.flatnonzero(tree.parent == s)
        sides = sum(1.0 / total[c] for c in children if c not in way)
        if tree.leaves[s] == 1 and not len(children):
            sides = 1.0 / max(hung.leaf, 1.0)
        if sides > 0 or not any(c in way for c in children):
            boundaries.append(Resistance(end, 1.0 / max(sides, 1e-16), hung.leaf_pa))
    return Network(vessels, boundaries)


def _below(tree: Tree, segment: int, opened: Collection[int]) -> bool:
    s = int(tree.parent[segment])
    while s >= 0 and s not in opened:
        s = int(tree.parent[s])
    return s >= 0


def bleeding_ml_min(tree: Tree, hung: Supply, opened: Collection[int], clipped: Collection[int] = ()) -> float:
    """Flow out of all opened segments of a tree."""
    if not opened:
        return 0.0
    made = network(tree, hung, opened, clipped)
    # Newton starts from flows of the size that holes let out: from zero an orifice has no slope.
    state = made.steady(guess=np.full(made.size, 1e-5))
    holes = [j for j, v in enumerate(made.vessels) if v.name.startswith(("near", "far"))]
    return float(np.maximum(made.inflows(state)[holes], 0.0).sum()) / ML_MIN
