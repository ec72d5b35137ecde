"""CSV of prescriptions: one row an eye, units in the headers.

Columns: side,sphere_d,cylinder_d,axis_deg,add_d,source. `cylinder_d` to `source` may be missing or
empty; a column `prescription` with the clinic's notation may stand for the numbers.
"""

import csv
import io
import math
from pathlib import Path

from twin_engine.errors import InputError
from twin_engine.files import write_text
from vision_lib.exchange import EyeRow, checked, load, only
from vision_lib.refraction import Refraction

COLUMNS = ("side", "sphere_d", "cylinder_d", "axis_deg", "add_d", "source")
SIDES = {"r": "R", "od": "R", "right": "R", "l": "L", "os": "L", "left": "L"}
MAX_ROWS = 100_000


def read(path: Path | str) -> list[EyeRow]:
    """Eyes of a CSV file.

    Raises
    ------
    InputError
        Not UTF-8, a missing column, a cell that is no number, or an impossible lens.
    """
    path = Path(path)
    try:
        text = load(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("unreadable file", str(path), f"byte {error.start}", "a UTF-8 text file",
                         "save the table as CSV UTF-8") from None  # fmt: skip
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        names = [n.strip() for n in reader.fieldnames or []]
        rows = [dict(zip(names, r.values(), strict=False)) for r in reader]
    except csv.Error as error:
        raise InputError("broken CSV", str(path), str(error), "comma-separated values",
                         "save the table as CSV UTF-8") from None  # fmt: skip
    if "side" not in names or not {"sphere_d", "prescription"} & set(names):
        raise InputError("missing column", str(path), ",".join(names)[:80], ",".join(COLUMNS),
                         "add the column to the header line")  # fmt: skip
    if len(rows) > MAX_ROWS:
        raise InputError(
            "too many rows", str(path), len(rows), f"at most {MAX_ROWS}", "split the file"
        )
    return only((_row(r, f"{path}:{i}") for i, r in enumerate(rows, start=2)), str(path))


def write(path: Path | str, rows: list[EyeRow]) -> Path:
    """Write eyes as CSV."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows({k: "" if v is None else v for k, v in row.as_dict().items()} for row in rows)
    return write_text(path, out.getvalue())


def _row(row: dict[str, str | None], where: str) -> EyeRow:
    side = (row.get("side") or "").strip()
    source = (row.get("source") or "").strip() or "table (CSV)"
    known = SIDES.get(side.lower(), side)
    if row.get("prescription"):
        lens = Refraction.parse(str(row["prescription"]), f"{where}: prescription")
        made = EyeRow(
            known, lens.sphere_d, lens.cylinder_d, lens.axis_deg, lens.add_d or None, source
        )
    else:
        sphere = _number(row, "sphere_d", where)
        if sphere is None:
            raise InputError("not a number", f"{where}: sphere_d", "", "a decimal number",
                             "plano is 0")  # fmt: skip
        made = EyeRow(known, sphere, _number(row, "cylinder_d", where) or 0.0,
                      _number(row, "axis_deg", where), _number(row, "add_d", where), source)  # fmt: skip
    return checked(made, where)


def _number(row: dict[str, str | None], name: str, where: str) -> float | None:
    text = (row.get(name) or "").strip().replace("−", "-")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError("not a number", f"{where}: {name}", text, "a decimal number",
                         "write a decimal point, no thousands separator")  # fmt: skip
    return value
