"""Tetrahedra from a field: isosurface stuffing (Labelle & Shewchuk 2007, ACM TOG 26:57).

A body-centred cubic lattice is warped to the surface where a vertex lies near a cut, and clipped
elsewhere. Warp thresholds .24999 (long edges) and .41189 (short) bound dihedral angles to 10.7-164.8
degrees in the paper; prisms are split by their smallest vertex number, so neighbours agree.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.tissue.organs.shape import Grid

Array = NDArray[np.float64]
Index = NDArray[np.int64]
LONG, SHORT = 0.24999, 0.41189
MM = 1e-3
# Rotations of a prism that bring each vertex first; then its two last quads are split (Dompierre 1999).
_TURN = np.array(
    [
        [0, 1, 2, 3, 4, 5],
        [1, 2, 0, 4, 5, 3],
        [2, 0, 1, 5, 3, 4],
        [3, 5, 4, 0, 2, 1],
        [4, 3, 5, 1, 0, 2],
        [5, 4, 3, 2, 1, 0],
    ]
)
_ONE = np.array([[0, 1, 2, 5], [0, 1, 5, 4], [0, 4, 5, 3]])
_OTHER = np.array([[0, 1, 2, 4], [0, 4, 2, 5], [0, 4, 5, 3]])


@dataclass(frozen=True)
class Quality:
    """Quality of a tetrahedral mesh.

    Parameters
    ----------
    volume_ml : float
        Sum of the elements.
    tets, inverted : int
        Elements, and those of no positive volume.
    worst_quality : float
        Least mean ratio 12 (3 V)^(2/3) / sum of squared edges, 1 for a regular one (Liu & Joe 1994, BIT 34:268).
    dihedral_min_deg, dihedral_max_deg : float
        Extreme dihedral angles.
    pinched_edges : int
        Surface edges with more than two surface faces.
    pieces : int
        Parts that share no face.
    """

    volume_ml: float
    tets: int
    inverted: int
    worst_quality: float
    dihedral_min_deg: float
    dihedral_max_deg: float
    pinched_edges: int
    pieces: int


def stuff(grid: Grid, cell_mm: float) -> tuple[Array, Index]:
    """Vertices (n, 3) in m and tets (t, 4) of the field's inside.

    Parameters
    ----------
    grid : Grid
        Field in mm, negative inside.
    cell_mm : float
        Lattice constant: the longest edge.

    Raises
    ------
    InputError
        A cell that is not positive or too coarse to hold the shape, or too fine for memory.
    """
    size = np.array(grid.values.shape) * grid.spacing
    if not np.isfinite(cell_mm) or cell_mm <= 0 or np.prod(size / cell_mm) > 4e6:
        raise InputError(
            "the cell size does not fit the organ",
            "--cell",
            cell_mm,
            "mm, above 0, at most 4 million cells",
            "about a twentieth of the organ's length",
        )
    points, tets, phi = _lattice(grid, cell_mm)
    points, phi, cuts = _warp(points, tets, phi, cell_mm)
    points, elements = _clip(points, tets, phi, cuts)
    if not len(elements):
        raise InputError("the cell is coarser than the shape", "--cell", cell_mm, "mm", "use a smaller cell")
    return _tidy(points, elements)


def _lattice(grid: Grid, a: float) -> tuple[Array, Index, Array]:
    """Points, tets that may meet the inside, and -field at the points (positive inside)."""
    low = grid.low - a
    n = np.ceil((np.array(grid.values.shape) * grid.spacing + 2 * a) / a).astype(int)
    corner = np.stack(np.meshgrid(*(np.arange(k + 1) for k in n), indexing="ij"), axis=-1)
    centre = np.stack(np.meshgrid(*(np.arange(k) for k in n), indexing="ij"), axis=-1) + 0.5
    points = low + a * np.concatenate([corner.reshape(-1, 3), centre.reshape(-1, 3)])
    corner_id = np.arange(corner[..., 0].size).reshape(corner.shape[:3])
    centre_id = corner_id.size + np.arange(centre[..., 0].size).reshape(centre.shape[:3])
    phi = -grid.at(points)
    made = []
    for axis in range(3):
        one = [slice(None)] * 3
        two = [slice(None)] * 3
        one[axis], two[axis] = slice(0, -1), slice(1, None)
        c0, c1 = centre_id[tuple(one)], centre_id[tuple(two)]
        u, v = (axis + 1) % 3, (axis + 2) % 3
        ring = []
        for du, dv in ((0, 0), (1, 0), (1, 1), (0, 1)):
            at = [slice(None)] * 3
            at[axis] = slice(1, -1)
            at[u], at[v] = slice(du, du + n[u]), slice(dv, dv + n[v])
            ring.append(corner_id[tuple(at)])
        made += [np.stack([c0, c1, ring[k], ring[(k + 1) % 4]], axis=-1).reshape(-1, 4) for k in range(4)]
    tets = np.concatenate(made)
    tets = tets[(phi[tets] > 0).any(axis=1)]
    return points, tets, phi


def _edges(tets: Index) -> Index:
    pairs = np.array([[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]])
    return np.unique(np.sort(tets[:, pairs].reshape(-1, 2), axis=1), axis=0)


def _crossing(points: Array, phi: Array, edges: Index) -> tuple[Index, Array, Array]:
    """Edges with a sign change, the cut's share from the first end, and the cut points."""
    crossed = edges[phi[edges[:, 0]] * phi[edges[:, 1]] < 0]
    f0, f1 = phi[crossed[:, 0]], phi[crossed[:, 1]]
    share = f0 / (f0 - f1)
    return crossed, share, points[crossed[:, 0]] + share[:, None] * (points[crossed[:, 1]] - points[crossed[:, 0]])


def _warp(points: Array, tets: Index, phi: Array, a: float) -> tuple[Array, Array, tuple[Index, Array]]:
    """Move vertices onto near cuts; return the cuts that remain."""
    edges = _edges(tets)
    crossed, share, cut = _crossing(points, phi, edges)
    length = np.linalg.norm(points[crossed[:, 1]] - points[crossed[:, 0]], axis=1)
    limit = np.where(length > 0.95 * a, LONG, SHORT)
    end = np.concatenate([crossed[:, 0], crossed[:, 1]])
    near = np.concatenate([share, 1 - share]) / np.concatenate([limit, limit])
    where = np.concatenate([cut, cut])
    order = np.lexsort((near, end))
    first = order[np.r_[True, end[order][1:] != end[order][:-1]]]
    moved = first[near[first] < 1.0]
    points, phi = points.copy(), phi.copy()
    points[end[moved]] = where[moved]
    phi[end[moved]] = 0.0
    remaining = (phi[crossed[:, 0]] != 0) & (phi[crossed[:, 1]] != 0)
    return points, phi, (crossed[remaining], cut[remaining])


def _clip(points: Array, tets: Index, phi: Array, cuts: tuple[Index, Array]) -> tuple[Array, Index]:
    """The inside of every tet as tets."""
    edges, where = cuts
    total = len(points)
    key = edges[:, 0] * total + edges[:, 1]
    order = np.argsort(key)
    all_points = np.concatenate([points, where[order]])

    def cut(i: Index, j: Index) -> Index:
        wanted = np.minimum(i, j) * total + np.maximum(i, j)
        return total + np.searchsorted(key[order], wanted)

    sign = np.sign(phi[tets]).astype(int)
    ordered = np.argsort(-sign, axis=1, kind="stable")
    t = np.take_along_axis(tets, ordered, axis=1)
    plus, minus = (sign > 0).sum(axis=1), (sign < 0).sum(axis=1)
    out = [t[(minus == 0) & (plus > 0)]]
    one = t[(plus == 1) & (minus > 0)]
    low = minus[(plus == 1) & (minus > 0)]
    corners = [one[:, 0]] + [np.where(3 - k < low, _cut_or(cut, one, k, low), one[:, k]) for k in (1, 2, 3)]
    out.append(np.stack(corners, axis=1))
    two = t[(plus == 2) & (minus == 2)]
    a, b, c, d = two.T
    out.append(_prism(np.stack([a, cut(a, c), cut(a, d), b, cut(b, c), cut(b, d)], axis=1)))
    three = t[(plus == 3) & (minus == 1)]
    a, b, c, d = three.T
    out.append(_prism(np.stack([a, b, c, cut(a, d), cut(b, d), cut(c, d)], axis=1)))
    mixed = t[(plus == 2) & (minus == 1)]
    a, b, zero, d = mixed.T
    out.append(_pyramid(np.stack([a, b, cut(b, d), cut(a, d), zero], axis=1)))
    return all_points, np.concatenate(out)


def _cut_or(cut: Callable[[Index, Index], Index], one: Index, k: int, low: Index) -> Index:
    """Cut numbers of the edges 0-k where that end is outside (other rows are not used)."""
    made = one[:, k].copy()
    outside = 3 - k < low
    made[outside] = cut(one[outside, 0], one[outside, k])
    return made


def _prism(p: Index) -> Index:
    if not len(p):
        return np.zeros((0, 4), dtype=np.int64)
    p = np.take_along_axis(p, _TURN[np.argmin(p, axis=1)], axis=1)
    one = np.minimum(p[:, 1], p[:, 5]) < np.minimum(p[:, 2], p[:, 4])
    return np.where(one[:, None, None], p[:, _ONE], p[:, _OTHER]).reshape(-1, 4)


def _pyramid(p: Index) -> Index:
    """Base 0 1 2 3, apex 4, split along the diagonal of the smallest number."""
    if not len(p):
        return np.zeros((0, 4), dtype=np.int64)
    even = np.argmin(p[:, :4], axis=1) % 2 == 0
    first = p[:, [[0, 1, 2, 4], [0, 2, 3, 4]]]
    second = p[:, [[1, 2, 3, 4], [1, 3, 0, 4]]]
    return np.where(even[:, None, None], first, second).reshape(-1, 4)


def _tidy(points: Array, tets: Index) -> tuple[Array, Index]:
    """The largest face-connected piece, oriented, numbered, in metres."""
    edges = points[tets[:, 1:]] - points[tets[:, :1]]
    volume = np.linalg.det(edges) / 6
    tets = tets.copy()
    tets[volume < 0, :2] = tets[volume < 0, 1::-1]
    # Slivers of no volume come from vertices warped onto one plane.
    tets = tets[np.abs(volume) > 1e-9 * np.abs(volume).max()]
    label = components(tets)
    tets = tets[label == np.bincount(label).argmax()]
    used, numbered = np.unique(tets, return_inverse=True)
    return points[used] * MM, numbered.reshape(-1, 4).astype(np.int64)


def components(tets: Index) -> Index:
    """Number of the face-connected piece of every element."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    from twin_engine.tissue.cut import neighbours

    adjacent = neighbours(tets)
    tet, corner = np.nonzero(adjacent >= 0)
    n = len(tets)
    graph = coo_matrix((np.ones(len(tet)), (tet, adjacent[tet, corner])), shape=(n, n))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def boundary(tets: Index) -> Index:
    """Surface triangles (m, 3), outward for positive elements."""
    from twin_engine.tissue.cut import FACES, neighbours

    tet, corner = np.nonzero(neighbours(tets) < 0)
    return np.take_along_axis(tets[tet], FACES[corner], axis=1)


def quality(vertices: Array, tets: Index) -> Quality:
    """Measure a mesh (vertices in m).

    Raises
    ------
    InputError
        A face belongs to three elements.
    """
    edges = vertices[tets[:, 1:]] - vertices[tets[:, :1]]
    volume = np.linalg.det(edges) / 6
    pairs = np.array([[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]])
    squared = ((vertices[tets[:, pairs[:, 0]]] - vertices[tets[:, pairs[:, 1]]]) ** 2).sum(axis=(1, 2))
    ratio = np.where(volume > 0, 12 * (3 * np.abs(volume)) ** (2 / 3) / squared, -1.0)
    angles = dihedrals(vertices, tets)
    surface = np.sort(boundary(tets)[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, counts = np.unique(surface, axis=0, return_counts=True)
    return Quality(
        float(volume.sum() * 1e6),
        len(tets),
        int((volume <= 0).sum()),
        float(ratio.min()),
        float(angles.min()),
        float(angles.max()),
        int((counts > 2).sum()),
        int(components(tets).max()) + 1,
    )


def dihedrals(vertices: Array, tets: Index) -> Array:
    """Dihedral angles in degrees (t, 6)."""
    x = vertices[tets]
    normals = []
    for a, b, c, o in ((1, 2, 3, 0), (0, 3, 2, 1), (0, 1, 3, 2), (0, 2, 1, 3)):
        n = np.cross(x[:, b] - x[:, a], x[:, c] - x[:, a])
        outward = np.sign(np.einsum("ij,ij->i", n, x[:, a] - x[:, o]))[:, None]
        normals.append(outward * n / np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-300))
    return np.stack(
        [
            np.degrees(np.arccos(np.clip(-np.einsum("ij,ij->i", normals[i], normals[j]), -1, 1)))
            for i in range(4)
            for j in range(i)
        ],
        axis=1,
    )
