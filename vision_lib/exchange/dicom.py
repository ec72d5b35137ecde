"""DICOM ophthalmic refractive measurements, read and written with pydicom.

Supplement 130: lensometry (78.1), autorefraction (78.2), keratometry (78.3), subjective refraction
(78.4), visual acuity (78.5). Type 1 attributes: SpherePower for every eye, power and axis for every cylinder;
the cylinder sequence is left out of a lens without one. Acuity is decimal in DICOM.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twin_engine.errors import InputError
from twin_engine.files import replacing
from vision_lib.exchange import EyeRow, checked, load, only

ROOT = "1.2.840.10008.5.1.4.1.1.78."
EYES = {"R": "Right", "L": "Left"}
# R1 is the flat meridian, as in JOIA.
MERIDIANS = {"R1": "FlatKeratometricAxisSequence", "R2": "SteepKeratometricAxisSequence"}


@dataclass(frozen=True)
class Kind:
    """One refractive object: SOP class, modality, and where its eyes are."""

    sop: str
    modality: str
    sequence: str
    source: str


KINDS = {
    "lensometry": Kind("1", "LEN", "{side}LensSequence", "lensmeter (DICOM)"),
    "autorefraction": Kind("2", "AR", "Autorefraction{side}EyeSequence", "autorefraction (DICOM)"),
    "subjective": Kind("4", "SRF", "SubjectiveRefraction{side}EyeSequence",
                       "subjective refraction (DICOM)"),
    "acuity": Kind("5", "VA", "VisualAcuity{side}EyeSequence", "visual acuity (DICOM)"),
}  # fmt: skip
CORNEA = Kind("3", "KER", "Keratometry{side}EyeSequence", "keratometry (DICOM)")


def _pydicom() -> Any:
    try:
        import pydicom
    except ImportError:
        raise InputError("DICOM needs an optional package", "pydicom", None, "pydicom 3 or later",
                         "pip install 'medtwin[imaging]'") from None  # fmt: skip
    return pydicom


def read(path: Path | str) -> list[EyeRow]:
    """Eyes of one DICOM refractive object.

    Raises
    ------
    InputError
        Broken file, another kind of object, a missing type 1 value, or an impossible lens.
    """
    path = Path(path)
    data = _open(path)
    with _damage(path):
        sop = str(data.get("SOPClassUID", ""))
        if sop == ROOT + CORNEA.sop:
            return []
        kind = next((k for k in KINDS.values() if sop == ROOT + k.sop), None)
        if kind is None:
            raise InputError("not a DICOM refraction", str(path), sop or None,
                             ", ".join(KINDS), "export the refraction itself")  # fmt: skip
        rows = [_eye(item, side, kind, str(path)) for side, word in EYES.items()
                for item in data.get(kind.sequence.format(side=word), [])]  # fmt: skip
    return only(rows, str(path))


def keratometry(path: Path | str) -> list[dict[str, object]]:
    """Corneal radii (mm), powers (D) and axes (deg), one row an eye and meridian; none of another object.

    Raises
    ------
    InputError
        Broken file, a missing type 1 value, or an impossible cornea.
    """
    path = Path(path)
    data = _open(path)
    with _damage(path):
        return [
            _meridian(item, side, name, str(path))
            for side, word in EYES.items()
            for eye in data.get(CORNEA.sequence.format(side=word), [])
            for name, sequence in MERIDIANS.items()
            for item in eye.get(sequence, [])
        ]


def _meridian(item: Any, side: str, name: str, where: str) -> dict[str, object]:
    radius, power, axis = (_value(item, k, where) for k in ("RadiusOfCurvature", "KeratometricPower",
                                                           "KeratometricAxis"))  # fmt: skip
    if not (4.0 <= radius <= 14.0 and 20.0 <= power <= 90.0 and 0.0 <= axis <= 180.0):
        raise InputError("implausible cornea", where, [radius, power, axis],
                         "radius 4 to 14 mm, power 20 to 90 D, axis 0 to 180",
                         "export it again from the device")  # fmt: skip
    return {"side": side, "meridian": name, "radius_mm": radius, "power_d": power, "axis_deg": axis}


def _open(path: Path) -> Any:
    load(path)
    dicom = _pydicom()
    with _damage(path):
        return dicom.dcmread(path, force=False)


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Damaged bytes as one error: pydicom raises many types, which all mean the same to a person."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        raise InputError("broken DICOM file", str(path), type(error).__name__,
                         "a DICOM Part 10 file", "export it again from the device or archive") from None  # fmt: skip


def _eye(item: Any, side: str, kind: Kind, where: str) -> EyeRow:
    if kind.modality == "VA":
        decimal = _value(item, "DecimalVisualAcuity", where)
        if decimal <= 0:
            raise InputError("not a visual acuity", where, decimal, "a decimal acuity above 0",
                             "export it again")  # fmt: skip
        return EyeRow(side, None, 0.0, None, None, kind.source, -math.log10(decimal))
    sphere = _value(item, "SpherePower", where)
    cylinder, axis = 0.0, None
    for part in item.get("CylinderSequence", []):
        cylinder, axis = _value(part, "CylinderPower", where), _value(part, "CylinderAxis", where)
    add = next((float(a.AddPower) for a in item.get("AddNearSequence", []) if "AddPower" in a), None)
    return checked(EyeRow(side, sphere, cylinder, axis, add, kind.source), where)


def _value(item: Any, name: str, where: str) -> float:
    value = item.get(name)
    if value is None or value == "":
        raise InputError("missing DICOM attribute", where, name, "a value (type 1)",
                         "export it again from the device")  # fmt: skip
    return float(value)


def write(path: Path | str, rows: list[EyeRow], kind: str = "subjective", *,
          when: datetime | None = None, uid_of: Callable[[str], str] | None = None) -> Path:  # fmt: skip
    """Write eyes as one DICOM refractive object.

    Parameters
    ----------
    path : Path or str
        Where to.
    rows : list of EyeRow
        At most one row an eye; "acuity" needs `acuity_logmar` in every row.
    kind : str
        A key of `KINDS`.
    when : datetime, optional
        Time of the measurement; now when not given.
    uid_of : callable, optional
        Maker of UIDs from "study", "series", "instance"; pydicom's when not given.

    Raises
    ------
    InputError
        An unknown kind, an impossible lens, or an acuity that was not measured.
    """
    if kind not in KINDS:
        raise InputError("unknown kind of DICOM refraction", "kind", kind, ", ".join(KINDS),
                         "choose one")  # fmt: skip
    dicom = _pydicom()
    chosen = KINDS[kind]
    data = _head(dicom, chosen, when or datetime.now(UTC), uid_of)
    rows = [checked(r, "DICOM") for r in only(rows, "DICOM")]
    data.MeasurementLaterality = "B" if len({r.side for r in rows}) == 2 else rows[0].side
    if kind == "lensometry":
        data.LensDescription = ""
    if kind == "acuity":
        _acuity_head(data, dicom)
    for row in rows:
        item = _acuity_item(row, dicom) if kind == "acuity" else _lens_item(row, dicom, kind)
        setattr(data, chosen.sequence.format(side=EYES[row.side]), dicom.Sequence([item]))
    with replacing(path) as temporary:
        data.save_as(temporary, enforce_file_format=True)
    return Path(path)


def write_keratometry(path: Path | str, rows: list[dict[str, Any]], *, when: datetime | None = None,
                      uid_of: Callable[[str], str] | None = None) -> Path:  # fmt: skip
    """Write corneal radii, powers and axes, rows as `keratometry` gives them, as one DICOM object.

    Raises
    ------
    InputError
        No rows, an impossible cornea, or a meridian of an eye that is missing or there twice.
    """
    dicom = _pydicom()
    data = _head(dicom, CORNEA, when or datetime.now(UTC), uid_of)
    sides = [s for s in EYES if any(r["side"] == s for r in rows)]
    if sorted((r["side"], r["meridian"]) for r in rows) != sorted((s, m) for s in sides for m in MERIDIANS) or not rows:
        raise InputError("keratometry needs both meridians of an eye", "DICOM", len(rows),
                         "R1 and R2 once for R, L or both", "export the measurement with its values")  # fmt: skip
    data.MeasurementLaterality = "B" if len(sides) == 2 else sides[0]
    for side in sides:
        eye = dicom.Dataset()
        for row in (r for r in rows if r["side"] == side):
            item = dicom.Dataset()
            item.RadiusOfCurvature, item.KeratometricPower = float(row["radius_mm"]), float(row["power_d"])
            item.KeratometricAxis = float(row["axis_deg"])
            _meridian(item, side, row["meridian"], "DICOM")
            setattr(eye, MERIDIANS[row["meridian"]], dicom.Sequence([item]))
        setattr(data, CORNEA.sequence.format(side=EYES[side]), dicom.Sequence([eye]))
    with replacing(path) as temporary:
        data.save_as(temporary, enforce_file_format=True)
    return Path(path)


def _head(dicom: Any, kind: Kind, when: datetime, uid_of: Callable[[str], str] | None) -> Any:
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

    uid = uid_of or (lambda _: generate_uid())
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(ROOT + kind.sop)
    meta.MediaStorageSOPInstanceUID = UID(uid("instance"))
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    data.SpecificCharacterSet = "ISO_IR 192"
    data.SOPClassUID, data.SOPInstanceUID = ROOT + kind.sop, meta.MediaStorageSOPInstanceUID
    data.StudyInstanceUID, data.SeriesInstanceUID = uid("study"), uid("series")
    data.Modality = kind.modality
    # No name, number or birth date of a person is ours to write: empty type 2 attributes.
    for name in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyID",
                 "AccessionNumber", "ReferringPhysicianName"):  # fmt: skip
        setattr(data, name, "")
    data.Manufacturer, data.ManufacturerModelName = "medtwin", "twin"
    data.DeviceSerialNumber, data.SoftwareVersions = "0", "0"
    date, time = when.strftime("%Y%m%d"), when.strftime("%H%M%S")
    data.StudyDate = data.SeriesDate = data.ContentDate = date
    data.StudyTime = data.SeriesTime = data.ContentTime = time
    data.SeriesNumber = data.InstanceNumber = "1"
    return data


def _lens_item(row: EyeRow, dicom: Any, kind: str = "subjective") -> Any:
    if row.sphere_d is None:
        raise InputError("no refraction in the file", "DICOM", row.side, "a sphere in every row",
                         "export the measurement with its values")  # fmt: skip
    item = dicom.Dataset()
    item.SpherePower = float(row.sphere_d)
    if row.cylinder_d:
        cylinder = dicom.Dataset()
        cylinder.CylinderPower = float(row.cylinder_d)
        cylinder.CylinderAxis = float(row.axis_deg or 0.0)
        item.CylinderSequence = dicom.Sequence([cylinder])
    if row.add_d and kind in ("subjective", "lensometry"):
        add = dicom.Dataset()
        add.AddPower = float(row.add_d)
        if kind == "subjective":
            add.ViewingDistance = 40.0
        item.AddNearSequence = dicom.Sequence([add])
    if kind == "lensometry":
        item.LensSegmentType = "PROGRESSIVE" if row.add_d else "NONPROGRESSIVE"
    return item


def _acuity_head(data: Any, dicom: Any) -> None:
    data.ViewingDistanceType = "DISTANCE"
    # Context group 4216.
    code = _code(dicom, "111687", "DCM", "Prescription Visual Acuity")
    data.VisualAcuityTypeCodeSequence = dicom.Sequence([code])
    data.BackgroundColor = "WHITE"
    data.Optotype = "LETTERS"
    data.OptotypeDetailedDefinition = "Sloan"
    data.OptotypePresentation = "MULTIPLE"
    data.ReferencedRefractiveMeasurementsSequence = dicom.Sequence([])


def _acuity_item(row: EyeRow, dicom: Any) -> Any:
    if row.acuity_logmar is None:
        raise InputError("no visual acuity measured", "DICOM", row.side, "acuity in every row",
                         "measure it, or write the refraction instead")  # fmt: skip
    item = dicom.Dataset()
    item.DecimalVisualAcuity = round(10.0**-row.acuity_logmar, 4)
    return item


def _code(dicom: Any, value: str, scheme: str, meaning: str) -> Any:
    code = dicom.Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code
