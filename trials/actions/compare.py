"""Put several designs side by side: size, boundaries, power, errors, bias, coverage."""

import argparse
from pathlib import Path

from twin_engine.command import Answer, add_flags
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `twin trial compare`."""
    parser.add_argument("designs", metavar="DESIGN", nargs="+",
                        help=tr("design files, or names of shipped designs"))  # fmt: skip
    parser.add_argument("--replicates", metavar="R", type=int, default=500,
                        help=tr("how many trials to simulate"))  # fmt: skip
    add_flags(parser, "out", "seed", "workers", "scheduler")


def run(args: argparse.Namespace) -> Answer:
    """Simulate every design, write one page and its tables."""
    from trials.comparison import write
    from trials.design import load
    from trials.power import operating
    from trials.shards import Shards

    out = args.out or Path("comparison")
    made = []
    for name in args.designs:
        design = load(name)
        data = operating(design, out, replicates=args.replicates, seed=args.seed,
                         workers=args.workers, scheduler=args.scheduler)  # fmt: skip
        made.append((design, data))
    rows, files = write(made, out)
    Shards(out).clear()
    return Answer({"designs": rows, "replicates": args.replicates}, files=[str(f) for f in files])
