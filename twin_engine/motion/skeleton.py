"""A skeleton as flat arrays: bodies, joints of six axes each, coordinates, markers.

A joint is OpenSim's spatial transform (Seth et al. 2010, Procedia IUTAM 2:212): three rotations
about body-fixed axes, then three translations along axes of the parent's frame, every one a function
of one coordinate.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Coordinate:
    """One generalised coordinate (rad or m)."""

    name: str
    default: float = 0.0
    low: float = -np.inf
    high: float = np.inf
    locked: bool = False
    rotational: bool = True


@dataclass(frozen=True)
class Axis:
    """One axis of a joint: direction, the coordinate it follows (None: constant), its pieces."""

    direction: tuple[float, float, float]
    coordinate: str | None
    pieces: Array


@dataclass(frozen=True)
class Joint:
    """A joint between two bodies; frames are 4x4 transforms fixed in parent and child."""

    name: str
    parent: str
    child: str
    parent_frame: Array
    child_frame: Array
    axes: tuple[Axis, ...]


@dataclass(frozen=True)
class Body:
    """Mass (kg), centre of mass (m) and inertia about it (kg m2: xx yy zz xy xz yz)."""

    name: str
    mass: float
    centre: tuple[float, float, float]
    inertia: tuple[float, ...]


@dataclass(frozen=True)
class Coupler:
    """A dependent coordinate as a function of an independent one."""

    dependent: str
    independent: str
    pieces: Array


@dataclass(frozen=True)
class Skeleton:
    """Bodies in tree order with joints, coordinates, markers (name -> body, position in m)."""

    name: str
    bodies: tuple[Body, ...]
    joints: tuple[Joint, ...]
    coordinates: tuple[Coordinate, ...]
    markers: dict[str, tuple[str, tuple[float, float, float]]]
    couplers: tuple[Coupler, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def index(self, coordinate: str) -> int:
        """Place of a coordinate.

        Raises
        ------
        InputError
            The model has no such coordinate.
        """
        for i, c in enumerate(self.coordinates):
            if c.name == coordinate:
                return i
        raise InputError("the model has no such coordinate", self.name, coordinate,
                         ", ".join(c.name for c in self.coordinates), "correct the name or the model")  # fmt: skip

    def defaults(self) -> Array:
        """Default value of every coordinate."""
        return np.array([c.default for c in self.coordinates])

    def flat(self) -> "Flat":
        """The arrays that kernels read; joint j moves body j + 1, body 0 is the ground."""
        order = {"ground": 0} | {j.child: i + 1 for i, j in enumerate(self.joints)}
        names = {c.name: i for i, c in enumerate(self.coordinates)}
        parent = np.array([order[j.parent] for j in self.joints], dtype=np.int64)
        frames = np.array([[j.parent_frame, np.linalg.inv(j.child_frame)] for j in self.joints])
        axes = [a for j in self.joints for a in j.axes]
        which = np.array([names[a.coordinate] if a.coordinate else -1 for a in axes], dtype=np.int64)
        start = np.concatenate(([0], np.cumsum([len(a.pieces) for a in axes]))).astype(np.int64)
        pieces = np.vstack([a.pieces for a in axes])
        directions = np.array([a.direction for a in axes], dtype=float)
        couple = np.array([[names[c.dependent], names[c.independent]] for c in self.couplers],
                          dtype=np.int64).reshape(-1, 2)  # fmt: skip
        couple_start = np.concatenate(([0], np.cumsum([len(c.pieces) for c in self.couplers]))).astype(np.int64)
        couple_pieces = np.vstack([c.pieces for c in self.couplers]) if self.couplers else np.zeros((0, 5))
        free = np.ones(len(self.coordinates), dtype=bool)
        free[couple[:, 0]] = False
        free &= np.array([not c.locked for c in self.coordinates])
        return Flat(parent, np.ascontiguousarray(frames), which, start, pieces, directions, couple, couple_start,
                    couple_pieces, np.flatnonzero(free).astype(np.int64), order)  # fmt: skip


@dataclass(frozen=True)
class Flat:
    """See `Skeleton.flat`; `frames` (joints, 2, 4, 4): parent frame and inverse child frame."""

    parent: Index
    frames: Array
    which: Index
    start: Index
    pieces: Array
    directions: Array
    couple: Index
    couple_start: Index
    couple_pieces: Array
    free: Index
    order: dict[str, int]

    def arrays(self) -> tuple:
        """The kernel's view."""
        return (self.parent, self.frames, self.which, self.start, self.pieces, self.directions, self.couple,
                self.couple_start, self.couple_pieces, self.free)  # fmt: skip
