"""The eye: wavefront of a refraction, colour, pupil, schematic eye, sampled aberrations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin_engine.errors import InputError
from vision_lib import chromatic, eye, pupil, quality, schematic, zernike
from vision_lib.eye import Eye
from vision_lib.refraction import PowerVector
from vision_lib.sampling import ARCMIN, Window


@pytest.mark.parametrize(("pupil_mm", "um"), [(4.0, 0.57735), (6.0, 1.29904)])
def test_zernike_defocus_of_one_dioptre(pupil_mm: float, um: float) -> None:
    # Thibos 2004, J Vis 4:329, equation 1 (vision.md, value 3).
    assert abs(eye.defocus(1.0, pupil_mm / 2 * 1e-3)) * 1e6 == pytest.approx(um, abs=1e-5)


def test_zernike_astigmatism() -> None:
    j3, j5 = eye.astigmatism(PowerVector(0.0, 0.5745, 0.4821), 3e-3)
    assert -2 * np.sqrt(6) * j5 / 9e-6 == pytest.approx(0.5745)
    assert -2 * np.sqrt(6) * j3 / 9e-6 == pytest.approx(0.4821)


def test_chromatic_difference() -> None:
    # Thibos 1992, Appl Opt 31:3594: 2.1039 D from 400 to 700 nm (vision.md, value 6).
    assert chromatic.difference(700e-9) - chromatic.difference(400e-9) == pytest.approx(2.1039, abs=1e-4)
    assert chromatic.difference(555e-9) == pytest.approx(0.0, abs=1e-12)
    assert chromatic.difference(589e-9, 589e-9) == 0.0
    assert chromatic.difference(450e-9) < 0  # blue is focused in front of the retina: it needs minus
    # The 1.68524 form is zero at 590 nm.
    assert chromatic.refractive_error(590e-9) == pytest.approx(0.0, abs=2e-3)


def test_spectra() -> None:
    for spectrum in (chromatic.white(), chromatic.rgb(), chromatic.monochromatic()):
        assert spectrum.weights.sum(axis=1) == pytest.approx(1.0)
    assert chromatic.photopic(555e-9) == pytest.approx(1.0, abs=0.006)  # CIE 1924, 10 nm rows
    # Mallett and Yuksel 2019: the three lights sum to daylight, with the luminances of Rec. ITU-R BT.709.
    nm, red, green, blue, daylight = chromatic._scene_light()
    assert red + green + blue == pytest.approx(1.0, abs=2e-5)
    seen = np.stack([red, green, blue]) @ (daylight * chromatic.photopic(nm * 1e-9))
    assert seen / seen.sum() == pytest.approx([0.2126, 0.7152, 0.0722], abs=2e-3)
    with pytest.raises(InputError):
        chromatic.monochromatic(555.0)


def test_pupil() -> None:
    # Watson and Yellott 2012, J Vis 12(10):12 (vision.md, value 7).
    assert pupil.diameter(100, 60, 30) * 1e3 == pytest.approx(4.683, abs=1e-3)
    assert pupil.diameter(100, 60, 30, eyes=1) > pupil.diameter(100, 60, 30)


@given(st.floats(0, 1e4), st.floats(0, 1e4), st.floats(20, 83))
def test_pupil_stays_a_pupil(luminance: float, area: float, age: float) -> None:
    d = pupil.diameter(luminance, area, age)
    assert 1.5e-3 < d < 8.6e-3
    assert pupil.diameter(luminance + 10, area, age) <= d
    assert pupil.diameter(luminance, area, age + 10) <= d + 1e-4


@pytest.mark.parametrize("bad", [{"age_y": -1}, {"luminance_cd_m2": -1}, {"area_deg2": np.nan}, {"eyes": 3}])
def test_impossible_viewing_is_refused(bad: dict) -> None:
    good = {"luminance_cd_m2": 100, "area_deg2": 60, "age_y": 30}
    with pytest.raises(InputError):
        pupil.diameter(**(good | bad))


def test_navarro() -> None:
    # Navarro 1985, J Opt Soc Am A 2:1273: 60.42 D, 24.00 mm.
    traced = schematic.paraxial()
    assert traced.power_d == pytest.approx(60.42, abs=0.01)
    assert traced.length_m == pytest.approx(24.00e-3, abs=1e-6)
    assert traced.focus_m == pytest.approx(traced.length_m, abs=1e-5)
    # One degree covers about 0.29 mm of retina (Drasdo and Fowler 1974: 0.275 to 0.29).
    assert np.radians(schematic.retinal_size(0.0)) * 1e3 == pytest.approx(0.285, abs=0.01)


def test_shape_by_refraction() -> None:
    # Atchison 2006, Vision Res 46:2236.
    at = schematic.shape(-4.0)
    assert at.axial_length_m * 1e3 == pytest.approx(23.58 + 4 * 0.299)
    assert at.cornea_radius_m * 1e3 == pytest.approx(7.77 - 4 * 0.022)
    assert at.retina_axial_m * 1e3 == pytest.approx(10.148 + 4 * 0.163)
    with pytest.raises(InputError):
        schematic.shape(-20)


def test_spectacle_magnification() -> None:
    # -6 D at 14 mm, thin lens: 0.9225 (vision.md, value 8); contact lens instead: 8.4 % larger.
    assert schematic.spectacle_magnification(-6, 0.014) == pytest.approx(0.9225, abs=1e-4)
    assert 1 / schematic.spectacle_magnification(-6, 0.014) == pytest.approx(1.084, abs=1e-3)


def test_sampled_aberrations() -> None:
    # Thibos 2002, JOSA A 19:2329: higher-order RMS 0.279(0.121) um at 6 mm; 200 eyes, so the standard
    # error of that mean is 0.009 and of that SD 0.006. Modes 6 to 12 as tabulated there.
    drawn = eye.sample_aberrations(7, np.arange(20000)) * 1e6
    rms = np.sqrt((drawn[:, 6:] ** 2).sum(axis=1))
    assert rms.mean() == pytest.approx(0.279, abs=0.009)
    assert rms.std() == pytest.approx(0.121, abs=0.006)
    mean = [-0.0206, -0.0319, 0.0017, -0.0034, -0.0172, 0.0086, 0.0942]
    sd = [0.1146, 0.1678, 0.1052, 0.0937, 0.0345, 0.0286, 0.0983]
    assert drawn[:, 6:13].mean(axis=0) == pytest.approx(mean, abs=3 * np.array(sd).max() / np.sqrt(200))
    # The SD of 200 eyes is known to 10 % (two standard errors).
    assert drawn[:, 6:13].std(axis=0) == pytest.approx(sd, rel=0.10)
    assert not drawn[:, :6].any()


def test_aberrations_belong_to_a_person() -> None:
    some = eye.sample_aberrations(7, [5, 3])
    assert np.array_equal(some[1], eye.sample_aberrations(7, [3])[0])
    assert not np.array_equal(some[0], eye.sample_aberrations(8, [5])[0])


def test_smaller_pupils_see_less_of_them() -> None:
    # Thibos 2002: 0.040(0.022) um at 3 mm and 0.125(0.057) at 4.5 mm. Scaling 6 mm modes j <= 12 leaves
    # out what smaller pupils see of higher modes, so the sampled means lie below: within one SD.
    drawn = eye.sample_aberrations(7, np.arange(4000)) * 1e6
    for ratio, mean, sd in ((0.75, 0.125, 0.057), (0.5, 0.040, 0.022)):
        scaled = np.sqrt((zernike.rescale(drawn, ratio)[:, 6:] ** 2).sum(axis=1)).mean()
        assert mean - sd < scaled < mean


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 1000))
def test_zero_residual_is_best_focus(person: int) -> None:
    one = Eye.sample("-3.00 -1.00 x 20", person=person)
    at = one.best_focus_d
    assert abs(at) < 1.0
    seen = quality.visual_strehl(one.wavefronts(), [at - 0.25, at, at + 0.25])[0]
    assert seen[1] == seen.max()


def test_the_eye_of_a_person() -> None:
    from vision_lib import ability

    who = ability.person("-6.00 DS", 40.0, 3.5)
    one = Eye.of(who)
    assert one.need.m_d == pytest.approx(-6 / (1 + 6 * who.vertex_m))
    assert (one.age_y, one.pupil_m) == (40.0, 3.5e-3)


def test_an_eye_is_blurred_by_its_need() -> None:
    one = Eye.perfect("-2.00 DS")
    window = Window(ARCMIN, 61)
    sharp = one.psf(eye.IN_FOCUS, chromatic.white(), window)[0, 0]
    blurred = one.psf(one.need, chromatic.white(), window)[0, 0]
    assert blurred.max() < 0.05 * sharp.max()
    # An object at 50 cm is where a 2 D myope sees best without help.
    near = one.psf(one.needed_at(0.5), chromatic.white(), window)[0, 0]
    assert near == pytest.approx(sharp, abs=1e-6)


@pytest.mark.parametrize("bad", [{"age_y": -3.0}, {"pupil_m": 4.0}, {"aberrations_m": (0, 0, 0, 0, 1e-6)}])
def test_impossible_eyes_are_refused(bad: dict) -> None:
    from vision_lib.refraction import Refraction

    with pytest.raises(InputError):
        Eye(Refraction(-1.0), **bad)
