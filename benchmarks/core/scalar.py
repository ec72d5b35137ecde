"""The baseline: the same Tsit5 and step control for one person at a time, in Numba, calling libm.

The right-hand side is the author's, compiled into the solver, with `twin_engine.maths` replaced by
the C library's functions: what a careful user of Numba would write.
"""

import math
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
from numba import njit

from twin_engine import maths
from twin_engine.blocks import AUTHOR, unpack
from twin_engine.lane_parts import Task
from twin_engine.model import Model


@njit
def _power(x: float, y: float) -> float:
    return x**y


@njit
def _cospi(x: float) -> float:
    return math.cos(math.pi * x)


@njit
def _maximum(x: float, y: float) -> float:
    return max(x, y)


@njit
def _minimum(x: float, y: float) -> float:
    return min(x, y)


@njit
def _select(x: float, yes: float, no: float) -> float:
    return yes if x >= 0.0 else no


LIBM = {maths.exp: math.exp, maths.log: math.log, maths.tanh: math.tanh, maths.atan: math.atan,
        maths.sqrt: math.sqrt, maths.floor: math.floor, maths.power: _power, maths.cospi: _cospi,
        maths.maximum: _maximum, maths.minimum: _minimum, maths.select: _select}  # fmt: skip


def with_libm(
    function: FunctionType, options: dict[str, Any], made: dict[Any, Any] | None = None
) -> Any:
    """The function and everything it calls, compiled with libm."""
    made = dict(LIBM) if made is None else made
    if function in made:
        return made[function]
    names = {}
    for word in function.__code__.co_names:
        value = function.__globals__.get(word)
        if isinstance(value, FunctionType):
            names[word] = with_libm(value, options, made)
    copy = FunctionType(function.__code__, function.__globals__ | names, function.__name__,
                        function.__defaults__, function.__closure__)  # fmt: skip
    made[function] = njit(**options)(copy)
    return made[function]


def solver(model: Model, tuned: bool) -> Callable[..., tuple[np.ndarray, int]]:
    """`solve(task, rtol)` -> states at the end, shape (persons, states), and steps.

    Tuned: fast maths and no zero-division checks; otherwise plain `@njit`.
    """
    lines = [*unpack(model, ["y", "p", "u"], 1, "0"), "d = author(t, y, p, u)"]
    lines += [f"k[{i}] = d.{name}" for i, name in enumerate(model.states)]
    source = "def rhs(t, vy, vp, vu, k):\n" + "\n".join(f"    {x}" for x in lines)
    space = {n: getattr(model.module, n) for n in ("State", "Param", "Input")}
    space["author"] = with_libm(model.module.rhs, AUTHOR if tuned else {})
    exec(source, space)
    options: dict[str, Any] = {"error_model": "numpy", "fastmath": {"contract"}} if tuned else {}
    rhs = njit(**(options | {"forceinline": True} if tuned else {}))(space["rhs"])

    @njit(**options)
    def one(i: int, q: Task, rtol: float, y: np.ndarray, k: np.ndarray, z: np.ndarray) -> int:
        n, t, end, h, old, steps = y.size, q.span[i, 0], q.span[i, 1], 0.0, 1.0, 0
        u = q.u0[i].copy()
        e, last = q.first[0, i], q.first[0, i + 1]
        fresh, grow = True, True
        while t < end:
            while e < last and q.entry[0, e] <= t:
                target = q.target[e]
                if target < n:
                    y[target] += q.entry[1, e]
                else:
                    u[target - 2 * n] += q.entry[1, e]
                e += 1
                fresh = True
            stop = min(end, q.entry[0, e]) if e < last else end
            if fresh:
                rhs(t, y, q.p[i], u, k[0])
            fresh = False
            if h == 0.0:
                size = speed = 0.0
                for j in range(n):
                    scale = q.atol[j] + rtol * abs(y[j])
                    size += (y[j] / scale) ** 2
                    speed += (k[0, j] / scale) ** 2
                h = min(0.01 * math.sqrt(size / speed), 0.1 * (end - t)) if speed > 1e-10 * n else 1e-4 * (end - t)
            clipped = h * 1.000001 >= stop - t
            g = stop - t if clipped else h
            for j in range(n):
                z[j] = y[j] + g * (0.161 * k[0, j])
            rhs(t + 0.161 * g, z, q.p[i], u, k[1])
            for j in range(n):
                z[j] = y[j] + g * (-0.008480655492356989 * k[0, j] + 0.335480655492357 * k[1, j])
            rhs(t + 0.327 * g, z, q.p[i], u, k[2])
            for j in range(n):
                z[j] = y[j] + g * (2.8971530571054935 * k[0, j] - 6.359448489975075 * k[1, j]
                                   + 4.3622954328695815 * k[2, j])  # fmt: skip
            rhs(t + 0.9 * g, z, q.p[i], u, k[3])
            for j in range(n):
                z[j] = y[j] + g * (5.325864828439257 * k[0, j] - 11.748883564062828 * k[1, j]
                                   + 7.4955393428898365 * k[2, j] - 0.09249506636175525 * k[3, j])  # fmt: skip
            rhs(t + 0.9800255409045097 * g, z, q.p[i], u, k[4])
            for j in range(n):
                z[j] = y[j] + g * (5.86145544294642 * k[0, j] - 12.92096931784711 * k[1, j]
                                   + 8.159367898576159 * k[2, j] - 0.071584973281401 * k[3, j]
                                   - 0.028269050394068383 * k[4, j])  # fmt: skip
            rhs(t + g, z, q.p[i], u, k[5])
            for j in range(n):
                z[j] = y[j] + g * (0.09646076681806523 * k[0, j] + 0.01 * k[1, j]
                                   + 0.4798896504144996 * k[2, j] + 1.379008574103742 * k[3, j]
                                   - 3.290069515436081 * k[4, j] + 2.324710524099774 * k[5, j])  # fmt: skip
            rhs(t + g, z, q.p[i], u, k[6])
            total = 0.0
            for j in range(n):
                r = g * (-0.00178001105222577714 * k[0, j] - 0.0008164344596567469 * k[1, j]
                         + 0.007880878010261995 * k[2, j] - 0.1447110071732629 * k[3, j]
                         + 0.5823571654525552 * k[4, j] - 0.45808210592918697 * k[5, j]
                         + 0.015151515151515152 * k[6, j])  # fmt: skip
                r /= q.atol[j] + rtol * max(abs(y[j]), abs(z[j]))
                total += r * r
            total /= n
            root = math.sqrt(math.sqrt(math.sqrt(total)))
            steps += 1
            if total <= 1.0:
                factor = max(0.2, min(5.0 if grow else 1.0, 0.9 * old / root))
                h = max(h, g * factor) if clipped else g * factor
                old, grow = max(0.3162, math.sqrt(root)), True
                t = stop if clipped else t + g
                for j in range(n):
                    y[j] = z[j]
                    k[0, j] = k[6, j]
            else:
                h, grow = g * max(0.2, 0.9 / root), False
        return steps

    @njit(**options)
    def solve(q: Task, rtol: float) -> tuple[np.ndarray, int]:
        final = q.y0.copy()
        k, z, steps = np.zeros((7, final.shape[1])), np.zeros(final.shape[1]), 0
        for i in range(final.shape[0]):
            steps += one(i, q, rtol, final[i], k, z)
        return final, steps

    return solve
