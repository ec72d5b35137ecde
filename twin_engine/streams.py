"""Random numbers that do not depend on who computes them, when, or beside whom.

A stream belongs to (seed, replicate, person, purpose). Persons are stable identities, never row
numbers; a purpose is a name ("adherence"), and a new purpose never shifts an old one. Arms of a
trial that ask for the same purpose share their luck (common random numbers).

Generator: Philox4x64-10 (Salmon, Moraes, Dror, Shaw, SC 2011, doi:10.1145/2063384.2063405), keyed
by (seed, replicate) and counted by (block, 0, person, purpose); normals by Box & Muller (Ann Math
Stat 1958;29:610, doi:10.1214/aoms/1177706645) with the engine's own logarithm and cosine.
"""

from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_WORD = 2**64


@cache
def purpose_id(purpose: str) -> int:
    """The 64-bit number of a purpose: the first 8 bytes of its BLAKE2b digest."""
    return int.from_bytes(blake2b(purpose.encode(), digest_size=8).digest(), "little")


def stream(seed: int, replicate: int, person: int, purpose: str) -> np.random.Generator:
    """One person's generator for one purpose.

    It has numbers of its own: they are not those of `uniforms` and `normals`.

    Parameters
    ----------
    seed, replicate, person : int
        Whole numbers; negative ones count as their value modulo 2^64.
    purpose : str
        What the numbers are for.

    Examples
    --------
    >>> stream(1, 0, 7, "adherence").random() == stream(1, 0, 7, "adherence").random()
    True
    """
    key = np.array([seed % _WORD, replicate % _WORD], dtype=np.uint64)
    # Bit 1 of the second counter word keeps these apart from the bulk draws.
    counter = np.array([0, 1, person % _WORD, purpose_id(purpose)], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def uniforms(
    seed: int, replicate: int, persons: "ArrayLike", purpose: str, count: int
) -> np.ndarray:
    """Numbers in (0, 1), the same for any grouping of the persons.

    Parameters
    ----------
    seed, replicate : int
    persons : array_like of int, shape (n,)
        Stable identities.
    purpose : str
    count : int
        Numbers a person.

    Returns
    -------
    ndarray, shape (n, count)
    """
    from twin_engine import philox

    return philox.uniforms(*_words(seed, replicate, persons, purpose), count)


def normals(
    seed: int, replicate: int, persons: "ArrayLike", purpose: str, count: int
) -> np.ndarray:
    """Standard normal numbers; arguments and result as `uniforms`."""
    from twin_engine import philox

    return philox.normals(*_words(seed, replicate, persons, purpose), count)


def _words(
    seed: int, replicate: int, persons: "ArrayLike", purpose: str
) -> tuple[np.uint64, np.uint64, np.ndarray, np.uint64]:
    ids = np.ascontiguousarray(np.atleast_1d(persons)).astype(np.int64).view(np.uint64)
    return (np.uint64(seed % _WORD), np.uint64(replicate % _WORD), ids,
            np.uint64(purpose_id(purpose)))  # fmt: skip
