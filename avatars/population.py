"""Many persons as columns: what trials, scenes and fidelity checks read."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import overload

import numpy as np

from avatars.avatar import Avatar, Provenance, Value, check_origin, check_value, implausible, plausible
from twin_engine.errors import InputError


@dataclass(frozen=True)
class Population:
    """Avatars as columns, one row a person.

    Parameters
    ----------
    ids : ndarray of int64, shape (n,)
        Stable identities: the keys of every random stream, never row numbers.
    columns : mapping of str to ndarray, each of shape (n,)
        Numbers (float64) or words; a name ends in its unit ("age_y").
    units : mapping of str to str
        Unit of each column; "1" is dimensionless, "" is for words.
    provenance : mapping of str to Provenance
        How each column came to be: kind (measured, imputed, sampled, assumed) and source.

    Raises
    ------
    InputError
        Nobody, two persons with one id, columns of unequal length, a value that is not finite or
        not plausible, a unit that contradicts the name, a column without provenance.

    Examples
    --------
    >>> people = Population(np.arange(2), {"age_y": np.array([61.0, 47.0])}, {"age_y": "y"},
    ...                     {"age_y": Provenance("measured", "chart")})
    >>> len(people), people["age_y"].mean(), people[1]["age_y"].value
    (2, 54.0, 47.0)
    """

    ids: np.ndarray
    columns: Mapping[str, np.ndarray]
    units: Mapping[str, str]
    provenance: Mapping[str, Provenance]

    def __post_init__(self) -> None:
        ids = _identities(self.ids)
        columns = {name: _column(name, values, len(ids)) for name, values in self.columns.items()}
        for name, values in columns.items():
            if name not in self.units or name not in self.provenance:
                raise InputError("a column without unit or provenance", name, None, "a unit and a provenance",
                                 "name both for every column")  # fmt: skip
            if bool(self.units[name]) != (values.dtype.kind == "f"):
                raise InputError("wrong unit", name, self.units[name], "a unit for numbers, none for words",
                                 'write "1" for a number without unit')  # fmt: skip
            check_origin(name, self.units[name], self.provenance[name])
            _check_column(name, values)
        object.__setattr__(self, "ids", ids)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "units", {n: self.units[n] for n in columns})
        object.__setattr__(self, "provenance", {n: Provenance(*self.provenance[n]) for n in columns})

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    @overload
    def __getitem__(self, key: str) -> np.ndarray: ...

    @overload
    def __getitem__(self, key: int) -> Avatar: ...

    def __getitem__(self, key: str | int) -> np.ndarray | Avatar:
        """A column by its name, a person by row number."""
        if not isinstance(key, str):
            return self._avatar(int(key))
        return self.column(key)

    def column(self, name: str) -> np.ndarray:
        """A column by its name.

        Raises
        ------
        InputError
            There is no such column.
        """
        if name not in self.columns:
            raise InputError("missing column", "population", name, ", ".join(self.columns),
                             "add the column to the population or correct the name")  # fmt: skip
        return self.columns[name]

    def __iter__(self) -> Iterator[Avatar]:
        return (self._avatar(row) for row in range(len(self)))

    def _avatar(self, row: int) -> Avatar:
        values = {
            name: Value(column[row].item(), self.units[name], *self.provenance[name])
            for name, column in self.columns.items()
        }
        return Avatar(int(self.ids[row]), values)

    def take(self, rows: np.ndarray) -> "Population":
        """The chosen rows (indices or a mask)."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        return Population(self.ids[rows], columns, self.units, self.provenance)

    def select(self, names: Iterable[str]) -> "Population":
        """The chosen columns, in the order given."""
        return Population(self.ids, {name: self.column(name) for name in names}, self.units, self.provenance)

    def having(self, name: str, values: np.ndarray, unit: str, kind: str, source: str) -> "Population":
        """The same persons with one column more, or with that column replaced."""
        return Population(self.ids, {**self.columns, name: values}, {**self.units, name: unit},
                          {**self.provenance, name: Provenance(kind, source)})  # fmt: skip

    def numbers(self) -> list[str]:
        """Names of the columns that hold numbers."""
        return [name for name, values in self.columns.items() if values.dtype.kind == "f"]


def _identities(ids: np.ndarray) -> np.ndarray:
    found = np.asarray(ids)
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise InputError("ids are not whole numbers", "id", found.dtype.name, "one whole number a person",
                         "number the persons")  # fmt: skip
    if not len(found):
        raise InputError("no persons", "population", 0, "at least one person", "raise the number")
    unique, counts = np.unique(found, return_counts=True)
    if len(unique) < len(found):
        raise InputError("two persons have one id", "id", int(unique[counts > 1][0]), "unique ids",
                         "renumber the persons")  # fmt: skip
    return found.astype(np.int64)


def _column(name: str, values: np.ndarray, n: int) -> np.ndarray:
    found = np.asarray(values)
    if found.shape != (n,):
        raise InputError("a column has another length", name, found.shape, f"{n} values", "give every person a value")
    return found.astype(str) if found.dtype.kind in "UOS" else found.astype(np.float64)


def _check_column(name: str, values: np.ndarray) -> None:
    """One pass over the column; the slow check runs for the first offender only."""
    known = plausible().get(name)
    if values.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            wrong = ~np.isfinite(values)
            if known:
                wrong |= (values < known.low) | (values > known.high)
        if known and known.levels:
            raise implausible(name, float(values[0]), "population")
    else:
        wrong = values == ""
        if known:
            wrong |= ~np.isin(values, known.levels)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        check_value(name, values[row].item(), "", f"population, row {row + 1}")
