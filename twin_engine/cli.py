"""`twin`: finds a command by its file name, runs it, prints its answer, sets the exit code.

0: done. 2: the person's input is wrong. 1: our fault. 130: interrupted.
"""

import ast
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twin_engine.errors import InputError
from twin_engine.text import set_language, tr

ROOMS = ("twin_engine", "vision_lib", "avatars", "trials", "scenes")
VERSION = "0.1.0"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _dispatch(words)
    except InputError as error:
        _print_error(error, words)
        return 2
    except KeyboardInterrupt:
        print(tr("interrupted"), file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        _our_fault(error)
        return 1


def _dispatch(words: list[str]) -> int:
    set_language(_spoken(words))
    commands = find_commands()
    if not words or words[0] in ("-h", "--help", "help"):
        _print_help(commands)
        return 0
    if words[0] == "--version":
        print(f"twin {VERSION}")
        return 0
    module = _load(words[0], commands)
    from twin_engine.command import Parser, finish

    parser = Parser(prog=f"twin {words[0]}", description=tr(_first_line(module.__doc__ or "")))
    module.configure(parser)
    args = parser.parse_args(words[1:])
    _check_house()
    action = getattr(args, "action", None)
    name = " ".join(w for w in (words[0], action) if w)
    finish(module.run(args), args, name, VERSION)
    return 0


def find_commands() -> dict[str, Path]:
    """Command name -> file, for the commands of our five rooms, without importing any."""
    house = Path(__file__).resolve().parent.parent
    return {
        file.stem.replace("_", "-"): file
        for room in ROOMS
        for file in sorted((house / room / "commands").glob("*.py"))
        if not file.stem.startswith("_")
    }


def _load(name: str, commands: dict[str, Path]) -> Any:
    if name in commands:
        file = commands[name]
        return importlib.import_module(f"{file.parent.parent.name}.commands.{file.stem}")
    from importlib.metadata import entry_points

    for entry in entry_points(group="twin.commands", name=name):
        return entry.load()
    import difflib

    near = difflib.get_close_matches(name, commands, n=1)
    raise InputError("unknown command", "twin", name, ", ".join(sorted(commands)),
                     f"twin {near[0]} --help" if near else "twin --help")  # fmt: skip


def _print_help(commands: dict[str, Path]) -> None:
    import textwrap

    print(tr("usage: twin COMMAND [options]"))
    print()
    print(tr("One person becomes one avatar; then ask it:"))
    print(tr("a trial, a rehearsal, a movement, a sight."))
    print()
    width = max(map(len, commands), default=0)
    for name, file in sorted(commands.items()):
        line = _first_line(ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "")
        head = f"  {name:<{width}}  "
        print(textwrap.fill(tr(line), 80, initial_indent=head, subsequent_indent=" " * len(head)))
    print()
    print(tr("twin COMMAND --help shows a command's options; --json prints one JSON object."))
    print(tr("For research, teaching and counselling; not a medical device."))


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _spoken(words: list[str]) -> str | None:
    for i, word in enumerate(words):
        if word == "--lang" and i + 1 < len(words):
            return words[i + 1]
        if word.startswith("--lang="):
            return word.partition("=")[2]
    return None


def _check_house() -> None:
    """Refuse to run when another distribution shadows one of our packages."""
    import importlib.util

    house = Path(__file__).resolve().parent.parent
    for room in ROOMS:
        spec = importlib.util.find_spec(room)
        origin = Path(spec.origin).resolve() if spec and spec.origin else None
        if origin is None or origin.parent.parent != house:
            from twin_engine.shadow import owner

            raise InputError("another distribution shadows one of our packages", room,
                             owner(room, origin), str(house / room),
                             "use an environment of its own: python3 -m venv .venv")  # fmt: skip


def _print_error(error: InputError, words: list[str]) -> None:
    print(f"{tr('error')}: {error}", file=sys.stderr)
    if "--json" in words:
        print(json.dumps({"error": error.as_dict()}, ensure_ascii=False))


def _our_fault(error: Exception) -> None:
    import traceback

    handle, name = tempfile.mkstemp(prefix="twin-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as log:
        # Frames only: messages and locals may hold a person's data.
        for frame in traceback.extract_tb(error.__traceback__):
            log.write(f"{frame.filename}:{frame.lineno} {frame.name}\n")
        log.write(f"{type(error).__name__}\n")
    text = tr("this is our fault, not yours: {kind}; the place is noted in {log}",
              kind=type(error).__name__, log=name)  # fmt: skip
    print(text, file=sys.stderr)
    if os.environ.get("TWIN_DEBUG"):
        traceback.print_exception(error)


if __name__ == "__main__":
    sys.exit(main())
