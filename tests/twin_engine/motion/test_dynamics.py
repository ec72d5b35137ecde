"""Inverse dynamics against OpenSim 4.6 (tests/golden/make_gait2392.py) and by hand."""

from pathlib import Path

import numpy as np
import pytest

from twin_engine.errors import InputError
from twin_engine.motion import osim, spline
from twin_engine.motion.dynamics import ground_load, inverse, smooth
from twin_engine.motion.formats import Motion, read_motion
from twin_engine.motion.skeleton import Axis, Body, Coordinate, Joint, Skeleton

GOLDEN = Path(__file__).resolve().parents[2] / "golden"


def test_gait_equals_opensim(shared_data: Path) -> None:
    """RMS difference within 2 % of the peak, all joints of both legs (OpenSim 4.6, 6 Hz)."""
    folder = shared_data / "motion" / "opensim_gait2392"
    plates = read_motion(folder / "subject01_walk1_grf.mot")
    golden = read_motion(GOLDEN / "gait2392_walk1_id_opensim46.sto")
    moments = inverse(
        osim.read(folder / "subject01_simbody.osim"),
        read_motion(GOLDEN / "gait2392_walk1_ik_opensim46.mot"),
        [ground_load(plates, "calcn_r"), ground_load(plates, "calcn_l", "1_")],
        times=golden.time,
    )
    for j, name in enumerate(moments.names):
        theirs = golden.columns.get(f"{name}_moment", golden.columns.get(f"{name}_force"))
        assert theirs is not None
        rms = np.sqrt(np.mean((moments.values[:, j] - theirs) ** 2))
        share = 100 * rms / np.max(np.abs(theirs))
        print(f"{name}: RMS difference {share:.2f} % of peak {np.max(np.abs(theirs)):.1f}")
        assert share < 2.0


def pendulum(mass: float = 2.0, length: float = 0.4) -> Skeleton:
    turn = Axis((0.0, 0.0, 1.0), "angle", spline.linear(1.0, 0.0))
    still = [Axis(d, None, spline.constant(0.0)) for d in ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0)) + 3 * ((1.0, 0.0, 0.0),)]
    joint = Joint("pin", "ground", "rod", np.eye(4), np.eye(4), (turn, *still))
    body = Body("rod", mass, (0.0, -length, 0.0), (0.01, 0.002, 0.01, 0.0, 0.0, 0.0))
    return Skeleton("pendulum", (body,), (joint,), (Coordinate("angle"),), {})


def test_pendulum_by_hand() -> None:
    """tau = (I + m l^2) q'' + m g l sin q (Newton-Euler)."""
    t = np.linspace(0, 4, 401)
    q = 0.5 * np.sin(2 * np.pi * 0.5 * t)
    moments = inverse(pendulum(), Motion(t, {"angle": q}), cutoff=20.0)
    expected = (0.01 + 2 * 0.16) * -q * np.pi**2 + 2 * 9.80665 * 0.4 * np.sin(q)
    assert moments.values[60:-60, 0] == pytest.approx(expected[60:-60], abs=2e-3)


def test_a_load_at_rest_does_its_work() -> None:
    """Hanging straight down, a horizontal force F at distance l needs the moment -F l."""
    t = np.linspace(0, 1, 101)
    from twin_engine.motion.dynamics import Load

    three = np.zeros((101, 3))
    load = Load("rod", t, three + [5.0, 0, 0], three + [0.0, -0.4, 0], three)
    moments = inverse(pendulum(), Motion(t, {"angle": 0 * t}), [load])
    assert moments.values[:, 0] == pytest.approx(-5.0 * 0.4, abs=1e-9)


def test_filter_keeps_slow_and_stops_fast() -> None:
    t = np.linspace(0, 5, 501)
    even, slow = smooth(t, np.sin(2 * np.pi * t)[:, None], 6.0)
    _, fast = smooth(t, np.sin(2 * np.pi * 30 * t)[:, None], 6.0)
    assert np.max(np.abs(slow[:, 0] - np.sin(2 * np.pi * even))) < 2e-3
    assert np.max(np.abs(fast[60:-60])) < 1e-3


def test_missing_coordinate_and_bad_cutoff_are_named() -> None:
    t = np.linspace(0, 1, 101)
    with pytest.raises(InputError, match=r"missing column(.|\n)*angle"):
        inverse(pendulum(), Motion(t, {"knee": t}))
    with pytest.raises(InputError, match="half the frame rate"):
        inverse(pendulum(), Motion(t, {"angle": t}), cutoff=60.0)
