"""Geometry as grid patches: every patch is its own chart of the light map, so nothing has to be unwrapped.

Points run along u (columns) and v (rows); the outward normal is (d/du) x (d/dv).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

Vector = Sequence[float] | np.ndarray


@dataclass(frozen=True)
class Patch:
    """A grid of points.

    Parameters
    ----------
    points, normals : (rows, columns, 3) float
        Positions in metres and unit normals.
    uv : (rows, columns, 2) float
        Texture coordinates: metres along the surface, or 0..1 over an image.
    material : str
        Name in the place's materials.
    density : float
        Texels of light map per metre, relative to the place's; 0: not baked.
    tint : (3,) float
        Factor on the albedo.
    drawn : bool
        False: only the baker sees it.
    proxy : Patch or None, chart : (rows, columns, 2) or None
        Take the light of another patch at these (s, t) instead of baking.
    across : float
        Factor on the density along u alone (folded sheets).
    cards : bool
        Columns come in pairs, each pair a card of its own (leaves); `tint` may then be (rows, columns, 3).
    """

    points: np.ndarray
    normals: np.ndarray
    uv: np.ndarray
    material: str
    density: float = 1.0
    tint: tuple[float, float, float] | np.ndarray = (1.0, 1.0, 1.0)
    drawn: bool = True
    proxy: "Patch | None" = None
    chart: np.ndarray | None = None
    across: float = 1.0
    cards: bool = False

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> "Patch":
        """Shifted by metres."""
        return replace(self, points=self.points + np.array([x, y, z]))

    def turned(self, degrees: float, axis: str = "z", about: Vector = (0.0, 0.0, 0.0)) -> "Patch":
        """Turned about an axis through a point, anticlockwise seen from its tip."""
        m = rotation(degrees, axis)
        about = np.asarray(about, float)
        return replace(self, points=(self.points - about) @ m.T + about, normals=self.normals @ m.T)

    def scaled(self, x: float, y: float, z: float) -> "Patch":
        """Scaled about the origin (normals follow; a negative factor mirrors and keeps the outside outside)."""
        s = np.array([x, y, z])
        patch = replace(self, points=self.points * s, normals=unit(self.normals / s))
        return patch.flipped_order() if x * y * z < 0 else patch

    def flipped_order(self) -> "Patch":
        """The same surface with its columns reversed."""
        chart = None if self.chart is None else self.chart[:, ::-1]
        return replace(self, points=self.points[:, ::-1], normals=self.normals[:, ::-1], uv=self.uv[:, ::-1],
                       chart=chart)  # fmt: skip

    def lengths(self) -> tuple[float, float]:
        """Mean length along u and along v, m."""
        du = np.linalg.norm(np.diff(self.points, axis=1), axis=2).sum(axis=1).mean()
        dv = np.linalg.norm(np.diff(self.points, axis=0), axis=2).sum(axis=0).mean()
        return float(du), float(dv)

    def parameters(self) -> tuple[np.ndarray, np.ndarray]:
        """Arc-length positions 0..1 of the columns and of the rows."""
        return _arc(self.points, 1), _arc(self.points, 0)

    def triangles(self) -> tuple[np.ndarray, np.ndarray]:
        """Vertices (n, 3) and triangles (m, 3) counter-clockwise seen from outside."""
        rows, columns, _ = self.points.shape
        a = (np.arange(rows - 1)[:, None] * columns + np.arange(0, columns - 1, 2 if self.cards else 1)).ravel()
        b, c, d = a + 1, a + columns + 1, a + columns
        faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
        return self.points.reshape(-1, 3), faces


def _arc(points: np.ndarray, axis: int) -> np.ndarray:
    steps = np.linalg.norm(np.diff(points, axis=axis), axis=2).mean(axis=1 - axis)
    total = np.concatenate([[0.0], np.cumsum(steps)])
    return total / max(total[-1], 1e-12)


def unit(v: np.ndarray) -> np.ndarray:
    """Vectors of length 1 along the last axis."""
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12)


def rotation(degrees: float, axis: str) -> np.ndarray:
    """3 x 3 rotation about x, y or z."""
    a = np.radians(degrees)
    c, s = np.cos(a), np.sin(a)
    i = "xyz".index(axis)
    j, k = (i + 1) % 3, (i + 2) % 3
    m = np.eye(3)
    m[j, j] = m[k, k] = c
    m[j, k], m[k, j] = -s, s
    return m


def moved(patches: Iterable[Patch], x: float = 0.0, y: float = 0.0, z: float = 0.0) -> list[Patch]:
    """Every patch shifted."""
    return [p.moved(x, y, z) for p in patches]


def turned(patches: Iterable[Patch], degrees: float, axis: str = "z", about: Vector = (0, 0, 0)) -> list[Patch]:
    """Every patch turned."""
    return [p.turned(degrees, axis, about) for p in patches]


def dense(patches: Iterable[Patch], density: float) -> list[Patch]:
    """Every patch with this relative density of the light map."""
    return [replace(p, density=density) for p in patches]


def tinted(patches: Iterable[Patch], tint: tuple[float, float, float]) -> list[Patch]:
    """Every patch with this factor on its albedo."""
    return [replace(p, tint=tint) for p in patches]


def sheet(points: np.ndarray, material: str, *, image: bool = False, density: float = 1.0, smooth_u: bool = False,
          smooth_v: bool = False) -> Patch:  # fmt: skip
    """A patch through a grid of points, normals by differences.

    `image`: uv run 0..1 (v up) instead of metres; `smooth_u`, `smooth_v`: the grid closes on itself.
    """
    points = np.asarray(points, float)
    du, dv = _difference(points, 1, smooth_u), _difference(points, 0, smooth_v)
    normals = unit(np.cross(du, dv))
    return Patch(points, normals, grid_uv(points, image), material, density)


def _difference(p: np.ndarray, axis: int, closed: bool) -> np.ndarray:
    d = np.gradient(p, axis=axis) if p.shape[axis] > 1 else np.zeros_like(p)
    if closed:
        p = np.moveaxis(p, axis, 0)
        edge = (p[1] - p[-2]) / 2.0
        d = np.moveaxis(d, axis, 0)
        d[0] = d[-1] = edge
        d = np.moveaxis(d, 0, axis)
    return d


def grid_uv(points: np.ndarray, image: bool) -> np.ndarray:
    """Texture coordinates of a grid: metres along it, or 0..1."""
    s, t = _arc(points, 1), _arc(points, 0)
    if not image:
        du = np.linalg.norm(np.diff(points, axis=1), axis=2).sum(axis=1).mean()
        dv = np.linalg.norm(np.diff(points, axis=0), axis=2).sum(axis=0).mean()
        s, t = s * du, t * dv
    return np.stack(np.broadcast_arrays(s[None, :], t[:, None]), axis=-1)


def quad(corner: Vector, along: Vector, up: Vector, material: str, *, cells: tuple[int, int] = (1, 1),
         image: bool = False, density: float = 1.0) -> Patch:  # fmt: skip
    """A flat rectangle from a corner by two edges; its outside is along x up."""
    u, v = np.linspace(0, 1, cells[0] + 1), np.linspace(0, 1, cells[1] + 1)
    points = (np.asarray(corner, float) + u[None, :, None] * np.asarray(along, float)
              + v[:, None, None] * np.asarray(up, float))  # fmt: skip
    return sheet(points, material, image=image, density=density)


def box(size: Vector, material: str, *, at: Vector = (0, 0, 0), bevel: float = 0.004, steps: int = 2,
        faces: str = "+x-x+y-y+z-z", density: float = 1.0, shift: float = 0.0) -> list[Patch]:  # fmt: skip
    """A box with rounded edges around `at` (its centre): six patches that each carry half the bevels.

    Texture u runs along each face's longer side (the grain); `shift` moves the texture, so that boards differ.
    """
    half = np.asarray(size, float) / 2.0
    r = min(bevel, 0.499 * float(min(size)))
    out = []
    for i, axis in enumerate("xyz"):
        for sign in (1, -1):
            if f"{'+' if sign > 0 else '-'}{axis}" not in faces:
                continue
            out.append(_face(half, r, i, sign, steps, material, density, np.asarray(at, float), shift))
    return out


def _face(half: np.ndarray, r: float, i: int, sign: int, steps: int, material: str, density: float, at: np.ndarray,
          shift: float) -> Patch:  # fmt: skip
    j, k = ((i + 1) % 3, (i + 2) % 3) if sign > 0 else ((i + 2) % 3, (i + 1) % 3)
    lean = np.tan(np.linspace(np.pi / 4, 0, steps + 1))
    offset = np.concatenate([-lean, lean[::-1]])
    base = [np.concatenate([np.full(steps + 1, -(half[a] - r)), np.full(steps + 1, half[a] - r)]) for a in (j, k)]
    n = np.zeros((2 * steps + 2, 2 * steps + 2, 3))
    n[..., j], n[..., k], n[..., i] = offset[None, :], offset[:, None], sign
    n = unit(n)
    points = np.zeros_like(n)
    points[..., j], points[..., k], points[..., i] = base[0][None, :], base[1][:, None], sign * (half[i] - r)
    points = points + r * n
    uv = np.stack([points[..., j], points[..., k]], axis=-1)
    if half[k] > half[j]:
        uv = uv[..., ::-1]
    return Patch(points + at, n, uv + np.array([shift, shift * 0.37]) + 10.0, material, density)
