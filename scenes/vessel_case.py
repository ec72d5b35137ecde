"""A procedural left coronary tree with one narrowing, for where there is no patient's own.

Diameters: left main 4.5, proximal LAD 3.7, circumflex 3.4 mm (Dodge et al. 1992, Circulation 86:232); the course is
drawn along the grooves of the heart (assumption).
"""

import numpy as np

from twin_engine.vessels.calibre import lesions
from twin_engine.vessels.centreline import Branch, Tree

_MAIN = ((0, 0, 0), (4, -2, 0.5), (9, -4, 0))
_LAD = (_MAIN[-1], (17, -14, -2), (24, -26, -10), (28, -36, -24), (29, -41, -40), (27, -40, -56), (22, -36, -70))
_CIRCUMFLEX = (_MAIN[-1], (17, 2, -4), (26, 10, -9), (31, 20, -18), (31, 28, -30), (27, 33, -44))


def coronary(percent: float = 62.0) -> Tree:
    """Left main, left anterior descending with a stenosis of this diameter at 32 mm, circumflex; mm, LPS."""
    return Tree(
        (
            _branch("1", None, _MAIN, 2.25, 2.15, "left main"),
            _branch("1.1", "1", _LAD, 1.85, 0.95, "left anterior descending", (32.0, percent / 100, 7.0)),
            _branch("1.2", "1", _CIRCUMFLEX, 1.7, 0.9, "circumflex"),
        ),
        "procedural left coronary tree",
    )


def _branch(
    name: str,
    parent: str | None,
    course: tuple,
    first: float,
    last: float,
    label: str,
    dip: tuple[float, float, float] | None = None,
) -> Branch:
    from scipy.interpolate import CubicSpline

    c = np.array(course, float)
    u = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(c, axis=0), axis=1))])
    s = np.arange(0, u[-1], 0.5)
    radius = np.linspace(first, last, len(s))
    if dip is not None:
        at, depth, half = dip
        inside = np.abs(s - at) < half
        radius = radius * (1 - depth * np.where(inside, 0.5 * (1 + np.cos(np.pi * (s - at) / half)), 0))
    return Branch(name, parent, CubicSpline(u, c)(s), radius, radius, label)


def worst(tree: Tree) -> tuple[str, float]:
    """Branch and position in mm of the worst stenosis, or the middle of the first tip."""
    found = [x for x in lesions(tree) if x.kind == "stenosis"]
    if found:
        x = max(found, key=lambda f: f.percent)
        return x.branch, x.position
    tip = tree.ends()[0]
    return tip.name, tip.length / 2
