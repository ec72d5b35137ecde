"""Dynamic time warping as a kernel."""

from typing import Any

import numpy as np
from numba import njit

_FLAGS: Any = {"cache": True, "error_model": "numpy", "fastmath": {"contract"}, "nogil": True}


@njit(**_FLAGS)
def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Sum of Euclidean distances along the cheapest monotone path."""
    n, m = a.shape[0], b.shape[0]
    row = np.full(m + 1, np.inf)
    row[0] = 0.0
    for i in range(n):
        corner = row[0]
        row[0] = np.inf
        for j in range(m):
            gap = 0.0
            for k in range(a.shape[1]):
                gap += (a[i, k] - b[j, k]) ** 2
            best = min(corner, min(row[j], row[j + 1]))
            corner = row[j + 1]
            row[j + 1] = np.sqrt(gap) + best
    return float(row[m])
