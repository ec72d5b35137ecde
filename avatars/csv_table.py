"""Populations as CSV files, units in the column names.

Beside `people.csv` lies `people_columns.csv`, its data dictionary: column, unit, provenance, source.
A foreign CSV needs no dictionary: units come from the names, the provenance from the reader.
"""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from avatars.avatar import Provenance, units_of
from avatars.population import Population
from twin_engine.errors import InputError
from twin_engine.files import read_text, write_text

MAX_BYTES = 500_000_000
DICTIONARY = ("column", "unit", "provenance", "source")


def dictionary_of(file: Path) -> Path:
    """The data dictionary that belongs to a table."""
    return file.with_name(f"{file.stem}_columns.csv")


def write(population: Population, file: Path) -> list[Path]:
    """Write the table and its dictionary; both paths.

    Numbers are written so that reading gives equal numbers; rows keep their order.
    """
    names = list(population.columns)
    columns = [population.ids.tolist(), *(population.column(name).tolist() for name in names)]
    rows = [
        {"column": n, "unit": population.units[n], "provenance": population.provenance[n].kind,
         "source": population.provenance[n].source}
        for n in names
    ]  # fmt: skip
    write_text(file, _text(["id", *names], zip(*columns, strict=True)))
    write_text(dictionary_of(file), _text(DICTIONARY, (list(row.values()) for row in rows)))
    return [file, dictionary_of(file)]


def _text(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_short(v) for v in row] for row in rows)
    return stream.getvalue()


def _short(value: object) -> object:
    """Whole numbers without a decimal point; every other float in its shortest exact form."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def read(file: Path, *, kind: str = "measured", source: str = "", words: Iterable[str] = (),
         drop_missing: bool = False) -> Population:  # fmt: skip
    """Read a population.

    Parameters
    ----------
    file : Path
    kind, source : str
        Provenance of columns that no dictionary describes; the source defaults to the file's name.
    words : iterable of str
        Columns whose values are codes, not numbers, though they look like numbers.
    drop_missing : bool
        Leave out persons with an empty or NaN value, instead of refusing the file.

    Raises
    ------
    InputError
        Missing, unreadable, cut off, no rows, a column without name or twice, ids that are not
        unique whole numbers, an empty value, NaN, a value that is not plausible.
    """
    header, rows = _rows(file)
    described = _dictionary(file, header)
    if drop_missing:
        rows = [row for row in rows if not any(_missing(cell) for cell in row)]
        if not rows:
            raise InputError("no persons", str(file), 0, "at least one row without a gap", "fill the gaps")
    table = dict(zip(header, (np.array(cells) for cells in zip(*rows, strict=True)), strict=True))
    ids = _ids(table.pop("id", None), len(rows), file)
    origin = Provenance(kind, source or file.name)
    codes = set(words) | {n for n, row in described.items() if not row["unit"]}
    absent = [name for name in words if name not in table]
    if absent:
        raise InputError("missing column", str(file), absent[0], ", ".join(table), "correct the name")
    columns = {name: cells if name in codes else _numbers(cells) for name, cells in table.items()}
    units = {}
    for name, values in columns.items():
        number = values.dtype.kind == "f"
        if name in described and number != bool(described[name]["unit"]):
            raise InputError("not a number", f"{file}: {name}", _odd(values), "a number in every row",
                             "correct the value, or the unit in the dictionary")  # fmt: skip
        units[name] = described[name]["unit"] if name in described else (_unit(name) if number else "")
    provenance = {
        n: Provenance(described[n]["provenance"], described[n]["source"]) if n in described else origin for n in columns
    }
    return Population(ids, columns, units, provenance)


def _rows(file: Path) -> tuple[list[str], list[list[str]]]:
    if file.is_file() and file.stat().st_size > MAX_BYTES:
        raise InputError("the file is too large", str(file), file.stat().st_size, f"at most {MAX_BYTES} bytes",
                         "load it into the warehouse instead")  # fmt: skip
    try:
        rows = [row for row in csv.reader(io.StringIO(read_text(file), newline=""), strict=True) if row]
    except csv.Error as error:
        raise InputError("the table is cut off or no CSV", str(file), str(error), "comma-separated values",
                         "export the table again") from None  # fmt: skip
    if len(rows) < 2:
        raise InputError("no persons", str(file), 0, "a header line and at least one row", "export the table again")
    header = rows[0]
    twice = [name for name in header if not name.strip() or header.count(name) > 1]
    if twice:
        raise InputError("a column without name or with a name twice", str(file), twice[0], "one name a column",
                         "rename the column")  # fmt: skip
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise InputError("the table is cut off or no CSV", f"{file}:{number}", f"{len(row)} values",
                             f"{len(header)} values, as the header line names", "export the table again")  # fmt: skip
    return header, rows[1:]


def _dictionary(file: Path, header: list[str]) -> dict[str, dict[str, str]]:
    beside = dictionary_of(file)
    if not beside.is_file():
        return {}
    names, rows = _rows(beside)
    if tuple(names) != DICTIONARY:
        raise InputError("missing column", str(beside), ",".join(names), ",".join(DICTIONARY), "write the header so")
    return {row[0]: dict(zip(names, row, strict=True)) for row in rows if row[0] in header}


def _ids(cells: np.ndarray | None, n: int, file: Path) -> np.ndarray:
    if cells is None:
        return np.arange(n)
    try:
        return np.array([int(cell) for cell in cells.tolist()], dtype=np.int64)
    except (ValueError, OverflowError):
        raise InputError("ids are not whole numbers", f"{file}: id", cells[0].item(), "one whole number a person",
                         "number the persons") from None  # fmt: skip


def _missing(cell: str) -> bool:
    return cell.strip().lower() in ("", "nan", "na", "null", "none")


def _numbers(cells: np.ndarray) -> np.ndarray:
    """The cells as numbers if all of them are (gaps as NaN, which a population refuses); else as they are."""
    gaps = np.array([_missing(cell) for cell in cells.tolist()])
    try:
        found = np.full(len(cells), np.nan)
        found[~gaps] = cells[~gaps].astype(float)
    except ValueError:
        return np.where(gaps, "", cells) if gaps.any() else cells
    return cells if gaps.all() else found


def _odd(values: np.ndarray) -> object:
    for value in values.tolist():
        try:
            float(value)
        except ValueError:
            return value
    return values[0].item()


def _unit(name: str) -> str:
    found = units_of(name)
    return found[0] if found else "1"
