"""Lanes against diffrax (vmap), numbalsoda (at equal error) and simglucose, on one core.

The peers live in `.venv-peers` (`sh benchmarks/peers.sh`); what is missing there is skipped with a
message. All solve the type 1 diabetes case of `cases.py`: 13 states, 63 discontinuities a day.

    python benchmarks/core/bench_peers.py
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["NUMBA_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
from cases import Case, t1d

from twin_engine.machine import cpu_name

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
BARS = {"diffrax": 15.0, "simglucose": 50_000.0}


def lanes(case: Case, tolerance: float, exact: np.ndarray) -> tuple[float, float]:
    """Patient-days a second of one core, and the error."""
    best, end = np.inf, exact
    for _ in range(5):
        start = time.thread_time()
        end = case.solve(tolerance)
        best = min(best, time.thread_time() - start)
    return case.units / best, error(end, exact)


def error(end: np.ndarray, exact: np.ndarray) -> float:
    """Largest error of a final state, relative to the state's size in the cohort."""
    return float((np.abs(end - exact) / (np.abs(exact).max(axis=0) + 1e-12)).max())


def main() -> None:
    print(f"CPU: {cpu_name()}; one core; T1D, 13 states, 63 discontinuities a day")
    if not PYTHON.exists():
        print("skipped: no .venv-peers; make it with: sh benchmarks/peers.sh")
        return
    case = t1d()
    exact, task = case.solve(1e-11), case.task()
    speed, ours = lanes(case, 1e-6, exact)
    print(f"lanes, tolerance 1e-6: {speed:,.0f} patient-days/s, error {ours:.1e}")
    rates = np.array(case.doses.amount[: 60 * len(exact)]).reshape(-1, 60) / 24.0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "case.npz"
        np.savez(file, p=task.p, y0=task.y0, rates=rates, exact=exact, scales=task.atol / 1e-6,
                 names=np.array(case.model.params), meal=case.model.module.MEAL)  # fmt: skip
        for peer in ("diffrax", "numbalsoda", "simglucose"):
            done = subprocess.run([str(PYTHON), str(Path(__file__).with_name("peers.py")), peer, str(file)],
                                  capture_output=True, text=True)  # fmt: skip
            if done.returncode:
                why = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
                print(f"skipped: {peer}: {why[0]}")
                continue
            show(peer, json.loads(done.stdout.splitlines()[-1]), speed, ours)


def show(peer: str, runs: list[dict[str, float]], speed: float, ours: float) -> None:
    """One line a peer; where errors are known, the peer's speed at our error is interpolated."""
    if peer == "numbalsoda":
        logs = sorted((np.log(r["error"]), np.log(r["speed"])) for r in runs)
        theirs = float(np.exp(np.interp(np.log(ours), *zip(*logs, strict=True))))
        print(f"numbalsoda LSODA at equal error: {theirs:,.0f} patient-days/s, ratio {speed / theirs:.1f}")
        return
    best = max(r["speed"] for r in runs)
    told = f", error {runs[0]['error']:.1e}" if "error" in runs[0] else ""
    print(f"{peer}: {best:,.3g} patient-days/s{told}, ratio {speed / best:,.0f} (bar {BARS[peer]:,.0f})")


if __name__ == "__main__":
    main()
