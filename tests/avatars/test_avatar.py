"""A person is frozen, plausible, and knows where each value comes from."""

import dataclasses
import pickle

import numpy as np
import pytest

from avatars.avatar import Avatar, Provenance, Value, plausible, units_of
from avatars.population import Population
from twin_engine.errors import InputError

CHART = "chart of 3 May"


def person(**values: Value) -> Avatar:
    return Avatar(7, values)


def test_an_avatar_keeps_value_unit_provenance_and_source():
    found = person(age_y=Value(61.0, "y", "measured", CHART), vkorc1=Value("GA", "", "imputed", "model"))
    assert found["age_y"] == (61.0, "y", "measured", CHART)
    assert found["vkorc1"].provenance == "imputed"
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.id = 8
    with pytest.raises(TypeError):
        found.values["age_y"] = Value(62.0, "y", "measured", CHART)
    assert pickle.loads(pickle.dumps(found)) == found


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("age_y", Value(float("nan"), "y", "measured", CHART), "not a finite number"),
        ("age_y", Value(float("inf"), "y", "measured", CHART), "not a finite number"),
        ("age_y", Value(610.0, "y", "measured", CHART), "implausible value"),
        ("age_y", Value(61.0, "wk", "measured", CHART), "wrong unit"),
        ("age_y", Value(61.0, "y", "guessed", CHART), "a value without provenance"),
        ("age_y", Value(61.0, "y", "measured", " "), "a value without provenance"),
        ("vkorc1", Value("GC", "", "measured", CHART), "implausible value"),
        ("vkorc1", Value("", "", "measured", CHART), "empty value"),
        ("vkorc1", Value(1.0, "", "measured", CHART), "implausible value"),
    ],
)
def test_a_wrong_value_is_one_clear_error(name, value, what):
    with pytest.raises(InputError) as caught:
        person(**{name: value})
    assert caught.value.what == what
    assert name in caught.value.where and caught.value.cure


def test_a_missing_value_names_what_there_is():
    with pytest.raises(InputError) as caught:
        person(age_y=Value(61.0, "y", "measured", CHART))["weight_kg"]
    assert caught.value.what == "the person has no such value"


def test_every_known_quantity_has_a_unit_its_name_allows():
    for name, known in plausible().items():
        assert known.levels or known.low < known.high
        assert not units_of(name) or known.unit in units_of(name), name


@pytest.mark.parametrize(
    ("name", "units"),
    [("age_y", ("y",)), ("bmi_kg_m2", ("kg/m2",)), ("bsa_m2", ("m2",)), ("se_d", ("D", "d")), ("vkorc1", ()),
     ("glucose_mg_dl", ("mg/dL",)), ("kg", ())],
)  # fmt: skip
def test_the_unit_is_read_from_the_end_of_a_name(name, units):
    assert units_of(name) == units


def people(**columns: np.ndarray) -> Population:
    n = len(next(iter(columns.values())))
    units = {"age_y": "y", "weight_kg": "kg", "vkorc1": "", "score": "1"}
    return Population(np.arange(n), columns, {c: units[c] for c in columns},
                      {c: Provenance("measured", CHART) for c in columns})  # fmt: skip


def test_a_population_reads_as_columns_and_as_persons():
    found = people(age_y=np.array([61, 47]), vkorc1=np.array(["GG", "AA"]))
    assert found["age_y"].dtype == float and found[1]["vkorc1"].value == "AA"
    assert [avatar.id for avatar in found] == [0, 1]
    assert len(found.take(np.array([True, False]))) == 1
    assert found.having("score", np.array([1.0, 2.0]), "1", "imputed", "model")[0]["score"].provenance == "imputed"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"ids": np.array([1, 1])}, "two persons have one id"),
        ({"ids": np.array([0.0, 1.0])}, "ids are not whole numbers"),
        ({"ids": np.arange(0), "columns": {"age_y": np.empty(0)}}, "no persons"),
        ({"columns": {"age_y": np.array([61.0])}}, "a column has another length"),
        ({"columns": {"age_y": np.array([61.0, np.nan])}}, "not a finite number"),
        ({"columns": {"age_y": np.array([61.0, 161.0])}}, "implausible value"),
        ({"columns": {"age_y": np.array(["old", "young"])}}, "wrong unit"),
        ({"units": {"age_y": "kg"}}, "wrong unit"),
        ({"units": {}}, "a column without unit or provenance"),
        ({"provenance": {"age_y": Provenance("heard", "x")}}, "a value without provenance"),
    ],
)
def test_a_wrong_population_is_one_clear_error(change, what):
    parts = {"ids": np.arange(2), "columns": {"age_y": np.array([61.0, 47.0])}, "units": {"age_y": "y"},
             "provenance": {"age_y": Provenance("measured", CHART)}}  # fmt: skip
    with pytest.raises(InputError) as caught:
        Population(**(parts | change))
    assert caught.value.what == what


def test_the_error_names_row_and_value():
    with pytest.raises(InputError) as caught:
        people(weight_kg=np.array([60.0, 70.0, 8000.0]))
    assert "row 3" in caught.value.where and caught.value.value == 8000.0


def test_a_missing_column_names_those_there_are():
    with pytest.raises(InputError) as caught:
        people(age_y=np.array([61.0]))["weight_kg"]
    assert caught.value.what == "missing column" and "age_y" in caught.value.expected
