"""1-D pulse waves on one core against NumPy: a vessel-by-vessel loop and one flat sweep.

All three advance the same cells of a tree by the same second-order finite volumes (both Runge-Kutta
stages counted as one update). The NumPy peers leave out junctions, inlet and outlets, which favours
them. Prints cell updates a second and ratios, then ADAN56 in times real time where its table is.

    python benchmarks/bench_pulse_wave.py
"""

import math
import os
import time
from collections.abc import Callable
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np

from twin_engine.vessels.arteries import Artery, Blood, Outlet, Tree
from twin_engine.vessels.pulse_wave import Solver

DENSITY, DRAG = 1060.0, 2 * 11 * math.pi * 4e-3 / 1060.0


def tree(generations: int = 6) -> Tree:
    """A symmetric tree of 63 segments of 6 cm, radii by Murray's law (1926)."""
    arteries = []
    for g in range(generations):
        radius = 8e-3 * 2 ** (-g / 3)
        for i in range(2**g):
            outlet = Outlet(1e9, 5e9, 1e-10) if g == generations - 1 else None
            parent = f"{g - 1}.{i // 2}" if g else None
            arteries.append(Artery(f"{g}.{i}", parent, 0.06, radius, radius, 500.0, 500.0, outlet))
    return Tree(tuple(arteries), Blood())


def numpy_rates(area: np.ndarray, u: np.ndarray, k: np.ndarray, root0: np.ndarray, dx: float) -> tuple:
    """The same reconstruction and face state, as array expressions over one run of cells."""
    root = np.sqrt(area)
    p, c = k * (root - root0), np.sqrt(k * root / (2 * DENSITY))
    dp, du = np.zeros_like(p), np.zeros_like(u)
    dp[1:-1], du[1:-1] = 0.25 * (p[2:] - p[:-2]), 0.25 * (u[2:] - u[:-2])
    pl, pr, ul, ur = (p + dp)[:-1], (p - dp)[1:], (u + du)[:-1], (u - du)[1:]
    zl, zr = DENSITY * c[:-1], DENSITY * c[1:]
    us = (zl * ul + zr * ur + pl - pr) / (zl + zr)
    ps = (zr * pl + zl * pr + zl * zr * (ul - ur)) / (zl + zr)
    flow = (root0[1:] + ps / k[1:]) ** 2 * us
    head = 0.5 * us**2 + ps / DENSITY
    d_area, d_u = np.zeros_like(area), -DRAG * u / area
    d_area[1:-1] = -(flow[1:] - flow[:-1]) / dx
    d_u[1:-1] -= (head[1:] - head[:-1]) / dx
    return d_area, d_u


def numpy_march(runs: list[slice], solver: Solver, steps: int, step: float) -> None:
    """SSP-RK2 over the given runs of cells."""
    mesh, area, u = solver.mesh, solver.mesh.root_a0**2, np.zeros(solver.mesh.cells)
    for _ in range(steps):
        for r in runs:
            k, root0, dx = mesh.k[r], mesh.root_a0[r], float(mesh.dx[r][0])
            a1, v1 = numpy_rates(area[r], u[r], k, root0, dx)
            a2, v2 = numpy_rates(area[r] + step * a1, u[r] + step * v1, k, root0, dx)
            area[r] += 0.5 * step * (a1 + a2)
            u[r] += 0.5 * step * (v1 + v2)


def rate(work: Callable[[], int]) -> float:
    """Best of three, in cell updates a second."""
    best = 0.0
    for _ in range(3):
        begin = time.perf_counter()
        updates = work()
        best = max(best, updates / (time.perf_counter() - begin))
    return best


def main() -> None:
    """Print the figures."""
    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), "unknown")
    print(f"CPU: {cpu}, one core, float64")
    t = tree()
    for cell in (6e-3, 2e-3):
        solver = Solver(t.mesh(cell), t.blood)
        n = solver.mesh.cells
        solver.advance(lambda x: 1e-6 * np.sin(x) ** 2, 1e-3, 0.0, np.array([0]))

        def ours(solver: Solver = solver, n: int = n) -> int:
            return n * len(solver.advance(lambda x: 1e-6 * np.sin(x) ** 2, 0.2, 0.0, np.array([0])))

        vessels = [slice(a, b) for a, b in zip(solver.mesh.start[:-1], solver.mesh.start[1:], strict=True)]

        def loop(runs: list[slice], steps: int, solver: Solver = solver, n: int = n) -> int:
            numpy_march(runs, solver, steps, 1e-6)
            return n * steps

        mine = rate(ours)
        by_vessel = rate(lambda: loop(vessels, 20))  # noqa: B023
        flat = rate(lambda: loop([slice(0, n)], 200))  # noqa: B023
        print(f"{n} cells in {len(vessels)} segments: ours {mine:.3g}/s, NumPy by vessel {by_vessel:.3g}/s "
              f"(ratio {mine / by_vessel:.0f}), NumPy flat {flat:.3g}/s (ratio {mine / flat:.1f})")


if __name__ == "__main__":
    main()
