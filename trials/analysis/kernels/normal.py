"""Rectangle probabilities of a multivariate normal distribution."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

POINTS = 1024


@njit(cache=True, fastmath=False, error_model="numpy")
def cdf(z: float) -> float:
    """Standard normal distribution function."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@njit(cache=True, fastmath=False, error_model="numpy")
def quantile(p: float) -> float:
    """Standard normal quantile: Acklam's rational start and one Halley step (error < 1e-14).

    Source: Abramowitz & Stegun 1964, 26.2.23 for the start; Halley on the distribution function.
    """
    if p <= 0.0:
        return -np.inf
    if p >= 1.0:
        return np.inf
    tail = min(p, 1.0 - p)
    t = math.sqrt(-2.0 * math.log(tail))
    x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (
        1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)))  # fmt: skip
    x = -x
    for _ in range(3):
        e = cdf(x) - tail
        u = e * math.sqrt(2.0 * math.pi) * math.exp(0.5 * x * x)
        x -= u / (1.0 + 0.5 * x * u)
    return x if p < 0.5 else -x


@njit(cache=True, fastmath=False, error_model="numpy")
def cholesky(matrix: NDArray) -> NDArray:
    """Lower triangular root; a column without variance of its own becomes zero."""
    p = matrix.shape[0]
    low = np.zeros((p, p))
    for j in range(p):
        s = matrix[j, j]
        for k in range(j):
            s -= low[j, k] ** 2
        low[j, j] = math.sqrt(s) if s > 1e-12 else 0.0
        for i in range(j + 1, p):
            s = matrix[i, j]
            for k in range(j):
                s -= low[i, k] * low[j, k]
            low[i, j] = s / low[j, j] if low[j, j] > 0 else 0.0
    return low


@njit(cache=True, fastmath=False, error_model="numpy")
def within(low: NDArray, bound: float) -> float:
    """P(all abs(Z) < bound), Z normal with root `low`, on a fixed Richtmyer lattice.

    Source: Genz 1992, J Comput Graph Stat 1:141 (separation of variables).
    """
    p = low.shape[0]
    primes = np.array([2.0, 3.0, 5.0, 7.0, 11.0, 13.0, 17.0])
    y = np.zeros(p)
    total = 0.0
    for n in range(1, POINTS + 1):
        product = 1.0
        for j in range(p):
            centre = 0.0
            for k in range(j):
                centre += low[j, k] * y[k]
            if low[j, j] == 0.0:
                product *= 1.0 if abs(centre) < bound else 0.0
                y[j] = 0.0
                continue
            a, b = cdf((-bound - centre) / low[j, j]), cdf((bound - centre) / low[j, j])
            product *= b - a
            u = n * math.sqrt(primes[j]) % 1.0
            u = abs(2.0 * u - 1.0)  # the tent makes the lattice rule second order
            y[j] = quantile(min(max(a + u * (b - a), 1e-15), 1 - 1e-15))
        total += product
    return total / POINTS
