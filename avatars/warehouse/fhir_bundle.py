"""Decodes FHIR R4 files: the whole bundle at once, or entry by entry where one of them is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from avatars.warehouse import fhir_types as ft
from avatars.warehouse.fhir_names import OTHERS
from avatars.warehouse.fhir_types import Link, Resource, Struct
from twin_engine.errors import InputError

# One bundle of one patient is megabytes; a file of this size is not read into memory.
MAX_BYTES = 1_000_000_000

TYPED = (
    ft.Patient, ft.Encounter, ft.Condition, ft.Observation, ft.Procedure, ft.MedicationRequest,
    ft.MedicationAdministration, ft.MedicationDispense, ft.MedicationStatement, ft.Medication,
    ft.Immunization, ft.AllergyIntolerance, ft.Device, ft.ImagingStudy, ft.Practitioner,
    ft.Organization, ft.ExplanationOfBenefit, ft.Claim, ft.DiagnosticReport, ft.CarePlan, ft.CareTeam,
)  # fmt: skip


@dataclass
class Decoded:
    """A file's entries.

    Parameters
    ----------
    entries : list of (int, str or None, Resource)
        Number in the file, full URL, and the resource.
    wrong : list of (int, str, str)
        Number, resource type and reason of each entry that is not R4.
    notes : list of str
        Remarks on the whole, such as an incomplete search page.
    """

    entries: list[tuple[int, str | None, Any]]
    wrong: list[tuple[int, str, str]]
    notes: list[str]


class RawEntry(Struct):
    """An entry whose resource is still bytes."""

    fullUrl: str | None = None
    resource: msgspec.Raw = msgspec.Raw(b"")


class RawBundle(Struct):
    """A bundle whose resources are still bytes."""

    resourceType: Literal["Bundle"]
    type: str = ""
    total: int | None = None
    link: Sequence[Link] = ()
    entry: Sequence[RawEntry] = ()


class Head(Struct):
    """Only the type of a resource."""

    resourceType: str = ""


@cache
def decoders() -> tuple[Any, Any, Any, Any, Any]:
    """Decoders of a whole bundle, of one resource, of a raw bundle, of a head, of plain JSON."""
    plain = [msgspec.defstruct(n, [], bases=(Resource,), tag=n, gc=False) for n in OTHERS]
    union: Any = TYPED[0]
    for kind in (*TYPED[1:], *plain):
        union = union | kind
    entry = msgspec.defstruct(
        "Entry",
        [("fullUrl", str | None, None), ("resource", union | None, None)],
        gc=False,
    )
    bundle = msgspec.defstruct(
        "Bundle",
        [
            ("resourceType", Literal["Bundle"]),
            ("type", str, ""),
            ("total", int | None, None),
            ("link", Sequence[Link], ()),
            ("entry", Sequence[entry], ()),  # type: ignore[valid-type]
        ],
        gc=False,
    )
    make = msgspec.json.Decoder
    return make(bundle), make(union), make(RawBundle), make(Head), make()


def read(path: Path) -> bytes:
    """A file's bytes.

    Raises
    ------
    InputError
        The file is too large.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise InputError(
            "the file is too large", str(path), size, f"at most {MAX_BYTES} bytes", "split it: one bundle a patient"
        )
    return path.read_bytes()


def decode(data: bytes, lines: bool = False) -> Decoded:
    """Decode a bundle, a single resource, or NDJSON (`lines`).

    Never raises for bad content: what cannot be read is in `wrong`.
    """
    if lines:
        return _decode_lines(data)
    whole, single, raw, head, _ = decoders()
    try:
        bundle = whole.decode(data)
        entries = [(i, e.fullUrl, e.resource) for i, e in enumerate(bundle.entry) if e.resource is not None]
        wrong = [(i, "", "an entry without a resource") for i, e in enumerate(bundle.entry) if e.resource is None]
        return Decoded(entries, wrong, _notes(bundle))
    except (msgspec.DecodeError, RecursionError):
        pass
    try:
        loose = raw.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return _decode_single(data, single, head)
    found = Decoded([], [], _notes(loose))
    for i, item in enumerate(loose.entry):
        if not bytes(item.resource):
            found.wrong.append((i, "", "an entry without a resource"))
        else:
            _decode_one(found, i, item.fullUrl, bytes(item.resource))
    return found


def _decode_single(data: bytes, single: Any, head: Any) -> Decoded:
    found = Decoded([], [], [])
    _decode_one(found, 0, None, data)
    return found


def _decode_lines(data: bytes) -> Decoded:
    found = Decoded([], [], [])
    for i, line in enumerate(line for line in data.splitlines() if line.strip()):
        _decode_one(found, i, None, line)
    return found


def _decode_one(found: Decoded, number: int, url: str | None, data: bytes) -> None:
    _, single, _, head, _ = decoders()
    try:
        found.entries.append((number, url, single.decode(data)))
    except (msgspec.DecodeError, RecursionError) as error:
        try:
            kind = head.decode(data).resourceType
        except (msgspec.DecodeError, RecursionError):
            kind = ""
        found.wrong.append((number, kind[:64], reason(kind, error)))


STU3 = {
    "context": "STU3: context, where R4 has encounter",
    "assertedDate": "STU3: assertedDate, where R4 has recordedDate",
    "clinicalStatus": "STU3: clinicalStatus as text, where R4 has a CodeableConcept",
    "verificationStatus": "STU3: verificationStatus as text, where R4 has a CodeableConcept",
    "notGiven": "STU3: notGiven, where R4 has status",
    "notDone": "STU3: notDone, where R4 has status",
    "taken": "STU3: taken, which R4 dropped",
    "animal": "STU3: animal, which R4 dropped",
    "comment": "STU3: comment, where R4 has note",
    "date": "STU3: date, where R4 has occurrenceDateTime",
    "reason": "STU3: reason, where R4 has reasonCode",
}


def reason(kind: str, error: Exception) -> str:
    """Why an entry is not R4, in words that never repeat its content."""
    text = str(error)
    place = text.rpartition("`$.")[2].partition("`")[0].partition(".")[0].partition("[")[0]
    if isinstance(error, RecursionError) or "recursion" in text.lower():
        return "nested too deeply"
    if not isinstance(error, msgspec.ValidationError):
        return "not JSON"
    if not kind or place == "resourceType":
        return "not an R4 resource type"
    if kind == "Claim" and "required field" in text:
        return "STU3: Claim without insurance, type or provider, which R4 requires"
    if "required field" in text and "`$" not in text:
        return f"not R4: a required field is missing: {text.partition('field `')[2].partition('`')[0]}"
    if place == "contained":
        return "STU3: a contained resource that R4 does not know"
    if place in STU3:
        return STU3[place]
    return f"not R4: {place or 'resource'} has another type"


def _notes(bundle: Any) -> list[str]:
    if bundle.type != "searchset":
        return []
    following = any(link.relation == "next" for link in bundle.link)
    if following or (bundle.total is not None and bundle.total > len(bundle.entry)):
        return [f"incomplete search page: {len(bundle.entry)} of {bundle.total} entries; load the next pages too"]
    return []
