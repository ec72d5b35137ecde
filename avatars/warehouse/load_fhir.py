"""Loads FHIR R4 bundles and NDJSON: one file, one unit, one transaction.

Every entry is stored or quarantined with its reason; a bundle is never lost for one bad entry.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from avatars.warehouse import fhir_bundle, fhir_map, fhir_rows, ledger
from avatars.warehouse.fhir_rows import Refuse
from avatars.warehouse.ledger import Count, Refused
from avatars.warehouse.store import Store
from avatars.warehouse.vocabulary import Vocabulary

DERIVED_PERIOD = 32882  # Type Concept "Standard algorithm from EHR"


def load(store: Store, source: Path, *, strict_orders: bool = False) -> tuple[Count, list[str]]:
    """Load a file or all JSON and NDJSON files of a folder.

    Returns
    -------
    Count, list of str
        Entries read, stored, quarantined; rows per table; and the ledger's units.
    """
    from twin_engine.tables import progress
    from twin_engine.text import tr

    files = _files(source)
    total, units = Count(), []
    vocabulary = Vocabulary(store)
    persons = {p for (p,) in store.query("SELECT person_id FROM person")}
    with progress(tr("files"), len(files)) as bar:
        for file in files:
            # The rule for orders is part of the unit: another rule is another load.
            unit = ledger.digest(file) + (":strict" if strict_orders else "")
            units.append(unit)
            count = ledger.done(store, unit)
            if count is None:
                count = _load_file(store, file, unit, vocabulary, persons, strict_orders)
            total.add(count)
            bar.advance()
    total.tables["observation_period"] = derive_periods(store)
    return total, units


def _files(source: Path) -> list[Path]:
    """Patients first: an event without its person is refused."""
    found = [source] if source.is_file() else sorted(source.rglob("*"))
    files = [f for f in found if f.is_file() and f.suffix.lower() in (".json", ".ndjson")]
    return sorted(files, key=lambda f: (not f.name.startswith(("Patient", "Practitioner", "Organization")), f))


def _load_file(store: Store, file: Path, unit: str, vocabulary: Vocabulary, persons: set[int],
               strict: bool) -> Count:  # fmt: skip
    decoded = fhir_bundle.decode(fhir_bundle.read(file), lines=file.suffix.lower() == ".ndjson")
    refused = [Refused(*wrong) for wrong in decoded.wrong]
    mapper = fhir_map.Mapper(vocabulary, fhir_map.index(decoded.entries), strict)
    mapper.medications = {r.id or "": r for _, _, r in decoded.entries if type(r).__name__ == "Medication"}
    own = {fhir_rows.key("Patient", r.id or u or f"entry {i}") for i, u, r in decoded.entries
           if type(r).__name__ == "Patient"}  # fmt: skip
    mapper.known_persons = persons | own
    stored = 0
    for number, url, resource in decoded.entries:
        try:
            mapper.take(resource, resource.id or url or f"entry {number}")
            stored += 1
        except Refuse as why:
            refused.append(Refused(number, resource.__struct_config__.tag, str(why)))
    rows = mapper.finish()
    _check_keys(rows.tables)
    _drop_dangling(store, rows.tables, rows.noticed)
    count = Count(stored + len(refused), stored, len(refused), units=1)
    count.notes = Counter(decoded.notes) + rows.noticed
    count.tables = Counter({table: len(made) for table, made in rows.tables.items()})
    with store.transaction():
        for table, made in sorted(rows.tables.items()):
            store.put(table, made)
        ledger.note_unit(store, unit, unit, "fhir", count, refused)
    persons |= own
    return count


def _check_keys(tables: dict[str, list[dict[str, Any]]]) -> None:
    """Two rows of one unit with one id: the same entry twice (the later one stays)."""
    from avatars.warehouse import schema

    for table, rows in tables.items():
        name = schema.key(table)
        if name:
            tables[table] = list({row[name]: row for row in rows}.values())


def _drop_dangling(store: Store, tables: dict[str, list[dict[str, Any]]], noticed: Counter[str]) -> None:
    """Visits, providers and care sites that are neither here nor in the warehouse become NULL."""
    for column, table in (("visit_occurrence_id", "visit_occurrence"), ("provider_id", "provider"),
                          ("care_site_id", "care_site")):  # fmt: skip
        wanted = {r[column] for t, rows in tables.items() if t != table for r in rows if r.get(column)}
        known = {r[column] for r in tables.get(table, [])}
        missing = sorted(wanted - known)
        for start in range(0, len(missing), 1000):
            part = missing[start : start + 1000]
            marks = ", ".join("?" for _ in part)
            known |= {k for (k,) in store.query(f"SELECT {column} FROM {table} WHERE {column} IN ({marks})", part)}
        for t, rows in tables.items():
            for row in rows:
                if t != table and row.get(column) and row[column] not in known:
                    row[column] = None
                    noticed["references that lead nowhere"] += 1


def derive_periods(store: Store) -> int:
    """observation_period = first to last visit of each person whose visits came from FHIR."""
    with store.transaction():
        store.run("DELETE FROM observation_period WHERE period_type_concept_id = ?", (DERIVED_PERIOD,))
        store.run(
            "INSERT INTO observation_period (observation_period_id, person_id, "
            "observation_period_start_date, observation_period_end_date, period_type_concept_id) "
            "SELECT person_id, person_id, min(visit_start_date), "
            "max(coalesce(visit_end_date, visit_start_date)), CAST(? AS BIGINT) "
            "FROM visit_occurrence WHERE visit_type_concept_id = ? GROUP BY person_id",
            (DERIVED_PERIOD, fhir_rows.ENCOUNTER),
        )
    return int(store.one("SELECT count(*) FROM observation_period WHERE period_type_concept_id = ?",
                         (DERIVED_PERIOD,)))  # fmt: skip
