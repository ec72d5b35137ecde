"""Synthetic persons learnt from a real table: one interface, several methods.

`gaussian_copula` is the default (`cart` and `vine` lie in files of their own): inside each stratum the
columns keep their own distribution and the normal numbers behind them their correlations, so no row of
the table is copied. `independent` (no correlations) and `bootstrap` (copied rows) exist to fail: they
are the controls that show that the fidelity gates can see a lost correlation and a leaked person.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from avatars import copula
from avatars.avatar import Provenance
from avatars.population import Population
from twin_engine.errors import InputError

SMALLEST_STRATUM = 30


@dataclass(frozen=True)
class Synthesiser:
    """A learnt method.

    Parameters
    ----------
    method : str
    draw : callable
        `draw(n, seed)` gives n new persons with ids 0 .. n-1; a person's values do not depend on n.
    """

    method: str
    draw: Callable[[int, int], Population]


Method = Callable[[Population, tuple[str, ...]], Synthesiser]


@dataclass(frozen=True)
class _Margin:
    """A column inside one stratum: sorted values, or levels with thresholds; `step` is its resolution."""

    values: np.ndarray
    thresholds: np.ndarray | None
    step: float

    def quantile(self, z: np.ndarray) -> np.ndarray:
        if self.thresholds is not None:
            return self.values[np.searchsorted(self.thresholds, z)]
        from scipy.special import ndtr

        at = (np.arange(len(self.values)) + 0.5) / len(self.values)
        smooth = np.interp(ndtr(z), at, self.values)
        # Rounded twice: 39 x 0.1 is not 3.9, and a forest would see the difference.
        return np.round(np.round(smooth / self.step) * self.step, 6) if self.step else smooth


@dataclass(frozen=True)
class Margins:
    """One stratum: its levels, its share of the persons, each column's margin, and the joint model."""

    levels: tuple[str, ...]
    share: float
    margins: dict[str, _Margin]
    model: Any


def method(name: str) -> Method:
    """A method by its name.

    Raises
    ------
    InputError
        There is no such method.
    """
    from avatars.synthesis_tree import cart
    from avatars.synthesis_vine import vine

    methods: dict[str, Method] = {"gaussian_copula": gaussian_copula, "cart": cart, "vine": vine}
    if name not in methods:
        raise InputError("unknown method", "method", name, ", ".join(methods), "choose one of these")
    return methods[name]


def gaussian_copula(population: Population, strata: tuple[str, ...] = ()) -> Synthesiser:
    """Learn a Gaussian copula inside each stratum.

    Parameters
    ----------
    population : Population
        Real persons.
    strata : tuple of str
        Word columns; each combination that occurs is a stratum of its own.

    Raises
    ------
    InputError
        A stratum column that is missing or holds numbers, or a stratum with under 30 persons.
    """
    return _learn(population, strata, "gaussian_copula", copula.latent)


def independent(population: Population, strata: tuple[str, ...] = ()) -> Synthesiser:
    """The control without correlations, not even those through strata: it must fail the fidelity gates."""
    return _learn(population, (), "independent", lambda columns: np.eye(len(columns)))


def bootstrap(population: Population, strata: tuple[str, ...] = ()) -> Synthesiser:
    """The control that copies real rows: it must fail the membership gate."""

    def draw(n: int, seed: int) -> Population:
        from twin_engine.streams import uniforms

        u = uniforms(seed, 0, np.arange(n), "synthetic bootstrap", 1)[:, 0]
        rows = (u * len(population)).astype(int)
        columns = {name: values[rows] for name, values in population.columns.items()}
        return Population(np.arange(n), columns, population.units, origin(population, "copied rows of"))

    return Synthesiser("bootstrap", draw)


def _learn(population: Population, strata: tuple[str, ...], method: str,
           correlations: Callable[[list[np.ndarray]], np.ndarray]) -> Synthesiser:  # fmt: skip
    def factor(codes: list[np.ndarray]) -> np.ndarray:
        return np.linalg.cholesky(correlations(codes)) if codes else np.empty((0, 0))

    names, parts = learn_strata(population, strata, factor)
    return Synthesiser(method, partial(_draw, population, strata, names, parts, method))


def learn_strata(population: Population, strata: tuple[str, ...], fit: Callable[[list[np.ndarray]], Any]
                 ) -> tuple[list[str], list[Margins]]:  # fmt: skip
    """The columns outside the strata, and for each stratum its margins and the model of its codes.

    Raises
    ------
    InputError
        A stratum column that is missing or holds numbers, or a stratum with under 30 persons.
    """
    names = [name for name in population.columns if name not in strata]
    groups, place = _groups(population, strata)
    parts = []
    for k, levels in enumerate(groups):
        inside = place == k
        columns = {name: population.column(name)[inside] for name in names}
        codes = [np.unique(values, return_inverse=True)[1] for values in columns.values()]
        margins = {name: _margin(values, population.column(name)) for name, values in columns.items()}
        parts.append(Margins(levels, float(inside.mean()), margins, fit(codes)))
    return names, parts


def check_strata(population: Population, strata: tuple[str, ...]) -> None:
    """Refuse strata that are missing, hold numbers, or are too small."""
    _groups(population, strata)


def _groups(population: Population, strata: tuple[str, ...]) -> tuple[list[tuple[str, ...]], np.ndarray]:
    """Combinations of levels that occur, and the combination of each person."""
    for name in strata:
        if population.column(name).dtype.kind == "f":
            raise InputError("a stratum needs words", name, population.units[name], "a column of words",
                             "list the column under words, or choose another")  # fmt: skip
    keys = list(zip(*(population.column(name).tolist() for name in strata), strict=True)) or [()] * len(population)
    groups = sorted(set(keys))
    place = np.array([groups.index(key) for key in keys])
    sizes = np.bincount(place)
    if sizes.min() < SMALLEST_STRATUM:
        small = "/".join(groups[int(sizes.argmin())]) or "table"
        raise InputError("a stratum is too small", small, int(sizes.min()), f"at least {SMALLEST_STRATUM} persons",
                         "use fewer strata or more persons")  # fmt: skip
    return groups, place


def _margin(values: np.ndarray, whole: np.ndarray) -> _Margin:
    if values.dtype.kind == "f":
        return _Margin(np.sort(values), None, resolution(whole))
    from scipy.special import ndtri

    levels, counts = np.unique(values, return_counts=True)
    return _Margin(levels, ndtri(np.cumsum(counts)[:-1] / len(values)), 0.0)


def resolution(values: np.ndarray) -> float:
    """The step in which at least 95 % of a column was recorded (1, .5, .1, ...); 0 if none fits.

    Synthetic values are rounded to it: a finer value would give itself away.
    """
    for step in (10.0, 5.0, 2.0, 1.0, 0.5, 0.1, 0.01, 0.001, 0.0001):
        if np.mean(np.abs(values / step - np.round(values / step)) < 1e-6) >= 0.95:
            return step
    return 0.0


def _draw(population: Population, strata: tuple[str, ...], names: list[str], parts: list[Margins], method: str,
          n: int, seed: int) -> Population:  # fmt: skip
    from twin_engine.streams import normals, uniforms

    if n < 1:
        raise InputError("no persons", "-n", n, "at least one person", "raise the number")
    ids = np.arange(n)
    u = uniforms(seed, 0, ids, "synthetic stratum", 1)[:, 0]
    place = np.searchsorted(np.cumsum([part.share for part in parts])[:-1], u)
    raw = normals(seed, 0, ids, "synthetic values", len(names)) if names else np.empty((n, 0))
    columns = {name: np.empty(n, population.column(name).dtype) for name in population.columns}
    for k, part in enumerate(parts):
        rows = np.flatnonzero(place == k)
        for name, level in zip(strata, part.levels, strict=True):
            columns[name][rows] = level
        for i, name in enumerate(names):
            z = sum(part.model[i, j] * raw[rows, j] for j in range(i + 1))
            columns[name][rows] = part.margins[name].quantile(np.asarray(z))
    return Population(ids, columns, population.units, origin(population, f"{method.replace('_', ' ')} learnt from"))


def origin(population: Population, how: str) -> dict[str, Provenance]:
    """Provenance of drawn columns: sampled, how, and from what."""
    return {name: Provenance("sampled", f"{how}: {origin.source}") for name, origin in population.provenance.items()}
