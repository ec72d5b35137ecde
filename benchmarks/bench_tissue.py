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
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numba import config, set_num_threads

from twin_engine.tissue import _xpbd, mesher
from twin_engine.tissue.body import Material, SoftBody, bar
from twin_engine.tissue.contact import Bench, Tool
from twin_engine.tissue.cut import Cutter

PEER = Path(__file__).resolve().parent / "peer_warp_tissue.py"
FRAMES, SUBSTEPS, ROUNDS = 12, 10, 3


def body(cells: tuple[int, int, int]) -> SoftBody:
    """A bar hung by one end; 5 tets a cell."""
    v, t = bar(cells, (0.02 * cells[0], 0.02 * cells[1], 0.02 * cells[2]))
    return SoftBody(v, t, Material(1e5, 0.45, 1000.0), fixed=np.flatnonzero(v[:, 0] < 1e-9))


def best_frame(
    step: Callable[[], object], frames: int = FRAMES, clock: Callable[[], float] = time.thread_time
) -> float:
    """Least time of this thread over several frames in s: what an idle core needs."""
    best = np.inf
    for _ in range(frames):
        begin = clock()
        step()
        best = min(best, clock() - begin)
    return best


def prepared(made: SoftBody) -> dict[str, np.ndarray]:
    """Elements in our order, one row each: what the peer is given."""
    made._set_step(1 / 60 / SUBSTEPS)
    slots = made._slots.ravel()
    rows = np.concatenate(made._soft).reshape(-1, _xpbd.ROWS, _xpbd.LANES).transpose(0, 2, 1).reshape(len(slots), -1)
    rows, slots = rows[slots >= 0], slots[slots >= 0]
    return {"x": made.vertices, "inverse_mass": made.inverse_mass, "tets": made.tets[slots], "rest": rows[:, :9],
            "soft": rows[:, 9:22], "weights": rows[:, 22:], "gravity": np.array(made.gravity),
            "damping": np.array(made.damping)}  # fmt: skip


def against_warp(made: SoftBody) -> None:
    """The same mesh, prepared elements and substeps in warp, in a process of its own, by turns with ours."""
    peer = os.environ.get("TWIN_PEER_PYTHON", sys.executable)
    ratios, mesh_order = [], []
    with tempfile.TemporaryDirectory() as folder:
        ordered = prepared(made)
        back = np.argsort(made._slots.ravel()[made._slots.ravel() >= 0])
        for _ in range(ROUNDS):
            for order, kept in ((np.arange(len(back)), ratios), (back, mesh_order)):
                ours = body_like(made)
                ours.step(substeps=SUBSTEPS)
                frame = best_frame(lambda ours=ours: ours.step(substeps=SUBSTEPS), FRAMES - 1)
                each = ("tets", "rest", "soft", "weights")
                np.savez(f"{folder}/in.npz", **{k: a[order] if k in each else a for k, a in ordered.items()})
                done = subprocess.run([peer, str(PEER), folder, str(FRAMES), str(SUBSTEPS)], capture_output=True,
                                      text=True)  # fmt: skip
                if done.returncode:
                    print("warp-lang: skipped:", (done.stderr.strip().splitlines() or ["not installed"])[-1])
                    return
                out = np.load(f"{folder}/out.npz")
                kept.append(float(out["frame"]) / frame)
                if kept is ratios:
                    apart = 1e6 * np.abs(out["x"] - ours.x).max()
    print(f"warp-lang CPU, float64, {ROUNDS} turns: our order {min(ratios):.2f}-{max(ratios):.2f} x our frame, mesh "
          f"order {min(mesh_order):.2f}-{max(mesh_order):.2f} x; largest distance of trajectories {apart:.1e} um after "
          f"{FRAMES} frames")  # fmt: skip


def body_like(made: SoftBody) -> SoftBody:
    """The same body at rest."""
    return SoftBody(
        made.vertices, made.tets, Material(1e5, 0.45, 1000.0), fixed=np.flatnonzero(made.vertices[:, 0] < 1e-9)
    )


def rate(label: str, count: int, step: Callable[[], object]) -> float:
    """Print how many elements are held at 60 Hz on one core and, split in two domains, on two; frame on one core.

    Two cores are timed by the clock on the wall: on a busy machine the second one waits.
    """
    spent = []
    for threads in (1, min(2, config.NUMBA_NUM_THREADS)):
        set_num_threads(threads)
        step()
        spent.append(best_frame(step, clock=time.thread_time if threads == 1 else time.perf_counter))
    set_num_threads(1)
    held = [f"{count / 60 / s:.0f}" for s in spent]
    print(f"{label}, {count} tets, {SUBSTEPS} substeps: {1e3 * spent[0]:.2f} ms on one core, {1e3 * spent[1]:.2f} on "
          f"two; at 60 Hz {held[0]} tets on one core, {held[1]} on two")  # fmt: skip
    return spent[0]


def handled(made: SoftBody) -> Bench:
    """With a skin, two tools against it, self-contact and a floor."""
    made = body_like(made)
    faces = mesher.boundary(made.tets)
    edges = np.unique(np.sort(faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1), axis=0)
    made.set_capsule(edges, 6.4e6, 1e-4)
    tip = np.array([0.25, 0.1, made.vertices[:, 2].max() + 0.004])
    tools = [Tool(tip, tip + [0, 0, 0.1]), Tool(tip + [0.1, 0, 0], tip + [0.1, 0, 0.1])]
    return Bench(made, faces, tools, floor=-1.0, thickness=0.002)


def cuts(made: SoftBody, frame: float) -> None:
    """A blade goes through the body in 60 frames."""
    cutter = Cutter(body_like(made))
    cutter.sweep([[9, 0, 0], [9, 0.2, 0]], [[9, 0, 0.1], [9, 0.2, 0.1]])
    times = []
    for k in range(60):
        z0, z1 = 0.21 - 0.0037 * k, 0.21 - 0.0037 * (k + 1)
        begin = time.thread_time()
        cutter.sweep([[0.253, -0.01, z0], [0.253, 0.21, z0]], [[0.253, -0.01, z1], [0.253, 0.21, z1]])
        cutter.body._set_step(1 / 60 / SUBSTEPS)
        times.append(time.thread_time() - begin)
    print(f"cut frame with new masses, {len(made.tets)} tets: median {1e3 * np.median(times):.3f} ms = "
          f"{np.median(times) / frame:.2f} frames, largest {1e3 * max(times[1:]):.3f} ms = "
          f"{max(times[1:]) / frame:.2f} frames")  # fmt: skip


def main() -> None:
    """Print the table."""
    set_num_threads(1)
    for cells in ((26, 10, 10), (32, 13, 13)):
        made = body(cells)
        frame = rate("body alone", len(made.tets), lambda made=made: made.step(substeps=SUBSTEPS))
        bench = handled(made)
        rate("with two tools, skin, floor, self-contact", len(made.tets), lambda b=bench: b.step(substeps=SUBSTEPS))
        if cells[0] == 26:
            cuts(made, frame)
            against_warp(body_like(made))


if __name__ == "__main__":
    main()
