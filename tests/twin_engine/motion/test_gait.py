"""Gait from a model's motion: foot events against force plates, curves against the norm's shape and sign."""

from pathlib import Path

import numpy as np
import pytest

from twin_engine.errors import InputError
from twin_engine.motion import gait, measures, movement_report, osim, setup
from twin_engine.motion.formats import Motion, read_motion, read_trc
from twin_engine.motion.kinematics import Kinematics
from twin_engine.motion.skeleton import Skeleton


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "motion" / "opensim_gait2392"


@pytest.fixture(scope="module")
def skeleton(folder: Path) -> Skeleton:
    return osim.read(folder / "subject01_simbody.osim")


@pytest.fixture(scope="module")
def motion(folder: Path, skeleton: Skeleton) -> Motion:
    chosen = setup.read(folder / "subject01_Setup_IK.xml", skeleton)
    markers = read_trc(folder / "subject01_walk1.trc")
    poses = Kinematics(skeleton).solve(markers, chosen.weights, chosen.tasks)
    return Motion(poses.time, {n: poses.values[:, i] for i, n in enumerate(poses.names)})


@pytest.fixture(scope="module")
def walk(skeleton: Skeleton, motion: Motion) -> gait.Walk:
    return gait.from_model(skeleton, motion)


def test_events_equal_the_force_plates(walk: gait.Walk, folder: Path) -> None:
    """Strikes and toe-offs within 35 ms of a 20 N threshold (Zeni 2008: 94 % within 17 ms on healthy walkers)."""
    plates = read_motion(folder / "subject01_walk1_grf.mot")
    for side, prefix in (("right", ""), ("left", "1_")):
        loaded = np.diff((plates.columns[f"{prefix}ground_force_vy"] > 20).astype(int))
        strikes, offs = gait.events(walk, side)
        for found, sign in ((strikes, 1), (offs, -1)):
            truth = plates.time[1:][loaded == sign]
            assert len(found) >= 1
            assert all(np.min(np.abs(truth - t)) < 0.035 for t in found)


def test_parameters_are_those_of_a_healthy_walker(walk: gait.Walk) -> None:
    """Treadmill walk: step x cadence = speed within 3 %; symmetric; stance 58-68 % (Perry 1992)."""
    made = gait.parameters(walk)
    assert not walk.over_ground
    step = (made["step_length_right_m"] + made["step_length_left_m"]) / 2
    assert step * made["cadence_per_min"] / 60 == pytest.approx(made["speed_m_s"], rel=0.03)
    assert made["step_length_symmetry_ratio"] < 1.05 and made["step_time_symmetry_ratio"] < 1.05
    assert 58 < made["stance_right_percent"] < 68


def test_curves_have_the_signs_of_the_norm(skeleton: Skeleton, motion: Motion, walk: gait.Walk) -> None:
    """Flexions go with the norm's shape (r > .5); pelvis and foot by where their markers are."""
    norm = measures.gait_norm()
    curves = gait.curves(skeleton, motion, walk, "right")[0]
    for name in ("hip_flexion", "knee_flexion", "ankle_dorsiflexion", "pelvis_rotation"):
        assert np.corrcoef(curves[name], norm.mean[name])[0, 1] > 0.5, name
    assert -30 < curves["foot_progression"][:40].mean() < 0
    names = ("R.ASIS", "L.ASIS", "V.Sacral")
    q = np.column_stack([motion.columns[c.name] for c in skeleton.coordinates])
    right, left, back = np.stack([Kinematics(skeleton).positions(row, names) for row in q]).swapaxes(0, 1)
    course = gait._signed(skeleton, motion, walk, "right")
    seen = {"pelvis_obliquity": right[:, 1] - left[:, 1], "pelvis_rotation": right[:, 0] - left[:, 0],
            "pelvis_tilt": back[:, 1] - (right[:, 1] + left[:, 1]) / 2}  # fmt: skip
    for name, moved in seen.items():
        assert np.corrcoef(course[name], moved)[0, 1] > 0.95, name
    mirrored = gait._signed(skeleton, motion, walk, "left")
    assert np.allclose(mirrored["pelvis_obliquity"], -course["pelvis_obliquity"])


def test_rows_name_norm_error_and_source(folder: Path, motion: Motion) -> None:
    rows, warnings = movement_report.gait(folder / "subject01_simbody.osim", motion)
    by_name = {r["name"]: r for r in rows}
    assert by_name["gps_right"]["mdc"] == 1.6 and by_name["gps_right"]["norm"] == 4.85
    assert 3 < by_name["gps_right"]["value"] < 12
    assert by_name["rom_knee_flexion_right"]["value"] == pytest.approx(64.7, abs=3 * 3.9)
    assert all(r["source"] for r in rows)
    assert any("pelvis_tilt" in w for w in warnings)


def test_another_speed_is_flagged() -> None:
    assert any("SD" in w for w in movement_report._warn({"speed_m_s": 0.5}))
    assert not any("SD" in w for w in movement_report._warn({"speed_m_s": 1.2}))


def test_step_goes_with_speed() -> None:
    """step / leg = 1.110 Fr^.514: about .62 m at 1.235 m/s with a leg of .86 m (Fukuchi 2018, 51 adults)."""
    assert gait.expected_step(1.235, 0.86) == pytest.approx(0.62, abs=0.04)
    assert gait.expected_step(0.6, 0.86) < 0.7 * gait.expected_step(1.235, 0.86)


def test_bad_walks_are_named(skeleton: Skeleton, motion: Motion, walk: gait.Walk) -> None:
    with pytest.raises(InputError, match="too few steps"):
        short = slice(0, 40)
        gait.parameters(gait.Walk(walk.time[short], walk.pelvis[short], {s: h[short] for s, h in walk.heel.items()},
                                  {s: t[short] for s, t in walk.toe.items()}))  # fmt: skip
    with pytest.raises(InputError, match="missing column"):
        gait.from_model(skeleton, Motion(motion.time, {"pelvis_tilt": motion.columns["pelvis_tilt"]}))
