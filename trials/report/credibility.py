"""What a regulator reads first: context of use, evidence, applicability, assumptions.

Headings of ASME V&V 40-2018 and of the FDA guidance "Assessing the Credibility of Computational
Modeling and Simulation in Medical Device Submissions" (2023); for in-silico trials see Viceconti et
al. 2021, doi 10.1016/j.ymeth.2020.01.011. The page states what there is; it does not judge.
"""

from trials.finished import Finished
from trials.report.provenance import rows_of
from twin_engine.page import escape, table
from twin_engine.text import tr


def credibility(finished: Finished) -> str:
    """The section as HTML."""
    design = finished.design
    parts = [
        (tr("Question of interest"), [tr(design.question)]),
        (tr("Context of use"), _context(finished)),
        (tr("Model risk"), [
            tr("Influence: a result of this page never replaces a person's trial data."),
            tr("Consequence: not assessed here; whoever decides by it has to."),
        ]),
        (tr("Verification"), _verification(finished)),
        (tr("Validation"), _validation(finished)),
        (tr("Applicability"), [tr(text) for text in (*design.differs, *design.limits)]
         or [tr("The design names no limit: ask for them.")]),
    ]  # fmt: skip
    body = "".join(f"<h3>{escape(head)}</h3><ul>" + "".join(f"<li>{escape(t)}</li>" for t in texts) + "</ul>"
                   for head, texts in parts)  # fmt: skip
    return body + f"<h3>{escape(tr('Assumptions'))}</h3>{_assumptions(finished)}"


def _context(finished: Finished) -> list[str]:
    design = finished.design
    made = [
        tr("The twin {model} stands for {outcome} of persons from {source}, under the arms of this design.",
           model=design.twin.model, outcome=design.twin.outcome, source=design.population.source),
        tr("For planning, teaching and counselling: which design answers the question, and how surely."),
    ]  # fmt: skip
    if finished.saving is not None:
        made.append(tr("The digital control enters as one covariate of a randomised trial."))
    if design.external_control is not None:
        made.append(tr("Exploratory: a purely virtual control, which nobody randomised, never confirms."))
    return made


def _verification(finished: Finished) -> list[str]:
    failed = sum(int(course.failed.sum()) for course in finished.results.courses)
    total = sum(len(course.failed) for course in finished.results.courses)
    return [
        tr("{failed} of {total} lives could not be solved.", failed=failed, total=f"{total:,}"),
        tr("Tests of the software: solvers converge with their order, analyses equal their published "
           "libraries, the vectorised conduct equals the clocked one event by event, and equal seeds "
           "give equal tables."),
    ]  # fmt: skip


def _validation(finished: Finished) -> list[str]:
    from trials.report.published import simulated

    made = [tr("{name}: published {published}, all avatars {ours}.", name=tr(p.label),
               published=f"{p.value:g}", ours=simulated(finished, p))
            for p in finished.design.published]  # fmt: skip
    return made or [tr("No published trial is set beside this one: nothing here is validated.")]


def _assumptions(finished: Finished) -> str:
    word = tr("assumption")
    rows = [r for r in rows_of(finished) if r["kind"] in (word, tr("assumed"))]
    heads = {"group": tr("Of"), "name": tr("Name"), "value": tr("Value"), "unit": tr("Unit"),
             "source": tr("Reason")}  # fmt: skip
    return table([{k: r[k] for k in heads} for r in rows], heads)
