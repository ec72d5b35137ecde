"""Cut faces: the outer surface clipped by planes exactly, each face meshed in its own plane and finely painted.

A face is meshed finer than the organ, so that borders of tissues and thin walls show; its rim is the field's
own zero line, so that no steps are left where face and surface meet.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from scenes import organ_looks, organ_mesh
from scenes.organ_mesh import Skin
from twin_engine.tissue.organs import shape
from twin_engine.tissue.organs.shape import Grid, Surface
from twin_engine.tissue.organs.specimen import Specimen

Plane = tuple[np.ndarray, float]
# A face's mesh is this much finer than the organ's grid.
FINER = 0.36


def sliced(specimen: Specimen, planes: Sequence[Plane], hung: bool = True) -> Skin:
    """What lies on the sides normal . x <= offset (mm) of all planes, its cut faces showing the tissue.

    `hung`: with what hangs on the organ (a slice on the table has lost it).
    """
    planes = [(np.asarray(n, dtype=float) / np.linalg.norm(n), float(o)) for n, o in planes]
    drawn = specimen.seen if hung or specimen.organ.hung is None else specimen.grid
    grid = drawn
    for n, offset in planes:
        grid = grid.cut(n, offset)
    keep = _attached(grid)
    shell = _poly(shape.surface(drawn))
    for n, offset in planes:
        shell = _clip(shell, n, offset)
    vertices, faces = _arrays(shell)
    faces = _kept(vertices, faces, grid, keep)
    parts = [organ_mesh.dressed(specimen, Surface(vertices, faces, drawn.gradient(vertices)), grid)]
    for i, (n, offset) in enumerate(planes):
        others = [p for j, p in enumerate(planes) if j != i]
        face = _face(specimen, drawn, n, offset, others)
        parts.append(replace(face, faces=_kept(face.vertices, face.faces, grid, keep)))
    return joined(parts)


def _attached(grid: Grid) -> np.ndarray:
    """Cells of pieces that a cut leaves on the organ: crumbs under a hundredth of the largest fall off."""
    from scipy.ndimage import binary_dilation, label

    found, count = label(grid.values < 0, np.ones((3, 3, 3)))
    sizes = np.bincount(found.ravel(), minlength=count + 1)
    sizes[0] = 0
    return binary_dilation((sizes > 0.01 * sizes.max())[found], iterations=2)


def _kept(vertices: np.ndarray, faces: np.ndarray, grid: Grid, keep: np.ndarray) -> np.ndarray:
    at = np.rint((vertices[faces].mean(axis=1) - grid.low) / grid.spacing).astype(int)
    return faces[keep[tuple(np.clip(at, 0, np.array(keep.shape) - 1).T)]]


def joined(parts: Sequence[Skin]) -> Skin:
    """Several skins as one."""
    starts = np.cumsum([0, *(len(p.vertices) for p in parts[:-1])])
    return Skin(np.concatenate([p.vertices for p in parts]), np.concatenate([p.normals for p in parts]),
                np.concatenate([p.faces + s for p, s in zip(parts, starts, strict=True)]),
                np.concatenate([p.tissue for p in parts]), np.concatenate([p.occlusion for p in parts]),
                np.concatenate([p.key for p in parts]))  # fmt: skip


def _face(specimen: Specimen, drawn: Grid, n: np.ndarray, offset: float, others: Sequence[Plane]) -> Skin:
    """The face of one plane."""
    u = np.cross(n, [0.0, 0.0, 1.0] if abs(n[2]) < 0.9 else [1.0, 0.0, 0.0])
    u /= np.linalg.norm(u)
    v = np.cross(n, u)
    ends = specimen.grid.low + specimen.grid.spacing * np.array(list(np.ndindex(2, 2, 2))) * (
        np.array(specimen.grid.values.shape) - 1)  # fmt: skip
    h = specimen.grid.spacing * FINER
    a, b = (np.arange((ends @ w).min() - h, (ends @ w).max() + 2 * h, h) for w in (u, v))
    at = a[:, None, None] * u + b[None, :, None] * v + offset * n
    points = at.reshape(-1, 3)
    values = drawn.at(points)
    i = np.arange(len(a) * len(b)).reshape(len(a), len(b))
    p, q, r, s = i[:-1, :-1].ravel(), i[1:, :-1].ravel(), i[1:, 1:].ravel(), i[:-1, 1:].ravel()
    faces = np.concatenate([np.stack([p, q, r], 1), np.stack([p, r, s], 1)])
    faces = faces[(values[faces] < 0).any(axis=1)]
    poly = _clip(_poly(Surface(points, faces, np.zeros((0, 3))), values), None, 0.0)
    for m, o in others:
        poly = _clip(poly, m, o)
    vertices, faces = _arrays(poly)
    turned = np.cross(vertices[faces[:, 1]] - vertices[faces[:, 0]], vertices[faces[:, 2]] - vertices[faces[:, 0]]) @ n
    faces[turned < 0] = faces[turned < 0][:, ::-1]
    normals = np.tile(n, (len(vertices), 1))
    label = specimen.label(vertices)
    rows = organ_mesh.tissue(specimen.name, specimen.parts, label, vertices)
    # A cut face shows the tissue's grain, never its serosa's vessels.
    rows[rows[:, 6] == organ_looks.SEROSA, 6] = organ_looks.CUT
    rows = organ_mesh.blend(rows, faces, 1)
    dark = np.ones(len(vertices))
    return Skin(vertices, normals, faces, rows, dark, np.ones(len(vertices)))


def _poly(made: Surface, values: np.ndarray | None = None) -> Any:
    import vtk
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray

    points = vtk.vtkPoints()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(made.vertices), deep=True))
    cells = vtk.vtkCellArray()
    rows = np.column_stack([np.full(len(made.faces), 3), made.faces]).astype(np.int64)
    cells.SetCells(len(rows), numpy_to_vtkIdTypeArray(rows.ravel(), deep=True))
    poly = vtk.vtkPolyData()
    poly.SetPoints(points)
    poly.SetPolys(cells)
    if values is not None:
        poly.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(values), deep=True))
    return poly


def _clip(poly: Any, n: np.ndarray | None, offset: float) -> Any:
    """The side n . x <= offset, or where the scalars are negative."""
    import vtk

    clip = vtk.vtkClipPolyData()
    clip.SetInputData(poly)
    if n is not None:
        plane = vtk.vtkPlane()
        plane.SetNormal(*n)
        plane.SetOrigin(*(offset * n))
        clip.SetClipFunction(plane)
    clip.SetValue(0.0)
    clip.InsideOutOn()
    clip.Update()
    return clip.GetOutput()


def _arrays(poly: Any) -> tuple[np.ndarray, np.ndarray]:
    import vtk
    from vtkmodules.util.numpy_support import vtk_to_numpy

    cut = vtk.vtkTriangleFilter()
    cut.SetInputData(poly)
    cut.PassLinesOff()
    cut.PassVertsOff()
    cut.Update()
    made = cut.GetOutput()
    vertices = vtk_to_numpy(made.GetPoints().GetData()).astype(np.float64)
    faces = vtk_to_numpy(made.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64)
    used = np.unique(faces)
    number = np.zeros(len(vertices), dtype=np.int64)
    number[used] = np.arange(len(used))
    return vertices[used], number[faces]


def tinted(skin: Skin, plane: Plane, spacing: float, part: str) -> Skin:
    """The face of a plane in another colour (ink)."""
    n, offset = plane
    rows = skin.tissue.copy()
    rows[np.abs(skin.vertices @ n - offset) < 0.02 * spacing, :3] = organ_looks.linear(organ_looks.LOOKS[part].colour)
    return replace(skin, tissue=rows)
