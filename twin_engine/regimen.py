"""Doses as a person writes them: "5 mg every 24 h", "78 g at 0", "infusion 100 mg over 1 h at 0"."""

import math
import re
from collections.abc import Iterable

from twin_engine.doses import Dose
from twin_engine.errors import InputError
from twin_engine.model import Model
from twin_engine.quantities import convert

MOST = 100_000  # doses of one person
_FORM = 'for example: "5 mg every 24 h", "78 g at 0", "infusion 100 mg over 1 h at 2 h"'


def parse(model: Model, texts: Iterable[str], until: float) -> list[Dose]:
    """Doses before `until` (model's TIME), in the units of the model's routes.

    Parameters
    ----------
    model : Model
    texts : iterable of str
        ``[ROUTE] AMOUNT UNIT [over TIME] [every TIME] [at TIME]``; a time is a number and a unit,
        a bare number is hours; ROUTE is one of the model's, or `infusion` for its first.
    until : float

    Raises
    ------
    InputError
        Not of this form, an unknown route, a wrong unit, a negative or non-finite number.
    """
    return [dose for text in texts for dose in _one(model, text, until)]


def _one(model: Model, text: str, until: float) -> list[Dose]:
    words = re.sub(r"(?<=\d)(?=[A-Za-z%])(?![eE][-+]?\d)", " ", text.strip()).split()
    if not words or not model.doses:
        raise _wrong(text, "a dose" if model.doses else "no doses: this model takes none")
    route = next(iter(model.doses))
    if not _is_number(words[0]):
        named = words.pop(0)
        if named in model.doses:
            route = named
        elif named != "infusion":
            raise InputError("unknown route", f"--dose {text!r}", named, ", ".join(model.doses),
                             "see: twin models")  # fmt: skip
    if len(words) < 2:
        raise _wrong(text, "an amount and a unit")
    amount = _number(words[0], text)
    if amount < 0.0:
        raise InputError("a dose cannot be negative", f"--dose {text!r}", amount, "0 or more", _FORM)
    amount = convert(amount, words[1], _unit(model, route), f"--dose {text!r}")
    times = _times(model, words[2:], text)
    duration, every, first = times.get("over", 0.0), times.get("every"), times.get("at", 0.0)
    if every is None:
        return [Dose(first, amount, route, duration)]
    if every <= 0.0 or (until - first) / every > MOST:
        raise InputError("not a possible interval", f"--dose {text!r}", every,
                         f"above 0, at most {MOST} doses", _FORM)  # fmt: skip
    count = max(0, math.ceil((until - first) / every - 1e-9))
    return [Dose(first + k * every, amount, route, duration) for k in range(count)]


def _unit(model: Model, route: str) -> str:
    """Unit of an amount on a route; an input's unit is a rate over the model's time."""
    field = model.doses[route]
    if field in model.states:
        return model.module.State.units[field]
    return model.module.Input.units[field].removesuffix(f"/{model.time}")


def _times(model: Model, words: list[str], text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    while words:
        key = words.pop(0)
        if key not in ("over", "every", "at") or key in found or not words:
            raise _wrong(text, "over, every and at, each once, each with a time")
        value = _number(words.pop(0), text)
        if value < 0.0:
            raise InputError("a time cannot be negative", f"--dose {text!r}", value, "0 or more", _FORM)
        named = bool(words) and words[0] not in ("over", "every", "at")
        found[key] = convert(value, words.pop(0) if named else "h", model.time, f"--dose {text!r}")
    return found


def _is_number(word: str) -> bool:
    return re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+|nan|inf)([eE][-+]?\d+)?", word, re.I) is not None


def _number(word: str, text: str) -> float:
    value = float(word) if _is_number(word) else math.nan
    if not math.isfinite(value):
        raise InputError("not a number", f"--dose {text!r}", word, "a finite number", _FORM)
    return value


def _wrong(text: str, expected: str) -> InputError:
    return InputError("a dose cannot be read", "--dose", text, expected, _FORM)
