"""Kinematics against OpenSim 4.6 (tests/golden/make_gait2392.py names the call) and against itself."""

import math
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from twin_engine.errors import InputError
from twin_engine.motion import osim, spline
from twin_engine.motion.formats import Markers, Motion, read_motion, read_trc, write_motion
from twin_engine.motion.kinematics import Kinematics
from twin_engine.motion.skeleton import Skeleton

GOLDEN = Path(__file__).resolve().parents[2] / "golden"


@pytest.fixture(scope="module")
def gait(shared_data: Path) -> Path:
    return shared_data / "motion" / "opensim_gait2392"


@pytest.fixture(scope="module")
def skeleton(gait: Path) -> Skeleton:
    return osim.read(gait / "subject01_simbody.osim")


@pytest.fixture(scope="module")
def kinematics(skeleton: Skeleton) -> Kinematics:
    return Kinematics(skeleton)


def tasks_of(gait: Path, skeleton: Skeleton) -> tuple[dict, dict]:
    root = ElementTree.parse(gait / "subject01_Setup_IK.xml").getroot()

    def weight(task: ElementTree.Element) -> float:
        return float(task.findtext("weight", "0"))

    markers = {t.get("name", ""): weight(t) for t in root.iter("IKMarkerTask")}
    held = {t.get("name", ""): (skeleton.coordinates[skeleton.index(t.get("name", ""))].default, weight(t))
            for t in root.iter("IKCoordinateTask")}  # fmt: skip
    return markers, held


def table(motion: Motion, skeleton: Skeleton) -> np.ndarray:
    return np.column_stack([motion.columns[c.name] for c in skeleton.coordinates])


def weighted_error(kinematics: Kinematics, q: np.ndarray, markers: Markers, weights: dict) -> float:
    names = tuple(weights)
    measured = markers.positions[:, [markers.names.index(n) for n in names]]
    gaps = np.stack([kinematics.positions(row, names) for row in q]) - measured
    return float(np.sum(np.array(list(weights.values())) * np.sum(gaps**2, axis=2)))


def test_inverse_kinematics_equals_opensim(gait: Path, skeleton: Skeleton, kinematics: Kinematics) -> None:
    """Within .2 degrees, weighted error equal to 1e-4 (OpenSim 4.6, accuracy 1e-5)."""
    golden = read_motion(GOLDEN / "gait2392_walk1_ik_opensim46.mot")
    markers = read_trc(gait / "subject01_walk1.trc").between(0.5, 2.5)
    weights, held = tasks_of(gait, skeleton)
    ours = kinematics.solve(markers, weights, held)
    theirs = table(golden, skeleton)
    turning = np.array([c.rotational for c in skeleton.coordinates])
    gap = np.abs(ours.values - theirs)
    print(f"largest difference {np.degrees(gap[:, turning].max()):.3f} deg, {1e3 * gap[:, ~turning].max():.3f} mm")
    assert np.degrees(gap[:, turning].max()) < 0.2
    ratio = weighted_error(kinematics, ours.values, markers, weights) / weighted_error(
        kinematics, theirs, markers, weights
    )
    assert ratio == pytest.approx(1.0, abs=1e-4)
    assert ratio <= 1.0
    # Published with the model: total RMS of this trial 2.21 cm (OpenSim log of the same setup).
    assert 100 * ours.rms.mean() == pytest.approx(2.2126, abs=0.01)


def test_jacobian_equals_differences(skeleton: Skeleton, kinematics: Kinematics) -> None:
    from twin_engine.motion import _pose

    names = tuple(skeleton.markers)
    q = skeleton.defaults() + 0.1 * np.sin(np.arange(len(skeleton.coordinates)))
    body, local = kinematics._attachments(names)
    n = len(q)
    matrix, vector = np.zeros((n, n)), np.zeros(n)
    target = kinematics.positions(q, names) + 0.01
    none = np.zeros(n)
    arguments = (kinematics._model, body, local, target, np.ones(len(names)), none, none, kinematics._work)
    _pose.normal(q.copy(), *arguments, matrix, vector)
    e = 1e-6
    for c in range(n):
        shift = np.zeros(n)
        shift[c] = e
        up, down = (np.sum((target - kinematics.positions(q + s * shift, names)) ** 2) for s in (1, -1))
        assert vector[c] == pytest.approx(-(up - down) / (4 * e), abs=1e-6)


def test_known_pose_is_found_again(skeleton: Skeleton, kinematics: Kinematics) -> None:
    rng = np.random.default_rng(3)
    names = tuple(skeleton.markers)
    truth = skeleton.defaults() + 0.15 * rng.standard_normal((5, len(skeleton.coordinates)))
    seen = Markers(np.arange(5) / 100, names, np.stack([kinematics.positions(q, names) for q in truth]))
    found = kinematics.solve(seen)
    # No marker sits on the toes, so the toe joints cannot be seen.
    seeable = [not c.name.startswith("mtp") for c in skeleton.coordinates]
    assert np.allclose(found.values[:, seeable], truth[:, seeable], atol=1e-5)
    assert found.rms.max() < 1e-7


def test_a_hidden_marker_is_left_out(skeleton: Skeleton, kinematics: Kinematics) -> None:
    names = tuple(skeleton.markers)
    q = skeleton.defaults()
    seen = np.stack([kinematics.positions(q, names)] * 2)
    seen[1, 4] = np.nan
    found = kinematics.solve(Markers(np.array([0.0, 0.01]), names, seen))
    assert np.allclose(found.values[1], q, atol=1e-6)


def test_knee_spline_is_smooth_and_meets_its_knots() -> None:
    x = np.array([-2.0944, -1.22173, -0.523599, -0.349066, -0.174533, 0.159149, 2.0944])
    y = np.array([-0.4226, -0.4082, -0.399, -0.3976, -0.3966, -0.395264, -0.396])
    from twin_engine.motion._pose import evaluate

    pieces = spline.fmm(x, y)
    for knot, value in zip(x, y, strict=True):
        below, above = (evaluate(pieces, 0, len(pieces), knot + d) for d in (-1e-9, 1e-9))
        assert below[0] == pytest.approx(value, abs=1e-8) == above[0]
        assert below[1] == pytest.approx(above[1], abs=1e-6)


def test_a_cubic_is_its_own_spline() -> None:
    """Forsythe-Malcolm-Moler end conditions reproduce every cubic."""
    from twin_engine.motion._pose import evaluate

    x = np.array([0.0, 0.4, 1.1, 1.5, 2.4])
    pieces = spline.fmm(x, x**3 - 2 * x)
    for q in np.linspace(0, 2.4, 17):
        assert evaluate(pieces, 0, len(pieces), q)[0] == pytest.approx(q**3 - 2 * q, abs=1e-12)


def test_two_knots_make_a_straight_line() -> None:
    from twin_engine.motion._pose import evaluate

    pieces = spline.fmm(np.array([0.0, 2.0]), np.array([1.0, 5.0]))
    assert [evaluate(pieces, 0, len(pieces), q)[0] for q in (-1.0, 0.5, 3.0)] == pytest.approx([-1.0, 2.0, 7.0])


def test_arm26_is_read(shared_data: Path) -> None:
    arm = osim.read(shared_data / "motion" / "opensim_models" / "arm26.osim")
    assert [c.name for c in arm.coordinates] == ["r_shoulder_elev", "r_elbow_flex"]
    assert any("wrapping" in n for n in arm.notes)


def test_motion_round_trip(tmp_path: Path) -> None:
    columns = {"knee": np.array([0.1, 0.2, 0.3]), "pelvis_tx": np.array([1.0, 2, 3])}
    motion = Motion(np.array([0.0, 0.01, 0.02]), columns)
    write_motion(tmp_path / "a.mot", motion, {"knee"})
    back = read_motion(tmp_path / "a.mot")
    assert all(np.allclose(back.columns[n], c) for n, c in motion.columns.items())


TRC = ("PathFileType\t4\t(X/Y/Z)\ta.trc\nDataRate\tNumFrames\tNumMarkers\tUnits\n60\t2\t1\t{unit}\n"
       "Frame#\tTime\tA\t\t\n\t\tX1\tY1\tZ1\n1\t0.0\t1\t2\t{last}\n{second}")  # fmt: skip
ROW2 = "2\t0.1\t1\t2\t3\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello", "not a TRC file"),
        (TRC.format(unit="in", last="3", second=ROW2), "wrong unit"),
        (TRC.format(unit="mm", last="x", second=ROW2), "not a number"),
        (TRC.format(unit="mm", last="3", second=""), "too few frames"),
        (TRC.format(unit="mm", last="3", second="2\t-1\t1\t2\t3\n"), "times must rise"),
    ],
)
def test_broken_marker_files_are_named(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.trc").write_text(text)
    with pytest.raises(InputError, match=message):
        read_trc(tmp_path / "a.trc")


def test_units_become_metres(tmp_path: Path) -> None:
    (tmp_path / "a.trc").write_text(TRC.format(unit="mm", last="", second=ROW2))
    read = read_trc(tmp_path / "a.trc")
    assert read.positions[1, 0] == pytest.approx([0.001, 0.002, 0.003])
    assert math.isnan(read.positions[0, 0, 2])


def test_missing_marker_and_coordinate_are_named(skeleton: Skeleton, kinematics: Kinematics) -> None:
    seen = Markers(np.array([0.0, 0.01]), ("R.ASIS",), np.zeros((2, 1, 3)))
    with pytest.raises(InputError, match=r"marker is missing(.|\n)*L.ASIS"):
        kinematics.solve(seen, {"R.ASIS": 1.0, "L.ASIS": 1.0})
    with pytest.raises(InputError, match="no such coordinate"):
        skeleton.index("elbow_of_the_knee")


@pytest.mark.parametrize("text", ["<a", "<OpenSimDocument Version='30000'><Model/></OpenSimDocument>",
                                  "<!DOCTYPE x><OpenSimDocument/>"])  # fmt: skip
def test_broken_models_are_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.osim").write_text(text)
    with pytest.raises(InputError, match="not an OpenSim model"):
        osim.read(tmp_path / "a.osim")
