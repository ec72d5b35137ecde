"""Corrections against published figures and closed forms."""

import math

import numpy as np
import pytest

from twin_engine.errors import InputError
from vision_lib import corrections
from vision_lib.ability import look, person
from vision_lib.corrections import _trials
from vision_lib.corrections._implant import after_implant
from vision_lib.corrections._optics import magnification, need_through
from vision_lib.corrections.contact_lens import ContactLens
from vision_lib.corrections.laser import Laser
from vision_lib.corrections.ortho_k import ring_wavefront
from vision_lib.corrections.progressive import astigmatism, clear_width, surface
from vision_lib.refraction import PowerVector, Refraction


def test_spectacle_magnification() -> None:
    # -6 D at 14 mm, thin: 1 / (1 + 0.014 x 6) = 0.9225.
    assert magnification(-6.0, 0.014) == pytest.approx(0.9225, abs=1e-4)


def test_contact_lens_image_is_larger() -> None:
    # -6 D, 14 mm: 8.4 % larger than through spectacles, 1 - d F, at a lens on the pupil.
    assert magnification(-6.0, 0.0) / magnification(-6.0, 0.014) == pytest.approx(1.084, abs=1e-3)


@pytest.mark.parametrize("rx", ["-6.00 -2.00 x 30", "+5.00 DS", "-3.00 +1.00 x 120"])
def test_lens_and_eye_cancel_far_away(rx: str) -> None:
    who = person(rx, 30, 4.0, aberrations={})
    need = need_through(who, who.refraction.power_vector(), 1e9, who.vertex_m)
    assert need.blur_d == pytest.approx(0.0, abs=1e-6)


def test_near_through_spectacles_is_the_exact_vergence() -> None:
    # -6 D at 12 mm, object 40 cm: L = -1/0.388, through the lens and on to the cornea by hand.
    who = person("-6.00 DS", 30, 4.0, aberrations={})
    after = -1 / 0.388 - 6.0
    by_hand = -6.0 / (1 + 0.012 * 6.0) - after / (1 - 0.012 * after)
    assert need_through(who, PowerVector(-6, 0, 0), 0.4, 0.012).m_d == pytest.approx(by_hand, abs=1e-9)


def test_turned_toric_lens() -> None:
    # -2.00 x 180 turned to 10 degrees: +0.347 / -0.695 x 140 is left (crossed cylinders).
    who = person(Refraction(0.0, -2.0, 180.0), 70, 4.0, vertex_m=0.0, aberrations={})
    _, view = ContactLens(toric=True, rotation_deg=10.0).compare(who, 1e9)
    left = Refraction.from_power_vector(view.residual)
    assert left.sphere_d == pytest.approx(0.347, abs=1e-3)
    assert left.cylinder_d == pytest.approx(-2 * 2 * math.sin(math.radians(10)), abs=1e-6)
    assert left.axis_deg == pytest.approx(140.0, abs=0.1)


def test_turned_toric_implant() -> None:
    who = person(Refraction(0.0, -2.0, 180.0), 70, 4.0, vertex_m=0.0, aberrations={})
    left = after_implant(who, 0.0, True, 10.0)
    assert 2 * left.blur_d == pytest.approx(2 * 2 * math.sin(math.radians(10)), abs=1e-9)


def test_minkwitz() -> None:
    # Beside the corridor dA/dx = 2 dP/dy (Minkwitz 1963; JOSA A 34:441), A odd in x and exact at 0.
    add, length, width = 2.0, 18.0, 4.0
    y, h = -length / 2, 1e-3
    slope = (astigmatism(h, y, add, length, width) - 0.0) / h
    along = (surface(0, y + h, add, length, width)[0] - surface(0, y - h, add, length, width)[0]) / (2 * h)
    assert float(slope / abs(2 * along)) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("add", "length", "expected"), [(2, 14, 1.9), (2, 18, 2.4), (1, 14, 3.9)])
def test_clear_width_in_the_corridor(add: float, length: float, expected: float) -> None:
    # 0.5 / (1.875 Add / L) to first order.
    assert clear_width(-length / 2, add, length, 5.0) == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize(("add", "expected"), [(2.0, 5.5), (1.0, 8.8), (2.5, 4.8)])
def test_clear_width_for_near(add: float, expected: float) -> None:
    assert clear_width(-18.0, add, 18.0, 5.0) == pytest.approx(expected, abs=0.06)


def test_progressive_surface_is_a_true_surface() -> None:
    # Powers are second derivatives of one z(x, y): mixed derivatives of zxx and zxy must agree.
    h, x, y = 1e-4, 2.3, -7.1

    def parts(a: float, b: float) -> tuple[float, float]:
        m, j0, j45 = surface(a, b, 2.0, 18.0, 4.0)
        return float(m + j0), float(j45)

    dxx_dy = (parts(x, y + h)[0] - parts(x, y - h)[0]) / (2 * h)
    dxy_dx = (parts(x + h, y)[1] - parts(x - h, y)[1]) / (2 * h)
    assert dxx_dy == pytest.approx(dxy_dx, rel=1e-5)


def test_far_is_unlimited_in_a_progressive() -> None:
    assert clear_width(2.0, 2.0, 18.0, 4.0) == 80.0


@pytest.mark.parametrize(("distance", "acuity", "sd"), [(1e9, -0.02, 0.08), (1 / 1.59, 0.14, 0.09), (0.4, 0.23, 0.12)])
def test_edof_at_published_distances(distance: float, acuity: float, sd: float) -> None:
    # Eye Vis 2024: -.02(.08) far, .14(.09) at 60-66 cm, .23(.12) at 40 cm.
    who = person("plano", 70, 3.0, aberrations={})
    _, view = corrections.load("iol-edof").compare(who, distance)
    assert view.known == pytest.approx((acuity, sd), abs=1e-6)


def test_trifocal_keeps_its_published_bound() -> None:
    # PMC7837564: 0.1 logMAR or better from +0.5 to -2.5 D.
    who = person("plano", 70, 3.0, aberrations={})
    for distance in (1e9, 2.0, 1.0, 0.5, 0.4):
        seen = look(who, corrections.load("iol-multifocal").compare(who, distance)[1])
        assert seen.acuity_logmar <= 0.1 + 1e-9


@pytest.mark.parametrize(("procedure", "treated", "c40"), [("lenticule", 8.52, 0.532), ("lasik", 8.04, 0.426)])
def test_laser_spherical_aberration(procedure: str, treated: float, c40: float) -> None:
    who = person(Refraction(-treated), 30, 6.0, vertex_m=0.0, aberrations={})
    assert Laser(procedure=procedure).induced(who) == pytest.approx(c40, abs=0.005)


def test_laser_blurs_more_at_night() -> None:
    day, night = (person("-8.00 DS", 25, p) for p in (3.0, 6.5))
    losses = [look(w, Laser().compare(w, 6.0)[1]).contrast_loss or 0.0 for w in (day, night)]
    assert losses[1] > losses[0] + 0.05


def test_ortho_k_ring_by_quadrature() -> None:
    # Without decentration the ring gives no coma, and positive spherical aberration.
    c = dict(ring_wavefront(3.0, 5.0, 0.0))
    assert abs(c[7]) < 1e-9 and abs(c[8]) < 1e-9 and c[12] > 0
    assert dict(ring_wavefront(3.0, 3.0, 0.0))[12] == pytest.approx(0.0, abs=1e-9)
    assert dict(ring_wavefront(3.0, 5.0, 0.6))[8] != pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize(("trial", "arm", "years", "se"), [
    ("LAMP", "atropine 0.05 %", 1, -0.27), ("LAMP", "placebo", 1, -0.81), ("LAMP", "atropine 0.01 %", 2, -1.12),
    ("DIMS", "dims", 2, -0.41), ("DIMS", "single vision", 2, -0.85), ("DIMS", "dims", 3, -0.52),
    ("HAL", "hal", 2, -1.46 + 0.80), ("dual-focus", "dual-focus", 3, -0.51),
    ("dual-focus", "single vision", 3, -1.24),
])  # fmt: skip
def test_trials_are_reproduced(trial: str, arm: str, years: float, se: float) -> None:
    assert _trials.change(trial, arm, years) == pytest.approx(se, abs=1e-9)


def test_trial_standard_deviations_from_standard_errors() -> None:
    # DIMS: SE of the mean .06 (n 79) and .08 (n 81).
    dims = {a.arm: a.se_sd for a in _trials.arms() if a.trial == "DIMS" and a.years == 2}
    assert dims["dims"] == pytest.approx(0.06 * 79**0.5, abs=0.01)
    assert dims["single vision"] == pytest.approx(0.08 * 81**0.5, abs=0.01)


def test_atropine_takes_accommodation() -> None:
    child = person("-2.00 DS", 10, 5.0, aberrations={})
    before, after = corrections.load("atropine").compare(child, 0.25)
    lost = before.accommodation.amplitude_d - after.accommodation.amplitude_d
    assert lost == pytest.approx(1.98)


@pytest.mark.parametrize(("name", "options"), [
    ("atropine", {"percent": 0.5}), ("dims", {"years": 9.0}), ("laser", {"procedure": "knife"}),
    ("progressive", {"add_d": -1.0}), ("single", {"colour": "red"}), ("monocle", {}),
])  # fmt: skip
def test_bad_options_are_one_clear_error(name: str, options: dict[str, object]) -> None:
    with pytest.raises(InputError):
        made = corrections.load(name, **options)
        made.compare(person("-2.00 DS", 10, 4.0, aberrations={}), 1.0)


def test_far_image_of_a_flat_lens_is_the_eyes_own() -> None:
    assert np.isclose(magnification(0.0, 0.015), 1.0)
