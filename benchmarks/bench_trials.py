"""Trials against their peers: survival replicates v rpact's C++, log-rank kernel v lifelines.

Run: python benchmarks/bench_trials.py [--trials 10000]
The design: 500 persons, uniform accrual over 12 months, exponential survival with a control median
of 12 months, hazard ratio 0.7, three looks at 111, 221 and 331 events, Lan-DeMets O'Brien-Fleming.
"""

import argparse
import json
import platform
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from avatars.avatar import Provenance
from avatars.population import Population
from trials.design import Design
from trials.looks import Rule
from trials.parts import parse
from trials.replicates import Prepared, prepare
from trials.survival_shard import survival_shard
from trials.twins import Course

MONTH = 365.25 / 12
POOL = 20_000
EVENTS = (111, 221, 331)


def survival_design() -> Design:
    """The benchmark's design."""
    treatment = {"treatment": "usual_care"}
    return parse(Design, {
        "title": "benchmark", "question": "speed",
        "population": {"source": "none", "persons": POOL},
        "twin": {"model": "record", "outcome": "days", "unit": "d"},
        "arms": [{"name": "A", "control": True, **treatment}, {"name": "B", **treatment}],
        "randomisation": {"kind": "permuted_block", "blocks": [4]},
        "enrolment": {"persons": 500, "screening": "0 d",
                      "sites": [{"name": "S", "persons_per_week": 500 * 7 / (12 * MONTH)}]},
        "visits": {"days": ["0 d", "5000 d"]},
        "primary": {"name": "death", "kind": "time_to_event", "day": "5000 d", "unit": "d",
                    "better": "higher"},
        "analysis": {"method": "survival"},
    }, "benchmark")  # fmt: skip


def survival_work() -> tuple:
    """Prepared trial and stopping rule."""
    from trials.boundaries import group_sequential
    from trials.spending import Spending

    life = np.random.default_rng(1).exponential(12 * MONTH / np.log(2), POOL)

    def course(t: np.ndarray) -> Course:
        value = np.full((POOL, 2), np.nan)
        value[:, 1] = t
        flat = np.ones((POOL, 2), bool)
        return Course(np.tile([0.0, 5000.0], (POOL, 1)), flat, flat, value, value, value * np.nan,
                      np.zeros(POOL, bool))  # fmt: skip

    people = Population(np.arange(POOL), {"days": life}, {"days": "d"},
                        {"days": Provenance("sampled", "exponential")})  # fmt: skip
    bounds = group_sequential(np.array(EVENTS) / EVENTS[-1], power=0.9, efficacy=Spending("obrien_fleming"))
    rule = Rule(bounds.information, bounds.efficacy, bounds.futility, 1, EVENTS[-1], 0.05)
    return prepare(survival_design(), people, [course(life), course(life / 0.7)]), rule


def best(call: Callable[[], object], rounds: int) -> float:
    """Least seconds of some rounds."""
    spans = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        spans.append(time.perf_counter() - start)
    return min(spans)


def threaded(prepared: Prepared, rule: Rule, trials: int) -> float:
    """Seconds with a thread a core; the kernel holds no lock."""
    from concurrent.futures import ThreadPoolExecutor

    size, start = 500, time.perf_counter()
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda first: survival_shard(prepared, rule, 1, 1, first, size), range(0, trials, size)))
    return time.perf_counter() - start


def rpact(trials: int) -> dict[str, float] | None:
    """Seconds and power of rpact, or None where R or rpact is not installed."""
    if shutil.which("Rscript") is None:
        return None
    script = Path(__file__).with_name("rpact_survival.R")
    done = subprocess.run(["Rscript", str(script), str(trials), *map(str, EVENTS)],
                          capture_output=True, text=True, check=False)  # fmt: skip
    return json.loads(done.stdout) if done.returncode == 0 else None


def main() -> None:
    """Print the figures of this machine."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, default=10_000)
    trials = parser.parse_args().trials
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    prepared, rule = survival_work()
    survival_shard(prepared, rule, 1, 1, 0, 5)
    peers, ours, shared = [], [], []
    for _ in range(3):  # interleaved, so that noise hits all
        start = time.perf_counter()
        rows = survival_shard(prepared, rule, 1, 1, 0, trials)
        ours.append(time.perf_counter() - start)
        peers.append(rpact(trials))
        shared.append(threaded(prepared, rule, trials))
    power = float((rows["rejects"] == 1).mean())
    print(f"survival, N=500, {trials:,} trials, one thread: {min(ours):.2f} s, power {power:.4f}")
    known = [p for p in peers if p is not None]
    if known:
        seconds = min(p["seconds"] for p in known)
        print(f"  rpact (C++): {seconds:.2f} s, power {known[0]['power']:.4f}; x{seconds / min(ours):.2f}")
        print(f"  all cores: {min(shared):.2f} s; x{seconds / min(shared):.2f}")
    else:
        print("  rpact is not installed: skipped (Debian: apt install r-cran-rpact)")
    log_rank()


def log_rank() -> None:
    """The kernel against lifelines, n = 500."""
    from lifelines.statistics import logrank_test

    from trials.analysis.kernels.survival import log_rank as kernel

    rng = np.random.default_rng(8)
    group = rng.integers(0, 2, 500)
    life, cut = rng.exponential(np.exp(0.4 * group)), rng.uniform(0.2, 2.5, 500)
    when, event, zero = np.minimum(life, cut), life <= cut, np.zeros(1)
    stratum, one = np.zeros(500, np.int64), group == 1
    kernel(when, event, group, stratum, zero, zero)
    fast = best(lambda: [kernel(when, event, group, stratum, zero, zero) for _ in range(100)], 7) / 100
    slow = best(lambda: logrank_test(when[one], when[~one], event[one], event[~one]), 7)
    print(f"log-rank, n=500: kernel {fast * 1e6:.1f} us, lifelines {slow * 1e3:.2f} ms; x{slow / fast:.0f}")


if __name__ == "__main__":
    main()
