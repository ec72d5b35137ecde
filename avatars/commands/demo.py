"""One person, one avatar, four living panels on one off-line page.

The page opens by itself; it sends no request and needs no server.
"""

import argparse
import csv
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from avatars.avatar import Avatar, Value
from twin_engine import assets
from twin_engine.command import Answer, add_flags
from twin_engine.files import write_text
from twin_engine.tables import progress
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `twin demo`."""
    add_flags(parser, "out")
    parser.add_argument("--no-open", action="store_true", help=tr("do not open the page"))


def run(args: argparse.Namespace) -> Answer:
    """Build the page and open it."""
    from twin_engine import page, panels

    begin = time.perf_counter()
    person = demo_person()
    modules = panels.find()
    made = []
    with progress(tr("the avatar is asked"), len(modules)) as bar:
        for module in modules:
            made.append(module.build(person))
            bar.advance()
    style = assets.path("web/panels/_panels.css").read_text(encoding="utf-8")
    grid = "".join(_panel(p, page.escape) for p in made)
    chips = _chips(person, page.escape)
    sections = [
        page.Section("", f"<style>{style}</style>{chips}<div class='panels'>{grid}</div>", "panels"),
        page.Section(tr("This person"), _provenance(person, page.table), "person"),
    ]
    html = page.page(tr("One person, one avatar, four questions"), sections, kicker="twin",
                     lead=tr("A real-like person; touch each panel. The sources of every value stand below."),
                     script=panels.script(made))  # fmt: skip
    target = write_text((args.out or Path.cwd()) / "twin.html", html)
    seconds = time.perf_counter() - begin
    if not args.no_open and not args.json and sys.stdout.isatty():
        _open(target)
    data = {"panels": [p.name for p in made], "seconds": round(seconds, 1),
            "size_mb": round(len(html.encode()) / 1e6, 2)}  # fmt: skip
    return Answer(data, files=[str(target)])


def demo_person() -> Avatar:
    """The person of the demonstration, each value with its provenance."""
    rows = _rows()
    return Avatar(1, {r["name"]: Value(float(r["value"]) if r["unit"] else r["value"], r["unit"], r["provenance"],
                                       r["source"]) for r in rows})  # fmt: skip


def _rows() -> list[dict[str, str]]:
    with open(assets.path("people/demo.csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _shown(value: Value) -> str:
    """A value with its unit, with a minus sign that reads as one."""
    text = f"{value.value:g}" if isinstance(value.value, float) else tr(str(value.value))
    return f"{text} {value.unit}".strip().replace("-", "−")


def _chips(person: Avatar, escape) -> str:  # type: ignore[no-untyped-def]
    """The person at a glance; a chip leads to the panel that its value drives."""
    made = []
    for row in _rows():
        value = person[row["name"]]
        inner = f"<b>{escape(_shown(value))}</b> {escape(tr(row['label']))}"
        hint = escape(f"{tr(value.provenance)}: {tr(value.source)}")
        tag, link = ("a", f' href="#panel-{row["panel"]}"') if row["panel"] else ("span", "")
        made.append(f'<{tag}{link} class="chip {value.provenance}" title="{hint}">{inner}</{tag}>')
    return f'<div class="chips">{"".join(made)}</div>'


def _panel(panel, escape) -> str:  # type: ignore[no-untyped-def]
    return (f'<article class="panel" id="panel-{panel.name}"><h3>{escape(panel.title)}</h3><p>{escape(panel.lead)}</p>'
            f'<canvas role="img" aria-label="{escape(panel.title)}"></canvas><div class="controls"></div><dl></dl>'
            f'<p class="small">{escape(panel.note)}</p></article>')  # fmt: skip


def _provenance(person: Avatar, table) -> str:  # type: ignore[no-untyped-def]
    rows = [{"name": tr(r["label"]), "value": _shown(person[r["name"]]), "provenance": tr(r["provenance"]),
             "source": tr(r["source"])} for r in _rows()]  # fmt: skip
    headings = {"name": tr("name"), "value": tr("value"), "provenance": tr("provenance"), "source": tr("source")}
    return table(rows, headings)


def _open(target: Path) -> None:
    """Show the page where there is a screen; a machine without one only gets its path."""
    opener = {"darwin": "open", "win32": "start"}.get(sys.platform, "xdg-open")
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    if shutil.which(opener):
        subprocess.Popen([opener, str(target)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
