"""Sloan letters and the Landolt ring, drawn from their public geometry on a 5 x 5 grid.

Sloan 1959 (Am J Ophthalmol 48:807) and ISO 8596: height and width are five strokes, the stroke
(and the gap of the ring) is the detail whose angle is the acuity. No font file is used.

Coordinates: x to the right and y up, both 0 to 5 strokes.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError

SLOAN = "CDHKNORSVZ"
LANDOLT = {"right": 0, "up": 1, "left": 2, "down": 3}
STROKES = 5.0
Grid = NDArray[np.float64]
Mask = NDArray[np.bool_]


def _box(x: Grid, y: Grid, x0: float, x1: float, y0: float, y1: float) -> Mask:
    return (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)


def _ring(x: Grid, y: Grid, cx: float, cy: float, outer: float) -> Mask:
    r = np.hypot(x - cx, y - cy)
    return (r <= outer) & (r >= outer - 1.0)


def _slant(
    x: Grid, y: Grid, y0: float, y1: float, left0: float, left1: float, width: float
) -> Mask:
    """A parallelogram: left edge at `left0` on height y0 and `left1` on height y1."""
    left = left0 + (left1 - left0) * (y - y0) / (y1 - y0)
    return (y >= y0) & (y <= y1) & (x >= left) & (x <= left + width)


def _c(x: Grid, y: Grid) -> Mask:
    return _ring(x, y, 2.5, 2.5, 2.5) & ~((x > 2.5) & (np.abs(y - 2.5) < 0.5))


def _d(x: Grid, y: Grid) -> Mask:
    bow = _ring(x, y, 2.5, 2.5, 2.5) & (x >= 2.5)
    bars = (x <= 2.5) & ((y >= 4) | (y <= 1))
    return (x <= 1) | bars | bow


def _h(x: Grid, y: Grid) -> Mask:
    return (x <= 1) | (x >= 4) | ((y >= 2) & (y <= 3))


# Slant widths make the stroke one unit thick across: width x cos(slope) = 1.
def _k(x: Grid, y: Grid) -> Mask:
    return (x <= 1) | _slant(x, y, 1.6, 5, 0.2, 3.6, 1.4) | _slant(x, y, 0, 3, 3.75, 1.5, 1.25)


def _n(x: Grid, y: Grid) -> Mask:
    return (x <= 1) | (x >= 4) | _slant(x, y, 0, 5, 3.75, 0, 1.25)


def _o(x: Grid, y: Grid) -> Mask:
    return _ring(x, y, 2.5, 2.5, 2.5)


def _r(x: Grid, y: Grid) -> Mask:
    bars = _box(x, y, 0, 3.5, 4, 5) | _box(x, y, 0, 3.5, 2, 3)
    bow = _ring(x, y, 3.5, 3.5, 1.5) & (x >= 3.5)
    return (x <= 1) | bars | bow | _slant(x, y, 0, 2, 3.67, 1.92, 1.33)


def _s(x: Grid, y: Grid) -> Mask:
    bars = _box(x, y, 1.5, 3.5, 4, 5) | _box(x, y, 1.5, 3.5, 2, 3) | _box(x, y, 1.5, 3.5, 0, 1)
    upper = _ring(x, y, 1.5, 3.5, 1.5) & (x <= 1.5) | _ring(x, y, 3.5, 3.5, 1.5) & (x >= 3.5) & (
        y >= 3.5
    )
    lower = _ring(x, y, 3.5, 1.5, 1.5) & (x >= 3.5) | _ring(x, y, 1.5, 1.5, 1.5) & (x <= 1.5) & (
        y <= 1.5
    )
    return bars | upper | lower


def _v(x: Grid, y: Grid) -> Mask:
    return _slant(x, y, 0, 5, 1.96, 0, 1.08) | _slant(x, y, 0, 5, 1.96, 3.92, 1.08)


def _z(x: Grid, y: Grid) -> Mask:
    return (y >= 4) | (y <= 1) | _slant(x, y, 1, 4, 0, 3.47, 1.53)


_SHAPES: dict[str, Callable[[Grid, Grid], Mask]] = {
    "C": _c, "D": _d, "H": _h, "K": _k, "N": _n, "O": _o, "R": _r, "S": _s, "V": _v, "Z": _z,
}  # fmt: skip


@cache
def _raster(letter: str, pixels: int, turns: int) -> NDArray[np.float64]:
    finer = 8
    at = (np.arange(pixels * finer) + 0.5) * STROKES / (pixels * finer)
    x, y = np.meshgrid(at, at[::-1])
    ink = np.rot90(_SHAPES[letter](x, y).astype(float), turns)
    made = ink.reshape(pixels, finer, pixels, finer).mean(axis=(1, 3))
    made.setflags(write=False)
    return made


def sloan(letter: str, pixels: int) -> NDArray[np.float64]:
    """Ink coverage 0..1 of one Sloan letter, shape (pixels, pixels), first row on top.

    Raises
    ------
    InputError
        Not one of the ten letters, or fewer than 1 pixel.
    """
    if letter not in _SHAPES or pixels < 1:
        raise InputError("no such optotype", "letter", letter, "one of C D H K N O R S V Z",
                         "only the ten Sloan letters are drawn")  # fmt: skip
    return _raster(letter, int(pixels), 0)


def landolt(gap: str, pixels: int) -> NDArray[np.float64]:
    """Ink coverage 0..1 of a Landolt ring whose gap points right, up, left or down.

    Raises
    ------
    InputError
        Another direction.
    """
    if gap not in LANDOLT:
        raise InputError("no such optotype", "gap", gap, ", ".join(LANDOLT), "name the gap's side")
    return _raster("C", int(pixels), LANDOLT[gap])


def line(text: str, letter_pixels: int, margin: float = 1.0) -> NDArray[np.float64]:
    """A line of Sloan letters, one letter apart as on a logMAR chart: luminance 1, ink 0.

    Parameters
    ----------
    text : str
        Sloan letters.
    letter_pixels : int
        Height of a letter in pixels.
    margin : float
        White around the line, in letter heights.
    """
    n, edge = letter_pixels, round(letter_pixels * margin)
    made = np.ones((n + 2 * edge, edge * 2 + n * (2 * len(text) - 1)))
    for i, letter in enumerate(text):
        left = edge + 2 * n * i
        made[edge : edge + n, left : left + n] -= sloan(letter, n)
    return made
