"""A guide wire or catheter steered through a vessel: inextensible, torsionally stiff, bending freely.

The wire's twist follows the hand one to one (the common assumption for torque-controlled wires), so
its frame is the Bishop frame turned by the hand's angle; a pre-shaped tip then steers. Bending is
implicit, lengths are restored exactly by a tridiagonal solve, and contact projects into the lumen.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.vessels import _rod

Array = NDArray[np.float64]
# A step that would compress the wire more than this is taken back: the hand is blocked.
_STRAIN = 0.005


@dataclass(frozen=True)
class Lumen:
    """Signed distance on a grid (m, negative inside), its first node and spacing in m.

    With `tubes` (n, 8: two ends and their radii, m) the distance near them is exact, and the grid serves farther out:
    a throat finer than the grid stays open.
    """

    grid: Array
    origin: Array
    spacing: float
    tubes: Array = field(default_factory=lambda: np.empty((0, 8)))

    def __post_init__(self) -> None:
        if self.grid.ndim != 3 or min(self.grid.shape) < 2 or not np.isfinite(self.grid).all() or self.spacing <= 0:
            raise InputError("a lumen needs a finite distance on a 3-D grid", "lumen", str(self.grid.shape),
                             "(nx, ny, nz) metres", "segment the vessel again")  # fmt: skip

    def depth(self, points: Array) -> Array:
        """Signed distance at points (n, 3)."""
        gradient, packed = np.empty(3), self.packed
        return np.array([_rod.distance(packed, p, gradient) for p in np.ascontiguousarray(points)])

    @cached_property
    def packed(self) -> tuple:
        """What the kernels take: the grid, and the tubes that may be nearest in each of its cells."""
        cells: list[NDArray] = []
        owners: list[NDArray] = []
        shape = np.array(self.grid.shape)
        for m, t in enumerate(self.tubes):
            # A cell counts when some point of it may lie within its own size of the tube's wall.
            reach = max(t[6], t[7]) + 2 * self.spacing
            low = np.maximum(np.floor((np.minimum(t[:3], t[3:6]) - reach - self.origin) / self.spacing), 0).astype(int)
            high = np.minimum(np.ceil((np.maximum(t[:3], t[3:6]) + reach - self.origin) / self.spacing), shape)
            i, j, k = np.ogrid[tuple(slice(int(a), max(int(b), int(a))) for a, b in zip(low, high, strict=True))]
            flat = ((i * shape[1] + j) * shape[2] + k).ravel()
            cells.append(flat)
            owners.append(np.full(len(flat), m))
        count = int(np.prod(shape)) if len(self.tubes) else 0
        cell = np.concatenate(cells) if cells else np.empty(0, np.int64)
        order = np.argsort(cell, kind="stable")
        start = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=count))]).astype(np.int64)
        items = (np.concatenate(owners) if owners else np.empty(0))[order].astype(np.int64)
        return (np.ascontiguousarray(self.grid), np.asarray(self.origin, float), float(self.spacing), start, items,
                np.ascontiguousarray(self.tubes))  # fmt: skip


@dataclass(frozen=True)
class Wire:
    """Build of a wire.

    Parameters
    ----------
    length : float
        m.
    stiffness : float
        Shaft's E I in N m2 (Harrison 2011, doi:10.1583/11-3592.1: 2.9e-4 to 4.9e-3 for .035 inch).
    tip_stiffness : float
        E I of the soft tip in N m2.
    tip_length : float
        Length of the soft and pre-shaped tip in m.
    tip_curvature : float
        Rest curvature of the bend at the tip's end in 1/m.
    bend_length : float
        Length of that bend in m; 0: the whole soft tip.
    radius : float
        m.
    line_density : float
        kg/m.
    """

    length: float = 0.3
    stiffness: float = 2.9e-4
    tip_stiffness: float = 1.5e-5
    tip_length: float = 0.03
    tip_curvature: float = 60.0
    radius: float = 0.45e-3
    line_density: float = 4e-3
    bend_length: float = 0.0

    def __post_init__(self) -> None:
        values = (self.length, self.stiffness, self.tip_stiffness, self.radius, self.line_density)
        if not all(np.isfinite(v) and v > 0 for v in values) or not 0 <= self.tip_length <= self.length:
            raise InputError("a wire needs positive length, stiffness, radius and weight", "wire", values,
                             "SI units", "see the device's data sheet")  # fmt: skip


def made(name: str, length: float) -> Wire:
    """A wire of assets/parameters/vessel_wire.csv with this length inside the body in m.

    Raises
    ------
    InputError
        No such wire.
    """
    from twin_engine import parameters

    sets = parameters.load("vessel_wire")
    if name not in sets:
        raise InputError("unknown wire", "wire", name, ", ".join(sets), "choose one of them")
    p = sets[name].values()
    bend = p["bend_length"] * 1e-3
    soft, curved = min(p["tip_length"] * 1e-3, length / 2), float(np.radians(p["tip_bend"])) / bend
    return Wire(length, p["stiffness"] * 1e-6, p["tip_stiffness"] * 1e-6, soft, curved, p["radius"] * 1e-3,
                p["line_density"] * 1e-3, bend)  # fmt: skip


@dataclass
class Rod:
    """A wire in a lumen, entered at a point along a direction.

    Parameters
    ----------
    wire : Wire
    entry, direction : ndarray (3,)
        Where and which way the wire enters (m, unit vector).
    lumen : Lumen, optional
        Without it the wire is free.
    nodes : int
    friction : float
        Coulomb coefficient; hydrophilic .02-.1 (assumption, after Schroeder 1993's ratios).
    inserted : float
        Length inside at the start, m.
    strength : float
        The hand's greatest force in N: what would take more is blocked.
    """

    wire: Wire
    entry: Array
    direction: Array
    lumen: Lumen | None = None
    nodes: int = 100
    friction: float = 0.05
    inserted: float = 0.02
    damping: float = 60.0
    substeps: int = 4
    rounds: int = 8
    strength: float = 1e6
    angle: float = 0.0
    force: Array = field(default_factory=lambda: np.zeros(3))

    def __post_init__(self) -> None:
        n, w = self.nodes, self.wire
        self.direction = np.asarray(self.direction, dtype=float) / np.linalg.norm(self.direction)
        self.entry = np.asarray(self.entry, dtype=float)
        self.segment = w.length / (n - 1)
        self.x = self.entry + np.outer(self.inserted - w.length + self.segment * np.arange(n), self.direction)
        self.v = np.zeros_like(self.x)
        self.mass = np.full(n, w.line_density * self.segment)
        self.mass[[0, -1]] *= 0.5
        at_tip = self.segment * np.arange(n) > w.length - w.tip_length
        self.stiffness = np.where(at_tip, w.tip_stiffness, w.stiffness)
        bent = self.segment * np.arange(n) > w.length - (w.bend_length or w.tip_length)
        # A bend shorter than a segment keeps its angle on the last nodes that can bend.
        bent[-3:] |= w.bend_length > 0
        angle = w.tip_curvature * (w.bend_length or self.segment * max(int(bent.sum()) - 1, 1))
        self.curvature = np.where(bent, angle / (self.segment * max(int(bent.sum()) - 1, 1)), 0.0)
        side = np.cross(self.direction, [0.0, 0.0, 1.0])
        if np.linalg.norm(side) < 1e-6:
            side = np.cross(self.direction, [0.0, 1.0, 0.0])
        self.normal = side / np.linalg.norm(side)
        self.push, self.blocked, self.duration = np.zeros(n), 0, 1.0
        empty = Lumen(np.full((2, 2, 2), -1.0), np.zeros(3), 1.0)
        self._lumen = (self.lumen or empty).packed
        self._wire = (self.mass, self.stiffness, self.curvature, w.length, self.segment, w.radius)
        self._hand = np.array([self.inserted, self.angle, self.strength * _rod._SAVED])

    def step(self, duration: float, advance: float = 0.0, turn: float = 0.0) -> None:
        """Push by `advance` m and turn by `turn` rad over `duration` s.

        Raises
        ------
        InputError
            The hand's motion is not finite: nothing moves.
        """
        if not np.isfinite([duration, advance, turn]).all() or duration <= 0:
            raise InputError("a hand's motion must be finite", "rod", (duration, advance, turn), "s, m, rad",
                             "leave the pose out this frame")  # fmt: skip
        h, self.duration = duration / self.substeps, duration
        self.push[:] = 0.0
        settings = (self.substeps, self.rounds, h, advance / self.substeps, turn / self.substeps,
                    float(np.exp(-self.damping * h)), self.friction, _STRAIN,
                    self.lumen is not None, self.strength)  # fmt: skip
        base = (self.entry, self.direction, self.normal)
        self.blocked = _rod.march(self.x, self.v, self._wire, self._hand, base, self._lumen, settings, self.force,
                                  self.push)  # fmt: skip
        self.inserted, self.angle = float(self._hand[0]), float(self._hand[1])

    def wall_force(self) -> Array:
        """Force on the wall in N at each node (n,), mean over the last step: mass times what contact moved, per h^2.

        With implicit bending this is the reaction that keeps the bent wire in place.
        """
        h = self.duration / self.substeps
        return self.mass * self.push / (h * h * self.substeps)

    def strain(self) -> float:
        """Largest relative change of a segment's length."""
        return float(_rod.largest_strain(self.x, self.segment))

    def tip(self) -> Array:
        """The tip's position in m."""
        return self.x[-1]
