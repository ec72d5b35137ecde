"""A fine surface bound to coarse tetrahedra, and the exact sheet that a blade swept through it.

The element cut is jagged; margin, specimen weight and the cut face are taken from the sheet, a smooth
surface fitted to where the blade went, in rest coordinates.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin_engine.errors import InputError
from twin_engine.tissue.organs.shape import Grid

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Binding:
    """Every point's tet and barycentric weights; points outside are extrapolated from the nearest tet."""

    tet: Index
    weights: Array

    def follow(self, x: Array, tets: Index) -> Array:
        """Points (n, 3) for vertex positions x."""
        return np.einsum("nk,nkj->nj", self.weights, x[tets[self.tet]])


def bind(points: Array, vertices: Array, tets: Index, allowed: NDArray[np.bool_] | None = None) -> Binding:
    """Bind points (n, 3) to the tet that holds them, or to the nearest allowed one.

    Parameters
    ----------
    points, vertices : m, at rest
    allowed : (t,) bool, optional
        Tets on the point's own side of a cut.
    """
    from scipy.spatial import cKDTree

    use = np.arange(len(tets)) if allowed is None else np.flatnonzero(allowed)
    corners = vertices[tets[use]]
    inverse = np.linalg.inv(np.transpose(corners[:, 1:] - corners[:, :1], (0, 2, 1)))
    count = min(24, len(use))
    _, near = cKDTree(corners.mean(axis=1)).query(points, k=count)
    near = near.reshape(len(points), count)
    best, weights = np.zeros(len(points), dtype=np.int64), np.zeros((len(points), 4))
    least = np.full(len(points), -np.inf)
    for k in range(count):
        t = near[:, k]
        inner = np.einsum("nij,nj->ni", inverse[t], points - corners[t, 0])
        all_four = np.column_stack([1 - inner.sum(axis=1), inner])
        worst = all_four.min(axis=1)
        better = worst > least
        best[better], weights[better], least[better] = t[better], all_four[better], worst[better]
    return Binding(use[best], weights)


@dataclass(frozen=True)
class Sheet:
    """A smooth cut: normal . x = height(u, v), a polynomial over the plane, in mm.

    Parameters
    ----------
    origin, normal, u, v : (3,)
        Frame of the fitted plane.
    coefficients : (k,)
        Height over monomials of u and v up to the fitted degree, scaled by `size`.
    size, degree : float, int
    """

    origin: Array
    normal: Array
    u: Array
    v: Array
    coefficients: Array
    size: float
    degree: int

    def side(self, points: Array) -> Array:
        """First-order signed distance (n,) in mm, positive on the normal's side."""
        local = points - self.origin
        terms = _terms(local @ self.u / self.size, local @ self.v / self.size, self.degree)
        height = terms @ self.coefficients
        e = 1e-4
        du = (
            _terms(local @ self.u / self.size + e, local @ self.v / self.size, self.degree) @ self.coefficients - height
        ) / e
        dv = (
            _terms(local @ self.u / self.size, local @ self.v / self.size + e, self.degree) @ self.coefficients - height
        ) / e
        slope = np.sqrt(1 + (du / self.size) ** 2 + (dv / self.size) ** 2)
        return (local @ self.normal - height) / slope

    def split(self, grid: Grid) -> tuple[Grid, Grid]:
        """The field's two pieces: on the normal's side, and the rest."""
        x, y, z = grid.axes()
        points = np.stack(np.meshgrid(x, y, z, indexing="ij"), axis=-1).reshape(-1, 3)
        side = self.side(points).reshape(grid.values.shape)
        return (
            Grid(grid.low, grid.spacing, np.maximum(grid.values, -side)),
            Grid(grid.low, grid.spacing, np.maximum(grid.values, side)),
        )


def _terms(u: Array, v: Array, degree: int) -> Array:
    return np.stack([u**i * v**j for i in range(degree + 1) for j in range(degree + 1 - i)], axis=-1)


def sheet(points: ArrayLike, degree: int = 2) -> Sheet:
    """Fit a sheet to where the blade's edge was (n, 3) in mm.

    Raises
    ------
    InputError
        Too few points, or points on a line.
    """
    p = np.asarray(points, dtype=float)
    if p.ndim != 2 or len(p) < 3 or not np.isfinite(p).all():
        raise InputError(
            "a cut needs at least three finite points", "blade", str(p.shape), "points (n, 3) in mm", "cut on"
        )
    origin = p.mean(axis=0)
    _, spread, axes = np.linalg.svd(p - origin, full_matrices=False)
    if spread[1] < 1e-6 * max(spread[0], 1.0):
        raise InputError("the blade moved along its own line", "blade", float(spread[1]), "an area", "sweep the blade")
    u, v = axes[0], axes[1]
    normal = np.cross(u, v)
    size = float(np.abs((p - origin) @ axes[:2].T).max())
    # A polynomial needs more points than terms: fewer points, a plainer sheet.
    while degree > 0 and len(p) < 2 * (degree + 1) * (degree + 2) // 2:
        degree -= 1
    local = p - origin
    terms = _terms(local @ u / size, local @ v / size, degree)
    # A little smoothness, so that the sheet stays calm beyond the blade's reach.
    weight = np.array([1e-3 * (i + j) ** 2 for i in range(degree + 1) for j in range(degree + 1 - i)]) * len(p)
    coefficients = np.linalg.solve(terms.T @ terms + np.diag(weight), terms.T @ (local @ normal))
    return Sheet(origin, normal, u, v, coefficients, size, degree)
