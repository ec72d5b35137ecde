"""OMOP tables: the schema, the loader, the published counts, both engines alike."""

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from credibility import within

from avatars.warehouse import cohort, ledger, load_omop, phenotype, schema
from avatars.warehouse.load import load
from avatars.warehouse.store import Store, open_store
from twin_engine.errors import InputError

# OHDSI Eunomia GiBleed; the cohort of its new-user study (facts: published counts).
ATTRITION = [1844, 1800, 1800, 1800, 355]
COUNTS = {"celecoxib": 1844, "diclofenac": 850, "gi_bleed": 479}


def test_the_schema_is_cdm_54() -> None:
    tables = schema.tables()
    fields = [f for fields in tables.values() for f in fields.values()]
    # OHDSI CDM 5.4 field list: 39 tables, 432 fields; 180 required, 28 keys, 176 references.
    assert len(tables) == 39
    assert len(fields) == 432
    assert sum(f.required for f in fields) == 180
    assert sum(f.primary_key for f in fields) == 28
    assert sum(bool(f.foreign_table) for f in fields) == 176
    assert {f.sql_type for f in fields if f.datatype == "integer"} == {"BIGINT"}


def test_ids_of_64_bits_survive(empty: Store) -> None:
    big = 2**63 - 1
    with empty.transaction():
        empty.put("person", [{"person_id": big}])
    assert empty.one("SELECT person_id FROM person") == big


def test_every_gibleed_row_is_stored(gibleed: Path, shared_data: Path) -> None:
    with open_store(gibleed) as store:
        read, stored, refused = store.query(
            "SELECT CAST(sum(read_rows) AS BIGINT), CAST(sum(stored_rows) AS BIGINT), "
            "CAST(sum(quarantined_rows) AS BIGINT) FROM twin_load"
        )[0]
        tables = sum(store.count(t) for t in schema.tables())
    assert read == stored + refused
    assert refused == 0
    assert tables == stored == 411134  # rows of the source, its header-only tables apart


def test_published_counts_and_attrition(gibleed: Path) -> None:
    """OHDSI Eunomia GiBleed: counts published with the data set; the new-user cohort of its study."""
    chosen = phenotype.load("gi-bleed")
    with open_store(gibleed) as store:
        found = cohort.build(store, chosen)
        for name, table, kind in (
            ("celecoxib", "drug_exposure", "drug"),
            ("diclofenac", "drug_exposure", "drug"),
            ("gi_bleed", "condition_occurrence", "condition"),
        ):
            concept = chosen.sets[name].concepts[0]
            persons = store.one(
                f"SELECT count(DISTINCT person_id) FROM {table} WHERE {kind}_concept_id = ?",
                (concept,),
            )
            assert persons == within(COUNTS[name])
        warfarin = cohort.build(store, phenotype.load("af-anticoagulant"))
    for (_, n), published in zip(found.attrition, ATTRITION, strict=True):
        assert n == within(published)
    assert len(found.members) == 1800
    # The product sits below its ingredient: only descendants find the 137 (facts, section 2).
    assert warfarin.attrition[0][1] == 137


def test_postgresql_agrees_with_duckdb(gibleed: Path, gibleed_server: str, shared_data: Path) -> None:
    with open_store(gibleed_server, create=True) as server:
        there = {name: cohort.build(server, phenotype.load(name)) for name in phenotype.shipped()}
        again, _ = load_omop.load(server, shared_data / "records/gibleed/eunomia_gibleed.duckdb")
        rows = server.count("condition_occurrence")
        digest = ledger.content(server)
    with open_store(gibleed) as store:
        assert there == {name: cohort.build(store, phenotype.load(name)) for name in phenotype.shipped()}
        assert digest == ledger.content(store)
    assert [n for _, n in there["gi-bleed"].attrition] == ATTRITION
    assert again.skipped == again.units
    assert rows == 65332


def test_loading_twice_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "omop"
    folder.mkdir()
    (folder / "person.csv").write_text("PERSON_ID,GENDER_CONCEPT_ID,YEAR_OF_BIRTH\n1,8507,1950\n2,8532,1960\n")
    (folder / "fact_relationship.csv").write_text("domain_concept_id_1,fact_id_1\n1,2\n1,2\n")
    with open_store(tmp_path / "w.duckdb", create=True) as store:
        first, _ = load(store, folder)
        before = ledger.content(store)
        second, _ = load(store, folder)
        assert ledger.content(store) == before
        # The same rows under another digest (a comment column more) are not doubled either.
        (folder / "person.csv").write_text("person_id,gender_concept_id,year_of_birth,x\n1,8507,1950,\n2,8532,1960,\n")
        load(store, folder)
        assert store.count("person") == 2
        assert store.count("fact_relationship") == 2
    assert (first.read, first.stored, first.quarantined) == (4, 4, 0)
    assert second.skipped == 2


def test_cdm_53_names_dates_and_bad_values(tmp_path: Path) -> None:
    (tmp_path / "visit_occurrence.csv").write_text(
        "visit_occurrence_id,person_id,visit_start_date,admitting_source_value\n"
        "1,10,20200131,home\n"
        "1.5,10,2020-02-01,home\n"
        "3,10,31.12.2020,home\n"
        ",10,2020-02-01,home\n"
    )
    with open_store(tmp_path / "w.duckdb", create=True) as store:
        count, units = load(store, tmp_path / "visit_occurrence.csv")
        rows = store.query("SELECT visit_start_date, admitted_from_source_value FROM visit_occurrence")
        reasons = [r for (r,) in store.query("SELECT reason FROM twin_quarantine ORDER BY entry")]
        ledger.write_quarantine(store, units, tmp_path / "q.csv")
    assert rows == [(dt.date(2020, 1, 31), "home")]
    assert (count.read, count.stored, count.quarantined) == (4, 1, 3)
    assert reasons == [
        "no bigint: visit_occurrence_id",
        "no date: visit_start_date",
        "no key: visit_occurrence_id",
    ]
    assert "31.12.2020" not in (tmp_path / "q.csv").read_text()


def test_tab_separated_vocabulary_with_quotes(tmp_path: Path) -> None:
    (tmp_path / "CONCEPT.csv").write_text(
        'concept_id\tconcept_name\tdomain_id\tvalid_start_date\n7\t5" needle, "long\tDevice\t19700101\n'
    )
    with open_store(tmp_path / "w.duckdb", create=True) as store:
        load(store, tmp_path / "CONCEPT.csv")
        assert store.query("SELECT concept_name, valid_start_date FROM concept") == [
            ('5" needle, "long', dt.date(1970, 1, 1))
        ]


def test_lines_that_do_not_fit_are_counted(tmp_path: Path) -> None:
    (tmp_path / "person.csv").write_text("person_id,year_of_birth\n1,1950\n2,1960,x,y\n3,1970\n")
    with open_store(tmp_path / "w.duckdb", create=True) as store:
        count, _ = load(store, tmp_path / "person.csv")
    assert count.read == count.stored + count.quarantined == 3
    assert count.stored == 2


def test_killed_while_loading_then_complete(tmp_path: Path, shared_data: Path, gibleed: Path) -> None:
    """A load killed at once or a little later is finished by the next one."""
    source = shared_data / "records/gibleed/eunomia_gibleed.duckdb"
    db = tmp_path / "w.duckdb"
    program = (
        "import sys; from pathlib import Path; from avatars.warehouse import load_omop, store, ledger\n"
        "real = ledger.note_unit; seen = [0]\n"
        "def dying(*a):\n"
        "    real(*a); seen[0] += 1\n"
        "    if seen[0] == int(sys.argv[3]):\n"
        "        import os, signal; os.kill(os.getpid(), signal.SIGKILL)\n"
        "ledger.note_unit = dying\n"
        "s = store.open_store(sys.argv[2], create=True); load_omop.load(s, Path(sys.argv[1]))\n"
    )
    for stop in (9,):
        died = subprocess.run([sys.executable, "-c", program, str(source), str(db), str(stop)])
        assert died.returncode == -9
    with open_store(db, create=True) as store:
        count, _ = load_omop.load(store, source)
        assert 0 < count.skipped < count.units
        digest = ledger.content(store)
    with open_store(gibleed) as whole:
        assert digest == ledger.content(whole)


@pytest.mark.parametrize("name", ["nothing.csv", "other.csv"])
def test_wrong_sources_say_what_is_wrong(tmp_path: Path, name: str, empty: Store) -> None:
    if name == "other.csv":
        (tmp_path / name).write_text("a,b\n1,2\n")
    with pytest.raises(InputError):
        load(empty, tmp_path / name)


def test_parquet_equals_csv(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")

    one, two = tmp_path / "csv", tmp_path / "parquet"
    one.mkdir()
    two.mkdir()
    rows = {"person_id": [1, 2], "year_of_birth": [1950, 1960], "birth_datetime": ["1950-01-02 03:04:05", None]}
    (one / "person.csv").write_text("person_id,year_of_birth,birth_datetime\n1,1950,1950-01-02 03:04:05\n2,1960,\n")
    parquet.write_table(pa.table(rows), two / "person.parquet")
    found = []
    for folder in (one, two):
        with open_store(tmp_path / f"{folder.name}.duckdb", create=True) as store:
            load(store, folder)
            found.append(store.query("SELECT person_id, year_of_birth, birth_datetime FROM person ORDER BY 1"))
    assert found[0] == found[1] == [(1, 1950, dt.datetime(1950, 1, 2, 3, 4, 5)), (2, 1960, None)]


def test_a_vocabulary_maps_to_standard_concepts(cdm: Callable[..., Store]) -> None:
    from avatars.warehouse.vocabulary import UNKNOWN, Mapped, Vocabulary

    def concept(number: int, code: str, vocabulary: str, standard: str | None, domain: str) -> dict[str, object]:
        return {"concept_id": number, "concept_code": code, "vocabulary_id": vocabulary, "standard_concept": standard,
                "domain_id": domain}  # fmt: skip

    store = cdm(
        concept=[concept(1, "E11", "ICD10", None, "Condition"), concept(2, "44054006", "SNOMED", "S", "Condition"),
                 concept(3, "08", "CVX", "S", "Drug"), concept(4, "Z00", "ICD10", None, "Observation")],
        concept_relationship=[{"concept_id_1": 1, "concept_id_2": 2, "relationship_id": "Maps to"}],
    )  # fmt: skip
    words = Vocabulary(store)
    assert words.find("ICD10", "E11") == Mapped(1, 2, "Condition")
    assert words.find("SNOMED", "44054006") == Mapped(2, 2, "Condition")
    assert words.find("CVX", "08") == Mapped(3, 3, "Drug")
    assert words.find("CVX", "8") == UNKNOWN
    assert words.find("ICD10", "Z00") == Mapped(4, 0, "")


def test_the_warehouse_in_its_own_source_folder_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "person.csv").write_text("person_id,year_of_birth\n1,1950\n")
    with open_store(tmp_path / "records.duckdb", create=True) as store:
        count, _ = load(store, tmp_path)
    assert count.read == 1
