"""Files that people write (YAML), checked strictly: unknown keys refused, every mistake one clear error."""

import difflib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from twin_engine.errors import InputError
from twin_engine.files import read_text

MAX_BYTES = 1_000_000


class Part(BaseModel):
    """A section of a file: frozen, unknown keys and NaN refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def read_yaml(file: Path) -> Any:
    """The plain data of a YAML file.

    Raises
    ------
    InputError
        The file is missing, unreadable, too large or no YAML.
    """
    import yaml

    if file.is_file() and file.stat().st_size > MAX_BYTES:
        raise InputError("the file is too large", str(file), file.stat().st_size, f"at most {MAX_BYTES} bytes",
                         "give the specification, not the data")  # fmt: skip
    try:
        return yaml.safe_load(read_text(file))
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f"{file}:{place.line + 1}" if place else str(file)
        raise InputError("the file is not YAML", where, getattr(error, "problem", None), "a YAML file",
                         "correct the marked line") from None  # fmt: skip


def parse(section: type[Part], data: Any, where: str) -> Any:
    """The section built from plain data.

    Raises
    ------
    InputError
        The first thing that is wrong, with its place as `where: key.key`.
    """
    if not isinstance(data, dict):
        raise InputError("not a mapping", where, type(data).__name__, "keys and values", "see the files in examples/")
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
        return InputError("missing key", place, None, path[-1], "add the key")
    if "cure" in context:
        return InputError(kind, place, value, str(context["expected"]), str(context["cure"]))
    if kind == "finite_number":
        return InputError("not a finite number", place, value, "a finite number", "write the value that was meant")
    return InputError("a value is not acceptable", place, value, first["msg"], "correct the value")


def _keys(section: type[Part], path: list[str]) -> list[str]:
    """The keys known at `path` inside a section; names of mappings and of union members are stepped over."""
    found: list[type[Part]] = [section]
    for step in path:
        inner = [p for part in found if step in part.model_fields for p in _parts(part.model_fields[step].annotation)]
        tagged = [p for p in found if p.model_fields.get("kind") and step in str(p.model_fields["kind"].annotation)]
        found = inner or tagged or found
    return [name for part in found for name in part.model_fields]


def _parts(annotation: Any) -> list[type[Part]]:
    """The Parts inside `Part`, `Part | None`, `tuple[Part, ...]`, `dict[str, Part]`, `Annotated[...]`."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return [annotation]
    return [part for a in getattr(annotation, "__args__", ()) for part in _parts(a)]


def refuse(what: str, expected: str, cure: str) -> PydanticCustomError:
    """The error a validator raises: it becomes an InputError with its place in the file."""
    # PydanticCustomError formats with braces; these texts are passed on by `input_error`.
    return PydanticCustomError(what, "{expected}", {"expected": expected, "cure": cure})  # type: ignore[arg-type]
