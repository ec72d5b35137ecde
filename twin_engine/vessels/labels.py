"""Anatomical names of a tree's branches: by rule where order and direction decide, else by the user, else none.

A rule speaks only where its conditions hold; otherwise the branch keeps its number and a note says why. Coordinates are
LPS (x to the patient's left, y to the back, z to the head). Order of the arch's branches: brachiocephalic trunk, left
common carotid, left subclavian artery, the typical pattern of three (78 % in 20 cadaveric studies: Surg Radiol Anat
2021, 43:327, doi:10.1007/s00276-020-02625-1); with another count no name is given.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from twin_engine.errors import InputError
from twin_engine.text import tr
from twin_engine.vessels.centreline import Branch, Tree
from twin_engine.vessels.image import Array

ANATOMIES = ("thoracic-aorta", "abdominal-aorta")
_ARCH = ("brachiocephalic trunk", "left common carotid artery", "left subclavian artery")
# Daughters of one bifurcation are of a size: the smaller has this share of the larger radius (assumption).
_ALIKE = 0.6
# A trunk counts as running along the body within this angle's cosine (assumption: 35 degrees).
_ALONG = 0.82


def named(tree: Tree, names: Mapping[str, str]) -> Tree:
    """The tree with the user's names.

    Raises
    ------
    InputError
        An unknown branch, or a name given twice.
    """
    for branch in names:
        tree[branch]
    if len(set(names.values())) < len(names):
        raise InputError("two branches have one name", "--name", list(names.values()), "each name once", "rename one")
    found = {tree[k].name: v for k, v in names.items()}
    return replace(tree, branches=tuple(replace(b, label=found.get(b.name, b.label)) for b in tree.branches))


def by_rule(tree: Tree, anatomy: str) -> tuple[Tree, str]:
    """The tree with what the rule of this anatomy can name, and a sentence that says what it did.

    Raises
    ------
    InputError
        No such anatomy.
    """
    rules = {"thoracic-aorta": _thoracic, "abdominal-aorta": _abdominal}
    if anatomy not in rules:
        raise InputError("unknown anatomy", "--anatomy", anatomy, ", ".join(ANATOMIES), "choose one of them")
    names, said = rules[anatomy](tree)
    note = f"{anatomy}: {said}"
    return replace(named(tree, names), notes=(*tree.notes, note)), note


def trunk(tree: Tree) -> list[Branch]:
    """From the root on along the widest daughter."""
    line = [tree.branches[0]]
    while tree.daughters(line[-1].name):
        line.append(max(tree.daughters(line[-1].name), key=_size))
    return line


def _size(b: Branch) -> float:
    return float(np.nanmedian(b.radius if np.isfinite(b.radius).any() else b.inscribed))


def _way(points: Array) -> Array:
    d = points[-1] - points[0]
    return d / max(float(np.linalg.norm(d)), 1e-9)


def _thoracic(tree: Tree) -> tuple[dict[str, str], str]:
    line = trunk(tree)
    points = np.vstack([b.points for b in line])
    top = float(points[:, 2].max())
    first, last = points[0], points[-1]
    wide = 2 * _size(line[0])
    if not (top - first[2] > wide and top - last[2] > wide):
        return {}, tr("no names: the trunk does not rise and fall like an arch (is the image in the patient's frame?)")
    if not last[1] > first[1]:
        return {}, tr("no names: the root lies behind the other limb; give --root in the ascending aorta")
    leaving = []
    for i, b in enumerate(line[:-1]):
        for d in tree.daughters(b.name):
            if d.name != line[i + 1].name and top - d.points[0][2] < 1.5 * wide and d.points[-1][2] > d.points[0][2]:
                leaving.append((i, d))
    if len(leaving) != 3:
        return {}, tr("no names: {n} branches rise from the arch where the usual pattern has three", n=len(leaving))
    if not all(np.diff([d.points[len(d.points) // 2][0] for _, d in leaving]) > 0):
        return {}, tr("no names: the arch's branches do not run from right to left in their order")
    names = {d.name: n for (_, d), n in zip(leaving, _ARCH, strict=True)}
    start, end = leaving[0][0], leaving[-1][0]
    for i, b in enumerate(line):
        part = "ascending aorta" if i <= start else "aortic arch" if i <= end else "descending aorta"
        names[b.name] = part if part not in names.values() else f"{part} {sum(part in v for v in names.values()) + 1}"
    return names, tr("arch and its three branches by their order from the heart")


def _abdominal(tree: Tree) -> tuple[dict[str, str], str]:
    line = trunk(tree)
    at = next((i for i, b in enumerate(line) if _even_fork(tree.daughters(b.name))), None)
    if at is None:
        return {}, tr("no names: no bifurcation into two of a size")
    if _way(np.vstack([x.points for x in line[: at + 1]]))[2] > -_ALONG:
        return {}, tr("no names: the trunk does not run from head to feet (is the image in the patient's frame?)")
    b, two = line[at], tree.daughters(line[at].name)
    right, left = sorted(two, key=lambda d: float(d.points[-1][0]))
    if not (right.points[-1][2] < b.points[-1][2] and left.points[-1][2] < b.points[-1][2]):
        return {}, tr("no names: the two branches of the bifurcation do not run down")
    names = {x.name: "abdominal aorta" + (f" {k + 1}" if k else "") for k, x in enumerate(line[: at + 1])}
    names |= {right.name: "right common iliac artery", left.name: "left common iliac artery"}
    return names, tr("aorta and common iliac arteries by the bifurcation; other branches keep their numbers")


def _even_fork(two: list[Branch]) -> bool:
    sizes = sorted(map(_size, two))
    return len(two) == 2 and sizes[0] >= _ALIKE * sizes[1] and all(d.length > 20 for d in two)
