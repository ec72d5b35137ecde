"""The best next movement: demonstrated, within the patient's range, and strong enough to be done.

Order (each step can refuse): condition on the range of motion; hold every posture against gravity;
find the shortest time whose torques the weakened muscles can give; verify by inverse dynamics. The
residual is not monotone in time, so a posture that cannot be held is refused before timing. Feasible
is not "proven best", and the reference says which joint binds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.motion.muscles import Effort, Limb
from twin_engine.motion.primitive import Primitive

Array = NDArray[np.float64]
_FRAMES = 51
_SHORTEST, _LONGEST, _RESOLUTION = 0.3, 6.0, 0.01
_MARGIN = np.radians(1.0)
_CONDITIONS = 12
_HURRIED = 0.8


@dataclass(frozen=True)
class Reference:
    """A movement to show, or why there is none.

    Parameters
    ----------
    feasible : bool
    reason : str
        "" or "range", "gravity", "time".
    binding : str
        The joint that binds; "" when nothing does.
    duration : float
        Seconds; NaN when not feasible.
    time, angles : ndarray (n,), (n, joints)
        s and rad.
    torque_ratio : float
        Largest share of a joint's own strength in use.
    missing : float
        Torque in N m that the muscles could not give where it was refused.
    conditioned : int
        Conditioning steps taken.
    """

    feasible: bool
    reason: str
    binding: str
    duration: float
    time: Array
    angles: Array
    torque_ratio: float
    missing: float
    conditioned: int


def plan(limb: Limb, primitive: Primitive, limits: Mapping[str, tuple[float, float]] | None = None, *,
         longest: float = _LONGEST, preferred: float | None = None) -> Reference:  # fmt: skip
    """Find the reference of a limb.

    Parameters
    ----------
    limb : Limb
        With the patient's strength.
    primitive : Primitive
        Over the limb's joints, in their order.
    limits : mapping, optional
        Joint -> (low, high) in rad that the patient reaches.
    longest : float
        Longest time in s.
    preferred : float, optional
        Time in s to use if feasible; the shortest feasible time by default.

    Raises
    ------
    InputError
        Joints differ, or a limit is empty.
    """
    if primitive.joints != limb.joints:
        raise InputError("primitive and limb move different joints", "reference", primitive.joints,
                         ", ".join(limb.joints), "record the same joints")  # fmt: skip
    limits = dict(limits or {})
    for name, (low, high) in limits.items():
        if name not in limb.joints or not low < high:
            raise InputError("a range of motion needs low < high of a known joint", name, (low, high),
                             ", ".join(limb.joints), "enter the measured range")  # fmt: skip
    inside, steps, worst = _within(primitive, limits)
    phase = np.linspace(0, 1, _FRAMES)
    angles = inside.course(phase)
    if worst is not None:
        return _refuse("range", worst, angles, 0.0, steps)
    still = np.zeros(len(limb.joints))
    held = [limb.effort(limb.torque(q, still, still), *limb.muscle_torque(q, still)) for q in angles]
    residual = np.abs([e.residual for e in held])
    if not all(e.held for e in held):
        j = int(residual.max(axis=0).argmax())
        return _refuse("gravity", limb.joints[j], angles, float(residual.max()), steps)
    return _timed(limb, inside, angles, longest, preferred, steps)


def _within(primitive: Primitive, limits: Mapping[str, tuple[float, float]]) -> tuple[Primitive, int, str | None]:
    """Condition at the worst phase until the mean lies inside; else the joint that stays outside."""
    phase = np.linspace(0, 1, _FRAMES)
    for step in range(_CONDITIONS + 1):
        course = primitive.course(phase)
        worst, where = 0.0, None
        for name, (low, high) in limits.items():
            j = primitive.joints.index(name)
            over = np.maximum(course[:, j] - high, low - course[:, j])
            if over.max() > worst + 1e-9:
                worst, where = float(over.max()), (j, int(over.argmax()), low, high)
        if where is None:
            return primitive, step, None
        j, k, low, high = where
        target = high - _MARGIN if course[k, j] > high else low + _MARGIN
        primitive = primitive.condition(float(phase[k]), j, target)
    return primitive, _CONDITIONS, primitive.joints[where[0]] if where else None


def _frames(limb: Limb, primitive: Primitive, duration: float) -> Iterator[tuple[Effort, float]]:
    """Effort and the largest share of a joint's own strength, frame by frame."""
    phase = np.linspace(0, 1, _FRAMES)
    q = primitive.course(phase)
    v, a = primitive.course(phase, 1) / duration, primitive.course(phase, 2) / duration**2
    for i in range(_FRAMES):
        torque = limb.torque(q[i], v[i], a[i])
        passive, active = limb.muscle_torque(q[i], v[i])
        asked = torque - passive
        able = np.where(asked >= 0, np.maximum(active, 0).sum(axis=1), -np.minimum(active, 0).sum(axis=1))
        yield limb.effort(torque, passive, active), float(np.max(np.abs(asked) / np.maximum(able, 1e-9)))


def _first_failure(limb: Limb, primitive: Primitive, duration: float) -> Effort | None:
    return next((e for e, _ in _frames(limb, primitive, duration) if not e.held), None)


def _timed(limb: Limb, primitive: Primitive, angles: Array, longest: float, preferred: float | None, steps: int
           ) -> Reference:  # fmt: skip
    low, high = _SHORTEST, min(2 * _SHORTEST, longest)
    while (failed := _first_failure(limb, primitive, high)) is not None:
        if high >= longest:
            joint = limb.joints[int(np.abs(failed.residual).argmax())]
            return _refuse("time", joint, angles, float(np.abs(failed.residual).max()), steps)
        low, high = high, min(1.5 * high, longest)
    while high - low > _RESOLUTION:
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if _first_failure(limb, primitive, middle) is None else (middle, high)
    relaxed = preferred is not None and preferred > high and _first_failure(limb, primitive, preferred) is None
    duration = float(preferred) if relaxed and preferred is not None else high
    # What binds shows where the movement is clearly too fast, not on the edge.
    hurried = np.abs([e.residual for e, _ in _frames(limb, primitive, _HURRIED * high)]).max(axis=0)
    shown = list(_frames(limb, primitive, duration))
    return Reference(True, "", "" if relaxed else limb.joints[int(hurried.argmax())], duration,
                     np.linspace(0, duration, _FRAMES), angles, max(r for _, r in shown),
                     float(np.abs([e.residual for e, _ in shown]).max()), steps)  # fmt: skip


def _refuse(reason: str, joint: str, angles: Array, missing: float, steps: int) -> Reference:
    return Reference(False, reason, joint, float("nan"), np.zeros(0), angles, float("nan"), missing, steps)
