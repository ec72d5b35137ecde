"""What a remnant's vessels still reach: tissue belongs to its nearest leaf, a leaf lives while its way is whole."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from twin_engine.tissue.bleeding import depths
from twin_engine.tissue.embed import Sheet
from twin_engine.tissue.organs.shape import Grid
from twin_engine.tissue.organs.trees import Tree

Array = NDArray[np.float64]
# Points of tissue looked at: 1 % is then within about .1 %.
POINTS = 20_000


def living(tree: Tree, cut: Sheet, sign: float, clipped: Collection[int] = ()) -> NDArray[np.bool_]:
    """Segments that stay (sign * side < 0) and whose whole way to the root neither crosses the cut nor is clipped."""
    safe = (sign * cut.side(tree.end) < 0) & (sign * cut.side(tree.start) < 0)
    safe[list(clipped)] = False
    alive = np.zeros(len(safe), dtype=bool)
    for s in np.argsort(depths(tree), kind="stable"):
        up = tree.parent[s]
        alive[s] = safe[s] and (up < 0 or alive[up])
    return alive


def reached_percent(tree: Tree, rest: Grid, cut: Sheet, sign: float, clipped: Collection[int] = ()) -> float:
    """Share of the remnant's volume whose nearest leaf lives, percent."""
    from scipy.spatial import cKDTree

    inside = np.argwhere(rest.values < 0)
    points = rest.low + rest.spacing * inside[:: max(1, len(inside) // POINTS)]
    tips = np.flatnonzero(tree.leaves == 1)
    nearest = tips[cKDTree(tree.end[tips]).query(points)[1]]
    return 100.0 * float(living(tree, cut, sign, clipped)[nearest].mean())
