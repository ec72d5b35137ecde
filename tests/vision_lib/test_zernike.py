"""Zernike polynomials: equal to prysm, orthonormal, and their transformations."""

import numpy as np
import pytest

from twin_engine.errors import InputError
from vision_lib import zernike

AXIS = (np.arange(400) + 0.5) / 200 - 1
X, Y = np.meshgrid(AXIS, AXIS)
INSIDE = np.hypot(X, Y) <= 1


def test_equal_to_prysm() -> None:
    polynomials = pytest.importorskip("prysm.polynomials")
    rho, theta = np.hypot(X, Y)[INSIDE], np.arctan2(Y, X)[INSIDE]
    for j in range(zernike.MAX_INDEX + 1):
        n, m = polynomials.ansi_j_to_nm(j)
        assert zernike.order(j) == (n, m)
        theirs = polynomials.zernike_nm(n, m, rho, theta, norm=True)
        assert np.abs(zernike.mode(j, X[INSIDE], Y[INSIDE]) - theirs).max() < 1e-10


def test_orthonormal() -> None:
    modes = np.stack([zernike.mode(j, X, Y)[INSIDE] for j in range(28)])
    gram = modes @ modes.T / INSIDE.sum()
    assert np.abs(gram - np.eye(28)).max() < 6e-3  # 400 samples across


def test_gradient() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.uniform(-0.7, 0.7, (2, 50))
    h = 1e-6
    for j in range(28):
        dx, dy = zernike.gradient(j, x, y)
        assert dx == pytest.approx((zernike.mode(j, x + h, y) - zernike.mode(j, x - h, y)) / 2 / h, abs=1e-7)
        assert dy == pytest.approx((zernike.mode(j, x, y + h) - zernike.mode(j, x, y - h)) / 2 / h, abs=1e-7)


def test_rescaled_wavefront_is_the_same_surface() -> None:
    c = np.random.default_rng(1).normal(size=28)
    small = zernike.rescale(c, 0.6)
    x, y = X[INSIDE], Y[INSIDE]
    assert zernike.wavefront(small, x, y) == pytest.approx(zernike.wavefront(c, 0.6 * x, 0.6 * y), abs=1e-10)
    with pytest.raises(InputError):
        zernike.rescale(c, 1.2)


def test_rotation_turns_the_surface_and_keeps_its_rms() -> None:
    c = np.random.default_rng(2).normal(size=28)
    turned = zernike.rotate(c, 0.7)
    x, y = X[INSIDE], Y[INSIDE]
    back_x, back_y = np.cos(0.7) * x + np.sin(0.7) * y, np.cos(0.7) * y - np.sin(0.7) * x
    assert zernike.wavefront(turned, x, y) == pytest.approx(zernike.wavefront(c, back_x, back_y), abs=1e-10)
    assert zernike.rms(turned) == pytest.approx(zernike.rms(c))


def test_index_is_bounded() -> None:
    with pytest.raises(InputError):
        zernike.order(-1)
    with pytest.raises(InputError):
        zernike.order(zernike.MAX_INDEX + 1)
