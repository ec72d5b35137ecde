"""Optotypes: proportions of the 5 x 5 grid, and the letter observer."""

import numpy as np
import pytest

from twin_engine.errors import InputError
from vision_lib import ability, letters, observer
from vision_lib.eye import Eye
from vision_lib.refraction import PowerVector


def test_landolt_ring_is_iso_8596() -> None:
    # Ring 2.5 outside, 1.5 inside; gap one stroke: area = pi (2.5^2 - 1.5^2) - gap.
    ring = letters.landolt("right", 200)
    gap = 1.0 - ring[80:120, 160:].mean()
    assert gap == pytest.approx(1.0, abs=0.01)
    x = np.linspace(1.5, 2.5, 2001)
    lost = np.trapezoid(np.ones_like(x), x)
    assert ring.mean() * 25 == pytest.approx(np.pi * (2.5**2 - 1.5**2) - lost, abs=0.03)


def test_gap_turns() -> None:
    right = letters.landolt("right", 50)
    assert np.array_equal(np.rot90(right), letters.landolt("up", 50))
    assert np.array_equal(right, letters.sloan("C", 50))


@pytest.mark.parametrize("letter", letters.SLOAN)
def test_letters_fill_their_square(letter: str) -> None:
    ink = letters.sloan(letter, 100)
    assert ink.min() == 0.0 and ink.max() == 1.0
    # The gap of the C cuts its outermost point: the edge may be 2 % of the height wide.
    for edge in (ink[:2], ink[-2:], ink[:, :2], ink[:, -2:]):
        assert edge.max() > 0.5


def test_other_letters_are_refused() -> None:
    with pytest.raises(InputError):
        letters.sloan("Q", 20)


@pytest.fixture(scope="module")
def eye() -> Eye:
    return Eye.sample("plano", 30, 4e-3, seed=1, person=0)


def test_observer_loses_acuity_with_blur(eye: Eye) -> None:
    seen = [observer.logmar(eye, PowerVector(m, 0, 0)) for m in (0.0, -0.5, -1.0, -2.0, -3.0)]
    assert seen == sorted(seen)
    assert seen[0] == pytest.approx(-0.10, abs=0.08)
    # The law gives 0.20 at 1 D; the sets lie 0.28 to 0.50 above best focus.
    assert 0.05 < seen[2] < 0.45


def test_observer_knowing_its_blur_does_better(eye: Eye) -> None:
    parts = observer.distances(eye, PowerVector(-1.0, 0, 0))
    assert observer.threshold(parts, 1.4, 1.0) < observer.threshold(parts, 1.4, 0.5)


def test_observer_parameters_are_what_the_fit_gives() -> None:
    from twin_engine.parameters import default

    eyes = [Eye.sample("plano", 30, 4e-3, seed=1, person=k) for k in range(3)]
    made = observer.fit(eyes)
    stored = default("eye_observer").values()
    assert made["sigma"] == pytest.approx(stored["sigma"], rel=0.01)
    assert made["known_share"] == pytest.approx(stored["known_share"], abs=0.01)
    assert made["rms_logmar"] < 0.1
    print(made)


def test_product_runs_without_the_observer(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from vision_lib.commands import eye as command

    monkeypatch.setitem(sys.modules, "vision_lib.observer", None)
    who = ability.person("-1.00 DS", 30, 4.0, aberrations={})
    before, after = ability.compare(who, None, (6.0,))
    assert command._observer(who, before, after) == {}
