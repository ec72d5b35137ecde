"""FHIR R4: the ten bundles to the row, the six old ones to the entry, and never a lost bundle."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars.warehouse import fhir_bundle, fhir_rows, ledger, load_fhir
from avatars.warehouse.load import load
from avatars.warehouse.store import Store, open_store
from twin_engine.errors import InputError

# Facts, section 1: expected from the ten bundles (by category: no vocabulary is loaded).
EXPECTED = {
    "person": 10, "visit_occurrence": 328, "condition_occurrence": 209, "drug_exposure": 271,
    "procedure_occurrence": 587, "measurement": 1372, "observation": 1218, "device_exposure": 2,
    "provider": 18, "care_site": 18, "observation_period": 10, "payer_plan_period": 105,
}  # fmt: skip


@pytest.fixture(scope="module")
def bundles(shared_data: Path) -> Path:
    return shared_data / "records/fhir_r4"


@pytest.fixture(scope="module")
def loaded(bundles: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = tmp_path_factory.mktemp("fhir") / "records.duckdb"
    store = open_store(file, create=True)
    count, _ = load_fhir.load(store, bundles)
    yield store, count
    store.close()


def test_the_ten_bundles(loaded: tuple[Store, ledger.Count]) -> None:
    store, count = loaded
    assert (count.read, count.stored, count.quarantined) == (4019, 4019, 0)
    assert dict(count.tables) == EXPECTED
    assert {t: store.count(t) for t in EXPECTED} == EXPECTED
    visits = dict(store.query("SELECT visit_source_value, count(*) FROM visit_occurrence GROUP BY 1"))
    assert visits == {"AMB": 315, "EMER": 9, "IMP": 3, "HH": 1}
    drugs = dict(store.query("SELECT drug_type_concept_id, count(*) FROM drug_exposure GROUP BY 1"))
    assert drugs == {32838: 110, 32818: 2 + 159}
    assert count.notes["no row: DiagnosticReport"] == 178
    assert count.notes["no row: SupplyDelivery"] == 13


def test_measurements_by_category(loaded: tuple[Store, ledger.Count]) -> None:
    store, _ = loaded
    kinds = dict(store.query("SELECT measurement_type_concept_id, count(*) FROM measurement GROUP BY 1"))
    # laboratory 557; vital 628 + procedure 1 + blood pressure components 186.
    assert kinds == {32856: 557, 32817: 628 + 1 + 186}
    pressure = store.one("SELECT count(*) FROM measurement WHERE measurement_source_value IN ('8480-6', '8462-4')")
    assert pressure == 186
    assert store.one("SELECT count(*) FROM measurement WHERE measurement_source_value = '85354-9'") == 0
    # Every event of a bundle has its visit; allergies and devices name none.
    assert store.one("SELECT count(*) FROM measurement WHERE visit_occurrence_id IS NULL") == 0
    assert store.one("SELECT count(*) FROM observation WHERE visit_occurrence_id IS NULL") == 8
    units = store.one("SELECT count(*) FROM measurement WHERE unit_source_value = 'mm[Hg]' AND unit_concept_id = 8876")
    assert units >= 186


def test_local_dates_stay_as_written(loaded: tuple[Store, ledger.Count], bundles: Path) -> None:
    written: Counter[str] = Counter()
    moved = 0
    for file in bundles.glob("*.json"):
        for entry in json.loads(file.read_bytes())["entry"]:
            r = entry["resource"]
            if r["resourceType"] == "Condition":
                written[r["onsetDateTime"][:10]] += 1
                moved += int(r["onsetDateTime"][11:13]) < 10
    store, _ = loaded
    stored = Counter(str(d) for (d,) in store.query("SELECT condition_start_date FROM condition_occurrence"))
    assert stored == written
    assert moved > 100  # conversion to UTC would have moved these by a day


def test_nothing_that_names_a_person_is_stored(loaded: tuple[Store, ledger.Count], bundles: Path) -> None:
    store, _ = loaded
    text = json.dumps([store.query(f"SELECT * FROM {t}") for t in (*EXPECTED, "twin_load")], default=str)
    for file in bundles.glob("*.json"):
        for entry in json.loads(file.read_bytes())["entry"]:
            r = entry["resource"]
            if r["resourceType"] == "Patient":
                planted = [r["name"][0]["family"], r["telecom"][0]["value"], r["address"][0]["line"][0], r["id"]]
                planted += [i["value"] for i in r["identifier"]]
                assert not [p for p in planted if p in text]


def test_the_six_old_bundles(shared_data: Path, empty: Store, tmp_path: Path) -> None:
    count, units = load_fhir.load(empty, shared_data / "records/fhir_bad")
    assert (count.read, count.stored, count.quarantined) == (589, 70, 519)
    assert empty.count("person") == 6
    assert empty.count("visit_occurrence") == 64
    pages = [n for n in count.notes if n.startswith("incomplete search page")]
    assert "incomplete search page: 100 of 174 entries; load the next pages too" in pages
    assert len(pages) == 5  # the sixth is whole: 89 of 89
    reasons = dict(empty.query("SELECT kind, count(*) FROM twin_quarantine GROUP BY kind"))
    assert reasons == {"Claim": 162, "Observation": 124, "ExplanationOfBenefit": 62, "Condition": 44,
                       "Immunization": 38, "Encounter": 32, "DiagnosticReport": 28, "CarePlan": 18,
                       "MedicationRequest": 6, "Procedure": 4, "ImagingStudy": 1}  # fmt: skip
    assert empty.one("SELECT count(*) FROM twin_quarantine WHERE reason = ''") == 0
    file = ledger.write_quarantine(empty, units, tmp_path / "q.csv")
    assert len(file.read_text().splitlines()) == 520


def test_postgresql_holds_the_same(loaded: tuple[Store, ledger.Count], bundles: Path, postgresql_url: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(postgresql_url, autocommit=True) as server:
        server.execute("CREATE DATABASE fhir")
    store, _ = loaded
    with open_store(postgresql_url.replace("/postgres?", "/fhir?"), create=True) as there:
        load_fhir.load(there, bundles)
        assert ledger.content(there) == ledger.content(store)


def test_strict_orders_store_none_of_synthea(bundles: Path, empty: Store) -> None:
    count, _ = load_fhir.load(empty, bundles, strict_orders=True)
    assert count.quarantined == 110
    assert empty.count("drug_exposure") == 161


def test_domains_of_a_vocabulary_spread_the_rows(bundles: Path, shared_data: Path, empty: Store) -> None:
    import csv

    with open(shared_data / "records/reference/concept_sets.csv", encoding="utf-8", newline="") as file:
        rows = {r["concept_id"]: r for r in csv.DictReader(file) if r["role"] == "code_map"}
    with empty.transaction():
        empty.put("concept", [
            {"concept_id": int(r["concept_id"]), "concept_code": r["concept_code"], "domain_id": r["domain_id"],
             "vocabulary_id": r["vocabulary_id"], "standard_concept": "S", "concept_name": r["concept_name"]}
            for r in rows.values() if r["concept_id"] != "0"
        ])  # fmt: skip
    count, _ = load_fhir.load(empty, bundles)
    assert count.read == count.stored == 4019
    clinical = ("condition_occurrence", "procedure_occurrence", "measurement", "observation",
                "drug_exposure", "device_exposure")  # fmt: skip
    assert sum(count.tables[t] for t in clinical) == sum(EXPECTED[t] for t in clinical)
    assert count.tables["condition_occurrence"] < 209
    # CVX 08 (hepatitis B) keeps its zero: as many rows as the bundles have such immunizations.
    resources = [e["resource"] for f in bundles.glob("*.json") for e in json.loads(f.read_bytes())["entry"]]
    written = sum(
        r["resourceType"] == "Immunization" and r["vaccineCode"]["coding"][0]["code"] == "08" for r in resources
    )
    assert empty.one("SELECT count(*) FROM drug_exposure WHERE drug_source_value = '08'") == written > 0


def entry(**fields: Any) -> dict[str, Any]:
    return {"resource": fields}


PATIENT = entry(resourceType="Patient", id="p", birthDate="1970-05")


def bundle(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": list(entries)}).encode()


SUBJECT = {"reference": "Patient/p"}


OBSERVATION = {"resourceType": "Observation", "id": "o", "status": "final", "code": {}, "subject": SUBJECT}
CONDITION = {"resourceType": "Condition", "id": "c", "subject": SUBJECT}
ENCOUNTER = {"resourceType": "Encounter", "id": "e", "subject": SUBJECT, "class": {"code": "AMB"}}
LOST = {"reference": "Patient/x"}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (entry(**OBSERVATION | {"status": "entered-in-error"}), "entered-in-error"),
        (entry(**OBSERVATION | {"subject": LOST, "valueString": "a"}), "person is unknown"),
        (entry(**CONDITION, modifierExtension=[{"url": "x"}]), "modifierExtension"),
        (entry(**CONDITION, code={}, clinicalStatus="active"), "clinicalStatus"),
        (entry(**CONDITION), "no date"),
        (entry(**CONDITION, onsetDateTime="2020-13-45"), "no date"),
        (entry(**ENCOUNTER, status="planned"), "planned"),
        (entry(resourceType="Nonsense", id="n"), "not an R4 resource type"),
        ({"fullUrl": "urn:uuid:1"}, "without a resource"),
    ],
)
def test_one_bad_entry_costs_one_entry(bad: dict[str, Any], reason: str, tmp_path: Path, empty: Store) -> None:
    (tmp_path / "b.json").write_bytes(bundle(PATIENT, bad))
    count, _ = load(empty, tmp_path / "b.json")
    assert (count.read, count.stored, count.quarantined) == (2, 1, 1)
    assert reason in empty.one("SELECT reason FROM twin_quarantine").replace("a date that is no date", "no date")
    assert empty.query("SELECT year_of_birth, month_of_birth, day_of_birth FROM person") == [(1970, 5, None)]


def test_references_conditional_contained_and_lost(tmp_path: Path, empty: Store) -> None:
    visit = entry(
        resourceType="Encounter", id="e", status="finished", subject={"reference": "urn:uuid:77"},
        period={"start": "2020-01-02"}, **{"class": {"code": "IMP"}},
        participant=[{"individual": {"reference": "Practitioner?identifier=npi|42"}}],
        serviceProvider={"reference": "Organization/none"},
    )  # fmt: skip
    doctor = entry(resourceType="Practitioner", id="d", identifier=[{"system": "npi", "value": "42"}])
    (tmp_path / "b.json").write_bytes(bundle({**PATIENT, "fullUrl": "urn:uuid:77"}, visit, doctor))
    count, _ = load(empty, tmp_path / "b.json")
    row = empty.query("SELECT person_id, provider_id, care_site_id, visit_concept_id FROM visit_occurrence")
    assert row == [(fhir_rows.key("Patient", "p"), fhir_rows.key("Practitioner", "d"), None, 9201)]
    assert count.notes["references that lead nowhere"] == 1


def test_ndjson_and_one_resource(tmp_path: Path, empty: Store) -> None:
    condition = {"resourceType": "Condition", "id": "c", "subject": SUBJECT, "onsetDateTime": "2020-01-02",
                 "verificationStatus": {"coding": [{"code": "provisional"}]}}  # fmt: skip
    (tmp_path / "Condition.ndjson").write_text(json.dumps(condition) + "\n\nnot json\n")
    (tmp_path / "Patient.ndjson").write_text(json.dumps(PATIENT["resource"]) + "\n")
    count, _ = load(empty, tmp_path)
    assert (count.read, count.stored, count.quarantined) == (3, 2, 1)
    assert empty.query("SELECT qualifier_source_value FROM observation") == [("provisional",)]


@pytest.mark.parametrize(
    "bomb",
    [b"[" * 200_000, b'{"a":' * 200_000, b'{"resourceType":"Patient","x":' + b"[" * 200_000, b"", b"\xff\xfe\x00"],
)
def test_bombs_are_refused_not_obeyed(bomb: bytes, tmp_path: Path, empty: Store) -> None:
    (tmp_path / "bomb.json").write_bytes(bomb)
    count, _ = load(empty, tmp_path / "bomb.json")
    assert (count.read, count.stored, count.quarantined) == (1, 0, 1)


def test_oversized_and_zipped_files_are_refused(tmp_path: Path, empty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.json", b"0" * 10_000_000)
    with pytest.raises(InputError, match="unknown kind"):
        load(empty, tmp_path / "a.zip")
    monkeypatch.setattr(fhir_bundle, "MAX_BYTES", 10)
    (tmp_path / "big.json").write_text("{}" * 10)
    with pytest.raises(InputError, match="too large"):
        load(empty, tmp_path / "big.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["resourceType", "id", "entry", "resource", "code", "status", "subject",
                                       "coding", "type", "value"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(resources=st.lists(JSON, max_size=4), kind=st.sampled_from(["Patient", "Observation", "Claim", "x"]))
def test_any_json_is_counted(resources: list[Any], kind: str) -> None:
    entries = [{"resource": {**r, "resourceType": kind} if isinstance(r, dict) else r} for r in resources]
    found = fhir_bundle.decode(json.dumps({"resourceType": "Bundle", "entry": entries}).encode())
    assert len(found.entries) + len(found.wrong) == len(entries)


def test_fast_path_reads_what_fhir_resources_accepts(bundles: Path) -> None:
    """Both read the ten bundles; benchmarks/bench_records.py prints how much faster the typed path is."""
    bundle_module = pytest.importorskip("fhir.resources.R4B.bundle")
    for file in sorted(bundles.glob("*.json"), key=lambda f: f.stat().st_size)[:2]:
        theirs = bundle_module.Bundle.model_validate_json(file.read_bytes())
        assert len(fhir_bundle.decode(file.read_bytes()).entries) == len(theirs.entry)


DRIVER = """
import os, random, shutil, signal, sys, time
from pathlib import Path
from avatars.warehouse import ledger, load_fhir, store
source, folder = Path(sys.argv[1]), Path(sys.argv[2])
def attempt(db):
    pid = os.fork()
    if pid == 0:
        with store.open_store(db, create=True) as s:
            load_fhir.load(s, source)
        os._exit(0)
    return pid
if os.fork() == 0:  # the tables are made once and copied: the kills are for the load
    store.open_store(folder / "empty.duckdb", create=True).close(); os._exit(0)
os.wait()
shutil.copy(folder / "empty.duckdb", folder / "whole.duckdb")
start = time.monotonic(); os.waitpid(attempt(folder / "whole.duckdb"), 0); span = time.monotonic() - start
random.seed(17)
for i in range(20):
    db = folder / f"w{i}.duckdb"
    status = 0
    while not os.WIFSIGNALED(status):  # a load that ended before its kill is tried again, killed sooner
        db.unlink(missing_ok=True); Path(f"{db}.wal").unlink(missing_ok=True)
        shutil.copy(folder / "empty.duckdb", db)
        pid = attempt(db)
        time.sleep(random.uniform(0.02, 0.98) * span)
        os.kill(pid, signal.SIGKILL); _, status = os.waitpid(pid, 0)
        span *= 1.0 if os.WIFSIGNALED(status) else 0.8
    _, again = os.waitpid(attempt(db), 0)
    assert again == 0, again
    print(os.WIFSIGNALED(status))
"""


def test_killed_at_twenty_moments(bundles: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for file in sorted(bundles.glob("*.json"), key=lambda f: f.stat().st_size)[:2]:
        (source / file.name).symlink_to(file)
    ran = subprocess.run([sys.executable, "-c", DRIVER, str(source), str(tmp_path)],
                         capture_output=True, text=True, check=True)  # fmt: skip
    assert ran.stdout.split() == ["True"] * 20
    with open_store(tmp_path / "whole.duckdb") as store:
        whole = ledger.content(store)
    for i in range(20):
        with open_store(tmp_path / f"w{i}.duckdb") as store:
            assert ledger.content(store) == whole
