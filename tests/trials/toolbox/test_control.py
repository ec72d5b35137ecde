"""Borrowed controls: published priors, type I error against drift, tipping points, refusal."""

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from trials.analysis.kernels.linear import least_squares
from trials.control.external import METHODS
from trials.control.external import analyse as external
from trials.control.external import drift_curve as external_curve
from trials.control.hybrid import (
    analyse as hybrid,
)  # fmt: skip
from trials.control.hybrid import (
    beta_power_prior,
    drift_curve,
    map_prior,
    posterior,
    power_prior,
    predictive,
    rejection,
)
from trials.control.prognostic import theory
from trials.control.tipping import tipping_point
from trials.parts import parse
from trials.spec.control import ExternalControl, HybridControl
from twin_engine.errors import InputError

MEANS, ERRORS = np.array([0.1, 0.3, 0.5]), np.array([0.2, 0.2, 0.25])


def test_power_prior_scales_information() -> None:
    # Ibrahim & Chen 2000: beta(1,1), 15 of 50, a0 = .5 -> beta(8.5, 18.5)
    assert beta_power_prior(15, 50, 0.5) == (8.5, 18.5)
    full, half = power_prior(MEANS, ERRORS, 1.0), power_prior(MEANS, ERRORS, 0.5)
    assert half.means[0] == pytest.approx(full.means[0])
    assert half.sds[0] ** 2 == pytest.approx(2 * full.sds[0] ** 2)


def test_meta_analytic_predictive_prior() -> None:
    # y .1 .3 .5, s .2 .2 .25, tau .2 known: .28421, SD .26224 (normal-normal model, closed form)
    assert predictive(MEANS, ERRORS, 0.2) == pytest.approx((0.28421, 0.26224), abs=5e-6)


def test_no_borrowing_is_the_plain_test() -> None:
    none = power_prior(MEANS, ERRORS, 0.0)
    for drift in (-1.0, 0.0, 2.0):
        assert rejection(none, drift, 0.0, 0.3, 0.2, 0.2, 0.05) == pytest.approx(0.05, abs=1e-4)


def test_type_one_error_rises_with_drift_by_the_closed_form() -> None:
    prior = power_prior(MEANS, ERRORS, 0.5)
    m, v = prior.means[0], prior.sds[0] ** 2
    s2 = 0.3**2
    w = v / (v + s2)  # weight of the trial's own controls
    post = np.sqrt(v * s2 / (v + s2) + s2)
    for row in drift_curve(prior, 1.0, 0.3, 0.3, points=5):
        centre = -(1 - w) * row["drift"]
        sd = np.sqrt(s2 + w**2 * s2)
        z = norm.isf(0.025) * post
        exact = norm.cdf((-z - centre) / sd) + norm.sf((z - centre) / sd)
        assert row["type_i_error"] == pytest.approx(exact, abs=1e-6)
    assert m == pytest.approx(float(prior.means[0]))


def test_robust_mixture_lets_go_of_a_prior_that_is_wrong() -> None:
    robust = map_prior(MEANS, ERRORS, 0.1, 0.3, 2.0)
    stubborn = map_prior(MEANS, ERRORS, 0.1, 0.0001, 2.0)
    far = 3.0
    a, b = (drift_curve(p, far, 0.2, 0.2, points=3)[-1]["type_i_error"] for p in (robust, stubborn))
    assert a < b
    weight = posterior(robust, robust.means[0] + far, 0.2).weights[0, 1]
    assert weight > 0.95


def test_hybrid_result_carries_curve_and_tipping_point() -> None:
    prior = power_prior(MEANS, ERRORS, 0.5)
    made = hybrid(prior, (1.1, 0.2), (0.3, 0.2), 2.0)
    assert made["information_ratio"] > 1.5
    assert len(made["drift"]) == 21
    shift = made["tipping_point"]
    moved = power_prior(MEANS + shift, ERRORS, 0.5)
    again = hybrid(moved, (1.1, 0.2), (0.3, 0.2), 2.0)
    assert again["ci_low"] == pytest.approx(0.0, abs=1e-5)


def confounded(seed: int, n: int = 150, m: int = 400, effect: float = 0.0):
    """Trial persons are older; age moves the outcome: without adjustment the effect is wrong."""
    rng = np.random.default_rng(seed)
    treated = np.repeat([1, 0], [n, m])
    age = rng.normal(60, 8, n + m) + 5 * treated
    sex = (rng.random(n + m) < 0.5).astype(float)
    y = 0.2 * (age - 60) + sex + effect * treated + rng.normal(0, 1.5, n + m)
    return y, treated, np.column_stack([age, sex])


@pytest.mark.parametrize("kind", list(METHODS))
def test_adjustment_removes_measured_confounding(kind: str) -> None:
    made = [METHODS[kind](*confounded(seed, effect=0.7)) for seed in range(80)]
    estimates = np.array([c.estimate for c in made])
    plain = np.mean([y[t == 1].mean() - y[t == 0].mean() for y, t, _ in map(confounded, range(20))])
    assert plain > 0.7
    assert estimates.mean() == pytest.approx(0.7, abs=4 * estimates.std() / np.sqrt(80) + 0.05)
    assert np.mean([c.standard_error for c in made]) == pytest.approx(estimates.std(), rel=0.35)


@pytest.mark.parametrize("kind", list(METHODS))
def test_drift_goes_into_the_estimate_one_to_one(kind: str) -> None:
    y, treated, x = confounded(3)
    base = METHODS[kind](y, treated, x)
    moved = METHODS[kind](y + 0.8 * (treated == 0), treated, x)
    assert moved.estimate == pytest.approx(base.estimate - 0.8, abs=1e-9)
    assert moved.standard_error == pytest.approx(base.standard_error, rel=1e-9)


def test_external_result_confirms_nothing() -> None:
    null = [METHODS["aipw"](*confounded(s)) for s in range(200)]
    pair = (np.array([c.estimate for c in null]), np.array([c.standard_error for c in null]))
    made = external("aipw", *confounded(999, effect=1.0), pair, 3.0)
    assert made["verdict"].startswith("exploratory")
    # Without drift near alpha; with it the error goes to one.
    curve = external_curve(*pair, 3.0)
    assert curve[10]["type_i_error"] == pytest.approx(0.05, abs=0.05)
    assert curve[0]["type_i_error"] == curve[-1]["type_i_error"] == 1.0
    assert made["tipping_point"] == pytest.approx(made["ci_low"], abs=1e-4)


def test_tipping_point_without_significance_is_zero_and_may_not_exist() -> None:
    assert tipping_point(lambda s: 1.0 - s, 3.0) == pytest.approx(1.0, abs=1e-5)
    assert tipping_point(lambda s: 1.0 - s, 0.5) is None
    with pytest.raises(InputError):
        tipping_point(lambda s: 1.0 - s, 0.0)


@pytest.mark.parametrize(("section", "data"), [
    (ExternalControl, {"kind": "iptw", "persons": 100, "covariates": ["age"], "drift": 1,
                       "purpose": "confirmatory"}),
    (HybridControl, {"kind": "map", "drift": 1.0, "studies": [
        {"name": "a", "mean": 0.0, "standard_error": 0.1, "source": "assumption"}]}),
    (HybridControl, {"kind": "power_prior", "drift": 1.0, "studies": []}),
])  # fmt: skip
def test_a_bad_control_is_refused(section, data: dict) -> None:
    with pytest.raises(InputError):
        parse(section, data, "test")


def test_groups_that_do_not_overlap_are_refused() -> None:
    y, treated, x = confounded(1)
    with pytest.raises(InputError):
        METHODS["iptw"](y, treated, x + 1000 * treated[:, None])


@pytest.mark.parametrize(("r2", "ratio"), [(0.1, 0.9046), (0.25, 0.7538), (0.36, 0.6433), (0.5, 0.5026)])
def test_prognostic_adjustment_has_its_exact_variance_ratio(r2: float, ratio: float) -> None:
    # (1 - R^2)(n - 3)/(n - 4), n = 200: Schuler et al. 2022, doi 10.1515/ijb-2021-0072
    assert theory(r2, 200) == pytest.approx(ratio, abs=5e-5)
    rng, n, repeats = np.random.default_rng(int(100 * r2)), 200, 6000
    arm = np.tile([0.0, 1.0], n // 2)
    plain, adjusted, rejects = np.empty(repeats), np.empty(repeats), 0
    for i in range(repeats):
        score = rng.standard_normal(n)
        y = np.sqrt(r2) * score + np.sqrt(1 - r2) * rng.standard_normal(n)
        plain[i] = y[arm == 1].mean() - y[arm == 0].mean()
        beta, cov, df = least_squares(y, np.column_stack([np.ones(n), arm, score]))
        adjusted[i] = beta[1]
        rejects += abs(beta[1]) > student.isf(0.025, df) * np.sqrt(cov[1, 1])
    found = adjusted.var() / plain.var()
    # Standard error of a ratio of two correlated variances: about 2 sqrt(1 - rho^2) / sqrt(R).
    rho2 = np.corrcoef(plain, adjusted)[0, 1] ** 2
    se = found * 2 * np.sqrt((1 - rho2) / repeats)
    print(f"R2 {r2}: {found:.4f} (exact {ratio}, se {se:.4f}); type I error {rejects / repeats:.4f}")
    assert found == pytest.approx(theory(r2, n), abs=3.5 * se)
    assert rejects / repeats == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / repeats))
