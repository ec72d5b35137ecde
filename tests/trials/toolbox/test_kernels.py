"""Each analysis kernel equals its library; the log-rank kernel is far faster."""

import shutil
import subprocess

import numpy as np
import pytest

from trials.analysis.kernels import linear, normal, survival

ONE = np.zeros(1)


def _survival(n: int, seed: int, ties: bool = False, effect: float = 0.4):
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n)
    life = rng.exponential(np.exp(effect * group))
    cut = rng.uniform(0.2, 2.5, n)
    when = np.minimum(life, cut)
    return (np.ceil(when * 8) / 8 if ties else when), life <= cut, group, rng


def test_least_squares_equals_statsmodels() -> None:
    from statsmodels.regression.linear_model import OLS

    rng = np.random.default_rng(1)
    x = np.column_stack([np.ones(120), rng.integers(0, 2, 120), rng.normal(50, 9, (120, 3))])
    y = x @ [1.0, 0.5, 0.1, -0.2, 0.0] + rng.normal(size=120)
    beta, cov, df = linear.least_squares(y, x)
    fit = OLS(y, x).fit()
    np.testing.assert_allclose(beta, fit.params, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(np.sqrt(np.diag(cov)), fit.bse, rtol=1e-8)
    assert df == fit.df_resid


def test_logistic_equals_statsmodels() -> None:
    from statsmodels.discrete.discrete_model import Logit

    rng = np.random.default_rng(2)
    x = np.column_stack([np.ones(300), rng.integers(0, 2, 300), rng.normal(size=300)])
    y = (rng.random(300) < 1 / (1 + np.exp(-(x @ [-0.5, 0.7, 0.4])))).astype(float)
    beta, cov = linear.logistic(y, x)
    fit = Logit(y, x).fit(disp=0, tol=1e-12)
    np.testing.assert_allclose(beta, fit.params, rtol=1e-7)
    np.testing.assert_allclose(np.sqrt(np.diag(cov)), fit.bse, rtol=1e-7)


def test_separated_logistic_says_so() -> None:
    x = np.column_stack([np.ones(20), np.repeat([0.0, 1.0], 10)])
    beta, _ = linear.logistic(x[:, 1].copy(), x)
    assert np.isnan(beta).all()


def test_negative_binomial_equals_statsmodels() -> None:
    from statsmodels.discrete.discrete_model import NegativeBinomial

    rng = np.random.default_rng(3)
    years = rng.uniform(0.3, 2.0, 400)
    x = np.column_stack([np.ones(400), rng.integers(0, 2, 400)])
    mu = years * np.exp(x @ [0.3, -0.4])
    y = rng.poisson(mu * rng.gamma(1 / 0.6, 0.6, 400)).astype(float)
    beta, cov, alpha = linear.negative_binomial(y, x, np.log(years))
    fit = NegativeBinomial(y, x, offset=np.log(years)).fit(disp=0, method="newton", maxiter=200, tol=1e-12)
    np.testing.assert_allclose([*beta, alpha], fit.params, rtol=2e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(cov)), fit.bse[:2], rtol=2e-4)


@pytest.mark.parametrize("ties", [False, True])
def test_log_rank_equals_lifelines(ties: bool) -> None:
    from lifelines.statistics import multivariate_logrank_test

    when, event, group, _ = _survival(300, 4, ties)
    u, v = survival.log_rank(when, event, group, np.zeros(300, np.int64), ONE, ONE)
    theirs = multivariate_logrank_test(when, group, event).test_statistic
    assert u[0] ** 2 / v[0, 0] == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("ties", [False, True])
def test_cox_equals_lifelines(ties: bool) -> None:
    import pandas
    from lifelines import CoxPHFitter

    when, event, group, rng = _survival(250, 5, ties)
    age, stratum = rng.normal(60, 8, 250), rng.integers(0, 3, 250)
    x = np.column_stack([group.astype(float), (age - 60) / 10])
    beta, cov = survival.cox(when, event, x, stratum)
    frame = pandas.DataFrame({"t": when, "e": event, "g": group, "a": (age - 60) / 10, "s": stratum})
    fit = CoxPHFitter().fit(frame, "t", "e", strata=["s"], fit_options={"precision": 1e-10})
    np.testing.assert_allclose(beta, fit.params_.to_numpy(), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(np.sqrt(np.diag(cov)), fit.standard_errors_.to_numpy(), rtol=1e-5)


def test_kaplan_meier_and_restricted_mean_equal_lifelines() -> None:
    from lifelines import KaplanMeierFitter
    from lifelines.utils import restricted_mean_survival_time

    when, event, _, _ = _survival(200, 6, True)
    fit = KaplanMeierFitter().fit(when, event)
    times, curve, _, _ = survival.kaplan_meier(when, event)
    np.testing.assert_allclose(curve, fit.predict(times).to_numpy(), rtol=1e-9)
    area, variance = survival.restricted_mean(when, event, 1.3)
    assert area == pytest.approx(restricted_mean_survival_time(fit, t=1.3), rel=1e-9)
    assert variance > 0


def test_restricted_mean_without_censoring_is_a_mean() -> None:
    when = np.random.default_rng(7).exponential(1.0, 500)
    area, variance = survival.restricted_mean(when, np.ones(500, bool), 1.0)
    cut = np.minimum(when, 1.0)
    assert area == pytest.approx(cut.mean(), rel=1e-12)
    events = (when <= 1.0).sum()
    assert variance == pytest.approx(cut.var() / 500 * events / (events - 1), rel=1e-9)


@pytest.mark.needs_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R with survival is not installed")
def test_restricted_mean_error_equals_r_survival() -> None:
    when, event, _, _ = _survival(150, 9, True)
    code = (f"library(survival); s <- survfit(Surv(c({','.join(map(str, when))}), "
            f"c({','.join(str(int(e)) for e in event)})) ~ 1); "
            "cat(format(summary(s, rmean=1.5)$table[c('rmean','se(rmean)')], digits=12))")  # fmt: skip
    done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=True)
    mean, error = map(float, done.stdout.split())
    area, variance = survival.restricted_mean(when, event, 1.5)
    events = event[when <= 1.5].sum()
    assert area == pytest.approx(mean, rel=1e-9)
    # R leaves the bias correction m / (m - 1) out.
    assert np.sqrt(variance * (events - 1) / events) == pytest.approx(error, rel=1e-9)


def test_rectangles_of_a_normal_equal_scipy() -> None:
    from scipy.stats import multivariate_normal, norm

    for z in (-9.0, -2.3, -1e-3, 0.0, 1.7, 6.0):
        assert normal.cdf(z) == pytest.approx(norm.cdf(z), rel=1e-12)
        assert normal.quantile(norm.cdf(z)) == pytest.approx(z, abs=1e-6)
    corr = np.array([[1, 0.86, 0.86, 0.94], [0.86, 1, 0.5, 0.82], [0.86, 0.5, 1, 0.82],
                     [0.94, 0.82, 0.82, 1]])  # fmt: skip
    for bound in (1.0, 2.2):
        exact = multivariate_normal(np.zeros(4), corr, abseps=1e-7, maxpts=400_000).cdf(
            np.full(4, bound), lower_limit=np.full(4, -bound))  # fmt: skip
        assert normal.within(normal.cholesky(corr), bound) == pytest.approx(exact, abs=2e-3)
    assert normal.within(np.eye(2), 1.5) == pytest.approx((2 * norm.cdf(1.5) - 1) ** 2, abs=1e-4)
