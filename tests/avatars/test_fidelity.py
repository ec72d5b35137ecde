"""Synthetic persons are close to real ones and give nobody away; the controls fail, as they must."""

import csv
from pathlib import Path

import numpy as np
import pytest

from avatars import fidelity, real
from avatars.avatar import Provenance
from avatars.make import make
from avatars.population import Population
from avatars.synthesis import bootstrap, gaussian_copula, independent, resolution
from twin_engine.errors import InputError

# 12 variables of NHANES 2017-2018: file, CDC name, our name with its unit.
NHANES = {
    "age_y": ("demo", "RIDAGEYR", "y"), "weight_kg": ("bmx", "BMXWT", "kg"), "height_cm": ("bmx", "BMXHT", "cm"),
    "bmi_kg_m2": ("bmx", "BMXBMI", "kg/m2"), "waist_cm": ("bmx", "BMXWAIST", "cm"),
    "glucose_mg_dl": ("bio", "LBXSGL", "mg/dL"), "creatinine_mg_dl": ("bio", "LBXSCR", "mg/dL"),
    "cholesterol_mg_dl": ("bio", "LBXSCH", "mg/dL"), "triglycerides_mg_dl": ("bio", "LBXSTR", "mg/dL"),
    "albumin_g_dl": ("bio", "LBXSAL", "g/dL"), "alt_u_l": ("bio", "LBXSATSI", "U/L"),
    "uric_acid_mg_dl": ("bio", "LBXSUA", "mg/dL"),
}  # fmt: skip


@pytest.fixture(scope="module")
def nhanes(shared_data: Path) -> Population:
    """Adults from 20 years with all 12 variables, and their sex: real persons of CDC NHANES 2017-2018."""
    folder = shared_data / "records" / "nhanes_2017_2018"
    tables = {}
    for name in ("demo", "bmx", "bio"):
        with open(folder / f"{name}_J.csv", encoding="utf-8", newline="") as file:
            tables[name] = {row["SEQN"]: row for row in csv.DictReader(file)}
    ids, rows, sex = [], [], []
    for number in tables["demo"].keys() & tables["bmx"].keys() & tables["bio"].keys():
        row = [tables[table][number][column] for table, column, _ in NHANES.values()]
        if "" not in row and float(row[0]) >= 20:
            ids.append(int(number))
            rows.append([float(cell) for cell in row])
            sex.append("male" if tables["demo"][number]["RIAGENDR"] == "1" else "female")
    order = np.argsort(ids)
    columns = dict(zip(NHANES, np.array(rows)[order].T, strict=True)) | {"sex": np.array(sex)[order]}
    units = {name: unit for name, (_, _, unit) in NHANES.items()} | {"sex": ""}
    return Population(np.array(ids)[order], columns, units,
                      dict.fromkeys(columns, Provenance("measured", "CDC NHANES 2017-2018")))  # fmt: skip


def test_nhanes_passes_every_gate_and_the_controls_fail(nhanes):
    assert len(nhanes) > 4500
    ours = fidelity.judge(gaussian_copula, nhanes, ("sex",), 1)
    print(ours)
    assert ours.max_abs_rho_difference <= 0.10
    assert ours.two_sample_auc <= 0.70
    assert ours.membership_auc <= 0.55
    without, copied = fidelity.controls(nhanes, ("sex",), 1)
    print(without, copied)
    assert without.max_abs_rho_difference > 0.5 and without.two_sample_auc > 0.9 and not without.passed
    # A bootstrap copies a share 1 - 1/e of the persons: AUC (1 - 1/e) + 1 / (2 e) = .816.
    assert copied.membership_auc == pytest.approx(0.816, abs=0.02) and not copied.passed


def test_nhanes_marginals_are_kept_within_each_sex(nhanes):
    drawn = gaussian_copula(nhanes, ("sex",)).draw(10_000, 1)
    for sex in ("female", "male"):
        a, b = nhanes.take(nhanes["sex"] == sex), drawn.take(drawn["sex"] == sex)
        assert max(row.distance for row in fidelity.marginals(a, b)) < 0.05


def test_diabetes_passes_with_its_report():
    made = make("diabetes", 600, 1)
    assert made.fidelity is not None and made.fidelity.gates_passed
    assert [control.passed for control in made.fidelity.controls] == [False, False]
    assert {origin.kind for origin in made.population.provenance.values()} == {"sampled"}
    assert made.population["progression"].min() >= real.diabetes()["progression"].min()


def test_synthetic_persons_do_not_depend_on_their_number_or_order():
    method = gaussian_copula(real.diabetes(), ("sex_code",))
    few, many = method.draw(20, 4), method.draw(200, 4)
    for name in few.columns:
        assert few[name].tolist() == many[name][:20].tolist()


def test_copied_rows_are_seen_and_new_rows_are_not_copies():
    source = real.diabetes()
    rows = {tuple(row) for row in fidelity.matrix(source, source.numbers(), {}).tolist()}
    for method, share in ((bootstrap, 1.0), (gaussian_copula, 0.0)):
        drawn = method(source, ()).draw(300, 1)
        found = [tuple(row) in rows for row in fidelity.matrix(drawn, source.numbers(), {}).tolist()]
        assert np.mean(found) == share


def test_independent_keeps_margins_only():
    source = real.diabetes()
    drawn = independent(source, ()).draw(5000, 1)
    assert abs(np.corrcoef(drawn["cholesterol_mg_dl"], drawn["ldl_mg_dl"])[0, 1]) < 0.05
    assert drawn["ldl_mg_dl"].mean() == pytest.approx(source["ldl_mg_dl"].mean(), rel=0.02)


def test_the_classifier_cannot_tell_a_population_from_itself():
    first, second = fidelity.halves(gaussian_copula(real.diabetes(), ()).draw(2000, 1), 1)
    assert fidelity.two_sample_auc(first, second, 1) == pytest.approx(0.5, abs=0.05)
    assert fidelity.membership_auc(first, second, gaussian_copula(real.diabetes(), ()).draw(2000, 2)) == pytest.approx(
        0.5, abs=0.05)  # fmt: skip


def test_kolmogorov_smirnov_equals_scipy():
    from scipy.stats import ks_2samp

    rng = np.random.default_rng(3)
    a, b = rng.normal(size=200).round(1), rng.normal(0.3, size=150).round(1)
    assert fidelity.kolmogorov_smirnov(a, b) == pytest.approx(ks_2samp(a, b).statistic)


@pytest.mark.parametrize(
    ("values", "step"),
    [([1, 2, 30], 1.0), ([0.5, 2.0], 0.5), ([1.25, 7.31], 0.01), ([10, 70], 10.0), ([np.pi, np.e], 0.0)],
)
def test_the_recorded_step_is_found(values, step):
    assert resolution(np.array(values, float)) == step


@pytest.mark.parametrize(
    ("strata", "what"),
    [(("age_y",), "a stratum needs words"), (("ward",), "missing column")],
)
def test_a_wrong_stratum_is_one_clear_error(strata, what):
    with pytest.raises(InputError) as caught:
        gaussian_copula(real.diabetes(), strata)
    assert caught.value.what == what


def test_a_stratum_with_few_persons_is_refused():
    few = real.diabetes().take(np.arange(40))
    with pytest.raises(InputError, match="a stratum is too small"):
        gaussian_copula(few, ("sex_code",))


def table(folder: Path, text: str, **more: str) -> str:
    (folder / "clinic.csv").write_text(text)
    lines = ["title: clinic", "table:", "  source: clinic.csv", *(f"  {k}: {v}" for k, v in more.items())]
    file = folder / "clinic.yaml"
    file.write_text("\n".join(lines))
    return str(file)


def test_a_csv_beside_the_specification_becomes_a_population(tmp_path):
    rng = np.random.default_rng(1)
    rows = "".join(f"{60 + z:.0f},{80 + 9 * z:.1f},{'AB'[i % 2]}\n" for i, z in enumerate(rng.normal(size=200)))
    made = make(table(tmp_path, "age_y,weight_kg,ward\n" + rows, strata="[ward]"), 50, 1, judged=False)
    assert made.population.units == {"age_y": "y", "weight_kg": "kg", "ward": ""}
    assert len(made.population) == 50 and made.acceptance == 1.0


@pytest.mark.parametrize(
    ("text", "more", "what"),
    [
        ("age_y,ward\n" + "61,A\n" * 40, {"columns": "[age_y, height_cm]"}, "missing column"),
        ("age_y,ward\n" + "61,A\n" * 40 + "NaN,A\n", {}, "not a finite number"),
        ("age_y,ward\n" + "61,A\n" * 5, {}, "a stratum is too small"),
        ("age_y,ward\n" + "61,A\n" * 40 + "61", {}, "the table is cut off or no CSV"),
        ("age_y,ward\n" + "61,A\n" * 40, {"missing": "guess"}, "a value is not acceptable"),
    ],
)
def test_a_bad_table_is_one_clear_error(tmp_path, text, more, what):
    with pytest.raises(InputError) as caught:
        make(table(tmp_path, text, **more), 10, 1, judged=False)
    assert caught.value.what == what


def test_unknown_tables_are_named(tmp_path):
    file = tmp_path / "x.yaml"
    file.write_text("title: x\ntable: {source: 'sklearn:iris'}\n")
    with pytest.raises(InputError) as caught:
        make(str(file), 10, 1)
    assert caught.value.what == "unknown table" and "sklearn:diabetes" in caught.value.expected


def test_eligibility_of_a_table_selects_real_persons(tmp_path):
    file = tmp_path / "x.yaml"
    rule = "{column: age_y, low: 50, reason: from 50 years}"
    file.write_text(f"title: x\ntable: {{source: 'sklearn:diabetes'}}\neligibility: [{rule}]\n")
    made = make(str(file), 500, 1, judged=False)
    age = real.diabetes()["age_y"]
    assert made.acceptance == np.mean(age >= 50) and made.population["age_y"].min() >= 50
    file.write_text(file.read_text().replace("50,", "500,"))
    with pytest.raises(InputError, match="nobody meets the eligibility"):
        make(str(file), 10, 1)
