"""Planning a resection: the plane that keeps a margin and most of the perfused organ; vessels at risk.

Remnant minima in percent of the liver: normal 20-25, after long chemotherapy 30, chronic disease 40
(PMC6422720); the denominator here is the organ without tumour.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.tissue.embed import Sheet
from twin_engine.tissue.organs.specimen import Specimen
from twin_engine.tissue.organs.trees import Tree

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
    """A proposed plane: remove normal . x > offset (mm).

    Parameters
    ----------
    normal, offset
        The plane.
    margin_mm : float
        Least distance to the lesions.
    removed_ml, preserved_ml : float
        Without the lesions.
    preserved_percent : float
        Of the organ without lesions.
    at_risk : dict
        Tree name -> numbers of segments over 1 mm that the plane crosses.
    """

    normal: Array
    offset: float
    margin_mm: float
    removed_ml: float
    preserved_ml: float
    preserved_percent: float
    at_risk: dict[str, list[int]]

    def sheet(self) -> Sheet:
        """The plane as a sheet."""
        n = self.normal
        u = np.cross(n, [0.0, 0.0, 1.0] if abs(n[2]) < 0.9 else [1.0, 0.0, 0.0])
        u = u / np.linalg.norm(u)
        return Sheet(n * self.offset, n, u, np.cross(n, u), np.zeros(1), 1.0, 0)


def directions(count: int) -> Array:
    """Evenly spread unit vectors (Fibonacci lattice)."""
    k = np.arange(count) + 0.5
    z = 1 - 2 * k / count
    a = math.pi * (1 + math.sqrt(5)) * k
    r = np.sqrt(1 - z**2)
    return np.stack([r * np.cos(a), r * np.sin(a), z], axis=1)


def propose(specimen: Specimen, trees: dict[str, Tree], margin_mm: float = 10.0, count: int = 400) -> Plan:
    """The plane with the wanted margin that removes least tissue and trunk.

    A crossed segment costs the tissue its leaves feed, so planes through main trunks lose.

    Raises
    ------
    InputError
        No lesion to remove, or a margin that is not positive.
    """
    grid = specimen.grid
    x, y, z = np.ix_(*grid.axes())
    d = np.full(grid.values.shape, 1e3)
    for lesion in specimen.lesions:
        if lesion.kind != "cirrhosis":
            d = np.minimum(d, lesion.distance(x, y, z))
    sick = grid.low + grid.spacing * np.argwhere((d < 0) & (grid.values < 0))
    well = grid.low + grid.spacing * np.argwhere((d >= 0) & (grid.values < 0))
    if not len(sick) or not margin_mm > 0:
        raise InputError(
            "a plan needs a lesion and a positive margin",
            "margin_mm",
            margin_mm,
            "mm, and a lesion in the organ",
            "choose a case with a lesion",
        )
    step = max(1, len(well) // 40000)
    sample, voxel = well[::step], grid.spacing**3 / 1000 * step
    best, least = None, math.inf
    for n in directions(count):
        offset = float((sick @ n).min()) - margin_mm
        removed = float((sample @ n > offset).sum()) * voxel
        cost = removed + sum(_orphaned(t, n, offset) for t in trees.values()) * len(well) * grid.spacing**3 / 1000
        if cost < least:
            best, least = (n, offset, removed), cost
    assert best is not None
    n, offset, _ = best
    removed = float((well @ n > offset).sum()) * grid.spacing**3 / 1000
    total = len(well) * grid.spacing**3 / 1000
    return Plan(
        n,
        offset,
        margin_mm,
        removed,
        total - removed,
        100 * (total - removed) / total,
        {k: crossed(t, n, offset) for k, t in trees.items()},
    )


def crossed(tree: Tree, normal: Array, offset: float, least_mm: float = 1.0) -> list[int]:
    """Segments of more than `least_mm` radius that the plane crosses."""
    a, b = tree.start @ normal - offset, tree.end @ normal - offset
    return [int(s) for s in np.flatnonzero((a * b < 0) & (tree.radius > least_mm))]


def _orphaned(tree: Tree, normal: Array, offset: float) -> float:
    """Share of a tree's leaves beyond segments that come back from the removed side."""
    a, b = tree.start @ normal - offset, tree.end @ normal - offset
    return min(1.0, float(tree.leaves[(a > 0) & (b <= 0)].sum()) / float(tree.leaves[0]))
