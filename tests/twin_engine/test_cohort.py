"""Cohorts: the same bits for any grouping, failures that stay alone, bad input refused."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from twin_engine import cohort
from twin_engine.cohort import solve_cohort
from twin_engine.doses import Dose, DoseTable
from twin_engine.errors import InputError
from twin_engine.model import from_file
from twin_engine.persons import Variability
from twin_engine.solution import CohortSolution
from twin_engine.solve import solve

ORAL = from_file(Path(__file__).resolve().parent / "models" / "oral.py")
N = 700
CL = np.exp(np.random.default_rng(1).normal(0.7, 0.4, N))
AT = np.linspace(0.0, 60.0, 13)
DOSES = [[Dose(12.0 * k, 50.0 + i % 7) for k in range(1 + i % 5)] for i in range(N)]


def run(rows: np.ndarray | slice = slice(None), **more: object) -> CohortSolution:
    chosen = np.arange(N)[rows]
    return solve_cohort(ORAL, {"CL": CL[chosen]}, until=60.0, at=AT, states=True,
                        doses=[DOSES[i] for i in chosen], **more)  # type: ignore[arg-type]  # fmt: skip


def digest(s: CohortSolution) -> str:
    parts = (s.outputs["concentration"], s.final, s.states, s.steps)
    return hashlib.sha256(b"".join(np.ascontiguousarray(p).tobytes() for p in parts)).hexdigest()


@pytest.mark.parametrize("method", ["tsit5", "rodas4"])
def test_same_bits_for_workers_chunks_and_order(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = run(method=method, workers=1)
    assert digest(run(method=method, workers=2)) == digest(whole)
    for chunk in (640, 100, 33):
        monkeypatch.setattr(cohort, "CHUNK", chunk)
        assert digest(run(method=method)) == digest(whole)
    order = np.random.default_rng(2).permutation(N)
    mixed = run(order, method=method)
    for ours, theirs in ((mixed.final, whole.final), (mixed.steps, whole.steps),
                         (mixed.outputs["concentration"], whole.outputs["concentration"])):  # fmt: skip
        assert np.array_equal(ours, theirs[order])
    alone = run(np.array([137]), method=method)
    assert np.array_equal(alone.final[0], whole.final[137])


def test_a_failure_stays_alone() -> None:
    whole = run()
    cl = CL.copy()
    cl[5], cl[300] = np.nan, -1e6  # not a number; grows beyond every bound
    hurt = solve_cohort(ORAL, {"CL": cl}, until=60.0, at=AT, doses=DOSES, states=True)
    assert np.flatnonzero(hurt.failed).tolist() == [5, 300]
    assert hurt.reason[5] == "a parameter is not finite" and hurt.reason[300]
    assert np.isnan(hurt.outputs["concentration"][[5, 300], -1]).all()
    healthy = ~hurt.failed
    assert np.array_equal(hurt.final[healthy], whole.final[healthy])
    assert hurt.failed_at[300] < 60.0 and np.isnan(hurt.failed_at[0])


def test_going_on_from_the_end_is_the_same_way() -> None:
    whole = solve_cohort(ORAL, {"CL": CL}, until=48.0, doses=[Dose(0.0, 9.0), Dose(24.0, 9.0)],
                         tolerance=1e-10)  # fmt: skip
    half = solve_cohort(ORAL, {"CL": CL}, until=24.0, doses=[Dose(0.0, 9.0), Dose(24.0, 9.0)],
                        tolerance=1e-10)  # fmt: skip
    rest = solve_cohort(ORAL, {"CL": CL}, start=24.0, until=48.0, initial=half.final,
                        doses=[Dose(0.0, 9.0), Dose(24.0, 9.0)], tolerance=1e-10)  # fmt: skip
    assert np.allclose(rest.final, whole.final, rtol=1e-8, atol=1e-9)


def test_a_dose_table_equals_lists() -> None:
    flat = [(i, d) for i, own in enumerate(DOSES) for d in own]
    table = DoseTable(np.array([i for i, _ in flat]), np.array([d.time for _, d in flat]),
                      np.array([d.amount for _, d in flat]))  # fmt: skip
    assert digest(solve_cohort(ORAL, {"CL": CL}, until=60.0, at=AT, doses=table, states=True)) == digest(run())
    shuffled = np.random.default_rng(3).permutation(len(flat))
    mixed = DoseTable(table.person[shuffled], table.time[shuffled], table.amount[shuffled])
    assert digest(solve_cohort(ORAL, {"CL": CL}, until=60.0, at=AT, doses=mixed, states=True)) == digest(run())


def test_each_person_has_times_of_its_own() -> None:
    at = np.array([[1.0, 2.0, np.nan], [3.0, 4.0, 5.0]])
    found = solve_cohort(ORAL, {"CL": CL[:2]}, until=np.array([2.0, 5.0]), at=at,
                         doses=[Dose(0.0, 10.0, "bolus")], tolerance=1e-9)  # fmt: skip
    exact = 0.5 * np.exp(-CL[:2, None] / 20.0 * at)
    assert np.allclose(found.outputs["concentration"], exact, rtol=1e-7, equal_nan=True)


def test_covariates_sets_and_variability() -> None:
    heavy = solve_cohort(ORAL, {"weight_kg": np.array([70.0, 140.0])}, until=1.0).parameters
    assert np.allclose(heavy[:, 1], [2.0, 2.0 * 2.0**0.75])
    assert solve_cohort(ORAL, {"set": np.array(["first", "second"])}, until=1.0).parameters[1, 2] == 30.0
    people = np.arange(10_000)
    drawn = solve_cohort(ORAL, {}, until=1.0, variability=Variability(1, 0, people)).parameters[:, 1]
    # omega_CL .3; 5 standard errors of the SD of 10^4 numbers
    assert abs(np.log(drawn / 2.0).std() - 0.3) < 5 * 0.3 / np.sqrt(2e4)
    some = solve_cohort(ORAL, {}, until=1.0, variability=Variability(1, 0, people[500:510]))
    assert np.array_equal(some.parameters[:, 1], drawn[500:510])


@pytest.mark.parametrize(
    "call",
    [
        lambda: solve(ORAL, {"CLL": 1.0}, until=1.0),
        lambda: solve(ORAL, {"CL": "fast"}, until=1.0),
        lambda: solve(ORAL, {"CL": float("nan")}, until=1.0),
        lambda: solve(ORAL, {"CL": 1e9}, until=1.0),
        lambda: solve(ORAL, {"weight_kg": 7.0}, until=1.0),
        lambda: solve(ORAL, {"set": "third"}, until=1.0),
        lambda: solve(ORAL, until=float("nan")),
        lambda: solve(ORAL, until=-1.0),
        lambda: solve(ORAL, until=1.0, at=[2.0]),
        lambda: solve(ORAL, until=1.0, at=[0.5, 0.1]),
        lambda: solve(ORAL, until=1.0, method="euler"),
        lambda: solve(ORAL, until=1.0, tolerance=0.0),
        lambda: solve(ORAL, until=1.0, doses=[Dose(0.0, -1.0)]),
        lambda: solve(ORAL, until=1.0, doses=[Dose(float("nan"), 1.0)]),
        lambda: solve(ORAL, until=1.0, doses=[Dose(0.0, 1.0, "nose")]),
        lambda: solve(ORAL, until=1.0, doses=[Dose(0.0, 1.0, "drip")]),
        lambda: solve_cohort(ORAL, {"CL": CL[:3], "V": CL[:2]}, until=1.0),
        lambda: solve_cohort(ORAL, {"CL": CL[:3]}, until=1.0, doses=[[Dose(0.0, 1.0)]] * 2),
        lambda: solve_cohort(ORAL, {}, until=1.0, doses=DoseTable(np.array([4]), np.zeros(1), np.ones(1))),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call: Callable) -> None:
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.what and caught.value.expected and caught.value.cure
