"""The quality report as one page."""

from pathlib import Path

from avatars.warehouse.quality import STRUCTURAL, Check, Report
from twin_engine import page
from twin_engine.text import tr

FAILED_SHOWN = 200


def write(report: Report, target: Path) -> Path:
    """Write the report; counts only, no value of any person."""
    sections = [
        page.Section(tr("At a glance"), glance(report)),
        page.Section(tr("Checks by kind"), page.table(kinds(report))),
        page.Section(tr("Failed checks"), page.table(failures(report.checks)[:FAILED_SHOWN])),
        page.Section(tr("Vocabulary mapping"), mapping(report)),
    ]
    lead = tr("Required, key, reference, domain, unit, date and completeness rules over the whole warehouse.")
    return page.write(target, tr("Data quality"), sections, kicker=tr("records"), lead=lead)


def glance(report: Report) -> str:
    """Figures, and what an empty table means."""
    structural = [c for c in report.checks if c.check in STRUCTURAL]
    figures = [
        (tr("checks"), f"{len(report.checks):,}", tr("{n} of them structural", n=len(structural))),
        (tr("passed"), f"{report.count('passed'):,}", ""),
        (tr("failed"), f"{report.count('failed'):,}", ""),
        (tr("not applicable"), f"{report.count('not applicable'):,}", tr("nothing to look at: not counted as passed")),
    ]
    return page.cards(figures)


def kinds(report: Report) -> list[dict[str, object]]:
    """One row a kind of check."""
    names = dict.fromkeys(c.check for c in report.checks)
    return [
        {tr("check"): name}
        | {
            tr(status): sum(c.check == name and c.status == status for c in report.checks)
            for status in ("passed", "failed", "not applicable")
        }
        for name in names
    ]


def failures(checks: list[Check]) -> list[dict[str, object]]:
    """Failed checks, the largest share of violations first."""
    failed = sorted((c for c in checks if c.status == "failed"), key=lambda c: (-c.failed / c.total, c.table))
    return [
        {
            tr("table"): c.table,
            tr("field"): c.field,
            tr("check"): c.check,
            tr("violations"): c.failed,
            tr("rows"): c.total,
            "%": round(100 * c.failed / c.total, 2),
            tr("allowed %"): c.threshold_percent,
        }
        for c in failed
    ]


def mapping(report: Report) -> str:
    """Rates by code and by record, as bars and as a table."""
    if not report.mapping:
        return page.table([])
    figure, axes = page.chart(8.0, 0.5 * len(report.mapping) + 1.2)
    names = [m["table"] for m in report.mapping][::-1]
    for shift, key, label in (
        (0.2, "codes_mapped_percent", tr("codes mapped (%)")),
        (-0.2, "records_mapped_percent", tr("records mapped (%)")),
    ):
        places = [i + shift for i in range(len(names))]
        axes.barh(places, [m[key] or 0.0 for m in report.mapping][::-1], height=0.36, label=label)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlim(0, 100)
    axes.set_xlabel("%")
    axes.legend(loc="lower right")
    caption = tr("Codes and records that lead to a standard concept; a code without one keeps its source value.")
    return page.figure(figure, caption) + page.table(report.mapping)
