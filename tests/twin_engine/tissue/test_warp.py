"""The graphics card's body on warp's CPU device: equal to the processor's pass in the same order, and to Newton."""

import newton
import numpy as np
import pytest

from twin_engine.tissue import _xpbd, warp_body
from twin_engine.tissue.body import Material, SoftBody, bar

V, T = bar((10, 3, 3), (0.5, 0.15, 0.15))
WALL = np.flatnonzero(V[:, 0] < 1e-9)


def cantilever() -> SoftBody:
    return SoftBody(V, T, Material(1e5, 0.45, 1000.0), fixed=WALL, gravity=(0.0, 0.0, -2.0))


def test_elements_of_a_colour_share_no_vertex() -> None:
    shade = warp_body.colours(T, len(V))
    for c in range(shade.max() + 1):
        corners = T[shade == c].ravel()
        assert len(np.unique(corners)) == len(corners)
    assert len(shade) == len(T)


@pytest.fixture()
def device() -> str:
    pytest.importorskip("warp", reason="warp-lang is not installed (extra gpu)")
    return "cpu"


def test_trajectory_equals_the_processor_in_the_same_order(device: str) -> None:
    one, other = cantilever(), cantilever()
    theirs = warp_body.WarpBody(one, device)
    # The processor's pass with one batch for every eight elements of a colour.
    batches = []
    for a, b in zip(theirs._starts[:-1], theirs._starts[1:], strict=True):
        part = theirs._order[a:b]
        batches.append(np.concatenate([part, np.full(-len(part) % _xpbd.LANES, -1)]).reshape(-1, _xpbd.LANES))
    other._slots, other._domains = np.concatenate(batches), [sum(map(len, batches))]
    other._point()
    for _ in range(20):
        theirs.step()
        other.step()
    assert np.abs(one.x - V).max() > 0.005
    assert np.abs(one.x - other.x).max() < 1e-12 and np.abs(one.v - other.v).max() < 1e-9


def test_tip_equals_newton(device: str) -> None:
    body = cantilever()
    on = warp_body.WarpBody(body, device)
    for _ in range(240):
        on.step()
    end = np.flatnonzero(V[:, 0] > 0.5 - 1e-9)
    sag, wanted = ((V[end, 2] - x[end, 2]).mean() for x in (body.x, newton.equilibrium(cantilever())))
    assert sag == pytest.approx(wanted, rel=0.01)
