"""One cue at a time: the worst joint outside the tolerance tube, with hysteresis.

On beyond 2 SD for 150 ms, off below 1.5 SD, shown for at least 1 s, then 2 s of quiet (design values,
assumption). Feedback fades from every repetition to a half and a quarter, with uncued probes on which
learning is scored: continuous feedback makes practice good and withdrawal bad (Aoyagi 2019; Schmidt &
Lee, "Motor control and learning", ch. 12).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ON, OFF = 2.0, 1.5
_WAIT, _SHOWN, _QUIET = 0.15, 1.0, 2.0
FADING = (1.0, 0.5, 0.25)


@dataclass(frozen=True)
class Cue:
    """A joint to correct and the way to move it: "more" or "less"."""

    joint: str
    direction: str


class CueSelector:
    """Chooses what to say, pose by pose."""

    def __init__(self, joints: tuple[str, ...]) -> None:
        self.joints = joints
        self.cue: Cue | None = None
        self._since, self._over = -np.inf, np.full(len(joints), np.nan)
        self._silent_until = -np.inf

    def update(self, time: float, pose: Array, mean: Array, spread: Array) -> Cue | None:
        """The cue to show at a time (s) for a pose against the reference at this phase (rad)."""
        z = (pose - mean) / spread
        out = np.isfinite(z) & (np.abs(z) > ON)
        self._over = np.where(out, np.where(np.isnan(self._over), time, self._over), np.nan)
        if self.cue is not None:
            j = self.joints.index(self.cue.joint)
            settled = not np.isfinite(z[j]) or abs(z[j]) < OFF
            if settled and time - self._since >= _SHOWN:
                self.cue, self._silent_until = None, time + _QUIET
            return self.cue
        ready = out & (time - self._over >= _WAIT - 1e-9)
        if time >= self._silent_until and ready.any():
            j = int(np.argmax(np.where(ready, np.abs(z), -1)))
            self.cue, self._since = Cue(self.joints[j], "less" if z[j] > 0 else "more"), time
        return self.cue


def cued(repetition: int, session: int) -> bool:
    """Whether a repetition (0, 1, ...) of a session (0, 1, ...) is cued: all, then half, then a quarter."""
    share = FADING[min(session, len(FADING) - 1)]
    return int((repetition + 1) * share) > int(repetition * share)
