"""Tipping point: how large a shift of what was not seen turns the conclusion."""

from collections.abc import Callable

from twin_engine.errors import InputError


def tipping_point(bound: Callable[[float], float], farthest: float, tolerance: float = 1e-6) -> float | None:
    """The smallest shift between 0 and `farthest` at which the confidence bound reaches 0.

    Parameters
    ----------
    bound : callable
        The bound of the interval nearest to 0 as a function of the shift; every random draw inside
        must be held fixed, else the search follows noise.
    farthest : float
        Where the search ends, with the sign of the direction that weakens the conclusion.
    tolerance : float
        Relative to `farthest`.

    Returns
    -------
    float or None
        None where even `farthest` does not turn it; 0 where nothing was significant.
    """
    if farthest == 0:
        raise InputError("a tipping point needs a range", "drift", farthest, "a range other than 0",
                         "give the largest shift to consider")  # fmt: skip
    sign = 1.0 if bound(0.0) > 0 else -1.0
    low, high = 0.0, farthest
    if sign * bound(high) > 0:
        return None
    while abs(high - low) > tolerance * abs(farthest):
        middle = (low + high) / 2
        low, high = (middle, high) if sign * bound(middle) > 0 else (low, middle)
    return (low + high) / 2
