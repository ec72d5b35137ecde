"""The credibility page: what the tests compare with a published number, and what is assumed.

    PYTHONPATH=tests python -m pytest -p credibility tests     # any part of the tests; brings its rows up to date
    python tests/credibility.py                                # writes docs/credibility.md from the rows

As a plugin it listens to every `pytest.approx` in a test that passes. It keeps a comparison where the test
names a source and the expected number is written there with at most seven digits; 0 and 1 are left out
(they are limits and sums). Rows are in docs/credibility.csv, each with a digest of its test.
"""

import ast
import csv
import hashlib
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROWS, PAGE = ROOT / "docs/credibility.csv", ROOT / "docs/credibility.md"
COLUMNS = ("test", "what", "published", "ours", "tolerance", "digest")
SOURCE = re.compile(
    r"(?:(?:Dalla |Eye |[Vv]an (?:der |de )?|[Dd]e )?(?!The |In |Since )[A-Z][\w'’-]+"
    r"(?:,? (?:and|&) [A-Z][\w'’-]+| et al\.?)?,? \(?(?:19|20)\d\d"
    r"|ISO \d+|CIE \d+|ICRP \d+|ANSI Z80|doi[ :]\S+|CKD-EPI)[^\"\n]{0,70}"
)
# Where the source ends and the sentence goes on.
REST = re.compile(r"[;:,]\s(?=[a-z])|[;:]\s|\.\s|\s\(|\)| (?:and|implies|evaluated|with|at|as) (?![A-Z])")
_seen: dict[str, list[dict[str, Any]]] = {}
_now: list[pytest.Item] = []


def pytest_configure(config: pytest.Config) -> None:
    """Listen to comparisons of numbers."""
    scalar: Any = type(pytest.approx(1.0))  # arrays and sequences compare through it, number by number
    plain = scalar.__eq__

    def heard(self: Any, actual: Any) -> bool:
        equal = plain(self, actual)
        if equal and _now:
            _note(self, actual)
        return equal

    scalar.__eq__ = heard


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """The test that runs now; its comparisons count only if it passes."""
    _seen[item.nodeid] = []
    _now[:] = [item]
    try:
        yield
    except BaseException:
        del _seen[item.nodeid]
        raise
    finally:
        _now.clear()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Replace the rows of the tests that ran."""
    ran = {bare(test) for test in _seen}
    kept = [row for row in read() if bare(row["test"]) not in ran and digest(row["test"])]
    fresh = [row for rows in _seen.values() for row in rows]
    made = sorted(kept + fresh, key=lambda row: row["test"])
    with open(ROWS, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(made)


def _note(expected: Any, actual: Any) -> None:
    item = _now[0]
    value = expected.expected
    try:
        number, ours, tolerance = float(value), float(actual), float(expected.tolerance)
    except (TypeError, ValueError):
        return
    test = item.nodeid
    if number in (0.0, 1.0) or not math.isfinite(number) or float(f"{number:.7g}") != number or not source_of(test):
        return
    row = {"test": test, "what": _what(item), "published": f"{number:.7g}", "ours": f"{ours:.5g}",
           "tolerance": f"{tolerance:.2g}", "digest": digest(test)}  # fmt: skip
    if row not in _seen[test]:
        _seen[test].append(row)


def _what(item: pytest.Item) -> str:
    """Left side of the assertion that compares."""
    frame: Any = sys._getframe()
    while frame is not None and frame.f_code.co_filename != str(item.path):
        frame = frame.f_back
    if frame is None:
        return ""
    for node in ast.walk(_tree(item.nodeid.partition("::")[0])):
        if isinstance(node, ast.Assert) and node.lineno <= frame.f_lineno <= (node.end_lineno or 0):
            compared = node.test.left if isinstance(node.test, ast.Compare) else node.test
            return " ".join(ast.unparse(compared).split())[:70]
    return ""


def bare(test: str) -> str:
    """A test's name without its parameters."""
    return test.partition("[")[0]


@cache
def _tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


@cache
def _text(test: str) -> str:
    """Source of a test with its decorators and the comment above it; empty where it is gone."""
    file, _, name = bare(test).partition("::")
    if not (ROOT / file).exists():
        return ""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.FunctionDef) and node.name == name.rpartition("::")[2]:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
            while first > 0 and lines[first - 1].startswith("#"):
                first -= 1
            return "\n".join(lines[first : node.end_lineno])
    return ""


def digest(test: str) -> str:
    """Short digest of a test's source; empty where it is gone."""
    text = _text(bare(test))
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest() if text else ""


@cache
def source_of(test: str) -> str:
    """The first source that the test names, or else its module."""
    file = test.partition("::")[0]
    for text in (_text(bare(test)), ast.get_docstring(_tree(file)) or ""):
        if found := SOURCE.search(text):
            return REST.split(found[0])[0].strip(" .,;:)(").replace("|", "/")
    return ""


def read() -> list[dict[str, str]]:
    """The rows kept."""
    if not ROWS.exists():
        return []
    with open(ROWS, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def page(rows: list[dict[str, str]]) -> str:
    """The page in Markdown."""
    parts = [HEAD.format(rows=len(rows), tests=len({bare(r["test"]) for r in rows}))]
    counts = Counter(part_of(r["test"]) for r in rows)
    parts += ["\n## Comparisons by part\n", "| part | comparisons | tests |", "|---|---|---|"]
    for part in sorted(counts):
        tests = {bare(r["test"]) for r in rows if part_of(r["test"]) == part}
        parts.append(f"| {part} | {counts[part]} | {len(tests)} |")
    parts += ["\n## What is published and what is assumed\n",
              "Parameters of each model, by the column `kind` of `assets/parameters/*.csv`.\n",
              "| parameters | published | assumption | assumed |", "|---|---|---|---|"]  # fmt: skip
    parts += [_assumed(file) for file in sorted((ROOT / "assets/parameters").glob("*.csv"))]
    for part in sorted(counts):
        parts += [f"\n## {part}\n", "| what | published | ours | tolerance | source named | test |"]
        parts.append("|---|---|---|---|---|---|")
        for r in rows:
            if part_of(r["test"]) == part:
                name = bare(r["test"]).rpartition("::")[2]
                parts.append(f"| `{r['what'].replace('|', '/')}` | {r['published']} | {r['ours']} | ± {r['tolerance']} "
                             f"| {source_of(r['test'])} | `{name}` |")  # fmt: skip
    return "\n".join(parts) + "\n"


def part_of(test: str) -> str:
    """Room and subject of a test."""
    file = Path(test.partition("::")[0])
    return f"{'/'.join(file.parts[1:-1]) or 'house'}: {file.stem.removeprefix('test_').replace('_', ' ')}"


def _assumed(file: Path) -> str:
    with open(file, encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    kinds = Counter(r["kind"] for r in rows)
    names = sorted({r["name"] for r in rows if r["kind"] == "assumption"})
    shown = ", ".join(f"`{n}`" for n in names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    return f"| {file.stem} | {kinds['published']} | {kinds['assumption']} | {shown} |"


HEAD = """# Credibility: published value, our value, tolerance

Generated by `tests/credibility.py` from the tests; do not edit. {rows} comparisons in {tests} tests.

A row is one comparison by `pytest.approx` in a test that passed: the number written in the test, the number
computed, and the tolerance (absolute) within which the test passes. Listed are tests that name a source.
Left out are 0 and 1, numbers computed in the test (closed forms, conservation laws, other programs), and
assertions by an interval: those tests run too, but are no table of published values. The column *what* is the
test's own expression. A test proves that the code gives the number; that the number holds for a patient, it
does not prove (see [limits](limits.md))."""

if __name__ == "__main__":
    PAGE.write_text(page(read()), encoding="utf-8")
