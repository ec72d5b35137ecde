"""A guide wire or catheter steered through a vessel: inextensible, torsionally stiff, bending freely.

The wire's twist follows the hand one to one (the common assumption for torque-controlled wires), so
its frame is the Bishop frame turned by the hand's angle; a pre-shaped tip then steers. Bending is
implicit, lengths are restored exactly by a tridiagonal solve, and contact projects into the lumen.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.vessels import _rod

Array = NDArray[np.float64]
# A step that would compress the wire more than this is taken back: the hand is blocked.
_STRAIN = 0.005


@dataclass(frozen=True)
class Lumen:
    """Signed distance on a grid (m, negative inside), its first node and spacing in m."""

    grid: Array
    origin: Array
    spacing: float

    def __post_init__(self) -> None:
        if self.grid.ndim != 3 or min(self.grid.shape) < 2 or not np.isfinite(self.grid).all() or self.spacing <= 0:
            raise InputError("a lumen needs a finite distance on a 3-D grid", "lumen", str(self.grid.shape),
                             "(nx, ny, nz) metres", "segment the vessel again")  # fmt: skip

    def depth(self, points: Array) -> Array:
        """Signed distance at points (n, 3)."""
        gradient = np.empty(3)
        return np.array([_rod.distance(self.grid, self.origin, self.spacing, p, gradient) for p in points])


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
        Rest curvature of the tip in 1/m.
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

    def __post_init__(self) -> None:
        values = (self.length, self.stiffness, self.tip_stiffness, self.radius, self.line_density)
        if not all(np.isfinite(v) and v > 0 for v in values) or not 0 <= self.tip_length <= self.length:
            raise InputError("a wire needs positive length, stiffness, radius and weight", "wire", values,
                             "SI units", "see the device's data sheet")  # fmt: skip


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
        self.curvature = np.where(at_tip, w.tip_curvature, 0.0)
        side = np.cross(self.direction, [0.0, 0.0, 1.0])
        if np.linalg.norm(side) < 1e-6:
            side = np.cross(self.direction, [0.0, 1.0, 0.0])
        self.normal = side / np.linalg.norm(side)
        self.push, self.blocked = np.zeros(n), 0
        empty = Lumen(np.full((2, 2, 2), -1.0), np.zeros(3), 1.0)
        lumen = self.lumen or empty
        self._lumen = (lumen.grid, lumen.origin, lumen.spacing, self.lumen is not None)
        self._wire = (self.mass, self.stiffness, self.curvature, w.length, self.segment, w.radius)
        self._hand = np.array([self.inserted, self.angle])

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
        h = duration / self.substeps
        self.push[:] = 0.0
        settings = (self.substeps, self.rounds, h, advance / self.substeps, turn / self.substeps,
                    float(np.exp(-self.damping * h)), self.friction, _STRAIN)  # fmt: skip
        base = (self.entry, self.direction, self.normal)
        self.blocked = _rod.march(self.x, self.v, self._wire, self._hand, base, self._lumen, settings, self.force,
                                  self.push)  # fmt: skip
        self.inserted, self.angle = float(self._hand[0]), float(self._hand[1])

    def strain(self) -> float:
        """Largest relative change of a segment's length."""
        return float(_rod.largest_strain(self.x, self.segment))

    def tip(self) -> Array:
        """The tip's position in m."""
        return self.x[-1]
