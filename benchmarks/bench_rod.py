"""Steps a second of a 100-node guide wire in an S-shaped vessel, random hand, one core.

    python benchmarks/bench_rod.py
"""

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "twin_engine" / "vessels"))
from test_rod import entered, vessel


def main() -> None:
    """Print the rate."""
    rod, rng = entered(vessel()), np.random.default_rng(0)
    rod.step(1 / 500)
    begin = time.process_time()
    for _ in range(10_000):
        rod.step(1 / 500, rng.uniform(-0.04, 0.06) / 500, rng.uniform(-6, 6) / 500)
    print(f"{10_000 / (time.process_time() - begin):.0f} steps a second, {rod.nodes} nodes, "
          f"{rod.substeps} substeps of {rod.rounds} rounds")


if __name__ == "__main__":
    main()
