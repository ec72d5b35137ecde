"""Draw avatars from distributions or a real table; report fidelity."""

import argparse
from pathlib import Path
from typing import Any

from twin_engine.command import Answer, add_flags
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions with their arguments."""
    actions = parser.add_subparsers(dest="action", required=True)
    text = tr("draw N persons of a specification and measure how close they are to it")
    sub = actions.add_parser("sample", help=text, description=text)
    sub.add_argument("spec", metavar="SPEC", help=tr("a shipped specification's name, or a YAML file"))
    add_flags(sub, "n", "out", "seed")
    sub.set_defaults(n=1000)


def run(args: argparse.Namespace) -> Answer:
    """Sample, write the table, its dictionary and the fidelity page."""
    from avatars import csv_table
    from avatars.fidelity_page import write_page
    from avatars.make import make

    made = make(args.spec, args.n, args.seed)
    stem = Path(args.spec).stem
    folder = args.out or Path(".")
    tables = csv_table.write(made.population, folder / f"{stem}.csv")
    command = f"twin population sample {Path(args.spec).name} -n {args.n}"
    report = write_page(made, folder / f"{stem}_fidelity.html", args.seed, command)
    found = made.fidelity
    assert found is not None
    data = {
        "n": len(made.population), "title": tr(made.spec.title), "table": str(tables[0]), "report": str(report),
        "candidates": made.candidates, "acceptance": made.acceptance,
        "fidelity": {
            "against": found.against,
            "max_abs_rho_difference": found.scores.max_abs_rho_difference,
            "two_sample_auc": found.scores.two_sample_auc,
            "membership_auc": found.scores.membership_auc,
            "gates_passed": found.gates_passed,
            "checks": found.checks(),
            "controls": [vars(control) | {"passed": control.passed} for control in found.controls],
        },
        "columns": [
            {"column": m.column, "unit": m.unit, "reference": m.reference, "sample": m.sample, "distance": m.distance}
            for m in found.marginals
        ],
    }  # fmt: skip
    warnings = [] if found.gates_passed else [tr("not all fidelity gates passed: see the report before use")]
    return Answer(data, lambda: _show(data), [str(f) for f in (*tables, report)], warnings)


def _show(data: dict[str, Any]) -> None:
    from twin_engine.tables import show_table

    print(f"{data['title']}: {tr('{n} persons', n=data['n'])}")
    show_table(tr("Distributions"), data["columns"])
    show_table(tr("Gates"), data["fidelity"]["checks"])
    if data["fidelity"]["controls"]:
        show_table(tr("Controls (must fail)"), data["fidelity"]["controls"])
