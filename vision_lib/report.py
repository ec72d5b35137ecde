"""The before/after sheet of a person: letters as seen, acuity by distance, tasks, licences.

One self-contained HTML page that prints; the reader's language and theme.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from twin_engine import page
from twin_engine.parameters import default
from twin_engine.text import tr
from vision_lib import acuity, sight, tasks
from vision_lib.ability import Ability, Person, compare, uncorrected
from vision_lib.corrections import Correction

LETTER_DISTANCES_M = (0.4, 0.8, 6.0)
CURVE_D = tuple(np.arange(0.0, 4.01, 0.125))
FAR_M = 1e6
NBSP = "\u00a0"
WIDE = "800px"
MARKS = {"fluent": "●", "just": "◐", "no": "○"}


@dataclass(frozen=True)
class Sheet:
    """What the page shows.

    Parameters
    ----------
    who : Person
        The eye.
    correction : Correction or None
        What is compared; None shows the bare eye.
    before, after : sequence of Ability
        By distance.
    observer : dict
        (when, distance) -> letter observer's acuity, logMAR; empty without it.
    measured : int
        Readings the person was refitted to.
    """

    who: Person
    correction: Correction | None
    before: Sequence[Ability]
    after: Sequence[Ability]
    observer: dict[tuple[str, float], float]
    measured: int = 0


def write(target: Path | str, sheet: Sheet) -> Path:
    """Write the sheet as one HTML page."""
    sections = [
        page.Section(tr("At a glance"), _glance(sheet)),
        page.Section(tr("Letters as seen"), _letters(sheet)),
        page.Section(tr("Visual acuity by viewing distance"), _curve(sheet) + _ability(sheet)),
        page.Section(tr("Everyday tasks"), _tasks(sheet)),
        page.Section(tr("Driving licence standard (vision)"), _licences(sheet)),
        page.Section(tr("What this rests on"), _limits(sheet)),
    ]
    lead = tr("What one eye can see at each viewing distance, before and after a correction.")
    return page.write(target, tr("Before and after correction"), sections,
                      kicker=tr("Virtual refraction room"), lead=lead)  # fmt: skip


def signed(value: float, unit: str = "D", digits: int = 2) -> str:
    """A signed number for the screen: true minus, unit after a no-break space."""
    text = f"{value:+.{digits}f}".replace("-", "−")
    return f"{text}{NBSP}{unit}" if unit else text


def as_acuity(logmar: float) -> str:
    """Decimal acuity first, logMAR beside it."""
    return f"{_decimal(logmar)} (logMAR{NBSP}{logmar:.2f})".replace("-", "−")


def _decimal(logmar: float) -> str:
    decimal = float(acuity.to_decimal(logmar))
    return f"{decimal:.2f}" if decimal < 1 else f"{decimal:.1f}"


def distance(metres: float) -> str:
    """A distance as a person says it."""
    return f"{metres * 100:.0f}{NBSP}cm" if metres < 1 else f"{metres:g}{NBSP}m"


def title(correction: Correction | None) -> str:
    """The correction's name in the language in force."""
    return tr(correction.TITLE) if correction else tr("no correction")


def _glance(sheet: Sheet) -> str:
    who = sheet.who
    near, far = sheet.after[1], sheet.after[-1]
    items = [
        (tr("prescription"), str(who.refraction), tr("SE at the cornea {se}", se=signed(who.need.m_d))),
        (tr("correction"), title(sheet.correction), _statistical(sheet.correction)),
        (tr("acuity at {d}", d=distance(far.distance_m)), _decimal(far.acuity_logmar),
         tr("before: {a}", a=as_acuity(sheet.before[-1].acuity_logmar))),
        (tr("acuity at {d}", d=distance(near.distance_m)), _decimal(near.acuity_logmar),
         tr("before: {a}", a=as_acuity(sheet.before[1].acuity_logmar))),
        (tr("age and pupil"), f"{who.age_y:g} · {who.pupil_mm:.1f}{NBSP}mm",
         tr("amplitude of accommodation {a}", a=f"{who.accommodation.amplitude_d:.1f}{NBSP}D")),
    ]  # fmt: skip
    rows = tasks.task_table(who, sheet.correction)
    able = [sum(r[when] != "no" for r in rows) for when in ("before", "after")]
    said = [tr("Of {n} everyday tasks this eye manages {b} before and {a} after.", n=len(rows), b=able[0], a=able[1])]
    if sheet.measured:
        said.append(tr("Fitted to {n} measured acuities.", n=sheet.measured))
    return _header() + page.cards(items) + f"<p>{page.escape(' '.join(said))}</p>"


def _header() -> str:
    """Lines to fill in by hand on the printed sheet."""
    rule = "flex:1 1 11em;border-bottom:1px solid currentColor;padding-top:.6em"
    words = (tr("Name"), tr("Date"), tr("Examiner"))
    blanks = "".join(f'<span style="{rule}">{page.escape(w)}</span>' for w in words)
    return f'<p style="display:flex;flex-wrap:wrap;gap:.4em 2em;max-width:none;opacity:.75">{blanks}</p>'


def _statistical(correction: Correction | None) -> str:
    if correction is None:
        return ""
    return tr("statistical: from trials") if correction.STATISTICAL else tr("optics of this eye")


def _letters(sheet: Sheet) -> str:
    hint = tr("Lines of decimal acuity 0.25, 0.5 and 1.0, at the same visual angle for every distance.")
    made, published = [], False
    for d in LETTER_DISTANCES_M:
        bare = uncorrected(sheet.who, d)
        views = sheet.correction.compare(sheet.who, d) if sheet.correction else (bare, bare)
        published |= bool(views[1].known)
        for when, rows, view in zip((tr("before"), tr("after")), (sheet.before, sheet.after), views, strict=True):
            picture = sight.png([sight.seen(sheet.who, sight.drawable(sheet.who, view))])
            seen = as_acuity(next(a for a in rows if a.distance_m == d).acuity_logmar)
            made.append(_picture(picture, f"{distance(d)} · {when}", seen))
    caption = hint
    if published:
        caption += " " + tr("The picture after shows the defocus that would give the published acuity.")
    grid = "display:grid;grid-template-columns:1fr 1fr;gap:16px clamp(8px,2vw,20px)"
    return (f'<figure style="max-width:{WIDE}"><div style="{grid}">{"".join(made)}</div>'
            f"<figcaption>{page.escape(caption)}</figcaption></figure>")  # fmt: skip


def _picture(png: bytes, label: str, acuity_text: str) -> str:
    data = base64.b64encode(png).decode()
    image = f'<img style="border-radius:6px" src="data:image/png;base64,{data}" alt="{page.escape(label)}">'
    return (f'<div><p style="margin:0 0 .3em;font-weight:700">{page.escape(label)}</p>{image}'
            f'<p style="margin:.3em 0 0">{page.escape(acuity_text)}</p></div>')  # fmt: skip


def _curve(sheet: Sheet) -> str:
    distances = [1.0 / d if d else FAR_M for d in CURVE_D]
    before, after = compare(sheet.who, sheet.correction, distances, with_contrast=False)
    chart, axes = page.chart(6.6, 4.0)
    for rows, label, style in ((before, tr("before correction"), "--"), (after, tr("after correction"), "-")):
        line = axes.plot(CURVE_D, [a.acuity_logmar for a in rows], style, lw=2, label=label)[0]
        axes.fill_between(CURVE_D, [a.low_logmar for a in rows], [a.high_logmar for a in rows],
                          color=line.get_color(), alpha=0.13, lw=0)  # fmt: skip
    named: str | None = tr("letter observer")
    for when, mark in (("before", "x"), ("after", "o")):
        found = [(1 / d, v) for (w, d), v in sheet.observer.items() if w == when and d > 0.249]
        if found:
            axes.plot(*zip(*found, strict=True), mark, ms=4, color="#7a7a2a", label=named)
            named = None
    # Better acuity upward, as on every defocus curve.
    axes.set_ylim(1.3, -0.35)
    axes.set_xlim(0, 4)
    axes.set_xlabel(tr("viewing distance, D (1 D = 1 m, 2.5 D = 40 cm)"))
    axes.set_ylabel("logMAR")
    axes.legend(loc="lower left", ncols=3)
    other = axes.secondary_yaxis("right", functions=(_same, _same))
    steps = (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0)
    other.set_yticks([-float(np.log10(s)) for s in steps], [f"{s:g}" for s in steps])
    other.set_ylabel(tr("decimal acuity"))
    caption = tr("Through-focus curve: acuity against viewing distance, with 95 % interval.")
    return f'<div style="max-width:{WIDE}">{page.figure(chart, caption)}</div>'


def _same(x: Any) -> Any:
    return x


def _ability(sheet: Sheet) -> str:
    rows = []
    for b, a in zip(sheet.before, sheet.after, strict=True):
        # A published acuity stands for itself: its blur is not known.
        left = "–" if a.view.known else f"{a.residual.blur_d:.2f}"
        row = {
            "d": distance(b.distance_m), "r": f"{b.residual.blur_d:.2f} → {left}",
            "a": f"{_decimal(b.acuity_logmar)} → {_decimal(a.acuity_logmar)}",
            "l": _minus(f"{a.acuity_logmar:.2f} ({a.low_logmar:.2f} ~ {a.high_logmar:.2f})"),
            "c": f"{_percent(b.contrast_loss)} → {_percent(a.contrast_loss)}",
        }  # fmt: skip
        if sheet.observer:
            seen = sheet.observer.get(("after", a.distance_m))
            sd = default("eye_observer")["rms_spheres"].value
            row["o"] = "–" if seen is None else _minus(f"{seen:.2f} ± {sd:.2f}")
        rows.append({k: v.replace(" ", NBSP) for k, v in row.items()})
    heads = {"d": tr("distance"), "r": tr("blur, D"), "a": tr("decimal acuity"),
             "l": tr("logMAR after (95 %)"), "c": tr("contrast lost at 6 c/deg")}  # fmt: skip
    if sheet.observer:
        heads["o"] = tr("letter observer, logMAR")
    return page.table(rows, heads)


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}%"


def _tasks(sheet: Sheet) -> str:
    titles = tasks.titles()
    rows = [
        {"t": f"{titles[r['task']]}\n{distance(r['distance_m'])}, {r['height_mm']:g}{NBSP}mm",
         "n": _decimal(r["needed_logmar"]), "b": _verdict(r["before"]), "a": _verdict(r["after"])}
        for r in tasks.task_table(sheet.who, sheet.correction)
    ]  # fmt: skip
    heads = {"t": tr("task, distance, letter height"), "n": tr("acuity needed"), "b": tr("before"), "a": tr("after")}
    hint = tr("Fluent: at least 0.3 logMAR finer than needed. Heights are typical values or assumptions.")
    return page.table(rows, heads) + f"<p>{page.escape(hint)}</p>"


def _verdict(code: str) -> str:
    return f"{MARKS[code]}{NBSP}{tasks.words(code)}"


def _licences(sheet: Sheet) -> str:
    names, eyes = tasks.licence_titles(), {"both": tr("both eyes"), "each": tr("each eye")}
    rows = [
        {"t": names[r["title"]], "e": eyes[r["eyes"]], "l": f"{r['limit_decimal']:.1f}",
         "b": _reached(r["before_decimal"], r["before"]), "a": _reached(r["after_decimal"], r["after"])}
        for r in tasks.licence_table(sheet.before[-1], sheet.after[-1])
    ]  # fmt: skip
    heads = {"t": tr("licence"), "e": tr("eyes"), "l": tr("limit, decimal"), "b": tr("before"), "a": tr("after")}
    hint = tr("The other eye is taken to be equal. An estimate for counselling: the test at the office decides.")
    return page.table(rows, heads) + f"<p>{page.escape(hint)}</p>"


def _reached(decimal: float, enough: bool) -> str:
    return f"{'●' if enough else '○'}{NBSP}{decimal:.2f} {tr('enough') if enough else tr('not enough')}"


def _limits(sheet: Sheet) -> str:
    said = [
        tr("Acuity by 1 + b² (Blendowske 2015): published measurements of acuity against blur "
           "differ from each other by about 0.2 logMAR."),
        tr("Simulated astigmatism costs about twice the acuity of real astigmatism "
           "(Ohlendorf 2011): the pictures exaggerate it."),
        tr("Blur in a picture adds to the onlooker's own; it cannot sharpen."),
    ]  # fmt: skip
    if sheet.observer:
        said.append(tr("Letter observer: a model fitted to published data "
                       "(RMS 0.09 logMAR for spheres, 0.55 for plano-cylinders)."))  # fmt: skip
    m, j0, j45 = sheet.who.need
    vector = f"{tr('Power vector at the cornea')}: M {signed(m)}, J0 {signed(j0)}, J45 {signed(j45)}."
    vector = f"<p>{page.escape(vector)}</p>"
    if sheet.correction is None:
        return page.note(*said) + vector
    said += sheet.correction.limits(sheet.who)
    rows = [{"n": fact_name(f.name), "v": f"{f.value:.3g}" + (f" ± {f.sd:.2g}" if f.sd else ""),
             "u": "" if f.unit == "1" else f.unit, "s": tr(f.source)}
            for f in sheet.correction.facts(sheet.who)]  # fmt: skip
    heads = {"n": tr("figure"), "v": tr("value"), "u": tr("unit"), "s": tr("source")}
    source = f"<p>{page.escape(tr('source'))}: {page.escape(tr(sheet.correction.SOURCE))}</p>"
    return page.note(*said) + page.table(rows, heads) + source + vector


def fact_name(name: str) -> str:
    """A figure's name in the language in force."""
    return {
        "magnification": tr("image size against the bare eye"),
        "image_size_against_spectacles": tr("image size against spectacles"),
        "cylinder_left_by_usual_rotation": tr("cylinder left by the usual rotation"),
        "addition": tr("addition"), "clear_width_corridor": tr("clear width in the corridor"),
        "clear_width_near": tr("clear width in the near zone"),
        "unwanted_astigmatism_max": tr("greatest unwanted astigmatism"),
        "reading_acuity_best_light": tr("reading acuity in best light"),
        "reading_acuity_best_light_bifocal": tr("reading acuity in best light, two foci"),
        "range_within_0.2_logmar": tr("range within 0.2 logMAR"),
        "induced_c40_6mm": tr("spherical aberration gained over 6 mm"),
        "optical_zone": tr("optical zone"), "treatment_zone": tr("treatment zone"),
        "decentration": tr("decentration"), "axial_growth_treated": tr("axial growth, treated"),
        "axial_growth_untreated": tr("axial growth, untreated"), "years": tr("years"),
        "change_treated": tr("change of refraction, treated"),
        "change_untreated": tr("change of refraction, untreated"),
        "refraction_treated": tr("refraction then, treated"),
        "refraction_untreated": tr("refraction then, untreated"),
        "accommodation_lost": tr("accommodation lost"),
    }.get(name) or tr(name.replace("_", " "))  # fmt: skip
