"""The centreline tree of a closed surface: paths along the deepest places, recentred. Lengths in mm.

Paths minimise the integral of 1/(d + .1)^2, d the distance to the wall (Antiga, Ene-Iordache & Remuzzi
2003, IEEE TMI 22:674), branches are found as in TEASAR (Sato et al. 2000, Pacific Graphics), and every
point then climbs the exact distance in its normal plane.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.vessels.image import Array, Image
from twin_engine.vessels.surface import Surface, distance_to, signed_distance

# A branch counts when it reaches this many local radii (plus two cells) beyond its parent's wall.
_REACH, _CLIMB = 1.7, 30
# Smoothing after each climb, in points.
_SMOOTH = (3.0, 1.0)


@dataclass(frozen=True)
class Branch:
    """One branch, from the heart outward.

    Parameters
    ----------
    name : str
        "1" is the root, "1.2" its second daughter.
    parent : str or None
    points : ndarray, shape (n, 3)
        mm.
    radius : ndarray, shape (n,)
        Radius of the circle of equal area in mm; NaN where it cannot be measured.
    inscribed : ndarray, shape (n,)
        Radius of the largest sphere inside, mm.
    label : str
        Anatomical name where known.
    """

    name: str
    parent: str | None
    points: Array
    radius: Array
    inscribed: Array
    label: str = ""

    @property
    def arc(self) -> Array:
        """Length along the branch in mm."""
        return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(self.points, axis=0), axis=1))])

    @property
    def length(self) -> float:
        """mm."""
        return float(self.arc[-1])

    @property
    def tangent(self) -> Array:
        """Unit tangents (n, 3)."""
        t = np.gradient(self.points, axis=0)
        return t / np.maximum(np.linalg.norm(t, axis=1, keepdims=True), 1e-12)

    @property
    def curvature(self) -> Array:
        """1/mm."""
        if len(self.points) < 3:
            return np.zeros(len(self.points))
        ds = np.maximum(np.gradient(self.arc), 1e-9)
        return np.linalg.norm(np.gradient(self.tangent, axis=0), axis=1) / ds


@dataclass(frozen=True)
class Tree:
    """Branches in order, parents first."""

    branches: tuple[Branch, ...]
    source: str = ""
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        names = [b.name for b in self.branches]
        if not names or len(set(names)) != len(names):
            raise InputError("the tree has no branches or names repeat", "tree", names, "one name a branch", "rename")
        for i, b in enumerate(self.branches):
            where = f"tree: {b.name}"
            if (b.parent is None) != (i == 0) or (b.parent is not None and b.parent not in names[:i]):
                raise InputError(
                    "the network is not connected",
                    where,
                    b.parent,
                    "one root, parents first",
                    "join the branch to its parent",
                )
            if len(b.points) < 2 or b.points.shape != (len(b.radius), 3) or not np.isfinite(b.points).all():
                raise InputError(
                    "a branch needs two points and a radius at each",
                    where,
                    b.points.shape,
                    "points (n, 3), radius (n,)",
                    "correct the file",
                )
            known = b.radius[np.isfinite(b.radius)]
            if not len(known) or (known <= 0).any():
                raise InputError(
                    "a radius must be positive",
                    where,
                    float(known.min()) if len(known) else None,
                    "more than 0 mm",
                    "correct the profile; an occlusion is no lumen",
                )

    def __getitem__(self, name: str) -> Branch:
        for b in self.branches:
            if name in (b.name, b.label):
                return b
        raise InputError(
            "unknown branch", "branch", name, ", ".join(b.name for b in self.branches), "see: twin vessel tree"
        )

    def daughters(self, name: str) -> list[Branch]:
        """The branches that leave the end of a branch."""
        return [b for b in self.branches if b.parent == name]

    def ends(self) -> list[Branch]:
        """Branches without daughters."""
        return [b for b in self.branches if not self.daughters(b.name)]

    def with_branch(self, branch: Branch) -> "Tree":
        """The tree with the branch of the same name replaced."""
        return replace(self, branches=tuple(branch if b.name == branch.name else b for b in self.branches))

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        rows = [
            {k: v.round(5).tolist() if isinstance(v, np.ndarray) else v for k, v in asdict(b).items()}
            for b in self.branches
        ]
        keys = {"points": "points_mm", "radius": "radius_mm", "inscribed": "inscribed_mm"}
        return {
            "branches": [{keys.get(k, k): v for k, v in r.items()} for r in rows],
            "source": self.source,
            "notes": list(self.notes),
        }


def load(source: Path | str) -> Tree:
    """Read a tree as `as_dict` gives it.

    Raises
    ------
    InputError
        Not such a file, or an impossible tree.
    """
    from twin_engine.files import read_text

    try:
        raw = json.loads(read_text(source))
        rows = [
            Branch(
                str(r["name"]),
                None if r["parent"] is None else str(r["parent"]),
                _floats(r["points_mm"]),
                _floats(r["radius_mm"]),
                _floats(r.get("inscribed_mm", r["radius_mm"])),
                str(r.get("label", "")),
            )
            for r in raw["branches"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "this is no vessel tree",
            str(source),
            type(error).__name__,
            "the tree.json of twin vessel tree",
            "write it with: twin vessel tree SURFACE",
        ) from None
    return Tree(tuple(rows), str(raw.get("source", "")), tuple(str(n) for n in raw.get("notes", ())))


def _floats(values: Any) -> Array:
    return np.array(
        [
            [np.nan if c is None else c for c in v] if isinstance(v, list) else (np.nan if v is None else v)
            for v in values
        ],
        dtype=float,
    )


def centreline(surface: Surface, spacing: float | None = None, root: Array | None = None) -> Tree:
    """The centreline tree of a closed surface.

    Parameters
    ----------
    surface : Surface
    spacing : float, optional
        Grid in mm; default: as fine as two million nodes allow.
    root : ndarray, shape (3,), optional
        A point at the inlet; default: the widest end.
    """
    step = spacing or _step(surface)
    field_ = signed_distance(surface, step, step)
    cells = _paths(field_, root, step)
    exact = distance_to(surface, 2 * step)
    lines = [_recentred(_spline(field_.world(c.astype(float)), step), exact, field_) for c in cells.values()]
    rows = []
    for (name, _), line in zip(cells.items(), lines, strict=True):
        parent = name.rpartition(".")[0] or None
        depth = exact(line)
        rows.append(Branch(name, parent, line, depth.copy(), depth))
    return Tree(tuple(_joined(rows)))


def _step(surface: Surface) -> float:
    size = np.ptp(surface.points, axis=0)
    a, b = (surface.points[surface.faces[:, i]] for i in (0, 1))
    edge = float(np.linalg.norm(a - b, axis=1).mean())
    return float(max(np.cbrt(np.prod(size) / 2e6), min(edge, size.min() / 12)))


def _paths(field_: Image, root: Array | None, step: float) -> dict[str, NDArray[np.int64]]:
    """Voxel paths of every branch by name, from the end nearest to `root` or from the widest."""
    from scipy.ndimage import label

    depth = np.maximum(field_.values, 0)
    parts, _ = label(depth > 0, np.ones((3, 3, 3)))
    inside = parts == np.bincount(parts[parts > 0]).argmax()
    deepest = np.unravel_index(np.argmax(np.where(inside, depth, 0)), depth.shape)
    far = _far(inside, deepest)
    # The farthest place is a true end; from there the tree shows every other end.
    first = _lines(inside, depth, np.unravel_index(np.argmax(far), far.shape), step)
    ends = [(first[0][0], first[0])] + [(line[-1], line[::-1]) for line in first]
    if root is None:
        start, _ = max(ends, key=lambda e: _width(e[1], depth, step))
    else:
        wanted = field_.index(np.asarray(root, float)[None])[0]
        start, _ = min(ends, key=lambda e: float(np.linalg.norm(e[0] - wanted)))
    return _split(_lines(inside, depth, tuple(start), step), depth, step)


def _width(inward: NDArray, depth: NDArray, step: float) -> float:
    """Depth just inside an end, beyond the cap's own influence."""
    near = [float(depth[tuple(p)]) for p in inward[: max(int(len(inward) / 4), 12)]]
    return float(np.median(near[len(near) // 3 :]))


def _far(inside: NDArray, start: tuple) -> NDArray:
    from skimage.graph import MCP_Geometric

    far, _ = MCP_Geometric(np.where(inside, 1.0, np.inf)).find_costs([start])
    return np.where(np.isfinite(far) & inside, far, -1.0)


def _lines(inside: NDArray, depth: NDArray, start: tuple, step: float) -> list[NDArray[np.int64]]:
    """Paths from the start to every end, farthest first."""
    from skimage.graph import MCP_Geometric

    far = _far(inside, start)
    search = MCP_Geometric(np.where(inside, 1.0 / (depth + 0.1) ** 2, np.inf))
    search.find_costs([start])
    lines: list[NDArray[np.int64]] = []
    while True:
        tip = np.unravel_index(np.argmax(far), far.shape)
        if far[tip] < 0:
            return lines
        path = np.array(search.traceback(tip))
        _cover(far, path, depth, step)
        if not lines or _reaches(path, lines, depth, step):
            lines.append(path)


def _cover(far: NDArray, path: NDArray, depth: NDArray, step: float) -> None:
    """Voxels within a ball around each point of the path need no branch of their own."""
    for p in path:
        r = int(np.ceil((_REACH * depth[tuple(p)]) / step + 2))
        box = tuple(slice(max(c - r, 0), c + r + 1) for c in p)
        reach = zip(box, p, depth.shape, strict=True)
        axes = np.ogrid[tuple(slice(s.start - c, min(s.stop, n) - c) for s, c, n in reach)]
        far[box][sum(a * a for a in axes) <= r * r] = -1.0


def _reaches(path: NDArray, lines: list[NDArray], depth: NDArray, step: float) -> bool:
    """The new path leaves the tree by more than the parent's radius and three of its own."""
    known = {tuple(p) for line in lines for p in line}
    own = [p for p in path if tuple(p) not in known]
    if len(own) < 3:
        return False
    joint = next((p for p in path[::-1] if tuple(p) in known), path[0])
    width = float(np.median([depth[tuple(p)] for p in own]))
    return float(np.linalg.norm(own[-1] - joint)) * step > float(depth[tuple(joint)]) + max(3 * width, 3 * step)


def _split(lines: list[NDArray], depth: NDArray, step: float) -> dict[str, NDArray[np.int64]]:
    """Cut root-to-tip paths at their junctions and name the pieces."""
    after: dict[tuple, list[tuple]] = {}
    for line in lines:
        points = [tuple(int(c) for c in p) for p in line]
        for a, b in pairwise(points):
            following = after.setdefault(a, [])
            if b not in following:
                following.append(b)
    named: dict[str, NDArray[np.int64]] = {}
    queue = [("1", _run(after, [tuple(int(c) for c in lines[0][0])]))]
    while queue:
        name, piece = queue.pop(0)
        named[name] = np.array(piece)
        queue += [(f"{name}.{i + 1}", d) for i, d in enumerate(_leaving(after, [piece[-1]], depth, step))]
    return named


def _run(after: dict[tuple, list[tuple]], piece: list[tuple]) -> list[tuple]:
    """Follow a path to the next junction or tip."""
    while len(after.get(piece[-1], [])) == 1:
        piece.append(after[piece[-1]][0])
    return piece


def _leaving(after: dict[tuple, list[tuple]], head: list[tuple], depth: NDArray, step: float) -> list[list[tuple]]:
    """The branches that leave a junction; junctions within one radius of each other are one."""
    found = []
    for b in after.get(head[-1], []):
        piece = _run(after, head + [b])
        short = (len(piece) - 1) * step < float(depth[piece[0]])
        found += _leaving(after, piece, depth, step) if short and after.get(piece[-1]) else [piece]
    return found


def _spline(line: Array, step: float) -> Array:
    """A cubic smoothing spline through a voxel path, resampled every `step` mm."""
    from scipy.interpolate import splev, splprep

    if len(line) < 5:
        return np.linspace(line[0], line[-1], max(len(line), 3))
    length = float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())
    spline, _ = splprep(line.T, s=len(line) * (0.4 * step) ** 2, k=3)
    return np.array(splev(np.linspace(0, 1, max(int(length / step), 4)), spline)).T


def _recentred(line: Array, exact: Any, field_: Image) -> Array:
    """Climb the distance in the normal plane, smooth lightly, and once more with the better normals."""
    from scipy.ndimage import gaussian_filter1d

    for width in (_SMOOTH[0], _SMOOTH[1]):
        line = _climb(line, exact, field_)
        if len(line) > 6:
            line = gaussian_filter1d(line, width, axis=0, mode="nearest")
    return line


def _climb(line: Array, exact: Any, field_: Image) -> Array:
    step = float(field_.spacing[0])
    line = line.copy()
    size = np.full(len(line), step)
    t = np.gradient(line, axis=0)
    u, v = _plane(t / np.maximum(np.linalg.norm(t, axis=1, keepdims=True), 1e-12))
    for _ in range(_CLIMB):
        tries = np.concatenate([[line], [line + size[:, None] * w for w in (u, -u, v, -v)]])
        depth = exact(tries.reshape(-1, 3)).reshape(5, -1)
        depth[~(field_.sample(tries) > 0)] = -1.0
        best = depth.argmax(axis=0)
        line = tries[best, np.arange(len(line))]
        size = np.where(best == 0, size / 2, size)
    return line


def _plane(t: Array) -> tuple[Array, Array]:
    """Two unit vectors normal to each tangent, carried smoothly."""
    helper = np.eye(3)[np.abs(t).argmin(axis=1)]
    u = np.cross(t, helper)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    return u, np.cross(t, u)


def _joined(rows: list[Branch]) -> list[Branch]:
    """Daughters start where their parent ends."""
    last = {b.name: b for b in rows}
    return [
        b
        if b.parent is None
        else replace(
            b,
            points=np.vstack([last[b.parent].points[-1], b.points[1:]]),
            inscribed=np.append(last[b.parent].inscribed[-1], b.inscribed[1:]),
            radius=np.append(last[b.parent].radius[-1], b.radius[1:]),
        )
        for b in rows
    ]
