"""Simulate a design many times: power, type I error, expected size, bias, coverage."""

import argparse
from pathlib import Path

from twin_engine.command import Answer, add_flags
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `twin trial power`."""
    parser.add_argument("design", metavar="DESIGN",
                        help=tr("a design file, or a shipped design's name"))  # fmt: skip
    parser.add_argument("--replicates", metavar="R", type=int, default=1000,
                        help=tr("how many trials to simulate"))  # fmt: skip
    add_flags(parser, "out", "seed", "workers", "scheduler")


def run(args: argparse.Namespace) -> Answer:
    """Simulate, write the tables, print the characteristics."""
    import json

    from trials.design import find, load
    from trials.power import operating
    from trials.results import write_csv
    from trials.shards import Shards
    from twin_engine.command import plain
    from twin_engine.files import write_text

    out = args.out or Path(f"{find(args.design).stem}-power")
    design = load(args.design)
    data = operating(design, out, replicates=args.replicates, seed=args.seed,
                     workers=args.workers, scheduler=args.scheduler)  # fmt: skip
    tables = {"effect": data.pop("rows"), "null": data.pop("null_rows")}
    rows: list[dict[str, object]] = [
        {"under": under, "replicate": i} | {name: values[i] for name, values in table.items()}
        for under, table in tables.items()
        for i in range(args.replicates)
    ]
    data["design_sha256"] = design.sha256()
    files = [write_csv(out / "replicates.csv", rows), out / "power.json"]
    text = json.dumps(plain(data), ensure_ascii=False, indent=1)
    write_text(out / "power.json", text + "\n")
    Shards(out).clear()
    return Answer(data, files=[str(f) for f in files])
