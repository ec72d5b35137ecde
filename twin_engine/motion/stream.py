"""Sensors live: one JSON object a line on stdin, or one a datagram on this computer's own UDP port.

{"t": 0.01, "sensor": "upper", "q": [w, x, y, z]}
{"t": 0.01, "landmark": "right_elbow", "p": [x, y, z]}

Landmarks are what a camera's pose estimator gives, in a process of its own
(examples/webcam_landmarks.py); joint angles from one camera miss by 7 to 13 degrees, so they serve
relative scores only.

Loopback only: nothing from outside this computer is heard.
"""

import itertools
import json
import math
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.motion.formats import Motion
from twin_engine.motion.sensors import Orientations

Array = NDArray[np.float64]
MAX_BYTES = 2000
_AXES = {"x": 0, "y": 1, "z": 2}


@dataclass(frozen=True)
class Reading:
    """One sensor's orientation, a quaternion, or one landmark's place, a point, at a time."""

    time: float
    sensor: str
    value: Array


@dataclass(frozen=True)
class Hinge:
    """A joint between two sensors, its angle about an axis of the near one."""

    joint: str
    near: str
    far: str
    axis: int
    size = 4  # numbers in a reading

    @property
    def needs(self) -> tuple[str, ...]:
        """The sensors it reads."""
        return self.near, self.far

    def angle(self, near: Array, far: Array) -> Array:
        """Twist (rad) of the far sensor against the near one about the axis; quaternions (..., 4)."""
        w = np.sum(near * far, axis=-1)
        v = near[..., :1] * far[..., 1:] - far[..., :1] * near[..., 1:] - np.cross(near[..., 1:], far[..., 1:])
        turn = 2 * np.arctan2(v[..., self.axis], w)
        return (turn + np.pi) % (2 * np.pi) - np.pi


@dataclass(frozen=True)
class Bend:
    """A joint at the middle one of three landmarks; straight is 0."""

    joint: str
    needs: tuple[str, ...]
    size = 3

    def angle(self, near: Array, middle: Array, far: Array) -> Array:
        """Flexion (rad) from three points (..., 3)."""
        a, b = near - middle, far - middle
        cosine = np.sum(a * b, axis=-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))
        return np.pi - np.arccos(np.clip(cosine, -1.0, 1.0))


Joint = Hinge | Bend


def joint(text: str) -> Joint:
    """NAME=NEAR,FAR,AXIS between two sensors, or NAME=NEAR,MIDDLE,FAR of three landmarks.

    Raises
    ------
    InputError
        Not of this form.
    """
    name, _, rest = text.partition("=")
    parts = tuple(rest.split(","))
    if not name or len(parts) != 3 or not all(parts):
        raise _nameless(text)
    return Hinge(name, parts[0], parts[1], _AXES[parts[2]]) if parts[2] in _AXES else Bend(name, parts)


def _nameless(text: str | None) -> InputError:
    return InputError("a joint needs two sensors and an axis, or three landmarks", "--joint", text,
                      "NAME=NEAR,FAR,AXIS or NAME=NEAR,MIDDLE,FAR", "for example elbow=upper,lower,z")  # fmt: skip


def angles(orientations: Orientations, hinges: list[Joint]) -> Motion:
    """Joint angles of a recording; NaN where a sensor dropped out.

    Raises
    ------
    InputError
        A sensor is not in the recording, or no joint is given.
    """
    if not hinges or not all(isinstance(h, Hinge) for h in hinges):
        raise _nameless(None)
    place = {n: i for i, n in enumerate(orientations.names)}
    columns = {}
    for h in hinges:
        missing = [s for s in h.needs if s not in place]
        if missing:
            raise InputError("no such sensor", h.joint, ", ".join(missing), ", ".join(place), "correct the name")
        q = orientations.quaternions
        columns[h.joint] = h.angle(*(q[:, place[s]] for s in h.needs))
    return Motion(orientations.time, columns)


def parse(line: bytes | str) -> Reading:
    """One reading.

    Raises
    ------
    InputError
        Not JSON, too long, or neither a unit quaternion nor a point.
    """
    try:
        if len(line) > MAX_BYTES:
            raise ValueError("too long")
        data = json.loads(line)
        name, key, size = ("landmark", "p", 3) if "landmark" in data else ("sensor", "q", 4)
        value = np.array([float(x) for x in data[key]])
        reading = Reading(float(data["t"]), str(data[name]), value)
        if value.shape != (size,) or not math.isfinite(reading.time) or not np.isfinite(value).all():
            raise ValueError("not finite")
        if key == "q" and not abs(float(np.linalg.norm(value)) - 1) < 0.02:
            raise ValueError("not a unit quaternion")
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("not a sensor reading", "--stream", str(line[:60]),
                         '{"t": s, "sensor": NAME, "q": [w,x,y,z]} or {"t": s, "landmark": NAME, "p": [x,y,z]}',
                         f"correct the sender: {type(error).__name__}") from None  # fmt: skip
    return reading


def listen(source: str, patience_s: float = 5.0) -> Iterator[Reading]:
    """Readings until stdin ends, or the port has been quiet for some seconds.

    Raises
    ------
    InputError
        Not a port, or the port is taken.
    """
    if source == "-":
        for line in sys.stdin:
            if line.strip():
                yield parse(line)
        return
    if not source.isdigit() or not 1024 <= int(source) <= 65535:
        raise InputError("not a source of sensors", "--stream", source, "- or a port from 1024 to 65535",
                         "--stream 5005")  # fmt: skip
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        try:
            port.bind(("127.0.0.1", int(source)))
        except OSError:
            raise InputError("the port is taken", "--stream", source, "a free port", "choose another") from None
        port.settimeout(patience_s)
        while True:
            try:
                yield parse(port.recv(MAX_BYTES + 1))
            except TimeoutError:
                return


def poses(readings: Iterator[Reading], hinges: list[Joint]) -> Iterator[tuple[float, Array]]:
    """A pose (joints,) for each new time, from the last orientation of every sensor.

    A sensor silent for more than 0.2 s counts as dropped out: its joints are NaN.
    """
    last: dict[str, Reading] = {}
    now: float | None = None
    for r in readings:
        if now is not None and r.time > now:
            yield now, _pose(last, hinges, now)
        last[r.sensor] = r
        now = r.time
    if now is not None:
        yield now, _pose(last, hinges, now)


def paced(poses: Iterator[tuple[float, Array]]) -> tuple[float, Iterator[tuple[float, Array]]]:
    """Poses a second, from the first nine, and the poses."""
    first = list(itertools.islice(poses, 9))
    gaps = np.diff([t for t, _ in first])
    rate = 1.0 / float(np.median(gaps)) if len(gaps) else 100.0
    return rate, itertools.chain(first, poses)


def _pose(last: dict[str, Reading], hinges: list[Joint], now: float) -> Array:
    def one(h: Joint) -> float:
        read = [last[s].value for s in h.needs if s in last and now - last[s].time <= 0.2]
        whole = len(read) == len(h.needs) and all(len(v) == h.size for v in read)
        return float(h.angle(*read)) if whole else np.nan

    return np.array([one(h) for h in hinges])
