"""Every text a person sees is in the catalogue, both sides agree, and the font can draw it."""

import ast
import re
import string
from pathlib import Path

import pytest

from twin_engine import assets
from twin_engine.text import catalogue, tr

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("twin_engine", "vision_lib", "avatars", "trials", "scenes")
HANGUL = re.compile("[가-힣]")


def spoken() -> dict[str, str]:
    """Literal texts given to `tr` and first arguments of InputError, with a place for each."""
    found: dict[str, str] = {}
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                    continue
                first = node.args[0]
                if (node.func.id in ("tr", "InputError") and isinstance(first, ast.Constant)
                        and isinstance(first.value, str)):  # fmt: skip
                    found.setdefault(first.value, f"{file.relative_to(ROOT)}:{node.lineno}")
    return found


def test_every_text_has_its_korean() -> None:
    missing = {text: place for text, place in spoken().items() if text not in catalogue()}
    assert not missing, "\n".join(f"{place}: {text}" for text, place in missing.items())


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_placeholders_agree() -> None:
    differ = [e for e, k in catalogue().items() if placeholders(e) != placeholders(k)]
    assert not differ


def test_the_font_has_every_character() -> None:
    ttlib = pytest.importorskip("fontTools.ttLib")
    cmap = ttlib.TTFont(assets.path("fonts/NotoSansKR-Regular.otf")).getBestCmap()
    missing = {c for pair in catalogue().items() for text in pair for c in text if ord(c) not in cmap}
    assert not missing - {"\n"}


def test_hangul_stays_in_the_catalogue() -> None:
    places = [
        str(file.relative_to(ROOT))
        for room in ROOMS
        for file in (ROOT / room).rglob("*.py")
        if HANGUL.search(file.read_text(encoding="utf-8"))
    ]
    assert not places, places


def test_a_text_speaks_both_languages() -> None:
    assert tr("value", lang="ko") == "값"
    assert tr("value", lang="en") == "value"
