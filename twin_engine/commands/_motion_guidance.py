"""twin motion reference, guide, session."""

import argparse
from pathlib import Path
from typing import Any

from twin_engine.command import Answer
from twin_engine.errors import InputError
from twin_engine.text import tr


def reference(args: argparse.Namespace) -> Answer:
    """The best next movement, or the joint that binds and why there is none."""
    import numpy as np

    from twin_engine.motion import impairment
    from twin_engine.motion.formats import Motion, write_motion
    from twin_engine.motion.muscles import Limb
    from twin_engine.motion.primitive import fit
    from twin_engine.motion.reference import plan

    condition = impairment.read(args.impairment) if args.impairment else impairment.Impairment()
    joints, shown = _demonstrations(args)
    if not 0 <= args.load <= 30:
        raise InputError("implausible mass in the hand", "--load", args.load, "0 to 30 kg", "give kilograms")
    limb = Limb("myoarm_r", joints, condition.strength)
    if args.load:
        limb.set_load("thirdmc_r", args.load)
    found = plan(limb, fit(joints, shown), condition.limits, preferred=args.seconds)
    side = "_l" if condition.side == "left" else "_r"
    files = []
    if found.feasible:
        columns = {j.removesuffix("_r") + side: found.angles[:, i] for i, j in enumerate(joints)}
        target = (args.out or Path()) / "reference.mot"
        files = [str(write_motion(target, Motion(found.time, columns), set(columns), "Reference"))]
    data: dict[str, Any] = {
        "feasible": found.feasible, "binding": found.binding, "reason": found.reason, "side": condition.side,
        "duration_s": found.duration, "torque_ratio_max": found.torque_ratio, "missing_n_m": found.missing,
        "conditioned": found.conditioned, "demonstrations": len(shown), "table": files[0] if files else None,
        "joints": [{"joint": j, "low_deg": float(np.degrees(found.angles[:, i].min())),
                    "high_deg": float(np.degrees(found.angles[:, i].max()))} for i, j in enumerate(joints)],
    }  # fmt: skip
    warnings = [tr("feasible, not proven best; strengths are those of the model unless scaled to dynamometry")]
    if condition.side == "left":
        warnings.append(tr("the left arm is the mirrored right one"))
    return Answer(data, lambda: _say(data), files, warnings)


def _demonstrations(args: argparse.Namespace) -> tuple[tuple[str, ...], list[Any]]:
    import numpy as np

    from twin_engine.motion import tasks
    from twin_engine.motion.formats import read_motion

    if not args.demonstrations:
        if args.task != "reach":
            tasks.load(args.task)
            raise InputError("no demonstration ships for this task", "--task", args.task, "reach",
                             "record the therapist's movement and give it as MOT")  # fmt: skip
        return tasks.REACH_JOINTS, tasks.demonstrated_reach()
    read = [read_motion(f) for f in args.demonstrations]
    joints = tuple(read[0].columns)
    for file, motion in zip(args.demonstrations, read, strict=True):
        if set(motion.columns) != set(joints):
            raise InputError("demonstrations move different joints", str(file), ", ".join(motion.columns),
                             ", ".join(joints), "record the same joints")  # fmt: skip
    return joints, [np.column_stack([m.columns[j] for j in joints]) for m in read]


def _say(data: dict[str, Any]) -> None:
    if data["feasible"]:
        print(tr("Feasible in {seconds:.2f} s; binding joint: {joint}; share of strength in use: {ratio:.0%}",
                 seconds=data["duration_s"], joint=data["binding"] or "–", ratio=data["torque_ratio_max"]))  # fmt: skip
    else:
        reasons = {"gravity": tr("the arm cannot be held against gravity"),
                   "range": tr("the range of motion forbids it"), "time": tr("no time is long enough")}  # fmt: skip
        print(tr("Not feasible: {reason}; binding joint: {joint}; missing: {missing:.1f} N m",
                 reason=reasons[data["reason"]], joint=data["binding"], missing=data["missing_n_m"]))  # fmt: skip


def guide(args: argparse.Namespace) -> Answer:
    """Follow a recording or a stream; latency, phase and cues."""
    import csv
    import io

    import numpy as np

    from twin_engine.files import write_text
    from twin_engine.motion import follow, live
    from twin_engine.motion.formats import read_motion

    read = read_motion(args.reference)
    if bool(args.replay) == bool(args.stream):
        raise InputError("one source of movement is needed", "--replay, --stream", None, "one of the two",
                         "give a recording or a stream")  # fmt: skip
    if args.stream:
        guider, frames, rate = follow.streamed(read, args.stream, args.joint, args.cyclic)
        seen = _watch(args, frames)
    else:
        guider, seen, rate = follow.recording(read, Path(args.replay), args.joint, args.cyclic, args.model, args.setup,
                                              args.seconds)  # fmt: skip
    if not seen:
        raise InputError("too few frames", "source", 0, "at least 1 frame", "check the sender")
    kept, alone = (live.latency(np.array(c), rate) for c in ([g.spent for g in seen], [g.worked for g in seen]))
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["time_s", "phase", "cue_joint", "cue_direction", *(f"{j}_rad" for j in guider.joints)])
    for g in seen:
        cue = (g.cue.joint, g.cue.direction) if g.cue else ("", "")
        table.writerow([f"{g.time:.4f}", f"{g.phase:.4f}", *cue, *(f"{x:.5f}" for x in g.pose)])
    target = write_text((args.out or Path()) / "guidance.csv", out.getvalue())
    cues, last = [], None
    for g in seen:
        if g.cue is not None and g.cue != last:
            cues.append({"time_s": g.time, "joint": g.cue.joint, "direction": tr(g.cue.direction)})
        last = g.cue
    data = {"frames": kept.frames, "rate_hz": rate, "late_frames": kept.late, "median_ms": kept.median_ms,
            "p99_ms": kept.p99_ms, "worst_ms": kept.worst_ms, "cpu_late_frames": alone.late,
            "cpu_p99_ms": alone.p99_ms, "cues": cues, "table": str(target)}  # fmt: skip
    return Answer(data, None, [str(target)])


def _watch(args: argparse.Namespace, frames: Any) -> list[Any]:
    """Take a stream to its end or for the seconds asked, and say each new cue."""
    import sys

    seen: list[Any] = []
    said = None
    for frame in frames:
        seen.append(frame)
        if frame.cue != said:
            said = frame.cue
            if said is not None:
                print(f"{frame.time:8.2f} s  {said.joint}: {tr(said.direction)}", file=sys.stderr)
        if args.seconds and frame.time - seen[0].time >= args.seconds:
            break
    return seen


def _play(args: argparse.Namespace) -> Answer:
    import sys

    from twin_engine.motion import play, tasks

    book = play.Book((args.out or Path()) / "training.csv", [tasks.load(n) for n in args.task or ["reach"]])
    ended = play.play(book, sys.stdin, lambda text: print(text, file=sys.stderr))
    blocks = [r for r in book.course.results if r.session == book.course.sessions]
    data = {"session": book.course.sessions, "blocks": len(blocks), "ended_by": ended,
            "success": sum(r.success for r in blocks) / len(blocks) if blocks else None,
            "next_difficulty": {n: d.value for n, d in book.course.difficulty.items()}}  # fmt: skip
    return Answer(data, None, [str(book.file)] if book.rows else [])


def session(args: argparse.Namespace) -> Answer:
    """Plan and simulate a course; report, table, prognosis. Or play a session."""
    if args.play:
        return _play(args)
    import csv
    import io

    from twin_engine.files import write_text
    from twin_engine.motion import prognosis, session_page, tasks
    from twin_engine.motion import session as engine

    schedule = engine.Schedule(args.weeks, args.per_week, args.adherence)
    if not -20 <= args.effect <= 40:
        raise InputError("implausible effect", "--effect", args.effect, "-20 to 40 points", "give Fugl-Meyer points")
    scores = prognosis.parse_scores(args.scores)
    known = prognosis.prognosis(scores, args.effect, max(scores, default=0.0)) if scores else None
    error = prognosis.simulated_error(sorted(scores)[:2], seed=args.seed) if scores else None
    planned = engine.plan(schedule, [tasks.load(n) for n in args.task or ["reach"]], args.seed)
    folder = args.out or Path()
    rows = [r.as_dict() for r in planned.course.results]
    files = []
    if rows:
        out = io.StringIO()
        table = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
        files.append(str(write_text(folder / "session.csv", out.getvalue())))
    report = session_page.write(folder / "session.html", schedule, planned, known, error, args.effect)
    published = prognosis.PUBLISHED_ERROR[min(2, len(scores))][0] if scores else None
    late = [r.success for r in planned.course.results[10:20]]
    data = {"planned_sessions": planned.planned, "attended_sessions": planned.attended, "blocks": len(rows),
            "success_blocks_11_20": sum(late) / len(late) if late else None, "report": str(report),
            "table": files[0] if files else None, "recovery": _rows(known), "groups": known.groups if known else None,
            "simulated_error_points": error, "published_error_points": published}  # fmt: skip
    return Answer(data, None, [*files, str(report)])


def _rows(known: Any) -> list[dict[str, float]]:
    if known is None:
        return []
    return [{"week": w, "fm_low_points": a, "fm_points": m, "fm_high_points": b}
            for w, a, m, b in zip(known.weeks, known.low, known.middle, known.high, strict=True)]  # fmt: skip
