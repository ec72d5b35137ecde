"""Sensors live: one JSON object a line on stdin, or one a datagram on this computer's own UDP port.

{"t": 0.01, "sensor": "upper", "q": [w, x, y, z]}

Loopback only: nothing from outside this computer is heard.
"""

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
    """One sensor's orientation at a time."""

    time: float
    sensor: str
    quaternion: Array


@dataclass(frozen=True)
class Hinge:
    """A joint between two sensors, its angle about an axis of the near one."""

    joint: str
    near: str
    far: str
    axis: int

    @classmethod
    def parse(cls, text: str) -> "Hinge":
        """JOINT=NEAR,FAR,AXIS.

        Raises
        ------
        InputError
            Not of this form.
        """
        joint, _, rest = text.partition("=")
        parts = rest.split(",")
        if not joint or len(parts) != 3 or parts[2] not in _AXES:
            raise InputError("a joint needs two sensors and an axis", "--joint", text, "JOINT=NEAR,FAR,AXIS",
                             "for example elbow=upper,lower,z")  # fmt: skip
        return cls(joint, parts[0], parts[1], _AXES[parts[2]])

    def angle(self, near: Array, far: Array) -> Array:
        """Twist (rad) of the far sensor against the near one about the axis; quaternions (..., 4)."""
        w = np.sum(near * far, axis=-1)
        v = near[..., :1] * far[..., 1:] - far[..., :1] * near[..., 1:] - np.cross(near[..., 1:], far[..., 1:])
        turn = 2 * np.arctan2(v[..., self.axis], w)
        return (turn + np.pi) % (2 * np.pi) - np.pi


def angles(orientations: Orientations, hinges: list[Hinge]) -> Motion:
    """Joint angles of a recording; NaN where a sensor dropped out.

    Raises
    ------
    InputError
        A sensor is not in the recording, or no joint is given.
    """
    if not hinges:
        raise InputError("a joint needs two sensors and an axis", "--joint", None, "JOINT=NEAR,FAR,AXIS",
                         "for example elbow=upper,lower,z")  # fmt: skip
    place = {n: i for i, n in enumerate(orientations.names)}
    columns = {}
    for h in hinges:
        missing = [s for s in (h.near, h.far) if s not in place]
        if missing:
            raise InputError("no such sensor", h.joint, ", ".join(missing), ", ".join(place), "correct the name")
        q = orientations.quaternions
        columns[h.joint] = h.angle(q[:, place[h.near]], q[:, place[h.far]])
    return Motion(orientations.time, columns)


def parse(line: bytes | str) -> Reading:
    """One reading.

    Raises
    ------
    InputError
        Not JSON, too long, or not a unit quaternion.
    """
    try:
        if len(line) > MAX_BYTES:
            raise ValueError("too long")
        data = json.loads(line)
        q = np.array([float(x) for x in data["q"]])
        reading = Reading(float(data["t"]), str(data["sensor"]), q)
        if q.shape != (4,) or not math.isfinite(reading.time) or not abs(float(np.linalg.norm(q)) - 1) < 0.02:
            raise ValueError("not a unit quaternion")
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("not a sensor reading", "--stream", str(line[:60]), '{"t": s, "sensor": NAME, "q": [w,x,y,z]}',
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


def poses(readings: Iterator[Reading], hinges: list[Hinge]) -> Iterator[tuple[float, Array]]:
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


def _pose(last: dict[str, Reading], hinges: list[Hinge], now: float) -> Array:
    fresh = {s: r.quaternion for s, r in last.items() if now - r.time <= 0.2}
    return np.array([float(h.angle(fresh[h.near], fresh[h.far])) if h.near in fresh and h.far in fresh else np.nan
                     for h in hinges])  # fmt: skip
