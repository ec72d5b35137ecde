"""What every command shares: flags, the answer it gives, and how an answer is printed.

A command is one file `<room>/commands/<name>.py` with

- a docstring whose first line is the help text,
- `configure(parser)`, which adds arguments, and
- `run(args) -> Answer`.

`twin` finds it by its file name without importing it. A hyphen in a command stands for an
underscore in the file name.
"""

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from twin_engine.errors import InputError
from twin_engine.text import LANGUAGES, tr

# argparse marks its own words for translation; they go through the one catalogue, too.
setattr(argparse, "_", tr)  # noqa: B010


@dataclass
class Answer:
    """The result of a command.

    Parameters
    ----------
    data : dict
        The JSON object, keys snake_case and ending in their unit.
    show : callable, optional
        Prints the result for a person; without it the data are shown as a table.
    files : list of str
        Files written.
    warnings : list of str
        Sentences for stderr and for the JSON object.
    """

    data: dict[str, Any]
    show: Callable[[], None] | None = None
    files: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes are InputErrors."""

    def error(self, message: str) -> NoReturn:
        raise InputError("the command line is wrong", self.prog, message, self.format_usage().strip(),
                         tr("see: {command} --help", command=self.prog))  # fmt: skip


def add_flags(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add flags that mean the same everywhere.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Parser of a command or sub-command.
    *names : str
        Any of "out", "seed", "workers", "scheduler", "set", "n"; `--json` and `--lang` are always
        added.
    """
    add = parser.add_argument
    add("--json", action="store_true", help=tr("print one JSON object on stdout"))
    add("--lang", choices=LANGUAGES, help=tr("language: ko or en"))
    if "out" in names:
        add("--out", metavar="DIR", type=Path, help=tr("folder for what is written"))
    if "seed" in names:
        add("--seed", metavar="N", type=int, default=1, help=tr("seed of every random stream"))
    if "workers" in names:
        add("--workers", metavar="N", type=int, help=tr("processes or threads; default: all cores"))
    if "scheduler" in names:
        add("--scheduler", metavar="ADDRESS", help=tr("address of a Dask scheduler"))
    if "set" in names:
        add("--set", metavar="NAME=VALUE", action="append", default=[], dest="settings",
            help=tr("a parameter or covariate; may be repeated"))  # fmt: skip
    if "n" in names:
        add("-n", metavar="N", type=int, dest="n", help=tr("how many persons"))


def settings(pairs: Iterable[str]) -> dict[str, str]:
    """`["a=1", "b=x"]` -> `{"a": "1", "b": "x"}`.

    Raises
    ------
    InputError
        A pair without `=` or with an empty name.
    """
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise InputError("a setting needs a name and a value", "--set", pair, "NAME=VALUE",
                             "for example: --set age_y=55")  # fmt: skip
        found[name.strip()] = value.strip()
    return found


def finish(answer: Answer, args: argparse.Namespace, command: str, version: str) -> None:
    """Print an answer: one JSON object, or tables and sentences."""
    for warning in answer.warnings:
        print(warning, file=sys.stderr)
    if args.json:
        head: dict[str, Any] = {"command": command, "version": version}
        if hasattr(args, "seed"):
            head["seed"] = args.seed
        tail = {"files": [_relative(f) for f in answer.files], "warnings": answer.warnings}
        print(json.dumps(plain(head | answer.data | tail), ensure_ascii=False))
        return
    if answer.show is not None:
        answer.show()
    else:
        from twin_engine.tables import show_data

        show_data(answer.data)
    for file in answer.files:
        print(f"{tr('written')}: {_relative(file)}")


def _relative(file: str | Path) -> str:
    path = Path(file)
    try:
        return str(path.resolve().relative_to(Path.cwd().resolve()))
    except ValueError:
        return os.path.relpath(path)


def plain(value: Any) -> Any:
    """Numpy scalars and arrays, tuples and paths as JSON values; NaN and infinity as null."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, bool | str | int) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return str(value)
