"""Cutting a soft body along faces: topology changes, geometry does not.

A face is cut when the segment between its two elements' centroids crosses the area that the blade
swept. Vertices then split by flooding their stars through the faces left whole. Volume is kept to the
last bit and nothing can invert. The element cut is jagged; the exact blade sheet is cut into the
embedded surface.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twin_engine.errors import InputError
from twin_engine.tissue import _topology
from twin_engine.tissue.body import SoftBody

Array = NDArray[np.float64]
Index = NDArray[np.int64]
FACES = np.array([[1, 2, 3], [0, 3, 2], [0, 1, 3], [0, 2, 1]])


def neighbours(tets: Index) -> Index:
    """Neighbour across the face opposite each corner, -1 at the surface; (t, 4).

    Raises
    ------
    InputError
        A face belongs to more than two elements.
    """
    faces = np.sort(tets[:, FACES].reshape(-1, 3), axis=1)
    order = np.lexsort(faces.T[::-1])
    ordered = faces[order]
    same = (ordered[1:] == ordered[:-1]).all(axis=1)
    if (same[1:] & same[:-1]).any():
        bad = int(order[1:][np.flatnonzero(same[1:] & same[:-1])[0]] // 4)
        raise InputError("a face belongs to three elements", f"tets[{bad}]", None, "at most two", "mesh again")
    made = np.full(len(faces), -1, dtype=np.int64)
    first, second = order[:-1][same], order[1:][same]
    made[first], made[second] = second // 4, first // 4
    return made.reshape(-1, 4)


class Cutter:
    """Cuts one body; keeps its adjacency and the stars of its original vertices."""

    def __init__(self, body: SoftBody) -> None:
        self.body = body
        self.adjacent = neighbours(body.tets)
        self.origin = np.arange(len(body.x))
        flat = body.tets.ravel()
        order = np.argsort(flat, kind="stable")
        self._start = np.searchsorted(flat[order], np.arange(len(body.x) + 1)).astype(np.int64)
        self._tet, self._corner = (order // 4).astype(np.int64), (order % 4).astype(np.int64)
        self._first = body.tets.copy()
        self._centre = np.empty((len(body.tets), 3))
        self._faces = np.empty((2 * len(body.tets), 4), dtype=np.int64)

    def sweep(self, before: ArrayLike, after: ArrayLike) -> int:
        """Move a blade edge from one segment (2, 3) to another; the number of faces cut.

        Raises
        ------
        InputError
            A point is not finite: nothing is cut.
        """
        quad = np.array([*np.asarray(before, dtype=float), *np.asarray(after, dtype=float)[::-1]])
        if quad.shape != (4, 3) or not np.isfinite(quad).all():
            raise InputError("a blade needs four finite points", "blade", str(quad.shape), "two segments (2, 3) in m",
                             "leave the pose out this frame")  # fmt: skip
        body = self.body
        _topology.centroids(body.x, body.tets, self._centre)
        reach = 2 * float(np.cbrt(np.max(body.volume) * 6 * np.sqrt(2)))
        count = _topology.sever(self._centre, self.adjacent, quad, reach, self._faces)
        if count:
            self._split(self._faces[:count])
        return count

    def _split(self, faces: Index) -> None:
        corners = [self._first[t][FACES[i]] for t, i in faces[:, :2]]
        parents: list[int] = []
        for o in np.unique(np.concatenate(corners)):
            size = int(self._start[o + 1] - self._start[o])
            new = np.empty(size, dtype=np.int64)
            added = _topology.relabel(o, self._start, self._tet, self._corner, self.adjacent, self.body.tets,
                                      len(self.body.x) + len(parents), new, np.empty(size, dtype=np.int64))  # fmt: skip
            parents += new[:added].tolist()
        if parents:
            copied = np.array(parents)
            self.origin = np.concatenate([self.origin, self.origin[copied]])
            self.body.duplicate(copied)

    def surface(self) -> Index:
        """Triangles (m, 3) that bound the body now, outward."""
        tet, corner = np.nonzero(self.adjacent < 0)
        return np.take_along_axis(self.body.tets[tet], FACES[corner], axis=1)

    def pieces(self) -> Index:
        """Number of the connected piece of every element."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        tet, corner = np.nonzero(self.adjacent >= 0)
        n = len(self.adjacent)
        graph = coo_matrix((np.ones(len(tet)), (tet, self.adjacent[tet, corner])), shape=(n, n))
        return connected_components(graph, directed=False)[1].astype(np.int64)
