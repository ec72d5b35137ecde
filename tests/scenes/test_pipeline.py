"""The picture chain on the graphics card: equal to NumPy, near to a pupil-sampled truth where things hide things."""

import math
from collections.abc import Iterator

import numpy as np
import pytest

from scenes import kernels, layers, reference, tone
from scenes.passes import TONE, Pass, program, texture_of
from scenes.pipeline import Pipeline, wider
from scenes.scene import View
from scenes.stage import Stage, Target, pixels
from tests.scenes.simple import Simple, sheared
from vision_lib.eye import Eye

ARCMIN = math.pi / 10800.0


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    made = Stage()
    made.show(Simple())
    yield made
    made.close()


def drawn_layers(stage: Stage, view: View, size: tuple[int, int], guard: int, at: np.ndarray) -> list[np.ndarray]:
    """The scene's layers far to near as (H, W, 4), read back, 2 x 2 samples."""
    width, height = size[0] + 2 * guard, size[1] + 2 * guard
    target = Target(stage, "check", (2 * width, 2 * height), sort=1, readable=True)
    target.aim(view, wider(view, size, guard))
    found = []
    for tent in layers.tents(at):
        target.layer(tent.below, tent.node, tent.above)
        stage.draw(view)
        found.append(pixels(target.colour).reshape(height, 2, width, 2, 4).mean(axis=(1, 3)))
    target.close()
    return found


@pytest.mark.parametrize("light", [False, True])
def test_the_card_equals_numpy(stage: Stage, light: bool) -> None:
    view, size = Simple().viewpoints()["seat"], (96, 72)
    eye = Eye.sample("-1.00 -2.00 x 30")
    at = layers.nodes(2.0, *Pipeline(stage).vergences(view, size), steps=layers.COARSE)
    bank = kernels.bank(eye, eye.need, at, light=light)
    pipe = Pipeline(stage, samples=2)
    for _ in range(2):  # the second run must not see what the first one left
        found = pipe.see(view, size, bank)
    taps = bank.taps(view.pixels_per_degree(*size))
    guard = -(-taps.reach // 16) * 16
    stack = drawn_layers(stage, view, size, guard, at)
    truth = reference.picture(stack, taps, wider(view, size, guard))[guard:-guard, guard:-guard]
    pipe.forget()
    assert np.abs(found - truth).max() / 100.0 <= 1e-5


def discs(powers: np.ndarray, pupil_m: float) -> np.ndarray:
    """Uniform discs (N, 3, S, S), half an arc minute a step: what a pupil-sampled picture holds, no diffraction."""
    radii = 0.5 * pupil_m * np.abs(powers) / ARCMIN * 2.0
    half = int(radii.max()) + 2
    fine = (np.arange((2 * half + 1) * 8) + 0.5) / 8.0 - half - 0.5
    r = np.hypot(fine[:, None], fine)
    made = []
    for radius in radii:
        disc = (r <= max(radius, 0.5)).reshape(2 * half + 1, 8, 2 * half + 1, 8).mean(axis=(1, 3))
        made.append(np.repeat((disc / disc.sum())[None], 3, axis=0))
    return np.array(made)


# From a wide view of a room (9.3 px/deg) and a standalone headset's default buffer (12.3) to a still of one thing.
@pytest.mark.parametrize(("px_per_deg", "sideways"), [(9.3, 0.0), (12.3, 0.04), (18.6, 0.04), (25.0, 0.0)])
def test_against_a_pupil_sampled_truth_with_occlusion(stage: Stage, px_per_deg: float, sideways: float) -> None:
    # A myope of 3 D: in focus at 1/3 m; 4 mm pupil; 220 points of the pupil in rings of equal area.
    size, pupil, power = (200, 150), 4e-3, -3.0
    wide = 2.0 * math.degrees(math.atan(math.radians(0.5 * size[0] / px_per_deg)))
    view = View((sideways, 0.0, 1.2), (sideways, 4.0, 1.2), wide)
    truth = np.zeros((size[1], size[0], 3))
    golden, count = math.pi * (3.0 - math.sqrt(5.0)), 220
    for i in range(count):
        r = 0.5 * pupil * math.sqrt((i + 0.5) / count)
        at = sheared(view, -1.0 / power, r * math.cos(i * golden), r * math.sin(i * golden))
        truth += stage.render(at, size, samples=2).radiance / count
    pipe = Pipeline(stage)
    at = layers.nodes(-power, *pipe.vergences(view, size))
    bank = kernels.FullBank(at, discs(power + at, pupil), "camera")
    found = pipe.see(view, size, bank)
    pipe.forget()
    from skimage.metrics import structural_similarity

    psnr = reference.psnr(found, truth, white=100.0)
    ssim = structural_similarity(found.astype(float), truth, data_range=100.0, channel_axis=-1)
    print(f"{px_per_deg} px/deg: {psnr:.1f} dB, SSIM {ssim:.4f}")
    assert psnr >= 40.0 and ssim >= 0.99


def test_a_layer_of_everything_is_the_sharp_picture(stage: Stage) -> None:
    # In focus and divided, the chain must give back what the stage draws.
    view, size = Simple().viewpoints()["seat"], (96, 72)
    point = np.zeros((1, 3, 9, 9))
    point[..., 4, 4] = 1.0
    pipe = Pipeline(stage, samples=2)
    found = pipe.see(view, size, kernels.FullBank(np.zeros(1), point, "viewer"))
    pipe.forget()
    assert np.abs(found - stage.render(view, size, samples=2).radiance).max() < 1e-2


@pytest.mark.parametrize("veiled", [False, True])
def test_the_card_tones_as_numpy_does(stage: Stage, veiled: bool) -> None:
    # Linear ramp to twice white, coloured; the veil bilinear as the card samples it, here of one level.
    size, white, seed = (96, 64), 250.0, tone.SEED
    rng = np.random.Generator(np.random.Philox(4))
    light = np.linspace(0.0, 2.0 * white, size[0])[None, :, None] * rng.uniform(0.3, 1.0, (size[1], 1, 3))
    cover = rng.uniform(0.5, 1.0, light.shape)
    one = Pass(stage, "tone", size, 14, program(TONE, "tone.glsl"))
    haze = np.full((1, 1, 3), 7.0)
    one.give(picture=texture_of("light", (light * cover)[::-1]), picture_cover=texture_of("cover", cover[::-1]),
             veil=texture_of("veil", haze), offset=(0, 0),
             exposure=(1.0 / white, 0.9, float(veiled), float(seed)))
    one.buffer.set_active(True)
    stage.engine.render_frame()
    one.buffer.set_active(False)
    stage.engine.extract_texture_data(one.first, stage.host.get_gsg())
    found = pixels(one.first)[..., :3].astype(float)
    one.close()
    seen = 0.9 * light + haze if veiled else light
    dither = (tone.noise(size[1], size[0], seed) - 0.5)[..., None] / 255.0
    assert found == pytest.approx(tone.srgb(tone.shoulder(seen / white)) + dither, abs=1e-5)
    codes = np.clip(np.floor(found * 255.0 + 0.5), 0, 255)
    off = np.abs(codes - tone.display(seen, white))
    assert off.max() <= 1 and float(np.mean(off > 0)) < 1e-3  # rounding of a value on the border


def test_stages_do_not_disturb_each_other(stage: Stage) -> None:
    view, size = Simple().viewpoints()["seat"], (64, 48)
    before = stage.render(view, size).radiance
    other = Stage()
    other.show(Simple("night"))
    assert np.array_equal(other.render(view, size).radiance, before)
    assert np.array_equal(stage.render(view, size).radiance, before)
    other.close()
    assert np.array_equal(stage.render(view, size).radiance, before)
