"""FHIR R4 resources to OMOP rows.

Sources: HL7 FHIR-to-OMOP guide (CC0), ETL-Synthea and fhir2omop (both Apache-2.0); where we differ
from the guide, the reason stands beside the rule. Type concepts are OMOP's Type Concept domain.
"""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from avatars.warehouse import fhir_types as ft
from avatars.warehouse.vocabulary import SYSTEMS, UNKNOWN, Mapped, Vocabulary, unit

GENDER = {"male": 8507, "female": 8532}
# us-core race and ethnicity categories (CDC race and ethnicity codes).
RACE = {"2106-3": 8527, "2054-5": 8516, "2028-9": 8515, "1002-5": 8657, "2076-8": 8557}
ETHNICITY = {"2135-2": 38003563, "2186-5": 38003564}
VISIT = {"AMB": 9202, "EMER": 9203, "IMP": 9201, "ACUTE": 9201, "NONAC": 9201, "OBSENC": 262,
         "VR": 722455, "HH": 581476, "ambulatory": 9202, "emergency": 9203, "inpatient": 9201}  # fmt: skip
ALLERGY = {"medication": 439224, "food": 4188027, "environment": 4144450}
OPERATOR = {"<": 4171756, "<=": 4171754, ">=": 4171755, ">": 4172704}
EHR, ENCOUNTER, PROBLEM_LIST = 32817, 32827, 32840
PRESCRIPTION, ADMINISTRATION, DISPENSING, MEDICATION_LIST = 32838, 32818, 32825, 32830
LAB, SURVEY, CLAIM = 32856, 32883, 32810
# Questions whose answer names a person (LOINC: address, name, postal code): the answer is not read.
IDENTIFYING = {"56799-0", "54125-0", "45401-7"}
# Domain -> table, stem of its columns, date column, datetime column.
TABLES = {
    "Condition": ("condition_occurrence", "condition", "condition_start_date", "condition_start_datetime"),
    "Drug": ("drug_exposure", "drug", "drug_exposure_start_date", "drug_exposure_start_datetime"),
    "Procedure": ("procedure_occurrence", "procedure", "procedure_date", "procedure_datetime"),
    "Measurement": ("measurement", "measurement", "measurement_date", "measurement_datetime"),
    "Observation": ("observation", "observation", "observation_date", "observation_datetime"),
    "Device": (
        "device_exposure", "device", "device_exposure_start_date", "device_exposure_start_datetime",
    ),
}  # fmt: skip


class Refuse(Exception):
    """An entry cannot be stored; the message says why and holds nothing of the entry."""


@dataclass
class Rows:
    """The rows of one unit, and what was noticed on the way."""

    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    noticed: Counter[str] = field(default_factory=Counter)

    def add(self, table: str, row: dict[str, Any]) -> None:
        """One more row."""
        self.tables.setdefault(table, []).append(row)


def key(kind: str, name: str) -> int:
    """A 63-bit id: a hash of source, resource type and resource id."""
    return int.from_bytes(hashlib.blake2b(f"fhir|{kind}|{name}".encode(), digest_size=8).digest()) >> 1


def day(text: str | None, rows: Rows) -> dt.date | None:
    """The written local date; a year or a month alone becomes its first day and is counted.

    A conversion to UTC would move four of five dates of a hospital at +10:00 by a day.
    """
    if not text:
        return None
    if len(text) in (4, 7):
        rows.noticed["dates with a year or month only, set to the first day"] += 1
        text = text + "-01" * ((10 - len(text)) // 3)
    try:
        return dt.date.fromisoformat(text[:10])
    except ValueError:
        raise Refuse("a date that is no date") from None


def moment(text: str | None) -> dt.datetime | None:
    """The written local time without its zone; None for a date alone."""
    if not text or len(text) < 19:
        return None
    try:
        return dt.datetime.fromisoformat(text[:19])
    except ValueError:
        raise Refuse("a time that is no time") from None


def coded(concept: ft.Concept | None, vocabulary: Vocabulary) -> tuple[Mapped, str | None]:
    """The first coding the vocabulary knows, else the first; with the code as source value."""
    if concept is None or not concept.coding:
        return UNKNOWN, (concept.text[:50] if concept and concept.text else None)
    for coding in concept.coding:
        found = vocabulary.find(SYSTEMS.get(coding.system or "", coding.system or ""), coding.code or "")
        if found.source:
            return found, coding.code
    return UNKNOWN, concept.coding[0].code


def first_code(concepts: Sequence[ft.Concept]) -> str:
    """The first code of a list of concepts, or ""."""
    for concept in concepts:
        for coding in concept.coding:
            if coding.code:
                return coding.code
    return ""


def event(domain: str, number: int, person: int, when: str | None, rows: Rows, *, mapped: Mapped,
          source: str | None, kind: int, visit: int | None = None, provider: int | None = None,
          ) -> dict[str, Any]:  # fmt: skip
    """The columns that every clinical event shares."""
    table, stem, date, datetime = TABLES[domain]
    at = day(when, rows)
    if at is None:
        raise Refuse("no date")
    row = {
        f"{table}_id": number, "person_id": person, f"{stem}_concept_id": mapped.standard, date: at,
        datetime: moment(when), f"{stem}_type_concept_id": kind, "visit_occurrence_id": visit,
        "provider_id": provider, f"{stem}_source_value": source,
        f"{stem}_source_concept_id": mapped.source,
    }  # fmt: skip
    if domain == "Drug":
        row["drug_exposure_end_date"] = at
    return row


def value(row: dict[str, Any], item: Any, domain: str, vocabulary: Vocabulary) -> dict[str, Any]:
    """value[x] of an observation or a component, in the columns the table has."""
    if any(coding.code in IDENTIFYING for coding in item.code.coding):
        return row
    quantity = item.valueQuantity
    if quantity is not None:
        row["value_as_number"] = quantity.value
        row["unit_concept_id"] = unit(quantity.code or quantity.unit)
        row["unit_source_value"] = quantity.code or quantity.unit
        if domain == "Measurement":
            row["operator_concept_id"] = OPERATOR.get(quantity.comparator or "")
        elif quantity.comparator:
            row["qualifier_source_value"] = quantity.comparator
    elif item.valueInteger is not None:
        row["value_as_number"] = float(item.valueInteger)
    elif item.valueCodeableConcept is not None:
        mapped, code = coded(item.valueCodeableConcept, vocabulary)
        row["value_as_concept_id"] = mapped.standard
        row["value_source_value"] = code
    else:
        text = item.valueString if item.valueString is not None else item.valueDateTime
        if text is None and item.valueBoolean is not None:
            text = "true" if item.valueBoolean else "false"
        if domain == "Observation":
            row["value_as_string"] = (text or "")[:60]
        row["value_source_value"] = (text or "")[:50]
    return row


def has_value(item: Any) -> bool:
    """Whether an observation or component has a value of its own."""
    return any(
        getattr(item, name) is not None
        for name in ("valueQuantity", "valueCodeableConcept", "valueString", "valueBoolean",
                     "valueInteger", "valueDateTime")
    )  # fmt: skip
