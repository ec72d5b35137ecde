"""A coronary tree in space from two calibrated projections: epipolar matching along each branch. Lengths in mm.

A point of one view lies on a line of the other (the epipolar line, Hartley & Zisserman 2004, Multiple View Geometry,
ch. 9). Along a branch the order of the points is the same in both views, so the pairs are the monotone path of least
distance between the rays (dynamic time warping, Sakoe & Chiba 1978, doi:10.1109/TASSP.1978.1163055); where a branch
runs along the epipolar lines, equal shares of its length decide. The radius is that of the ellipse whose two widths
the views show, each divided by its own magnification.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin_engine.errors import InputError
from twin_engine.vessels.carm import CArm
from twin_engine.vessels.centreline import Branch, Tree
from twin_engine.vessels.image import Array

# Views nearer to each other than this triangulate badly (usual rule of three-dimensional angiography: 30 degrees).
LEAST_ANGLE_DEG = 25.0
# Rays of a true pair miss each other by less than this; more means another branch, another beat or a moved table.
MOST_GAP_MM = 3.0
# Points along a branch, and how much the share of length counts beside the rays' gap (mm each 100 % of difference).
_POINTS, _ORDER_MM = 160, 0.1
_STEP_MM, _LARGEST = 0.5, 20_000_000


@dataclass(frozen=True)
class View:
    """One projection: the C-arm and, by branch name, its outline (n, 3): column, row, width in pixels."""

    arm: CArm
    branches: dict[str, Array]


@dataclass(frozen=True)
class Found:
    """The tree, and how far the two rays of a pair miss each other, mean over each branch in mm."""

    tree: Tree
    gap_mm: dict[str, float]


def angle_deg(a: CArm, b: CArm) -> float:
    """Angle between the two central beams, 0 to 90 degrees."""
    return float(np.degrees(np.arccos(min(abs(float(a.axes()[2] @ b.axes()[2])), 1.0))))


def tree(views: Sequence[View], parents: dict[str, str | None], labels: dict[str, str] | None = None) -> Found:
    """The tree in space.

    Parameters
    ----------
    views : two of View
        The same branches in both, each from the heart outward.
    parents : dict
        Parent of each branch, parents first.
    labels : dict, optional
        The user's names.

    Raises
    ------
    InputError
        Views too near to each other, branches that differ, or rays that do not meet.
    """
    a, b = _two(views, parents)
    rows: list[Branch] = []
    gaps: dict[str, float] = {}
    for name, parent in parents.items():
        points, radius, gap = _branch(a, b, name)
        gaps[name] = gap
        if gap > MOST_GAP_MM:
            raise InputError(
                "the two views do not fit each other",
                f"branch {name}",
                f"rays miss by {gap:.1f} mm",
                f"less than {MOST_GAP_MM:g} mm",
                "take both from the same phase of the heart beat and the same table position, and name branches alike",
            )
        if parent is not None:
            joint = next(r for r in rows if r.name == parent).points[-1]
            points = np.vstack([joint, points[1:]])
        rows.append(Branch(name, parent, points, radius, radius, (labels or {}).get(name, "")))
    return Found(Tree(tuple(rows), "two projections"), gaps)


def _two(views: Sequence[View], parents: dict[str, str | None]) -> tuple[View, View]:
    if len(views) != 2:
        raise InputError("two views are needed", "projections", len(views), "exactly two", "choose the two best views")
    a, b = views
    between = angle_deg(a.arm, b.arm)
    if between < LEAST_ANGLE_DEG:
        raise InputError(
            "the two views are too near to each other",
            "projections",
            f"{between:.0f} degrees",
            f"{LEAST_ANGLE_DEG:g} degrees or more",
            "choose a view from another side",
        )
    for v in views:
        missing = set(parents) - set(v.branches)
        if missing:
            raise InputError(
                "a branch is missing in one view",
                "projections",
                sorted(missing),
                ", ".join(parents),
                "outline every branch in both views, or leave it out of both",
            )
    return a, b


def _branch(a: View, b: View, name: str) -> tuple[Array, Array, float]:
    first, second = (_even(v.branches[name], _POINTS) for v in (a, b))
    rays = [v.arm.towards(line[:, :2]) for v, line in ((a, first), (b, second))]
    sources = [v.arm.source() for v in (a, b)]
    share = np.linspace(0, 1, _POINTS)
    cost = _gap(sources, rays[0][:, None], rays[1][None]) ** 2 + (_ORDER_MM * (share[:, None] - share[None])) ** 2
    i, j = _monotone(cost)
    points, gap = _meet(sources, rays[0][i], rays[1][j])
    width = [line[k, 2] / v.arm.project(points)[1] for v, line, k in ((a, first, i), (b, second, j))]
    return *_resampled(points, np.sqrt(width[0] * width[1]) / 2), float(gap.mean())


def _even(line: Array, count: int) -> Array:
    """Equal steps along an outline (n, 3)."""
    s = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line[:, :2], axis=0), axis=1))])
    at = np.linspace(0, s[-1], count)
    return np.stack([np.interp(at, s, line[:, k]) for k in range(3)], 1)


def _gap(sources: list[Array], u: Array, v: Array) -> Array:
    """Shortest distance between rays u from the first source and v from the second."""
    normal = np.cross(u, v)
    length = np.maximum(np.linalg.norm(normal, axis=-1), 1e-9)
    return np.abs((normal * (sources[1] - sources[0])).sum(-1)) / length


def _meet(sources: list[Array], u: Array, v: Array) -> tuple[Array, Array]:
    """Middle of the shortest line between paired rays (n, 3), and its length."""
    d = sources[1] - sources[0]
    uv, ud, vd = (u * v).sum(1), u @ d, v @ d
    s = (ud - uv * vd) / (1 - uv**2)
    t = (uv * ud - vd) / (1 - uv**2)
    p, q = sources[0] + s[:, None] * u, sources[1] + t[:, None] * v
    return (p + q) / 2, np.linalg.norm(p - q, axis=1)


def _monotone(cost: Array) -> tuple[Array, Array]:
    """The path of least cost from corner to corner that never turns back."""
    n, m = cost.shape
    total = np.full((n + 1, m + 1), np.inf)
    total[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            total[i, j] = cost[i - 1, j - 1] + min(total[i - 1, j - 1], total[i - 1, j], total[i, j - 1])
    i, j = n, m
    path = []
    while i > 0 and j > 0:
        path.append((i - 1, j - 1))
        options = ((total[i - 1, j - 1], i - 1, j - 1), (total[i - 1, j], i - 1, j), (total[i, j - 1], i, j - 1))
        _, i, j = min(options)
    at = np.array(path[::-1])
    return at[:, 0], at[:, 1]


def _resampled(points: Array, radius: Array) -> tuple[Array, Array]:
    """A smooth line with equal steps; pairs that share a point in one view make steps of the raw one uneven."""
    from scipy.interpolate import splev, splprep

    s = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    moved = np.append(True, np.diff(s) > 1e-6)
    points, radius, s = points[moved], radius[moved], s[moved]
    spline, _ = splprep(points.T, u=s, s=len(s) * 0.15**2, k=3)
    at = np.linspace(0, s[-1], max(int(s[-1] / _STEP_MM), 8))
    return np.array(splev(at, spline)).T, np.interp(at, s, radius)


def load(source: Path | str) -> Found:
    """Read two views from JSON and make the tree.

    Raises
    ------
    InputError
        Not such a file, or views that do not make a tree.
    """
    from twin_engine.files import read_text

    if Path(source).is_file() and Path(source).stat().st_size > _LARGEST:
        raise InputError("the file is too large", str(source), Path(source).stat().st_size, "20 MB", "thin the outline")
    try:
        raw: Any = json.loads(read_text(source))
        views = [_view(v) for v in raw["views"]]
        rows = [(str(b["name"]), b.get("parent"), str(b.get("label", ""))) for b in raw["branches"]]
        parents = {n: None if p is None else str(p) for n, p, _ in rows}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "these are no two projections",
            str(source),
            f"{type(error).__name__}: {error}",
            "branches (name, parent) and two views (angles, distances, pixel, outlines)",
            "see the example in the documentation of vessels",
        ) from None
    return tree(views, parents, {n: text for n, _, text in rows})


def _view(raw: Any) -> View:
    pixels = int(raw["pixels"])
    distances = float(raw["source_detector_mm"]), float(raw["source_axis_mm"]), float(raw["pixel_mm"])
    angles = float(raw["lao_deg"]), float(raw["cranial_deg"])
    usual = 0 < distances[1] < distances[0] < 3000 and 0 < distances[2] < 5 and 16 <= pixels <= 8192
    if not (usual and np.isfinite(angles).all() and max(map(abs, angles)) <= 180):
        raise InputError(
            "a view needs a possible geometry",
            "projections",
            (*angles, *distances, pixels),
            "0 < source_axis_mm < source_detector_mm, pixel_mm > 0, angles in degrees",
            "take them from the DICOM header",
        )
    arm = CArm(np.zeros(3), *angles, distances[0], distances[1], distances[2] * pixels, pixels)
    lines = {}
    for name, rows in raw["outlines"].items():
        line = np.array(rows, float)
        whole = line.ndim == 2 and line.shape[1] == 3 and len(line) >= 5 and bool(np.isfinite(line).all())
        if not whole or line[:, 2].min() <= 0:
            raise InputError(
                "an outline needs five points with column, row and width",
                f"branch {name}",
                line.shape,
                "numbers in pixels, width above 0",
                "outline the branch again",
            )
        lines[str(name)] = line
    return View(arm, lines)
