"""`twin records avatar PERSON`."""

import argparse
from pathlib import Path
from typing import Any

from avatars.commands.records import add_db
from twin_engine.command import Answer, settings
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `twin records avatar`."""
    parser.add_argument("person", metavar="PERSON", type=int, help=tr("the person_id in the warehouse"))
    parser.add_argument(
        "--reference",
        metavar="FILE",
        type=Path,
        help=tr("a population table (CSV) to impute from what was not measured"),
    )
    parser.add_argument(
        "--calibrate", choices=("warfarin", "circulation"), help=tr("calibrate this twin to the person's measurements")
    )
    parser.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], dest="settings",
                        help=tr("a parameter or covariate; may be repeated"))  # fmt: skip
    parser.add_argument("--seed", metavar="N", type=int, default=1, help=tr("seed of every random stream"))
    add_db(parser)


def run(args: argparse.Namespace) -> Answer:
    """Measured values, imputed values, calibrated parameters; each says where it comes from."""
    from avatars.warehouse import person
    from avatars.warehouse.store import open_store

    with open_store(args.db) as store:
        record = person.read(store, args.person)
        draws: dict[str, Any] = {}
        if args.reference is not None:
            from avatars import csv_table

            record, draws = person.complete(record, csv_table.read(args.reference), args.seed)
        posterior = None
        if args.calibrate == "warfarin":
            posterior = person.warfarin(store, args.person, settings(args.settings), record.avatar)
        elif args.calibrate == "circulation":
            posterior = person.circulation(record.avatar, args.seed)
    data: dict[str, Any] = {
        "person": args.person,
        "values": [
            {"name": n, "value": v.value, "unit": v.unit, "provenance": v.provenance, "source": v.source}
            for n, v in record.avatar.values.items()
        ],
    }
    warnings = sorted(set(record.remarks))
    if draws:
        data["draws"] = {name: values.tolist() for name, values in draws.items()}
    if posterior is not None:
        data["calibration"] = [_parameter(posterior, name) for name in posterior.names]
        warnings += [tr("the measurements do not inform {name}", name=n) for n in posterior.not_informed()]
    return Answer(data, warnings=warnings)


def _parameter(posterior: Any, name: str) -> dict[str, Any]:
    low, high = posterior.interval(name)
    ratio = posterior.width_ratio()[name]
    middle, _ = posterior.interval(name, 0.0)
    typical = float(posterior.typical[posterior.names.index(name)])
    return {"parameter": name, "typical": typical, "median": middle, "low_90": low, "high_90": high,
            "width_ratio": ratio, "informed": name not in posterior.not_informed()}  # fmt: skip
