"""Contact of a soft body with tools, a floor and itself; one step of a body among them.

Tools are capsules that follow a hand within a force limit: beyond it the tip stays behind the hand, as a
haptic proxy does (Zilles & Salisbury 1995, IROS). Friction is Coulomb's.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin_engine.errors import InputError
from twin_engine.tissue import _contact, _xpbd
from twin_engine.tissue.body import SoftBody

Array = NDArray[np.float64]
Index = NDArray[np.int64]
# A contact pass and an elastic pass alternate this often a substep; chosen so that a 5 mm tip at 0.3 m/s stays
# within 0.5 mm and leaves no element inverted (a numerical setting).
ROUNDS, PASSES = 3, 2
# Least det F that contact leaves (numerical setting: tissue has long failed there).
LEAST = 0.1
# A tip deeper than this after all rounds gives way instead: the hand feels a wall.
GIVE = 0.0003


@dataclass
class Tool:
    """A capsule held by a hand.

    Parameters
    ----------
    tip, tail : (3,)
        Ends of the axis in m (equal: a sphere).
    radius : float
        m.
    friction : float
        Coulomb's coefficient; .11 is a smooth grasper on caecum (Heijnsdijk 2004: 22 N pinch holds 5 N pull).
    force_limit : float
        N beyond which the tip no longer follows the hand.
    """

    tip: Array
    tail: Array
    radius: float = 0.005
    friction: float = 0.11
    force_limit: float = 15.0
    force: Array = field(default_factory=lambda: np.zeros(3))
    penetration: float = 0.0
    given: Array = field(default_factory=lambda: np.zeros(3))

    def __post_init__(self) -> None:
        self.tip, self.tail = np.array(self.tip, dtype=float), np.array(self.tail, dtype=float)
        self.hand = self.tip.copy()
        if not self.radius > 0 or not np.isfinite([*self.tip, *self.tail, self.radius]).all():
            raise InputError(
                "a tool needs finite ends and a positive radius", "tool", self.radius, "m", "check the tool"
            )

    def aim(self, tip: ArrayLike) -> None:
        """Where the hand wants the tip at the end of the next step.

        Raises
        ------
        InputError
            The pose is not finite: the tool stays where it is.
        """
        wanted = np.asarray(tip, dtype=float)
        if wanted.shape != (3,) or not np.isfinite(wanted).all():
            raise InputError(
                "a tool's pose is not finite",
                "tool",
                str(tip),
                "three finite numbers in m",
                "leave the pose out this frame",
            )
        self.hand = wanted.copy()


@dataclass
class Bench:
    """A body, the tools about it, a floor.

    Parameters
    ----------
    body : SoftBody
    faces : (m, 3)
        Its surface triangles, outward; set again after a cut.
    tools : list of Tool
    floor : float or None
        Height in m that nothing sinks below.
    thickness : float
        Distance that surfaces of the body keep from one another, m; 0 switches self-contact off.
    friction : float
        Of the floor and of tissue on tissue (assumption: wet tissue).
    """

    body: SoftBody
    faces: Index
    tools: list[Tool] = field(default_factory=list)
    floor: float | None = None
    thickness: float = 0.0
    friction: float = 0.2

    def __post_init__(self) -> None:
        self.set_faces(self.faces)

    def set_faces(self, faces: Index) -> None:
        """Take a new surface (after a cut)."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        self.faces = np.ascontiguousarray(faces)
        self._skin = np.unique(self.faces)
        self._found = np.empty(len(self.faces), dtype=np.int64)
        self._seen, self._count = np.full((len(self._skin), 3), np.nan), 0
        edges = self.faces[:, [0, 1, 1, 2]].reshape(-1, 2)
        n = len(self.body.x)
        # Cells of the hash grid are as large as a triangle: a triangle then looks into few.
        sides = np.linalg.norm(np.diff(self.body.vertices[edges], axis=1), axis=2)
        self._cell = max(4 * self.thickness, float(sides.mean()))
        graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n))
        self._piece = connected_components(graph, directed=False)[1].astype(np.int64)
        self._pairs = np.empty((8 * len(self._skin) + 64, 2), dtype=np.int64)

    def step(self, duration: float = 1 / 60, substeps: int = 10) -> None:
        """Advance body and tools by `duration` seconds."""
        body, h = self.body, duration / substeps
        gravity = np.array(body.gravity)
        body._set_step(h)
        spans = [t.hand - t.tip for t in self.tools]
        for tool in self.tools:
            tool.force[:] = 0
            tool.penetration = 0.0
        held = [0.0] * len(self.tools)
        for s in range(substeps):
            _xpbd.predict(body.x, body.v, body._before, body.inverse_mass, gravity, body.damping, h)
            slides = []
            for i, tool in enumerate(self.tools):
                share = held[i] + (1.0 - held[i]) / (substeps - s)
                goal = tool.tip + (share - held[i]) * spans[i]
                if np.linalg.norm(tool.force) * substeps / max(s, 1) > tool.force_limit and s > 0:
                    goal = tool.tip.copy()
                else:
                    held[i] = share
                slides.append(goal - tool.tip)
                tool.tail += goal - tool.tip
                tool.tip = goal
            if self._constrain(h, slides, substeps):
                self._yield([t.tip - slide for t, slide in zip(self.tools, slides, strict=True)], body._before)
            for tool in self.tools:
                self._give_way(tool)
            _xpbd.settle(body.x, body.v, body._before, h)
        for tool in self.tools:
            tool.penetration = self.depth(tool)

    def _give_way(self, tool: Tool) -> None:
        size = float(np.linalg.norm(tool.given))
        for _ in range(8):
            excess = self.depth(tool) - GIVE if size > 0 else 0.0
            if excess <= 0:
                return
            back = -1.2 * excess / size * tool.given
            tool.tip, tool.tail = tool.tip + back, tool.tail + back

    def _yield(self, starts: list[Array], before: Array) -> None:
        """Where contact would still invert elements, hands do not go on: tools and tissue stay where they were."""
        body = self.body
        for tool, tip in zip(self.tools, starts, strict=True):
            tool.tail += tip - tool.tip
            tool.tip = tip
        body.x[:] = before
        _contact.upright(body.x, body.inverse_mass, body.tets, body.volume, LEAST, 20)

    def _near(self) -> int:
        """Pairs within twice the thickness when last sought: sought again before two sides can have closed half of it.

        (Verlet 1967, Phys Rev 159:98: a list with a margin, kept while nothing has moved by half the margin.)
        """
        x = self.body.x
        if _contact.drifted(x, self._seen, self._skin, 0.5 * self.thickness):
            self._seen = x[self._skin]
            self._count = _contact.touching(x, self.body.vertices, self._piece, self._skin, self.faces, self._cell,
                                            self.thickness, self._pairs)  # fmt: skip
        return self._count

    def _constrain(self, h: float, slides: list[Array], substeps: int) -> int:
        body = self.body
        counts = []
        for tool, slide in zip(self.tools, slides, strict=True):
            reach = 2.0 * tool.radius + float(np.linalg.norm(slide))
            counts.append(_contact.candidates(body.x, self.faces, tool.tip, tool.tail, reach, self._found))
        pairs = self._near() if self.thickness > 0 else 0
        body._constrain(h)
        below = 0
        for _ in range(ROUNDS):
            for i, tool in enumerate(self.tools):
                if not counts[i]:
                    tool.given[:] = 0
                    continue
                count = _contact.candidates(body.x, self.faces, tool.tip, tool.tail, 2.0 * tool.radius, self._found)
                given = tool.given
                given[:] = 0
                for _ in range(PASSES):
                    _contact.push_out(
                        body.x,
                        body._before,
                        body.inverse_mass,
                        self.faces,
                        self._found,
                        count,
                        tool.tip,
                        tool.tail,
                        tool.radius,
                        slides[i],
                        tool.friction,
                        given,
                    )
                tool.force += given / (h * h) / substeps
            if pairs:
                _contact.keep_apart(
                    body.x,
                    body._before,
                    body.inverse_mass,
                    self.faces,
                    self._pairs,
                    pairs,
                    self.thickness,
                    self.friction,
                )
            if self.floor is not None:
                _contact.floor(body.x, body._before, body.inverse_mass, self._skin, self.floor, self.friction)
            below = _contact.upright(body.x, body.inverse_mass, body.tets, body.volume, LEAST, 4)
        return below

    def depth(self, tool: Tool) -> float:
        """How far the tool is inside the surface now, m."""
        count = _contact.candidates(self.body.x, self.faces, tool.tip, tool.tail, 2.0 * tool.radius, self._found)
        copy, none = self.body.x.copy(), np.zeros(3)
        still = np.zeros_like(self.body.inverse_mass) + 1.0
        return float(
            _contact.push_out(
                copy,
                copy.copy(),
                still,
                self.faces,
                self._found,
                count,
                tool.tip,
                tool.tail,
                tool.radius,
                none,
                0.0,
                np.zeros(3),
            )
        )
