"""Brain: hemispheres, temporal lobes, cerebellum with folia, stem; sulci as deep sheets, cortex 2.5 mm.

Sulci follow Swift & Hohenberg's equation (1977, Phys Rev A 15:319) on the hull, gyri 12.5 mm wide; along
its zero lines, and along drawn central, Sylvian and parieto-occipital lines, slits are cut down the hull's
normals. Filipek 1994 for volumes.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numba import njit, vectorize

from twin_engine.tissue.organs._sdf import FLAGS, cone, ellipsoid, fbm, smax, smin, spline
from twin_engine.tissue.organs.shape import Array, Grid, Index, Organ, Tubes, surface

PARTS = (
    "cortex",
    "white matter",
    "cerebellum",
    "brain stem",
    "deep grey matter",
    "ventricle",
    "callosum",
    "pia",
    "cerebellar white",
)
# Sulci are the pattern's zero lines, two in a wavelength: gyri 12.5 mm wide.
WAVE = 25.0
DEPTH = 18.5
SLIT = 0.70
CENTRAL = spline([(3, 10, 69), (20, 4, 66), (38, -4, 54), (52, -10, 34), (58, -12, 20)], 12)
SYLVIAN = spline([(40, -50, -4), (56, -34, 2), (62, -10, 8), (62, 14, 16), (56, 34, 24)], 12)
OCCIPITAL = spline([(2, 52, 62), (14, 56, 56), (26, 60, 46)], 12)


@njit(**FLAGS)
def cerebrum(x: float, y: float, z: float) -> float:
    """One hemisphere (x > 0) without sulci."""
    a = abs(x)
    d = ellipsoid(a, y, z, 20.0, 2.0, 22.0, 47.0, 83.0, 46.0)
    d = smin(d, ellipsoid(a, y, z, 22.0, -48.0, 8.0, 34.0, 36.0, 28.0), 22.0)
    d = smin(d, ellipsoid(a, y, z, 18.0, 58.0, 8.0, 28.0, 27.0, 26.0), 22.0)
    d = smax(d, -(z + 10.0) - 0.1 * abs(y), 16.0)
    lobe = smin(
        cone(a, y, z, 44.0, -34.0, -18.0, 19.5, 44.0, 26.0, -8.0, 21.0),
        cone(a, y, z, 30.0, -36.0, -20.0, 16.0, 26.0, 10.0, -18.0, 18.0),
        8.0,
    )
    d = smin(d, lobe, 2.2)
    return smax(d, 0.9 - a, 7.0)


@njit(**FLAGS)
def little(x: float, y: float, z: float) -> tuple[float, ...]:
    """Cerebellum: two hemispheres and vermis with folia, and its plain hull."""
    a = abs(x)
    hull = smin(
        ellipsoid(a, y, z, 24.0, 48.0, -34.0, 30.0, 27.0, 21.0),
        ellipsoid(x, y, z, 0.0, 46.0, -32.0, 12.0, 26.0, 21.0),
        6.0,
    )
    turn = math.atan2(z + 34.0, y - 22.0) * 28.0 + 0.12 * a + 1.2 * fbm(x, y, z, 18.0)
    folia = 0.85 * (1.0 - abs(math.sin(math.pi * turn / 3.6))) ** 1.5
    fissure = 2.6 * max(0.0, 1.0 - abs(math.sin(math.pi * turn / 13.0)) * 4.0)
    return hull + folia + fissure, hull


@njit(**FLAGS)
def stem(x: float, y: float, z: float) -> float:
    d = cone(x, y, z, 0.0, 8.0, -6.0, 13.0, 0.0, 10.0, -22.0, 13.0)
    d = smin(d, ellipsoid(x, y, z, 0.0, 8.0, -32.0, 16.0, 13.0, 15.0), 5.0)
    return max(smin(d, cone(x, y, z, 0.0, 18.0, -44.0, 9.5, 0.0, 26.0, -82.0, 6.0), 6.0), -74.0 - z)


@vectorize(cache=True)
def hull(x: float, y: float, z: float) -> float:
    """Cerebrum alone, for the sulci."""
    return cerebrum(x, y, z)


@vectorize(cache=True)
def field(x: float, y: float, z: float) -> float:
    folded, _ = little(x, y, z)
    return min(min(cerebrum(x, y, z), folded), stem(x, y, z))


@vectorize(cache=True)
def ventricle(x: float, y: float, z: float) -> float:
    a = abs(x)
    body = cone(a, y, z, 9.0, -28.0, 22.0, 4.0, 10.0, 26.0, 24.0, 5.5)
    horn = smin(
        cone(a, y, z, 10.0, 26.0, 24.0, 5.5, 26.0, 46.0, 10.0, 3.0),
        cone(a, y, z, 12.0, 26.0, 22.0, 5.0, 30.0, -2.0, -12.0, 2.5),
        3.0,
    )
    return min(smin(body, horn, 3.0), max(ellipsoid(x, y, z, 0.0, 4.0, 6.0, 2.2, 17.0, 11.0), -99.0))


@vectorize(cache=True)
def part(x: float, y: float, z: float, depth: float) -> float:
    a = abs(x)
    folded, plain = little(x, y, z)
    main = cerebrum(x, y, z)
    if stem(x, y, z) < 0.5 and main > -6.0 and z < -4.0 and folded > -2.0:
        return 3.0
    if plain < 0.8 and plain < main:
        return 8.0 if folded < -2.2 else 2.0
    if ventricle(x, y, z) < 0.5:
        return 5.0
    if (
        ellipsoid(a, y, z, 12.0, 6.0, 9.0, 10.0, 16.0, 9.0) < 0.0
        or ellipsoid(a, y, z, 23.0, -8.0, 10.0, 6.0, 17.0, 11.0) < 0.0
    ):
        return 4.0
    if abs(z - 31.0 + 0.007 * y * y) < 4.2 and a < 15.0 and abs(y) < 36.0:
        return 6.0
    if depth > -0.25:
        return 7.0
    return 0.0 if depth > -2.5 else 1.0


@vectorize(cache=True)
def others(x: float, y: float, z: float) -> float:
    """Cerebellum and stem."""
    if z > 20.0:
        return 1e3
    folded, _ = little(x, y, z)
    return min(folded, stem(x, y, z))


@vectorize(cache=True)
def bridge(x: float, y: float, z: float) -> float:
    """Callosum between the hemispheres, arched, and the thalami."""
    arch = math.sqrt(((z - 31.0 + 0.007 * y * y) / 4.2) ** 4 + (x / 17.0) ** 4 + (y / 38.0) ** 4) ** 0.5
    return min(4.2 * (arch - 1.0), ellipsoid(x, y, z, 0.0, 4.0, 7.0, 24.0, 22.0, 15.0))


def finish(grid: Grid) -> tuple[Grid, list[Tubes]]:
    """Cut the sulci, bridge the hemispheres, hollow the ventricles."""
    x, y, z = np.ix_(*grid.axes())
    plain = hull(x, y, z)
    carved = _carve(Grid(grid.low, grid.spacing, plain))
    solid = np.minimum(np.minimum(carved, others(x, y, z)), bridge(x, y, z))
    return replace(grid, values=np.maximum(solid, -ventricle(x, y, z))), []


def _carve(grid: Grid) -> Array:
    """Cut slits of `SLIT` mm half width and up to `DEPTH` mm along the pattern's zero lines."""
    from scipy.spatial import cKDTree

    coarse = 2.5
    axes = [np.arange(a[0], a[-1] + coarse, coarse) for a in grid.axes()]
    mesh = surface(Grid(grid.low, coarse, hull(*np.ix_(*axes))))
    distance = pattern(mesh.vertices, mesh.faces)
    near = np.argwhere((grid.values < 1.5) & (grid.values > -DEPTH - 2.0))
    points = grid.low + grid.spacing * near
    far, nearest = cKDTree(mesh.vertices).query(points, k=6)
    weight = 1.0 / (far**2 + 0.5)
    # Signed distances interpolate through zero without breaks; their size is taken afterwards.
    # Gyri wander: the lines are shifted sideways by slow noise.
    wander = 5.2 * ripple(*(1.3 * points + 11.0).T)
    lateral = np.abs((distance[nearest] * weight).sum(axis=1) / weight.sum(axis=1) + wander)
    value = grid.values[tuple(near.T)]
    # Drawn lines go down the hull's normals too: their distance is taken at the hull's nearest vertices.
    folded = mesh.vertices * np.where(mesh.vertices[:, :1] < 0, np.array([-1.0, 1.0, 1.0]), 1.0)
    at_hull = np.min([cKDTree(line).query(folded)[0] for line in (CENTRAL, SYLVIAN, OCCIPITAL)], axis=0)
    drawn = (at_hull[nearest] * weight).sum(axis=1) / weight.sum(axis=1) - 0.8
    lateral = np.minimum(lateral + 4.5 * np.exp(-((drawn / 4.5) ** 2)), drawn)
    # Shallow places are the bridging gyri between neighbours.
    depth = DEPTH * np.clip(0.84 + 1.05 * ripple(*(1.25 * points).T), 0.06, 1.0)
    # Facing each other across the falx, sulci are shallower.
    depth = np.minimum(depth, 7.0 + DEPTH * np.clip((np.abs(points[:, 0]) - 5.0) / 12.0, 0.0, 1.0))
    # Lips round off over the first 3 mm, the floor closes at `depth`.
    lip = 2.3 * np.clip(1.0 + value / 3.2, 0.0, 1.0) ** 2
    slit = np.maximum(lateral - SLIT - lip, -(value + depth))
    out = grid.values.copy()
    out[tuple(near.T)] = np.maximum(value, -slit)
    return out


@vectorize(cache=True)
def ripple(x: float, y: float, z: float) -> float:
    return fbm(x, y, z, 24.0)


def _laplacian(vertices: Array, faces: Index) -> Any:
    """Cotangent Laplacian over lumped areas (Meyer et al. 2003), negative semi-definite."""
    from scipy.sparse import coo_matrix, diags

    n = len(vertices)
    rows, columns, weights = [], [], []
    area = np.zeros(n)
    for k in range(3):
        i, j, o = faces[:, k], faces[:, (k + 1) % 3], faces[:, (k + 2) % 3]
        a, b = vertices[i] - vertices[o], vertices[j] - vertices[o]
        double = np.linalg.norm(np.cross(a, b), axis=1)
        cot = np.clip(np.einsum("ij,ij->i", a, b) / np.maximum(double, 1e-9), -4, 4)
        rows += [i, j]
        columns += [j, i]
        weights += [cot / 2, cot / 2]
        np.add.at(area, i, double / 6)
    w = coo_matrix((np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=(n, n)).tocsr()
    w = w - diags(np.asarray(w.sum(axis=1)).ravel())
    return diags(1.0 / np.maximum(area, 0.05)) @ w


def pattern(vertices: Array, faces: Index) -> Array:
    """Signed distance along the hull in mm from the nearest zero line, at its vertices."""
    from scipy.sparse import diags, identity
    from scipy.sparse.linalg import splu

    start = 2.0 * ripple(*(vertices * 2.6 + 7.0).T)
    length = WAVE * (1 + 0.30 * ripple(*vertices.T)) / (2 * math.pi)
    step, drive = 0.6, 0.5
    eye = identity(len(vertices), format="csc")
    inner = eye + diags(length**2) @ _laplacian(vertices, faces)
    solve = splu(((1 - step * drive) * eye + step * (inner @ inner)).tocsc())
    u = 0.3 * start
    for _ in range(24):
        u = solve.solve(u - step * u**3)
    return np.arcsin(np.clip(u / np.percentile(np.abs(u), 92), -1, 1)) * WAVE / (2 * math.pi)


ORGAN = Organ(
    "Brain", field, part, PARTS, (-69.0, -88.0, -78.0), (69.0, 90.0, 72.0), 0.8, density=1040.0, finish=finish
)
