"""Every correction keeps its promise; new files are found without wiring."""

import math
from typing import Any

import pytest

from twin_engine.errors import InputError
from vision_lib import corrections
from vision_lib.ability import compare, person

PEOPLE = (("-3.00 -1.25 x 20", 10.0), ("-3.00 -1.25 x 180", 25.0), ("+2.00 -0.50 x 90 add +2.50", 66.0))


def test_all_are_found() -> None:
    wanted = {"single-vision", "contact-lens", "bifocal", "progressive", "iol-monofocal",
              "iol-multifocal", "iol-edof", "laser", "ortho-k", "atropine", "dims", "hal",
              "dual-focus"}  # fmt: skip
    assert wanted <= set(corrections.names())


@pytest.mark.parametrize("name", corrections.names())
def test_promise(name: str) -> None:
    correction = corrections.load(name)
    assert correction.TITLE and len(correction.SOURCE) > 10
    assert isinstance(correction.STATISTICAL, bool)
    for rx, age in PEOPLE:
        who = person(rx, age, 4.0, aberrations={})
        before, after = compare(who, correction, (0.4, 0.8, 6.0), with_contrast=False)
        for seen in (*before, *after):
            assert math.isfinite(seen.acuity_logmar) and -0.5 < seen.acuity_logmar < 3.0
            assert seen.low_logmar < seen.acuity_logmar < seen.high_logmar
            assert 0.7 < seen.magnification < 1.3
        for fact in correction.facts(who):
            assert math.isfinite(fact.value) and fact.source
        assert correction.limits(who) and all(s.endswith(".") for s in correction.limits(who))


@pytest.mark.parametrize("name", corrections.names())
def test_far_is_no_worse_than_before(name: str) -> None:
    # Whatever it is for, a correction must not cost a myope far acuity.
    who = person("-3.00 -1.25 x 180", 12.0, 4.0, aberrations={})
    before, after = compare(who, corrections.load(name), (6.0,), with_contrast=False)
    assert after[0].acuity_logmar <= before[0].acuity_logmar + 1e-9


@pytest.mark.parametrize(("name", "options"), [
    ("magic", {}), ("dims", {"yeers": 1.0}), ("dims", {"years": "abc"}), ("dims", {"years": math.nan}),
    ("dims", {"TRIAL": "LAMP"}), ("iol-edof", {"toric": "maybe"}), ("iol-edof", {"toric": 3.0}),
    ("iol-edof", {"target_d": 99.0}), ("bifocal", {"add_d": -1.0}), ("ortho-k", {"decentration_mm": 1e9}),
    ("contact-lens", {"rotation_deg": 1e300}), ("progressive", {"gaze_x_mm": 1e6}),
    ("laser", {"procedure": "magic"}), ("atropine", {"percent": 1.0}), ("single", {"prescription": "abc"}),
])  # fmt: skip
def test_impossible_options_are_refused(name: str, options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        corrections.load(name, **options).compare(person("-3.00 DS", 12.0, 4.0, aberrations={}), 6.0)


@pytest.mark.parametrize("years", [99.0, -1.0, 0.0])
@pytest.mark.parametrize("name", ["dims", "hal", "dual-focus", "atropine"])
def test_no_trial_speaks_beyond_its_follow_up(name: str, years: float) -> None:
    with pytest.raises(InputError, match="follow-up"):
        corrections.load(name, years=years).compare(person("-3.00 DS", 12.0, 4.0, aberrations={}), 6.0)


@pytest.mark.parametrize("name", corrections.names())
def test_the_same_twice(name: str) -> None:
    who = person("-2.00 -0.75 x 45", 11.0, 5.0, aberrations={})
    first, again = (compare(who, corrections.load(name), (0.5,), False) for _ in range(2))
    assert first == again


@pytest.mark.parametrize("name", corrections.names())
def test_title_has_its_korean(name: str) -> None:
    from twin_engine.text import catalogue

    assert corrections.load(name).TITLE in catalogue()
