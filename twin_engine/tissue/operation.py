"""An operation on an organ: grasp, retract, cut, clip, coagulate, stitch, bleed, resect, weigh, perfuse.

The body lives in metres, shapes in millimetres. Opened vessels bleed by the network of their tree (`bleeding.py`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin_engine.errors import InputError
from twin_engine.tissue import bleeding, mesher
from twin_engine.tissue.body import Material, SoftBody
from twin_engine.tissue.contact import Bench, Tool
from twin_engine.tissue.cut import Cutter
from twin_engine.tissue.embed import Sheet, sheet
from twin_engine.tissue.heat import Heat
from twin_engine.tissue.organs.specimen import Specimen
from twin_engine.tissue.organs.trees import Tree
from twin_engine.tissue.perfusion import reached_percent

Array = NDArray[np.float64]
Index = NDArray[np.int64]
OUTFLOW = "hepatic vein"
# Blood flow, mL/min/100 g (ICRP 89 shares of 6.5 L/min over its masses); three quarters of the liver's is portal.
PERFUSION = {"liver": 92.0, "kidney": 398.0, "brain": 54.0, "heart": 79.0, "spleen": 130.0}
SHARE = {"portal vein": 0.75, "hepatic vein": 1.0}
# Strain at which liver fails (PMC6925591: .38); elements beyond it count as over-strained.
FAILURE_STRAIN = 0.38


def young(organ: str) -> float:
    """Young's modulus in Pa from assets/parameters/tissue_stiffness.csv."""
    from twin_engine import parameters

    sets = parameters.load("tissue_stiffness")
    return sets[organ if organ in sets else "liver"]["young"].value


@dataclass
class Grasp:
    """A bunch of vertices held by a hand."""

    vertices: Index
    offsets: Array


@dataclass
class Wound:
    """An opened vessel."""

    tree: str
    segment: int
    point: Array
    area: float
    closed: bool = False


@dataclass
class Operation:
    """State of one operation.

    Parameters
    ----------
    specimen : Specimen
        The patient's organ with what ails it.
    trees : dict
        Vessel trees by name.
    cell_mm : float
        Cell of the coarse body.
    """

    specimen: Specimen
    trees: dict[str, Tree] = field(default_factory=dict)
    cell_mm: float = 14.0

    def __post_init__(self) -> None:
        vertices, tets = mesher.stuff(self.specimen.grid, self.cell_mm)
        centres = vertices[tets].mean(axis=1) * 1e3
        base = Material(young(self.specimen.name), 0.45, self.specimen.organ.density)
        # Tumours are 3-10 times stiffer; 6 is the middle of the published range (Samani 2007, breast).
        hard = Material(6 * base.young, 0.45, self.specimen.organ.density)
        inside = np.zeros(len(tets), dtype=bool)
        for lesion in self.specimen.lesions:
            if lesion.kind != "cirrhosis":
                inside |= lesion.distance(*centres.T) < 0
        # The back of the organ hangs on its ligaments.
        held = np.flatnonzero(vertices[:, 1] > np.percentile(vertices[:, 1], 88))
        # The imaged shape already carries its weight, and neighbours bear it: no gravity on top of it.
        self.body = SoftBody(vertices, tets, [hard if i else base for i in inside], fixed=held, gravity=(0.0, 0.0, 0.0))
        self.cutter = Cutter(self.body)
        faces = self.cutter.surface()
        edges = np.unique(np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
        self.body.set_capsule(edges, CAPSULE_YOUNG, CAPSULE_THICKNESS)
        self.bench = Bench(self.body, faces)
        self.grasps: dict[str, Grasp] = {}
        self.blade: list[Array] = []
        self.wounds: list[Wound] = []
        self.heats: list[tuple[Array, Heat]] = []
        self.stitches: list[tuple[int, int, float]] = []
        self.clips: list[tuple[str, int]] = []
        self.blood_ml = 0.0
        self._supplies: dict[str, bleeding.Supply] = {}
        self._bled: tuple[tuple[frozenset[tuple[str, int]], int], float] = ((frozenset(), 0), 0.0)

    def step(self, seconds: float = 1 / 60, substeps: int = 10) -> None:
        """Advance tissue, stitches, heat and bleeding."""
        self._anchor()
        self.bench.step(seconds, substeps)
        for _, heat in self.heats:
            heat.step(seconds)
        self.blood_ml += self.bleeding_ml_min() * seconds / 60.0

    def grasp(self, hand: str, at: ArrayLike, reach: float = 0.008) -> int:
        """Take hold of surface vertices within `reach` m of a point; returns how many."""
        point = _finite(at)
        skin = np.unique(self.bench.faces)
        near = skin[np.linalg.norm(self.body.x[skin] - point, axis=1) < reach]
        if not len(near):
            near = skin[[int(np.argmin(np.linalg.norm(self.body.x[skin] - point, axis=1)))]]
            if np.linalg.norm(self.body.x[near[0]] - point) > 2 * reach:
                return 0
        self.grasps[hand] = Grasp(near, self.body.x[near] - point)
        self._targets[hand] = point
        return len(near)

    def retract(self, hand: str, to: ArrayLike) -> None:
        """Move a hand that holds tissue (nothing happens without a grasp)."""
        if hand in self.grasps:
            self._targets[hand] = _finite(to)

    def release(self, hand: str) -> None:
        """Let go."""
        self.grasps.pop(hand, None)
        self._anchor()

    @property
    def _targets(self) -> dict[str, Array]:
        return self.__dict__.setdefault("_hands", {})

    def _anchor(self) -> None:
        """Attachments of hands (soft, so that pulling has a finite force) and of stitches."""
        vertices, targets, give = [], [], []
        for hand, held in self.grasps.items():
            vertices.append(held.vertices)
            targets.append(self._targets[hand] + held.offsets)
            give.append(np.full(len(held.vertices), GRASP_COMPLIANCE))
        for a, b, compliance in self.stitches:
            middle = 0.5 * (self.body.x[a] + self.body.x[b])
            vertices.append(np.array([a, b]))
            targets.append(np.stack([middle, middle]))
            give.append(np.full(2, compliance))
        if vertices:
            order = np.concatenate(vertices).astype(np.int64)
            self.body.set_anchors(order, np.concatenate(targets))
            self.body.anchors = (self.body.anchors[0], self.body.anchors[1], np.concatenate(give))
        else:
            self.body.set_anchors(np.zeros(0, dtype=np.int64), np.zeros((0, 3)))

    def cut(self, before: ArrayLike, after: ArrayLike) -> int:
        """Sweep the blade's edge from one segment (2, 3) to another; returns faces cut."""
        count = self.cutter.sweep(before, after)
        self.blade += [self.to_rest(p) for p in np.asarray(after, dtype=float)]
        if count:
            self.bench.set_faces(self.cutter.surface())
            self._open_vessels(np.asarray(before, dtype=float), np.asarray(after, dtype=float))
        return count

    def to_rest(self, point: Array) -> Array:
        """Rest position in mm of a point in space, carried by the nearest element."""
        centres = self.body.x[self.body.tets].mean(axis=1)
        t = int(np.argmin(np.linalg.norm(centres - point, axis=1)))
        now, rest = self.body.x[self.body.tets[t]], self.body.vertices[self.body.tets[t]]
        w = np.linalg.solve((now[1:] - now[0]).T, point - now[0])
        return 1e3 * (rest[0] + w @ (rest[1:] - rest[0]))

    def _open_vessels(self, before: Array, after: Array) -> None:
        """Vessels whose segment crosses the swept quad (at rest, mm) bleed."""
        quad = np.array([self.to_rest(p) for p in (before[0], before[1], after[1], after[0])])
        from twin_engine.tissue._topology import _crosses

        known = {(w.tree, w.segment) for w in self.wounds}
        for name, tree in self.trees.items():
            low, high = quad.min(axis=0) - 1, quad.max(axis=0) + 1
            box = ((np.minimum(tree.start, tree.end) < high) & (np.maximum(tree.start, tree.end) > low)).all(axis=1)
            for s in np.flatnonzero(box & (tree.radius > 0.5)):
                if (name, int(s)) in known:
                    continue
                a, b = tree.start[s], tree.end[s]
                if _crosses(a, b, quad[0], quad[1], quad[2]) or _crosses(a, b, quad[0], quad[2], quad[3]):
                    closed = self._clipped(name, int(s))
                    self.wounds.append(
                        Wound(name, int(s), 0.5 * (a + b), math.pi * (tree.radius[s] * 1e-3) ** 2, closed)
                    )

    def clip(self, at: ArrayLike, reach_mm: float = 8.0) -> int:
        """Clip vessels near a point in space: they and all beyond them carry no flow; returns how many."""
        rest = self.to_rest(_finite(at))
        count = 0
        for name, tree in self.trees.items():
            d = np.linalg.norm(0.5 * (tree.start + tree.end) - rest, axis=1)
            for s in np.flatnonzero((d < reach_mm) & (tree.radius > 0.8)):
                self.clips.append((name, int(s)))
                count += 1
        for wound in self.wounds:
            wound.closed = wound.closed or self._clipped(wound.tree, wound.segment)
        return count

    def _clipped(self, name: str, segment: int) -> bool:
        tree, s = self.trees[name], segment
        while s >= 0:
            if (name, s) in self.clips:
                return True
            s = int(tree.parent[s])
        return False

    def coagulate(self, at: ArrayLike, seconds: float, watts: float = 15.0) -> float:
        """Cautery at a point; vessels up to 2 mm within the dead ball close. Returns the dead volume in mL."""
        rest = self.to_rest(_finite(at))
        heat = Heat((25, 25, 25), 0.001)
        heat.heat((0.012, 0.012, 0.012), 0.0025, watts)
        heat.step(seconds)
        heat.heat((0.012, 0.012, 0.012), 0.0025, 0.0)
        self.heats.append((rest, heat))
        radius = (3 * heat.dead_ml() / (4 * math.pi)) ** (1 / 3) * 10
        for wound in self.wounds:
            if np.linalg.norm(wound.point - rest) < radius + 4.0 and wound.area < math.pi * 0.002**2:
                wound.closed = True
        return heat.dead_ml()

    def suture(self, one: ArrayLike, other: ArrayLike) -> bool:
        """A stitch that draws two surface points together; False if either misses the tissue."""
        skin = np.unique(self.bench.faces)
        ends = []
        for at in (one, other):
            d = np.linalg.norm(self.body.x[skin] - _finite(at), axis=1)
            if d.min() > 0.012:
                return False
            ends.append(int(skin[d.argmin()]))
        if ends[0] == ends[1]:
            return False
        # Thread of 0.2 mm, E 2 GPa (polypropylene), 10 mm of it: L / (E A).
        self.stitches.append((ends[0], ends[1], 0.010 / (2e9 * math.pi * 0.0001**2)))
        return True

    def bleeding_ml_min(self) -> float:
        """Flow from all open vessels now, by the trees' networks (`bleeding.py`)."""
        key = (frozenset((w.tree, w.segment) for w in self.wounds if not w.closed), len(self.clips))
        if key != self._bled[0]:
            self._bled = key, sum(self._bleeds(name) for name in self.trees)
        return self._bled[1]

    def _bleeds(self, name: str) -> float:
        opened = {w.segment for w in self.wounds if w.tree == name and not w.closed}
        if not opened:
            return 0.0
        if name not in self._supplies:
            total = self.specimen.weight_g() / 100.0 * PERFUSION.get(self.specimen.name, 50.0)
            self._supplies[name] = bleeding.supply(self.trees[name], name, total * SHARE.get(name, 1.0))
        clipped = {s for tree, s in self.clips if tree == name}
        return bleeding.bleeding_ml_min(self.trees[name], self._supplies[name], opened, clipped)

    def resect(self) -> "Resection":
        """What the blade's sheet took out: the piece with the (largest) lesion.

        Raises
        ------
        InputError
            The blade has not swept an area.
        """
        return resection(
            self.specimen, sheet(np.array(self.blade) if self.blade else np.zeros((0, 3))), self.trees, self.clips
        )

    def overstrained_ml(self) -> float:
        """Volume strained beyond failure now (largest principal stretch - 1 above .38)."""
        body = self.body
        d = np.transpose(body.x[body.tets[:, 1:]] - body.x[body.tets[:, :1]], (0, 2, 1))
        f = d @ body.rest.reshape(-1, 3, 3)
        stretch = np.sqrt(np.linalg.eigvalsh(np.transpose(f, (0, 2, 1)) @ f)[:, 2])
        return float(body.volume[stretch > 1 + FAILURE_STRAIN].sum() * 1e6)

    def tool(self, tip: ArrayLike, radius: float = 0.0025) -> Tool:
        """Add an instrument's tip."""
        made = Tool(_finite(tip), _finite(tip) + np.array([0.0, -0.12, 0.12]), radius)
        self.bench.tools.append(made)
        return made


GRASP_COMPLIANCE = 2e-3
# Glisson's capsule: human failure .3 N/mm at strain .47 (Brunon 2010) as a secant, .64 N/mm, 0.1 mm thick.
CAPSULE_YOUNG, CAPSULE_THICKNESS = 6.4e6, 1e-4


@dataclass(frozen=True)
class Resection:
    """Weights in g, volumes in mL, margin in mm (negative: through the lesion), and what the rest's vessels reach.

    Perfused by the vessels that bring blood, drained by the hepatic vein; None where no such tree is known.
    """

    specimen_g: float
    specimen_ml: float
    remnant_ml: float
    remnant_percent: float
    margin_mm: float
    r_class: str
    perfused_percent: float | None
    drained_percent: float | None
    sheet: Sheet


def resection(
    specimen: Specimen, cut: Sheet, trees: dict[str, Tree], clips: Sequence[tuple[str, int]] = ()
) -> Resection:
    """Divide a specimen by a sheet; the piece that holds most of the lesions is the specimen."""
    grid = specimen.grid
    near, far = cut.split(grid)
    x, y, z = np.ix_(*grid.axes())
    d = np.full(grid.values.shape, 1e3)
    for lesion in specimen.lesions:
        if lesion.kind != "cirrhosis":
            d = np.minimum(d, lesion.distance(x, y, z))
    mask = (d < 0) & (grid.values < 0)
    points = grid.low + grid.spacing * np.argwhere(mask)
    side = cut.side(points) if len(points) else np.zeros(0)
    sign = 1.0 if side.sum() >= 0 else -1.0
    out, rest = (near, far) if sign > 0 else (far, near)
    total = out.volume_ml() + rest.volume_ml()
    margin = float((sign * side).min()) if len(side) else float("nan")
    clipped = {name: {s for tree, s in clips if tree == name} for name in trees}
    reach = {k: reached_percent(tree, rest, cut, sign, clipped[k]) for k, tree in trees.items()}
    drained = reach.pop(OUTFLOW, None)
    reached = list(reach.values())
    # Colorectal metastasis: R0 from 1 mm.
    r_class = "R0" if margin >= 1 else ("R1" if margin > -1 else "R2")
    return Resection(
        out.volume_ml() * specimen.organ.density / 1000,
        out.volume_ml(),
        rest.volume_ml(),
        100 * rest.volume_ml() / total,
        margin,
        r_class,
        min(reached, default=None),
        drained,
        cut,
    )


def _finite(at: ArrayLike) -> Array:
    p = np.asarray(at, dtype=float)
    if p.shape != (3,) or not np.isfinite(p).all():
        raise InputError(
            "a tool's pose is not finite", "tool", str(at), "three finite numbers in m", "leave the pose out this frame"
        )
    return p
