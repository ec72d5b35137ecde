"""Contrast lost by blur: closed forms, the hand-over to rays, and extreme eyes."""

import math

import numpy as np
import pytest

from vision_lib import ability, chromatic, contrast, retina, sight
from vision_lib.eye import Eye
from vision_lib.refraction import PowerVector
from vision_lib.sampling import ARCMIN, Window


def test_perfect_eye_passes_what_diffraction_lets_through() -> None:
    # Half the cut-off of a 3 mm pupil at 555 nm: MTF 0.39100.
    eye = Eye.perfect("plano", 30, 3e-3)
    focus = PowerVector(-eye.best_focus_d, 0.0, 0.0)
    half = 3e-3 / 555e-9 * math.pi / 180 / 2
    assert contrast.modulation(eye, focus, half) == pytest.approx(0.391, abs=1e-3)


def test_hand_over_to_rays_is_smooth() -> None:
    eye = Eye.sample("plano", 30, 4e-3, seed=1)
    edge = retina.WAVE_REACH / 4.0
    below, above = (PowerVector(edge + d, 0.0, 0.0) for d in (-0.01, 0.01))
    assert retina.is_wave(eye, below) and not retina.is_wave(eye, above)
    assert contrast.modulation(eye, below) == pytest.approx(contrast.modulation(eye, above), abs=3e-3)
    window = Window(ARCMIN, 91, 1)
    images = [retina.image(eye, r, chromatic.monochromatic(), window) for r in (below, above)]
    assert np.abs(images[0] - images[1]).sum() < 0.25


def test_more_blur_loses_more() -> None:
    eye = Eye.sample("plano", 30, 4e-3, seed=1)
    lost = [contrast.loss(eye, PowerVector(-m, 0.0, 0.0)) for m in (0.0, 0.25, 0.5, 0.75)]
    assert lost[0] == 0.0 and lost == sorted(lost) and lost[-1] > 0.5


@pytest.mark.parametrize(("rx", "pupil"), [
    ("plano", 8.9), ("-10.00 -2.00 x 20", 8.0), ("-30.00 DS", 6.0), ("+12.00 -6.00 x 45", 1.0),
])  # fmt: skip
def test_extreme_eyes_are_seen_through(rx: str, pupil: float) -> None:
    who = ability.person(rx, 70, pupil)
    view = ability.uncorrected(who, 0.4)
    seen = ability.look(who, view)
    assert 0.0 <= (seen.contrast_loss or 0.0) <= 1.0
    picture = sight.seen(who, view)
    assert 0.0 <= picture.min() <= picture.max() <= 1.0


def test_picture_keeps_its_light() -> None:
    who = ability.person("-1.00 DS", 30, 3.0)
    plain, seen = sight.chart(), sight.seen(who, ability.uncorrected(who, 6.0))
    assert (1 - seen).sum() == pytest.approx((1 - plain).sum(), rel=0.02)
