"""Soft tissue: frame of 10 substeps against warp-lang's CPU on the same mesh and algorithm; tets at 60 Hz; a cut.

    python benchmarks/bench_tissue.py

warp-lang is a peer, not a dependency: `pip install warp-lang` in an environment whose Python is named by
TWIN_PEER_PYTHON (default: this one); the comparison is skipped with a message where it is absent.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("NUMBA_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from twin_engine.tissue import mesher
from twin_engine.tissue.body import Material, SoftBody, bar
from twin_engine.tissue.contact import Bench, Tool
from twin_engine.tissue.cut import Cutter

PEER = Path(__file__).resolve().parent / "peer_warp_tissue.py"
FRAMES, SUBSTEPS = 12, 10


def body(cells: tuple[int, int, int]) -> SoftBody:
    """A bar hung by one end; 5 tets a cell."""
    v, t = bar(cells, (0.02 * cells[0], 0.02 * cells[1], 0.02 * cells[2]))
    return SoftBody(v, t, Material(1e5, 0.45, 1000.0), fixed=np.flatnonzero(v[:, 0] < 1e-9))


def best_frame(step: object, frames: int = FRAMES) -> float:
    """Least time of this thread over several frames in s: what an idle core needs."""
    best = np.inf
    for _ in range(frames):
        begin = time.thread_time()
        step()
        best = min(best, time.thread_time() - begin)
    return best


def against_warp(made: SoftBody, frame: float) -> None:
    """The same mesh, prepared elements and substeps in warp, in a process of its own."""
    peer = os.environ.get("TWIN_PEER_PYTHON", sys.executable)
    made._set_step(1 / 60 / SUBSTEPS)
    with tempfile.TemporaryDirectory() as folder:
        np.savez(f"{folder}/in.npz", x=made.vertices, inverse_mass=made.inverse_mass, tets=made.tets, rest=made.rest,
                 soft=made._soft, gravity=np.array(made.gravity), damping=made.damping)  # fmt: skip
        done = subprocess.run([peer, str(PEER), folder, str(FRAMES), str(SUBSTEPS)], capture_output=True, text=True)
        if done.returncode:
            print("warp-lang: skipped:", (done.stderr.strip().splitlines() or ["not installed"])[-1])
            return
        out = np.load(f"{folder}/out.npz")
    ours = body_like(made)
    for _ in range(FRAMES):
        ours.step(substeps=SUBSTEPS)
    print(f"warp-lang CPU frame {1e3 * float(out['frame']):.2f} ms: {float(out['frame']) / frame:.2f} x ours; largest distance "  # noqa: E501
          f"of trajectories {1e6 * np.abs(out['x'] - ours.x).max():.3f} um after {FRAMES} frames")  # fmt: skip


def body_like(made: SoftBody) -> SoftBody:
    """The same body at rest."""
    return SoftBody(
        made.vertices, made.tets, Material(1e5, 0.45, 1000.0), fixed=np.flatnonzero(made.vertices[:, 0] < 1e-9)
    )


def two_cores(made: SoftBody) -> float:
    """Frame of two bodies of this size at once, a thread each (the kernels hold no lock); least wall time."""
    pair = [made, body_like(made)]
    with ThreadPoolExecutor(2) as pool:
        spent = []
        for _ in range(FRAMES):
            begin = time.perf_counter()
            list(pool.map(lambda b: b.step(substeps=SUBSTEPS), pair))
            spent.append(time.perf_counter() - begin)
    return min(spent)


def main() -> None:
    """Print the table."""
    made = body((26, 10, 10))
    count = len(made.tets)
    made.step(substeps=SUBSTEPS)
    frame = best_frame(lambda: made.step(substeps=SUBSTEPS))
    print(
        f"body alone, {count} tets, {SUBSTEPS} substeps: {1e3 * frame:.2f} ms; at 60 Hz on one core {count / 60 / frame:.0f} tets"  # noqa: E501
    )
    both = two_cores(made)
    print(f"two bodies on two cores: {1e3 * both:.2f} ms; at 60 Hz {2 * count / 60 / both:.0f} tets")
    against_warp(body_like(made), frame)
    made = body_like(made)
    faces = mesher.boundary(made.tets)
    edges = np.unique(np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
    made.set_capsule(edges, 6.4e6, 1e-4)
    tip = np.array([0.25, 0.1, 0.204])
    bench = Bench(made, faces, [Tool(tip, tip + [0, 0, 0.1]), Tool(tip + [0.1, 0, 0], tip + [0.1, 0, 0.1])], floor=-1.0)
    bench.step(substeps=SUBSTEPS)
    full = best_frame(lambda: bench.step(substeps=SUBSTEPS))
    print(f"with two tools, floor and capsule: {1e3 * full:.2f} ms; at 60 Hz on one core {count / 60 / full:.0f} tets")
    cutter = Cutter(body_like(made))
    cutter.sweep([[9, 0, 0], [9, 0.2, 0]], [[9, 0, 0.1], [9, 0.2, 0.1]])
    times = []
    for k in range(60):
        z0, z1 = 0.21 - 0.0037 * k, 0.21 - 0.0037 * (k + 1)
        begin = time.thread_time()
        cutter.sweep([[0.253, -0.01, z0], [0.253, 0.21, z0]], [[0.253, -0.01, z1], [0.253, 0.21, z1]])
        times.append(time.thread_time() - begin)
    print(f"cut frame: median {1e3 * np.median(times):.3f} ms = {np.median(times) / frame:.2f} frames, "
          f"largest {1e3 * max(times[1:]):.3f} ms = {max(times[1:]) / frame:.2f} frames")  # fmt: skip


if __name__ == "__main__":
    main()
