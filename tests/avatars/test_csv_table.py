"""Tables lose nothing on their way through a CSV file, and a broken file is one clear error."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars import csv_table
from avatars.avatar import PROVENANCE, Provenance
from avatars.population import Population
from twin_engine.errors import InputError

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(lambda t: t.strip())
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def populations(draw) -> Population:
    n = draw(st.integers(1, 6))
    ids = draw(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=n, max_size=n, unique=True))
    names = draw(st.lists(WORDS.filter(lambda t: t != "id"), min_size=1, max_size=4, unique=True))
    columns, units, provenance = {}, {}, {}
    for name in (f"{name}x" for name in names):  # the x keeps a drawn name from ending in a unit
        number = draw(st.booleans())
        columns[name] = np.array(draw(st.lists(NUMBERS if number else WORDS, min_size=n, max_size=n)))
        units[name] = "1" if number else ""
        provenance[name] = Provenance(draw(st.sampled_from(PROVENANCE)), draw(WORDS))
    return Population(np.array(ids), columns, units, provenance)


@settings(max_examples=60, deadline=None)
@given(populations())
def test_a_population_survives_its_file(tmp_path_factory, population):
    file = tmp_path_factory.mktemp("csv") / "people.csv"
    csv_table.write(population, file)
    found = csv_table.read(file)
    assert found.ids.tolist() == population.ids.tolist()
    assert found.units == population.units and found.provenance == population.provenance
    for name, values in population.columns.items():
        assert found[name].tolist() == values.tolist()


def test_a_foreign_table_takes_units_from_its_names(tmp_path):
    file = tmp_path / "clinic.csv"
    file.write_text("age_y,glucose_mg_dl,ward\n61,95.5,A\n47,101,B\n")
    found = csv_table.read(file, source="clinic, 2026")
    assert found.units == {"age_y": "y", "glucose_mg_dl": "mg/dL", "ward": ""}
    assert found.provenance["age_y"] == ("measured", "clinic, 2026")
    assert found.ids.tolist() == [0, 1]


def test_codes_can_stay_words(tmp_path):
    file = tmp_path / "clinic.csv"
    file.write_text("age_y,ward\n61,1\n47,2\n")
    assert csv_table.read(file, words=["ward"])["ward"].tolist() == ["1", "2"]


def test_persons_with_a_gap_can_be_left_out(tmp_path):
    file = tmp_path / "clinic.csv"
    file.write_text("id,age_y\n5,61\n6,\n7,NaN\n8,47\n")
    assert csv_table.read(file, drop_missing=True).ids.tolist() == [5, 8]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "no persons"),
        ("age_y\n", "no persons"),
        ("age_y,weight_kg\n61,80\n47\n", "the table is cut off or no CSV"),
        ('age_y,ward\n61,"A\n', "the table is cut off or no CSV"),
        ("age_y,age_y\n61,61\n", "a column without name or with a name twice"),
        ("age_y,\n61,61\n", "a column without name or with a name twice"),
        ("id,age_y\n1,61\n1,47\n", "two persons have one id"),
        ("id,age_y\none,61\n", "ids are not whole numbers"),
        ("age_y\n61\nNaN\n", "not a finite number"),
        ("age_y,ward\n61,A\n47,\n", "empty value"),
        ("age_y\n61\n\n470\n", "implausible value"),
        ("age_y\n1e999\n", "not a finite number"),
    ],
)
def test_a_broken_file_is_one_clear_error(tmp_path, text, what):
    file = tmp_path / "people.csv"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        csv_table.read(file)
    assert caught.value.what == what


def test_an_unreadable_file_is_one_clear_error(tmp_path):
    file = tmp_path / "people.csv"
    with pytest.raises(InputError, match="file not found"):
        csv_table.read(file)
    file.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    with pytest.raises(InputError, match="unreadable file"):
        csv_table.read(file)
    with pytest.raises(InputError, match="unreadable file"):
        csv_table.read(tmp_path)


def test_a_word_among_numbers_is_named(tmp_path):
    population = Population(np.arange(2), {"age_y": np.array([61.0, 47.0])}, {"age_y": "y"},
                            {"age_y": Provenance("measured", "chart")})  # fmt: skip
    file = tmp_path / "people.csv"
    csv_table.write(population, file)
    file.write_text(file.read_text().replace("47", "47 years"))
    with pytest.raises(InputError) as caught:
        csv_table.read(file)
    assert caught.value.what == "not a number" and caught.value.value == "47 years"
