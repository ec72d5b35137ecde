"""Null trials: every test with every randomisation, analysed as randomised, keeps its error.

Two binary factors and nothing else move the outcome; strata or factors of the randomisation are in
the model. The bound is a normal interval with the error rate shared among all pairs.
"""

from functools import cache

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import norm
from scipy.stats import t as student

from trials.adaptive.response import allocate_adaptively
from trials.analysis.kernels import mmrm
from trials.analysis.kernels.linear import least_squares
from trials.analysis.mmrm import design_array
from trials.randomise import assign_all
from trials.replicate_tests import TESTS, Sample
from trials.spec.randomisation import Randomisation
from twin_engine.streams import normals, uniforms

N, MMRM_N, ALPHA = 200, 60, 0.05
STRATA = ("sex", "stage")
WAYS = {
    "simple": Randomisation(kind="simple"),
    "fixed blocks": Randomisation(kind="permuted_block", blocks=(4,)),
    "variable blocks": Randomisation(kind="permuted_block", blocks=(2, 4, 6)),
    "stratified blocks": Randomisation(kind="permuted_block", blocks=(4,), strata=STRATA),
    "biased coin": Randomisation(kind="biased_coin", probability=2 / 3),
    "minimisation": Randomisation(kind="minimisation", strata=STRATA),
    "response-adaptive": Randomisation(kind="response_adaptive"),
}
METHODS = ("ancova", "logistic", "recurrent", "survival", "cox", "maxcombo", "rmst", "mmrm")
PAIRS = len(WAYS) * len(METHODS)


def assigned(way: Randomisation, factors: np.ndarray, y: np.ndarray, replicate: int) -> np.ndarray:
    """Arms of one trial; factors count only where the randomisation knows them."""
    n = len(y)
    u = uniforms(11, replicate, np.arange(n), "assignment", 2)
    if way.kind == "response_adaptive":
        start = np.arange(n, dtype=float)
        return allocate_adaptively(np.ones(2), u, start, np.tile(start + 20.0, (2, 1)),
                                   np.tile(y, (2, 1)), 1.0)  # fmt: skip
    known = factors if way.strata else np.zeros((n, 1), np.int64)
    stratum = known @ (2 ** np.arange(known.shape[1]))
    return assign_all(way, (1, 1), known, stratum, u)


@cache
def persons(replicate: int) -> dict[str, np.ndarray]:
    """Outcomes of one null trial: the same for every randomisation."""
    ids = np.arange(N)
    z = normals(11, replicate, ids, "outcome", 4)
    u = uniforms(11, replicate, ids, "events", 4)
    factors = (uniforms(11, replicate, ids, "factors", 2) < 0.5).astype(np.int64)
    risk = factors.sum(axis=1) - 1.0
    frailty = -np.log(u[:, 2])  # gamma with dispersion 1
    life = -np.log(u[:, 0]) / np.exp(0.5 * risk)
    cut = 0.5 + 1.5 * u[:, 1]
    rng = np.random.default_rng(replicate)
    return {
        "factors": factors, "y": risk + z[:, 0], "yes": (u[:, 3] < 1 / (1 + np.exp(-risk))) * 1.0,
        "count": rng.poisson(1.5 * np.exp(0.4 * risk) * frailty).astype(float),
        "time": np.minimum(life, cut), "event": life <= cut,
        "visits": risk[:, None] + 0.7 * z[:, 3:4] + z[:, :3],
    }  # fmt: skip


def rejects(method: str, p: dict[str, np.ndarray], arms: np.ndarray, adjusted: bool) -> bool:
    x = p["factors"].astype(float) if adjusted else np.zeros((N, 0))
    if method == "mmrm":
        k = slice(0, MMRM_N)
        y = np.ascontiguousarray(p["visits"][k])
        design = design_array(arms[k], [1], list(x[k].T), 3)
        beta, phi, cov, _, _ = mmrm.fit(y, design, True)
        c = np.eye(design.shape[2])[5]
        df = mmrm.satterthwaite(y, design, cov, beta, phi, c)
        return abs(beta[5]) / np.sqrt(phi[5, 5]) > student.isf(ALPHA / 2, df)
    timed = method in ("survival", "cox", "maxcombo", "rmst")
    y = p["time"] if timed else p[{"ancova": "y", "logistic": "yes", "recurrent": "count"}[method]]
    stratum = p["factors"] @ [1, 2] if adjusted else np.zeros(N, np.int64)
    # Cox has the factors as covariates or as strata: one of the two is enough.
    use = np.zeros((N, 0)) if timed else x
    data = Sample(y, arms, use, stratum, p["event"] if timed else np.zeros(0, bool), 1.2)
    return abs(TESTS[method].z(data)) > -ndtri(ALPHA / 2)


def error(method: str, way: Randomisation, replicates: int, adjusted: bool = True) -> float:
    hits = 0
    for r in range(replicates):
        p = persons(r)
        outcome = {"logistic": "yes", "ancova": "y"}.get(method, "y")
        hits += rejects(method, p, assigned(way, p["factors"], p[outcome], r), adjusted)
    return hits / replicates


def bound(replicates: int) -> float:
    """Half-width such that all pairs stay inside with 99 % when all are exact."""
    return float(norm.isf(0.005 / PAIRS)) * np.sqrt(ALPHA * (1 - ALPHA) / replicates)


@pytest.mark.parametrize("way", WAYS)
def test_a_few_null_trials(way: str) -> None:
    for method in ("ancova", "survival"):
        assert abs(error(method, WAYS[way], 400) - ALPHA) < bound(400)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("way", WAYS)
def test_ten_thousand_null_trials(way: str, method: str) -> None:
    found = error(method, WAYS[way], 10_000)
    print(f"{way} x {method}: {found:.4f} (bound {ALPHA} ± {bound(10_000):.4f})")
    assert abs(found - ALPHA) < bound(10_000)


@pytest.mark.parametrize(("effect", "plain"), [(0.0, 0.0507), (1.0, 0.0165), (2.0, 0.0018)])
def test_minimisation_deflates_the_unadjusted_test(effect: float, plain: float) -> None:
    # p .8, two binary factors, n=100: the sheet's figures; Shao, Yu & Zhong 2010, Biometrika 97:347.
    way, replicates, n = WAYS["minimisation"], 4000, 100
    hits = np.zeros(2)
    for r in range(replicates):
        ids = np.arange(n)
        factors = (uniforms(5, r, ids, "factors", 2) < 0.5).astype(np.int64)
        y = effect * factors.sum(axis=1) + normals(5, r, ids, "outcome", 1)[:, 0]
        u = uniforms(5, r, ids, "assignment", 2)
        arm = assign_all(way, (1, 1), factors, factors @ np.array([1, 2]), u)
        for k, extra in enumerate((np.zeros((n, 0)), factors)):
            x = np.column_stack([np.ones(n), arm, extra]).astype(float)
            beta, cov, df = least_squares(y, x)
            hits[k] += abs(beta[1]) / np.sqrt(cov[1, 1]) > student.isf(0.025, df)
    unadjusted, adjusted = hits / replicates
    print(f"factor effect {effect} SD: unadjusted {unadjusted:.4f}, adjusted {adjusted:.4f}")
    assert unadjusted == pytest.approx(plain, abs=4 * np.sqrt(max(plain, 0.002) / replicates))
    assert adjusted == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / replicates))
