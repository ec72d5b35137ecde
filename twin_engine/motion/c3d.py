"""C3D files through ezc3d: markers in metres, force plates in N, m and N m, with y up as in OpenSim.

Format: C3D user guide, Motion Lab Systems 2008. The laboratory's axes are turned so that its vertical
becomes y: x, y, z -> x, z, -y where z is up.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.motion.formats import Markers, Motion

Array = NDArray[np.float64]
_LENGTHS = {"m": 1.0, "mm": 1e-3, "cm": 1e-2}
_MOMENTS = {"Nm": 1.0, "Nmm": 1e-3}
MAX_BYTES = 500_000_000
# Vertical force above which a plate is stood on, N (usual in gait laboratories).
STANDING_N = 20.0


@dataclass(frozen=True)
class Recording:
    """Markers, force plates, and what the file says of its channels.

    Parameters
    ----------
    markers : Markers
    plates : list of Motion
        One a plate: ground_force_vx ... (N), ground_force_px ... (m), ground_torque_x ... (N m).
    analog : dict
        Channel -> unit, as named in the file.
    units : dict
        "position", "force", "moment" as stored.
    plate_rate : float
        Samples of the plates a second; NaN without plates.
    """

    markers: Markers
    plates: list[Motion]
    analog: dict[str, str]
    units: dict[str, str]
    plate_rate: float


def read(file: Path | str) -> Recording:
    """Read a C3D file.

    Raises
    ------
    InputError
        Missing, too large, no C3D, unknown units, or fewer than two frames.
    """
    import ezc3d

    file = Path(file)
    if not file.is_file() or file.stat().st_size > MAX_BYTES:
        raise InputError("file not found", str(file), str(file), f"a C3D file up to {MAX_BYTES} bytes",
                         "check the path")  # fmt: skip
    if file.read_bytes()[1:2] != b"\x50":
        raise InputError("not a C3D file", str(file), file.suffix, "a C3D file", "export the trial as C3D")
    try:
        data = ezc3d.c3d(str(file), extract_forceplat_data=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError("not a C3D file", str(file), type(error).__name__, "a C3D file",
                         "the file may be truncated; export it again") from None  # fmt: skip
    point, analog = data["parameters"]["POINT"], data["parameters"]["ANALOG"]
    unit = _one(point, "UNITS", "mm")
    if unit not in _LENGTHS:
        raise InputError("wrong unit", f"{file.name}: POINT:UNITS", unit, "m, cm or mm",
                         "export in millimetres or metres")  # fmt: skip
    turn = _turn(_one(point, "Y_SCREEN", "+Z"))
    xyz = np.moveaxis(data["data"]["points"][:3], 0, -1).swapaxes(0, 1)  # frames, markers, 3
    rate = float(data["header"]["points"]["frame_rate"])
    if len(xyz) < 2:
        raise InputError("too few frames", str(file), len(xyz), "at least 2 frames", "export the whole trial")
    time = np.arange(len(xyz)) / rate
    names = tuple(point["LABELS"]["value"][: xyz.shape[1]])
    markers = Markers(time, names, np.ascontiguousarray(xyz * _LENGTHS[unit]) @ turn.T)
    analog_rate = float(data["header"]["analogs"]["frame_rate"])
    plates = [_plate(p, turn, analog_rate) for p in data["data"]["platform"]]
    labels = analog["LABELS"]["value"] if "LABELS" in analog else []
    channels = dict(zip(labels, analog["UNITS"]["value"] if "UNITS" in analog else [], strict=False))
    platform = data["data"]["platform"]
    units = {"position": unit, "force": platform[0]["unit_force"] if platform else "",
             "moment": platform[0]["unit_moment"] if platform else ""}  # fmt: skip
    return Recording(markers, plates, channels, units, analog_rate if plates else float("nan"))


def _one(group: Any, name: str, default: str) -> str:
    value = group[name]["value"] if name in group else []
    return str(value[0]) if len(value) else default


def _turn(up: str) -> Array:
    """Rotation from the laboratory to y up."""
    if up == "+Z":
        return np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    if up == "+Y":
        return np.eye(3)
    raise InputError("an unusual vertical axis", "POINT:Y_SCREEN", up, "+Z or +Y",
                     "turn the axes when exporting")  # fmt: skip


def _plate(plate: Any, turn: Array, rate: float) -> Motion:
    """Force on the foot; files hold action or reaction, but a person only ever pushes down on a plate."""
    if plate["unit_force"] != "N" or plate["unit_moment"] not in _MOMENTS or plate["unit_position"] not in _LENGTHS:
        raise InputError("wrong unit", "FORCE_PLATFORM",
                         (plate["unit_force"], plate["unit_moment"], plate["unit_position"]), "N, N m or N mm, m or mm",
                         "correct the units of the force plates")  # fmt: skip
    force = plate["force"].T @ turn.T
    sign = 1.0 if force[np.argmax(np.abs(force[:, 1])), 1] > 0 else -1.0
    force = sign * force
    point = plate["center_of_pressure"].T @ turn.T * _LENGTHS[plate["unit_position"]]
    free = sign * plate["Tz"].T @ turn.T * _MOMENTS[plate["unit_moment"]]
    off = ~(force[:, 1] > STANDING_N)
    force, point, free = (np.where(off[:, None] | ~np.isfinite(a), 0.0, a) for a in (force, point, free))
    columns: dict[str, Array] = {}
    for stem, values in (("ground_force_v", force), ("ground_force_p", point), ("ground_torque_", free)):
        columns |= {f"{stem}{axis}": values[:, i] for i, axis in enumerate("xyz")}
    return Motion(np.arange(len(force)) / rate, columns)
