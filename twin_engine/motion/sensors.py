"""CSV of wearable sensors and of camera landmarks.

IMU: `time_s,sensor,qw,qx,qy,qz` (orientation, unit quaternion) or with `ax,ay,az` (m/s2) and
`gx,gy,gz` (rad/s). Landmarks: `time_s,name,x,y,z,visibility`, relative scores only: angles of a
single camera miss by 7-13 degrees in the sagittal plane (Uhlrich 2023, PLoS Comput Biol 19:e1011462).
"""

import csv
import io
import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.files import read_text
from twin_engine.motion.formats import Markers

Array = NDArray[np.float64]
MAX_ROWS = 2_000_000
# A gap longer than this many sampling intervals is a dropout.
_DROPOUT = 2.5
# Landmarks less visible than this are taken as unseen (MediaPipe's own default).
_SEEN = 0.5


@dataclass(frozen=True)
class Orientations:
    """Orientation of sensors over time: time (n,), names, quaternions (n, sensors, 4), w first; NaN where lost."""

    time: Array
    names: tuple[str, ...]
    quaternions: Array

    def dropouts(self) -> list[dict[str, float | str]]:
        """Gaps by sensor: start and length in s."""
        step = float(np.median(np.diff(self.time)))
        found: list[dict[str, float | str]] = []
        for k, name in enumerate(self.names):
            seen = self.time[np.isfinite(self.quaternions[:, k, 0])]
            edges = np.concatenate(([self.time[0] - step], seen, [self.time[-1] + step]))
            for a, b in itertools.pairwise(edges):
                if b - a > _DROPOUT * step:
                    found.append({"sensor": name, "start_s": float(a), "length_s": float(b - a)})
        return found


def read_imu(file: Path | str) -> Orientations:
    """Read an IMU table.

    Raises
    ------
    InputError
        A missing column, a number that is none, a quaternion that is not of unit length.
    """
    rows = _rows(Path(file), ("time_s", "sensor", "qw", "qx", "qy", "qz"))
    for number, row in rows:
        size = math.sqrt(sum(float(row[k]) ** 2 for k in ("qw", "qx", "qy", "qz")))
        if math.isfinite(size) and abs(size - 1) > 0.02:
            raise InputError("a quaternion must have the length 1", f"{Path(file).name}:{number}", round(size, 3),
                             "qw, qx, qy, qz of length 1", "check the order and the scale of the columns")  # fmt: skip
    time, names, values = _pivot(Path(file), rows, "sensor", ("qw", "qx", "qy", "qz"))
    return Orientations(time, names, values)


def read_landmarks(file: Path | str) -> Markers:
    """Read a landmark table; a landmark hardly visible counts as unseen.

    Raises
    ------
    InputError
        A missing column or a number that is none.
    """
    rows = _rows(Path(file), ("time_s", "name", "x", "y", "z"))
    for _, row in rows:
        if float(row.get("visibility") or 1.0) < _SEEN:
            row["x"] = row["y"] = row["z"] = "nan"
    return Markers(*_pivot(Path(file), rows, "name", ("x", "y", "z")))


def _rows(file: Path, needed: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(read_text(file)))
    missing = [c for c in needed if c not in (reader.fieldnames or [])]
    if missing:
        raise InputError("missing column", str(file), ", ".join(missing), ",".join(needed), "add the column")
    numeric = [c for c in (*needed, "visibility") if c not in ("sensor", "name") and c in (reader.fieldnames or [])]
    rows = []
    for number, row in enumerate(reader, start=2):
        for c in numeric:
            try:
                row[c] = row[c] or "nan"
                float(row[c])
            except (TypeError, ValueError):
                raise InputError("not a number", f"{file.name}:{number} {c}", row[c], "a number",
                                 "correct the row") from None  # fmt: skip
        rows.append((number, row))
        if len(rows) > MAX_ROWS:
            raise InputError("the file is too large", str(file), len(rows), f"at most {MAX_ROWS} rows",
                             "cut the recording")  # fmt: skip
    return rows


def _pivot(file: Path, rows: list[tuple[int, dict[str, str]]], key: str, columns: tuple[str, ...]
           ) -> tuple[Array, tuple[str, ...], Array]:  # fmt: skip
    time = np.unique([float(r["time_s"]) for _, r in rows])
    if len(time) < 2 or not np.isfinite(time).all():
        raise InputError("too few frames", str(file), len(time), "at least 2 frames", "export the whole trial")
    names = tuple(dict.fromkeys(r[key] for _, r in rows))
    place = {n: i for i, n in enumerate(names)}
    table = np.full((len(time), len(names), len(columns)), np.nan)
    for _, r in rows:
        table[np.searchsorted(time, float(r["time_s"])), place[r[key]]] = [float(r[c]) for c in columns]
    return time, names, table
