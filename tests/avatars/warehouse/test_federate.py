"""Federation: equal to the pooled analysis, and silent about any one person."""

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avatars.warehouse import federate
from avatars.warehouse.federate_site import Policy, Refusal, Site
from twin_engine.errors import InputError

TIME_GRID = [21.0, 52.0, 100.0, 162.0, 1000.0]


@pytest.fixture(scope="module")
def veteran(shared_data: Path) -> dict[str, np.ndarray]:
    with open(shared_data / "trials/survival_veteran.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {
        n: np.array([float(r[n]) for r in rows]) for n in ("trt", "time", "status", "karno", "diagtime", "age", "prior")
    }
    columns["trt2"] = columns.pop("trt") - 1
    kind = np.array([r["celltype"] for r in rows])
    for name in ("smallcell", "adeno", "large"):
        columns[name] = (kind == name).astype(float)
    columns["good"] = (columns["karno"] >= 60).astype(float)
    return columns


def split(columns: dict[str, np.ndarray], n: int = 3, **options: Any) -> list[Site]:
    """Site = row % n, as in the facts."""
    return [Site(f"site {i}", {k: v[i::n] for k, v in columns.items()}, **options) for i in range(n)]


# Two sites of veteran have two censored patients: too few to answer by default.
OPEN = Policy(fewest_in_cell=1)


def test_means_and_variances_at_an_offset() -> None:
    chance = np.random.default_rng(3)
    x = chance.normal(1e6, 1.0, (3000, 2))
    sites = split({"a": x[:, 0], "b": x[:, 1]})
    found = federate.moments(sites, ["a", "b"])
    # Pooled with exact sums: NumPy's own mean along rows is off by 3e-9 here.
    mean = np.array([math.fsum(column) / len(x) for column in x.T])
    assert np.allclose(found.mean, mean, rtol=0, atol=1e-9)
    assert np.allclose(found.covariance, np.cov((x - mean).T), rtol=0, atol=1e-9)
    # The textbook formula fails at this offset: the control.
    naive = ((x**2).sum(axis=0) - len(x) * x.mean(axis=0) ** 2) / (len(x) - 1)
    assert np.abs(naive - np.var(x, axis=0, ddof=1)).max() > 1e-6
    assert federate.count(sites) == 3000


def test_cox_equals_the_site_stratified_pooled_model(veteran: dict[str, np.ndarray]) -> None:
    names = ["trt2", "age", "karno", "diagtime", "prior", "smallcell", "adeno", "large"]
    fit = federate.cox(split(veteran, policy=OPEN), names, "time", "status")
    # Facts, section 5: veteran, site = row % 3, Efron, base squamous.
    expected = [0.276287, -0.009854, -0.035644, 0.001587, 0.007452, 0.901019, 1.246155, 0.340845]
    assert np.allclose(fit.estimate, expected, atol=5e-7)
    assert fit.log_likelihood == pytest.approx(-336.628179, abs=5e-7)
    assert fit.steps <= 6


def test_veterans_few_censored_are_too_few_by_default(veteran: dict[str, np.ndarray]) -> None:
    with pytest.raises(Refusal, match="outcome is too small"):
        federate.cox(split(veteran), ["age"], "time", "status")


def test_cox_against_an_independent_library(veteran: dict[str, np.ndarray]) -> None:
    lifelines = pytest.importorskip("lifelines")
    import pandas as pd

    names = ["trt2", "age", "karno"]
    fit = federate.cox(split(veteran, policy=OPEN), names, "time", "status")
    data = pd.DataFrame({n: veteran[n] for n in (*names, "time", "status")})
    data["site"] = np.arange(len(data)) % 3
    pooled = lifelines.CoxPHFitter().fit(data, "time", "status", strata=["site"], fit_options={"precision": 1e-10})
    assert np.allclose(fit.estimate, pooled.params_[names], atol=1e-7)
    assert np.allclose(np.sqrt(np.diag(fit.covariance)), pooled.standard_errors_[names], rtol=1e-6)


def test_logistic_equals_pooled(veteran: dict[str, np.ndarray]) -> None:
    statsmodels = pytest.importorskip("statsmodels.api")
    fit = federate.logistic(split(veteran), ["age", "trt2", "diagtime"], "good")
    x = np.column_stack([np.ones(137), veteran["age"], veteran["trt2"], veteran["diagtime"]])
    pooled = statsmodels.Logit(veteran["good"], x).fit(disp=0, tol=1e-14, maxiter=50)
    assert np.allclose(fit.estimate, pooled.params, rtol=0, atol=1e-9)
    assert np.allclose(fit.covariance, pooled.cov_params(), rtol=1e-9, atol=1e-12)


def test_kaplan_meier_equals_pooled(veteran: dict[str, np.ndarray]) -> None:
    lifelines = pytest.importorskip("lifelines")
    grid = np.array(TIME_GRID)
    sites = split(veteran, grids={"time": TIME_GRID})
    found = federate.survival(sites, "time", "status", TIME_GRID)
    rounded = grid[np.searchsorted(grid, veteran["time"])]
    pooled = lifelines.KaplanMeierFitter().fit(rounded, veteran["status"])
    expected = [float(pooled.survival_function_at_times(t).iloc[0]) for t in TIME_GRID]
    assert np.allclose(found, expected, rtol=0, atol=1e-9)
    # Against the exact times: on the grid the rounded curve is the exact one but for censoring inside.
    exact = lifelines.KaplanMeierFitter().fit(veteran["time"], veteran["status"])
    assert np.allclose(
        found[:4], [float(exact.survival_function_at_times(t).iloc[0]) for t in TIME_GRID[:4]], atol=0.01
    )


def test_the_prognostic_model_of_a_trial_equals_pooled() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    chance = np.random.default_rng(8)
    x = chance.normal(1e3, 5.0, (600, 4))
    y = x @ [0.5, -1.0, 0.0, 2.0] + chance.normal(0, 3, 600)
    columns = {f"x{j}": x[:, j] for j in range(4)} | {"y": y}
    fit = federate.ridge(split(columns), [f"x{j}" for j in range(4)], "y", 3.0)
    scale = x.std(axis=0)
    pooled = linear_model.Ridge(alpha=3.0, solver="cholesky").fit((x - x.mean(axis=0)) / scale, y)
    assert np.allclose(fit.estimate[1:], pooled.coef_ / scale, rtol=0, atol=1e-9)
    assert fit.estimate[0] + fit.estimate[1:] @ x.mean(axis=0) == pytest.approx(y.mean(), abs=1e-8)


def test_a_quantile_is_an_interval_of_the_public_grid() -> None:
    x = np.random.default_rng(4).normal(50, 10, 900)
    sites = split({"age": x}, grids={"age": list(range(0, 105, 5))})
    low, high = federate.quantile(sites, "age", 0.5)
    assert low < np.median(x) <= high and high - low == 5.0
    reply = sites[0].answer({"ask": "grid", "column": "age"})
    steps = np.diff([0, *reply["below"], reply["n"]])
    assert all(s == 0 or s >= 5 for s in steps)  # no point cuts off one to four persons


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"ask": "quantile", "column": "age", "q": 0.5}, "one person"),
    ({"ask": "risk_sets", "time": "time", "event": "status"}, "one person"),
    ({"ask": "rows"}, "one person"),
    ({"ask": "maximum", "column": "age"}, "one person"),
    ({"ask": "count", "where": "age > 80"}, "cannot choose persons"),
    ({"ask": "count", "fewest_in_cell": 1}, "cannot choose persons"),
    ({"ask": "moments", "columns": ["rare"]}, "too small"),
    ({"ask": "moments", "columns": ["age", "age"]}, "doubled"),
    ({"ask": "moments", "columns": ["age; DROP TABLE person"]}, "unknown column"),
    ({"ask": "grid", "column": "karno"}, "no public grid"),
    ({"ask": "logistic", "columns": ["age"], "outcome": "rare", "beta": [0, 0]}, "too small"),
    ({"ask": "logistic", "columns": ["age"], "outcome": "karno", "beta": [0, 0]}, "not 0 or 1"),
    ({"ask": "logistic", "columns": ["age"], "outcome": "good", "beta": [0]}, "another length"),
    ({"ask": "survival", "time": "time", "event": "status"}, "wider grid"),
    ({"ask": "__class__"}, "unknown question"),
]


@pytest.mark.parametrize(("request_", "why"), REFUSED, ids=[f"{r['ask']}-{w}" for r, w in REFUSED])
def test_refusals(veteran: dict[str, np.ndarray], request_: dict[str, Any], why: str) -> None:
    columns = {k: v[::3] for k, v in veteran.items()}
    columns["rare"] = np.zeros(len(columns["age"]))
    columns["rare"][:2] = 1.0
    # Event times as the grid: every interval shows one patient's death.
    site = Site("a", columns, grids={"time": sorted(set(columns["time"]))})
    with pytest.raises(Refusal, match=why):
        site.answer(request_)


def test_small_sites_few_sites_and_many_questions() -> None:
    few = Site("a", {"x": np.arange(19.0)})
    with pytest.raises(Refusal, match="too few persons"):
        few.answer({"ask": "count"})
    sites = split({"x": np.arange(200.0)})
    with pytest.raises(InputError, match="too few sites"):
        federate.count(sites[:2])
    curious = Site("b", {"x": np.arange(100.0)}, Policy(most_requests=3))
    for _ in range(3):
        curious.answer({"ask": "count"})
    with pytest.raises(Refusal, match="too many questions"):
        curious.answer({"ask": "count"})
    wide = Site("c", {f"x{j}": np.random.default_rng(j).normal(size=24) for j in range(9)} | {"y": np.arange(24.0) % 2})
    with pytest.raises(Refusal, match="too many parameters"):
        wide.answer({"ask": "logistic", "columns": [f"x{j}" for j in range(9)], "outcome": "y", "beta": [0] * 10})


def test_replies_are_plain_json_and_hold_no_row(veteran: dict[str, np.ndarray]) -> None:
    import json

    site = split(veteran)[0]
    reply = site.answer({"ask": "moments", "columns": ["age", "karno"]})
    assert json.loads(json.dumps(reply)) == reply
    assert len(json.dumps(reply)) < 400
    with pytest.raises(AttributeError):
        _ = site.columns  # type: ignore[attr-defined]


def test_three_warehouses_equal_the_whole(gibleed: Path, tmp_path: Path) -> None:
    """GiBleed dealt to three hospitals: the federation counts and fits what the whole gives."""
    import argparse

    from avatars.commands import _records_federate
    from avatars.warehouse import schema
    from avatars.warehouse.store import open_store

    files = []
    for i in range(3):
        file = tmp_path / f"{i}.duckdb"
        with open_store(file, create=True) as store:
            store.run(f"ATTACH '{gibleed}' AS whole (READ_ONLY)")
            for table, fields in schema.tables().items():
                own = f" WHERE person_id % 3 = {i}" if "person_id" in fields else ""
                store.run(f"INSERT INTO {table} SELECT * FROM whole.{table}{own}")
        files.append(str(file))
    args = argparse.Namespace(phenotype="gi-bleed", site=files)
    found = _records_federate.run(args).data
    assert found["persons"] == 1800
    assert found["moments"][0]["mean"] == pytest.approx(39.0, abs=1.0)  # published: 38.7 and 38.6 y
    assert len(found["logistic"]) == 3
    assert [q["high_y"] - q["low_y"] for q in found["age_quantiles"]] == [5.0, 5.0, 5.0]
