"""The trial in calendar time: arrivals, windows, dropout, the order of events."""

from collections import Counter

import numpy as np
import pytest

from tests.trials.designs import design, diabetes, warfarin
from trials.conduct import Log, conduct
from trials.design import Design
from trials.population import build
from trials.results import gather
from trials.twins import Course, live, treatments


def conducted(data: dict, seed: int = 1) -> tuple[Design, list[Course], Log]:
    d = design(data)
    pool = build(d, seed)
    courses = [live(d, pool.people, t, seed) for t in treatments(d)]
    return d, courses, conduct(d, pool.people, courses, seed)


def test_events_are_in_order_and_everyone_ends() -> None:
    d, _, log = conducted(diabetes())
    days = [event.day for event in log.events]
    assert days == sorted(days)
    assert len(log.randomised()) == d.enrolment.persons
    assert {s.status for s in log.subjects} <= {"completed", "dropped out", "excluded"}


def test_nobody_is_randomised_before_the_site_opens_or_screening_ends() -> None:
    d, _, log = conducted(diabetes())
    opens = {site.name: site.opens for site in d.enrolment.sites}
    for s in log.randomised():
        assert s.screened_day >= opens[s.site]
        assert s.randomised_day == pytest.approx(s.screened_day + d.enrolment.screening)


def test_visits_stay_in_their_window() -> None:
    d, courses, _ = conducted(diabetes())
    off = courses[0].day - np.array(d.visits.days)
    assert np.abs(off).max() <= d.visits.window
    assert (courses[0].day == np.round(courses[0].day)).all()


def test_arrivals_are_poisson() -> None:
    """Mean and variance of the gaps between arrivals at one site: exponential with its rate."""
    data = diabetes()
    data["enrolment"] = data["enrolment"] | {"sites": [{"name": "One", "persons_per_week": 7}]}
    _, _, log = conducted(data)
    gaps = np.diff([s.screened_day for s in log.subjects])
    n = len(gaps)
    assert gaps.mean() == pytest.approx(1.0, abs=4 / np.sqrt(n))
    assert gaps.std() == pytest.approx(1.0, abs=4 / np.sqrt(n / 2))


def test_dropout_is_the_yearly_probability() -> None:
    data = warfarin(persons=1000, pool=1000)
    data |= {"conduct": {"dropout_per_year": 0.9}, "twin": {"model": "record", "outcome": "age_y", "unit": "y"}}
    data |= {"visits": {"days": ["0 d", "365.25 d"]}, "secondary": [], "published": [],
             "primary": {"name": "age", "kind": "value", "day": "365.25 d", "unit": "y", "better": "lower"},
             "arms": [{"name": "A", "treatment": "usual_care", "control": True},
                      {"name": "B", "treatment": "usual_care"}]}  # fmt: skip
    data["enrolment"] = data["enrolment"] | {"refuses": 0}
    _, _, log = conducted(data)
    left = np.mean([s.status == "dropped out" for s in log.randomised()])
    assert left == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / 1000))


def test_the_excluded_have_their_reason_and_no_arm() -> None:
    data = diabetes()
    data["enrolment"] = data["enrolment"] | {
        "persons": 60, "refuses": 0.3,
        "eligibility": [{"column": "age_y", "low": 40, "reason": "too young"}],
    }  # fmt: skip
    _, _, log = conducted(data)
    reasons = Counter(s.reason for s in log.subjects if s.status == "excluded")
    assert reasons["too young"] > 0 and reasons["declined"] > 0
    assert all(s.arm == -1 for s in log.subjects if s.status == "excluded")


def test_nothing_after_dropout_reaches_the_analysis() -> None:
    data = warfarin(conduct={"dropout_per_year": 0.999})
    d, courses, log = conducted(data)
    results = gather(d, build(d, 1).people, courses, log)
    seen = [s.visits for s in log.randomised() if s.status == "dropped out"]
    assert seen
    potential = results.potential[d.primary.name]
    changed = [
        results.observed[d.primary.name][i] != potential[a, r]
        for i, (a, r) in enumerate(zip(results.arm, results.row, strict=True))
        if np.isfinite(results.until[i])
    ]
    assert any(changed)


def test_the_truth_of_an_added_effect_is_the_effect() -> None:
    d, courses, log = conducted(diabetes())
    results = gather(d, build(d, 1).people, courses, log)
    assert results.truth(d.primary, 1)[0] == pytest.approx(-30.0)
