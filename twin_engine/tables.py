"""Tables and sentences for a terminal, and progress on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from twin_engine.text import tr

_SHEETS = 20  # more rows than this stay a table, however narrow its columns


def show_data(data: dict[str, Any]) -> None:
    """Print a command's data: scalars as lines, lists of objects as tables."""
    for key, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            show_table(heading(key), value)
        elif isinstance(value, dict):
            show_table(heading(key), [value])
        else:
            print(f"{heading(key)}: {cell(value)}")


def show_table(title: str, rows: list[dict[str, Any]]) -> None:
    """Print rows of equal keys as one table; where it is too wide for the terminal, row by row."""
    from rich.console import Console
    from rich.table import Table

    keys = list(rows[0])
    cells = [[cell(row.get(key)) for key in keys] for row in rows]
    console = Console(file=sys.stdout, emoji=False, markup=False)
    columns = zip([heading(k) for k in keys], *cells, strict=True)
    least = [max(_widest_word(text) for text in column) for column in columns]
    console.print(title, style="italic")
    if len(rows) <= _SHEETS and len(keys) > 2 and sum(least) + 3 * len(keys) + 1 > console.width:
        for row in cells:
            console.print(_sheet(keys, row))
        return
    table = Table(header_style="bold")
    for key in keys:
        number = isinstance(rows[0][key], int | float) and not isinstance(rows[0][key], bool)
        table.add_column(heading(key), justify="right" if number else "left", overflow="fold")
    for row in cells:
        table.add_row(*row)
    console.print(table)


def _sheet(keys: list[str], row: list[str]) -> Any:
    """One row, a line a value."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.HORIZONTALS, show_header=False, pad_edge=False)
    for key, value in zip(keys, row, strict=True):
        table.add_row(heading(key), value)
    return table


def _widest_word(text: str) -> int:
    from rich.cells import cell_len

    # Longer words than this (hashes, paths) may be folded.
    return min(24, max((cell_len(word) for word in text.split()), default=0))


def heading(key: str) -> str:
    """A key as a person reads it."""
    text = tr(key)
    # Names of a model's quantities come with their unit and are written as one must type them.
    return text.replace("_", " ") if text == key and "," not in key else text


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
