"""A vessel's centreline tree: branches, radii, its file, and the way from a closed surface to it. Lengths in mm."""

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from twin_engine.errors import InputError
from twin_engine.text import tr
from twin_engine.vessels.image import Array
from twin_engine.vessels.surface import Surface, distance_to, signed_distance

# A first branch thinner than this share of the trunk behind it is the image's frayed edge (assumption).
_THIN = 0.6


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
        """1/mm, of the line smoothed over half a radius: what is finer is the grid's tremble."""
        from scipy.ndimage import gaussian_filter1d

        if len(self.points) < 3:
            return np.zeros(len(self.points))
        width = 0.5 * float(np.median(self.inscribed)) / max(self.length / (len(self.points) - 1), 1e-9)
        smooth = gaussian_filter1d(self.points, max(width, 1.5), axis=0, mode="nearest")
        ds = np.maximum(np.linalg.norm(np.gradient(smooth, axis=0), axis=1), 1e-9)
        tangent = np.gradient(smooth, axis=0) / ds[:, None]
        return np.linalg.norm(np.gradient(tangent, axis=0), axis=1) / ds


@dataclass(frozen=True)
class Tree:
    """Branches in order, parents first.

    Parameters
    ----------
    branches : tuple of Branch
    source : str
    notes : tuple of str
    resolution : float
        Least radius in mm that the image could show; 0: not limited.
    """

    branches: tuple[Branch, ...]
    source: str = ""
    notes: tuple[str, ...] = field(default=())
    resolution: float = 0.0

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
            "resolution_mm": self.resolution,
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
        resolution = float(raw.get("resolution_mm", 0.0))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            "this is no vessel tree",
            str(source),
            type(error).__name__,
            "the tree.json of twin vessel tree",
            "write it with: twin vessel tree SURFACE",
        ) from None
    return Tree(tuple(rows), str(raw.get("source", "")), tuple(str(n) for n in raw.get("notes", ())), resolution)


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
    from twin_engine.vessels import paths

    step = spacing or _step(surface)
    field_ = signed_distance(surface, step, step)
    cells = paths.paths(field_, root, step)
    exact = distance_to(surface, 2 * step)
    rows = []
    for name, voxels in cells.items():
        line = paths.recentred(paths.spline(field_.world(voxels.astype(float)), step), exact, field_)
        parent = name.rpartition(".")[0] or None
        tip = not any(other.startswith(name + ".") for other in cells)
        line = paths.straightened(line, exact(line), field_, parent is None, tip)
        depth = exact(line)
        rows.append(Branch(name, parent, line, depth.copy(), depth))
    rows, note = _without_rags(_joined(rows))
    return Tree(tuple(rows), notes=(note,) if note else ())


def _without_rags(rows: list[Branch]) -> tuple[list[Branch], str]:
    """Drop a thin, short first branch before the trunk: the frayed edge of an image, not a vessel."""
    root, lost = rows[0], 0.0
    while True:
        daughters = [b for b in rows if b.parent == root.name]
        trunk = max(daughters, key=_width, default=root)
        if not (_width(root) < _THIN * _width(trunk) and root.length < 2 * _width(trunk)):
            break
        lost += root.length
        kept = [b for b in rows if b.name.startswith(trunk.name)]
        rows = [_renamed(b, len(trunk.name)) for b in kept]
        root = rows[0]
    if not lost:
        return rows, ""
    start = int(np.argmax(root.inscribed >= 0.7 * np.median(root.inscribed)))
    start = min(start, len(root.points) // 2)
    cut = [replace(root, **{k: getattr(root, k)[start:] for k in ("points", "radius", "inscribed")})]
    return cut + rows[1:], tr("{mm} mm of a frayed inlet were left out", mm=round(lost + float(root.arc[start])))


def _width(b: Branch) -> float:
    return float(np.median(b.inscribed))


def _renamed(b: Branch, length: int) -> Branch:
    parent = None if b.parent is None or len(b.parent) < length else "1" + b.parent[length:]
    return replace(b, name="1" + b.name[length:], parent=parent)


def _step(surface: Surface) -> float:
    size = np.ptp(surface.points, axis=0)
    a, b = (surface.points[surface.faces[:, i]] for i in (0, 1))
    edge = float(np.linalg.norm(a - b, axis=1).mean())
    return float(max(np.cbrt(np.prod(size) / 2e6), min(edge, size.min() / 12)))


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
