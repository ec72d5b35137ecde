"""Following a reference: a recording of angles, sensors or markers, or a stream of sensors or landmarks."""

from collections.abc import Iterator
from pathlib import Path

from twin_engine.errors import InputError
from twin_engine.motion import live, osim, sensors, setup, stream
from twin_engine.motion.formats import Motion, read_motion
from twin_engine.motion.kinematics import Kinematics
from twin_engine.motion.live import Guidance, Guide
from twin_engine.motion.recording import read_trial

_RATE = 100.0  # markers are played at this rate, Hz


def recording(reference: Motion, file: Path, joints: list[str], cyclic: bool = False, model: Path | None = None,
              weights: Path | None = None, seconds: float | None = None
              ) -> tuple[Guide, list[Guidance], float]:  # fmt: skip
    """Guide, guidance of every frame, frames a second.

    Parameters
    ----------
    reference : Motion
        Angles in rad.
    file : Path
        Angles (MOT, STO), sensors (CSV, with `joints`) or markers (TRC, C3D, with `model`).
    joints : list of str
        Joints between sensors, as `stream.joint` reads them.
    cyclic : bool
        The movement repeats.
    model, weights : Path, optional
        OpenSim model and setup of the markers.
    seconds : float, optional
        Markers only: how long; a short recording repeats.

    Raises
    ------
    InputError
        Markers without a model, nothing in common, or an unreadable file.
    """
    kind = file.suffix.lower()
    if kind in (".mot", ".sto", ".csv"):
        motion = read_motion(file) if kind != ".csv" else stream.angles(
            sensors.read_imu(file), [stream.joint(j) for j in joints])  # fmt: skip
        seen = tuple(j for j in reference.columns if j in motion.columns and not j.endswith(("_tx", "_ty", "_tz")))
        rate = (len(motion.time) - 1) / float(motion.time[-1] - motion.time[0])
        guide = Guide(reference, seen, rate, cyclic)
        return guide, list(live.from_angles(guide, motion)), rate
    if not model:
        raise InputError("markers need a model", "--model", None, "an .osim file", "give the model of the reference")
    skeleton = osim.read(model)
    chosen = setup.read(weights, skeleton) if weights else setup.Setup()
    markers, _ = read_trial(file)
    markers = live.repeat(markers, seconds or float(markers.time[-1] - markers.time[0]), _RATE)
    weighted = chosen.weights or {n: 1.0 for n in markers.names if n in skeleton.markers}
    seen = tuple(j for j in reference.columns if not j.startswith("pelvis"))
    solver = Kinematics(skeleton)
    # Compiled and warm before the clock runs.
    list(live.from_markers(Guide(reference, seen, _RATE, cyclic), solver, markers.between(0.0, 5 / _RATE), weighted,
                           chosen.tasks))  # fmt: skip
    guide = Guide(reference, seen, _RATE, cyclic)
    return guide, list(live.from_markers(guide, solver, markers, weighted, chosen.tasks)), _RATE


def streamed(reference: Motion, source: str, joints: list[str], cyclic: bool = False
             ) -> tuple[Guide, Iterator[Guidance], float]:  # fmt: skip
    """Guide, guidance of every pose as it comes, poses a second.

    Raises
    ------
    InputError
        No joint is given, the source cannot be heard, or nothing comes.
    """
    if not joints:
        raise InputError("a joint needs two sensors and an axis, or three landmarks", "--joint", None,
                         "NAME=NEAR,FAR,AXIS or NAME=NEAR,MIDDLE,FAR", "for example elbow=upper,lower,z")  # fmt: skip
    hinges = [stream.joint(j) for j in joints]
    rate, poses = stream.paced(stream.poses(stream.listen(source), hinges))
    guide = Guide(reference, tuple(h.joint for h in hinges), rate, cyclic)
    return guide, (guide.see(t, pose) for t, pose in poses), rate
