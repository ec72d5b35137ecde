"""Rehearsal on a patient's own organ: two tools, planning view, proposed plane, undo, replay.

The loop is fixed at 1/60 s and knows nothing of the screen: a mouse with keys, two controllers or a script
give poses and acts, `Rehearsal.frame` runs them, `skin` shows the tissue. Undo runs the session again up to
the last act but one, which is exact because a session repeats bit for bit.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes import organ_looks, organ_mesh
from scenes.organ_cut import joined
from scenes.organ_mesh import Skin
from twin_engine.errors import InputError
from twin_engine.tissue.cut import FACES
from twin_engine.tissue.embed import Binding, bind
from twin_engine.tissue.planning import Plan, propose
from twin_engine.tissue.session import ACTS, HANDS, Session, theatre

Array = NDArray[np.float64]
# A triangle longer than this times its rest length has been cut through (tissue fails at strain .4).
TORN = 1.8
REST = ((-0.12, -0.16, 0.08), (0.10, -0.16, 0.08))


class Rehearsal:
    """One rehearsal of one case.

    Parameters
    ----------
    case : str
        Name in `lesions.standard()`.
    student : str
        Pseudonym that the session is stored under.
    cell_mm, spacing : float
        Coarse body and fine shape.
    """

    def __init__(
        self, case: str = "liver tumour", student: str = "student", cell_mm: float = 14.0, spacing: float = 2.0
    ) -> None:
        self.case, self.cell_mm, self.spacing = case, cell_mm, spacing
        self._start()
        self.specimen, self.trees = self.operation.specimen, self.operation.trees
        self.session = Session(student, case, start=[list(p) for p in REST])
        self.warnings: list[str] = []
        self._fine: tuple[Skin, Binding] | None = None

    def _start(self) -> None:
        self.operation = theatre(self.case, self.cell_mm, self.spacing)
        self.tools = [self.operation.tool(p) for p in REST]

    def frame(self, poses: Sequence[Sequence[float]], acts: Sequence[tuple[str, tuple[Any, ...]]] = ()) -> None:
        """One sixtieth of a second: hands, acts, tissue. A bad pose or act is told in `warnings`; the scene lives on."""  # noqa: E501
        kept = [list(map(float, t.hand)) for t in self.tools]
        for i, (tool, pose) in enumerate(zip(self.tools, poses, strict=True)):
            try:
                tool.aim(pose)
                kept[i] = list(map(float, pose))
            except InputError as error:
                self.warnings.append(f"{HANDS[i]}: {error.what}")
        for name, arguments in acts:
            self._act(name, arguments)
        self.session.frames.append(kept)
        self.operation.step()

    def _act(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name not in ACTS:
            self.warnings.append(name)
            return
        try:
            getattr(self.operation, name)(*arguments)
            self.session.act(name, *arguments)
        except InputError as error:
            self.warnings.append(error.what)

    def undo(self) -> bool:
        """Take the last act back; False if there is none."""
        if not self.session.acts:
            return False
        kept = Session(self.session.student, self.session.task, self.session.frames, self.session.acts[:-1])
        self._start()
        frames, self.session = kept.frames, Session(kept.student, kept.task, start=self.session.start)
        by_frame: dict[int, list[tuple[str, tuple[Any, ...]]]] = {}
        for at, name, arguments in kept.acts:
            by_frame.setdefault(at, []).append((name, tuple(arguments)))
        for number, poses in enumerate(frames):
            self.frame(poses, by_frame.get(number, ()))
        return True

    def plan(self, margin_mm: float = 10.0) -> Plan:
        """The plane the planner proposes."""
        return propose(self.specimen, self.trees, margin_mm)

    def skin(self) -> Skin:
        """The fine surface carried by the coarse body now, torn where it was cut, and the cut's faces."""
        body = self.operation.body
        if self._fine is None:
            made = organ_mesh.whole(self.specimen)
            self._fine = made, bind(made.vertices * 1e-3, body.vertices, body.tets)
            self._outer = self.operation.cutter.adjacent < 0
        made, bound = self._fine
        points = bound.follow(body.x, body.tets) * 1e3
        faces = made.faces
        if self.operation.blade:
            # Triangles whose corners went apart with their elements are open now.
            now, rest = (np.linalg.norm(p[faces] - p[np.roll(faces, 1, axis=1)], axis=2).max(axis=1)
                         for p in (points, made.vertices))  # fmt: skip
            faces = faces[now < TORN * rest + 0.5]
        whole = Skin(points, _normals(points, faces), faces, made.tissue, made.occlusion, made.key)
        inside = self._inside()
        return whole if inside is None else joined([whole, inside])

    def _inside(self) -> Skin | None:
        """Faces that cuts have laid bare, painted by the tissue they run through at rest."""
        body, cutter = self.operation.body, self.operation.cutter
        tet, corner = np.nonzero((cutter.adjacent < 0) & ~self._outer)
        if not len(tet):
            return None
        corners = np.take_along_axis(body.tets[tet], FACES[corner], axis=1)
        used, numbers = np.unique(corners, return_inverse=True)
        points, faces = body.x[used] * 1e3, numbers.reshape(corners.shape)
        rest = body.vertices[used] * 1e3
        rows = organ_mesh.tissue(self.specimen.name, self.specimen.parts, self.specimen.label(rest), rest)
        rows[rows[:, 6] == organ_looks.SEROSA, 6] = organ_looks.CUT
        return Skin(points, _normals(points, faces), faces, rows, np.ones(len(used)), np.ones(len(used)))


def _normals(points: Array, faces: NDArray[np.int64]) -> Array:
    """Vertex normals, each triangle by its area."""
    a, b, c = (points[faces[:, i]] for i in range(3))
    flat, at = np.cross(b - a, c - a), faces.ravel()
    normals = np.stack([np.bincount(at, np.repeat(flat[:, j], 3), len(points)) for j in range(3)], axis=1)
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
