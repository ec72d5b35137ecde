"""Zernike polynomials in the OSA/ANSI Z80.28 order and normalisation.

Index j = (n (n + 2) + m) / 2; every mode has unit variance over the unit disc, so the RMS of a
wavefront is the root of the sum of squares of its coefficients. x points right, y up, as the eye
is looked at (Thibos, Applegate, Schwiegerling and Webb 2002, J Refract Surg 18:S652).
"""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError

Array = NDArray[np.float64]
# The radial coefficients grow as 2^n: up to here float64 keeps 1e-10.
MAX_ORDER = 12
MAX_INDEX = MAX_ORDER * (MAX_ORDER + 3) // 2


def index(n: int, m: int) -> int:
    """OSA index of radial order n and azimuthal frequency m."""
    return (n * (n + 2) + m) // 2


def order(j: int) -> tuple[int, int]:
    """Radial order n and azimuthal frequency m of OSA index j.

    Raises
    ------
    InputError
        An index below 0 or beyond the order that stays accurate.

    Examples
    --------
    >>> order(4), order(12)
    ((2, 0), (4, 0))
    """
    if not 0 <= j <= MAX_INDEX:
        raise InputError("Zernike index out of range", "aberrations", j, f"0 to {MAX_INDEX}",
                         "use the OSA index j")  # fmt: skip
    n = (math.isqrt(8 * j + 1) - 1) // 2
    return n, 2 * j - n * (n + 2)


def norm(n: int, m: int) -> float:
    """The factor that gives a mode unit variance over the disc."""
    return math.sqrt((n + 1.0) * (1.0 if m == 0 else 2.0))


@cache
def radial(n: int, m: int) -> tuple[float, ...]:
    """Coefficients of R_n^|m| by falling powers n, n-2, ..., |m| of the radius (OSA, equation 2)."""
    m = abs(m)
    f = math.factorial
    return tuple(
        (-1) ** s * f(n - s) / (f(s) * f((n + m) // 2 - s) * f((n - m) // 2 - s))
        for s in range((n - m) // 2 + 1)
    )


def _radial_value(n: int, m: int, rho: Array) -> tuple[Array, Array]:
    """R_n^|m| and its derivative."""
    value, slope = np.zeros_like(rho), np.zeros_like(rho)
    for s, c in enumerate(radial(n, m)):
        power = n - 2 * s
        value += c * rho**power
        if power:
            slope += c * power * rho ** (power - 1)
    return value, slope


def mode(j: int, x: Array, y: Array) -> Array:
    """One mode at points of the unit disc (and, as a polynomial, beyond it).

    Parameters
    ----------
    j : int
        OSA index.
    x, y : ndarray
        Coordinates divided by the pupil radius.
    """
    n, m = order(j)
    rho, theta = np.hypot(x, y), np.arctan2(y, x)
    angular = np.cos(m * theta) if m >= 0 else np.sin(-m * theta)
    return norm(n, m) * _radial_value(n, m, rho)[0] * angular


def gradient(j: int, x: Array, y: Array) -> tuple[Array, Array]:
    """The derivatives of one mode by x and y."""
    n, m = order(j)
    rho, theta = np.hypot(x, y), np.arctan2(y, x)
    value, slope = _radial_value(n, m, rho)
    angular = np.cos(m * theta) if m >= 0 else np.sin(-m * theta)
    turn = -m * np.sin(m * theta) if m >= 0 else -m * np.cos(m * theta)
    around = np.divide(value, rho, out=np.zeros_like(rho), where=rho > 0) * turn
    outward = slope * angular
    c, s = np.cos(theta), np.sin(theta)
    return norm(n, m) * (outward * c - around * s), norm(n, m) * (outward * s + around * c)


def wavefront(coefficients: Sequence[float], x: Array, y: Array) -> Array:
    """The sum of modes j = 0, 1, 2, ... in the unit of the coefficients."""
    total = np.zeros(np.broadcast(x, y).shape)
    for j, c in enumerate(coefficients):
        if c:
            total += c * mode(j, x, y)
    return total


def rms(coefficients: Sequence[float] | Array, first: int = 6) -> float:
    """RMS over the pupil from mode `first` on; 6 means the higher orders."""
    return float(np.sqrt(np.sum(np.square(np.asarray(coefficients, float)[..., first:]), axis=-1)))


@cache
def _scaling(count: int, ratio: float) -> Array:
    """Matrix from coefficients on the full pupil to those on its concentric part."""
    nodes, weights = np.polynomial.legendre.leggauss(2 * MAX_ORDER)
    rho, weights = 0.5 * (nodes + 1.0), 0.5 * weights
    matrix = np.zeros((count, count))
    orders = [order(j) for j in range(count)]
    for i, (n, m) in enumerate(orders):
        for j, (k, mj) in enumerate(orders):
            if m == mj and k >= n:
                # Orthogonality: int_0^1 R_n R_k rho drho = delta / (2 n + 2).
                inner = np.sum(weights * rho * _radial_value(n, m, rho)[0]
                               * _radial_value(k, m, ratio * rho)[0])  # fmt: skip
                matrix[i, j] = 2.0 * (n + 1) * inner * norm(k, m) / norm(n, m)
    return matrix


def rescale(coefficients: Sequence[float] | Array, ratio: float) -> Array:
    """Coefficients of the same wavefront on a smaller concentric pupil.

    Parameters
    ----------
    coefficients : (..., modes) array
        On the pupil they were measured at; complete radial orders stay exact.
    ratio : float
        New radius divided by the old one, at most 1.

    Raises
    ------
    InputError
        A ratio that would extrapolate.
    """
    if not 0.0 < ratio <= 1.0:
        raise InputError("a wavefront cannot be scaled to a larger pupil", "pupil", ratio,
                         "a ratio above 0, at most 1", "measure at the larger pupil")  # fmt: skip
    c = np.asarray(coefficients, float)
    return c @ _scaling(c.shape[-1], float(ratio)).T


def rotate(coefficients: Sequence[float] | Array, angle_rad: float) -> Array:
    """The wavefront turned counterclockwise by an angle; radial orders must be complete.

    Parameters
    ----------
    coefficients : (..., modes) array
        Modes j = 0, 1, 2, ...; the count must end a radial order (1, 3, 6, 10, 15, 21, 28, ...).
    angle_rad : float
        Turn, radians.
    """
    c = np.asarray(coefficients, float)
    turned = c.copy()
    for j in range(c.shape[-1]):
        n, m = order(j)
        if m > 0:
            mirror = index(n, -m)
            cos, sin = math.cos(m * angle_rad), math.sin(m * angle_rad)
            turned[..., j] = cos * c[..., j] - sin * c[..., mirror]
            turned[..., mirror] = sin * c[..., j] + cos * c[..., mirror]
    return turned
