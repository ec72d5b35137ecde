"""Populations from published distributions: marginals, correlations, truncation, stability, bad input."""

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from scipy import stats

from avatars import copula, sample, spec
from avatars.distributions import AnyDistribution
from avatars.make import make
from avatars.spec import Spec
from twin_engine.errors import InputError
from twin_engine.strict import parse

NORMAL = {"kind": "normal", "mean": 50.0, "sd": 10.0}


def column(distribution: dict, unit: str = "1") -> dict:
    return {"unit": unit, "distribution": distribution, "basis": "published", "source": "a test"}


def specification(**parts) -> Spec:
    return parse(Spec, {"title": "test", "columns": {"a": column(NORMAL), "b": column(NORMAL)}} | parts, "test.yaml")


def correlated(rho: float) -> list[dict]:
    return [{"between": ["a", "b"], "rho": rho, "basis": "published", "source": "a test"}]


@pytest.mark.parametrize(
    ("distribution", "oracle"),
    [
        (NORMAL, stats.norm(50, 10)),
        (NORMAL | {"low": 45, "high": 70}, stats.truncnorm(-0.5, 2, 50, 10)),
        ({"kind": "log_normal", "median": 8.6, "log_sd": 0.52}, stats.lognorm(0.52, scale=8.6)),
        ({"kind": "beta", "mean": 0.3, "sd": 0.1}, stats.beta(6, 14)),
        ({"kind": "uniform", "low": 2, "high": 5}, stats.uniform(2, 3)),
        ({"kind": "binomial", "size": 2, "probability": 0.36}, stats.binom(2, 0.36)),
    ],
)
def test_quantiles_and_moments_equal_scipy(distribution, oracle):
    ours = TypeAdapter(AnyDistribution).validate_python(distribution)
    p = np.linspace(0.01, 0.99, 37)
    assert ours.quantile(stats.norm.ppf(p)) == pytest.approx(oracle.ppf(p), rel=1e-9)
    assert ours.moments == pytest.approx((oracle.mean(), oracle.std()), rel=2e-3)


def test_genotypes_are_in_hardy_weinberg_proportions():
    found = TypeAdapter(AnyDistribution).validate_python(
        {"kind": "genotype", "alleles": {"*1": 0.949, "*3": 0.051}, "joined": "/"}
    )
    expected = {"*1/*1": 0.949**2, "*1/*3": 2 * 0.949 * 0.051, "*3/*3": 0.051**2}
    assert found.shares == pytest.approx(expected)


def test_numbers_correlate_as_specified():
    # SE of a correlation .7 at n = 40,000 is (1 - .49) / 200 = .0026.
    people = sample.draw(specification(correlations=correlated(0.7)), 40_000, 3).population
    assert np.corrcoef(people["a"], people["b"])[0, 1] == pytest.approx(0.7, abs=0.01)


@given(st.floats(-0.95, 0.95))
def test_two_halves_correlate_as_sheppard_says(rho):
    # Sheppard WF, Phil Trans A 1899;192:101: two median splits of a bivariate normal correlate 2/pi asin(rho).
    halves = [np.tile([0, 0, 1, 1], 5), np.tile([0, 1, 0, 1], 5)]
    implied, _ = copula.score_correlations(halves, np.array([[1, rho], [rho, 1]]))
    exact = 2 / np.pi * np.arcsin(rho)
    assert implied[0, 1] == pytest.approx(exact, abs=2e-3 if abs(rho) < 0.8 else 0.03)


@pytest.mark.parametrize("rho", [-0.6, 0.0, 0.45, 0.8])
def test_the_correlation_behind_categories_is_found(rho):
    people = sample.draw(
        specification(
            columns={
                "a": column(NORMAL),
                "b": column({"kind": "categorical", "levels": {"u": 0.2, "v": 0.5, "w": 0.3}}, ""),
            },
            correlations=correlated(rho),
        ),
        40_000,
        5,
    ).population
    codes = [np.unique(people[name], return_inverse=True)[1] for name in ("a", "b")]
    assert copula.latent(codes)[0, 1] == pytest.approx(rho, abs=0.02)


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 8), st.integers(0, 2**32 - 1))
def test_the_nearest_matrix_is_a_correlation_matrix(d, seed):
    raw = np.random.default_rng(seed).uniform(-1, 1, (d, d))
    matrix = (raw + raw.T) / 2
    np.fill_diagonal(matrix, 1.0)
    fixed = copula.nearest(matrix)
    assert np.diag(fixed) == pytest.approx(np.ones(d))
    assert np.linalg.eigvalsh(fixed)[0] > 0 and np.abs(fixed).max() <= 1 + 1e-12
    assert copula.nearest(fixed) == pytest.approx(fixed, abs=1e-5)
    if np.linalg.eigvalsh(matrix)[0] > 1e-6:
        assert fixed == pytest.approx(matrix)
        factor = copula.check(matrix, [str(i) for i in range(d)], "test")
        assert factor @ factor.T == pytest.approx(matrix)
    elif np.linalg.eigvalsh(matrix)[0] < 0:
        with pytest.raises(InputError, match="contradict"):
            copula.check(matrix, [str(i) for i in range(d)], "test")


def test_more_persons_or_columns_never_change_earlier_ones():
    rule = [{"column": "a", "low": 55, "reason": "high a"}]
    few = sample.draw(specification(eligibility=rule), 50, 9).population
    many = sample.draw(specification(eligibility=rule), 500, 9).population
    wide = sample.draw(
        specification(eligibility=rule, columns={"a": column(NORMAL), "b": column(NORMAL), "c": column(NORMAL)}), 50, 9
    ).population
    for name in ("a", "b"):
        assert few[name].tolist() == many[name][:50].tolist() == wide[name].tolist()
    assert few["a"].tolist() != sample.draw(specification(eligibility=rule), 50, 10).population["a"].tolist()


def test_eligibility_truncates_the_joint_distribution():
    # P(a > 60) = 15.9 %; the mean of b given a > 60 is 50 + 10 rho phi(1) / (1 - Phi(1)).
    drawn = sample.draw(
        specification(correlations=correlated(0.5), eligibility=[{"column": "a", "low": 60, "reason": "high a"}]),
        20_000,
        1,
    )
    people = drawn.population
    assert people["a"].min() >= 60
    assert len(people) / drawn.attempts == pytest.approx(stats.norm.sf(1), abs=0.003)
    assert drawn.refused["high a"] == drawn.attempts - len(people)
    mills = stats.norm.pdf(1) / stats.norm.sf(1)
    assert people["b"].mean() == pytest.approx(50 + 5 * mills, abs=0.25)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"colums": {}}, "unknown key"),
        ({"columns": {"a": column(NORMAL) | {"mean": 3}}}, "unknown key"),
        ({"columns": {"a": column(NORMAL | {"sd": -1})}}, "a value is not acceptable"),
        ({"columns": {"a": column(NORMAL | {"mean": float("nan")})}}, "not a finite number"),
        ({"columns": {"a": column(NORMAL | {"low": 60, "high": 40})}}, "truncation leaves nothing"),
        ({"columns": {"a": column({"kind": "gamma"})}}, "a value is not acceptable"),
        ({"columns": {"a": {"unit": "1", "distribution": NORMAL, "basis": "published"}}}, "missing key"),
        ({"columns": {"a": column(NORMAL, "")}}, "wrong unit"),
        (
            {"columns": {"a": column({"kind": "categorical", "levels": {"x": 0.5, "y": 0.4}}, "")}},
            "shares do not add up to 1",
        ),
        (
            {"columns": {"a": column({"kind": "beta", "mean": 0.5, "sd": 0.6})}},
            "no beta distribution has this mean and SD",
        ),
        ({"columns": {}}, "neither distributions nor a table"),
        ({"table": {"source": "sklearn:diabetes"}}, "neither distributions nor a table"),
        ({"eligibility": [{"column": "z", "low": 1, "reason": "no such column"}]}, "missing column"),
        ({"correlations": [correlated(0.5)[0] | {"between": ["a", "a"]}]}, "a column correlates with itself"),
        ({"correlations": correlated(1.5)}, "a value is not acceptable"),
        ({"columns": [1]}, "a value is not acceptable"),
    ],
)
def test_a_wrong_specification_is_one_clear_error(change, what):
    with pytest.raises(InputError) as caught:
        specification(**change)
    assert caught.value.what == what
    assert caught.value.where.startswith("test.yaml") and caught.value.cure


def test_an_unknown_key_names_the_nearest():
    with pytest.raises(InputError) as caught:
        specification(columns={"a": {"units": "1", "distribution": NORMAL, "basis": "published", "source": "x y"}})
    assert caught.value.cure == "did you mean unit?"


def test_contradicting_correlations_are_refused_with_a_cure():
    both = {"a": column(NORMAL), "b": column(NORMAL), "c": column(NORMAL)}
    pairs = [correlated(r)[0] | {"between": p} for p, r in ((["a", "b"], 0.9), (["b", "c"], 0.9), (["a", "c"], -0.9))]
    with pytest.raises(InputError) as caught:
        sample.draw(specification(columns=both, correlations=pairs), 5, 1)
    assert caught.value.what == "the correlations contradict each other" and "weaken" in caught.value.cure


def test_eligibility_that_nobody_meets_is_refused():
    with pytest.raises(InputError) as caught:
        sample.draw(specification(eligibility=[{"column": "a", "low": 500, "reason": "far too high"}]), 20, 1)
    assert caught.value.what == "nobody meets the eligibility" and caught.value.value == "far too high"


@pytest.mark.parametrize("n", [0, -5])
def test_no_persons_are_refused(n):
    with pytest.raises(InputError, match="no persons"):
        sample.draw(specification(), n, 1)


def test_an_implausible_distribution_is_refused_with_its_column():
    with pytest.raises(InputError) as caught:
        sample.draw(specification(columns={"age_y": column({"kind": "normal", "mean": 600, "sd": 1}, "y")}), 5, 1)
    assert caught.value.what == "implausible value" and "age_y" in caught.value.where


@pytest.mark.parametrize("name", spec.shipped())
def test_every_shipped_specification_meets_its_gates(name):
    loaded = spec.load(name)
    if loaded.table is not None:
        pytest.skip("learnt from a table: see test_fidelity.py")
    made = make(name, 500, 1)
    assert made.fidelity is not None and made.fidelity.gates_passed
    assert {origin.kind for origin in made.population.provenance.values()} <= {"sampled", "assumed"}


MODELS = {
    "warfarin-europe": "warfarin",
    "warfarin-usa": "warfarin",
    "warfarin-korea": "warfarin",
    "warfarin-han": "warfarin",
    "glucose-healthy": "glucose",
    "glucose-type2": "glucose",
    "docetaxel": "docetaxel",
    "alzheimer": "cognition",
    "stroke": "stroke",
    "hypertension": "blood_pressure",
    "ovarian": "ovarian",
}


@pytest.mark.parametrize("name", MODELS)
def test_a_shipped_population_is_what_its_twin_asks_for(name):
    from twin_engine.model import load
    from twin_engine.persons import parameter_rows

    model = load(MODELS[name])
    people = make(name, 2000, 1, judged=False).population
    rows = {key for found in model.sets.values() for key in found.parameters}
    known = [c for c in people.columns if c in model.covariates or c in model.params or c in rows]
    assert len(known) >= 2
    assert np.isfinite(parameter_rows(model, {c: people[c] for c in known}, len(people))).all()
    for c in known:
        if c in model.covariates and not model.covariates[c].levels:
            assert model.covariates[c].low <= people[c].min() <= people[c].max() <= model.covariates[c].high


def test_swedish_genotypes_are_those_of_hamberg():
    # Hamberg 2010: VKORC1 GG/GA/AA .365/.485/.15; SE at n = 40,000 below .0025.
    people = make("warfarin-europe", 40_000, 1, judged=False).population
    shares = [np.mean(people["vkorc1"] == g) for g in ("GG", "GA", "AA")]
    assert shares == pytest.approx([0.365, 0.485, 0.15], abs=0.01)
    assert np.mean(people["cyp2c9"] == "*1/*1") == pytest.approx(0.661, abs=0.01)


def test_han_cohort_is_that_of_xia():
    # Xia 2024: AA 80.3 %, *1/*3 5.7 %, age 54.7 ± 12.5, weight 59.7 ± 11.6. The twin's bounds (from 18 y, 30 kg)
    # cut .2 and .5 %: a truncated normal with those bounds has mean 54.8, SD 12.3, and mean 59.9, SD 11.4.
    people = make("warfarin-han", 40_000, 1, judged=False).population
    assert np.mean(people["vkorc1"] == "AA") == pytest.approx(0.803, abs=0.01)
    assert np.mean(people["cyp2c9"] == "*1/*3") == pytest.approx(0.057, abs=0.005)
    assert (people["age_y"].mean(), people["age_y"].std()) == pytest.approx((54.8, 12.3), abs=0.2)
    assert (people["weight_kg"].mean(), people["weight_kg"].std()) == pytest.approx((59.9, 11.4), abs=0.2)


def test_american_carriers_are_those_of_limdi():
    # Limdi 2015, Table 1: VKORC1 minor allele in 18.5 % of Black and 60.2 % of other persons; *2 4.9 and 25.6 %.
    people = make("warfarin-usa", 60_000, 1, judged=False).population
    black = people["race"] == "black"
    assert black.mean() == pytest.approx(0.27, abs=0.01)
    for group, vkorc1, star2 in ((black, 0.185, 0.049), (~black, 0.602, 0.256)):
        assert np.mean(people["vkorc1"][group] != "GG") == pytest.approx(vkorc1, abs=0.01)
        assert np.mean(np.char.find(people["cyp2c9"][group], "*2") >= 0) == pytest.approx(star2, abs=0.01)


def test_alzheimer_effects_covary_as_published():
    # Conrado 2014: variances .156 and .0413, covariance .0224 between persons (the cut at 70 points takes .3 %).
    people = make("alzheimer", 60_000, 1, judged=False).population
    found = np.cov(people["baseline_effect"], people["rate_effect"])
    assert found[[0, 1, 0], [0, 1, 1]] == pytest.approx([0.156, 0.0413, 0.0224], rel=0.05)
    assert people["apoe4"].mean() == pytest.approx(0.72, abs=0.01)


def test_stroke_starts_where_van_der_vliet_starts():
    # The published model (weights, FM0, residual SD 3.85, scores clipped to 0-66) gives a mean score of 18.7 at
    # onset; clipping lifts it above the mean of FM0.
    people = make("stroke", 60_000, 1, judged=False).population
    error = np.random.default_rng(1).normal(0, 3.85, len(people))
    assert np.clip(people["fm0"] + error, 0, 66).mean() == pytest.approx(18.7, abs=0.2)
    assert [np.mean(people["group"] == str(k)) for k in range(1, 6)] == pytest.approx(
        [0.2674, 0.1395, 0.1118, 0.1783, 0.3031], abs=0.01)  # fmt: skip


def test_children_of_lamp_are_eligible():
    people = make("myopia-children", 5000, 1, judged=False).population
    assert people["se_d"].max() <= -1.0 and 4 <= people["age_y"].min() <= people["age_y"].max() <= 13


def test_shipped_files_say_published_or_assumption_for_every_number():
    for name in spec.shipped():
        data = yaml.safe_load(spec.find(name).read_text(encoding="utf-8"))
        assert data["title"] and data["about"], name
