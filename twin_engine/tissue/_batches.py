"""Order of the element pass: batches of elements that share no vertex, in one domain or two.

A batch's elements are solved side by side. Two domains share no vertex either, so they may run on two cores;
what lies between them follows after both. The order of additions to a vertex is the same on one core and on two.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from twin_engine.tissue._xpbd import LANES

_FLAGS: Any = {"cache": True, "error_model": "numpy", "nogil": True}
# From this many elements on a second core is worth its waking.
TWO_DOMAINS = 20_000
# Batches kept open at a time: wide enough that nearly all fill, narrow enough that a batch's elements are near.
_OPEN = 48


@njit(**_FLAGS)
def _pack(tets, elements, slots):
    """First fit in the given order; `slots` (n, LANES) takes element numbers, -1 elsewhere; batches used."""
    open_, count, used = np.empty(_OPEN, dtype=np.int64), 0, 0
    full = np.zeros(slots.shape[0], dtype=np.int64)
    for t in elements:
        place = -1
        for o in range(count):
            b, free = open_[o], True
            for i in range(full[b]):
                for c in range(4):
                    v = tets[slots[b, i], c]
                    if v == tets[t, 0] or v == tets[t, 1] or v == tets[t, 2] or v == tets[t, 3]:
                        free = False
                if not free:
                    break
            if free:
                place = o
                break
        if place < 0:
            if count == _OPEN:
                for o in range(1, count):
                    open_[o - 1] = open_[o]
                count -= 1
            open_[count] = used
            place, count, used = count, count + 1, used + 1
        b = open_[place]
        slots[b, full[b]] = t
        full[b] += 1
        if full[b] == LANES:
            for o in range(place + 1, count):
                open_[o - 1] = open_[o]
            count -= 1
    return used


def domains(vertices: NDArray[np.float64], tets: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Element numbers in mesh order: all, or one side, the other side, what lies between."""
    every = np.arange(len(tets))
    if len(tets) < TWO_DOMAINS:
        return [every]
    centres = vertices[tets].mean(axis=1)
    along = centres[:, int(np.argmax(np.ptp(centres, axis=0)))]
    first = along < np.median(along)
    touched = np.zeros(len(vertices), dtype=bool)
    touched[tets[first]] = True
    between = ~first & touched[tets].any(axis=1)
    return [every[first], every[~first & ~between], every[between]]


def batches(vertices: NDArray[np.float64], tets: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[int]]:
    """Slots (batches, LANES) of element numbers, -1 where empty, and how many batches each domain has."""
    made, counts = [], []
    for part in domains(vertices, tets):
        slots = np.full((len(part), LANES), -1, dtype=np.int64)
        used = _pack(tets, part, slots)
        made.append(slots[:used])
        counts.append(used)
    return np.concatenate(made), counts
