"""The specimen room: organs on a board with instruments; a case to turn, slice, measure, weigh, ink and report.

Keys in a window: arrows turn, page up and down move the slice plane, s slices, w weighs, i inks, r reports, c brings
the next case.
The same acts run without a window (`Room.press`), so a session can be replayed and tested.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from scenes import organ_mesh, organ_table
from scenes.organ_cut import sliced, tinted
from scenes.organ_mesh import Skin
from scenes.organ_table import laid, turned
from twin_engine.text import tr
from twin_engine.tissue.examination import Examination
from twin_engine.tissue.organs import lesions
from twin_engine.tissue.organs.specimen import Specimen

STEP_DEG, STEP_MM = 15.0, 5.0


def slab(title: str, normal: tuple[float, float, float], offset: float, thick: float, spacing: float) -> Skin:
    """A slice of a case, as it is laid on the board: cut on both sides."""
    name, found = lesions.standard()[title]
    specimen = Specimen(name, found, spacing)
    n = np.array(normal)
    return sliced(specimen, [(n, offset), (-n, thick - offset)], hung=False)


@cache
def furnished() -> tuple[Skin, ...]:
    """Everything on the teaching table."""
    up = turned(-90, "x")
    heart = Specimen("heart")
    beating = organ_mesh.whole(heart)
    t = np.cross([0.621, -0.421, -0.661], [-0.578, -0.815, -0.024])
    opened = sliced(heart, [(-t, -2.0)])
    # The opened heart lies with its face up: -t becomes z, the apex points to the front.
    a = np.array([0.621, -0.421, -0.661])
    lie = np.stack([np.cross(-a, -t) * -1, a * -1, -t])
    return (
        organ_table.board(760, 520, 1.6),
        laid(organ_table.ruler(), turned(4), -230, -170),
        laid(organ_table.scalpel(), turned(24), -30, -165),
        laid(organ_table.forceps(), turned(-16), 210, -60),
        laid(slab("liver with HCC in cirrhosis", (0, -1, 0), 24.0, 22.0, 1.3), up @ np.eye(3), -205, 105),
        laid(slab("liver metastases", (0, -1, 0), 40.0, 20.0, 1.3), up, -165, -55),
        laid(slab("kidney clear cell carcinoma", (0, -1, 0), 1.0, 14.0, 0.7), up, 95, -95),
        laid(beating, turned(-62, "x"), 70, 100),
        laid(opened, lie, 250, 90),
        laid(organ_table.pool(17, 3.0), np.eye(3), 20, -50),
        laid(organ_table.pool(9, 40.0), np.eye(3), 300, -160),
        laid(organ_table.pool(5, 11.0), np.eye(3), -70, -100),
    )


class Room:
    """One case under examination, driven by keys."""

    def __init__(self, case: str, spacing: float | None = None) -> None:
        self.examination, self.spacing = Examination(case, spacing), spacing
        self.offset = 0.0
        self.said: list[str] = []
        self._acts: dict[str, Callable[[], str]] = {
            "arrow_left": lambda: self._turn(0, 0, -STEP_DEG),
            "arrow_right": lambda: self._turn(0, 0, STEP_DEG),
            "arrow_up": lambda: self._turn(STEP_DEG, 0, 0),
            "arrow_down": lambda: self._turn(-STEP_DEG, 0, 0),
            "page_up": lambda: self._move(STEP_MM),
            "page_down": lambda: self._move(-STEP_MM),
            "s": self._slice,
            "w": self._weigh,
            "i": self._ink,
            "r": self._report,
            "c": self._next,
        }

    @property
    def keys(self) -> tuple[str, ...]:
        """What can be pressed."""
        return tuple(self._acts)

    def press(self, key: str) -> str:
        """Do what a key means; the sentence that is shown (an error's text leaves the room as it was)."""
        from twin_engine.errors import InputError

        act = self._acts.get(key)
        try:
            said = act() if act else ""
        except InputError as error:
            said = tr(error.what)
        self.said.append(said)
        return said

    def _turn(self, x: float, y: float, z: float) -> str:
        self.examination.turn((x, y, z), float(np.linalg.norm((x, y, z))))
        return tr("turned")

    def _move(self, by: float) -> str:
        self.offset += by
        return tr("plane at {mm} mm", mm=f"{self.offset:.0f}")

    def _slice(self) -> str:
        shares = self.examination.slice((0.0, -1.0, 0.0), self.offset)
        top = sorted(shares.items(), key=lambda kv: -kv[1])[:3]
        return tr("on the face: {tissues}", tissues=", ".join(f"{k} {v:.0f} %" for k, v in top))

    def _weigh(self) -> str:
        return tr("weight: {grams} g", grams=self.examination.weigh())

    def _ink(self) -> str:
        self.examination.ink(len(self.examination.planes) - 1)
        return tr("the cut is inked")

    def _report(self) -> str:
        rows = self.examination.grade({})
        return tr("report: {fields} fields to fill in", fields=len(rows))

    def _next(self) -> str:
        """Another case on the board."""
        cases = list(lesions.standard())
        self.examination = Examination(cases[(cases.index(self.examination.case) + 1) % len(cases)], self.spacing)
        self.offset = 0.0
        return self.examination.case

    def skin(self) -> Skin:
        """What is seen now: the specimen, cut by the last plane, inked blue where it was inked, turned."""
        e = self.examination
        if not e.planes:
            made = organ_mesh.whole(e.specimen)
        else:
            n, offset = e.planes[-1]
            made = sliced(e.specimen, [(n, offset)])
            if len(e.planes) - 1 in e.inked:
                made = tinted(made, (n, offset), e.specimen.grid.spacing, "ink")
        return made.moved(e.rotation, (0, 0, 0))
