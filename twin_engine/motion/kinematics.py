"""Marker kinematics: positions from coordinates, coordinates from markers.

Inverse kinematics minimises sum w |x_model - x_measured|^2 + sum w (q - q_task)^2 (Lu & O'Connor
1999, J Biomech 32:129) by Levenberg-Marquardt (Marquardt 1963) with the analytic Jacobian. Frames
run one after the other, each started from the last.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.motion import _pose
from twin_engine.motion.formats import Markers
from twin_engine.motion.skeleton import Skeleton

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Poses:
    """Coordinates (frames, coordinates) in rad and m, weighted squared error and RMS (m) a frame."""

    time: Array
    names: tuple[str, ...]
    values: Array
    weighted_error: Array
    rms: Array


class Kinematics:
    """A skeleton ready for positions and inverse kinematics; one instance a thread."""

    def __init__(self, skeleton: Skeleton) -> None:
        self.skeleton = skeleton
        self._flat = skeleton.flat()
        self._model = self._flat.arrays()
        self._work, self._trial = self._buffers(), self._buffers()

    def _buffers(self) -> tuple:
        joints, n = len(self.skeleton.joints), len(self.skeleton.coordinates)
        rotation = np.zeros((joints + 1, 3, 3))
        rotation[0] = np.eye(3)
        axes = 6 * joints
        return (rotation, np.zeros((joints + 1, 3)), np.zeros((axes, 3)), np.zeros((axes, 3)),
                np.zeros(axes + len(self.skeleton.couplers)), np.zeros((n, 3)))  # fmt: skip

    def _attachments(self, names: tuple[str, ...]) -> tuple[NDArray[np.int64], Array]:
        missing = [n for n in names if n not in self.skeleton.markers]
        if missing:
            raise InputError("the model has no such marker", self.skeleton.name, ", ".join(missing[:5]),
                             ", ".join(list(self.skeleton.markers)[:8]) + " ...",
                             "rename the marker or add it to the model")  # fmt: skip
        found = [self.skeleton.markers[n] for n in names]
        body = np.array([self._flat.order[b] for b, _ in found], dtype=np.int64)
        return body, np.array([p for _, p in found], dtype=float).reshape(-1, 3)

    def positions(self, q: Array, names: tuple[str, ...]) -> Array:
        """Marker positions (markers, 3) in m at coordinates q."""
        body, local = self._attachments(names)
        q = np.array(q, dtype=float)
        _pose.couple(q, self._model)
        rotation, origin, axis_world, axis_point, slopes, _ = self._work
        _pose.place(q, self._model, rotation, origin, axis_world, axis_point, slopes)
        return np.einsum("mij,mj->mi", rotation[body], local) + origin[body]

    def frames(self, q: Array) -> dict[str, Array]:
        """Body name -> 4x4 transform at coordinates q."""
        self.positions(q, ())
        made = {}
        for name, b in self._flat.order.items():
            frame = np.eye(4)
            frame[:3, :3], frame[:3, 3] = self._work[0][b], self._work[1][b]
            made[name] = frame
        return made

    def body_jacobians(self, q: Array) -> tuple[Array, Array, Array, Array]:
        """Rotation (b, 3, 3), centre of mass (b, 3), and its Jacobians (b, 3, n) in the ground.

        Raises
        ------
        InputError
            The skeleton has coupled coordinates, which inverse dynamics does not take.
        """
        if self.skeleton.couplers:
            raise InputError("coupled coordinates have no moments of their own", self.skeleton.name,
                             self.skeleton.couplers[0].dependent, "a model with splines in its joints",
                             "write the coupling as a spline of the joint")  # fmt: skip
        bodies, n = len(self.skeleton.bodies), len(q)
        position, linear, angular = np.zeros((bodies, 3)), np.zeros((bodies, 3, n)), np.zeros((bodies, 3, n))
        centre = np.array([b.centre for b in self.skeleton.bodies], dtype=float)
        _pose.body_jacobians(np.ascontiguousarray(q), self._model, centre, self._work, position, linear, angular)
        return self._work[0][1:].copy(), position, linear, angular

    def solve(self, markers: Markers, weights: dict[str, float] | None = None,
              tasks: dict[str, tuple[float, float]] | None = None, start: Array | None = None, *, most: int = 60,
              tolerance: float = 1e-9) -> Poses:  # fmt: skip
        """Inverse kinematics of all frames.

        Parameters
        ----------
        markers : Markers
            Measured positions; NaN is left out frame by frame.
        weights : dict, optional
            Marker -> weight; others are not used. By default 1 for every marker the model has.
        tasks : dict, optional
            Coordinate -> (value, weight).
        start : ndarray, optional
            Coordinates before the first frame.

        Raises
        ------
        InputError
            A weighted marker is missing, or a weight is negative.
        """
        weights = weights or {n: 1.0 for n in markers.names if n in self.skeleton.markers}
        used = tuple(n for n, w in weights.items() if w > 0)
        absent = [n for n in used if n not in markers.names]
        if absent or not used or any(w < 0 for w in weights.values()):
            raise InputError("a marker is missing", "markers", ", ".join(absent) or weights,
                             "every weighted marker in the trial", "set its weight to 0 or export it")  # fmt: skip
        body, local = self._attachments(used)
        measured = markers.positions[:, [markers.names.index(n) for n in used]]
        weight = np.array([weights[n] for n in used])
        n = len(self.skeleton.coordinates)
        task, task_weight = np.zeros(n), np.zeros(n)
        for name, (value, strength) in (tasks or {}).items():
            i = self.skeleton.index(name)
            task[i], task_weight[i] = value, strength
        q = np.array(self.skeleton.defaults() if start is None else start, dtype=float)
        values, errors = np.empty((len(markers.time), n)), np.empty(len(markers.time))
        _pose.solve_frames(q, self._model, body, local, np.ascontiguousarray(measured), weight, task, task_weight,
                      self._work, self._trial, most, tolerance, values, errors)  # fmt: skip
        gaps = np.stack([self.positions(v, used) for v in values]) - measured
        rms = np.sqrt(np.nanmean(np.sum(gaps**2, axis=2), axis=1))
        return Poses(markers.time, tuple(c.name for c in self.skeleton.coordinates), values, errors, rms)
