"""Blur kernels for rendering: nodes over vergence, interpolation, and separable form.

Nodes lie close around best focus, where the PSF changes fast, and wider beyond: linear interpolation
between them keeps a blurred image within 45 dB of the direct result. Only PSFs are interpolated;
singular vectors may turn or change sign from node to node and never are.

A kernel of rank k is a sum of k products of a column and a row: 2 k S taps instead of S^2. Spheres and
cylinders separate best along the cylinder's axes, so kernels are stored in that frame: local x lies
`angle_rad` counterclockwise from the picture's right.

To blur a picture: seen(p) = sum over i, j of column[i] row[j] picture(p - offset), where offset is
(j - S // 2) pixels along local x and (i - S // 2) pixels against local y (rows count downwards).
Note the minus before the offset: coma is not symmetric. All in linear light.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from vision_lib import chromatic, psf, zernike
from vision_lib.psf import Wavefronts
from vision_lib.sampling import ARCMIN, Window

Stack = NDArray[Any]
# Steps between nodes and the distance from best focus up to which each holds, D.
STEPS_D = ((0.0625, 0.5), (0.125, 1.5), (0.25, 4.0), (0.5, math.inf))
REACH_D = 6.0
RANK = 3
# Beyond this every colour is so far out of focus that half the samples a pixel do
# (60 dB, where that leaves three).
FAR_D = 2.75
FEWEST_HALVED = 6
# Diffracted skirts and aberrations beside the geometric blur.
_SKIRT_RAD = 8.0 * ARCMIN


def nodes(reach_d: float = REACH_D) -> NDArray[np.float64]:
    """Vergences at which PSFs are kept: 61 of them over 6 D either way.

    Examples
    --------
    >>> nodes().size, nodes(1.0).tolist()[-3:]
    (61, [0.75, 0.875, 1.0])
    """
    made, at = [0.0], 0.0
    for step, up_to in STEPS_D:
        while at < min(up_to, reach_d) - 1e-9:
            at += step
            made.append(at)
    half = np.array(made)
    return np.concatenate([-half[:0:-1], half])


def brackets(grid: NDArray[np.float64], at: float) -> tuple[int, float]:
    """The node below a value and the share of the node above; the ends hold beyond the grid."""
    if grid.size == 1:
        return 0, 0.0
    value = float(np.clip(at, grid[0], grid[-1]))
    low = int(np.clip(np.searchsorted(grid, value, side="right") - 1, 0, grid.size - 2))
    return low, (value - float(grid[low])) / float(grid[low + 1] - grid[low])


def interpolate(stack: Stack, grid: NDArray[np.float64], at: float) -> Stack:
    """Linear interpolation of PSFs over their first axis."""
    low, share = brackets(grid, at)
    below = stack[low].astype(np.float32)
    if share == 0.0:
        return below
    return (1.0 - share) * below + share * stack[low + 1].astype(np.float32)


def separate(kernels: Stack, rank: int = RANK) -> tuple[Stack, Stack]:
    """Best separable form of every kernel, by singular values.

    Parameters
    ----------
    kernels : (..., S, S) ndarray
    rank : int
        Products kept, at most S.

    Returns
    -------
    columns, rows : (..., R, S) ndarray
        kernel ~ sum over R of outer(column, row), scaled to the kernel's own sum.
    """
    size = kernels.shape[-1]
    if not 1 <= rank <= size:
        raise InputError("impossible rank of a kernel", "rank", rank, f"1 to {size}", "3 as a rule")
    u, s, vt = np.linalg.svd(np.asarray(kernels, np.float32), full_matrices=False)
    root = np.sqrt(s[..., :rank])[..., None]
    columns = np.swapaxes(u[..., :rank], -1, -2) * root
    rows = vt[..., :rank, :] * root
    # A fixed sign, and the light that the dropped terms held.
    sign = np.where(columns.sum(-1, keepdims=True) < 0, -1.0, 1.0).astype(np.float32)
    columns, rows = columns * sign, rows * sign
    kept = np.sum(columns.sum(-1) * rows.sum(-1), axis=-1)
    gain = (np.sum(kernels, axis=(-2, -1), dtype=np.float32) / kept)[..., None, None]
    return columns * gain, rows


def reconstruct(columns: Stack, rows: Stack) -> Stack:
    """The kernel of a separable form: (..., R, S) twice -> (..., S, S)."""
    return np.einsum("...rc,...rd->...cd", columns, rows)


def principal(front: Wavefronts) -> tuple[Wavefronts, float]:
    """The wavefront turned so that its cylinder lies along the axes, and where local x then points.

    Returns
    -------
    Wavefronts
        One eye, turned.
    float
        Direction of local x in the picture, radians counterclockwise from its right.
    """
    c = front.coefficients_m[0]
    axis = 0.5 * math.atan2(c[3], c[5]) if c[3] or c[5] else 0.0
    complete = next(n * (n + 1) // 2 for n in range(1, 20) if n * (n + 1) // 2 >= c.size)
    turned = zernike.rotate(np.pad(c, (0, complete - c.size)), -axis)
    made = Wavefronts(turned, front.radius_m, front.pupil_m, front.stiles_crawford_mm2)
    # The person's right is the clinician's left: the picture is mirrored, so the angle is too.
    return made, -axis


@dataclass(frozen=True)
class Kernels:
    """RGB kernels of one eye at one display resolution.

    Parameters
    ----------
    px_per_deg : float
        Resolution they hold for.
    residual_d : (V,) ndarray
        Mean power still needed at every node, D.
    pupils_m : (P,) ndarray
        Pupil diameters, m.
    angle_rad : float
        Direction of local x in the picture, counterclockwise from its right.
    psfs : (P, V, 3, S, S) float16 ndarray
        Kernels in the local frame, each divided by its `peaks`.
    peaks : (P, V, 3) float32 ndarray
        What to multiply them with: each kernel then sums to 1.
    columns, rows : (P, V, 3, R, S) float32 ndarray
        The separable form of every node (see `separate`).
    """

    px_per_deg: float
    residual_d: NDArray[np.float64]
    pupils_m: NDArray[np.float64]
    angle_rad: float
    psfs: Stack
    peaks: Stack
    columns: Stack
    rows: Stack

    @property
    def size(self) -> int:
        """Pixels a side."""
        return int(self.psfs.shape[-1])

    def psf(self, residual_d: float, pupil_m: float) -> Stack:
        """Kernel (3, S, S) in the local frame at any vergence and pupil inside the nodes.

        The ends of both grids hold beyond them.
        """
        low, share = brackets(self.pupils_m, pupil_m)
        made = self._at(low, residual_d)
        if share > 0.0:
            made = (1.0 - share) * made + share * self._at(low + 1, residual_d)
        return made

    def _at(self, p: int, residual_d: float) -> Stack:
        v = brackets(self.residual_d, residual_d)[0]
        near = slice(v, v + 2)
        full = self.psfs[p, near].astype(np.float32) * self.peaks[p, near, :, None, None]
        return interpolate(full, self.residual_d[near], residual_d)

    def separable(self, residual_d: float, pupil_m: float, rank: int = RANK) -> tuple[Stack, Stack]:
        """Columns and rows (3, R, S) at any vergence and pupil, from the interpolated kernel."""
        return separate(self.psf(residual_d, pupil_m), rank)


def window_size(px_per_deg: float, pupil_m: float, reach_d: float) -> int:
    """Odd number of pixels that hold the blur of the widest pupil at the farthest node."""
    half = (0.5 * pupil_m * reach_d + _SKIRT_RAD) * math.degrees(1.0) * px_per_deg
    return 2 * math.ceil(half) + 1


def _psfs(front: Wavefronts, at: NDArray[np.float64], offset_d: float, window: Window,
          workers: int | None) -> Stack:  # fmt: skip
    """PSFs (V, 3, S, S) of one eye at all nodes."""
    spectrum = chromatic.rgb()
    fine = window.samples_a_pixel(float(spectrum.wavelengths_m.min()), front.pupil_m)
    made = np.empty((at.size, 3, window.size, window.size), np.float32)
    far = np.abs(at) > FAR_D
    coarse = (fine + 1) // 2 if fine >= FEWEST_HALVED else fine
    for chosen, oversample in ((~far, fine), (far, coarse)):
        if np.any(chosen):
            made[chosen] = psf.psf(front, at[chosen] + offset_d, spectrum,
                                   replace(window, oversample=oversample), workers=workers)[0]  # fmt: skip
    return made


def kernels(fronts: list[Wavefronts], offset_d: float, px_per_deg: float, *, rank: int = RANK,
            reach_d: float = REACH_D, workers: int | None = None) -> Kernels:  # fmt: skip
    """RGB kernels of one eye over all nodes and pupils.

    Parameters
    ----------
    fronts : list of Wavefronts
        The eye through every pupil, narrow to wide.
    offset_d : float
        The eye's best focus: wavefront defocus where the residual is 0, D.
    px_per_deg : float
        Display resolution, 5 to 120.
    rank : int
        Products in the separable form.
    reach_d : float
        Farthest node, D.
    workers : int, optional
        Threads.

    Raises
    ------
    InputError
        A resolution or pupils that make no sense.
    """
    pupils = np.array([f.pupil_m for f in fronts])
    if not 5.0 <= px_per_deg <= 120.0:
        raise InputError("impossible display resolution", "pixels per degree", px_per_deg, "5 to 120",
                         "a headset has about 25, a monitor 30 to 60")  # fmt: skip
    if not pupils.size or np.any(np.diff(pupils) <= 0):
        raise InputError("pupils must increase", "pupils", (pupils * 1e3).tolist(),
                         "diameters from narrow to wide", "sort them and leave out doubles")  # fmt: skip
    at = nodes(reach_d)
    size = window_size(px_per_deg, float(pupils[-1]), reach_d)
    shape = (pupils.size, at.size, 3, size, size)
    stack, peaks = np.zeros(shape, np.float16), np.zeros(shape[:3], np.float32)
    columns, rows = np.zeros((2, *shape[:3], rank, size), np.float32)
    angle = 0.0
    for p, front in enumerate(fronts):
        turned, angle = principal(front)
        # A narrow pupil's blur fills the middle of the window only.
        inner = window_size(px_per_deg, front.pupil_m, reach_d)
        edge = (size - inner) // 2
        middle = (..., slice(edge, edge + inner), slice(edge, edge + inner))
        made = _psfs(turned, at, offset_d, Window.display(px_per_deg, inner), workers)
        made /= made.sum(axis=(-2, -1), keepdims=True)
        peaks[p] = made.max(axis=(-2, -1))
        stack[p][middle] = made / peaks[p, :, :, None, None]
        c, r = separate(made, rank)
        columns[p][..., edge : edge + inner], rows[p][..., edge : edge + inner] = c, r
    return Kernels(px_per_deg, at, pupils, angle, stack, peaks, columns, rows)
