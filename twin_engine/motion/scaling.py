"""Fits a generic OpenSim model to a person: segment lengths from a static trial, mass, tendon lengths.

Factor of a segment = mean measured distance of its marker pairs over the model's own distance in its
default pose, as OpenSim's scale tool does (Delp et al. 2007, IEEE Trans Biomed Eng 54:1940). A segment
without a pair takes its parent's factor. Muscles keep their ratio of fibre to tendon: both are
multiplied by the muscle path's own length ratio in the default pose.
"""

import copy
import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from twin_engine import assets
from twin_engine.errors import InputError
from twin_engine.files import read_text, replacing
from twin_engine.motion import osim, spline
from twin_engine.motion._pose import evaluate
from twin_engine.motion.formats import Markers
from twin_engine.motion.kinematics import Kinematics
from twin_engine.motion.skeleton import Skeleton

Array = NDArray[np.float64]
Element = ElementTree.Element
# A person is no half and no double of the model (assumption: child of six on an adult model).
_PLAUSIBLE = (0.6, 1.6)
_MASS_KG = (8.0, 300.0)


@dataclass(frozen=True)
class Scaled:
    """A scaled model, factors by body, pairs used, mass in kg, largest muscle length ratio change."""

    document: ElementTree.ElementTree
    factors: dict[str, float]
    pairs: list[dict[str, str | float]]
    mass: float
    muscle_ratios: dict[str, float]

    def write(self, target: Path | str) -> Path:
        """Write the model as .osim, at once or not at all."""
        with replacing(target) as temporary:
            self.document.write(temporary, encoding="utf-8", xml_declaration=True)
        return Path(target)


def read_pairs(file: Path | str | None = None) -> list[tuple[str, str, str]]:
    """Rows (body, marker, marker) of a CSV; by default the pairs of the gait2392 marker set."""
    source = Path(file) if file else assets.path("motion/scale_pairs_gait2392.csv")
    rows = csv.DictReader(io.StringIO(read_text(source)))
    if not {"body", "marker_a", "marker_b"} <= set(rows.fieldnames or []):
        raise InputError("missing column", str(source), ",".join(rows.fieldnames or []), "body,marker_a,marker_b",
                         "add the column")  # fmt: skip
    return [(r["body"], r["marker_a"], r["marker_b"]) for r in rows]


def factors(skeleton: Skeleton, static: Markers, pairs: list[tuple[str, str, str]]
            ) -> tuple[dict[str, float], list[dict[str, str | float]]]:  # fmt: skip
    """Factor of every body, and what each pair says.

    Raises
    ------
    InputError
        No pair can be measured, or a factor is not plausible (wrong units, swapped labels).
    """
    names = tuple(skeleton.markers)
    at = dict(zip(names, Kinematics(skeleton).positions(skeleton.defaults(), names), strict=True))
    found: dict[str, list[float]] = {}
    rows: list[dict[str, str | float]] = []
    for body, a, b in pairs:
        if any(n not in at or n not in static.names for n in (a, b)):
            continue
        gap = static.positions[:, static.names.index(a)] - static.positions[:, static.names.index(b)]
        measured = float(np.nanmean(np.linalg.norm(gap, axis=1)))
        own = float(np.linalg.norm(at[a] - at[b]))
        rows.append({"body": body, "marker_a": a, "marker_b": b, "measured_m": measured, "model_m": own})
        factor = measured / own
        if not _PLAUSIBLE[0] < factor < _PLAUSIBLE[1]:
            raise InputError("an implausible segment length", f"{body}: {a}, {b}", f"{measured:.3f} m",
                             f"about {own:.3f} m", "check the units and labels of the static trial")  # fmt: skip
        found.setdefault(body, []).append(factor)
    if not found:
        raise InputError("a marker is missing", "static trial", ", ".join(sorted({p[1] for p in pairs})[:6]),
                         "both markers of a pair at least", "give pairs of your own markers")  # fmt: skip
    return _inherit(skeleton, {b: float(np.mean(v)) for b, v in found.items()}), rows


def _inherit(skeleton: Skeleton, known: dict[str, float]) -> dict[str, float]:
    mean = float(np.mean(list(known.values())))
    made = {"ground": 1.0}
    for joint in skeleton.joints:
        parent = made[joint.parent] if joint.parent != "ground" else mean
        made[joint.child] = known.get(joint.child, parent)
    return made


def scale(model: Path | str, by_body: dict[str, float], mass: float | None = None,
          pairs: list[dict[str, str | float]] | None = None) -> Scaled:  # fmt: skip
    """Scale a model file by factors; the mass in kg is shared as in the model times each volume.

    Raises
    ------
    InputError
        Not a model, an unknown body, or an implausible mass.
    """
    skeleton = osim.read(model)
    unknown = sorted(set(by_body) - {b.name for b in skeleton.bodies} - {"ground"})
    if unknown:
        raise InputError("the model has no such body", str(model), ", ".join(unknown),
                         ", ".join(b.name for b in skeleton.bodies), "correct the name")  # fmt: skip
    if mass is not None and not _MASS_KG[0] <= mass <= _MASS_KG[1]:
        raise InputError("implausible body mass", "mass", mass, f"{_MASS_KG[0]:g} to {_MASS_KG[1]:g} kg",
                         "give the mass in kg")  # fmt: skip
    root = ElementTree.fromstring(read_text(model))
    before = copy.deepcopy(root)
    known = {"ground": 1.0} | {b.name: 1.0 for b in skeleton.bodies} | by_body
    volume = sum(b.mass * known[b.name] ** 3 for b in skeleton.bodies)
    density = 1.0 if mass is None else mass / volume
    for body in root.iter("Body"):
        f = known[body.get("name", "")]
        _multiply(body.find("mass"), f**3 * density)
        _multiply(body.find("mass_center"), f)
        _multiply(body.find("inertia"), f**5 * density)
    for joint in root.findall(".//JointSet/objects/*"):
        _scale_joint(joint, known)
    for place in root.iter():
        if place.tag in ("Marker", "PathPoint", "ConditionalPathPoint", "MovingPathPoint"):
            f = known.get(_last(place, "socket_parent_frame"), 1.0)
            _multiply(place.find("location"), f)
            for axis in ("x_location", "y_location", "z_location"):
                for function in list(place.find(axis) or []):
                    _scale_function(function, f)
    ratios = _muscles(root, before, skeleton, osim.read_text_model(ElementTree.tostring(root, encoding="unicode")))
    return Scaled(ElementTree.ElementTree(root), by_body, pairs or [], volume * density, ratios)


def _last(element: Element, tag: str) -> str:
    return (element.findtext(tag) or "").strip().rpartition("/")[2]


def _multiply(element: Element | None, factor: float) -> None:
    if element is not None and element.text and element.text.strip():
        element.text = " ".join(repr(float(v) * factor) for v in element.text.split())


def _scale_joint(joint: Element, known: dict[str, float]) -> None:
    frames = {f.get("name", ""): f for f in joint.findall("frames/PhysicalOffsetFrame")}
    for frame in frames.values():
        _multiply(frame.find("translation"), known.get(_last(frame, "socket_parent"), 1.0))
    parent = _last(joint, "socket_parent_frame")
    body = _last(frames[parent], "socket_parent") if parent in frames else parent
    for axis in joint.findall("SpatialTransform/TransformAxis")[3:]:
        for function in [f for f in axis if f.tag not in ("coordinates", "axis")]:
            # A free translation is the coordinate itself; only shapes of joints grow with the bone.
            if function.tag != "LinearFunction":
                _scale_function(function, known.get(body, 1.0))


def _scale_function(function: Element, factor: float) -> None:
    if function.tag == "MultiplierFunction":
        _multiply(function.find("scale"), factor)
    elif function.tag == "Constant":
        _multiply(function.find("value"), factor)
    elif function.tag == "PolynomialFunction":
        _multiply(function.find("coefficients"), factor)
    else:
        _multiply(function.find("y"), factor)


def _muscles(root: Element, before: Element, own: Skeleton, scaled: Skeleton) -> dict[str, float]:
    """Multiply fibre and tendon lengths by each path's length ratio in the default pose."""
    old, new = _path_lengths(before, own), _path_lengths(root, scaled)
    ratios = {}
    for muscle in root.iter():
        name = muscle.get("name", "")
        if muscle.find("tendon_slack_length") is not None and old.get(name):
            ratios[name] = new[name] / old[name]
            _multiply(muscle.find("optimal_fiber_length"), ratios[name])
            _multiply(muscle.find("tendon_slack_length"), ratios[name])
    return ratios


def _path_lengths(root: Element, skeleton: Skeleton) -> dict[str, float]:
    """Length of each muscle's path over its points in the default pose, wrapping left out."""
    frames = Kinematics(skeleton).frames(skeleton.defaults()) | {"ground": np.eye(4)}
    at_ease = {c.name: c.default for c in skeleton.coordinates}
    lengths = {}
    for muscle in root.iter():
        if muscle.find("tendon_slack_length") is None:
            continue
        points = [(_last(p, "socket_parent_frame"), _place(p, at_ease))
                  for p in muscle.findall(".//PathPointSet/objects/*")]  # fmt: skip
        world = [(frames[body] @ np.array([*place, 1.0]))[:3] for body, place in points if place is not None]
        length = float(np.linalg.norm(np.diff(world, axis=0), axis=1).sum()) if len(world) > 1 else 0.0
        if math.isfinite(length) and length > 0:
            lengths[muscle.get("name", "")] = length
    return lengths


def _place(point: Element, at_ease: dict[str, float]) -> list[float] | None:
    """A path point in its body; None for a conditional point out of its range."""
    if point.tag == "ConditionalPathPoint":
        low, high = (float(v) for v in (point.findtext("range") or "-inf inf").split())
        if not low <= at_ease.get(_last(point, "socket_coordinate"), 0.0) <= high:
            return None
    if point.tag == "MovingPathPoint":
        return [_moving(point, axis, at_ease) for axis in "xyz"]
    return [float(v) for v in (point.findtext("location") or "0 0 0").split()]


def _moving(point: Element, axis: str, at_ease: dict[str, float]) -> float:
    inner = list(point.find(f"{axis}_location") or [])
    pieces = osim.function_pieces(inner[0], point.get("name", "")) if inner else spline.constant(0.0)
    return float(evaluate(pieces, 0, len(pieces), at_ease.get(_last(point, f"socket_{axis}_coordinate"), 0.0))[0])
