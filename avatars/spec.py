"""What a population specification may say: published distributions, or a real table.

One population is one YAML file of a page; `assets/populations/` holds ours, a path names yours.
"""

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from avatars.avatar import PROVENANCE
from avatars.distributions import AnyDistribution
from twin_engine import assets
from twin_engine.errors import InputError
from twin_engine.strict import Part, parse, read_yaml, refuse

Source = Annotated[str, Field(min_length=3)]
Share = Annotated[float, Field(gt=0, le=1)]


class Column(Part):
    """One value of a person.

    `unit` is "" for words; `basis` says whether the distribution is published or assumed.
    """

    unit: str = ""
    distribution: AnyDistribution
    basis: Literal["published", "assumption"]
    source: Source

    @property
    def words(self) -> bool:
        """The column holds words."""
        return self.distribution.kind in ("categorical", "genotype")

    @model_validator(mode="after")
    def _unit(self) -> "Column":
        if self.words == bool(self.unit):
            raise refuse("wrong unit", 'a unit for numbers ("1" if it has none), no unit for words', "correct the unit")
        return self


class Stratum(Part):
    """A part of the population with distributions of its own for some columns."""

    share: Share
    columns: dict[str, Column] = {}


class Strata(Part):
    """Parts that together are the population; `column` will hold each person's part."""

    column: str
    basis: Literal["published", "assumption"]
    source: Source
    levels: dict[str, Stratum] = Field(min_length=2)

    @model_validator(mode="after")
    def _sum(self) -> "Strata":
        if abs(sum(s.share for s in self.levels.values()) - 1) > 0.0101:
            raise refuse("shares do not add up to 1", "shares that add up to 1 (within .01, for rounding)",
                         "correct the shares")  # fmt: skip
        return self

    def shares(self) -> np.ndarray:
        """Probability of each level, adding up to 1."""
        raw = np.array([s.share for s in self.levels.values()])
        return raw / raw.sum()


class Correlation(Part):
    """Correlation of two columns on the normal scale (equal to Pearson's for two normal columns)."""

    between: tuple[str, str]
    rho: float = Field(gt=-1, lt=1)
    basis: Literal["published", "assumption"]
    source: Source


class Eligibility(Part):
    """Who may be in the population: bounds (included) of a number, or the words that are allowed."""

    column: str
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = ()
    reason: str


class Table(Part):
    """A real table: a library's ("sklearn:diabetes", "lifelines:gbsg2") or a CSV file beside the specification.

    `strata` are word columns within which the method is fitted; `missing: drop` leaves out persons
    with a gap, `refuse` (the default) asks for a full table; `method` learns the table.
    """

    source: str
    strata: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    missing: Literal["refuse", "drop"] = "refuse"
    method: Literal["gaussian_copula", "cart", "vine"] = "gaussian_copula"


class Spec(Part):
    """A population: `columns` with published distributions, or a `table` of real persons."""

    title: Annotated[str, Field(min_length=1)]
    about: str = ""
    columns: dict[str, Column] = {}
    strata: Strata | None = None
    correlations: tuple[Correlation, ...] = ()
    eligibility: tuple[Eligibility, ...] = ()
    table: Table | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Spec":
        if (self.table is None) == (not self.columns and self.strata is None):
            raise refuse("neither distributions nor a table", "columns, or a table, not both", "give one of the two")
        if self.table is not None:
            if self.strata or self.correlations or self.columns:
                raise refuse(
                    "neither distributions nor a table", "columns, or a table, not both", "give one of the two"
                )
            return self
        self._check_strata()
        self._check_names()
        return self

    def _check_strata(self) -> None:
        if self.strata is None:
            return
        inside = [set(stratum.columns) for stratum in self.strata.levels.values()]
        everywhere = inside[0].intersection(*inside[1:])
        odd = sorted(inside[0].union(*inside[1:]) - everywhere - set(self.columns))
        if odd:
            raise refuse("strata with different columns", f"a distribution of {', '.join(odd)} in every stratum",
                         "add the column to each stratum or to columns")  # fmt: skip

    def _check_names(self) -> None:
        known = self.names()
        for rule in self.eligibility:
            if rule.column not in known and (not self.strata or rule.column != self.strata.column):
                raise refuse("missing column", ", ".join(known), f"no column is called {rule.column}")
        for c in self.correlations:
            for name in c.between:
                if name not in known:
                    raise refuse("missing column", ", ".join(known), f"no column is called {name}")
            if c.between[0] == c.between[1]:
                raise refuse("a column correlates with itself", "two columns", "name two different columns")

    def names(self) -> list[str]:
        """Columns in the order of the table, without the stratum's own."""
        more = next(iter(self.strata.levels.values())).columns if self.strata else {}
        return list(self.columns) + [name for name in more if name not in self.columns]

    def column(self, name: str, stratum: str | None) -> Column:
        """The column as it is in a stratum."""
        inside = self.strata.levels[stratum].columns if self.strata and stratum is not None else {}
        return inside.get(name) or self.columns[name]

    def correlation_matrix(self) -> np.ndarray:
        """Correlations on the normal scale in the order of `names()`, shape (d, d)."""
        names = self.names()
        matrix = np.eye(len(names))
        for c in self.correlations:
            i, j = names.index(c.between[0]), names.index(c.between[1])
            matrix[i, j] = matrix[j, i] = c.rho
        return matrix


KINDS = {"published": PROVENANCE[2], "assumption": PROVENANCE[3]}  # sampled, assumed


def shipped() -> list[str]:
    """Names of the specifications that come with the product."""
    return sorted(path.stem for path in assets.path("populations").glob("*.yaml"))


def find(name: str) -> Path:
    """A specification's path: a shipped name, or a file.

    Raises
    ------
    InputError
        Neither.
    """
    if name in shipped():
        return assets.path(f"populations/{name}.yaml")
    path = Path(name)
    if not path.is_file():
        raise InputError("file not found", "SPEC", name, ", ".join(shipped()), "name a YAML file or one of these")
    return path


def load(name: str) -> Spec:
    """Read and check a specification by its shipped name or path.

    Raises
    ------
    InputError
        Not found, no YAML, an unknown key, a value that cannot be; names the place.
    """
    path = find(name)
    spec: Spec = parse(Spec, read_yaml(path), path.name)
    return spec
