"""One catalogue for every text a person sees: English is the key, Korean stands beside it.

`tr("Save report")` answers in the language in force. `assets/text/ko.csv` has the columns
`english,korean`; a text that is not in it stays English.
"""

import csv
import os
from functools import cache

from twin_engine import assets

LANGUAGES = ("en", "ko")
_language: str | None = None


def default_language() -> str:
    """`ko` when the locale's language is Korean, else `en`."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "ko" if value.lower().startswith("ko") else "en"
    return "en"


def language() -> str:
    """The language in force."""
    return _language or default_language()


def set_language(code: str | None) -> None:
    """Choose the language for this process; None goes back to the locale's."""
    global _language
    if code is not None and code not in LANGUAGES:
        from twin_engine.errors import InputError

        raise InputError("unknown language", "--lang", code, "ko or en", "choose one of the two")
    _language = code


@cache
def catalogue() -> dict[str, str]:
    """English text -> Korean text."""
    with open(assets.path("text/ko.csv"), encoding="utf-8", newline="") as file:
        return {row["english"]: row["korean"] for row in csv.DictReader(file)}


def tr(text: str, lang: str | None = None, **values: object) -> str:
    """The text in the language in force, with `{placeholders}` filled.

    Examples
    --------
    >>> tr("{n} persons", lang="en", n=3)
    '3 persons'
    """
    if (lang or language()) == "ko":
        text = catalogue().get(text, text)
    return text.format(**values) if values else text
