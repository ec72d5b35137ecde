"""Bake a place's light at build time: `python -m scenes.bake home [office driving:road-day ...]`.

Direct light of panels, windows (portals), sun and lamps; then bounces as gathers from the previous light map;
then smoothing inside each chart. Results lie in assets/lightmaps/ and are equal for any number of threads.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from scenes import bake_kernels as kernels
from scenes import bvh, lightmap
from scenes.materials import Material, mean_albedo
from scenes.mesh import Patch

SUN_RADIUS = 0.0047  # angular radius of the sun's disc, rad
INSIDE = 0.25  # share of back hits from which a texel counts as inside something


@dataclass(frozen=True)
class Panel:
    """A rectangular light or, as a portal, a window to the sky; it shines along half_u x half_v."""

    centre: Sequence[float]
    half_u: Sequence[float]
    half_v: Sequence[float]
    radiance: Sequence[float] = (0.0, 0.0, 0.0)
    portal: bool = False


@dataclass(frozen=True)
class Lamp:
    """A small lamp: candela rgb along its axis, falling with a power of the cosine (0: all round)."""

    position: Sequence[float]
    candela: Sequence[float]
    axis: Sequence[float] = (0.0, 0.0, -1.0)
    exponent: float = 0.0
    radius: float = 0.05
    reach: float = 60.0


@dataclass(frozen=True)
class Lighting:
    """What shines: panels, lamps, the sun (direction to it, lux rgb) and the sky's table (rows nadir to zenith)."""

    panels: Sequence[Panel] = ()
    lamps: Sequence[Lamp] = ()
    sun: tuple[Sequence[float], Sequence[float]] | None = None
    sky: np.ndarray = field(default_factory=lambda: np.zeros((2, 1, 3)))
    open_sky: bool = False


@dataclass(frozen=True)
class Quality:
    """Rays: panel strata, sun strata, lamp rays, strata of each bounce; clamp of a single panel ray."""

    panel: int = 6
    sun: int = 4
    lamp: int = 4
    bounces: Sequence[int] = (4, 5, 5, 6, 18)
    clamp: float = 0.05
    smooth: bool = True


@dataclass(frozen=True)
class Unit:
    """What is baked into one light map: patches, their materials, light and texels per metre."""

    patches: Sequence[Patch]
    materials: Mapping[str, Material]
    lighting: Lighting
    per_metre: float
    width: int = 1024
    quality: Quality = field(default_factory=Quality)

    def layout(self) -> lightmap.Layout:
        """Where the charts lie; the same for baking and for drawing."""
        return lightmap.pack(self.patches, self.per_metre, self.width)


def bake(unit: Unit, quality: Quality | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Light and its mean direction, both (height, width, 3) float32; light is E / pi, cd/m2."""
    quality = quality or unit.quality
    layout = unit.layout()
    points = lightmap.texels(unit.patches, layout)
    tree, surface = _surfaces(unit, layout)
    work = _Work(points, (tree.boxes, tree.links, tree.corners), surface, layout)
    sun, area = work.zeros(), work.zeros()
    _direct(work, unit.lighting, quality, sun, area)
    valid = np.ones(len(points.index), bool)
    if quality.smooth:
        sun = work.smoothed(sun, valid, ((1, 0.8),))
        area = work.smoothed(area, valid, ((1, 0.5), (2, 0.25)))
    bounce = work.zeros()
    for number, n in enumerate(quality.bounces):
        last = number == len(quality.bounces) - 1
        light = work.map(sun[:, :3] + area[:, :3] + bounce[:, :3], valid)
        bounce = work.zeros()
        inside = np.zeros(len(points.index), np.float32)
        sky = np.asarray(unit.lighting.sky, np.float64)
        kernels.gather(points.position, points.normal, work.tree, surface, light.reshape(-1, 3), layout.size[0], sky,
                       unit.lighting.open_sky, n, 5 + number, bounce[:, :3], bounce[:, 3:], inside)  # fmt: skip
        if number == 0:
            valid = _outside(inside, points.chart)
        if quality.smooth:
            steps = ((1, 0.5), (2, 0.25), (4, 0.12)) if last else ((1, 0.5), (2, 0.3))
            bounce = work.smoothed(bounce, valid, steps)
    total = sun + area + bounce
    direction = work.map(total[:, 3:] / np.maximum(np.linalg.norm(total[:, 3:], axis=1, keepdims=True), 1e-12), valid)
    light = work.map(total[:, :3], valid)
    _through(unit, layout, light)
    return light, direction


def _outside(inside: np.ndarray, chart: np.ndarray) -> np.ndarray:
    """Texels that count: few back hits, or, where a whole chart has many, those of it that have the fewest."""
    least = np.full(int(chart.max()) + 1, np.inf)
    np.minimum.at(least, chart, inside)
    return inside <= np.maximum(INSIDE, least[chart])


def _scattered(light: np.ndarray, n: int = 5) -> np.ndarray:
    """Light that passed a cloth, spread by its threads: a box mean of n texels."""
    for axis in (0, 1):
        if light.shape[axis] > n:
            first, last = light.take([0], axis), light.take([-1], axis)
            wide = [np.repeat(first, n // 2 + 1, axis), light, np.repeat(last, n // 2, axis)]
            total = np.cumsum(np.concatenate(wide, axis), axis)
            length = light.shape[axis]
            light = (total.take(range(n, n + length), axis) - total.take(range(length), axis)) / n
    return light


def _through(unit: Unit, layout: lightmap.Layout, light: np.ndarray) -> None:
    """Thin cloth: each side also shows part of what falls on the other."""
    number = 0
    while number < len(unit.patches):
        share = unit.materials[unit.patches[number].material].through
        if share > 0:
            (xa, ya, w, h), (xb, yb, _, _) = layout.rects[number], layout.rects[number + 1]
            front, back = light[ya : ya + h, xa : xa + w], light[yb : yb + h, xb : xb + w]
            soft = share * _scattered(back)[:, ::-1], share * _scattered(front)[:, ::-1]
            front[:], back[:] = front + soft[0], back + soft[1]
            number += 1
        number += 1


def _surfaces(unit: Unit, layout: lightmap.Layout) -> tuple[bvh.Tree, np.ndarray]:
    """The tree and, in its leaf order, texel coordinates, albedo, glow and sidedness of every triangle."""
    triangles, rows = [], []
    for patch, rect in zip(unit.patches, layout.rects, strict=True):
        if patch.proxy is not None or (patch.density <= 0 and not unit.materials[patch.material].blocks):
            continue
        material = unit.materials[patch.material]
        points, faces = patch.triangles()
        uv = lightmap.chart_uv(patch, rect).reshape(-1, 2)[faces].reshape(len(faces), 6)
        fixed = np.concatenate([mean_albedo(material) * np.array(patch.tint), material.glow, [material.two_sided]])
        triangles.append(points[faces])
        rows.append(np.concatenate([uv, np.tile(fixed, (len(faces), 1))], axis=1))
    tree = bvh.build(np.concatenate(triangles))
    return tree, np.ascontiguousarray(np.concatenate(rows)[tree.order], np.float32)


def _direct(work: "_Work", light: Lighting, quality: Quality, sun: np.ndarray, area: np.ndarray) -> None:
    p = work.points
    if light.sun is not None:
        direction = np.asarray(light.sun[0], float) / np.linalg.norm(light.sun[0])
        across = np.cross(direction, [0.0, 0.0, 1.0])
        across /= np.linalg.norm(across)
        row = np.concatenate([direction, light.sun[1], [SUN_RADIUS], across, np.cross(direction, across)])
        kernels.sunlight(p.position, p.normal, p.across, p.up, work.tree, row, quality.sun, sun[:, :3], sun[:, 3:])
    if light.panels:
        rows = np.array([[*s.centre, *s.half_u, *s.half_v, *s.radiance, float(s.portal)] for s in light.panels])
        sky = np.asarray(light.sky, np.float64)
        kernels.panels(p.position, p.normal, work.tree, rows, sky, quality.panel, quality.clamp, area[:, :3],
                       area[:, 3:])  # fmt: skip
    if light.lamps:
        rows = np.array([[*s.position, *s.axis, *s.candela, s.exponent, s.radius, s.reach] for s in light.lamps])
        kernels.lamps(p.position, p.normal, work.tree, rows, quality.lamp, area[:, :3], area[:, 3:])


class _Work:
    """Texels and their map: moves values between the two."""

    def __init__(self, points: lightmap.Texels, tree: tuple, surface: np.ndarray, layout: lightmap.Layout) -> None:
        self.points, self.tree, self.surface = points, tree, surface
        self.width, self.height = layout.size
        self.chart = np.full(self.width * self.height, -1, np.int32)
        self.chart[points.index] = points.chart
        self.normal = np.zeros((self.width * self.height, 3), np.float32)
        self.normal[points.index] = points.normal

    def zeros(self) -> np.ndarray:
        """(texels, 6): light and direction."""
        return np.zeros((len(self.points.index), 6), np.float32)

    def smoothed(self, values: np.ndarray, valid: np.ndarray, steps: Sequence[tuple[int, float]]) -> np.ndarray:
        """Values after a-trous passes of (step, sigma of log luminance) within each chart."""
        flat = np.zeros((self.height * self.width, 6), np.float32)
        flat[self.points.index] = values
        chart = self.chart.copy()
        chart[self.points.index[~valid]] = -1
        image, shape = flat.reshape(self.height, self.width, 6), (self.height, self.width)
        for step, sigma in steps:
            out = image.copy()
            kernels.smooth(image, chart.reshape(shape), self.normal.reshape(*shape, 3), step, sigma, out)
            image = out
        return image.reshape(-1, 6)[self.points.index]

    def map(self, values: np.ndarray, valid: np.ndarray) -> np.ndarray:
        """(height, width, 3) map; texels inside something and the gutter take the mean of their neighbours."""
        image = np.zeros((self.height, self.width, 3), np.float32)
        known = np.zeros((self.height, self.width), bool)
        image.reshape(-1, 3)[self.points.index] = values
        known.reshape(-1)[self.points.index[valid]] = True
        chart = self.chart.reshape(self.height, self.width)
        for _ in range(40):
            total, count = np.zeros_like(image), np.zeros(known.shape, np.float32)
            for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
                same = np.roll(known, (dy, dx), (0, 1)) & ((np.roll(chart, (dy, dx), (0, 1)) == chart) | (chart < 0))
                total += np.roll(image, (dy, dx), (0, 1)) * same[..., None]
                count += same
            fill = ~known & (count > 0)
            if not fill[chart >= 0].any():
                break
            image[fill] = total[fill] / count[fill, None]
            known = known | fill
        image[:2, :2] = 0.0
        return image


def main(names: Sequence[str]) -> None:
    """Bake the named places and write their light maps."""
    from PIL import Image

    from scenes.scene import names as places
    from twin_engine import assets

    folder = assets.root() / lightmap.FOLDER
    folder.mkdir(exist_ok=True)
    for word in names or places():
        name, _, only = word.partition(":")
        module = __import__(f"scenes.places.{name}", fromlist=["units"])
        for picture, draw in getattr(module, "backdrops", dict)().items():
            if not only or only == picture:
                Image.fromarray(draw()).save(folder / f"{picture}.jpg", quality=84)
        units: dict[str, Callable[[], Unit]] = module.units()
        for unit_name, make in units.items():
            if only and only != unit_name:
                continue
            unit = make()
            light, direction = bake(unit)
            lightmap.save(folder / unit_name, light, direction, unit.layout().mark())
            sys.stdout.write(f"{unit_name}: {light.shape[1]} x {light.shape[0]} texels\n")


if __name__ == "__main__":
    main(sys.argv[1:])
