"""Populations drawn from published distributions.

Each person has an own random stream for each column, so drawing more persons, or adding a column
at the end, never changes what is there. Correlations come from a Gaussian copula inside each
stratum; persons who are not eligible are drawn again (rejection), which is exact truncation of the
joint distribution.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from avatars import copula
from avatars.avatar import Provenance
from avatars.population import Population
from avatars.spec import KINDS, Column, Spec
from twin_engine.errors import InputError

BLOCK = 8  # attempts of a person drawn at once where there is eligibility
HOPELESS = 20_000  # attempts without one success before giving up
MOST = 4_000  # attempts of one person


@dataclass(frozen=True)
class Drawn:
    """A population and how it came about.

    Parameters
    ----------
    population : Population
    attempts : int
        Candidates that were looked at until everyone was eligible.
    refused : dict of str to int
        Candidates that each eligibility rule refused, by its reason (one may break several).
    """

    population: Population
    attempts: int
    refused: dict[str, int]


def draw(spec: Spec, n: int, seed: int, where: str = "population") -> Drawn:
    """Draw n persons with ids 0 .. n-1.

    Parameters
    ----------
    spec : Spec
        With distributions (not a table).
    n : int
    seed : int
    where : str
        Name of the specification, for errors.

    Raises
    ------
    InputError
        n < 1, contradicting correlations, eligibility that nobody meets, an implausible value.
    """
    if n < 1:
        raise InputError("no persons", "-n", n, "at least one person", "raise the number")
    factor = copula.check(spec.correlation_matrix(), spec.names(), f"{where}: correlations")
    kept: dict[str, np.ndarray] = {}
    pending = np.arange(n)
    refused = dict.fromkeys((rule.reason for rule in spec.eligibility), 0)
    attempts = start = 0
    while len(pending):
        size = BLOCK if spec.eligibility else 1
        values = _candidates(spec, factor, pending, seed, start // size, size)
        broken = broken_rules(spec, values)
        passed = ~np.any(broken, axis=0) if broken else np.ones((len(pending), size), bool)
        first = np.where(passed.any(axis=1), passed.argmax(axis=1), size)
        looked = np.arange(size) <= first[:, None]
        attempts += int(looked.sum())
        for rule, hit in zip(spec.eligibility, broken, strict=True):
            refused[rule.reason] += int((hit & looked).sum())
        found = np.flatnonzero(first < size)
        for name, column in values.items():
            whole = kept.setdefault(name, np.empty(n, dtype=column.dtype))
            if whole.dtype.itemsize < column.dtype.itemsize:
                whole = kept[name] = whole.astype(column.dtype)
            whole[pending[found]] = column[found, first[found]]
        pending = np.delete(pending, found)
        start += size
        _check_hope(spec, n - len(pending), attempts, start, refused, where)
    return Drawn(labelled(spec, kept, where), attempts, refused)


def candidates(spec: Spec, n: int, seed: int, where: str = "population") -> Population:
    """Draw n persons of the specified distributions, eligible or not."""
    return draw(spec.model_copy(update={"eligibility": ()}), n, seed, where).population


def _candidates(
    spec: Spec, factor: np.ndarray, ids: np.ndarray, seed: int, block: int, size: int
) -> dict[str, np.ndarray]:
    """Values of `size` attempts of each person: name -> (persons, size)."""
    from twin_engine.streams import normals, uniforms

    names = spec.names()
    drawn = [normals(seed, 0, ids, f"population {name} {block}", size) for name in names]
    # Term by term: a matrix product may round differently for another number of persons.
    z = [sum(factor[i, j] * drawn[j] for j in np.flatnonzero(factor[i])) for i in range(len(names))]
    if spec.strata is None:
        return {name: spec.column(name, None).distribution.quantile(z[i]) for i, name in enumerate(names)}
    levels = list(spec.strata.levels)
    u = uniforms(seed, 0, ids, f"population stratum {block}", size)
    which = np.searchsorted(np.cumsum(spec.strata.shares())[:-1], u)
    values: dict[str, np.ndarray] = {spec.strata.column: np.array(levels)[which]}
    for i, name in enumerate(names):
        made = [spec.column(name, level).distribution.quantile(z[i]) for level in levels]
        values[name] = np.select([which == k for k in range(len(levels))], made, made[0])
    return values


def broken_rules(spec: Spec, values: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """For each eligibility rule, which candidates break it."""
    found = []
    for rule in spec.eligibility:
        column = values[rule.column]
        if column.dtype.kind == "f":
            low = -np.inf if rule.low is None else rule.low
            high = np.inf if rule.high is None else rule.high
            found.append((column < low) | (column > high))
        else:
            found.append(~np.isin(column, rule.words))
    return found


def _check_hope(spec: Spec, accepted: int, attempts: int, each: int, refused: dict[str, int], where: str) -> None:
    if (attempts >= HOPELESS and not accepted) or (each >= MOST and spec.eligibility and accepted < attempts / MOST):
        worst = max(refused, key=lambda reason: refused[reason])
        raise InputError("nobody meets the eligibility", f"{where}: eligibility", worst,
                         f"at least one in {MOST} candidates eligible (none of {attempts} was)",
                         "widen the rule that refuses most, or correct the distributions")  # fmt: skip


def labelled(spec: Spec, values: dict[str, np.ndarray], where: str) -> Population:
    """Values with the units and sources of the specification."""
    units = {name: _first(spec, name).unit for name in spec.names()}
    origin = {name: _origin(spec, name) for name in spec.names()}
    if spec.strata:
        units[spec.strata.column] = ""
        origin[spec.strata.column] = Provenance(KINDS[spec.strata.basis], spec.strata.source)
    n = len(next(iter(values.values())))
    try:
        return Population(np.arange(n), values, units, origin)
    except InputError as error:
        cure = "bound the distribution (low, high) or correct its unit"
        raise InputError(error.what, f"{where}: {error.where}", error.value, error.expected, cure) from None


def _first(spec: Spec, name: str) -> Column:
    return spec.column(name, next(iter(spec.strata.levels)) if spec.strata else None)


def _origin(spec: Spec, name: str) -> Provenance:
    """One provenance a column; where strata differ, assumed if any is, with every source."""
    strata = list(spec.strata.levels) if spec.strata else [None]
    columns = [spec.column(name, level) for level in strata]
    basis = "assumption" if any(c.basis == "assumption" for c in columns) else "published"
    sources = dict.fromkeys(c.source for c in columns)
    return Provenance(KINDS[basis], "; ".join(sources))
