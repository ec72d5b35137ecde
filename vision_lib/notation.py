"""Reads what a clinic writes for a prescription: one unambiguous lens, or one clear error.

Understood: plus and minus cylinder; "plano", "pl"; "DS", "sph", "D", "DC", "cyl"; "S-3.00 C-1.25
A180"; x, ×, ax, axis, @, * or only a space before the axis; "/" between the parts; decimal comma;
any of the minus signs; a degree sign; "add +2.00". Nothing is guessed: a power without its sign, a
cylinder without its axis, an axis above 180 and a prism are refused.
"""

import re
import unicodedata
from typing import NamedTuple, NoReturn

from twin_engine.errors import InputError

LONGEST = 80
EXAMPLE = "-3.00 -1.25 x 180 add +2.00"
_MINUS = dict.fromkeys(map(ord, "−–—‐‑‒﹣-"), "-")
_NUMBER = r"\d{1,4}(?:[.,]\d{1,3})?|[.,]\d{1,3}"
_TOKEN = re.compile(
    rf"""(?P<number>[+-]*(?:{_NUMBER}))
       | (?P<plano>plano|plan|pl)\b
       | (?P<add>add(?:ition)?|near\ add)\s*[:=]?
       | (?P<axis>axis|axe|ax|a(?=\s*[:=]?\s*\d)|x|×|\*|@)\s*[:=]?
       | (?P<sphere>sph(?:ere)?|ds|s(?=\s*[:=]?\s*[+-]?[\d.,]|\s*[:=]?\s*pl))\.?\s*[:=]?
       | (?P<cylinder>cyl(?:inder)?|dc|c(?=\s*[:=]?\s*[+-]?[\d.,]))\.?\s*[:=]?
       | (?P<unit>dpt|d)\b\.?
       | (?P<prism>prism|δ|∆|\^|pd\b|b[iodu]\b|base)
       | (?P<skip>[\s/;,°º=]+|deg(?:rees)?\b)""",
    re.VERBOSE,
)


class Lens(NamedTuple):
    """The numbers of a prescription: sphere, cylinder, axis, add."""

    sphere_d: float
    cylinder_d: float = 0.0
    axis_deg: float = 180.0
    add_d: float = 0.0


class _Token(NamedTuple):
    kind: str
    text: str


def read(text: str, where: str) -> Lens:
    """The lens a text describes.

    Raises
    ------
    InputError
        Not one unambiguous lens.
    """
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        raise InputError("a prescription must be a short text", where, text, EXAMPLE,
                         "write sphere, cylinder and axis")  # fmt: skip
    tokens = _tokens(text, where)
    tokens, add = _take_add(tokens, text, where)
    power, axis = _take_axis(tokens, text, where)
    sphere, cylinder = _powers(power, text, where)
    if cylinder and axis is None:
        raise InputError("cylinder without axis", where, text, EXAMPLE, "write the axis, 1 to 180")
    if axis is not None and cylinder is None:
        _check_axis(axis, text, where)
        raise InputError("axis without cylinder", where, text, EXAMPLE,
                         "write the cylinder before the axis")  # fmt: skip
    if axis is not None:
        _check_axis(axis, text, where)
    return Lens(sphere, cylinder or 0.0, 180.0 if axis is None else axis, add)


def _check_axis(axis: float, text: str, where: str) -> None:
    if not 0.0 <= axis <= 180.0:
        raise InputError("axis out of range", where, text, "an axis from 1 to 180",
                         "turn by 180 degrees: 200 is 20")  # fmt: skip


def _tokens(text: str, where: str) -> list[_Token]:
    clean = unicodedata.normalize("NFKC", text).lower().translate(_MINUS).strip()
    # A sign may stand apart from its number ("- 3.00"); two numbers never do ("-3.00 - 1.25").
    clean = re.sub(r"([+-])\s+(?=[\d.,])", r"\1", clean)
    found, at = [], 0
    while at < len(clean):
        match = _TOKEN.match(clean, at)
        if match is None:
            _refuse(text, where)
        at = match.end()
        kind = str(match.lastgroup)
        if kind == "prism":
            raise InputError("a prism cannot be simulated", where, text, EXAMPLE,
                             "leave the prism out")  # fmt: skip
        if kind != "skip":
            found.append(_Token(kind, match.group(kind)))
    return found


def _refuse(text: str, where: str) -> NoReturn:
    raise InputError("not a prescription", where, text, EXAMPLE, "write sphere, cylinder and axis")


def _number(token: _Token, text: str, where: str, *, signed: bool) -> float:
    digits = token.text.lstrip("+-")
    sign = token.text[: len(token.text) - len(digits)]
    if len(sign) > 1:
        raise InputError("mixed signs", where, text, EXAMPLE, "write one sign before each power")
    value = float(digits.replace(",", "."))
    if signed and value and not sign:
        raise InputError("power without sign", where, text, EXAMPLE, "write + or - before each power")
    return -value if sign == "-" else value


def _take_add(tokens: list[_Token], text: str, where: str) -> tuple[list[_Token], float]:
    places = [i for i, t in enumerate(tokens) if t.kind == "add"]
    if not places:
        return tokens, 0.0
    at = places[0]
    tail = [t for t in tokens[at + 1 :] if t.kind != "unit"]
    if len(places) > 1 or len(tail) != 1 or tail[0].kind != "number":
        _refuse(text, where)
    add = _number(tail[0], text, where, signed=False)
    if add < 0:
        raise InputError("a near addition must be plus", where, text, EXAMPLE, "write add +2.00")
    return tokens[:at], add


def _take_axis(
    tokens: list[_Token], text: str, where: str
) -> tuple[list[_Token], float | None]:
    places = [i for i, t in enumerate(tokens) if t.kind == "axis"]
    numbers = [i for i, t in enumerate(tokens) if t.kind == "number"]
    if not places:
        powers = [t for t in tokens if t.kind in ("number", "plano")]
        # "-3.00 -1.25 180" and "plano -1.25/180": a third plain number is the axis.
        if len(powers) == 3 and numbers[-1] == len(tokens) - 1 and tokens[-1].text[0] not in "+-":
            return tokens[:-1], _number(tokens[-1], text, where, signed=False)
        return tokens, None
    at = places[0]
    rest = [t for t in tokens if t.kind == "axis" or t.kind == "number"]
    # "180 ax" at the end, as some autorefractors print it, or the usual "x 180".
    if len(places) == 1 and at == len(tokens) - 1 and len(numbers) == 3 and numbers[-1] == at - 1:
        axis, left = tokens[at - 1], tokens[: at - 1]
    elif len(places) == 1 and at == len(tokens) - 2 and rest[-1].kind == "number":
        axis, left = tokens[-1], tokens[:-2]
    elif len(places) == 1 and at == len(tokens) - 1:
        raise InputError("cylinder without axis", where, text, EXAMPLE, "write the axis, 1 to 180")
    else:
        _refuse(text, where)
    if axis.text[0] in "+-":
        raise InputError("axis out of range", where, text, "an axis from 1 to 180",
                         "turn by 180 degrees: 200 is 20")  # fmt: skip
    return left, _number(axis, text, where, signed=False)


def _powers(tokens: list[_Token], text: str, where: str) -> tuple[float, float | None]:
    """Sphere and, if written, cylinder, from powers and their labels in order."""
    values: list[float] = []
    labels: list[str] = []
    for token in tokens:
        if token.kind == "plano":
            values.append(0.0)
        elif token.kind == "number":
            values.append(_number(token, text, where, signed=True))
        elif token.kind != "unit":
            labels.append(token.kind)
    if not 1 <= len(values) <= 2 or labels not in (["sphere", "cylinder"], ["sphere"], [], ["cylinder"]):
        _refuse(text, where)
    if len(values) == 1:
        # A lone cylinder ("-1.25 DC") would need "plano" before it to be read without doubt.
        if "cylinder" in labels:
            _refuse(text, where)
        return values[0], None
    return values[0], values[1]
