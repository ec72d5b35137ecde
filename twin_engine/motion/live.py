"""Live guidance: pose, phase, look-ahead and one cue a frame, within one period of the recording.

Markers go through inverse kinematics frame by frame, sensors through relative orientation; both end as
joint angles, which the phase filter and the cue selector take.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.motion.cue import Cue, CueSelector
from twin_engine.motion.formats import Markers, Motion
from twin_engine.motion.kinematics import Kinematics
from twin_engine.motion.phase import PHASES, PhaseFilter
from twin_engine.parameters import default

Array = NDArray[np.float64]
# Standard deviation of the tolerance tube where the reference brings none (assumption), and how far
# ahead of the estimated phase the ghost moves, s (reaction to a seen cue, about .25 s, assumption).
TUBE = float(np.radians(default("motion")["tube_sd"].value))
LOOK_AHEAD_S = default("motion")["look_ahead"].value


@dataclass(frozen=True)
class Guidance:
    """One frame: angles seen, phase in [0, 1], where to be soon (rad), the cue, seconds it took.

    `spent` is by the wall clock; `worked` is this thread's own share of it, without what other
    programs of the computer took.
    """

    time: float
    pose: Array
    phase: float
    ahead: Array
    cue: Cue | None
    spent: float
    worked: float


Clock = tuple[float, float]


def now() -> Clock:
    """Wall clock and this thread's working time, s."""
    return time.perf_counter(), time.thread_time()


class Guide:
    """Follows a person through a reference.

    Parameters
    ----------
    reference : Motion
        Angles in rad over one movement or one cycle.
    joints : tuple of str
        Columns to follow.
    rate : float
        Poses a second.
    cyclic : bool
        Whether the end is the beginning.
    tube : float or ndarray (101, joints)
        Standard deviation in rad.

    Raises
    ------
    InputError
        The reference lacks a joint.
    """

    def __init__(self, reference: Motion, joints: tuple[str, ...], rate: float, cyclic: bool = False,
                 tube: float | Array = TUBE) -> None:  # fmt: skip
        missing = [j for j in joints if j not in reference.columns]
        if missing or not joints:
            raise InputError("the model has no such coordinate", "reference", ", ".join(missing),
                             ", ".join(reference.columns), "follow joints of the reference")  # fmt: skip
        self.joints = joints
        self.duration = float(reference.time[-1] - reference.time[0])
        at = np.linspace(reference.time[0], reference.time[-1], PHASES)
        self.mean = np.column_stack([np.interp(at, reference.time, reference.columns[j]) for j in joints])
        self.spread = np.broadcast_to(np.asarray(tube, dtype=float), self.mean.shape).copy()
        self._filter = PhaseFilter(self.mean, self.spread, self.duration, rate, cyclic)
        self._chooser = CueSelector(joints)
        self._cyclic = cyclic

    def fresh(self, rate: float) -> "Guide":
        """A guide by the same reference that has seen nothing yet."""
        time_ = np.linspace(0.0, self.duration, PHASES)
        reference = Motion(time_, {j: self.mean[:, i] for i, j in enumerate(self.joints)})
        return Guide(reference, self.joints, rate, self._cyclic, self.spread)

    def see(self, at: float, pose: Array, begun: Clock | None = None) -> Guidance:
        """Take one pose (joints,) in rad at a time in s."""
        begun = now() if begun is None else begun
        phase = self._filter.see(pose)
        cue = self._chooser.update(at, pose, self.expected(phase), self._at(phase, self.spread))
        ahead = phase + LOOK_AHEAD_S * max(self._filter.tempo, 0.1) / self.duration
        ahead = ahead % 1.0 if self._cyclic else min(ahead, 1.0)
        shown = self.expected(ahead)
        ended = now()
        return Guidance(at, pose, phase, shown, cue, ended[0] - begun[0], ended[1] - begun[1])

    def expected(self, phase: float) -> Array:
        """The reference's pose at a phase."""
        return self._at(phase, self.mean)

    def _at(self, phase: float, table: Array) -> Array:
        place = phase * (PHASES - 1)
        i = min(int(place), PHASES - 2)
        return table[i] + (place - i) * (table[i + 1] - table[i])


def from_markers(guide: Guide, solver: Kinematics, markers: Markers, weights: dict[str, float],
                 tasks: dict[str, tuple[float, float]] | None = None) -> Iterable[Guidance]:  # fmt: skip
    """Guidance of every frame of a recording of markers."""
    index = [solver.skeleton.index(j) for j in guide.joints]
    start = None
    for t, positions in zip(markers.time, markers.positions, strict=True):
        begun = now()
        one = Markers(np.array([t]), markers.names, positions[None])
        start = solver.solve(one, weights, tasks, start).values[0]
        yield guide.see(float(t), start[index], begun)


def from_angles(guide: Guide, motion: Motion) -> Iterable[Guidance]:
    """Guidance of every frame of a recording of angles; joints it lacks are not seen."""
    nothing = np.full(len(motion.time), np.nan)
    table = np.column_stack([motion.columns.get(j, nothing) for j in guide.joints])
    if np.isnan(table).all():
        raise InputError("no angle in common", "recording", ", ".join(motion.columns), ", ".join(guide.joints),
                         "record the joints of the reference")  # fmt: skip
    for t, pose in zip(motion.time, table, strict=True):
        yield guide.see(float(t), pose)


@dataclass(frozen=True)
class Latency:
    """How a loop kept time: frames, late ones, median, 99th percentile and worst in ms."""

    frames: int
    late: int
    median_ms: float
    p99_ms: float
    worst_ms: float


def latency(spent: Array, rate: float) -> Latency:
    """Lateness as it would be live: a frame waits for those before it, and is late after one period.

    Parameters
    ----------
    spent : ndarray (frames,)
        Seconds a frame.
    rate : float
        Frames a second.
    """
    period, free, late = 1.0 / rate, 0.0, 0
    for i, s in enumerate(spent):
        arrives = i * period
        free = max(arrives, free) + float(s)
        late += free - arrives > period
    milli = 1e3 * np.asarray(spent)
    return Latency(len(milli), late, float(np.median(milli)), float(np.quantile(milli, 0.99)), float(milli.max()))


def repeat(markers: Markers, seconds: float, rate: float) -> Markers:
    """A recording played to and fro for some seconds at a rate."""
    n = round(seconds * rate)
    length = markers.time[-1] - markers.time[0]
    place = np.arange(n) / rate % (2 * length)
    at = markers.time[0] + np.where(place > length, 2 * length - place, place)
    flat = markers.positions.reshape(len(markers.time), -1)
    resampled = np.column_stack([np.interp(at, markers.time, c) for c in flat.T])
    return Markers(np.arange(n) / rate, markers.names, resampled.reshape(n, -1, 3))


def pace(frames: Iterable[Guidance], rate: float, show: Callable[[Guidance], None]) -> list[Guidance]:
    """Play at the recording's own speed: each frame no earlier than its time."""
    begin, seen = time.perf_counter(), []
    for i, g in enumerate(frames):
        seen.append(g)
        show(g)
        wait = begin + (i + 1) / rate - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
    return seen
