"""Impairment: weakness, synergy, spasticity and range behave as measured, in file and in simulation."""

from pathlib import Path

import numpy as np
import pytest

from twin_engine.errors import InputError
from twin_engine.motion.impairment import (
    Impairment,
    Reflex,
    Reflexes,
    Spasticity,
    Synergy,
    couple,
    read,
    synergy_matrix,
)

pytest.importorskip("myo_sim")
from twin_engine.motion.forward import Simulator
from twin_engine.motion.muscles import Limb


def test_file_is_read(tmp_path: Path) -> None:
    lines = ("side: left", "strength: {BIC: 0.4}", "range_deg: {shoulder_elv_r: [0, 90]}",
             "spasticity: {muscles: {BRA: {velocity_gain: 0.2}}, source: measured}")  # fmt: skip
    (tmp_path / "a.yaml").write_text("\n".join(lines))
    made = read(tmp_path / "a.yaml")
    assert (made.side, made.strength) == ("left", {"BIC": 0.4})
    assert made.limits["shoulder_elv_r"] == pytest.approx((0, np.pi / 2))
    assert Impairment().spasticity.muscles == {} and Impairment().synergy.coupling == 0.0


@pytest.mark.parametrize(
    ("text", "message"),
    [("strength: {BIC: -0.4}", "strength must lie"), ("strength: {BIC: 0}", "strength must lie"),
     ("strength: {BIC: 1.4}", "strength must lie"), ("strenght: {}", "unknown key"),
     ("spasticity: {muscles: {BRA: {velocity_gain: 0.2}}}", "need a source"),
     ("range_deg: {elbow: [90, 0]}", "low < high"), ("side: both", "not acceptable"), ("synergy: {coupling: 2}", ".")],
)  # fmt: skip
def test_bad_files_are_named(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        read(tmp_path / "a.yaml")


def test_biceps_at_40_percent_leaves_most_of_elbow_flexion() -> None:
    """Its share at 90 degrees is .31, so 1 - .6 x .31 = 81 % of the torque stays (MoBL arm, Saul 2015)."""
    q, v = np.radians([90.0]), np.zeros(1)
    whole, weak = (np.maximum(Limb("myoarm_r", ["elbow_flexion_r"], s).muscle_torque(q, v)[1], 0).sum()
                   for s in ({}, {"BIC": 0.4}))  # fmt: skip
    assert weak / whole == pytest.approx(0.81, abs=0.01)


def test_abduction_drives_elbow_flexors_and_nothing_else() -> None:
    """Sukal 2007: flexion coupling grows with abduction load; adductors drive the extensors."""
    muscles = ("DELT2", "PECM1", "BIClong", "TRIlong", "SUBSC")
    matrix = synergy_matrix(muscles)
    reached = [couple(np.array([load, 0, 0.1, 0.1, 0.1]), matrix, 0.5)[2] for load in (0.0, 0.4, 0.8)]
    assert reached[0] < reached[1] < reached[2]
    adducting = couple(np.array([0, 0.8, 0.1, 0.1, 0.1]), matrix, 0.5)
    assert adducting[3] > 0.1 and adducting[2] < 0.1
    assert couple(np.full(5, 0.3), matrix, 0.0) == pytest.approx(0.3)
    assert couple(np.array([0.9, 0, 0, 0, 0.2]), matrix, 0.5)[4] == pytest.approx(0.2)


def catch(peak_speed: float, delay: float = 0.03) -> float:
    """Elbow extension (rad from flexed) at which the reflex exceeds .1, stretched at a bell-shaped speed."""
    limb = Limb("myoarm_r", ["elbow_flexion_r"])
    i = limb.muscles.index("BIClong")
    gain = {"BIClong": Reflex(velocity_gain=0.5, velocity_threshold=0.5)}
    duration, step = 1.875 * 1.6 / peak_speed, 0.002
    reflexes = Reflexes(Spasticity(delay_s=delay, muscles=gain, source="test"), limb.muscles, step)
    s = np.arange(0, duration, step) / duration
    angle = 2.0 - 1.6 * (10 * s**3 - 15 * s**4 + 6 * s**5)
    arm = np.array([limb.muscle_torque(np.array([a]), np.zeros(1))[1] for a in angle[:1]])
    assert arm.size
    length = np.array([length_at(limb, a, i) for a in angle])
    velocity = np.gradient(length, step)
    lengths, velocities = np.zeros(len(limb.muscles)), np.zeros(len(limb.muscles))
    for k in range(len(angle)):
        lengths[i], velocities[i] = length[k], velocity[k]
        if reflexes.see(lengths, velocities)[i] > 0.1:
            return float(2.0 - angle[k])
    return np.inf


def length_at(limb: Limb, angle: float, muscle: int) -> float:
    full, _ = limb.expand(np.array([angle]))
    limb.data.qpos[:] = full
    limb.engine.mj_fwdPosition(limb.model, limb.data)
    low, high = limb.model.actuator_lengthrange[muscle]
    short, long = limb.model.actuator_gainprm[muscle, :2]
    unit = (high - low) / (long - short)
    return float((limb.data.actuator_length[muscle] - (low - short * unit)) / unit)


def test_catch_comes_earlier_in_faster_stretch() -> None:
    """No reflex below the threshold; the catch angle falls with speed; the delay matters (Lance 1980)."""
    slow, middle, fast = (catch(v, delay=0.0) for v in (0.5, 4.0, 8.0))
    assert slow == np.inf
    assert fast < middle < 1.6
    assert catch(4.0, delay=0.05) > middle + 0.02


def test_simulated_arm_and_leg_stay_finite_within_their_range() -> None:
    """Random drive, Euler 5 ms: nothing diverges; a limited elbow stays in its range with a soft margin."""
    condition = Impairment(range_deg={"elbow_flexion_r": (0.0, 60.0)}, strength={"all": 0.6},
                           synergy=Synergy(coupling=0.3))  # fmt: skip
    for name, given in (("myoarm_r", condition), ("myolegs", None)):
        sim = Simulator(name, given, step=0.005)
        speed = np.random.default_rng(0).uniform(1, 6, sim.model.nu)
        run = sim.run(0.5, lambda t, speed=speed: 0.3 + 0.3 * np.sin(speed * t))
        assert np.isfinite(run.angles).all()
        assert np.abs(run.speeds).max() < 91
        if given:
            elbow = run.angles[:, sim.model.joint("elbow_flexion_r").qposadr[0]]
            assert np.degrees(elbow.max()) < 65


def test_weaker_flexors_bend_less_and_spastic_ones_more() -> None:
    def bent(condition: Impairment, drive: float = 0.5) -> float:
        sim = Simulator("myoelbow_2dof", condition, step=0.002)
        flexors = np.array([m.startswith(("BIC", "BRA")) for m in sim.muscles])
        run = sim.run(0.3, lambda t: drive * flexors, held=("r_shoulder_elev",))
        return float(run.angles[-1, sim.model.joint("r_elbow_flex").qposadr[0]])

    assert bent(Impairment(strength={"all": 0.3})) < bent(Impairment()) - 0.05
    tight = Spasticity(delay_s=0.0, muscles={"TRI": Reflex(velocity_gain=1.0)}, source="test")
    assert bent(Impairment(spasticity=tight)) < bent(Impairment()) - 0.02


def test_long_steps_and_bad_drives_are_refused() -> None:
    with pytest.raises(InputError, match="too long a step"):
        Simulator("myoelbow_2dof", step=0.01)
    with pytest.raises(InputError, match="one a muscle"):
        Simulator("myoelbow_2dof").run(0.01, lambda t: np.zeros(2))
    with pytest.raises(InputError, match="no such muscle"):
        Simulator("myoelbow_2dof", Impairment(strength={"QUAD": 0.5}))
    with pytest.raises(InputError, match="no such joint"):
        Simulator("myoelbow_2dof", Impairment(range_deg={"knee": (0, 1)}))
    with pytest.raises(InputError, match="no such muscle model"):
        Simulator("myowing")
