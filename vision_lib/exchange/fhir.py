"""FHIR VisionPrescription (R4 and R5), read with checks of our own and written.

General FHIR libraries check types, not lenses: they accept axis 200, a cylinder without axis,
eye "OD", base "45", status "final". Here the value sets of the specification
(hl7.org/fhir/visionprescription.html) and the lens itself are checked.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from twin_engine.errors import InputError
from twin_engine.files import write_text
from vision_lib.exchange import EyeRow, checked, load, only

STATUS = ("active", "cancelled", "draft", "entered-in-error")
EYES = {"right": "R", "left": "L"}
BASES = ("up", "down", "in", "out")
PRODUCTS = "http://terminology.hl7.org/CodeSystem/ex-visionprescriptionproduct"
REQUIRED = ("created", "dateWritten", "status", "patient", "prescriber", "lensSpecification")
# FHIR: a date may stand alone; with a time it carries seconds and a zone.
WHEN = re.compile(
    r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])"
    r"(T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|[+-](0\d|1[0-4]):[0-5]\d))?)?)?$"
)
STEP_D = Decimal("0.25")


def read(path: Path | str) -> list[EyeRow]:
    """Eyes of a VisionPrescription, or of every VisionPrescription in a Bundle.

    Raises
    ------
    InputError
        Broken JSON, another resource, a missing element, a value outside its value set, or an
        impossible lens.
    """
    path = Path(path)
    try:
        found = json.loads(load(path).decode("utf-8-sig"), parse_float=Decimal)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise InputError("broken JSON", str(path), type(error).__name__, "a FHIR resource in JSON",
                         "export the resource again") from None  # fmt: skip
    return only(
        (row for r in _prescriptions(found, path.name) for row in eyes(r, path.name)), path.name
    )


def _prescriptions(found: Any, where: str) -> Iterator[dict[str, Any]]:
    kind = found.get("resourceType") if isinstance(found, dict) else None
    if kind == "VisionPrescription":
        yield found
    elif kind == "Bundle":
        for entry in _list(found.get("entry", []), f"{where}: entry"):
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict) and resource.get("resourceType") == "VisionPrescription":
                yield resource
    else:
        raise InputError("not a vision prescription", where, kind, "VisionPrescription or Bundle",
                         "export the prescription itself")  # fmt: skip


def eyes(resource: dict[str, Any], where: str) -> list[EyeRow]:
    """The eyes of one VisionPrescription.

    Raises
    ------
    InputError
        See `read`.
    """
    missing = [name for name in REQUIRED if not resource.get(name)]
    if missing:
        raise InputError("missing FHIR element", where, ", ".join(missing), ", ".join(REQUIRED),
                         "add the element")  # fmt: skip
    _one_of(resource["status"], STATUS, f"{where}: status")
    for name in ("created", "dateWritten"):
        if not isinstance(resource[name], str) or not WHEN.match(resource[name]):
            raise InputError("not a FHIR date", f"{where}: {name}", resource[name],
                             "YYYY-MM-DD, or with time and zone", "write the zone after a time")  # fmt: skip
    lenses = _list(resource["lensSpecification"], f"{where}: lensSpecification")
    return [_eye(lens, f"{where}: lensSpecification[{i}]") for i, lens in enumerate(lenses)]


def _eye(lens: Any, where: str) -> EyeRow:
    if not isinstance(lens, dict) or not lens.get("product"):
        raise InputError("missing FHIR element", where, "product", "product and eye",
                         "add the element")  # fmt: skip
    eye = _one_of(lens.get("eye"), tuple(EYES), f"{where}.eye")
    for i, prism in enumerate(_list(lens.get("prism", []), f"{where}.prism")):
        base = prism.get("base") if isinstance(prism, dict) else None
        _one_of(base, BASES, f"{where}.prism[{i}].base")
        if _power(prism, "amount", f"{where}.prism[{i}]", None) is None:
            raise InputError("missing FHIR element", f"{where}.prism[{i}]", "amount",
                             "amount and base", "add the element")  # fmt: skip
    axis = lens.get("axis")
    if axis is not None and (isinstance(axis, bool) or not isinstance(axis, int)):
        raise InputError("axis out of range", f"{where}.axis", axis, "a whole number, 0 to 180",
                         "read the axis again")  # fmt: skip
    cylinder = _power(lens, "cylinder", where)
    if axis is not None and cylinder is None:
        raise InputError("an axis needs a cylinder", f"{where}.axis", axis, "axis with cylinder",
                         "give the cylinder, or leave the axis out")  # fmt: skip
    add = _power(lens, "add", where)
    row = EyeRow(EYES[eye], _power(lens, "sphere", where) or 0.0, cylinder or 0.0,
                 None if axis is None else float(axis), add, "prescription (FHIR)")  # fmt: skip
    return checked(row, where)


def _power(
    lens: dict[str, Any], name: str, where: str, step: Decimal | None = STEP_D
) -> float | None:
    value = lens.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise InputError("not a number", f"{where}.{name}", value, "a JSON number",
                         "write the number without quotes")  # fmt: skip
    if step is not None and value % step:
        raise InputError("lens power off the 0.25 D steps", f"{where}.{name}", str(value),
                         "a multiple of 0.25 D", "write the power that was ordered")  # fmt: skip
    return float(value)


def _one_of(value: Any, allowed: tuple[str, ...], where: str) -> str:
    if value not in allowed:
        raise InputError("value outside the FHIR value set", where, value, ", ".join(allowed),
                         "use the code of the specification")  # fmt: skip
    return str(value)


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise InputError("missing FHIR element", where, type(value).__name__, "a list",
                         "write the element as a JSON array")  # fmt: skip
    return value


def resource(rows: list[EyeRow], *, patient: str, prescriber: str, when: datetime | None = None,
             product: str = "lens") -> dict[str, Any]:  # fmt: skip
    """A VisionPrescription for these eyes, rounded to the 0.25 D steps that are ordered.

    Parameters
    ----------
    rows : list of EyeRow
        Eyes.
    patient, prescriber : str
        References, for example "Patient/1".
    when : datetime, optional
        Time of writing, with a zone; now when not given.
    product : str
        "lens" or "contact".
    """
    time = (when or datetime.now(UTC)).isoformat(timespec="seconds")
    side = {v: k for k, v in EYES.items()}
    lenses = []
    for row in (checked(r, "prescription") for r in rows):
        lens: dict[str, Any] = {"product": {"coding": [{"system": PRODUCTS, "code": product}]},
                                "eye": side[row.side], "sphere": _quarter(row.refraction().sphere_d)}  # fmt: skip
        if _quarter(row.cylinder_d):
            lens |= {"cylinder": _quarter(row.cylinder_d), "axis": round(row.axis_deg or 0.0)}
        if row.add_d:
            lens["add"] = _quarter(row.add_d)
        lenses.append(lens)
    return {"resourceType": "VisionPrescription", "status": "active", "created": time,
            "dateWritten": time, "patient": {"reference": patient},
            "prescriber": {"reference": prescriber}, "lensSpecification": lenses}  # fmt: skip


def _quarter(power: float) -> float:
    return round(power * 4) / 4


def write(path: Path | str, rows: list[EyeRow], *, patient: str, prescriber: str,
          when: datetime | None = None) -> Path:  # fmt: skip
    """Write a VisionPrescription as JSON."""
    made = resource(rows, patient=patient, prescriber=prescriber, when=when)
    return write_text(path, json.dumps(made, indent=2, ensure_ascii=False) + "\n")
