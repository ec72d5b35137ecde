"""The report of one trial: one self-contained page for a statistician."""

from pathlib import Path

from trials.finished import Finished
from trials.report import provenance, sections
from trials.report.credibility import credibility
from trials.report.published import published
from trials.report.toolbox import toolbox
from twin_engine import page
from twin_engine.page import Section
from twin_engine.text import tr


def write_report(finished: Finished, target: Path, tables: list[Path]) -> Path:
    """Write the report at once or not at all.

    Parameters
    ----------
    finished : Finished
    target : Path
    tables : list of Path
        The tables that the report names with their digests; the first is the results table.
    """
    design = finished.design
    made = [
        Section(tr("Result"), sections.result(finished)),
        Section(tr("Design"), sections.design(finished)),
        Section(tr("Participants"), sections.participants(finished)),
        Section(tr("Avatars"), sections.avatars(finished)),
        Section(tr("Course by arm"), sections.curves(finished)),
    ]
    if finished.saving is not None:
        made.append(Section(tr("Digital control"), sections.digital_control(finished)))
    if design.published or design.differs:
        made.append(Section(tr("Beside the published trial"), published(finished)))
    made += [
        *toolbox(finished),
        Section(tr("Credibility"), credibility(finished)),
        Section(tr("Provenance"), provenance.provenance(finished)),
        Section(tr("Run it again"), provenance.manifest(finished, tables)),
        Section(tr("Limits"), sections.limits(finished)),
    ]
    return page.write(target, tr(design.title), made, kicker=tr("virtual trial"),
                      lead=tr(design.question))  # fmt: skip
