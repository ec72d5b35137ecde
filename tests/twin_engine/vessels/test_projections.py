"""A coronary tree from two angiographic views: error against the tree that was projected."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from scenes.vessel_case import coronary
from twin_engine.errors import InputError
from twin_engine.vessels import calibre, projections, tree_flow
from twin_engine.vessels.carm import CArm
from twin_engine.vessels.centreline import Tree
from twin_engine.vessels.stenosis import LAWS

TRUTH = coronary(60.0)
MIDDLE = np.array([16.0, -8.0, -25.0])


def view(lao: float, cranial: float, noise_px: float = 0.0, seed: int = 1, shift: float = 0.0) -> projections.View:
    """Outlines as a reader draws them: every third point, with jitter in place and width."""
    rng, arm = np.random.default_rng(seed), CArm(np.zeros(3), lao, cranial, 1080.0, 740.0, 200.0, 1000)
    lines = {}
    for b in TRUTH.branches:
        at, scale = arm.project(b.points - MIDDLE + [0, 0, shift])
        wide = 2 * b.radius * scale
        rows = np.column_stack([at, wide])[::3]
        jitter = rng.normal(0, noise_px, rows.shape)
        jitter[[0, -1]] = 0
        lines[b.name] = rows + jitter
    return projections.View(arm, lines)


def parents() -> dict[str, str | None]:
    return {b.name: b.parent for b in TRUTH.branches}


def errors(tree: Tree) -> tuple[float, float, float]:
    """Mean and largest distance of the axis, and mean radius error, mm."""
    off, bias = [], []
    for b in tree.branches:
        far, near = cKDTree(TRUTH[b.name].points - MIDDLE).query(b.points)
        off.append(far)
        bias.append(b.radius - TRUTH[b.name].radius[near])
    return float(np.concatenate(off).mean()), float(np.concatenate(off).max()), float(np.concatenate(bias).mean())


@pytest.mark.parametrize(("first", "second"), [((-30, 25), (45, 20)), ((-30, -20), (60, 0)), ((0, 35), (90, 0))])
def test_a_tree_comes_back_from_two_views(first: tuple, second: tuple) -> None:
    found = projections.tree([view(*first), view(*second)], parents())
    mean, most, bias = errors(found.tree)
    print(f"{first} {second}: axis {mean:.3f} (max {most:.2f}) mm, radius {bias:+.3f} mm, gap {found.gap_mm}")
    # The truth's own points are .5 mm apart: .15 mm of the mean is their spacing.
    assert mean < 0.25 and most < 1.0 and abs(bias) < 0.05


def test_jitter_of_a_pixel_leaves_stenosis_and_ffr(capsys: pytest.CaptureFixture) -> None:
    found = projections.tree([view(-30, 25, 1.0, 3), view(45, 20, 1.0, 4)], parents())
    mean, _, bias = errors(found.tree)
    lesion = max(calibre.lesions(found.tree), key=lambda x: x.percent)
    true = max(calibre.lesions(TRUTH), key=lambda x: x.percent)
    setting = tree_flow.Setting.usual(95.0)
    ffr = [[min(r.ffr for r in tree_flow.steady(t, setting, law)) for t in (found.tree, TRUTH)] for law in LAWS]
    print(f"axis {mean:.3f} mm, radius {bias:+.3f} mm, stenosis {lesion.percent:.1f} (truth {true.percent:.1f}), {ffr}")
    assert mean < 0.3 and abs(bias) < 0.05
    assert lesion.branch == true.branch and abs(lesion.percent - true.percent) < 5
    assert abs(lesion.position - true.position) < 1.5


def test_views_that_cannot_work_are_refused() -> None:
    with pytest.raises(InputError, match="too near"):
        projections.tree([view(-30, 25), view(-20, 20)], parents())
    with pytest.raises(InputError, match="do not fit"):
        projections.tree([view(-30, 25), view(45, 20, shift=12.0)], parents())
    one = view(45, 20)
    with pytest.raises(InputError, match="missing in one view"):
        projections.tree([view(-30, 25), projections.View(one.arm, {"1": one.branches["1"]})], parents())
    with pytest.raises(InputError, match="two views are needed"):
        projections.tree([one], parents())


def as_json(views: list[projections.View]) -> str:
    rows = [
        {
            "lao_deg": v.arm.lao_deg,
            "cranial_deg": v.arm.cranial_deg,
            "source_detector_mm": v.arm.source_detector,
            "source_axis_mm": v.arm.source_axis,
            "pixel_mm": v.arm.field_mm / v.arm.pixels,
            "pixels": v.arm.pixels,
            "outlines": {n: line.round(3).tolist() for n, line in v.branches.items()},
        }
        for v in views
    ]
    branches = [{"name": b.name, "parent": b.parent, "label": b.label} for b in TRUTH.branches]
    return json.dumps({"branches": branches, "views": rows})


def test_the_file_gives_the_same_tree(tmp_path: Path) -> None:
    views = [view(-30, 25), view(45, 20)]
    (tmp_path / "views.json").write_text(as_json(views))
    read = projections.load(tmp_path / "views.json").tree
    made = projections.tree(views, parents()).tree
    assert np.allclose(read["1.1"].points, made["1.1"].points, atol=0.02)
    assert read["left main"].name == "1"
    for text in ("{", "{}", '{"branches": [], "views": 3}', '{"branches": [1], "views": [{}]}'):
        (tmp_path / "bad.json").write_text(text)
        with pytest.raises(InputError):
            projections.load(tmp_path / "bad.json")
