"""Quantities of a design file: numbers with a unit, read into the unit that the trial counts in."""

import math
from typing import Annotated, Any

from pydantic import BeforeValidator

from twin_engine.errors import InputError
from twin_engine.quantities import convert
from twin_engine.strict import Part, parse, refuse

__all__ = ["Days", "Milligrams", "Part", "measured_in", "parse", "quantity", "refuse"]


def quantity(text: Any, unit: str) -> float:
    """`"12 wk"` as a number in `unit`; negative values, bare numbers and other units refused."""
    expected = f"a number and a unit that converts to {unit}"
    if isinstance(text, bool) or not isinstance(text, str):
        raise refuse("a quantity needs a unit", expected, f"for example: 3 {unit}")
    number, _, given = text.strip().partition(" ")
    try:
        value = convert(float(number), given.strip(), unit)
    except ValueError:
        raise refuse("not a number", expected, f"for example: 3 {unit}") from None
    except InputError as error:
        raise refuse("wrong unit", error.expected, error.cure) from None
    if not math.isfinite(value):
        raise refuse("not a finite number", expected, "write the value that was meant")
    if value < 0:
        raise refuse("negative value", "zero or more", "write the amount without a sign")
    return value


def measured_in(unit: str) -> Any:
    """A float field written in the file as a number with a unit, kept in `unit`."""
    return Annotated[float, BeforeValidator(lambda text: quantity(text, unit))]


Days = measured_in("d")
Milligrams = measured_in("mg")
