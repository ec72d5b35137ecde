"""The persons of a trial as columns: what avatars hand over and everything else reads."""

from dataclasses import dataclass

import numpy as np

from twin_engine.errors import InputError


@dataclass(frozen=True)
class People:
    """Avatars as columns, one row a person.

    Parameters
    ----------
    ids : ndarray of int64, shape (n,)
        Stable identities: the keys of every random stream, never row numbers.
    columns : dict of str to ndarray, each of shape (n,)
        Numbers or words.
    units : dict of str to str
        Unit of each column ("1" is dimensionless, "" for words).
    sources : dict of str to (str, str)
        Provenance of each column: kind (measured, imputed, sampled, assumed) and source.
    """

    ids: np.ndarray
    columns: dict[str, np.ndarray]
    units: dict[str, str]
    sources: dict[str, tuple[str, str]]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.columns:
            raise InputError("missing column", "population", name, ", ".join(self.columns),
                             "add the column to the population or correct the name")  # fmt: skip
        return self.columns[name]

    def take(self, rows: np.ndarray) -> "People":
        """The chosen rows."""
        columns = {name: values[rows] for name, values in self.columns.items()}
        return People(self.ids[rows], columns, self.units, self.sources)

    def check(self, where: str) -> "People":
        """Itself, if there is anyone, ids are unique and every number is finite."""
        if not len(self.ids):
            raise InputError("no persons", where, 0, "at least one person", "raise the number")
        if len(np.unique(self.ids)) < len(self.ids):
            raise InputError("two persons have one id", where, None, "unique ids", "renumber them")
        for name, values in self.columns.items():
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                row = int(np.flatnonzero(~np.isfinite(values))[0])
                raise InputError("not a finite number", f"{where}: {name}", f"row {row + 1}",
                                 "a finite number in every row",
                                 "impute or leave out the person")  # fmt: skip
        return self
