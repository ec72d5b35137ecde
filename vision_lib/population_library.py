"""A population library: what thousands of eyes can see, to be asked by refraction, age, distance, task.

One row an eye. Acuity by 1 + b^2 with each eye's own accommodation, at every distance, without
lenses and with its own spectacles (thin, at the cornea).
"""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.files import read_text, write_text
from twin_engine.parameters import default
from vision_lib import acuity
from vision_lib.accommodation import response
from vision_lib.population import Koreans
from vision_lib.tasks import RESERVE_LOGMAR, tasks

Array = NDArray[np.float64]
DISTANCES_M = (0.33, 0.4, 0.65, 0.8, 1.0, 2.0, 4.0, 6.0)


@dataclass(frozen=True)
class PopulationLibrary:
    """Eyes and their acuity: arrays of equal length by column name, units in the names."""

    columns: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.columns["person"])

    def find(self, *, se_d: tuple[float, float] | None = None, age_y: tuple[float, float] | None = None
             ) -> "PopulationLibrary":  # fmt: skip
        """The eyes within a range of spherical equivalent and of age, both ends included."""
        kept = np.ones(len(self), bool)
        for name, bounds in (("se_d", se_d), ("age_y", age_y)):
            if bounds is not None:
                kept &= (self.columns[name] >= bounds[0]) & (self.columns[name] <= bounds[1])
        return PopulationLibrary({k: v[kept] for k, v in self.columns.items()})

    def at(self, distance_m: float, corrected: bool = False) -> Array:
        """Acuity, logMAR, at any distance: between stored distances by straight lines in dioptres.

        Raises
        ------
        InputError
            Nearer or farther than stored.
        """
        if not DISTANCES_M[0] <= distance_m <= DISTANCES_M[-1]:
            raise InputError("distance outside the library", "--distance", distance_m,
                             f"{DISTANCES_M[0]:g} to {DISTANCES_M[-1]:g} m", "choose another")  # fmt: skip
        demand = [1.0 / d for d in DISTANCES_M]
        i = int(np.clip(np.searchsorted(DISTANCES_M, distance_m), 1, len(DISTANCES_M) - 1))
        part = (1.0 / distance_m - demand[i - 1]) / (demand[i] - demand[i - 1])
        near, far = (self.columns[_name(DISTANCES_M[k], corrected)] for k in (i - 1, i))
        return near + part * (far - near)

    def summary(self, distance_m: float, corrected: bool = False) -> dict[str, Any]:
        """Number of eyes and the spread of their acuity at a distance."""
        seen = self.at(distance_m, corrected)
        low, mid, high = np.percentile(seen, (5, 50, 95)) if len(seen) else (math.nan,) * 3
        return {"n": len(self), "distance_m": distance_m, "corrected": corrected,
                "acuity_p5_logmar": low, "acuity_median_logmar": mid, "acuity_p95_logmar": high}  # fmt: skip

    def share_able(self, task: str, corrected: bool = False) -> dict[str, Any]:
        """Share of the eyes that just resolve a task, and that read it fluently.

        Raises
        ------
        InputError
            An unknown task.
        """
        chosen = next((t for t in tasks() if t.name == task), None)
        if chosen is None:
            raise InputError("unknown task", "--task", task, ", ".join(t.name for t in tasks()), "choose one")
        # Beyond the farthest stored distance vergence no longer changes: 6 m is 0.17 D.
        seen = self.at(min(chosen.distance_m, DISTANCES_M[-1]), corrected)
        return {"task": task, "n": len(self), "corrected": corrected,
                "needed_logmar": chosen.needed_logmar,
                "share_resolving": float(np.mean(seen <= chosen.needed_logmar)) if len(seen) else math.nan,
                "share_fluent": float(np.mean(seen + RESERVE_LOGMAR <= chosen.needed_logmar))
                if len(seen) else math.nan}  # fmt: skip


def _name(distance_m: float, corrected: bool) -> str:
    centimetres = round(distance_m * 100)
    return f"acuity_{'corrected' if corrected else 'bare'}_{centimetres}cm_logmar"


def build(people: Koreans) -> PopulationLibrary:
    """Acuity of every eye at every distance."""
    p = default("eye_acuity").values()
    lag = default("eye_accommodation")["lag_slope"].value
    vertex = default("eye_corrections")["vertex_mm"].value / 1000.0
    first, second = people.sphere_d, people.sphere_d + people.cylinder_d
    at_cornea = [f / (1.0 - vertex * f) for f in (first, second)]
    mean, half = sum(at_cornea) / 2.0, (at_cornea[1] - at_cornea[0]) / 2.0
    columns: dict[str, NDArray[Any]] = {
        "person": people.person, "age_y": people.age_y, "sphere_d": people.sphere_d,
        "cylinder_d": people.cylinder_d, "axis_deg": people.axis_deg,
        "se_d": people.spherical_equivalent_d, "pupil_mm": people.pupil_mm,
        "amplitude_d": people.amplitude_d, "best_logmar": people.best_logmar,
    }  # fmt: skip
    for corrected in (False, True):
        for distance in DISTANCES_M:
            need = 1.0 / distance + (0.0 if corrected else mean)
            left = need - response(need, people.amplitude_d, lag)
            blur = np.hypot(left, 0.0 if corrected else half)
            columns[_name(distance, corrected)] = people.best_logmar + acuity.logmar(blur, 0.0, p["blur_scale"])
    return PopulationLibrary(columns)


def write(path: Path | str, library: PopulationLibrary) -> Path:
    """Write the library as CSV, sorted by person; equal seeds give equal bytes."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(library.columns)
    shown = [
        [f"{v:d}" for v in c] if c.dtype.kind == "i" else [f"{v:.4f}" for v in c]
        for c in library.columns.values()
    ]
    writer.writerows(zip(*shown, strict=True))
    return write_text(path, out.getvalue())


def read(path: Path | str) -> PopulationLibrary:
    """Read a library back.

    Raises
    ------
    InputError
        Missing columns or cells that are no numbers.
    """
    rows = list(csv.reader(io.StringIO(read_text(path), newline="")))
    head = rows[0] if rows else []
    if not {"person", "age_y", "se_d", *(_name(d, c) for d in DISTANCES_M for c in (False, True))} <= set(head):
        raise InputError("not a population library", str(path), ",".join(head)[:80],
                         "a file written by twin eye population", "write it again")  # fmt: skip
    try:
        values = np.array(rows[1:], float)
    except ValueError:
        raise InputError("not a number", str(path), None, "numbers in every cell", "write it again") from None
    return PopulationLibrary({name: values[:, i] for i, name in enumerate(head)})
