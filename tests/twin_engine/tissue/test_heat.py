"""Heat of cautery against the exact perfused sphere, and damage rates."""

import numpy as np
import pytest

from twin_engine.tissue.heat import Heat, damage_rate


def test_perfused_sphere_equals_the_exact_solution() -> None:
    """T = 37 + (Ts - 37) (a / r) exp(-(r - a) / l), l = sqrt(k / (w rho_b c_b)) = 2.98 mm, Ts 47 C (nothing dies)."""
    h, n, a = 0.00025, 97, 0.002
    grid = Heat((n, n, n), h)
    at = h * (np.stack(np.meshgrid(*(3 * [np.arange(n)]), indexing="ij"), axis=-1) - n // 2)
    r = np.linalg.norm(at, axis=-1)
    grid.fixed[:] = r <= a
    grid.temperature[r <= a] = 47.0
    grid._new[:] = grid.temperature
    length = np.sqrt(0.52 / (0.0155 * 1050 * 3617))
    assert length == pytest.approx(2.98e-3, abs=1e-5)
    # Start from the exact field a little wrong, so that few steps settle it.
    exact = np.where(r > a, 37 + 10 * (a / np.maximum(r, a)) * np.exp(-(r - a) / length), 47.0)
    grid.temperature[r > a] = (37 + 1.05 * (exact - 37))[r > a]
    grid._new[:] = grid.temperature
    grid.step(12.0)
    for mm in (3, 4, 6):
        ring = np.abs(r - mm * 1e-3) < 0.6 * h
        assert np.mean(grid.temperature[ring] - exact[ring]) == pytest.approx(0.0, abs=0.2)


def test_exact_values_of_the_sheet() -> None:
    """Sphere of 2 mm at 100 C: 67.01, 53.08, 42.47 C at 3, 4, 6 mm."""
    length = np.sqrt(0.52 / (0.0155 * 1050 * 3617))
    found = [37 + 63 * (2 / r) * np.exp(-(r - 2) / (1e3 * length)) for r in (3, 4, 6)]
    assert found == pytest.approx([67.01, 53.08, 42.47], abs=0.02)


def test_damage_rates() -> None:
    """Rate 1/s at 64.5 C (liver) and 59.9 C (skin)."""
    assert damage_rate(64.5) == pytest.approx(1.0, rel=0.05)
    assert damage_rate(59.9, "muscle") == pytest.approx(1.0, rel=0.1)


def test_energy_is_kept_without_blood() -> None:
    grid = Heat((31, 31, 31), 0.001, perfused=False)
    grid.heat((0.015, 0.015, 0.015), 0.003, 5.0)
    grid.step(2.0)
    stored = float((grid.temperature - 37).sum()) * 1e-9 * 1079 * 3540
    assert stored == pytest.approx(10.0, rel=1e-6)


def test_coagulation_grows_with_time() -> None:
    grid = Heat((31, 31, 31), 0.001)
    grid.heat((0.015, 0.015, 0.015), 0.002, 8.0)
    grid.step(1.0)
    first = grid.dead_ml()
    grid.step(3.0)
    assert grid.dead_ml() > first >= 0
