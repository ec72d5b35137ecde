"""The printed replica: topology, wall, independent readers, and refusal of what cannot be printed."""

from pathlib import Path

import numpy as np
import pytest

from avatars import replica, threemf
from twin_engine.errors import InputError
from twin_engine.vessels import surface
from twin_engine.vessels.image import Image


def fork(spacing: float = 1.0) -> surface.Surface:
    """A Y of three tubes, radius 5 and 3.5 mm."""
    x, y, z = np.meshgrid(
        np.arange(-36, 36, spacing), np.arange(-9, 9, spacing), np.arange(-42, 42, spacing), indexing="ij"
    )
    inside = np.full(x.shape, -np.inf)
    for end, radius in (((0, -36), 5.0), ((-22, 32), 3.5), ((22, 32), 3.5)):
        a = np.array([end[0], 0.0, end[1]])
        along = np.clip((x * a[0] + z * a[2]) / (a @ a), 0, 1)
        inside = np.maximum(inside, radius - np.sqrt((x - along * a[0]) ** 2 + y**2 + (z - along * a[2]) ** 2))
    return surface.extract(Image(inside.astype(np.float32), np.full(3, spacing), np.array([-36.0, -9, -42]), np.eye(3)))


def test_a_fork_becomes_one_open_shell_with_the_wanted_wall(tmp_path: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    made, checks = replica.build(fork(), wall=2.0, grid=0.7, port=8.0)
    assert checks.passed and checks.bodies == 1 and checks.genus == 2
    assert checks.wall_median_mm == pytest.approx(2.0, abs=0.03) and checks.wall_p1_mm >= 0.95 * 2.0
    read = trimesh.load(surface.write(made, tmp_path / "a.stl"))
    assert read.is_volume and read.body_count == 1 and read.euler_number == 2 - 2 * 2
    assert read.volume / 1000 == pytest.approx(checks.volume_ml, rel=1e-4)
    again = surface.read(tmp_path / "a.stl")
    assert again.watertight and again.genus() == 2
    first, second = threemf.write(made, tmp_path / "a.3mf"), threemf.write(made, tmp_path / "b.3mf")
    assert first.read_bytes() == second.read_bytes()


def test_3mf_holds_the_same_mesh(tmp_path: Path) -> None:
    import zipfile
    from xml.etree import ElementTree

    ball = replica.calibration(2.0, 0.5)
    with zipfile.ZipFile(threemf.write(ball, tmp_path / "a.3mf")) as package:
        root = ElementTree.fromstring(package.read("3D/3dmodel.model"))
        assert {"[Content_Types].xml", "_rels/.rels"} <= set(package.namelist())
    space = "{http://schemas.microsoft.com/3dmanufacturing/core/2015/02}"
    corners = [[float(v.attrib[a]) for a in "xyz"] for v in root.iter(f"{space}vertex")]
    assert root.attrib["unit"] == "millimeter" and np.allclose(corners, ball.points, atol=1e-4)
    assert len(list(root.iter(f"{space}triangle"))) == len(ball.faces)


def test_the_calibration_piece_has_its_bores() -> None:
    piece = replica.calibration(2.0, 0.2)
    assert piece.watertight and piece.bodies() == 1 and piece.genus() == 7
    assert np.ptp(piece.points, axis=0)[2] == pytest.approx(4.0, abs=0.05)


@pytest.mark.slow
def test_the_aorta_of_the_data_set(shared_data: Path) -> None:
    trimesh = pytest.importorskip("trimesh")
    lumen = surface.read(shared_data / "imaging" / "vmtk" / "aorta-surface.vtp")
    made, checks = replica.build(lumen)
    print(checks)
    assert checks.passed and checks.genus == 2 and checks.wall_p1_mm >= 0.95 * 2.0
    assert trimesh.Trimesh(made.points, made.faces).is_volume


def test_bad_walls_and_printers_are_refused() -> None:
    with pytest.raises(InputError, match="impossible wall"):
        replica.build(fork(1.5), wall=0.5, grid=0.6)
    with pytest.raises(InputError, match="unknown printer"):
        replica.build(fork(1.5), printer="inkjet")
