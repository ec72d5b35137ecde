"""Learning curves of sessions: motion metrics, not a validated exam."""

import argparse
from pathlib import Path
from typing import Any

from twin_engine.command import Answer, add_flags
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """`report`, `add`, `example`; `case`, `grade`."""
    actions = parser.add_subparsers(dest="action", required=True)
    report = actions.add_parser("report", help=tr("learning curves of every learner in a book of sessions"))
    report.add_argument("book", metavar="BOOK", type=Path, help=tr("CSV file of sessions"))
    add_flags(report, "out")
    add = actions.add_parser("add", help=tr("score a recorded session and write it into a book"))
    add.add_argument("session", metavar="SESSION", type=Path, help=tr("session of twin scene organ (.json)"))
    add.add_argument("--book", metavar="BOOK", type=Path, default=Path("book.csv"), help=tr("CSV file of sessions"))
    add_flags(add)
    case = actions.add_parser("case", help=tr("a case of the specimen room: its report to fill in"))
    case.add_argument("case", metavar="CASE", nargs="?", help=tr("name of a case; without it, the list"))
    add_flags(case, "out")
    grade = actions.add_parser("grade", help=tr("grade a filled-in report, with feedback field by field"))
    grade.add_argument(
        "report", metavar="REPORT", type=Path, help=tr("report (.json) of twin training case or the room")
    )
    add_flags(grade)
    example = actions.add_parser("example", help=tr("a book of scripted novice and trained hands, to try the report"))
    example.add_argument("--book", metavar="BOOK", type=Path, default=Path("book.csv"), help=tr("CSV file of sessions"))
    add_flags(example, "seed")


def run(args: argparse.Namespace) -> Answer:
    """Score, write an example, or report."""
    return {"add": _add, "case": _case, "grade": _grade, "example": _example, "report": _report}[args.action](args)


def _add(args: argparse.Namespace) -> Answer:
    """Replay a session and append its scores."""
    from twin_engine.tissue import session, training

    made = session.Session.load(args.session)
    outcome = session.replay(made, session.theatre(made.task))
    scores = session.score(made, outcome)
    trial = training.add(args.book, made.student, made.task, scores)
    return Answer({"student": made.student, "task": made.task, "trial": trial, **scores, "digest": outcome.digest},
                  files=[str(args.book)])  # fmt: skip


def _case(args: argparse.Namespace) -> Answer:
    """The report of a case with its slice, ink and blocks still to be chosen."""
    import json

    from twin_engine.files import write_text
    from twin_engine.tissue.examination import Examination
    from twin_engine.tissue.organs import lesions

    if args.case is None:
        return Answer({"cases": [{"case": title, "organ": organ} for title, (organ, _) in lesions.standard().items()]})
    made = Examination(args.case)
    path = args.out or Path("report.json")
    path = path if path.suffix else path / "report.json"
    write_text(path, json.dumps(made.report(), ensure_ascii=False, indent=1))
    return Answer({"case": args.case, "weight_g": made.weigh(), "normal_weight_g": made.normal()["weight_g"]},
                  files=[str(path)])  # fmt: skip


def _grade(args: argparse.Namespace) -> Answer:
    """Field by field: what was said, what is right, credit and why."""
    import json

    from twin_engine.errors import InputError
    from twin_engine.files import read_text
    from twin_engine.tissue.examination import Examination

    try:
        data = json.loads(read_text(args.report))
    except ValueError:
        raise InputError("unreadable report", str(args.report), args.report.name, "JSON",
                         "start from: twin training case") from None  # fmt: skip
    rows = Examination.of_report(data).grade(data["answers"])
    total = sum(r["credit"] for r in rows) / len(rows)
    for row in rows:
        row |= {k: ", ".join(row[k]) for k in ("given", "right") if isinstance(row[k], list)}
    return Answer({"case": data["case"], "credit_percent": 100 * total, "fields": rows})


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
