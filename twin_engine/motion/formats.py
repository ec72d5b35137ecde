"""Marker and motion tables: TRC, MOT and STO, read into metres, radians and seconds.

Formats: OpenSim documentation, "Marker (.trc) Files" and "Motion (.mot) Files".
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.files import read_text, write_text

Array = NDArray[np.float64]
# To metres.
_LENGTHS = {"m": 1.0, "mm": 1e-3, "cm": 1e-2, "meters": 1.0, "millimeters": 1e-3, "centimeters": 1e-2}


@dataclass(frozen=True)
class Markers:
    """Marker positions over time.

    Parameters
    ----------
    time : ndarray (frames,)
        Seconds, rising.
    names : tuple of str
        Marker names.
    positions : ndarray (frames, markers, 3)
        Metres; NaN where a marker was not seen.
    """

    time: Array
    names: tuple[str, ...]
    positions: Array

    @property
    def rate(self) -> float:
        """Frames a second."""
        return float((len(self.time) - 1) / (self.time[-1] - self.time[0]))

    def between(self, start: float, end: float) -> "Markers":
        """The frames of a time span, ends included."""
        keep = (self.time >= start - 1e-9) & (self.time <= end + 1e-9)
        return Markers(self.time[keep], self.names, self.positions[keep])


@dataclass(frozen=True)
class Motion:
    """Named columns over time; angles in radians where the file says degrees."""

    time: Array
    columns: dict[str, Array]


def read_trc(file: Path | str) -> Markers:
    """Read a TRC file.

    Raises
    ------
    InputError
        Not a TRC file, unknown units, a row of the wrong length, fewer than two frames, or times
        that do not rise.
    """
    file = Path(file)
    lines = read_text(file).splitlines()
    if len(lines) < 6 or not lines[0].startswith("PathFileType"):
        raise InputError("not a TRC file", str(file), lines[0][:40] if lines else "", "PathFileType in line 1",
                         "export the markers as TRC")  # fmt: skip
    head = dict(zip(lines[1].split(), lines[2].split(), strict=False))
    unit = head.get("Units", "").lower()
    if unit not in _LENGTHS:
        raise InputError("wrong unit", f"{file.name}:3 Units", head.get("Units"), "m, cm or mm",
                         "export in millimetres or metres")  # fmt: skip
    names = tuple(n for n in lines[3].split("\t")[2:] if n.strip())
    rows = []
    for number, line in enumerate(lines[5:], start=6):
        if line.strip():
            rows.append(_row(line, 2 + 3 * len(names), f"{file.name}:{number}"))
    table = np.array(rows).reshape(len(rows), 2 + 3 * len(names))
    _check_time(table[:, 1], file)
    positions = table[:, 2:].reshape(len(table), len(names), 3) * _LENGTHS[unit]
    return Markers(table[:, 1], tuple(n.strip() for n in names), positions)


def _row(line: str, width: int, where: str) -> list[float]:
    cells = [c.strip() for c in line.rstrip("\r\n").split("\t")]
    cells += [""] * (width - len(cells))
    try:
        values = [float(c) if c and c.lower() != "nan" else math.nan for c in cells[:width]]
    except ValueError as error:
        raise InputError("not a number", where, str(error).rpartition(":")[2].strip(),
                         f"{width} numbers", "correct the row") from None  # fmt: skip
    if any(c for c in cells[width:]) or not math.isfinite(values[0]) or not math.isfinite(values[1]):
        raise InputError("a row of the wrong length", where, len(cells), f"{width} columns",
                         "the file may be truncated; export it again")  # fmt: skip
    return values


def _check_time(time: Array, file: Path) -> None:
    if len(time) < 2:
        raise InputError("too few frames", str(file), len(time), "at least 2 frames",
                         "export the whole trial")  # fmt: skip
    if not (np.diff(time) > 0).all():
        raise InputError("times must rise", str(file), int(np.argmin(np.diff(time))) + 1, "rising seconds",
                         "sort the frames or correct the time column")  # fmt: skip


def read_motion(file: Path | str) -> Motion:
    """Read a MOT or STO file.

    Raises
    ------
    InputError
        No `endheader`, no time column, or rows of the wrong length.
    """
    file = Path(file)
    lines = read_text(file).splitlines()
    end = next((i for i, line in enumerate(lines) if line.strip().lower() == "endheader"), None)
    if end is None or end + 1 >= len(lines):
        raise InputError("not a MOT or STO file", str(file), lines[0][:40] if lines else "", "a line 'endheader'",
                         "export the motion as MOT or STO")  # fmt: skip
    degrees = any(line.replace(" ", "").lower() == "indegrees=yes" for line in lines[:end])
    names = lines[end + 1].split()
    if not names or names[0].lower() != "time":
        raise InputError("missing column", f"{file.name}:{end + 2}", "time", "time as the first column",
                         "name the first column time")  # fmt: skip
    rows = [_row("\t".join(line.split()), len(names), f"{file.name}:{i}")
            for i, line in enumerate(lines[end + 2 :], start=end + 3) if line.strip()]  # fmt: skip
    table = np.array(rows).reshape(len(rows), len(names))
    _check_time(table[:, 0], file)
    columns = {}
    for j, name in enumerate(names[1:], start=1):
        translation = name.endswith(("_tx", "_ty", "_tz"))
        columns[name] = np.radians(table[:, j]) if degrees and not translation else table[:, j]
    return Motion(table[:, 0], columns)


def write_motion(file: Path | str, motion: Motion, angles: set[str], title: str = "Coordinates") -> Path:
    """Write a MOT or STO file; `angles` names the columns held in radians and written in degrees."""
    names = list(motion.columns)
    head = [title, "version=1", f"nRows={len(motion.time)}", f"nColumns={len(names) + 1}",
            f"inDegrees={'yes' if angles else 'no'}", "",
            "endheader", "\t".join(["time", *names])]  # fmt: skip
    table = np.column_stack([motion.time] + [np.degrees(c) if n in angles else c for n, c in motion.columns.items()])
    body = ["\t".join(f"{x:.10g}" for x in row) for row in table]
    return write_text(file, "\n".join(head + body) + "\n")
