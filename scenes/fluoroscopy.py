"""Simulated X-ray pictures: ray sums of a body, contrast in a vessel, a wire, and the detector's look.

Attenuation at 60 keV (Elam tables, ICRU-44 mixtures), 1/cm: muscle .215, lung .055, cortical bone .60, blood with
350 mg I/mL 2.65, steel 9.5, platinum tip 34. Lengths in mm. A picture for training, not a dose calculation.
"""

from collections.abc import Callable
from dataclasses import astuple, dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.vessels.calibre import seen_radius
from twin_engine.vessels.carm import CArm
from twin_engine.vessels.centreline import Tree
from twin_engine.vessels.image import Image

Array = NDArray[np.float64]
MUSCLE, LUNG, BONE, CONTRAST, STEEL, TIP = (v / 10 for v in (0.215, 0.055, 0.60, 2.65, 9.5, 34.0))
# A catheter's braided wall as a solid rod of its width; bone share of vertebra and rib with marrow (assumptions).
CATHETER, SPINE, RIB = 0.08, 0.16, 0.36
# Scatter as a share and its width in picture widths, detector blur in pixels, photons a pixel and pulse.
SCATTER, SCATTER_WIDTH, BLUR_PX, PHOTONS = 0.45, 0.11, 0.75, 160.0
# The last pose's chest: a session looks from one side for a long time.
_CHESTS: dict[tuple, tuple] = {}
# A new frame's weight in the recursive filter.
FRESH = 0.6


def ellipsoid(rays: Array, source: Array, centre: Array, radii: Array) -> Array:
    """Length in mm of each ray in an ellipsoid with axes along x, y, z."""
    d, o = rays / radii, (source - centre) / radii
    a, b, c = (d * d).sum(-1), (d * o).sum(-1), float(o @ o) - 1
    return 2 * np.sqrt(np.maximum(b * b - a * c, 0)) / a


def chest(arm: CArm, pixels: int = 128) -> tuple[Array, Array]:
    """Attenuation (natural log) of a procedural chest round the C-arm's centre, in diastole and in systole."""
    pose = (*map(float, arm.centre), *astuple(arm)[1:])
    if pose not in _CHESTS:
        _CHESTS.clear()
        _CHESTS[pose] = _chest(arm, pixels)
    return _CHESTS[pose]


def _chest(arm: CArm, pixels: int) -> tuple[Array, Array]:
    from scipy.ndimage import gaussian_filter, zoom

    rays, source, c = arm.rays(pixels), arm.source(), arm.centre

    def part(offset: tuple, radii: tuple) -> Array:
        return ellipsoid(rays, source, c + np.array(offset, float), np.array(radii, float))

    total = MUSCLE * part((0, 20, 0), (165, 110, 260))
    for side in (-1, 1):
        total -= (MUSCLE - LUNG) * part((side * 88 - 12, 20, 10), (62, 82, 135))
    for k in range(-5, 6):
        total += (BONE - MUSCLE) * SPINE * part((0, 92, 27 * k), (18, 15, 10.5))
        total += (BONE - MUSCLE) * SPINE * part((0, 124, 27 * k - 10), (4, 14, 6))
        for side in (-1, 1):
            total += (BONE - MUSCLE) * SPINE * part((side * 24, 104, 27 * k + 2), (13, 5, 4))
    total += LUNG * 22 * _diaphragm(arm, pixels)
    bones = sum(_ribs(rays, source, c, side) for side in (-1, 1))
    phases = []
    for shrink in (1.0, 0.94):
        heart = (MUSCLE - LUNG) * 0.62 * part((18, -8, -14), (50 * shrink, 40 * shrink, 58 * shrink))
        # Organs move and have soft borders; ribs and spine stand still.
        soft = gaussian_filter(np.maximum(total + heart, 0.05), pixels / 130) + gaussian_filter(bones, pixels / 320)
        phases.append(np.asarray(zoom(soft, arm.pixels / pixels, order=1)))
    return phases[0], phases[1]


def _ribs(rays: Array, source: Array, centre: Array, side: int) -> Array:
    """Ribs from the spine round the chest, sinking forward, as chains of beads."""
    total = np.zeros(rays.shape[:2])
    for k in range(-6, 7):
        for angle in np.linspace(0.2, 2.55, 64):
            at = np.array([side * 146 * np.sin(angle), 20 + 96 * np.cos(angle), 25 * k - 24 * angle])
            bead = ellipsoid(rays, source, centre + at, np.array([6.0, 6.0, 5.6]))
            np.maximum(total, (BONE - MUSCLE) * RIB * bead, out=total)
    return total


def guide(arm: CArm, inlet: Array, way: Array, filled: float) -> Array:
    """A 6 French guide catheter in the inlet: from the descending aorta over the arch (procedural), 2.0 mm wide."""
    from scipy.interpolate import CubicSpline

    way = way / np.linalg.norm(way)
    coaxial = np.array([3 * way, -6 * way, -20 * way + [0, 0, 10]])
    arch = np.array([[-24, 6, 48], [-16, 24, 82], [6, 56, 70], [10, 72, 10], [10, 74, -90]], float)
    course = inlet + np.vstack([coaxial, arch])
    u = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(course, axis=0), axis=1))])
    line = CubicSpline(u, course)(np.arange(0, u[-1], arm.field_mm / arm.pixels))
    wall = tube(arm, line, np.full(len(line), 1.0), CATHETER)
    return wall + tube(arm, line, np.full(len(line), 0.9), CONTRAST * filled)


def _diaphragm(arm: CArm, pixels: int) -> Array:
    at = (np.arange(pixels) + 0.5) / pixels - 0.5
    x, y = np.meshgrid(at, at)
    return np.asarray(1 / (1 + np.exp(-(y - 0.40 - 0.22 * (x + 0.15) ** 2) * 60)))


def volume_sum(arm: CArm, values: NDArray, to_index: Callable[[Array], Array], pixels: int = 192) -> Array:
    """Attenuation of a CT in HU along the rays: mu = mu_water (1 + HU/1000), bone above 200 HU as bone at 60 keV."""
    from scipy.ndimage import map_coordinates, zoom

    hu = np.clip(values.astype(np.float32), -1000, 1500)
    mu = 0.0206 * (1 + hu / 1000) * np.where(hu > 200, 1 + 0.35 * np.clip((hu - 200) / 800, 0, 1), 1)
    rays, source = arm.rays(pixels), arm.source()
    total = np.zeros((pixels, pixels))
    step = 4.0
    for depth in np.arange(arm.source_axis - 300, arm.source_axis + 300, step):
        index = to_index((source + rays * depth).reshape(-1, 3)).T
        total += map_coordinates(mu, index, order=1, mode="constant", cval=0.0).reshape(pixels, pixels) * step
    return np.asarray(zoom(np.maximum(total, 0.05), arm.pixels / pixels, order=1))


def bare(arm: CArm, ct: Image, tree: Tree) -> Array:
    """Attenuation of the patient's CT with the contrast taken out of this tree: it comes back with the bolus.

    Raises
    ------
    InputError
        The image is no CT in HU, or the tree lies outside it.
    """
    from scipy.spatial import cKDTree

    if not (float(np.percentile(ct.values, 1)) < -200 and float(ct.values.max()) < 30_000):
        raise InputError("the image is no CT", "--image", float(np.percentile(ct.values, 1)),
                         "Hounsfield units, air near -1000", "give the CT, not an MR image")  # fmt: skip
    points = np.vstack([dense(b.points, b.arc, 1.0)[0] for b in tree.branches])
    if not ct.inside(points).mean() > 0.5:
        raise InputError("the tree lies outside the image", "--image", points.mean(axis=0).round(1).tolist(),
                         "the image from which the tree was made", "give the same image")  # fmt: skip
    radius = np.concatenate([dense(b.points, seen_radius(b, tree.resolution), 1.0)[1] for b in tree.branches])
    bright = np.argwhere(ct.values > 100)
    far, near = cKDTree(points).query(ct.world(bright.astype(float)), distance_upper_bound=float(radius.max()) + 4)
    filled = np.isfinite(far)
    filled[filled] = far[filled] < radius[near[filled]] + 1.5 * ct.voxel
    values = np.array(ct.values)
    values[tuple(bright[filled].T)] = 40.0
    return volume_sum(arm, values, ct.index)


def tube(arm: CArm, points: Array, radius: Array, mu: Array | float) -> Array:
    """Attenuation of a tube: chords 2 sqrt(r^2 - d^2) times mu, the greatest where parts of it overlap."""
    picture = np.zeros((arm.pixels, arm.pixels))
    at, scale = arm.project(points)
    weight = np.broadcast_to(np.asarray(mu, float), radius.shape)
    for (x, y), s, r, m in zip(at, scale, radius, weight, strict=True):
        wide = max(r * s, 0.7)
        reach = int(wide) + 2
        i, j = round(float(y)), round(float(x))
        low, left = max(i - reach, 0), max(j - reach, 0)
        rows, columns = np.ogrid[low : min(i + reach + 1, arm.pixels), left : min(j + reach + 1, arm.pixels)]
        if not rows.size or not columns.size or m <= 0:
            continue
        chord = 2 * np.sqrt(np.maximum(wide**2 - (rows - y) ** 2 - (columns - x) ** 2, 0)) / s
        # A wire thinner than a pixel keeps its attenuation, spread over the pixel.
        box = picture[low : low + rows.size, left : left + columns.size]
        np.maximum(box, chord * m * min((r * s / wide) ** 2, 1.0), out=box)
    return picture


def dense(points: Array, values: Array, step: float) -> tuple[Array, Array]:
    """Points every `step` mm along a line, with values between."""
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at = np.arange(0, arc[-1] + step / 2, step)
    return np.stack([np.interp(at, arc, points[:, k]) for k in range(3)], 1), np.interp(at, arc, values)


@dataclass
class Detector:
    """Turns attenuation into what the screen shows; keeps the last frame for its recursive filter."""

    rng: np.random.Generator
    last: Array | None = field(default=None)

    def show(self, attenuation: Array) -> Array:
        """A frame in 0..1: scatter, blur, photons, recursion, logarithm, low frequencies halved, window, blades."""
        from scipy.ndimage import gaussian_filter

        primary = np.exp(-attenuation)
        primary = primary / np.median(primary)
        width = SCATTER_WIDTH * len(primary)
        light = gaussian_filter(primary + SCATTER * gaussian_filter(primary, width), BLUR_PX)
        noisy = self.rng.poisson(np.clip(light, 0, 20) * PHOTONS) / PHOTONS
        if self.last is not None:
            noisy = FRESH * noisy + (1 - FRESH) * self.last
        self.last = noisy
        shown = np.log(np.maximum(noisy, 0.01))
        shown = shown - 0.5 * gaussian_filter(shown, 0.08 * len(shown))
        low, high = np.percentile(shown, [0.3, 99.6])
        return np.clip((shown - low) / max(high - low, 1e-6), 0, 1) * _blades(len(shown))


def _blades(n: int) -> Array:
    at = np.abs(np.linspace(-1, 1, n))
    x, y = np.meshgrid(at, at)
    return 1 / (1 + np.exp((np.maximum(np.maximum(x, y), (x + y) / 1.42) - 0.97) * 90))
