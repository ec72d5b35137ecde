"""Where a body's shape comes from: a parametric organ, a label map, a closed surface."""

from pathlib import Path
from typing import Any

import numpy as np

from twin_engine.errors import InputError
from twin_engine.tissue.organs import shape
from twin_engine.tissue.organs.shape import Grid

SURFACES = (".stl", ".ply", ".obj", ".vtp")
# A map larger than this is refused before it is unpacked.
MOST_VOXELS = 400_000_000


def grid(source: str, label: int | None = None) -> Grid:
    """A field in mm from an organ's name, a NIfTI label map, or a surface file.

    Raises
    ------
    InputError
        Unknown source, a label that is not there, an open surface.
    """
    path = Path(source)
    if path.name.endswith((".nii", ".nii.gz")):
        return from_labels(path, label)
    if path.suffix.lower() in SURFACES:
        return from_surface(path)
    return shape.sample(shape.load(source))[0]


def from_labels(path: Path, label: int | None, spacing: float = 2.0) -> Grid:
    """Distance of one label, smoothed by .8 voxels so that the voxels' steps go.

    Raises
    ------
    InputError
        No such file or label, or not a label map.
    """
    import nibabel

    if not path.exists():
        raise InputError("file not found", str(path), str(path), "a NIfTI label map", "check the path")
    try:
        image: Any = nibabel.load(path)
    except Exception as error:
        raise InputError(
            "unreadable label map", str(path), type(error).__name__, "a NIfTI file (.nii, .nii.gz)", "export it again"
        ) from None
    if len(image.shape) != 3 or np.prod(image.shape) > MOST_VOXELS:
        raise InputError(
            "unreadable label map",
            str(path),
            str(image.shape),
            "three dimensions, at most 400 million voxels",
            "choose one volume, or crop it",
        )
    image = nibabel.as_closest_canonical(image)
    data = np.asarray(image.dataobj)
    present = [int(v) for v in np.unique(data) if v != 0][:40]
    if label is None or label not in present:
        raise InputError(
            "label not present",
            "--label",
            label,
            ", ".join(map(str, present)) or "a map with labels",
            "choose one of these",
        )
    return distance(data == label, np.array(image.header.get_zooms()[:3], dtype=float), spacing)


def distance(mask: np.ndarray, zooms: np.ndarray, spacing: float) -> Grid:
    """Smoothed signed Euclidean distance of a mask, on an isotropic grid in mm about its box."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter, map_coordinates

    at = np.argwhere(mask)
    low = np.maximum(at.min(axis=0) - 4, 0)
    box = tuple(slice(a, b) for a, b in zip(low, at.max(axis=0) + 5, strict=True))
    inside = np.pad(mask[box], 3)
    d = distance_transform_edt(~inside, sampling=zooms) - distance_transform_edt(inside, sampling=zooms)
    d = gaussian_filter(d, 0.8)
    count = np.floor((np.array(d.shape) - 1) * zooms / spacing).astype(int) + 1
    where = np.stack(
        np.meshgrid(*(np.arange(n) * spacing / z for n, z in zip(count, zooms, strict=True)), indexing="ij")
    )
    return Grid((low - 3) * zooms, spacing, map_coordinates(d, where, order=1, mode="nearest"))


def read_surface(path: Path) -> Any:
    """A closed triangle surface as vtkPolyData (file in mm).

    Raises
    ------
    InputError
        No such file, no triangles, or an open surface.
    """
    import vtk

    if not path.exists():
        raise InputError("file not found", str(path), str(path), "a surface file", "check the path")
    reader = {
        ".stl": vtk.vtkSTLReader,
        ".ply": vtk.vtkPLYReader,
        ".obj": vtk.vtkOBJReader,
        ".vtp": vtk.vtkXMLPolyDataReader,
    }
    source = reader[path.suffix.lower()]()
    source.SetFileName(str(path))
    with _quiet():
        source.Update()
    clean = vtk.vtkCleanPolyData()
    clean.SetInputConnection(source.GetOutputPort())
    clean.Update()
    surface = clean.GetOutput()
    if surface.GetNumberOfCells() == 0:
        raise InputError("the surface has no triangles", str(path), 0, "a closed triangle surface", "export it again")
    if open_edges(surface):
        raise InputError(
            "the surface is open", str(path), open_edges(surface), "no edge with one face", "close its holes first"
        )
    return surface


def enclosed_ml(surface: Any) -> float:
    """Volume inside a closed vtkPolyData in mm."""
    import vtk

    mass = vtk.vtkMassProperties()
    mass.SetInputData(surface)
    return float(mass.GetVolume()) / 1000.0


def from_surface(path: Path, cells: int = 90) -> Grid:
    """Signed distance to a closed triangle surface (file in mm)."""
    import vtk
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy

    surface = read_surface(path)
    bounds = np.array(surface.GetBounds()).reshape(3, 2)
    h = float(np.ptp(bounds, axis=1).max()) / cells
    low = bounds[:, 0] - 3 * h
    count = np.ceil((np.ptp(bounds, axis=1) + 6 * h) / h).astype(int) + 1
    points = np.stack(np.meshgrid(*(low[i] + h * np.arange(count[i]) for i in range(3)), indexing="ij"), axis=-1)
    function = vtk.vtkImplicitPolyDataDistance()
    function.SetInput(surface)
    out = vtk.vtkDoubleArray()
    function.FunctionValue(numpy_to_vtk(points.reshape(-1, 3), deep=True), out)
    return Grid(low, h, vtk_to_numpy(out).reshape(count).copy())


def open_edges(surface: object) -> int:
    """Edges of a vtkPolyData with one face or more than two."""
    import vtk

    edges = vtk.vtkFeatureEdges()
    edges.SetInputData(surface)
    edges.BoundaryEdgesOn()
    edges.NonManifoldEdgesOn()
    edges.FeatureEdgesOff()
    edges.ManifoldEdgesOff()
    edges.Update()
    return int(edges.GetOutput().GetNumberOfCells())


class _quiet:
    """VTK's warnings on stderr held back: our own error says what is wrong."""

    def __enter__(self) -> None:
        import vtk

        self.before = vtk.vtkObject.GetGlobalWarningDisplay()
        vtk.vtkObject.GlobalWarningDisplayOff()

    def __exit__(self, *args: object) -> None:
        import vtk

        vtk.vtkObject.SetGlobalWarningDisplay(self.before)
