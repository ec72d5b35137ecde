"""Time in range by linear interpolation (Rosendaal 1993)."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trials.analysis.time_in_range import rosendaal

NAN = np.nan


def one(day: list[float], value: list[float], start: float = 0, end: float = 100) -> float:
    return float(rosendaal(np.array([day]), np.array([value]), start, end, 2.0, 3.0)[0])


def test_a_line_through_the_range() -> None:
    assert one([0, 10], [1.0, 3.0]) == 0.5
    assert abs(one([0, 10], [1.0, 4.0]) - 1 / 3) < 1e-12
    assert abs(one([0, 10], [4.0, 1.0]) - 1 / 3) < 1e-12


def test_bounds_belong_to_the_range() -> None:
    assert one([0, 10], [2.0, 2.0]) == 1.0
    assert one([0, 10], [3.0, 3.0]) == 1.0
    assert one([0, 10], [3.1, 3.1]) == 0.0


def test_only_days_of_the_protocol_count() -> None:
    # In range from day 5 on; days 4 to 10 count.
    assert abs(one([0, 10], [1.0, 3.0], start=4) - 5 / 6) < 1e-12
    assert one([0, 10], [1.0, 3.0], end=5) == 0.0


def test_a_missed_reading_is_bridged_up_to_eight_weeks() -> None:
    assert one([0, 10, 20], [2.5, NAN, 2.5]) == 1.0
    assert one([0, 56], [2.5, 2.5]) == 1.0
    assert np.isnan(one([0, 57], [2.5, 2.5]))
    assert one([0, 57, 67], [2.5, 1.0, 1.0]) == 0.0


def test_one_reading_tells_nothing() -> None:
    assert np.isnan(one([3, NAN], [2.5, NAN]))


@given(
    st.lists(st.floats(0.8, 8.0), min_size=2, max_size=12),
    st.lists(st.floats(0.5, 20.0), min_size=12, max_size=12),
)
def test_equals_a_fine_sum(values: list[float], gaps: list[float]) -> None:
    day = np.cumsum(gaps[: len(values)])
    got = rosendaal(day[None, :], np.array([values]), day[0], day[-1], 2.0, 3.0)[0]
    steps = 4001
    fine = day[0] + (np.arange(steps) + 0.5) / steps * (day[-1] - day[0])
    inr = np.interp(fine, day, values)
    assert abs(got - np.mean((inr >= 2.0) & (inr <= 3.0))) < 24 / steps
