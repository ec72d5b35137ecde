"""Reads an OpenSim inverse kinematics setup (XML): weights of markers and coordinates, time range."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from twin_engine.errors import InputError
from twin_engine.files import read_text
from twin_engine.motion.skeleton import Skeleton


@dataclass(frozen=True)
class Setup:
    """What inverse kinematics is to weigh.

    Parameters
    ----------
    weights : dict
        Marker -> weight.
    tasks : dict
        Coordinate -> (value, weight); value in rad or m.
    start, end : float
        Time range in s.
    """

    weights: dict[str, float] = field(default_factory=dict)
    tasks: dict[str, tuple[float, float]] = field(default_factory=dict)
    start: float = -math.inf
    end: float = math.inf


def read(file: Path | str, skeleton: Skeleton) -> Setup:
    """Read a setup for a model; coordinate tasks without a value of their own take the model's default.

    Raises
    ------
    InputError
        No inverse kinematics setup, a negative or unreadable weight, or an unknown coordinate.
    """
    file = Path(file)
    text = read_text(file)
    try:
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise ElementTree.ParseError("DOCTYPE")
        tool = ElementTree.fromstring(text).find("InverseKinematicsTool")
    except ElementTree.ParseError:
        tool = None
    if tool is None:
        raise InputError("not an inverse kinematics setup", str(file), text[:40], "an InverseKinematicsTool",
                         "save the setup in OpenSim again")  # fmt: skip
    weights, tasks = {}, {}
    for task in tool.iter():
        name = task.get("name", "")
        if task.tag == "IKMarkerTask":
            weights[name] = _weight(task, f"{file.name}: {name}")
        elif task.tag == "IKCoordinateTask":
            coordinate = skeleton.coordinates[skeleton.index(name)]
            value = coordinate.default
            if task.findtext("value_type", "").strip() == "manual_value":
                value = _number(task.findtext("value", "0"), f"{file.name}: {name}")
                value = math.radians(value) if coordinate.rotational else value
            tasks[name] = (value, _weight(task, f"{file.name}: {name}"))
    span = [_number(v, f"{file.name}: time_range") for v in tool.findtext("time_range", "-inf inf").split()]
    return Setup(weights, tasks, *span[:2])


def _weight(task: ElementTree.Element, where: str) -> float:
    if task.findtext("apply", "true").strip() == "false":
        return 0.0
    value = _number(task.findtext("weight", "0"), where)
    if not 0 <= value < math.inf:
        raise InputError("a weight must not be negative", where, value, "0 or more", "correct the weight")
    return value


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError("not a number", where, text, "a number", "correct the setup") from None
