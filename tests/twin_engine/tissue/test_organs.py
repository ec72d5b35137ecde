"""Parametric organs: published sizes, lesions' ground truth, meshes, bad input."""

import json
from pathlib import Path

import numpy as np
import pytest

from twin_engine import parameters
from twin_engine.cli import main
from twin_engine.errors import InputError
from twin_engine.tissue import mesher, sources
from twin_engine.tissue.organs import lesions, shape
from twin_engine.tissue.organs.lesions import Lesion
from twin_engine.tissue.organs.shape import Grid
from twin_engine.tissue.organs.specimen import Specimen

QUICK = ("liver", "lung", "spleen", "pancreas", "eye")


def ball(radius: float, spacing: float = 1.0) -> Grid:
    x = np.arange(-radius - 4, radius + 4 + spacing, spacing)
    g = np.stack(np.meshgrid(x, x, x, indexing="ij"), axis=-1)
    return Grid(np.full(3, x[0]), spacing, np.linalg.norm(g, axis=-1) - radius)


@pytest.mark.parametrize("name", QUICK)
def test_size_lies_within_the_published_spread(name: str) -> None:
    check_sizes(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ("heart", "kidney", "gallbladder", "stomach", "uterus", "brain"))
def test_size_of_the_others(name: str) -> None:
    check_sizes(name)


def check_sizes(name: str) -> None:
    """Every row of assets/parameters/organs.csv, whose source column cites the paper."""
    sizes = pytest.importorskip("scenes.organ_sizes").sizes
    found = sizes(name, Specimen(name))
    for row in parameters.load("organs")[name].parameters.values():
        print(
            f"{name} {row.name}: {found[row.name]:.4g} {row.unit}, published {row.value:g} ({row.low:g}-{row.high:g})"
        )
        assert row.low <= found[row.name] <= row.high, row.name


def test_sampling_near_the_surface_equals_sampling_everywhere() -> None:
    organ = shape.load("liver")
    grid, _ = shape.sample(organ, 6.0)
    everywhere = organ.field(*np.ix_(*grid.axes()))
    near = np.abs(everywhere) < 6.0
    assert np.abs(grid.values - everywhere)[near].max() < 1e-9
    assert ((grid.values < 0) == (everywhere < 0)).all()


def test_lesion_truth_is_its_volume_and_size() -> None:
    """A cyst of 17 mm radius: 20.6 mL and 34 mm; a metastasis within its roughness."""
    specimen = Specimen("liver", (Lesion("metastasis", (-60, -10, 20), 15),), 2.0)
    assert specimen.lesion_volume_ml(0) == pytest.approx(4 / 3 * np.pi * 15**3 / 1000, rel=0.25)
    assert specimen.lesion_size_mm(0) == pytest.approx(30, abs=8)
    label = specimen.label(np.array([[-60.0, -10.0, 20.0], [40.0, -28.0, 18.0]]))
    assert [specimen.parts[k] for k in label] == ["necrosis", "parenchyma"]


def test_cirrhosis_roughens_the_surface() -> None:
    smooth, rough = Specimen("liver", (), 3.0), Specimen("liver", (Lesion("cirrhosis", radius_mm=8.5),), 3.0)
    flat, bumpy = (np.std(smooth.grid.at(s.surface().vertices)) for s in (smooth, rough))
    assert flat < 0.1 and bumpy > 0.4


def test_margin_to_a_plane() -> None:
    specimen = Specimen("liver", (Lesion("fibroid", (-60, 0, 0), 20),), 2.0)
    assert specimen.margin_mm(0, np.array([1.0, 0, 0]), -30.0) == pytest.approx(10.0, abs=2.0)


def test_stuffing_a_ball() -> None:
    """Volume within 3 % and dihedral angles within Labelle & Shewchuk's 10.7-164.8 degrees (2007, table 1)."""
    grid = ball(30.0)
    vertices, tets = mesher.stuff(grid, 9.0)
    q = mesher.quality(vertices, tets)
    print(q)
    assert q.inverted == 0 and q.pieces == 1 and q.pinched_edges == 0
    assert q.volume_ml == pytest.approx(4 / 3 * np.pi * 27, rel=0.03)
    assert q.dihedral_min_deg > 10.7 and q.dihedral_max_deg < 164.8


def test_finer_cells_bring_the_volume_nearer() -> None:
    grid = ball(30.0)
    wrong = [abs(mesher.quality(*mesher.stuff(grid, a)).volume_ml - 4 / 3 * np.pi * 27) for a in (14.0, 7.0)]
    assert wrong[1] < wrong[0] / 2


def test_build_and_check(tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["organ", "build", "liver", "--out", "liver", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["inverted"] == 0 and 8000 < made["tets"] < 20000 and 0 < made["worst_quality"] <= 1
    assert made["volume_ml"] == pytest.approx(made["shape_volume_ml"], rel=0.03)
    assert main(["organ", "check", "liver/body.npz", "--json"]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert checked["tets"] == made["tets"]
    assert main(["organ", "check", "liver/surface.ply", "--json"]) == 0


def test_label_map(tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel")
    data = np.zeros((40, 40, 40), dtype=np.uint8)
    i = np.indices(data.shape) - 20
    data[np.linalg.norm(i, axis=0) < 12] = 5
    path = tmp_path / "map.nii.gz"
    nibabel.save(nibabel.Nifti1Image(data, np.diag([2.0, 2.0, 2.0, 1.0])), path)
    grid = sources.from_labels(path, 5)
    assert grid.volume_ml() == pytest.approx(4 / 3 * np.pi * 24**3 / 1000, rel=0.04)
    assert grid.volume_ml() == pytest.approx((data == 5).sum() * 8 / 1000, rel=0.04)
    with pytest.raises(InputError, match="label not present"):
        sources.from_labels(path, 6)


def test_liver_of_a_scan(shared_data: Path) -> None:
    """Label 5 of the shared scan: 1,043 mL by voxels (cut by the scan's top)."""
    found = sorted((shared_data / "imaging" / "totalseg").glob("*.nii*"))
    if not found:
        pytest.skip("no label map")
    maps = [f for f in found if "seg" in f.name or "label" in f.name] or found
    grid = sources.from_labels(maps[0], 5)
    assert grid.volume_ml() == pytest.approx(1043, rel=0.05)


def test_open_surface_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "open.obj"
    path.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\nf 1 3 2\nf 1 2 4\nf 1 4 3\n")
    with pytest.raises(InputError, match="surface is open"):
        sources.from_surface(path)


def test_bad_bodies_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"no zip")
    assert main(["organ", "check", str(broken)]) == 2
    assert main(["organ", "build", "gizzard"]) == 2
    assert main(["organ", "build", "liver", "--cell", "nan"]) == 2
    v = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1.0]])
    np.savez(tmp_path / "turned.npz", vertices=v, tets=np.array([[0, 2, 1, 3]]))
    assert main(["organ", "check", str(tmp_path / "turned.npz"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["inverted"] == 1


def test_every_case_is_consistent() -> None:
    for title, (organ, found) in lesions.standard().items():
        assert organ in shape.names() and found, title
    with pytest.raises(InputError, match="unknown lesion"):
        Lesion("wart")
    with pytest.raises(InputError, match="positive radius"):
        Lesion("cyst", radius_mm=-1)
