"""Acuities measured by a person or a clinic: a form, a CSV, and a record that grows.

The record is one CSV a person, without a name: each row is one reading. `twin eye import` appends,
`twin eye show --record` refits the person's acuity, blur scale and amplitude to it.
"""

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from twin_engine.errors import InputError
from twin_engine.files import read_text, write_text
from vision_lib import acuity
from vision_lib.ability import Reading

COLUMNS = ("date", "eye", "distance_m", "acuity", "corrected", "note")
EYES = ("R", "L", "B")
MAX_ROWS = 10_000
NEAREST_M, FARTHEST_M = 0.1, 20.0
FORM_DISTANCES_M = (0.33, 0.4, 0.65, 0.8, 1.0, 2.0, 4.0, 6.0)


@dataclass(frozen=True)
class Entry:
    """One row of a record."""

    date: str
    eye: str
    distance_m: float
    acuity_logmar: float
    corrected: bool
    note: str = ""

    def reading(self) -> Reading:
        """What a refit takes."""
        return Reading(self.distance_m, self.acuity_logmar, self.corrected)


def is_record(path: Path | str) -> bool:
    """Whether a file's header is that of a record of measured acuities."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            head = file.readline(2000)
    except (OSError, UnicodeDecodeError):
        return False
    return [c.strip() for c in head.strip().split(",")][: len(COLUMNS) - 1] == list(COLUMNS[:-1])


def read(path: Path | str) -> list[Entry]:
    """Read a record.

    Raises
    ------
    InputError
        A missing column, an impossible date, eye, distance or acuity; named with its line.
    """
    text = read_text(path).removeprefix("\ufeff")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [c for c in COLUMNS[:-1] if c not in (reader.fieldnames or [])]
    if missing:
        raise InputError("missing column", str(path), ", ".join(missing), ",".join(COLUMNS),
                         "add the column to the header line")  # fmt: skip
    rows = list(reader)
    if len(rows) > MAX_ROWS:
        raise InputError("too many rows", str(path), len(rows), f"at most {MAX_ROWS}", "split the file")
    # An empty acuity is a line of the form that was not filled in.
    return [_entry(r, f"{Path(path).name}:{i}") for i, r in enumerate(rows, start=2)
            if (r.get("acuity") or "").strip()]  # fmt: skip


def _entry(row: dict[str, str | None], where: str) -> Entry:
    cell = {c: (row.get(c) or "").strip() for c in COLUMNS}
    try:
        day = date.fromisoformat(cell["date"]).isoformat()
    except ValueError:
        raise InputError("not a date", f"{where}: date", cell["date"], "YYYY-MM-DD",
                         "write the day of the measurement") from None  # fmt: skip
    if cell["eye"] not in EYES:
        raise InputError("unknown eye", f"{where}: eye", cell["eye"], "R, L or B", "name the eye")
    try:
        distance = float(cell["distance_m"])
    except ValueError:
        distance = math.nan
    if not NEAREST_M <= distance <= FARTHEST_M:
        raise InputError("impossible viewing distance", f"{where}: distance_m", cell["distance_m"],
                         f"{NEAREST_M:g} to {FARTHEST_M:g} m", "write metres: 40 cm is 0.4")  # fmt: skip
    if cell["corrected"] not in ("yes", "no"):
        raise InputError("corrected is yes or no", f"{where}: corrected", cell["corrected"],
                         "yes or no", "say whether the usual glasses were worn")  # fmt: skip
    # As many digits as the record keeps, so that a reading read twice is known again.
    seen = round(acuity.parse(cell["acuity"], f"{where}: acuity"), 4) + 0.0
    # A cell that a spreadsheet would run as a formula is no note.
    note = cell["note"][:200].lstrip("=+-@\t")
    return Entry(day, cell["eye"], distance, seen, cell["corrected"] == "yes", note)


def of_eye(entries: Iterable[Entry], eye: str | None) -> list[Reading]:
    """The readings of one eye; those of both eyes together count only where no single eye was read.

    Raises
    ------
    InputError
        Both single eyes were read and none is chosen, or the chosen one was not read.
    """
    found = list(entries)
    single = sorted({e.eye for e in found} - {"B"})
    if eye is None and len(single) > 1:
        raise InputError("the record holds both eyes", "--eye", ", ".join(single), "R or L", "choose one")
    chosen = eye or (single[0] if single else "B")
    readings = [e.reading() for e in found if e.eye == chosen]
    if found and not readings:
        raise InputError("the record has no reading of this eye", "--eye", eye, ", ".join(single) or "none",
                         "choose another")  # fmt: skip
    return readings


def append(record: Path | str, entries: Iterable[Entry]) -> tuple[Path, int]:
    """Add entries to a record, which is made if need be; equal entries are kept once.

    Returns
    -------
    (Path, int)
        The record and how many entries were new.
    """
    path = Path(record)
    known = read(path) if path.exists() else []
    fresh = [e for e in entries if e not in known]
    write_text(path, to_csv(sorted([*known, *fresh], key=lambda e: (e.date, e.eye, e.distance_m))))
    return path, len(fresh)


def to_csv(entries: Iterable[Entry]) -> str:
    """A record as CSV text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for e in entries:
        worn = "yes" if e.corrected else "no"
        writer.writerow([e.date, e.eye, f"{e.distance_m:g}", f"logMAR {e.acuity_logmar:.4f}", worn, e.note])
    return out.getvalue()


def template(path: Path | str, day: str) -> Path:
    """An empty record to fill in: one line a distance, with and without glasses."""
    rows = [f"{day},R,{d:g},,{worn}," for worn in ("no", "yes") for d in FORM_DISTANCES_M]
    return write_text(path, "\n".join([",".join(COLUMNS), *rows]) + "\n")


def form(path: Path | str) -> Path:
    """A self-contained page on which acuities are entered and saved as a record's CSV."""
    from twin_engine import page
    from twin_engine.text import tr

    options = "".join(f'<option value="{code}">{page.escape(text)}</option>' for code, text in
                      (("R", tr("right eye")), ("L", tr("left eye")), ("B", tr("both eyes"))))  # fmt: skip
    lines = "".join(
        f'<tr><td>{d:g} m</td><td><input data-d="{d:g}" data-c="no" size="8"></td>'
        f'<td><input data-d="{d:g}" data-c="yes" size="8"></td></tr>'
        for d in FORM_DISTANCES_M
    )
    heads = (tr("distance"), tr("without glasses"), tr("with glasses"))
    head = "".join(f"<th>{page.escape(h)}</th>" for h in heads)
    hint = tr("Write decimal acuity (0.5), a fraction (20/40) or logMAR 0.3; leave empty what was not measured.")
    body = (f'<p><label>{page.escape(tr("date"))} <input id="day" type="date"></label> '
            f'<label>{page.escape(tr("eye"))} <select id="eye">{options}</select></label></p>'
            f"<p>{page.escape(hint)}</p>"
            f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>'
            f'<p><button id="save">{page.escape(tr("Save CSV"))}</button></p>')  # fmt: skip
    steps = page.note(tr("Nothing leaves this computer. Then: twin eye import acuity.csv --record person.csv"))
    return page.write(path, tr("Measured acuity"), [page.Section(tr("Readings"), body + steps)], script=_SCRIPT)


# A date input gives ISO dates; commas and quotes in an acuity would break a line, so they go.
_SCRIPT = """
document.getElementById("day").valueAsDate = new Date();
document.getElementById("save").addEventListener("click", () => {
  const day = document.getElementById("day").value, eye = document.getElementById("eye").value;
  const lines = ["date,eye,distance_m,acuity,corrected,note"];
  document.querySelectorAll("input[data-d]").forEach(i => {
    const v = i.value.trim().replace(/,/g, ".").replace(/["\\n]/g, "");
    if (v) lines.push([day, eye, i.dataset.d, v, i.dataset.c, ""].join(","));
  });
  const a = document.createElement("a");
  a.href = URL.createObjectURL(new Blob([lines.join("\\n") + "\\n"], {type: "text/csv"}));
  a.download = "acuity.csv"; a.click();
});
"""
