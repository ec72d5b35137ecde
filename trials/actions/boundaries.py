"""Print a design's stopping boundaries, its inflation and its size."""

import argparse
from typing import Any

from twin_engine.command import Answer, add_flags
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `twin trial boundaries`."""
    parser.add_argument("design", metavar="DESIGN", help=tr("a design file, or a shipped design's name"))
    add_flags(parser)


def run(args: argparse.Namespace) -> Answer:
    """Boundaries, inflation and size of one design."""
    from trials.design import load
    from trials.sizing import boundary_table

    data = boundary_table(load(args.design))
    return Answer(data, lambda: show(data))


def show(data: dict[str, Any]) -> None:
    """The looks as a table, the size in a sentence."""
    from twin_engine.tables import show_table

    heads = {"information": tr("Information"), "efficacy_z": tr("Efficacy, Z"), "futility_z": tr("Futility, Z"),
             "efficacy_p": "p", "cumulative_alpha": tr("Error spent"),
             "stop_efficacy_probability": tr("Stops for efficacy")}  # fmt: skip
    show_table(tr("Looks"), [{heads[k]: look[k] for k in heads} for look in data["looks"]])
    print(tr("Inflation {inflation} over a design without looks.", inflation=f"{data['inflation']:.4f}"))
    if data["n_total"]:
        print(tr("Persons: {n}; without looks {fixed}.", n=data["n_total"], fixed=f"{data['n_fixed']:.1f}"))
    if data["events"]:
        print(tr("Events at the last look: {n}.", n=data["events"]))
