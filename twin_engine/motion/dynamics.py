"""Inverse dynamics of a skeleton: joint moments from motion and ground reaction.

Virtual power (Kane & Levinson 1985, "Dynamics", ch. 4): for each coordinate

    tau = sum over bodies  Jv' m (a - g) + Jw' (I alpha + w x I w)  -  sum over loads  Jv' F + Jw' M,

with the bodies' own Jacobians, so spline joints are exact. Motion is smoothed by a zero-phase
Butterworth filter (third order, 6 Hz by default, as OpenSim's tool) and differentiated as a quintic
spline.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.motion.formats import Motion
from twin_engine.motion.kinematics import Kinematics
from twin_engine.motion.skeleton import Body, Skeleton

Array = NDArray[np.float64]
GRAVITY = np.array([0.0, -9.80665, 0.0])
_ORDER, _PAD = 3, 60


@dataclass(frozen=True)
class Load:
    """A force on a body: columns of a motion table, all expressed in the ground.

    Parameters
    ----------
    body : str
        The body that the force acts on.
    time : ndarray (n,)
        Seconds.
    force, point, torque : ndarray (n, 3)
        N, m, N m.
    """

    body: str
    time: Array
    force: Array
    point: Array
    torque: Array


@dataclass(frozen=True)
class Moments:
    """Generalised forces (frames, coordinates): N m for angles, N for translations."""

    time: Array
    names: tuple[str, ...]
    values: Array


def ground_load(motion: Motion, body: str, prefix: str = "") -> Load:
    """A force plate's columns `<prefix>ground_force_vx` ... as a load on a body.

    Raises
    ------
    InputError
        A column is missing.
    """

    def take(stem: str) -> Array:
        names = [f"{prefix}{stem}{axis}" for axis in "xyz"]
        missing = [n for n in names if n not in motion.columns]
        if missing:
            raise InputError("missing column", "ground reaction", ", ".join(missing),
                             "force, point and torque of every plate", "name the plate's prefix")  # fmt: skip
        return np.column_stack([motion.columns[n] for n in names])

    torque = "ground_torque_" if f"{prefix}ground_torque_x" in motion.columns else "ground_moment_m"
    return Load(body, motion.time, take("ground_force_v"), take("ground_force_p"), take(torque))


def smooth(time: Array, values: Array, cutoff: float) -> tuple[Array, Array]:
    """Zero-phase low-pass of columns (n, k) at even times; the cut-off in 1/s.

    Recorded times are often rounded to milliseconds. Left in place, such jitter differentiates to
    accelerations of metres per second squared, so the columns are first put on an even grid.

    Raises
    ------
    InputError
        The cut-off is not below half the frame rate.
    """
    from scipy.interpolate import make_interp_spline
    from scipy.signal import butter, filtfilt

    rate = (len(time) - 1) / (time[-1] - time[0])
    if not 0 < cutoff < rate / 2:
        raise InputError("the cut-off must lie below half the frame rate", "cutoff", cutoff, f"0 to {rate / 2:g} Hz",
                         "choose 6 Hz for gait")  # fmt: skip
    even = np.linspace(time[0], time[-1], len(time))
    b, a = butter(_ORDER, cutoff / (rate / 2))
    on_grid = make_interp_spline(time, values, k=3)(even)
    return even, filtfilt(b, a, on_grid, axis=0, padtype="odd", padlen=min(_PAD, len(time) - 1))


def inverse(skeleton: Skeleton, motion: Motion, loads: Sequence[Load] = (), *, cutoff: float = 6.0,
            times: Array | None = None) -> Moments:  # fmt: skip
    """Joint moments that make the skeleton follow the motion under the loads.

    Parameters
    ----------
    skeleton : Skeleton
        Masses and joints.
    motion : Motion
        Every coordinate in rad and m.
    loads : sequence of Load
        Ground reactions.
    cutoff : float
        Low-pass in Hz.
    times : ndarray, optional
        Where to evaluate, in s; the motion's frames by default.
    """
    from scipy.interpolate import make_interp_spline

    q = np.column_stack([_column(motion, c.name, skeleton) for c in skeleton.coordinates])
    curve = make_interp_spline(*smooth(motion.time, q, cutoff), k=5)
    when = motion.time if times is None else np.asarray(times, dtype=float)
    position, speed, acceleration = (curve(when, nu=n) for n in (0, 1, 2))
    mover = Kinematics(skeleton)
    values = np.stack([_frame(mover, skeleton, t, x, v, a, loads)
                       for t, x, v, a in zip(when, position, speed, acceleration, strict=True)])  # fmt: skip
    return Moments(when, tuple(c.name for c in skeleton.coordinates), values)


def _column(motion: Motion, name: str, skeleton: Skeleton) -> Array:
    if name not in motion.columns:
        raise InputError("missing column", "motion", name, ", ".join(c.name for c in skeleton.coordinates[:6]) + " ...",
                         "run inverse kinematics with the same model")  # fmt: skip
    return motion.columns[name]


def _frame(mover: Kinematics, skeleton: Skeleton, t: float, q: Array, v: Array, a: Array, loads: Sequence[Load]
           ) -> Array:  # fmt: skip
    step = 1e-5
    rotation, centre, linear, angular = mover.body_jacobians(q)
    _, _, ahead, ahead_turn = mover.body_jacobians(q + step * v)
    _, _, behind, behind_turn = mover.body_jacobians(q - step * v)
    bias = np.einsum("bic,c->bi", ahead - behind, v) / (2 * step)
    bias_turn = np.einsum("bic,c->bi", ahead_turn - behind_turn, v) / (2 * step)
    moved = linear @ a + bias - GRAVITY
    turned = angular @ a + bias_turn
    spin = angular @ v
    moments = np.zeros(len(q))
    for b, body in enumerate(skeleton.bodies):
        inertia = rotation[b] @ _tensor(body) @ rotation[b].T
        torque = inertia @ turned[b] + np.cross(spin[b], inertia @ spin[b])
        moments += body.mass * linear[b].T @ moved[b] + angular[b].T @ torque
    names = [body.name for body in skeleton.bodies]
    for load in loads:
        b = names.index(load.body)
        force, point, torque = (np.array([np.interp(t, load.time, c[:, i]) for i in range(3)])
                                for c in (load.force, load.point, load.torque))  # fmt: skip
        about_centre = torque + np.cross(point - centre[b], force)
        moments -= linear[b].T @ force + angular[b].T @ about_centre
    return moments


def _tensor(body: Body) -> Array:
    xx, yy, zz, xy, xz, yz = body.inertia
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
