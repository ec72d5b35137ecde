"""FHIR R4 as typed structs: what the warehouse needs, and what STU3 content betrays itself by.

Source: HL7 FHIR R4 (4.0.1), resource definitions; STU3 (3.0.2) for the signatures. A field that R4
dropped is declared as null: an old resource then fails in the decoder itself, at no cost for the
others. A decoder with optional fields would take it silently and lose its visit.
Every other R4 resource has a struct without fields, so an entry of an unknown type fails too.
"""

from collections.abc import Sequence

import msgspec

from avatars.warehouse.fhir_names import R4Name

MAX_TEXT = 1_000_000


class Struct(msgspec.Struct, gc=False, kw_only=True):
    """Base of all structs: fields by keyword, unknown fields skipped."""


class Coding(Struct):
    """A code of a code system."""

    system: str | None = None
    code: str | None = None


class Concept(Struct):
    """A CodeableConcept."""

    coding: Sequence[Coding] = ()
    text: str | None = None


class Identifier(Struct):
    """A business identifier; its value is never stored."""

    system: str | None = None
    value: str | None = None


class Reference(Struct):
    """A reference to another resource."""

    reference: str | None = None


class Named(Struct):
    """A reference of which only the display text is read."""

    display: str | None = None


class Period(Struct):
    """Start and end as written."""

    start: str | None = None
    end: str | None = None


class Quantity(Struct):
    """A number with its unit and comparator."""

    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    code: str | None = None


class Extension(Struct):
    """An extension; only coded ones are read."""

    url: str
    extension: Sequence["Extension"] = ()
    valueCoding: Coding | None = None
    valueString: str | None = None


class Link(Struct):
    """A link of a bundle: `next` means the page is not the whole."""

    relation: str
    url: str = ""


class Resource(Struct, tag_field="resourceType"):
    """What every resource may have."""

    id: str | None = None
    modifierExtension: Sequence[msgspec.Raw] = ()


class Patient(Resource, tag="Patient", kw_only=True):
    """A person; name, address and numbers are not read at all."""

    gender: str | None = None
    birthDate: str | None = None
    deceasedDateTime: str | None = None
    deceasedBoolean: bool | None = None
    extension: Sequence[Extension] = ()
    animal: None = None  # STU3


class Participant(Struct):
    """Who took part in an encounter."""

    individual: Reference | None = None


class Encounter(Resource, tag="Encounter", kw_only=True):
    """A visit."""

    status: str
    class_: Coding = msgspec.field(name="class")
    subject: Reference | None = None
    participant: Sequence[Participant] = ()
    period: Period | None = None
    serviceProvider: Reference | None = None
    reason: None = None  # STU3; R4 has reasonCode


class Clinical(Resource, kw_only=True):
    """A clinical resource about one person in one encounter."""

    subject: Reference
    encounter: Reference | None = None
    context: None = None  # STU3; R4 has encounter


class Condition(Clinical, tag="Condition", kw_only=True):
    """A diagnosis."""

    clinicalStatus: Concept | None = None
    verificationStatus: Concept | None = None
    category: Sequence[Concept] = ()
    code: Concept | None = None
    onsetDateTime: str | None = None
    onsetPeriod: Period | None = None
    abatementDateTime: str | None = None
    abatementPeriod: Period | None = None
    recordedDate: str | None = None
    recorder: Reference | None = None
    assertedDate: None = None  # STU3


class Valued(Struct):
    """value[x] of an observation or a component."""

    code: Concept
    valueQuantity: Quantity | None = None
    valueCodeableConcept: Concept | None = None
    valueString: str | None = None
    valueBoolean: bool | None = None
    valueInteger: int | None = None
    valueDateTime: str | None = None


class Range(Struct):
    """A reference range."""

    low: Quantity | None = None
    high: Quantity | None = None


class Observation(Clinical, tag="Observation", kw_only=True):
    """A measurement, an answer, a finding."""

    status: str
    code: Concept
    subject: Reference | None = None  # type: ignore[assignment]
    category: Sequence[Concept] = ()
    effectiveDateTime: str | None = None
    effectivePeriod: Period | None = None
    effectiveInstant: str | None = None
    performer: Sequence[Reference] = ()
    referenceRange: Sequence[Range] = ()
    component: Sequence[Valued] = ()
    valueQuantity: Quantity | None = None
    valueCodeableConcept: Concept | None = None
    valueString: str | None = None
    valueBoolean: bool | None = None
    valueInteger: int | None = None
    valueDateTime: str | None = None
    comment: None = None  # STU3


class Performer(Struct):
    """Who did it."""

    actor: Reference | None = None


class Procedure(Clinical, tag="Procedure", kw_only=True):
    """Something done."""

    status: str
    code: Concept | None = None
    performedDateTime: str | None = None
    performedPeriod: Period | None = None
    performer: Sequence[Performer] = ()
    notDone: None = None  # STU3


class Dosage(Struct):
    """A dosage instruction, its text only."""

    text: str | None = None


class Supply(Struct):
    """How much was ordered and for how long."""

    quantity: Quantity | None = None
    expectedSupplyDuration: Quantity | None = None
    numberOfRepeatsAllowed: int | None = None


class Drug(Clinical, kw_only=True):
    """Any resource that says a person had a drug."""

    status: str
    medicationCodeableConcept: Concept | None = None
    medicationReference: Reference | None = None


class MedicationRequest(Drug, tag="MedicationRequest", kw_only=True):
    """A prescription."""

    intent: str
    authoredOn: str | None = None
    doNotPerform: bool = False
    dosageInstruction: Sequence[Dosage] = ()
    dispenseRequest: Supply | None = None
    requester: Reference | None = None


class MedicationAdministration(Drug, tag="MedicationAdministration", kw_only=True):
    """A dose given; R4 itself calls its visit `context`."""

    context: Reference | None = None  # type: ignore[assignment]
    effectiveDateTime: str | None = None
    effectivePeriod: Period | None = None
    notGiven: None = None  # STU3


class MedicationDispense(Drug, tag="MedicationDispense", kw_only=True):
    """A supply handed over."""

    subject: Reference | None = None  # type: ignore[assignment]
    context: Reference | None = None  # type: ignore[assignment]
    whenHandedOver: str | None = None
    whenPrepared: str | None = None
    quantity: Quantity | None = None
    daysSupply: Quantity | None = None
    notDone: None = None  # STU3


class MedicationStatement(Drug, tag="MedicationStatement", kw_only=True):
    """What a person says to take."""

    context: Reference | None = None  # type: ignore[assignment]
    effectiveDateTime: str | None = None
    effectivePeriod: Period | None = None
    dateAsserted: str | None = None
    taken: None = None  # STU3


class Medication(Resource, tag="Medication", kw_only=True):
    """A drug that requests refer to."""

    code: Concept | None = None


class Immunization(Resource, tag="Immunization", kw_only=True):
    """A vaccine given."""

    status: str
    vaccineCode: Concept
    patient: Reference
    encounter: Reference | None = None
    occurrenceDateTime: str | None = None
    lotNumber: str | None = None
    date: None = None  # STU3; R4 has occurrenceDateTime
    notGiven: None = None  # STU3


class AllergyIntolerance(Resource, tag="AllergyIntolerance", kw_only=True):
    """An allergy."""

    patient: Reference
    clinicalStatus: Concept | None = None
    verificationStatus: Concept | None = None
    category: Sequence[str] = ()
    code: Concept | None = None
    encounter: Reference | None = None
    onsetDateTime: str | None = None
    recordedDate: str | None = None
    assertedDate: None = None  # STU3


class Device(Resource, tag="Device", kw_only=True):
    """A device of a person."""

    type: Concept | None = None
    patient: Reference | None = None
    manufactureDate: str | None = None
    status: str | None = None


class Series(Struct):
    """A series of an imaging study."""

    modality: Coding
    uid: str


class ImagingStudy(Resource, tag="ImagingStudy", kw_only=True):
    """A study; its images stay where they are."""

    status: str
    subject: Reference
    identifier: Sequence[Identifier] = ()
    encounter: Reference | None = None
    started: str | None = None
    series: Sequence[Series] = ()
    context: None = None  # STU3


class Practitioner(Resource, tag="Practitioner", kw_only=True):
    """A provider; the name is not read."""

    identifier: Sequence[Identifier] = ()
    gender: str | None = None


class Organization(Resource, tag="Organization", kw_only=True):
    """A care site."""

    identifier: Sequence[Identifier] = ()
    name: str | None = None
    type: Sequence[Concept] = ()


class Contained(Struct):
    """A contained resource: its type must be of R4; a Coverage names the payer."""

    resourceType: R4Name
    id: str | None = None
    payor: Sequence[Named] = ()


class ExplanationOfBenefit(Resource, tag="ExplanationOfBenefit", kw_only=True):
    """A settled claim."""

    status: str
    type: msgspec.Raw
    patient: Reference
    insurer: msgspec.Raw
    provider: msgspec.Raw
    outcome: str
    insurance: list[msgspec.Raw]
    contained: Sequence[Contained] = ()
    billablePeriod: Period | None = None


class Claim(Resource, tag="Claim", kw_only=True):
    """A claim: no row, but an old one must show."""

    status: str
    type: msgspec.Raw
    patient: msgspec.Raw
    provider: msgspec.Raw
    insurance: list[msgspec.Raw]


class DiagnosticReport(Resource, tag="DiagnosticReport", kw_only=True):
    """A report: its results are the Observations."""

    status: str
    code: msgspec.Raw
    context: None = None  # STU3


class CarePlan(Resource, tag="CarePlan", kw_only=True):
    """A plan: no row."""

    status: str
    intent: str
    subject: msgspec.Raw
    context: None = None  # STU3


class CareTeam(Resource, tag="CareTeam", kw_only=True):
    """A team: no row."""

    context: None = None  # STU3
