"""Two hands in a rehearsal, whatever moves them: mouse and keys, two controllers, or a script.

Left: trigger grasps, button clips. Right: trigger cuts, button coagulates. With a mouse the hands take turns.
"""

import numpy as np

from scenes.organ_rehearsal import REST, Rehearsal
from scenes.scene import View

Act = tuple[str, tuple[object, ...]]
LEFT, RIGHT = 0, 1
SIDES = ("left", "right")
# Length of the scalpel's edge ahead of its tip, seconds of one touch of cautery (assumptions).
EDGE_M, TOUCH_S, WHEEL_M = 0.030, 1.5, 0.005


class Hands:
    """What two hands do to a rehearsal; every frame gives poses and acts.

    Parameters
    ----------
    rehearsal : Rehearsal
        What they work on.
    """

    def __init__(self, rehearsal: Rehearsal) -> None:
        self.rehearsal = rehearsal
        self.tips = [np.array(p, dtype=float) for p in REST]
        self.active, self.away = RIGHT, 0.0
        self.held = [False, False]
        self._edge: np.ndarray | None = None
        self._stitch: np.ndarray | None = None
        self._acts: list[Act] = []

    def move(self, hand: int, point: np.ndarray) -> None:
        """Where a hand wants its tip, m (a pose that is not finite is left out by the rehearsal, with a warning)."""
        self.tips[hand] = np.asarray(point, dtype=float)

    def point(self, view: View, right: float, up: float) -> None:
        """The mouse's ray by its tangents: the active tip goes where it meets the plane at the tip's depth."""
        ahead = np.subtract(view.target, view.position)
        distance = float(np.linalg.norm(ahead)) + self.away
        ahead = ahead / np.linalg.norm(ahead)
        side = np.cross(ahead, view.up)
        side /= np.linalg.norm(side)
        self.move(self.active, np.array(view.position) + distance * (ahead + right * side + up * np.cross(side, ahead)))

    def hold(self, hand: int, on: bool) -> None:
        """A hand's trigger goes down or up."""
        if on == self.held[hand]:
            return
        self.held[hand] = on
        if hand == LEFT:
            at = self.tips[LEFT].tolist()
            self._acts.append(("grasp", (SIDES[LEFT], at)) if on else ("release", (SIDES[LEFT],)))
        else:
            self._edge = None

    def button(self, hand: int) -> None:
        """A hand's button: clip, or a touch of cautery."""
        at = self.tips[hand].tolist()
        self._acts.append(("clip", (at,)) if hand == LEFT else ("coagulate", (at, TOUCH_S)))

    def press(self, key: str) -> None:
        """A key or mouse button; unknown ones do nothing."""
        if key == "tab":
            self.active = LEFT if self.active == RIGHT else RIGHT
        elif key in ("mouse1", "mouse1-up"):
            self.hold(self.active, key == "mouse1")
        elif key in ("wheel_up", "wheel_down"):
            self.away += WHEEL_M if key == "wheel_up" else -WHEEL_M
        elif key in ("k", "x"):
            self.button(LEFT if key == "k" else RIGHT)
        elif key == "t":
            self._sew()
        elif key == "u":
            self.rehearsal.undo()
            self.held, self._edge = [False, False], None

    def _sew(self) -> None:
        here = self.tips[self.active].copy()
        if self._stitch is None:
            self._stitch = here
            return
        self._acts.append(("suture", (self._stitch.tolist(), here.tolist())))
        self._stitch = None

    def frame(self) -> None:
        """One sixtieth of a second of the rehearsal."""
        acts, self._acts = self._acts, []
        if self.held[LEFT]:
            acts.append(("retract", (SIDES[LEFT], self.tips[LEFT].tolist())))
        if self.held[RIGHT] and np.isfinite(self.tips[RIGHT]).all():
            tool = self.rehearsal.tools[RIGHT]
            ahead = tool.tip - tool.tail
            edge = np.array([self.tips[RIGHT], self.tips[RIGHT] + EDGE_M * ahead / np.linalg.norm(ahead)])
            if self._edge is not None and np.linalg.norm(edge[0] - self._edge[0]) > 1e-4:
                acts.append(("cut", (self._edge.tolist(), edge.tolist())))
                self._edge = edge
            elif self._edge is None:
                self._edge = edge
        self.rehearsal.frame([p.tolist() for p in self.tips], acts)
