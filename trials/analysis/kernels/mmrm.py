"""Mixed model for repeated measures: unstructured covariance, REML, Satterthwaite.

The variance parameters are the elements of the covariance matrix themselves, so every derivative
of V is a constant matrix of two ones, and each term below needs only small per-person matrices.
Notation: W = V^-1 X, A = sum X'V^-1X, G = W A^-1 W', e = V^-1 r.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from trials.analysis.kernels.linear import dot, inverse, inverse_and_log, onto, times

MOST_STEPS = 100


@njit(cache=True, fastmath=False, error_model="numpy")
def _person(y: NDArray, x: NDArray, cov: NDArray, seen: NDArray) -> tuple:
    """V^-1, X and log det V of a person's seen visits, embedded in all visits by zeros."""
    t = len(seen)
    where = np.flatnonzero(seen)
    k = len(where)
    v = np.empty((k, k))
    for a in range(k):
        for b in range(k):
            v[a, b] = cov[where[a], where[b]]
    small, log_det = inverse_and_log(v)
    back = np.zeros((t, t))
    for a in range(k):
        for b in range(k):
            back[where[a], where[b]] = small[a, b]
    rows = np.zeros((t, x.shape[1]))
    values = np.zeros(t)
    for a in range(k):
        values[where[a]] = y[where[a]]
        for c in range(x.shape[1]):
            rows[where[a], c] = x[where[a], c]
    return back, rows, values, log_det


@njit(cache=True, fastmath=False, error_model="numpy")
def gls(y: NDArray, x: NDArray, cov: NDArray) -> tuple[float, NDArray, NDArray, float]:
    """-2 REML log likelihood, coefficients, their covariance, -2 log likelihood at this `cov`."""
    n, _, p = x.shape
    a, b = np.zeros((p, p)), np.zeros(p)
    logdet, square, count = 0.0, 0.0, 0
    for i in range(n):
        seen = np.isfinite(y[i])
        if not seen.any():
            continue
        back, rows, values, ld = _person(y[i], x[i], cov, seen)
        w = times(back, rows)
        inside, lean = times(rows.T, w), onto(w.T, values)
        for c in range(p):
            b[c] += lean[c]
            for d in range(p):
                a[c, d] += inside[c, d]
        square += dot(values, onto(back, values))
        logdet += ld
        count += seen.sum()
    phi, ld_a = inverse_and_log(a)
    beta = onto(phi, b)
    # Residual square r'V^-1r = y'V^-1y - b'beta; the constant of both likelihoods is kept.
    rest = square - dot(b, beta)
    full = logdet + rest + count * np.log(2 * np.pi)
    reml = logdet + rest + (count - p) * np.log(2 * np.pi) + ld_a
    return reml, beta, phi, full


@njit(cache=True, fastmath=False, error_model="numpy")
def _derivatives(y: NDArray, x: NDArray, cov: NDArray, beta: NDArray, phi: NDArray,
                 reml: bool) -> tuple[NDArray, NDArray, NDArray, NDArray]:  # fmt: skip
    """Score, expected and observed information of the covariance elements, and each X'V^-1 dV V^-1X.

    Jennrich & Schluchter 1986, Biometrics 42:805; Gilmour, Thompson & Cullis 1995, Biometrics
    51:1440 (the average of observed and expected is what y'P dV P dV P y gives).
    """
    n, t, p = x.shape
    q = t * (t + 1) // 2
    row, col = np.empty(q, np.int64), np.empty(q, np.int64)
    k = 0
    for a in range(t):
        for b in range(a + 1):
            row[k], col[k] = a, b
            k += 1
    score, expected, average = np.zeros(q), np.zeros((q, q)), np.zeros((q, q))
    inner, lean = np.zeros((q, p, p)), np.zeros((q, p))
    for i in range(n):
        seen = np.isfinite(y[i])
        if not seen.any():
            continue
        back, rows, values, _ = _person(y[i], x[i], cov, seen)
        w = times(back, rows)
        e = onto(back, values - onto(rows, beta))
        g = times(times(w, phi), w.T) if reml else np.zeros((t, t))
        for k in range(q):
            a, b = row[k], col[k]
            if not (seen[a] and seen[b]):
                continue
            twice = 1.0 if a == b else 2.0
            score[k] += 0.5 * twice * (e[a] * e[b] - back[a, b] + g[a, b])
            half = 0.5 if a == b else 1.0
            for c in range(p):
                lean[k, c] += half * (w[a, c] * e[b] + w[b, c] * e[a])
                for d in range(p):
                    inner[k, c, d] += half * (w[a, c] * w[b, d] + w[b, c] * w[a, d])
            for m in range(q):
                c, d = row[m], col[m]
                if not (seen[c] and seen[d]):
                    continue
                f = half * (0.5 if c == d else 1.0)
                expected[k, m] += 0.5 * f * (_cross(back, back, a, b, c, d)
                                             - 2 * _cross(back, g, a, b, c, d))  # fmt: skip
                average[k, m] += 0.5 * f * (
                    e[a] * back[b, c] * e[d] + e[b] * back[a, c] * e[d]
                    + e[a] * back[b, d] * e[c] + e[b] * back[a, d] * e[c])  # fmt: skip
    for k in range(q):
        turned = times(phi, inner[k])
        for m in range(k + 1):
            back = times(phi, inner[m])
            average[k, m] -= 0.5 * dot(lean[k], onto(phi, lean[m]))
            average[m, k] = average[k, m]
            if reml:
                for c in range(p):
                    for d in range(p):
                        expected[k, m] += 0.5 * turned[c, d] * back[d, c]
                expected[m, k] = expected[k, m]
    return score, expected, 2 * average - expected, inner


@njit(cache=True, fastmath=False, error_model="numpy")
def _cross(m: NDArray, g: NDArray, a: int, b: int, c: int, d: int) -> float:
    """tr(M (Eab + Eba) G (Ecd + Edc)), symmetrised over M and G."""
    first = m[d, a] * g[b, c] + m[d, b] * g[a, c] + m[c, a] * g[b, d] + m[c, b] * g[a, d]
    other = g[d, a] * m[b, c] + g[d, b] * m[a, c] + g[c, a] * m[b, d] + g[c, b] * m[a, d]
    return 0.5 * (first + other)


@njit(cache=True, fastmath=False, error_model="numpy")
def _spread(y: NDArray, x: NDArray) -> NDArray:
    """A first covariance matrix: ordinary residuals' variance on the diagonal."""
    n, t, p = x.shape
    a, b = np.zeros((p, p)), np.zeros(p)
    for i in range(n):
        for j in range(t):
            if np.isfinite(y[i, j]):
                for c in range(p):
                    b[c] += x[i, j, c] * y[i, j]
                    for d in range(p):
                        a[c, d] += x[i, j, c] * x[i, j, d]
    beta = onto(inverse(a), b)
    cov = np.zeros((t, t))
    for j in range(t):
        count = 0
        for i in range(n):
            if np.isfinite(y[i, j]):
                cov[j, j] += (y[i, j] - dot(x[i, j], beta)) ** 2
                count += 1
        cov[j, j] = max(cov[j, j] / max(count, 1), 1e-12)
    return cov


@njit(cache=True, fastmath=False, error_model="numpy")
def fit(y: NDArray, x: NDArray, reml: bool) -> tuple:
    """Coefficients, their covariance, covariance of the visits, -2 log likelihood, settled.

    Parameters
    ----------
    y : array, shape (n, visits)
        NaN where a visit is missing (at random).
    x : array, shape (n, visits, p)
    reml : bool
        Restricted (True) or full maximum likelihood.
    """
    t = y.shape[1]
    cov = _spread(y, x)
    restricted, beta, phi, full = gls(y, x, cov)
    value = restricted if reml else full
    settled = False
    for _ in range(MOST_STEPS):
        score, expected, _, _ = _derivatives(y, x, cov, beta, phi, reml)
        step = onto(inverse(expected), score)
        part = 1.0
        trial = cov
        for _half in range(40):
            trial = cov.copy()
            k = 0
            for a in range(t):
                for b in range(a + 1):
                    trial[a, b] += part * step[k]
                    trial[b, a] = trial[a, b]
                    k += 1
            if np.isfinite(inverse_and_log(trial)[1]):
                restricted, beta_new, phi_new, full = gls(y, x, trial)
                new = restricted if reml else full
                if new <= value + 1e-10 * abs(value):
                    break
            part *= 0.5
        else:
            break
        change = abs(dot(score, step))
        cov, beta, phi, value = trial, beta_new, phi_new, new
        if change < 1e-12:
            settled = True
            break
    return beta, phi, cov, value, settled


@njit(cache=True, fastmath=False, error_model="numpy")
def satterthwaite(y: NDArray, x: NDArray, cov: NDArray, beta: NDArray, phi: NDArray,
                  contrast: NDArray) -> float:  # fmt: skip
    """Degrees of freedom of contrast'beta: 2 var^2 / (g' I^-1 g), observed information I.

    Source: Giesbrecht & Burns 1985, Biometrics 41:477; Fai & Cornelius 1996, J Stat Comput Simul
    54:363.
    """
    _, _, observed, inner = _derivatives(y, x, cov, beta, phi, True)
    across = onto(phi, contrast)
    gradient = np.empty(len(inner))
    for k in range(len(inner)):
        gradient[k] = dot(across, onto(inner[k], across))
    variance = dot(contrast, across)
    return 2 * variance**2 / dot(gradient, onto(inverse(observed), gradient))
