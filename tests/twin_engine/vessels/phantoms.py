"""Blurred, noisy tubes of known radius: voxel 1 mm, lumen 1000, surroundings 100."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from twin_engine.vessels import calibre, centreline, segment, surface
from twin_engine.vessels.image import Image

PSF = 0.6
# Averaging over a voxel adds 1/12 voxel squared.
BLUR = float(np.sqrt(PSF**2 + 1 / 12))
Tube = tuple[NDArray, NDArray]


def volume(shape: Sequence[int], tubes: Sequence[Tube], noise: float, seed: int = 1, fine: int = 2) -> Image:
    """Tubes are (points (n, 3), radius (n,)) in voxels."""
    n = [s * fine for s in shape]
    nodes = ((np.stack(np.meshgrid(*[np.arange(k) for k in n], indexing="ij"), -1) + 0.5) / fine - 0.5).reshape(-1, 3)
    inside = np.full(n, -np.inf)
    for points, radius in tubes:
        far, near = cKDTree(points).query(nodes, k=4)
        inside = np.maximum(inside, (radius[near] - far).max(axis=1).reshape(n))
    share = gaussian_filter(np.clip(inside * fine + 0.5, 0, 1), PSF * fine)
    share = share.reshape(shape[0], fine, shape[1], fine, shape[2], fine).mean(axis=(1, 3, 5))
    values = 100 + 900 * share + np.random.default_rng(seed).normal(0, noise * 900, share.shape)
    return Image(values.astype(np.float32), np.ones(3), np.zeros(3), np.eye(3))


def measured(
    tubes: Sequence[Tube], shape: Sequence[int], seed_point: Sequence[float], noise: float = 0.05
) -> tuple[centreline.Tree, list[str]]:
    """The whole way: image, lumen, surface, tree, radius."""
    image = volume(shape, tubes, noise)
    found = segment.lumen(image, np.atleast_2d(np.array(seed_point, float)))
    tree = centreline.centreline(surface.largest(surface.extract(found.level)), 0.7)
    return calibre.measure(image, tree, BLUR)


def straight(radius: float | NDArray, length: int, at: float) -> Tube:
    """A slightly oblique tube along z."""
    z = np.linspace(-10, length + 10, 1500)
    r = np.broadcast_to(np.asarray(radius, float), z.shape)
    return np.stack([at + 0.3 + 0.03 * z, at + 0.1 + 0.02 * z, z], 1), r
