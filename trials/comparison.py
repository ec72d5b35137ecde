"""One page for several designs side by side, with the tables behind it."""

import json
from pathlib import Path
from typing import Any

from trials.design import Design
from trials.results import write_csv
from trials.sizing import boundary_table
from twin_engine import page
from twin_engine.command import plain
from twin_engine.files import write_text
from twin_engine.page import SERIES, Section, chart, escape, figure, table
from twin_engine.text import tr

Made = list[tuple[Design, dict[str, Any]]]
FIGURES = ("power", "harm", "type_i_error", "coverage", "bias")


def rows_of(made: Made) -> list[dict[str, Any]]:
    """One row a design: everything the page shows."""
    rows = []
    for design, data in made:
        bounds = boundary_table(design)
        row = {"design": design.title, "method": data["method"], "scale": data["scale"],
               "persons": design.enrolment.persons, "looks": len(data["looks"]),
               "inflation": bounds["inflation"]}  # fmt: skip
        for name in FIGURES:
            row |= {name: data[name], f"{name}_se": data[f"{name}_se"]}
        row |= {"expected_n": data["expected_n"], "expected_day_d": data["expected_day_d"],
                "truth": data["truth"], "design_sha256": design.sha256()}  # fmt: skip
        rows.append(row)
    return rows


def write(made: Made, out: Path) -> tuple[list[dict[str, Any]], list[Path]]:
    """Write comparison.csv, comparison.json and comparison.html; rows and files."""
    rows = rows_of(made)
    files = [write_csv(out / "comparison.csv", rows)]
    data = [{k: v for k, v in d.items() if k not in ("rows", "null_rows")} for _, d in made]
    text = json.dumps(plain({"designs": rows, "characteristics": data}), ensure_ascii=False, indent=1)
    files.append(write_text(out / "comparison.json", text + "\n"))
    sections = [
        Section(tr("At a glance"), _glance(rows)), Section(tr("Operating characteristics"), _table(rows)),
        Section(tr("Looks"), _looks(made)), Section(tr("Designs"), _designs(made)),
        Section(tr("Limits"), page.note(
            tr("Every rate is a simulation and carries its Monte Carlo standard error (SE)."),
            tr("Designs are comparable only where population, twin and endpoint are the same."))),
    ]  # fmt: skip
    lead = tr("{n} designs simulated with the same seed", n=len(rows))
    files.append(page.write(out / "comparison.html", tr("Designs side by side"), sections,
                            kicker=tr("virtual trial"), lead=lead))  # fmt: skip
    return rows, files


def _glance(rows: list[dict[str, Any]]) -> str:
    drawn, axes = chart(8.0, 1.2 + 0.5 * len(rows), ncols=3, sharey=True)
    names = (("power", tr("power"), None), ("type_i_error", tr("type I error"), 0.05),
             ("coverage", tr("coverage"), 0.95))  # fmt: skip
    for ax, (key, label, line) in zip(axes, names, strict=True):
        for y, row in enumerate(reversed(rows)):
            half = 1.96 * (row[f"{key}_se"] or 0.0)
            colour = SERIES[(len(rows) - 1 - y) % len(SERIES)]
            ax.plot([row[key] - half, row[key] + half], [y, y], color=colour, lw=3, alpha=0.5,
                    solid_capstyle="round")  # fmt: skip
            ax.plot(row[key], y, "o", color=colour, ms=7)
        if line is not None:
            ax.axvline(line, color="#808080", lw=1, ls="--")
        ax.set_xlabel(label)
        ax.set_ylim(-0.6, len(rows) - 0.4)
        ax.grid(axis="y", alpha=0)
    labels = [_short(tr(r["design"])) for r in reversed(rows)]
    axes[0].set_yticks(range(len(rows)), labels)
    return figure(drawn, tr("Points with 95 % Monte Carlo intervals; dashed: the nominal value."))


def _short(text: str, most: int = 34) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _table(rows: list[dict[str, Any]]) -> str:
    def share(value: float, se: float | None) -> str:
        return f"{100 * value:.1f} ± {100 * (se or 0):.1f}"

    shown = [
        {"design": tr(r["design"]), "n": r["persons"], "expected": f"{r['expected_n']:.0f}",
         "power": share(r["power"], r["power_se"]),
         "harm": share(r["harm"], r["harm_se"]),
         "size": share(r["type_i_error"], r["type_i_error_se"]),
         "coverage": share(r["coverage"], r["coverage_se"]),
         "bias": f"{r['bias']:.3g} ± {r['bias_se'] or 0:.1g}", "truth": f"{r['truth']:.3g}",
         "scale": tr(r["scale"].replace("_", " ")), "inflation": f"{r['inflation']:.4f}"}
        for r in rows
    ]  # fmt: skip
    heads = {"design": tr("Design"), "n": tr("Persons"), "expected": tr("Expected persons"),
             "power": tr("Found better, % ± SE"), "harm": tr("Found worse, % ± SE"),
             "size": tr("Type I error, % ± SE"),
             "coverage": tr("Coverage, % ± SE"), "bias": tr("Bias ± SE"), "truth": tr("Truth"),
             "scale": tr("Scale"), "inflation": tr("Inflation")}  # fmt: skip
    return table(shown, heads)


def _looks(made: Made) -> str:
    shown = [
        {"design": tr(design.title), "look": look["look"], "information": look["information"],
         "boundary": f"{look['boundary']:.4f}",
         "stop": f"{100 * look['stop_probability']:.1f}",
         "null": f"{100 * look['null_stop_probability']:.1f}"}
        for design, data in made for look in data["looks"]
    ]  # fmt: skip
    heads = {"design": tr("Design"), "look": tr("Look"), "information": tr("Information"),
             "boundary": tr("Efficacy, Z"), "stop": tr("Stops here, %"),
             "null": tr("Stops here without effect, %")}  # fmt: skip
    return table(shown, heads)


def _designs(made: Made) -> str:
    parts = []
    for design, _ in made:
        arms = ", ".join(f"{tr(a.name)} ({a.ratio})" for a in design.arms)
        facts = [
            {"key": tr("Question"), "value": tr(design.question)},
            {"key": tr("Arms"), "value": arms},
            {"key": tr("Population"), "value": design.population.source},
            {"key": tr("Twin"), "value": f"{design.twin.model}: {design.twin.outcome}"},
            {"key": tr("Randomisation"), "value": tr(design.randomisation.kind.replace("_", " "))},
            {"key": tr("Primary endpoint"), "value": tr(design.primary.name)},
        ]  # fmt: skip
        parts.append(f"<h3>{escape(tr(design.title))}</h3>{table(facts, {'key': '', 'value': ''})}")
    return "".join(parts)
