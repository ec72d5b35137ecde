"""Simulate one person with one model, with doses."""

import argparse
import csv
import io
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin_engine.command import Answer, add_flags, settings
from twin_engine.errors import InputError
from twin_engine.text import tr

if TYPE_CHECKING:
    from twin_engine.solution import Solution

MOST_VISITS = 1_000_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Model, span, doses, and the grid of the result."""
    parser.add_argument("model", metavar="MODEL", help=tr("a model's name: see twin models"))
    parser.add_argument("--hours", metavar="H", required=True, help=tr("how long, hours"))
    parser.add_argument("--dose", metavar="DOSE", action="append", default=[],
                        help=tr('for example "5 mg every 24 h"; may be repeated'))  # fmt: skip
    parser.add_argument("--every", metavar="HOURS", help=tr("spacing of the result, hours"))
    add_flags(parser, "set", "out")


def run(args: argparse.Namespace) -> Answer:
    """Solve, sample, summarise; with --out also write the curves as CSV."""
    from twin_engine import model as models
    from twin_engine.quantities import convert
    from twin_engine.regimen import parse
    from twin_engine.solve import solve

    model = models.load(args.model)
    hours = _positive("--hours", args.hours)
    grid = _grid(hours, None if args.every is None else _positive("--every", args.every))
    scale = convert(1.0, "h", model.time)
    until = hours * scale
    times = [min(t * scale, until) for t in grid]
    doses = parse(model, args.dose, until)
    solution = solve(model, settings(args.settings), until=until, at=times, doses=doses)
    data = {
        "model": model.name,
        "source": model.source,
        "time_h": grid,
        "outputs": {name: {"unit": solution.unit(name), "values": values}
                    for name, values in solution.outputs.items()},
        "summary": _summary(solution),
    }  # fmt: skip
    files = [] if args.out is None else [_write(args.out, model.name, grid, solution)]
    return Answer(data, show=lambda: _show(data), files=files)


def _positive(flag: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0.0):
        raise InputError("not a possible time", flag, text, "hours, above 0", "for example: --hours 24")
    return value


def _grid(hours: float, every: float | None) -> list[float]:
    """Times in h from 0 to the end, the end included."""
    step = every or hours / 100.0
    if hours / step > MOST_VISITS:
        raise InputError("too many times", "--every", step, f"at most {MOST_VISITS} times",
                         "use a longer spacing")  # fmt: skip
    times = [k * step for k in range(math.floor(hours / step * (1.0 + 1e-12)) + 1)]
    return times if times[-1] >= hours * (1.0 - 1e-12) else [*times, hours]


def _summary(solution: "Solution") -> dict[str, float]:
    made = solution.model.get("summary")
    if made is not None:
        return {k: float(v) for k, v in made(solution).items()}
    return {f"{name}_end": float(values[-1]) for name, values in solution.outputs.items()}


def _write(folder: Path, name: str, grid: list[float], solution: "Solution") -> str:
    from twin_engine.files import write_text

    def column(output: str) -> str:
        unit = re.sub(r"[^A-Za-z0-9]+", "_", solution.unit(output)).strip("_")
        return output if unit in ("", "1") else f"{output}_{unit}"

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["time_h", *map(column, solution.outputs)])
    columns = [[float(x) for x in values] for values in solution.outputs.values()]
    writer.writerows(zip(grid, *columns, strict=True))
    folder.mkdir(parents=True, exist_ok=True)
    return str(write_text(folder / f"{name}.csv", text.getvalue()))


def _show(data: dict[str, Any]) -> None:
    from twin_engine.tables import show_table

    step = max(1, (len(data["time_h"]) - 1) // 12)
    rows = [
        {tr("time, h"): t} | {f"{name}, {o['unit']}": float(o["values"][i])
                              for name, o in data["outputs"].items()}
        for i, t in list(enumerate(data["time_h"]))[::step]
    ]  # fmt: skip
    show_table(data["model"], rows)
    show_table(tr("summary"), [{tr("name"): k, tr("value"): v} for k, v in data["summary"].items()])
