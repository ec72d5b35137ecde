"""The repeated-measures model against Potthoff & Roy's data and nlme::gls."""

import csv
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.stats import t as student

from trials.analysis.kernels import mmrm

HERE = Path(__file__).parent
AGES = [8, 10, 12, 14]


@pytest.fixture(scope="module")
def growth(shared_data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Distances (27, 4) and whether female (27,): Potthoff & Roy 1964, Biometrika 51:313."""
    with open(shared_data / "trials" / "R_Orthodont.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    persons = sorted({r["Subject"] for r in rows})
    y, female = np.empty((27, 4)), np.zeros(27)
    for r in rows:
        i = persons.index(r["Subject"])
        y[i, AGES.index(int(float(r["age"])))] = float(r["distance"])
        female[i] = r["Sex"] == "Female"
    return y, female


def by_visit(arm: np.ndarray, visits: int) -> np.ndarray:
    """A mean and an arm difference for every visit."""
    x = np.zeros((len(arm), visits, 2 * visits))
    for t in range(visits):
        x[:, t, t] = 1.0
        x[:, t, visits + t] = arm
    return x


def test_unstructured_likelihoods(growth: tuple[np.ndarray, np.ndarray]) -> None:
    # Jennrich & Schluchter 1986, Biometrics 42:805, table 2 (-2 ln L); REML: nlme::gls.
    y, female = growth
    x = by_visit(female, 4)
    assert mmrm.fit(y, x, False)[3] == pytest.approx(416.5093, abs=5e-5)
    assert mmrm.fit(y, x, True)[3] / -2 == pytest.approx(-207.0174, abs=5e-5)


def test_structured_likelihoods(growth: tuple[np.ndarray, np.ndarray]) -> None:
    # Jennrich & Schluchter 1986: models of a line in age for each sex.
    y, female = growth
    x = np.zeros((27, 4, 4))
    for t, age in enumerate(AGES):
        x[:, t] = np.column_stack([np.ones(27), female, np.full(27, age), age * female])
    assert mmrm.fit(y, x, False)[3] == pytest.approx(419.477, abs=5e-4)

    def least(correlation) -> float:
        def lost(v: np.ndarray) -> float:
            return mmrm.gls(y, x, np.exp(v[0]) * correlation(np.tanh(v[1])))[3]

        return float(minimize(lost, [1.5, 0.5], method="Nelder-Mead",
                              options={"xatol": 1e-8, "fatol": 1e-10}).fun)  # fmt: skip

    gap = np.abs(np.subtract.outer(range(4), range(4)))
    assert least(lambda r: np.where(gap == 0, 1.0, r)) == pytest.approx(428.6391, abs=5e-5)
    assert least(lambda r: r**gap) == pytest.approx(440.681, abs=5e-4)
    alone = minimize_scalar(lambda v: mmrm.gls(y, x, np.exp(v) * np.eye(4))[3], bracket=(1.0, 2.0))
    assert alone.fun == pytest.approx(478.2418, abs=5e-5)


def test_satterthwaite_is_the_t_test(growth: tuple[np.ndarray, np.ndarray]) -> None:
    # The contrast at age 14 of complete balanced data: a two-sample t test, n - 2 = 25 df.
    y, female = growth
    x = by_visit(female, 4)
    beta, phi, cov, _, settled = mmrm.fit(y, x, True)
    contrast = np.eye(8)[7]
    df = mmrm.satterthwaite(y, x, cov, beta, phi, contrast)
    t = beta[7] / np.sqrt(phi[7, 7])
    assert settled
    assert (beta[7], np.sqrt(phi[7, 7]), t) == pytest.approx((-3.37784, 0.874561, -3.86233), rel=2e-6)
    assert df == pytest.approx(25.0, abs=1e-6)
    assert 2 * student.sf(abs(t), df) == pytest.approx(0.000705, abs=5e-7)
    # gls counts N - p = 100 degrees of freedom, which is too many.
    assert 2 * student.sf(abs(t), 100) == pytest.approx(0.000199, abs=5e-7)


def incomplete(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two arms, four visits, monotone dropout that depends on the last value seen."""
    rng = np.random.default_rng(seed)
    n, visits = int(rng.integers(40, 80)), 4
    arm = (np.arange(n) % 2).astype(float)
    root = np.tril(rng.normal(0, 0.4, (visits, visits))) + np.diag(rng.uniform(0.8, 1.6, visits))
    y = rng.normal(size=(n, visits)) @ root.T + 0.3 * np.outer(arm, np.arange(visits)) + 10
    for t in range(1, visits):
        gone = rng.random(n) < 0.06 + 0.12 * (y[:, t - 1] > 10)
        y[gone, t:] = np.nan
    lost = rng.random((n, visits)) < 0.04
    lost[:, 0] = False
    y[lost] = np.nan
    return y, arm


def test_persons_without_any_value_do_not_matter() -> None:
    y, arm = incomplete(5)
    x = by_visit(arm, 4)
    more = np.vstack([y, np.full((1, 4), np.nan)])
    wide = np.concatenate([x, x[:1]])
    assert mmrm.fit(more, wide, True)[3] == pytest.approx(mmrm.fit(y, x, True)[3], rel=1e-12)


def test_the_score_is_the_slope_of_the_likelihood() -> None:
    y, arm = incomplete(11)
    x = by_visit(arm, 4)
    cov = np.cov(np.where(np.isfinite(y), y, 10.0).T) + 0.3 * np.eye(4)
    for reml in (True, False):
        def value(c: np.ndarray, reml: bool = reml) -> float:
            made = mmrm.gls(y, x, c)
            return made[0] if reml else made[3]

        _, beta, phi, _ = mmrm.gls(y, x, cov)
        score, _, observed, _ = mmrm._derivatives(y, x, cov, beta, phi, reml)
        k = 0
        for a in range(4):
            for b in range(a + 1):
                step = np.zeros((4, 4))
                step[a, b] = step[b, a] = 1e-4
                slope = (value(cov + step) - value(cov - step)) / 2e-4
                bend = (value(cov + step) - 2 * value(cov) + value(cov - step)) / 1e-8
                assert -2 * score[k] == pytest.approx(slope, rel=1e-5, abs=1e-5)
                assert 2 * observed[k, k] == pytest.approx(bend, rel=2e-3, abs=2e-3)
                k += 1


@pytest.mark.needs_r
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R with nlme is not installed")
def test_twenty_incomplete_sets_agree_with_gls(tmp_path: Path) -> None:
    sets = [incomplete(seed) for seed in range(20)]
    with open(tmp_path / "in.csv", "w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["set", "person", "visit", "arm", "y"])
        for s, (y, arm) in enumerate(sets):
            for i, t in zip(*np.nonzero(np.isfinite(y)), strict=True):
                writer.writerow([s, i, t + 1, arm[i], repr(float(y[i, t]))])
    subprocess.run(["Rscript", str(HERE / "gls.R"), str(tmp_path / "in.csv"),
                    str(tmp_path / "out.csv")], check=True, capture_output=True)  # fmt: skip
    with open(tmp_path / "out.csv", newline="") as stream:
        theirs = {int(r["set"]): r for r in csv.DictReader(stream)}
    for s, (y, arm) in enumerate(sets):
        beta, phi, _, value, settled = mmrm.fit(y, by_visit(arm, 4), True)
        assert settled
        assert value / -2 == pytest.approx(float(theirs[s]["loglik"]), abs=1e-5)
        assert beta[7] == pytest.approx(float(theirs[s]["estimate"]), abs=2e-4)
        assert np.sqrt(phi[7, 7]) == pytest.approx(float(theirs[s]["se"]), rel=5e-4)
