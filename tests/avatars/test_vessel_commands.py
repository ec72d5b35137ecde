"""twin vessel and twin rehearse as a newcomer types them: from an image to a printed replica and a debrief."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "twin_engine" / "vessels"))
from phantoms import volume
from test_projections import as_json, view

from avatars import imaging
from twin_engine import cli
from twin_engine.vessels.image import Image

VOXEL = 1.5


def aorta(percent: float = 50.0) -> Image:
    """An abdominal aorta of 6 mm radius that divides; the left iliac artery has a stenosis. Axes as in a patient."""
    z = np.linspace(-4, 30, 400)
    tubes = [(np.stack([0 * z + 22, 0 * z + 11, z], 1), 4.2 - 0.01 * z)]
    for side in (-0.35, 0.35):
        u = np.linspace(0, 55, 900)
        line = np.stack([22 + u * np.sin(side), 0 * u + 11, 30 + u * np.cos(side)], 1)
        dip = np.exp(-(((u - 26) / 4.5) ** 2)) * (side > 0)
        tubes.append((line, 3.1 * (1 - percent / 100 * dip)))
    image = volume((44, 22, 74), tubes, 0.04)
    # Third index runs to the feet: LPS with z up.
    return Image(image.values, np.full(3, VOXEL), np.array([-33.0, -100, 50]), np.diag([1.0, 1.0, -1.0]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("vessel")
    imaging.write(aorta(), made / "ct.nii.gz")
    return made


def said(capsys: pytest.CaptureFixture, *words: str) -> dict:
    code = cli.main([*words, "--json"])
    out, err = capsys.readouterr()
    assert code == 0, err
    return json.loads(out)


def test_from_image_to_replica(folder: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    found = said(capsys, "vessel", "segment", "ct.nii.gz", "--seed-point=0,-83.5,28", "--out", "a")
    assert found["watertight"] and found["bodies"] == 1 and found["files"] == ["a/lumen.stl"]
    tree = said(capsys, "vessel", "tree", "a/lumen.stl", "--image", "ct.nii.gz", "--blur", "1.0", "--out", "a",
                "--anatomy", "abdominal-aorta", "--name", "1.1=mine")  # fmt: skip
    by = {b["label"]: b for b in tree["branches"]}
    assert {"abdominal aorta", "right common iliac artery", "mine"} <= set(by) | {"right common iliac artery"}
    assert by["abdominal aorta"]["labelled_by"] == "rule" and by["mine"]["labelled_by"] == "user"
    assert by["abdominal aorta"]["mean_radius_mm"] == pytest.approx(4.1 * VOXEL, abs=0.15)
    (lesion,) = tree["stenoses"]
    assert lesion["diameter_percent"] == pytest.approx(50, abs=4) and not tree["aneurysms"]
    flow = said(capsys, "vessel", "flow", "a/tree.json", "--flow", "40", "--pressure", "90", "--samples", "5",
                "--out", "a")  # fmt: skip
    assert 0.5 < flow["lowest_ffr"] < 1 and flow["lowest_ffr_low"] <= flow["lowest_ffr"] <= flow["lowest_ffr_high"]
    assert sum(s["flow_ml_s"] for s in flow["segments"][1:]) == pytest.approx(flow["segments"][0]["flow_ml_s"])
    plan = said(capsys, "vessel", "plan", "a/tree.json", "--flow", "40", "--pressure", "90", "--procedure",
                "endarterectomy", "--out", "a")  # fmt: skip
    assert plan["branch"] == lesion["branch"]
    assert all(plan["ffr_after"][law] > plan["ffr_before"][law] for law in plan["ffr_after"])
    print_ = said(capsys, "vessel", "replica", "a/lumen.stl", "--wall", "2", "--grid", "1", "--out", "a")
    assert print_["passed"] and print_["genus"] == 2 and (folder / "a" / "replica.3mf").is_file()


def test_a_person_reads_short_tables(
    folder: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "views.json").write_text(as_json([view(-30, 25), view(45, 20)]))
    assert cli.main(["vessel", "tree", "--projections", "views.json", "--name", "1.2=LCx", "--out", "lad"]) == 0
    text = capsys.readouterr().out
    assert "anterior" in text and "LCx" in text and "user" in text
    assert cli.main(["vessel", "flow", "lad/tree.json", "--pressure", "95", "--samples", "3"]) == 0
    text = capsys.readouterr().out
    assert "DISCOVER-FLOW" in text and "least FFR" in text and max(map(len, text.splitlines())) < 170
    assert cli.main(["vessel", "plan", "lad/tree.json", "--search", "--pressure", "95", "--out", "plan"]) == 0
    assert "least FFR before" in capsys.readouterr().out
    assert cli.main(["vessel", "tree", "lad/tree.json"]) == 2


BAD = [
    (["vessel", "segment", "none.nii"], "file not found"),
    (["vessel", "segment", "cut.nii.gz"], "the image cannot be read"),
    (["vessel", "segment", "ct.nii.gz", "--seed-point=-30,-99,-50"], "no vessel at the seed"),
    (["vessel", "segment", "ct.nii.gz", "--seed-point=900,0,0"], "a seed lies outside the image"),
    (["vessel", "segment", "ct.nii.gz", "--seeds", "same.csv"], "two seeds in one lumen"),
    (["vessel", "tree", "open.stl"], "the surface is not a manifold"),
    (["vessel", "tree"], "the command line is wrong"),
    (["vessel", "tree", "zero.csv"], "a radius must be positive"),
    (["vessel", "tree", "a.csv", "--anatomy", "knee"], "unknown anatomy"),
    (["vessel", "tree", "a.csv", "--name", "7=LAD"], "unknown branch"),
    (["vessel", "flow", "loose.json"], "the network is not connected"),
    (["vessel", "flow", "a.csv"], "this is no vessel tree"),
]


@pytest.mark.parametrize(("words", "what"), BAD, ids=[w for _, w in BAD])
def test_a_mistake_is_one_error_and_leaves_nothing(
    words: list[str], what: str, folder: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "cut.nii.gz").write_bytes((folder / "ct.nii.gz").read_bytes()[:3000])
    (folder / "same.csv").write_text("class,x,y,z\ntrue,0,-83.5,28\nfalse,0,-83.5,20\noutside,-30,-98,-40\n")
    rows = [f"{s},{3 - 0.01 * s:.3f}" for s in range(30)]
    (folder / "a.csv").write_text("\n".join(["position_mm,diameter_mm", *rows]))
    (folder / "zero.csv").write_text("\n".join(["position_mm,diameter_mm", *rows, "31,0"]))
    corners = ((0, 0, 0), (9, 0, 0), (0, 9, 0), (0, 0, 9), (0, -9, 0))
    facets = [(0, 1, k) for k in (2, 3, 4)]
    (folder / "open.stl").write_text("solid a\n" + "".join(
        "facet normal 0 0 1\nouter loop\n" + "".join(f"vertex {x} {y} {z}\n" for x, y, z in (corners[i] for i in f))
        + "endloop\nendfacet\n" for f in facets) + "endsolid a\n")  # fmt: skip
    branch = {"points_mm": [[0, 0, 0], [0, 0, 9]], "radius_mm": [2, 2]}
    (folder / "loose.json").write_text(json.dumps({"branches": [{"name": "1", "parent": None, **branch},
                                                                {"name": "2", "parent": "9", **branch}]}))  # fmt: skip
    before = sorted(p.name for p in folder.iterdir())
    assert cli.main([*words, "--out", "new", "--json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["error"]["what"] == what and "Traceback" not in err
    assert sorted(p.name for p in folder.iterdir()) == before


@pytest.mark.slow
def test_the_mr_aorta_end_to_end(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    image = str(shared_data / "imaging" / "vmtk" / "aorta.mha")
    assert said(capsys, "vessel", "segment", image, "--out", "a")["watertight"]
    tree = said(capsys, "vessel", "tree", "a/lumen.stl", "--image", image, "--out", "a")
    # Coeliac, mesenteric and both renal arteries, then two common iliac arteries that divide: no disease.
    assert len(tree["branches"]) == 14 and not tree["stenoses"] and not tree["aneurysms"]
    assert said(capsys, "vessel", "flow", "a/tree.json", "--flow", "80", "--samples", "5")["lowest_ffr"] > 0.9


@pytest.mark.slow
def test_the_ct_dissection_end_to_end(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from test_geometry import dissection_seeds

    monkeypatch.chdir(tmp_path)
    data = shared_data / "imaging" / "totalseg"
    ct = imaging.read(data / "ar_ct_cropped.nii.gz")
    masks = [imaging.read(data / f"ar_aorta{n}.nii.gz").values > 0.5 for n in ("", "_true_lumen", "_false_lumen")]
    seeds = dissection_seeds(ct, masks[0], {"true": masks[1], "false": masks[2]}, 10)
    rows = [f"{name},{x:.2f},{y:.2f},{z:.2f}" for name, points in seeds.items() for x, y, z in points]
    (tmp_path / "seeds.csv").write_text("\n".join(["class,x,y,z", *rows]))
    found = said(capsys, "vessel", "segment", str(data / "ar_ct_cropped.nii.gz"), "--seeds", "seeds.csv", "--out", "a")
    assert [x["name"] for x in found["lumens"]] == ["true", "false", "whole"]
    for lumen, mask in zip(found["lumens"], (masks[1], masks[2], masks[0]), strict=True):
        assert lumen["volume_ml"] == pytest.approx(mask.sum() * 1.5**3 / 1000, rel=0.1)
    tree = said(capsys, "vessel", "tree", "a/true.stl", "--out", "a", "--anatomy", "thoracic-aorta")
    assert tree["stenoses"] and any("no names" in w for w in tree["warnings"])
