"""The vectorised path equals the SimPy reference event by event; looks see only what is known."""

from dataclasses import replace

import numpy as np
import pytest

from avatars.avatar import Provenance
from avatars.population import Population
from trials.conduct import Event, Log, conduct
from trials.design import Design
from trials.looks import Rule, decide, locks, sample
from trials.parts import parse
from trials.replicates import DECLINED, FULL, Happened, Prepared, events_seen, happen, observed, prepare
from trials.results import gather, rows_of
from trials.survival_shard import survival_shard
from trials.treatment import make
from trials.twins import Course, live
from twin_engine.streams import uniforms

N = 300


def people(n: int = N) -> Population:
    """Persons with an outcome, an age and a sex."""
    rng = np.random.default_rng(4)
    columns = {"outcome": rng.normal(50, 10, n), "age_y": rng.uniform(20, 90, n),
               "days": rng.exponential(250, n), "sex": rng.choice(["female", "male"], n)}  # fmt: skip
    units = {"outcome": "points", "age_y": "y", "days": "d", "sex": ""}
    return Population(np.arange(n), columns, units, {c: Provenance("assumed", "test") for c in columns})


def design(**changes) -> Design:
    base = {
        "title": "t", "question": "q", "population": {"source": "sklearn:diabetes", "persons": N},
        "twin": {"model": "record", "outcome": "outcome", "unit": "points"},
        "arms": [{"name": "A", "treatment": "usual_care", "control": True},
                 {"name": "B", "treatment": "added_effect",
                  "settings": {"effect": -4.0, "source": "assumption: test"}}],
        "randomisation": {"kind": "permuted_block", "blocks": [2, 4], "strata": ["sex"], "by_site": True},
        "enrolment": {"persons": 60, "screening": "7 d", "refuses": 0.1,
                      "sites": [{"name": "S1", "persons_per_week": 4},
                                {"name": "S2", "persons_per_week": 3, "opens": "3 wk"}],
                      "eligibility": [{"column": "age_y", "low": 30, "reason": "too young"},
                                      {"column": "age_y", "high": 80, "reason": "too old"}]},
        "visits": {"days": ["0 d", "30 d", "90 d"], "window": "3 d", "missed": 0.1},
        "conduct": {"dropout_per_year": 0.4},
        "primary": {"name": "outcome", "kind": "value", "day": "90 d", "unit": "points", "better": "lower"},
    }  # fmt: skip
    return parse(Design, base | changes, "test")


TIMES = {
    "twin": {"model": "record", "outcome": "days", "unit": "d"},
    "primary": {"name": "death", "kind": "time_to_event", "day": "85 d", "unit": "d", "better": "higher"},
    "analysis": {"method": "survival"},
}


def ready(plan: Design) -> Prepared:
    pool = people()
    courses = [live(plan, pool, make(a.treatment, a.settings, "arm"), 1) for a in plan.arms]
    return prepare(plan, pool, courses)


def reference(prepared: Prepared, seed: int, replicate: int, places: int) -> tuple[Log, Population, list]:
    """The SimPy conduct on the persons that the replicate draws."""
    ids = np.arange(places)
    row = (uniforms(seed, replicate, ids, "who arrives", 1)[:, 0] * N).astype(int)
    pool = people()
    who = Population(ids, {k: v[row] for k, v in pool.columns.items()}, pool.units, pool.provenance)
    courses = [rows_of(c, row) for c in prepared.courses]
    return conduct(prepared.design, who, courses, seed, replicate), who, courses


def story(prepared: Prepared, h: Happened) -> list[Event]:
    """Everything that happened in a replicate, as the reference logs it."""
    plan, events = prepared.design, []
    names = [s.name for s in plan.enrolment.sites]
    rules = [r.reason for r in plan.enrolment.eligibility]
    words = {DECLINED: "declined", FULL: "trial full"}
    for i, (day, site, reason) in enumerate(zip(h.arrival, h.site, h.reason, strict=True)):
        events.append(Event(day, i, names[site], "screened"))
        if reason != -1:
            text = rules[reason] if reason >= 0 else words[int(reason)]
            events.append(Event(day + plan.enrolment.screening, i, names[site], "excluded", text))
    ends = prepared.ends[h.arm, h.row[h.who]]
    for k, i in enumerate(h.who):
        site, start, course = names[h.site[i]], h.start[k], prepared.courses[h.arm[k]]
        events.append(Event(start, int(i), site, "randomised", plan.arms[h.arm[k]].name))
        row, last = h.row[i], min(h.until[k], ends[k])
        for visit, day in enumerate(course.day[row]):
            if day <= last:
                kind = "visit" if course.attended[row, visit] else "missed visit"
                events.append(Event(start + day, int(i), site, kind, str(visit)))
        final = "dropped out" if np.isfinite(h.until[k]) else (
            "event" if ends[k] < np.nanmax(course.day[row]) else "completed")  # fmt: skip
        events.append(Event(start + last, int(i), site, final))
    return events


KINDS = [
    {},
    {"randomisation": {"kind": "minimisation", "strata": ["sex"], "by_site": True}},
    {"randomisation": {"kind": "simple"}},
    {"randomisation": {"kind": "biased_coin", "probability": 0.7}},
    TIMES,
    {"randomisation": {"kind": "response_adaptive"}},
]


@pytest.mark.parametrize("changes", KINDS, 
                         ids=["blocks", "minimisation", "simple", "coin", "time to event", "adaptive"])  # fmt: skip
def test_equal_to_the_reference_event_by_event(changes: dict) -> None:
    prepared = ready(design(**changes))
    for replicate in range(4):
        h = happen(prepared, 7, replicate)
        log, who, courses = reference(prepared, 7, replicate, len(h.arrival) + 30)
        key = lambda e: (e.person, round(e.day, 6), e.kind, e.detail)  # noqa: E731
        ours, theirs = sorted(story(prepared, h), key=key), sorted(log.events, key=key)
        assert [(e.person, e.site, e.kind, e.detail) for e in ours] == [
            (e.person, e.site, e.kind, e.detail) for e in theirs]  # fmt: skip
        np.testing.assert_allclose([e.day for e in ours], [e.day for e in theirs], rtol=1e-12)
        results = gather(prepared.design, who, courses, log)
        np.testing.assert_array_equal(results.arm, h.arm)
        name = prepared.design.primary.name
        np.testing.assert_allclose(observed(prepared, h), results.observed[name], rtol=1e-12)
        if name in results.event:
            np.testing.assert_array_equal(events_seen(prepared, h), results.event[name])


@pytest.mark.parametrize("changes", [
    {}, {"randomisation": {"kind": "minimisation", "strata": ["sex"], "by_site": True}},
    {"randomisation": {"kind": "simple"}},
], ids=["blocks", "minimisation", "simple"])  # fmt: skip
def test_the_survival_kernel_equals_the_readable_path(changes: dict) -> None:
    prepared = ready(design(**(TIMES | changes)))
    rule = Rule(np.array([0.5, 1.0]), np.array([1.2, 1.1]), np.array([-0.5, -np.inf]), 2, 14, 0.05)
    rows = survival_shard(prepared, rule, 1, 9, 3, 25)
    for i in range(25):
        verdict = decide(prepared, happen(prepared, 9, 3 + i), rule, 1)
        for name, value in vars(verdict).items():
            assert rows[name][i] == pytest.approx(value, rel=1e-9, nan_ok=True), (i, name)


def test_one_more_patient_changes_nobody_before() -> None:
    small, large = ready(design()), ready(design(enrolment=design().enrolment.model_dump() | {
        "persons": 61, "screening": "7 d",
        "sites": [{"name": "S1", "persons_per_week": 4}, {"name": "S2", "persons_per_week": 3, "opens": "3 wk"}],
    }))  # fmt: skip
    a, b = happen(small, 3, 0), happen(large, 3, 0)
    assert len(b.who) == len(a.who) + 1
    for name in ("who", "start", "arm", "until"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name)[:60])
    np.testing.assert_array_equal(observed(small, a), observed(large, b)[:60])


@pytest.mark.parametrize("changes", [{}, TIMES], ids=["value", "time to event"])
def test_a_look_sees_only_what_is_known_at_its_lock(changes: dict) -> None:
    prepared = ready(design(**changes))
    none = np.full(2, -np.inf)
    rule = Rule(np.array([0.5, 1.0]), np.array([2.9, 2.0]), none, 2, 14 if changes else 0, 0.05)
    for replicate in range(5):
        h = happen(prepared, 5, replicate)
        day = locks(prepared, h, rule)[0]
        before = sample(prepared, h, day, 1)
        # Whatever comes after the lock may turn out otherwise: the look must not notice.
        row = h.row[h.who]
        known = h.start + prepared.complete[h.arm, row] <= day
        safe = np.zeros(N, bool)
        safe[row[~known]] = True
        safe[row[known]] = False
        shift = prepared.potential + np.where(safe, 1e3, 0.0)
        if changes:
            courses = [replace(c, value=np.where(safe[:, None], c.value + 1e3, c.value))
                       for c in prepared.courses]  # fmt: skip
            other = replace(prepared, potential=shift, courses=courses)
        else:
            other = replace(prepared, potential=shift)
        assert safe.any()
        after = sample(other, h, day, 1)
        np.testing.assert_array_equal(before.y, after.y)
        np.testing.assert_array_equal(before.event, after.event)
        assert locks(other, h, rule)[0] == day


def test_the_last_look_holds_everything() -> None:
    prepared = ready(design())
    h = happen(prepared, 1, 0)
    rule = Rule(np.ones(1), np.array([1.96]), np.full(1, -np.inf), 2, 0, 0.05)
    held = sample(prepared, h, float(locks(prepared, h, rule)[-1]), 1)
    everything = observed(prepared, h)
    np.testing.assert_array_equal(np.sort(held.y), np.sort(everything[np.isfinite(everything)]))
    assert decide(prepared, h, rule, 1).persons == 60


def test_courses_are_what_the_arms_do() -> None:
    prepared = ready(design())
    np.testing.assert_allclose(prepared.potential[1] - prepared.potential[0], -4.0)
    null = prepared.null()
    np.testing.assert_array_equal(null.potential[1], prepared.potential[0])
    assert all(isinstance(c, Course) for c in null.courses)


@pytest.mark.parametrize("kind", ["time_in_range", "ever_above", "ever_below", "change"])
def test_endpoints_of_those_who_left_equal_the_reference(kind: str) -> None:
    plan = design(conduct={"dropout_per_year": 0.9}, primary={
        "name": "outcome", "kind": kind, "day": "90 d", "low": 48.0, "high": 55.0, "unit": "points",
        "better": "lower"})  # fmt: skip
    base = ready(plan)
    walk = np.random.default_rng(8).normal(50, 6, (N, 3))
    courses = [replace(c, value=np.where(c.attended, walk - a, np.nan)) for a, c in enumerate(base.courses)]
    prepared = prepare(plan, people(), courses)
    for replicate in range(3):
        h = happen(prepared, 7, replicate)
        log, who, mine = reference(prepared, 7, replicate, len(h.arrival) + 30)
        results = gather(plan, who, mine, log)
        assert np.isfinite(h.until).any()
        np.testing.assert_allclose(observed(prepared, h), results.observed["outcome"], rtol=1e-12)
