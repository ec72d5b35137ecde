"""Prognostic covariate adjustment: its exact variance ratio, and the type I error it keeps."""

import numpy as np
import pytest

from trials.analysis import Data, analyse
from trials.control.prognostic import persons_needed, rerandomise, theory, within_arm_r2
from trials.design import Analysis


@pytest.mark.parametrize(
    ("r2", "ratio"), [(0.1, 0.9046), (0.25, 0.7538), (0.36, 0.6433), (0.5, 0.5026)]
)
def test_variance_ratio_for_200_persons(r2: float, ratio: float) -> None:
    """(1 - R²)(n - 3)/(n - 4), Cochran 1957; values of Schuler 2021 recomputed for n = 200."""
    assert theory(r2, 200) == pytest.approx(ratio, abs=5e-5)


@pytest.mark.parametrize("r2", [0.1, 0.25, 0.5])
def test_simulated_trials_reach_the_theory(r2: float) -> None:
    """Monte Carlo of 4,000 trials of 40 persons; 4 standard errors of a variance ratio."""
    rng = np.random.default_rng(7)
    n, trials = 40, 4000
    arm = np.repeat([0.0, 1.0], n // 2)
    x = rng.standard_normal((trials, n))
    y = np.sqrt(r2) * x + np.sqrt(1 - r2) * rng.standard_normal((trials, n))
    plain = y[:, arm == 1].mean(axis=1) - y[:, arm == 0].mean(axis=1)
    shift = x[:, arm == 1].mean(axis=1) - x[:, arm == 0].mean(axis=1)
    centred = x.copy()
    centred[:, arm == 1] -= x[:, arm == 1].mean(axis=1, keepdims=True)
    centred[:, arm == 0] -= x[:, arm == 0].mean(axis=1, keepdims=True)
    slope = (centred * y).sum(axis=1) / (centred**2).sum(axis=1)
    ratio = (plain - slope * shift).var() / (4 / n)
    assert ratio == pytest.approx(theory(r2, n), abs=4 * ratio * np.sqrt(2 / trials))


def test_repeated_randomisation_keeps_the_type_i_error() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal(120)
    y = 0.7 * x + rng.standard_normal(120)
    ratio, plain, adjusted = rerandomise(y, x, seed=1, repetitions=4000)
    bound = 4 * np.sqrt(0.05 * 0.95 / 4000)
    assert abs(plain - 0.05) < bound
    assert abs(adjusted - 0.05) < bound
    r2 = np.corrcoef(x, y)[0, 1] ** 2
    assert ratio == pytest.approx(1 - r2, abs=0.06)


def test_closed_form_equals_the_analysis() -> None:
    """The formulas of the repeated randomisation are those of the final analysis."""
    rng = np.random.default_rng(5)
    x, arm = rng.standard_normal(60), rng.permutation(np.repeat([0, 1], 30))
    y = x + rng.standard_normal(60)
    e = analyse(Data(arm, y, {"x": x}, ("A", "B"), 0), Analysis())[0]
    sign = 2.0 * arm - 1
    yc, xc = y - y.mean(), x - x.mean()
    gy, gx = sign @ yc / 60, sign @ xc / 60
    sxx = xc @ xc - 60 * gx**2
    slope = (xc @ yc - 60 * gx * gy) / sxx
    rest = yc @ yc - 60 * gy**2 - slope**2 * sxx
    assert e.estimate == pytest.approx(2 * (gy - slope * gx))
    assert e.standard_error == pytest.approx(2 * np.sqrt(rest / 57 * (1 / 60 + gx**2 / sxx)))


def test_within_arm_r2_ignores_the_treatment_effect() -> None:
    rng = np.random.default_rng(1)
    x, arm = rng.standard_normal(300), np.tile([0, 1], 150)
    y = x + rng.standard_normal(300)
    assert within_arm_r2(y + 100 * arm, x, arm) == pytest.approx(within_arm_r2(y, x, arm))


def test_persons_needed() -> None:
    """Half a standard deviation at 90 %: 170.06 - 2 terms of t; normal approximation 168.1."""
    assert persons_needed(0.5, 1.0, 0.9, 0.05) == pytest.approx(168.12, abs=0.01)
