"""Virtual gross examination: turn, slice, measure, weigh, ink, take sections, report; a quiz with credit per feature.

Ground truth comes from the shape: weight = sum of density times volume (5 % accepted), size (2 mm or
10 %), count exact, margin from the field (1 mm and its R class), diagnosis by its features.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin_engine.errors import InputError
from twin_engine.tissue.organs import lesions
from twin_engine.tissue.organs.specimen import Specimen

Array = NDArray[np.float64]
BLOCKS = ("nearest margin", "interface", "tumour", "background")
FIELDS = (
    "organ",
    "weight_g",
    "length_mm",
    "lesion_count",
    "lesion_size_mm",
    "diagnosis",
    "consistency",
    "edge",
    "margin_mm",
)


@dataclass
class Examination:
    """One student at one specimen.

    Parameters
    ----------
    case : str
        Name in `lesions.standard()`.
    spacing : float, optional
        Grid spacing in mm.
    """

    case: str
    spacing: float | None = None
    rotation: Array = field(default_factory=lambda: np.eye(3))
    planes: list[tuple[Array, float]] = field(default_factory=list)
    inked: list[int] = field(default_factory=list)
    blocks: list[tuple[str, Array]] = field(default_factory=list)

    def __post_init__(self) -> None:
        cases = lesions.standard()
        if self.case not in cases:
            raise InputError("unknown case", "CASE", self.case, ", ".join(cases), "choose one of these")
        name, found = cases[self.case]
        self.specimen = Specimen(name, found, self.spacing)

    def turn(self, axis: ArrayLike, degrees: float) -> None:
        """Turn the specimen about an axis through its middle."""
        a = np.asarray(axis, dtype=float)
        if not np.isfinite([*a, degrees]).all() or not np.linalg.norm(a) > 0:
            raise InputError(
                "a turn needs an axis and an angle", "axis", str(axis), "three finite numbers", "for example 0 0 1"
            )
        a, t = a / np.linalg.norm(a), math.radians(degrees)
        k = np.array([[0, -a[2], a[1]], [a[2], 0, -a[0]], [-a[1], a[0], 0]])
        self.rotation = (np.eye(3) + math.sin(t) * k + (1 - math.cos(t)) * k @ k) @ self.rotation

    def slice(self, normal: Sequence[float], offset_mm: float) -> dict[str, float]:
        """Cut by a plane; shares of the tissues on the face (they colour it), in percent."""
        made = self.specimen.cut(normal, offset_mm)
        n = np.asarray(normal, dtype=float) / np.linalg.norm(normal)
        on_face = np.abs(made.vertices @ n - offset_mm) < 0.02 * self.specimen.grid.spacing
        if not on_face.any():
            raise InputError(
                "the plane misses the specimen", "offset_mm", offset_mm, "a plane through it", "move the plane"
            )
        self.planes.append((n, float(offset_mm)))
        label, count = np.unique(self.specimen.label(made.vertices[on_face]), return_counts=True)
        return {
            self.specimen.parts[k]: 100.0 * float(c) / float(count.sum()) for k, c in zip(label, count, strict=True)
        }

    def measure(self, one: ArrayLike, other: ArrayLike) -> float:
        """Distance of two points in mm."""
        return float(np.linalg.norm(np.asarray(one, dtype=float) - np.asarray(other, dtype=float)))

    def weigh(self) -> float:
        """The balance: g, to a tenth."""
        return round(self.specimen.weight_g(), 1)

    def ink(self, plane: int) -> None:
        """Ink a cut: the parenchymal cut, never the capsule.

        Raises
        ------
        InputError
            There is no such cut.
        """
        if not 0 <= plane < len(self.planes):
            raise InputError(
                "there is no such cut to ink", "plane", plane, f"0 to {len(self.planes) - 1}", "slice first"
            )
        self.inked.append(plane)

    def section(self, kind: str, at: ArrayLike) -> str:
        """Take a block; returns the tissue there.

        Raises
        ------
        InputError
            Unknown kind, or a point outside the specimen.
        """
        point = np.asarray(at, dtype=float).reshape(1, 3)
        if kind not in BLOCKS or not np.isfinite(point).all() or float(self.specimen.grid.at(point)[0]) > 0.5:
            raise InputError(
                "a block needs a kind and a place in the specimen",
                kind,
                str(at),
                ", ".join(BLOCKS),
                "point into the tissue",
            )
        self.blocks.append((kind, point[0]))
        return self.specimen.parts[int(self.specimen.label(point)[0])]

    def normal(self) -> dict[str, float]:
        """The healthy organ's volume and weight, to compare."""
        well = Specimen(self.specimen.name, (), self.spacing)
        return {"volume_ml": well.volume_ml(), "weight_g": well.weight_g()}

    def truth(self) -> dict[str, Any]:
        """Answers by field of the report."""
        from twin_engine.tissue.organs import shape

        found = [x for x in self.specimen.lesions if x.kind != "cirrhosis"] or list(self.specimen.lesions)
        numbers = [self.specimen.lesions.index(x) for x in found]
        sizes = [self.specimen.lesion_size_mm(n) for n in numbers]
        title, consistency, edge = lesions.KINDS[found[int(np.argmax(sizes))].kind]
        out: dict[str, Any] = {
            "organ": self.specimen.name,
            "weight_g": self.specimen.weight_g(),
            "length_mm": float(shape.dimensions_mm(self.specimen.surface().vertices)[0]),
            "lesion_count": len(found),
            "lesion_size_mm": max(sizes),
            "diagnosis": title,
            "consistency": consistency,
            "edge": edge,
        }
        if self.inked:
            n, offset = self.planes[self.inked[0]]
            out["margin_mm"] = min(self.specimen.margin_mm(k, n, offset) for k in numbers)
        return out

    def report(self) -> dict[str, Any]:
        """A structured report to fill in: what was done at the table, and every field without an answer."""
        return {
            "case": self.case,
            "planes": [[n.tolist(), offset] for n, offset in self.planes],
            "inked": list(self.inked),
            "blocks": [[kind, at.tolist()] for kind, at in self.blocks],
            "choices": {"diagnosis": sorted({v[0] for v in lesions.KINDS.values()}),
                        "consistency": sorted({v[1] for v in lesions.KINDS.values()}),
                        "edge": sorted({v[2] for v in lesions.KINDS.values()}), "block kinds": list(BLOCKS)},
            "answers": dict.fromkeys(FIELDS),
        }  # fmt: skip

    @classmethod
    def of_report(cls, data: Any, spacing: float | None = None) -> "Examination":
        """An examination as a report tells it.

        Raises
        ------
        InputError
            The report lacks a part, or a part makes no sense.
        """
        try:
            made = cls(str(data["case"]), spacing)
            for normal, offset in data["planes"]:
                made.slice([float(v) for v in normal], float(offset))
            for plane in data["inked"]:
                made.ink(int(plane))
            for kind, at in data["blocks"]:
                made.section(str(kind), np.asarray(at, dtype=float))
            if not isinstance(data["answers"], dict):
                raise TypeError
        except (KeyError, TypeError, ValueError):
            raise InputError("unreadable report", "report", str(data)[:80], "case, planes, inked, blocks, answers",
                             "start from: twin training case") from None  # fmt: skip
        return made

    def grade(self, answers: dict[str, Any]) -> list[dict[str, Any]]:
        """Field by field: given, right, credit 0-1 and why."""
        truth, rows = self.truth(), []
        for name in FIELDS:
            if name not in truth:
                continue
            given = answers.get(name)
            credit = 0.0 if given is None else _credit(name, given, truth[name])
            rows.append(
                {
                    "field": name,
                    "given": given,
                    "right": truth[name],
                    "credit": credit,
                    "feedback": feedback(name, given, truth[name], credit),
                }
            )
        taken = {kind for kind, _ in self.blocks}
        rows.append(
            {
                "field": "blocks",
                "given": sorted(taken),
                "right": list(BLOCKS),
                "credit": len(taken) / len(BLOCKS),
                "feedback": feedback("blocks", sorted(taken), list(BLOCKS), len(taken) / len(BLOCKS)),
            }
        )
        return rows


def _credit(name: str, given: Any, right: Any) -> float:
    if isinstance(right, str):
        return float(str(given).strip().lower() == right.lower())
    try:
        value = float(given)
    except (TypeError, ValueError):
        return 0.0
    if not math.isfinite(value):
        return 0.0
    if name == "lesion_count":
        return float(value == right)
    if name == "margin_mm":
        same_class = (value >= 1) == (right >= 1)
        return 0.5 * float(abs(value - right) <= 1) + 0.5 * float(same_class)
    slack = {"weight_g": 0.05 * right, "length_mm": max(2.0, 0.1 * right), "lesion_size_mm": max(2.0, 0.1 * right)}[
        name
    ]
    return float(abs(value - right) <= slack)


def feedback(name: str, given: Any, right: Any, credit: float) -> str:
    """A sentence for the student, in the chosen language."""
    from twin_engine.text import tr

    if credit >= 1:
        return tr("right")
    if given is None or given == []:
        return tr("not answered; it is {right}", right=right if isinstance(right, str) else _short(right))
    if name == "margin_mm":
        return tr("measure from the nearest edge of the lesion to the inked cut: {right} mm", right=_short(right))
    if name == "blocks":
        return tr("take the nearest margin, the interface, the tumour and the background away from it")
    return tr("you said {given}; it is {right}", given=given, right=_short(right))


def _short(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)
