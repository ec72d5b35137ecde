"""Cars: one skin around the body, a glass house on it, a top between. Front toward +y, wheels on z = 0.

The skin is a function of (s, t): s runs along the right side's outline from the middle of the nose (0) to the
middle of the tail (1), t from the lower edge (0) to the belt (1). Lamps, grilles and trims are pieces of it.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from scenes.mesh import Patch, sheet, unit
from scenes.places import _car_parts as parts
from scenes.shapes import smooth

COLUMNS = 92
T = np.array([0.0, 0.07, 0.16, 0.28, 0.40, 0.52, 0.62, 0.69, 0.74, 0.80, 0.88, 0.95, 1.0])
# Inset from the outline, m, by t: tucked in below, a crease under the shoulder, rounded to the top.
SIDE = (
    (0, 0.090),
    (0.10, 0.058),
    (0.28, 0.020),
    (0.46, 0.004),
    (0.62, 0.0),
    (0.70, 0.002),
    (0.76, 0.020),
    (0.90, 0.038),
    (1.0, 0.085),
)
NOSE = (
    (0, 0.150),
    (0.08, 0.080),
    (0.25, 0.030),
    (0.42, 0.0),
    (0.58, 0.012),
    (0.76, 0.060),
    (0.90, 0.130),
    (1.0, 0.230),
)
TAIL = (
    (0, 0.150),
    (0.10, 0.065),
    (0.26, 0.018),
    (0.42, 0.0),
    (0.50, 0.020),
    (0.70, 0.045),
    (0.88, 0.030),
    (1.0, 0.060),
)


@dataclass(frozen=True)
class Form:
    """Shape of a car, m.

    Parameters
    ----------
    ends, half : nose and tail y; half width.
    belt : rows of (y, height) of the upper edge.
    house : y of the glass house's front and rear at the belt, then at the roof.
    roof : height; half widths at the belt and at the roof.
    posts : s of the ends of screen, front pillar, front door, middle pillar, rear door, rear pillar.
    """

    ends: tuple[float, float]
    half: float
    belt: tuple[tuple[float, float], ...]
    house: tuple[float, float, float, float]
    roof: tuple[float, float, float]
    posts: tuple[float, ...]
    axles: tuple[float, float]
    wheel: float = 0.33
    sill: float = 0.20
    corners: tuple[float, float] = (4.4, 6.0)
    wagon: bool = False


SEDAN = Form(
    ends=(2.36, -2.38),
    half=0.925,
    belt=(
        (2.36, 0.70),
        (2.1, 0.755),
        (1.6, 0.835),
        (1.0, 0.905),
        (0.0, 0.935),
        (-1.0, 0.965),
        (-1.8, 1.0),
        (-2.2, 1.005),
        (-2.38, 0.985),
    ),
    house=(1.16, -1.98, 0.10, -0.98),
    roof=(1.455, 0.835, 0.585),
    posts=(0.158, 0.192, 0.455, 0.478, 0.715, 0.815),
    axles=(1.42, -1.42),
)
SUV = Form(
    ends=(2.30, -2.32),
    half=0.945,
    belt=(
        (2.30, 0.84),
        (2.1, 0.90),
        (1.6, 0.985),
        (1.0, 1.04),
        (0.0, 1.06),
        (-1.0, 1.085),
        (-1.8, 1.11),
        (-2.2, 1.11),
        (-2.32, 1.08),
    ),
    house=(1.20, -2.20, 0.24, -1.86),
    roof=(1.675, 0.86, 0.66),
    posts=(0.150, 0.185, 0.430, 0.450, 0.665, 0.835),
    axles=(1.38, -1.36),
    wheel=0.365,
    sill=0.25,
    corners=(5.0, 6.5),
    wagon=True,
)


def car(form: Form, plate: int, lamps: bool = True) -> list[Patch]:
    """All patches of one car; paint, glass and lamps are materials."""
    out = [*_body(form), *_house(form), *parts.wheels(form.axles, form.wheel, form.half)]
    return out + parts.nose(form, plate, lamps) + parts.tail(form, plate) + parts.sides(form)


@cache
def _outline(form: Form) -> np.ndarray:
    """(n, 5): arc position 0..1, x, y and outward normal of the right half seen from above."""
    a = np.linspace(0, np.pi / 2, 1500)
    front, rear = form.corners
    s, c = np.sin(a), np.cos(a)
    first = np.stack([form.half * s ** (2 / front), form.ends[0] * c ** (2 / front)], 1)
    last = np.stack([form.half * c ** (2 / rear), form.ends[1] * s ** (2 / rear)], 1)
    p = np.concatenate([first, last[1:]])
    # Nose and tail bow in plan.
    across = p[:, 0] / form.half
    p[:, 1] -= np.sign(p[:, 1]) * across**2 * np.where(p[:, 1] > 0, 0.13, 0.06) * (np.abs(p[:, 1]) / 2.3) ** 6
    arc = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(p, axis=0).T))])
    even = np.linspace(0, 1, 1200)
    p = np.stack([np.interp(even, arc / arc[-1], p[:, k]) for k in (0, 1)], 1)
    d = np.gradient(p, axis=0)
    normal = unit(np.stack([-d[:, 1], d[:, 0]], 1))
    return np.concatenate([even[:, None], p, normal], axis=1)


def at(form: Form, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points and normals (n, 2) of the outline."""
    o = _outline(form)
    p = np.stack([np.interp(s, o[:, 0], o[:, k]) for k in (1, 2)], -1)
    n = np.stack([np.interp(s, o[:, 0], o[:, k]) for k in (3, 4)], -1)
    return p, unit(n)


def lower(form: Form, s: np.ndarray) -> np.ndarray:
    """Height of the lower edge: the sill, lifted to a round arch over each wheel."""
    p, n = at(form, s)
    edge = form.sill + 0.05 * np.clip(-n[..., 1], 0, 1) ** 2
    for axle in form.axles:
        r = form.wheel + 0.055
        inside = (np.abs(p[..., 1] - axle) < r) & (n[..., 0] > 0.4)
        arch = form.wheel + np.sqrt(np.maximum(r * r - (p[..., 1] - axle) ** 2, 0))
        edge = np.where(inside, np.maximum(edge, arch), edge)
    return edge


def upper(form: Form, y: np.ndarray) -> np.ndarray:
    """Height of the belt."""
    belt = smooth(np.array(form.belt), 80)[::-1]
    return np.interp(y, belt[:, 0], belt[:, 1])


def skin(form: Form, s: np.ndarray, t: np.ndarray, out: float = 0.0) -> np.ndarray:
    """Points of the skin (or `out` metres before it) for broadcast s and t."""
    s, t = np.broadcast_arrays(np.asarray(s, float), np.asarray(t, float))
    p, n = at(form, s)
    nose, tail = np.clip(n[..., 1], 0, 1) ** 1.5, np.clip(-n[..., 1], 0, 1) ** 1.5
    low, high = lower(form, s), upper(form, p[..., 1])
    # Over an arch the rows close up; further above they run level.
    z = np.maximum(form.sill + (high - form.sill) * t, low + 0.10 * (high - low) * t)
    level = (z - form.sill) / (high - form.sill)
    inset = np.zeros_like(t)
    for share, profile in ((1 - nose - tail, SIDE), (nose, NOSE), (tail, TAIL)):
        curve = smooth(np.array(profile), 60)
        inset = inset + share * np.interp(level, curve[:, 0], curve[:, 1])
    flat = p + n * (out - inset)[..., None]
    return np.concatenate([flat, z[..., None]], axis=-1)


def piece(
    form: Form, s: np.ndarray, t: np.ndarray, material: str, out: float = 0.004, *, density: float = 0.5
) -> Patch:
    """A part of the skin in front of it; rows of t run along v."""
    points = skin(form, s, t, out)
    patch = sheet(points, material, image=True, density=density)
    middle = patch.points[patch.points.shape[0] // 2, patch.points.shape[1] // 2]
    facing = patch.normals[patch.points.shape[0] // 2, patch.points.shape[1] // 2]
    if float((facing[:2] * middle[:2]).sum()) < 0:
        patch = patch.flipped_order()
        patch = replace(patch, normals=-patch.normals)
    return patch


def both(patch: Patch) -> list[Patch]:
    """A piece and its mirror image on the left."""
    return [patch, patch.scaled(-1, 1, 1)]


@cache
def columns(form: Form) -> np.ndarray:
    """Arc positions of the skin's columns: even, and closer around the arches."""
    o = _outline(form)
    side = o[:, 3] > 0.4
    extra = []
    for axle in form.axles:
        y = axle + (form.wheel + 0.0549) * np.cos(np.linspace(0, np.pi, 15))
        extra.append(np.interp(-y, -o[side, 2], o[side, 0]))
    return np.unique(np.round(np.concatenate([np.linspace(0, 1, COLUMNS), *extra]), 5))


def _body(form: Form) -> list[Patch]:
    s = columns(form)
    skinned = piece(form, s[None, :], T[:, None], "paint side", 0.0, density=1.0)
    uv = np.stack(np.broadcast_arrays(s[None, :], T[:, None]), -1)
    if skinned.points[0, 0, 1] < skinned.points[0, -1, 1]:
        uv = uv[:, ::-1]
    skinned = replace(skinned, uv=uv)
    edge = skin(form, s, np.ones_like(s))
    lid = _cap(edge, 0.040)
    low = skin(form, s, np.zeros_like(s))
    low = np.stack([low * np.array([x * 0.9, 0.97, 0]) + np.array([0, 0, form.sill + 0.03]) for x in (-1, 1)])
    return [*both(skinned), lid, sheet(low, "underside", density=0.3)]


def house(form: Form, s: np.ndarray, t: np.ndarray, out: float = 0.0) -> np.ndarray:
    """Points of the glass house: s around from the middle of the screen to the middle of the rear window."""
    s, t = np.broadcast_arrays(np.asarray(s, float), np.asarray(t, float))
    low_front, low_rear, high_front, high_rear = form.house
    roof, wide, narrow = form.roof
    base = replace(form, ends=(1.0, -1.0), half=1.0, corners=(4.5, 4.5 if not form.wagon else 7.0))
    p, n = at(base, s)
    front, rear = low_front + (high_front - low_front) * t, low_rear + (high_rear - low_rear) * t
    half = wide + (narrow - wide) * t**1.35
    middle, long = (front + rear) / 2, (front - rear) / 2
    # A screen bows outward between belt and roof.
    bow = 0.055 * 4 * t * (1 - t)
    flat = np.stack([p[..., 0] * (half + 0.35 * bow), middle + p[..., 1] * (long + bow)], -1)
    low = upper(form, np.clip(flat[..., 1], *form.ends[::-1])) - 0.015
    return np.concatenate([flat + n * out, (low + (roof - 0.055 - low) * t)[..., None]], axis=-1)


def _glass(
    form: Form,
    s0: float,
    s1: float,
    t0: float,
    t1: float,
    material: str,
    cells: tuple[int, int],
    out: float = 0.0,
    density: float = 0.6,
) -> Patch:
    points = house(form, np.linspace(s0, s1, cells[0])[None, :], np.linspace(t0, t1, cells[1])[:, None], out)
    patch = sheet(points, material, image=True, density=density)
    if float((patch.normals[0, 0, :2] * points[0, 0, :2]).sum()) < 0:
        patch = patch.flipped_order()
        patch = replace(patch, normals=-patch.normals)
    return patch


def _house(form: Form) -> list[Patch]:
    screen, a, front_door, b, rear_door, c = form.posts
    out: list[Patch] = []
    low, high = 0.05, 0.90
    rear = "car glass rear"
    for s0, s1, material, n in (
        (a, front_door, "car glass side", 12),
        (front_door, b, "black trim", 3),
        (b, rear_door, "car glass side", 10),
        (screen, a, "paint", 5),
        (rear_door, c, "paint", 6),
    ):
        out += both(_glass(form, s0, s1, low, high, material, (n, 8)))
    for ends, material in (((0.0, screen), "car glass front"), ((c, 1.0), rear)):
        right = _glass(form, *ends, low, high, material, (12, 10))
        u = np.linspace(0.5, 1.0, 12) if material == "car glass front" else np.linspace(1.0, 0.5, 12)
        if right.points[0, 0, 0] > right.points[0, -1, 0]:
            u = u[::-1]
        u = np.sort(u)[:: 1 if right.points[0, 0, 0] < right.points[0, -1, 0] else -1]
        right = replace(right, uv=np.stack(np.broadcast_arrays(u[None, :], np.linspace(0, 1, 10)[:, None]), -1))
        left = right.scaled(-1, 1, 1)
        out += [right, replace(left, uv=left.uv * [-1, 1] + [1, 0])]
    out += both(_glass(form, 0.0, 1.0, 0.0, low, "black trim", (60, 2), 0.002, 0.4))
    out += both(_glass(form, 0.0, 1.0, high, 1.0, "paint", (60, 3), 0.0, 0.5))
    out += both(_glass(form, a, rear_door, low - 0.02, low + 0.02, "chrome", (30, 2), 0.006, 0.3))
    edge = house(form, np.linspace(0, 1, 60), np.ones(60))
    return [*out, _cap(edge, 0.055), *parts.roof(form)]


def _cap(edge: np.ndarray, crown: float) -> Patch:
    """A lid over the right edge (n, 3) and its mirror image, crowned both ways."""
    n = len(edge)
    u = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 15))
    v = 2 * (edge[:, 1] - edge[-1, 1]) / (edge[0, 1] - edge[-1, 1]) - 1
    lift = crown * np.clip(1 - np.abs(v) ** 5, 0, 1)[:, None] * (1 - np.abs(u) ** 2.4)[None, :]
    points = np.stack([u[None, :] * edge[:, :1], np.broadcast_to(edge[:, 1:2], (n, 15)), edge[:, 2:3] + lift], axis=-1)
    lid = sheet(points[::-1], "paint", density=1.0)
    normals = lid.normals.copy()
    normals[0], normals[-1] = normals[1], normals[-2]
    return replace(lid, normals=normals)


def ground(size: tuple[float, float] = (6.0, 10.0)) -> Patch:
    """The ground under a car: shows, as a shade, how much less light it gets."""
    return parts.ground(size)
