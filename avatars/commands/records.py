"""Load records, check them, draw cohorts and avatars, release.

Each action is one file `_records_<action>.py` beside this one.
"""

import argparse
import importlib
from typing import Any

from twin_engine.command import Answer, add_flags
from twin_engine.text import tr

ACTIONS = {
    "load": "load OMOP, FHIR, CSV or DICOM into the warehouse; resumes where it stopped",
    "quality": "check the warehouse: required, keys, references, domains, units, dates",
    "cohort": "draw a research set with its attrition from a phenotype",
    "avatar": "make an avatar from one person's record",
    "release": "release aggregates with small cells suppressed, sealed for one recipient",
    "federate": "compute over several warehouses without moving a row",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions with their arguments."""
    actions = parser.add_subparsers(dest="action", required=True)
    for name, text in ACTIONS.items():
        sub = actions.add_parser(name, help=tr(text), description=tr(text))
        _module(name).configure(sub)


def run(args: argparse.Namespace) -> Answer:
    """Run the chosen action."""
    answer: Answer = _module(args.action).run(args)
    return answer


def add_db(parser: argparse.ArgumentParser) -> None:
    """The warehouse's address, the same in every action."""
    parser.add_argument(
        "--db",
        default="records.duckdb",
        metavar="FILE|URL",
        help=tr("the warehouse: a DuckDB file or postgresql://user@host/name"),
    )
    add_flags(parser)


def _module(action: str) -> Any:
    return importlib.import_module(f"avatars.commands._records_{action}")
