"""Reads OpenSim models (.osim, version 4): bodies, joints with splines, couplers, markers.

Muscle wrapping and contact are not read; a note says so.
"""

import math
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.files import read_text
from twin_engine.motion import spline
from twin_engine.motion.skeleton import Axis, Body, Coordinate, Coupler, Joint, Skeleton

Array = NDArray[np.float64]
Element = ElementTree.Element
_FIXED_AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
# Axes that the simple joints move, in the order of their coordinates (Simbody conventions).
_SIMPLE = {"PinJoint": (2,), "SliderJoint": (3,), "WeldJoint": (), "UniversalJoint": (0, 1), "BallJoint": (0, 1, 2),
           "PlanarJoint": (2, 3, 4), "FreeJoint": (0, 1, 2, 3, 4, 5)}  # fmt: skip


def read(file: Path | str) -> Skeleton:
    """Read a model.

    Raises
    ------
    InputError
        Not an OpenSim model, an old version, a joint type or function that is not known, or a body
        without a joint.
    """
    return read_text_model(read_text(file), Path(file))


def read_text_model(text: str, file: Path = Path("model.osim")) -> Skeleton:
    """Read a model from its text; errors as `read`."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InputError("not an OpenSim model", str(file), "DOCTYPE", "plain XML", "remove the declaration")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise InputError("not an OpenSim model", str(file), str(error), "an .osim file",
                         "the file may be truncated; export it again") from None  # fmt: skip
    model = root.find("Model")
    if root.tag != "OpenSimDocument" or model is None or int(root.get("Version", "0")) < 40000:
        raise InputError("not an OpenSim model", str(file), root.get("Version", root.tag), "OpenSim version 4",
                         "open it in OpenSim 4 and save it again")  # fmt: skip
    bodies = {b.get("name", ""): _body(b) for b in model.findall("BodySet/objects/Body")}
    joints = [_joint(j, file.name) for j in model.findall("JointSet/objects/*")]
    ordered = _tree_order(joints, set(bodies), file.name)
    coordinates = [c for j in model.findall("JointSet/objects/*") for c in _coordinates(j)]
    markers = {m.get("name", ""): (_last(m, "socket_parent_frame"), _vector(m, "location"))
               for m in model.findall("MarkerSet/objects/Marker")}  # fmt: skip
    couplers = [_coupler(c, file.name) for c in model.findall("ConstraintSet/objects/CoordinateCouplerConstraint")]
    wraps = len(model.findall(".//PathWrap"))
    notes = (f"{wraps} wrapping surfaces were left out",) if wraps else ()
    return Skeleton(model.get("name", file.stem), tuple(bodies[j.child] for j in ordered), tuple(ordered),
                    _rotational(coordinates, joints), markers, tuple(couplers), notes)  # fmt: skip


def _text(element: Element, tag: str, default: str = "") -> str:
    found = element.find(tag)
    return (found.text or default).strip() if found is not None else default


def _vector(element: Element, tag: str) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in _text(element, tag, "0 0 0").split())
    return x, y, z


def _last(element: Element, tag: str) -> str:
    return _text(element, tag).rpartition("/")[2]


def _body(element: Element) -> Body:
    inertia = tuple(float(v) for v in _text(element, "inertia", "0 0 0 0 0 0").split())
    return Body(element.get("name", ""), float(_text(element, "mass", "0")), _vector(element, "mass_center"), inertia)


def _coordinates(joint: Element) -> list[Coordinate]:
    found = []
    for c in joint.findall("coordinates/Coordinate"):
        low, high = (float(v) for v in _text(c, "range", "-inf inf").split())
        found.append(Coordinate(c.get("name", ""), float(_text(c, "default_value", "0")), low, high,
                                _text(c, "locked") == "true"))  # fmt: skip
    return found


def _rotational(coordinates: list[Coordinate], joints: list[Joint]) -> tuple[Coordinate, ...]:
    turning = {a.coordinate for j in joints for a in j.axes[:3] if a.coordinate}
    return tuple(Coordinate(c.name, c.default, c.low, c.high, c.locked, c.name in turning) for c in coordinates)


def _joint(element: Element, where: str) -> Joint:
    name = element.get("name", "")
    frames = {f.get("name", ""): f for f in element.findall("frames/PhysicalOffsetFrame")}
    parent, parent_frame = _frame(_last(element, "socket_parent_frame"), frames)
    child, child_frame = _frame(_last(element, "socket_child_frame"), frames)
    coordinates = [c.name for c in _coordinates(element)]
    if element.tag == "CustomJoint":
        axes = _custom_axes(element, f"{where}: {name}")
    elif element.tag in _SIMPLE:
        moved = dict(zip(_SIMPLE[element.tag], coordinates, strict=True))
        axes = [Axis(_FIXED_AXES[k % 3], moved.get(k), spline.linear(1.0, 0.0) if k in moved else spline.constant(0.0))
                for k in range(6)]  # fmt: skip
    else:
        raise InputError("unknown kind of joint", f"{where}: {name}", element.tag,
                         ", ".join(["CustomJoint", *_SIMPLE]), "use one of these joints")  # fmt: skip
    return Joint(name, parent, child, parent_frame, child_frame, tuple(axes))


def _frame(socket: str, frames: dict[str, Element]) -> tuple[str, Array]:
    """Body name and transform of an offset frame (orientation: body-fixed x, y, z angles)."""
    if socket not in frames:
        return socket, np.eye(4)
    made = np.eye(4)
    made[:3, 3] = _vector(frames[socket], "translation")
    x, y, z = _vector(frames[socket], "orientation")
    for k, angle in ((0, x), (1, y), (2, z)):
        made[:3, :3] = made[:3, :3] @ rotation(np.array(_FIXED_AXES[k]), angle)
    return _last(frames[socket], "socket_parent"), made


def rotation(axis: Array, angle: float) -> Array:
    """Rotation matrix about a unit axis (Rodrigues 1840)."""
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross


def _custom_axes(element: Element, where: str) -> list[Axis]:
    axes = []
    for a in element.findall("SpatialTransform/TransformAxis"):
        direction = np.array(_vector(a, "axis"))
        coordinate = _text(a, "coordinates") or None
        functions = [f for f in a if f.tag not in ("coordinates", "axis")]
        pieces = function_pieces(functions[0], where) if functions else spline.linear(1.0, 0.0)
        unit = direction / (np.linalg.norm(direction) or 1.0)
        axes.append(Axis((unit[0], unit[1], unit[2]), coordinate, pieces))
    return axes


def function_pieces(element: Element, where: str) -> Array:
    """Pieces of a function element (see `spline`).

    Raises
    ------
    InputError
        A kind of function that is not known.
    """
    if element.tag == "MultiplierFunction":
        inner = [f for wrapper in element.findall("function") for f in wrapper]
        scaled = function_pieces(inner[0], where).copy()
        scaled[:, 1:] *= float(_text(element, "scale", "1"))
        return scaled
    numbers = {tag: [float(v) for v in _text(element, tag).split()] for tag in ("x", "y", "coefficients", "value")}
    if element.tag == "Constant":
        return spline.constant(numbers["value"][0])
    if element.tag == "LinearFunction":
        return spline.linear(*numbers["coefficients"])
    if element.tag in ("SimmSpline", "NaturalCubicSpline"):
        return spline.fmm(np.array(numbers["x"]), np.array(numbers["y"]))
    if element.tag == "PolynomialFunction" and len(numbers["coefficients"]) <= 4:
        return spline.polynomial(numbers["coefficients"])
    raise InputError("unknown joint function", where, element.tag,
                     "Constant, LinearFunction, SimmSpline, PolynomialFunction up to the third degree",
                     "fit the function by a SimmSpline")  # fmt: skip


def _coupler(element: Element, where: str) -> Coupler:
    inner = list(element.find("coupled_coordinates_function") or [])
    scale = float(_text(element, "scale_factor", "1"))
    pieces = function_pieces(inner[0], where).copy()
    pieces[:, 1:] *= scale
    return Coupler(_text(element, "dependent_coordinate_name"), _text(element, "independent_coordinate_names"), pieces)


def _tree_order(joints: list[Joint], bodies: set[str], where: str) -> list[Joint]:
    """Joints so that a parent comes before its children."""
    done, ordered, waiting = {"ground"}, [], list(joints)
    while waiting:
        ready = [j for j in waiting if j.parent in done]
        if not ready:
            break
        ordered += ready
        done |= {j.child for j in ready}
        waiting = [j for j in waiting if j not in ready]
    missing = sorted(bodies - done)
    if missing or waiting:
        raise InputError("a body hangs on no joint", where, ", ".join(missing), "a tree from the ground",
                         "add the joint")  # fmt: skip
    return ordered
