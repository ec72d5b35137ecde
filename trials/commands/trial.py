"""Run a virtual trial, its power or its boundaries; compare designs."""

import argparse
import importlib
from pathlib import Path

from twin_engine.command import Answer
from twin_engine.text import tr

ACTIONS = Path(__file__).resolve().parent.parent / "actions"


def configure(parser: argparse.ArgumentParser) -> None:
    """One sub-command for each file of trials/actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for file in sorted(ACTIONS.glob("[!_]*.py")):
        module = importlib.import_module(f"trials.actions.{file.stem}")
        title = (module.__doc__ or "").strip().partition("\n")[0]
        module.configure(actions.add_parser(file.stem, help=tr(title), description=tr(title)))


def run(args: argparse.Namespace) -> Answer:
    """Hand over to the action's file."""
    return importlib.import_module(f"trials.actions.{args.action}").run(args)
