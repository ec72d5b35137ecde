"""Published recordings, sensors and landmarks are read right; the doctor names what was broken on purpose."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin_engine.errors import InputError
from twin_engine.motion import doctor, osim, sensors
from twin_engine.motion.formats import Markers, Motion, read_trc
from twin_engine.motion.recording import read_plates, read_trial
from twin_engine.motion.skeleton import Skeleton


@pytest.fixture(scope="module")
def trial(shared_data: Path) -> Markers:
    return read_trc(shared_data / "motion" / "opensim_gait2392" / "subject01_walk1.trc")


@pytest.fixture(scope="module")
def skeleton(shared_data: Path) -> Skeleton:
    return osim.read(shared_data / "motion" / "opensim_gait2392" / "subject01_simbody.osim")


@pytest.mark.parametrize(("name", "markers", "frames"), [("walking2", 44, 1249), ("walking5", 40, 1103)])
def test_published_c3d(name: str, markers: int, frames: int, shared_data: Path) -> None:
    """OpenSim's own C3D test files: markers in mm at 250 Hz, two plates of N and N mm at 2000 Hz."""
    c3d = pytest.importorskip("twin_engine.motion.c3d")
    pytest.importorskip("ezc3d")
    read = c3d.read(shared_data / "motion" / "opensim_c3d" / f"{name}.c3d")
    assert (len(read.markers.names), len(read.markers.time)) == (markers, frames)
    assert {"RASI", "LASI", "C7", "RCAL", "LMT2", "RKJC"} <= set(read.markers.names)
    assert read.markers.rate == pytest.approx(250.0)
    assert read.units == {"position": "mm", "force": "N", "moment": "Nmm"}
    assert list(read.analog) == [f"{c}{p}" for p in (1, 2) for c in ("Fx", "Fy", "Fz", "Mx", "My", "Mz")]
    assert set(read.analog.values()) == {"N", "Nmm"}
    assert read.plate_rate == pytest.approx(2000.0)
    # y is up: the neck is a metre and more above the heel, and a walker loads a plate upwards by body weight.
    neck, heel = (np.nanmedian(read.markers.positions[:, read.markers.names.index(n), 1]) for n in ("C7", "RCAL"))
    assert 1.0 < neck - heel < 1.7
    for plate in read.plates:
        assert plate.columns["ground_force_vy"].min() >= 0
        assert 600 < plate.columns["ground_force_vy"].max() < 1200
    assert not [f for f in doctor.examine(read.markers, plates=read.plates) if f.serious]


@pytest.mark.parametrize("shift", [-0.2, 0.15])
def test_unsynchronised_plates_are_found(shift: float, shared_data: Path) -> None:
    c3d = pytest.importorskip("twin_engine.motion.c3d")
    pytest.importorskip("ezc3d")
    read = c3d.read(shared_data / "motion" / "opensim_c3d" / "walking2.c3d")
    late = [Motion(p.time + shift, p.columns) for p in read.plates]
    assert [doctor.plate_lag(read.markers, p) for p in late] == pytest.approx([shift] * 2, abs=0.03)
    moved = [Motion(p.time, {k: np.interp(p.time - shift, p.time, c) for k, c in p.columns.items()})
             for p in read.plates]  # fmt: skip
    found = doctor.examine(read.markers, plates=moved)
    assert [f.fault for f in found if f.serious] == ["force plate not synchronised"] * 2


def test_plates_of_a_table(shared_data: Path, trial: Markers) -> None:
    plates = read_plates(shared_data / "motion" / "opensim_gait2392" / "subject01_walk1_grf.mot")
    assert len(plates) == 2
    assert not [f for f in doctor.examine(trial, plates=plates) if f.serious]


def faults(found: list[doctor.Finding]) -> set[str]:
    return {f.fault for f in found if f.serious}


def test_a_sound_trial_has_no_fault(trial: Markers, skeleton: Skeleton) -> None:
    needed = [n for n in skeleton.markers if n in trial.names]
    assert not faults(doctor.examine(trial, skeleton, needed=needed))


def test_broken_trials_are_named(trial: Markers, skeleton: Skeleton) -> None:
    needed = [n for n in skeleton.markers if n in trial.names]

    def broken(names: tuple[str, ...] = trial.names, positions: np.ndarray = trial.positions) -> list[doctor.Finding]:
        return doctor.examine(Markers(trial.time, names, positions), skeleton, needed=needed)

    renamed = broken(tuple("Sternm" if n == "Sternum" else n for n in trial.names))
    assert ("a marker is missing", "Sternum", "rename Sternm") in {(f.fault, f.where, f.cure) for f in renamed}
    crossed = [trial.names.index(doctor.mirror_name(n) or n) if doctor.mirror_name(n) in trial.names else i
               for i, n in enumerate(trial.names)]  # fmt: skip
    assert faults(broken(positions=trial.positions[:, crossed])) == {"left and right changed places"}
    holed = trial.positions.copy()
    holed[20:60, 3] = np.nan
    assert [(f.fault, f.where) for f in broken(positions=holed)] == [("gaps in a marker", trial.names[3])]
    unit = next(f for f in broken(positions=1000 * trial.positions) if f.fault == "wrong unit")
    assert "mm" in unit.cure
    inch = next(f for f in broken(positions=trial.positions / 0.0254) if f.fault == "wrong unit")
    assert "inch" in inch.cure
    swapped = trial.positions.copy()
    a, b = trial.names.index("R.Heel"), trial.names.index("Top.Head")
    swapped[80:, [a, b]] = swapped[80:, [b, a]]
    assert "a marker jumps" in faults(broken(positions=swapped))
    short = Markers(trial.time[:40], trial.names, trial.positions[:40])
    plate = Motion(np.linspace(0, 2.5, 100), {})
    assert "force plate and markers have different times" in faults(doctor.examine(short, plates=[plate]))


IMU = "time_s,sensor,qw,qx,qy,qz\n" + "".join(
    f"{0.01 * i:.2f},{s},{np.cos(a / 2)},0,0,{np.sin(a / 2)}\n"
    for i in range(100)
    for s, a in (("upper", 0.2), ("lower", 0.2 + 0.01 * i))
    if not (s == "lower" and 40 <= i < 60)
)


def test_sensors_and_their_dropouts(tmp_path: Path) -> None:
    from twin_engine.motion import stream

    (tmp_path / "a.csv").write_text(IMU)
    read = sensors.read_imu(tmp_path / "a.csv")
    gaps = read.dropouts()
    assert [g["sensor"] for g in gaps] == ["lower"]
    assert gaps[0]["length_s"] == pytest.approx(0.21, abs=0.02)
    angle = stream.angles(read, [stream.joint("elbow=upper,lower,z")]).columns["elbow"]
    assert angle[90] == pytest.approx(0.90, abs=1e-6)
    assert np.isnan(angle[50])


def test_landmarks_hardly_seen_are_unseen(tmp_path: Path) -> None:
    rows = ("time_s,name,x,y,z,visibility", "0,wrist,1,2,3,.9", ".1,wrist,1,2,3,.2", ".2,hip,0,0,0,", "")
    (tmp_path / "a.csv").write_text("\n".join(rows))
    read, plates = read_trial(tmp_path / "a.csv")
    assert plates == [] and read.names == ("wrist", "hip")
    assert np.isfinite(read.positions[0, 0]).all() and np.isnan(read.positions[1, 0]).all()
    assert np.isfinite(read.positions[2, 1]).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [("a,b\n1,2\n", "missing column"), (IMU.replace("0.10,upper", "x,upper"), "not a number"),
     ("time_s,sensor,qw,qx,qy,qz\n0,a,2,0,0,0\n1,a,1,0,0,0\n", "length 1"),
     ("time_s,sensor,qw,qx,qy,qz\n0,a,1,0,0,0\n", "too few frames")],
)  # fmt: skip
def test_broken_sensor_tables_are_named(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        sensors.read_imu(tmp_path / "a.csv")


def test_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.c3d").write_text("no")
    (tmp_path / "a.xyz").write_text("no")
    pytest.importorskip("ezc3d")
    for name, message in (("a.c3d", "not a C3D file"), ("a.xyz", "unknown kind"), ("b.c3d", "file not found")):
        with pytest.raises(InputError, match=message):
            read_trial(tmp_path / name)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_datagram_is_a_reading_or_refused(line: bytes) -> None:
    from twin_engine.motion.stream import parse

    try:
        assert abs(np.linalg.norm(parse(line).quaternion) - 1) < 0.02
    except InputError as error:
        assert error.what == "not a sensor reading"
