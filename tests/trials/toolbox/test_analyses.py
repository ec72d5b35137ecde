"""The final analyses and the replicate loop agree; the repeated-measures form of PROCOVA saves persons."""

import numpy as np
import pytest

from trials.analysis import Data, analyse, names
from trials.design import Analysis
from trials.replicate_tests import TESTS, Sample

METHODS = ("ancova", "logistic", "recurrent", "maxcombo", "rmst", "mmrm", "imputation", "survival")


def data(seed: int = 1, n: int = 240) -> dict[str, Data]:
    rng = np.random.default_rng(seed)
    arm, age = np.arange(n) % 2, rng.normal(60, 9, n)
    life, cut = rng.exponential(np.exp(0.5 * arm)), rng.uniform(0.4, 2.0, n)
    visits = 0.1 * age[:, None] + rng.normal(0, 1, (n, 1)) + rng.normal(0, 1, (n, 3)) - 0.5 * arm[:, None]
    visits[rng.random(n) < 0.1, 2] = np.nan
    risk = 1 / (1 + np.exp(-(0.03 * (age - 60) + 0.6 * arm)))
    base = {"arms": ("A", "B"), "control": 0}
    covariates = {"age": age}
    timed = Data(arm, np.minimum(life, cut), {}, **base, event=life <= cut, day=1.5)
    return {
        "ancova": Data(arm, visits[:, 1], covariates, **base),
        "logistic": Data(arm, (rng.random(n) < risk) * 1.0, covariates, **base),
        "recurrent": Data(arm, rng.poisson(1.5 * np.exp(-0.3 * arm) * rng.gamma(1.5, 1 / 1.5, n)) * 1.0,
                          covariates, **base),
        "maxcombo": timed, "rmst": timed, "survival": timed,
        "mmrm": Data(arm, visits[:, 2], covariates, **base, repeated=visits),
        "imputation": Data(arm, visits[:, 2], {}, **base, repeated=visits),
    }  # fmt: skip


def test_all_methods_are_found_by_name() -> None:
    assert set(METHODS) <= set(names())


@pytest.mark.parametrize("method", [m for m in METHODS if m != "imputation"])
def test_the_replicate_loop_equals_the_final_analysis(method: str) -> None:
    d = data()[method]
    final = analyse(d, Analysis(method=method, covariates=tuple(d.covariates)))[0]
    x = np.column_stack([np.zeros((len(d.arm), 0)), *d.covariates.values()])
    event = np.zeros(0, bool) if d.event is None else d.event
    loop = Sample(d.outcome, d.arm, x, np.zeros(len(d.arm), np.int64), event, d.day, d.repeated)
    estimate, se, half = TESTS[method].interval(loop, 0.05)
    log = final.scale.endswith("ratio")
    assert estimate == pytest.approx(np.log(final.estimate) if log else final.estimate, rel=1e-4)
    assert se == pytest.approx(final.standard_error, rel=1e-3)
    high = np.exp(estimate + half) if log else estimate + half
    assert high == pytest.approx(final.ci_high, rel=1e-3)


def test_max_combo_p_values_agree() -> None:
    d = data(4)["maxcombo"]
    from scipy.special import ndtr

    from trials.analysis.maxcombo import kernel_p

    final = analyse(d, Analysis(method="maxcombo"))[0]
    assert d.event is not None
    p, z = kernel_p(d.outcome, d.event, d.arm, np.zeros(len(d.arm), np.int64))
    assert p == pytest.approx(final.p_value, abs=2e-3)
    assert 2 * ndtr(-abs(z)) == pytest.approx(p, rel=1e-6)
    # The p value pays for four looks at the data: more than the best alone, less than Bonferroni.
    best = 2 * ndtr(-max(abs(v) for v in final.details["z"].values()))
    assert best < final.p_value < 4 * best


def test_max_combo_sees_a_late_effect_that_log_rank_misses() -> None:
    rng, better = np.random.default_rng(2), 0
    for _ in range(20):
        n = 400
        arm = np.arange(n) % 2
        early = rng.exponential(1.0, n)
        life = np.where((arm == 1) & (early > 0.6), 0.6 + (early - 0.6) / 0.4, early)
        cut = rng.uniform(1.0, 3.0, n)
        d = Sample(np.minimum(life, cut), arm, np.zeros((n, 0)), np.zeros(n, np.int64), life <= cut, 3.0)
        better += TESTS["maxcombo"].z(d) > TESTS["survival"].z(d)
    assert better >= 15


def test_mmrm_names_its_degrees_of_freedom() -> None:
    found = analyse(data()["mmrm"], Analysis(method="mmrm"))[0]
    assert found.details["degrees_of_freedom"] == "Satterthwaite"
    assert 200 < found.details["df"] < 240


def test_prognostic_score_in_the_repeated_measures_model_saves_variance() -> None:
    # The score explains half of the variance at every visit: about half of the variance is left.
    rng, ratios = np.random.default_rng(3), []
    for _ in range(20):
        n = 200
        arm, score = np.arange(n) % 2, rng.normal(size=n)
        y = score[:, None] + rng.normal(0, 0.8, (n, 1)) + rng.normal(0, 0.6, (n, 3))
        plain = Data(arm, y[:, -1], {}, ("A", "B"), 0, repeated=y)
        adjusted = Data(arm, y[:, -1], {"digital control": score}, ("A", "B"), 0, repeated=y)
        pair = [analyse(d, Analysis(method="mmrm"))[0].standard_error for d in (adjusted, plain)]
        ratios.append((pair[0] / pair[1]) ** 2)
    assert np.mean(ratios) == pytest.approx(0.5 * 197 / 196, abs=0.03)
