"""Clinic formats: round trips, an outside oracle for DICOM, and one clear error for bad input."""

import json
import shutil
import subprocess
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin_engine.errors import InputError
from vision_lib import exchange
from vision_lib.exchange import EyeRow, fhir, table

WHEN = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ROWS = [EyeRow("R", -3.0, -1.25, 180.0, 2.0, "test", 0.0), EyeRow("L", -2.5, 0.0, None, None, "test", -0.1)]
NS = "http://www.joia.or.jp/standardized/namespaces/"


def reading(sphere: str, cylinder: str, axis: str, error: str = "") -> str:
    wrong = f"<r:Error>{error}</r:Error>" if error else ""
    return (f'<r:Sphere unit="D">{sphere}</r:Sphere><r:Cylinder unit="D">{cylinder}</r:Cylinder>'
            f'<r:Axis unit="deg">{axis}</r:Axis>{wrong}')  # fmt: skip


def listed(*readings: str) -> str:
    return "".join(f'<r:List No="{i}">{r}</r:List>' for i, r in enumerate(readings, start=1))


REF = (
    f'<Ophthalmology xmlns:c="{NS}Common" xmlns:r="{NS}REF">'
    "<c:Common><c:Company>山田</c:Company></c:Common>"
    '<r:Measure type="REF"><r:VD unit="mm">12.0</r:VD><r:REF><r:R>'
    + listed(reading("+9.00", "0.00", "0", "ERR"))
    + f'<r:Median>{reading("-3.00", "-1.25", "180")}</r:Median></r:R><r:L>'
    + listed(reading("-2.00", "-0.50", "90"), reading("-2.25", "-0.50", "90"),
             reading("-2.50", "-0.50", "90"), reading("+20.0", "0.00", "90", "x"))
    + "</r:L></r:REF></r:Measure></Ophthalmology>"
)  # fmt: skip


def exam(distance_cm: str, sphere: str, acuity: str = "") -> str:
    seen = f"<s:VA><s:R>{acuity}</s:R></s:VA>" if acuity else ""
    lens = f"<s:Sph>{sphere}</s:Sph><s:Cyl>-0.50</s:Cyl><s:Axis>10</s:Axis>"
    return (f'<s:ExamDistance><s:Distance unit="cm">{distance_cm}</s:Distance>'
            f"<s:RefractionData><s:R>{lens}</s:R></s:RefractionData>{seen}</s:ExamDistance>")  # fmt: skip


SBJ = (
    f'<Ophthalmology xmlns:s="{NS}SBJ"><s:Measure type="SBJ"><s:RefractionTest><s:Type No="1">'
    "<s:TypeName>Full Correction</s:TypeName>"
    + exam("500", "-1.50", "1.0") + exam("40", "+0.50")
    + "</s:Type></s:RefractionTest></s:Measure></Ophthalmology>"
)  # fmt: skip


def write(folder: Path, data: bytes | str, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(("encoding", "declared"), [
    ("utf-8", "UTF-8"), ("cp932", "Shift_JIS"), ("utf-8-sig", "utf-8"), ("utf-16", "UTF-16"),
])  # fmt: skip
def test_joia_autorefraction(tmp_path: Path, encoding: str, declared: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>\n' + REF
    right, left = exchange.read(write(tmp_path, text.encode(encoding)))
    assert (right.sphere_d, right.cylinder_d, right.axis_deg, right.vertex_mm) == (-3.0, -1.25, 180.0, 12.0)
    # No Median: the median of the three readings without an error flag.
    assert (left.sphere_d, left.cylinder_d) == pytest.approx((-2.25, -0.5))
    assert left.axis_deg == pytest.approx(90.0)


def test_joia_subjective_with_addition_and_acuity(tmp_path: Path) -> None:
    (row,) = exchange.read(write(tmp_path, SBJ))
    assert (row.side, row.sphere_d, row.cylinder_d, row.axis_deg, row.add_d) == ("R", -1.5, -0.5, 10.0, 2.0)
    assert row.acuity_logmar == 0.0 and "Full Correction" in row.source


def test_joia_keratometry(tmp_path: Path) -> None:
    def meridian(name: str, radius: str, power: str, axis: str) -> str:
        return (f"<k:{name}><k:Radius>{radius}</k:Radius><k:Power>{power}</k:Power>"
                f"<k:Axis>{axis}</k:Axis></k:{name}>")  # fmt: skip

    eye = meridian("R1", "7.80", "43.25", "180") + meridian("R2", "7.60", "44.50", "90")
    text = (f'<Ophthalmology xmlns:k="{NS}KM"><k:Measure type="KM"><k:KM><k:R><k:Median>{eye}'
            "</k:Median></k:R></k:KM></k:Measure></Ophthalmology>")  # fmt: skip
    path = write(tmp_path, text)
    rows = exchange.keratometry(path)
    assert [r["radius_mm"] for r in rows] == [7.8, 7.6] and rows[0]["side"] == "R"
    assert exchange.read(path) == []


def test_joia_empty_error_element_is_no_error(tmp_path: Path) -> None:
    text = (f'<Ophthalmology xmlns:r="{NS}REF"><r:Measure type="REF"><r:REF><r:R>'
            f'<r:List No="1">{reading("-1.00", "0.00", "0")}<r:Error/></r:List>'
            "</r:R></r:REF></r:Measure></Ophthalmology>")  # fmt: skip
    (row,) = exchange.read(write(tmp_path, text))
    assert (row.sphere_d, row.cylinder_d, row.axis_deg) == (-1.0, 0.0, None)


BOMB = '<!DOCTYPE o [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + REF
OUTSIDE = '<!DOCTYPE Ophthalmology SYSTEM "file:///etc/passwd">' + REF


@pytest.mark.parametrize("text", [
    BOMB, OUTSIDE, "<Ophthalmology>", "<html></html>", '<?xml version="1.0" encoding="ebcdic"?><Ophthalmology/>',
    "<Ophthalmology/>", REF.replace("-3.00", "x"), REF.replace(">180<", ">200<"),
    REF.replace('<r:Axis unit="deg">180</r:Axis>', ""), REF.replace(">-3.00<", ">-99.00<"),
    b'<?xml version="1.0" encoding="utf-8"?><Ophthalmology>\xff\xfe</Ophthalmology>',
])  # fmt: skip
def test_bad_joia_is_one_clear_error(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(InputError) as refused:
        exchange.read(write(tmp_path, text))
    assert refused.value.where and refused.value.cure


@settings(max_examples=150, deadline=None)
@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "x"
    for start in (b"", b"<Ophthalmology", b"{", b"\0" * 128 + b"DICM", b"side,sphere_d\n"):
        path.write_bytes(start + data)
        try:
            rows = exchange.read(path)
        except InputError:
            continue
        assert all(r.side in "RL" for r in rows)


def resource() -> dict[str, Any]:
    return fhir.resource(ROWS, patient="Patient/1", prescriber="Practitioner/1", when=WHEN)


def test_fhir_round_trip(tmp_path: Path) -> None:
    path = fhir.write(tmp_path / "rx.json", ROWS, patient="Patient/1", prescriber="Practitioner/1", when=WHEN)
    right, left = exchange.read(path)
    assert (right.sphere_d, right.cylinder_d, right.axis_deg, right.add_d) == (-3.0, -1.25, 180.0, 2.0)
    assert (left.sphere_d, left.cylinder_d, left.axis_deg) == (-2.5, 0.0, None)


def test_fhir_is_valid_to_the_library() -> None:
    model = pytest.importorskip("fhir.resources.visionprescription")
    model.VisionPrescription.model_validate_json(json.dumps(resource()))


def change(path: str, value: Any) -> dict[str, Any]:
    made: Any = deepcopy(resource())
    at = made
    *keys, last = [int(k) if k.isdigit() else k for k in path.split(".")]
    for k in keys:
        at = at[k]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return made


LENS = "lensSpecification.0"


@pytest.mark.parametrize(("path", "value"), [
    (f"{LENS}.axis", 200), (f"{LENS}.axis", None), (f"{LENS}.axis", 90.5), (f"{LENS}.axis", True),
    (f"{LENS}.cylinder", None), (f"{LENS}.eye", "OD"), (f"{LENS}.sphere", -3.1), (f"{LENS}.sphere", "-3"),
    (f"{LENS}.sphere", -40.0), (f"{LENS}.add", -2.0), (f"{LENS}.product", None),
    (f"{LENS}.prism", [{"amount": 2.0, "base": "45"}]), (f"{LENS}.prism", [{"base": "up"}]),
    ("status", "final"), ("dateWritten", "2026-11-24T09:30:00"), ("created", "yesterday"),
    ("patient", None), ("prescriber", None), ("lensSpecification", []), ("lensSpecification", {}),
    ("resourceType", "Patient"),
])  # fmt: skip
def test_fhir_refuses_what_is_no_lens(tmp_path: Path, path: str, value: Any) -> None:
    with pytest.raises(InputError) as refused:
        exchange.read(write(tmp_path, json.dumps(change(path, value))))
    assert refused.value.expected


def test_bundle_of_prescriptions(tmp_path: Path) -> None:
    bundle = {"resourceType": "Bundle", "entry": [{"resource": resource()}, {"resource": {"resourceType": "Patient"}}]}
    assert len(exchange.read(write(tmp_path, json.dumps(bundle)))) == 2


@pytest.mark.parametrize("text", ["{", "{}", '{"resourceType": "Bundle"}', "{" * 5000])
def test_broken_json_is_one_clear_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        exchange.read(write(tmp_path, text))


@pytest.mark.parametrize("kind", ["lensometry", "autorefraction", "subjective", "acuity"])
def test_dicom_round_trip(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("pydicom")
    from vision_lib.exchange import dicom

    right, left = exchange.read(dicom.write(tmp_path / "x.dcm", ROWS, kind, when=WHEN))
    if kind == "acuity":
        assert (right.acuity_logmar, left.acuity_logmar) == pytest.approx((0.0, -0.1), abs=1e-4)
        return
    assert (right.sphere_d, right.cylinder_d, right.axis_deg) == (-3.0, -1.25, 180.0)
    assert (left.sphere_d, left.cylinder_d, left.axis_deg) == (-2.5, 0.0, None)
    assert right.add_d == (None if kind == "autorefraction" else 2.0)


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy missing: install Debian dicom3tools")
@pytest.mark.parametrize("kind", ["lensometry", "autorefraction", "subjective", "acuity"])
def test_dicom_passes_dciodvfy(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("pydicom")
    from vision_lib.exchange import dicom

    path = dicom.write(tmp_path / "x.dcm", ROWS, kind, when=WHEN)
    done = subprocess.run(["dciodvfy", "-new", str(path)], capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert "Error" not in said, said
    # An anonymous object has no identity to build a DICOMDIR from; nothing else may be said.
    assert all("DICOMDIR" in line for line in said.splitlines() if "Warning" in line), said


CORNEA = [
    {"side": side, "meridian": name, "radius_mm": radius, "power_d": power, "axis_deg": axis}
    for side in ("R", "L")
    for name, radius, power, axis in (("R1", 7.85, 43.0, 178.0), ("R2", 7.62, 44.25, 88.0))
]


def test_dicom_keratometry_round_trip(tmp_path: Path) -> None:
    pytest.importorskip("pydicom")
    from vision_lib.exchange import dicom

    path = dicom.write_keratometry(tmp_path / "k.dcm", CORNEA, when=WHEN)
    assert exchange.keratometry(path) == CORNEA and exchange.read(path) == []
    assert exchange.keratometry(dicom.write(tmp_path / "x.dcm", ROWS, when=WHEN)) == []
    if shutil.which("dciodvfy"):
        done = subprocess.run(["dciodvfy", "-new", str(path)], capture_output=True, text=True)
        assert "Error" not in done.stdout + done.stderr, done.stdout + done.stderr
    for bad in ([], CORNEA[:1], CORNEA[:2] * 2, [CORNEA[0] | {"radius_mm": 1.0}, CORNEA[1]]):
        with pytest.raises(InputError):
            dicom.write_keratometry(tmp_path / "bad.dcm", bad, when=WHEN)
    assert not (tmp_path / "bad.dcm").exists()


def test_damaged_dicom_is_one_clear_error(tmp_path: Path) -> None:
    pytest.importorskip("pydicom")
    from vision_lib.exchange import dicom

    whole = dicom.write(tmp_path / "x.dcm", ROWS, when=WHEN).read_bytes()
    for bad in (whole[:200], whole[:-40], whole.replace(b"78.4", b"99.9"), b"\0" * 128 + b"DICM"):
        with pytest.raises(InputError):
            exchange.read(write(tmp_path, bad, "bad.dcm"))


def test_dicom_carries_no_identity(tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom")
    from vision_lib.exchange import dicom

    data = pydicom.dcmread(dicom.write(tmp_path / "x.dcm", ROWS, when=WHEN))
    assert not (data.PatientName or data.PatientID or data.PatientBirthDate)


def test_table_round_trip(tmp_path: Path) -> None:
    rows = exchange.read(table.write(tmp_path / "t.csv", ROWS))
    assert [(r.side, r.sphere_d, r.cylinder_d, r.axis_deg, r.add_d) for r in rows] == [
        ("R", -3.0, -1.25, 180.0, 2.0), ("L", -2.5, 0.0, None, None)]  # fmt: skip


def test_table_of_written_prescriptions(tmp_path: Path) -> None:
    text = "side,prescription\nOD,-3.00 -1.25 x 180 add +2.00\nleft,plano\n"
    right, left = exchange.read(write(tmp_path, text, "t.csv"))
    assert (right.side, right.axis_deg, right.add_d, left.side, left.sphere_d) == ("R", 180.0, 2.0, "L", 0.0)


@pytest.mark.parametrize("row", [
    "R,-3,-1.25,200,", "R,-3,-1.25,,", "X,-3,,,", "R,,,,", "R,abc,,,", "R,nan,,,", "R,-31,,,", "R,-3,,,-1", "R,-3,,,9",
])  # fmt: skip
def test_bad_table_is_one_clear_error(tmp_path: Path, row: str) -> None:
    with pytest.raises(InputError) as refused:
        exchange.read(write(tmp_path, "side,sphere_d,cylinder_d,axis_deg,add_d\n" + row + "\n", "t.csv"))
    assert ":2" in refused.value.where


def test_missing_empty_and_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none", write(tmp_path, b""), tmp_path):
        with pytest.raises(InputError):
            exchange.read(path)
