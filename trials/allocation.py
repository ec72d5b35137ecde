"""Kernels that assign arms: one step, and a whole trial.

One step serves the reference conduct and the vectorised one, so both assign alike.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

SIMPLE, BLOCKS, MINIMISE = 0, 1, 2
KINDS = {"simple": SIMPLE, "permuted_block": BLOCKS, "biased_coin": MINIMISE,
         "minimisation": MINIMISE, "response_adaptive": SIMPLE}  # fmt: skip


@njit(cache=True, fastmath=False, error_model="numpy")
def pick(weights: NDArray, u: float) -> int:
    """The index at which the cumulative share of `weights` exceeds `u`."""
    left = 0.0
    for a in range(len(weights)):
        left += weights[a]
    left *= u
    last = 0
    for a in range(len(weights)):
        if weights[a] > 0:
            last = a
            if left < weights[a]:
                return a
        left -= weights[a]
    return last


@njit(cache=True, fastmath=False, error_model="numpy")
def minimise(rows: NDArray, probability: float, u: float) -> int:
    """Pocock & Simon 1975 (Biometrics 31:103): the arm with the least sum of ranges is favoured.

    `rows` (factors, arms) counts the persons who share a level with this one. With one row and
    two arms this is the biased coin of Efron 1971 (Biometrika 58:403).
    """
    factors, arms = rows.shape
    score = np.zeros(arms)
    for a in range(arms):
        for f in range(factors):
            low, high = np.inf, -np.inf
            for b in range(arms):
                count = rows[f, b] + (1.0 if a == b else 0.0)
                low, high = min(low, count), max(high, count)
            score[a] += high - low
    best = 0
    for a in range(arms):
        best += score[a] <= score.min()
    weights = np.ones(arms)
    if best < arms:
        for a in range(arms):
            favoured = score[a] <= score.min()
            weights[a] = probability / best if favoured else (1 - probability) / (arms - best)
    return pick(weights, u)


@njit(cache=True, fastmath=False, error_model="numpy")
def next_arm(kind: int, ratios: NDArray, blocks: NDArray, probability: float, rows: NDArray,
             left: NDArray, u: NDArray) -> int:  # fmt: skip
    """The next arm; `left` (arms,), what the open block still holds, is changed in place.

    A block is an urn drawn without replacement, so each order is equally likely; its size is
    drawn by the person who opens it.
    """
    if kind == BLOCKS:
        rest, total = 0.0, 0.0
        for a in range(len(ratios)):
            rest += left[a]
            total += ratios[a]
        if rest < 0.5:
            size = blocks[min(int(u[1] * len(blocks)), len(blocks) - 1)]
            for a in range(len(ratios)):
                left[a] = ratios[a] * (size / total)
        arm = pick(left, u[0])
        left[arm] -= 1.0
        return arm
    if kind == MINIMISE:
        return minimise(rows, probability, u[0])
    return pick(ratios, u[0])


@njit(cache=True, fastmath=False, error_model="numpy")
def allocate(kind: int, ratios: NDArray, blocks: NDArray, probability: float, levels: NDArray,
             stratum: NDArray, u: NDArray) -> NDArray:  # fmt: skip
    """Arms of a whole trial in the order of randomisation.

    Parameters
    ----------
    levels : int array, shape (n, factors)
        Level of each factor; used by minimisation (a biased coin has the stratum as one factor).
    stratum : int array, shape (n,)
        Which list of blocks a person draws from.
    u : array, shape (n, 2)
        Uniform draws of each person: arm, block size.

    Returns
    -------
    int array, shape (n,)
    """
    n, factors = levels.shape
    arms = len(ratios)
    left = np.zeros((stratum.max() + 1 if n else 1, arms))
    table = np.zeros((factors, levels.max() + 1 if n and factors else 1, arms))
    rows = np.zeros((factors, arms))
    chosen = np.empty(n, np.int64)
    for i in range(n):
        if kind == MINIMISE:
            for f in range(factors):
                for a in range(arms):
                    rows[f, a] = table[f, levels[i, f], a]
        chosen[i] = next_arm(kind, ratios, blocks, probability, rows, left[stratum[i]], u[i])
        if kind == MINIMISE:
            for f in range(factors):
                table[f, levels[i, f], chosen[i]] += 1.0
    return chosen
