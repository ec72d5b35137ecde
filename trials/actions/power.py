"""Simulate a design many times: power, type I error, expected size, bias, coverage."""

import argparse
from pathlib import Path
from typing import Any

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
    return Answer(data, lambda: show(data), files=[str(f) for f in files])


def show(data: dict[str, Any]) -> None:
    """Rates with their Monte Carlo errors, then the looks and the estimands."""
    from twin_engine.tables import show_table

    def share(key: str) -> str:
        return f"{100 * data[key]:.2f} ± {100 * (data[f'{key}_se'] or 0):.2f} %"

    rows = [
        (tr("Found better"), share("power")), (tr("Found worse"), share("harm")),
        (tr("Type I error"), share("type_i_error")), (tr("Coverage"), share("coverage")),
        (tr("Bias"), f"{data['bias']:.3g} ± {data['bias_se'] or 0:.1g}"), (tr("Truth"), f"{data['truth']:.4g}"),
        (tr("Expected persons"), f"{data['expected_n']:.1f}"),
    ]  # fmt: skip
    title = tr("{n} trials with the effect and {n} without; ± one Monte Carlo standard error", n=data["replicates"])
    show_table(title, [{tr("Figure"): name, tr("Value"): value} for name, value in rows])
    heads = {"look": tr("Look"), "information": tr("Information"), "boundary": tr("Efficacy, Z"),
             "stop_probability": tr("Stops here"),
             "null_stop_probability": tr("Stops here without effect")}  # fmt: skip
    show_table(tr("Looks"), [{heads[k]: look[k] for k in heads} for look in data["looks"]])
    if "estimands" in data:
        show_table(tr("estimands"), data["estimands"])
    if "adaptive" in data:
        show_table(tr("adaptive"), [{k: v for k, v in data["adaptive"].items() if k != "arms"}])
