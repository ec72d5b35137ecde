"""A scripted operator: steers the shaped tip towards the next part of the way, and draws back from a wrong branch.

It has the hand's means only (push, pull, turn, contrast) and makes a session without a person: pictures, tests, a
first impression. Its figures are no reference for people.
"""

import numpy as np

from scenes.vessel_rehearsal import FASTEST, FRAMES, TURN, Array, Rehearsal
from twin_engine.vessels.centreline import Tree

# Looks this far ahead (mm, and radii more), pushes at these shares of the greatest speed, waits this long for progress.
_AHEAD_MM, _AHEAD_RADII, _FAST, _SLOW, _PATIENCE_S = 2.0, 1.5, 0.5, 0.12, 1.5
# A fork is aimed for from this many radii before it, at a point so many radii beyond.
_BEFORE_RADII, _INTO_RADII, _STRAIGHT = 3.0, 4.0, 0.97
# Draws back this far (mm) when stuck, a little more each time, and turns by the golden angle for the next try.
_BACK_MM, _GOLDEN = 4.0, 2.39996
_CONTRAST_EVERY_S = 4.0


def way_names(tree: Tree, branch: str) -> list[str]:
    """Branches from the inlet to this one."""
    line = [tree[branch]]
    while line[0].parent is not None:
        line.insert(0, tree[line[0].parent])
    return [b.name for b in line]


def way(tree: Tree, branch: str, position: float) -> tuple[Array, Array]:
    """Points from the inlet to a place on a branch, and the radius there, mm, every half millimetre."""
    names = way_names(tree, branch)
    points, radius = [], []
    for b in (tree[n] for n in names):
        end = position if b.name == names[-1] else b.length
        at = np.arange(0.0, end, 0.5)
        known = np.isfinite(b.radius)
        points.append(np.stack([np.interp(at, b.arc, b.points[:, k]) for k in range(3)], 1))
        radius.append(np.interp(at, b.arc[known], b.radius[known]))
    return np.vstack(points), np.concatenate(radius)


class Pilot:
    """Steers one session to its target."""

    def __init__(self, session: Rehearsal) -> None:
        self.session = session
        target = session.target
        self.points, self.radius = way(session.avatar.tree, target.branch, target.position_mm + 6.0)
        wanted = way_names(session.avatar.tree, target.branch)
        others = [b.points[len(b.points) // 10 :] for b in session.avatar.tree.branches if b.name not in wanted]
        lengths = [session.avatar.tree[n].length for n in wanted[:-1]]
        self.forks = [f for f in (int(2 * v) for v in np.cumsum(lengths)) if self._turns(f)]
        self.others = np.vstack(others) if others else np.empty((0, 3))
        self.best, self.best_time, self.tries = 0, 0.0, 0
        self.back_to = -1.0

    def _turns(self, fork: int) -> bool:
        """The way leaves this fork at an angle, and does not just go on."""
        near, last = int(4 * self.radius[min(fork, len(self.radius) - 1)]), len(self.points) - 1
        before = self.points[min(fork, last)] - self.points[max(fork - near, 0)]
        after = self.points[min(fork + 2 * near, last)] - self.points[min(fork, last)]
        size = float(np.linalg.norm(before) * np.linalg.norm(after))
        return size > 0 and float(before @ after) < _STRAIGHT * size

    def run(self, seconds: float) -> bool:
        """Until the wire lies across the target, or the time is over; whether it does."""
        s = self.session
        while s.time < seconds and not s.crossed():
            if not s.injections or s.time - s.injections[-1][0] > _CONTRAST_EVERY_S:
                s.inject()
            s.hand(*self.decide(), 1 / FRAMES)
            s.beam += 1 / FRAMES
        return s.crossed()

    def decide(self) -> tuple[float, float]:
        """Push in m/s and turn in rad/s for the next frame."""
        s = self.session
        tip = s.rod.tip() * 1e3
        gaps = np.linalg.norm(self.points - tip, axis=1)
        at = int(np.argmin(gaps))
        if at > self.best:
            self.best, self.best_time = at, s.time
        inserted = s.rod.inserted * 1e3
        if self.back_to > 0:
            if inserted > self.back_to:
                return -_FAST * FASTEST, 0.0
            self.back_to, self.best, self.best_time = -1.0, at, s.time
            self.session.hand(0.0, TURN, _GOLDEN / TURN)
        lost = gaps[at] > self.radius[at] and np.linalg.norm(self.others - tip, axis=1).min(initial=np.inf) < gaps[at]
        if lost or s.time - self.best_time > _PATIENCE_S:
            self.tries += 1
            self.back_to = max(inserted - _BACK_MM * (1 + 0.5 * (self.tries % 6)) - float(gaps[at]), 2.0)
            return -_FAST * FASTEST, 0.0
        off = self._angle(tip, at)
        before = any(0 <= (fork - at) / 2 < _BEFORE_RADII * self.radius[at] for fork in self.forks)
        if before and abs(off) > 0.4 and s.time - self.best_time < 0.7 * _PATIENCE_S:
            return 0.0, float(np.clip(4 * off, -TURN, TURN))
        return FASTEST * (_FAST if abs(off) < 0.7 else _SLOW), float(np.clip(4 * off, -TURN, TURN))

    def _ahead(self, at: int) -> int:
        """The point to steer for: a little ahead, or well into the branch that leaves soon."""
        wide = self.radius[at]
        for fork in self.forks:
            if -wide < (fork - at) / 2 < _BEFORE_RADII * wide:
                return fork + int(2 * _INTO_RADII * wide)
        return at + int(2 * (_AHEAD_MM + _AHEAD_RADII * wide))

    def _angle(self, tip: Array, at: int) -> float:
        """From where the bent tip points to where the way leads, about the wire's axis; 0 where the way is straight."""
        rod = self.session.rod
        bend = rod.wire.bend_length or rod.wire.tip_length
        k = len(rod.x) - 2 - max(round(bend / rod.segment), 2)
        axis = rod.x[k] - rod.x[k - 1]
        axis = axis / np.linalg.norm(axis)
        ahead = min(self._ahead(at), len(self.points) - 1)
        wish, now = self.points[ahead] - tip, tip - rod.x[k] * 1e3
        wish_side, now_side = wish - (wish @ axis) * axis, now - (now @ axis) * axis
        if np.linalg.norm(wish_side) < 0.15 * np.linalg.norm(wish) or np.linalg.norm(now_side) < 1e-3:
            return 0.0
        return float(np.arctan2(np.cross(now_side, wish_side) @ axis, now_side @ wish_side))


def autopilot(session: Rehearsal, seconds: float) -> bool:
    """Steer to the target within this time of the session; whether the wire lies across it."""
    return Pilot(session).run(seconds)
