"""Synthetic persons from trees: each column given the columns before it.

Sequential classification and regression trees as in synthpop (Reiter 2005, J Off Stat 21:441; Nowok,
Raab & Dibben 2016, J Stat Softw 74(11)). A value is drawn between two neighbouring donors of the
leaf, so no real row is copied.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from avatars.population import Population
from avatars.synthesis import Synthesiser, check_strata, origin, resolution
from twin_engine.errors import InputError

# Fewest persons of a leaf: synthpop's default is 5; more hides a person better (assumption).
_LEAF = 20


@dataclass(frozen=True)
class _Column:
    """One column's tree with the sorted donors of each leaf; no tree for the first column."""

    tree: Any
    donors: dict[int, np.ndarray]
    levels: np.ndarray | None
    step: float


def cart(population: Population, strata: tuple[str, ...] = ()) -> Synthesiser:
    """Learn one tree a column, strata first, then in the table's order.

    Parameters
    ----------
    population : Population
        Real persons.
    strata : tuple of str
        Word columns that come first.

    Raises
    ------
    InputError
        A stratum column that is missing or holds numbers, or a stratum with under 30 persons.
    """
    check_strata(population, strata)
    names = [*strata, *(name for name in population.columns if name not in strata)]
    coded = [_codes(population.column(name)) for name in names]
    matrix = np.column_stack([codes for codes, _ in coded])
    columns = [_fit(matrix[:, :i], matrix[:, i], levels, population.column(name))
               for i, (name, (_, levels)) in enumerate(zip(names, coded, strict=True))]  # fmt: skip
    return Synthesiser("cart", partial(_draw, population, names, columns))


def _codes(values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    if values.dtype.kind == "f":
        return values, None
    levels, codes = np.unique(values, return_inverse=True)
    return codes.astype(float), levels


def _fit(before: np.ndarray, target: np.ndarray, levels: np.ndarray | None, values: np.ndarray) -> _Column:
    step = resolution(values) if levels is None else 0.0
    if before.shape[1] == 0:
        return _Column(None, {0: np.sort(target)}, levels, step)
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    kind = DecisionTreeRegressor if levels is None else DecisionTreeClassifier
    tree = kind(min_samples_leaf=_LEAF, random_state=0).fit(before, target)
    leaf = tree.apply(before)
    return _Column(tree, {int(k): np.sort(target[leaf == k]) for k in np.unique(leaf)}, levels, step)


def _draw(population: Population, names: list[str], columns: list[_Column], n: int, seed: int) -> Population:
    from twin_engine.streams import uniforms

    if n < 1:
        raise InputError("no persons", "-n", n, "at least one person", "raise the number")
    ids = np.arange(n)
    u = uniforms(seed, 0, ids, "synthetic tree", len(names))
    made = np.empty((n, len(names)))
    for i, column in enumerate(columns):
        leaf = np.zeros(n, dtype=int) if column.tree is None else column.tree.apply(made[:, :i])
        for k in np.unique(leaf):
            rows = leaf == k
            made[rows, i] = _between(column, column.donors[int(k)], u[rows, i])
    drawn = {name: made[:, i] if c.levels is None else c.levels[made[:, i].astype(int)]
             for i, (name, c) in enumerate(zip(names, columns, strict=True))}  # fmt: skip
    ordered = {name: drawn[name] for name in population.columns}
    return Population(ids, ordered, population.units, origin(population, "trees learnt from"))


def _between(column: _Column, donors: np.ndarray, u: np.ndarray) -> np.ndarray:
    """A donor's word, or a number between neighbouring donors in the column's own resolution."""
    if column.levels is not None:
        return donors[(u * len(donors)).astype(int)]
    value = np.interp(u, (np.arange(len(donors)) + 0.5) / len(donors), donors)
    return np.round(np.round(value / column.step) * column.step, 6) if column.step else value
