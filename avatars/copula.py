"""Correlations between values of any kind: the Gaussian copula's matrix, checked and estimated.

The copula gives every person correlated standard normal numbers; each column is a monotone function
of its own (Nelsen RB, An Introduction to Copulas, 2nd ed., Springer 2006, ch. 2-3). A column with
ties or categories shows less correlation than the normal numbers behind it; the loss is known from
the Hermite series of the column's score, and is inverted here. For two categories that is the
polychoric, for one the polyserial correlation (Olsson U, Psychometrika 1979;44:443-460;
1982;47:337-347).
"""

import numpy as np

from twin_engine.errors import InputError

TERMS = 24
SMALLEST = 1e-8


def check(matrix: np.ndarray, names: list[str], where: str) -> np.ndarray:
    """Lower Cholesky factor of a correlation matrix, shape (d, d).

    Raises
    ------
    InputError
        The matrix is not positive definite: the correlations contradict each other.
    """
    lowest = np.linalg.eigvalsh(matrix)[0] if len(matrix) else 1.0
    if lowest < SMALLEST:
        change = np.abs(nearest(matrix) - matrix)
        i, j = np.unravel_index(np.argmax(change), change.shape)
        raise InputError("the correlations contradict each other", where, f"lowest eigenvalue {lowest:.3g}",
                         "a positive definite matrix",
                         f"weaken them, first {names[i]} - {names[j]} (by about {change[i, j]:.2f})")  # fmt: skip
    return np.linalg.cholesky(matrix)


def nearest(matrix: np.ndarray, floor: float = 1e-6) -> np.ndarray:
    """A positive definite correlation matrix close to `matrix`, by clipped eigenvalues.

    Rebonato R, Jaeckel P, J Risk 2000;2(2):17-27 (spectral method); unchanged where it is one already.
    """
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    if values[0] >= floor:
        return matrix
    clipped = vectors * np.maximum(values, floor) @ vectors.T
    scale = 1 / np.sqrt(np.diag(clipped))
    fixed = clipped * scale[:, None] * scale
    np.fill_diagonal(fixed, 1.0)
    return fixed


def scores(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Normal scores of a column and the Hermite coefficients of its score.

    Parameters
    ----------
    codes : ndarray, shape (n,)
        Numbers; equal numbers are ties.

    Returns
    -------
    tuple of ndarray
        Scores of shape (n,): the mean of a standard normal number between the thresholds of the
        person's tie; coefficients of shape (TERMS,) of orders 1, 2, ...
    """
    from scipy.special import ndtri

    _, place, counts = np.unique(codes, return_inverse=True, return_counts=True)
    edges = ndtri(np.concatenate([[0.0], np.cumsum(counts) / len(codes)]).clip(0.0, 1.0))
    basis = _hermite_steps(edges)
    level = basis[0] / (counts / len(codes))
    return level[place], basis @ level


def _hermite_steps(edges: np.ndarray) -> np.ndarray:
    """Integral of each normalised Hermite polynomial times the density between edges, (TERMS, levels).

    With phi the density, the integral of He_k phi from a to b is He_{k-1}(a) phi(a) - He_{k-1}(b) phi(b).
    """
    inner = np.isfinite(edges)
    x = np.where(inner, edges, 0.0)
    density = np.where(inner, np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), 0.0)
    found = np.empty((TERMS, len(edges) - 1))
    before, now = np.zeros_like(x), np.ones_like(x)  # He_{k-1} / sqrt((k-1)!), normalised recursion
    for k in range(1, TERMS + 1):
        at = now * density / np.sqrt(k)
        found[k - 1] = at[:-1] - at[1:]
        before, now = now, (x * now - np.sqrt(k - 1) * before) / np.sqrt(k)
    return found


def latent(columns: list[np.ndarray]) -> np.ndarray:
    """Correlation matrix of the normal numbers behind the columns, positive definite, shape (d, d)."""
    made = [scores(column) for column in columns]
    d = len(columns)
    matrix = np.eye(d)
    for i in range(d):
        for j in range(i):
            seen = float(np.mean(made[i][0] * made[j][0]))
            matrix[i, j] = matrix[j, i] = _invert(seen, made[i][1] * made[j][1])
    return nearest(matrix)


def score_correlations(columns: list[np.ndarray], matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlations of the columns' normal scores: those that `matrix` implies, and those found; (d, d) each.

    Ties and categories weaken what `matrix` says of the normal numbers: both sides are weakened alike.
    """
    made = [scores(column) for column in columns]
    spread = [float(np.sqrt(np.mean(score**2))) for score, _ in made]
    d = len(columns)
    implied, found = np.eye(d), np.eye(d)
    powers = np.arange(1, TERMS + 1)
    for i in range(d):
        for j in range(i):
            scale = spread[i] * spread[j]
            implied[i, j] = implied[j, i] = np.sum(matrix[i, j] ** powers * made[i][1] * made[j][1]) / scale
            found[i, j] = found[j, i] = np.mean(made[i][0] * made[j][0]) / scale
    return implied, found


def _invert(seen: float, products: np.ndarray) -> float:
    """The rho at which `sum_k rho^k products_k` equals the covariance seen, found by bisection."""
    powers = np.arange(1, len(products) + 1)
    low, high = -0.999, 0.999
    for _ in range(40):
        middle = (low + high) / 2
        if np.sum(middle**powers * products) < seen:
            low = middle
        else:
            high = middle
    return (low + high) / 2
