"""`twin records load SOURCE`."""

import argparse
from pathlib import Path
from typing import Any

from avatars.commands.records import add_db
from twin_engine.command import Answer
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `twin records load`."""
    parser.add_argument("source", metavar="SOURCE", type=Path, help=tr("a file or a folder"))
    parser.add_argument(
        "--map",
        metavar="FILE",
        type=Path,
        help=tr("a mapping file (YAML) for a lab or lifelog CSV"),
    )
    parser.add_argument(
        "--strict-orders",
        action="store_true",
        help=tr("FHIR: store a medication request only with intent instance-order"),
    )
    add_db(parser)


def run(args: argparse.Namespace) -> Answer:
    """Load one source; the ledger makes it resumable and repeatable."""
    from avatars.warehouse import ledger
    from avatars.warehouse.load import load
    from avatars.warehouse.store import open_store

    with open_store(args.db, create=True) as store:
        count, units = load(store, args.source, mapping=args.map, strict_orders=args.strict_orders)
        store.tune()
        target = Path("records_quarantine.csv")
        ledger.write_quarantine(store, units, target)
    data: dict[str, Any] = {
        "read": count.read,
        "stored": count.stored,
        "quarantined": count.quarantined,
        "tables": dict(sorted(count.tables.items())),
        "quarantine": str(target),
        "units": count.units,
        "units_loaded_before": count.skipped,
        "notes": [{"note": text, "count": n} for text, n in sorted(count.notes.items())],
    }
    warnings = [text for text in sorted(count.notes) if text.startswith("incomplete")]
    if count.quarantined:
        warnings.append(tr("{n} entries in quarantine, with reasons", n=count.quarantined))
    return Answer(data, show=lambda: _show(data), files=[str(target)], warnings=warnings)


def _show(data: dict[str, Any]) -> None:
    from twin_engine.tables import show_table

    for name in ("read", "stored", "quarantined"):
        print(f"{tr(name)}: {data[name]:,}")
    if data["tables"]:
        show_table(tr("tables"), [{"table": name, "rows": n} for name, n in data["tables"].items()])
    if data["notes"]:
        show_table(tr("notes"), data["notes"])
    if data["units_loaded_before"]:
        print(tr("{n} of {all} units were there before", n=data["units_loaded_before"], all=data["units"]))
