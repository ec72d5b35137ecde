"""Arms share their luck; what is added never changes what was there."""

import numpy as np
import pytest

from tests.trials.designs import design, diabetes, warfarin
from trials.conduct import conduct
from trials.population import build
from trials.twins import Course, live, treatments


def lived(data: dict, seed: int = 1, workers: int = 1) -> list[Course]:
    d = design(data)
    pool = build(d, seed)
    return [live(d, pool.people, t, seed, workers) for t in treatments(d)]


def same(a: Course, b: Course, rows: slice = slice(None)) -> None:
    for name, values in a.arrays().items():
        other = b.arrays()[name]
        if values.ndim == 2:
            width = min(values.shape[1], other.shape[1])
            values, other = values[rows, :width], other[rows, :width]
        else:
            values, other = values[rows], other[rows]
        np.testing.assert_array_equal(values, other, err_msg=name)


def test_an_added_arm_changes_no_other_arm() -> None:
    data = warfarin()
    two = lived(data)
    third = {"name": "Clinical", "treatment": "warfarin_dosing",
             "settings": {"first_doses": "iwpc_clinical", "revision": "lenzini_clinical"}}  # fmt: skip
    three = lived(data | {"arms": [*data["arms"], third],
                          "randomisation": {"kind": "permuted_block", "blocks": [6]}})  # fmt: skip
    same(two[0], three[0])
    same(two[1], three[1])


def test_two_arms_with_one_treatment_live_the_same() -> None:
    data = warfarin()
    twin_arm = data["arms"][1] | {"name": "Again", "control": False}
    courses = lived(data | {"arms": [twin_arm, data["arms"][1]]})
    same(courses[0], courses[1])


def test_more_avatars_change_no_earlier_one() -> None:
    few, many = lived(warfarin(pool=30)), lived(warfarin(pool=50))
    d_few, d_many = design(warfarin(pool=30)), design(warfarin(pool=50))
    ids_few, ids_many = build(d_few, 1).people.ids, build(d_many, 1).people.ids
    where = {int(p): i for i, p in enumerate(ids_many)}
    rows = np.array([where[int(p)] for p in ids_few])
    for a, b in zip(few, many, strict=True):
        for name, values in a.arrays().items():
            other = b.arrays()[name][rows]
            width = min(values.shape[-1], other.shape[-1]) if values.ndim == 2 else None
            np.testing.assert_array_equal(values[..., :width], other[..., :width], err_msg=name)


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_change_nothing(workers: int) -> None:
    for a, b in zip(lived(warfarin(), workers=1), lived(warfarin(), workers=workers), strict=True):
        same(a, b)


def test_another_seed_is_another_trial() -> None:
    a, b = lived(warfarin(), seed=1), lived(warfarin(), seed=2)
    assert not np.array_equal(a[0].value, b[0].value, equal_nan=True)


def test_enrolling_one_more_changes_no_earlier_subject() -> None:
    logs = []
    for persons in (100, 101):
        d = design(diabetes(enrolment=diabetes()["enrolment"] | {"persons": persons}))
        pool = build(d, 1)
        courses = [live(d, pool.people, t, 1) for t in treatments(d)]
        logs.append(conduct(d, pool.people, courses, 1).randomised())
    for one, other in zip(logs[0], logs[1], strict=False):
        assert one == other
