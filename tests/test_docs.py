"""What README and docs say holds: links lead somewhere, commands are understood, the quick ones run."""

import argparse
import importlib
import importlib.util
import re
import shlex
from pathlib import Path

import pytest

from twin_engine import cli
from twin_engine.command import Parser
from twin_engine.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Placeholders of the pages, by what they may stand for.
MEANT = {"DESIGN": "alzheimer", "NAME": "warfarin", "MODEL": "theophylline", "SPEC": "warfarin-europe",
         "RX": "-3.00 DS", "N": "20", "R": "50", "H": "8", "FILE": "kim.csv", "DIR": "out", "PLACE": "home",
         "ADDRESS": "tcp://127.0.0.1:8786", "KG": "70",
         "RECORDING": "walk.mot"}  # fmt: skip
QUICK = ("models", "explain", "doctor", "simulate", "population sample", "trial boundaries", "eye form")


def commands() -> list[tuple[str, str]]:
    """(page, command line) of every `twin ...` that a page shows, placeholders filled in."""
    found: dict[str, str] = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if page.name == "extend.md":  # its commands are run by tests/examples/test_extend.py
            continue
        lines = re.findall(r"^(?:    )?(twin .+)$", "\n".join(_literal(text)), re.MULTILINE)
        shown = [re.split(r" {3,}| +# ", line)[0] for line in lines]
        shown += re.findall(r"`(twin [^`]+)`", re.sub(r"\n", " ", text))
        for line in (part.strip() for whole in shown for part in whole.split("&&")):
            found.setdefault(line, str(page.relative_to(ROOT)))
    return [(page, line) for line, page in found.items()]


def _literal(text: str) -> list[str]:
    """Lines of code blocks, indented or fenced."""
    fenced, kept = False, []
    for line in text.splitlines():
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            kept.append(line)
    return kept


def words(line: str, stands_for: dict[str, str] | None = None) -> list[str]:
    """The words after `twin`; what is optional ([--model OSIM]) is given, placeholders are filled in."""
    said = [word for word in shlex.split(re.sub(r"[\[\]]", "", line))[1:] if word not in ("…", "...")]
    meant = MEANT | (stands_for or {})
    return [meant.get(word, word) for word in said]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    inside = [link.partition("#")[0] for link in LINK.findall(text) if not re.match(r"https?:|mailto:|#", link)]
    assert not [link for link in inside if not (page.parent / link).exists()]


@pytest.mark.parametrize(("page", "line"), commands())
def test_a_command_shown_is_understood(page: str, line: str) -> None:
    given = words(line)
    if given[0].startswith("-") or "--help" in given:
        return
    found = cli.find_commands()
    assert given[0] in found, f"{page}: {line}"
    file = found[given[0]]
    parser = Parser(prog=given[0])
    importlib.import_module(f"{file.parent.parent.name}.commands.{file.stem}").configure(parser)
    try:
        assert isinstance(parser.parse_args(given[1:]), argparse.Namespace)
    except InputError as error:
        # A bare mention of a command or action is no call of it.
        named = len(given) <= 2 and "required" in str(error.value)
        assert named, f"{page}: {line}: {error.value}"


def quick() -> list[str]:
    """Commands that take seconds and need nothing but the house."""
    alone = ("twin models", "twin doctor")
    return [line for _, line in commands()
            if line in alone or (len(words(line)) > 1 and " ".join(words(line)).startswith(QUICK))]  # fmt: skip


@pytest.mark.parametrize("line", quick())
def test_a_quick_command_runs(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = words(line)
    if "type1" in given and importlib.util.find_spec("simglucose") is None:
        pytest.skip("simglucose, which carries the table of type 1 subjects, is not installed")
    assert cli.main(given) == 0


def test_every_page_is_in_the_site() -> None:
    yaml = pytest.importorskip("yaml")
    site = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w/]+\.md", str(yaml.safe_load(site)["nav"])))
    there = {str(p.relative_to(ROOT / "docs")) for p in (ROOT / "docs").rglob("*.md")}
    assert named == there


def test_the_site_builds(tmp_path: Path) -> None:
    build = pytest.importorskip("mkdocs.commands.build", reason="mkdocs is not installed (extra docs)")
    from mkdocs.config import load_config

    build.build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(tmp_path / "site"), strict=True))
    assert (tmp_path / "site/extend.html").exists()
