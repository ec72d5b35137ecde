"""Building blocks of a design file: strict sections, quantities with units, clear errors."""

import difflib
import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from twin_engine.errors import InputError
from twin_engine.quantities import convert


class Part(BaseModel):
    """A section of a design: frozen, unknown keys and NaN refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _problem(what: str, expected: str, cure: str) -> PydanticCustomError:
    # PydanticCustomError formats with braces; these texts are passed on by `input_error`.
    return PydanticCustomError(what, "{expected}", {"expected": expected, "cure": cure})  # type: ignore[arg-type]


def quantity(text: Any, unit: str) -> float:
    """`"12 wk"` as a number in `unit`; negative values, bare numbers and other units refused."""
    expected = f"a number and a unit that converts to {unit}"
    if isinstance(text, bool) or not isinstance(text, str):
        raise _problem("a quantity needs a unit", expected, f"for example: 3 {unit}")
    number, _, given = text.strip().partition(" ")
    try:
        value = convert(float(number), given.strip(), unit)
    except ValueError:
        raise _problem("not a number", expected, f"for example: 3 {unit}") from None
    except InputError as error:
        raise _problem("wrong unit", error.expected, error.cure) from None
    if not math.isfinite(value):
        raise _problem("not a finite number", expected, "write the value that was meant")
    if value < 0:
        raise _problem("negative value", "zero or more", "write the amount without a sign")
    return value


def measured_in(unit: str) -> Any:
    """A float field written in the file as a number with a unit, kept in `unit`."""
    return Annotated[float, BeforeValidator(lambda text: quantity(text, unit))]


Days = measured_in("d")
Milligrams = measured_in("mg")


def parse(section: type[Part], data: Any, where: str) -> Any:
    """The section built from plain data.

    Raises
    ------
    InputError
        The first thing that is wrong, with its place as `where: key.key`.
    """
    if not isinstance(data, dict):
        raise InputError("not a mapping", where, type(data).__name__, "keys and values",
                         "see the designs in examples/")  # fmt: skip
    try:
        return section.model_validate(data)
    except ValidationError as error:
        raise input_error(error, section, where) from None


def input_error(error: ValidationError, section: type[Part], where: str) -> InputError:
    """The first mistake that pydantic found, as an InputError."""
    first = error.errors(include_url=False)[0]
    path = [str(p) for p in first["loc"]]
    place = f"{where}: {'.'.join(path)}" if path else where
    kind, value, context = first["type"], first.get("input"), first.get("ctx", {})
    if kind == "extra_forbidden":
        known = _keys(section, path[:-1])
        near = difflib.get_close_matches(path[-1], known, n=1)
        return InputError("unknown key", place, path[-1], ", ".join(known),
                          f"did you mean {near[0]}?" if near else "remove the key")  # fmt: skip
    if kind == "missing":
        if path[-1] == "treatment" and path[0] == "arms":
            return InputError("an arm has no treatment", place, None, "treatment: NAME",
                              "name a treatment; a comparator is a treatment too")  # fmt: skip
        return InputError("missing key", place, None, path[-1], "add the key")
    if "cure" in context:
        return InputError(kind, place, value, str(context["expected"]), str(context["cure"]))
    if kind == "finite_number":
        return InputError("not a finite number", place, value, "a finite number",
                          "write the value that was meant")  # fmt: skip
    return InputError("a value is not acceptable", place, value, first["msg"], "correct the value")


def _keys(section: type[Part], path: list[str]) -> list[str]:
    """The keys known at `path` inside a section."""
    found: Any = section
    for step in path:
        if step.isdigit():
            continue
        field = getattr(found, "model_fields", {}).get(step)
        found = _section(field.annotation) if field else None
    return list(getattr(found, "model_fields", {}))


def _section(annotation: Any) -> Any:
    """The Part inside `Part`, `Part | None`, `tuple[Part, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    inner = [_section(a) for a in getattr(annotation, "__args__", ())]
    return next((a for a in inner if a is not None), None)


def refuse(what: str, expected: str, cure: str) -> PydanticCustomError:
    """The error a validator raises: it becomes an InputError with its place in the file."""
    return _problem(what, expected, cure)
