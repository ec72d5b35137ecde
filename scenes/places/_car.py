"""Cars: lofted body, glass house, arches, wheels, lamps, plate. Front toward +y, wheels on z = 0."""

from dataclasses import dataclass, replace

import numpy as np

from scenes.mesh import Patch, box, moved, quad, sheet, turned
from scenes.shapes import lathe, smooth, tube


@dataclass(frozen=True)
class Form:
    """Shape of a car, m: stations from nose to tail as rows of y, deck height, half width, belt height; cabin."""

    deck: tuple[tuple[float, float, float, float], ...]
    cabin: tuple[tuple[float, float, float], ...]
    axles: tuple[float, float]
    wheel: float = 0.33
    sill: float = 0.20


SEDAN = Form(
    deck=(
        (2.30, 0.50, 0.62, 0.50),
        (2.24, 0.66, 0.76, 0.62),
        (2.05, 0.76, 0.86, 0.70),
        (1.60, 0.86, 0.905, 0.80),
        (1.00, 0.945, 0.915, 0.90),
        (0.0, 0.95, 0.92, 0.925),
        (-1.0, 0.965, 0.915, 0.945),
        (-1.62, 1.00, 0.90, 0.965),
        (-2.08, 1.00, 0.85, 0.93),
        (-2.26, 0.92, 0.79, 0.84),
        (-2.33, 0.60, 0.70, 0.58),
    ),
    cabin=(
        (1.05, 0.93, 0.74),
        (0.42, 1.26, 0.66),
        (0.05, 1.41, 0.60),
        (-0.45, 1.455, 0.585),
        (-0.95, 1.41, 0.59),
        (-1.35, 1.23, 0.64),
        (-1.78, 0.99, 0.70),
    ),
    axles=(1.40, -1.38),
)
SUV = Form(
    deck=(
        (2.22, 0.60, 0.70, 0.60),
        (2.18, 0.88, 0.82, 0.76),
        (1.98, 1.00, 0.90, 0.88),
        (1.50, 1.06, 0.935, 0.96),
        (0.95, 1.10, 0.945, 1.03),
        (0.0, 1.10, 0.95, 1.05),
        (-1.0, 1.11, 0.945, 1.07),
        (-1.70, 1.12, 0.93, 1.08),
        (-2.08, 1.10, 0.89, 1.06),
        (-2.20, 1.00, 0.85, 0.95),
        (-2.26, 0.62, 0.78, 0.62),
    ),
    cabin=(
        (1.00, 1.09, 0.78),
        (0.50, 1.42, 0.71),
        (0.10, 1.60, 0.66),
        (-0.50, 1.66, 0.645),
        (-1.30, 1.64, 0.645),
        (-1.82, 1.55, 0.66),
        (-2.10, 1.12, 0.74),
    ),
    axles=(1.36, -1.34),
    wheel=0.36,
    sill=0.26,
)


def car(form: Form, plate: int, lamps: bool = True) -> list[Patch]:
    """All patches of one car; paint, glass and lamps are materials."""
    return [*_body(form), *_cabin(form), *_wheels(form), *_face(form, plate, lamps), *_tail(form, plate)]


def _stations(form: Form, count: int = 56) -> np.ndarray:
    return smooth(np.array(form.deck), count)


def _arch(form: Form, y: np.ndarray) -> np.ndarray:
    """Height of the lower edge: the sill, lifted to a round arch over each wheel."""
    edge = np.full_like(y, form.sill)
    for axle in form.axles:
        r = form.wheel + 0.055
        inside = np.abs(y - axle) < r
        edge = np.where(inside, np.maximum(edge, form.wheel + np.sqrt(np.maximum(r * r - (y - axle) ** 2, 0))), edge)
    return edge


def _body(form: Form) -> list[Patch]:
    s = smooth(np.array(form.deck), 150)
    y, deck, half, belt = s.T
    low = np.minimum(_arch(form, y), belt - 0.04)
    t = np.linspace(0, 1, 13)
    z = low[:, None] + (belt - low)[:, None] * t[None, :]
    mid = form.sill + 0.42 * (belt - form.sill)
    above = np.clip((z - mid[:, None]) / np.maximum(belt - mid, 0.05)[:, None], -1.4, 1)
    # A shoulder line, tucked in below and above it.
    bulge = (
        1
        - 0.045 * np.clip(above, 0, 1) ** 2
        - 0.055 * np.clip(-above, 0, 1.4) ** 2
        + 0.010 * np.exp(-(((above - 0.62) / 0.14) ** 2))
    )
    right = np.stack([half[:, None] * bulge, np.broadcast_to(y[:, None], z.shape), z], axis=-1)
    side = sheet(np.swapaxes(right, 0, 1), "paint side", image=True, density=1.0)
    side = replace(
        side, uv=np.stack(np.broadcast_arrays((2.3 - right[..., 1].T) / 4.6, (right[..., 2].T - 0.2) / 0.8), -1)
    )
    if side.normals[6, 70, 0] < 0:
        side = replace(side, normals=-side.normals).flipped_order()
    u = np.linspace(-1, 1, 17)
    edge = half * bulge[:, -1]
    crown = (1 - np.abs(u) ** 2.4)[None, :]
    top = np.stack(
        [
            u[None, :] * edge[:, None],
            np.broadcast_to(y[:, None], (150, 17)),
            belt[:, None] + (deck - belt)[:, None] * crown,
        ],
        axis=-1,
    )
    hood = sheet(top[::-1], "paint", density=1.0)
    left = side.scaled(-1, 1, 1)
    floor = np.stack([np.stack([x * half * 0.93, y, np.full_like(y, form.sill + 0.02)], 1) for x in (-1, 1)])
    under = sheet(floor, "underside", density=0.3)
    return [side, left, hood, under]


def _cabin(form: Form) -> list[Patch]:
    s = smooth(np.array(form.cabin), 48)
    y, top, half = s.T
    stations = _stations(form, 200)
    order = np.argsort(stations[:, 0])
    belt = np.interp(y, stations[order, 0], stations[order, 3])
    foot = np.interp(y, stations[order, 0], stations[order, 2]) * 0.935
    out = []
    t = np.linspace(0, 1, 7)
    rise = np.maximum(top - 0.055, belt) - belt
    x = foot[:, None] + (half + 0.035 - foot)[:, None] * (t[None, :] ** 1.25) * np.clip(rise / 0.35, 0, 1)[:, None]
    glass = np.stack([x, np.broadcast_to(y[:, None], x.shape), belt[:, None] + rise[:, None] * t[None, :]], axis=-1)
    side = sheet(np.swapaxes(glass, 0, 1), "car glass", density=0.6)
    if side.normals[3, 24, 0] < 0:
        side = replace(side, normals=-side.normals).flipped_order()
    out += [side, side.scaled(-1, 1, 1)]
    u = np.linspace(-1, 1, 13)
    edge = x[:, -1]
    roof = np.stack(
        [
            u[None, :] * edge[:, None],
            np.broadcast_to(y[:, None], (48, 13)),
            (belt + rise)[:, None] + (top - belt - rise)[:, None] * (1 - np.abs(u) ** 2.6)[None, :],
        ],
        axis=-1,
    )
    first = int(np.argmax(y < form.cabin[2][0] + 0.12))
    last = int(np.argmax(y < form.cabin[4][0] - 0.02))
    for a, b, material in ((0, first + 1, "car glass"), (first, last + 1, "paint"), (last, 48, "car glass")):
        out.append(sheet(roof[a:b][::-1], material, density=0.8))
    rail = glass[:, -1]
    for sign in (1, -1):
        m = np.array([sign, 1, 1])
        out.append(tube(rail * m, 0.026, "paint", segments=8, density=0.5))
        for k in (23, 33):
            out.append(
                tube(glass[k] * m + np.array([sign * 0.002, 0, 0]), 0.020, "black trim", segments=6, density=0.3)
            )
        out.append(
            tube(np.stack([glass[:, 0][i] for i in range(0, 48, 4)]) * m, 0.010, "chrome", segments=6, density=0.3)
        )
        shell = [
            p.scaled(0.11, 0.055, 0.075)
            for p in lathe(
                [(0.0001, -1), (0.6, -0.85), (0.95, -0.3), (1, 0.2), (0.8, 0.75), (0.0001, 1)],
                "paint",
                segments=18,
                crease_deg=90,
            )
        ]
        out += moved(shell, sign * (foot[8] + 0.13), float(y[10]), float(belt[8]) + 0.09)
    return out


def _wheels(form: Form) -> list[Patch]:
    r, out = form.wheel, []
    tyre = [
        (r * 0.64, -0.085),
        (r * 0.93, -0.105),
        (r * 0.985, -0.085),
        (r, -0.05),
        (r, 0.05),
        (r * 0.985, 0.085),
        (r * 0.93, 0.105),
        (r * 0.64, 0.10),
    ]
    for y in form.axles:
        for sign in (1, -1):
            parts = lathe(tyre, "tyre", segments=32, density=0.5)
            parts += lathe([(r * 0.66, 0.095), (r * 0.62, 0.098), (r * 0.57, 0.06)], "rim", segments=32, density=0.5)
            parts += lathe([(r * 0.58, 0.058), (0.0001, 0.055)], "brake", segments=24, density=0.4)
            parts += lathe([(0.075, 0.058), (0.070, 0.088), (0.0001, 0.092)], "rim", segments=18, density=0.4)
            for k in range(5):
                spoke = box((0.052, r * 0.54, 0.022), "rim", at=(0, r * 0.35, 0.078), bevel=0.008, steps=2, density=0.4)
                parts += turned(spoke, 72 * k)
            parts = turned(parts, 90 * sign, "y")
            half = 0.80 if r < 0.35 else 0.83
            out += moved(parts, sign * half, y, r)
            a = np.linspace(0, np.pi, 17)
            rows = [
                np.stack([np.full(17, x), (r + 0.06) * np.cos(a), (r + 0.06) * np.sin(a)], 1)
                for x in (half - 0.24, half + 0.02)
            ]
            out += moved([sheet(np.stack(rows) * np.array([sign, 1, 1]), "underside", density=0.2)], 0, y, r)
    return out


def _face(form: Form, plate: int, lamps: bool) -> list[Patch]:
    nose, deck = form.deck[1][0], form.deck[1][1]
    z = deck - 0.055
    out = box((1.02, 0.07, 0.16), "grille", at=(0, nose + 0.025, z - 0.06), bevel=0.03, steps=3, density=0.6)
    for k in range(4):
        out += box(
            (0.96, 0.02, 0.010),
            "chrome",
            at=(0, nose + 0.062, z - 0.115 + 0.036 * k),
            bevel=0.004,
            steps=1,
            density=0.3,
        )
    out += box((1.30, 0.07, 0.12), "grille", at=(0, nose + 0.035, form.sill + 0.12), bevel=0.03, density=0.5)
    for sign in (1, -1):
        case = box((0.30, 0.12, 0.095), "lamp case", at=(0, 0, 0), bevel=0.035, steps=4, density=0.5)
        out += moved(turned(case, -18 * sign), sign * 0.60, nose - 0.045, z + 0.005)
        if lamps:
            bulb = turned(lathe([(0.10, 0.0), (0.0001, 0.004)], "head lamp", segments=20, density=0.0), -90, "x")
            out += [p.scaled(0.95, 1, 0.45).moved(sign * 0.58, nose + 0.026, z + 0.005) for p in bulb]
        strip = box((0.26, 0.02, 0.010), "day lamp", at=(0, 0, 0), bevel=0.004, steps=1, density=0.0)
        out += moved(turned(strip, -18 * sign), sign * 0.61, nose + 0.018, z - 0.055)
    out += _plate(plate, nose + 0.075, form.sill + 0.24, 180)
    return out


def _tail(form: Form, plate: int) -> list[Patch]:
    tail, deck = form.deck[-2][0], form.deck[-2][1]
    out = box((1.36, 0.06, 0.05), "black trim", at=(0, tail - 0.005, deck - 0.11), bevel=0.02, density=0.4)
    for sign in (1, -1):
        lamp = box((0.42, 0.10, 0.145), "tail lamp", at=(0, 0, 0), bevel=0.03, steps=3, density=0.0)
        out += moved(turned(lamp, 14 * sign), sign * 0.55, tail - 0.012, deck - 0.105)
    out += box(
        (1.40, 0.09, 0.20), "black trim", at=(0, tail - 0.025, form.sill + 0.11), bevel=0.05, steps=3, density=0.4
    )
    return out + _plate(plate, form.deck[-1][0] - 0.022, deck - 0.30, 0)


def _plate(number: int, y: float, z: float, turn: float) -> list[Patch]:
    frame = box((0.535, 0.012, 0.125), "black trim", at=(0, 0.007, 0), bevel=0.004, density=0.3)
    face = quad((-0.26, 0.0, -0.055), (0.52, 0, 0), (0, 0, 0.11), "plate", image=True, density=0.8)
    v = 1 - (number + np.array([1.0, 0.0])) / 6
    face = replace(face, uv=np.stack([np.stack([np.array([0.0, 1.0]), np.full(2, w)], 1) for w in v]))
    return moved(turned([*frame, face], turn), 0, y, z)


def ground(size: tuple[float, float] = (6.0, 10.0)) -> Patch:
    """The ground under a car: shows, as a shade, how much less light it gets."""
    w, d = size
    return quad((-w / 2, -d / 2, 0.006), (w, 0, 0), (0, d, 0), "shade", cells=(2, 2), image=True, density=1.0)
