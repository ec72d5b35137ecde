"""The wall as a closed triangle mesh, and the signed distance to it on a grid. Lengths in mm.

Flying edges (Schroeder et al. 2015, IEEE LDAV) for the zero set, windowed sinc for smoothing
(Taubin et al. 1996, ECCV), which keeps the volume.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.vessels.image import Array, Image

_READERS = {".stl": "vtkSTLReader", ".ply": "vtkPLYReader", ".obj": "vtkOBJReader", ".vtp": "vtkXMLPolyDataReader"}
_REPAIR = "repair the mesh or segment the image again"
_LARGEST = 1024**3
_MOST_NODES = 40_000_000


@dataclass(frozen=True)
class Surface:
    """Points (n, 3) in mm and triangles (m, 3)."""

    points: Array
    faces: NDArray[np.int64]

    def edges(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Each edge once, and how many triangles share it."""
        pairs = np.sort(np.concatenate([self.faces[:, [0, 1]], self.faces[:, [1, 2]], self.faces[:, [2, 0]]]), axis=1)
        return np.unique(pairs, axis=0, return_counts=True)

    @property
    def watertight(self) -> bool:
        """Every edge belongs to exactly two triangles."""
        return bool((self.edges()[1] == 2).all())

    @property
    def volume_ml(self) -> float:
        """Enclosed volume in mL (divergence theorem)."""
        a, b, c = (self.points[self.faces[:, i]] for i in range(3))
        return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6000)

    def bodies(self) -> int:
        """Connected pieces."""
        return int(_labels(self).max()) + 1

    def genus(self) -> int:
        """Handles of a closed surface: 1 - (V - E + F)/2 for each body, summed."""
        used = len(np.unique(self.faces))
        return int(self.bodies() - (used - len(self.edges()[0]) + len(self.faces)) / 2)


def _labels(surface: Surface) -> NDArray[np.int64]:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edges, _ = surface.edges()
    n = len(surface.points)
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n))
    _, labels = connected_components(graph, directed=False)
    _, labels = np.unique(labels[surface.faces[:, 0]], return_inverse=True)
    return labels


def polydata(surface: Surface) -> Any:
    """The surface for VTK."""
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray

    data, points, cells = vtk.vtkPolyData(), vtk.vtkPoints(), vtk.vtkCellArray()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(surface.points), deep=True))
    flat = np.hstack([np.full((len(surface.faces), 1), 3), surface.faces]).astype(np.int64).ravel()
    cells.SetCells(len(surface.faces), numpy_to_vtkIdTypeArray(flat, deep=True))
    data.SetPoints(points)
    data.SetPolys(cells)
    return data


def of_polydata(data: Any) -> Surface:
    """A surface from VTK's triangles."""
    from vtk.util.numpy_support import vtk_to_numpy

    if not data.GetNumberOfPolys():
        return Surface(np.empty((0, 3)), np.empty((0, 3), np.int64))
    faces = vtk_to_numpy(data.GetPolys().GetData()).reshape(-1, 4)[:, 1:]
    return Surface(vtk_to_numpy(data.GetPoints().GetData()).astype(float), faces.astype(np.int64))


def extract(level: Image, smoothing: int = 20) -> Surface:
    """The zero set of a level image (positive inside), closed at the borders and smoothed.

    Raises
    ------
    InputError
        There is no zero set.
    """
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    values = np.pad(level.values.astype(np.float32), 1, constant_values=min(float(level.values.min()), -0.5))
    grid = vtk.vtkImageData()
    grid.SetDimensions(*values.shape)
    grid.GetPointData().SetScalars(numpy_to_vtk(values.ravel(order="F"), deep=True))
    edges = vtk.vtkFlyingEdges3D()
    edges.SetInputData(grid)
    edges.SetValue(0, 0.0)
    edges.ComputeNormalsOff()
    smooth = vtk.vtkWindowedSincPolyDataFilter()
    smooth.SetInputConnection(edges.GetOutputPort())
    smooth.SetNumberOfIterations(smoothing)
    smooth.SetPassBand(0.1)
    smooth.NormalizeCoordinatesOn()
    smooth.BoundarySmoothingOff()
    last = smooth if smoothing else edges
    last.Update()
    raw = of_polydata(last.GetOutput())
    if not len(raw.faces):
        raise InputError("there is no surface", "segmentation", 0, "a vessel in the image", "check seeds and threshold")
    return outward(Surface(level.world(raw.points - 1.0), raw.faces))


def outward(surface: Surface) -> Surface:
    """The same surface with its normals to the outside."""
    return surface if surface.volume_ml >= 0 else Surface(surface.points, surface.faces[:, ::-1])


def largest(surface: Surface) -> Surface:
    """The piece with most triangles."""
    labels = _labels(surface)
    return compact(surface.points, surface.faces[labels == np.bincount(labels).argmax()])


def compact(points: Array, faces: NDArray[np.int64]) -> Surface:
    """Drop unused points."""
    used, faces = np.unique(faces, return_inverse=True)
    return Surface(points[used], faces.reshape(-1, 3).astype(np.int64))


def read(source: Path | str) -> Surface:
    """Read STL, PLY, OBJ or VTP; open ends are closed by flat caps.

    Raises
    ------
    InputError
        Missing or unreadable file, no triangles, or a surface that is not a manifold.
    """
    import vtk

    source = Path(source)
    if not source.is_file():
        raise InputError(
            "file not found", str(source), source.name, "a surface: STL, PLY, OBJ or VTP", "check the path"
        )
    if source.suffix.lower() not in _READERS or source.stat().st_size > _LARGEST:
        raise InputError(
            "unknown surface format", str(source), source.suffix, ", ".join(_READERS), "convert the surface"
        )
    reader = getattr(vtk, _READERS[source.suffix.lower()])()
    reader.SetFileName(str(source))
    vtk.vtkObject.GlobalWarningDisplayOff()
    reader.Update()
    tidy = vtk.vtkCleanPolyData()
    tidy.SetInputConnection(reader.GetOutputPort())
    triangles = vtk.vtkTriangleFilter()
    triangles.SetInputConnection(tidy.GetOutputPort())
    triangles.PassLinesOff()
    triangles.PassVertsOff()
    triangles.Update()
    return closed(of_polydata(triangles.GetOutput()), str(source))


def closed(surface: Surface, where: str = "surface") -> Surface:
    """Cap open ends.

    Raises
    ------
    InputError
        No triangles, an edge with three triangles, or an end that cannot be capped.
    """
    import vtk

    if not len(surface.faces) or not np.isfinite(surface.points).all():
        raise InputError("there is no surface", where, len(surface.faces), "triangles", "check the file")
    counts = surface.edges()[1]
    if (counts > 2).any():
        raise InputError(
            "the surface is not a manifold",
            where,
            f"{int((counts > 2).sum())} edges of 3 or more",
            "every edge in one or two triangles",
            _REPAIR,
        )
    if (counts == 1).any():
        fill = vtk.vtkFillHolesFilter()
        fill.SetInputData(polydata(surface))
        fill.SetHoleSize(1e9)
        orient = vtk.vtkPolyDataNormals()
        orient.SetInputConnection(fill.GetOutputPort())
        orient.ConsistencyOn()
        orient.SplittingOff()
        orient.Update()
        surface = of_polydata(orient.GetOutput())
    if not surface.watertight:
        raise InputError(
            "the surface is not a manifold",
            where,
            int((surface.edges()[1] != 2).sum()),
            "open ends that a cap can close",
            _REPAIR,
        )
    return outward(surface)


def write(surface: Surface, target: Path | str) -> Path:
    """Write STL, PLY or VTP by the ending, at once or not at all."""
    import vtk

    from twin_engine.files import replacing

    target = Path(target)
    writers = {".stl": vtk.vtkSTLWriter, ".ply": vtk.vtkPLYWriter, ".vtp": vtk.vtkXMLPolyDataWriter}
    made = writers[target.suffix.lower()]()
    if target.suffix.lower() == ".stl":
        made.SetFileTypeToBinary()
        made.SetHeader("twin")
    with replacing(target) as temporary:
        made.SetFileName(str(temporary))
        made.SetInputData(polydata(surface))
        made.Write()
    return target


def distance_to(surface: Surface, longest: float | None = None) -> Any:
    """A function: points (n, 3) -> exact unsigned distance in mm (n,).

    `longest` splits edges so that the nearest vertex belongs to the nearest triangle.
    """
    from scipy.spatial import cKDTree

    from twin_engine.vessels import _mesh

    fine = refined(surface, longest) if longest else surface
    tree = cKDTree(fine.points)
    start, incident = _mesh.incidence(fine.faces, len(fine.points))

    def distance(points: Array, bound: float = np.inf) -> Array:
        points = np.ascontiguousarray(np.atleast_2d(points), dtype=float)
        far, near = tree.query(points, distance_upper_bound=bound)
        return _mesh.refine(points, far, near, fine.points, fine.faces, start, incident)

    return distance


def refined(surface: Surface, longest: float) -> Surface:
    """Split triangles until no edge is longer than `longest` mm."""
    import vtk

    split = vtk.vtkAdaptiveSubdivisionFilter()
    split.SetInputData(polydata(surface))
    split.SetMaximumEdgeLength(longest)
    split.SetMaximumTriangleArea(1e12)
    split.Update()
    return of_polydata(split.GetOutput())


def signed_distance(surface: Surface, spacing: float, margin: float, exact: float | None = None) -> Image:
    """Signed distance in mm, positive inside, on cubes of `spacing` to `margin` around the surface.

    It is exact inside and within `exact` mm (default: the margin) outside; farther out a constant stands for it.

    Raises
    ------
    InputError
        The grid would be too large.
    """
    low = surface.points.min(axis=0) - margin - spacing
    shape = np.ceil((surface.points.max(axis=0) + margin + spacing - low) / spacing).astype(int) + 1
    if np.prod(shape.astype(float)) > _MOST_NODES:
        raise InputError(
            "the grid is too fine for this surface",
            "spacing",
            spacing,
            f"at most {_MOST_NODES} nodes",
            "choose a larger spacing",
        )
    inside = _inside(surface, low, spacing, shape)
    nodes = low + np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1).reshape(-1, 3) * spacing
    reach = margin if exact is None else exact
    far = np.full(len(nodes), reach + spacing)
    near = _near(inside, int(np.ceil(reach / spacing)) + 1).ravel()
    far[near] = np.minimum(distance_to(surface, 2 * spacing)(nodes[near]), 1e9)
    signed = np.where(inside.ravel(), far, -far).reshape(shape)
    return Image(signed.astype(np.float32), np.full(3, spacing), low, np.eye(3))


def _near(inside: NDArray[np.bool_], cells: int) -> NDArray[np.bool_]:
    from scipy.ndimage import distance_transform_edt

    return distance_transform_edt(~inside) <= cells


def _inside(surface: Surface, low: Array, spacing: float, shape: NDArray) -> NDArray[np.bool_]:
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    stencil = vtk.vtkPolyDataToImageStencil()
    stencil.SetInputData(polydata(surface))
    stencil.SetOutputOrigin(*low)
    stencil.SetOutputSpacing(spacing, spacing, spacing)
    stencil.SetOutputWholeExtent(0, int(shape[0]) - 1, 0, int(shape[1]) - 1, 0, int(shape[2]) - 1)
    image = vtk.vtkImageStencilToImage()
    image.SetInputConnection(stencil.GetOutputPort())
    image.SetInsideValue(1)
    image.SetOutsideValue(0)
    image.SetOutputScalarTypeToUnsignedChar()
    image.Update()
    flat = vtk_to_numpy(image.GetOutput().GetPointData().GetScalars())
    return flat.reshape(tuple(shape[::-1])).transpose(2, 1, 0) > 0
