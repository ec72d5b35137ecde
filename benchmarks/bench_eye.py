"""Point spread functions against a plain FFT loop and prysm, in one run.

1. 1,000 eyes x 8 distances x 7 wavelengths, 4 mm, polychromatic PSFs of 97 x 97 pixels of 0.5'. The
   peers sample the pupil with 128 points, which the strongest blur asks for; ours with what each
   wavelength and distance asks for, a tenth more than the limit. The peers do a few of the eyes and
   are extrapolated by their number; ours does all of them. Peers and ours on one core, in processor
   time; beside it ours on all cores, in elapsed time.
2. One polychromatic PSF: 512 samples, 9 wavelengths, 256 x 256 pixels of 0.25'; double precision on
   both sides.

All peers get the wavefront's modes ready made; results are compared. Numbers are printed, nothing else.

    python benchmarks/bench_eye.py [--eyes 1000]
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np
from scipy.ndimage import map_coordinates

from vision_lib import chromatic, psf, sampling, zernike
from vision_lib.chromatic import Spectrum
from vision_lib.eye import ABERRATION_RADIUS_M, sample_aberrations
from vision_lib.psf import Wavefronts
from vision_lib.sampling import ARCMIN, Window

PUPIL_M, SAMPLE = 4e-3, 4
DEFOCUS_D = np.array([0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0])  # an old emmetrope, far to 33 cm


class Pupil:
    """What every peer is given: amplitude, modes, squared radius on the full grid."""

    def __init__(self, count: int) -> None:
        quarter = sampling.amplitude(count, PUPIL_M, 0.05)[1]
        self.step = PUPIL_M / count
        self.amplitude = np.block([[quarter[::-1, ::-1], quarter[::-1]], [quarter[:, ::-1], quarter]])
        x = (np.arange(count) - count / 2 + 0.5) * self.step
        xx, yy = np.meshgrid(x, x)
        self.r2 = xx**2 + yy**2
        self.modes = {j: zernike.mode(j, xx / ABERRATION_RADIUS_M, yy / ABERRATION_RADIUS_M)
                      for j in range(6, 13)}  # fmt: skip

    def shape(self, coefficients: np.ndarray) -> np.ndarray:
        return sum(coefficients[j] * mode for j, mode in self.modes.items())


def fft_loop(pupil: Pupil, coefficients: np.ndarray, defocus: np.ndarray, spectrum: Spectrum,
             pixel: float, size: int) -> np.ndarray:  # fmt: skip
    """Zero-padded FFT for every wavelength, read off at the pixels by linear interpolation."""
    shifts = chromatic.difference(spectrum.wavelengths_m)
    count = pupil.amplitude.shape[0]
    out = np.zeros((len(defocus), size, size))
    axis = (np.arange(size) - (size - 1) / 2) * pixel
    for v, d in enumerate(defocus):
        for wavelength, weight, shift in zip(spectrum.wavelengths_m, spectrum.weights[0], shifts, strict=True):
            wave = pupil.shape(coefficients) - (d + shift) * pupil.r2 / 2
            field = pupil.amplitude * np.exp(2j * np.pi / wavelength * wave)
            padded = np.zeros((2 * count, 2 * count), complex)
            padded[:count, :count] = field
            image = np.abs(np.fft.fftshift(np.fft.fft2(padded))) ** 2
            at = axis * 2 * count * pupil.step / wavelength + count
            grid = np.meshgrid(at, at, indexing="ij")
            density = (2 * count * pupil.step * pixel / wavelength) ** 2 / np.sum(image)
            out[v] += weight * density * map_coordinates(image, grid, order=1)
    return out


def prysm_loop(pupil: Pupil, coefficients: np.ndarray, defocus: np.ndarray, spectrum: Spectrum,
               pixel: float, size: int) -> np.ndarray:  # fmt: skip
    """prysm's matrix Fourier transform onto the pixels."""
    from prysm.propagation import Wavefront

    shifts = chromatic.difference(spectrum.wavelengths_m)
    out = np.zeros((len(defocus), size, size))
    for v, d in enumerate(defocus):
        for wavelength, weight, shift in zip(spectrum.wavelengths_m, spectrum.weights[0], shifts, strict=True):
            nm = (pupil.shape(coefficients) - (d + shift) * pupil.r2 / 2) * 1e9
            wave = Wavefront.from_amp_and_phase(pupil.amplitude, nm, wavelength * 1e6, pupil.step * 1e3)
            image = np.abs(wave.focus_fixed_sampling(1e3, pixel * 1e6, size).data) ** 2
            out[v] += weight * image
    return out


def seconds(run: Callable[[], Any], repeats: int = 1, clock: Callable[[], float] = time.process_time
            ) -> tuple[float, Any]:  # fmt: skip
    """Seconds of processor time (one core: what else runs on the machine does not count), the best of some."""
    best, result = np.inf, None
    for _ in range(repeats):
        start = clock()
        result = run()
        best = min(best, clock() - start)
    return best, result


def many(eyes: int) -> None:
    coefficients = sample_aberrations(1, np.arange(eyes))
    spectrum, window = chromatic.white(), Window(0.5 * ARCMIN, 97, 1)
    pupil = Pupil(128)
    front = Wavefronts(coefficients, ABERRATION_RADIUS_M, PUPIL_M, 0.05)
    first = Wavefronts(coefficients[:SAMPLE], ABERRATION_RADIUS_M, PUPIL_M, 0.05)
    psf.psf(first, DEFOCUS_D, spectrum, window)  # compile
    peers = {}
    for name, peer in (("FFT loop", fft_loop), ("prysm", prysm_loop)):
        args = (DEFOCUS_D, spectrum, window.pixel_rad, window.size)
        peer(pupil, coefficients[0], *args)
        taken, images = seconds(lambda p=peer, a=args: [p(pupil, c, *a) for c in coefficients[:SAMPLE]], 2)
        peers[name] = taken * eyes / SAMPLE, np.array(images)[:, :, ::-1, ::-1]
    one, ours = seconds(lambda: psf.psf(front, DEFOCUS_D, spectrum, window, workers=1), 2)
    all_cores, again = seconds(lambda: psf.psf(front, DEFOCUS_D, spectrum, window), clock=time.perf_counter)
    assert np.array_equal(ours, again)
    print(f"{eyes} eyes x {DEFOCUS_D.size} distances x 7 wavelengths, 128 -> 97 pixels")
    print(f"  ours, 1 core      {one:8.2f} s")
    print(f"  ours, {os.cpu_count()} cores     {all_cores:8.2f} s elapsed")
    for name, (taken, images) in peers.items():
        mine = ours[:SAMPLE, :, 0]
        scale = images.sum() / mine.sum()
        apart = np.abs(images / scale - mine).max() / mine.max()
        print(f"  {name:<12}{taken:14.2f} s  (from {SAMPLE} eyes)  {taken / one:6.1f} x; "
              f"largest difference {apart:.1e} of the peak")  # fmt: skip


def single() -> None:
    coefficients = sample_aberrations(1, [0])
    wavelengths = np.linspace(420e-9, 680e-9, 9)
    spectrum = Spectrum(wavelengths, chromatic.photopic(wavelengths)[None])
    pupil, window = Pupil(512), Window(0.25 * ARCMIN, 256, 1)
    front = Wavefronts(coefficients, ABERRATION_RADIUS_M, PUPIL_M, 0.05)
    at = np.array([0.5])

    def ours(precision: Any) -> Callable[[], Any]:
        return lambda: psf.psf(front, at, spectrum, window, samples=512, precision=precision, workers=1)

    ours(np.float64)(), ours(np.float32)()
    theirs = seconds(lambda: prysm_loop(pupil, coefficients[0], at, spectrum, window.pixel_rad, 256), 3)[0]
    double, single_ = seconds(ours(np.float64), 3)[0], seconds(ours(np.float32), 3)[0]
    print("one polychromatic PSF, 9 wavelengths, 512 -> 256 pixels, 1 core")
    print(f"  ours, double      {double:8.3f} s")
    print(f"  ours, single      {single_:8.3f} s")
    print(f"  prysm, double     {theirs:8.3f} s  {theirs / double:6.1f} x (double), {theirs / single_:6.1f} x")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--eyes", type=int, default=1000)
    print(platform.processor() or platform.machine(), platform.python_version())
    many(parser.parse_args().eyes)
    single()
