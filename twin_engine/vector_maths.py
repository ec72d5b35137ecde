"""Branch-free exp, log, power, tanh, atan, cospi: what `twin_engine.maths` means in compiled code.

A loop over persons becomes vector instructions only if nothing in it calls libm or branches.
Relative error at most 5e-16 (power: as much for each unit of |y log2 x|); what is below 2^-1022
counts as 0, except to log and tanh. Methods: Cody & Waite, Software Manual for the Elementary
Functions (Prentice-Hall 1980), for the reductions of exp and log; polynomials for exp, 2^x and log
that interpolate at the Chebyshev nodes of the reduced range, computed in 60 digits, with errors
below 3e-17; Taylor series for cos and sin; the rational atan of Moshier, Methods and Programs for
Mathematical Functions (Ellis Horwood 1989; Cephes).

Every helper states its own `fastmath` and `error_model`: numba otherwise lends it those of
whichever caller compiles it first, and re-association would remove the magic-number rounding.
"""

# mypy: disable-error-code="no-untyped-def, call-arg, var-annotated, arg-type"
import math
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, overload

from twin_engine import maths

STRICT: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy", "forceinline": True}
_LOG2E = 1.4426950408889634
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_TINY = 2.2250738585072014e-308  # 2^-1022
_LN_TINY = -708.3964185322641
_MAGIC = 6755399441055744.0  # 1.5 * 2^52: adding and subtracting it rounds to a whole number


@intrinsic
def float_bits(typingctx, x) -> Any:
    """The 64 bits of a float as a whole number."""

    def code(context, builder, signature, args):
        return builder.bitcast(args[0], ir.IntType(64))

    return types.int64(types.float64), code


@intrinsic
def bits_float(typingctx, i) -> Any:
    """The float of 64 bits."""

    def code(context, builder, signature, args):
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), code


@njit(**STRICT)
def _reduced(x):
    """r = x - k ln 2 for the nearest whole number k, and t, whose lowest bits are k."""
    t = x * _LOG2E + _MAGIC
    k = t - _MAGIC
    return (x - k * _LN2_HIGH) - k * _LN2_LOW, t


@njit(**STRICT)
def _series(r):
    """(exp(r) - 1 - r) / r^2 for |r| <= ln(2) / 2."""
    s = 2.510038549551032e-08
    s = s * r + 2.7620088445409746e-07
    s = s * r + 2.7557268459997064e-06
    s = s * r + 2.4801521295954376e-05
    s = s * r + 1.9841269863053618e-04
    s = s * r + 1.3888888917213717e-03
    s = s * r + 8.333333333330062e-03
    s = s * r + 4.166666666662413e-02
    s = s * r + 1.6666666666666669e-01
    return s * r + 0.5


@njit(**STRICT)
def _exp(x):
    r, t = _reduced(x)
    y = _scaled((_series(r) * r + 1.0) * r + 1.0, t)
    y = 0.0 if x < _LN_TINY else y
    return y if x <= 709.78 else x + math.inf


@njit(**STRICT)
def _scaled(y, t):
    """y * 2^k for the k in the lowest bits of t."""
    return bits_float(float_bits(y) + (float_bits(t) << 52))


@njit(**STRICT)
def _parts(x):
    """The whole e and s = (m - 1) / (m + 1) of x = 2^e m, m within sqrt(2) of 1."""
    bits = float_bits(x)
    e = (bits - 0x3FE6A09E667F3BCD) >> 52
    m = bits_float(bits - (e << 52))
    return float(e), (m - 1.0) / (m + 1.0)


@njit(**STRICT)
def _log(x):
    tiny = x < _TINY
    e, s = _parts(x * 18014398509481984.0 if tiny else x)
    k = e - (54.0 if tiny else 0.0)
    z = s * s
    q = 1.4616585424888623e-01
    q = q * z + 1.5331710618210773e-01
    q = q * z + 1.8182889455674947e-01
    q = q * z + 2.2222211130259878e-01
    q = q * z + 2.8571428626003270e-01
    q = q * z + 3.9999999999899444e-01
    q = q * z + 6.6666666666666700e-01
    y = k * _LN2_HIGH + (2.0 * s + (s * z * q + k * _LN2_LOW))
    y = y if x > 0.0 else (-math.inf if x == 0.0 else math.nan)
    return y if x < math.inf else x


@njit(**STRICT)
def _power(x, y):
    """2^(y log2 x)."""
    e, s = _parts(x)
    z = s * s
    q = 2.1087275307216716e-01
    q = q * z + 2.2118982877237345e-01
    q = q * z + 2.6232364446734470e-01
    q = q * z + 3.2059873795213450e-01
    q = q * z + 4.1219858389847885e-01
    q = q * z + 5.7707801635413460e-01
    q = q * z + 9.6179669392597600e-01
    q = q * z + 2.8853900817779268
    b = e + s * q
    b = b if x >= _TINY else (-math.inf if x >= 0.0 else math.nan)
    b = b if x < math.inf else x
    f = y * b
    t = f + _MAGIC
    r = f - (t - _MAGIC)
    p = 4.4541037535145475e-10
    p = p * r + 7.0709785098538200e-09
    p = p * r + 1.0178067265949120e-07
    p = p * r + 1.3215451630406807e-06
    p = p * r + 1.5252733820797812e-05
    p = p * r + 1.5403530424780296e-04
    p = p * r + 1.3333558146423213e-03
    p = p * r + 9.6181291076186640e-03
    p = p * r + 5.5504108664821580e-02
    p = p * r + 2.4022650695910075e-01
    p = p * r + 6.9314718055994530e-01
    p = _scaled(p * r + 1.0, t)
    p = 0.0 if f < -1022.0 else p
    p = p if f < 1024.0 else f + math.inf
    return 1.0 if y == 0.0 else p


@njit(**STRICT)
def _tanh(x):
    # (exp(2a) - 1) / (exp(2a) + 1), where exp(2a) - 1 = 2^k (exp(r) - 1) + (2^k - 1).
    a = abs(x)
    r, t = _reduced(2.0 * (20.0 if a > 20.0 else a))
    power = _scaled(1.0, t)
    e = power * (_series(r) * r * r + r) + (power - 1.0)
    return math.copysign(e / (e + 2.0), x)


@njit(**STRICT)
def _atan(x):
    a = abs(x)
    steep = a > 2.414213562373095
    middle = a > 0.66
    top = -1.0 if steep else (a - 1.0 if middle else a)
    bottom = a if steep else (a + 1.0 if middle else 1.0)
    r = top / bottom
    base = 1.5707963267948966 if steep else (0.7853981633974483 if middle else 0.0)
    more = 6.123233995736766e-17 if steep else (3.061616997868383e-17 if middle else 0.0)
    z = r * r
    p = -8.750608600031904122785e-1
    p = p * z - 1.615753718733365076637e1
    p = p * z - 7.500855792314704667340e1
    p = p * z - 1.228866684490136173410e2
    p = p * z - 6.485021904942025371773e1
    q = z + 2.485846490142306297962e1
    q = q * z + 1.650270098316988542046e2
    q = q * z + 4.328810604912902668951e2
    q = q * z + 4.853903996359136964868e2
    q = q * z + 1.945506571482613964425e2
    y = base + (r + (r * (z * p / q) + more))
    return math.copysign(y, x)


@njit(**STRICT)
def _cospi(x):
    k = (x + _MAGIC) - _MAGIC
    half = 0.5 * k
    odd = half != (half + _MAGIC) - _MAGIC
    a = abs(x - k)  # 0 to 1/2
    flip = a > 0.25
    r = (0.5 - a if flip else a) * math.pi
    z = r * r
    c = 1.0 / 20922789888000.0
    c = c * z - 1.0 / 87178291200.0
    c = c * z + 1.0 / 479001600.0
    c = c * z - 1.0 / 3628800.0
    c = c * z + 1.0 / 40320.0
    c = c * z - 1.0 / 720.0
    c = c * z + 1.0 / 24.0
    c = c * z - 0.5
    c = c * z + 1.0
    s = -1.0 / 1307674368000.0
    s = s * z + 1.0 / 6227020800.0
    s = s * z - 1.0 / 39916800.0
    s = s * z + 1.0 / 362880.0
    s = s * z - 1.0 / 5040.0
    s = s * z + 1.0 / 120.0
    s = s * z - 1.0 / 6.0
    s = s * z * r + r
    y = s if flip else c
    return -y if odd else y


@njit(**STRICT)
def _floor(x):
    k = (x + _MAGIC) - _MAGIC
    y = k - 1.0 if k > x else k
    return x if abs(x) > 2251799813685248.0 else y


def _unary(plain, compiled):
    @overload(plain, jit_options=STRICT, strict=False)
    def found(x):
        if isinstance(x, types.Integer | types.Float | types.Boolean):
            return lambda x: compiled(x * 1.0)
        return None


for _name, _compiled in (("exp", _exp), ("log", _log), ("tanh", _tanh), ("atan", _atan),
                         ("cospi", _cospi), ("floor", _floor)):  # fmt: skip
    _unary(getattr(maths, _name), _compiled)


@overload(maths.sinpi, jit_options=STRICT)
def _ov_sinpi(x):
    return lambda x: _cospi(x - 0.5)


@overload(maths.sqrt, jit_options=STRICT)
def _ov_sqrt(x):
    return lambda x: math.sqrt(x)


@overload(maths.power, jit_options=STRICT)
def _ov_power(x, y):
    return lambda x, y: _power(x * 1.0, y * 1.0)


@overload(maths.maximum, jit_options=STRICT)
def _ov_maximum(x, y):
    return lambda x, y: x if x > y else y * 1.0


@overload(maths.minimum, jit_options=STRICT)
def _ov_minimum(x, y):
    return lambda x, y: x if x < y else y * 1.0


@overload(maths.select, jit_options=STRICT)
def _ov_select(x, yes, no):
    return lambda x, yes, no: yes * 1.0 if x >= 0.0 else no * 1.0
