"""Measures against published values and closed forms."""

from pathlib import Path

import numpy as np
import pytest

from twin_engine.errors import InputError
from twin_engine.motion import measures


def minimum_jerk(n: int) -> np.ndarray:
    """Speed of Flash & Hogan 1985 over unit time and distance."""
    s = np.linspace(0, 1, n)
    return 30 * (s**2 - 2 * s**3 + s**4)


def test_smoothness_of_minimum_jerk() -> None:
    """SPARC -1.4013 (100 samples) and -1.4058 (0 to 1 s, 101 samples) at 100 Hz; LDLJ -5.302.

    Definitions of Balasubramanian 2015; LDLJ tends to -ln(204.8) = -5.322 for fine sampling.
    """
    assert measures.sparc(minimum_jerk(100)) == pytest.approx(-1.4013, abs=1e-4)
    assert measures.sparc(minimum_jerk(101)) == pytest.approx(-1.4058, abs=1e-4)
    assert measures.ldlj(minimum_jerk(100)) == pytest.approx(-5.302, abs=5e-4)
    assert measures.ldlj(minimum_jerk(2001), 2000.0) == pytest.approx(-np.log(720 / 1.875**2), abs=2e-3)


def test_more_submovements_are_less_smooth() -> None:
    one = minimum_jerk(100)
    values = [measures.sparc(np.concatenate([one] * k)) for k in (1, 2, 4)]
    assert values[0] > values[1] > values[2]


def test_smoothness_ignores_size() -> None:
    v = minimum_jerk(100) + 0.1 * np.sin(np.arange(100)) ** 2
    assert measures.sparc(3 * v) == pytest.approx(measures.sparc(v))
    assert measures.ldlj(3 * v) == pytest.approx(measures.ldlj(v))


def shifted(sds: float) -> dict[str, np.ndarray]:
    norm = measures.gait_norm()
    return {k: norm.mean[k] + sds * norm.sd[k] for k in measures.GAIT_CURVES}


def test_gait_profile_score_of_one_sd() -> None:
    """Mean + 1 SD of Fukuchi 2018: GPS 5.086, knee 5.57, hip flexion 7.39 degrees."""
    scores = measures.gait_variable_scores(shifted(1.0))
    assert measures.gait_profile_score(shifted(1.0)) == pytest.approx(5.086, abs=5e-3)
    assert scores["knee_flexion"] == pytest.approx(5.57, abs=0.01)
    assert scores["hip_flexion"] == pytest.approx(7.39, abs=0.01)
    pooled = measures.gait_profile_score_overall(shifted(1.0), shifted(1.0))
    assert pooled == pytest.approx(np.sqrt((2 * 9 * 5.086**2 - sum(v**2 for k, v in scores.items()
                                   if k.startswith("pelvis"))) / 15), rel=1e-3)  # fmt: skip


def test_gdi_like_of_two_sds() -> None:
    """Mean + 2 SD on the own basis: 76.36 (+-0.05); the norm itself is capped."""
    assert measures.gdi_like(shifted(2.0)) == pytest.approx(76.36, abs=0.05)
    assert measures.gdi_like(shifted(0.0)) <= 110


def test_warping_forgives_tempo_and_is_symmetric() -> None:
    t = np.linspace(0, 1, 60)
    a, b = np.sin(2 * np.pi * t)[:, None], np.sin(2 * np.pi * t**1.4)[:, None]
    assert measures.dtw(a, a) == 0.0
    assert measures.dtw(a, b) == pytest.approx(measures.dtw(b, a))
    assert measures.dtw(a, b) < 0.2 * np.sum(np.abs(a - b))


def test_warping_by_hand() -> None:
    """|1-1| + |2-1| + |3-3|: the middle matches either neighbour at cost 1 (Sakoe & Chiba 1978)."""
    assert measures.dtw(np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [3.0]])) == pytest.approx(1.0)


def test_scorer_on_ui_prmd(shared_data: Path) -> None:
    """Deep squat of UI-PRMD (Vakanski 2018): AUC of the mean DTW distance .836 within .002."""
    folder = shared_data / "motion" / "uiprmd_m01_autoenc"
    good, bad = (np.loadtxt(folder / f"Autoencoder_Output_{k}.csv", delimiter=",") for k in ("Correct", "Incorrect"))
    both = np.concatenate([good, bad]).reshape(180, -1, 4)
    distance = np.array([[measures.dtw(x, y) for y in both[:90]] for x in both])
    # Ten people, nine repetitions each: a person's own repetitions are no reference for that person.
    person = np.arange(180) % 90 // 9
    straight = np.sqrt(((both[:, None] - both[None, :90]) ** 2).sum(axis=3)).sum(axis=2)
    wins = {}
    for name, table in (("DTW", distance), ("Euclid", straight)):
        score = np.array([row[person[:90] != person[i]].mean() for i, row in enumerate(table)])
        wins[name] = auc(score[90:], score[:90])
        low, high = bootstrap(score, person)
        print(f"AUC of the mean {name} distance, leave one person out: {wins[name]:.4f} [{low:.3f}, {high:.3f}]")
        assert low < wins[name] < high
    assert wins["DTW"] == pytest.approx(0.836, abs=0.002)
    # Another scorer in reach of the best, none better: both stand beside each other with their intervals.
    assert wins["Euclid"] < wins["DTW"] + 0.02


def auc(wrong: np.ndarray, right: np.ndarray) -> float:
    return float(np.mean(wrong[:, None] > right[None, :]))


def bootstrap(score: np.ndarray, person: np.ndarray, times: int = 500) -> tuple[float, float]:
    """95 % interval over persons drawn with replacement."""
    rng = np.random.default_rng(1)
    rows = {p: np.flatnonzero(person[:90] == p) for p in range(10)}
    found = []
    for _ in range(times):
        chosen = np.concatenate([rows[p] for p in rng.integers(0, 10, 10)])
        found.append(auc(score[90 + chosen], score[chosen]))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def test_bad_curves_are_named() -> None:
    curves = shifted(0.0) | {"knee_flexion": np.full(101, np.nan)}
    with pytest.raises(InputError, match=r"gait curve(.|\n)*knee_flexion"):
        measures.gait_profile_score(curves)
    with pytest.raises(InputError, match="at least 8"):
        measures.sparc(np.zeros(100))
