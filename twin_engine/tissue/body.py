"""A soft body of linear tetrahedra: material, mass, attachments, capsule; stepped by XPBD."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numba import get_num_threads
from numpy.typing import ArrayLike, NDArray

from twin_engine.errors import InputError
from twin_engine.tissue import _batches, _xpbd

Array = NDArray[np.float64]
Index = NDArray[np.int64]
GRAVITY = (0.0, 0.0, -9.81)


@cache
def _second_core() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="tissue")


@dataclass(frozen=True)
class Material:
    """Young's modulus (Pa), Poisson's ratio, density (kg/m3).

    Raises
    ------
    InputError
        Stiffness or density not positive, or a ratio outside [0, .5).
    """

    young: float
    poisson: float = 0.45
    density: float = 1060.0

    def __post_init__(self) -> None:
        ok = np.isfinite([self.young, self.poisson, self.density]).all()
        if not ok or self.young <= 0 or self.density <= 0 or not 0 <= self.poisson < 0.5:
            raise InputError("a material needs positive stiffness and density, Poisson's ratio in [0, 0.5)", "material",
                             (self.young, self.poisson, self.density), "Pa, 1, kg/m3",
                             "tissue lies near 1-20 kPa, 0.45-0.49, 1060 kg/m3")  # fmt: skip

    @property
    def shear(self) -> float:
        """mu in Pa."""
        return self.young / (2 * (1 + self.poisson))

    @property
    def bulk(self) -> float:
        """The energy's L = lambda + mu in Pa.

        Linearising W at F = I gives dP = mu (H + H') + (L - mu) tr(H) I, so L is Lame's lambda plus
        mu (Smith, De Goes & Kim 2018, section 3.4).
        """
        lame = self.young * self.poisson / ((1 + self.poisson) * (1 - 2 * self.poisson))
        return lame + self.shear


@dataclass
class SoftBody:
    """Positions and everything that moves them.

    Parameters
    ----------
    vertices : ndarray (n, 3)
        Rest positions in m.
    tets : ndarray (t, 4)
        Elements, positively oriented.
    materials : Material or sequence
        One for all, or one an element.
    fixed : ndarray, optional
        Vertices that do not move.
    damping : float
        Rate in 1/s by which velocities decay.

    Raises
    ------
    InputError
        An element is inverted or flat, an index points nowhere, or a position is not finite.
    """

    vertices: Array
    tets: Index
    materials: Material | list[Material]
    fixed: Index = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    damping: float = 4.0
    gravity: tuple[float, float, float] = GRAVITY

    def __post_init__(self) -> None:
        self.vertices = np.array(self.vertices, dtype=np.float64, order="C")
        self.tets = np.array(self.tets, dtype=np.int64, order="C")
        self._check_shape()
        edges = self.vertices[self.tets[:, 1:]] - self.vertices[self.tets[:, :1]]
        self.volume = np.linalg.det(edges) / 6
        if (self.volume <= 0).any():
            bad = int(np.argmin(self.volume))
            raise InputError("an element is inverted or flat", f"tets[{bad}]", float(self.volume[bad]),
                             "a positive volume", "mesh again, or swap two of its vertices")  # fmt: skip
        self.rest = np.linalg.inv(np.transpose(edges, (0, 2, 1))).reshape(-1, 9).copy()
        each = self.materials if isinstance(self.materials, list) else [self.materials] * len(self.tets)
        self.mu = np.array([m.shear for m in each])
        self.bulk = np.array([m.bulk for m in each])
        self.density = np.array([m.density for m in each])
        self._held = np.zeros(len(self.vertices), dtype=bool)
        self._held[self.fixed] = True
        self._weigh()
        self.x, self.v = self.vertices.copy(), np.zeros_like(self.vertices)
        self._before = self.x.copy()
        self._slots, self._domains = _batches.batches(self.vertices, self.tets)
        self._point()
        self.version, self._prepared = 0, (0.0, -1)
        self.capsule = (np.zeros((0, 2), dtype=np.int64), np.zeros(0), np.zeros(0))
        self.anchors = (np.zeros(0, dtype=np.int64), np.zeros((0, 3)), np.zeros(0))

    def _weigh(self) -> None:
        """Lumped masses in kg; vertices that are held or belong to no element do not move."""
        self.mass = np.zeros(len(self.vertices))
        np.add.at(self.mass, self.tets.ravel(), np.repeat(self.density * self.volume / 4, 4))
        moves = (self.mass > 0) & ~self._held
        self.inverse_mass = np.where(moves, 1 / np.where(moves, self.mass, 1.0), 0.0)

    def duplicate(self, parents: Index) -> None:
        """Add a copy of each vertex, after `tets` has been pointed to them (a cut)."""
        self.vertices = np.concatenate([self.vertices, self.vertices[parents]])
        self.x = np.concatenate([self.x, self.x[parents]])
        self.v = np.concatenate([self.v, self.v[parents]])
        self._held = np.concatenate([self._held, self._held[parents]])
        self._before = self.x.copy()
        self._point()
        self._weigh()
        self.version += 1

    def _point(self) -> None:
        """Vertices of every lane, by domain. A cut only parts vertices, so batches and domains stay as they are."""
        corners = self.tets[np.maximum(self._slots, 0)].transpose(0, 2, 1).astype(np.uint64)
        self._corners = np.split(np.ascontiguousarray(corners), np.cumsum(self._domains)[:-1])
        self._desks = [np.empty(21 * _xpbd.LANES) for _ in self._domains]

    def _check_shape(self) -> None:
        shaped = self.tets.ndim == 2 and self.tets.shape[1] == 4 and len(self.tets) > 0
        if not shaped or not np.isfinite(self.vertices).all():
            raise InputError("a body needs finite vertices and elements of four", "body", str(self.tets.shape),
                             "vertices (n, 3), tets (t, 4)", "mesh again")  # fmt: skip
        if self.tets.min() < 0 or self.tets.max() >= len(self.vertices):
            raise InputError("an element points to no vertex", "tets", int(self.tets.max()),
                             f"0 to {len(self.vertices) - 1}", "mesh again")  # fmt: skip

    def set_capsule(self, edges: Index, young: float, thickness: float) -> None:
        """A thin skin: springs k = (sqrt 3 / 2) E t along surface edges, tension only.

        The stiffness is that of an equilateral net (Poisson's ratio 1/3; Van Gelder 1998, J Graph
        Tools 3:21).
        """
        length = np.linalg.norm(self.vertices[edges[:, 1]] - self.vertices[edges[:, 0]], axis=1)
        self.capsule = (np.ascontiguousarray(edges), length, np.full(len(edges), np.sqrt(3) / 2 * young * thickness))

    def set_anchors(self, vertices: Index, targets: ArrayLike, compliance: float = 0.0) -> None:
        """Hold vertices at points (m) by springs of a compliance in m/N; 0 is rigid.

        Raises
        ------
        InputError
            A target is not finite: the body stays as it was.
        """
        points = np.asarray(targets, dtype=float).reshape(-1, 3)
        if not np.isfinite(points).all() or len(points) != len(vertices):
            raise InputError("a hold needs one finite point a vertex", "anchors", str(points.shape),
                             f"({len(vertices)}, 3) finite metres", "leave the pose out this frame")  # fmt: skip
        self.anchors = (np.asarray(vertices, dtype=np.int64), points, np.full(len(points), compliance))

    def step(self, duration: float = 1 / 60, substeps: int = 10) -> None:
        """Advance by `duration` seconds."""
        h = duration / substeps
        gravity = np.array(self.gravity)
        self._set_step(h)
        for _ in range(substeps):
            _xpbd.predict(self.x, self.v, self._before, self.inverse_mass, gravity, self.damping, h)
            self._constrain(h)
            _xpbd.settle(self.x, self.v, self._before, h)

    def _set_step(self, h: float) -> None:
        """Prepare the elements for a step length, again when masses or materials have changed."""
        key = (h, self.version)
        if key != self._prepared:
            soft = _xpbd.soften(self._slots.ravel(), self.rest, self.inverse_mass, self.tets, self.volume, self.mu,
                                self.bulk, h)  # fmt: skip
            self._soft = np.split(soft, np.cumsum(self._domains)[:-1] * _xpbd.ROWS * _xpbd.LANES)
            self._prepared = key

    def _elements(self, domain: int) -> None:
        _xpbd.solve_elements(self.x, self._corners[domain], self._soft[domain], self._desks[domain], _xpbd.LANES)

    def _constrain(self, h: float) -> None:
        if len(self._domains) > 1 and get_num_threads() > 1:
            other = _second_core().submit(self._elements, 1)
            self._elements(0)
            other.result()
            self._elements(2)
        else:
            for domain in range(len(self._domains)):
                self._elements(domain)
        if len(self.capsule[0]):
            _xpbd.solve_springs(self.x, self.inverse_mass, *self.capsule, h)
        if len(self.anchors[0]):
            _xpbd.solve_anchors(self.x, self.inverse_mass, *self.anchors, h)

    def elastic_energy(self) -> float:
        """Stored energy in J, zero at rest."""
        return float(_xpbd.elastic_energy(self.x, self.tets, self.rest, self.volume, self.mu, self.bulk))

    def energy(self) -> float:
        """Elastic, kinetic and potential energy in J."""
        kinetic = 0.5 * float(np.sum(self.mass[:, None] * self.v**2))
        return self.elastic_energy() + kinetic - float(np.sum(self.mass * (self.x @ np.array(self.gravity))))

    def ratios(self) -> Array:
        """det F of every element."""
        return _xpbd.ratios(self.x, self.tets, self.rest)


def bar(cells: tuple[int, int, int], size: tuple[float, float, float]) -> tuple[Array, Index]:
    """A box of cells, five tetrahedra each, with matching diagonals."""
    nx, ny, nz = cells
    grid = np.stack(np.meshgrid(*(np.linspace(0, s, n + 1) for s, n in zip(size, cells, strict=True)), indexing="ij"),
                    axis=-1)  # fmt: skip
    number = np.arange((nx + 1) * (ny + 1) * (nz + 1)).reshape(nx + 1, ny + 1, nz + 1)
    even = ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)), ((1, 1, 0), (0, 1, 0), (1, 0, 0), (1, 1, 1)), \
        ((1, 0, 1), (0, 0, 1), (1, 1, 1), (1, 0, 0)), ((0, 1, 1), (1, 1, 1), (0, 0, 1), (0, 1, 0)), \
        ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1))  # fmt: skip
    tets = []
    for i, j, k in np.ndindex(nx, ny, nz):
        odd = (i + j + k) % 2
        for tet in even:
            # Odd cells are mirrored in x, which turns the orientation: two corners change places.
            corners = [(1 - a if odd else a, b, c) for a, b, c in tet]
            if odd:
                corners[0], corners[1] = corners[1], corners[0]
            tets.append([number[i + a, j + b, k + c] for a, b, c in corners])
    made = np.array(tets, dtype=np.int64)
    vertices = grid.reshape(-1, 3)
    edges = vertices[made[:, 1:]] - vertices[made[:, :1]]
    turned = np.linalg.det(edges) < 0
    made[turned, :2] = made[turned, 1::-1]
    return vertices, made
