"""Bleeding by the vessel network against the orifice law and a full nodal solution; what a remnant still feeds."""

import math

import numpy as np
import pytest

from twin_engine.tissue import bleeding
from twin_engine.tissue.bleeding import BLOOD, DISCHARGE, ML_MIN, MMHG, Supply, beyond, poiseuille, supply
from twin_engine.tissue.embed import Sheet
from twin_engine.tissue.organs.shape import Grid
from twin_engine.tissue.organs.trees import Tree
from twin_engine.tissue.perfusion import living, reached_percent


def binary(levels: int = 5) -> Tree:
    """A binary tree along x, 20 mm a generation, Murray's radii from 5 mm; children are numbered before parents."""
    n = 2**levels - 1
    depth = np.floor(np.log2(np.arange(n) + 1)).astype(int)
    y = np.array([(k + 1 - 2**d + 0.5) / 2**d * 80 - 40 for k, d in enumerate(depth)])
    end = np.column_stack([20.0 * (depth + 1), y, np.zeros(n)])
    parent = (np.arange(n) + 1) // 2 - 1
    start = np.where(parent[:, None] >= 0, end[np.maximum(parent, 0)], [0.0, 0.0, 0.0])
    leaves = 2 ** (levels - 1 - depth)
    radius = 5.0 * (leaves / leaves[0]) ** (1 / 3)
    turned = n - 1 - np.arange(n)
    return Tree(start[turned], end[turned], radius[turned], np.where(parent >= 0, n - 1 - parent, -1)[turned],
                leaves[turned])  # fmt: skip


def nodal(tree: Tree, hung: Supply, opened: set[int]) -> float:
    """mL/min of an inflow tree's holes: every node's balance, the orifices linearised until they stay (oracle)."""
    n, r = len(tree.parent), poiseuille(tree)
    flow = dict.fromkeys(opened, 1e-05)
    for _ in range(300):
        a, b = np.zeros((n + 1, n + 1)), np.zeros(n + 1)
        a[n, n] += 1 / max(hung.source, 1e-3)
        b[n] += hung.source_pa / max(hung.source, 1e-3)
        for s in range(n):
            up = tree.parent[s] if tree.parent[s] >= 0 else n
            if s in opened:
                hole = BLOOD / (2 * (DISCHARGE * math.pi * (tree.radius[s] * 1e-3) ** 2) ** 2)
                a[up, up] += 1 / (r[s] / 2 + hole * flow[s])
                a[s, s] += 1.0
                continue
            g = 1 / r[s]
            a[up, up] += g
            a[s, s] += g
            a[up, s] -= g
            a[s, up] -= g
            if tree.leaves[s] == 1:
                a[s, s] += 1 / hung.leaf
                b[s] += hung.leaf_pa / hung.leaf
        p = np.linalg.solve(a, b)
        for s in opened:
            hole = BLOOD / (2 * (DISCHARGE * math.pi * (tree.radius[s] * 1e-3) ** 2) ** 2)
            up = tree.parent[s] if tree.parent[s] >= 0 else n
            flow[s] = 0.5 * (flow[s] + max(p[up], 0.0) / (r[s] / 2 + hole * flow[s]))
    return sum(flow.values()) / ML_MIN


@pytest.mark.parametrize(("mmhg", "flow"), [(8.0, 160.0), (95.0, 553.0)])
def test_a_hole_lets_out_what_an_orifice_does(mmhg: float, flow: float) -> None:
    """2 mm across: .6 A sqrt(2 dp / rho) with no vessel above it."""
    one = Tree(np.zeros((1, 3)), np.full((1, 3), 1e-9), np.array([1.0]), np.array([-1]), np.array([1]))
    assert bleeding.bleeding_ml_min(one, Supply(mmhg * MMHG, 0.0, 0.0, 1e15), {0}) == pytest.approx(flow, rel=0.01)


def test_the_bed_makes_the_tree_carry_its_flow() -> None:
    tree = binary()
    for name, drop in (("portal vein", 3.0), ("artery", 90.0), ("hepatic vein", 90.0)):
        assert drop * MMHG / beyond(tree, supply(tree, name, 1100.0).leaf)[-1] / ML_MIN == pytest.approx(1100, rel=1e-6)


@pytest.mark.parametrize("opened", [{30}, {20}, {5}, {20, 5, 11}, {29, 9}])
def test_network_equals_the_nodal_solution(opened: set[int]) -> None:
    tree = binary()
    hung = supply(tree, "portal vein", 1100.0)
    top = {s for s in opened if not bleeding._below(tree, s, opened)}
    assert bleeding.bleeding_ml_min(tree, hung, opened) == pytest.approx(nodal(tree, hung, top), rel=1e-3)


def test_a_smaller_hole_and_a_clip_bleed_less() -> None:
    tree = binary()
    hung = supply(tree, "hepatic vein", 1500.0)
    flows = [bleeding.bleeding_ml_min(tree, hung, {s}) for s in (30, 28, 20, 3)]
    assert flows == sorted(flows, reverse=True) and flows[-1] > 0
    # Without its neighbour's inflow the cut end gives less.
    assert bleeding.bleeding_ml_min(tree, hung, {28}, {27}) < bleeding.bleeding_ml_min(tree, hung, {28})
    assert bleeding.bleeding_ml_min(tree, hung, set()) == 0.0


def test_a_leaf_lives_while_its_way_is_whole() -> None:
    """A cut at x = 50 mm of a tree whose children are numbered before their parents."""
    tree = binary()
    x, y, z = np.eye(3)
    cut = Sheet(50 * x, x, y, z, np.zeros(1), 1.0, 0)
    assert living(tree, cut, 1.0).sum() == 3 and not living(tree, cut, -1.0).any()
    far = Sheet(np.array([500.0, 0, 0]), *(cut.normal, cut.u, cut.v), np.zeros(1), 1.0, 0)
    axes = [np.arange(a, b, 4.0) for a, b in ((60, 104), (-40, 41), (-8, 9))]
    block = Grid(np.array([60.0, -40.0, -8.0]), 4.0, -np.ones([len(a) for a in axes]))
    assert living(tree, far, 1.0).all() and reached_percent(tree, block, far, 1.0) == 100
    # One of the two halves clipped at its trunk.
    assert reached_percent(tree, block, far, 1.0, {29}) == pytest.approx(50, abs=3)
