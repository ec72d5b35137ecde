"""Blur kernels of one eye in one place: separable, at the vergences where layers stand.

Layers stand at the nodes themselves, so no kernel is ever interpolated; accommodation slides the nodes.
Kernels are kept whole on a grid of half an arc minute, integrated over the display's pixels when its resolution
is known, and taken apart into products there: detail finer than a pixel would cost products and show nothing.
The mode for weak machines keeps one product on the fine grid; integration keeps it one product.

Two kinds, always labelled. A camera's picture carries the whole eye. For a viewer, whose own eye adds its
diffraction and colour error once more, the in-focus eye is divided out.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision_lib import blur, chromatic, psf, zernike
from vision_lib.eye import IN_FOCUS, Eye
from vision_lib.psf import Wavefronts
from vision_lib.refraction import PowerVector
from vision_lib.sampling import ARCMIN, Window

Array = NDArray[Any]
KINDS = ("viewer", "camera")
STEP_ARCMIN = 0.5
SKIRT_ARCMIN = 8.0
# Wiener regularisation of the divided kernel: share of the in-focus power spectrum (assumption: larger leaves
# blur in a picture that is in focus, smaller rings).
REGULAR = 1e-3
# Light that may be cut off with the outermost taps of a factor.
CUT = 2e-5
LARGEST_BLUR_D = 12.0
# Products are added until a picture as the eye meets it (power falling with the square of frequency: Field 1987,
# JOSA A 4:2379, doi 10.1364/JOSAA.4.002379; contrast of black and white) differs by this much from full kernels.
WANTED_DB, LARGEST_RANK = 50.0, 12


@dataclass(frozen=True)
class Taps:
    """Factors of every node on a display's pixels.

    Parameters
    ----------
    along, across : (N, R, T, 3) float32 ndarray
        Along local x and along local y (downwards), per node, product, tap and channel; the middle tap is
        the pixel itself.
    halves : (N, 2) int ndarray
        Taps in use on each side of the middle, along and across.
    angle_rad : float
        Direction of local x in the picture, counterclockwise from its right.
    """

    along: Array
    across: Array
    halves: Array
    angle_rad: float

    @property
    def reach(self) -> int:
        """Widest reach of any kernel, pixels."""
        return int(self.halves.max(initial=0))

    def kernel(self, node: int) -> Array:
        """The kernel (T, T, 3) in the local frame that the factors stand for."""
        return np.einsum("ryc,rxc->yxc", self.across[node], self.along[node])


@dataclass(frozen=True)
class Bank:
    """Separable kernels of one eye at every node.

    Parameters
    ----------
    nodes_d : (N,) ndarray
        Vergence of every layer, 1/m, far to near.
    columns, rows : (N, 3, R, S) float32 ndarray
        Factors per channel, half an arc minute a step; local y downwards and local x.
    angle_rad : float
        Direction of local x in the picture, counterclockwise from its right.
    kind : str
        "viewer" or "camera".
    """

    nodes_d: Array
    columns: Array
    rows: Array
    angle_rad: float
    kind: str

    def taps(self, px_per_deg: float) -> Taps:
        """The factors integrated over pixels, each kernel summing to 1 in every channel."""
        half = _half(self.rows.shape[-1], px_per_deg)
        across, along = (_on_pixels(f, half, px_per_deg) for f in (self.columns, self.rows))
        return _taps(along, across, self.angle_rad)


@dataclass(frozen=True)
class FullBank:
    """Whole kernels of one eye at every node, along the picture's axes: whole pixels, nothing is interpolated.

    Parameters
    ----------
    nodes_d : (N,) ndarray
        Vergence of every layer, 1/m, far to near.
    kernels : (N, 3, S, S) ndarray
        Half an arc minute a step.
    kind : str
        "viewer" or "camera".
    """

    nodes_d: Array
    kernels: Array
    kind: str

    def on_pixels(self, px_per_deg: float) -> Array:
        """The kernels (N, 3, T, T) integrated over pixels, each summing to 1."""
        half = _half(self.kernels.shape[-1], px_per_deg)
        made = np.swapaxes(_on_pixels(self.kernels, half, px_per_deg), -1, -2)
        made = np.swapaxes(_on_pixels(made, half, px_per_deg), -1, -2)
        return made / made.sum(axis=(-2, -1), keepdims=True)

    def taps(self, px_per_deg: float) -> Taps:
        """As few products as hold `WANTED_DB`, at most `LARGEST_RANK`, each kernel summing to 1 in every channel."""
        made = self.on_pixels(px_per_deg)
        u, s, vt = np.linalg.svd(made)
        for rank in range(1, min(LARGEST_RANK, s.shape[-1]) + 1):
            across = np.swapaxes(u[..., :rank], -1, -2)
            along = s[..., :rank, None] * vt[..., :rank, :]
            if _expected_db(made - np.swapaxes(across, -1, -2) @ along) >= WANTED_DB:
                break
        return _taps(along, across, 0.0)


def _expected_db(error: Array) -> float:
    """How far a picture would differ, dB, for the worst of kernels' errors (..., T, T)."""
    size = 4 * error.shape[-1]
    f = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size))
    f[0, 0] = math.inf  # the mean is right: kernels sum to 1
    power = np.abs(np.fft.rfft2(error, (size, size))) ** 2 / f**2
    weight = np.where((np.arange(size // 2 + 1) % (size // 2)) == 0, 1.0, 2.0)
    share = (power * weight).sum(axis=(-2, -1)) / (weight / f**2).sum()
    return float(-10.0 * np.log10(max(0.25 * float(share.max()), 1e-30)))


def _half(size: int, px_per_deg: float) -> int:
    return math.ceil(0.5 * size * STEP_ARCMIN / 60.0 * px_per_deg + 0.5)


def _taps(along: Array, across: Array, angle_rad: float) -> Taps:
    """Factors (N, 3, R, T) without the taps that hold nothing."""
    half = along.shape[-1] // 2
    halves = np.zeros((along.shape[0], 2), int)
    for n in range(halves.shape[0]):
        halves[n] = _needed(along[n], across[n]), _needed(across[n], along[n])
        for f, h in ((along, halves[n, 0]), (across, halves[n, 1])):
            f[n, :, :, : half - h] = 0.0
            f[n, :, :, half + h + 1 :] = 0.0
    total = np.sum(along.sum(-1) * across.sum(-1), axis=2)[..., None, None]
    keep = slice(half - halves.max(), half + halves.max() + 1)
    order = (0, 2, 3, 1)
    made = [np.ascontiguousarray(f[..., keep].transpose(order), np.float32) for f in (along / total, across)]
    return Taps(made[0], made[1], halves, angle_rad)


def _on_pixels(factors: Array, half: int, px_per_deg: float) -> Array:
    """Factors (N, 3, R, S) summed over pixels by their running integral: (N, 3, R, 2 half + 1)."""
    size = factors.shape[-1]
    running = np.concatenate([np.zeros((*factors.shape[:-1], 1)), np.cumsum(factors, -1, dtype=float)], axis=-1)
    edges = (np.arange(2 * half + 2) - half - 0.5) * 60.0 / px_per_deg / STEP_ARCMIN + 0.5 * size
    edges = np.clip(edges, 0.0, size)
    low = np.minimum(edges.astype(int), size - 1)
    at = running[..., low] + (edges - low) * (running[..., low + 1] - running[..., low])
    return np.diff(at, axis=-1)


def _needed(factor: Array, other: Array) -> int:
    """Taps on each side of the middle that hold all but `CUT` of a node's kernel."""
    weight = np.abs(other).sum(-1)[..., None] * np.abs(factor)
    outward = np.maximum(weight, weight[..., ::-1]).sum(axis=1).max(axis=0)
    half = outward.size // 2
    beyond = np.cumsum(outward[: half + 1])
    return int(np.clip(half - np.searchsorted(beyond, CUT, side="right"), 0, half))


def bank(eye: Eye, residual_far: PowerVector, nodes_d: Array, *, kind: str = "viewer", light: bool = False,
         bare: Eye | None = None) -> Bank | FullBank:  # fmt: skip
    """Kernels of an eye at the vergences of the layers.

    Parameters
    ----------
    eye : Eye
        The eye as it looks, with what a correction adds to its wavefront.
    residual_far : PowerVector
        Lens still needed for an object at infinity in the present state of accommodation, D.
    nodes_d : (N,) array
        Vergences of the layers, 1/m.
    kind : str
        "viewer" divides the in-focus eye out, "camera" keeps it.
    light : bool
        One product along the cylinder's axes, for weak machines.
    bare : Eye, optional
        The eye divided out: the viewer's own, without the correction's aberrations.
    """
    nodes = tuple(np.asarray(nodes_d, float).tolist())
    return _bank(eye, residual_far, nodes, kind, light, bare or eye)


@lru_cache(maxsize=16)
def _bank(eye: Eye, residual_far: PowerVector, nodes: tuple[float, ...], kind: str, light: bool,
          bare: Eye) -> Bank | FullBank:  # fmt: skip
    made, angle = full(eye, residual_far, nodes, kind, light, bare)
    return separated(made, np.array(nodes), kind, angle, 1) if light else FullBank(np.array(nodes), made, kind)


def full(eye: Eye, residual_far: PowerVector, nodes: tuple[float, ...], kind: str, turned: bool,
         bare: Eye) -> tuple[Array, float]:  # fmt: skip
    """Kernels (N, 3, S, S), half an arc minute a step, and the direction of their local x (radians)."""
    powers = np.clip(residual_far.m_d + np.array(nodes), -LARGEST_BLUR_D, LARGEST_BLUR_D)
    front, angle = eye.wavefronts(residual_far), 0.0
    if turned:
        front, angle = blur.principal(front)
    astigmatism = math.hypot(residual_far.j0_d, residual_far.j45_d)
    reach = 0.5 * eye.pupil_m * (float(np.abs(powers).max()) + astigmatism) / ARCMIN + SKIRT_ARCMIN
    window = Window(STEP_ARCMIN * ARCMIN, 2 * math.ceil(reach / STEP_ARCMIN) + 1)
    spectrum = chromatic.rgb()
    made = psf.psf(front, powers + eye.best_focus_d, spectrum, window)[0].astype(np.float64)
    made /= made.sum(axis=(-2, -1), keepdims=True)
    if kind == "viewer":
        own = psf.psf(_turned(bare.wavefronts(IN_FOCUS), -angle), [bare.best_focus_d], spectrum, window)[0, 0]
        made = divided(made, own / own.sum(axis=(-2, -1), keepdims=True))
        if turned:
            # One product cannot follow the ringing of a division: its error would be coloured edges.
            made = np.maximum(made, 0.0)
            made /= made.sum(axis=(-2, -1), keepdims=True)
    return made, angle


def separated(kernels: Array, nodes_d: Array, kind: str, angle_rad: float = 0.0, rank: int = 1) -> Bank:
    """A bank of `rank` products of given kernels (N, 3, S, S)."""
    columns, rows = blur.separate(kernels, min(rank, kernels.shape[-1]))
    return Bank(np.asarray(nodes_d, float), columns, rows, angle_rad, kind)


def _turned(front: Wavefronts, axis: float) -> Wavefronts:
    """The wavefront in a frame turned by `axis`, as `blur.principal` turns the blurred one."""
    c = front.coefficients_m[0]
    complete = next(n * (n + 1) // 2 for n in range(1, 20) if n * (n + 1) // 2 >= c.size)
    turned = zernike.rotate(np.pad(c, (0, complete - c.size)), -axis)
    return Wavefronts(turned, front.radius_m, front.pupil_m, front.stiles_crawford_mm2)


def divided(kernels: Array, own: Array) -> Array:
    """Kernels (..., S, S) with the viewer's in-focus kernel (3, S, S) divided out.

    (H H0* + c g) / (|H0|^2 + c): the ratio of both transfers where the viewer's own is large, and where it is
    small its size g = min(1, |H| / |H0|), so that a kernel in focus becomes no blur at all.
    """
    from scipy import fft

    size = kernels.shape[-1]
    padded = fft.next_fast_len(2 * size, real=True)
    shift = (slice(None),) * (kernels.ndim - 2) + (slice(0, size),) * 2
    h0 = fft.rfft2(own, (padded, padded))
    h = fft.rfft2(kernels, (padded, padded))
    # Both kernels sit at the window's middle; their quotient sits at the origin.
    own2 = np.abs(h0) ** 2
    g = np.minimum(1.0, np.abs(h) / np.sqrt(np.maximum(own2, 1e-24)))
    found = fft.irfft2((h * np.conj(h0) + REGULAR * g) / (own2 + REGULAR), (padded, padded))
    found = np.roll(found, (size // 2, size // 2), axis=(-2, -1))[shift]
    return found / found.sum(axis=(-2, -1), keepdims=True)
