"""A hollow replica of a vessel for printing: wall by offset of the distance, open ports, and checks.

The lumen stays as segmented; the wall is the set within `wall` mm of it. Each end is cut square and prolonged by a
tube with a barb for a flow-loop hose. Lengths in mm.
"""

import argparse
import csv
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from twin_engine import assets
from twin_engine.command import Answer
from twin_engine.errors import InputError
from twin_engine.text import tr
from twin_engine.vessels.centreline import Tree, centreline
from twin_engine.vessels.image import Array, Image
from twin_engine.vessels.surface import Surface, compact, distance_to, extract, largest, read, signed_distance, write

# A barb's height and half width, and the angle from which a face needs support (usual in printing).
_BARB, _BARB_HALF, _STEEP_DEG = 0.6, 2.0, 45.0
_BORES_MM = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True)
class Port:
    """An opening: where the cut is, its outward direction and the bore's radius."""

    point: Array
    way: Array
    radius: float


@dataclass(frozen=True)
class Checks:
    """What is measured on the finished shell."""

    watertight: bool
    bodies: int
    genus: int
    genus_expected: int
    wall_p1_mm: float
    wall_median_mm: float
    overhang_percent: float
    size_mm: tuple[float, float, float]
    fits: bool
    volume_ml: float

    @property
    def passed(self) -> bool:
        """One watertight body with the expected openings, and it fits the printer."""
        return self.watertight and self.bodies == 1 and self.genus == self.genus_expected and self.fits


def ports(tree: Tree) -> list[Port]:
    """One port at the root and at every tip, on the axis of the last healthy stretch before the cap."""
    found = []
    for b, last in [(tree.branches[0], False)] + [(b, True) for b in tree.ends()]:
        points, depth = (b.points, b.inscribed) if last else (b.points[::-1], b.inscribed[::-1])
        arc = np.cumsum(np.linalg.norm(np.diff(points, axis=0, append=points[-1:]), axis=1)[::-1])[::-1]
        usual = float(np.median(depth[arc < max(0.3 * b.length, 3 * depth.min())]))
        # The cap pulls the last line's end to its rim: the axis comes from two to four radii before it.
        axis = (arc > 2 * usual) & (arc < 4 * usual)
        if axis.sum() < 3:
            axis = np.arange(len(arc)) < max(3, len(arc) // 2)
        inner, outer = points[axis][0], points[axis][-1]
        way = (outer - inner) / np.linalg.norm(outer - inner)
        reach = float((points[-1] - outer) @ way) - 0.6 * usual
        found.append(Port(outer + max(reach, 0.0) * way, way, float(np.median(depth[axis]))))
    return found


def shell(surface: Surface, wall: float, grid: float, port: float, openings: list[Port]) -> tuple[Surface, Image]:
    """The printable shell, and the lumen's signed distance it was made with (positive inside).

    Raises
    ------
    InputError
        A wall thinner than two grid cells, or a grid too fine for the memory.
    """
    if not (np.isfinite([wall, grid, port]).all() and grid > 0 and 2 * grid <= wall <= 20 and 0 <= port <= 100):
        raise InputError(
            "impossible wall", "--wall", (wall, grid, port), "2 grid cells to 20 mm", "choose a finer --grid"
        )
    field = signed_distance(surface, grid, wall + port + 4 * grid, wall + 3 * grid)
    lumen, outer = np.array(field.values, float), np.array(field.values, float) + wall
    nodes = field.world(np.argwhere(np.ones(lumen.shape, bool)).astype(float)).reshape(*lumen.shape, 3)
    for p in openings:
        ahead = (nodes - p.point) @ p.way
        side = np.linalg.norm(nodes - p.point - ahead[..., None] * p.way, axis=-1)
        near = (side < 2.0 * p.radius + wall) & (ahead > -2 * grid) & (ahead < 3 * p.radius + wall)
        lumen[near] = np.minimum(lumen, -ahead)[near]
        # An end wall closes what the bore leaves open; sharp edges lose up to half a cell on the grid.
        outer[near] = np.minimum(outer, wall + grid / 2 - ahead)[near]
        bore = np.minimum(p.radius - side, np.minimum(ahead + 2 * grid, port + 3 * grid - ahead))
        barb = _BARB * np.maximum(1 - np.abs(ahead - 0.7 * port) / _BARB_HALF, 0) if port > 3 * _BARB_HALF else 0.0
        tube = np.minimum(p.radius + wall + grid / 2 + barb - side, np.minimum(ahead + 2 * grid, port - ahead))
        lumen, outer = np.maximum(lumen, bore), np.maximum(outer, tube)
    body = Image(np.minimum(outer, -lumen).astype(np.float32), field.spacing, field.origin, field.axes)
    return largest(extract(body, smoothing=0)), field.like(lumen.astype(np.float32))


def check(made: Surface, lumen: Image, wall: float, openings: int, printer: str) -> Checks:
    """Measure the shell: topology, wall from outside to inside, overhang, size."""
    depth = lumen.sample(made.points)
    step = float(lumen.spacing[0])
    inner = np.abs(depth) < 0.3 * step
    corner = inner[made.faces].all(axis=1)
    inside = compact(made.points, made.faces[corner])
    # Rims of the ports are neither inside nor outside wall.
    outside = made.points[(depth < -0.75 * wall) & ~inner]
    thick = distance_to(inside)(outside)
    size = np.ptp(made.points, axis=0)
    bed = _printer(printer)
    return Checks(
        made.watertight,
        made.bodies(),
        made.genus(),
        openings - 1,
        float(np.percentile(thick, 1)),
        float(np.median(thick)),
        _overhang(made),
        (float(size[0]), float(size[1]), float(size[2])),
        bool((np.sort(size) <= np.sort(bed)).all()),
        made.volume_ml,
    )


def _overhang(made: Surface) -> float:
    """Share of the area that faces down more steeply than 45 degrees, in per cent."""
    a, b, c = (made.points[made.faces[:, i]] for i in range(3))
    normal = np.cross(b - a, c - a)
    area = np.linalg.norm(normal, axis=1)
    down = -normal[:, 2] > area * np.cos(np.radians(_STEEP_DEG))
    return float(100 * area[down].sum() / area.sum())


def _printer(name: str) -> Array:
    with open(assets.path("printing/printers.csv"), encoding="utf-8", newline="") as file:
        rows = {r["name"]: np.array([float(r[f"{a}_mm"]) for a in "xyz"]) for r in csv.DictReader(file)}
    if name not in rows:
        raise InputError("unknown printer", "--printer", name, ", ".join(rows), "choose one of them")
    return rows[name]


def calibration(wall: float, grid: float = 0.15) -> Surface:
    """A bar with bores of 1 to 10 mm and a ledge of the wall's thickness: print, measure, correct the scale."""
    gap = 3.0
    length = sum(_BORES_MM) + gap * (len(_BORES_MM) + 1)
    size = np.array([length + 10.0, max(_BORES_MM) + 2 * gap, 4.0])
    low = np.full(3, -2 * grid)
    shape = np.ceil((size + 4 * grid) / grid).astype(int) + 1
    x, y, z = np.meshgrid(*(low[i] + grid * np.arange(shape[i]) for i in range(3)), indexing="ij", sparse=True)
    block = np.minimum(np.minimum(np.minimum(x, length - x), np.minimum(y, size[1] - y)), np.minimum(z, size[2] - z))
    ledge = np.minimum(np.minimum(np.minimum(x, size[0] - x), np.minimum(y, size[1] - y)), np.minimum(z, wall - z))
    solid, at = np.maximum(block, ledge), gap
    for bore in _BORES_MM:
        solid = np.minimum(solid, np.sqrt((x - at - bore / 2) ** 2 + (y - size[1] / 2) ** 2) - bore / 2)
        at += bore + gap
    return extract(Image(solid.astype(np.float32), np.full(3, grid), low, np.eye(3)), smoothing=0)


def build(
    surface: Surface, wall: float = 2.0, grid: float = 0.6, port: float = 12.0, printer: str = "form3"
) -> tuple[Surface, Checks]:
    """The shell of a closed lumen surface and its checks."""
    _printer(printer)
    openings = ports(centreline(surface))
    made, lumen = shell(surface, wall, grid, port, openings)
    return made, check(made, lumen, wall, len(openings), printer)


def command(args: argparse.Namespace) -> Answer:
    """twin vessel replica."""
    from avatars.threemf import write as write_3mf

    made, checks = build(largest(read(args.surface)), args.wall, args.grid, args.port, args.printer)
    out = args.out or Path(".")
    files = [
        write(made, out / "replica.stl"),
        write_3mf(made, out / "replica.3mf"),
        write(calibration(args.wall), out / "calibration.stl"),
    ]
    warnings = [] if checks.passed else [tr("the replica fails a check: do not print it as it is")]
    if checks.wall_p1_mm < 0.95 * args.wall:
        warnings.append(tr("the wall is thinner than 95 % of nominal in places"))
    data = asdict(checks) | {"passed": checks.passed, "wall_nominal_mm": args.wall, "printer": args.printer}
    from avatars.commands import _vessel_show

    return Answer(data, lambda: _vessel_show.replica(data), [str(f) for f in files], warnings)
