"""Measurements of eyes from and to the clinic: one neutral row, one file a format.

Every reader gives `EyeRow`s that passed the same checks, whatever a library would have accepted.
`read` chooses the format by what is in the file, not by its name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from twin_engine.errors import InputError
from vision_lib.refraction import MAX_ADD_D, MAX_CYLINDER_D, MAX_SPHERE_D, Refraction

MAX_BYTES = 20_000_000
SIDES = ("R", "L")


@dataclass(frozen=True)
class EyeRow:
    """One eye's measurement, as written by the device or the clinic.

    Parameters
    ----------
    side : str
        "R" or "L".
    sphere_d : float or None
        Dioptres; None where only an acuity was measured.
    cylinder_d : float
        Dioptres.
    axis_deg : float or None
        0 to 180; None where there is no cylinder.
    add_d : float or None
        Near addition, D.
    source : str
        Where it came from: "autorefraction (JOIA)", "prescription (FHIR)" ...
    acuity_logmar : float or None
        Acuity measured with it.
    vertex_mm : float or None
        Vertex distance, mm.
    """

    side: str
    sphere_d: float | None
    cylinder_d: float
    axis_deg: float | None
    add_d: float | None
    source: str
    acuity_logmar: float | None = None
    vertex_mm: float | None = None

    def as_dict(self) -> dict[str, object]:
        """The keys that `twin eye import` prints."""
        return {"side": self.side, "sphere_d": self.sphere_d, "cylinder_d": self.cylinder_d,
                "axis_deg": self.axis_deg, "add_d": self.add_d, "source": self.source,
                "acuity_logmar": self.acuity_logmar, "vertex_mm": self.vertex_mm}  # fmt: skip

    def refraction(self) -> Refraction:
        """The same as a `Refraction`.

        Raises
        ------
        InputError
            The row is an acuity without a lens.
        """
        if self.sphere_d is None:
            raise InputError("no refraction in the file", self.source, self.side,
                             "a sphere in every row", "export the measurement with its values")  # fmt: skip
        return Refraction(self.sphere_d, self.cylinder_d, self.axis_deg or 180.0, self.add_d or 0.0)


def checked(row: EyeRow, where: str) -> EyeRow:
    """The row, if it describes a lens that exists; the axis is dropped where there is no cylinder.

    Raises
    ------
    InputError
        Another side than R or L, a power that is no number or beyond clinic limits, a cylinder
        without axis, an axis outside 0 to 180.
    """
    if row.side not in SIDES:
        raise InputError("unknown eye", where, row.side, "R or L", "name one eye a row")
    for name, value, limit in (("sphere", row.sphere_d, MAX_SPHERE_D),
                               ("cylinder", row.cylinder_d, MAX_CYLINDER_D)):  # fmt: skip
        if value is not None and not abs(value) <= limit:
            raise InputError("implausible lens power", f"{where}: {name}", value,
                             f"-{limit:g} to {limit:g} D", "check the sign and the decimal point")  # fmt: skip
    if row.add_d is not None and not 0.0 <= row.add_d <= MAX_ADD_D:
        raise InputError("implausible near addition", f"{where}: add", row.add_d,
                         f"0 to {MAX_ADD_D:g} D", "an addition is positive")  # fmt: skip
    if row.cylinder_d and row.axis_deg is None:
        raise InputError("a cylinder needs an axis", f"{where}: axis", None, "0 to 180 degrees",
                         "give the axis, or leave the cylinder out")  # fmt: skip
    if row.axis_deg is not None and not 0.0 <= row.axis_deg <= 180.0:
        raise InputError("axis out of range", f"{where}: axis", row.axis_deg, "0 to 180 degrees",
                         "read the axis again")  # fmt: skip
    axis = row.axis_deg if row.cylinder_d else None
    return EyeRow(row.side, row.sphere_d, row.cylinder_d, axis, row.add_d, row.source,
                  row.acuity_logmar, row.vertex_mm)  # fmt: skip


def read(path: Path | str) -> list[EyeRow]:
    """Read a file of any known format: DICOM, FHIR JSON, JOIA XML or CSV.

    Raises
    ------
    InputError
        Missing, too large, or of no known format; or what its reader finds wrong.
    """
    path = Path(path)
    head = load(path)[:4096]
    from vision_lib.exchange import dicom, fhir, joia, table

    if head[128:132] == b"DICM":
        return dicom.read(path)
    if _is_xml(head):
        return joia.read(path)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return fhir.read(path)
    if path.suffix.lower() == ".dcm":
        raise InputError("broken DICOM file", str(path), path.name, "a DICOM Part 10 file",
                         "export it again from the device or archive")  # fmt: skip
    return table.read(path)


def keratometry(path: Path | str) -> list[dict[str, object]]:
    """Corneal radii, powers and axes of a JOIA or DICOM file; none of other formats."""
    path = Path(path)
    data = load(path)
    from vision_lib.exchange import dicom, joia

    if data[128:132] == b"DICM":
        return dicom.keratometry(path)
    return joia.keratometry(path) if _is_xml(data) else []


def _is_xml(data: bytes) -> bool:
    utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff") and b"<" in data[2:4]
    return utf16 or data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def load(path: Path) -> bytes:
    """The bytes of a file of sensible size.

    Raises
    ------
    InputError
        Missing, unreadable, empty or too large.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if 0 < size <= MAX_BYTES else b""
    except OSError as error:
        raise InputError("file not found", str(path), str(path), "a file that exists",
                         f"check the path: {type(error).__name__}") from None  # fmt: skip
    if not data:
        raise InputError("empty or oversized file", str(path), f"{size} bytes",
                         f"1 to {MAX_BYTES} bytes", "check the export")  # fmt: skip
    return data


def only(rows: Iterable[EyeRow], where: str) -> list[EyeRow]:
    """The rows, refusing none at all.

    Raises
    ------
    InputError
        Nothing was found.
    """
    found = list(rows)
    if not found:
        raise InputError("no refraction in the file", where, "0 eyes", "at least one eye",
                         "export the measurement with its values")  # fmt: skip
    return found
