"""Where a vessel's axes run: shortest paths along the deepest places, joined to a tree and recentred. Lengths in mm.

Paths minimise the integral of 1/(d + .1)^2, d the distance to the wall (Antiga, Ene-Iordache & Remuzzi
2003, IEEE TMI 22:674), branches are found as in TEASAR (Sato et al. 2000, Pacific Graphics), and every
point then climbs the exact distance in its normal plane.
"""

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.vessels.image import Array, Image

# A branch counts when it reaches this many local radii (plus two cells) beyond its parent's wall.
_REACH, _CLIMB = 1.7, 30
# Smoothing after each climb, in points.
_SMOOTH = (3.0, 1.0)
# Paths nearer to each other than this share of the radius (or these cells) are one.
_SAME, _SAME_CELLS = 0.35, 1.5
# A piece of this many nodes that hangs on nothing is a part of the vessel beyond a throat.
_PIECE = 20
# A cut end bends the line within this many radii, at most the second figure; shorter branches stay as they are.
_CAP, _BENT, _SHORTEST, _NEARER = 1.2, 2.4, 4.0, 0.95


def paths(field_: Image, root: Array | None, step: float) -> dict[str, NDArray[np.int64]]:
    """Voxel paths of every branch by name, from the end nearest to `root` or from the widest."""
    depth = np.maximum(field_.values, 0)
    inside = _whole(field_.values, step)
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


def _whole(values: NDArray, step: float) -> NDArray:
    """The largest connected inside; a throat between the nodes joins its two sides."""
    from scipy.ndimage import label

    for limit in (0.0, -0.5 * step):
        parts, _ = label(values > limit, np.ones((3, 3, 3)))
        sizes = np.sort(np.bincount(parts[parts > 0]))
        if len(sizes) < 2 or sizes[-2] < _PIECE:
            break
    return parts == np.bincount(parts[parts > 0]).argmax()


def _width(inward: NDArray, depth: NDArray, step: float) -> float:
    """Depth just inside an end, beyond the cap's own influence."""
    near = [float(depth[tuple(p)]) for p in inward[: max(int(len(inward) / 4), 12)]]
    return float(np.median(near[len(near) // 3 :]))


def _far(inside: NDArray, start: tuple) -> NDArray:
    from skimage.graph import MCP_Geometric

    far, _ = MCP_Geometric(np.where(inside, 1.0, np.inf)).find_costs([start])
    return np.where(np.isfinite(far) & inside, far, -1.0)


def _lines(inside: NDArray, depth: NDArray, start: tuple, step: float) -> list[NDArray[np.int64]]:
    """Paths from the start to every end, farthest first; each follows an older one until it leaves its axis."""
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
        joined = _onto(path, lines, depth, step) if lines else path
        if len(joined):
            lines.append(joined)


def _cover(far: NDArray, path: NDArray, depth: NDArray, step: float) -> None:
    """Voxels within a ball around each point of the path need no branch of their own."""
    for p in path:
        r = int(np.ceil((_REACH * depth[tuple(p)]) / step + 2))
        box = tuple(slice(max(c - r, 0), c + r + 1) for c in p)
        reach = zip(box, p, depth.shape, strict=True)
        axes = np.ogrid[tuple(slice(s.start - c, min(s.stop, n) - c) for s, c, n in reach)]
        far[box][sum(a * a for a in axes) <= r * r] = -1.0


def _onto(path: NDArray, lines: list[NDArray], depth: NDArray, step: float) -> NDArray:
    """The path with its first part replaced by the older line it follows; empty where it is no branch of its own.

    It counts when more than three of its own radii (and three cells) of it lie outside its parents' spheres.
    """
    from scipy.spatial import cKDTree

    known = np.vstack(lines)
    owner = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    place = np.concatenate([np.arange(len(line)) for line in lines])
    gap, near = cKDTree(known).query(path)
    size = depth[tuple(known[near].T)] / step
    last = int(np.flatnonzero(gap <= np.maximum(_SAME * size, _SAME_CELLS))[-1])
    own = path[last + 1 :]
    width = float(np.median(depth[tuple(own.T)])) / step if len(own) else 0.0
    if (gap[last + 1 :] > size[last + 1 :]).sum() <= max(3 * width, 3.0):
        return own[:0]
    return np.vstack([lines[owner[near[last]]][: place[near[last]] + 1], own])


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


def spline(line: Array, step: float) -> Array:
    """A cubic smoothing spline through a voxel path, resampled every `step` mm."""
    from scipy.interpolate import splev, splprep

    if len(line) < 5:
        return np.linspace(line[0], line[-1], max(len(line), 3))
    length = float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())
    spline, _ = splprep(line.T, s=len(line) * (0.4 * step) ** 2, k=3)
    return np.array(splev(np.linspace(0, 1, max(int(length / step), 4)), spline)).T


def recentred(line: Array, exact: Any, field_: Image) -> Array:
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
    u, v = plane(t / np.maximum(np.linalg.norm(t, axis=1, keepdims=True), 1e-12))
    for _ in range(_CLIMB):
        tries = np.concatenate([[line], [line + size[:, None] * w for w in (u, -u, v, -v)]])
        depth = exact(tries.reshape(-1, 3)).reshape(5, -1)
        depth[~(field_.sample(tries) > 0)] = -1.0
        best = depth.argmax(axis=0)
        line = tries[best, np.arange(len(line))]
        size = np.where(best == 0, size / 2, size)
    return line


def plane(t: Array) -> tuple[Array, Array]:
    """Two unit vectors normal to each tangent, carried smoothly."""
    helper = np.eye(3)[np.abs(t).argmin(axis=1)]
    u = np.cross(t, helper)
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    return u, np.cross(t, u)


def straightened(line: Array, depth: Array, field_: Image, start: bool, end: bool) -> Array:
    """The axis carried on straight to the cut ends, where the cap's edge draws the deepest path aside."""
    if end:
        line, depth = _carried(line, depth, field_)
    if start:
        line = _carried(line[::-1], depth[::-1], field_)[0][::-1]
    return line


def _carried(line: Array, depth: Array, field_: Image) -> tuple[Array, Array]:
    """Replace the last stretch by the straight line through what lies before it, as far as it stays inside."""
    if len(line) < 12:
        return line, depth
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    left = arc[-1] - arc
    wide = float(np.median(depth[(left < arc[-1] / 2) & (left > arc[-1] / 4)]))
    # The line is bent as soon as it comes nearer to the wall than where it left the far stretch.
    far = int(np.argmax(left < _BENT * wide))
    bent = (left < _CAP * wide) | ((left < _BENT * wide) & (depth < _NEARER * depth[far]))
    kept = int(np.argmax(bent))
    before = (np.arange(len(line)) < kept) & (left < left[kept] + 2 * wide) & (arc > _CAP * wide)
    if before.sum() < 4 or arc[-1] < _SHORTEST * wide:
        return line, depth
    fit = np.polyfit(arc[before], line[before], 1)
    step = float(np.median(np.diff(arc)))
    way = fit[0] / np.linalg.norm(fit[0])
    ahead = line[kept - 1] + np.arange(1, int(2 * _BENT * wide / step) + 1)[:, None] * step * way
    # The fitted line and the last kept point may lie a little apart: the join is eased over one radius.
    gap = fit[0] * arc[kept - 1] + fit[1] - line[kept - 1]
    ease = np.minimum(np.arange(1, len(ahead) + 1) * step / max(wide, step), 1.0)
    ahead += ease[:, None] * gap
    inside = field_.sample(ahead) > 0
    ahead = ahead[: len(ahead) if inside.all() else int(np.argmin(inside))]
    return np.vstack([line[:kept], ahead]), np.append(depth[:kept], np.full(len(ahead), wide))
