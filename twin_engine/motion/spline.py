"""Piecewise cubics of joint functions, all in one flat table for the kernels.

`SimmSpline` of OpenSim is the cubic spline of Forsythe, Malcolm & Moler 1977 ("Computer methods for
mathematical computations", ch. 4): the ends take their third derivative from the cubic through the
four nearest points; beyond the ends the function goes on as a straight line.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def constant(value: float) -> Array:
    """One piece (x, a, b, c, d) of a + b s + c s^2 + d s^3, s = q - x."""
    return np.array([[0.0, value, 0.0, 0.0, 0.0]])


def linear(slope: float, offset: float) -> Array:
    """slope q + offset."""
    return np.array([[0.0, offset, slope, 0.0, 0.0]])


def polynomial(coefficients: list[float]) -> Array:
    """Highest power first, up to the third."""
    padded = [0.0] * (4 - len(coefficients)) + list(coefficients)
    return np.array([[0.0, *padded[::-1]]])


def fmm(x: Array, y: Array) -> Array:
    """Pieces of the Forsythe-Malcolm-Moler spline, straight beyond both ends."""
    second = _second_derivatives(x, y)
    h = np.diff(x)
    slope = np.diff(y) / h - h * (second[1:] + 2 * second[:-1])
    last = (y[-1] - y[-2]) / h[-1] + h[-1] * (second[-2] + 2 * second[-1])
    inner = np.column_stack([x[:-1], y[:-1], slope, 3 * second[:-1], np.diff(second) / h])
    before = [x[0], y[0], slope[0], 0.0, 0.0]
    return np.vstack([before, inner, [x[-1], y[-1], last, 0.0, 0.0]])


def _second_derivatives(x: Array, y: Array) -> Array:
    """A sixth of the second derivative at the knots (tridiagonal system)."""
    n = len(x)
    if n < 3:
        return np.zeros(n)  # two knots make a straight line
    h = np.diff(x)
    divided = np.diff(y) / h
    matrix = np.zeros((n, n))
    right = np.zeros(n)
    for i in range(1, n - 1):
        matrix[i, i - 1 : i + 2] = h[i - 1], 2 * (h[i - 1] + h[i]), h[i]
        right[i] = divided[i] - divided[i - 1]
    if n < 4:
        matrix[0, :2], matrix[-1, -2:] = (-h[0], h[0]), (h[-1], -h[-1])
        return np.linalg.solve(matrix, right)
    change = np.diff(divided)
    first = change[1] / (x[3] - x[1]) - change[0] / (x[2] - x[0])
    final = change[-1] / (x[-1] - x[-3]) - change[-2] / (x[-2] - x[-4])
    matrix[0, :2], matrix[-1, -2:] = (-h[0], h[0]), (h[-1], -h[-1])
    right[0] = first * h[0] ** 2 / (x[3] - x[0])
    right[-1] = -final * h[-1] ** 2 / (x[-1] - x[-4])
    return np.linalg.solve(matrix, right)
