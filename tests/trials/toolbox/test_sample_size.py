"""Sample sizes against published values."""

import numpy as np
import pytest

from trials import sample_size as sizes
from twin_engine.errors import InputError


@pytest.mark.parametrize(("method", "power", "count"), [
    ("schoenfeld", 0.8, 246.79), ("schoenfeld", 0.9, 330.38),  # Schoenfeld 1981, Biometrika 68:316
    ("freedman", 0.8, 252.04), ("freedman", 0.9, 337.41),  # Freedman 1982, Stat Med 1:121
])  # fmt: skip
def test_events(method: str, power: float, count: float) -> None:
    assert sizes.events(0.7, power=power, method=method) == pytest.approx(count, abs=6e-3)


def test_means_by_the_noncentral_t() -> None:
    # rpact 3.3.4, getSampleSizeMeans(alternative=.5, stDev=1, beta=.1, alpha=.025): 170.06
    assert sizes.means(0.5, 1.0, power=0.9) == pytest.approx(170.06, abs=5e-3)


def test_rates() -> None:
    # Fleiss, Tytun & Ury 1980; rpact 3.3.4 getSampleSizeRates(pi1=.4, pi2=.25): 303.74
    assert sizes.rates(0.25, 0.4) == pytest.approx(303.74, abs=5e-3)


def test_swapping_arms_and_ratio_changes_nothing() -> None:
    assert sizes.rates(0.25, 0.4, ratio=2.0) == pytest.approx(sizes.rates(0.4, 0.25, ratio=0.5))
    assert sizes.events(0.7, ratio=2.0) == pytest.approx(sizes.events(1 / 0.7, ratio=0.5))
    assert sizes.events(0.7, ratio=2.0, method="freedman") == pytest.approx(
        sizes.events(1 / 0.7, ratio=0.5, method="freedman"))  # fmt: skip


def test_event_probability_limits() -> None:
    assert sizes.event_probability(0.1, 0.0, 5.0) == pytest.approx(1 - np.exp(-0.5))
    grid = (np.arange(200_000) + 0.5) / 200_000 * 12
    seen = 0.1 / 0.13 * np.mean(1 - np.exp(-0.13 * (6 + grid)))
    assert sizes.event_probability(0.1, 12.0, 6.0, 0.03) == pytest.approx(seen, rel=1e-8)


@pytest.mark.parametrize("call", [
    lambda: sizes.means(0.0, 1.0), lambda: sizes.means(0.5, 1.0, alpha=0.0),
    lambda: sizes.rates(0.2, 1.2), lambda: sizes.rates(0.2, 0.2), lambda: sizes.events(1.0),
    lambda: sizes.events(0.7, power=0.01), lambda: sizes.means(0.5, 1.0, ratio=0.0),
])  # fmt: skip
def test_what_cannot_be_sized_is_refused(call) -> None:
    with pytest.raises(InputError):
        call()
