"""Reference-based multiple imputation: exact means, known limits, both variances."""

import numpy as np
import pytest

from trials.analysis.imputation import RULES, complete, monotone, path, pooled, profile

VISITS = np.array([[10.0, 10.0, 10.0, 10.0], [10.0, 12.0, 14.0, 16.0]])


def data(seed: int, n: int = 200, leave: float = 0.15):
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 2
    y = VISITS[arm] + rng.normal(0, 2, (n, 1)) + rng.normal(0, 1.5, (n, 4))
    full = y.copy()
    for t in range(1, 4):
        y[rng.random(n) < leave, t:] = np.nan
    return y, full, arm


def test_profile_of_complete_data_is_means_and_covariance() -> None:
    _, y, arm = data(1)
    made = profile(y, arm, 2)
    for a in (0, 1):
        np.testing.assert_allclose(made.mean[a], y[arm == a].mean(axis=0), rtol=1e-10)
    rest = y - np.array([y[arm == a].mean(axis=0) for a in (0, 1)])[arm]
    cov = rest.T @ rest
    np.testing.assert_allclose(made.slope[3, :3], np.linalg.solve(cov[:3, :3], cov[:3, 3]), rtol=1e-8)


def test_mean_paths_of_each_rule() -> None:
    # Carpenter, Roger & Kenward 2013, section 3: treated, last seen at visit 2 of 4.
    made = profile(data(2)[1], data(2)[2], 2)
    own, ref = made.mean[1], made.mean[0]
    np.testing.assert_allclose(path(made, 1, 0, 2, "missing_at_random"), own)
    np.testing.assert_allclose(path(made, 1, 0, 2, "jump_to_reference"), [*own[:2], *ref[2:]])
    np.testing.assert_allclose(path(made, 1, 0, 2, "copy_reference"), ref)
    np.testing.assert_allclose(path(made, 1, 0, 2, "copy_increments"),
                               [*own[:2], own[1] + ref[2] - ref[1], own[1] + ref[3] - ref[1]])  # fmt: skip
    np.testing.assert_allclose(path(made, 0, 0, 2, "jump_to_reference"), ref)


def test_imputation_conditions_on_own_residuals() -> None:
    # The conditional mean of a normal vector whose mean is the assumed path.
    _, full, arm = data(3)
    made = profile(full, arm, 2)
    one = np.array([[15.0, 13.0, np.nan, np.nan]])
    filled = complete(one, np.array([1]), 0, made, "jump_to_reference")
    unit = np.eye(4) - made.slope
    cov = np.linalg.inv(unit) @ np.diag(made.sd**2) @ np.linalg.inv(unit).T
    m = path(made, 1, 0, 2, "jump_to_reference")
    exact = m[2:] + cov[2:, :2] @ np.linalg.solve(cov[:2, :2], one[0, :2] - m[:2])
    np.testing.assert_allclose(filled[0, 2:], exact, rtol=1e-10)
    np.testing.assert_array_equal(filled[0, :2], one[0, :2])


def test_without_missing_values_it_is_the_plain_comparison() -> None:
    _, y, arm = data(4)
    rng = np.random.default_rng(0)
    made = [pooled(y, arm, 1, 0, rule, 5, rng) for rule in RULES]
    assert len({round(m.estimate, 10) for m in made}) == 1
    assert made[0].rubin_se == pytest.approx(made[0].jackknife_se, rel=0.05)


def test_gaps_are_filled_and_values_kept() -> None:
    y, _, arm = data(5)
    y[7, 1] = np.nan
    y[7, 2:] = [11.0, 12.0]
    filled = monotone(y, arm, 2)
    assert np.isfinite(filled[7]).all()
    seen = np.isfinite(y)
    np.testing.assert_array_equal(filled[seen], y[seen])


def test_tipping_point_of_the_imputed_values() -> None:
    from trials.analysis import Data
    from trials.analysis.imputation import analyse
    from trials.design import Analysis

    y, _, arm = data(6, n=120)
    known = Data(arm, y[:, -1], {}, ("A", "B"), 0, repeated=y)
    plan = Analysis(method="imputation", imputations=20)
    made = analyse(known, plan)[0]
    tip = made.details["tipping_shift"]
    assert made.ci_low > 0 and tip < 0
    from scipy.stats import t as student

    from twin_engine.streams import stream

    at = pooled(y, arm, 1, 0, plan.imputation, 20, stream(0, 0, 1, "imputation"), False, tip)
    assert abs(at.estimate - student.isf(0.025, at.df) * at.rubin_se) < 0.02


def test_rubin_variance_exceeds_the_repeated_sampling_one() -> None:
    # Seaman, White & Leacy 2014: jump to reference; the true effect is diluted by who left.
    estimates, rubin, jackknife = [], [], []
    for seed in range(60):
        y, _, arm = data(seed, n=80, leave=0.25)
        made = pooled(y, arm, 1, 0, "jump_to_reference", 10, np.random.default_rng(seed), seed < 12)
        estimates.append(made.estimate)
        rubin.append(made.rubin_se)
        jackknife.append(made.jackknife_se)
    repeated = np.std(estimates, ddof=1)
    print(f"repeated sampling {repeated:.3f}, Rubin {np.mean(rubin):.3f}, "
          f"jackknife {np.nanmean(jackknife):.3f}")  # fmt: skip
    assert np.mean(rubin) > 1.15 * repeated
    assert np.nanmean(jackknife) == pytest.approx(repeated, rel=0.3)
    assert np.mean(estimates) < 6.0 * 0.75**3 + 1.5
