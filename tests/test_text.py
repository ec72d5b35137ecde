"""Every text a person sees is in the catalogue, both sides agree, and the font can draw it."""

import ast
import re
import string
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from twin_engine import assets
from twin_engine.text import catalogue, tr

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("twin_engine", "vision_lib", "avatars", "trials", "scenes")
UNITS = {"logMAR", "mmHg"}
# Korean that stands on things of a Korean place (signs, books) is part of their picture.
PICTURES = ("scenes/signs.py", "scenes/places/_")
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


def cures() -> dict[str, str]:
    """Literal cures and expectations of InputErrors, with a place for each; single words and units apart."""
    found: dict[str, str] = {}
    for file, node in calls():
        if isinstance(node.func, ast.Name) and node.func.id == "InputError":
            for number, part in enumerate(node.args[3:5]):
                text = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else ""
                if text and (number == 1 or re.search("[A-Za-z]{2,} [A-Za-z]{2,}", text)):
                    found.setdefault(text, f"{file.relative_to(ROOT)}:{node.lineno}")
    return found


def calls() -> Iterator[tuple[Path, ast.Call]]:
    """Every call in the house."""
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield file, node


def titles() -> dict[str, str]:
    """`TITLE` of every model, treatment, correction and place, and `title` of every place."""
    found: dict[str, str] = {}
    for folder in ("twin_engine/physiology", "trials/treatments", "vision_lib/corrections", "scenes/places"):
        for file in sorted((ROOT / folder).glob("[!_]*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
                value = getattr(node, "value", None)
                if (isinstance(target, ast.Name) and target.id == "TITLE" and isinstance(value, ast.Constant)
                        and isinstance(value.value, str)):  # fmt: skip
                    found[value.value] = str(file.relative_to(ROOT))
    return found


def shipped() -> dict[str, str]:
    """Sentences of the shipped populations, designs and phenotypes: titles, reasons, sources."""
    import yaml

    found: dict[str, str] = {}

    def walk(value: object, file: str) -> None:
        for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(part, file)
        if isinstance(value, str) and re.search("[A-Za-z]{2,}.* [a-z]{2,}", value):
            found.setdefault(value, file)

    folders = ("assets/populations", "assets/phenotypes", "examples")
    for file in sorted(f for folder in folders for f in (ROOT / folder).glob("*.yaml")):
        walk(yaml.safe_load(file.read_text(encoding="utf-8")), str(file.relative_to(ROOT)))
    return found


def first_lines() -> dict[str, str]:
    """What `twin --help` says of each command."""
    from twin_engine.cli import find_commands

    docs = {f: ast.get_docstring(ast.parse(f.read_text(encoding="utf-8"))) for f in find_commands().values()}
    return {(text or "").partition("\n")[0]: str(file.relative_to(ROOT)) for file, text in docs.items()}


@pytest.mark.parametrize("kind", [cures, titles, first_lines, shipped], ids=lambda f: f.__name__)
def test_what_is_translated_by_a_variable_has_its_korean(kind: Callable[[], dict[str, str]]) -> None:
    missing = {text: place for text, place in kind().items() if text not in catalogue()}
    assert not missing, "\n".join(f"{place}: {text}" for text, place in missing.items())


def test_help_is_never_a_bare_literal() -> None:
    spoken_by = ("help", "description", "epilog")
    bare = [f"{file.relative_to(ROOT)}:{node.lineno}" for file, node in calls() for word in node.keywords
            if word.arg in spoken_by and isinstance(word.value, ast.Constant | ast.JoinedStr)]  # fmt: skip
    assert not bare


def test_pages_and_charts_say_nothing_outside_the_catalogue() -> None:
    drawn = ("Section", "note", "set_title", "set_xlabel", "set_ylabel", "show_table", "progress")
    bare = []
    for file, node in calls():
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0] if name in drawn and node.args else None
        if not isinstance(first, ast.Constant) or not isinstance(first.value, str) or first.value in UNITS:
            continue
        if re.search("[A-Za-z]{3}", first.value):
            bare.append(f"{file.relative_to(ROOT)}:{node.lineno}: {first.value}")
    assert not bare


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
    assert not [place for place in places if not place.startswith(PICTURES)]


def test_a_text_speaks_both_languages() -> None:
    assert tr("value", lang="ko") == "값"
    assert tr("value", lang="en") == "value"
