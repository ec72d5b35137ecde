"""Compiled inner loops of the point spread function.

A pupil sampled at (k + 1/2) dx on both sides of its centre is split into its four parities. Each
parity needs a real cosine or sine transform of a quarter of the samples only, so the matrix Fourier
transform (Soummer, Pueyo, Sivaramakrishnan and Vanderbei 2007, Opt Express 15:15935) becomes real
matrix products at a quarter of its cost. Defocus, exp(-i pi D r^2 / lambda), factorises in x and y
and is even in both: it multiplies the parities, and every vergence of an eye shares one evaluation
of the wavefront.

Parity index p = 2 * (odd in y) + (odd in x).
"""

from typing import Any

import numpy as np
from numba import njit

# vector_maths gives `maths` its branch-free compiled forms.
from twin_engine import maths, vector_maths  # noqa: F401

# Compiled code takes its types from the arguments: shapes are in the docstrings.
A = Any
# No re-association: results must not depend on how a loop is vectorised.
_JIT: dict[str, Any] = {"cache": True, "nogil": True, "fastmath": {"contract", "nsz"},
                        "error_model": "numpy"}  # fmt: skip


@njit(**_JIT)
def wavefront(coefficients: A, parity: A, basis: A, out: A) -> None:
    """The four parity parts of the wavefront on the quarter grid: out (4, K, K)."""
    out[:] = 0.0
    for j in range(coefficients.size):
        c = coefficients[j]
        if c != 0.0:
            p = parity[j]
            for y in range(out.shape[1]):
                for x in range(out.shape[2]):
                    out[p, y, x] += c * basis[j, y, x]


@njit(**_JIT)
def parities(parts: A, amplitude: A, stop: A, waves: A, out: A) -> None:
    """Field A exp(2 pi i W waves) split by parity: out (4, 2, K, K), real and imaginary planes."""
    for y in range(stop.size):
        for x in range(stop[y]):
            a = amplitude[y, x]
            ee, eo = parts[0, y, x] * waves, parts[1, y, x] * waves
            oe, oo = parts[2, y, x] * waves, parts[3, y, x] * waves
            # Quadrants by sign of (y, x).
            pp, pm = 2.0 * (ee + eo + oe + oo), 2.0 * (ee - eo + oe - oo)
            mp, mm = 2.0 * (ee + eo - oe - oo), 2.0 * (ee - eo - oe + oo)
            c1, c2, c3, c4 = maths.cospi(pp), maths.cospi(pm), maths.cospi(mp), maths.cospi(mm)
            s1, s2, s3, s4 = maths.sinpi(pp), maths.sinpi(pm), maths.sinpi(mp), maths.sinpi(mm)
            out[0, 0, y, x] = a * (c1 + c2 + c3 + c4)
            out[0, 1, y, x] = a * (s1 + s2 + s3 + s4)
            out[1, 0, y, x] = a * (c1 - c2 + c3 - c4)
            out[1, 1, y, x] = a * (s1 - s2 + s3 - s4)
            out[2, 0, y, x] = a * (c1 + c2 - c3 - c4)
            out[2, 1, y, x] = a * (s1 + s2 - s3 - s4)
            out[3, 0, y, x] = a * (c1 - c2 - c3 + c4)
            out[3, 1, y, x] = a * (s1 - s2 - s3 + s4)


@njit(**_JIT)
def quadratic(defocus_d: A, x_m: A, wavelength_m: A, out: A) -> None:
    """exp(-i pi D x^2 / lambda) for every vergence: out (V, 2, K)."""
    for v in range(defocus_d.size):
        half_turns = defocus_d[v] / wavelength_m
        for k in range(x_m.size):
            t = half_turns * x_m[k] * x_m[k]
            out[v, 0, k] = maths.cospi(t)
            out[v, 1, k] = -maths.sinpi(t)


@njit(**_JIT)
def defocused(field: A, q: A, stop: A, out: A) -> None:
    """The parities times the quadratic phase of every vergence: out (4, K, V, 2, K)."""
    for y in range(stop.size):
        for v in range(q.shape[0]):
            cy, sy = q[v, 0, y], q[v, 1, y]
            for x in range(stop[y]):
                c = cy * q[v, 0, x] - sy * q[v, 1, x]
                s = cy * q[v, 1, x] + sy * q[v, 0, x]
                for p in range(4):
                    re, im = field[p, 0, y, x], field[p, 1, y, x]
                    out[p, y, v, 0, x] = re * c - im * s
                    out[p, y, v, 1, x] = re * s + im * c


@njit(**_JIT)
def _row(ee, eo, oe, oo, v, y, quadrants):
    """Intensities of one row in the four quadrants from the transforms (m, V, 2, m)."""
    for x in range(ee.shape[3]):
        ar, ai = ee[y, v, 0, x], ee[y, v, 1, x]
        br, bi = oe[y, v, 0, x], oe[y, v, 1, x]
        cr, ci = eo[y, v, 0, x], eo[y, v, 1, x]
        dr, di = oo[y, v, 0, x], oo[y, v, 1, x]
        # U(sy, sx) = a - sy sx d - i (sy b + sx c)
        r, i, pr, pi = ar - dr, ai - di, br + cr, bi + ci
        quadrants[0, x] = (r + pi) * (r + pi) + (i - pr) * (i - pr)
        quadrants[3, x] = (r - pi) * (r - pi) + (i + pr) * (i + pr)
        r, i, pr, pi = ar + dr, ai + di, br - cr, bi - ci
        quadrants[1, x] = (r + pi) * (r + pi) + (i - pr) * (i - pr)
        quadrants[2, x] = (r - pi) * (r - pi) + (i + pr) * (i + pr)


@njit(**_JIT)
def gather(
    ee: A, eo: A, oe: A, oo: A, v: A, plus: A, minus: A, scale: A, quadrants: A, out: A,
) -> None:
    """Add the intensities to the pixels they fall in: out (S, S).

    `plus` and `minus` name the pixel of a positive and a negative coordinate; -1 leaves it out
    (the centre line of an odd grid has one sign only).
    """
    m = ee.shape[0]
    for y in range(m):
        _row(ee, eo, oe, oo, v, y, quadrants)
        up, down = plus[y], minus[y]
        for x in range(m):
            right, left = plus[x], minus[x]
            out[up, right] += scale * quadrants[0, x]
            if left >= 0:
                out[up, left] += scale * quadrants[1, x]
            if down >= 0:
                out[down, right] += scale * quadrants[2, x]
                if left >= 0:
                    out[down, left] += scale * quadrants[3, x]


@njit(**_JIT)
def spread(
    coefficients: A, parity: A, basis: A, amplitude: A, stop: A, x_m: A, defocus_d: A,
    chromatic_d: A, wavelengths_m: A, cosine: A, sine: A, scale: A, weights: A, plus: A,
    minus: A, out: A,
) -> None:
    """PSFs of one eye at several vergences, summed over wavelengths into channels.

    Parameters
    ----------
    coefficients, parity, basis : (J,), (J,), (J, K, K) arrays
        Wavefront without defocus, m; parity and quarter-grid values of every mode.
    amplitude, stop, x_m : (K, K), (K,), (K,) arrays
        Pupil amplitude, first sample outside the pupil in every row, coordinates.
    defocus_d, chromatic_d : (V,), (L,) arrays
        Correcting lens at the reference wavelength, and its difference at each wavelength, D.
    wavelengths_m, scale : (L,) arrays
        Wavelengths, m; energy of a sample's unit intensity.
    cosine, sine : (L, m, K) arrays
        Transform matrices; their type is the precision.
    weights : (C, L) array
    plus, minus : (m,) int arrays
        Pixel of each coordinate (see `gather`).
    out : (V, C, S, S) array
        Added to.
    """
    size, half, vergences = stop.size, cosine.shape[1], defocus_d.size
    parts = np.empty((4, size, size))
    wavefront(coefficients, parity, basis, parts)
    field = np.zeros((4, 2, size, size), cosine.dtype)
    q = np.empty((vergences, 2, size), cosine.dtype)
    spaced = np.zeros((4, size, vergences, 2, size), cosine.dtype)
    first = np.empty((half, vergences * 2 * size), cosine.dtype)
    done = np.empty((4, half * vergences * 2, half), cosine.dtype)
    quadrants = np.empty((4, half), cosine.dtype)
    image = np.empty(out.shape[2:])
    for l in range(wavelengths_m.size):
        parities(parts, amplitude, stop, 1.0 / wavelengths_m[l], field)
        quadratic(defocus_d + chromatic_d[l], x_m, wavelengths_m[l], q)
        defocused(field, q, stop, spaced)
        for p in range(4):
            rows = cosine[l] if p < 2 else sine[l]
            columns = cosine[l] if p % 2 == 0 else sine[l]
            np.dot(rows, spaced[p].reshape(size, vergences * 2 * size), first)
            np.dot(first.reshape(half * vergences * 2, size), columns.T, done[p])
        shape = (half, vergences, 2, half)
        for v in range(vergences):
            image[:] = 0.0
            gather(done[0].reshape(shape), done[1].reshape(shape), done[2].reshape(shape),
                   done[3].reshape(shape), v, plus, minus, scale[l], quadrants, image)  # fmt: skip
            for c in range(weights.shape[0]):
                if weights[c, l] != 0.0:
                    for y in range(out.shape[2]):
                        for x in range(out.shape[3]):
                            out[v, c, y, x] += weights[c, l] * image[y, x]
