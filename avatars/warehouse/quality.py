"""Data-quality checks: the structure from the field list, and plausibility rules.

Method and thresholds: OHDSI DataQualityDashboard 2.8.4 (Apache-2.0). A check fails when violations
in per cent of the rows it looked at exceed its threshold; where there is nothing to look at it is
"not applicable" and is counted apart, never as passed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from avatars.warehouse import schema
from avatars.warehouse.schema import Field, quoted
from avatars.warehouse.store import Store

EVENT_TABLES = {
    "visit_occurrence": "visit_concept_id",
    "condition_occurrence": "condition_concept_id",
    "drug_exposure": "drug_concept_id",
    "procedure_occurrence": "procedure_concept_id",
    "device_exposure": "device_concept_id",
    "measurement": "measurement_concept_id",
    "observation": "observation_concept_id",
}
ERA_TABLES = {"drug_era": "drug_concept_id", "condition_era": "condition_concept_id"}


@dataclass
class Check:
    """One check of one field.

    Parameters
    ----------
    check, table, field : str
        What was checked and where.
    failed, total : int
        Violations, and rows looked at.
    threshold_percent : float
        Largest share of violations that still passes.
    """

    check: str
    table: str
    field: str
    failed: int
    total: int
    threshold_percent: float = 0.0

    @property
    def status(self) -> str:
        """passed, failed, or not applicable."""
        if self.total == 0:
            return "not applicable"
        return "failed" if 100 * self.failed > self.threshold_percent * self.total else "passed"


@dataclass
class Report:
    """All checks, and the mapping rates of each event table."""

    checks: list[Check]
    mapping: list[dict[str, Any]]

    def count(self, status: str) -> int:
        """How many checks have a status."""
        return sum(c.status == status for c in self.checks)


STRUCTURAL = ("isRequired", "isPrimaryKey", "isForeignKey")


def run(store: Store) -> Report:
    """Run every check."""
    from avatars.warehouse import quality_rules

    counts = {table: store.count(table) for table in schema.tables()}
    checks = [*structure(store, counts), *domains(store, counts), *quality_rules.rules(store, counts)]
    return Report(checks, mapping_rates(store))


def structure(store: Store, counts: dict[str, int]) -> Iterator[Check]:
    """isRequired, isPrimaryKey, isForeignKey and text lengths: 384 checks and the lengths."""
    for table, fields in schema.tables().items():
        yield from _own(store, table, list(fields.values()), counts[table])
        for field in fields.values():
            if field.foreign_table:
                yield _foreign(store, field, counts)


def _own(store: Store, table: str, fields: list[Field], total: int) -> Iterator[Check]:
    """Required, key and length checks of one table in one scan."""
    wanted: list[tuple[str, str, str]] = []
    for f in fields:
        name = quoted(f.name)
        if f.required:
            wanted.append(("isRequired", f.name, f"count(*) - count({name})"))
        if f.primary_key:
            wanted.append(("isPrimaryKey", f.name, f"count(*) - count(DISTINCT {name})"))
        if f.length:
            wanted.append(("cdmDatatype", f.name, f"count(CASE WHEN length({name}) > {f.length} THEN 1 END)"))
    if not wanted:
        return
    found = store.query(f"SELECT {', '.join(sql for _, _, sql in wanted)} FROM {table}")[0] if total else ()
    for i, (check, field, _) in enumerate(wanted):
        yield Check(check, table, field, int(found[i]) if total else 0, total)


def _foreign(store: Store, field: Field, counts: dict[str, int]) -> Check:
    """References that lead nowhere; concept 0 means "no matching concept" and leads nowhere rightly."""
    table, name = field.table, quoted(field.name)
    concept = field.foreign_table == "concept"
    if counts[table] == 0 or (concept and counts["concept"] == 0):
        return Check("isForeignKey", table, field.name, 0, 0)
    zero = f" AND t.{name} <> 0" if concept else ""
    total, failed = store.query(
        f"SELECT count(t.{name}), count(CASE WHEN t.{name} IS NOT NULL{zero} AND p.k IS NULL THEN 1 END) "
        f"FROM {table} t LEFT JOIN (SELECT DISTINCT {quoted(field.foreign_field)} AS k "
        f"FROM {field.foreign_table}) p ON p.k = t.{name}"
    )[0]
    return Check("isForeignKey", table, field.name, int(failed), int(total))


def domains(store: Store, counts: dict[str, int]) -> Iterator[Check]:
    """fkDomain and fkClass, and whether concepts in use are standard; needs a vocabulary."""
    for fields in schema.tables().values():
        for f in fields.values():
            for check, column, allowed in (
                ("fkDomain", "domain_id", f.foreign_domain),
                ("fkClass", "concept_class_id", f.foreign_class),
            ):
                if allowed:
                    yield _member(store, counts, check, f, column, allowed)
    for table, name in (EVENT_TABLES | ERA_TABLES).items():
        field = schema.tables()[table][name]
        yield _member(store, counts, "isStandardValidConcept", field, "standard_concept", "S")


def _member(store: Store, counts: dict[str, int], check: str, f: Field, column: str, allowed: str) -> Check:
    if counts[f.table] == 0 or counts["concept"] == 0:
        return Check(check, f.table, f.name, 0, 0)
    values = [v.strip() for v in allowed.split(",")]
    marks = ", ".join("?" for _ in values)
    total, failed = store.query(
        f"SELECT count(*), count(CASE WHEN c.{column} IS NULL OR c.{column} NOT IN ({marks}) THEN 1 END) "
        f"FROM {f.table} t JOIN concept c ON c.concept_id = t.{quoted(f.name)} WHERE t.{quoted(f.name)} <> 0",
        values,
    )[0]
    return Check(check, f.table, f.name, int(failed), int(total))


def mapping_rates(store: Store) -> list[dict[str, Any]]:
    """Codes and records with a standard concept, per event table that has rows."""
    rows = []
    for table, concept in EVENT_TABLES.items():
        source = concept.replace("_concept_id", "_source_value")
        codes, mapped_codes, records, mapped = store.query(
            f"SELECT count(DISTINCT {source}), count(DISTINCT CASE WHEN {concept} <> 0 THEN {source} END), "
            f"count(*), count(CASE WHEN {concept} <> 0 THEN 1 END) FROM {table}"
        )[0]
        if records:
            rows.append(
                {
                    "table": table,
                    "codes": int(codes),
                    "codes_mapped_percent": 100 * mapped_codes / codes if codes else None,
                    "records": int(records),
                    "records_mapped_percent": 100 * mapped / records,
                }
            )
    return rows
