"""Simulated X-ray pictures: ray sums of a body, contrast in a vessel, a wire, and the detector's look.

Attenuation at 60 keV (Elam tables, ICRU-44 mixtures), 1/cm: muscle .215, lung .055, cortical bone .60, blood with
350 mg I/mL 2.65, steel 9.5, platinum tip 34. Lengths in mm. A picture for training, not a dose calculation.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin_engine.vessels.carm import CArm

Array = NDArray[np.float64]
MUSCLE, LUNG, BONE, CONTRAST, STEEL, TIP = (v / 10 for v in (0.215, 0.055, 0.60, 2.65, 9.5, 34.0))
# Scatter as a share and its width in picture widths, detector blur in pixels, photons a pixel and pulse.
SCATTER, SCATTER_WIDTH, BLUR_PX, PHOTONS = 0.45, 0.11, 0.75, 160.0
# A new frame's weight in the recursive filter.
FRESH = 0.6


def ellipsoid(rays: Array, source: Array, centre: Array, radii: Array) -> Array:
    """Length in mm of each ray in an ellipsoid with axes along x, y, z."""
    d, o = rays / radii, (source - centre) / radii
    a, b, c = (d * d).sum(-1), (d * o).sum(-1), float(o @ o) - 1
    return 2 * np.sqrt(np.maximum(b * b - a * c, 0)) / a


def chest(arm: CArm, pixels: int = 160) -> tuple[Array, Array]:
    """Attenuation (natural log) of a procedural chest round the C-arm's centre, in diastole and in systole."""
    from scipy.ndimage import gaussian_filter, zoom

    rays, source, c = arm.rays(pixels), arm.source(), arm.centre

    def part(offset: tuple, radii: tuple) -> Array:
        return ellipsoid(rays, source, c + np.array(offset, float), np.array(radii, float))

    total = MUSCLE * part((0, 20, 0), (165, 110, 260))
    for side in (-1, 1):
        total -= (MUSCLE - LUNG) * part((side * 88 - 12, 20, 10), (62, 82, 135))
        total += _ribs(rays, source, c, side)
    for k in range(-4, 5):
        total += (BONE - MUSCLE) * 0.30 * part((0, 92, 29 * k), (20, 17, 12.5))
        total += (BONE - MUSCLE) * 0.35 * part((0, 122, 29 * k - 8), (5, 15, 7))
    total += LUNG * 14 * _diaphragm(arm, pixels)
    phases = []
    for shrink in (1.0, 0.94):
        heart = (MUSCLE - LUNG) * 0.55 * part((14, -8, -8), (52 * shrink, 42 * shrink, 60 * shrink))
        # Organs move and have soft borders.
        soft = gaussian_filter(np.maximum(total + heart, 0.05), pixels / 170)
        phases.append(np.asarray(zoom(soft, arm.pixels / pixels, order=1)))
    return phases[0], phases[1]


def _ribs(rays: Array, source: Array, centre: Array, side: int) -> Array:
    """Ribs as chains of beads from the spine round the chest, sinking forward."""
    total = np.zeros(rays.shape[:2])
    for k in range(-5, 6):
        for angle in np.linspace(0.25, 2.5, 36):
            at = np.array([side * 148 * np.sin(angle), 20 + 96 * np.cos(angle), 26 * k - 26 * angle])
            total += (BONE - MUSCLE) * 0.2 * ellipsoid(rays, source, centre + at, np.array([6.5, 6.5, 4.6]))
    return total


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
        total += map_coordinates(mu, index, order=1, mode="constant").reshape(pixels, pixels) * step
    return np.asarray(zoom(np.maximum(total, 0.05), arm.pixels / pixels, order=1))


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
