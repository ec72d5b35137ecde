"""Opens a trial by its kind: TRC, C3D, landmark CSV; force plates from C3D or a MOT table."""

from pathlib import Path

import numpy as np

from twin_engine.errors import InputError
from twin_engine.motion.formats import Markers, Motion, read_motion, read_trc


def read_trial(file: Path) -> tuple[Markers, list[Motion]]:
    """Markers and force plates of a trial.

    Raises
    ------
    InputError
        An unknown kind of file, or what the reader of that kind says.
    """
    kind = file.suffix.lower()
    if kind == ".trc":
        return read_trc(file), []
    if kind == ".c3d":
        from twin_engine.motion import c3d

        recording = c3d.read(file)
        return recording.markers, recording.plates
    if kind == ".csv":
        from twin_engine.motion.sensors import read_landmarks

        return read_landmarks(file), []
    raise InputError("unknown kind of trial", str(file), kind, ".trc, .c3d or .csv", "export as TRC or C3D")


def read_plates(file: Path) -> list[Motion]:
    """The plates of a ground reaction table: one for each prefix of `ground_force_vx`.

    Raises
    ------
    InputError
        No force columns.
    """
    table = read_motion(file)
    prefixes = [n.removesuffix("ground_force_vx") for n in table.columns if n.endswith("ground_force_vx")]
    if not prefixes:
        raise InputError("missing column", str(file), "ground_force_vx", "force, point and torque of every plate",
                         "name the plate's columns as OpenSim does")  # fmt: skip
    return [Motion(table.time, {n[len(p):]: c for n, c in table.columns.items() if n.startswith(f"{p}ground_")})
            for p in prefixes]  # fmt: skip


def endpoint_speed(markers: Markers, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Time and speed (m/s) of one marker where it is seen.

    Raises
    ------
    InputError
        No such marker, or hardly any frame of it.
    """
    if name not in markers.names:
        raise InputError("a marker is missing", "--marker", name, ", ".join(markers.names[:12]), "correct the name")
    position = markers.positions[:, markers.names.index(name)]
    seen = np.isfinite(position).all(axis=1)
    if seen.sum() < 8:
        raise InputError("too few frames", name, int(seen.sum()), "at least 8 frames", "record a longer movement")
    time = markers.time[seen]
    return time, np.linalg.norm(np.gradient(position[seen], time, axis=0), axis=1)
