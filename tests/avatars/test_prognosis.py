"""The digital control: predictions that never saw the person's outcome."""

import numpy as np
import pytest

from avatars import real
from avatars.population import Population
from avatars.prognosis import PENALTIES, _folds, learn, prognosis
from twin_engine.errors import InputError


@pytest.fixture(scope="module")
def patients() -> Population:
    return real.diabetes()


def test_the_real_patients_are_those_of_efron_2004(patients):
    # Efron 2004, Table 1: 442 patients; first patient 59 y, sex 2, BMI 32.1, BP 101, progression 151.
    assert len(patients) == 442
    first = patients[0]
    assert (first["age_y"].value, first["bmi_kg_m2"].value, first["mean_bp_mmhg"].value) == (59.0, 32.1, 101.0)
    assert first["sex_code"].value == "2" and first["progression"].value == 151.0
    assert {origin.kind for origin in patients.provenance.values()} == {"measured"}


def test_the_real_women_are_those_of_gbsg2():
    # Schumacher 1994: 686 women, 246 with hormone therapy, 299 events.
    women = real.gbsg2()
    assert len(women) == 686 and np.sum(women["horTh"] == "yes") == 246 and women["event"].sum() == 299


def test_out_of_fold_predictions_explain_half_of_progression(patients):
    # Least squares on all ten baseline variables: R2 = .5177 in sample (Efron 2004's data); out of fold less.
    found = prognosis(patients, "progression")
    print(found.r2)
    assert 0.46 < found.r2 < 0.5177
    fitted = found.model.predict(patients)
    y = patients["progression"]
    assert 1 - np.sum((y - fitted) ** 2) / np.sum((y - y.mean()) ** 2) == pytest.approx(0.5177, abs=0.003)


def test_predictions_equal_a_scikit_learn_pipeline(patients):
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import PredefinedSplit, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x = np.column_stack(
        [patients[n] if n != "sex_code" else patients[n] == "2" for n in patients.columns if n != "progression"]
    )
    split = PredefinedSplit(_folds(patients.ids, 1, 10))
    theirs = cross_val_predict(
        make_pipeline(StandardScaler(), RidgeCV(PENALTIES)), x, patients["progression"], cv=split
    )
    assert prognosis(patients, "progression").scores == pytest.approx(theirs, rel=1e-9)


def test_no_prediction_sees_its_own_outcome(patients):
    before = prognosis(patients, "progression").scores
    changed = patients["progression"].copy()
    changed[7] = 9000.0
    other = patients.having("progression", changed, "1", "assumed", "a test")
    after = prognosis(other, "progression").scores
    assert after[7] == before[7] and not np.array_equal(after, before)


def test_predictions_follow_the_person_not_the_row(patients):
    order = np.random.default_rng(1).permutation(len(patients))
    straight, shuffled = prognosis(patients, "progression"), prognosis(patients.take(order), "progression")
    assert shuffled.scores == pytest.approx(straight.scores[order], rel=1e-9)


def test_a_model_learnt_on_others_predicts_new_persons(patients):
    old, new = patients.take(np.arange(200)), patients.take(np.arange(200, 442))
    model = learn(old, "progression")
    y = new["progression"]
    r2 = 1 - np.sum((y - model.predict(new)) ** 2) / np.sum((y - y.mean()) ** 2)
    assert model.n == 200 and 0.35 < r2 < 0.6
    with pytest.raises(InputError, match="missing column"):
        model.predict(new.select(["age_y"]))


@pytest.mark.parametrize(
    ("outcome", "what"),
    [("cured", "missing column"), ("sex_code", "the outcome is not a number"), ("flat", "the outcome does not vary")],
)
def test_a_wrong_outcome_is_one_clear_error(patients, outcome, what):
    flat = patients.having("flat", np.ones(len(patients)), "1", "assumed", "a test")
    with pytest.raises(InputError) as caught:
        prognosis(flat, outcome)
    assert caught.value.what == what


def test_too_few_persons_are_refused(patients):
    with pytest.raises(InputError, match="too little to learn from"):
        prognosis(patients.take(np.arange(20)), "progression")
