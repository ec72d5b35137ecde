"""Tone, veil, labels and limits of what is shown."""

import argparse
import math

import numpy as np
import pytest

from scenes import calibration, tone, veil
from scenes.calibration import Display, Wearer
from scenes.scene import View
from twin_engine.errors import InputError
from vision_lib.refraction import Refraction


def test_tone_is_the_identity_up_to_seven_tenths_of_white() -> None:
    ramp = np.linspace(0.0, 0.7, 50)[:, None] * np.ones(3)
    assert np.array_equal(tone.shoulder(ramp), ramp)
    codes = tone.display(np.repeat(ramp[:, None], 8, axis=1) * 400.0, 400.0)
    steps = np.abs(codes - 255.0 * tone.srgb(ramp)[:, None])
    assert steps.max() <= 1.01  # half a step of dither, half of rounding


@pytest.mark.parametrize(("bright", "dark"), [(0.5, 0.05), (0.7, 0.35), (0.1, 0.01)])
def test_contrast_of_known_pairs_is_true_within_two_per_cent(bright: float, dark: float) -> None:
    # look.md section 5: truth .818, .333, .818; film curves give .866, .185, .942.
    codes = [tone.display(np.full((64, 64, 3), v * 300.0), 300.0) for v in (bright, dark)]
    seen = [float(np.mean(tone.linear(c / 255.0))) for c in codes]
    contrast = (seen[0] - seen[1]) / (seen[0] + seen[1])
    assert contrast == pytest.approx((bright - dark) / (bright + dark), rel=0.02)


def test_the_shoulder_keeps_hue_and_order() -> None:
    bright = np.array([[4.0, 2.0, 1.0]])
    shown = tone.shoulder(bright)
    assert shown[0] / shown[0, 0] == pytest.approx(bright[0] / bright[0, 0])
    levels = tone.shoulder(np.geomspace(0.5, 50, 40)[:, None] * np.ones(3))[:, 0]
    assert np.all(np.diff(levels) > -1e-12) and levels[-1] <= 1.0 + 1e-12


def test_dither_repeats_with_its_seed() -> None:
    flat = np.full((32, 32, 3), 3.3)
    assert np.array_equal(tone.display(flat, 100.0, 5), tone.display(flat, 100.0, 5))
    assert not np.array_equal(tone.display(flat, 100.0, 5), tone.display(flat, 100.0, 6))


def test_glare_equation() -> None:
    # Two low beams of 375 cd at 50 m, 3.5 m aside: .30 lx at 4.0 degrees. CIE 146:2002 general equation; the older
    # Stiles-Holladay form with age, 10/theta^2 (1 + (age/70)^4), gives .19 and .37 (vision_tables.md section 7).
    assert float(0.30 * veil.glare(4.0, 30.0)) == pytest.approx(0.150, rel=0.01)
    assert float(0.30 * veil.glare(4.0, 70.0)) == pytest.approx(0.298, rel=0.01)
    assert float(veil.glare(4.0, 70.0)) > float(veil.glare(4.0, 30.0))


@pytest.mark.parametrize("px_per_deg", [10.0, 25.0])
def test_a_lamp_lays_the_published_veil(px_per_deg: float) -> None:
    # A lamp that gives 1 lx: the veil at 2 and 4 degrees is the equation's.
    size = round(10 * px_per_deg)
    light = np.zeros((size, size, 3))
    middle = size // 2
    light[middle, middle] = 1.0 / math.radians(1.0 / px_per_deg) ** 2  # lux = luminance x solid angle
    found = veil.veil(light, px_per_deg, 60.0)
    for degrees in (2.0, 4.0):
        at = found[middle, middle + round(degrees * px_per_deg), 0]
        assert at == pytest.approx(float(veil.glare(degrees, 60.0)), rel=0.05)


def test_scattered_light_is_taken_from_the_image() -> None:
    light = np.zeros((200, 200, 3))
    light[100, 100] = 1e5
    seen = veil.with_veil(light, 10.0, 40.0)
    assert seen.sum() == pytest.approx(light.sum(), rel=0.1)  # the rest falls outside the picture
    assert seen[100, 100, 0] < light[100, 100, 0]


def test_the_wearer_s_own_eye_counts() -> None:
    myope = Wearer(Refraction(-2.0), Refraction(0.0), 2.0, 8.0)
    assert myope.left_d() == pytest.approx(1.5)
    assert Wearer(Refraction(-2.0), Refraction(-2.0), 2.0, 8.0).left_d() == pytest.approx(0.0)
    presbyope = Wearer(Refraction(0.0), Refraction(0.0), 2.0, 0.0)
    assert presbyope.left_d() == pytest.approx(0.5)
    said = calibration.first_screen(20.0, 100.0, Display(wearer=myope))
    assert any("1.50" in s for s in said) and any("20.0" in s for s in said)


def test_screen_resolution() -> None:
    # 0.6 m and 1920 pixels at 0.6 m: 33.5 pixels a degree.
    assert calibration.screen_pixels_per_degree(0.6, 1920, 0.6) == pytest.approx(33.5, abs=0.02)


def flags(*words: str) -> calibration.Display:
    parser = argparse.ArgumentParser()
    calibration.add_flags(parser)
    return calibration.of(parser.parse_args(words))


def test_a_measured_display_sets_the_field() -> None:
    view = View((0, 0, 0), (0, 1, 0), 60.0)
    assert flags().fitted(view, 960) == view
    assert flags("--px-per-deg", "33.5").fitted(view, 960).pixels_per_degree(960, 640) == pytest.approx(33.5)


def test_the_wearer_is_told_what_stays_and_what_to_wear() -> None:
    display = flags("--wearer-rx=-3.00 DS", "--focal-plane", "2", "--pd", "66", "--white", "120")
    assert display.wearer is not None and display.wearer.left_d() == pytest.approx(2.5)
    said = " ".join(calibration.first_screen(25.0, 400.0, display))
    assert "2.50 D" in said and "66.0 mm" in said and "120 cd/m2" in said and "Wear your own correction" in said
    worn = flags("--wearer-rx=-3.00 DS", "--wearer-worn=-3.00 DS", "--focal-plane", "2")
    assert "0.00 D" in " ".join(calibration.first_screen(25.0, 400.0, worn))


@pytest.mark.parametrize("words", [("--pd", "10"), ("--px-per-deg", "0"), ("--focal-plane", "-1"), ("--white", "0")])
def test_impossible_displays_are_refused(words: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="impossible display"):
        flags(*words)
