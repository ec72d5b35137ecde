"""Motion: inverse kinematics against OpenSim in one run, and the live loop at 100 Hz over 60 s.

1. gait2392 walking trial (121 frames, 23 coordinates, 31 markers, the trial's own weights): frames a second
   of OpenSim's InverseKinematicsTool (run by --peer, a Python that has `opensim`) and ours, one core each.
2. Live: markers -> angles -> phase -> cue, 60 s of replay at 100 Hz; by the wall clock and by the
   thread's own working time, which other programs on the computer do not touch.

Numbers are printed, nothing else.

    python benchmarks/bench_motion.py SHARED/motion/opensim_gait2392 [--peer /path/to/python]
"""

import argparse
import os
import platform
import subprocess
import time
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np

from twin_engine.motion import live, osim, setup
from twin_engine.motion.formats import Motion, read_trc
from twin_engine.motion.kinematics import Kinematics

PEER = """
import os, shutil, sys, tempfile, time
import opensim
opensim.Logger.setLevelString("Off")
source = sys.argv[1]
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for n in ("subject01_simbody.osim", "subject01_walk1.trc", "subject01_Setup_IK.xml"):
        shutil.copyfile(os.path.join(source, n), n)
    tool = opensim.InverseKinematicsTool("subject01_Setup_IK.xml")
    tool.setOutputMotionFileName("ik.mot")
    model = opensim.Model("subject01_simbody.osim")
    tool.setModel(model)
    begin, cpu = time.perf_counter(), time.process_time()
    tool.run()
    print("SECONDS", time.perf_counter() - begin, time.process_time() - cpu)
"""


def ours(folder: Path, repeats: int) -> tuple[float, float, int]:
    skeleton = osim.read(folder / "subject01_simbody.osim")
    chosen = setup.read(folder / "subject01_Setup_IK.xml", skeleton)
    markers = read_trc(folder / "subject01_walk1.trc").between(0.5, 2.5)
    solver = Kinematics(skeleton)
    solver.solve(markers, chosen.weights, chosen.tasks)
    begin, cpu = time.perf_counter(), time.process_time()
    for _ in range(repeats):
        solver.solve(markers, chosen.weights, chosen.tasks)
    spent = (time.perf_counter() - begin) / repeats, (time.process_time() - cpu) / repeats
    return *spent, len(markers.time)


def peer(folder: Path, python: str) -> tuple[float, float]:
    done = subprocess.run([python, "-c", PEER, str(folder.resolve())], capture_output=True, text=True, check=True)
    line = next(row for row in done.stdout.splitlines() if row.startswith("SECONDS"))
    wall, cpu = (float(v) for v in line.split()[1:])
    return wall, cpu


def replay(folder: Path, seconds: float = 60.0, rate: float = 100.0) -> None:
    skeleton = osim.read(folder / "subject01_simbody.osim")
    chosen = setup.read(folder / "subject01_Setup_IK.xml", skeleton)
    trial = read_trc(folder / "subject01_walk1.trc")
    solver = Kinematics(skeleton)
    poses = solver.solve(trial, chosen.weights, chosen.tasks)
    reference = Motion(poses.time, {n: poses.values[:, i] for i, n in enumerate(poses.names)})
    joints = tuple(n for n in poses.names if n.startswith(("hip", "knee", "ankle")))
    markers = live.repeat(trial, seconds, rate)
    for kept in (markers.between(0.0, 0.1), markers):  # the first compiles
        guide = live.Guide(reference, joints, rate, cyclic=True)
        seen = list(live.from_markers(guide, solver, kept, chosen.weights, chosen.tasks))
    for name, spent in (("wall clock", [g.spent for g in seen]), ("own work", [g.worked for g in seen])):
        k = live.latency(np.array(spent), rate)
        print(f"live loop, {name}: {k.frames} frames, median {k.median_ms:.2f} ms, p99 {k.p99_ms:.2f} ms, "
              f"worst {k.worst_ms:.2f} ms, late by more than a period: {k.late}")  # fmt: skip


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peer", metavar="PYTHON")
    parser.add_argument("--repeats", type=int, default=20)
    args = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, load {os.getloadavg()[0]:.1f}")
    wall, cpu, frames = ours(args.folder, args.repeats)
    print(f"ours: {frames / wall:.0f} frames/s (by CPU time {frames / cpu:.0f})")
    if args.peer:
        their_wall, their_cpu = peer(args.folder, args.peer)
        print(f"OpenSim: {frames / their_wall:.0f} frames/s (by CPU time {frames / their_cpu:.0f})")
        print(f"ratio: {their_wall / wall:.1f} (by CPU time {their_cpu / cpu:.1f})")
    replay(args.folder)


if __name__ == "__main__":
    main()
