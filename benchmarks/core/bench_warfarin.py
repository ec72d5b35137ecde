"""100,000 avatars take warfarin for 60 days: all cores, beside a SciPy loop.

The SciPy loop is solve_ivp (LSODA, rtol and atol 1e-6) with the author's right-hand side in plain
Python, restarted at every dose; it is timed on 20 persons and multiplied: an extrapolation.

    python benchmarks/core/bench_warfarin.py [persons]
"""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from twin_engine.cohort import solve_cohort
from twin_engine.doses import DoseTable
from twin_engine.machine import cpu_name
from twin_engine.model import load
from twin_engine.persons import parameter_rows

DAYS, SAMPLE = 60, 20


def scipy_loop(table: dict[str, np.ndarray], doses: np.ndarray, n: int) -> tuple[float, np.ndarray]:
    """Seconds for n persons, and their INR at the end."""
    from scipy.integrate import solve_ivp

    model = load("warfarin")
    m, rows = model.module, parameter_rows(model, {k: v[:n] for k, v in table.items()}, n)
    ends = np.empty(n)
    start = time.perf_counter()
    for i in range(n):
        p, u = m.Param(*map(float, rows[i])), m.Input()
        y = np.array(m.initial(p))
        for _ in range(DAYS):
            y[0] += doses[i]
            y = solve_ivp(lambda t, y, p=p, u=u: m.rhs(t, m.State(*y), p, u), (0.0, 24.0), y, "LSODA",
                          rtol=1e-6, atol=1e-6).y[:, -1]  # fmt: skip
        ends[i] = m.outputs(0.0, m.State(*y), p, u).inr
    return time.perf_counter() - start, ends


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rng = np.random.default_rng(1)
    table = {"age_y": rng.uniform(20, 90, n), "weight_kg": rng.uniform(45, 100, n),
             "vkorc1": rng.choice(["GG", "GA", "AA"], n)}  # fmt: skip
    daily = rng.choice([2.5, 5.0, 7.5], n)
    doses = DoseTable(np.repeat(np.arange(n), DAYS), np.tile(24.0 * np.arange(DAYS), n),
                      np.repeat(daily, DAYS))  # fmt: skip
    model = load("warfarin")
    solve_cohort(model, {}, until=24.0)  # load the compiled code
    start, busy = time.perf_counter(), time.process_time()
    found = solve_cohort(model, table, until=24.0 * DAYS, at=24.0 * np.arange(1, DAYS + 1), doses=doses)
    ours, busy = time.perf_counter() - start, time.process_time() - busy
    seconds, ends = scipy_loop(table, daily, SAMPLE)
    theirs = seconds * n / SAMPLE
    gap = float(np.abs(found.outputs["inr"][:SAMPLE, -1] - ends).max())
    print(f"CPU: {cpu_name()}, {os.cpu_count()} cores; {n:,} avatars x {DAYS} days, a reading a day")
    print(f"twin: {ours:.1f} s ({busy:.1f} s of CPU), {n / ours:,.0f} avatars/s;"
          f" failed: {int(found.failed.sum())}")  # fmt: skip
    print(f"SciPy loop, one core, extrapolated from {SAMPLE} persons: {theirs / 3600.0:.1f} h;"
          f" ratio {theirs / ours:,.0f}; INR differs by at most {gap:.1e}")  # fmt: skip


if __name__ == "__main__":
    main()
