"""Laboratory, vital-sign and lifelog tables (CSV) by a mapping file.

The mapping (YAML) names the person column, the date column, and for each value column (wide) or
each code (long) the concept, the source code and the unit. Person numbers are hashed with the
mapping's own key, so the warehouse holds no hospital number.
"""

import csv
import datetime as dt
import hashlib
import hmac
from collections import Counter
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from avatars.warehouse import ledger
from avatars.warehouse.ledger import Count, Refused
from avatars.warehouse.store import Store
from avatars.warehouse.vocabulary import unit
from twin_engine.errors import InputError
from twin_engine.files import read_text

# OMOP keeps ids from here for local concepts (OHDSI, "concept ids above 2 billion").
LOCAL = 2_000_000_000
KINDS = {"lab": 32856, "vital": 32817, "lifelog": 32865}


class Item(BaseModel):
    """One analyte: its concept (0: a local one is made), source code, unit and plausible range."""

    model_config = ConfigDict(extra="forbid")
    concept: int = 0
    code: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    factor: float = 1.0


class Mapping(BaseModel):
    """A mapping file: `columns` for a wide table, or `code`, `value` and `codes` for a long one."""

    model_config = ConfigDict(extra="forbid")
    kind: str
    person: str
    date: str
    date_format: str = "%Y-%m-%d"
    key: str
    columns: dict[str, Item] = {}
    code: str | None = None
    value: str | None = None
    codes: dict[str, Item] = {}
    missing: list[str] = ["", "NA"]

    @model_validator(mode="after")
    def _one_shape(self) -> "Mapping":
        if self.kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        if bool(self.columns) == bool(self.code and self.value and self.codes):
            raise ValueError("give columns, or all of code, value and codes")
        return self


def load(store: Store, source: Path, mapping: Path) -> tuple[Count, list[str]]:
    """Load one CSV as measurements.

    Every value is read, stored or quarantined; a value marked missing is no value.
    """
    chosen = read_mapping(mapping)
    unit_name = f"{ledger.digest(source)}:{ledger.digest(mapping)}"
    known = ledger.done(store, unit_name)
    if known is not None:
        return known, [unit_name]
    rows: list[dict[str, Any]] = []
    refused: list[Refused] = []
    codes: dict[int, Item] = {}
    seen: set[int] = set()
    for number, (person, when, item, text) in enumerate(_values(source, chosen)):
        made = _row(number, person, when, item, text, chosen)
        if isinstance(made, str):
            refused.append(Refused(number, "measurement", made))
        elif made["measurement_id"] in seen:
            refused.append(Refused(number, "measurement", "the same person, day and code again"))
        else:
            seen.add(made["measurement_id"])
            codes[made["measurement_concept_id"]] = item
            rows.append(made)
    persons = sorted({r["person_id"] for r in rows})
    count = Count(len(rows) + len(refused), len(rows), len(refused), units=1)
    count.tables = Counter({"measurement": len(rows)})
    with store.transaction():
        known_persons = {p for (p,) in store.query("SELECT person_id FROM person")}
        strangers = [p for p in persons if p not in known_persons]
        if strangers:
            count.notes["persons known by their measurements only"] += len(strangers)
        store.put("measurement", rows)
        store.put("twin_code", [
            {"code": i.code, "vocabulary": "local", "concept_id": c, "name": i.code}
            for c, i in sorted(codes.items()) if c >= LOCAL
        ])  # fmt: skip
        ledger.note_unit(store, unit_name, unit_name, "csv", count, refused)
    return count, [unit_name]


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    InputError
        Not YAML, or a field is wrong.
    """
    import yaml

    try:
        return Mapping.model_validate(yaml.safe_load(read_text(path, "--map")))
    except yaml.YAMLError:
        raise InputError("the file is not YAML", str(path), None, "YAML", "check the indentation") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(
            "the mapping is wrong", f"{path.name}: {place}", None, first["msg"], "docs/records.md shows one of each"
        ) from None


def person_id(mapping_key: str, number: str) -> int:
    """A 63-bit pseudonym of a person number under the mapping's secret key (HMAC-SHA-256)."""
    mark = hmac.new(mapping_key.encode(), number.strip().encode(), hashlib.sha256).digest()
    return int.from_bytes(mark[:8]) >> 1


def _values(source: Path, chosen: Mapping) -> Any:
    """(person, date, item or None, text) for every value of the table."""
    with open(source, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        wanted = [chosen.person, chosen.date, *chosen.columns, *filter(None, (chosen.code, chosen.value))]
        lacking = [c for c in wanted if c not in (reader.fieldnames or [])]
        if lacking:
            raise InputError(
                "a column is missing", source.name, ", ".join(lacking), ", ".join(wanted), "check header and mapping"
            )
        for row in reader:
            pairs: list[tuple[Item | None, str]]
            if chosen.columns:
                pairs = [(item, row[name]) for name, item in chosen.columns.items()]
            else:
                pairs = [(chosen.codes.get(row[chosen.code or ""] or ""), row[chosen.value or ""])]
            for item, text in pairs:
                if (text or "").strip() not in chosen.missing:
                    yield row[chosen.person], row[chosen.date], item, (text or "").strip()


def _row(number: int, person: str, when: str, item: Item | None, text: str, chosen: Mapping) -> Any:
    """The row, or why there is none."""
    if item is None:
        return "a code the mapping does not name"
    if not (person or "").strip():
        return "no person"
    try:
        at = dt.datetime.strptime((when or "").strip(), chosen.date_format)
    except ValueError:
        return "no date"
    operator = next((o for o in ("<=", ">=", "<", ">") if text.startswith(o)), "")
    try:
        value = float(text[len(operator) :].replace(",", "")) * item.factor
    except ValueError:
        return "no number"
    if value != value or abs(value) == float("inf"):
        return "no number"
    if (item.low is not None and value < item.low) or (item.high is not None and value > item.high):
        return "outside the mapping's plausible range"
    mark = hashlib.blake2b(f"csv|{chosen.key}|{person}|{at}|{item.code}".encode(), digest_size=8).digest()
    local = LOCAL + int.from_bytes(hashlib.blake2b(item.code.encode(), digest_size=4).digest()) % 10**8
    return {
        "measurement_id": int.from_bytes(mark) >> 1, "person_id": person_id(chosen.key, person),
        "measurement_concept_id": item.concept or local, "measurement_date": at.date(),
        "measurement_datetime": at, "measurement_type_concept_id": KINDS[chosen.kind],
        "value_as_number": value, "unit_concept_id": unit(item.unit), "unit_source_value": item.unit or None,
        "measurement_source_value": item.code[:50],
        "operator_concept_id": {"<": 4171756, "<=": 4171754, ">=": 4171755, ">": 4172704}.get(operator),
    }  # fmt: skip
