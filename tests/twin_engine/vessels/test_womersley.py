"""Womersley's solution against Poiseuille and against a finite-volume solution of the same tube."""

import numpy as np
import pytest

from twin_engine.vessels import womersley

RHO, MU, RADIUS = 1060.0, 4e-3, 5e-3


def finite_volume(alpha: float, cells: int = 200, steps: int = 400, beats: int = 12) -> tuple:
    """w_t = G cos(t) + (1/alpha^2) (1/y) (y w_y)_y by Crank-Nicolson; (y, last beat (t, y))."""
    faces = np.linspace(0, 1, cells + 1)
    y = 0.5 * (faces[1:] + faces[:-1])
    h = 1 / cells
    out = faces[1:] / (y * h * h)
    into = faces[:-1] / (y * h * h)
    out[-1] *= 2  # no slip half a cell away
    matrix = (np.diag(-(out + into)) + np.diag(out[:-1], 1) + np.diag(into[1:], -1)) / alpha**2
    dt = 2 * np.pi / steps
    left = np.linalg.inv(np.eye(cells) - 0.5 * dt * matrix)
    step, push = left @ (np.eye(cells) + 0.5 * dt * matrix), left.sum(axis=1)
    w, last = np.zeros(cells), np.empty((steps, cells))
    for s in range(beats * steps):
        last[s % steps] = w
        w = step @ w + dt * 0.5 * (np.cos(s * dt) + np.cos((s + 1) * dt)) * push
    return y, last


@pytest.mark.parametrize("alpha", [2.0, 5.0, 9.0, 12.9, 15.0])
def test_profile_against_finite_volumes(alpha: float) -> None:
    beats = int(4 + alpha**2 / 4)
    y, last = finite_volume(alpha, beats=beats)
    period = 2 * np.pi / (MU / RHO) * RADIUS**2 / alpha**2
    mean = last @ (2 * y / len(y))
    ours = womersley.velocity(mean * np.pi * RADIUS**2, period, RADIUS, RHO, MU, y)
    assert np.max(np.abs(ours - last)) < 2e-3 * np.max(np.abs(last))


def test_slow_flow_is_poiseuille() -> None:
    """alpha -> 0: tau = 4 mu U / R and a parabola (Poiseuille)."""
    y = np.linspace(0, 1, 21)
    assert np.allclose(womersley.profile(0.05, y), 2 * (1 - y**2), atol=1e-3)
    assert womersley.shear(0.05) == pytest.approx(4.0, abs=1e-3)


def test_steady_wall_shear() -> None:
    """4 mu Q / (pi R^3) (Poiseuille)."""
    q = np.full(64, 5e-6)
    expected = 4 * MU * 5e-6 / (np.pi * RADIUS**3)
    assert womersley.wall_shear(q, 1.0, RADIUS, RHO, MU) == pytest.approx(expected)


def test_wall_shear_is_the_slope_at_the_wall() -> None:
    q = 5e-6 * (1 + np.cos(2 * np.pi * np.arange(64) / 64))
    e = 1e-5
    u = womersley.velocity(q, 1.0, RADIUS, RHO, MU, np.array([1 - e]))[:, 0]
    assert womersley.wall_shear(q, 1.0, RADIUS, RHO, MU) == pytest.approx(
        MU * u / (e * RADIUS), abs=5e-5)
