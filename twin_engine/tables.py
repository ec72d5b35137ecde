"""Tables and sentences for a terminal, and progress on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from twin_engine.text import tr


def show_data(data: dict[str, Any]) -> None:
    """Print a command's data: scalars as lines, lists of objects as tables."""
    for key, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            show_table(tr(key), value)
        elif isinstance(value, dict):
            show_table(tr(key), [value])
        else:
            print(f"{tr(key)}: {cell(value)}")


def show_table(title: str, rows: list[dict[str, Any]]) -> None:
    """Print rows of equal keys as one table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", header_style="bold")
    keys = list(rows[0])
    for key in keys:
        number = isinstance(rows[0][key], int | float) and not isinstance(rows[0][key], bool)
        table.add_column(tr(key), justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(cell(row.get(key)) for key in keys))
    Console(file=sys.stdout, emoji=False, markup=False).print(table)


def cell(value: Any) -> str:
    """One value as a person reads it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    if isinstance(value, float):
        return f"{value:.5g}"
    if isinstance(value, list | tuple):
        return ", ".join(cell(v) for v in value)
    return str(value)


class Progress:
    """Counts done work on stderr; silent where stderr is no terminal."""

    def __init__(self, bar: Any, task: Any) -> None:
        self._bar, self._task = bar, task

    def advance(self, n: int = 1) -> None:
        """`n` more are done."""
        if self._bar is not None:
            self._bar.advance(self._task, n)


@contextmanager
def progress(label: str, total: int) -> Iterator[Progress]:
    """A progress bar on stderr while the block runs."""
    if not sys.stderr.isatty():
        yield Progress(None, None)
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        yield Progress(bar, bar.add_task(label, total=total))
