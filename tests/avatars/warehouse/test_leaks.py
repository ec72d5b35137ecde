"""Planted identifiers appear in no log, traceback, page, export or error; hostile arguments do nothing."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from avatars.warehouse.store import open_store
from twin_engine.cli import main

PLANTED = {
    "family": "Plantedfamily", "given": "Plantedgiven", "ssn": "999-31-4159", "mrn": "MRN-2718281828",
    "phone": "010-1414-2135", "street": "1618 Planted Street", "mail": "planted@example.org",
    "id": "patient-planted-577",
}  # fmt: skip


def bundle(broken: bool) -> bytes:
    who = {"reference": f"Patient/{PLANTED['id']}", "display": f"{PLANTED['given']} {PLANTED['family']}"}
    patient = {
        "resourceType": "Patient", "id": PLANTED["id"], "gender": "female", "birthDate": "1950-02-03",
        "name": [{"family": PLANTED["family"], "given": [PLANTED["given"]]}],
        "identifier": [{"system": "ssn", "value": PLANTED["ssn"]}, {"system": "mrn", "value": PLANTED["mrn"]}],
        "telecom": [{"system": "phone", "value": PLANTED["phone"]}, {"system": "email", "value": PLANTED["mail"]}],
        "address": [{"line": [PLANTED["street"]]}],
        "text": {"status": "generated", "div": f"<div>{PLANTED['family']} {PLANTED['ssn']}</div>"},
    }  # fmt: skip
    visit = {"resourceType": "Encounter", "id": f"v {PLANTED['mrn']}", "status": "finished", "class": {"code": "AMB"},
             "subject": who, "period": {"start": "2019-03-04T10:00:00+09:00"}}  # fmt: skip
    measured = {"resourceType": "Observation", "id": f"o {PLANTED['mrn']}", "status": "final", "subject": who,
                "category": [{"coding": [{"code": "vital-signs"}]}], "effectiveDateTime": "2019-03-04",
                "code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}, "encounter":
                {"reference": f"Encounter/v {PLANTED['mrn']}"}, "note": [{"text": PLANTED["phone"]}],
                "valueQuantity": {"value": 131, "code": "mm[Hg]"}}  # fmt: skip
    old = {"resourceType": "Condition", "id": PLANTED["mrn"], "subject": who, "code": {"text": PLANTED["family"]},
           "clinicalStatus": PLANTED["family"], "assertedDate": PLANTED["ssn"]}  # fmt: skip
    address = {"resourceType": "Observation", "id": "a", "status": "final", "subject": who,
               "valueString": PLANTED["street"], "effectiveDateTime": "2019",
               "code": {"coding": [{"system": "http://loinc.org", "code": "56799-0"}]}}  # fmt: skip
    nowhere = {"resourceType": "Condition", "id": "c", "subject": {"reference": f"Patient/{PLANTED['mrn']}"},
               "onsetDateTime": "2019-01-01"}  # fmt: skip
    entries = [{"resource": r} for r in (patient, visit, measured, old, address, nowhere)]
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode()
    return text[:-40] if broken else text


@pytest.fixture()
def hospital(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    source = tmp_path / "in"
    source.mkdir()
    # Synthea and many exports name files after the person.
    (source / f"{PLANTED['given']}_{PLANTED['family']}_{PLANTED['id']}.json").write_bytes(bundle(False))
    (source / "broken.json").write_bytes(bundle(True))
    return tmp_path


def leaks(text: str) -> list[str]:
    return [v for v in PLANTED.values() if v in text]


def test_no_identifier_leaves(hospital: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (hospital / "key").write_bytes(b"k" * 32)
    assert main(["records", "load", "in", "--json"]) == 0
    with open_store(hospital / "records.duckdb") as store:
        person = store.one("SELECT person_id FROM person")
        assert store.count("measurement") == 1
    for command in (
        ["records", "quality"], ["records", "quality", "--json"], ["records", "cohort", "stroke"],
        ["records", "avatar", str(person)], ["records", "avatar", str(person), "--json"],
        ["records", "avatar", str(person), "--calibrate", "warfarin"], ["records", "avatar", "12345"],
        ["records", "release", "stroke", "--key", "key"], ["records", "release", "stroke", "--epsilon", "1/2"],
        ["records", "federate", "stroke", "--site", "records.duckdb"], ["records", "load", "missing"],
    ):  # fmt: skip
        assert main(command) in (0, 2), command
    told = capsys.readouterr()
    assert "131" in told.out  # the measurement itself is there
    assert leaks(told.out + told.err) == []
    written = [f for f in hospital.rglob("*") if f.is_file() and f.parent.name != "in"]
    assert {f.name for f in written} >= {"records_quality.html", "records_quarantine.csv", "ledger.json"}
    for file in written:
        assert leaks(file.read_bytes().decode("utf-8", "replace")) == [], file.name


def test_no_identifier_in_a_traceback_log(
    hospital: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Our own fault in the middle of a person's data: the log holds frames, never the data."""
    from avatars.warehouse import fhir_map

    def crash(self: object, resource: Any, name: str) -> None:
        raise RuntimeError(f"cannot map {name} of {PLANTED['family']}")

    monkeypatch.setattr(fhir_map.Mapper, "encounter", crash)
    monkeypatch.delenv("TWIN_DEBUG", raising=False)
    assert main(["records", "load", "in"]) == 1
    told = capsys.readouterr()
    log = Path(next(w for w in told.err.replace("\n", " ").split() if w.endswith(".log")).strip("."))
    assert "fhir_map" in log.read_text()
    assert leaks(told.out + told.err + log.read_text()) == []
    log.unlink()


HOSTILE = ["'; DROP TABLE person; --", "../../etc/passwd", "$(touch planted)", "a\x00b", "person_id) FROM person; --"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_arguments_do_nothing(hospital: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["records", "load", "in"]) == 0
    for command in (
        ["records", "cohort", text], ["records", "avatar", text], ["records", "release", "stroke", "--by", text],
        ["records", "release", text], ["records", "release", "stroke", "--epsilon", text],
        ["records", "avatar", "1", "--reference", text], ["records", "avatar", "1", "--set", text],
        ["records", "federate", "stroke", "--site", text], ["records", "load", text],
    ):  # fmt: skip
        assert main([*command, "--json"]) == 2, command
        assert "error" in json.loads(capsys.readouterr().out.splitlines()[-1])
    with open_store(hospital / "records.duckdb") as store:
        assert store.count("person") == 1
    assert not (hospital / "planted").exists()


def test_a_password_in_a_url_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["records", "cohort", "stroke", "--db", "postgresql://kim:plantedpassword@127.0.0.1:1/x"]) == 2
    told = capsys.readouterr()
    assert "plantedpassword" not in told.out + told.err


def test_loading_needs_no_network(hospital: Path) -> None:
    program = (
        "import socket\n"
        "def no(*a, **k): raise RuntimeError('a connection was tried')\n"
        "socket.socket.connect = no; socket.create_connection = no\n"
        "from twin_engine.cli import main\n"
        "raise SystemExit(main(['records', 'load', 'in']) or main(['records', 'quality']))\n"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=120).returncode == 0
