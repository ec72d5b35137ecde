"""Data quality: the known faults of GiBleed exactly; empty is not passed."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from avatars.warehouse import load_fhir, quality, quality_page
from avatars.warehouse.quality import Check, Report
from avatars.warehouse.store import Store, open_store


@pytest.fixture(scope="module")
def report(gibleed: Path) -> Report:
    with open_store(gibleed) as store:
        return quality.run(store)


def find(report: Report, check: str, table: str, field: str) -> Check:
    (one,) = [c for c in report.checks if (c.check, c.table, c.field) == (check, table, field)]
    return one


def test_384_structural_checks(report: Report) -> None:
    counts = Counter(c.check for c in report.checks)
    # OHDSI DQD over the CDM 5.4 field list: 180 required, 28 keys, 176 references.
    assert {k: counts[k] for k in quality.STRUCTURAL} == {"isRequired": 180, "isPrimaryKey": 28, "isForeignKey": 176}
    assert counts["fkDomain"] == 40
    assert counts["fkClass"] == 2


# Facts, section 3: GiBleed.
KNOWN = {
    ("isForeignKey", "observation_period", "person_id"): 2649,
    ("isForeignKey", "condition_occurrence", "visit_occurrence_id"): 64717,
    ("isForeignKey", "drug_exposure", "visit_occurrence_id"): 66970,
    ("isForeignKey", "procedure_occurrence", "visit_occurrence_id"): 36819,
    ("insideObservation", "condition_occurrence", "condition_start_date"): 85,
    ("insideObservation", "drug_exposure", "drug_exposure_start_date"): 80,
    ("insideObservation", "procedure_occurrence", "procedure_date"): 15,
    ("insideObservation", "measurement", "measurement_date"): 4,
    ("insideObservation", "observation", "observation_date"): 3,
    ("plausibleAfterBirth", "drug_exposure", "drug_exposure_start_date"): 1,
    ("standardConceptRecordCompleteness", "condition_era", "condition_concept_id"): 443,
    ("personCompleteness", "visit_occurrence", "person_id"): 1804,
    ("personCompleteness", "procedure_occurrence", "person_id"): 101,
    ("valueCompleteness", "measurement", "value_as_number"): 44053,
    ("periodOverlap", "observation_period", "person_id"): 0,
}


@pytest.mark.parametrize("place", KNOWN, ids=" ".join)
def test_known_faults_exactly(report: Report, place: tuple[str, str, str]) -> None:
    assert find(report, *place).failed == KNOWN[place]


def test_more_of_gibleed(report: Report) -> None:
    # 65,332 conditions of which 8,652 have no end; no end lies before its start.
    ends = find(report, "plausibleStartBeforeEnd", "condition_occurrence", "condition_end_date")
    assert (ends.failed, ends.total) == (0, 65332 - 8652)
    # Not in the facts: doubled keys.
    assert find(report, "isPrimaryKey", "drug_exposure", "drug_exposure_id").failed == 4384
    assert find(report, "isForeignKey", "concept_ancestor", "ancestor_concept_id").failed == 65104
    assert all(m["records_mapped_percent"] == 100 for m in report.mapping)


def test_postgresql_finds_the_same(report: Report, gibleed_server: str) -> None:
    with open_store(gibleed_server) as server:
        assert quality.run(server).checks == report.checks


def test_empty_is_not_passed(empty: Store) -> None:
    report = quality.run(empty)
    own = [c for c in report.checks if not c.table.startswith("twin_")]
    assert {c.status for c in own} == {"not applicable"}
    assert report.count("passed") == 0


def test_rules_on_a_small_cdm(cdm: Callable[..., Store]) -> None:
    day = dt.date(2020, 1, 1)
    bp = [("8462-4", 3012888), ("8480-6", 3004249)]
    store = cdm(
        person=[{"person_id": p, "gender_concept_id": 8507, "year_of_birth": 1960} for p in (1, 2)],
        death=[{"person_id": 1, "death_date": dt.date(2019, 1, 1)}],
        visit_occurrence=[
            {"visit_occurrence_id": 1, "person_id": 1, "visit_start_date": day, "visit_end_date": dt.date(2019, 12, 1)}
        ],
        measurement=[
            {
                "measurement_id": 10 * i + j,
                "person_id": 2,
                "measurement_date": dt.date(2179, 1, 1 + i),
                "measurement_concept_id": concept,
                "measurement_source_value": code,
                "value_as_number": 80.0 + i,
                "unit_concept_id": 8840 if j else 8876,
            }
            for i in range(12)
            for j, (code, concept) in enumerate(bp)
        ],
        drug_exposure=[{"drug_exposure_id": 1, "person_id": 1, "drug_exposure_start_date": day, "days_supply": 400}],
    )
    report = quality.run(store)
    assert find(report, "plausibleBeforeDeath", "visit_occurrence", "visit_start_date").status == "failed"
    assert find(report, "plausibleStartBeforeEnd", "visit_occurrence", "visit_end_date").failed == 1
    assert find(report, "plausibleValueHigh", "measurement", "measurement_date").failed == 24
    assert find(report, "plausibleValue", "drug_exposure", "days_supply").failed == 1
    units = find(report, "plausibleUnitConceptIds", "measurement", "unit_concept_id of 3004249")
    assert (units.failed, units.total, units.status) == (12, 12, "failed")


def test_an_analyte_stored_twice_is_found(cdm: Callable[..., Store]) -> None:
    rows = [
        {
            "measurement_id": 10 * i + j,
            "person_id": i,
            "measurement_date": dt.date(2020, 1, 1),
            "measurement_source_value": code,
            "value_as_number": 100.0 + i if code != "LDL" else 60.0 + 2 * i,
            "unit_concept_id": 8840,
        }
        for i in range(1, 21)
        for j, code in enumerate(("CHOL", "HDL", "LDL"))
    ]
    report = quality.run(cdm(measurement=rows))
    pairs = {c.field: c.status for c in report.checks if c.check == "duplicatedAnalyte"}
    assert pairs == {"CHOL = HDL": "failed", "CHOL = LDL": "passed", "HDL = LDL": "passed"}


def test_the_page_names_no_person(shared_data: Path, empty: Store, tmp_path: Path) -> None:
    load_fhir.load(empty, shared_data / "records/fhir_r4")
    page = quality_page.write(quality.run(empty), tmp_path / "q.html").read_text()
    assert "not a medical device" in page
    assert "isForeignKey" in page
    persons = empty.query("SELECT person_id FROM person")
    assert not [p for (p,) in persons if str(p) in page]
