"""A tree of elastic arteries: segments, walls, outlets, and its mesh of finite volumes.

Wall law (Formaggia, Lamponi & Quarteroni 2003, J Eng Math 47:251; Boileau et al. 2015,
doi:10.1002/cnm.2732, eq. 3): P = P_ref + K (sqrt A - sqrt A0), K = (4/3) sqrt(pi) E h / A0.
"""

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Outlet:
    """Three-element windkessel (m, Pa, s); `compliance` 0 means the pure resistance `r1`."""

    r1: float
    r2: float = 0.0
    compliance: float = 0.0
    pressure: float = 0.0


@dataclass(frozen=True)
class Artery:
    """One segment; `parent` is another segment's name, None at the inlet.

    Radii in m at the reference pressure, `stiffness` E h in Pa m at the two ends, `viscosity` the
    Kelvin-Voigt product phi h in Pa s m.
    """

    name: str
    parent: str | None
    length: float
    radius_in: float
    radius_out: float
    stiffness_in: float
    stiffness_out: float
    outlet: Outlet | None = None
    viscosity: float = 0.0


@dataclass(frozen=True)
class Blood:
    """Density in kg/m3, viscosity in Pa s, profile exponent zeta (2 Poiseuille, 9 blunt)."""

    density: float = 1060.0
    viscosity: float = 4.0e-3
    profile: float = 9.0


@dataclass(frozen=True)
class Mesh:
    """Finite volumes of a tree, flat over all segments; faces of segment v start at start[v] + v."""

    names: tuple[str, ...]
    start: NDArray[np.int64]
    dx: Array
    k: Array
    root_a0: Array
    face_k: Array
    face_root_a0: Array
    gamma: Array
    node_start: NDArray[np.int64]
    node_vessel: NDArray[np.int64]
    node_side: NDArray[np.int64]
    inlet: int
    outlet_vessel: NDArray[np.int64]
    outlet: Array
    reference_pressure: float

    @property
    def cells(self) -> int:
        """Number of cells."""
        return int(self.start[-1])

    def middle(self, name: str) -> int:
        """The cell at half the length of a segment."""
        v = self.names.index(name)
        return int((self.start[v] + self.start[v + 1]) // 2)


@dataclass(frozen=True)
class Tree:
    """Arteries with blood and reference pressure (Pa).

    Raises
    ------
    InputError
        No or several inlets, an unknown parent, a radius or length that is not positive, a leaf
        without outlet, or an outlet at a branching.
    """

    arteries: tuple[Artery, ...]
    blood: Blood = field(default_factory=Blood)
    reference_pressure: float = 0.0

    def __post_init__(self) -> None:
        names = [a.name for a in self.arteries]
        known, parents = set(names), {a.parent for a in self.arteries}
        if sum(a.parent is None for a in self.arteries) != 1 or len(known) != len(names):
            raise InputError("a tree needs one inlet and names that differ", "arteries",
                             ", ".join(a.name for a in self.arteries if a.parent is None),
                             "exactly one segment without parent", "correct the parents")  # fmt: skip
        for a in self.arteries:
            self._check(a, known, leaf=a.name not in parents)

    @staticmethod
    def _check(a: Artery, known: set[str], leaf: bool) -> None:
        if a.parent is not None and a.parent not in known:
            raise InputError("a segment hangs on nothing", a.name, a.parent, "a segment's name",
                             "name a parent that exists")  # fmt: skip
        for label, value in (("length", a.length), ("radius_in", a.radius_in),
                             ("radius_out", a.radius_out), ("stiffness_in", a.stiffness_in),
                             ("stiffness_out", a.stiffness_out)):  # fmt: skip
            if not (math.isfinite(value) and value > 0):
                raise InputError("a segment's measure must be positive", f"{a.name}.{label}", value,
                                 "a positive number in SI units", "correct the table")  # fmt: skip
        if leaf != (a.outlet is not None):
            raise InputError("every end needs an outlet, and only ends have one", a.name,
                             "end" if leaf else "branching", "an outlet at each end",
                             "add or remove the outlet")  # fmt: skip

    def mesh(self, cell: float, least: int = 2) -> Mesh:
        """Cut every segment into equal cells of about `cell` metres, at least `least` of them."""
        counts = [max(least, math.ceil(a.length / cell - 1e-9)) for a in self.arteries]
        start = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        centre, face = zip(*(self._walls(a, n) for a, n in zip(self.arteries, counts, strict=True)),
                           strict=True)  # fmt: skip
        k, root = (np.concatenate([c[i] for c in centre]) for i in (0, 1))
        face_k, face_root = (np.concatenate([f[i] for f in face]) for i in (0, 1))
        gamma = np.concatenate([np.full(n, 2 / 3 * math.sqrt(math.pi) * a.viscosity)
                                for a, n in zip(self.arteries, counts, strict=True)])  # fmt: skip
        dx = np.concatenate([np.full(n, a.length / n)
                             for a, n in zip(self.arteries, counts, strict=True)])  # fmt: skip
        node_start, node_vessel, node_side = self._nodes()
        leaves = [i for i, a in enumerate(self.arteries) if a.outlet is not None]
        outlet = np.array([_outlet_row(self.arteries[i].outlet) for i in leaves])
        inlet = next(i for i, a in enumerate(self.arteries) if a.parent is None)
        return Mesh(tuple(a.name for a in self.arteries), start, dx, k, root, face_k, face_root,
                    gamma, node_start, node_vessel, node_side, inlet,
                    np.array(leaves, dtype=np.int64), outlet, self.reference_pressure)  # fmt: skip

    @staticmethod
    def _walls(a: Artery, n: int) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
        def at(s: Array) -> tuple[Array, Array]:
            radius = a.radius_in + (a.radius_out - a.radius_in) * s
            stiffness = a.stiffness_in + (a.stiffness_out - a.stiffness_in) * s
            area = math.pi * radius**2
            return 4 / 3 * math.sqrt(math.pi) * stiffness / area, np.sqrt(area)

        return at((np.arange(n) + 0.5) / n), at(np.arange(n + 1) / n)

    def _nodes(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Junctions in CSR form: the parent's right end (side 1), then left ends (side 0)."""
        index = {a.name: i for i, a in enumerate(self.arteries)}
        starts, vessels, sides = [0], [], []
        for i, a in enumerate(self.arteries):
            children = [index[c.name] for c in self.arteries if c.parent == a.name]
            if children:
                vessels += [i, *children]
                sides += [1] + [0] * len(children)
                starts.append(len(vessels))
        return tuple(np.array(x, dtype=np.int64) for x in (starts, vessels, sides))  # type: ignore[return-value]


def _outlet_row(outlet: Outlet | None) -> tuple[float, float, float, float]:
    assert outlet is not None
    return outlet.r1, outlet.r2, outlet.compliance, outlet.pressure


def read_inflow(file: Path, where: str = "") -> tuple[Array, Array]:
    """Read `t_s,Q_m3_s`; times rise from 0, the last is followed by the first of the next beat."""
    with open(file, encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    try:
        t, q = (np.array([float(r[c]) for r in rows]) for c in ("t_s", "Q_m3_s"))
    except (KeyError, TypeError, ValueError):
        raise InputError("an inflow table needs numbers", where or str(file), None, "t_s,Q_m3_s",
                         "write both columns in SI units") from None  # fmt: skip
    if len(t) < 2 or not (np.diff(t) > 0).all() or not np.isfinite(q).all():
        raise InputError("inflow times must rise", where or str(file), len(t),
                         "at least two rising times and finite flows", "sort the table")  # fmt: skip
    return t, q


def periodic(t: Sequence[float] | Array, q: Sequence[float] | Array, period: float
             ) -> Callable[[Array], Array]:  # fmt: skip
    """A periodic linear interpolant of samples."""
    times, flows = np.asarray(t, float), np.asarray(q, float)
    if times[-1] < period * (1 - 1e-9):
        times, flows = np.append(times, period), np.append(flows, flows[0])

    def inflow(time: Array) -> Array:
        return np.interp(np.mod(time, period), times, flows)

    return inflow
