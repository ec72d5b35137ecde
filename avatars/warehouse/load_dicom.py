"""DICOM headers: one study, one procedure; pixels and names stay where they are.

Only modality, date and body part are read. The study's UID enters as a hash, so that a FHIR
ImagingStudy of the same study meets the same row.
"""

import datetime as dt
from collections import Counter
from pathlib import Path
from typing import Any

from avatars.warehouse import fhir_rows, ledger
from avatars.warehouse.ledger import Count, Refused
from avatars.warehouse.store import Store

TAGS = ("PatientID", "StudyInstanceUID", "StudyDate", "Modality", "BodyPartExamined")
IMAGING = 32817  # Type Concept "EHR"


def load(store: Store, source: Path) -> tuple[Count, list[str]]:
    """Load the headers of a file or folder; one file is one entry, one study one row."""
    found = [source] if source.is_file() else sorted(f for f in source.rglob("*") if f.is_file())
    files = [file for file in found if is_dicom(file)]
    total, units = Count(), []
    for file in files:
        unit = ledger.digest(file)
        units.append(unit)
        count = ledger.done(store, unit)
        if count is None:
            made = header(file)
            bad = isinstance(made, str)
            refused = [Refused(0, "DICOM", str(made))] if bad else []
            count = Count(1, int(not bad), int(bad), units=1)
            with store.transaction():
                if not bad:
                    store.put("procedure_occurrence", [made])
                    count.tables = Counter({"procedure_occurrence": 1})
                ledger.note_unit(store, unit, unit, "dicom", count, refused)
        total.add(count)
    total.tables["procedure_occurrence"] = store.count("procedure_occurrence")
    return total, units


def is_dicom(file: Path) -> bool:
    """Whether a file carries the DICOM preamble (PS3.10, section 7.1)."""
    with open(file, "rb") as head:
        return head.read(132)[128:] == b"DICM"


def header(file: Path) -> Any:
    """The row of one file, or why there is none."""
    import pydicom

    try:
        data = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=list(TAGS))
    except Exception:  # pydicom raises many kinds on a broken file; none may stop a load
        return "not DICOM"
    person, study = str(data.get("PatientID", "")), str(data.get("StudyInstanceUID", ""))
    if not person or not study:
        return "no PatientID or StudyInstanceUID"
    try:
        day = dt.datetime.strptime(str(data.get("StudyDate", "")), "%Y%m%d").date()
    except ValueError:
        return "no StudyDate"
    return {
        "procedure_occurrence_id": fhir_rows.key("study", study),
        "person_id": fhir_rows.key("Patient", person), "procedure_concept_id": 0,
        "procedure_date": day, "procedure_type_concept_id": IMAGING,
        "procedure_source_value": str(data.get("Modality", ""))[:50] or None,
        "modifier_source_value": str(data.get("BodyPartExamined", ""))[:50] or None,
    }  # fmt: skip
