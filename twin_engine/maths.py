"""The functions a model may use besides + - * / and abs: one name, three worlds.

With numbers they are ordinary functions. In compiled code `twin_engine.vector_maths` replaces them
by branch-free versions that run on many persons at once (a call into libm would not). With sympy
symbols they stay symbolic, so that the exact Jacobian of a stiff model can be derived.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any


def _apply(name: str, plain: Callable[..., float], *args: Any) -> Any:
    if all(isinstance(a, float | int) for a in args):
        return plain(*args)
    if any(hasattr(a, "free_symbols") for a in args):
        import sympy

        return getattr(sympy, name)(*args)
    import numpy

    return getattr(numpy, {"Max": "maximum", "Min": "minimum", "Pow": "power"}.get(name, name))(*args)


def _exp(x: float) -> float:
    return math.exp(x) if x < 709.78 else (x if x != x else math.inf)


def _log(x: float) -> float:
    return math.log(x) if x > 0.0 else (-math.inf if x == 0.0 else math.nan)


@cache
def _symbolic_power() -> Any:
    """x^y whose derivative is y x^(y-1): sympy's own y x^y / x is no number at x = 0."""
    import sympy

    class power(sympy.Function):  # prints as the name of the function below
        def fdiff(self, argindex: int = 1) -> Any:
            x, y = self.args
            return y * power(x, y - 1) if argindex == 1 else self * sympy.log(x)

    return power


def exp(x: Any) -> Any:
    """e to the x."""
    return _apply("exp", _exp, x)


def log(x: Any) -> Any:
    """Natural logarithm; -infinity at 0, NaN below."""
    return _apply("log", _log, x)


def power(x: Any, y: Any) -> Any:
    """x to the y for x >= 0; NaN below."""
    if any(hasattr(a, "free_symbols") for a in (x, y)):
        return _symbolic_power()(x, y)
    return _apply("Pow", lambda a, b: math.pow(a, b) if a >= 0.0 else math.nan, x, y)


def sqrt(x: Any) -> Any:
    """Square root; NaN below 0."""
    return _apply("sqrt", lambda a: math.sqrt(a) if a >= 0.0 else math.nan, x)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return _apply("tanh", math.tanh, x)


def atan(x: Any) -> Any:
    """Arc tangent, radians."""
    return _apply("atan" if hasattr(x, "free_symbols") else "arctan", math.atan, x)


def cospi(x: Any) -> Any:
    """Cosine of pi x: exact zeros and ones, and no reduction by an inexact pi."""
    if hasattr(x, "free_symbols"):
        import sympy

        return sympy.cos(sympy.pi * x)
    return _apply("cos", math.cos, math.pi * (x - 2.0 * _round(0.5 * x)))


def sinpi(x: Any) -> Any:
    """Sine of pi x."""
    return cospi(x - 0.5)


def floor(x: Any) -> Any:
    """The largest whole number not above x."""
    return _apply("floor", lambda a: float(math.floor(a)) if math.isfinite(a) else math.nan, x)


def _round(x: Any) -> Any:
    return floor(x + 0.5)


def maximum(x: Any, y: Any) -> Any:
    """The larger one."""
    return _apply("Max", max, x, y)


def minimum(x: Any, y: Any) -> Any:
    """The smaller one."""
    return _apply("Min", min, x, y)


def select(x: Any, yes: Any, no: Any) -> Any:
    """`yes` where x >= 0, else `no`; both are computed."""
    if hasattr(x, "free_symbols"):
        import sympy

        return sympy.Piecewise((yes, x >= 0), (no, True))
    if isinstance(x, float | int):
        return yes if x >= 0.0 else no
    import numpy

    return numpy.where(x >= 0.0, yes, no)
