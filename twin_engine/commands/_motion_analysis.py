"""twin motion check, scale, ik, id, measure."""

import argparse
import math
import time
from pathlib import Path
from typing import Any

from twin_engine.command import Answer
from twin_engine.errors import InputError
from twin_engine.text import tr


def check(args: argparse.Namespace) -> Answer:
    """Findings of the doctor, one row each."""
    from twin_engine.motion import doctor, osim, setup
    from twin_engine.motion.recording import read_plates, read_trial

    if args.trial.suffix.lower() == ".csv" and _is_imu(args.trial):
        return _check_imu(args.trial)
    markers, plates = read_trial(args.trial)
    if args.grf:
        plates = plates + read_plates(args.grf)
    skeleton = osim.read(args.model) if args.model else None
    needed: list[str] = []
    if args.setup and skeleton:
        needed = [n for n, w in setup.read(args.setup, skeleton).weights.items() if w > 0]
    found = doctor.examine(markers, skeleton, plates, needed)
    data = {"markers": len(markers.names), "frames": len(markers.time), "rate_hz": markers.rate, "plates": len(plates),
            "ok": not any(f.serious for f in found), "findings": [f.as_dict() for f in found]}  # fmt: skip
    return Answer(data)


def _is_imu(file: Path) -> bool:
    from twin_engine.files import read_text

    return "qw" in read_text(file)[:400].partition("\n")[0]


def _check_imu(file: Path) -> Answer:
    from twin_engine.motion import sensors

    read = sensors.read_imu(file)
    rows = [{"fault": tr("a sensor dropped out"), "where": d["sensor"],
             "value": tr("{length:.2f} s at {start:.2f} s", length=d["length_s"], start=d["start_s"]),
             "cure": tr("move the receiver nearer, or leave this time out"), "serious": True}
            for d in read.dropouts()]  # fmt: skip
    return Answer({"sensors": len(read.names), "frames": len(read.time), "ok": not rows, "findings": rows})


def scale(args: argparse.Namespace) -> Answer:
    """A scaled .osim and the factors."""
    from twin_engine.motion import osim, scaling
    from twin_engine.motion.recording import read_trial

    static, _ = read_trial(args.static)
    factors, pairs = scaling.factors(osim.read(args.model), static, scaling.read_pairs(args.pairs))
    made = scaling.scale(args.model, factors, args.mass, pairs)
    target = made.write((args.out or Path()) / f"{args.model.stem}_scaled.osim")
    ratios = list(made.muscle_ratios.values())
    rows = [{"body": b, "factor": f, "pairs": sum(p["body"] == b for p in pairs)} for b, f in factors.items()
            if b != "ground"]  # fmt: skip
    data = {"mass_kg": made.mass, "factors": rows, "pairs": pairs, "muscles_rescaled": len(ratios),
            "model": str(target)}  # fmt: skip
    return Answer(data, None, [str(target)])


def ik(args: argparse.Namespace) -> Answer:
    """Joint angles as MOT."""
    import numpy as np

    from twin_engine.motion import osim, setup
    from twin_engine.motion.formats import Markers, Motion, write_motion
    from twin_engine.motion.kinematics import Kinematics
    from twin_engine.motion.recording import read_trial

    skeleton = osim.read(args.model)
    markers, _ = read_trial(args.trial)
    chosen = setup.read(args.setup, skeleton) if args.setup else setup.Setup()
    start = chosen.start if args.start is None else args.start
    end = chosen.end if args.end is None else args.end
    markers = markers.between(start, end)
    if not len(markers.time):
        raise InputError("too few frames", "--start, --end", f"{start:g} to {end:g} s", "at least 1 frame",
                         "choose a time inside the trial")  # fmt: skip
    solver = Kinematics(skeleton)
    first = Markers(markers.time[:1], markers.names, markers.positions[:1])
    solver.solve(first, chosen.weights, chosen.tasks)  # compiles or loads the kernels
    begin = time.perf_counter()
    poses = solver.solve(markers, chosen.weights, chosen.tasks)
    spent = time.perf_counter() - begin
    motion = Motion(poses.time, {n: poses.values[:, i] for i, n in enumerate(poses.names)})
    turning = {c.name for c in skeleton.coordinates if c.rotational}
    target = write_motion((args.out or Path()) / f"{args.trial.stem}_ik.mot", motion, turning)
    used = [n for n in markers.names if (chosen.weights or skeleton.markers).get(n)]
    data = {"frames": len(poses.time), "frames_per_s": len(poses.time) / spent,
            "rms_cm": 100 * float(np.nanmean(poses.rms)), "worst_rms_cm": 100 * float(np.nanmax(poses.rms)),
            "markers": len(used), "coordinates": len(poses.names), "table": str(target)}  # fmt: skip
    return Answer(data, None, [str(target)], [tr(n) for n in skeleton.notes])


def inverse_dynamics(args: argparse.Namespace) -> Answer:
    """Joint moments as STO."""
    import numpy as np

    from twin_engine.motion import osim
    from twin_engine.motion.dynamics import ground_load, inverse
    from twin_engine.motion.formats import Motion, read_motion, write_motion
    from twin_engine.motion.kinematics import Kinematics

    skeleton = osim.read(args.model)
    loads = []
    if args.plate and not args.grf:
        raise InputError("a plate without a table", "--plate", args.plate[0], "--grf MOT", "give the ground reaction")
    plates = read_motion(args.grf) if args.grf else None
    for pair in args.plate or (["calcn_r=", "calcn_l=1_"] if plates else []):
        body, _, prefix = pair.partition("=")
        if body not in {b.name for b in skeleton.bodies}:
            raise InputError("the model has no such body", "--plate", body,
                             ", ".join(b.name for b in skeleton.bodies), "BODY=PREFIX")  # fmt: skip
        assert plates is not None
        loads.append(ground_load(plates, body, prefix))
    motion = read_motion(args.motion)
    if not skeleton.couplers:
        Kinematics(skeleton).body_jacobians(skeleton.defaults())  # compiles or loads the kernels
    begin = time.perf_counter()
    moments = inverse(skeleton, motion, loads, cutoff=args.cutoff)
    spent = time.perf_counter() - begin
    turning = {c.name for c in skeleton.coordinates if c.rotational}
    columns = {f"{n}_{'moment' if n in turning else 'force'}": moments.values[:, i]
               for i, n in enumerate(moments.names)}  # fmt: skip
    target = write_motion((args.out or Path()) / f"{args.motion.stem}_id.sto", Motion(moments.time, columns), set(),
                          "Inverse Dynamics Generalized Forces")  # fmt: skip
    peaks = [{"coordinate": n, "peak": float(moments.values[np.argmax(np.abs(moments.values[:, i])), i]),
              "unit": "N m" if n in turning else "N"} for i, n in enumerate(moments.names)]  # fmt: skip
    data = {"frames": len(moments.time), "frames_per_s": len(moments.time) / spent, "peaks": peaks,
            "table": str(target)}  # fmt: skip
    return Answer(data, None, [str(target)])


def measure(args: argparse.Namespace) -> Answer:
    """Measures, each with norm, error of measurement and source."""
    from twin_engine.motion import movement_report as report
    from twin_engine.motion.formats import read_motion
    from twin_engine.motion.recording import endpoint_speed, read_trial

    warnings: list[str] = []
    rows: list[dict[str, Any]] = []
    if args.file.suffix.lower() in (".mot", ".sto"):
        motion = read_motion(args.file)
        rows += report.ranges(motion)
        if args.model:
            found, said = report.gait(args.model, motion)
            rows, warnings = found + rows, said
        if args.compare:
            rows.insert(0, report.distance(motion, read_motion(args.compare)))
    else:
        markers, _ = read_trial(args.file)
        if not args.marker:
            raise InputError("an end point is needed", "--marker", None, ", ".join(markers.names[:12]),
                             "name the hand's marker")  # fmt: skip
        rows += report.smoothness(*endpoint_speed(markers, args.marker))
        warnings.append(report.smoothness_and_score())
    rows = [{k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in r.items()} for r in rows]
    return Answer({"measures": rows}, None, [], warnings)
