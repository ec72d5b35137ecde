"""A volume in space: values on a grid with spacing, origin and axes. Lengths here are in mm, as images give them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
_LARGEST = 400_000_000


@dataclass(frozen=True)
class Image:
    """A scalar volume.

    Parameters
    ----------
    values : ndarray, shape (nx, ny, nz)
        HU for CT, arbitrary units for MR.
    spacing : ndarray, shape (3,)
        mm.
    origin : ndarray, shape (3,)
        Position of voxel (0, 0, 0) in mm.
    axes : ndarray, shape (3, 3)
        Columns: directions of the three indices.

    Raises
    ------
    InputError
        Not a volume, not finite, a spacing that is not positive, or axes that are not orthonormal.
    """

    values: NDArray[np.float32]
    spacing: Array
    origin: Array
    axes: Array

    def __post_init__(self) -> None:
        v, s, a = self.values, np.asarray(self.spacing, float), np.asarray(self.axes, float)
        if v.ndim != 3 or min(v.shape) < 2 or v.size > _LARGEST:
            raise InputError(
                "the image is not a volume",
                "image",
                v.shape,
                "three dimensions of 2 or more voxels",
                "choose one time point and one channel",
            )
        if s.shape != (3,) or not (np.isfinite(s) & (s > 0)).all() or not np.isfinite(v).all():
            raise InputError(
                "the image has no valid spacing or values",
                "image",
                s.tolist(),
                "positive spacing in mm, finite values",
                "export the series again",
            )
        if a.shape != (3, 3) or not np.allclose(a.T @ a, np.eye(3), atol=1e-3):
            raise InputError(
                "the image has a wrong orientation",
                "image",
                a.round(3).tolist(),
                "three orthogonal unit directions (no gantry tilt, no shear)",
                "resample the series to an untilted grid",
            )
        object.__setattr__(self, "spacing", s)
        object.__setattr__(self, "axes", a)
        object.__setattr__(self, "origin", np.asarray(self.origin, float))

    @property
    def voxel(self) -> float:
        """Largest spacing in mm: what limits the smallest vessel."""
        return float(self.spacing.max())

    def index(self, points: Array) -> Array:
        """Continuous voxel index of points (n, 3) in mm."""
        return (np.atleast_2d(points) - self.origin) @ self.axes / self.spacing

    def world(self, index: Array) -> Array:
        """Points in mm of continuous indices (n, 3)."""
        return self.origin + (np.atleast_2d(index) * self.spacing) @ self.axes.T

    def sample(self, points: Array, order: int = 1) -> Array:
        """Values at points (..., 3) in mm by spline of this order; outside: the nearest voxel."""
        from scipy.ndimage import map_coordinates

        points = np.asarray(points, float)
        at = self.index(points.reshape(-1, 3)).T
        found = map_coordinates(self.values, at, order=order, mode="nearest", output=float)
        return np.asarray(found).reshape(points.shape[:-1])

    def inside(self, points: Array) -> NDArray[np.bool_]:
        """Which points (n, 3) lie within the volume."""
        at = self.index(points)
        return np.asarray(((at >= -0.5) & (at <= np.array(self.values.shape) - 0.5)).all(axis=1))

    def like(self, values: NDArray) -> "Image":
        """The same grid with other values."""
        return Image(values, self.spacing, self.origin, self.axes)


def isotropic(image: Image, spacing: float | None = None) -> Image:
    """Cubic spline resampling to cubes of `spacing` mm (default: the finest spacing)."""
    from scipy.ndimage import zoom

    step = float(spacing or image.spacing.min())
    if np.allclose(image.spacing, step, rtol=1e-3):
        return image
    shape = np.floor((np.array(image.values.shape) - 1) * image.spacing / step + 1e-6).astype(int) + 1
    # The end nodes of `zoom` must coincide with a node of the new grid, or every voxel shifts.
    values = zoom(image.values.astype(np.float32), _factors(image, shape), order=3, mode="nearest", grid_mode=False)
    ends = (np.array(image.values.shape) - 1) * image.spacing
    return Image(values, ends / (np.array(values.shape) - 1), image.origin, image.axes)


def _factors(image: Image, shape: NDArray) -> list[float]:
    return [float(n / m) for n, m in zip(shape, image.values.shape, strict=True)]


def smoothed(image: Image, sigma: float) -> Image:
    """Gaussian of `sigma` mm."""
    from scipy.ndimage import gaussian_filter

    return image.like(gaussian_filter(image.values.astype(np.float32), sigma / image.spacing, mode="nearest"))


def crop(image: Image, points: Array, margin: float) -> Image:
    """The box around points (n, 3) with `margin` mm to each side."""
    at = image.index(points)
    low = np.maximum(np.floor(at.min(axis=0) - margin / image.spacing), 0).astype(int)
    high = np.minimum(np.ceil(at.max(axis=0) + margin / image.spacing) + 1, image.values.shape).astype(int)
    part = image.values[low[0] : high[0], low[1] : high[1], low[2] : high[2]]
    return Image(part, image.spacing, image.world(low[None].astype(float))[0], image.axes)
