"""Pages for a person hold on a phone in Korean, and ask nothing of the network."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twin_engine.cli import main
from twin_engine.text import set_language

PAGES = {
    "eye": ["eye", "show", "--rx=-3.00 -1.25 x 180", "--age", "52"],
    "form": ["eye", "form"],
    "population": ["population", "sample", "warfarin-korea", "-n", "200"],
    "session": ["motion", "session", "--task", "reach", "--weeks", "2"],
    "trial": ["trial", "run", "alzheimer", "-n", "200"],
}
# What may stand in Latin letters: citations, names of files and quantities, units.
CITED = re.compile(r"\d{4}|doi|et al|DDMODEL|PMC|[a-z]+_[a-z]+")


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    yield
    set_language(None)


@pytest.mark.needs_browser
@pytest.mark.parametrize("name", PAGES)
def test_a_page_holds_on_a_phone_in_korean(name: str, tmp_path: Path, opened: Callable[..., Any]) -> None:
    assert main([*PAGES[name], "--lang", "ko", "--json", "--out", str(tmp_path)]) == 0
    file = next(tmp_path.rglob("*.html"))
    page = opened(file, 380, 800)
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
    assert [u for u in page.requests if not u.startswith(("data:", "blob:"))] == [file.as_uri()]
    assert not page.faults
    said = [line for line in page.inner_text("body").splitlines() if re.search("(?:[A-Za-z]{3,} ){3}", line)]
    assert not [line for line in said if not re.search("[가-힣]", line) and not CITED.search(line)]
