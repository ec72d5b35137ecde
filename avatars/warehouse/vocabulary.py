"""Codes to concepts: the warehouse's own vocabulary tables, and units.

No vocabulary is shipped. An Athena download is loaded like any OMOP table; without one every code
keeps its source value and gets concept 0, and quality counts it as unmapped.
"""

from dataclasses import dataclass

from avatars.warehouse.store import Store

# FHIR system -> OMOP vocabulary_id.
SYSTEMS = {
    "http://snomed.info/sct": "SNOMED",
    "http://loinc.org": "LOINC",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RxNorm",
    "http://hl7.org/fhir/sid/cvx": "CVX",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD10CM",
    "http://hl7.org/fhir/sid/icd-10": "ICD10",
    "urn:oid:2.16.840.1.113883.6.1": "LOINC",
    "urn:iso:std:iso:11073:10101": "MDC",
}

# UCUM code -> OMOP unit concept. Source: ETL-Synthea test vocabulary (Synthea27Nj, Apache-2.0);
# UCUM (c) Regenstrief Institute and the UCUM Organization, free with notice. OMOP writes some
# codes in another way than FHIR (U/L is [U]/L there), hence this list of what laboratories send.
UNITS = {
    "mg/dL": 8840, "mm[Hg]": 8876, "/min": 8541, "{beats}/min": 8541, "Cel": 586323, "cm": 8582,
    "kg": 9529, "kg/m2": 9531, "%": 8554, "mmol/L": 8753, "umol/L": 8749, "g/dL": 8713, "g/L": 8636,
    "10*3/uL": 8848, "10*6/uL": 8815, "fL": 8583, "pg": 8564, "mL/min": 8795, "ng/mL": 8842,
    "pg/mL": 8845, "ug/dL": 8837, "ug/L": 8748, "mg/L": 8751, "s": 8555, "h": 8505, "d": 8512,
    "a": 9448, "{ratio}": 8523, "{INR}": 8523, "L": 8519, "mL": 8587, "mm": 8588, "m": 9546,
    "g": 8504, "mg": 8576, "ug": 9655, "ng/dL": 8817, "nmol/L": 8736, "pmol/L": 8729,
    "mosm/kg": 8862, "[diop]": 9291, "kPa": 44777602, "[degF]": 9289, "[in_i]": 9327,
    "L/min": 8698, "mL/s": 44777614, "m/s": 44777606, "Hz": 9521, "ms": 9593, "U/L": 8645,
    "[IU]/L": 8923, "kU/L": 8810, "meq/L": 9557, "mEq/L": 9557, "m[IU]/L": 9040, "mIU/L": 9040,
    "u[IU]/mL": 9093, "mL/min/{1.73_m2}": 720870, "{score}": 44777566, "[lb_av]": 8739,
    "10*9/L": 9444,
}  # fmt: skip


@dataclass(frozen=True)
class Mapped:
    """A code's own concept, its standard concept and that concept's domain ("" when unknown)."""

    source: int = 0
    standard: int = 0
    domain: str = ""


UNKNOWN = Mapped()


class Vocabulary:
    """Looks codes up in a warehouse's concept table, one vocabulary at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, dict[str, Mapped]] = {}

    def find(self, vocabulary: str, code: str) -> Mapped:
        """The concept of a code; `UNKNOWN` when the vocabulary or the code is not loaded."""
        if vocabulary not in self._known:
            self._known[vocabulary] = self._load(vocabulary)
        return self._known[vocabulary].get(code, UNKNOWN)

    def _load(self, vocabulary: str) -> dict[str, Mapped]:
        # A non-standard concept leads to a standard one by "Maps to" (OMOP vocabulary tables).
        rows = self._store.query(
            "SELECT c.concept_code, c.concept_id, c.standard_concept, c.domain_id, t.concept_id, "
            "t.domain_id FROM concept c LEFT JOIN concept_relationship r ON r.concept_id_1 = "
            "c.concept_id AND r.relationship_id = 'Maps to' AND r.invalid_reason IS NULL "
            "LEFT JOIN concept t ON t.concept_id = r.concept_id_2 WHERE c.vocabulary_id = ? "
            "ORDER BY c.concept_id, t.concept_id",
            (vocabulary,),
        )
        found: dict[str, Mapped] = {}
        for code, concept, standard, domain, target, target_domain in rows:
            if standard == "S":
                found[code] = Mapped(concept, concept, domain or "")
            elif code not in found:
                found[code] = Mapped(concept, target or 0, target_domain or "")
        return found


def unit(code: str | None) -> int:
    """The concept of a UCUM unit; 0 when unknown."""
    return UNITS.get(code or "", 0)
