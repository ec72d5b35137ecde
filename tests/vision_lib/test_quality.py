"""Image quality against closed forms and published values."""

import numpy as np
import pytest

from vision_lib import chromatic, csf, quality
from vision_lib.eye import Eye
from vision_lib.psf import Wavefronts, psf
from vision_lib.sampling import ARCMIN, Window

GREEN = chromatic.monochromatic(555e-9)


def perfect(pupil_mm: float) -> Wavefronts:
    return Wavefronts(np.zeros(6), 3e-3, pupil_mm * 1e-3)


@pytest.mark.parametrize("pupil_mm", [2.0, 3.0, 6.0])
def test_mtf_of_a_perfect_eye(pupil_mm: float) -> None:
    # Goodman, Introduction to Fourier Optics, equation 6-33; cutoff 94.342 c/deg at 3 mm, 555 nm and
    # 0.39100 at half of it (vision.md, value 5).
    cutoff = quality.cutoff(pupil_mm * 1e-3, 555e-9)
    f = np.linspace(0.02, 1.1, 28) * cutoff
    expected = quality.diffraction_mtf(f, pupil_mm * 1e-3, 555e-9)
    for angle in (0.0, 0.5):
        seen = quality.mtf(perfect(pupil_mm), 0.0, GREEN, f, angle)
        assert seen == pytest.approx(expected, abs=1e-3)
    assert quality.mtf(perfect(pupil_mm), 0.0, GREEN, [0.0, cutoff / 2]) == pytest.approx([1, 0.391], abs=2e-4)
    assert quality.cutoff(3e-3, 555e-9) == pytest.approx(94.342, abs=1e-3)


def test_strehl() -> None:
    # On axis, 3 mm, 555 nm, 0.25 D: [sin(x)/x]^2 with x = pi D r^2 / (2 lambda): 0.39437 (value 5).
    assert quality.strehl(perfect(3.0), [0.0, 0.25])[0] == pytest.approx([1.0, 0.39437], abs=1e-3)
    x = np.pi * 0.5 * (1.5e-3) ** 2 / (2 * 640e-9)
    assert quality.strehl(perfect(3.0), [0.5], 640e-9)[0, 0] == pytest.approx((np.sin(x) / x) ** 2, abs=1e-3)


def test_otf_of_a_shifted_image_is_a_phase() -> None:
    tilt = np.zeros(6)
    tilt[2] = 0.5e-6
    front = Wavefronts(tilt, 2e-3, 4e-3)
    shift_rad = 2 * 0.5e-6 / 2e-3  # to the person's left
    f = np.array([5.0, 20.0])
    seen = quality.otf(front, 0.0, GREEN, f, [0.0])[0]
    turns = np.angle(seen) / (2 * np.pi) - np.degrees(shift_rad) * f
    assert turns - np.round(turns) == pytest.approx(0.0, abs=1e-4)


def test_visual_strehl_is_the_integral_over_the_otf() -> None:
    """The weighted sum over the PSF against the definition, Thibos 2004, J Vis 4:329, metric 31."""
    eye = Eye.sample("plano", person=4).with_pupil(3e-3)
    front = eye.wavefronts()
    f = np.arange(-59.5, 60.0, 1.0)
    radius = np.hypot(f, f[:, None])
    weight = csf.neural(radius) * (radius < 60.0)
    perfect_eye = quality.diffraction_mtf(radius, 3e-3, 555e-9)
    at = np.array([eye.best_focus_d, 0.5, 2.0])
    window = quality.metric_window(3e-3)
    fast = quality.visual_strehl(front, at)[0]
    image = psf(front, at, chromatic.white(), window)[0, :, 0]
    right, down = quality._sharpest(image[0], window)
    phase = np.exp(2j * np.pi * np.degrees(window.pixel_rad) * (right * f - down * f[:, None]))
    for d, value in zip(at, fast, strict=True):
        otf = quality.otf(front, float(d), chromatic.white(), f, f)
        slow = np.sum(weight * np.real(otf * phase)) / np.sum(weight * perfect_eye)
        assert value == pytest.approx(slow, abs=4e-3)


def test_a_perfect_eye_has_visual_strehl_one() -> None:
    for pupil_mm in (2.0, 4.0, 6.0):
        assert quality.visual_strehl(perfect(pupil_mm), [0.0], GREEN) == pytest.approx(1.0, abs=5e-3)


def test_visual_strehl_falls_through_focus() -> None:
    eye = Eye.sample("plano", person=1)
    at = eye.best_focus_d + np.array([-2, -1, -0.5, 0, 0.5, 1, 2])
    seen = quality.visual_strehl(eye.wavefronts(), at)[0]
    assert np.argmax(seen) == 3
    assert np.all(np.diff(np.abs(seen[:4])) > 0) and np.all(np.diff(np.abs(seen[3:])) < 0)


def test_barten() -> None:
    # Barten 1999 as coded in colour-science (contrast_sensitivity_function, defaults): vision.md, 8.
    assert csf.barten([4.0, 16.0]) == pytest.approx([360.87, 70.97], abs=0.01)
    # colour.contrast.retinal_illuminance_Barten1999(20, 2.1) = 66.08 Td.
    assert csf.retinal_illuminance(20.0, 2.1) == pytest.approx(66.08, abs=0.01)
    assert csf.barten(0.0) == 0.0


def test_watson() -> None:
    # Watson and Ahumada 2005 evaluated (vision_tables.md, 2).
    assert csf.watson([4.0, 10.0, 20.0]) == pytest.approx([214.20, 101.18, 25.18], abs=0.01)


def test_astigmatism_blurs_one_direction() -> None:
    from vision_lib.refraction import Refraction

    # plano -2.00 x 180 needs 2 D in the vertical meridian only: light spreads upward and downward,
    # vertical stripes stay sharp and horizontal ones vanish.
    lens = Refraction.parse("plano -2.00 x 180").power_vector()
    front = Eye.perfect("plano").wavefronts(lens)
    assert quality.mtf(front, lens.m_d, GREEN, [10.0])[0] > 0.5
    assert quality.mtf(front, lens.m_d, GREEN, [10.0], np.pi / 2)[0] < 0.1


def test_oblique_axes_are_mirrored_for_the_person() -> None:
    from vision_lib.refraction import Refraction

    # Axis 45 as the clinician sees it: the 135 meridian needs 2 D. The person, looking out, sees the
    # clinician's 135 as 45: points streak from lower left to upper right.
    lens = Refraction.parse("plano -2.00 x 45").power_vector()
    image = Eye.perfect("plano").psf(lens, GREEN, Window(ARCMIN, 41))[0, 0]
    axis = np.arange(41) - 20
    slant = -np.sum(image * axis * axis[:, None])  # rows count downwards
    assert slant > 0
