"""The sections of the report, each as ready HTML."""

from typing import Any

import numpy as np

from trials.design import Endpoint
from trials.finished import Finished
from trials.report import curves as pictures
from trials.report import scales
from trials.report.flow import flow
from trials.report.survival import survival_curves
from twin_engine.page import cards, escape, note, table
from twin_engine.text import tr


def paragraph(text: str) -> str:
    """One escaped paragraph."""
    return f"<p>{escape(text)}</p>"


def columns(parts: list[str]) -> str:
    """Figures side by side where there is room."""
    return ('<div style="display:grid;gap:0 16px;grid-template-columns:'
            'repeat(auto-fit,minmax(min(100%,400px),1fr))">' + "".join(parts) + "</div>")  # fmt: skip


def wide(html: str) -> str:
    """A table with long texts: on a narrow screen it scrolls instead of growing tall."""
    return html.replace("<table>", '<table style="min-width:44rem">', 1)


def number(value: float, unit: str = "", digits: int = 3) -> str:
    """A figure with its unit, minus sign and no-break space."""
    text = f"{value:.{digits}g}".replace("-", "−")
    if unit == "%":
        return f"{text}%"
    return text if unit in ("", "1") else f"{text}\u00a0{unit}"


def interval_text(low: float, high: float) -> str:
    """Both ends of an interval in words."""
    return tr("{low} to {high}", low=number(low), high=number(high))


def p_text(value: float) -> str:
    """`p < 0.001` or `p = 0.012`."""
    return "p\u00a0<\u00a00.001" if value < 0.001 else f"p\u00a0=\u00a0{value:.3f}"


def result(finished: Finished) -> str:
    """The answer first: estimate, truth, saving, and the forest of all of them."""
    primary = finished.comparisons[0]
    e, (truth, _) = primary.estimates[0], primary.truths[0]
    level = round(100 * (1 - finished.design.analysis.alpha))
    interval = tr("{level} % interval {low} to {high}", level=level, low=number(e.ci_low),
                  high=number(e.ci_high))  # fmt: skip
    items = [
        (scales.estimated(e.scale), number(e.estimate), f"{interval}; {p_text(e.p_value)}"),
        (scales.true(e.scale), number(truth), tr("the same avatars under both arms")),
        (tr("Randomised"), f"{len(finished.results.row):,}", tr("of {n} avatars in the pool",
                                                                n=f"{len(finished.pool.people):,}")),
    ]  # fmt: skip
    if finished.saving:
        s = finished.saving
        items.append((tr("Persons saved"), number(100 * s.saving, "%"),
                      tr("95 % interval {low} to {high}", low=number(100 * s.low, "%"),
                         high=number(100 * s.high, "%"))))  # fmt: skip
    body = [cards(items), columns([pictures.forest(finished, primary), _words(finished)])]
    if len(finished.comparisons) > 1 or len(primary.estimates) > 1:
        body.append(f"<h3>{escape(tr('All comparisons'))}</h3>{_comparisons(finished)}")
    return "".join(body)


def _words(finished: Finished) -> str:
    """The result in sentences."""
    c = finished.comparisons[0]
    e, (truth, _) = c.estimates[0], c.truths[0]
    inside = e.ci_low <= truth <= e.ci_high
    texts = [
        tr("Primary endpoint: {name} at day {day}; {better} is better. Arm: {arm}.",
           name=tr(c.endpoint.name), day=f"{c.endpoint.day:g}", better=tr(c.endpoint.better),
           arm=tr(e.arm)),
        tr("The interval covers the truth.") if inside else tr("The interval misses the truth."),
        tr("A real trial sees each person in one arm. Here every avatar lives through every arm "
           "with the same luck, so the true difference is known and the estimate can be judged."),
    ]  # fmt: skip
    if finished.saving:
        texts.append(tr("With the digital control the interval is {share} of the width without it.",
                        share=number(100 * finished.saving.ratio_here**0.5, "%")))  # fmt: skip
    return '<div style="align-self:center">' + "".join(map(paragraph, texts)) + "</div>"


def _comparisons(finished: Finished) -> str:
    rows = []
    for c in finished.comparisons:
        for e, (truth, se) in zip(c.estimates, c.truths, strict=True):
            rows.append({
                "endpoint": tr(c.endpoint.name), "arm": tr(e.arm), "n": e.n,
                "estimate": number(e.estimate), "interval": interval_text(e.ci_low, e.ci_high),
                "p": p_text(e.p_value), "truth": f"{number(truth)} ± {number(1.96 * se, digits=2)}",
                "unit": c.endpoint.unit,
            })  # fmt: skip
    heads = {"endpoint": tr("Endpoint"), "arm": tr("Arm"), "n": "n", "estimate": tr("Estimate"),
             "interval": tr("Interval"), "p": "p", "truth": tr("Truth"), "unit": tr("Unit")}  # fmt: skip
    return table(rows, heads)


def design(finished: Finished) -> str:
    """What was asked and how, as a table of two columns."""
    d = finished.design
    rows = [
        (tr("Population"), tr("{n} avatars from {source}", n=f"{len(finished.pool.people):,}",
                              source=d.population.source)),
        (tr("Twin"), f"{d.twin.model}: {d.twin.outcome}"),
        (tr("Randomisation"), _randomisation(finished)),
        (tr("Sites"), ", ".join(f"{s.name} ({s.persons_per_week:g}/wk)" for s in d.enrolment.sites)),
        (tr("Visits"), tr("day {days}; window ± {window} d",
                          days=", ".join(f"{v:g}" for v in d.visits.days),
                          window=f"{d.visits.window:g}")),
        (tr("Adherence"), tr("{share} of doses taken; {dropout} a year drop out",
                             share=number(100 * d.conduct.adherence, "%"),
                             dropout=number(100 * d.conduct.dropout_per_year, "%"))),
        (tr("Primary endpoint"), _endpoint(d.primary)),
        (tr("Analysis"), _analysis(finished)),
        (tr("Estimand"), _estimand(finished)),
    ]  # fmt: skip
    rows += [(tr("Secondary endpoint"), _endpoint(e)) for e in d.secondary]
    facts = table([{"key": k, "value": v} for k, v in rows], {"key": "", "value": ""})
    arms = [
        {"arm": tr(a.name) + (f" ({tr('control')})" if a.control else ""), "ratio": a.ratio,
         "treatment": tr(t.TITLE), "settings": _settings(a.settings),
         "source": tr(a.settings.get("source", t.SOURCE))}
        for a, t in zip(d.arms, finished.pool.treatments, strict=True)
    ]  # fmt: skip
    heads = {"arm": tr("Arm"), "ratio": tr("Ratio"), "treatment": tr("Treatment"),
             "settings": tr("Settings"), "source": tr("Source")}  # fmt: skip
    return facts + wide(table(arms, heads))


def _estimand(finished: Finished) -> str:
    scale = finished.comparisons[0].estimates[0].scale
    if scale == "hazard_ratio":
        return tr("Marginal hazard ratio in everyone randomised, whatever dose was taken; in the "
                  "truth nobody is lost, in the trial whoever is lost counts until then.")  # fmt: skip
    return tr("Difference of means in everyone randomised, whatever dose was taken; "
              "the truth lets nobody leave, the estimate uses those whose outcome is known.")  # fmt: skip


def _settings(settings: dict[str, Any]) -> str:
    rows = [f"{k.replace('_', ' ')}: {v}" for k, v in settings.items() if k != "source"]
    return "\n".join(rows) or "–"


def _randomisation(finished: Finished) -> str:
    r = finished.design.randomisation
    text = tr(r.kind.replace("_", " "))
    if r.kind == "permuted_block":
        text += " (" + ", ".join(str(b) for b in r.blocks) + ")"
    levels = [*r.strata, *([tr("site")] if r.by_site else [])]
    return text + (f"; {tr('by')} {', '.join(levels)}" if levels else "")


def _endpoint(e: Endpoint) -> str:
    unit = "" if e.unit in ("1", "") else f", {e.unit}"
    text = f"{tr(e.name)}{unit}; {tr(e.kind.replace('_', ' '))}; "
    text += tr("day {day}", day=f"{e.day:g}")
    if e.kind == "time_in_range":
        text += f"; {e.low:g}–{e.high:g}, " + tr("from day {day}", day=f"{e.start:g}")
        text += " (Rosendaal 1993)"
    if e.kind in ("ever_above", "ever_below"):
        text += f"; {e.low:g}"
    return text


def _analysis(finished: Finished) -> str:
    d = finished.design
    names = list(d.analysis.covariates)
    if finished.saving:
        names.append(tr("digital control"))
    text = f"{d.analysis.method}; α = {d.analysis.alpha:g}"
    return text + (f"; {tr('adjusted for')} {', '.join(names)}" if names else "")


def participants(finished: Finished) -> str:
    """The flow diagram, and the arms at baseline."""
    drawing = f'<figure><div style="overflow-x:auto">{flow(finished.results)}</div><figcaption>'
    drawing += escape(tr("Flow of participants after CONSORT 2010.")) + "</figcaption></figure>"
    return drawing + f"<h3>{escape(tr('Arms at baseline'))}</h3>" + _baseline(finished)


def _baseline(finished: Finished) -> str:
    results, design = finished.results, finished.design
    rows: list[dict[str, Any]] = []
    for name, values in results.people.columns.items():
        if name == design.twin.outcome:
            continue
        unit = results.people.units[name]
        for label, numbers, share in _levels(label_of(name, unit), values):
            row: dict[str, Any] = {"column": label, "unit": "%" if share else unit}
            for i, arm in enumerate(design.arms):
                mine = numbers[results.row[results.arm == i]]
                row[arm.name] = _spread(mine, share)
            rows.append(row)
    heads = {"column": tr("Characteristic"), "unit": tr("Unit")}
    heads |= {arm.name: tr(arm.name) for arm in design.arms}
    return table(rows, heads) + paragraph(tr("Mean (standard deviation), or share of persons."))


def label_of(name: str, unit: str) -> str:
    """`mean_bp_mmhg` -> `mean bp`: the unit has a column of its own."""
    from avatars.avatar import SUFFIXES

    for ending, units in SUFFIXES.items():
        if unit in units and name.endswith(f"_{ending}"):
            name = name.removesuffix(f"_{ending}")
            break
    return tr(name.replace("_", " "))


def _levels(name: str, values: np.ndarray) -> list[tuple[str, np.ndarray, bool]]:
    """A numeric column as it is; words as one share for each level (the first of two left out)."""
    if values.dtype.kind in "fiu" and len(np.unique(values)) > 2:
        return [(name, values.astype(float), False)]
    levels = np.unique(values)
    shown = levels[1:] if len(levels) == 2 else levels
    return [(f"{name}: {level}", (values == level).astype(float), True) for level in shown]


def _spread(values: np.ndarray, share: bool) -> str:
    if len(values) == 0:
        return "–"
    if share:
        return f"{100 * values.mean():.0f}"
    return f"{values.mean():.4g} ({values.std(ddof=1) if len(values) > 1 else 0:.3g})"


def avatars(finished: Finished) -> str:
    """Who the avatars are and how faithful they are to their source."""
    pool = finished.pool
    body = [paragraph(tr(text)) for text in pool.notes]
    if pool.fidelity:
        heads = {"check": tr("Check"), "value": tr("Value"), "gate": tr("Gate"),
                 "passed": tr("Passed")}  # fmt: skip
        body.append(table(pool.fidelity, heads))
    if pool.marginals:
        heads = {"column": tr("Column"), "unit": tr("Unit"), "reference": tr("Reference"),
                 "sample": tr("Avatars"), "distance": tr("Distance")}  # fmt: skip
        rows = [row | {"distance": f"{row['distance']:.3f}"} for row in pool.marginals]
        body.append(f"<h3>{escape(tr('Each column beside its source'))}</h3>{table(rows, heads)}")
    return "".join(body)


def curves(finished: Finished) -> str:
    """The pictures of the outcome by arm."""
    if finished.design.primary.kind == "time_to_event":
        return columns(survival_curves(finished.results))
    return columns(pictures.arm_curves(finished.results))


def digital_control(finished: Finished) -> str:
    """What the prognostic model saves, beside its theory and two checks."""
    s = finished.saving
    assert s is not None
    n = len(finished.results.row)
    ratio = [
        (tr("theory"), s.ratio_theory, 1 - s.high, 1 - s.low),
        (tr("this trial"), s.ratio_here, s.ratio_here, s.ratio_here),
        (tr("randomised again"), s.ratio_redrawn, s.ratio_redrawn, s.ratio_redrawn),
    ]
    rows = [
        {"what": tr("R² of the digital control inside the arms"), "value": number(s.r2)},
        {"what": tr("Variance ratio by theory, (1 − R²)(n − 3)/(n − 4)"),
         "value": number(s.ratio_theory)},
        {"what": tr("Variance ratio in this trial"), "value": number(s.ratio_here)},
        {"what": tr("Variance ratio over {n} repeated randomisations", n=f"{s.repetitions:,}"),
         "value": number(s.ratio_redrawn)},
        {"what": tr("Type I error without the digital control, nominal 5 %"),
         "value": number(100 * s.size_plain, "%")},
        {"what": tr("Type I error with the digital control, nominal 5 %"),
         "value": number(100 * s.size_adjusted, "%")},
        *_sizes(finished),
    ]  # fmt: skip
    text = paragraph(tr("A model learnt on persons outside the trial predicts how each participant "
                        "would fare without the new treatment: a digital control for everyone. The "
                        "analysis adjusts for that one number. Randomisation is untouched, so the "
                        "type I error is kept even if the model were worthless."))  # fmt: skip
    text += paragraph(tr("The saving: {n} persons with the digital control are as precise as {m} "
                         "without.", n=n, m=round(n / s.ratio_theory)))  # fmt: skip
    figures = columns([pictures.prediction(finished), pictures.redrawn(ratio)])
    return text + figures + table(rows, {"what": tr("Quantity"), "value": tr("Value")})


def _sizes(finished: Finished) -> list[dict[str, Any]]:
    """Persons needed for the planned effect, with and without."""
    from trials.control.prognostic import persons_needed

    plan, s = finished.design.digital_control, finished.saving
    if plan is None or plan.planned_effect is None or s is None:
        return []
    results = finished.results
    untreated = results.potential[finished.design.primary.name][finished.design.control]
    sd = float(np.nanstd(untreated, ddof=1))
    needed = persons_needed(plan.planned_effect, sd, plan.planned_power,
                            finished.design.analysis.alpha)  # fmt: skip
    label = tr("Persons for {power} % power at a difference of {effect}",
               power=f"{100 * plan.planned_power:g}", effect=number(plan.planned_effect))  # fmt: skip
    value = tr("{plain} without, {adjusted} with the digital control",
               plain=round(needed), adjusted=round(needed * s.ratio_theory))  # fmt: skip
    return [{"what": label, "value": value}]


GENERAL = (
    "The arms are simulated: this is evidence about a design and a model, not about a drug.",
    "The true difference is true inside the twin only; it is as good as the twin and its population.",
    "The estimate uses persons whose outcome is known; leaving the trial is independent of the "
    "outcome here.",
)


def limits(finished: Finished) -> str:
    """What must not be concluded."""
    return note(*(tr(text) for text in (*GENERAL, *finished.design.limits)))
