"""An organ as a field on a grid: sampled near its surface, meshed, measured, painted.

Lengths are mm, x right to left, y front to back, z up; fields are negative inside.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError

Array = NDArray[np.float64]
Index = NDArray[np.int64]
FOLDER = Path(__file__).resolve().parent
BLOCK = 8
MM = 1e-3


@dataclass(frozen=True)
class Tubes:
    """Vessels drawn on or in an organ: samples (n, 3), radii (n,) in mm, and the part they are."""

    points: Array
    radii: Array
    part: str


@dataclass(frozen=True)
class Grid:
    """A field (nx, ny, nz) in mm from `low`, `spacing` apart."""

    low: Array
    spacing: float
    values: Array

    def axes(self) -> tuple[Array, Array, Array]:
        """Coordinates along x, y and z."""
        x, y, z = (self.low[i] + self.spacing * np.arange(n) for i, n in enumerate(self.values.shape))
        return x, y, z

    def at(self, points: Array) -> Array:
        """Trilinear values at points (n, 3); outside, the border's value plus the distance to it."""
        from scipy.ndimage import map_coordinates

        high = self.low + self.spacing * (np.array(self.values.shape) - 1)
        beyond = np.linalg.norm(points - np.clip(points, self.low, high), axis=1)
        return map_coordinates(self.values, ((points - self.low) / self.spacing).T, order=1, mode="nearest") + beyond

    def gradient(self, points: Array) -> Array:
        """Unit gradients at points (n, 3)."""
        h = self.spacing
        steps = np.eye(3) * h
        g = np.stack([self.at(points + s) - self.at(points - s) for s in steps], axis=1)
        return g / np.maximum(np.linalg.norm(g, axis=1, keepdims=True), 1e-12)

    def cut(self, normal: Array, offset: float) -> "Grid":
        """What lies on the side normal . x <= offset."""
        x, y, z = np.ix_(*self.axes())
        plane = normal[0] * x + normal[1] * y + normal[2] * z - offset
        return replace(self, values=np.maximum(self.values, plane))

    def volume_ml(self) -> float:
        """Volume inside, by the linear fraction of each cell's width (first-order boundary)."""
        inside = np.clip(0.5 - self.values / self.spacing, 0.0, 1.0)
        return float(inside.sum() * self.spacing**3 / 1000.0)


@dataclass(frozen=True)
class Organ:
    """A parametric organ.

    Parameters
    ----------
    title : str
        English name.
    field, part : callable
        Vectorised (x, y, z) -> mm, and (x, y, z, field) -> index into `parts`.
    parts : tuple of str
        Names of tissues.
    low, high : tuple
        Box in mm.
    spacing : float
        Grid spacing in mm at which the published dimensions are met.
    density : float
        kg/m3.
    finish : callable, optional
        Grid -> (Grid, tubes): what a scalar field cannot say (sulci, vessels on the surface).
    hung : callable, optional
        Field of what hangs on the organ: drawn, but neither weighed nor simulated.
    clear : callable, optional
        Field of what is clear as water: a cut face looks into it.
    """

    title: str
    field: Callable[..., Any]
    part: Callable[..., Any]
    parts: tuple[str, ...]
    low: tuple[float, float, float]
    high: tuple[float, float, float]
    spacing: float
    density: float = 1060.0
    finish: Callable[[Grid], tuple[Grid, list[Tubes]]] | None = None
    hung: Callable[..., Any] | None = None
    clear: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Surface:
    """Triangles in mm: vertices (n, 3), faces (m, 3), outward unit normals (n, 3)."""

    vertices: Array
    faces: Index
    normals: Array = field(repr=False)

    def volume_ml(self) -> float:
        """Enclosed volume."""
        a, b, c = (self.vertices[self.faces[:, i]] for i in range(3))
        return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6000.0)

    def area_cm2(self) -> float:
        """Area."""
        a, b, c = (self.vertices[self.faces[:, i]] for i in range(3))
        return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 200.0)


def names() -> list[str]:
    """Organs there are, by file name."""
    return sorted(f.stem for f in FOLDER.glob("*.py") if "\nORGAN = " in f.read_text(encoding="utf-8"))


def load(name: str) -> Organ:
    """An organ by its file's name.

    Raises
    ------
    InputError
        There is no such organ.
    """
    if name not in names():
        raise InputError("unknown organ", "ORGAN", name, ", ".join(names()), "choose one of these")
    module: ModuleType = importlib.import_module(f"twin_engine.tissue.organs.{name}")
    organ: Organ = module.ORGAN
    return organ


def sample(organ: Organ, spacing: float | None = None) -> tuple[Grid, list[Tubes]]:
    """The organ's field on a grid, exact near the surface, interpolated far from it."""
    h = spacing or organ.spacing
    low = np.array(organ.low)
    count = np.ceil((np.array(organ.high) - low) / h).astype(int) + 1
    blocks = -(-count // BLOCK)
    grid = Grid(low, h, _blockwise(organ.field, low, h, blocks)[tuple(slice(n) for n in count)])
    return organ.finish(grid) if organ.finish else (grid, [])


def _blockwise(function: Callable[..., Any], low: Array, h: float, blocks: Index) -> Array:
    """Evaluate block by block where the field's size says a surface may pass."""
    from scipy.ndimage import zoom

    wide = BLOCK * h
    knots = [low[i] + wide * np.arange(blocks[i] + 1) for i in range(3)]
    coarse = function(*np.ix_(*knots))
    values = np.ascontiguousarray(zoom(coarse, (blocks * BLOCK + 1) / (blocks + 1), order=1, grid_mode=False))
    smallest = coarse[tuple(slice(-1) for _ in range(3))].copy()
    for corner in np.ndindex(2, 2, 2):
        part = coarse[tuple(slice(c, c + n) for c, n in zip(corner, blocks, strict=True))]
        smallest = np.where(np.abs(part) < np.abs(smallest), part, smallest)
    # Fields here are no steeper than distance but noise and blends are; 1.3 block widths leave room.
    near = np.argwhere(np.abs(smallest) < 1.3 * wide)
    offsets = h * np.arange(BLOCK + 1)
    for chunk in np.array_split(near, max(1, len(near) // 64)):
        starts = low + wide * chunk
        x, y, z = (starts[:, i, None] + offsets for i in range(3))
        made = function(x[:, :, None, None], y[:, None, :, None], z[:, None, None, :])
        for (i, j, k), block in zip(chunk * BLOCK, made, strict=True):
            values[i : i + BLOCK + 1, j : j + BLOCK + 1, k : k + BLOCK + 1] = block
    return values


def surface(grid: Grid, largest: bool = False) -> Surface:
    """The field's zero surface (vtkFlyingEdges3D), closed at the grid's border.

    Raises
    ------
    InputError
        The field has no surface.
    """
    import vtk
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy

    padded = np.pad(grid.values, 1, constant_values=max(1.0, grid.spacing))
    image = vtk.vtkImageData()
    image.SetDimensions(*padded.shape)
    image.SetSpacing(*(3 * [grid.spacing]))
    image.SetOrigin(*(grid.low - grid.spacing))
    image.GetPointData().SetScalars(numpy_to_vtk(padded.ravel(order="F"), deep=True))
    edges = vtk.vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.ComputeNormalsOff()
    edges.ComputeScalarsOff()
    edges.SetValue(0, 0.0)
    edges.Update()
    poly = edges.GetOutput()
    if poly.GetNumberOfCells() == 0:
        raise InputError(
            "the field has no surface", "grid", str(grid.values.shape), "values of both signs", "use a finer grid"
        )
    vertices = vtk_to_numpy(poly.GetPoints().GetData()).astype(np.float64)
    faces = vtk_to_numpy(poly.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64)
    if largest:
        vertices, faces = _largest(vertices, faces)
    made = Surface(vertices, faces, grid.gradient(vertices))
    return made if made.volume_ml() > 0 else replace(made, faces=faces[:, ::-1])


def _largest(vertices: Array, faces: Index) -> tuple[Array, Index]:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edges = faces[:, [0, 1, 1, 2]].reshape(-1, 2)
    n = len(vertices)
    label = connected_components(coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n)))[1]
    keep = label == np.bincount(label).argmax()
    number = np.cumsum(keep) - 1
    return vertices[keep], number[faces[keep[faces[:, 0]]]]


def dimensions_mm(vertices: Array) -> Array:
    """Extents along the principal axes, largest first: what a ruler on the table finds."""
    centred = vertices - vertices.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    return np.sort(np.ptp(centred @ axes, axis=0))[::-1]


def paint(organ: Organ, points: Array, depth: Array, tubes: list[Tubes]) -> Index:
    """Part index of points (n, 3) with field values (n,); vessels win over what they lie on."""
    parts = organ.part(points[:, 0], points[:, 1], points[:, 2], depth).astype(np.int64)
    from scipy.spatial import cKDTree

    for bundle in tubes:
        found, nearest = cKDTree(bundle.points).query(points, distance_upper_bound=float(bundle.radii.max()) + 2.0)
        hit = np.isfinite(found)
        hit[hit] = found[hit] < bundle.radii[nearest[hit]] + (0.35 if depth.max() > -1.0 else 0.0)
        parts[hit] = organ.parts.index(bundle.part)
    return parts


def draw(grid: Grid, tubes: Tubes, blend: float) -> Grid:
    """Add tubes to a field, blended over `blend` mm."""
    from scipy.spatial import cKDTree

    values = grid.values.copy()
    reach = float(tubes.radii.max()) + blend + 2 * grid.spacing
    low = np.maximum(np.floor((tubes.points.min(axis=0) - reach - grid.low) / grid.spacing).astype(int), 0)
    high = np.minimum(
        np.ceil((tubes.points.max(axis=0) + reach - grid.low) / grid.spacing).astype(int) + 1, values.shape
    )
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    axes = [a[s] for a, s in zip(grid.axes(), box, strict=True)]
    near = np.argwhere(np.abs(values[box]) < reach + blend)
    points = np.stack([axes[i][near[:, i]] for i in range(3)], axis=1)
    # Samples are dense, so the nearest few spheres stand for the tube.
    far, nearest = cKDTree(tubes.points).query(points, k=4, distance_upper_bound=reach)
    radius = np.append(tubes.radii, 0.0)[nearest]
    d = np.min(np.where(np.isfinite(far), far - radius, 1e3), axis=1)
    index = tuple((near + low).T)
    old = values[index]
    h = np.maximum(blend - np.abs(old - d), 0.0) / blend
    values[index] = np.minimum(old, d) - h * h * blend * 0.25
    return replace(grid, values=values)
