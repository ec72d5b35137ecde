"""Every place keeps the contract, without naming any: new files are found by themselves."""

import math

import pytest

from scenes.scene import load, names
from twin_engine.errors import InputError

CASES = [(name, variant) for name in names() for variant in type(load(name)).variants]


def test_the_three_places_are_there() -> None:
    assert {"home", "office", "driving"} <= set(names())


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_a_place_says_where_to_stand_and_what_to_look_at(name: str, variant: str) -> None:
    scene = load(name, variant)
    views, things = scene.viewpoints(), scene.fixations()
    eye = next(iter(views.values())).position
    assert scene.title and things
    for view in views.values():
        assert math.dist(view.position, view.target) > 0.05
        assert view.pixels_per_degree(1000, 800) > 0
    for thing in things.values():
        assert 0.2 < thing.distance_m(eye) < 2000


@pytest.mark.parametrize(("name", "variant"), CASES)
def test_light_is_physical(name: str, variant: str) -> None:
    light = load(name, variant).light()
    assert 0.01 < light.adaptation < light.white * 2 < 1e5


def test_unknown_place_and_variant_are_refused() -> None:
    with pytest.raises(InputError, match="home"):
        load("kitchen-sink")
    with pytest.raises(InputError, match="day"):
        load("home", "afternoon")
