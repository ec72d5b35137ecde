"""Image to tree: tubes, rings and forks of known radius, narrowings, and two patients' images."""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

sys.path.insert(0, str(Path(__file__).parent))
from phantoms import BLUR, measured, straight, volume

from twin_engine.errors import InputError
from twin_engine.vessels import calibre, centreline, segment, surface
from twin_engine.vessels.image import Image

SLOW = pytest.mark.slow


def middle(branch: centreline.Branch) -> slice:
    n = len(branch.points) // 5 + 3
    return slice(n, -n)


@pytest.mark.parametrize(
    ("radius", "noise"), [(1.5, 0.05), (2, 0.1), (4, 0.03), *(pytest.param(r, 0.1, marks=SLOW) for r in (3, 6, 12))]
)
def test_radius_and_centre_of_a_tube(radius: float, noise: float) -> None:
    at, n = radius + 6, int(2 * radius + 16)
    points, r = straight(radius, 56, at)
    tree, _ = measured([(points, r)], (n, n, 56), points[750], noise)
    (b,) = tree.branches
    assert abs(np.nanmean(b.radius[middle(b)]) - radius) < 0.1
    assert cKDTree(points).query(b.points[middle(b)])[0].mean() < 0.25
    assert not calibre.lesions(tree)


def test_too_small_a_vessel_has_a_warning_and_no_number() -> None:
    z = np.linspace(-10, 70, 1500)
    points, r = straight(np.clip(3 - 0.05 * z, 0.9, 3), 60, 9)
    line = points[200:-200:20]
    image = volume((19, 19, 60), [(points, r)], 0.02)
    tree = centreline.Tree((centreline.Branch("1", None, line, r[200:-200:20], r[200:-200:20]),))
    known, warnings = calibre.measure(image, tree, BLUR)
    assert warnings and np.isnan(known["1"].radius[-8:]).all() and np.isfinite(known["1"].radius[4:20]).all()
    points, r = straight(0.9, 40, 9)
    small_tree = centreline.Tree((centreline.Branch("1", None, points[200:-200:20], *[r[200:-200:20]] * 2),))
    with pytest.raises(InputError, match="too small"):
        calibre.measure(volume((19, 19, 40), [(points, r)], 0.02), small_tree, BLUR)


@pytest.mark.parametrize("radius", [4, pytest.param(2, marks=SLOW), pytest.param(6, marks=SLOW)])
def test_a_ring_keeps_radius_centre_and_curvature(radius: int) -> None:
    a = np.linspace(-0.2, np.pi + 0.2, 800)
    points = np.stack([24 * np.cos(a) + 34, 24 * np.sin(a) + 2, np.full(800, radius + 7.0)], 1)
    tree, _ = measured([(points, np.full(800, float(radius)))], (68, 38, 2 * radius + 15), points[400])
    (b,) = tree.branches
    assert abs(np.nanmean(b.radius[middle(b)]) - radius) < 0.1
    assert cKDTree(points).query(b.points[middle(b)])[0].mean() < 0.25
    assert b.curvature[middle(b)].mean() == pytest.approx(1 / 24, rel=0.05)


@pytest.mark.parametrize("radius", [3, pytest.param(5, marks=SLOW)])
def test_a_healthy_tapering_fork_shows_no_disease(radius: int) -> None:
    z = np.linspace(-10, 30, 600)
    tubes = [(np.stack([0 * z + 40, 0 * z + radius + 7, z], 1), radius * (1 - 0.1 * z / 30))]
    for side in (-0.6, 0.5):
        u = np.linspace(0, 60, 900)
        line = np.stack([40 + u * np.sin(side), 0 * u + radius + 7, 30 + u * np.cos(side)], 1)
        tubes.append((line, radius * 2 ** (-1 / 3) * 0.95 * (1 - 0.15 * u / 60)))
    tree, _ = measured(tubes, (80, 2 * radius + 16, 72), tubes[0][0][300])
    assert [b.name for b in tree.branches] == ["1", "1.1", "1.2"]
    assert not calibre.lesions(tree)
    for b in tree.branches:
        tube = min(tubes, key=lambda t: cKDTree(t[0]).query(b.points[-5])[0])
        far, near = cKDTree(tube[0]).query(b.points)
        use = calibre.reference(tree, b)[1]
        assert abs(np.nanmean((b.radius - tube[1][near])[use])) < 0.1 and far[use].mean() < 0.25


@pytest.mark.parametrize(
    ("radius", "percent"),
    [(5, 50), (5, 70), (3, 30), *(pytest.param(r, p, marks=SLOW) for r, p in ((5, 30), (3, 50), (6, 70)))],
)
def test_an_imposed_stenosis_is_found(radius: int, percent: int) -> None:
    z, half = np.linspace(-10, 90, 1500), 1.6 * radius
    dip = np.where(abs(z - 40.3) < half, 0.5 * (1 + np.cos(np.pi * (z - 40.3) / half)), 0)
    points = np.stack([0 * z + radius + 7.3, 0 * z + radius + 6.8, z], 1)
    tree, _ = measured(
        [(points, radius * (1 - percent / 100 * dip))], (2 * radius + 15, 2 * radius + 15, 80), points[400]
    )
    (found,) = calibre.lesions(tree)
    b = tree["1"]
    assert found.kind == "stenosis" and found.percent == pytest.approx(percent, abs=3.0)
    assert np.interp(found.position, b.arc, b.points[:, 2]) == pytest.approx(40.3, abs=0.5)


def test_an_aneurysm_is_found_in_a_profile() -> None:
    s = np.linspace(0, 120, 241)
    tree = calibre.from_profile("artery", s, 8 - 0.02 * s + 6 * np.exp(-(((s - 60) / 8) ** 2)))
    (found,) = calibre.lesions(tree)
    assert found.kind == "aneurysm" and found.position == pytest.approx(60, abs=0.5)


def reference_aorta(shared_data: Path) -> tuple[Image, list[np.ndarray], list[np.ndarray], surface.Surface]:
    from avatars import imaging

    vtk = pytest.importorskip("vtk")
    from vtk.util.numpy_support import vtk_to_numpy

    folder = shared_data / "imaging" / "vmtk"
    reader = vtk.vtkXMLPolyDataReader()
    reader.SetFileName(str(folder / "aorta-centerline.vtp"))
    reader.Update()
    data = reader.GetOutput()
    # VMTK's frame is the patient's with x and y turned round.
    turn = np.array([-1.0, -1.0, 1.0])
    points = vtk_to_numpy(data.GetPoints().GetData()) * turn
    radius = vtk_to_numpy(data.GetPointData().GetArray("MaximumInscribedSphereRadius"))
    n = data.GetCell(0).GetNumberOfPoints()
    wall = surface.read(folder / "aorta-surface.vtp")
    return (
        imaging.read(folder / "aorta.mha"),
        [points[:n], points[n:]],
        [radius[:n], radius[n:]],
        surface.outward(surface.Surface(wall.points * turn, wall.faces)),
    )


def between(mask: np.ndarray, level: Image, lines: list[np.ndarray]) -> np.ndarray:
    """What lies between the reference's three end planes and hangs together."""
    from scipy.ndimage import label

    at = level.world(np.argwhere(np.ones(mask.shape)).astype(float)).reshape(*mask.shape, 3)
    keep = mask.copy()
    for line, i, j, wide in ((lines[0], 0, 3, 1e9), (lines[0], -1, -4, 15), (lines[1], 0, 3, 15)):
        t = (line[i] - line[j]) / np.linalg.norm(line[i] - line[j])
        keep &= ~(((at - line[i]) @ t > 0) & (np.linalg.norm(at - line[i], axis=-1) < wide))
    parts, _ = label(keep)
    inner = np.round(level.index(lines[0][20:-20])).astype(int)
    return np.isin(parts, list(set(parts[tuple(inner.T)]) - {0}))


def test_the_mr_aorta_agrees_with_its_reference(shared_data: Path) -> None:
    image, lines, radii, wall = reference_aorta(shared_data)
    found = segment.lumen(image, lines[0][[50, 105]])
    grid = surface._inside(
        surface.Surface(found.level.index(wall.points), wall.faces), np.zeros(3), 1.0, np.array(found.mask.shape)
    )
    overlap = segment.dice(between(grid, found.level, lines), between(found.mask, found.level, lines))
    box = segment_box(found.level, np.vstack(lines))
    tree = centreline.centreline(surface.largest(surface.extract(box)), 0.88, lines[0][-1])
    mine = np.vstack([np.linspace(a, b, 10) for r in tree.branches for a, b in pairwise(r.points)])
    far = cKDTree(mine).query(np.vstack(lines))[0]
    print(f"Dice {overlap:.3f}, centreline mean {far.mean():.3f} mm")
    assert overlap >= 0.95 and far.mean() <= 0.25
    nodes, depth = np.vstack([b.points for b in tree.branches]), np.concatenate([b.inscribed for b in tree.branches])
    for line, radius in zip(lines, radii, strict=True):
        bias = (depth[cKDTree(nodes).query(line)[1]] - radius).mean()
        print(f"radius bias {bias:+.3f} mm")
        assert abs(bias) <= 0.05


def segment_box(level: Image, points: np.ndarray) -> Image:
    from twin_engine.vessels.image import crop

    return crop(level, points, 10.0)


@SLOW
def test_the_ct_dissection_from_seeds(shared_data: Path) -> None:
    from avatars import imaging

    folder = shared_data / "imaging" / "totalseg"
    ct = imaging.read(folder / "ar_ct_cropped.nii.gz")
    whole, true, false = (
        imaging.read(folder / f"ar_{n}.nii.gz").values > 0.5 for n in ("aorta", "aorta_true_lumen", "aorta_false_lumen")
    )
    scores = {}
    for every in (10, 20):
        masks = segment.several(ct, dissection_seeds(ct, whole, {"true": true, "false": false}, every))
        scores[every] = [
            segment.dice(a, b)
            for a, b in ((masks["true"] | masks["false"], whole), (masks["true"], true), (masks["false"], false))
        ]
        print(f"seeds every {1.5 * every} mm: aorta, true, false", np.round(scores[every], 3))
    assert np.all(np.array(scores[10]) >= (0.92, 0.92, 0.88))


def dissection_seeds(ct: Image, whole: np.ndarray, lumens: dict, every: int) -> dict:
    """Discs of .4 radius in each lumen every so many slices, and 2 % of the voxels outside there."""
    from scipy.ndimage import distance_transform_edt, label

    rng = np.random.default_rng(1)
    seeds: dict[str, list] = {"outside": [], **{name: [] for name in lumens}}
    for k in range(2, ct.values.shape[2], every):
        for name, mask in lumens.items():
            parts, count = label(mask[:, :, k])
            for part in (parts == i for i in range(1, count + 1)):
                depth = distance_transform_edt(np.pad(part, 1))[1:-1, 1:-1]
                if depth.max() >= 1.5:
                    middle = np.array(np.unravel_index(depth.argmax(), depth.shape))
                    seeds[name] += [
                        (*p, k) for p in np.argwhere(part) if ((p - middle) ** 2).sum() <= (0.4 * depth.max()) ** 2
                    ]
        free = np.argwhere(~whole[:, :, k])
        seeds["outside"] += [(*p, k) for p in free[rng.choice(len(free), len(free) // 50, replace=False)]]
    return {name: ct.world(np.array(s, float)) for name, s in seeds.items()}


def small() -> Image:
    points, r = straight(3.0, 30, 9)
    return volume((20, 20, 30), [(points, r)], 0.03)


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        ((1.0, 1.0, 1.0), "no vessel at the seed"),
        ((99.0, 1.0, 1.0), "outside the image"),
        ((np.nan, 1.0, 1.0), "three coordinates"),
    ],
)
def test_bad_seeds_are_refused(seed: tuple, message: str) -> None:
    with pytest.raises(InputError, match=message):
        segment.lumen(small(), np.array([seed]))


def test_two_seeds_in_one_lumen_are_refused() -> None:
    seeds = {"true": [[9.5, 9.5, 8]], "false": [[9.8, 9.6, 22]], "outside": [[1, 1, 1]]}
    with pytest.raises(InputError, match="two seeds in one lumen"):
        segment.one_lumen(small(), {k: np.array(v, float) for k, v in seeds.items()})
    same = {"true": [[9, 9, 8]], "false": [[9, 9, 8]], "outside": [[1, 1, 1]]}
    with pytest.raises(InputError, match="two seeds in one lumen"):
        segment.several(small(), {k: np.array(v, float) for k, v in same.items()})


def test_a_sheared_orientation_is_refused() -> None:
    with pytest.raises(InputError, match="wrong orientation"):
        Image(np.zeros((3, 3, 3), np.float32), np.ones(3), np.zeros(3), np.eye(3) + 0.2)


@pytest.mark.parametrize("ending", [".nii.gz", ".nii", ".mha", ".nrrd"])
def test_a_truncated_file_is_refused(tmp_path: Path, ending: str) -> None:
    from avatars import imaging

    whole = imaging.write(small(), tmp_path / f"a{ending}")
    (tmp_path / f"b{ending}").write_bytes(whole.read_bytes()[:2000])
    again = imaging.read(whole)
    assert again.values.shape == (20, 20, 30) and again.values == pytest.approx(small().values)
    with pytest.raises(InputError, match="cannot be read"):
        imaging.read(tmp_path / f"b{ending}")


def test_a_surface_with_three_triangles_at_an_edge_is_refused() -> None:
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, -1, 0.0]])
    with pytest.raises(InputError, match="not a manifold"):
        surface.closed(surface.Surface(points, np.array([[0, 1, 2], [0, 1, 3], [0, 1, 4]])))


def test_a_tree_must_hang_together_and_have_radii() -> None:
    line, r = np.array([[0, 0, 0], [0, 0, 5.0]]), np.array([2.0, 2.0])
    root = centreline.Branch("1", None, line, r, r)
    with pytest.raises(InputError, match="not connected"):
        centreline.Tree((root, centreline.Branch("2", "9", line, r, r)))
    with pytest.raises(InputError, match="radius must be positive"):
        centreline.Tree((centreline.Branch("1", None, line, 0 * r, r),))


def test_distance_to_a_ball_is_exact() -> None:
    grid = np.stack(np.meshgrid(*[np.arange(-12, 13.0)] * 3, indexing="ij"), -1)
    ball = Image((9 - np.linalg.norm(grid, axis=-1)).astype(np.float32), np.ones(3), np.full(3, -12.0), np.eye(3))
    wall = surface.extract(ball, smoothing=0)
    assert wall.watertight and wall.bodies() == 1 and wall.genus() == 0
    assert wall.volume_ml == pytest.approx(4 / 3 * np.pi * 0.729, rel=0.01)
    signed = surface.signed_distance(wall, 1.0, 2.0)
    at = np.array([[0, 0, 0], [5, 0, 0], [0, 8, 0], [0, 0, 10.0]])
    assert signed.sample(at) == pytest.approx(9 - np.linalg.norm(at, axis=1), abs=0.05)
    assert BLUR > 0
