"""Randomisation: who gets which arm, how well it balances, and the test it justifies.

Every person brings two uniform draws of their own, so the same list comes out whatever else the
trial does, and one more person changes nobody before.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trials.spec.randomisation import Randomisation


class Allocator:
    """Assigns arms one person at a time.

    Parameters
    ----------
    randomisation : Randomisation
    ratios : sequence of int
        Allocation ratio of each arm.
    seed, replicate : int
    planned : int
        Persons to randomise, and
    sign : float
        1 where a higher outcome is better, -1 where a lower one is: response-adaptive only.

    Raises
    ------
    InputError
        Settings that do not fit the arms.
    """

    def __init__(self, randomisation: Randomisation, ratios: Sequence[int], seed: int,
                 replicate: int = 0, planned: int = 1, sign: float = 1.0) -> None:  # fmt: skip
        randomisation.check(tuple(ratios))
        self._how = randomisation
        self._ratios = self._weights = np.asarray(ratios, float)
        self._planned, self._sign, self._given = planned, sign, 0
        self._seen = np.zeros((3, len(self._ratios)))
        self._key = (seed, replicate)
        self._left: dict[tuple[str, ...], NDArray] = {}
        self._table: dict[tuple[int, Any], NDArray] = {}

    def assign(self, person: int, levels: tuple[str, ...] = ()) -> int:
        """The arm of the next person, who has these levels of the strata or factors."""
        from trials.allocation import KINDS, next_arm
        from twin_engine.streams import uniforms

        how = self._how
        if how.kind == "response_adaptive":
            from trials.adaptive.response import shares

            known, total, square = self._seen
            self._weights = shares(known, total, square, self._sign, self._given / self._planned,
                                   self._ratios)  # fmt: skip
        self._given += 1
        u = uniforms(*self._key, np.array([person]), "assignment", 2)[0]
        left = self._left.setdefault(levels, np.zeros(len(self._weights)))
        keys = list(enumerate(levels)) if how.kind == "minimisation" else [(0, levels)]
        found = [self._table.setdefault(k, np.zeros(len(self._weights))) for k in keys]
        blocks = np.asarray(how.blocks, np.int64)
        arm = int(next_arm(KINDS[how.kind], self._weights, blocks, how.probability,
                           np.array(found), left, u))  # fmt: skip
        for row in found:
            row[arm] += 1.0
        return arm

    def learn(self, arm: int, outcome: float) -> None:
        """An outcome became known: response-adaptive randomisation counts it."""
        if np.isfinite(outcome):
            self._seen[:, arm] += (1.0, outcome, outcome**2)


def codes(levels: Sequence[tuple[str, ...]]) -> tuple[NDArray, NDArray]:
    """Levels as numbers: (n, factors) level of each factor, and (n,) stratum."""
    n = len(levels)
    factors = len(levels[0]) if n else 0
    table = np.zeros((n, factors), np.int64)
    for f in range(factors):
        table[:, f] = np.unique([row[f] for row in levels], return_inverse=True)[1]
    order: dict[tuple[str, ...], int] = {}
    return table, np.array([order.setdefault(tuple(row), len(order)) for row in levels], np.int64)


def assign_all(randomisation: Randomisation, ratios: Sequence[int], levels: NDArray,
               stratum: NDArray, u: NDArray) -> NDArray:  # fmt: skip
    """Arms of a whole trial at once; equal to `Allocator` person by person.

    Parameters
    ----------
    levels, stratum : int arrays, shapes (n, factors) and (n,)
        From `codes`.
    u : array, shape (n, 2)
        The persons' draws, in the order of randomisation.
    """
    from trials.allocation import KINDS, allocate

    factors = levels if randomisation.kind == "minimisation" else stratum[:, None]
    return allocate(KINDS[randomisation.kind], np.asarray(ratios, float),
                    np.asarray(randomisation.blocks, np.int64), randomisation.probability,
                    factors, stratum, u)  # fmt: skip


def imbalance(arms: NDArray, levels: Sequence[tuple[str, ...]], names: Sequence[str],
              ratios: Sequence[int]) -> list[dict[str, Any]]:  # fmt: skip
    """How evenly arms fell, overall, in each level of each factor and in each stratum.

    Returns
    -------
    list of dict
        `group`, one count an arm, and `imbalance`: the largest minus the smallest count, each
        over its arm's share of the ratio, in persons.
    """
    rows = [_balance("all", arms, names, ratios)]
    factors = len(levels[0]) if levels else 0
    for f in range(factors):
        for level in sorted({row[f] for row in levels}):
            inside = np.array([row[f] == level for row in levels])
            rows.append(_balance(level, arms[inside], names, ratios))
    if factors > 1:
        for stratum in sorted(set(levels)):
            inside = np.array([row == stratum for row in levels])
            rows.append(_balance(" / ".join(stratum), arms[inside], names, ratios))
    return rows


def _balance(
    group: str, arms: NDArray, names: Sequence[str], ratios: Sequence[int]
) -> dict[str, Any]:
    counts = np.bincount(arms, minlength=len(names))
    share = counts * (np.mean(ratios) / np.asarray(ratios, float))
    return {"group": group, **{name: int(c) for name, c in zip(names, counts, strict=True)},
            "imbalance": float(share.max() - share.min())}  # fmt: skip


def rerandomisation_p(randomisation: Randomisation, ratios: Sequence[int], ids: NDArray,
                      levels: Sequence[tuple[str, ...]], arms: NDArray, scores: NDArray, *,
                      arm: int, control: int, seed: int, draws: int = 999) -> float:  # fmt: skip
    """Two-sided p value of the test that the randomisation itself justifies.

    The same persons in the same order are randomised again and again by the same procedure;
    the statistic is the difference in mean score (Rosenberger & Lachin 2016, "Randomization in
    Clinical Trials", ch. 6; Simon & Simon 2011, Stat Probab Lett 81:767).

    Parameters
    ----------
    ids : int array, shape (n,)
        Persons in the order of randomisation.
    arms : int array, shape (n,)
        What they got.
    scores : array, shape (n,)
        Outcomes, residuals after covariates, or martingale residuals of a log-rank test.
    arm, control : int
        The two arms compared.
    draws : int
        Re-randomisations; p is a multiple of 1 / (draws + 1).
    """
    from twin_engine.streams import uniforms

    table, stratum = codes(levels)
    observed = _gap(scores, arms, arm, control)
    extreme = 1
    for draw in range(draws):
        u = uniforms(seed, draw, ids, "re-randomisation", 2)
        again = assign_all(randomisation, ratios, table, stratum, u)
        extreme += abs(_gap(scores, again, arm, control)) >= abs(observed) * (1 - 1e-12)
    return extreme / (draws + 1)


def _gap(scores: NDArray, arms: NDArray, arm: int, control: int) -> float:
    treated, other = scores[arms == arm], scores[arms == control]
    # An arm that nobody got says nothing: it counts as extreme, so p stays conservative.
    return float(treated.mean() - other.mean()) if len(treated) and len(other) else np.inf
