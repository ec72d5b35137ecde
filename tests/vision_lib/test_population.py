"""The Korean sampler against published prevalences, and the population library."""

from pathlib import Path

import numpy as np
import pytest

from twin_engine.errors import InputError
from vision_lib import ability, population, population_library, prevalence
from vision_lib.accommodation import Accommodation
from vision_lib.population_library import DISTANCES_M


@pytest.fixture(scope="module")
def koreans() -> population.Koreans:
    return population.sample(33_000, seed=1)


def test_published_prevalences_within_one_point(
    koreans: population.Koreans, capsys: pytest.CaptureFixture[str]
) -> None:
    # Rim 2016 (myopia and high myopia held out of the fit) and Kim 2013.
    rows = [r for r in population.check(koreans) if r["use"] != "kim2013 only"]
    with capsys.disabled():
        print()
        for r in rows:
            ages = f"{r['age_low_y']}-{r['age_high_y']}"
            print(f"  {r['study']} {r['quantity']:16} {ages:6} published {r['published_percent']:5.1f}"
                  f"  sampled {r['sampled_percent']:6.2f} %  {r['use']}")  # fmt: skip
    assert {r["use"] for r in rows} == {"fit", "held out"}
    for r in rows:
        assert abs(r["sampled_percent"] - r["published_percent"]) < 1.0, r


@pytest.mark.parametrize(("quantity", "low", "high", "percent"), [
    ("myopia", 5, 99, 51.9), ("high myopia", 5, 99, 5.0), ("hyperopia", 5, 99, 13.4),
    ("myopia", 20, 99, 48.1), ("myopia", 20, 29, 78.9), ("myopia", 60, 69, 16.1),
    ("myopia", 5, 11, 50.0), ("myopia", 12, 18, 78.8),
])  # fmt: skip
def test_the_distribution_itself(quantity: str, low: int, high: int, percent: float) -> None:
    assert prevalence.prevalence(quantity, low, high) == pytest.approx(percent, abs=0.5)


@pytest.mark.parametrize(("quantity", "low", "high", "percent"), [
    ("myopia", 20, 99, 48.1), ("myopia", 20, 29, 78.9), ("myopia", 60, 69, 16.1), ("myopia", 40, 99, 34.7),
    ("high myopia", 20, 99, 4.0), ("hyperopia", 20, 99, 24.2),
])  # fmt: skip
def test_the_adults_of_kim(quantity: str, low: int, high: int, percent: float) -> None:
    # Kim 2013, PLoS ONE 8:e80361, over the ages of its own participants.
    assert prevalence.prevalence(quantity, low, high, prevalence.KIM) == pytest.approx(percent, abs=1.0)


def test_ages_of_kim_by_refraction() -> None:
    # Kim 2013, table 1: 41.0 (13.4) years in myopia, 63.3 (10.9) in hyperopia, 48.6 (15.7) in all.
    people = population.sample(33_000, seed=1, population=prevalence.KIM)
    se = people.spherical_equivalent_d
    for chosen, mean, sd in ((se < -0.5, 41.0, 13.4), (se > 0.5, 63.3, 10.9), (se < 99, 48.6, 15.7)):
        assert people.age_y[chosen].mean() == pytest.approx(mean, abs=0.5)
        assert people.age_y[chosen].std() == pytest.approx(sd, abs=0.5)


@pytest.mark.parametrize(("low", "high", "percent"), [
    (60, 69, 16.1), (40, 99, 34.7),
    pytest.param(20, 29, 78.9, marks=pytest.mark.xfail(
        strict=True, reason="the youngest group is beyond the others' ages: 80.8 % foretold for 78.9 %")),
])  # fmt: skip
def test_a_group_left_out_is_foretold_within_one_point(
    low: int, high: int, percent: float, capsys: pytest.CaptureFixture[str]
) -> None:
    # Kim 2013 again: each age group in turn, from that study's other figures.
    left_out = prevalence.prevalence("myopia", low, high, prevalence.KIM, without=(low, high))
    with capsys.disabled():
        print(f"\n  Kim 2013 myopia {low}-{high}: published {percent}, foretold {left_out:.2f} % when left out")
    assert left_out == pytest.approx(percent, abs=1.0)


def test_decades_of_another_analysis() -> None:
    # Lee 2014 (the same survey, other limits and years): 55.6 and 31.0 %; Kim's curve never saw them.
    assert prevalence.prevalence("myopia", 40, 49, prevalence.KIM) == pytest.approx(55.6, abs=1.5)
    assert prevalence.prevalence("myopia", 50, 59, prevalence.KIM) == pytest.approx(31.0, abs=1.5)


def test_shape_follows_the_abstract() -> None:
    # Rim 2016: hyperopia falls to 39 years, then rises; astigmatism rises gradually.
    share = [prevalence.prevalence("hyperopia", a, a + 9) for a in (5, 20, 30, 40, 50, 60)]
    assert share[1] < share[0] and share[2] < share[3] < share[4] < share[5]
    people = population.sample(20_000, seed=3)
    beyond = [np.mean(people.cylinder_d[(people.age_y >= a) & (people.age_y < a + 20)] < -1) for a in (5, 25, 45, 65)]
    assert beyond == sorted(beyond)


def test_persons_keep_their_values_for_any_number(koreans: population.Koreans) -> None:
    few = population.sample(100, seed=1)
    assert np.array_equal(few.sphere_d, koreans.sphere_d[:100])
    assert not np.array_equal(few.sphere_d, population.sample(100, seed=2).sphere_d)


def test_library_equals_one_person_at_a_time() -> None:
    people = population.sample(12, seed=5)
    made = population_library.build(people)
    for i in range(len(people)):
        from vision_lib.refraction import Refraction

        lens = Refraction(people.sphere_d[i], people.cylinder_d[i], people.axis_deg[i])
        eye = Accommodation(float(people.amplitude_d[i]), lag_slope=0.12)
        best = float(people.best_logmar[i])
        who = ability.person(lens, float(people.age_y[i]), 4.0, eye, aberrations={}, best_logmar=best)
        for d in DISTANCES_M:
            seen = ability.look(who, ability.uncorrected(who, d), with_contrast=False).acuity_logmar
            assert made.at(d)[i] == pytest.approx(seen, abs=1e-9)


def test_library_answers(tmp_path: Path, koreans: population.Koreans) -> None:
    made = population_library.build(koreans)
    young, old = made.find(age_y=(20, 29)), made.find(age_y=(60, 69))
    assert len(young) > 3000 and len(old) > 2000
    able = [group.share_able("newsprint", True)["share_resolving"] for group in (old, young)]
    assert able[0] < 0.2 < able[1]
    myopes = made.find(se_d=(-6.0, -3.0))
    assert myopes.summary(6.0)["acuity_median_logmar"] > 0.9 > myopes.summary(6.0, True)["acuity_median_logmar"]
    small = made.find(age_y=(30, 30))
    again = population_library.read(population_library.write(tmp_path / "p.csv", small))
    assert again.at(0.5) == pytest.approx(small.at(0.5), abs=1e-4)


@pytest.mark.parametrize("call", [
    lambda: population.sample(0), lambda: population.sample(-3), lambda: population.sample(9, population="mars"),
    lambda: population_library.build(population.sample(3)).at(0.05),
    lambda: population_library.build(population.sample(3)).share_able("sewing"),
])  # fmt: skip
def test_bad_input(call: object) -> None:
    with pytest.raises(InputError):
        call()  # type: ignore[operator]
