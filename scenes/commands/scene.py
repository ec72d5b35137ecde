"""Seeing a place through an eye, before and after a correction: pictures, page, window, headset.

    twin scene home --rx="-3.00 DS" --correct single --out home.png
    twin scene driving --variant night --rx="-1.00 -2.00 x 90" --compare wipe --out night.png
    twin scene serve home --rx="-3.00 DS" --correct single --lan
"""

import argparse
from pathlib import Path
from typing import Any

from twin_engine.command import Answer, add_flags, settings
from twin_engine.errors import InputError
from twin_engine.text import tr

LARGEST_PX = 4096


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags."""
    from scenes import calibration, rehab_source

    add = parser.add_argument
    add("action", nargs="?", choices=("serve",), help=tr("serve the page, for a headset or a phone, until Ctrl-C"))
    add("place", metavar="PLACE", help=tr("home, office, driving, or a .glb / .gltf file"))
    add("--rx", metavar="RX", help=tr('prescription, for example --rx="-3.00 -1.25 x 180"'))
    add("--age", type=float, default=30.0, metavar="Y", help=tr("age, years"))
    add("--pupil", type=float, metavar="MM", help=tr("pupil diameter, mm; default: what the place's light makes"))
    add("--correct", metavar="NAME", action="append", default=[],
        help=tr("correction: single, progressive, iol-edof ...; twice compares two"))  # fmt: skip
    add("--variant", default="", metavar="NAME", help=tr("variant of the place, for example night"))
    add("--look", metavar="NAME", help=tr("thing to look at; the eye accommodates to it"))
    add("--compare", choices=("split", "wipe", "flicker", "side"), default="split", help=tr("how to compare"))
    add("--kernel", choices=("viewer", "camera"),
        help=tr("viewer: your own eye's optics divided out (by day); camera: the whole eye (by night)"))  # fmt: skip
    add("--size", default="960x640", metavar="WxH", help=tr("pixels of one picture"))
    add("--light", action="store_true", help=tr("mode for weak machines: one product, layers 1 D apart"))
    add("--stereo", action="store_true", help=tr("both eyes side by side"))
    add("--seconds", type=float, metavar="S", help=tr("a sequence of this length (.mp4, or numbered .png)"))
    add("--stills", action="store_true", help=tr("a page of stills with a wipe slider"))
    add("--window", action="store_true", help=tr("open a window"))
    add("--headset", action="store_true", help=tr("show in a headset (OpenXR)"))
    add("--out", type=Path, metavar="FILE", help=tr("file to write: .png, .html or .mp4"))
    add("--lan", action="store_true", help=tr("with serve: serve the local network by https, not only this machine"))
    add("--port", type=int, metavar="N", help=tr("with serve: port"))
    calibration.add_flags(parser)
    rehab_source.add_flags(parser)
    add_flags(parser, "seed", "set")


def run(args: argparse.Namespace) -> Answer:
    """Render, show or serve."""
    from scenes import rehab_source
    from scenes import scene as places

    _fits(args)
    size = _size(args.size)
    place = places.load(args.place, args.variant)
    rehab_source.attach(place, args)
    sharp = place.plain and args.rx is None and not args.correct
    if args.rx is None:
        if place.about_sight:
            raise InputError("the command line is wrong", "twin scene", "the following arguments are required: --rx",
                             "--rx RX", 'for example: --rx="-3.00 DS"')  # fmt: skip
        args.rx = "0.00 DS"
    wish = _wish(args, place, size)
    if args.action == "serve":
        return _serve(place, wish, args)
    if args.headset:
        return _headset(place, wish, args.out)
    if args.window:
        from scenes import window

        shown = {"place": args.place, "renderer": window.show(place, wish, args.compare)}
        return _left(place, shown, args.out)
    target = _target(args)
    if target.suffix.lower() == ".html":
        return _page(place, wish, target, args)
    if args.seconds is not None:
        return _sequence(place, wish, target, args)
    return _sharp(place, target, args) if sharp else _still(place, wish, target, args)


def _sharp(place: Any, target: Path, args: argparse.Namespace) -> Answer:
    """One picture of a place that is not about sight."""
    from PIL import Image

    from scenes import compare, live_plain, render, stills
    from twin_engine.files import replacing

    stage = render.stage_with(place)
    image = live_plain.still(stage, place, stills.seat(place, args.look), _size(args.size))
    with replacing(target) as temporary:
        temporary.write_bytes(compare.png([Image.fromarray(image)]))
    answer = Answer({"place": args.place, "renderer": stage.renderer}, None, [str(target)])
    stage.close()
    return answer


def _fits(args: argparse.Namespace) -> None:
    shown = [name for name in ("headset", "window", "stills", "out", "seconds") if getattr(args, name)]
    if args.action == "serve" and shown:
        raise InputError("serve only serves", f"--{shown[0]}", None, "twin scene serve PLACE", "leave it out")
    if args.action != "serve" and (args.lan or args.port is not None):
        raise InputError("an option of serve alone", "--lan" if args.lan else "--port", None,
                         "twin scene serve PLACE", "put serve before the place")  # fmt: skip


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.lower().partition("x")
    try:
        made = int(width), int(height)
    except ValueError:
        made = (0, 0)
    if not cross or not all(64 <= v <= LARGEST_PX for v in made):
        raise InputError("impossible picture size", "--size", text, f"WxH, each 64 to {LARGEST_PX}",
                         "for example: --size 960x640")  # fmt: skip
    return made


def _wish(args: argparse.Namespace, place: Any, size: tuple[int, int]) -> Any:
    from scenes import calibration, render, seeing
    from vision_lib import corrections
    from vision_lib.ability import person, typical_aberrations
    from vision_lib.commands.eye import _typed

    seeing.thing(place, args.look)
    chosen = _typed(settings(args.settings))
    if chosen and not args.correct:
        raise InputError("options without a correction", "--set", ", ".join(chosen), "--correct NAME",
                         "name the correction they belong to")  # fmt: skip
    found = [corrections.load(name, **chosen) for name in args.correct]
    if len(found) > 2:
        raise InputError("too many corrections to compare", "--correct", len(found), "one or two", "leave some out")
    who = person(args.rx, args.age, args.pupil, aberrations=typical_aberrations(args.seed))
    who = render.with_pupil(who, place, args.pupil is not None)
    titled = tuple((tr(c.TITLE), c) for c in found)
    # A divided kernel rings around lamps a thousand times brighter than the rest.
    kind = args.kernel or ("camera" if place.light().night else "viewer")
    return render.Wish(who, titled, args.look, size, kind, args.light, calibration.of(args))


def _target(args: argparse.Namespace) -> Path:
    if args.out is None:
        raise InputError("nowhere to show the picture", "--out", None, "a file, --window or --headset",
                         "for example: --out home.png")  # fmt: skip
    allowed = (".mp4", ".png") if args.seconds is not None else (".png", ".html")
    if args.out.suffix.lower() not in allowed:
        raise InputError("unknown kind of picture file", "--out", str(args.out), ", ".join(allowed),
                         "choose one of these endings")  # fmt: skip
    return args.out


def _answer(args: argparse.Namespace, stage: Any, setting: Any, sights: Any, files: list[str], **more: Any) -> Answer:
    rows = [{"title": s.title, "acuity_logmar": s.ability.acuity_logmar, "residual_d": s.view.residual.blur_d,
             "distance_m": s.view.distance_m} for s in sights]  # fmt: skip
    data = {
        "place": args.place, "pixels_per_degree": setting.px_per_deg, "finest_letter_logmar": setting.finest_logmar,
        "renderer": stage.renderer if stage else "WebGL2", "kernel": setting.kind,
        "pupil_mm": sights[0].who.pupil_mm, "looks": rows,
    }  # fmt: skip
    said = [s.title + ": " + tr("the picture cannot show what only a trial measured: optics alone blur it")
            for s in sights if s.view.known]  # fmt: skip
    if any(s.ability.acuity_logmar < setting.finest_logmar for s in sights):
        said.append(tr("Below its finest letter the display, not the eye, is the limit."))
    if setting.night and setting.kind == "viewer":
        said.append(tr("By night the viewer's kernel rings around lamps; --kernel camera does not."))
    return Answer(data | more, None, files, said)


def _still(place: Any, wish: Any, target: Path, args: argparse.Namespace) -> Answer:
    from scenes import compare, render, stills
    from scenes.pipeline import LIGHT_SAMPLES, SAMPLES, Pipeline
    from twin_engine.files import replacing

    stage = render.stage_with(place)
    pipe = Pipeline(stage, LIGHT_SAMPLES if args.light else SAMPLES)
    view = stills.seat(place, args.look)
    both = render.eyes(view, 1e-3 * args.pd) if args.stereo else (view,)
    pages = []
    for one in both:
        shown, setting = render.compare(pipe, place, one, wish)
        pages.append(compare.picture(shown, setting, args.compare))
    images = pages[0] if len(pages) == 1 else [compare.stereo(a, b) for a, b in zip(*pages, strict=True)]
    with replacing(target) as temporary:
        temporary.write_bytes(compare.png(images))
    answer = _answer(args, stage, setting, [s.sight for s in shown], [str(target)])
    stage.close()
    return answer


def _sequence(place: Any, wish: Any, target: Path, args: argparse.Namespace) -> Answer:
    from scenes import render, sequence

    if not 0.0 < args.seconds <= 120.0:
        raise InputError("impossible length of a sequence", "--seconds", args.seconds, "above 0, at most 120",
                         "choose fewer seconds")  # fmt: skip
    stage = render.stage_with(place)
    made = sequence.write(stage, place, wish, target, args.seconds, args.compare)
    answer = _answer(args, stage, made.setting, made.sights, made.files, frames=made.frames)
    stage.close()
    return answer


def _page(place: Any, wish: Any, target: Path, args: argparse.Namespace) -> Answer:
    from scenes import render, stills

    if not args.stills:
        return _live_page(place, wish, target, args)
    stage = render.stage_with(place)
    setting, sights = stills.write(stage, place, wish, target)
    answer = _answer(args, stage, setting, sights, [str(target)])
    stage.close()
    return answer


def _live_page(place: Any, wish: Any, target: Path, args: argparse.Namespace) -> Answer:
    from scenes import compare, seeing, web_page
    from twin_engine.files import replacing

    html = web_page.build(place, wish)
    with replacing(target) as temporary:
        temporary.write_bytes(html)
    fixation = seeing.thing(place, wish.look)[1]
    view = next(iter(place.viewpoints().values()))
    distance = fixation.distance_m(view.position)
    found = seeing.sights(wish.who, distance, list(wish.corrections))
    # The page prints what its own window gives; here it is the size that was asked for.
    setting = compare.Setting(tr(fixation.title), distance, view.pixels_per_degree(*wish.size), wish.kind,
                              place.light().night)  # fmt: skip
    return _answer(args, None, setting, found, [str(target)], bytes=len(html))


def _headset(place: Any, wish: Any, out: Path | None) -> Answer:
    from scenes import headset

    return _left(place, headset.show(place, wish), out)


def _left(place: Any, shown: dict[str, Any], out: Path | None) -> Answer:
    """The answer of a live session, with what the place leaves of it."""
    data, files = place.ended(out)
    return Answer(shown | data, None, files)


def _serve(place: Any, wish: Any, args: argparse.Namespace) -> Answer:
    from scenes import serve

    def build() -> tuple[bytes, str]:
        from scenes import web_page

        return web_page.build(place, wish), web_page.policy()

    port = serve.PORT if args.port is None else args.port
    return Answer({"place": args.place, **serve.serve(build, port, args.lan)})
