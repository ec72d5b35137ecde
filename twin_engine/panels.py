"""Living panels of the demonstration page: one file `<room>/panels/<name>.py` each.

A panel module has `ORDER` (place on the page), and `build(person) -> Panel`. Panels are found by file
name, so trials and scenes offer theirs without seeing each other.
"""

import importlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin_engine import assets
from twin_engine.cli import ROOMS


@dataclass(frozen=True)
class Panel:
    """One panel.

    Parameters
    ----------
    name : str
        Its script is `assets/web/panels/<name>.js`, a function body of `(root, data, say)`.
    title, lead, note : str
        Plain text: what it is, what to do with it, what it must not be taken for.
    data : dict
        Plain values for the script.
    words : tuple of str
        English texts that the script shows; their translations travel with the page.
    """

    name: str
    title: str
    lead: str
    note: str
    data: dict[str, Any]
    words: tuple[str, ...]


def find() -> list[Any]:
    """The panel modules of all rooms, in order."""
    house = Path(__file__).resolve().parent.parent
    found = [importlib.import_module(f"{room}.panels.{file.stem}") for room in ROOMS
             for file in sorted((house / room / "panels").glob("[a-z]*.py"))]  # fmt: skip
    return sorted(found, key=lambda module: module.ORDER)


def script(panels: list[Panel]) -> str:
    """The page's one script: every panel's function, its data and its words."""
    from twin_engine.command import plain
    from twin_engine.text import tr

    parts = []
    for panel in panels:
        body = assets.path(f"web/panels/{panel.name}.js").read_text(encoding="utf-8")
        data = json.dumps(plain(panel.data), ensure_ascii=False).replace("<", "\\u003c")
        words = json.dumps({w: tr(w) for w in panel.words}, ensure_ascii=False).replace("<", "\\u003c")
        parts.append(f'panel("{panel.name}", {data}, {words}, (root, data, say) => {{\n{body}\n}});')
    head = assets.path("web/panels/_shared.js").read_text(encoding="utf-8")
    return "\n".join([head, *parts])
