"""Combining stages: inverse normal combination, closed testing with Dunnett's test.

Lehmacher & Wassmer 1999, Biometrics 55:1286: the weights are fixed before the trial starts and are
kept whatever the second stage became. Arms: Bauer & Kieser 1999, Stat Med 18:1833; Posch et al.
2005, Stat Med 24:3697; Dunnett 1955, J Am Stat Assoc 50:1096.
"""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from trials.spending import z_of

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(64)


def inverse_normal(p: NDArray | list[float], weights: NDArray | list[float]) -> float:
    """The combined Z of stage p values; `weights` are squared shares and sum to 1.

    Examples
    --------
    >>> round(inverse_normal([0.08, 0.01], [0.5, 0.5]), 4)
    2.6385
    """
    from scipy.special import ndtri

    root = np.sqrt(np.asarray(weights, float) / np.sum(weights))
    return float(root @ -ndtri(np.clip(np.asarray(p, float), 1e-16, 1 - 1e-16)))


def second_stage(z1: float, first: int, planned: int, most: int, critical: float,
                 wanted: float) -> int:  # fmt: skip
    """Persons of stage two that give conditional power `wanted` at the observed effect.

    Parameters
    ----------
    z1 : float
        Z of stage one, which had `first` persons of `planned`.
    most : int
        Largest stage two.
    critical : float
        Critical value of the combined Z; the combination keeps the planned weights.
    """
    planned_second = planned - first
    if z1 <= 0:
        return planned_second
    w1, w2 = np.sqrt(first / planned), np.sqrt(planned_second / planned)
    # Stage two's Z has mean z1 sqrt(n2 / n1): solve w1 z1 + w2 (that - z_wanted) = critical.
    need = (critical - w1 * z1) / w2 + z_of(1 - wanted)
    n2 = first * (max(need, 0.0) / z1) ** 2
    return int(np.clip(np.ceil(n2), planned_second, most))


def dunnett_p(z: float, shares: NDArray) -> float:
    """One-sided p of the largest Z among arms that share a control.

    Parameters
    ----------
    z : float
        The largest Z.
    shares : (k,) array
        Persons of each arm over those of arm and control together: Corr = sqrt(s_i s_j).
    """
    from scipy.special import ndtr

    load = np.sqrt(shares)[:, None]
    inside = ndtr((z - load * NODES) / np.sqrt(1 - load**2)).prod(axis=0)
    return float(np.clip(1 - inside @ WEIGHTS / np.sqrt(2 * np.pi), 1e-16, 1.0))


def closed_test(z1: NDArray, z2: NDArray, kept: NDArray, shares1: NDArray, shares2: NDArray,
                first: float, alpha: float) -> NDArray:  # fmt: skip
    """Which arms are better than the control with the family-wise error `alpha` (one-sided).

    Parameters
    ----------
    z1, z2 : (k,) arrays
        Z of each arm against the control from the persons of each stage; z2 of dropped arms is
        not looked at.
    kept : (k,) bool array
    shares1, shares2 : (k,) arrays
        As in `dunnett_p`, for each stage.
    first : float
        Planned share of stage one: the weights.

    Returns
    -------
    (k,) bool array
        Dropped arms are never better.
    """
    k, critical = len(z1), z_of(alpha)
    better = kept.copy()
    for size in range(1, k + 1):
        for group in combinations(range(k), size):
            members = np.array(group)
            p1 = dunnett_p(float(z1[members].max()), shares1[members])
            left = members[kept[members]]
            # Nobody of the group in stage two: it cannot be rejected any more.
            p2 = dunnett_p(float(z2[left].max()), shares2[left]) if len(left) else 1.0
            if inverse_normal([p1, p2], [first, 1 - first]) < critical:
                better[members] = False
    return better
