"""Lab and lifelog CSV with a mapping file, and DICOM headers."""

from pathlib import Path

import pytest

from avatars.warehouse import fhir_rows, load_csv
from avatars.warehouse.load import load
from avatars.warehouse.store import Store
from twin_engine.errors import InputError

LONG = """kind: lab
person: pid
date: taken
code: test
value: result
key: secret of hospital A
codes:
  GLU: {concept: 3004501, code: 2345-7, unit: mg/dL, low: 0, high: 2000}
  AXL: {code: axial length, unit: mm}
"""
WIDE = """kind: lifelog
person: who
date: day
date_format: "%Y/%m/%d"
key: other
columns:
  steps: {code: 55423-8}
  weight: {concept: 3025315, code: 29463-7, unit: kg, factor: 0.001}
"""


def test_long_table(tmp_path: Path, empty: Store) -> None:
    (tmp_path / "lab.csv").write_text(
        "pid,taken,test,result\nA-77,2020-01-02,GLU,126\nA-77,2020-01-03,GLU,<40\nA-77,2020-01-02,GLU,127\n"
        "A-77,2020-01-02,AXL,24.1\nB-1,2020-01-02,XXX,1\nB-1,x,GLU,1\nB-1,2020-01-05,GLU,9999\nB-1,2020-01-05,GLU,NA\n"
        "B-1,2020-01-06,GLU,nan\n"
    )
    (tmp_path / "map.yaml").write_text(LONG)
    count, _ = load(empty, tmp_path / "lab.csv", mapping=tmp_path / "map.yaml")
    assert (count.read, count.stored, count.quarantined) == (8, 3, 5)
    rows = empty.query(
        "SELECT measurement_concept_id, value_as_number, unit_concept_id, operator_concept_id "
        "FROM measurement ORDER BY measurement_date, value_as_number"
    )
    assert rows[1] == (3004501, 126.0, 8840, None)
    assert rows[2] == (3004501, 40.0, 8840, 4171756)
    assert rows[0][0] >= 2_000_000_000  # no OMOP concept for axial length: a local one
    again, _ = load(empty, tmp_path / "lab.csv", mapping=tmp_path / "map.yaml")
    assert again.skipped == 1
    assert empty.count("measurement") == 3
    assert "A-77" not in repr(empty.query("SELECT * FROM measurement"))


def test_wide_table_and_keys(tmp_path: Path, empty: Store) -> None:
    (tmp_path / "life.csv").write_text("who,day,steps,weight\n7,2024/05/06,8000,61500\n7,2024/05/07,,\n")
    (tmp_path / "map.yaml").write_text(WIDE)
    count, _ = load(empty, tmp_path / "life.csv", mapping=tmp_path / "map.yaml")
    assert (count.read, count.stored) == (2, 2)
    assert empty.one("SELECT value_as_number FROM measurement WHERE measurement_concept_id = 3025315") == 61.5
    assert load_csv.person_id("a", "7") != load_csv.person_id("b", "7")


@pytest.mark.parametrize(
    "text", ["kind: [", "kind: lab\nperson: a\n", WIDE.replace("lifelog", "other"), WIDE + "x: 1\n"]
)
def test_wrong_mappings_say_so(tmp_path: Path, empty: Store, text: str) -> None:
    (tmp_path / "a.csv").write_text("who,day,steps,weight\n")
    (tmp_path / "map.yaml").write_text(text)
    with pytest.raises(InputError):
        load(empty, tmp_path / "a.csv", mapping=tmp_path / "map.yaml")


def test_dicom_headers(tmp_path: Path, empty: Store) -> None:
    pydicom = pytest.importorskip("pydicom")
    for i in (1, 2):
        data = pydicom.Dataset()
        data.PatientID, data.PatientName = "MRN-123", "Planted^Name"
        data.StudyInstanceUID, data.SOPInstanceUID = "1.2.3", f"1.2.3.{i}"
        data.StudyDate, data.Modality, data.BodyPartExamined = "20200102", "MR", "HEAD"
        data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
        data.file_meta = pydicom.dataset.FileMetaDataset()
        data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        data.save_as(tmp_path / f"{i}.dcm", enforce_file_format=True)
    (tmp_path / "3.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"junk")
    count, _ = load(empty, tmp_path)
    assert (count.read, count.stored, count.quarantined) == (3, 2, 1)
    rows = empty.query("SELECT procedure_occurrence_id, procedure_source_value FROM procedure_occurrence")
    assert rows == [(fhir_rows.key("study", "1.2.3"), "MR")]
    stored = repr([empty.query(f"SELECT * FROM {t}") for t in ("procedure_occurrence", "twin_load", "twin_quarantine")])
    assert "MRN-123" not in stored and "Planted" not in stored
