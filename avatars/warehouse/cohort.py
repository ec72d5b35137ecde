"""Phenotype -> cohort with attrition, in SQL that DuckDB and PostgreSQL read alike.

Each rule becomes one temporary table of (person_id, entry day), narrower than the one before.
"""

import datetime as dt
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


def build(store: Store, phenotype: Phenotype) -> Cohort:
    """Run a phenotype over a warehouse."""
    made: list[str] = []

    def table(name: str, sql: str, values: tuple = ()) -> str:
        store.run(f"DROP TABLE IF EXISTS {name}")
        store.run(f"CREATE TEMP TABLE {name} AS {sql}", values)
        made.append(name)
        return name

    sets = {key: table(f"twin_set_{i}", *_expanded(chosen)) for i, (key, chosen) in enumerate(phenotype.sets.items())}
    try:
        return _narrow(store, phenotype, sets, table)
    finally:
        for name in made:
            store.run(f"DROP TABLE IF EXISTS {name}")


def _narrow(store: Store, phenotype: Phenotype, sets: dict[str, str], table: Any) -> Cohort:
    entry, values = _entry(phenotype, sets)
    now = table("twin_step_0", entry, values)
    attrition = [(phenotype.entry.name, store.count(now))]
    steps: list[tuple[str, str, tuple]] = []
    if phenotype.washout_days:
        observed = (
            "EXISTS (SELECT 1 FROM observation_period o WHERE o.person_id = c.person_id AND "
            "o.observation_period_start_date + CAST(? AS INTEGER) <= c.entry AND "
            "c.entry <= o.observation_period_end_date)"
        )
        label = f"{phenotype.washout_days} days of observation before entry"
        steps.append((label, observed, (phenotype.washout_days,)))
    for rule in phenotype.inclusion:
        steps.append((rule.name, *_holds(rule, phenotype, sets)))
    for rule in phenotype.exclusion:
        text, bound = _holds(rule, phenotype, sets)
        steps.append((rule.name, f"NOT ({text})", bound))
    for i, (label, text, bound) in enumerate(steps, start=1):
        now = table(f"twin_step_{i}", f"SELECT c.* FROM {now} c WHERE {text}", bound)
        attrition.append((label, store.count(now)))
    if phenotype.outcome is None:
        found = store.query(f"SELECT person_id, entry FROM {now} ORDER BY person_id")
        return Cohort(phenotype, attrition, [(p, day, None) for p, day in found])
    text, bound = _holds(phenotype.outcome, phenotype, sets)
    members = store.query(f"SELECT c.person_id, c.entry, {text} FROM {now} c ORDER BY c.person_id", bound)
    attrition.append((phenotype.outcome.name, sum(bool(m[2]) for m in members)))
    return Cohort(phenotype, attrition, [(p, day, bool(hit)) for p, day, hit in members])


def _expanded(chosen: ConceptSet) -> tuple[str, tuple]:
    """The concepts of a set, itself and its descendants, without the excluded ones."""
    if not chosen.concepts:
        return "SELECT CAST(NULL AS BIGINT) AS concept_id WHERE 1 = 0", ()

    def listed(ids: list[int]) -> tuple[str, tuple]:
        marks = ", ".join("?" for _ in ids)
        # Stand-alone rows: a vocabulary subset may lack a concept's own ancestor row.
        own = " UNION ".join("SELECT CAST(? AS BIGINT) AS concept_id" for _ in ids)
        if not chosen.descendants:
            return own, tuple(ids)
        return (
            f"{own} UNION SELECT descendant_concept_id FROM concept_ancestor WHERE ancestor_concept_id IN ({marks})",
            (*ids, *ids),
        )

    text, values = listed(chosen.concepts)
    if chosen.exclude:
        less, more = listed(chosen.exclude)
        return f"SELECT * FROM ({text}) a EXCEPT SELECT * FROM ({less}) b", values + more
    return f"SELECT * FROM ({text}) a", values


def _entry(phenotype: Phenotype, sets: dict[str, str]) -> tuple[str, tuple]:
    parts: list[str] = []
    values: list[Any] = []
    for criterion in phenotype.entry.any:
        text, bound = _events(criterion, phenotype, sets)
        if criterion.at_least > 1:
            # The day on which the n-th distinct day of the event is reached.
            text = (
                "SELECT person_id, event_day FROM (SELECT person_id, event_day, row_number() OVER "
                f"(PARTITION BY person_id ORDER BY event_day) AS n FROM (SELECT DISTINCT person_id, "
                f"event_day FROM ({text}) e) d) r WHERE n = {criterion.at_least}"
            )
        parts.append(text)
        values.extend(bound)
    union = " UNION ALL ".join(parts)
    return (
        f"SELECT person_id, min(event_day) AS entry FROM ({union}) e "
        "WHERE person_id IN (SELECT person_id FROM person) GROUP BY person_id"
    ), tuple(values)


def _events(
    criterion: Criterion, phenotype: Phenotype, sets: dict[str, str], correlated: bool = False
) -> tuple[str, tuple]:
    """SELECT person_id, event_day of a criterion; `correlated` ties it to person c of the cohort."""
    table, stem = EVENTS[criterion.event]
    day = f"t.{DATES[criterion.event]}"
    where: list[str] = []
    values: list[Any] = []
    chosen = phenotype.sets[criterion.set]
    alternatives = []
    if chosen.concepts:
        alternatives.append(f"t.{stem}_concept_id IN (SELECT concept_id FROM {sets[criterion.set]})")
    for code in chosen.codes:
        alternatives.append(f"replace(t.{stem}_source_value, '.', '') LIKE ?")
        values.append(code.replace(".", "") + "%")
    where.append("(" + " OR ".join(alternatives) + ")")
    for bound, sign in ((criterion.min, ">="), (criterion.max, "<=")):
        if bound is not None:
            where.append(f"t.value_as_number {sign} ?")
            values.append(bound)
    if criterion.unit:
        where.append(f"t.unit_concept_id IN ({', '.join('?' for _ in criterion.unit)})")
        values.extend(criterion.unit)
    if criterion.visit:
        where.append(
            "EXISTS (SELECT 1 FROM visit_occurrence v WHERE v.person_id = t.person_id AND "
            f"v.visit_start_date <= {day} AND {day} <= coalesce(v.visit_end_date, v.visit_start_date) "
            f"AND v.visit_concept_id IN ({', '.join('?' for _ in criterion.visit)}))"
        )
        values.extend(criterion.visit)
    if correlated:
        where.append("t.person_id = c.person_id")
        for offset, sign in ((criterion.start, ">="), (criterion.end, "<=")):
            if offset is not None:
                where.append(f"{day} {sign} c.entry + CAST(? AS INTEGER)")
                values.append(offset)
    return (
        f"SELECT t.person_id, {day} AS event_day FROM {table} t WHERE {' AND '.join(where)}",
        tuple(values),
    )


def _holds(rule: Rule, phenotype: Phenotype, sets: dict[str, str]) -> tuple[str, tuple]:
    """A condition on a row c of the cohort."""
    parts: list[str] = []
    values: list[Any] = []
    options = []
    for criterion in rule.any:
        text, bound = _events(criterion, phenotype, sets, correlated=True)
        if criterion.at_least > 1:
            options.append(f"(SELECT count(DISTINCT event_day) FROM ({text}) e) >= ?")
            bound = (*bound, criterion.at_least)
        else:
            options.append(f"EXISTS ({text})")
        values.extend(bound)
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
    return " AND ".join(parts), tuple(values)
