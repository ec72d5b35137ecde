"""Run one virtual trial from its design to its report."""

import argparse
from pathlib import Path

from twin_engine.command import Answer, add_flags
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `twin trial run`."""
    parser.add_argument("design", metavar="DESIGN", help=tr("a design file, or a shipped design's name"))
    parser.add_argument("--adam", action="store_true",
                        help=tr("write ADSL, ADTTE and their define sheet, too"))  # fmt: skip
    add_flags(parser, "out", "seed", "workers", "n")


def run(args: argparse.Namespace) -> Answer:
    """Run the trial; the answer holds what `cli.md` promises."""
    from trials.design import find, load
    from trials.run import run_trial

    out = args.out or Path(find(args.design).stem)
    return run_trial(load(args.design), out, seed=args.seed, persons=args.n, workers=args.workers,
                     adam=args.adam)  # fmt: skip
