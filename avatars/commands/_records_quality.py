"""`twin records quality`."""

import argparse
from dataclasses import asdict
from pathlib import Path

from avatars.commands.records import add_db
from twin_engine.command import Answer
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `twin records quality`."""
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("."), help=tr("folder for what is written"))
    add_db(parser)


def run(args: argparse.Namespace) -> Answer:
    """Run every check, write the report page."""
    from avatars.warehouse import quality, quality_page
    from avatars.warehouse.store import open_store
    from twin_engine.tables import show_data

    with open_store(args.db) as store:
        report = quality.run(store)
    target = quality_page.write(report, args.out / "records_quality.html")
    rows = [asdict(c) | {"status": c.status} for c in report.checks]
    head = {
        "checks": len(rows),
        "failed": report.count("failed"),
        "passed": report.count("passed"),
        "not_applicable": report.count("not applicable"),
        "structural": sum(c.check in quality.STRUCTURAL for c in report.checks),
        "mapping": report.mapping,
    }
    failed = [r for r in rows if r["status"] == "failed"]
    return Answer(
        head | {"rows": rows},
        show=lambda: show_data(head | {"failed checks": failed[:40]}),
        files=[str(target)],
    )
