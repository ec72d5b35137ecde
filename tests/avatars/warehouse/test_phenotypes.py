"""The shipped phenotypes on small made-up CDMs with a known answer."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from avatars.warehouse import cohort, phenotype
from avatars.warehouse.store import Store
from twin_engine.errors import InputError

DAY = dt.date(2020, 6, 1)
Rows = list[dict[str, Any]]


class Made:
    """Collects rows of a small CDM."""

    def __init__(self) -> None:
        self.tables: dict[str, Rows] = {}

    def _add(self, table: str, **row: Any) -> None:
        rows = self.tables.setdefault(table, [])
        rows.append({f"{table}_id": len(rows) + 1} | row)

    def person(self, number: int, born: int = 1960, gender: int = 8507) -> None:
        self.tables.setdefault("person", []).append(
            {"person_id": number, "year_of_birth": born, "gender_concept_id": gender}
        )

    def condition(self, who: int, concept: int, day: int = 0, code: str = "") -> None:
        self._add("condition_occurrence", person_id=who, condition_concept_id=concept, condition_source_value=code,
                  condition_start_date=DAY + dt.timedelta(day))  # fmt: skip

    def drug(self, who: int, concept: int, day: int = 0) -> None:
        self._add("drug_exposure", person_id=who, drug_concept_id=concept,
                  drug_exposure_start_date=DAY + dt.timedelta(day))  # fmt: skip

    def measure(self, who: int, concept: int, value: float, unit: int, day: int = 0) -> None:
        self._add("measurement", person_id=who, measurement_concept_id=concept, value_as_number=value,
                  unit_concept_id=unit, measurement_date=DAY + dt.timedelta(day))  # fmt: skip

    def visit(self, who: int, concept: int, start: int, end: int) -> None:
        first, last = (DAY + dt.timedelta(d) for d in (start, end))
        self._add("visit_occurrence", person_id=who, visit_concept_id=concept, visit_start_date=first,
                  visit_end_date=last)  # fmt: skip

    def ancestor(self, above: int, below: int) -> None:
        self.tables.setdefault("concept_ancestor", []).append(
            {"ancestor_concept_id": above, "descendant_concept_id": below}
        )


def found(made: Made, cdm: Callable[..., Store], name: str) -> cohort.Cohort:
    return cohort.build(cdm(**made.tables), phenotype.load(name))


def who(made: cohort.Cohort) -> list[int]:
    return [m[0] for m in made.members]


def test_diabetes(cdm: Callable[..., Store]) -> None:
    m = Made()
    for i in range(1, 10):
        m.person(i)
    m.condition(1, 201826)
    m.drug(1, 1503297, 30)  # diagnosis and metformin: in
    m.condition(2, 201826)
    m.drug(2, 1503297, 400)  # metformin too late: out
    m.condition(3, 0, code="E11.9")
    m.measure(3, 3004501, 126.0, 8840, 10)  # KCD code and glucose at the cut-off: in
    m.condition(4, 0, code="E119")
    m.measure(4, 3004501, 125.9, 8840, 10)  # below the cut-off: out
    m.condition(5, 201826)
    m.measure(5, 3004501, 126.0, 8753, 10)  # 126 mmol/L is another unit: out
    m.condition(6, 201826)
    m.measure(6, 3004410, 6.5, 8554, -300)  # HbA1c within the year before: in
    m.condition(7, 201826)
    m.drug(7, 1503297, 1)
    m.condition(7, 201254, -500)  # type 1 before: out
    m.drug(8, 1503297)  # a drug without a diagnosis: never entered
    m.condition(9, 4193704)
    m.drug(9, 40164929)
    m.ancestor(201826, 4193704)
    m.ancestor(1503297, 40164929)  # a descendant of both: in
    made = found(m, cdm, "diabetes")
    assert who(made) == [1, 3, 6, 9]
    assert [n for _, n in made.attrition] == [8, 5, 4]


def test_hypertension(cdm: Callable[..., Store]) -> None:
    m = Made()
    for i, born in ((1, 1960), (2, 1960), (3, 1960), (4, 2010), (5, 1960)):
        m.person(i, born)
        m.condition(i, 320128 if i != 5 else 0, code="I10" if i == 5 else "")
    m.drug(1, 1332418, 10)  # amlodipine: in
    m.measure(2, 3004249, 140.0, 8876, 3)
    m.measure(2, 3004249, 151.0, 8876, 3)  # twice on one day is one day: out
    m.measure(3, 3004249, 140.0, 8876, 3)
    m.measure(3, 3004249, 141.0, 8876, 9)  # two days: in
    m.drug(4, 1332418, 10)  # a child: out
    m.measure(5, 3012888, 90.0, 8876, -3)
    m.measure(5, 3012888, 91.0, 8876, 3)  # diastolic on two days, KCD code: in
    made = found(m, cdm, "hypertension")
    assert who(made) == [1, 3, 5]
    assert [n for _, n in made.attrition] == [5, 4, 3]


def test_atrial_fibrillation_on_an_anticoagulant(cdm: Callable[..., Store]) -> None:
    m = Made()
    for i in (1, 2, 3, 4):
        m.person(i)
        m.drug(i, 40241331 if i != 4 else 40163554)
    m.ancestor(1310149, 40163554)  # warfarin sits on its product
    m.condition(1, 313217, -10)
    m.condition(1, 192671, 100)  # bleed: outcome
    m.condition(2, 313217, 5)  # fibrillation after the drug: out
    m.condition(3, 313217, -10)
    m.condition(3, 0, -20, code="I05.1")  # mitral stenosis: out
    m.condition(4, 0, 0, code="I48.0")
    m.condition(4, 192671, 0)  # a bleed on day 0 is no outcome
    made = found(m, cdm, "af-anticoagulant")
    assert made.members == [(1, DAY, True), (4, DAY, False)]
    assert [n for _, n in made.attrition] == [4, 3, 2, 1]


def test_myopia(cdm: Callable[..., Store]) -> None:
    m = Made()
    for i, born in ((1, 2012), (2, 2001), (3, 2012), (4, 2018)):
        m.person(i, born)
        m.condition(i, 379805 if i != 3 else 0, code="H52.1" if i == 3 else "")
    m.drug(1, 914335, 365)
    m.drug(3, 914335, 366)
    made = found(m, cdm, "myopia")
    assert made.members == [(1, DAY, True), (3, DAY, False)]  # 19 and 2 years old: out
    assert [n for _, n in made.attrition] == [4, 2, 1]


def test_stroke(cdm: Callable[..., Store]) -> None:
    m = Made()
    for i in (1, 2, 3, 4):
        m.person(i)
    m.condition(1, 443454, 0)
    m.visit(1, 9201, -1, 9)  # in hospital: in
    m.condition(2, 443454, 0)
    m.visit(2, 9202, 0, 0)  # seen as an outpatient: never entered
    m.condition(3, 381316, 0)
    m.condition(3, 381316, 40)
    m.visit(3, 9203, 40, 40)  # the second is the first in an emergency room: in, on day 40
    m.condition(4, 0, 0, code="I63.9")
    m.visit(4, 9201, 0, 3)
    m.condition(4, 0, -7, code="G45.9")  # a transient attack a week before: out
    made = found(m, cdm, "stroke")
    assert made.members == [(1, DAY, None), (3, DAY + dt.timedelta(40), None)]


def test_gi_bleed(cdm: Callable[..., Store]) -> None:
    m = Made()
    for i in range(1, 6):
        m.person(i)
        m.drug(i, 1118084)
        if i != 2:
            m.condition(i, 80180, 0)  # osteoarthritis on the day counts
        m.tables.setdefault("observation_period", []).append({
            "observation_period_id": i, "person_id": i, "observation_period_end_date": DAY + dt.timedelta(900),
            "observation_period_start_date": DAY - dt.timedelta(364 if i == 3 else 365)})  # fmt: skip
    m.drug(4, 1124300, 0)  # diclofenac on the day: out
    m.condition(5, 192671, 365)
    m.condition(1, 192671, 366)
    made = found(m, cdm, "gi-bleed")
    assert made.members == [(1, DAY, False), (5, DAY, True)]
    assert [n for _, n in made.attrition] == [5, 4, 3, 2, 1]


HEAD = "name: x\ntitle: y\nsource: z\n"
ENTRY = "\nentry: {name: e, any: [{event: drug, set: %s}]}"
WRONG = [
    ("name: [", "not YAML"),
    ("a: 1", "phenotype is wrong"),
    (HEAD + "sets: {a: {concepts: [1]}}" + ENTRY % "b", "phenotype is wrong"),
    (HEAD + "sets: {a: {}}" + ENTRY % "a", "phenotype is wrong"),
    (HEAD + "sets: {a: {codes: ['%']}}" + ENTRY % "a", "phenotype is wrong"),
    ("!!python/object/apply:os.system ['true']", "not YAML"),
    ("x" * 300_000, "too large"),
]


@pytest.mark.parametrize(("text", "what"), WRONG)
def test_wrong_phenotypes_say_so(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(InputError, match=what):
        phenotype.load(str(tmp_path / "p.yaml"))


INJECTIONS = ["'; DROP TABLE person; --", "' OR '1'='1", '"; DELETE FROM person; --', "%", "_", "\\"]


@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_in_a_phenotype_stays_a_value(cdm: Callable[..., Store], tmp_path: Path, text: str) -> None:
    import yaml

    store = cdm(
        person=[{"person_id": 1, "year_of_birth": 1960, "gender_concept_id": 8507}],
        condition_occurrence=[{"condition_occurrence_id": 1, "person_id": 1, "condition_concept_id": 0,
                               "condition_source_value": "E11", "condition_start_date": DAY}],
    )  # fmt: skip
    data = {"name": text, "title": text, "source": text, "sets": {text: {"codes": ["E11"]}},
            "entry": {"name": text, "any": [{"event": "condition", "set": text}]},
            "inclusion": [{"name": text, "any": [{"event": "condition", "set": text, "start": 0}]}]}  # fmt: skip
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(data))
    made = cohort.build(store, phenotype.load(str(tmp_path / "p.yaml")))
    assert who(made) == [1]
    assert made.attrition[0] == (text, 1)
    assert store.count("person") == 1
    with pytest.raises(InputError):
        phenotype.load(text)
