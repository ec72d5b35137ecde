"""A person of the warehouse as avatar: measured, imputed, calibrated."""

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from credibility import within

from avatars import calibrate, calibration_check, impute
from avatars.calibrate import Measured
from avatars.calibration_check import SETTINGS, study
from avatars.population import Population, Provenance
from avatars.warehouse import load_fhir, person
from avatars.warehouse.store import Store
from twin_engine.doses import Dose
from twin_engine.errors import InputError
from twin_engine.model import load

# ---- measured ------------------------------------------------------------------------------


def test_measured_values_of_a_bundle(shared_data: Path, empty: Store) -> None:
    load_fhir.load(empty, shared_data / "records/fhir_r4")
    (who,) = empty.query("SELECT person_id FROM measurement GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")[0]
    record = person.read(empty, who)
    own = record.avatar
    assert {v.provenance for v in own.values.values()} == {"measured"}
    latest = empty.one(
        "SELECT value_as_number FROM measurement WHERE person_id = ? AND measurement_source_value = '8480-6' "
        "ORDER BY measurement_date DESC LIMIT 1",
        (who,),
    )
    assert own["sbp_mmhg"].value == latest
    bmi = float(own["weight_kg"].value) / (float(own["height_cm"].value) / 100) ** 2
    assert float(own["bmi_kg_m2"].value) == pytest.approx(bmi, rel=0.02)  # Synthea rounds each of the three


def one(**values: object) -> dict[str, object]:
    return {"measurement_id": 1, "person_id": 1, "measurement_date": dt.date(2020, 1, 1)} | values


def test_units_are_converted_and_oddities_left_out(cdm: Callable[..., Store]) -> None:
    store = cdm(
        person=[{"person_id": 1, "gender_concept_id": 8532, "year_of_birth": 1960}],
        measurement=[
            one(measurement_source_value="2345-7", value_as_number=7.0, unit_concept_id=8753),
            one(measurement_id=2, measurement_source_value="8302-2", value_as_number=1.6, unit_concept_id=9546),
            one(measurement_id=3, measurement_source_value="8480-6", value_as_number=13682.0, unit_concept_id=8876),
            one(measurement_id=4, measurement_source_value="4548-4", value_as_number=6.0, unit_concept_id=1),
        ],
    )
    record = person.read(store, 1)
    assert record.avatar["glucose_mg_dl"].value == pytest.approx(126.1, abs=0.1)  # 7.0 mmol/L is the 126 of WHO
    assert record.avatar["height_cm"].value == 160.0
    assert "sbp_mmhg" not in record.avatar.values and "hba1c_percent" not in record.avatar.values
    assert record.remarks == [
        "sbp_mmhg: an implausible value was left out",
        "hba1c_percent: a value in an unknown unit was left out",
    ]
    with pytest.raises(InputError, match="no such person"):
        person.read(store, 2)


# ---- imputed -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nhanes(shared_data: Path) -> np.ndarray:
    """Adults: age, BMI, waist, creatinine, glucose, cholesterol, without gaps."""
    tables = {}
    for name in ("demo", "bmx", "bio"):
        with open(shared_data / f"records/nhanes_2017_2018/{name}_J.csv", newline="") as file:
            tables[name] = {row["SEQN"]: row for row in csv.DictReader(file)}
    rows = []
    for who, demo in tables["demo"].items():
        if who in tables["bmx"] and who in tables["bio"] and float(demo["RIDAGEYR"]) >= 20:
            bio = tables["bio"][who]
            cells = [demo["RIDAGEYR"], tables["bmx"][who]["BMXBMI"], tables["bmx"][who]["BMXWAIST"],
                     bio["LBXSCH"], bio["LBXSTP"], bio["LBXSUA"]]  # fmt: skip
            if all(cells):
                rows.append([float(c) for c in cells])
    return np.array(rows)


def test_imputation_keeps_spread_and_correlations(nhanes: np.ndarray) -> None:
    """Facts [R]: 24.7 % missing at random; posterior draws keep SD (1.015) and correlations (.038)."""
    chance = np.random.default_rng(17)
    holed = nhanes.copy()
    old = (nhanes[:, 0] - nhanes[:, 0].mean()) / nhanes[:, 0].std()
    for column in range(1, nhanes.shape[1]):
        holed[chance.random(len(nhanes)) < 0.294 / (1 + np.exp(-old)) * 2, column] = np.nan
    missing = np.isnan(holed).mean()
    assert 0.2 < missing < 0.3
    filled = impute.impute(holed, seed=1, m=5)
    assert np.array_equal(filled[0][~np.isnan(holed)], holed[~np.isnan(holed)])
    spread = np.mean([f[:, 1:].std(axis=0) / nhanes[:, 1:].std(axis=0) for f in filled])
    assert spread == pytest.approx(1.0, abs=0.03)
    rho = np.corrcoef(nhanes.T)
    assert np.mean([np.abs(np.corrcoef(f.T) - rho).max() for f in filled]) < 0.06
    means = np.where(np.isnan(holed), np.nanmean(holed, axis=0), holed)
    assert (means[:, 1:].std(axis=0) / nhanes[:, 1:].std(axis=0)).mean() < 0.93  # the control fails as it must
    pooled = impute.pool(np.array([f[:, 1].mean() for f in filled]), np.array([f[:, 1].var() / len(f) for f in filled]))
    assert abs(pooled.estimate - nhanes[:, 1].mean()) < 3 * pooled.variance**0.5
    assert pooled.missing_information > 0.0


def test_rubins_rules_by_hand() -> None:
    # Rubin 1987, equations 3.1.2-3.1.6 with Q = 1, 2, 3 and U = 1: W 1, B 1, T 1 + 4/3.
    pooled = impute.pool(np.array([1.0, 2.0, 3.0]), np.ones(3))
    assert pooled.estimate == 2.0
    assert pooled.variance == pytest.approx(1 + 4 / 3)
    assert pooled.degrees == pytest.approx(2 * (1 + 3 / 4) ** 2)
    with pytest.raises(InputError):
        impute.pool(np.array([1.0]), np.array([1.0]))


def test_completing_names_the_assumption(cdm: Callable[..., Store]) -> None:
    store = cdm(
        person=[{"person_id": 1, "gender_concept_id": 8532, "year_of_birth": 1960}],
        measurement=[one(measurement_source_value="39156-5", value_as_number=35.0, unit_concept_id=9531)],
    )
    chance = np.random.default_rng(5)
    bmi = chance.normal(27, 4, 400)
    measured = Provenance("measured", "made up")
    reference = Population(
        np.arange(400),
        {"bmi_kg_m2": bmi, "sbp_mmhg": 90 + 1.5 * bmi + chance.normal(0, 8, 400), "sex": np.full(400, "female")},
        {"bmi_kg_m2": "kg/m2", "sbp_mmhg": "mmHg", "sex": ""},
        {"bmi_kg_m2": measured, "sbp_mmhg": measured, "sex": measured},
    )
    done, draws = person.complete(person.read(store, 1), reference, seed=3, m=20)
    filled = done.avatar["sbp_mmhg"]
    assert filled.provenance == "imputed"
    assert "independent given these" in filled.source and "bmi_kg_m2" in filled.source
    assert filled.value == pytest.approx(90 + 1.5 * 35, abs=5)  # conditional on BMI, not the mean of 130
    assert draws["sbp_mmhg"].std() == pytest.approx(8, rel=0.4)
    again, _ = person.complete(person.read(store, 1), reference, seed=3, m=20)
    assert again.avatar["sbp_mmhg"] == filled


# ---- calibrated ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rows() -> dict[str, calibration_check.Row]:
    return {s.name: study(s, n=200, seed=1) for s in SETTINGS}


def test_intervals_cover(rows: dict[str, calibration_check.Row]) -> None:
    """200 patients, seed pinned: an exact method meets 85-95 % with probability .987 (facts, section 6)."""
    true = rows["model true"]
    assert true.effect_cover == within(0.85, 0.95)
    assert true.inr_cover == within(0.85, 0.95)
    few = rows["3 INRs, day 10"]
    assert few.effect_cover == within(0.85, 0.95)


def test_the_next_inr_beats_the_typical_prediction(rows: dict[str, calibration_check.Row]) -> None:
    for row in rows.values():
        assert row.rmse_posterior < row.rmse_typical
        assert row.rmse_true_posterior < row.rmse_true_typical
    assert rows["model true"].rmse_true_posterior < 0.5 * rows["model true"].rmse_true_typical


def test_a_wrong_model_shows(rows: dict[str, calibration_check.Row], capsys: pytest.CaptureFixture[str]) -> None:
    for row in rows.values():
        print(row)
    true = rows["model true"]
    assert rows["10 % of doses missed, unknown"].effect_cover < true.effect_cover
    assert rows["true error 0.50, assumed 0.365"].inr_cover < 0.85
    assert "doses missed" in capsys.readouterr().out


def on_warfarin(inrs: list[tuple[float, float]], **table: object) -> Measured:
    times = np.array([t * 24.0 for t, _ in inrs])
    values = np.array([v for _, v in inrs])
    doses = [Dose(24.0 * d, 5.0) for d in range(40)]
    who = {"vkorc1": "GA", "cyp2c9": "*1/*1", "age_y": 65.0, "weight_kg": 75.0} | table
    return Measured(who, doses, ["inr"] * len(inrs), times, values, np.full(len(inrs), 0.2))


def test_several_parameters_and_the_uninformed_named() -> None:
    model = load("warfarin")
    own = on_warfarin([(5.0, 1.8), (10.0, 2.6), (20.0, 3.0), (35.0, 3.1)], set="hamberg2010")
    found = calibrate.by_sampling(model, own, ["EC50", "CL", "V"], seed=1)
    assert found.ess >= calibrate.ENOUGH
    assert "V" in found.not_informed()  # the volume only shapes hours; INRs days apart do not see it
    assert "EC50" not in found.not_informed()
    assert np.isclose(found.weights.sum(), 1.0)
    again = calibrate.by_sampling(model, own, ["EC50", "CL", "V"], seed=1)
    assert np.array_equal(found.effects, again.effects)


def test_sampling_agrees_with_the_exact_grid() -> None:
    model = load("warfarin")
    own = on_warfarin([(7.0, 2.0), (14.0, 2.4), (28.0, 2.6)])
    (grid,), _ = calibrate.on_grid(model, [own], "EC50")
    sampled = calibrate.by_sampling(model, own, ["EC50"], seed=2, draws=4000)
    assert np.allclose(sampled.interval("EC50"), grid.interval("EC50"), rtol=0.04)
    assert np.median(grid.draws(4000, 1, 1)["EC50"]) == pytest.approx(grid.interval("EC50", 0.0)[0], rel=0.03)


def test_no_measurement_leaves_the_prior() -> None:
    (grid,), _ = calibrate.on_grid(load("warfarin"), [on_warfarin([(1e-3, 1.13)])], "EC50")
    assert grid.not_informed() == ["EC50"]
    low, high = grid.interval("EC50")
    # Central 90 % of a log-normal with the published SD .5208.
    assert np.log(high / low) == pytest.approx(2 * 1.6449 * 0.5208, rel=0.02)


def test_a_person_with_warfarin_in_the_warehouse(cdm: Callable[..., Store]) -> None:
    first = dt.date(2020, 1, 1)
    store = cdm(
        person=[{"person_id": 1, "gender_concept_id": 8507, "year_of_birth": 1955}],
        observation_period=[{"observation_period_id": 1, "person_id": 1, "observation_period_start_date": first,
                             "observation_period_end_date": dt.date(2020, 12, 31)}],
        concept=[{"concept_id": 40163554, "concept_name": "Warfarin Sodium 5 MG Oral Tablet"}],
        drug_exposure=[{"drug_exposure_id": 1, "person_id": 1, "drug_concept_id": 40163554, "quantity": 15.0,
                        "drug_exposure_start_date": first, "drug_exposure_end_date": first, "days_supply": 30}],
        measurement=[
            one(measurement_source_value="29463-7", value_as_number=60.0, unit_concept_id=9529),
            *[one(measurement_id=i, measurement_date=first + dt.timedelta(d), measurement_source_value="6301-6",
                  value_as_number=v) for i, (d, v) in enumerate(((7, 2.9), (14, 4.0), (28, 4.4)), 10)],
        ],
    )  # fmt: skip
    assert person.daily_doses(store, 1, "warfarin")[0] == (first, 2.5)
    record = person.read(store, 1)
    posterior = person.warfarin(store, 1, {"vkorc1": "AA", "cyp2c9": "*1/*1"}, record.avatar)
    low, high = posterior.interval("EC50")
    assert low < posterior.typical[0] and high < posterior.typical[0] * 1.2  # more sensitive than typical
    with pytest.raises(InputError, match="covariate"):
        person.warfarin(store, 1, {}, record.avatar)


def test_a_circulation_from_cuff_and_echo() -> None:
    """A simulated person: the intervals hold the truth, resistance is learnt, filling hardly."""
    from avatars import calibrate_circulation as circulation

    truth = np.array([[1.05, 1.0, 2.0, 28.0]])
    found = circulation.predict(truth, 70.0, 20.0)
    measured = {name: float(values[0]) for name, values in found.items()} | {"heart_rate_bpm": 70.0}
    posterior = circulation.calibrate(measured, seed=1, draws=240)
    for name, value in zip(circulation.FREE, truth[0], strict=True):
        low, high = posterior.interval(name)
        assert low <= value <= high, name
    ratio = posterior.width_ratio()
    assert ratio["r_ar_sys"] < 0.5
    assert ratio["start_p_ven_sys"] > 0.6  # three numbers do not fix four parameters
    with pytest.raises(InputError, match="diastolic"):
        circulation.calibrate({"sbp_mmhg": 120.0, "dbp_mmhg": 120.0}, seed=1)
    with pytest.raises(InputError, match="blood pressure"):
        circulation.calibrate({"ejection_fraction": 0.6}, seed=1)
