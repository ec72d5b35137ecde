"""Blur in NumPy: geometry against theory, the separable chain against full kernels."""

import math

import numpy as np
import pytest

from scenes import kernels, layers, reference
from scenes.kernels import Taps
from vision_lib import letters
from vision_lib.eye import IN_FOCUS, Eye
from vision_lib.refraction import PowerVector, Refraction

DEGREE = math.pi / 180.0


def chart(size: int = 220) -> np.ndarray:
    """High-contrast letters, bars and a star: luminance .02 to 1, one layer (size, size, 4)."""
    image, y = np.full((size, size), 1.0), 8
    for height in (40, 26, 16, 10, 7):
        line = letters.line("RDOHNVZKCS"[: max(2, min(8, (size - 16) // (2 * height)))], height, margin=0.0)
        image[y : y + height, 8 : 8 + line.shape[1]] = 0.02 + 0.98 * line[:, : size - 8]
        y += height + 8
    yy, xx = np.mgrid[0:50, 0:90]
    image[y : y + 50, 8:98] = np.where((xx // 5 + yy // 25) % 2, 1.0, 0.02)
    image[y : y + 50, 110:200] = 0.51 + 0.49 * np.sign(np.sin(12 * np.arctan2(yy - 25.3, xx - 45.3)))
    return np.dstack([image, image, image, np.ones_like(image)]).astype(np.float32)


def true_kernel(eye: Eye, residual: PowerVector, kind: str, px_per_deg: float) -> np.ndarray:
    """The full kernel (3, S, S) on the display's pixels, not taken apart."""
    fine, _ = kernels.full(eye, residual, (0.0,), kind, False, eye)
    return kernels.FullBank(np.zeros(1), fine, kind).on_pixels(px_per_deg)[0]


def ssim(image: np.ndarray, truth: np.ndarray) -> float:
    from skimage.metrics import structural_similarity

    return float(structural_similarity(image.astype(float), truth, data_range=1.0, channel_axis=-1))


# Sphere, mixed and pure cylinders, straight and oblique, for the whole eye and with the viewer's own divided out.
@pytest.mark.parametrize("rx", ["-3.00 DS", "-1.00 -2.00 x 90", "-1.00 -2.00 x 45", "-1.00 -2.00 x 30",
                                "plano -3.00 x 30"])  # fmt: skip
@pytest.mark.parametrize("kind", kernels.KINDS)
@pytest.mark.parametrize("px_per_deg", [pytest.param(12.3, marks=pytest.mark.slow), 18.6, 30.0])
def test_separable_chain_against_the_full_psf(rx: str, kind: str, px_per_deg: float) -> None:
    eye = Eye.sample(rx)
    taps = kernels.bank(eye, eye.need, np.zeros(1), kind=kind).taps(px_per_deg)
    found = reference.picture([chart()], taps)
    truth = reference.convolved([chart()], true_kernel(eye, eye.need, kind, px_per_deg)[None])
    psnr, alike = reference.psnr(found, truth), ssim(found, truth)
    print(f"{rx}, {kind}, {px_per_deg} px/deg: {taps.along.shape[1]} products, {psnr:.1f} dB, SSIM {alike:.4f}")
    assert psnr >= 45.0 and alike >= 0.98


def test_light_mode_turns_its_passes_to_the_cylinder() -> None:
    # Against a grey kernel, so that only the one product and the interpolation count.
    eye = Eye.perfect("-1.00 -2.00 x 45")
    bank = kernels.bank(eye, eye.need, np.zeros(1), kind="camera", light=True)
    taps = bank.taps(18.6)
    assert taps.along.shape[1] == 1 and abs(math.degrees(taps.angle_rad)) == pytest.approx(45.0)
    found = reference.picture([chart()], taps)
    truth = reference.convolved([chart()], true_kernel(eye, eye.need, "camera", 18.6)[None])
    assert reference.psnr(found, truth) >= 35.0


# Ten cases: meridian power left, pupil, resolution. The image of an edge is a disc's: 2 sigma of the line spread of
# a uniform disc is its radius, 1/2 pupil |D| (rendering.md, "Blur geometry").
CASES = [(-1.0, 4.0, 60.0), (-2.0, 4.0, 60.0), (-3.0, 4.0, 60.0), (-4.0, 3.0, 60.0), (2.0, 4.0, 60.0),
         (-2.0, 6.0, 60.0), (-3.0, 5.0, 25.0), (-5.0, 4.0, 25.0), (3.0, 3.0, 40.0), (-1.5, 5.0, 40.0)]  # fmt: skip


@pytest.mark.parametrize(("power_d", "pupil_mm", "px_per_deg"), CASES)
def test_line_spread_has_the_width_of_geometry(power_d: float, pupil_mm: float, px_per_deg: float) -> None:
    eye = Eye.perfect(Refraction(power_d), pupil_m=pupil_mm * 1e-3)
    taps = kernels.bank(eye, eye.need, np.zeros(1), kind="camera").taps(px_per_deg)
    line = np.zeros((3, 201, 4), np.float32)
    line[:, 100, :3] = 1.0
    line[..., 3] = 1.0
    spread = reference.picture([line], taps)[1, :, 1].astype(float)
    x = np.arange(201) - 100
    variance = np.sum(spread * x**2) / spread.sum() - 1.0 / 12.0  # less the pixel's own width
    # Green's focus differs from the reference wavelength's: the eye's defocus for this channel.
    from vision_lib import chromatic

    spectrum = chromatic.rgb()
    own = np.sum(spectrum.weights[1] * chromatic.difference(spectrum.wavelengths_m))
    radius = 0.5 * pupil_mm * 1e-3 * abs(power_d + eye.best_focus_d + own) * px_per_deg / DEGREE
    assert 2.0 * math.sqrt(variance) == pytest.approx(radius, rel=0.03)


def test_cylinder_smears_along_the_wearer_s_axis() -> None:
    # x 90 myopic smears horizontally, x 45 along "/" for the wearer (webxr.md section 2).
    def moments(rx: str) -> tuple[float, float, float]:
        eye = Eye.perfect(rx)
        kernel = true_kernel(eye, eye.need, "camera", 30.0)[1]
        y, x = np.mgrid[: kernel.shape[0], : kernel.shape[1]] - kernel.shape[0] // 2
        return tuple(float(np.sum(kernel * v)) for v in (x * x, y * y, -x * y))  # type: ignore[return-value]

    xx, yy, _ = moments("plano -2.00 x 90")
    assert xx > 5 * yy
    xx, yy, xy = moments("plano -2.00 x 45")
    assert xy > 0.5 * math.sqrt(xx * yy)


def test_an_oblique_bank_equals_the_full_kernel_in_direction() -> None:
    eye = Eye.perfect("plano -2.00 x 30")
    bank = kernels.bank(eye, eye.need, np.zeros(1), kind="camera", light=True)
    dot = np.zeros((81, 81, 4), np.float32)
    dot[40, 40, :3], dot[..., 3] = 1.0, 1.0
    seen = reference.picture([dot], bank.taps(30.0))[..., 1]
    kernel = true_kernel(eye, eye.need, "camera", 30.0)[1]
    half = kernel.shape[0] // 2
    part = seen[40 - half : 41 + half, 40 - half : 41 + half]
    assert np.corrcoef(part.ravel(), kernel.ravel())[0, 1] > 0.9


def test_in_focus_the_viewer_sees_the_untouched_picture() -> None:
    eye = Eye.sample("-3.00 DS")
    bank = kernels.bank(eye, IN_FOCUS, np.zeros(1), kind="viewer")
    found = reference.picture([chart()], bank.taps(30.0))
    sharp = chart()[..., :3]
    assert reference.psnr(found, sharp) >= 45.0
    colour = found.max(axis=-1) - found.min(axis=-1)
    assert float(np.mean(colour)) < 0.02


def test_uniform_light_stays_uniform_across_layers() -> None:
    # A floor of one radiance through six layers; flat within .5 %.
    eye = Eye.sample("-3.00 DS")
    at = layers.nodes(-1.0, 0.1, 2.0)
    bank = kernels.bank(eye, eye.need, at, kind="camera")
    vergence = np.linspace(0.1, 2.0, 240)[:, None] * np.ones((1, 120))
    stack = [np.repeat(t.weight(vergence)[..., None], 4, axis=-1).astype(np.float32) for t in layers.tents(at)]
    assert np.allclose(sum(s[..., 3] for s in stack), 1.0)
    found = reference.picture(stack, bank.taps(12.0))
    assert np.abs(found - 1.0).max() < 5e-3


def test_a_white_thing_before_a_white_wall_cannot_be_seen() -> None:
    eye = Eye.sample("-1.00 DS")
    at = np.array([0.2, 2.0])
    bank = kernels.bank(eye, eye.need, at, kind="camera")
    far, near = np.ones((120, 120, 4), np.float32), np.zeros((120, 120, 4), np.float32)
    near[40:80, 40:80] = 1.0
    found = reference.picture([far, near], bank.taps(20.0))
    assert np.abs(found - 1.0).max() < 0.01


def test_nodes_hold_focus_and_the_whole_range() -> None:
    at = layers.nodes(2.0, 0.0, 3.1)
    assert 2.0 in at and at[0] <= 0.0 and at[-1] >= 3.1
    assert np.all(np.diff(at) > 0)
    # A hyperope's focus lies beyond infinity; layers still cover what there is.
    at = layers.nodes(-2.0, 0.1, 1.0)
    assert at[0] <= 0.1 and at[-1] >= 1.0 and at.size >= 3


def test_off_axis_a_degree_holds_more_pixels() -> None:
    # R = tan 30 deg: 1 + R^2 = 1.333 along the radius, sqrt(1 + R^2) = 1.155 across it (webxr.md section 2).
    r = math.tan(30 * DEGREE)
    borders = (r - 0.001, r + 0.001, -0.001, 0.001)
    along = reference.steps((1, 1), np.array([1.0, 0.0], np.float32), borders)[0, 0]
    across = reference.steps((1, 1), np.array([0.0, 1.0], np.float32), borders)[0, 0]
    assert along == pytest.approx([4 / 3, 0.0], abs=1e-3)
    assert across == pytest.approx([0.0, 1.1547], abs=1e-3)


def test_taps_sum_to_one_in_every_channel() -> None:
    eye = Eye.sample("-2.00 -1.00 x 20")
    taps: Taps = kernels.bank(eye, eye.need, np.array([0.0, 1.0, 2.5])).taps(25.0)
    for n in range(3):
        assert taps.kernel(n).sum(axis=(0, 1)) == pytest.approx([1.0] * 3, abs=2e-5)
