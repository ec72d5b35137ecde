"""Records: a cohort over a million persons against pandas, FHIR decoding against fhir.resources.

1. GiBleed replicated (371 copies: 999,474 persons, 25 M drug and 24 M condition rows). The shipped
   phenotype gi-bleed by `twin records cohort`'s engine on a DuckDB file, and the same question in
   pandas on frames that are already in memory. Same answer, checked; best of three.
2. The ten FHIR R4 bundles: typed decoding with STU3 detection, then decoding and mapping to OMOP
   rows, against fhir.resources' validation.

Numbers are printed, nothing else.

    python benchmarks/bench_records.py SHARED_DATA [--copies 371]
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from avatars.warehouse import cohort, fhir_bundle, fhir_map, load_omop, phenotype, schema
from avatars.warehouse.store import Store, open_store

EVENTS = ("drug_exposure", "condition_occurrence", "observation_period")


def best(call: Callable[[], Any], n: int = 3) -> tuple[float, Any]:
    """Shortest wall time of n calls, and the last answer."""
    spent, answer = [], None
    for _ in range(n):
        start = time.perf_counter()
        answer = call()
        spent.append(time.perf_counter() - start)
    return min(spent), answer


def replicate(store: Store, source: Path, copies: int) -> None:
    """GiBleed, `copies` times: person and row ids are moved by a constant a copy."""
    load_omop.load(store, source)
    step = 10_000_000
    for table in ("person", *EVENTS):
        names = list(schema.columns(table))
        key = schema.key(table)
        moved = ", ".join(f'"{n}" + k.copy * {step} AS "{n}"' if n in ("person_id", key) else f'"{n}"' for n in names)
        store.run(f"CREATE OR REPLACE TEMP TABLE one AS SELECT * FROM {table}")
        store.run(f"INSERT INTO {table} SELECT {moved} FROM one, (SELECT unnest(range(1, {copies})) AS copy) k")


def in_pandas(frames: dict[str, Any], chosen: phenotype.Phenotype) -> list[int]:
    """The same question, written as a pandas user would."""
    import pandas as pd

    concepts = {name: members.concepts for name, members in chosen.sets.items()}
    drugs, conditions, periods = (frames[t] for t in EVENTS)
    entry = drugs[drugs.drug_concept_id.isin(concepts["celecoxib"])].groupby("person_id").drug_exposure_start_date.min()
    cohort_ = entry.rename("entry").reset_index()
    counts = [len(cohort_)]
    seen = cohort_.merge(periods, on="person_id")
    year = pd.Timedelta(days=chosen.washout_days)
    inside = (seen.observation_period_start_date + year <= seen.entry) & (
        seen.entry <= seen.observation_period_end_date
    )
    cohort_ = cohort_[cohort_.person_id.isin(seen.person_id[inside])]
    counts.append(len(cohort_))
    arthritis = conditions[conditions.condition_concept_id.isin(concepts["osteoarthritis"])]
    first = arthritis.groupby("person_id").condition_start_date.min().rename("first").reset_index()
    joined = cohort_.merge(first, on="person_id")
    cohort_ = joined.loc[joined["first"] <= joined.entry, ["person_id", "entry"]]
    counts.append(len(cohort_))
    other = drugs[drugs.drug_concept_id.isin(concepts["diclofenac"])]
    first = other.groupby("person_id").drug_exposure_start_date.min().rename("first").reset_index()
    joined = cohort_.merge(first, on="person_id", how="left")
    cohort_ = joined.loc[~(joined["first"] <= joined.entry), ["person_id", "entry"]]
    counts.append(len(cohort_))
    bleeds = conditions[conditions.condition_concept_id.isin(concepts["gi_bleed"])]
    joined = cohort_.merge(bleeds, on="person_id")
    after = (joined.condition_start_date - joined.entry).dt.days
    counts.append(joined.person_id[(after >= 0) & (after <= 365)].nunique())
    return counts


def frames_of(store: Store) -> dict[str, Any]:
    """The columns the question needs, as pandas frames."""
    wanted = {
        "drug_exposure": "person_id, drug_concept_id, drug_exposure_start_date",
        "condition_occurrence": "person_id, condition_concept_id, condition_start_date",
        "observation_period": "person_id, observation_period_start_date, observation_period_end_date",
    }
    return {t: store.connection.sql(f"SELECT {names} FROM {t}").df() for t, names in wanted.items()}


def bench_cohort(shared: Path, copies: int) -> None:
    """A million persons: ours and pandas."""
    chosen = phenotype.load("gi-bleed")
    # Without its source codes: pandas is asked for concepts alone, and so are we.
    plain = {n: s.model_copy(update={"codes": []}) for n, s in chosen.sets.items()}
    chosen = chosen.model_copy(update={"sets": plain})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "million.duckdb"
        with open_store(file, create=True) as store:
            start = time.perf_counter()
            replicate(store, shared / "records/gibleed/eunomia_gibleed.duckdb", copies)
            print(f"replicated to {store.count('person'):,} persons in {time.perf_counter() - start:.1f} s")
        with open_store(file) as store:
            ours, made = best(lambda: cohort.build(store, chosen, members=False))
            counts = [n for _, n in made.attrition]
            start = time.perf_counter()
            frames = frames_of(store)
            print(f"pandas frames in {time.perf_counter() - start:.1f} s")
        theirs, same = best(lambda: in_pandas(frames, chosen))
    assert counts == same, (counts, same)
    print(f"attrition {counts}")
    print(f"twin {ours:.2f} s, pandas {theirs:.2f} s, ratio {ours / theirs:.2f}")


def bench_fhir(shared: Path) -> None:
    """Decoding and mapping against validation."""
    from fhir.resources.R4B.bundle import Bundle

    from avatars.warehouse.fhir_rows import Refuse
    from avatars.warehouse.vocabulary import Vocabulary

    data = [f.read_bytes() for f in sorted((shared / "records/fhir_r4").glob("*.json"))]
    size = sum(len(d) for d in data) / 1e6

    class Nothing:
        def query(self, *_: object) -> list:
            return []

    def mapped() -> int:
        rows = 0
        for text in data:
            found = fhir_bundle.decode(text)
            mapper = fhir_map.Mapper(Vocabulary(Nothing()), fhir_map.index(found.entries), False)  # type: ignore[arg-type]
            mapper.known_persons = AnyPerson()  # type: ignore[assignment]
            for number, url, resource in found.entries:
                try:
                    mapper.take(resource, resource.id or url or str(number))
                except Refuse:
                    continue
            rows += sum(len(t) for t in mapper.finish().tables.values())
        return rows

    Bundle.model_validate_json(min(data, key=len))
    typed, _ = best(lambda: [fhir_bundle.decode(d) for d in data], 7)
    rows_time, rows = best(mapped)
    validated, _ = best(lambda: [Bundle.model_validate_json(d) for d in data], 1)
    print(f"{size:.1f} MB: typed with STU3 detection {size / typed:.0f} MB/s, with mapping to {rows} rows "
          f"{size / rows_time:.0f} MB/s, fhir.resources {size / validated:.1f} MB/s: "
          f"{validated / typed:.0f} x and {validated / rows_time:.0f} x")  # fmt: skip


class AnyPerson:
    """Every person is known."""

    def __contains__(self, _: object) -> bool:
        return True


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--copies", type=int, default=371)
    words = parser.parse_args()
    bench_fhir(words.shared)
    bench_cohort(words.shared, words.copies)
