"""The ledger of loads: what was read, stored and refused, unit by unit.

A unit (a file, or a table of a file) enters in one transaction together with its ledger row, so a
killed load restarts where it stopped and a repeated load changes nothing. Units are known by the
digest of their bytes: file names may hold a person's name and are never stored.
"""

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avatars.warehouse.store import Store
from twin_engine.files import write_text


@dataclass
class Refused:
    """One entry that was not stored: its number in the unit, its kind, and why."""

    entry: int
    kind: str
    reason: str


@dataclass
class Count:
    """What became of a load: entries read, stored, refused; rows per table; remarks."""

    read: int = 0
    stored: int = 0
    quarantined: int = 0
    tables: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    units: int = 0
    skipped: int = 0

    def add(self, other: "Count") -> None:
        """Take another count in."""
        self.read += other.read
        self.stored += other.stored
        self.quarantined += other.quarantined
        self.tables.update(other.tables)
        self.notes.update(other.notes)
        self.units += other.units
        self.skipped += other.skipped


def digest(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def done(store: Store, unit: str) -> Count | None:
    """The count of a unit that was loaded before, or None."""
    rows = store.query(
        "SELECT read_rows, stored_rows, quarantined_rows, tables, notes FROM twin_load WHERE unit = ?",
        (unit,),
    )
    if not rows:
        return None
    read, stored, quarantined, tables, notes = rows[0]
    return Count(read, stored, quarantined, Counter(json.loads(tables)), Counter(json.loads(notes)), 1, 1)


def note_unit(store: Store, unit: str, source: str, kind: str, count: Count, refused: Sequence[Refused]) -> None:
    """Write a unit's ledger row and its refused entries; call inside the unit's transaction."""
    if count.read != count.stored + count.quarantined:
        raise AssertionError(f"{count.read} read, {count.stored} stored, {count.quarantined} refused")
    store.put(
        "twin_load",
        [
            {
                "unit": unit,
                "source": source,
                "kind": kind,
                "read_rows": count.read,
                "stored_rows": count.stored,
                "quarantined_rows": count.quarantined,
                "tables": json.dumps(dict(sorted(count.tables.items()))),
                "notes": json.dumps(dict(sorted(count.notes.items()))),
            }
        ],
    )
    store.put(
        "twin_quarantine",
        [{"unit": unit, "entry": r.entry, "kind": r.kind, "reason": r.reason} for r in refused],
    )


def write_quarantine(store: Store, units: Sequence[str], target: Path) -> Path:
    """Every refused entry of these units as CSV: unit, entry, kind, reason; never its content."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(("unit", "entry", "kind", "reason"))
    for unit in units:
        out.writerows(
            store.query(
                "SELECT unit, entry, kind, reason FROM twin_quarantine WHERE unit = ? ORDER BY entry, reason",
                (unit,),
            )
        )
    return write_text(target, text.getvalue())


def content(store: Store) -> str:
    """A digest of all rows of all tables, whatever their order: equal content, equal digest."""
    from avatars.warehouse import schema

    total = hashlib.sha256()
    for table in [*schema.tables(), *schema.OWN]:
        names = ", ".join(schema.quoted(c) for c in schema.columns(table))
        rows: list[Any] = sorted(repr(row) for row in store.query(f"SELECT {names} FROM {table}"))
        total.update(f"{table} {len(rows)}\n".encode())
        for row in rows:
            total.update(row.encode())
    return total.hexdigest()
