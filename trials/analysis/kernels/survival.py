"""Survival kernels: weighted log-rank, Cox, Kaplan-Meier, restricted mean."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from trials.analysis.kernels.linear import inverse, onto

MOST_STEPS = 40


@njit(cache=True, fastmath=False, error_model="numpy")
def _log_rank_stratum(order: NDArray, time: NDArray, event: NDArray, group: NDArray,
                      stratum: NDArray, s: int, rho: NDArray, gamma: NDArray,
                      u: NDArray, v: NDArray) -> None:  # fmt: skip
    """Add one stratum's weighted observed-minus-expected and covariance."""
    kinds = len(rho)
    n, n1 = 0, 0
    for i in order:
        if stratum[i] == s:
            n += 1
            n1 += group[i]
    survival = 1.0
    w = np.empty(kinds)
    k = 0
    while k < len(order):
        now = time[order[k]]
        left, left1, d, d1 = 0, 0, 0, 0
        while k < len(order) and time[order[k]] == now:
            i = order[k]
            k += 1
            if stratum[i] != s:
                continue
            left += 1
            left1 += group[i]
            if event[i]:
                d += 1
                d1 += group[i]
        if d > 0:
            expected = d * n1 / n
            spread = expected * (1 - n1 / n) * (n - d) / (n - 1) if n > 1 else 0.0
            for a in range(kinds):
                w[a] = 1.0
                if rho[a] != 0:
                    w[a] *= survival ** rho[a]
                if gamma[a] != 0:
                    w[a] *= (1 - survival) ** gamma[a]
                u[a] += w[a] * (d1 - expected)
            for a in range(kinds):
                for b in range(kinds):
                    v[a, b] += w[a] * w[b] * spread
            survival *= 1 - d / n
        n -= left
        n1 -= left1


@njit(cache=True, fastmath=False, error_model="numpy")
def log_rank(time: NDArray, event: NDArray, group: NDArray, stratum: NDArray, rho: NDArray,
             gamma: NDArray) -> tuple[NDArray, NDArray]:  # fmt: skip
    """Fleming-Harrington log-rank scores of group 1 and their covariance.

    Parameters
    ----------
    time : array, shape (n,)
    event : bool array, shape (n,)
    group : int array, shape (n,)
        0 control, 1 treated.
    stratum : int array, shape (n,)
        0, 1, ...; weights use the survival just before each event, pooled in the stratum.
    rho, gamma : arrays, shape (k,)
        Weights S^rho (1 - S)^gamma; 0, 0 is the log-rank test.

    Returns
    -------
    (k,) array, (k, k) array
        Observed minus expected events of group 1 (negative favours it), and covariance.

    References
    ----------
    Harrington & Fleming 1982, Biometrika 69:553; Karrison 2016, Stata J 16:678 (covariance).
    """
    return log_rank_ordered(np.argsort(time), time, event, group, stratum, rho, gamma)


@njit(cache=True, fastmath=False, error_model="numpy")
def log_rank_ordered(order: NDArray, time: NDArray, event: NDArray, group: NDArray, stratum: NDArray,
                     rho: NDArray, gamma: NDArray) -> tuple[NDArray, NDArray]:  # fmt: skip
    """`log_rank` when the order of the times is known."""
    kinds = len(rho)
    u, v = np.zeros(kinds), np.zeros((kinds, kinds))
    for s in range(stratum.max() + 1):
        _log_rank_stratum(order, time, event, group, stratum, s, rho, gamma, u, v)
    return u, v


@njit(cache=True, fastmath=False, error_model="numpy")
def kaplan_meier(time: NDArray, event: NDArray) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Distinct event times, survival after each, numbers at risk, events.

    Source: Kaplan & Meier 1958, J Am Stat Assoc 53:457.
    """
    order = np.argsort(time)
    n = len(order)
    times, curve = np.empty(n), np.empty(n)
    risk, deaths = np.empty(n), np.empty(n)
    found, k, survival = 0, 0, 1.0
    while k < n:
        now, at_risk, d = time[order[k]], n - k, 0
        while k < n and time[order[k]] == now:
            d += event[order[k]]
            k += 1
        if d > 0:
            survival *= 1 - d / at_risk
            times[found], curve[found] = now, survival
            risk[found], deaths[found] = at_risk, d
            found += 1
    return times[:found], curve[:found], risk[:found], deaths[:found]


@njit(cache=True, fastmath=False, error_model="numpy")
def restricted_mean(time: NDArray, event: NDArray, until: float) -> tuple[float, float]:
    """Mean time lived until `until`, and its variance: Greenwood, times m / (m - 1) for m events.

    Source: Royston & Parmar 2013, BMC Med Res Methodol 13:152; Klein & Moeschberger 2003, eq 4.5.2
    and its correction for bias; without it small strata reject too often.
    """
    times, curve, risk, deaths = kaplan_meier(time, event)
    inside = 0
    while inside < len(times) and times[inside] <= until:
        inside += 1
    rest, variance, happened = 0.0, 0.0, 0.0
    for k in range(inside - 1, -1, -1):
        right = times[k + 1] if k + 1 < inside else until
        rest += curve[k] * (right - times[k])
        happened += deaths[k]
        if risk[k] > deaths[k]:
            variance += rest * rest * deaths[k] / (risk[k] * (risk[k] - deaths[k]))
    if happened > 1:
        variance *= happened / (happened - 1)
    return rest + (times[0] if inside else until), variance


@njit(cache=True, fastmath=False, error_model="numpy")
def _cox_system(order: NDArray, time: NDArray, event: NDArray, x: NDArray, stratum: NDArray,
                strata: int, beta: NDArray) -> tuple[float, NDArray, NDArray]:  # fmt: skip
    """Partial log likelihood (Efron), score and information."""
    n, p = x.shape
    loglik, score, info = 0.0, np.zeros(p), np.zeros((p, p))
    weight = np.exp(onto(x, beta))
    for s in range(strata):
        s0, s1, s2 = 0.0, np.zeros(p), np.zeros((p, p))
        k = n - 1
        while k >= 0:
            now = time[order[k]]
            d, d0, d1, d2 = 0, 0.0, np.zeros(p), np.zeros((p, p))
            while k >= 0 and time[order[k]] == now:
                i = order[k]
                k -= 1
                if stratum[i] != s:
                    continue
                s0 += weight[i]
                dead = event[i]
                if dead:
                    d += 1
                    d0 += weight[i]
                    loglik += np.log(weight[i])
                for a in range(p):
                    wx = weight[i] * x[i, a]
                    s1[a] += wx
                    if dead:
                        score[a] += x[i, a]
                        d1[a] += wx
                    for b in range(a + 1):
                        s2[a, b] += wx * x[i, b]
                        if dead:
                            d2[a, b] += wx * x[i, b]
            for j in range(d):
                f = j / d
                m0 = s0 - f * d0
                loglik -= np.log(m0)
                for a in range(p):
                    ma = (s1[a] - f * d1[a]) / m0
                    score[a] -= ma
                    for b in range(a + 1):
                        mb = (s1[b] - f * d1[b]) / m0
                        info[a, b] += (s2[a, b] - f * d2[a, b]) / m0 - ma * mb
    for a in range(p):
        for b in range(a):
            info[b, a] = info[a, b]
    return loglik, score, info


@njit(cache=True, fastmath=False, error_model="numpy")
def cox(time: NDArray, event: NDArray, x: NDArray, stratum: NDArray) -> tuple[NDArray, NDArray]:
    """Log hazard ratios (p,) and covariance (p, p); NaN where the likelihood has no maximum.

    Parameters
    ----------
    time, event : arrays, shape (n,)
    x : array, shape (n, p)
    stratum : int array, shape (n,)
        Each stratum has a baseline hazard of its own.

    References
    ----------
    Cox 1972, J R Stat Soc B 34:187; ties: Efron 1977, J Am Stat Assoc 72:557.
    """
    p = x.shape[1]
    order = np.argsort(time)
    strata = stratum.max() + 1
    beta = np.zeros(p)
    loglik, score, info = _cox_system(order, time, event, x, stratum, strata, beta)
    for _ in range(MOST_STEPS):
        step = onto(inverse(info), score)
        part = 1.0
        for _half in range(20):
            trial = beta + part * step
            new, ascent, curve = _cox_system(order, time, event, x, stratum, strata, trial)
            if new >= loglik - 1e-12 * abs(loglik):
                break
            part *= 0.5
        else:
            break
        beta, loglik, score, info = trial, new, ascent, curve
        if np.abs(part * step).max() < 1e-9:
            return beta, inverse(info)
        if np.abs(beta).max() > 25.0:
            break
    return np.full(p, np.nan), np.full((p, p), np.nan)
