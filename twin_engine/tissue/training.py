"""Sessions of a learner over time: stored as CSV, fitted by a learning curve.

Y = a - b / X over trial X: plateau a, 90 % of it at X = 10 b / a (Feldman, Cao, Andalib, Fraser & Fried 2009,
Surgery 146:381).
"""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from twin_engine.errors import InputError
from twin_engine.files import read_text, write_text

COLUMNS = (
    "student",
    "task",
    "trial",
    "time_s",
    "path_left_m",
    "path_right_m",
    "path_total_m",
    "hand_difference_m",
    "bimanual_ratio",
    "idle_share",
    "economy",
    "sparc",
    "force_peak_n",
    "force_integral_ns",
    "overstrained_ml",
    "blood_loss_ml",
    "margin_mm",
    "specimen_g",
)


def add(book: Path, student: str, task: str, scores: dict[str, float]) -> int:
    """Append a trial to a learner's book; returns the trial's number."""
    rows = read(book) if book.exists() else []
    trial = 1 + sum(r["student"] == student and r["task"] == task for r in rows)
    rows.append({"student": student, "task": task, "trial": trial, **scores})
    write(book, rows)
    return trial


def write(book: Path, rows: list[dict[str, Any]]) -> Path:
    """Write a book."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items() if k in COLUMNS})
    return write_text(book, stream.getvalue())


def read(book: Path) -> list[dict[str, Any]]:
    """Rows of a book; numbers as floats, trial as int.

    Raises
    ------
    InputError
        Missing columns, or a number that is none.
    """
    reader = csv.DictReader(io.StringIO(read_text(book)))
    missing = [c for c in ("student", "task", "trial", "time_s") if c not in (reader.fieldnames or [])]
    if missing:
        raise InputError(
            "missing column", str(book), ", ".join(missing), ",".join(COLUMNS), "add the column to the header line"
        )
    rows: list[dict[str, Any]] = []
    for line, row in enumerate(reader, start=2):
        try:
            made: dict[str, Any] = {"student": row["student"], "task": row["task"], "trial": int(row["trial"])}
            made.update({c: float(row[c]) for c in COLUMNS[3:] if row.get(c)})
        except (TypeError, ValueError):
            raise InputError(
                "not a number", f"{book}:{line}", dict(row), "numbers after the task", "correct the line"
            ) from None
        rows.append(made)
    return rows


def curve(trials: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """(a, b) of Y = a - b / X by least squares.

    Raises
    ------
    InputError
        Fewer than three trials.
    """
    if len(trials) < 3:
        raise InputError("a learning curve needs three trials", "trials", len(trials), "3 or more", "train again")
    x = np.column_stack([np.ones(len(trials)), -1.0 / np.asarray(trials, dtype=float)])
    a, b = np.linalg.lstsq(x, np.asarray(values, dtype=float), rcond=None)[0]
    return float(a), float(b)


def report(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a learner and task: trials, first and last time and path, plateau of time and its 90 % trial."""
    out = []
    for key in sorted({(r["student"], r["task"]) for r in rows}):
        mine = sorted((r for r in rows if (r["student"], r["task"]) == key), key=lambda r: r["trial"])
        row: dict[str, Any] = {
            "student": key[0],
            "task": key[1],
            "trials": len(mine),
            "first_time_s": mine[0]["time_s"],
            "last_time_s": mine[-1]["time_s"],
            "last_path_m": mine[-1].get("path_total_m"),
            "last_sparc": mine[-1].get("sparc"),
        }
        if len(mine) >= 3:
            # Speed (1 / time) rises to a plateau; the plateau is told as a time.
            a, b = curve(np.array([r["trial"] for r in mine]), np.array([1 / r["time_s"] for r in mine]))
            row |= {"plateau_time_s": 1 / a if a > 0 else None, "trials_to_90_percent": 10 * b / a if a > 0 else None}
        out.append(row)
    return out
