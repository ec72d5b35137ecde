"""Accommodation: published amplitudes, response, import of push-up readings."""

import csv

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin_engine import assets
from twin_engine.errors import InputError
from vision_lib import accommodation as acc


@pytest.mark.parametrize(
    ("age", "method", "value", "tolerance"),
    [
        # Anderson 2008, IOVS 49:2919: 7.33 - 0.0035 (age - 3)^2, ages 3 to 40.
        (3, "objective", 7.33, 1e-9),
        (20, "objective", 7.33 - 0.0035 * 17**2, 1e-9),
        (40, "objective", 7.33 - 0.0035 * 37**2, 1e-9),
        # Kang 2016, JKOS 57:20: forties 1.00 D, fifties 0.22 D, from 60 none.
        (45, "objective", 1.00, 1e-9),
        (55, "objective", 0.22, 1e-9),
        (70, "objective", 0.0, 1e-9),
        # Hofstetter 1950: minimum 15 - 0.25 age.
        (20, "hofstetter-minimum", 10.0, 1e-9),
        # Park 2019, PLoS ONE 0225754: Koreans, push-up.
        (15, "push-up", 14.67, 1e-9),
        (25, "push-up", 11.13, 1e-9),
        (45, "push-up", 5.53, 1e-9),
    ],
)
def test_amplitude_is_published(age: float, method: str, value: float, tolerance: float) -> None:
    assert acc.amplitude(age, method) == pytest.approx(value, abs=tolerance)


def test_the_table_agrees_with_the_parameters() -> None:
    with open(assets.path("vision/accommodation.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    forties = next(r for r in rows if r["method"] == "objective" and r["age_low_y"] == "40")
    assert acc.amplitude(45) == float(forties["amplitude_d"])


@settings(deadline=None)
@given(st.floats(0, 119), st.floats(0, 1))
def test_amplitude_never_grows_with_age(age: float, more: float) -> None:
    for method in acc.METHODS:
        assert acc.amplitude(age + more, method) <= acc.amplitude(age, method) + 1e-9


@settings(deadline=None)
@given(st.floats(-15, 15), st.floats(0, 20))
def test_response_stays_within_demand_and_amplitude(demand: float, amplitude: float) -> None:
    given_d = float(acc.response(demand, amplitude, 0.12))
    assert 0.0 <= given_d <= min(max(demand, 0.0), amplitude) + 1e-12


def test_a_myope_cannot_accommodate_away_its_need() -> None:
    left = acc.residual_vergence(-3.0, [0.4, 6.0], acc.norm(20))
    assert left == pytest.approx([-0.5, -3.0 + 1 / 6])


def test_a_presbyope_keeps_what_it_lacks() -> None:
    # Residual = demand - min(demand, amplitude); at 70 years nothing is left to give.
    assert acc.residual_vergence(0.0, [0.4], acc.norm(70)) == pytest.approx([2.5])


def test_push_up_is_scaled_to_the_objective_value() -> None:
    # A typical push-up reading of the forties means the typical objective amplitude: 5.53 -> 1.00 D.
    eye = acc.measured(45, 5.53, "push-up")
    assert eye.amplitude_d == pytest.approx(1.0)
    assert eye.method == "measured push-up"


def test_near_point_to_amplitude() -> None:
    assert acc.from_near_point(0.1) == pytest.approx(10.0)
    # A myope of 2 D whose near point is at 10 cm has 8 D.
    assert acc.from_near_point(0.1, -2.0) == pytest.approx(8.0)


@pytest.mark.parametrize("call", [
    lambda: acc.amplitude(-1), lambda: acc.amplitude(float("nan")), lambda: acc.amplitude(30, "guess"),
    lambda: acc.measured(30, -1.0), lambda: acc.measured(30, 5.0, "guess"),
    lambda: acc.from_near_point(0.0), lambda: acc.residual_vergence(0, [0.0], acc.norm(30)),
])  # fmt: skip
def test_bad_input_is_one_clear_error(call: object) -> None:
    with pytest.raises(InputError) as refused:
        call()  # type: ignore[operator]
    assert refused.value.cure


def test_arrays() -> None:
    assert np.all(acc.response([0.0, 1.0, 5.0], [2.0, 2.0, 2.0], 0.0) == [0.0, 1.0, 2.0])
