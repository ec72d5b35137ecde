"""Live guidance: keeps time by its own work, follows a replay, hears sensors, looks ahead."""

import json
import socket
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from twin_engine.errors import InputError
from twin_engine.motion import live, osim, setup, stream
from twin_engine.motion.formats import Motion, read_motion, read_trc
from twin_engine.motion.kinematics import Kinematics

GOLDEN = Path(__file__).resolve().parents[2] / "golden"


def bend(seconds: float = 2.0, rate: float = 100.0) -> Motion:
    t = np.arange(0, seconds, 1 / rate)
    s = t / seconds
    return Motion(t, {"elbow": 2.0 * (10 * s**3 - 15 * s**4 + 6 * s**5)})


def test_markers_are_followed_through_kinematics(shared_data: Path) -> None:
    """One second of replay at 100 Hz: angles as in batch, phases in [0, 1), every frame answered."""
    folder = shared_data / "motion" / "opensim_gait2392"
    skeleton = osim.read(folder / "subject01_simbody.osim")
    chosen = setup.read(folder / "subject01_Setup_IK.xml", skeleton)
    markers = live.repeat(read_trc(folder / "subject01_walk1.trc"), 1.0, 100.0)
    reference = read_motion(GOLDEN / "gait2392_walk1_ik_opensim46.mot")
    joints = ("hip_flexion_r", "knee_angle_r", "hip_flexion_l", "knee_angle_l")
    guide = live.Guide(reference, joints, 100.0, cyclic=True)
    solver = Kinematics(skeleton)
    seen = list(live.from_markers(guide, solver, markers, chosen.weights, chosen.tasks))
    batch = solver.solve(markers, chosen.weights, chosen.tasks)
    index = [skeleton.index(j) for j in joints]
    assert np.allclose([g.pose for g in seen], batch.values[:, index], atol=1e-4)
    assert all(0 <= g.phase < 1 for g in seen)
    assert len(seen) == 100
    kept = live.latency(np.array([g.spent for g in seen[5:]]), 100.0)
    print(f"live: median {kept.median_ms:.2f} ms, p99 {kept.p99_ms:.2f} ms, late {kept.late} of {kept.frames}")


def test_lateness_counts_the_queue() -> None:
    """One frame of 35 ms at 100 Hz delays those behind it: 3 are late, the rest are not."""
    spent = np.full(100, 0.001)
    spent[50] = 0.035
    kept = live.latency(spent, 100.0)
    assert kept.late == 3
    assert kept.worst_ms == pytest.approx(35.0)
    assert live.latency(np.full(100, 0.001), 100.0).late == 0


def test_ghost_is_ahead_and_a_faulty_movement_is_cued() -> None:
    reference = bend()
    guide = live.Guide(reference, ("elbow",), 100.0)
    seen = list(live.from_angles(guide, reference))
    moving = [g for g in seen if 0.2 < g.phase < 0.7]
    assert all(g.ahead[0] > g.pose[0] for g in moving)
    assert all(g.cue is None for g in seen)
    two = Motion(reference.time, {**reference.columns, "shoulder": 0 * reference.time})
    guide = live.Guide(two, ("elbow", "shoulder"), 100.0)
    wrong = Motion(two.time, {"elbow": two.columns["elbow"], "shoulder": 0 * two.time + 0.5})
    cues = [g.cue for g in live.from_angles(guide, wrong) if g.cue]
    assert cues and (cues[0].joint, cues[0].direction) == ("shoulder", "less")


def test_pace_keeps_the_recordings_speed() -> None:
    guide = live.Guide(bend(), ("elbow",), 100.0)
    shown: list[live.Guidance] = []
    begin = time.perf_counter()
    live.pace(live.from_angles(guide, bend(0.1)), 100.0, shown.append)
    assert time.perf_counter() - begin >= 0.1 - 1e-3
    assert len(shown) == 10


def quaternion(angle: float) -> list[float]:
    return [float(np.cos(angle / 2)), 0.0, 0.0, float(np.sin(angle / 2))]


def test_sensors_come_in_by_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for _ in range(20):
                for i in range(3):
                    for sensor, angle in (("upper", 0.3), ("lower", 0.3 + 0.1 * i)):
                        line = json.dumps({"t": i / 100, "sensor": sensor, "q": quaternion(angle)})
                        out.sendto(line.encode(), ("127.0.0.1", port))

    readings = stream.listen(str(port), patience_s=2.0)
    sender = threading.Timer(0.05, send)
    sender.start()
    first = next(readings)
    sender.join()
    assert first.sensor in ("upper", "lower")


def test_poses_wait_for_all_sensors_and_miss_the_lost() -> None:
    hinge = stream.joint("elbow=upper,lower,z")

    def readings() -> list[stream.Reading]:
        made = []
        for i in range(50):
            made.append(stream.Reading(i / 100, "upper", np.array(quaternion(0.1))))
            if i < 20:
                made.append(stream.Reading(i / 100, "lower", np.array(quaternion(0.1 + 0.02 * i))))
        return made

    found = list(stream.poses(iter(readings()), [hinge]))
    assert len(found) == 50
    assert found[10][1][0] == pytest.approx(0.2)
    assert np.isnan(found[-1][1][0])


def test_landmarks_bend_a_joint_at_the_pace_of_the_camera() -> None:
    hinge = stream.joint("elbow=shoulder,elbow,wrist")
    lines = []
    for i in range(30):
        bent = 0.05 * i
        points = {"shoulder": (0.0, 0.0, 0.3), "elbow": (0.0, 0.0, 0.0),
                  "wrist": (0.0, 0.25 * np.sin(bent), -0.25 * np.cos(bent))}  # fmt: skip
        lines += [json.dumps({"t": i / 30, "landmark": n, "p": p}) for n, p in points.items()]
    rate, poses = stream.paced(stream.poses(map(stream.parse, lines), [hinge]))
    found = [pose[0] for _, pose in poses]
    assert rate == pytest.approx(30.0)
    assert found == pytest.approx([0.05 * i for i in range(30)], abs=1e-6)
    with pytest.raises(InputError, match="sensor reading"):
        stream.parse('{"t": 0, "landmark": "wrist", "p": [1, 2, NaN]}')


@pytest.mark.parametrize(
    ("call", "message"),
    [(lambda: stream.joint("elbow"), "two sensors"), (lambda: list(stream.listen("80")), "not a source"),
     (lambda: stream.parse("{}"), "not a sensor reading"),
     (lambda: live.Guide(bend(), ("knee",), 100.0), "no such coordinate"),
     (lambda: list(live.from_angles(live.Guide(bend(), ("elbow",), 100.0), Motion(bend().time, {"knee": bend().time}))),
      "no angle in common")],
)  # fmt: skip
def test_bad_sources_are_named(call, message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()
