"""JOIA XML from autorefractors, keratometers and phoropters.

Japan Ophthalmic Instruments Association, standard output 1.5 and later: root `Ophthalmology`,
namespaces .../standardized/namespaces/{Common,REF,KM,LM,SBJ,TM}. Elements are matched by local
name, since makers differ in prefixes. The device's `Median` is used; without one the median of
the readings that carry no error flag.
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from twin_engine.errors import InputError
from vision_lib.exchange import EyeRow, checked, load, only

# Declared name -> codec. Makers in Japan write Shift-JIS with Windows extensions.
CODECS = {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "shift_jis": "cp932",
          "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932",
          "utf-16": "utf-16"}  # fmt: skip
DECLARATION = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"'][^>]*\?>")
NEAR_M = 1.0
METRES = {"m": 1.0, "cm": 0.01, "mm": 0.001}


def read(path: Path | str) -> list[EyeRow]:
    """Eyes of a JOIA file: subjective refraction first, then lensmeter, then autorefraction.

    Raises
    ------
    InputError
        Broken XML, a document type or entity declaration, an unknown encoding, another root
        element, or no refraction inside.
    """
    path = Path(path)
    root = parse(load(path), str(path))
    if _local(root) != "Ophthalmology":
        raise InputError("not a JOIA file", str(path), _local(root), "root element Ophthalmology",
                         "export in the JOIA format")  # fmt: skip
    rows = [*_subjective(root, str(path)), *_objective(root, "LM", str(path)),
            *_objective(root, "REF", str(path))]  # fmt: skip
    # A keratometer's file has no refraction: `keratometry` reads it.
    return rows if next(_eyes(root, "KM"), None) else only(rows, str(path))


def parse(data: bytes, where: str) -> Element:
    """Parse XML that declares no document type and no entities.

    Raises
    ------
    InputError
        See `read`.
    """
    declared = DECLARATION.match(data.removeprefix(b"\xef\xbb\xbf"))
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    codec = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else CODECS.get(name)
    if codec is None:
        raise InputError("unknown text encoding", where, name, ", ".join(CODECS),
                         "export in UTF-8 or Shift-JIS")  # fmt: skip
    try:
        text = data.decode("utf-8-sig" if codec == "utf-8" else codec)
    except UnicodeDecodeError as error:
        raise InputError("text does not match its encoding", where, f"byte {error.start}", name,
                         "export the file again") from None  # fmt: skip
    # Entities and external types are how XML is used to read files or fill memory: refuse both.
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise InputError("XML with a document type or entities", where, "<!DOCTYPE",
                         "plain JOIA XML", "remove the declaration")  # fmt: skip
    parser = XMLParser(target=TreeBuilder())
    try:
        parser.feed(re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1))
        return parser.close()
    except ParseError as error:
        raise InputError("broken XML", where, f"line {error.position[0]}", "well-formed XML",
                         "export the file again") from None  # fmt: skip


def keratometry(path: Path | str) -> list[dict[str, object]]:
    """Corneal radii (mm), powers (D) and axes (deg) of a JOIA file, one row an eye and meridian."""
    root = parse(load(Path(path)), str(path))
    return [
        {"side": side, "meridian": name, "radius_mm": _number(meridian, "Radius", str(path)),
         "power_d": _number(meridian, "Power", str(path)),
         "axis_deg": _number(meridian, "Axis", str(path))}
        for side, eye in _eyes(root, "KM")
        for name in ("R1", "R2")
        for middle in _children(eye, "Median")
        for meridian in _children(middle, name)
    ]  # fmt: skip


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if _local(child) == name]


def _below(element: Element, name: str) -> Iterator[Element]:
    return (e for e in element.iter() if _local(e) == name)


def _number(element: Element, name: str, where: str) -> float | None:
    for child in _children(element, name):
        text = (child.text or "").strip()
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError("not a number", f"{where}: {name}", text, "a decimal number",
                             "export the file again")  # fmt: skip
        return value
    return None


def _eyes(root: Element, kind: str) -> Iterator[tuple[str, Element]]:
    for measure in _below(root, "Measure"):
        if kind in (measure.get("type"), measure.get("Type")):
            for block in _children(measure, kind):
                for side in ("R", "L"):
                    for eye in _children(block, side):
                        yield side, eye


def _objective(root: Element, kind: str, where: str) -> Iterator[EyeRow]:
    label = {"REF": "autorefraction (JOIA)", "LM": "lensmeter (JOIA)"}[kind]
    vertex = next((_number(m, "VD", where) for m in _below(root, "Measure")
                   if kind in (m.get("type"), m.get("Type"))), None)  # fmt: skip
    for side, eye in _eyes(root, kind):
        # A lensmeter writes one lens an eye without a Median.
        blocks = _children(eye, "Median") or ([eye] if _children(eye, "Sphere") else [])
        if blocks:
            power = tuple(
                _number(blocks[0], name, where) for name in ("Sphere", "Cylinder", "Axis")
            )
        else:
            power = _median(eye, where)
        if power[0] is None:
            continue
        sphere, cylinder, axis = power
        add = _number(blocks[0], "ADD", where) if blocks else None
        yield checked(EyeRow(side, sphere, cylinder or 0.0, axis, add, label, None, vertex), where)


def _median(eye: Element, where: str) -> tuple[float | None, float | None, float | None]:
    """Median reading by power vectors, of the readings without an error flag."""
    vectors = []
    for reading in _children(eye, "List"):
        if _flagged(reading):
            continue
        sphere, cylinder, axis = (
            _number(reading, n, where) for n in ("Sphere", "Cylinder", "Axis")
        )
        if sphere is None:
            continue
        c, a = cylinder or 0.0, math.radians(axis or 0.0)
        vectors.append((sphere + c / 2, -c / 2 * math.cos(2 * a), -c / 2 * math.sin(2 * a)))
    if not vectors:
        return None, None, None
    m, j0, j45 = (median(v[i] for v in vectors) for i in range(3))
    c = -2 * math.hypot(j0, j45)
    axis = math.degrees(0.5 * math.atan2(j45, j0)) % 180.0
    return m - c / 2, c, axis


def _subjective(root: Element, where: str) -> Iterator[EyeRow]:
    for test in _below(root, "RefractionTest"):
        for kind in _children(test, "Type"):
            name = next((c.text for c in _children(kind, "TypeName") if c.text), kind.get("No", ""))
            label = f"subjective refraction (JOIA) {name}".strip()
            for side in ("R", "L"):
                row = _far_with_add(kind, side, label, where)
                if row is not None:
                    yield row


def _distance(exam: Element, where: str) -> float | None:
    """Examination distance, m."""
    value = _number(exam, "Distance", where)
    if value is None:
        return None
    unit = next((d.get("unit", "") for d in _children(exam, "Distance")), "").lower()
    if unit in METRES:
        return value * METRES[unit]
    # Some makers leave the unit out; an examination room is shorter than 20 m.
    return value / 100.0 if value > 20 else value


def _flagged(reading: Element) -> bool:
    """Whether a reading carries an error; makers also write the element empty or as 0."""
    found = [*_children(reading, "Error"), *_children(reading, "ERR")]
    texts = [(e.text or "").strip() for e in found] + [reading.get("Error", "")]
    return any(t.lower() not in ("", "0", "none", "no") for t in texts)


def _far_with_add(kind: Element, side: str, label: str, where: str) -> EyeRow | None:
    from vision_lib.acuity import parse as parse_acuity

    far: EyeRow | None = None
    near: float | None = None
    for exam in _children(kind, "ExamDistance"):
        distance = _distance(exam, where)
        for eye in (e for data in _children(exam, "RefractionData") for e in _children(data, side)):
            sphere = _number(eye, "Sph", where)
            if sphere is None:
                continue
            if distance is not None and distance <= NEAR_M:
                near = sphere
                continue
            va = next(
                (c.text for v in _children(exam, "VA") for c in _children(v, side) if c.text), None
            )
            acuity = parse_acuity(va, f"{where}: VA") if va else None
            far = EyeRow(side, sphere, _number(eye, "Cyl", where) or 0.0,
                         _number(eye, "Axis", where), None, label, acuity)  # fmt: skip
    if far is None:
        return None
    add = near - (far.sphere_d or 0.0) if near is not None else None
    return checked(EyeRow(far.side, far.sphere_d, far.cylinder_d, far.axis_deg, add, far.source,
                          far.acuity_logmar), where)  # fmt: skip
