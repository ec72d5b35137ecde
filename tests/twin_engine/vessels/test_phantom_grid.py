"""The whole grid of phantoms: tubes, rings and forks of 1.5 to 12 voxels, two noises, and narrowings of 30, 50, 70 %.

Every row goes image -> lumen -> surface -> tree -> radius. Voxel 1 mm, point spread .6 voxel.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

sys.path.insert(0, str(Path(__file__).parent))
from phantoms import Tube, measured, straight

from twin_engine.vessels import calibre, centreline

pytestmark = pytest.mark.slow
RADII, NOISES = (1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0), (0.03, 0.10)


def errors(tree: centreline.Tree, tubes: list[Tube]) -> tuple[float, float]:
    """Largest radius bias over the branches and mean distance to the true axis, outside junctions and caps."""
    bias, off = [], []
    for b in tree.branches:
        tube = min(tubes, key=lambda t: float(np.median(cKDTree(t[0]).query(b.points[len(b.points) // 3 :])[0])))
        far, near = cKDTree(tube[0]).query(b.points)
        use = calibre.reference(tree, b)[1] & np.isfinite(b.radius)
        if use.sum() >= 8:
            bias.append(float((b.radius - tube[1][near])[use].mean()))
            off.append(far[use])
    worst = max(bias, key=abs)
    return worst, float(np.concatenate(off).mean())


def check(kind: str, radius: float, noise: float, tubes: list[Tube], shape: tuple, seed: Sequence, count: int) -> None:
    tree, _ = measured(tubes, shape, seed, noise)
    bias, off = errors(tree, tubes)
    print(f"{kind} R {radius:g} noise {noise:.0%}: bias {bias:+.3f}, axis {off:.3f}, branches {len(tree.branches)}")
    assert len(tree.branches) == count
    assert abs(bias) < 0.1 and off < 0.25
    assert not calibre.lesions(tree)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("radius", RADII)
def test_tubes(radius: float, noise: float) -> None:
    at, n, long = radius + 6, int(2 * radius + 18), int(max(40, 7 * radius))
    tube = straight(radius, long, at)
    check("tube", radius, noise, [tube], (n, n, long), tube[0][750], 1)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("radius", RADII)
def test_rings(radius: float, noise: float) -> None:
    wide = max(20.0, 3 * radius)
    a = np.linspace(-0.2, np.pi + 0.2, 1200)
    mid = wide + radius + 7
    points = np.stack([wide * np.cos(a) + mid, wide * np.sin(a) + 2, np.full(1200, radius + 7.0)], 1)
    shape = (int(2 * mid) + 1, int(wide + radius + 9), int(2 * radius + 15))
    check("ring", radius, noise, [(points, np.full(1200, radius))], shape, points[600], 1)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("radius", [r for r in RADII if r >= 3])
def test_healthy_tapering_forks(radius: float, noise: float) -> None:
    # Daughters of .755 R (Murray 1926: 2^(-1/3) = .79, narrowing to .64 R) stay above 1.5 voxels from R = 3 on.
    trunk, long = max(30.0, 4 * radius), max(50.0, 7 * radius)
    mid = 0.6 * long + radius
    z = np.linspace(-10, trunk, 600)
    tubes = [(np.stack([0 * z + mid, 0 * z + radius + 7, z], 1), radius * (1 - 0.1 * z / trunk))]
    for side in (-0.6, 0.5):
        u = np.linspace(0, long + 10, 900)
        line = np.stack([mid + u * np.sin(side), 0 * u + radius + 7, trunk + u * np.cos(side)], 1)
        tubes.append((line, radius * 2 ** (-1 / 3) * 0.95 * (1 - 0.15 * u / long)))
    shape = (int(2 * mid), int(2 * radius + 16), int(trunk + 0.8 * long))
    check("fork", radius, noise, tubes, shape, tubes[0][0][300], 3)


@pytest.mark.parametrize("percent", [30, 50, 70])
@pytest.mark.parametrize("radius", [r for r in RADII if r >= 2])
def test_narrowings(radius: float, percent: int) -> None:
    half = 1.6 * radius
    long = int(max(60, 8 * radius))
    middle = long / 2 + 0.3
    z = np.linspace(-10, long + 10, 2000)
    dip = np.where(abs(z - middle) < half, 0.5 * (1 + np.cos(np.pi * (z - middle) / half)), 0)
    points = np.stack([0 * z + radius + 7.3, 0 * z + radius + 6.8, z], 1)
    n = int(2 * radius + 15)
    # One seed on each side: a throat finer than the image shows must be named, not taken for the vessel's end.
    seeds = points[[500, 1500]]
    tree, warnings = measured([(points, radius * (1 - percent / 100 * dip))], (n, n, long), seeds)
    found = calibre.lesions(tree)
    assert found, warnings
    throat = radius * (1 - percent / 100)
    b = tree["1"]
    z_at = [float(np.interp(x.position, b.arc, b.points[:, 2])) for x in found]
    print(f"narrowing R {radius:g} {percent} %: {[round(x.percent, 1) for x in found]} % at {np.round(z_at, 2)} "
          f"(truth {middle:.2f}), at least: {[x.at_least for x in found]}, {warnings}")  # fmt: skip
    (lesion,) = found
    assert lesion.kind == "stenosis" and abs(z_at[0] - middle) <= 0.5
    if throat >= calibre.SMALLEST_VOXELS:
        assert abs(lesion.percent - percent) <= 3.0
    elif lesion.at_least:
        assert warnings and lesion.percent <= percent + 3.0
    else:
        assert abs(lesion.percent - percent) <= 3.0
