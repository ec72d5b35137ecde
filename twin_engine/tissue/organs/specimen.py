"""A specimen: an organ with lesions as one field with ground truth; cut, weighed, measured, painted."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.tissue.organs import lesions as library
from twin_engine.tissue.organs import shape
from twin_engine.tissue.organs.lesions import Lesion
from twin_engine.tissue.organs.shape import Array, Grid, Index, Organ, Surface, Tubes


@dataclass
class Specimen:
    """An organ and what ails it.

    Parameters
    ----------
    name : str
        Organ, by file name.
    lesions : sequence of Lesion
        Lesions, the later painted over the earlier.
    spacing : float, optional
        Grid spacing in mm; default the organ's own.
    """

    name: str
    lesions: Sequence[Lesion] = ()
    spacing: float | None = None

    @cached_property
    def organ(self) -> Organ:
        """The organ's definition."""
        return shape.load(self.name)

    @cached_property
    def _sampled(self) -> tuple[Grid, list[Tubes]]:
        grid, tubes = shape.sample(self.organ, self.spacing)
        room = max(
            (lesion.radius_mm for lesion in self.lesions if lesion.kind in ("rcc", "cyst", "fibroid")), default=0
        )
        grid = _padded(grid, int(np.ceil(room / grid.spacing)))
        x, y, z = np.ix_(*grid.axes())
        values = grid.values
        for lesion in self.lesions:
            values = lesion.shape(values, x, y, z)
        return Grid(grid.low, grid.spacing, np.ascontiguousarray(values)), tubes

    @property
    def grid(self) -> Grid:
        """The field with lesions."""
        return self._sampled[0]

    @property
    def tubes(self) -> list[Tubes]:
        """Vessels on the surface."""
        return self._sampled[1]

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """Names of tissues: the organ's, then the lesions'."""
        return (*self.organ.parts, *library.PARTS)

    def surface(self) -> Surface:
        """The whole specimen's surface."""
        return shape.surface(self.grid)

    @cached_property
    def seen(self) -> Grid:
        """The field as it is drawn: with what hangs on the organ, hollow where it is clear as water."""
        values = self.grid.values
        for extra, join in ((self.organ.hung, 1.0), (self.organ.clear, -1.0)):
            if extra is not None:
                made = np.asarray(extra(*np.ix_(*self.grid.axes())))
                values = np.minimum(values, made) if join > 0 else np.maximum(values, -made)
        return Grid(self.grid.low, self.grid.spacing, values)

    def cut(self, normal: Sequence[float] | Array, offset: float) -> Surface:
        """The part on the side normal . x <= offset (mm), closed by its cut face.

        Raises
        ------
        InputError
            The normal is zero or not finite, or the plane leaves nothing.
        """
        n = np.asarray(normal, dtype=float)
        if not np.isfinite([*n, offset]).all() or not np.linalg.norm(n) > 0:
            raise InputError(
                "a cut needs a direction",
                "normal",
                str(tuple(normal)),
                "three finite numbers, not all 0",
                "for example 0 1 0",
            )
        n = n / np.linalg.norm(n)
        return shape.surface(self.grid.cut(n, float(offset)))

    def label(self, points: Array) -> Index:
        """Part index (in `parts`) of points (n, 3)."""
        depth = self.grid.at(points)
        found = shape.paint(self.organ, points, depth, self.tubes)
        for lesion in self.lesions:
            code = lesion.tissue(*points.T)
            # What hangs on the organ is not ill with it.
            found = np.where((code >= 0) & (depth < 0.5), code + len(self.organ.parts), found)
        return found

    def volume_ml(self) -> float:
        """Volume of the tissue."""
        return self.grid.volume_ml()

    def weight_g(self) -> float:
        """Sum of density times volume."""
        return self.volume_ml() * self.organ.density / 1000.0

    def lesion_volume_ml(self, number: int) -> float:
        """Volume of one lesion inside the specimen."""
        x, y, z = np.ix_(*self.grid.axes())
        d = self.lesions[number].distance(x, y, z)
        if self.lesions[number].kind not in ("cyst", "ulcer"):
            d = np.maximum(d, self.grid.values)
        return Grid(self.grid.low, self.grid.spacing, d).volume_ml()

    def lesion_size_mm(self, number: int) -> float:
        """Largest extent of one lesion along an axis of the frame."""
        x, y, z = np.ix_(*self.grid.axes())
        mask = self.lesions[number].distance(x, y, z) < 0
        if self.lesions[number].kind not in ("cyst", "ulcer"):
            mask &= self.grid.values < 0
        if not mask.any():
            return 0.0
        at = np.argwhere(mask)
        return float((at.max(axis=0) - at.min(axis=0) + 1).max() * self.grid.spacing)

    def margin_mm(self, number: int, normal: Array, offset: float) -> float:
        """Least distance from a lesion to the plane of a cut (negative: the cut runs through it)."""
        x, y, z = np.ix_(*self.grid.axes())
        d = self.lesions[number].distance(x, y, z)
        near = np.argwhere((np.abs(d) < self.grid.spacing) & (self.grid.values < 0))
        if not len(near):
            return float("nan")
        points = self.grid.low + self.grid.spacing * near
        side = offset - points @ (np.asarray(normal) / np.linalg.norm(normal))
        return float(side.min() if side.mean() >= 0 else (-side).min())


def _padded(grid: Grid, cells: int) -> Grid:
    if cells == 0:
        return grid
    # Outside its box an organ's field grows by distance: a lesion may stand proud of it.
    values = np.pad(grid.values, cells, mode="edge") + _beyond(grid.values.shape, cells) * grid.spacing
    return Grid(grid.low - cells * grid.spacing, grid.spacing, values)


def _beyond(size: tuple[int, ...], cells: int) -> NDArray[np.float64]:
    steps = [
        np.maximum(np.maximum(cells - np.arange(n + 2 * cells), np.arange(n + 2 * cells) - n - cells + 1), 0)
        for n in size
    ]
    a, b, c = np.ix_(*steps)
    return np.sqrt(a.astype(float) ** 2 + b**2 + c**2)
