"""Rehearsal on a patient's own organ: two tools, planning view, proposed plane, undo, replay.

The loop is fixed at 1/60 s and knows nothing of the screen: a mouse with keys, two controllers or a script
give poses and acts, `Rehearsal.frame` runs them, `skin` shows the tissue. Undo runs the session again up to
the last act but one, which is exact because a session repeats bit for bit.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes import organ_mesh
from scenes.organ_mesh import Skin
from twin_engine.errors import InputError
from twin_engine.tissue.embed import Binding, bind
from twin_engine.tissue.operation import Operation
from twin_engine.tissue.organs import lesions, liver
from twin_engine.tissue.organs.specimen import Specimen
from twin_engine.tissue.planning import Plan, propose
from twin_engine.tissue.session import ACTS, HANDS, Session

Array = NDArray[np.float64]
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
        name, found = lesions.standard()[case]
        self.case, self.cell_mm = case, cell_mm
        self.specimen = Specimen(name, found, spacing)
        self.trees = liver.trees(200) if name == "liver" else {}
        self.session = Session(student, case)
        self.warnings: list[str] = []
        self._start()
        self._fine: tuple[Skin, Binding] | None = None

    def _start(self) -> None:
        self.operation = Operation(self.specimen, self.trees, self.cell_mm)
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
        frames, self.session = kept.frames, Session(kept.student, kept.task)
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
        """The fine surface carried by the coarse body now."""
        if self._fine is None:
            made = organ_mesh.dressed(self.specimen, self.specimen.surface())
            bound = bind(made.vertices * 1e-3, self.operation.body.vertices, self.operation.body.tets)
            self._fine = made, bound
        made, bound = self._fine
        points = bound.follow(self.operation.body.x, self.operation.body.tets) * 1e3
        a, b, c = (points[made.faces[:, i]] for i in range(3))
        normals = np.zeros_like(points)
        flat = np.cross(b - a, c - a)
        for i in range(3):
            np.add.at(normals, made.faces[:, i], flat)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
        return Skin(points, normals, made.faces, made.tissue, made.occlusion, made.key)
