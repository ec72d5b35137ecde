"""Parameter sets: every value with unit, plausible range, kind and source.

One CSV a model, `assets/parameters/<model>.csv`, with the columns
`set,name,value,unit,low,high,kind,source`. `set` names a published parameter set of that model
("hamberg2010"); the first set in the file is the default. `kind` is `published` or `assumption`.
`low` and `high` bound what is plausible, and are checked wherever a value comes in.
"""

import csv
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from twin_engine import assets
from twin_engine.errors import InputError

COLUMNS = ("set", "name", "value", "unit", "low", "high", "kind", "source")
KINDS = ("published", "assumption")


@dataclass(frozen=True)
class Parameter:
    """One parameter: value, unit, plausible range, kind, source."""

    name: str
    value: float
    unit: str
    low: float
    high: float
    kind: str
    source: str
    set: str


@dataclass(frozen=True)
class ParameterSet:
    """The parameters of one published set, by name."""

    model: str
    name: str
    parameters: dict[str, Parameter]

    def values(self) -> dict[str, float]:
        """Name -> value."""
        return {name: p.value for name, p in self.parameters.items()}

    def __getitem__(self, name: str) -> Parameter:
        if name not in self.parameters:
            raise InputError("unknown parameter", f"{self.model}.{name}", name,
                             ", ".join(self.parameters), f"see: twin explain {self.model}")  # fmt: skip
        return self.parameters[name]

    def check(self, name: str, value: float) -> float:
        """The value if it is finite and plausible.

        Raises
        ------
        InputError
            Unknown name, NaN, or outside the plausible range.
        """
        p = self[name]
        if not math.isfinite(value) or not p.low <= value <= p.high:
            raise InputError("implausible parameter value", f"{self.model}.{name}", value,
                             f"{p.low:g} to {p.high:g} {p.unit}",
                             f"check the unit; the published value is {p.value:g} {p.unit}")  # fmt: skip
        return value


def read(file: Path, model: str) -> dict[str, ParameterSet]:
    """Read one parameter file: set name -> parameters, in file order.

    Raises
    ------
    InputError
        A missing column, a number that is none, a range that misses its value, an unknown kind,
        or a row without source.
    """
    sets: dict[str, dict[str, Parameter]] = {}
    with open(file, encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        missing = [c for c in COLUMNS if c not in (reader.fieldnames or [])]
        if missing:
            raise InputError("missing column", str(file), ", ".join(missing), ",".join(COLUMNS),
                             "add the column to the header line")  # fmt: skip
        for line, row in enumerate(reader, start=2):
            p = _parameter(row, f"{file.name}:{line}")
            sets.setdefault(p.set, {})[p.name] = p
    return {name: ParameterSet(model, name, rows) for name, rows in sets.items()}


def _parameter(row: dict[str, str], where: str) -> Parameter:
    try:
        value, low, high = (float(row[c]) for c in ("value", "low", "high"))
    except (TypeError, ValueError):
        raise InputError("not a number", where, row, "numbers in value, low and high",
                         "write a decimal point, no thousands separator") from None  # fmt: skip
    if not low <= value <= high:
        raise InputError("value outside its own range", where, value, f"{low:g} to {high:g}",
                         "correct the value or the range")  # fmt: skip
    if row["kind"] not in KINDS or not row["source"]:
        raise InputError("parameter without kind or source", where, row["name"],
                         "kind published or assumption, and a source",
                         "name the paper and table, or say why it is assumed")  # fmt: skip
    return Parameter(row["name"], value, row["unit"], low, high, row["kind"], row["source"],
                     row["set"])  # fmt: skip


@cache
def load(model: str) -> dict[str, ParameterSet]:
    """All parameter sets of a model that ships with the engine."""
    return read(assets.path(f"parameters/{model}.csv"), model)


def default(model: str) -> ParameterSet:
    """The first set of the model's file."""
    return next(iter(load(model).values()))


def explain(name: str) -> Parameter:
    """Look up `model.parameter` or `model.set.parameter`.

    Raises
    ------
    InputError
        No such model or parameter.
    """
    model, _, rest = name.partition(".")
    folder = assets.path("parameters")
    if not (folder / f"{model}.csv").exists() or not rest:
        known = ", ".join(sorted(p.stem for p in folder.glob("*.csv")))
        raise InputError("unknown parameter", "NAME", name, f"MODEL.PARAMETER; models: {known}",
                         "for example: twin explain warfarin.EC50_G")  # fmt: skip
    sets = load(model)
    chosen, _, parameter = rest.partition(".")
    if parameter and chosen in sets:
        return sets[chosen][parameter]
    for candidate in sets.values():
        if rest in candidate.parameters:
            return candidate[rest]
    return default(model)[rest]
