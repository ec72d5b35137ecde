"""Flow in trees: published FFR row, splits, rest and hyperaemia, uncertainty."""

import numpy as np
import pytest

from twin_engine.errors import InputError
from twin_engine.vessels import calibre, tree_flow
from twin_engine.vessels.centreline import Branch, Tree
from twin_engine.vessels.stenosis import LAWS, Stenosis, young_tsai
from twin_engine.vessels.tree_flow import Setting

S = np.linspace(0, 80, 321)


def artery(percent: float) -> Tree:
    narrow = np.where(abs(S - 40) <= 5, 1 - percent / 100, 1.0)
    return calibre.from_profile("LAD", S, 3.0 * narrow)


def test_ffr_of_the_law_alone() -> None:
    # Young & Tsai 1973, D0 3 mm, L 10 mm, 3 mL/s at 95 mmHg: FFR .968 .934 .862 .722 .497 .237 at 30..80 %.
    resistance = 95 * tree_flow.MMHG / 3e-6
    for percent, wanted in zip(range(30, 90, 10), (0.968, 0.934, 0.862, 0.722, 0.497, 0.237), strict=True):
        s = Stenosis(3e-3, 3e-3 * (1 - percent / 100), 10e-3)
        low, high = 0.0, 3e-6
        for _ in range(60):
            q = (low + high) / 2
            low, high = (low, q) if young_tsai(s, q, 1060, 4e-3) + resistance * q > 95 * tree_flow.MMHG else (q, high)
        assert (5 + resistance * q / tree_flow.MMHG) / 100 == pytest.approx(wanted, abs=6e-4)


def test_ffr_falls_with_stenosis_and_the_laws_keep_their_order() -> None:
    setting = Setting.usual(100.0, 3.0)
    rows = [[tree_flow.steady(artery(p), setting, law)[0].ffr for law in LAWS] for p in (0, 30, 50, 70)]
    assert np.all(np.diff(np.array(rows), axis=0) < 0)
    assert all(young >= huo for young, huo in rows)


def fork() -> Tree:
    line = np.stack([0 * S, 0 * S, S], 1)[::8]
    n = len(line)
    return Tree(
        (
            Branch("1", None, line, np.full(n, 2.0), np.full(n, 2.0)),
            Branch("1.1", "1", line + [0, 0, 80], np.full(n, 1.6), np.full(n, 1.6)),
            Branch("1.2", "1", line + [1, 0, 80], np.full(n, 1.2), np.full(n, 1.2)),
        )
    )


def test_outlets_share_the_flow_by_the_power_of_their_diameter() -> None:
    setting = Setting.usual(95.0, 4.0)
    one, two, three = tree_flow.steady(fork(), setting, "young_tsai")
    assert one.flow == pytest.approx(two.flow + three.flow, rel=1e-9)
    assert two.flow / three.flow == pytest.approx((1.6 / 1.2) ** setting.exponent, rel=0.05)
    assert one.flow == pytest.approx(4e-6, rel=0.12)


def test_poiseuille_in_a_healthy_artery() -> None:
    setting = Setting.usual(95.0, 3.0)
    (row,) = tree_flow.steady(artery(0), setting, "huo_kassab")
    drop = 8 * 4e-3 * 0.08 * row.flow / (np.pi * 1.5e-3**4)
    assert setting.pressure - row.pressure == pytest.approx(drop, rel=1e-6)
    assert row.shear == pytest.approx(4 * 4e-3 * row.flow / (np.pi * 1.5e-3**3))


def test_the_spread_reproduces_and_brackets_the_answer() -> None:
    setting = Setting.usual(95.0, 3.0)
    a, b = (tree_flow.spread(artery(50), setting, 3, 20)["1"] for _ in range(2))
    assert np.array_equal(a, b)
    middle = [tree_flow.steady(artery(50), setting, law)[0].ffr for law in LAWS]
    assert a.min() < min(middle) and a.max() > max(middle)


def test_a_pulse_carries_the_mean_flow() -> None:
    t = np.linspace(0, 0.8, 101)
    beat = (
        t,
        (95 + 15 * np.sin(2 * np.pi * t / 0.8)) * tree_flow.MMHG,
        np.clip(120 * np.sin(2 * np.pi * t / 0.8), 5, None) * tree_flow.MMHG,
    )
    setting = Setting.usual(95.0, 3.0)
    course = tree_flow.pulsatile(fork(), setting, "young_tsai", beat, beats=6, steps=100)
    mean = float(course.inflow["1"][:-1].mean())
    assert mean == pytest.approx(tree_flow.steady(fork(), setting, "young_tsai")[0].flow, rel=0.03)
    # The squeezed muscle hinders flow in systole: most of it comes in diastole.
    assert course.inflow["1"].argmax() > 40


def test_bad_pressures_and_flows_are_refused() -> None:
    for pressure, inflow in ((1e4, 3.0), (float("nan"), 3.0), (95.0, 0.0), (95.0, float("inf"))):
        with pytest.raises(InputError, match="implausible"):
            Setting.usual(pressure, inflow)
