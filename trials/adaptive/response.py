"""Bayesian response-adaptive randomisation.

The chance to be assigned to an arm is its posterior probability of being the best, tempered by
c = n / (2 N) so that early noise does not rule (Thall & Wathen 2007, Eur J Cancer 43:859), and kept
above a floor. Outcomes are normal with a flat prior and a common variance: for yes-or-no outcomes
this is the normal approximation. Robertson et al. 2023, Stat Sci 38:185, review what it costs:
time trends inflate the type I error, so the re-randomisation test is the analysis it justifies.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from trials.allocation import pick
from trials.analysis.kernels.normal import cdf

FLOOR = 0.1  # least share of an arm, as in most trials that use it (Wathen & Thall 2017)
BURN_IN = 5  # outcomes of each arm before the shares move
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(40)


@njit(cache=True, fastmath=False, error_model="numpy")
def best(mean: NDArray, sd: NDArray) -> NDArray:
    """Probability of each arm to have the largest mean, (arms,); independent normals."""
    arms = len(mean)
    chance = np.zeros(arms)
    for a in range(arms):
        for k in range(len(NODES)):
            x = mean[a] + sd[a] * NODES[k]
            product = WEIGHTS[k] / math.sqrt(2 * math.pi)
            for b in range(arms):
                if b != a:
                    product *= cdf((x - mean[b]) / sd[b])
            chance[a] += product
    return chance / chance.sum()


@njit(cache=True, fastmath=False, error_model="numpy")
def shares(known: NDArray, total: NDArray, square: NDArray, sign: float, progress: float,
           ratios: NDArray) -> NDArray:  # fmt: skip
    """Chance of each arm for the next person.

    Parameters
    ----------
    known, total, square : arrays, shape (arms,)
        Number, sum and sum of squares of the outcomes known so far.
    sign : float
        1 where higher is better, -1 where lower is.
    progress : float
        Persons randomised over persons planned.
    """
    if known.min() < BURN_IN:
        return ratios / ratios.sum()
    mean = total / known
    spread = (square - known * mean * mean).sum() / (known.sum() - len(known))
    if not spread > 0:
        return ratios / ratios.sum()
    weights = best(sign * mean, np.sqrt(spread / known)) ** (progress / 2) * ratios
    weights /= weights.sum()
    for _ in range(len(weights)):
        low = weights < FLOOR
        if not low.any():
            break
        rest = weights[~low].sum()
        weights = np.where(low, FLOOR, weights * (1 - FLOOR * low.sum()) / rest)
    return weights


@njit(cache=True, fastmath=False, error_model="numpy")
def allocate_adaptively(ratios: NDArray, u: NDArray, start: NDArray, known_day: NDArray,
                        y: NDArray, sign: float) -> NDArray:  # fmt: skip
    """Arms of a whole trial, each from the outcomes known on the person's day.

    Parameters
    ----------
    u : array, shape (n, 2)
        Each person's draws; the first decides.
    start : array, shape (n,)
        Day of randomisation, rising.
    known_day, y : arrays, shape (arms, n)
        Day on which the outcome under an arm is known (infinity: never), and the outcome.
    """
    arms, n = y.shape
    known, total, square = np.zeros(arms), np.zeros(arms), np.zeros(arms)
    chosen, waiting = np.empty(n, np.int64), np.zeros(n, np.bool_)
    for i in range(n):
        for j in range(i):
            a = chosen[j]
            if waiting[j] and known_day[a, j] <= start[i]:
                waiting[j] = False
                known[a] += 1
                total[a] += y[a, j]
                square[a] += y[a, j] ** 2
        chosen[i] = pick(shares(known, total, square, sign, i / n, ratios), u[i, 0])
        waiting[i] = np.isfinite(y[chosen[i], i])
    return chosen
