"""Shapes beyond boxes: turned, bent, soft and woven things, as grid patches."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from scenes.mesh import Patch, Vector, grid_uv, sheet, unit


def lathe(profile: Sequence[tuple[float, float]], material: str, *, segments: int = 32, at: Vector = (0, 0, 0),
          density: float = 1.0, crease_deg: float = 35.0) -> list[Patch]:  # fmt: skip
    """A turned thing: profile of (radius, height) from the bottom outside up; sharp corners split it into patches."""
    p = np.asarray(profile, float)
    steps = np.diff(p, axis=0)
    angle = np.degrees(np.arctan2(steps[:, 1], steps[:, 0]))
    turn = np.abs((np.diff(angle) + 180.0) % 360.0 - 180.0)
    cuts = [0, *(np.nonzero(turn > crease_deg)[0] + 1), len(p) - 1]
    a = np.linspace(0, 2 * np.pi, segments + 1)
    out = []
    for start, stop in pairwise(cuts):
        part = p[start : stop + 1]
        d = np.gradient(part, axis=0) if len(part) > 1 else part
        normal = unit(np.stack([d[:, 1], -d[:, 0]], axis=1))
        ring = np.stack([np.cos(a), np.sin(a), np.zeros_like(a)], axis=1)
        points = part[:, 0, None, None] * ring + np.array([0, 0, 1.0]) * part[:, 1, None, None]
        normals = normal[:, 0, None, None] * ring + np.array([0, 0, 1.0]) * normal[:, 1, None, None]
        out.append(Patch(points + np.asarray(at, float), unit(normals), grid_uv(points, False), material, density))
    return out


def cylinder(radius: float, height: float, material: str, *, at: Vector = (0, 0, 0), bevel: float = 0.003,
             segments: int = 28, density: float = 1.0) -> list[Patch]:  # fmt: skip
    """An upright cylinder with rounded edges that stands on `at`."""
    r = min(bevel, radius * 0.45, height * 0.45)
    arc = np.linspace(0, np.pi / 2, 4)
    low = [(radius - r + r * np.sin(t), r - r * np.cos(t)) for t in arc]
    high = [(radius - r + r * np.cos(t), height - r + r * np.sin(t)) for t in arc]
    profile = [(1e-4, 0.0), *low, *high, (1e-4, height)]
    return lathe(profile, material, segments=segments, at=at, density=density)


def tube(path: np.ndarray, radius: float | np.ndarray, material: str, *, segments: int = 10, density: float = 1.0,
         closed: bool = False) -> Patch:  # fmt: skip
    """A round tube along a path of (n, 3) points; the radius may vary along it."""
    path = np.asarray(path, float)
    r = np.broadcast_to(np.asarray(radius, float), len(path))
    along = unit(np.gradient(path, axis=0))
    if closed:
        along[0] = along[-1] = unit(path[1] - path[-2])
    first = np.array([0, 0, 1.0]) if abs(along[0, 2]) < 0.9 else np.array([1.0, 0, 0])
    side = np.empty_like(path)
    side[0] = unit(np.cross(along[0], first))
    for i in range(1, len(path)):
        s = side[i - 1] - along[i] * np.dot(side[i - 1], along[i])
        side[i] = unit(s)
    other = np.cross(along, side)
    a = np.linspace(0, 2 * np.pi, segments + 1)
    normals = np.cos(a)[None, :, None] * side[:, None] + np.sin(a)[None, :, None] * other[:, None]
    points = path[:, None] + r[:, None, None] * normals
    return Patch(points, normals, grid_uv(points, False)[..., ::-1], material, density)


def cushion(size: Vector, material: str, *, at: Vector = (0, 0, 0), cells: int = 18, plump: float = 0.35,
            edge: float = 0.16, density: float = 1.0, dent: float = 0.0) -> list[Patch]:  # fmt: skip
    """A sewn cushion: two bulging sheets that meet at a seam, thick in the middle, thin at pointed corners.

    `size` is (width, depth, thickness); it lies flat, centre at `at`.
    """
    u = np.sin(np.linspace(-np.pi / 2, np.pi / 2, cells + 1))
    x, y = np.meshgrid(u, u)
    lift = ((1 - x**2) * (1 - y**2)) ** plump
    # Sides bow inward between the corners, as filled cloth does.
    bx = x * (1 - edge * 0.5 * (1 - y**2) * np.abs(x) ** 4)
    by = y * (1 - edge * 0.5 * (1 - x**2) * np.abs(y) ** 4)
    # A hand's edge in the upper side; creases that run to the corners.
    lift = lift * (1 - dent * np.exp(-((x / 0.16) ** 2)) * np.clip(0.9 + y, 0, 1.6) / 1.6)
    border = np.sqrt((1 - np.abs(x)) * (1 - np.abs(y)))
    wrinkle = 0.05 * np.sin(7 * np.abs(x) + 5 * np.abs(y) + 2 * x) * np.abs(x * y) * (1 - (x * y) ** 2) * border
    w, d, t = (float(s) / 2 for s in size)
    top = np.stack([bx * w, by * d, (lift + wrinkle) * t], axis=-1)
    under = top[:, ::-1] * np.array([1, 1, -1.0])
    centre = np.asarray(at, float)
    seam = np.concatenate([top[0], top[1:, -1], top[-1, -2::-1], top[-2::-1, 0]]) + centre
    piping = tube(seam, min(0.006, 0.03 * t), material, segments=8, density=density, closed=True)
    return [*(replace(sheet(p, material, density=density), points=p + centre) for p in (top, under)), piping]


def drape(width: float, height: float, material: str, *, folds: int = 9, depth: float = 0.05, gather: float = 0.0,
          density: float = 1.0, seed: int = 0) -> Patch:  # fmt: skip
    """A hanging curtain in the plane y = 0, x from 0 to width, top at z = height, with uneven sine folds."""
    u, v = np.linspace(0, 1, folds * 10 + 1), np.linspace(0, 1, 14)
    wander = 0.25 * np.sin(2 * np.pi * u * 1.7 + seed) + 0.15 * np.sin(2 * np.pi * u * 3.1 + 2 * seed)
    phase = 2 * np.pi * (folds * u + wander)
    fall = v[:, None]
    y = depth * (0.55 + 0.45 * (1 - fall)) * np.sin(phase)[None, :] + 0.006 * np.sin(2 * phase + 4 * fall)
    x = (u[None, :] - 0.5) * width * (1 - gather * np.sin(np.pi * np.clip(1.3 * (1 - fall), 0, 1))) + width / 2
    x = x + 0.25 * depth * np.cos(phase)[None, :] * 0.6
    z = np.broadcast_to(fall * height, y.shape)
    return sheet(np.stack(np.broadcast_arrays(x, y, z), -1), material, density=density)


def strip(root: Vector, heading_deg: float, length: float, width: float, material: str, *, rise: float = 60.0,
          droop: float = 90.0, cells: int = 8, fold: float = 0.25, density: float = 1.0) -> Patch:  # fmt: skip
    """A bent leaf: leaves its root at an angle above the ground and droops; folded along its midrib."""
    t = np.linspace(0, 1, cells + 1)
    pitch = np.radians(rise - droop * t**1.4)
    step = length / cells
    ahead = np.concatenate([[0], np.cumsum(np.cos(pitch[:-1]) * step)])
    up = np.concatenate([[0], np.cumsum(np.sin(pitch[:-1]) * step)])
    half = width / 2 * np.maximum(np.sin(np.pi * (0.08 + 0.92 * t) ** 0.75), 0.02)
    h = np.radians(heading_deg)
    forward, side = np.array([np.cos(h), np.sin(h), 0]), np.array([-np.sin(h), np.cos(h), 0])
    s = np.linspace(-1, 1, 5)
    lift = fold * np.abs(s)[None, :] * half[:, None]
    points = (np.asarray(root, float) + ahead[:, None, None] * forward + (up[:, None] + lift)[..., None]
              * np.array([0, 0, 1.0]) + (s[None, :] * half[:, None])[..., None] * side)  # fmt: skip
    return sheet(np.swapaxes(points, 0, 1), material, image=True, density=density)


def loft(sections: np.ndarray, material: str, *, density: float = 1.0, closed: bool = False) -> Patch:
    """A skin over (stations, points, 3) cross-sections, points along u."""
    return sheet(np.asarray(sections, float), material, density=density, smooth_u=closed)


def smooth(points: np.ndarray, count: int, closed: bool = False) -> np.ndarray:
    """A Catmull-Rom curve through points, `count` samples in all."""
    p = np.asarray(points, float)
    n = len(p)
    if closed:
        p = np.concatenate([p[-1:], p, p[:2]])
        span = n
    else:
        p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
        span = n - 1
    t = np.linspace(0, span, count)
    i = np.minimum(t.astype(int), span - 1)
    f = (t - i)[:, None]
    a, b, c, d = p[i], p[i + 1], p[i + 2], p[i + 3]
    return 0.5 * (2 * b + (c - a) * f + (2 * a - 5 * b + 4 * c - d) * f**2 + (3 * b - a - 3 * c + d) * f**3)


def disc(
    width: float, depth: float, material: str, *, at: Vector = (0, 0, 0), cells: int = 20, density: float = 1.0
) -> Patch:
    """A flat ellipse that faces up, as a squeezed square grid (light does not run in rays as on a polar one)."""
    u = np.linspace(-1, 1, cells + 1)
    x, y = np.meshgrid(u, u)
    points = np.stack(
        [x * np.sqrt(1 - y * y / 2) * width / 2, y * np.sqrt(1 - x * x / 2) * depth / 2, np.zeros_like(x)], -1
    )
    normals = np.broadcast_to(np.array([0, 0, 1.0]), points.shape).copy()
    return Patch(points + np.asarray(at, float), normals, points[..., :2] + 3.0, material, density)
