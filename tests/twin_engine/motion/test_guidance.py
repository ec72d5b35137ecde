"""Phase, cues and adaptation: accuracy on warped tempi, no chatter, success in the band."""

import time

import numpy as np
import pytest

from twin_engine.errors import InputError
from twin_engine.motion.adaptation import BAND, Difficulty, Report, StopRules
from twin_engine.motion.cue import CueSelector, cued
from twin_engine.motion.phase import PHASES, PhaseFilter

RATE = 100.0


def cycle(phase: np.ndarray) -> np.ndarray:
    """A smooth gait-like cycle of four joints (rad)."""
    a = 2 * np.pi * phase[:, None]
    return np.hstack([0.5 * np.cos(a), 0.35 * np.cos(2 * a + 0.7) + 0.4 * np.sin(a), 0.2 * np.sin(a + 1.0),
                      0.25 * np.cos(a - 2.0)])  # fmt: skip


def warped(rng: np.random.Generator, seconds: float, duration: float) -> tuple[np.ndarray, np.ndarray]:
    """True phase and noisy poses at a tempo that wanders between .6 and 1.4 of the reference's."""
    n = int(seconds * RATE)
    wander = np.cumsum(rng.standard_normal(n)) * 0.01
    tempo = 1 + 0.4 * np.sin(wander + rng.uniform(0, 6))
    phase = (rng.uniform() + np.cumsum(tempo) / (duration * RATE)) % 1.0
    return phase, cycle(phase) + 0.04 * rng.standard_normal((n, 4))


def test_phase_error_on_warped_trials() -> None:
    """At most 5 % of the cycle on trials that the reference has not seen."""
    z = np.linspace(0, 1, PHASES)
    errors = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        truth, poses = warped(rng, 12.0, 1.2)
        follow = PhaseFilter(cycle(z), np.full((PHASES, 4), 0.08), 1.2, RATE, cyclic=True)
        found = np.array([follow.see(p) for p in poses])
        gap = np.abs((found - truth + 0.5) % 1.0 - 0.5)
        errors.append(gap[100:].mean())
    print(f"phase error {100 * np.mean(errors):.2f} % of the cycle (worst trial {100 * max(errors):.2f} %)")
    assert max(errors) < 0.05


def test_a_reach_starts_stops_and_ends() -> None:
    z = np.linspace(0, 1, PHASES)
    shape = (10 * z**3 - 15 * z**4 + 6 * z**5)[:, None] * np.array([1.0, -0.6])
    follow = PhaseFilter(shape, np.full((PHASES, 2), 0.05), 1.0, RATE)
    found = [follow.see(shape[0])]
    for i in [*range(0, 50), *([50] * 100), *range(50, PHASES)]:
        found.append(follow.see(shape[i]))
    assert found[140] == pytest.approx(0.5, abs=0.08)
    assert found[-1] > 0.9
    assert np.isfinite(follow.see(np.array([np.nan, shape[-1, 1]])))


def test_live_loop_is_quick() -> None:
    z = np.linspace(0, 1, PHASES)
    follow = PhaseFilter(cycle(z), np.full((PHASES, 4), 0.08), 1.2, RATE, cyclic=True)
    poses = cycle(np.linspace(0, 1, 200))
    follow.see(poses[0])
    spent = []
    for p in poses:
        begin = time.perf_counter()
        follow.see(p)
        spent.append(time.perf_counter() - begin)
    print(f"phase step: median {1e6 * np.median(spent):.0f} us, p99 {1e6 * np.quantile(spent, 0.99):.0f} us")


def test_cues_do_not_chatter() -> None:
    """A joint that trembles about the threshold gives few cues, each shown for a second or more."""
    rng = np.random.default_rng(0)
    chooser = CueSelector(("shoulder", "elbow"))
    shown, changes, last, lengths = None, 0, 0.0, []
    for i in range(6000):
        t = i / RATE
        pose = np.array([0.19 + 0.02 * rng.standard_normal(), 0.02 * rng.standard_normal()])
        cue = chooser.update(t, pose, np.zeros(2), np.full(2, 0.1))
        if cue != shown:
            changes += 1
            if shown is not None:
                lengths.append(t - last)
            shown, last = cue, t
    assert changes <= 2 * 60 / 3
    assert all(length >= 1.0 - 1e-6 for length in lengths)


def test_the_worst_joint_is_cued_with_its_direction() -> None:
    chooser = CueSelector(("shoulder", "elbow"))
    cue = None
    for i in range(30):
        cue = chooser.update(i / RATE, np.array([-0.25, 0.5]), np.zeros(2), np.full(2, 0.1))
    assert cue is not None and (cue.joint, cue.direction) == ("elbow", "less")
    for i in range(30, 400):
        cue = chooser.update(i / RATE, np.array([0.0, 0.0]), np.zeros(2), np.full(2, 0.1))
    assert cue is None


def test_feedback_fades() -> None:
    assert [sum(cued(r, s) for r in range(20)) for s in range(4)] == [20, 10, 5, 5]


def test_success_lies_in_the_band() -> None:
    """1,000 patients (skill SD 1.5, drift +-.08 a task, slope lognormal .3), tasks 11-20, 5 repetitions:

    observed success in 60-80 % for >= 93 % of them, the true one for >= 85 %.
    """
    rng = np.random.default_rng(20)
    observed, true = [], []
    for _ in range(1000):
        skill, slope, drift = 1.5 * rng.standard_normal(), np.exp(0.3 * rng.standard_normal()), rng.uniform(-0.08, 0.08)
        difficulty, seen, chance = Difficulty(), [], []
        for task in range(20):
            p = 1 / (1 + np.exp(-slope * (skill + drift * task - difficulty.value)))
            successes = int(rng.binomial(5, p))
            difficulty.update(successes, 5)
            if task >= 10:
                seen.append(successes / 5)
                chance.append(p)
        observed.append(np.mean(seen))
        true.append(np.mean(chance))
    inside = [np.mean((np.array(x) >= BAND[0]) & (np.array(x) <= BAND[1])) for x in (observed, true)]
    print(f"in 60-80 %: observed {100 * inside[0]:.1f} %, true {100 * inside[1]:.1f} % of patients")
    assert inside[0] >= 0.93
    assert inside[1] >= 0.85


@pytest.mark.parametrize(
    ("reports", "rule"),
    [([Report(pain_nrs=4)], "pain"), ([Report(pain_nrs=1), Report(pain_nrs=3)], "pain"),
     ([Report(borg=15)], "exertion"), ([Report(cr10=5)], "exertion")],
)  # fmt: skip
def test_stop_rules_fire(reports: list[Report], rule: str) -> None:
    rules = StopRules()
    assert [rules.check(5.0, 1.0, 0.7, r) for r in reports][-1] == rule


def test_fatigue_and_time_stop_too() -> None:
    rules = StopRules()
    fired = [rules.check(float(i), 1.0 - 0.1 * i, 0.8 - 0.1 * i, Report()) for i in range(4)]
    assert fired == [None, None, None, "fatigue"]
    assert StopRules(cap_min=30).check(30.0, 1.0, 0.7, Report()) == "time"


def test_bad_blocks_and_references_are_named() -> None:
    with pytest.raises(InputError, match="five repetitions"):
        Difficulty().update(3, 4)
    with pytest.raises(InputError, match="101 poses"):
        PhaseFilter(np.zeros((50, 2)), np.ones((50, 2)), 1.0, RATE)
