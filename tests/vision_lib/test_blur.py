"""Kernels: interpolation over vergence, cross-fade to rays, separable form."""

from typing import Any

import numpy as np
import pytest

from twin_engine.errors import InputError
from vision_lib import blur, chromatic, psf, quality
from vision_lib.eye import IN_FOCUS, Eye
from vision_lib.refraction import Refraction
from vision_lib.sampling import Window

WHITE = chromatic.white()


def chart(block: int, seed: int = 3, size: int = 256) -> Any:
    """Black and white squares at random: all frequencies, full contrast."""
    cells = np.random.default_rng(seed).random((size // block, size // block)) > 0.5
    return cells.repeat(block, 0).repeat(block, 1).astype(float)


def blurred(image: Any, kernel: Any) -> Any:
    padded = np.zeros(image.shape)
    size = kernel.shape[0]
    padded[:size, :size] = kernel
    padded = np.roll(padded, (-(size // 2), -(size // 2)), (0, 1))
    return np.fft.irfft2(np.fft.rfft2(image) * np.fft.rfft2(padded), s=image.shape)


def psnr(a: Any, b: Any) -> float:
    """Against a peak of 1."""
    return float(-10 * np.log10(np.mean((a - b) ** 2)))


def worst_interval(eye: Eye, middles: Any) -> float:
    """Lowest PSNR at mid-interval of a chart blurred by interpolated kernels at 60 px/degree."""
    grid = blur.nodes()
    window = Window.display(60, blur.window_size(60, eye.pupil_m, float(np.abs(middles).max())))
    made = []
    for middle in middles:
        low, _ = blur.brackets(grid, middle)
        at = np.array([grid[low], 0.5 * (grid[low] + grid[low + 1]), grid[low + 1]])
        below, direct, above = eye.psf(IN_FOCUS, WHITE, window, at)[:, 0]
        image = chart(8)
        made.append(psnr(blurred(image, 0.5 * (below + above)), blurred(image, direct)))
    return min(made)


@pytest.mark.parametrize("pupil_mm", [3, 4, 6])
def test_interpolation_over_vergence(pupil_mm: int) -> None:
    """>= 45 dB where the steps are worst: around focus and at the wide end of each step."""
    grid = blur.nodes()
    steps = np.diff(grid)
    last = [i for i in range(steps.size - 1) if steps[i] != steps[i + 1]]
    first = [i + 1 for i in last]
    at = {int(i) for i in last + first}
    at |= {grid.size // 2, grid.size // 2 - 1}
    middles = [0.5 * (grid[i] + grid[i + 1]) for i in sorted(at) if abs(grid[i]) < 4.5]
    eye = Eye.sample("plano", person=1).with_pupil(pupil_mm * 1e-3)
    assert worst_interval(eye, np.array(middles)) >= 45.0


@pytest.mark.slow
@pytest.mark.parametrize("person", range(6))
@pytest.mark.parametrize("pupil_mm", [3, 4, 6])
def test_interpolation_over_every_interval(pupil_mm: int, person: int) -> None:
    grid = blur.nodes()
    eye = Eye.sample("plano", person=person).with_pupil(pupil_mm * 1e-3)
    assert worst_interval(eye, 0.5 * (grid[1:] + grid[:-1])) >= 45.0


@pytest.mark.parametrize("pupil_mm", [3, 4, 6])
def test_cross_fade_to_rays(pupil_mm: int, monkeypatch: pytest.MonkeyPatch) -> None:
    front = Eye.sample("plano", person=1).with_pupil(pupil_mm * 1e-3).wavefronts()
    at = np.array([-6.25, 6.5])
    window = Window.display(60, blur.window_size(60, front.pupil_m, 6.75))
    faded = psf.psf(front, at, WHITE, window)[0, :, 0]
    seen = quality.visual_strehl(front, at)
    monkeypatch.setattr(psf, "RAYS_D", (90.0, 91.0))
    waves = psf.psf(front, at, WHITE, window)[0, :, 0]
    assert quality.visual_strehl(front, at) == pytest.approx(seen, abs=0.002)
    for a, b in zip(faded, waves, strict=True):
        assert psnr(blurred(chart(8), a), blurred(chart(8), b)) >= 45.0


def test_rank_three_kernels() -> None:
    """96 kernels, 4 mm, +-2 D, half of the eyes astigmatic: >= 43 dB at worst, >= 50 dB median."""
    found = []
    for person in range(8):
        cylinder = -0.5 * max(0, person - 3)
        eye = Eye.sample("plano", person=person)
        lens = Refraction(-cylinder / 2, cylinder, 25.0 * person + 5).power_vector()
        turned, _ = blur.principal(eye.wavefronts(lens))
        at = np.linspace(-2, 2, 12) + eye.best_focus_d
        full = psf.psf(turned, at, WHITE, Window.display(25, 65))[0, :, 0]
        made = blur.reconstruct(*blur.separate(full, 3))
        assert made.sum(axis=(-2, -1)) == pytest.approx(full.sum(axis=(-2, -1)), rel=1e-5)
        image = chart(4)
        found += [psnr(blurred(image, a), blurred(image, b)) for a, b in zip(made, full, strict=True)]
    assert len(found) == 96
    assert min(found) >= 43.0
    assert np.median(found) >= 50.0


def test_sphere_and_cylinder_are_nearly_rank_one_along_their_axes() -> None:
    lens = Refraction.parse("+0.50 -2.00 x 30").power_vector()
    front = Eye.perfect("plano").wavefronts(lens)
    window = Window.display(25, 65)
    turned, angle = blur.principal(front)
    along = psf.psf(turned, [1.0], WHITE, window)[0, 0, 0]
    across = psf.psf(front, [1.0], WHITE, window)[0, 0, 0]
    image = chart(4)
    good, bad = (psnr(blurred(image, blur.reconstruct(*blur.separate(k, 1))), blurred(image, k))
                 for k in (along, across))  # fmt: skip
    assert good > bad + 8
    assert np.degrees(angle) % 90 == pytest.approx(60.0)


def test_principal_angle_points_where_local_x_lies() -> None:
    """The kernel turned back by the angle is the kernel of the eye as it was."""
    lens = Refraction.parse("plano -2.00 x 30").power_vector()
    front = Eye.perfect("plano").wavefronts(lens)
    turned, angle = blur.principal(front)
    window = Window.display(60, 61)
    local = psf.psf(turned, [lens.m_d], WHITE, window)[0, 0, 0]
    whole = psf.psf(front, [lens.m_d], WHITE, window)[0, 0, 0]
    axis = np.arange(61) - 30.0

    def moments(k: Any) -> Any:
        x, y = axis, -axis[:, None]
        return np.array([[np.sum(k * x * x), np.sum(k * x * y)], [np.sum(k * x * y), np.sum(k * y * y)]])

    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s], [s, c]])
    assert turn @ moments(local) @ turn.T == pytest.approx(moments(whole), rel=0.05, abs=1.0)
    assert abs(moments(local)[0, 1]) < 1e-3 * np.trace(moments(local))


def test_kernels_interpolate_psfs() -> None:
    eye = Eye.sample("plano", person=2)
    fronts = [eye.with_pupil(p).wavefronts() for p in (3e-3, 4e-3)]
    made = blur.kernels(fronts, eye.best_focus_d, 25.0, reach_d=1.0)
    assert made.psfs.shape == (2, made.residual_d.size, 3, made.size, made.size)
    kernel = made.psf(0.2, 3.5e-3)
    assert kernel.sum(axis=(-2, -1)) == pytest.approx(1.0, abs=2e-3)
    ends = made.psf(0.1875, 3e-3), made.psf(0.25, 3e-3)
    assert made.psf(0.21875, 3e-3) == pytest.approx(0.5 * (ends[0] + ends[1]), abs=1e-7)
    columns, rows = made.separable(0.2, 4e-3)
    assert columns.shape == rows.shape == (3, blur.RANK, made.size)
    assert psnr(blur.reconstruct(columns, rows), made.psf(0.2, 4e-3)) > 55
    assert np.array_equal(made.psf(9.0, 9e-3), made.psf(1.0, 4e-3))


@pytest.mark.parametrize("bad", [{"px_per_deg": 2.0}, {"px_per_deg": 25.0, "rank": 0}])
def test_impossible_kernels_are_refused(bad: dict) -> None:
    with pytest.raises(InputError):
        blur.kernels([Eye.perfect("plano").wavefronts()], 0.0, reach_d=0.2, **bad)
    with pytest.raises(InputError):
        blur.kernels([], 0.0, 25.0)


def test_fewer_samples_far_from_focus_do() -> None:
    eye = Eye.sample("plano", person=1)
    front, window, at = eye.wavefronts(), Window.display(25, 63), np.array([-6.0, -3.0, 3.0, 6.0])
    ours = blur._psfs(front, at, eye.best_focus_d, window, None)
    full = psf.psf(front, at + eye.best_focus_d, chromatic.rgb(), window)[0]
    assert not np.array_equal(ours, full)
    for a, b in zip(ours.reshape(-1, 63, 63), full.reshape(-1, 63, 63), strict=True):
        assert psnr(blurred(chart(4), a), blurred(chart(4), b)) > 60


def test_pupils_between_nodes() -> None:
    """Linear interpolation over the library's pupils keeps 40 dB at 25 px/degree."""
    from vision_lib.library import PUPILS_M

    eye = Eye.sample("plano", person=1)
    for low, high in ((0, 1), (4, 5)):
        narrow, wide = PUPILS_M[low], PUPILS_M[high]
        between = 0.5 * (narrow + wide)
        fronts = [eye.with_pupil(p).wavefronts() for p in (narrow, wide)]
        made = blur.kernels(fronts, eye.best_focus_d, 25.0, reach_d=1.0)
        direct = psf.psf(eye.with_pupil(between).wavefronts(), np.array([0.0, 1.0]) + eye.best_focus_d,
                         chromatic.rgb(), Window.display(25, made.size))[0]  # fmt: skip
        for v, d in enumerate((0.0, 1.0)):
            for a, b in zip(made.psf(d, between), direct[v], strict=True):
                assert psnr(blurred(chart(4), a), blurred(chart(4), b / b.sum())) > 40
