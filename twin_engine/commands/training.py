"""Learning curves of sessions: motion metrics, not a validated exam."""

import argparse
from pathlib import Path
from typing import Any

from twin_engine.command import Answer, add_flags
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """`report BOOK`, `add SESSION`, `example`."""
    actions = parser.add_subparsers(dest="action", required=True)
    report = actions.add_parser("report", help=tr("learning curves of every learner in a book of sessions"))
    report.add_argument("book", metavar="BOOK", type=Path, help=tr("CSV file of sessions"))
    add_flags(report, "out")
    add = actions.add_parser("add", help=tr("score a recorded session and write it into a book"))
    add.add_argument("session", metavar="SESSION", type=Path, help=tr("session of twin scene organ (.json)"))
    add.add_argument("--book", metavar="BOOK", type=Path, default=Path("book.csv"), help=tr("CSV file of sessions"))
    add_flags(add)
    example = actions.add_parser("example", help=tr("a book of scripted novice and trained hands, to try the report"))
    example.add_argument("--book", metavar="BOOK", type=Path, default=Path("book.csv"), help=tr("CSV file of sessions"))
    add_flags(example, "seed")


def run(args: argparse.Namespace) -> Answer:
    """Score, write an example, or report."""
    return {"add": _add, "example": _example, "report": _report}[args.action](args)


def _add(args: argparse.Namespace) -> Answer:
    """Replay a session and append its scores."""
    from twin_engine.tissue import session, training

    made = session.Session.load(args.session)
    outcome = session.replay(made, session.theatre(made.task))
    scores = session.score(made, outcome)
    trial = training.add(args.book, made.student, made.task, scores)
    return Answer({"student": made.student, "task": made.task, "trial": trial, **scores, "digest": outcome.digest},
                  files=[str(args.book)])  # fmt: skip


def _example(args: argparse.Namespace) -> Answer:
    """Scripted hands with the published figures of novices and of trained surgeons, and a learner between them."""
    from twin_engine.tissue import scripted, session, training

    trials = [("novice", 0.0), ("trained", 1.0), *(("learner", 1.0 - 1.0 / k) for k in range(1, 9))]
    rows = []
    for name, learnt in trials:
        made = scripted.threading(scripted.between(learnt), name, args.seed)
        scores = session.motion(made)
        trial = training.add(args.book, name, made.task, scores)
        rows.append({"student": name, "trial": trial}
                    | {k: scores[k] for k in ("time_s", "path_total_m", "hand_difference_m", "sparc")})  # fmt: skip
    return Answer({"sessions": rows}, files=[str(args.book)])


def _report(args: argparse.Namespace) -> Answer:
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
