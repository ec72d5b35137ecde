"""One person: values with unit, provenance and source.

An avatar never changes: a procedure, a correction or a calibration makes a new one.
"""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from twin_engine import assets
from twin_engine.errors import InputError

CURE_GAP = "impute the value or leave out the person"
PROVENANCE = ("measured", "imputed", "sampled", "assumed")

# Unit at the end of a name; `d` is dioptre or day, whichever the value says.
SUFFIXES: dict[str, tuple[str, ...]] = {
    "y": ("y",), "mo": ("mo",), "wk": ("wk",), "d": ("D", "d"), "h": ("h",), "min": ("min",), "s": ("s",),
    "kg": ("kg",), "g": ("g",), "mg": ("mg",), "m": ("m",), "cm": ("cm",), "mm": ("mm",),
    "m2": ("m2",), "kg_m2": ("kg/m2",), "l": ("L",), "ml": ("mL",),
    "mmhg": ("mmHg",), "bpm": ("1/min",), "percent": ("%",), "points": ("points",), "deg": ("deg",),
    "mg_dl": ("mg/dL",), "g_dl": ("g/dL",), "g_l": ("g/L",), "mg_l": ("mg/L",), "mmol_l": ("mmol/L",),
    "u_l": ("U/L",), "1e9_l": ("1e9/L",), "fmol_mg": ("fmol/mg",), "ml_min": ("mL/min",), "l_h": ("L/h",),
}  # fmt: skip


class Provenance(NamedTuple):
    """How a value came to be (one of `PROVENANCE`), and from where."""

    kind: str
    source: str


class Value(NamedTuple):
    """One value of a person: a number in `unit`, or a word (unit "")."""

    value: float | str
    unit: str
    provenance: str
    source: str


class Plausible(NamedTuple):
    """What a known quantity may be: a range in `unit`, or one of `levels`."""

    unit: str
    low: float
    high: float
    levels: tuple[str, ...]


@dataclass(frozen=True)
class Avatar:
    """One person.

    Parameters
    ----------
    id : int
        Stable identity: the key of every random stream of this person.
    values : mapping of str to Value
        Name (ending in its unit, "age_y") -> value.

    Raises
    ------
    InputError
        A value is not finite, not plausible, in another unit than its name says, or without a
        known provenance and source.

    Examples
    --------
    >>> person = Avatar(7, {"age_y": Value(61.0, "y", "measured", "chart of 3 May")})
    >>> person["age_y"].value
    61.0
    """

    id: int
    values: Mapping[str, Value]

    def __post_init__(self) -> None:
        for name, value in self.values.items():
            check_origin(name, value.unit, Provenance(value.provenance, value.source))
            check_value(name, value.value, value.unit, "avatar")
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))

    def __getitem__(self, name: str) -> Value:
        if name not in self.values:
            raise InputError("the person has no such value", "avatar", name, ", ".join(self.values),
                             "measure it, impute it, or correct the name")  # fmt: skip
        return self.values[name]

    def __reduce__(self) -> tuple:
        return type(self), (self.id, dict(self.values))


@cache
def plausible() -> dict[str, Plausible]:
    """The quantities of a person whose range or levels are known: `assets/people/plausible.csv`."""
    with open(assets.path("people/plausible.csv"), encoding="utf-8", newline="") as file:
        return {
            row["name"]: Plausible(row["unit"], float(row["low"] or "-inf"), float(row["high"] or "inf"),
                                   tuple(row["levels"].split("|")) if row["levels"] else ())
            for row in csv.DictReader(file)
        }  # fmt: skip


def units_of(name: str) -> tuple[str, ...]:
    """The units that a name allows by its ending, longest ending first; empty if it names none."""
    parts = name.split("_")
    for start in range(1, len(parts)):
        found = SUFFIXES.get("_".join(parts[start:]))
        if found:
            return found
    return ()


def check_origin(name: str, unit: str, origin: Provenance) -> None:
    """The provenance is known, a source is named, and the unit is the one in the name.

    Raises
    ------
    InputError
    """
    if origin.kind not in PROVENANCE or not origin.source.strip():
        raise InputError("a value without provenance", name, origin.kind, f"{', '.join(PROVENANCE)}; and a source",
                         "say how the value came to be, and from where")  # fmt: skip
    allowed = units_of(name)
    if allowed and unit and unit not in allowed:
        raise InputError("wrong unit", name, unit, " / ".join(allowed), "convert the values or rename the column")


def check_value(name: str, value: float | str, unit: str, where: str) -> None:
    """The value is a finite number in its plausible range, or one of the known words.

    Raises
    ------
    InputError
    """
    known = plausible().get(name)
    if isinstance(value, str):
        if not value:
            raise InputError("empty value", f"{where}: {name}", value, "a word for every person", CURE_GAP)
        if known and value not in known.levels:
            raise implausible(name, value, where)
        return
    if not math.isfinite(value):
        raise InputError("not a finite number", f"{where}: {name}", repr(value), "a number for every person", CURE_GAP)
    if known and (known.levels or not known.low <= value <= known.high):
        raise implausible(name, value, where)


def implausible(name: str, value: object, where: str) -> InputError:
    """The error for a value outside what `plausible()` allows."""
    known = plausible()[name]
    expected = ", ".join(known.levels) if known.levels else f"{known.low:g} to {known.high:g} {known.unit}"
    return InputError("implausible value", f"{where}: {name}", value, expected, "check the value and its unit")
