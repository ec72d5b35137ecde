"""Releases aggregates of a research set: suppressed, audited against all earlier releases.

`folder/released/` holds what may be seen; `folder/private/` (for the data owner alone) holds the true
tables and memberships that the audit of the next release needs.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from avatars.warehouse import privacy, suppress
from avatars.warehouse.cohort import Cohort
from avatars.warehouse.store import Store
from avatars.warehouse.suppress import Cell, Pattern, Table
from twin_engine.errors import InputError
from twin_engine.files import write_text

# OMOP concepts -> words of a release.
SEX = {8507: "male", 8532: "female"}
RACE = {8527: "white", 8516: "black", 8515: "asian", 8657: "native", 8557: "pacific"}
ATTRIBUTES = ("sex", "race", "age_decade", "outcome")
TOTAL_EPSILON = Fraction(3)


@dataclass
class Released:
    """A release as written, and what the audit said."""

    name: str
    content: dict[str, Any]
    path: Path
    recode: bool


def attributes(store: Store, cohort: Cohort) -> dict[str, np.ndarray]:
    """Attributes of every person of the warehouse, shape (n,); "id" is the person's number.

    Ages are those at the end of the warehouse's last year, so that they mean the same in all
    releases; those over 89 are one group (Safe Harbor).
    """
    rows = store.query(
        "SELECT person_id, gender_concept_id, race_concept_id, race_source_value, year_of_birth FROM person "
        "ORDER BY person_id"
    )
    if not rows:
        raise InputError("the warehouse holds no person", "--db", None, "at least one person", "load records first")
    last = store.one("SELECT max(observation_period_end_date) FROM observation_period")
    year = last.year if last else max(r[4] for r in rows)
    outcome = {p: hit for p, _, hit in cohort.members}
    return {
        "id": np.array([r[0] for r in rows]),
        "sex": np.array([SEX.get(r[1], "unknown") for r in rows]),
        "race": np.array([(r[3] or "").lower() or RACE.get(r[2], "unknown") for r in rows]),
        "age_decade": np.array([_decade(year - r[4]) for r in rows]),
        "outcome": np.array(["yes" if outcome.get(r[0]) else "no" for r in rows]),
    }


def _decade(age: int) -> str:
    return "90+" if age > privacy.OLDEST_AGE else f"{age // 10 * 10}-{age // 10 * 10 + 9}"


def release(store: Store, cohort: Cohort, by: Sequence[Sequence[str]], folder: Path, *,
            threshold: int = suppress.THRESHOLD, epsilon: Fraction | None = None,
            extra: Mapping[str, Any] | None = None) -> Released:  # fmt: skip
    """Release one cohort's counts.

    Parameters
    ----------
    by : sequence of sequences
        One table each: names out of `ATTRIBUTES`.
    folder : Path
    threshold : int
        Counts from 1 to threshold - 1 are hidden, and what would give them away.
    epsilon : Fraction, optional
        Instead of exact tables: noisy counts of persons and of outcomes, each at this cost.
    extra : mapping, optional
        More public content: quality, mapping, comparison with synthetic persons.

    Raises
    ------
    InputError
        An unknown attribute, no safe pattern, or a budget that does not suffice.
    """
    for names in by:
        unknown = [n for n in names if n not in ATTRIBUTES]
        if unknown or not names:
            raise InputError(
                "unknown attribute", "--by", ", ".join(unknown) or None, ", ".join(ATTRIBUTES), "choose of these"
            )
    ledger = _Ledger(folder / "private" / "ledger.json")
    name = _new_name(cohort.phenotype.name, folder / "released", ledger)
    content: dict[str, Any] = {
        "name": name,
        "phenotype": cohort.phenotype.name,
        "title": cohort.phenotype.title,
        "threshold": threshold,
    }
    recode = False
    if epsilon is not None:
        # Noisy counts beside exact ones would be worth nothing: a release is one or the other.
        content["noisy"] = _noisy(folder, cohort, epsilon)
    else:
        exact, recode = _exact(store, cohort, by, threshold, ledger, name)
        content |= exact
    content["epsilon_remaining"] = float(budget(folder).remaining())
    content |= dict(extra or {})
    ledger.write()
    path = folder / "released" / f"{name}.json"
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1))
    return Released(name, content, path, recode)


def _new_name(phenotype: str, folder: Path, ledger: "_Ledger") -> str:
    n = 1
    while (folder / f"{phenotype}-{n}.json").exists() or f"in {phenotype}-{n}" in ledger.names():
        n += 1
    return f"{phenotype}-{n}"


def _exact(store: Store, cohort: Cohort, by: Sequence[Sequence[str]], threshold: int, ledger: "_Ledger",
           name: str) -> tuple[dict[str, Any], bool]:  # fmt: skip
    """Protected tables, attrition, k; and whether a table should be recoded."""
    columns = attributes(store, cohort)
    members = np.isin(columns["id"], np.array([m[0] for m in cohort.members], dtype=columns["id"].dtype))
    mark = f"in {name}"
    columns[mark] = np.where(members, "yes", "any other")
    tables, recode = [], False
    for i, names in enumerate(by):
        table = suppress.tabulate(f"{name} table {i + 1}", columns, names, where={mark: "yes"})
        pattern = suppress.protect(table, threshold, ledger.tables, ledger.empty(mark, columns["id"][members]))
        ledger.add(table, pattern, mark, columns["id"][members])
        recode = recode or pattern.recode
        cells = suppress.published(table, pattern)
        tables.append({"by": list(names), "cells": cells, "hidden_percent": 100 * pattern.share})
    steps = safe_steps([n for _, n in cohort.attrition], threshold)
    rules = [rule for rule, _ in cohort.attrition]
    content: dict[str, Any] = {
        "persons": _shown(len(cohort.members), threshold),
        "tables": tables,
        "attrition": [{"rule": rule, "persons": n} for rule, n in zip(rules, steps, strict=True)],
    }
    if members.any():
        groups = [columns[a][members] for a in ("sex", "race", "age_decade")]
        content["k_anonymity"] = privacy.k_anonymity(groups).k
    return content, recode


def budget(folder: Path) -> privacy.Budget:
    """The population's privacy budget."""
    return privacy.Budget(folder / "private" / "budget.json", TOTAL_EPSILON)


def _noisy(folder: Path, cohort: Cohort, epsilon: Fraction) -> dict[str, Any]:
    ledger = budget(folder)
    base = f"{cohort.phenotype.model_dump_json()}|{epsilon}"
    noisy = {"persons": ledger.count(f"persons|{base}", len(cohort.members), epsilon), "epsilon": float(epsilon)}
    if cohort.phenotype.outcome:
        hits = sum(bool(m[2]) for m in cohort.members)
        noisy["with_outcome"] = ledger.count(f"outcome|{base}", hits, epsilon)
    return noisy


def _shown(n: int, threshold: int) -> int | None:
    return None if 0 < n < threshold else n


def safe_steps(counts: Sequence[int], threshold: int) -> list[int | None]:
    """An attrition without a small count or a small step between two shown counts."""
    shown: list[int | None] = [_shown(n, threshold) for n in counts]
    previous: int | None = None
    for i, n in enumerate(shown):
        if n is None:
            continue
        if previous is not None and 0 < abs(previous - n) < threshold:
            shown[i] = None
        else:
            previous = n
    return shown


class _Ledger:
    """True tables, patterns and memberships of all releases: for the data owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
        self.tables = [_stored(row) for row in self._rows]

    def names(self) -> set[str]:
        """Memberships that were released so far."""
        return {row["mark"] for row in self._rows}

    def add(self, table: Table, pattern: Pattern, mark: str, ids: np.ndarray) -> None:
        """One more table."""
        self._rows.append({
            "mark": mark, "name": table.name, "levels": {k: list(v) for k, v in table.levels.items()},
            "where": dict(table.where), "ids": [int(i) for i in ids],
            "cells": [[list(map(list, c.labels)), c.value] for c in table.cells],
            "primary": [list(map(list, labels)) for _, labels in sorted(pattern.primary)],
            "complement": [list(map(list, labels)) for _, labels in sorted(pattern.complement)],
        })  # fmt: skip
        self.tables.append((table, pattern))

    def empty(self, mark: str, ids: np.ndarray) -> list[dict[str, str]]:
        """Memberships that exclude each other here: what an attacker may know of nested cohorts."""
        sets = {row["mark"]: set(row["ids"]) for row in self._rows} | {mark: {int(i) for i in ids}}
        found = []
        for (a, one), (b, two) in combinations(sets.items(), 2):
            for level_a, level_b, both in (("yes", "yes", one & two), ("yes", "any other", one - two),
                                           ("any other", "yes", two - one)):  # fmt: skip
                if not both:
                    found.append({a: level_a, b: level_b})
        return found

    def write(self) -> None:
        """Write it, readable by its owner alone."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.chmod(self.path.parent, 0o700)
        write_text(self.path, json.dumps(self._rows))
        os.chmod(self.path, 0o600)


def _stored(row: dict[str, Any]) -> tuple[Table, Pattern]:
    def labels(pairs: list[list[str]]) -> suppress.Labels:
        return tuple((a, v) for a, v in pairs)

    cells = [Cell(row["name"], labels(pairs), value) for pairs, value in row["cells"]]
    table = Table(row["name"], row["levels"], row["where"], cells)
    primary = frozenset((row["name"], labels(p)) for p in row["primary"])
    complement = frozenset((row["name"], labels(p)) for p in row["complement"])
    return table, Pattern(primary, complement, (len(primary) + len(complement)) / len(cells))


def compare(store: Store, cohort: Cohort, threshold: int, seed: int) -> dict[str, Any]:
    """Real persons beside synthetic ones: age, sex, race, outcome; gates, and controls that must fail."""
    from avatars import fidelity
    from avatars.population import Population, Provenance
    from avatars.synthesis import gaussian_copula

    columns = attributes(store, cohort)
    members = np.isin(columns["id"], np.array([m[0] for m in cohort.members], dtype=columns["id"].dtype))
    born = dict(store.query("SELECT person_id, year_of_birth FROM person"))
    entry = {m[0]: m[1] for m in cohort.members}
    ids = columns["id"][members]
    measured = Provenance("measured", f"warehouse, {cohort.phenotype.name}")
    real = Population(
        ids,
        {"age_y": np.array([float(entry[i].year - born[i]) for i in ids]),
         "entry_year": np.array([float(entry[i].year) for i in ids]),
         "sex": columns["sex"][members], "outcome": columns["outcome"][members]},
        {"age_y": "y", "entry_year": "1", "sex": "", "outcome": ""},
        dict.fromkeys(("age_y", "entry_year", "sex", "outcome"), measured),
    )  # fmt: skip
    strata = ("sex",)
    score = fidelity.judge(gaussian_copula, real, strata, seed)
    failing = fidelity.controls(real, strata, seed)
    made = gaussian_copula(real, strata).draw(len(real), seed)
    edges = np.arange(0.0, 101.0, 10.0)
    histogram: list[dict[str, Any]] = [
        {"age": f"{int(edges[i])}-{int(edges[i + 1]) - 1}", "real": _shown(int(r), threshold), "avatars": int(a)}
        for i, (r, a) in enumerate(zip(*(np.histogram(p["age_y"], edges)[0] for p in (real, made)), strict=True))
    ]
    rows = [{"method": s.method, "max_abs_rho_difference": s.max_abs_rho_difference,
             "two_sample_auc": s.two_sample_auc, "membership_auc": s.membership_auc, "passed": s.passed}
            for s in (score, *failing)]  # fmt: skip
    shown = [(r["real"], i) for i, r in enumerate(histogram) if isinstance(r["real"], int) and r["real"]]
    if len(shown) and sum(r["real"] is None for r in histogram) == 1:
        # One hidden bar is the total minus the rest: the smallest other bar goes too.
        histogram[min(shown)[1]]["real"] = None
    conclusive = not any(s.passed for s in failing)
    return {"histogram": histogram, "gates": rows, "gates_conclusive": conclusive}
