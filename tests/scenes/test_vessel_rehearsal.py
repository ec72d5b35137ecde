"""Fluoroscopy obeys Beer-Lambert, the wire stays inside, the session becomes a record."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from scenes import fluoroscopy, vessel_case
from scenes.vessel_pilot import autopilot
from scenes.vessel_rehearsal import Rehearsal, session, transit, usual
from twin_engine.errors import InputError
from twin_engine.vessels.centreline import Tree
from twin_engine.vessels.image import Image
from twin_engine.vessels.tree_flow import Setting, steady


@pytest.fixture(scope="module")
def case() -> Rehearsal:
    made = usual()
    autopilot(made, 20.0)
    return made


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
    assert case.crossed() and case.distance_mm() < 3.0
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
    other, same = usual(seed=4), usual(seed=4)
    first, second = other.frame(), same.frame()
    assert np.array_equal(first, second) and 0 <= first.min() <= first.max() <= 1
    same.inject()
    same.hand(0.0, 0.0, 1.0)
    at, _ = same.arm.project(same.avatar.tree["1.1"].points[20:40])
    column, row = np.round(at).astype(int).T
    assert same.frame()[row, column].mean() < first[row, column].mean()


def test_the_debrief_is_a_record(case: Rehearsal, tmp_path: Path) -> None:
    case.deploy("stent", diameter_mm=3.0)
    record = json.loads(case.save(tmp_path / "debrief.json").read_text())
    assert record["deployed"] and record["ffr_after"] > 0.8 > record["ffr_before"]
    assert record["contrast_ml"] > 0 and record["path_mm"] > 10 and record["peak_wall_force_n"] >= 0


def test_a_device_waits_for_the_wire_and_hands_are_finite() -> None:
    fresh = usual()
    with pytest.raises(InputError, match="not reached"):
        fresh.deploy("stent", diameter_mm=3.0)
    with pytest.raises(InputError, match="finite"):
        fresh.hand(float("nan"), 0.0, 0.1)


def test_the_case_is_the_published_size() -> None:
    # Dodge et al. 1992, Circulation 86:232: left main 4.5 +- .5, proximal LAD 3.7 +- .4 mm.
    tree = vessel_case.coronary()
    assert 2 * tree["left main"].radius[0] == pytest.approx(4.5, abs=0.1)
    assert 2 * tree["1.1"].radius[0] == pytest.approx(3.7, abs=0.1)
    assert Setting.usual(95.0).pressure > 0


@pytest.mark.parametrize("percent", [40.0, 85.0])
def test_the_scripted_operator_crosses_other_narrowings(percent: float) -> None:
    other = session(vessel_case.coronary(percent), Setting.usual(95.0))
    assert autopilot(other, 10.0) and other.rod.strain() < 0.01
    other.deploy("balloon", diameter_mm=3.0)
    assert 0 < other.debrief()["peak_wall_force_n"] < 1.0


def test_a_tree_without_forks_is_rehearsed_too() -> None:
    from twin_engine.vessels import calibre

    s = np.linspace(0, 80, 161)
    tree = calibre.from_profile("LAD", s, 3.2 * (1 - 0.55 * np.exp(-(((s - 40) / 4) ** 2))))
    assert autopilot(session(tree, Setting.usual(95.0)), 10.0)


def body(tree: Tree) -> Image:
    """A block of muscle in air with a bone, and contrast in the tree."""
    low = np.array([-30.0, -60.0, -90.0])
    ct = Image(np.full((50, 60, 60), -1000, np.float32), np.full(3, 2.0), low, np.eye(3))
    values = np.array(ct.values)
    values[5:45, 5:55, 3:57] = 40.0
    values[20:24, 45:50, 3:57] = 900.0
    nodes = ct.world(np.argwhere(np.ones(values.shape)).astype(float))
    points = np.vstack([b.points for b in tree.branches])
    values[(cKDTree(points).query(nodes)[0] < 2.5).reshape(values.shape)] = 350.0
    return ct.like(values)


def test_a_patients_ct_stands_behind_the_vessel_without_its_contrast() -> None:
    tree = vessel_case.coronary()
    ct = body(tree)
    case = session(tree, Setting.usual(95.0), ct=ct)
    clean = np.array(ct.values)
    clean[clean == 350.0] = 40.0
    assert np.abs(case.rest - fluoroscopy.volume_sum(case.arm, clean, ct.index)).max() < 0.05
    plain = fluoroscopy.volume_sum(case.arm, np.where(np.isin(ct.values, [900, 350]), 40, ct.values), ct.index)
    # 50 muscle voxels of 2 mm at .0206 (1 + .04) a mm: Beer-Lambert through the block's middle.
    assert plain.max() == pytest.approx(0.0206 * 1.04 * 100 / np.cos(np.radians(30)), rel=0.35)
    assert (case.rest - plain).max() > 0.1
    with pytest.raises(InputError, match="no CT"):
        fluoroscopy.bare(case.arm, ct.like(np.abs(ct.values)), tree)
    with pytest.raises(InputError, match="outside the image"):
        fluoroscopy.bare(case.arm, Image(ct.values, ct.spacing, ct.origin + 500, ct.axes), tree)


def test_the_picture_stands_upright_and_left_is_left() -> None:
    # PA view as on the screen: the head above, the patient's left at the viewer's right.
    arm = fluoroscopy.CArm(np.zeros(3))
    (head, left), _ = arm.project(np.array([[0, 0, 50.0], [50.0, 0, 0]]))
    assert head[1] < arm.pixels / 2 and left[0] > arm.pixels / 2


def test_the_window_runs(case: Rehearsal) -> None:
    pytest.importorskip("panda3d")
    from scenes import vessel_window

    before = case.beam
    vessel_window.show(case, "stent", 3.0, frames=3)
    assert case.beam == pytest.approx(before + 3 / 15)
