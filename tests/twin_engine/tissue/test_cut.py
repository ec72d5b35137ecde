"""Cutting: conservation and connectivity against a brute-force oracle, for random cuts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from twin_engine.errors import InputError
from twin_engine.tissue.body import Material, SoftBody, bar
from twin_engine.tissue.cut import FACES, Cutter, neighbours

V, T = bar((5, 4, 4), (0.10, 0.08, 0.08))


def block() -> SoftBody:
    return SoftBody(V, T, Material(3e3), fixed=np.flatnonzero(V[:, 0] < 1e-9))


def oracle(cutter: Cutter) -> np.ndarray:
    """Connected components over (element, corner) through whole faces."""
    rows, columns = [], []
    first = T
    for t, i in zip(*np.nonzero(cutter.adjacent >= 0), strict=True):
        n = cutter.adjacent[t, i]
        for corner in FACES[i]:
            there = int(np.flatnonzero(first[n] == first[t, corner])[0])
            rows.append(4 * t + corner)
            columns.append(4 * n + there)
    size = 4 * len(T)
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(size, size))
    return connected_components(graph, directed=False)[1]


def check(cutter: Cutter) -> None:
    body = cutter.body
    labels = oracle(cutter)
    ids = body.tets.ravel()
    pairs = np.unique(np.column_stack([labels, ids]), axis=0)
    assert len(pairs) == len(np.unique(labels)) == len(np.unique(ids))
    edges = body.vertices[body.tets[:, 1:]] - body.vertices[body.tets[:, :1]]
    volume = np.linalg.det(edges) / 6
    assert volume.min() > 0
    assert volume.sum() == pytest.approx(0.10 * 0.08 * 0.08, rel=1e-9)
    assert body.mass.sum() == pytest.approx(1060 * 0.10 * 0.08 * 0.08, rel=1e-9)
    neighbours(body.tets)  # raises when a face has three elements
    assert (cutter.adjacent >= 0).any(axis=1).all(), "a single element came loose"


number = st.floats(-0.02, 0.12)
point = st.tuples(number, number, number)


@settings(max_examples=120, deadline=None)
@given(st.lists(st.tuples(point, point, point, point), min_size=1, max_size=8))
def test_random_cuts(cuts: list) -> None:
    cutter = Cutter(block())
    for a, b, c, d in cuts:
        cutter.sweep([a, b], [c, d])
    check(cutter)


@pytest.mark.slow
def test_a_thousand_random_cuts() -> None:
    rng = np.random.default_rng(7)
    cutter = Cutter(block())
    for i in range(1000):
        if i % 25 == 0:
            cutter = Cutter(block())
        quad = rng.uniform(-0.02, 0.12, (4, 3))
        cutter.sweep(quad[:2], quad[2:])
        check(cutter)


def test_a_plane_divides_the_block() -> None:
    cutter = Cutter(block())
    for step in range(20):
        z0, z1 = -0.01 + 0.005 * step, -0.005 + 0.005 * step
        cutter.sweep([[0.051, -0.01, z0], [0.051, 0.09, z0]], [[0.051, -0.01, z1], [0.051, 0.09, z1]])
    check(cutter)
    pieces = cutter.pieces()
    assert len(np.unique(pieces)) == 2
    volumes = [cutter.body.volume[pieces == p].sum() for p in (0, 1)]
    assert sum(volumes) == pytest.approx(0.10 * 0.08 * 0.08)
    assert min(volumes) > 0.3 * sum(volumes)
    for _ in range(30):
        cutter.body.step()
    assert np.isfinite(cutter.body.x).all()
    loose = pieces == pieces[np.argmax(V[T].mean(axis=1)[:, 0])]
    assert cutter.body.x[cutter.body.tets[loose]].mean(axis=(0, 1))[2] < -0.5


def test_surface_is_closed_and_grows_by_the_cut() -> None:
    cutter = Cutter(block())
    before = len(cutter.surface())
    cut = cutter.sweep([[0.051, -0.01, -0.01], [0.051, 0.09, -0.01]], [[0.051, -0.01, 0.09], [0.051, 0.09, 0.09]])
    surface = cutter.surface()
    assert len(surface) == before + 2 * cut
    edges = np.sort(surface[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, counts = np.unique(edges, axis=0, return_counts=True)
    assert (counts % 2 == 0).all()


def test_a_blade_that_is_not_finite_cuts_nothing() -> None:
    cutter = Cutter(block())
    with pytest.raises(InputError, match="finite points"):
        cutter.sweep([[0, 0, np.nan], [0, 0, 1]], [[1, 0, 0], [1, 0, 1]])
    assert (cutter.adjacent == neighbours(T)).all()
