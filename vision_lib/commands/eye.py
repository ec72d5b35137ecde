"""What an eye can see, before and after a correction.

show compares, library writes one person's kernels, population samples Koreans, import reads a
measurement, form makes a page for measuring acuity by distance.
"""

import argparse
from pathlib import Path
from typing import Any

from twin_engine.command import Answer, add_flags, settings
from twin_engine.errors import InputError
from twin_engine.text import tr


def configure(parser: argparse.ArgumentParser) -> None:
    """Sub-commands and their flags."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("show", help=tr("acuity by distance, before and after a correction"))
    _person(show)
    show.add_argument("--correct", metavar="NAME", help=tr("correction: single, progressive, iol-edof ..."))
    show.add_argument("--record", type=Path, metavar="FILE", help=tr("measured acuities to refit to"))
    show.add_argument("--eye", choices=("R", "L"), help=tr("which eye of the record"))
    add_flags(show, "out", "seed", "set")
    library = actions.add_parser("library", help=tr("write a person's kernels and ability as one file"))
    _person(library)
    library.add_argument("--worn", metavar="RX", help=tr("spectacles worn"))
    library.add_argument("--out", type=Path, required=True, metavar="FILE", help=tr("file to write, .eye"))
    add_flags(library, "seed", "workers")
    people = actions.add_parser("population", help=tr("sample Koreans and what they can see"))
    for name, text in (("--age", tr("ages, LOW:HIGH")), ("--se", tr("spherical equivalents, LOW:HIGH"))):
        people.add_argument(name, metavar="LOW:HIGH", help=text)
    people.add_argument("--of", choices=("korea", "kim2013"), default="korea",
                        help=tr("the population of Korea, or the adults of Kim 2013"))  # fmt: skip
    people.add_argument("--distance", type=float, default=0.4, metavar="M", help=tr("viewing distance, m"))
    people.add_argument("--task", metavar="NAME", help=tr("everyday task"))
    add_flags(people, "out", "seed", "n")
    reader = actions.add_parser("import", help=tr("read DICOM, FHIR, JOIA XML, CSV or measured acuities"))
    reader.add_argument("file", type=Path, metavar="FILE")
    reader.add_argument("--record", type=Path, metavar="FILE", help=tr("record that measured acuities are added to"))
    add_flags(reader)
    form = actions.add_parser("form", help=tr("a page and a table for measuring acuity by distance"))
    add_flags(form, "out")


def _person(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--rx", required=True, metavar="RX", help=tr('prescription, for example --rx="-3.00 -1.25 x 180"'))
    add("--age", type=float, default=30.0, metavar="Y", help=tr("age, years"))
    add("--pupil", type=float, metavar="MM", help=tr("pupil diameter, mm"))
    add("--amplitude", type=float, metavar="D", help=tr("measured amplitude of accommodation, D"))
    add("--method", choices=("objective", "push-up"), default="objective",
        help=tr("how the amplitude was measured"))  # fmt: skip


def run(args: argparse.Namespace) -> Answer:
    """Run one sub-command."""
    return {"show": _show, "library": _library, "population": _population, "import": _import,
            "form": _form}[args.action](args)  # fmt: skip


def _who(args: argparse.Namespace) -> Any:
    from vision_lib.ability import person, typical_aberrations
    from vision_lib.accommodation import measured

    eye = None if args.amplitude is None else measured(args.age, args.amplitude, args.method)
    return person(args.rx, args.age, args.pupil, eye, aberrations=typical_aberrations(args.seed))


def _show(args: argparse.Namespace) -> Answer:
    from vision_lib import corrections, measure, report
    from vision_lib.ability import compare, refit
    from vision_lib.accommodation import check_age

    check_age(args.age)
    chosen = settings(args.settings)
    if chosen and not args.correct:
        raise InputError("options without a correction", "--set", ", ".join(chosen), "--correct NAME",
                         "name the correction they belong to")  # fmt: skip
    correction = corrections.load(args.correct, **_typed(chosen)) if args.correct else None
    who = _who(args)
    readings = measure.of_eye(measure.read(args.record), args.eye) if args.record else []
    who = refit(who, readings)
    before, after = compare(who, correction)
    beside = _observer(who, before, after)
    sheet = report.Sheet(who, correction, before, after, beside, len(readings))
    target = report.write((args.out or Path()) / "eye_report.html", sheet)
    m, j0, j45 = who.refraction.power_vector()
    data = {
        "refraction": {"text": who.refraction.text(), "m_d": m, "j0_d": j0, "j45_d": j45},
        "age_y": who.age_y, "pupil_mm": who.pupil_mm,
        "accommodation": {"amplitude_d": who.accommodation.amplitude_d, "method": who.accommodation.method},
        "correction": args.correct, "readings": len(readings),
        "before": [_row("before", a, beside) for a in before],
        "after": [_row("after", a, beside) for a in after],
        "facts": _facts(correction, who), "report": str(target),
    }  # fmt: skip
    limits = list(correction.limits(who)) if correction else []
    return Answer(data, lambda: _print(data), [str(target)], limits)


def _typed(chosen: dict[str, str]) -> dict[str, Any]:
    """Option texts as numbers and truths where they are such."""
    made: dict[str, Any] = {}
    for name, text in chosen.items():
        if text.lower() in ("yes", "true", "no", "false"):
            made[name] = text.lower() in ("yes", "true")
            continue
        try:
            made[name] = float(text)
        except ValueError:
            made[name] = text
    return made


def _observer(who: Any, before: Any, after: Any) -> dict[tuple[str, float], float]:
    """The letter observer's acuities, or none where its file is not installed."""
    from importlib import import_module

    try:
        observer = import_module("vision_lib.observer")
    except ImportError:
        return {}
    from vision_lib.ability import eye_of

    return {
        (when, a.distance_m): observer.logmar(eye_of(who, a.view), a.residual)
        for when, rows in (("before", before), ("after", after))
        for a in rows
        if not a.view.known
    }


def _row(when: str, a: Any, beside: dict[tuple[str, float], float]) -> dict[str, Any]:
    from twin_engine.parameters import default

    seen = beside.get((when, a.distance_m))
    sd = None if seen is None else default("eye_observer")["rms_spheres"].value
    return a.as_dict() | {"observer_logmar": seen, "observer_sd_logmar": sd}


def _facts(correction: Any, who: Any) -> list[dict[str, Any]]:
    if correction is None:
        return []
    return [{"name": f.name, "value": f.value, "unit": f.unit, "sd": f.sd, "source": f.source}
            for f in correction.facts(who)]  # fmt: skip


def _print(data: dict[str, Any]) -> None:
    from twin_engine.tables import show_table

    print(f"{tr('prescription')}: {data['refraction']['text']}")
    before = data["before"] if data["correction"] else [None] * len(data["after"])
    rows = [_ability_row(a, b) for a, b in zip(data["after"], before, strict=True)]
    show_table(tr("Visual acuity by viewing distance"), rows)


def _ability_row(after: dict[str, Any], before: dict[str, Any] | None = None) -> dict[str, Any]:
    """One distance for the terminal: before > after where there are two."""

    def shown(key: str) -> str:
        return " > ".join(f"{row[key]:.2f}" for row in (before, after) if row)

    return {tr("distance, m"): after["distance_m"], tr("blur, D"): shown("residual_d"),
            tr("decimal acuity"): shown("acuity_decimal"), "logMAR": f"{after['acuity_logmar']:.2f}",
            "95 %": f"{after['acuity_low_logmar']:.2f} ~ {after['acuity_high_logmar']:.2f}"}  # fmt: skip


def _library(args: argparse.Namespace) -> Answer:
    from vision_lib import library
    from vision_lib.ability import compare
    from vision_lib.eye import Eye
    from vision_lib.refraction import Refraction

    who = _who(args)
    worn = Refraction.parse(args.worn, "--worn").at_cornea(who.vertex_m) if args.worn else None
    made = library.build(Eye.of(who), worn, workers=args.workers,
                         provenance={"refraction": "given", "aberrations": f"sampled, seed {args.seed}",
                                     "accommodation": who.accommodation.method})  # fmt: skip
    from vision_lib.corrections import load

    correction = load("single-vision", prescription=args.worn) if args.worn else None
    rows = [a.as_dict() for a in compare(who, correction)[1]]
    target = library.save(made.with_ability(rows), args.out)
    k = made.kernels[0]
    data = {"library": str(target), "bytes": target.stat().st_size, "vergences": len(k.residual_d),
            "pupils_mm": [1e3 * float(p) for p in k.pupils_m],
            "pixels_per_degree": [c.px_per_deg for c in made.kernels], "ability": rows}  # fmt: skip
    return Answer(data, lambda: _print_library(data), [str(target)])


def _print_library(data: dict[str, Any]) -> None:
    from twin_engine.tables import show_table

    print(tr("{n} vergences, {p} pupils, {m} MB", n=data["vergences"], p=len(data["pupils_mm"]),
             m=f"{data['bytes'] / 1e6:.1f}"))  # fmt: skip
    show_table(tr("Visual acuity by viewing distance"), [_ability_row(a) for a in data["ability"]])


def _population(args: argparse.Namespace) -> Answer:
    from vision_lib import population, population_library

    n = 1000 if args.n is None else args.n
    people = population.sample(n, args.seed, population=args.of)
    made = population_library.build(people)
    chosen = made.find(se_d=_range(args.se, "--se"), age_y=_range(args.age, "--age"))
    selected = [chosen.summary(args.distance, worn) for worn in (False, True)]
    asked = [chosen.share_able(args.task, worn) for worn in (False, True)] if args.task else []
    # Written last: a question that cannot be answered leaves no file behind.
    target = population_library.write((args.out or Path()) / "eye_population.csv", made)
    data = {"n": n, "of": args.of, "table": str(target), "prevalence": population.check(people, args.of),
            "selected": selected, "task": asked}  # fmt: skip
    return Answer(data, lambda: _print_population(data), [str(target)])


def _print_population(data: dict[str, Any]) -> None:
    from twin_engine.tables import show_table

    names = {"myopia": tr("myopia"), "myopia over 1 D": tr("myopia over 1 D"), "high myopia": tr("high myopia"),
             "hyperopia": tr("hyperopia"), "astigmatism": tr("astigmatism")}  # fmt: skip
    show_table(tr("Published and sampled prevalence, %"), [
        {tr("study"): r["study"], tr("what"): names[r["quantity"]],
         tr("ages"): f"{r['age_low_y']}+" if r["age_high_y"] > 90 else f"{r['age_low_y']}-{r['age_high_y']}",
         tr("published"): f"{r['published_percent']:.1f}", tr("sampled"): f"{r['sampled_percent']:.1f}",
         tr("fitted to it"): r["use"] == "fit"}
        for r in data["prevalence"]
    ])  # fmt: skip
    worn = {False: tr("no"), True: tr("yes")}
    show_table(tr("Acuity at {d}", d=f"{data['selected'][0]['distance_m']:g} m"), [
        {tr("own glasses"): worn[s["corrected"]], tr("persons"): s["n"],
         tr("median, logMAR"): f"{s['acuity_median_logmar']:.2f}",
         tr("5 to 95 %"): f"{s['acuity_p5_logmar']:.2f} ~ {s['acuity_p95_logmar']:.2f}"}
        for s in data["selected"]
    ])  # fmt: skip
    if data["task"]:
        from vision_lib.tasks import titles

        show_table(titles()[data["task"][0]["task"]], [
            {tr("own glasses"): worn[t["corrected"]], tr("persons"): t["n"],
             tr("resolve it, %"): f"{100 * t['share_resolving']:.1f}",
             tr("read it fluently, %"): f"{100 * t['share_fluent']:.1f}"}
            for t in data["task"]
        ])  # fmt: skip


def _range(text: str | None, where: str) -> tuple[float, float] | None:
    if text is None:
        return None
    low, colon, high = text.partition(":")
    try:
        bounds = float(low), float(high)
    except ValueError:
        bounds = (1.0, 0.0)
    if not colon or not bounds[0] <= bounds[1]:
        raise InputError("not a range", where, text, "LOW:HIGH", "for example --age 20:29")
    return bounds


def _import(args: argparse.Namespace) -> Answer:
    from vision_lib import exchange, measure

    if measure.is_record(args.file):
        entries = measure.read(args.file)
        if not entries:
            raise InputError("no acuity is filled in", str(args.file), None, "an acuity in one line at least",
                             "write 0.5, 20/40 or logMAR 0.3")  # fmt: skip
        target, added = measure.append(args.record or Path("eye_record.csv"), entries)
        rows = [{"eye": e.eye, "distance_m": e.distance_m, "acuity_logmar": e.acuity_logmar,
                 "corrected": e.corrected} for e in entries]  # fmt: skip
        data = {"eyes": [], "readings": rows, "added": added, "record": str(target)}
        return Answer(data, lambda: _print_import(data), [str(target)])
    if args.record:
        raise InputError("not a record of measured acuities", "--record", str(args.file),
                         ",".join(measure.COLUMNS), "make one with: twin eye form")  # fmt: skip
    eyes = [row.as_dict() for row in exchange.read(args.file)]
    found = {"eyes": eyes, "keratometry": exchange.keratometry(args.file)}
    return Answer(found, lambda: _print_import(found))


def _print_import(data: dict[str, Any]) -> None:
    from twin_engine.tables import show_table

    for name, title in (("eyes", tr("Prescriptions and measurements")), ("keratometry", tr("Keratometry")),
                        ("readings", tr("Measured acuity"))):  # fmt: skip
        rows = data.get(name)
        if rows:
            kept = [k for k in rows[0] if any(r[k] is not None for r in rows)]
            show_table(title, [{k: r[k] for k in kept} for r in rows])
    if "added" in data:
        print(tr("{n} new readings in {f}", n=data["added"], f=data["record"]))


def _form(args: argparse.Namespace) -> Answer:
    from datetime import date

    from vision_lib import measure

    folder = args.out or Path()
    page = measure.form(folder / "acuity_form.html")
    table = measure.template(folder / "acuity_template.csv", date.today().isoformat())
    return Answer({"form": str(page), "template": str(table)}, None, [str(page), str(table)])
