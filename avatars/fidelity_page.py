"""The fidelity report of a population: one self-contained page."""

from pathlib import Path
from typing import Any

import numpy as np

from avatars.avatar import Provenance
from avatars.fidelity import Correlations, Scores
from avatars.make import Fidelity, Made
from avatars.population import Population
from twin_engine import page
from twin_engine.page import SERIES, Section, chart, escape, figure
from twin_engine.text import tr

COLUMNS = 3  # small charts in a row
NAMES = 18  # correlations that a heat map can label


def write_page(made: Made, file: Path, seed: int, command: str) -> Path:
    """Write the page; the population's fidelity must have been measured."""
    found = made.fidelity
    assert found is not None
    sections = [
        Section(tr("At a glance"), _glance(made, found)),
        Section(tr("Distributions"), _marginals(made.population, found)),
    ]
    if len(found.correlations.names) > 1:
        sections.append(Section(tr("Correlations"), _correlations(found.correlations)))
    sections.append(Section(tr("Gates and controls"), _gates(found)))
    if made.spec.eligibility:
        sections.append(Section(tr("Eligibility"), _eligibility(made)))
    sections.append(Section(tr("Where each value comes from"), _origins(made.population)))
    sections.append(Section(tr("Limits"), _limits(found)))
    foot = tr("Made by: {command} (seed {seed})", command=command, seed=seed)
    return page.write(file, tr(made.spec.title), sections, kicker=tr("Population of avatars"),
                      lead=tr(made.spec.about), foot=foot)  # fmt: skip


def _glance(made: Made, found: Fidelity) -> str:
    scores = found.scores
    real = found.against == "table"
    first = (
        (tr("real persons"), f"{len(found.reference):,}", tr("learnt from"))
        if real
        else (tr("candidates"), f"{made.candidates:,}", tr("{share} % eligible", share=f"{100 * made.acceptance:.1f}"))
    )
    cards = [
        (tr("persons"), f"{len(made.population):,}", tr("{n} values each", n=len(made.population.columns))),
        first,
        (tr("largest difference of a correlation"), f"{scores.max_abs_rho_difference:.3f}", tr("gate: at most .10")),
    ]
    if scores.two_sample_auc is not None and scores.membership_auc is not None:
        cards += [
            (tr("real or synthetic? AUC"), f"{scores.two_sample_auc:.3f}", tr("gate: at most .70; .5 is a coin")),
            (tr("was this person learnt from? AUC"), f"{scores.membership_auc:.3f}", tr("gate: at most .55")),
        ]
    else:
        cards.append((tr("largest distance of a distribution"), f"{found.largest_marginal:.4f}",
                      tr("gate: at most {gate}, chance alone", gate=f"{found.marginal_gate:.4f}")))  # fmt: skip
    verdict = tr("All gates passed.") if found.gates_passed else tr("Not all gates passed: see below before use.")
    kind = "pass" if found.gates_passed else "fail"
    basis = (
        tr("Compared with the real persons of the table.")
        if real
        else tr("Compared with the published distributions as specified: no real persons stand behind this population.")
    )
    return f'{page.cards(cards)}<p><span class="{kind}">{escape(verdict)}</span> {escape(basis)}</p>'


def _origins(population: Population) -> str:
    """One row for the columns that share provenance and source."""
    shared: dict[Provenance, list[str]] = {}
    for name, origin in population.provenance.items():
        unit = population.units[name]
        shared.setdefault(origin, []).append(f"{name} ({unit})" if unit else name)
    rows = [{"columns": ", ".join(names), "provenance": tr(kind), "source": tr(source)}
            for (kind, source), names in shared.items()]  # fmt: skip
    return page.table(rows, {key: tr(key) for key in ("columns", "provenance", "source")})


def _marginals(population: Population, found: Fidelity) -> str:
    real = found.against == "table"
    ours = tr("avatars")
    theirs = tr("real persons") if real else tr("as specified")
    names = list(found.reference.columns)
    rows = -(-len(names) // COLUMNS)
    drawing, axes = chart(8.6, 2.3 * rows, nrows=rows, ncols=COLUMNS, squeeze=False)
    for axis, name in zip(axes.ravel(), names, strict=False):
        draw = _numbers if found.reference[name].dtype.kind == "f" else _words
        draw(axis, found.reference[name], population[name])
        axis.set_title(name, fontsize=9)
        axis.tick_params(labelsize=8)
        axis.set_yticks([])
        axis.grid(False)
    for axis in axes.ravel()[len(names) :]:
        axis.set_axis_off()
    handles = axes.ravel()[0].get_legend_handles_labels()[0]
    drawing.legend(handles, [theirs, ours], loc="outside upper right", ncols=2, fontsize=9)
    table = page.table(
        [{"column": m.column, "unit": m.unit or "–", "reference": m.reference, "avatars": m.sample,
          "distance": round(m.distance, 4)} for m in found.marginals],
        {"column": tr("column"), "unit": tr("unit"), "reference": theirs, "avatars": ours, "distance": tr("distance")},
    )  # fmt: skip
    text = tr("Outline: {reference}. Filled: the avatars of this table. Mean ± SD; the distance is "
              "Kolmogorov-Smirnov's for numbers and total variation for words.", reference=theirs)  # fmt: skip
    if not real and population.provenance:
        text += " " + tr("Eligibility and chance move the avatars away from what is specified.")
    return figure(drawing, text) + table


def _numbers(axis: Any, reference: np.ndarray, sample: np.ndarray) -> None:
    low, high = np.quantile(np.concatenate([reference, sample]), [0.002, 0.998])
    width = high - low or 1.0
    edges = np.linspace(low - 0.02 * width, high + 0.02 * width, 31)
    for values, style in ((reference, {"histtype": "step", "color": SERIES[1], "linewidth": 1.6, "zorder": 3}),
                          (sample, {"histtype": "stepfilled", "color": SERIES[0], "alpha": 0.45})):  # fmt: skip
        inside = values.clip(edges[0], edges[-1])
        axis.hist(inside, bins=edges, weights=np.full(len(inside), 1 / len(inside)), label="x", **style)


def _words(axis: Any, reference: np.ndarray, sample: np.ndarray) -> None:
    kinds = np.unique(np.concatenate([reference, sample]))
    at = np.arange(len(kinds))
    ours, theirs = ([np.mean(values == kind) for kind in kinds] for values in (sample, reference))
    axis.bar(at, theirs, width=0.7, facecolor="none", edgecolor=SERIES[1], linewidth=1.6, zorder=3, label="x")
    axis.bar(at, ours, width=0.7, color=SERIES[0], alpha=0.45, label="x")
    axis.set_xticks(at, kinds, rotation=30 if max(map(len, kinds)) > 6 or len(kinds) > 4 else 0)


def _correlations(found: Correlations) -> str:
    shown = min(len(found.names), NAMES)
    size = max(2.6, 0.24 * shown + 1.0)
    drawing, axes = chart(8.6, size + 0.9, ncols=3)
    difference = found.sample - found.reference
    panels = ((tr("reference"), found.reference, 1.0), (tr("avatars"), found.sample, 1.0),
              (tr("difference"), difference, 0.2))  # fmt: skip
    for axis, (title, matrix, limit) in zip(axes, panels, strict=True):
        drawn = axis.imshow(matrix[:shown, :shown], cmap="RdBu_r", vmin=-limit, vmax=limit)
        axis.set_title(title, fontsize=10)
        axis.grid(False)
        axis.set_xticks(range(shown), found.names[:shown], rotation=90, fontsize=7)
        axis.set_yticks(range(shown), found.names[:shown] if axis is axes[0] else [""] * shown, fontsize=7)
        drawing.colorbar(drawn, ax=axis, shrink=0.75, orientation="horizontal", pad=0.02)
    off = np.abs(difference)
    i, j = np.unravel_index(int(off.argmax()), off.shape)
    caption = tr("Largest difference: {a} with {b}, {reference} in the reference, {sample} in the avatars.",
                 a=found.names[i], b=found.names[j], reference=f"{found.reference[i, j]:.2f}",
                 sample=f"{found.sample[i, j]:.2f}")  # fmt: skip
    return figure(drawing, caption)


def _gates(found: Fidelity) -> str:
    rows = [_scores(found.scores, tr("this population"), passes=True)]
    rows += [_scores(control, tr(f"control: {control.method}"), passes=False) for control in found.controls]
    heads = {"method": tr("method"), "rho": tr("largest difference of a correlation"),
             "auc": tr("real or synthetic? AUC"), "leak": tr("was this person learnt from? AUC"),
             "verdict": tr("verdict")}  # fmt: skip
    text = (
        tr("A gate is worth something only if it can fail. The control without correlations must fail the first two, "
           "the control with copied rows must fail the last.")
        if found.controls
        else tr("Correlations are those of normal scores (ranks), before eligibility.")
    )  # fmt: skip
    return page.table(rows, heads) + f"<p>{escape(text)}</p>"


def _scores(scores: Scores, label: str, passes: bool) -> dict[str, Any]:
    right = scores.passed == passes
    verdict = (tr("passed") if scores.passed else tr("failed")) + ("" if passes else f" ({tr('must fail')})")
    return {"method": label, "rho": scores.max_abs_rho_difference, "auc": scores.two_sample_auc,
            "leak": scores.membership_auc, "verdict": f"{'✓' if right else '✗'} {verdict}"}  # fmt: skip


def _eligibility(made: Made) -> str:
    rows = [{"reason": reason, "refused": count} for reason, count in made.refused.items()]
    text = tr("{share} % of {n} candidates were eligible; a candidate may break several rules.",
              share=f"{100 * made.acceptance:.1f}", n=f"{made.candidates:,}")  # fmt: skip
    return f"<p>{escape(text)}</p>" + page.table(rows, {"reason": tr("reason"), "refused": tr("refused")})


def _limits(found: Fidelity) -> str:
    if found.against == "table":
        return page.note(
            tr("The avatars carry the table's distributions and pairwise correlations, not relations among three or "
               "more values."),
            tr("The membership test shows what one simple attack learns; it is no proof of privacy. Release needs "
               "the rules of records release."),
        )  # fmt: skip
    return page.note(
        tr("Values marked as assumed come from an assumption, not from a publication; a correlation that is not "
           "listed is zero.")
    )  # fmt: skip
