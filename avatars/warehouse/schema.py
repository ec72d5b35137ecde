"""The 39 tables of the OMOP Common Data Model 5.4, read from its field list.

Source: OHDSI CommonDataModel, `OMOP_CDMv5.4_Field_Level.csv` (Apache-2.0), assets/omop/.
Every integer is a BIGINT: ids of 64 bits exist, and an int4 column overflows without a word.
Keys are not declared: public tables break them, and a warehouse must hold what it checks.
"""

import csv
from dataclasses import dataclass
from functools import cache

from twin_engine import assets

# One SQL type for both stores; texts carry no length (the length is a quality check).
TYPES = {"integer": "BIGINT", "float": "DOUBLE PRECISION", "date": "DATE", "datetime": "TIMESTAMP"}

# The CDM declares no primary key here, but one person has one death (CDM 5.4, table DEATH).
NATURAL_KEYS = {"death": "person_id"}

# CDM 5.3 name -> 5.4 name (OHDSI CDM 5.4 release notes, "Changes by table").
RENAMED = {
    "admitting_source_concept_id": "admitted_from_concept_id",
    "admitting_source_value": "admitted_from_source_value",
    "discharge_to_concept_id": "discharged_to_concept_id",
    "discharge_to_source_value": "discharged_to_source_value",
    "visit_detail_parent_id": "parent_visit_detail_id",
}

# Our own tables beside the 39: the ledger of loads, what was refused, and local parts.
OWN = {
    "twin_load": {
        "unit": "VARCHAR",
        "source": "VARCHAR",
        "kind": "VARCHAR",
        "read_rows": "BIGINT",
        "stored_rows": "BIGINT",
        "quarantined_rows": "BIGINT",
        "tables": "VARCHAR",
        "notes": "VARCHAR",
    },
    "twin_quarantine": {
        "unit": "VARCHAR",
        "entry": "BIGINT",
        "kind": "VARCHAR",
        "reason": "VARCHAR",
    },
    "twin_code": {
        "code": "VARCHAR",
        "vocabulary": "VARCHAR",
        "concept_id": "BIGINT",
        "name": "VARCHAR",
    },
}


@dataclass(frozen=True)
class Field:
    """One field of the CDM: its type in SQL, whether it is required, its key and reference."""

    table: str
    name: str
    required: bool
    datatype: str
    primary_key: bool
    foreign_table: str
    foreign_field: str
    foreign_domain: str
    foreign_class: str

    @property
    def sql_type(self) -> str:
        """BIGINT, DOUBLE PRECISION, DATE, TIMESTAMP or VARCHAR."""
        return TYPES.get(self.datatype, "VARCHAR")

    @property
    def length(self) -> int | None:
        """Longest text allowed, in characters; None without a limit."""
        inner = self.datatype.partition("(")[2].rstrip(")")
        return int(inner) if inner.isdigit() else None


@cache
def tables() -> dict[str, dict[str, Field]]:
    """Table name -> field name -> Field, in the order of the specification."""
    found: dict[str, dict[str, Field]] = {}
    path = assets.path("omop/cdm54_fields.csv")
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            field = Field(
                row["table"],
                row["field"],
                row["required"] == "yes",
                row["datatype"],
                row["primary_key"] == "yes",
                row["foreign_table"],
                row["foreign_field"],
                row["foreign_domain"],
                row["foreign_class"],
            )
            found.setdefault(field.table, {})[field.name] = field
    return found


def columns(table: str) -> dict[str, str]:
    """Column -> SQL type of a CDM table or of one of ours."""
    if table in OWN:
        return OWN[table]
    return {name: field.sql_type for name, field in tables()[table].items()}


def key(table: str) -> str | None:
    """The column that identifies a row, or None."""
    if table in NATURAL_KEYS:
        return NATURAL_KEYS[table]
    return next((f.name for f in tables().get(table, {}).values() if f.primary_key), None)


def quoted(name: str) -> str:
    """A name inside SQL; the field list has a column called offset, a reserved word."""
    if not name.replace("_", "").isalnum():
        raise ValueError(f"not a column or table name: {name!r}")
    return f'"{name}"'


def create_statements() -> list[str]:
    """CREATE TABLE for all 39 tables and ours: one text for DuckDB and PostgreSQL."""
    return [
        f"CREATE TABLE IF NOT EXISTS {quoted(table)} ("
        + ", ".join(f"{quoted(c)} {kind}" for c, kind in columns(table).items())
        + ")"
        for table in [*tables(), *OWN]
    ]
