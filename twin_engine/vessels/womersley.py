"""Oscillating flow in a long straight tube: velocity profile and wall shear from a flow waveform.

Womersley 1955 (J Physiol 127:553), harmonic by harmonic: with alpha = R sqrt(omega rho / mu) and
z = alpha i^(3/2),

    u(r)/U = [1 - J0(z r/R)/J0(z)] / N,   tau = -(mu U/R) z J1(z)/J0(z) / N,   N = 1 - 2 J1(z)/(z J0(z)),

U the mean velocity of the harmonic. The steady part is Poiseuille's.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
_HARMONICS = 30


def number(radius: float, period: float, density: float, viscosity: float) -> float:
    """Womersley's alpha of the first harmonic (m, s, kg/m3, Pa s)."""
    return radius * float(np.sqrt(2 * np.pi / period * density / viscosity))


def profile(alpha: float, y: Array) -> Complex:
    """u(y)/U at relative radii y in [0, 1] for one harmonic."""
    from scipy.special import jv

    z = alpha * np.exp(0.75j * np.pi)
    j0 = jv(0, z)
    return (1 - jv(0, z * y) / j0) / (1 - 2 * jv(1, z) / (z * j0))


def shear(alpha: float) -> complex:
    """Wall shear of one harmonic in units of mu U / R."""
    from scipy.special import jv

    z = alpha * np.exp(0.75j * np.pi)
    j0, j1 = jv(0, z), jv(1, z)
    return complex(-z * j1 / j0 / (1 - 2 * j1 / (z * j0)))


def wall_shear(flow: Array, period: float, radius: float, density: float, viscosity: float) -> Array:
    """Wall shear stress in Pa at the samples of a periodic flow (m3/s)."""
    n = len(flow)
    mean = np.fft.rfft(flow) / n / (np.pi * radius**2)
    alpha = number(radius, period, density, viscosity)
    stress = np.zeros_like(mean)
    stress[0] = 4 * viscosity * mean[0] / radius
    for k in range(1, min(len(mean), _HARMONICS)):
        stress[k] = viscosity / radius * mean[k] * shear(alpha * np.sqrt(k))
    return np.fft.irfft(stress * n, n)


def velocity(flow: Array, period: float, radius: float, density: float, viscosity: float,
             y: Array) -> Array:  # fmt: skip
    """Axial velocity in m/s, (samples, radii), of a periodic flow (m3/s)."""
    n = len(flow)
    mean = np.fft.rfft(flow) / n / (np.pi * radius**2)
    alpha = number(radius, period, density, viscosity)
    shape = np.zeros((len(mean), len(y)), dtype=complex)
    shape[0] = 2 * (1 - y**2)
    for k in range(1, min(len(mean), _HARMONICS)):
        shape[k] = profile(alpha * np.sqrt(k), y)
    return np.fft.irfft(shape * mean[:, None] * n, n, axis=0)
