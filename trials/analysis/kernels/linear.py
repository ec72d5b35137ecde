"""Regression kernels: least squares, logistic, negative binomial."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

MOST_STEPS = 50


# Matrices here are a few columns wide: plain loops beat BLAS calls, and compile in a fraction of the
# time that NumPy's linear algebra takes.


@njit(cache=True, fastmath=False, error_model="numpy")
def times(a: NDArray, b: NDArray) -> NDArray:
    """Matrix product."""
    made = np.zeros((a.shape[0], b.shape[1]))
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            for j in range(b.shape[1]):
                made[i, j] += a[i, k] * b[k, j]
    return made


@njit(cache=True, fastmath=False, error_model="numpy")
def onto(a: NDArray, v: NDArray) -> NDArray:
    """Matrix times vector."""
    made = np.zeros(a.shape[0])
    for i in range(a.shape[0]):
        for k in range(a.shape[1]):
            made[i] += a[i, k] * v[k]
    return made


@njit(cache=True, fastmath=False, error_model="numpy")
def dot(u: NDArray, v: NDArray) -> float:
    """Inner product."""
    made = 0.0
    for i in range(len(u)):
        made += u[i] * v[i]
    return made


@njit(cache=True, fastmath=False, error_model="numpy")
def inverse(matrix: NDArray) -> NDArray:
    """Inverse of a symmetric positive definite matrix by Cholesky; NaN where it is not."""
    return inverse_and_log(matrix)[0]


@njit(cache=True, fastmath=False, error_model="numpy")
def inverse_and_log(matrix: NDArray) -> tuple[NDArray, float]:
    """Inverse and logarithm of the determinant; NaN and infinity where it is not definite."""
    p = matrix.shape[0]
    log_det = 0.0
    low = np.zeros((p, p))
    for i in range(p):
        for j in range(i + 1):
            s = matrix[i, j]
            for k in range(j):
                s -= low[i, k] * low[j, k]
            if i == j:
                if s <= 1e-12 * abs(matrix[i, i]):
                    return np.full((p, p), np.nan), np.inf
                low[i, i] = np.sqrt(s)
                log_det += np.log(s)
            else:
                low[i, j] = s / low[j, j]
    back = np.zeros((p, p))
    for i in range(p):
        back[i, i] = 1.0 / low[i, i]
        for j in range(i):
            s = 0.0
            for k in range(j, i):
                s -= low[i, k] * back[k, j]
            back[i, j] = s / low[i, i]
    return times(back.T, back), log_det


@njit(cache=True, fastmath=False, error_model="numpy")
def least_squares(y: NDArray, x: NDArray) -> tuple[NDArray, NDArray, float]:
    """Coefficients (p,), their covariance (p, p), residual degrees of freedom.

    Parameters
    ----------
    y : array, shape (n,)
    x : array, shape (n, p)
        With its intercept.
    """
    n, p = x.shape
    gram, moment, total = np.zeros((p, p)), np.zeros(p), 0.0
    for i in range(n):
        total += y[i] * y[i]
        for a in range(p):
            moment[a] += x[i, a] * y[i]
            for b in range(a + 1):
                gram[a, b] += x[i, a] * x[i, b]
    for a in range(p):
        for b in range(a):
            gram[b, a] = gram[a, b]
    back = inverse(gram)
    beta = onto(back, moment)
    rest = 0.0
    for i in range(n):
        fit = 0.0
        for a in range(p):
            fit += x[i, a] * beta[a]
        rest += (y[i] - fit) ** 2
    df = float(n - p)
    return beta, back * (rest / df), df


@njit(cache=True, fastmath=False, error_model="numpy")
def logistic(y: NDArray, x: NDArray) -> tuple[NDArray, NDArray]:
    """Log odds (p,) and covariance (p, p) by Newton's method; NaN where it does not settle.

    Source: McCullagh & Nelder 1989, "Generalized Linear Models", section 4.4.
    """
    n, p = x.shape
    beta = np.zeros(p)
    cov = np.full((p, p), np.nan)
    for _ in range(MOST_STEPS):
        score, info = np.zeros(p), np.zeros((p, p))
        for i in range(n):
            eta = 0.0
            for a in range(p):
                eta += x[i, a] * beta[a]
            mu = 1.0 / (1.0 + np.exp(-eta))
            w = mu * (1.0 - mu)
            for a in range(p):
                score[a] += x[i, a] * (y[i] - mu)
                for b in range(p):
                    info[a, b] += w * x[i, a] * x[i, b]
        cov = inverse(info)
        step = onto(cov, score)
        beta = beta + step
        if not np.isfinite(beta).all() or np.abs(beta).max() > 30.0:
            break
        if np.abs(step).max() < 1e-10:
            return beta, cov
    return np.full(p, np.nan), np.full((p, p), np.nan)


@njit(cache=True, fastmath=False, error_model="numpy")
def _count_terms(y: float, mu: float, alpha: float) -> tuple[float, float, float]:
    """Log likelihood of one NB2 count, and its first two derivatives in alpha."""
    value, first, second = 0.0, 0.0, 0.0
    for j in range(int(y)):
        d = 1.0 + alpha * j
        value += np.log(d)
        first += j / d
        second -= (j / d) ** 2
    s = 1.0 + alpha * mu
    r, log_s = 1.0 / alpha, np.log(s)
    value += y * np.log(mu) - (y + r) * log_s
    first += r * r * log_s - (y + r) * mu / s
    second += -2 * r**3 * log_s + 2 * r * r * mu / s + (y + r) * (mu / s) ** 2
    return value, first, second


@njit(cache=True, fastmath=False, error_model="numpy")
def _count_system(y: NDArray, x: NDArray, offset: NDArray, beta: NDArray, alpha: float) -> tuple:
    """Log likelihood, score and information in (beta, log alpha)."""
    n, p = x.shape
    score, info, total = np.zeros(p + 1), np.zeros((p + 1, p + 1)), 0.0
    for i in range(n):
        eta = offset[i]
        for a in range(p):
            eta += x[i, a] * beta[a]
        mu = np.exp(eta)
        s = 1.0 + alpha * mu
        value, first, second = _count_terms(y[i], mu, alpha)
        total += value
        u = (y[i] - mu) / s
        w = mu * (1.0 + alpha * y[i]) / (s * s)
        cross = u * mu / s * alpha
        for a in range(p):
            score[a] += u * x[i, a]
            info[a, p] += cross * x[i, a]
            for b in range(p):
                info[a, b] += w * x[i, a] * x[i, b]
        score[p] += first * alpha
        info[p, p] -= second * alpha * alpha + first * alpha
    for a in range(p):
        info[p, a] = info[a, p]
    return total, score, info


@njit(cache=True, fastmath=False, error_model="numpy")
def negative_binomial(y: NDArray, x: NDArray, offset: NDArray) -> tuple[NDArray, NDArray, float]:
    """Log rates (p,), covariance (p, p) and dispersion alpha: counts with variance mu + alpha mu^2.

    Maximum likelihood by Newton's method with halved steps. Source: Lawless 1987, Can J Stat
    15:209. `offset` (n,) is the logarithm of the time at risk.
    """
    p = x.shape[1]
    theta = np.zeros(p + 1)
    theta[0] = np.log(max(y.sum(), 0.5)) - np.log(np.exp(offset).sum())
    theta[p] = np.log(0.5)
    total, score, info = _count_system(y, x, offset, theta[:p], float(np.exp(theta[p])))
    for _ in range(MOST_STEPS):
        back = inverse(info)
        if not np.isfinite(back).all():
            # Away from the top the information in log alpha may be negative: take its size.
            info[p, :p], info[:p, p], info[p, p] = 0.0, 0.0, abs(info[p, p]) + 1e-3
            back = inverse(info)
        step = onto(back, score)
        step[p] = min(max(step[p], -2.0), 2.0)
        part = 1.0
        for _half in range(30):
            trial = theta + part * step
            if trial[p] > -14.0:
                new, ascent, curve = _count_system(y, x, offset, trial[:p], float(np.exp(trial[p])))
                if new >= total - 1e-12 * abs(total):
                    break
            part *= 0.5
        else:
            break
        theta, total, score, info = trial, new, ascent, curve
        if np.abs(part * step).max() < 1e-9:
            break
    back = inverse(info)
    if not np.isfinite(back).all() or theta[p] < -12.0:
        # No overdispersion to be seen: the Poisson limit.
        return theta[:p], inverse(info[:p, :p].copy()), float(np.exp(theta[p]))
    return theta[:p], back[:p, :p].copy(), float(np.exp(theta[p]))
