"""Scaling of bones, tendons and strength: against the model's own static trial and by similarity."""

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from twin_engine.errors import InputError
from twin_engine.motion import osim, scaling
from twin_engine.motion.formats import Markers, read_trc
from twin_engine.motion.kinematics import Kinematics


@pytest.fixture(scope="module")
def model(shared_data: Path) -> Path:
    return shared_data / "motion" / "opensim_gait2392" / "subject01_simbody.osim"


@pytest.fixture(scope="module")
def static(model: Path) -> Markers:
    return read_trc(model.with_name("subject01_static.trc"))


def test_a_model_scaled_by_this_trial_needs_no_more_scaling(model: Path, static: Markers) -> None:
    """OpenSim's subject01 was scaled by this very static trial: every factor is 1 within 1 %."""
    factors, pairs = scaling.factors(osim.read(model), static, scaling.read_pairs())
    assert len(pairs) == 11
    assert all(f == pytest.approx(1.0, abs=0.01) for f in factors.values())


def test_a_bigger_person_gets_a_bigger_model(model: Path, static: Markers, tmp_path: Path) -> None:
    bigger = Markers(static.time, static.names, 1.1 * static.positions)
    own, _ = scaling.factors(osim.read(model), static, scaling.read_pairs())
    factors, pairs = scaling.factors(osim.read(model), bigger, scaling.read_pairs())
    assert all(factors[b] == pytest.approx(1.1 * own[b]) for b in own if b != "ground")
    made = scaling.scale(model, factors, 90.0, pairs)
    fitted = osim.read(made.write(tmp_path / "big.osim"))
    assert sum(b.mass for b in fitted.bodies) == pytest.approx(90.0)
    found = Kinematics(fitted).solve(Markers(bigger.time[:3], bigger.names, bigger.positions[:3]))
    assert 100 * found.rms.max() < 1.0


def test_uniform_scaling_is_similar(model: Path, tmp_path: Path) -> None:
    """All lengths times 1.1: every marker, tendon and fibre times 1.1, mass 1.331 (geometry)."""
    own = osim.read(model)
    made = scaling.scale(model, {b.name: 1.1 for b in own.bodies})
    big = osim.read(made.write(tmp_path / "big.osim"))
    q = own.defaults()
    q[6:] = 0.3
    moved = q.copy()
    moved[3:6] *= 1.1
    names = tuple(own.markers)
    assert np.allclose(Kinematics(big).positions(moved, names), 1.1 * Kinematics(own).positions(q, names), atol=1e-12)
    assert sum(b.mass for b in big.bodies) == pytest.approx(1.331 * sum(b.mass for b in own.bodies))
    assert len(made.muscle_ratios) == 92
    assert list(made.muscle_ratios.values()) == pytest.approx([1.1] * 92)


def test_scaling_equals_opensim(model: Path, tmp_path: Path) -> None:
    """Unequal factors: markers to a micrometre, every tendon to 1e-6 (OpenSim 4.6, make_gait2392_scaled.py)."""
    golden = json.loads((Path(__file__).resolve().parents[2] / "golden" / "gait2392_scaled_opensim46.json").read_text())
    file = scaling.scale(model, golden["factors"], 80.0).write(tmp_path / "scaled.osim")
    skeleton = osim.read(file)
    names = tuple(golden["markers_m"])
    found = Kinematics(skeleton).positions(skeleton.defaults(), names)
    assert np.abs(found - np.array(list(golden["markers_m"].values()))).max() < 1e-6
    tendons = {m.get("name"): float(m.findtext("tendon_slack_length", "nan")) for m in ElementTree.parse(file).iter()
               if m.find("tendon_slack_length") is not None}  # fmt: skip
    worst = max(abs(tendons[n] / length - 1) for n, length in golden["tendon_slack_m"].items())
    print(f"largest difference of a tendon's slack length: {worst:.1e}")
    assert len(tendons) == 92 and worst < 1e-6


def test_bad_static_trials_are_named(model: Path, static: Markers) -> None:
    skeleton = osim.read(model)
    with pytest.raises(InputError, match="implausible segment length"):
        scaling.factors(skeleton, Markers(static.time, static.names, static.positions / 0.0254), scaling.read_pairs())
    with pytest.raises(InputError, match="a marker is missing"):
        scaling.factors(skeleton, Markers(static.time, ("x",), static.positions[:, :1]), scaling.read_pairs())
    with pytest.raises(InputError, match="implausible body mass"):
        scaling.scale(model, {}, -70.0)
    with pytest.raises(InputError, match="no such body"):
        scaling.scale(model, {"wing": 1.0})


def test_scaled_muscles_keep_their_forces() -> None:
    """Bones and tendons times 1.1: torque 1.1 times, mass 1.331, in arm and knee (similarity)."""
    pytest.importorskip("myo_sim")
    from twin_engine.motion.limb_scale import resize
    from twin_engine.motion.muscles import Limb

    for name, joints in (("myoarm_r", ["elbow_flexion_r"]), ("myolegs", ["knee_angle_r"])):
        own, big = Limb(name, joints), Limb(name, joints)
        assert resize(big, 1.1) == pytest.approx(1.1)
        assert big.model.body_mass.sum() == pytest.approx(1.331 * own.model.body_mass.sum())
        for angle in (0.4, 1.2):
            _, a = own.muscle_torque(np.array([angle]), np.zeros(1))
            _, b = big.muscle_torque(np.array([angle]), np.zeros(1))
            assert np.maximum(b, 0).sum() == pytest.approx(1.1 * np.maximum(a, 0).sum(), rel=0.02)


def test_strength_follows_dynamometry() -> None:
    pytest.importorskip("myo_sim")
    from twin_engine.motion.limb_scale import Dynamometry, to_dynamometry
    from twin_engine.motion.muscles import Limb

    limb, posture = Limb("myoarm_r", ["elbow_flexion_r"]), np.radians([90.0])
    asked = [Dynamometry("elbow_flexion_r", 1, posture, 50.0), Dynamometry("elbow_flexion_r", -1, posture, 30.0)]
    factors = to_dynamometry(limb, asked)
    _, active = limb.muscle_torque(posture, np.zeros(1))
    assert np.maximum(active, 0).sum() == pytest.approx(50.0, rel=0.01)
    assert -np.minimum(active, 0).sum() == pytest.approx(30.0, rel=0.01)
    assert factors["DELT1"] == 1.0
    for wrong in (-5.0, 5000.0):
        with pytest.raises(InputError, match="torque"):
            to_dynamometry(Limb("myoarm_r", ["elbow_flexion_r"]), [Dynamometry("elbow_flexion_r", 1, posture, wrong)])
