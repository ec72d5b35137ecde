"""Measures as rows: name, value, unit, norm, its SD, error of measurement, source."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.motion import gait as walking
from twin_engine.motion import measures, osim
from twin_engine.motion.formats import Motion
from twin_engine.parameters import default
from twin_engine.text import tr

Array = NDArray[np.float64]
_BAKER = "Baker 2009 (Gait Posture 30:265), norm Fukuchi 2018"
# More than one SD of healthy comfortable speed away counts as another speed (assumption).
_SPEED_SDS = 1.0


def row(name: str, value: float, unit: str, source: str, kind: str = "") -> dict[str, Any]:
    """One measure; `kind` names its row in the table of norms and errors."""
    known = walking.errors_of_measurement().get(kind, {})
    return {"name": name, "value": value, "unit": unit, "norm": known.get("norm_mean"),
            "norm_sd": known.get("norm_sd"), "sem": known.get("sem"), "mdc": known.get("mdc"),
            "source": f"{source}; {known['source']} ({known['population']})" if known else source}  # fmt: skip


def smoothness(time: Array, speed: Array) -> list[dict[str, Any]]:
    """Smoothness, movement time and peak of an end point's speed (m/s)."""
    even = measures.resample(time, speed)
    moving = np.flatnonzero(even >= 0.02 * even.max())
    part = even[moving[0] : moving[-1] + 1]
    rate = measures.SMOOTHNESS_RATE
    return [
        row("sparc", measures.sparc(part), "1", "Balasubramanian 2015 (J NeuroEng Rehabil 12:112), 100 Hz", "sparc"),
        row("ldlj", measures.ldlj(part), "1", "Balasubramanian 2015 (J NeuroEng Rehabil 12:112), 100 Hz", "ldlj"),
        row("movement_time", measures.movement_time(even, rate), "s", "2 % of peak speed, Alt Murphy 2011",
            "movement_time"),
        row("peak_speed", float(even.max()), "m/s", "Alt Murphy 2011"),
    ]  # fmt: skip


def smoothness_and_score() -> str:
    """How smoothness goes with the arm's score between persons, with its source."""
    p = default("motion")["sparc_fm_slope"]
    return tr("between persons one unit of SPARC goes with {slope:g} [{low:g}, {high:g}] Fugl-Meyer points (Saes 2021);"
              " this is no score of this person", slope=p.value, low=p.low, high=p.high)  # fmt: skip


def ranges(motion: Motion) -> list[dict[str, Any]]:
    """Range of every coordinate over the trial, in degrees."""
    return [row(f"range_{n}", float(np.degrees(np.ptp(c))), "deg", "largest minus smallest")
            for n, c in motion.columns.items() if not n.endswith(("_tx", "_ty", "_tz"))]  # fmt: skip


def distance(motion: Motion, reference: Motion) -> dict[str, Any]:
    """Dynamic time warping distance of the shared angles.

    Raises
    ------
    InputError
        No angle in common.
    """
    shared = [n for n in reference.columns if n in motion.columns and not n.endswith(("_tx", "_ty", "_tz"))]
    if not shared:
        raise InputError("no angle in common", "--compare", ", ".join(reference.columns), ", ".join(motion.columns),
                         "compare movements of the same model")  # fmt: skip
    a, b = (np.degrees(np.column_stack([m.columns[n] for n in shared])) for m in (motion, reference))
    value = measures.dtw(a, b) / max(len(a), len(b))
    return row("dtw_distance", value, "deg/frame", "Sakoe & Chiba 1978, divided by the longer length")


def gait(model: Path, motion: Motion) -> tuple[list[dict[str, Any]], list[str]]:
    """Gait of a trial of a full-body model: spatiotemporal, GVS, GPS, GDI-like, symmetry; with warnings."""
    skeleton = osim.read(model)
    walk = walking.from_model(skeleton, motion)
    spatial = walking.parameters(walk)
    rows = [_spatial(k, v) for k, v in spatial.items()]
    mean = {}
    for side in walking.SIDES:
        cycles = walking.curves(skeleton, motion, walk, side)
        if cycles:
            mean[side] = {k: np.mean([c[k] for c in cycles], axis=0) for k in measures.GAIT_CURVES}
    for side, curves in mean.items():
        rows.append(row(f"gps_{side}", measures.gait_profile_score(curves), "deg", _BAKER, "gps"))
        gdi = measures.gdi_like(curves)
        rows.append(row(f"gdi_like_{side}", gdi, "1", "own basis, not a published GDI", "gdi_like"))
        scores = measures.gait_variable_scores(curves)
        rows += [row(f"gvs_{k}_{side}", v, "deg", _BAKER) for k, v in scores.items()]
        rows += [_rom(k, side, float(np.ptp(c))) for k, c in curves.items()]
    if len(mean) == 2:
        overall = measures.gait_profile_score_overall(mean["left"], mean["right"])
        rows.append(row("gps_overall", overall, "deg", _BAKER, ""))
        rows[-1] |= {"norm": 5.12, "norm_sd": 1.30}
    shifted = sorted({k for curves in mean.values() for k in _offset_only(curves)})
    said = _warn(spatial)
    if shifted:
        said.append(tr("mostly an offset, perhaps of the marker set: {curves}", curves=", ".join(shifted)))
    return rows, said


def _offset_only(curves: dict[str, Array]) -> list[str]:
    """Curves that deviate by more than 5 degrees, and by less than half of that once their mean is moved."""
    norm, found = measures.gait_norm(), []
    for k, c in curves.items():
        gap = c - norm.mean[k]
        if np.sqrt(np.mean(gap**2)) > 5.0 and np.std(gap) < 0.5 * np.sqrt(np.mean(gap**2)):
            found.append(k)
    return found


# Mean (SD) of the range of each limb in degrees, computed for this project from Fukuchi 2018.
_ROM = {"pelvis_tilt": (3.3, 1.0), "hip_flexion": (41.4, 3.7), "knee_flexion": (64.7, 3.9),
        "ankle_dorsiflexion": (27.8, 4.6), "pelvis_obliquity": (9.5, 3.5), "hip_adduction": (13.5, 3.9),
        "pelvis_rotation": (13.6, 4.0), "hip_rotation": (8.7, 3.4), "foot_progression": (13.7, 5.2)}  # fmt: skip


def _rom(curve: str, side: str, value: float) -> dict[str, Any]:
    made = row(f"rom_{curve}_{side}", value, "deg", "norm: range of each limb, Fukuchi 2018 (PeerJ 6:e4640)")
    return made | {"norm": _ROM[curve][0], "norm_sd": _ROM[curve][1]}


def _spatial(key: str, value: float) -> dict[str, Any]:
    units = {"_m_s": "m/s", "_per_min": "1/min", "_percent": "%", "_ratio": "1", "_m": "m", "_s": "s"}
    ending = next(e for e in units if key.endswith(e))
    name = key if ending == "_ratio" else key.removesuffix(ending)
    kind = next((k for k in ("speed", "step_length", "cadence") if name.startswith(k) and ending != "_ratio"), "")
    source = "Patterson 2010 (Gait Posture 31:241)" if ending == "_ratio" else "events Zeni 2008 (Gait Posture 27:710)"
    return row(name, value, units[ending], source, kind)


def _warn(spatial: dict[str, float]) -> list[str]:
    known = walking.errors_of_measurement()["speed"]
    gap = (spatial["speed_m_s"] - known["norm_mean"]) / known["norm_sd"]
    said = [tr("the norm walks at its own comfortable speed; offsets of 5 to 10 degrees may come from the marker set")]
    if abs(gap) > _SPEED_SDS:
        said.append(tr("speed {speed:.2f} m/s differs from the norm's {norm:.2f} by {gap:+.1f} SD: speed alone moves "
                       "the curves", speed=spatial["speed_m_s"], norm=known["norm_mean"], gap=gap))  # fmt: skip
    return said
