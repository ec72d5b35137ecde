"""Parts of cars: wheels, lamps, grilles, plates, mirrors, handles."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from scenes.mesh import Patch, box, moved, quad, sheet, turned
from scenes.shapes import lathe, tube

if TYPE_CHECKING:
    from scenes.places._car import Form


def wheels(axles: tuple[float, float], r: float, half: float) -> list[Patch]:
    """Four wheels with tyres, five twin spokes, discs; and the dark wells around them."""
    out: list[Patch] = []
    tyre = [
        (r * 0.66, -0.085),
        (r * 0.93, -0.105),
        (r * 0.985, -0.085),
        (r, -0.05),
        (r, 0.05),
        (r * 0.985, 0.085),
        (r * 0.93, 0.105),
        (r * 0.70, 0.100),
    ]
    x = half - 0.125
    for y in axles:
        for sign in (1, -1):
            one = lathe(tyre, "tyre", segments=30, density=0.5)
            one += lathe([(r * 0.71, 0.100), (r * 0.68, 0.102), (r * 0.64, 0.06)], "rim", segments=30, density=0.5)
            one += lathe([(r * 0.66, 0.02), (0.0001, 0.015)], "brake", segments=20, density=0.4)
            one += lathe([(0.07, 0.05), (0.062, 0.078), (0.0001, 0.082)], "rim", segments=16, density=0.4)
            for k in range(10):
                spoke = box((0.034, r * 0.56, 0.022), "rim", at=(0, r * 0.40, 0.072), bevel=0.008, steps=1, density=0.4)
                one += turned(turned(spoke, 7 if k % 2 else -7, "z", (0, 0.1 * r, 0)), 72 * (k // 2))
            out += moved(turned(one, 90 * sign, "y"), sign * x, y, r)
            a = np.linspace(0, np.pi, 17)
            rows = [
                np.stack([np.full(17, w), (r + 0.06) * np.cos(a), (r + 0.06) * np.sin(a)], 1)
                for w in (half - 0.36, half - 0.03)
            ]
            out += moved([sheet(np.stack(rows) * np.array([sign, 1, 1]), "underside", density=0.2)], 0, y, r)
            wall = (sign * (half - 0.33), y - r - 0.06, 0.16)
            out.append(quad(wall, (0, 2 * r + 0.12, 0), (0, 0, 2 * r - 0.10), "underside", density=0.2))
    return out


def _ramp(a: float, b: float, n: int) -> np.ndarray:
    return np.linspace(a, b, n)[None, :]


def _between(low: tuple[float, float], high: tuple[float, float], n: int, rows: int = 6) -> np.ndarray:
    """t of a piece whose lower and upper edge slope along s."""
    v = np.linspace(0, 1, rows)[:, None]
    return np.linspace(*low, n)[None, :] * (1 - v) + np.linspace(*high, n)[None, :] * v


def nose(form: "Form", plate: int, lamps: bool) -> list[Patch]:
    """Grille, intakes, head lamps with their day lights, plate."""
    from scenes.places._car import both, piece, skin

    out: list[Patch] = []
    tall = form.wagon
    grille = (0.40, 0.74) if tall else (0.44, 0.70)
    out += both(
        piece(
            form,
            _ramp(0.0, 0.072, 10),
            _between((grille[0], grille[0] + 0.05), (grille[1], grille[1] - 0.02), 10),
            "grille",
        )
    )
    rim = skin(form, np.array([0.072] * 2), np.array([grille[0] + 0.05, grille[1] - 0.02]), 0.006)
    for sign in (1, -1):
        out.append(tube(rim * np.array([sign, 1, 1]), 0.008, "chrome", segments=6, density=0.3))
    for k in range(5):
        t = grille[0] + 0.03 + (grille[1] - grille[0] - 0.05) * k / 4
        out += both(
            piece(
                form, _ramp(0.0, 0.070, 8), _between((t, t), (t + 0.014, t + 0.014), 8, 2), "chrome", 0.010, density=0.3
            )
        )
    out += both(piece(form, _ramp(0.0, 0.105, 10), _between((0.05, 0.07), (0.25, 0.22), 10), "black trim"))
    out += both(piece(form, _ramp(0.118, 0.150, 6), _between((0.10, 0.16), (0.34, 0.30), 6), "black trim"))
    out += _head_lamps(form, lamps)
    front = float(skin(form, np.array(0.0), np.array(0.34), 0.0)[1])
    return out + _plate(plate, front + 0.016, float(skin(form, np.array(0.0), np.array(0.34))[2]), 180)


def _head_lamps(form: "Form", lamps: bool) -> list[Patch]:
    """Lenses, the strip of day light below them, two lit modules a side."""
    from scenes.places._car import both, piece

    out: list[Patch] = []
    top = 0.80 if form.wagon else 0.82
    out += both(
        piece(
            form,
            _ramp(0.078, 0.185, 14),
            _between((top - 0.20, top - 0.10), (top - 0.02, top + 0.03), 14),
            "head lamp",
            0.006,
        )
    )
    out += both(
        piece(
            form,
            _ramp(0.080, 0.178, 14),
            _between((top - 0.225, top - 0.125), (top - 0.20, top - 0.10), 14, 2),
            "day lamp",
            0.010,
            density=0.0,
        )
    )
    if lamps:
        for k in (0, 1):
            s, t = 0.088 + 0.026 * k, top - 0.128 + 0.022 * k
            out += both(
                piece(
                    form,
                    _ramp(s, s + 0.017, 4),
                    _between((t, t + 0.012), (t + 0.07, t + 0.082), 4, 3),
                    "beam lamp",
                    0.010,
                    density=0.0,
                )
            )
    return out


def tail(form: "Form", plate: int) -> list[Patch]:
    """Tail lamps around the corners, a bar between them, bumper's lower part, reflectors, exhausts, plate."""
    from scenes.places._car import both, piece, skin

    out: list[Patch] = []
    low, high = (0.60, 0.84) if not form.wagon else (0.58, 0.86)
    out += both(
        piece(
            form,
            _ramp(0.838, 0.940, 14),
            _between((low + 0.08, low), (high - 0.02, high), 14),
            "tail lamp",
            0.008,
            density=0.0,
        )
    )
    out += both(
        piece(
            form,
            _ramp(0.940, 1.0, 8),
            _between((high - 0.085, high - 0.085), (high - 0.045, high - 0.045), 8, 2),
            "tail bar",
            0.007,
            density=0.0,
        )
    )
    out += both(piece(form, _ramp(0.862, 1.0, 14), _between((0.0, 0.0), (0.16, 0.24), 14), "black trim"))
    out += both(piece(form, _ramp(0.880, 0.925, 6), _between((0.285, 0.285), (0.325, 0.325), 6, 2), "reflector", 0.006))
    out += both(
        piece(form, _ramp(0.900, 0.940, 6), _between((0.03, 0.03), (0.12, 0.12), 6, 3), "chrome", 0.012, density=0.3)
    )
    out += both(
        piece(
            form,
            _ramp(0.905, 0.935, 6),
            _between((0.045, 0.045), (0.105, 0.105), 6, 3),
            "underside",
            0.016,
            density=0.3,
        )
    )
    t = 0.58 if not form.wagon else 0.52
    at = skin(form, np.array(1.0), np.array(t))
    recess = box((0.60, 0.012, 0.155), "black trim", bevel=0.004, density=0.3)
    out += moved(recess, 0, float(at[1]) + 0.0, float(at[2]))
    return out + _plate(plate, float(at[1]) - 0.016, float(at[2]), 0)


def sides(form: "Form") -> list[Patch]:
    """Door handles, mirrors, sill strip."""
    from scenes.places._car import both, piece, upper

    out: list[Patch] = []
    for s in (0.475, 0.665):
        out += both(
            piece(
                form, _ramp(s, s + 0.032, 6), _between((0.755, 0.755), (0.79, 0.79), 6, 3), "chrome", 0.016, density=0.3
            )
        )
    out += both(piece(form, _ramp(0.345, 0.60, 16), _between((0.02, 0.02), (0.10, 0.10), 16, 2), "black trim", 0.004))
    y = form.house[0] - 0.36
    belt = float(upper(form, np.array(y)))
    profile = [(0.0001, -1.0), (0.6, -0.85), (0.95, -0.3), (1.0, 0.2), (0.8, 0.75), (0.0001, 1.0)]
    for sign in (1, -1):
        shell = [p.scaled(0.105, 0.060, 0.075) for p in lathe(profile, "paint", segments=18, crease_deg=90)]
        out += moved(shell, sign * (form.half + 0.075), y, belt + 0.085)
        glass = turned(lathe([(0.085, 0.0), (0.0001, 0.002)], "mirror back", segments=18, density=0.3), 90, "x")
        out += [p.scaled(1.0, 1, 0.72).moved(sign * (form.half + 0.075), y - 0.056, belt + 0.085) for p in glass]
        foot = np.array([[sign * (form.half - 0.10), y, belt + 0.02], [sign * (form.half + 0.05), y, belt + 0.05]])
        out.append(tube(foot, 0.022, "black trim", segments=8, density=0.3))
    return out


def roof(form: "Form") -> list[Patch]:
    """The aerial on the roof, and rails on a wagon's."""
    from scenes.places._car import house

    y = form.house[3] + 0.22
    blade = box((0.035, 0.17, 0.055), "black trim", at=(0, y, form.roof[0] + 0.012), bevel=0.014, steps=3, density=0.3)
    out = turned(blade, 10, "x", (0, y, form.roof[0]))
    if form.wagon:
        line = house(form, np.linspace(0.24, 0.80, 14), np.ones(14))
        lift = 0.045 * np.clip(np.minimum(np.arange(14), np.arange(14)[::-1]), 0, 1)
        for sign in (1, -1):
            path = line * [sign, 1, 1] + np.stack([np.full(14, -0.03 * sign), np.zeros(14), lift - 0.01], 1)
            out.append(tube(path, 0.013, "satin", segments=8, density=0.3))
    return out


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
