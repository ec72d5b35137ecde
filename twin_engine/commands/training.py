"""Learning curves of sessions: motion metrics, not a validated exam."""

import argparse
from pathlib import Path
from typing import Any

from twin_engine.command import Answer, add_flags
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """`report BOOK`."""
    actions = parser.add_subparsers(dest="action", required=True)
    report = actions.add_parser("report", help=tr("learning curves of every learner in a book of sessions"))
    report.add_argument("book", metavar="BOOK", type=Path, help=tr("CSV file of sessions"))
    add_flags(report, "out")


def run(args: argparse.Namespace) -> Answer:
    """Tables; with --out a page and a CSV export."""
    from twin_engine.tissue import training

    rows = training.read(args.book)
    found = training.report(rows)
    files = [] if args.out is None else _page(args.out, rows, found)
    note = tr("Motion metrics, not a validated exam.")
    return Answer({"learners": found, "sessions": len(rows), "note": note}, files=[str(f) for f in files])


def _page(out: Path, rows: list[dict[str, Any]], found: list[dict[str, Any]]) -> list[Path]:
    from twin_engine import page
    from twin_engine.tissue import training

    figure, axes = page.chart()
    for row in found:
        mine = sorted(
            (r["trial"], r["time_s"]) for r in rows if (r["student"], r["task"]) == (row["student"], row["task"])
        )
        axes.plot(*zip(*mine, strict=True), marker="o", label=f"{row['student']}, {row['task']}")
    axes.set_xlabel(tr("trial"))
    axes.set_ylabel(tr("time (s)"))
    axes.legend()
    sections = [
        page.Section(tr("Learners"), page.table(found)),
        page.Section(tr("Learning curves"), page.figure(figure, tr("Time of every trial"))),
    ]
    written = page.write(
        out / "training.html", tr("Training"), sections, lead=tr("Motion metrics, not a validated exam.")
    )
    return [written, training.write(out / "sessions.csv", rows)]
