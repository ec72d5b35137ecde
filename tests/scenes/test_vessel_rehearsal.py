"""Fluoroscopy obeys Beer-Lambert, the wire stays inside, the session becomes a record."""

import json
from pathlib import Path

import numpy as np
import pytest

from scenes import fluoroscopy, vessel_case
from scenes.vessel_rehearsal import Rehearsal, autopilot, transit, usual
from twin_engine.errors import InputError
from twin_engine.vessels.tree_flow import Setting, steady


@pytest.fixture(scope="module")
def case() -> Rehearsal:
    session = usual()
    autopilot(session, 20.0)
    return session


def test_a_ray_through_the_middle_of_an_ellipsoid_is_its_diameter() -> None:
    arm = fluoroscopy.CArm(np.zeros(3), pixels=65)
    rays = arm.rays(65)
    chord = fluoroscopy.ellipsoid(rays, arm.source(), np.zeros(3), np.array([30.0, 40.0, 50.0]))
    assert chord[32, 32] == pytest.approx(80.0, rel=1e-6)
    assert np.linalg.norm(arm.source()) == pytest.approx(740.0)


def test_a_tube_casts_its_chord_and_magnified_width() -> None:
    arm = fluoroscopy.CArm(np.zeros(3), pixels=512)
    line = np.stack([np.zeros(400), np.zeros(400), np.linspace(-40, 40, 400)], 1)
    shadow = fluoroscopy.tube(arm, line, np.full(400, 3.0), 0.2)
    assert shadow[256].max() == pytest.approx(0.2 * 6.0, rel=0.02)
    wide = (shadow[256] > 0).sum() * arm.field_mm / arm.pixels
    assert wide == pytest.approx(6.0 * 1080 / 740, abs=0.8)


def test_the_wire_reaches_the_stenosis_and_stays_inside(case: Rehearsal) -> None:
    assert case.distance_mm() < 3.0
    inside = case.rod.x[-20:]
    assert (case.lumen.depth(inside) < 0).all() and case.rod.strain() < 0.01


def test_contrast_travels_with_the_computed_flow(case: Rehearsal) -> None:
    times = transit(case.avatar.tree, case.setting)
    root = case.avatar.tree["1"]
    flow = steady(case.avatar.tree, case.setting, "young_tsai", case.setting.reserve)[0].flow
    volume = np.trapezoid(np.pi * (root.radius * 1e-3) ** 2, root.arc * 1e-3)
    assert times["1"][-1] == pytest.approx(volume / flow, rel=0.05)
    assert all((np.diff(t) > 0).all() for t in times.values())


def test_frames_reproduce_and_contrast_darkens() -> None:
    other, session = usual(seed=4), usual(seed=4)
    first, second = other.frame(), session.frame()
    assert np.array_equal(first, second) and 0 <= first.min() <= first.max() <= 1
    session.inject()
    session.hand(0.0, 0.0, 1.0)
    at, _ = session.arm.project(session.avatar.tree["1.1"].points[20:40])
    column, row = np.round(at).astype(int).T
    assert session.frame()[row, column].mean() < first[row, column].mean()


def test_the_debrief_is_a_record(case: Rehearsal, tmp_path: Path) -> None:
    case.deploy("stent", diameter_mm=3.0)
    record = json.loads(case.save(tmp_path / "debrief.json").read_text())
    assert record["deployed"] and record["ffr_after"] > 0.8 > record["ffr_before"]
    assert record["contrast_ml"] > 0 and record["path_mm"] > 10 and record["peak_push_force_n"] >= 0


def test_a_device_waits_for_the_wire_and_hands_are_finite() -> None:
    session = usual()
    with pytest.raises(InputError, match="not reached"):
        session.deploy("stent", diameter_mm=3.0)
    with pytest.raises(InputError, match="finite"):
        session.hand(float("nan"), 0.0, 0.1)


def test_the_case_is_the_published_size() -> None:
    # Dodge et al. 1992, Circulation 86:232: left main 4.5 +- .5, proximal LAD 3.7 +- .4 mm.
    tree = vessel_case.coronary()
    assert 2 * tree["left main"].radius[0] == pytest.approx(4.5, abs=0.1)
    assert 2 * tree["1.1"].radius[0] == pytest.approx(3.7, abs=0.1)
    assert Setting.usual(95.0).pressure > 0
