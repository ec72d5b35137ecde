"""Philox4x64-10 in bulk: the kernels behind `twin_engine.streams`."""

# mypy: disable-error-code="no-untyped-def, call-arg, var-annotated, arg-type"
import math

import numpy as np
from llvmlite import ir
from numba import njit, types, uint64
from numba.extending import intrinsic

from twin_engine import vector_maths
from twin_engine.cache import text_number
from twin_engine.vector_maths import STRICT, _cospi, _log

_FIRST, _SECOND = uint64(0xD2E7470EE14C6C93), uint64(0xCA5A826395121157)
_WEYL, _SQRT3 = uint64(0x9E3779B97F4A7C15), uint64(0xBB67AE8584CAA73B)
_UNIT = 2.0**-53


@intrinsic
def _high(typingctx, a, b):
    """The upper 64 bits of a 128-bit product."""

    def code(context, builder, signature, args):
        wide = ir.IntType(128)
        product = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), code


@njit(**STRICT)
def _block(block, person, purpose, key0, key1):
    """Four 64-bit words; equals numpy's Philox whose counter starts one lower."""
    a, b, c, d = block, uint64(0), person, purpose
    k0, k1 = key0, key1
    for _ in range(10):
        a, b, c, d = (_high(_SECOND, c) ^ b ^ k0, _SECOND * c,
                      _high(_FIRST, a) ^ d ^ k1, _FIRST * a)  # fmt: skip
        k0 += _WEYL
        k1 += _SQRT3
    return a, b, c, d


@njit(**STRICT)
def _open(word):
    """A word as a number in (0, 1): never 0, never 1."""
    return (float(word >> uint64(12)) + 0.5) * (2.0 * _UNIT)


@njit("float64[:,::1](uint64,uint64,uint64[::1],uint64,int64)", cache=True, nogil=True,
      fastmath={"contract"}, error_model="numpy")  # fmt: skip
def uniforms(key0, key1, persons, purpose, count) -> np.ndarray:
    """Uniform numbers, shape (persons, count)."""
    drawn = np.empty((persons.size, count))
    for i in range(persons.size):
        for j in range(0, count, 4):
            words = _block(uint64(j // 4), persons[i], purpose, key0, key1)
            for k in range(min(4, count - j)):
                drawn[i, j + k] = _open(words[k])
    return drawn


def _kernel(text: int):
    @njit("float64[:,::1](uint64,uint64,uint64[::1],uint64,int64)", cache=True, nogil=True,
          fastmath={"contract"}, error_model="numpy")  # fmt: skip
    def normals(key0, key1, persons, purpose, count) -> np.ndarray:
        """Standard normal numbers, shape (persons, count), by Box and Muller."""
        drawn = np.empty((persons.size, count + (0 & text)))
        for i in range(persons.size):
            for j in range(0, count, 4):
                words = _block(uint64(j // 4), persons[i], purpose, key0, key1)
                for k in range(0, min(4, count - j), 2):
                    radius = math.sqrt(-2.0 * _log(_open(words[k])))
                    turn = 2.0 * _open(words[k + 1])
                    drawn[i, j + k] = radius * _cospi(turn)
                    if j + k + 1 < count:
                        drawn[i, j + k + 1] = radius * _cospi(turn - 0.5)
        return drawn

    return normals


normals = _kernel(text_number(vector_maths))
