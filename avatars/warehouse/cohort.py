"""Phenotype -> cohort with attrition, in SQL that DuckDB and PostgreSQL read alike.

Each rule becomes one temporary table of (person_id, entry day), narrower than the one before.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from avatars.warehouse.phenotype import ConceptSet, Criterion, Phenotype, Rule
from avatars.warehouse.store import Store

# event: table, concept, date, source code
EVENTS = {
    "condition": ("condition_occurrence", "condition"),
    "drug": ("drug_exposure", "drug"),
    "procedure": ("procedure_occurrence", "procedure"),
    "measurement": ("measurement", "measurement"),
    "observation": ("observation", "observation"),
    "visit": ("visit_occurrence", "visit"),
}
DATES = {
    "condition": "condition_start_date",
    "drug": "drug_exposure_start_date",
    "procedure": "procedure_date",
    "measurement": "measurement_date",
    "observation": "observation_date",
    "visit": "visit_start_date",
}
SEX = {"F": 8532, "M": 8507}
# Up to this many concept ids stand in the SQL text itself: a filter on few numbers is faster than a join.
INLINE = 500


@dataclass
class Cohort:
    """A research set.

    Parameters
    ----------
    phenotype : Phenotype
        What was asked.
    attrition : list of (str, int)
        Each rule's name and the persons left after it; an outcome rule is last.
    members : list of (int, date, bool or None)
        Person, entry day, and whether the outcome came (None without an outcome).
    """

    phenotype: Phenotype
    attrition: list[tuple[str, int]]
    members: list[tuple[int, dt.date, bool | None]]


def build(store: Store, phenotype: Phenotype, members: bool = True) -> Cohort:
    """Run a phenotype over a warehouse.

    Parameters
    ----------
    store : Store
    phenotype : Phenotype
    members : bool
        Also fetch the persons; without them only the attrition is filled.
    """
    work = _Work(store, phenotype)
    try:
        return work.run(members)
    finally:
        for name in work.made:
            store.run(f"DROP TABLE IF EXISTS {name}")


class _Work:
    """One run: concept sets resolved to ids, temporary tables made on the way."""

    def __init__(self, store: Store, phenotype: Phenotype) -> None:
        self.store, self.phenotype = store, phenotype
        self.made: list[str] = []
        self.concepts: dict[str, str] = {}
        for i, (name, chosen) in enumerate(phenotype.sets.items()):
            self.concepts[name] = self._concepts(f"twin_set_{i}", chosen)

    def table(self, name: str, sql: str, values: Sequence[Any] = ()) -> str:
        """A temporary table."""
        self.store.run(f"DROP TABLE IF EXISTS {name}")
        self.store.run(f"CREATE TEMP TABLE {name} AS {sql}", values)
        self.made.append(name)
        return name

    def _concepts(self, name: str, chosen: ConceptSet) -> str:
        """What goes into `IN (...)`: few ids as they are (numbers of our own), many as a table."""
        ids = sorted(self._expanded(chosen.concepts, chosen.descendants))
        less = self._expanded(chosen.exclude, chosen.descendants)
        ids = [i for i in ids if i not in less]
        if len(ids) <= INLINE:
            return ", ".join(str(int(i)) for i in ids)
        self.table(name, "SELECT CAST(0 AS BIGINT) AS concept_id WHERE 1 = 0")
        for start in range(0, len(ids), INLINE):
            rows = ", ".join(f"({int(i)})" for i in ids[start : start + INLINE])
            self.store.run(f"INSERT INTO {name} VALUES {rows}")
        return f"SELECT concept_id FROM {name}"

    def _expanded(self, ids: Sequence[int], descendants: bool) -> set[int]:
        """The ids themselves (a vocabulary subset may lack their own ancestor rows) and below."""
        found = set(ids)
        if ids and descendants:
            marks = ", ".join("?" for _ in ids)
            rows = self.store.query(
                f"SELECT descendant_concept_id FROM concept_ancestor WHERE ancestor_concept_id IN ({marks})", ids
            )
            found |= {int(row[0]) for row in rows}
        return found

    def run(self, members: bool) -> Cohort:
        """Entry, then every rule on what the one before left."""
        phenotype, store = self.phenotype, self.store
        now = self.table("twin_step_0", *self._entry())
        attrition = [(phenotype.entry.name, store.count(now))]
        steps: list[tuple[str, Rule | None, bool]] = []
        if phenotype.washout_days:
            steps.append((f"{phenotype.washout_days} days of observation before entry", None, True))
        steps += [(rule.name, rule, True) for rule in phenotype.inclusion]
        steps += [(rule.name, rule, False) for rule in phenotype.exclusion]
        for i, (label, rule, wanted) in enumerate(steps, start=1):
            text, values = self._observed(now) if rule is None else self._holds(rule, now)
            text = text if wanted else f"NOT ({text})"
            now = self.table(f"twin_step_{i}", f"SELECT c.* FROM {now} c WHERE {text}", values)
            attrition.append((label, store.count(now)))
        hits = None
        if phenotype.outcome is not None:
            text, values = self._holds(phenotype.outcome, now)
            hits = self.table("twin_outcome", f"SELECT c.person_id FROM {now} c WHERE {text}", values)
            attrition.append((phenotype.outcome.name, store.count(hits)))
        return Cohort(phenotype, attrition, self._members(now, hits) if members else [])

    def _members(self, now: str, hits: str | None) -> list[tuple[int, dt.date, bool | None]]:
        if hits is None:
            found = self.store.query(f"SELECT person_id, entry FROM {now} ORDER BY person_id")
            return [(person, day, None) for person, day in found]
        found = self.store.query(
            f"SELECT c.person_id, c.entry, h.person_id FROM {now} c LEFT JOIN {hits} h "
            "ON h.person_id = c.person_id ORDER BY c.person_id"
        )
        return [(person, day, hit is not None) for person, day, hit in found]

    def _entry(self) -> tuple[str, list[Any]]:
        parts: list[str] = []
        values: list[Any] = []
        for criterion in self.phenotype.entry.any:
            text, bound = self._events(criterion)
            if criterion.at_least > 1:
                # The day on which the n-th distinct day of the event is reached.
                text = (
                    "SELECT person_id, event_day FROM (SELECT person_id, event_day, row_number() OVER "
                    f"(PARTITION BY person_id ORDER BY event_day) AS n FROM (SELECT DISTINCT person_id, "
                    f"event_day FROM ({text}) e) d) r WHERE n = {criterion.at_least}"
                )
            parts.append(text)
            values += bound
        return (
            f"SELECT person_id, min(event_day) AS entry FROM ({' UNION ALL '.join(parts)}) e "
            "WHERE person_id IN (SELECT person_id FROM person) GROUP BY person_id"
        ), values

    def _observed(self, now: str) -> tuple[str, list[Any]]:
        """Under observation from the washout's first day to entry."""
        return (
            "c.person_id IN (SELECT o.person_id FROM observation_period o "
            f"JOIN {now} m ON m.person_id = o.person_id WHERE m.entry <= o.observation_period_end_date "
            "AND o.observation_period_start_date + CAST(? AS INTEGER) <= m.entry)"
        ), [self.phenotype.washout_days]

    def _events(self, criterion: Criterion, now: str = "") -> tuple[str, list[Any]]:
        """SELECT person_id, event_day of a criterion; with `now`, in its window round each entry."""
        table, stem = EVENTS[criterion.event]
        day = f"t.{DATES[criterion.event]}"
        codes, values = self._coded(criterion, stem)
        where = [codes]
        for bound, sign in ((criterion.min, ">="), (criterion.max, "<=")):
            if bound is not None:
                where.append(f"t.value_as_number {sign} ?")
                values.append(bound)
        if criterion.unit:
            where.append(f"t.unit_concept_id IN ({', '.join('?' for _ in criterion.unit)})")
            values += criterion.unit
        if criterion.visit:
            where.append(
                "EXISTS (SELECT 1 FROM visit_occurrence v WHERE v.person_id = t.person_id AND "
                f"v.visit_start_date <= {day} AND {day} <= coalesce(v.visit_end_date, v.visit_start_date) "
                f"AND v.visit_concept_id IN ({', '.join('?' for _ in criterion.visit)}))"
            )
            values += criterion.visit
        if now:
            for offset, sign in ((criterion.start, ">="), (criterion.end, "<=")):
                if offset is not None:
                    where.append(f"{day} {sign} m.entry + CAST(? AS INTEGER)")
                    values.append(offset)
        joined = f" JOIN {now} m ON m.person_id = t.person_id" if now else ""
        return f"SELECT t.person_id, {day} AS event_day FROM {table} t{joined} WHERE {' AND '.join(where)}", values

    def _coded(self, criterion: Criterion, stem: str) -> tuple[str, list[Any]]:
        """The set's concepts, or its source codes where a row has no concept."""
        chosen = self.phenotype.sets[criterion.set]
        options: list[str] = []
        if chosen.concepts and self.concepts[criterion.set]:
            options.append(f"t.{stem}_concept_id IN ({self.concepts[criterion.set]})")
        likes = " OR ".join(f"replace(t.{stem}_source_value, '.', '') LIKE ?" for _ in chosen.codes)
        if likes:
            options.append(f"(coalesce(t.{stem}_concept_id, 0) = 0 AND ({likes}))")
        text = "(" + (" OR ".join(options) or "1 = 0") + ")"
        return text, [code.replace(".", "") + "%" for code in chosen.codes]

    def _holds(self, rule: Rule, now: str) -> tuple[str, list[Any]]:
        """A condition on a row c of the table `now`."""
        parts: list[str] = []
        values: list[Any] = []
        options = []
        for criterion in rule.any:
            text, bound = self._events(criterion, now)
            if criterion.at_least > 1:
                text = f"SELECT person_id FROM ({text}) e GROUP BY person_id HAVING count(DISTINCT event_day) >= ?"
                bound = [*bound, criterion.at_least]
            else:
                text = f"SELECT person_id FROM ({text}) e"
            options.append(f"c.person_id IN ({text})")
            values += bound
        if options:
            parts.append("(" + " OR ".join(options) + ")")
        person = "(SELECT {} FROM person p WHERE p.person_id = c.person_id)"
        age = person.format("CAST(extract(year FROM c.entry) AS BIGINT) - p.year_of_birth")
        for limit, sign in ((rule.age_min, ">="), (rule.age_max, "<=")):
            if limit is not None:
                parts.append(f"{age} {sign} ?")
                values.append(limit)
        if rule.sex:
            parts.append(f"{person.format('p.gender_concept_id')} = ?")
            values.append(SEX[rule.sex])
        return " AND ".join(parts), values
