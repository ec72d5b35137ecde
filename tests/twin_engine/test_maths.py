"""The compiled functions of models: accurate, NaN goes through, limits are those of libm."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numba import njit

from twin_engine import (
    maths,
    vector_maths,  # noqa: F401  registers the compiled versions
)

RNG = np.random.default_rng(1)
WIDE = np.concatenate([RNG.uniform(-3, 3, 20_000), RNG.uniform(-700, 700, 20_000)])
POSITIVE = np.exp(RNG.uniform(-700, 700, 40_000))


def compiled(function: Callable) -> Callable:
    @njit(error_model="numpy", fastmath={"contract"})
    def run(x, out):  # type: ignore[no-untyped-def]
        for i in range(x.size):
            out[i] = function(x[i])

    def over(x: np.ndarray) -> np.ndarray:
        out = np.empty_like(x)
        run(x, out)
        return out

    return over


@pytest.mark.parametrize(
    ("name", "reference", "x", "bound"),
    [("exp", np.exp, WIDE, 4e-16), ("log", np.log, POSITIVE, 5e-16), ("tanh", np.tanh, WIDE, 6e-16),
     ("atan", np.arctan, WIDE, 4e-16), ("floor", np.floor, WIDE, 0.0)],
)  # fmt: skip
def test_relative_error(name: str, reference: Callable, x: np.ndarray, bound: float) -> None:
    exact = reference(x)
    error = np.abs(compiled(getattr(maths, name))(x) - exact) / np.where(exact == 0, 1, abs(exact))
    assert error.max() <= bound


def test_power() -> None:
    x = np.exp(RNG.uniform(-20, 20, 20_000))
    ours = compiled(njit(lambda v: maths.power(v, 2.7)))(x)
    assert np.abs(ours / x**2.7 - 1.0).max() < 2e-14  # |y log x| ulps of the exponent


def test_cospi_is_exact_where_the_cosine_is() -> None:
    x = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 1e6 + 0.5, 1 / 3])
    assert np.allclose(compiled(maths.cospi)(x), [1, 0, -1, 0, 1, 0, 0.5], rtol=0, atol=3e-16)


@pytest.mark.parametrize("name", ["exp", "log", "tanh", "atan", "cospi", "floor", "sqrt"])
def test_limits_and_nan_as_in_plain_python(name: str) -> None:
    function = getattr(maths, name)
    x = [0.0, 1.0, math.nan] + ([] if name == "cospi" else [-1.0, 740.0, 1e-310])
    for ours, value in zip(compiled(function)(np.array(x)), x, strict=True):
        theirs = function(value)
        assert ours == pytest.approx(theirs, rel=4e-16, abs=0, nan_ok=True), (name, value)


def test_choices() -> None:
    assert maths.select(0.0, 1.0, 2.0) == 1.0
    assert compiled(njit(lambda v: maths.select(v, 1.0, 2.0)))(np.array([-1.0, 0.0])).tolist() == [2, 1]
    assert compiled(njit(lambda v: maths.maximum(v, 0.0)))(np.array([-1.0, 3.0])).tolist() == [0, 3]
