"""How long a second process takes from its start to the end of its first solve.

    python benchmarks/core/bench_start.py
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
CODE = """
from twin_engine.model import load
from twin_engine.solve import Dose, solve
solve(load("warfarin"), until=24.0, doses=[Dose(0.0, 5.0)])
"""
BAR = 1.2  # s


def main() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    times, busy = [], []
    for _ in range(6):
        start, before = time.perf_counter(), os.times()
        subprocess.run([sys.executable, "-c", CODE], env=environment, check=True)
        times.append(time.perf_counter() - start)
        after = os.times()
        busy.append(after.children_user + after.children_system - before.children_user
                    - before.children_system)  # fmt: skip
    print(f"process start to first solve: first {times[0]:.2f} s, later median {median(times[1:]):.2f} s,"
          f" best {min(times[1:]):.2f} s, of which CPU {min(busy[1:]):.2f} s (bar {BAR} s)")  # fmt: skip


if __name__ == "__main__":
    main()
