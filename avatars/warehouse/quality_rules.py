"""Plausibility, unit, temporal and completeness rules (OHDSI DataQualityDashboard 2.8.4).

Thresholds in per cent stand beside each rule; a NULL is never a violation of a value rule.
"""

import csv
import datetime as dt
from collections.abc import Iterator

from avatars.warehouse import schema
from avatars.warehouse.cohort import DATES
from avatars.warehouse.quality import ERA_TABLES, EVENT_TABLES, Check
from avatars.warehouse.schema import quoted
from avatars.warehouse.store import Store
from twin_engine import assets

EARLIEST, EARLIEST_BIRTH_YEAR = dt.date(1950, 1, 1), 1850
AFTER_DEATH_DAYS, VISIT_DAYS = 60, 7
# Two analytes of one draw that are equal in nearly every pair are one column stored twice.
EQUAL_PERCENT, EQUAL_PAIRS = 90.0, 10
NUMBERS = (("drug_exposure", "days_supply", 1, 365), ("drug_exposure", "refills", 0, 24))
CLINICAL = tuple(t for t in EVENT_TABLES if t != "device_exposure")


def rules(store: Store, counts: dict[str, int]) -> Iterator[Check]:
    """All rules; a table without rows makes its checks not applicable."""
    yield from dates(store, counts)
    yield from order(store, counts)
    yield from against_person(store, counts)
    yield from values(store, counts)
    yield from completeness(store, counts)
    yield from duplicated_analytes(store, counts)


def start_date(table: str) -> str:
    """The date an event table is ordered by."""
    known = {
        "visit_occurrence": DATES["visit"],
        "condition_occurrence": DATES["condition"],
        "drug_exposure": DATES["drug"],
        "procedure_occurrence": DATES["procedure"],
        "measurement": DATES["measurement"],
        "observation": DATES["observation"],
        "device_exposure": "device_exposure_start_date",
        "drug_era": "drug_era_start_date",
        "condition_era": "condition_era_start_date",
    }
    return known[table]


def _share(store: Store, counts: dict[str, int], check: str, table: str, field: str, bad: str,
           threshold: float, values: tuple = (), source: str = "") -> Check:  # fmt: skip
    """Violations `bad` among the rows of `table t` where the field is not NULL."""
    if counts[table] == 0:
        return Check(check, table, field, 0, 0, threshold)
    total, failed = store.query(
        f"SELECT count(t.{quoted(field)}), count(CASE WHEN {bad} THEN 1 END) FROM {source or table + ' t'}", values
    )[0]
    return Check(check, table, field, int(failed), int(total), threshold)


def dates(store: Store, counts: dict[str, int]) -> Iterator[Check]:
    """plausibleValueLow and High: dates from 1950 to tomorrow, births from 1850; threshold 1 %."""
    tomorrow = dt.date.today() + dt.timedelta(1)
    for table in (*EVENT_TABLES, *ERA_TABLES, "observation_period", "death"):
        for field in schema.tables()[table].values():
            if field.datatype == "date":
                name = f"t.{quoted(field.name)}"
                yield _share(store, counts, "plausibleValueLow", table, field.name, f"{name} < ?", 1, (EARLIEST,))
                yield _share(store, counts, "plausibleValueHigh", table, field.name, f"{name} > ?", 1, (tomorrow,))
    birth = "t.year_of_birth < ? OR t.year_of_birth > ?"
    limits = (EARLIEST_BIRTH_YEAR, tomorrow.year)
    yield _share(store, counts, "plausibleValueLow", "person", "year_of_birth", birth, 1, limits)


def order(store: Store, counts: dict[str, int]) -> Iterator[Check]:
    """plausibleStartBeforeEnd: threshold 1 %; overlapping observation periods: none."""
    for table in (*EVENT_TABLES, *ERA_TABLES, "observation_period", "payer_plan_period"):
        fields = schema.tables()[table]
        for end in fields:
            start = end.replace("_end_date", "_start_date")
            start = start if start in fields else "procedure_date" if table == "procedure_occurrence" else ""
            if end.endswith("_end_date") and start:
                bad = f"t.{quoted(end)} < t.{quoted(start)}"
                yield _share(store, counts, "plausibleStartBeforeEnd", table, end, bad, 1)
    overlap = (
        "EXISTS (SELECT 1 FROM observation_period o WHERE o.person_id = t.person_id "
        "AND o.observation_period_id <> t.observation_period_id "
        "AND o.observation_period_start_date <= t.observation_period_end_date "
        "AND t.observation_period_start_date <= o.observation_period_end_date)"
    )
    yield _share(store, counts, "periodOverlap", "observation_period", "person_id", overlap, 0)


def against_person(store: Store, counts: dict[str, int]) -> Iterator[Check]:
    """After birth and before death (+ 60 d): 1 %; inside observation; within the visit (± 7 d): 5 %."""
    for table in (*EVENT_TABLES, *ERA_TABLES):
        date = f"t.{quoted(start_date(table))}"
        # A birth without month and day is taken as 1 January, so that no row is accused wrongly.
        # Dates as numbers: one form of words for both engines.
        number = f"extract(year FROM {date}) * 10000 + extract(month FROM {date}) * 100 + extract(day FROM {date})"
        born = "p.year_of_birth * 10000 + coalesce(p.month_of_birth, 1) * 100 + coalesce(p.day_of_birth, 1)"
        joined = f"{table} t JOIN person p ON p.person_id = t.person_id"
        name = start_date(table)
        yield _share(store, counts, "plausibleAfterBirth", table, name, f"{number} < {born}", 1, (), joined)
        dead = f"{table} t JOIN death d ON d.person_id = t.person_id"
        bad = f"{date} > d.death_date + {AFTER_DEATH_DAYS}"
        yield _share(store, counts, "plausibleBeforeDeath", table, name, bad, 1, (), dead)
        if table in ERA_TABLES or counts["observation_period"] == 0:
            continue
        outside = (
            "NOT EXISTS (SELECT 1 FROM observation_period o WHERE o.person_id = t.person_id AND "
            f"o.observation_period_start_date <= {date} AND {date} <= o.observation_period_end_date)"
        )
        yield _share(store, counts, "insideObservation", table, name, outside, 1)
        if table != "visit_occurrence":
            visit = f"{table} t JOIN visit_occurrence v ON v.visit_occurrence_id = t.visit_occurrence_id"
            bad = f"{date} < v.visit_start_date - {VISIT_DAYS} OR {date} > v.visit_end_date + {VISIT_DAYS}"
            yield _share(store, counts, "withinVisitDates", table, name, bad, 5, (), visit)


def values(store: Store, counts: dict[str, int]) -> Iterator[Check]:
    """Counts in range: 1 %; units a measurement may have: 5 %, an absent or unknown unit ignored."""
    for table, field, low, high in NUMBERS:
        bad = f"t.{field} < ? OR t.{field} > ?"
        yield _share(store, counts, "plausibleValue", table, field, bad, 1, (low, high))
    with open(assets.path("omop/plausible_units.csv"), encoding="utf-8", newline="") as file:
        allowed = {int(r["concept_id"]): r["unit_concept_ids"].split() for r in csv.DictReader(file)}
    found = store.query(
        "SELECT measurement_concept_id, unit_concept_id, count(*) FROM measurement "
        "WHERE unit_concept_id IS NOT NULL AND unit_concept_id <> 0 GROUP BY 1, 2"
    )
    used = {concept for concept, _, _ in found}
    for concept, units in allowed.items():
        total = sum(n for c, _, n in found if c == concept)
        bad_rows = sum(n for c, u, n in found if c == concept and str(u) not in units)
        field = f"unit_concept_id of {concept}" if concept in used else f"unit_concept_id of {concept} (unused)"
        yield Check("plausibleUnitConceptIds", "measurement", field, int(bad_rows), int(total), 5)


def completeness(store: Store, counts: dict[str, int]) -> Iterator[Check]:
    """Concept 0: 5 % of events, no types, no eras; persons without rows: 95 %; numbers: 95 %."""
    for table, concept in (EVENT_TABLES | ERA_TABLES).items():
        zero = "coalesce(t.{}, 0) = 0"
        limit = 0 if table in ERA_TABLES else 5
        name = "standardConceptRecordCompleteness"
        if counts[table] == 0:
            yield Check(name, table, concept, 0, 0, limit)
        else:
            failed = store.one(f"SELECT count(*) FROM {table} t WHERE {zero.format(concept)}")
            yield Check(name, table, concept, int(failed), counts[table], limit)
        kind = concept.replace("_concept_id", "_type_concept_id")
        if kind in schema.tables()[table]:
            yield _share(store, counts, name, table, kind, zero.format(kind), 0)
        without = f"NOT EXISTS (SELECT 1 FROM {table} e WHERE e.person_id = t.person_id)"
        if counts[table]:
            check = _share(store, counts, "personCompleteness", "person", "person_id", without, 95)
            yield Check(check.check, table, "person_id", check.failed, check.total, 95)
    if counts["measurement"]:
        failed = store.one(
            "SELECT count(*) FROM measurement WHERE value_as_number IS NULL AND coalesce(value_as_concept_id, 0) = 0"
        )
        yield Check("valueCompleteness", "measurement", "value_as_number", int(failed), counts["measurement"], 95)


def duplicated_analytes(store: Store, counts: dict[str, int]) -> Iterator[Check]:
    """Pairs of analytes of one person and day that are equal in more than 90 % of 10 or more pairs."""
    if counts["measurement"] == 0:
        yield Check("duplicatedAnalyte", "measurement", "value_as_number", 0, 0, EQUAL_PERCENT)
        return
    found = store.query(
        "SELECT a.measurement_source_value, b.measurement_source_value, count(*), "
        "count(CASE WHEN a.value_as_number = b.value_as_number THEN 1 END) FROM measurement a "
        "JOIN measurement b ON a.person_id = b.person_id AND a.measurement_date = b.measurement_date "
        "AND a.measurement_source_value < b.measurement_source_value "
        "WHERE a.value_as_number IS NOT NULL AND b.value_as_number IS NOT NULL "
        "AND coalesce(a.unit_concept_id, 0) = coalesce(b.unit_concept_id, 0) GROUP BY 1, 2 "
        "HAVING count(*) >= ? ORDER BY 1, 2",
        (EQUAL_PAIRS,),
    )
    if not found:
        yield Check("duplicatedAnalyte", "measurement", "value_as_number", 0, 0, EQUAL_PERCENT)
    for first, second, total, equal in found:
        yield Check("duplicatedAnalyte", "measurement", f"{first} = {second}", int(equal), int(total), EQUAL_PERCENT)
