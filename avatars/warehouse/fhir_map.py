"""One rule for each resource type: which OMOP rows it becomes, and when it is refused."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from avatars.warehouse import fhir_rows as fr
from avatars.warehouse import fhir_types as ft
from avatars.warehouse.fhir_rows import Refuse, Rows, coded, day, event, first_code, key, moment
from avatars.warehouse.vocabulary import Vocabulary

VISIT_STATUS = ("finished", "in-progress", "arrived", "triaged", "onleave")
OBSERVATION_STATUS = ("final", "amended", "corrected")
REQUEST_DROPPED = ("draft", "cancelled", "on-hold", "entered-in-error", "unknown")
MEASURED = ("vital-signs", "laboratory", "procedure", "imaging", "exam")


class Mapper:
    """Maps the entries of one unit (a bundle or a file) to rows.

    Parameters
    ----------
    vocabulary : Vocabulary
        Looks codes up.
    index : dict
        Full URL, `Type/id` or `identifier` of an entry -> (type, id).
    strict_orders : bool
        Take a MedicationRequest only with intent instance-order, as the HL7 guide says; by default
        orders count too: Synthea writes `order`, and the guide's rule would store nothing of it.
    """

    def __init__(self, vocabulary: Vocabulary, index: dict[str, tuple[str, str]], strict_orders: bool) -> None:
        self.vocabulary, self.index, self.strict = vocabulary, index, strict_orders
        self.rows = Rows()
        self._seen: dict[int, tuple[str, str]] = {}
        self.known_persons: set[int] = set()
        self.medications: dict[str, ft.Medication] = {}
        self.claims: list[tuple[int, str, str, str]] = []
        self._rules: dict[type, Callable[[Any, str], None]] = {
            ft.Patient: self.patient, ft.Encounter: self.encounter, ft.Condition: self.condition,
            ft.Observation: self.observation, ft.Procedure: self.procedure,
            ft.MedicationRequest: self.request, ft.MedicationAdministration: self.administration,
            ft.MedicationDispense: self.dispense, ft.MedicationStatement: self.statement,
            ft.Immunization: self.immunization, ft.AllergyIntolerance: self.allergy,
            ft.Device: self.device, ft.ImagingStudy: self.imaging,
            ft.Practitioner: self.practitioner, ft.Organization: self.organization,
            ft.ExplanationOfBenefit: self.benefit,
        }  # fmt: skip

    def take(self, resource: Any, name: str) -> None:
        """Map one resource.

        Raises
        ------
        Refuse
            It must not or cannot be stored.
        """
        if resource.modifierExtension:
            raise Refuse("an unknown modifierExtension: its meaning may be the opposite")
        if getattr(resource, "status", None) == "entered-in-error":
            raise Refuse("status entered-in-error")
        kind = resource.__struct_config__.tag
        if self._seen.setdefault(key(kind, name), (kind, name)) != (kind, name):
            raise Refuse("its 63-bit id belongs to another entry")
        rule = self._rules.get(type(resource))
        if rule is None:
            self.rows.noticed[f"no row: {kind}"] += 1
        else:
            rule(resource, name)

    def refer(self, reference: ft.Reference | None, kind: str) -> int | None:
        """The id a reference leads to; None and counted when it leads nowhere."""
        if reference is None or not reference.reference:
            return None
        text = reference.reference
        found = self.index.get(text)
        if found is None and "?identifier=" in text:
            found = self.index.get("identifier:" + text.partition("?identifier=")[2])
        if found is None and text.count("/") >= 1 and not text.startswith(("urn:", "#")) and "?" not in text:
            kind_written, name = text.split("/history/")[0].rstrip("/").split("/")[-2:]
            found = (kind_written, name)
        if found is None:
            self.rows.noticed["references that lead nowhere"] += 1
            return None
        return key(*found) if found[0] == kind else None

    def person(self, reference: ft.Reference | None) -> int:
        """The person an entry is about."""
        number = self.refer(reference, "Patient")
        if number is None or number not in self.known_persons:
            raise Refuse("the person is unknown")
        return number

    # ---- who and where -------------------------------------------------------------------

    def patient(self, r: ft.Patient, name: str) -> None:
        """Patient -> person, death; nothing that names the person."""
        born = day(r.birthDate, self.rows)
        if born is None:
            raise Refuse("no birth date")
        race, ethnicity = 0, 0
        for extension in r.extension:
            codes = [e.valueCoding.code or "" for e in extension.extension if e.valueCoding]
            if extension.url.endswith("us-core-race"):
                race = next((fr.RACE[c] for c in codes if c in fr.RACE), 0)
            elif extension.url.endswith("us-core-ethnicity"):
                ethnicity = next((fr.ETHNICITY[c] for c in codes if c in fr.ETHNICITY), 0)
        number = key("Patient", name)
        exact = len(r.birthDate or "") >= 10
        self.rows.add("person", {
            "person_id": number, "gender_concept_id": fr.GENDER.get(r.gender or "", 0),
            "year_of_birth": born.year, "month_of_birth": born.month if len(r.birthDate or "") >= 7 else None,
            "day_of_birth": born.day if exact else None, "race_concept_id": race,
            "ethnicity_concept_id": ethnicity, "gender_source_value": r.gender,
        })  # fmt: skip
        if r.deceasedDateTime:
            self.rows.add("death", {
                "person_id": number, "death_date": day(r.deceasedDateTime, self.rows),
                "death_datetime": moment(r.deceasedDateTime), "death_type_concept_id": fr.EHR,
            })  # fmt: skip
        elif r.deceasedBoolean:
            self.rows.noticed["deaths without a date, not stored"] += 1

    def practitioner(self, r: ft.Practitioner, name: str) -> None:
        """Practitioner -> provider, without a name or number."""
        self.rows.add("provider", {
            "provider_id": key("Practitioner", name), "gender_concept_id": fr.GENDER.get(r.gender or "", 0),
            "gender_source_value": r.gender, "specialty_concept_id": 0,
        })  # fmt: skip

    def organization(self, r: ft.Organization, name: str) -> None:
        """Organization -> care_site."""
        self.rows.add("care_site", {
            "care_site_id": key("Organization", name), "care_site_name": (r.name or "")[:255] or None,
            "place_of_service_source_value": first_code(r.type)[:50] or None,
        })  # fmt: skip

    def encounter(self, r: ft.Encounter, name: str) -> None:
        """Encounter -> visit_occurrence."""
        if r.status not in VISIT_STATUS:
            raise Refuse(f"status {r.status if r.status in ('planned', 'cancelled') else 'unknown'}")
        start = r.period.start if r.period else None
        end = (r.period.end if r.period else None) or start
        if r.period is not None and r.period.end is None:
            self.rows.noticed["visits without an end, set to their start"] += 1
        begun = day(start, self.rows)
        if begun is None:
            raise Refuse("no date")
        code = r.class_.code or ""
        people = [p.individual for p in r.participant if p.individual]
        self.rows.add("visit_occurrence", {
            "visit_occurrence_id": key("Encounter", name), "person_id": self.person(r.subject),
            "visit_concept_id": fr.VISIT.get(code, 0), "visit_start_date": begun,
            "visit_start_datetime": moment(start), "visit_end_date": day(end, self.rows),
            "visit_end_datetime": moment(end), "visit_type_concept_id": fr.ENCOUNTER,
            "provider_id": self.refer(people[0], "Practitioner") if people else None,
            "care_site_id": self.refer(r.serviceProvider, "Organization"), "visit_source_value": code,
        })  # fmt: skip

    # ---- clinical events -----------------------------------------------------------------

    def condition(self, r: ft.Condition, name: str) -> None:
        """Condition -> condition_occurrence; a doubtful one -> observation with a qualifier."""
        verified = first_code([r.verificationStatus] if r.verificationStatus else [])
        if verified in ("refuted", "entered-in-error"):
            raise Refuse(f"verificationStatus {verified}")
        doubtful = verified in ("provisional", "differential", "unconfirmed")
        start = r.onsetDateTime or (r.onsetPeriod.start if r.onsetPeriod else None) or r.recordedDate
        mapped, code = coded(r.code, self.vocabulary)
        domain = mapped.domain if mapped.domain in fr.TABLES else "Condition"
        domain = "Observation" if doubtful else domain
        listed = first_code(r.category) == "problem-list-item"
        row = event(domain, key("Condition", name), self.person(r.subject), start, self.rows,
                    mapped=mapped, source=code, kind=fr.PROBLEM_LIST if listed else fr.EHR,
                    visit=self.refer(r.encounter, "Encounter"),
                    provider=self.refer(r.recorder, "Practitioner"))  # fmt: skip
        if doubtful:
            row["qualifier_source_value"] = verified
        if domain == "Condition":
            end = r.abatementDateTime or (r.abatementPeriod.end if r.abatementPeriod else None)
            status = first_code([r.clinicalStatus] if r.clinicalStatus else [])
            row["condition_end_date"] = day(end, self.rows)
            row["condition_end_datetime"] = moment(end)
            row["condition_status_source_value"] = status
        self.rows.add(fr.TABLES[domain][0], row)

    def observation(self, r: ft.Observation, name: str) -> None:
        """Observation -> measurement or observation by domain, else by category; one row a component."""
        if r.status not in OBSERVATION_STATUS:
            raise Refuse("status not final, amended or corrected")
        category = first_code(r.category)
        person = self.person(r.subject)
        when = r.effectiveDateTime or r.effectiveInstant or (r.effectivePeriod.start if r.effectivePeriod else None)
        visit = self.refer(r.encounter, "Encounter")
        provider = self.refer(r.performer[0], "Practitioner") if r.performer else None
        items: list[tuple[Any, str]] = [(r, name)] if fr.has_value(r) else []
        items += [(c, f"{name}#{i}") for i, c in enumerate(r.component) if fr.has_value(c)]
        if not items:
            self.rows.noticed["observations without a value"] += 1
        for item, label in items:
            mapped, code = coded(item.code, self.vocabulary)
            by_category = "Measurement" if category in MEASURED else "Observation"
            domain = mapped.domain if mapped.domain in ("Measurement", "Observation") else by_category
            kind = fr.LAB if category == "laboratory" else fr.SURVEY if category == "survey" else fr.EHR
            row = event(domain, key("Observation", label), person, when, self.rows, mapped=mapped,
                        source=code, kind=kind, visit=visit, provider=provider)  # fmt: skip
            fr.value(row, item, domain, self.vocabulary)
            if item is r and r.referenceRange and domain == "Measurement":
                low, high = r.referenceRange[0].low, r.referenceRange[0].high
                row |= {"range_low": low.value if low else None, "range_high": high.value if high else None}
            self.rows.add(fr.TABLES[domain][0], row)

    def procedure(self, r: ft.Procedure, name: str) -> None:
        """Procedure -> procedure_occurrence, or the table of its domain."""
        if r.status != "completed":
            raise Refuse("status not completed")
        period = r.performedPeriod
        start = r.performedDateTime or (period.start if period else None)
        mapped, code = coded(r.code, self.vocabulary)
        domain = mapped.domain if mapped.domain in fr.TABLES else "Procedure"
        actors = [p.actor for p in r.performer if p.actor]
        row = event(domain, key("Procedure", name), self.person(r.subject), start, self.rows,
                    mapped=mapped, source=code, kind=fr.ENCOUNTER,
                    visit=self.refer(r.encounter, "Encounter"),
                    provider=self.refer(actors[0], "Practitioner") if actors else None)  # fmt: skip
        if domain == "Procedure" and period:
            row |= {"procedure_end_date": day(period.end, self.rows), "procedure_end_datetime": moment(period.end)}
        self.rows.add(fr.TABLES[domain][0], row)

    # ---- drugs ---------------------------------------------------------------------------

    def _drug(self, r: Any, name: str, when: str | None, kind: int, visit: ft.Reference | None,
              concept: ft.Concept | None = None, person: ft.Reference | None = None) -> dict[str, Any]:  # fmt: skip
        chosen = concept or r.medicationCodeableConcept
        if chosen is None and getattr(r, "medicationReference", None) is not None:
            target = self.index.get(r.medicationReference.reference or "")
            medication = self.medications.get(target[1]) if target else None
            chosen = medication.code if medication else None
        mapped, code = coded(chosen, self.vocabulary)
        row = event("Drug", key(type(r).__name__, name), self.person(person or r.subject), when, self.rows,
                    mapped=mapped, source=code, kind=kind, visit=self.refer(visit, "Encounter"))  # fmt: skip
        self.rows.add("drug_exposure", row)
        return row

    def request(self, r: ft.MedicationRequest, name: str) -> None:
        """MedicationRequest -> drug_exposure; a stopped one was begun, so it is kept."""
        if r.doNotPerform:
            raise Refuse("doNotPerform")
        if r.status in REQUEST_DROPPED:
            raise Refuse(f"status {r.status}")
        if r.intent not in (("instance-order",) if self.strict else ("order", "instance-order")):
            raise Refuse("intent is not instance-order" if self.strict else "intent is no order")
        row = self._drug(r, name, r.authoredOn, fr.PRESCRIPTION, r.encounter)
        row["sig"] = next((d.text for d in r.dosageInstruction if d.text), None)
        row["provider_id"] = self.refer(r.requester, "Practitioner")
        supply = r.dispenseRequest
        if supply is None:
            return
        row["quantity"] = supply.quantity.value if supply.quantity else None
        row["refills"] = supply.numberOfRepeatsAllowed
        days = supply.expectedSupplyDuration
        if days and days.value and (days.code or days.unit) in ("d", "day", "days"):
            row["days_supply"] = int(days.value)
            row["drug_exposure_end_date"] = row["drug_exposure_start_date"] + dt.timedelta(int(days.value) - 1)

    def administration(self, r: ft.MedicationAdministration, name: str) -> None:
        """MedicationAdministration -> drug_exposure."""
        if r.status != "completed":
            raise Refuse("status not completed")
        period = r.effectivePeriod
        self._drug(r, name, r.effectiveDateTime or (period.start if period else None), fr.ADMINISTRATION, r.context)

    def dispense(self, r: ft.MedicationDispense, name: str) -> None:
        """MedicationDispense -> drug_exposure."""
        if r.status != "completed":
            raise Refuse("status not completed")
        row = self._drug(r, name, r.whenHandedOver or r.whenPrepared, fr.DISPENSING, r.context)
        row["quantity"] = r.quantity.value if r.quantity else None
        row["days_supply"] = int(r.daysSupply.value) if r.daysSupply and r.daysSupply.value else None

    def statement(self, r: ft.MedicationStatement, name: str) -> None:
        """MedicationStatement -> drug_exposure."""
        if r.status not in ("completed", "active"):
            raise Refuse("status not completed or active")
        period = r.effectivePeriod
        when = r.effectiveDateTime or (period.start if period else None) or r.dateAsserted
        self._drug(r, name, when, fr.MEDICATION_LIST, r.context)

    def immunization(self, r: ft.Immunization, name: str) -> None:
        """Immunization -> drug_exposure; a CVX code keeps its leading zero."""
        if r.status != "completed":
            raise Refuse("status not completed")
        row = self._drug(r, name, r.occurrenceDateTime, fr.ADMINISTRATION, r.encounter, r.vaccineCode, r.patient)
        row["lot_number"] = (r.lotNumber or "")[:50] or None

    # ---- the rest ------------------------------------------------------------------------

    def allergy(self, r: ft.AllergyIntolerance, name: str) -> None:
        """AllergyIntolerance -> observation, the substance as its value."""
        verified = first_code([r.verificationStatus] if r.verificationStatus else [])
        if verified in ("refuted", "entered-in-error"):
            raise Refuse(f"verificationStatus {verified}")
        kind = fr.ALLERGY.get(r.category[0] if r.category else "", 0)
        mapped, code = coded(r.code, self.vocabulary)
        row = event("Observation", key("AllergyIntolerance", name), self.person(r.patient),
                    r.onsetDateTime or r.recordedDate, self.rows, mapped=fr.Mapped(0, kind), source=code,
                    kind=fr.EHR, visit=self.refer(r.encounter, "Encounter"))  # fmt: skip
        row |= {"value_as_concept_id": mapped.standard, "value_source_value": code}
        self.rows.add("observation", row)

    def device(self, r: ft.Device, name: str) -> None:
        """Device -> device_exposure; R4 has no date of use, so the date of manufacture stands in."""
        mapped, code = coded(r.type, self.vocabulary)
        self.rows.noticed["device dates assumed: date of manufacture"] += 1
        row = event("Device", key("Device", name), self.person(r.patient), r.manufactureDate,
                    self.rows, mapped=mapped, source=code, kind=fr.EHR)  # fmt: skip
        self.rows.add("device_exposure", row)

    def imaging(self, r: ft.ImagingStudy, name: str) -> None:
        """ImagingStudy -> procedure_occurrence, one a study; the UID only as a hash."""
        uid = next((i.value for i in r.identifier if i.system == "urn:dicom:uid" and i.value), None)
        number = key("study", uid.removeprefix("urn:oid:")) if uid else key("ImagingStudy", name)
        modality = r.series[0].modality.code if r.series else None
        row = event("Procedure", number, self.person(r.subject), r.started, self.rows,
                    mapped=fr.UNKNOWN, source=modality, kind=fr.EHR,
                    visit=self.refer(r.encounter, "Encounter"))  # fmt: skip
        self.rows.add("procedure_occurrence", row)

    def benefit(self, r: ft.ExplanationOfBenefit, name: str) -> None:
        """ExplanationOfBenefit: its contained Coverage names the payer; see `finish`."""
        payers = [p.display for c in r.contained if c.resourceType.value == "Coverage" for p in c.payor if p.display]
        start = r.billablePeriod.start if r.billablePeriod else None
        if not payers or not start:
            self.rows.noticed["claims without a payer or period"] += 1
            return
        end = (r.billablePeriod.end if r.billablePeriod else None) or start
        self.claims.append((self.person(r.patient), start, end, payers[0]))

    def finish(self) -> Rows:
        """payer_plan_period: runs of one payer in the order of the claims' start."""
        runs: list[list[Any]] = []
        for person, start, end, payer in sorted(self.claims):
            if runs and runs[-1][0] == person and runs[-1][3] == payer:
                runs[-1][2] = max(runs[-1][2], end)
            else:
                runs.append([person, start, end, payer])
        for person, start, end, payer in runs:
            self.rows.add("payer_plan_period", {
                "payer_plan_period_id": key("payer", f"{person}|{start}"), "person_id": person,
                "payer_plan_period_start_date": day(start, self.rows),
                "payer_plan_period_end_date": day(end, self.rows),
                "payer_concept_id": 0, "payer_source_value": payer[:50],
            })  # fmt: skip
        return self.rows


def index(entries: list[tuple[int, str | None, Any]]) -> dict[str, tuple[str, str]]:
    """How a reference may name each entry: full URL, Type/id, or a business identifier."""
    found: dict[str, tuple[str, str]] = {}
    for number, url, resource in entries:
        kind = resource.__struct_config__.tag
        name = resource.id or url or f"entry {number}"
        found[f"{kind}/{name}"] = (kind, name)
        if url:
            found[url] = (kind, name)
        for identifier in getattr(resource, "identifier", []):
            found[f"identifier:{identifier.system}|{identifier.value}"] = (kind, name)
    return found
