"""Time in range by linear interpolation between measured values.

Rosendaal FR, Cannegieter SC, van der Meer FJM, Briët E. A method to determine the optimal
intensity of oral anticoagulant therapy. Thromb Haemost 1993;69:236-239.
"""

import numpy as np

# No bridge over a longer gap between two readings: Rosendaal 1993 as commonly applied (8 weeks).
LONGEST_GAP_D = 56.0


def rosendaal(
    day: np.ndarray, value: np.ndarray, start: float, end: float, low: float, high: float
) -> np.ndarray:
    """Share of the days in range among the days that readings cover.

    Parameters
    ----------
    day, value : ndarray, shape (n, visits)
        Days in rising order and measured values; NaN where nothing was measured.
    start, end : float
        Days of the protocol between which time counts.
    low, high : float
        The range, bounds included.

    Returns
    -------
    ndarray, shape (n,)
        0 to 1; NaN for a person without two readings around the counted time.

    Examples
    --------
    A line from 1 to 3 spends half its time between 2 and 3:

    >>> rosendaal(np.array([[0.0, 10.0]]), np.array([[1.0, 3.0]]), 0, 10, 2, 3)
    array([0.5])
    """
    inside = np.zeros(len(day))
    covered = np.zeros(len(day))
    last_day = np.full(len(day), np.nan)
    last_value = np.full(len(day), np.nan)
    for visit in range(day.shape[1]):
        d, v = day[:, visit], value[:, visit]
        measured = np.isfinite(v) & np.isfinite(d)
        pair = measured & np.isfinite(last_value) & (d > last_day)
        pair &= d - last_day <= LONGEST_GAP_D
        a, b, u, w = last_day[pair], d[pair], last_value[pair], v[pair]
        begin, stop = np.clip(a, start, end), np.clip(b, start, end)
        slope = (w - u) / (b - a)
        covered[pair] += stop - begin
        inside[pair] += _inside(u + slope * (begin - a), slope, stop - begin, low, high)
        last_day = np.where(measured, d, last_day)
        last_value = np.where(measured, v, last_value)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(covered > 0, inside / covered, np.nan)


def _inside(
    first: np.ndarray, slope: np.ndarray, length: np.ndarray, low: float, high: float
) -> np.ndarray:
    """Time that lines `first + slope t`, 0 <= t <= length, spend between low and high."""
    flat = slope == 0
    safe = np.where(flat, 1.0, slope)
    t_low, t_high = (low - first) / safe, (high - first) / safe
    enter = np.clip(np.minimum(t_low, t_high), 0.0, length)
    leave = np.clip(np.maximum(t_low, t_high), 0.0, length)
    always = np.where((first >= low) & (first <= high), length, 0.0)
    return np.where(flat, always, leave - enter)
