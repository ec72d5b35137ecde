"""Lanes against one person at a time: the same method, tolerance and cohort, on one core.

The baseline is Tsit5 in Numba that calls libm, twice: with plain `@njit`, and tuned as a kernel of
ours would be (fast maths in the right-hand side, no zero-division checks). Runs are interleaved and
the best of seven counts; time is the core's own, so that busy neighbours count less. Both get the
prepared cohort; the lanes' time holds their outputs too, and the whole call with its preparation of
doses and parameters is printed as well. The error is the largest in any final state, relative to the
state's size, against a tolerance of 1e-11.

    python benchmarks/core/bench_lanes.py
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from cases import CASES
from scalar import solver

from twin_engine.machine import cpu_name

BAR = {"avx512f": 4.5, "avx2": 3.0}


def seconds(call: Callable[[], object]) -> float:
    start = time.thread_time()
    call()
    return time.thread_time() - start


def main() -> None:
    cpu = cpu_name()
    bar = next((v for k, v in BAR.items() if k in cpu), 0.0)
    print(f"CPU: {cpu}; one core; 32 lanes; tolerance 1e-6; baseline: scalar Numba Tsit5 with libm")
    for name, make in CASES.items():
        case = make()
        task, exact = case.task(), case.solve(1e-11)
        plain, tuned = solver(case.model, tuned=False), solver(case.model, tuned=True)
        size = np.abs(exact).max(axis=0) + 1e-12
        errors = [float((np.abs(e - exact) / size).max()) for e in (case.solve(), plain(task, 1e-6)[0])]
        tuned(task, 1e-6)
        calls = (case.prepared(), lambda q=task, f=plain: f(q, 1e-6),
                 lambda q=task, f=tuned: f(q, 1e-6), lambda c=case: c.solve())  # fmt: skip
        best = [min(times) for times in zip(*([seconds(c) for c in calls] for _ in range(7)), strict=True)]
        lanes, slow, fast, whole = (case.units / t for t in best)
        print(f"{name} ({len(case.model.states)} states, {case.unit}/s): lanes {lanes:,.0f}, whole call {whole:,.0f};"
              f" scalar plain {slow:,.0f}: ratio {lanes / slow:.2f} (bar {bar});"
              f" scalar tuned {fast:,.0f}: ratio {lanes / fast:.2f};"
              f" error {errors[0]:.1e}, scalar {errors[1]:.1e}")  # fmt: skip


if __name__ == "__main__":
    main()
