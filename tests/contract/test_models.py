"""Every model keeps the contract; new files are found without wiring."""

import functools
import re

import numpy as np
import pytest

from twin_engine import model as models
from twin_engine.cohort import per_person, solve_cohort
from twin_engine.errors import InputError
from twin_engine.model import TIMES, Model
from twin_engine.parameters import KINDS
from twin_engine.persons import Variability, parameter_rows

NAMES = models.names()


@functools.cache
def loaded(name: str) -> Model:
    try:
        return models.load(name)
    except InputError as error:
        pytest.skip(f"{name}: {error.what}: {error.cure}")


def day(model: Model) -> float:
    """A day in the model's time; a minute for models in seconds."""
    return 60.0 if model.time == "s" else TIMES["d"] / TIMES[model.time]


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_has_its_source(name: str) -> None:
    model = loaded(name)
    assert len(model.source) > 20 and re.search(r"\b(19|20)\d\d\b", model.source)
    for chosen in model.sets.values():
        for p in chosen.parameters.values():
            assert p.source and p.unit and p.kind in KINDS, p.name
            assert p.low <= p.value <= p.high, p.name
            unit = model.module.Param.units.get(p.name)
            assert unit in (None, p.unit), f"{p.name}: {unit} in Param, {p.unit} in the file"


@pytest.mark.parametrize("name", NAMES)
def test_plain_python_equals_compiled(name: str) -> None:
    model = loaded(name)
    m, n = model.module, len(model.states)
    rows = parameter_rows(model, {}, 1)
    p = m.Param(*map(float, rows[0]))
    u = m.rest(p) if hasattr(m, "rest") else m.Input(*[0.0] * len(model.inputs))
    start = np.array(per_person(model, "initial", rows, n)[0])
    assert np.allclose(start, m.initial(p), rtol=1e-13, atol=1e-300)
    # A state of its own in every entry, so that a mixed-up order shows
    state = start * (1.0 + 0.01 * np.arange(1, n + 1)) + 1e-3 * np.arange(1, n + 1)
    from twin_engine.blocks import LANES, blocks
    from twin_engine.lane_parts import evaluate

    made = blocks(model)
    for block, function, width in ((made.rhs, m.rhs if n else None, n),
                                   (made.outputs, m.outputs, len(model.outputs))):  # fmt: skip
        if function is None:
            continue
        out = np.empty((1, width))
        evaluate(block, np.array([0.3]), state[None], rows, np.zeros(1, np.int64),
                 np.array([[*u]], float).reshape(1, -1), out, LANES)  # fmt: skip
        plain = np.array(function(0.3, m.State(*map(float, state)), p, u), float)
        scale = np.abs(plain).max()
        assert np.allclose(out[0], plain, rtol=1e-11, atol=1e-13 * scale), function.__name__


@pytest.mark.parametrize("name", NAMES)
def test_a_day_is_finite_and_seeds_repeat(name: str) -> None:
    model = loaded(name)
    people = np.arange(40)
    at = np.linspace(0.0, day(model), 9)
    found = [
        solve_cohort(model, {}, until=day(model), at=at, workers=w, states=True,
                     variability=Variability(7, 0, people))
        for w in (1, 2)
    ]  # fmt: skip
    assert not found[0].failed.any(), found[0].reason
    for output, values in found[0].outputs.items():
        assert np.isfinite(values).all(), output
        assert np.array_equal(values, found[1].outputs[output]), output
    assert found[0].states is not None and np.isfinite(found[0].states).all()
    # No state falls below 0 where all start at 0 or above: amounts, volumes, cells
    start = found[0].states[:, 0]
    nonnegative = getattr(model.module, "NONNEGATIVE", ())
    for j, state in enumerate(model.states):
        if state in nonnegative and (start[:, j] >= 0.0).all():
            assert found[0].states[:, :, j].min() >= -1e-9, state


@pytest.mark.parametrize("name", NAMES)
def test_the_claimed_steady_state_is_steady(name: str) -> None:
    model = loaded(name)
    if not model.get("STEADY") or not model.states:
        pytest.skip("claims no steady state")
    m = model.module
    for chosen in list(model.sets)[:3]:
        p = m.Param(*map(float, parameter_rows(model, {"set": chosen}, 1)[0]))
        u = m.rest(p) if hasattr(m, "rest") else m.Input(*[0.0] * len(model.inputs))
        y = m.initial(p)
        change = np.array(m.rhs(0.0, y, p, u))
        # A state that drifts by 1e-6 of its size or less in a day
        assert np.abs(change * day(model)).max() <= 1e-6 * max(1.0, np.abs(np.array(y)).max()), chosen


@pytest.mark.parametrize("name", NAMES)
def test_both_methods_agree(name: str) -> None:
    model = loaded(name)
    if not model.states:
        pytest.skip("closed form")
    if hasattr(model.module, "tick"):
        span = 2.0 * model.module.TICK
    else:
        span = day(model)
    ours, theirs = (
        solve_cohort(model, {}, until=span, method=method, tolerance=1e-8, doses=[]).final[0]
        for method in ("tsit5", "rodas4")
    )
    assert np.allclose(ours, theirs, rtol=1e-5, atol=1e-5 * max(1.0, np.abs(ours).max() * 1e-2))
