"""Corrections of the eye: one file each, found by file name without wiring.

A correction is one class that derives from `Correction` in a file `<name>.py`; on the command line
the file name is written with hyphens (`iol_edof.py` is `--correct iol-edof`), and `single` stands
for `single-vision`. Adding one means adding a file; the contract tests find it.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from twin_engine.errors import InputError
from vision_lib.ability import Person, View

SHORT = {"single": "single-vision"}
# What an option of this name can be; the progressive surface holds within 15 mm of its corridor.
LIMITS = {"add_d": (0.0, 4.0), "target_d": (-6.0, 3.0), "rotation_deg": (-90.0, 90.0), "decentration_mm": (0.0, 3.0),
          "corridor_mm": (0.0, 30.0), "width_mm": (0.0, 20.0), "gaze_x_mm": (-15.0, 15.0)}  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """One figure about a correction that is not an acuity: name, value, unit, spread, source."""

    name: str
    value: float
    unit: str
    sd: float | None
    source: str


class Correction(ABC):
    """What a correction promises: the view before and after it, and its own figures.

    Attributes
    ----------
    TITLE : str
        As a clinic names it.
    SOURCE : str
        Citation of what it rests on.
    STATISTICAL : bool
        True where it is a mean of a trial rather than optics of this eye.
    """

    TITLE: ClassVar[str]
    SOURCE: ClassVar[str]
    STATISTICAL: ClassVar[bool]

    @abstractmethod
    def compare(self, person: Person, distance_m: float) -> tuple[View, View]:
        """The view of one distance before and after, in this order."""

    @abstractmethod
    def facts(self, person: Person) -> Sequence[Fact]:
        """Figures of this correction for this person."""

    @abstractmethod
    def limits(self, person: Person) -> Sequence[str]:
        """Sentences, in the language in force, on what this does not tell about this person."""


@cache
def names() -> tuple[str, ...]:
    """Every correction's name, with hyphens."""
    files = Path(__file__).parent.glob("*.py")
    return tuple(sorted(f.stem.replace("_", "-") for f in files if not f.stem.startswith("_")))


def load(name: str, **options: Any) -> Correction:
    """The correction of this name with its options.

    Raises
    ------
    InputError
        No such correction, an option it does not have, or a value of another kind.
    """
    known = SHORT.get(name, name)
    if known not in names():
        raise InputError("unknown correction", "--correct", name, ", ".join(names()), "choose one")
    module = import_module(f"{__name__}.{known.replace('-', '_')}")
    kind = next(v for v in vars(module).values() if _is_correction(v, module.__name__))
    allowed = {f.name: str(f.type) for f in fields(kind)}
    wrong = [o for o in options if o not in allowed]
    if wrong:
        raise InputError("the correction has no such option", "--set", ", ".join(wrong),
                         ", ".join(allowed) or "none", "see the correction's options in the manual")  # fmt: skip
    return kind(**{o: _checked(o, v, allowed[o]) for o, v in options.items()})


def _checked(option: str, value: Any, kind: str) -> Any:
    """An option's value if it is of the field's kind; texts take anything."""
    if "str" in kind:
        return str(value)
    where = f"--set {option}"
    if "bool" in kind:
        if value is not None and not isinstance(value, bool):
            raise InputError("not a yes or no", where, value, "yes, no", "write one of them")
    elif value is not None and not (type(value) in (int, float) and math.isfinite(value)):
        raise InputError("not a number", where, value, "a number", "write digits")
    low, high = LIMITS.get(option, (-math.inf, math.inf))
    if value is not None and not low <= value <= high:
        raise InputError("option out of range", where, value, f"{low:g} to {high:g}", "check the entry")
    return value


def _is_correction(value: Any, module: str) -> bool:
    return (isinstance(value, type) and issubclass(value, Correction) and value is not Correction
            and value.__module__ == module)  # fmt: skip
