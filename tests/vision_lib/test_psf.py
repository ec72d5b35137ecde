"""Point spread functions against prysm, closed forms, conservation and geometry."""

from typing import Any

import numpy as np
import pytest

from twin_engine.errors import InputError
from vision_lib import chromatic, psf, sampling, zernike
from vision_lib.psf import Wavefronts
from vision_lib.sampling import ARCMIN, Window

GREEN = chromatic.monochromatic(555e-9)
DOUBLE = {"precision": np.float64}


def perfect(pupil_mm: float) -> Wavefronts:
    return Wavefronts(np.zeros(6), 3e-3, pupil_mm * 1e-3)


def aberrated(pupil_mm: float, seed: int = 1) -> Wavefronts:
    c = np.zeros(15)
    c[3:6:2], c[6:13] = (0.3e-6, -0.2e-6), np.random.default_rng(seed).normal(size=7) * 0.1e-6
    return Wavefronts(c, 3e-3, pupil_mm * 1e-3, 0.05)


def test_equal_to_prysm() -> None:
    propagation = pytest.importorskip("prysm.propagation")
    from prysm.polynomials import ansi_j_to_nm, zernike_nm

    count, pupil, size, pitch, defocus = 128, 4e-3, 101, 0.25 * ARCMIN, 0.5
    front, spectrum = aberrated(4.0), chromatic.white()
    ours = psf.psf(front, [defocus], spectrum, Window(pitch, size, 1), samples=count, **DOUBLE)[0, 0, 0]
    quarter, energy = sampling.amplitude(count, pupil, 0.05)[1::2]
    amplitude = np.block([[quarter[::-1, ::-1], quarter[::-1]], [quarter[:, ::-1], quarter]])
    axis = (np.arange(count) - count / 2 + 0.5) * pupil / count
    x, y = np.meshgrid(axis, axis)
    rho, theta = np.hypot(x, y) / 3e-3, np.arctan2(y, x)
    shape = sum(c * zernike_nm(*ansi_j_to_nm(j), rho, theta, norm=True)
                for j, c in enumerate(front.coefficients_m[0]) if c)  # fmt: skip
    theirs = np.zeros((size, size))
    for wavelength, weight in zip(spectrum.wavelengths_m, spectrum.weights[0], strict=True):
        d = defocus + chromatic.difference(wavelength)
        nm = (shape - d * (x**2 + y**2) / 2) * 1e9
        wave = propagation.Wavefront.from_amp_and_phase(amplitude, nm, wavelength * 1e6, pupil / count * 1e3)
        image = np.abs(wave.focus_fixed_sampling(1e3, pitch * 1e6, size).data) ** 2
        # prysm's own scale is fixed by the light on axis, which is a plain sum over the pupil.
        on_axis = np.abs(np.sum(amplitude * np.exp(2j * np.pi / wavelength * nm * 1e-9))) ** 2
        scale = on_axis / image[size // 2, size // 2] * (pitch * pupil / count / wavelength) ** 2 / energy
        theirs += weight * scale * image
    # prysm shows the plane in the pupil's axes; the person sees it turned by half a turn.
    assert np.abs(ours - theirs[::-1, ::-1]).max() < 1e-8 * theirs.max()


def test_single_precision_is_close_to_double() -> None:
    window = Window(0.25 * ARCMIN, 64, 1)
    one = psf.psf(aberrated(4.0), [0.5], chromatic.white(), window)
    two = psf.psf(aberrated(4.0), [0.5], chromatic.white(), window, **DOUBLE)
    assert np.abs(one - two).max() < 2e-6 * two.max()


def test_airy_pattern() -> None:
    # First zero 1.21967 lambda/D (Airy 1835): 0.77569' at 3 mm, 555 nm.
    pitch = 0.005 * ARCMIN
    row = psf.psf(perfect(3.0), [0.0], GREEN, Window(pitch, 401, 1), samples=512, **DOUBLE)[0, 0, 0, 200]
    found = np.argmin(row[200 + 120 : 200 + 190]) + 120
    assert found * 0.005 == pytest.approx(0.77569, abs=0.005)


def test_energy_is_conserved() -> None:
    """Over the whole period the transform keeps every bit of light that the pupil lets through."""
    count = 96
    front = aberrated(4.0)
    window = Window(555e-9 / (2 * 4e-3), 2 * count, 1)
    quarter, energy = sampling.amplitude(count, 4e-3, 0.05)[1::2]
    for defocus in (0.0, 1.0):
        total = psf.psf(front, [defocus], GREEN, window, samples=count, **DOUBLE).sum()
        assert total == pytest.approx(4 * np.sum(quarter**2) / energy, abs=1e-12)
        assert total == pytest.approx(1.0, abs=0.01)  # a hard rim scatters the rest still wider


@pytest.mark.parametrize("radius_arcmin", [2.0, 5.0, 12.0])
def test_encircled_energy(radius_arcmin: float) -> None:
    # Rayleigh 1881 (Born and Wolf 8.5.2, equation 18): 1 - J0^2(v) - J1^2(v).
    from scipy.special import j0, j1

    step = 0.1
    size = 2 * int(radius_arcmin / step) + 11
    image = psf.psf(perfect(3.0), [0.0], GREEN, Window(step * ARCMIN, size, 1), samples=512, **DOUBLE)[0, 0, 0]
    axis = (np.arange(size) - size // 2) * step
    inside = np.hypot(axis, axis[:, None]) <= radius_arcmin
    v = np.pi * 3e-3 * radius_arcmin * ARCMIN / 555e-9
    assert image[inside].sum() == pytest.approx(1 - j0(v) ** 2 - j1(v) ** 2, abs=2e-3)


def test_pixels_collect_the_light_of_their_area() -> None:
    front = aberrated(5.0)
    fine = psf.psf(front, [1.0], GREEN, Window(0.2 * ARCMIN, 15 * 11, 1), samples=192)[0, 0, 0]
    coarse = psf.psf(front, [1.0], GREEN, Window(3.0 * ARCMIN, 11, 15), samples=192)[0, 0, 0]
    assert coarse == pytest.approx(fine.reshape(11, 15, 11, 15).sum(axis=(1, 3)), abs=1e-7)
    even = psf.psf(front, [1.0], GREEN, Window(3.0 * ARCMIN, 12), samples=192)[0, 0, 0]
    assert 0.97 < even.sum() < 1.0


@pytest.mark.parametrize(("pupil_mm", "disc_arcmin"), [(4.0, 13.751), (6.0, 20.626)])
def test_blur_disc(pupil_mm: float, disc_arcmin: float) -> None:
    # Blur disc of 1 D is the pupil in radians a metre (Smith 1982; vision.md, value 4). A uniform disc
    # of radius R has a second moment of R^2/4 along each axis; rays give it without skirts.
    image = psf.psf(perfect(pupil_mm), [7.0], GREEN, Window(ARCMIN, 161))[0, 0, 0]
    axis = np.arange(161) - 80.0
    moment = np.sum(image.sum(axis=0) * axis**2) / image.sum()
    assert 4 * np.sqrt(moment) / 7.0 == pytest.approx(disc_arcmin, rel=2e-3)


def test_sampling_that_would_repeat_is_refused() -> None:
    # Phase limit |D| = N lambda / (4 r^2): 3.4 D at 420 nm, N = 128, 4 mm (vision.md, Speed).
    blue = chromatic.monochromatic(420e-9)
    shift = float(chromatic.difference(420e-9))
    small = Window(0.2 * ARCMIN, 31, 1)
    psf.psf(perfect(4.0), [3.3 - shift], blue, small, samples=128)
    with pytest.raises(InputError, match="would repeat"):
        psf.psf(perfect(4.0), [3.45 - shift], blue, small, samples=128)
    # Replicas: N = 128, 4 mm, 440 nm repeats every 48 arcmin (vision_tables.md, 3).
    period = 128 * 440e-9 / 4e-3 / ARCMIN
    assert period == pytest.approx(48, abs=0.5)
    violet = chromatic.monochromatic(440e-9)
    at = 2.0 - float(chromatic.difference(440e-9))  # 27.5' of blur: its radius and half a window
    psf.psf(perfect(4.0), [at], violet, Window(ARCMIN, 66), samples=128)
    with pytest.raises(InputError, match="would repeat"):
        psf.psf(perfect(4.0), [at], violet, Window(ARCMIN, 72), samples=128)
    with pytest.raises(InputError, match="too strong"):
        psf.psf(perfect(8.0), [6.0], GREEN, Window(10 * ARCMIN, 301))


def test_chosen_samples_suffice() -> None:
    front, window = aberrated(5.0), Window(ARCMIN, 61)
    chosen = psf.psf(front, [-3.0, 0.0, 2.5], GREEN, window)
    finer = psf.psf(front, [-3.0, 0.0, 2.5], GREEN, window, samples=512)
    assert np.abs(chosen - finer).max() < 4e-3 * finer.max()


def brightest(image: Any) -> tuple[int, int]:
    """Pixels to the right of and below the line of sight."""
    row, column = np.unravel_index(int(np.argmax(image)), image.shape)
    return int(column) - image.shape[1] // 2, int(row) - image.shape[0] // 2


def test_directions_are_the_persons() -> None:
    """What passes the upper pupil of a myope seems to lie above; the clinician's right is the
    person's left. A tilt of coefficient c has the slope 2 c / r."""
    tilt = np.zeros(6)
    tilt[1] = 1e-6
    window = Window(0.1 * ARCMIN, 101, 1)
    pixels = round(2e-6 / 2e-3 / window.pixel_rad)
    assert brightest(psf.psf(Wavefronts(tilt, 2e-3, 4e-3), [0.0], GREEN, window)[0, 0, 0]) == (0, -pixels)
    tilt[1:3] = 0.0, 1e-6
    assert brightest(psf.psf(Wavefronts(tilt, 2e-3, 4e-3), [0.0], GREEN, window)[0, 0, 0]) == (-pixels, 0)


def test_results_do_not_depend_on_workers_or_company() -> None:
    c = np.stack([aberrated(4.0, s).coefficients_m[0] for s in range(3)])
    front, window = Wavefronts(c, 3e-3, 4e-3, 0.05), Window(ARCMIN, 41)
    at = [-1.0, 0.0, 0.5]
    one = psf.psf(front, at, chromatic.white(3), window, samples=128, workers=1)
    two = psf.psf(front, at, chromatic.white(3), window, samples=128, workers=2)
    assert np.array_equal(one, two)
    alone = psf.psf(Wavefronts(c[1], 3e-3, 4e-3, 0.05), at, chromatic.white(3), window, samples=128)
    assert np.array_equal(alone[0], one[1])


def test_channels_take_their_own_light() -> None:
    made = psf.psf(perfect(4.0), [0.0], chromatic.rgb(), Window(ARCMIN, 41))[0, 0]
    red, green, blue = made.max(axis=(-2, -1))
    assert green > red > blue  # blue is a dioptre out of focus


@pytest.mark.parametrize("pupil_mm", [0.1, 10.0, np.nan])
def test_impossible_pupils_are_refused(pupil_mm: float) -> None:
    with pytest.raises(InputError):
        perfect(pupil_mm)
    with pytest.raises(InputError):
        psf.psf(perfect(4.0), [np.nan], GREEN, Window(ARCMIN, 11))


def test_defocus_is_its_zernike_mode() -> None:
    # W = -D r^2 / 2 is c20 = -D r^2 / (4 sqrt 3) up to piston (Thibos 2004, equation 1).
    c = np.zeros(6)
    c[4] = -1.0 * (2e-3) ** 2 / (4 * np.sqrt(3))
    window = Window(0.5 * ARCMIN, 61)
    by_mode = psf.psf(Wavefronts(c, 2e-3, 4e-3), [0.0], GREEN, window, samples=128)
    by_defocus = psf.psf(Wavefronts(np.zeros(6), 2e-3, 4e-3), [1.0], GREEN, window, samples=128)
    assert np.abs(by_mode - by_defocus).max() < 1e-6 * by_defocus.max()
    assert zernike.order(4) == (2, 0)
