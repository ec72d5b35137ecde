"""A self-contained page of stills, before and after, with a wipe slider: works off-line and prints."""

import base64
import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from scenes import calibration, compare, render
from scenes.compare import Setting, Shown
from scenes.pipeline import Pipeline
from scenes.scene import Fixation, Scene, View
from scenes.seeing import Sight
from twin_engine import assets, page
from twin_engine.text import tr
from vision_lib import ability, tasks

if TYPE_CHECKING:
    from scenes.stage import Stage

# Enough to show near, middle and far without a heavy page.
MOST_THINGS = 3
FIELD_DEG = 32.0
WIDE_DEG = 45.0
REACH_M = 0.8
QUALITY = 90


def turned(view: View, fixation: Fixation, fov_deg: float = FIELD_DEG) -> View:
    """The view turned to a thing, with a field in which its letters can be seen."""
    return replace(view, target=fixation.position, fov_deg=min(view.fov_deg, fov_deg), tangents=None)


def seat(scene: Scene, look: str | None) -> View:
    """The place's main view; or its view turned to the thing looked at, from within reach if it can be reached."""
    views = scene.viewpoints()
    first = next(iter(views.values()))
    if look is None:
        return first
    if look in views:
        return replace(views[look], fov_deg=min(views[look].fov_deg, WIDE_DEG))
    fixation = scene.fixations()[look]
    nearest = min(views.values(), key=lambda v: fixation.distance_m(v.position))
    within = nearest if fixation.distance_m(nearest.position) <= REACH_M else first
    return turned(within, fixation)


def spread(scene: Scene) -> list[str]:
    """Names of things from near to far, evenly over their distances."""
    things = scene.fixations()
    names = sorted(things, key=lambda n: things[n].distance_m(seat(scene, n).position))
    if len(names) <= MOST_THINGS:
        return names
    step = (len(names) - 1) / (MOST_THINGS - 1)
    return [names[round(i * step)] for i in range(MOST_THINGS)]


def write(stage: "Stage", scene: Scene, wish: render.Wish, target: Path) -> tuple[Setting, list[Sight]]:
    """Render the stills and write the page; returns the first comparison's setting and looks."""
    pipe = Pipeline(stage)
    names = [wish.look] if wish.look else spread(scene)
    pairs = [render.compare(pipe, scene, seat(scene, name), replace(wish, look=name)) for name in names]
    sections = [page.Section(setting.thing, _pair(shown, setting)) for shown, setting in pairs]
    shown, setting = pairs[0]
    sections.append(page.Section(tr("Visual acuity by viewing distance"), _acuities(wish)))
    screen = calibration.first_screen(setting.px_per_deg, scene.light().white, wish.display)
    sections.append(page.Section(tr("Before you compare"), page.note(*screen)))
    style = "<style>" + assets.path("web/wipe.css").read_text(encoding="utf-8") + "</style>"
    sections[0].body = style + sections[0].body
    script = assets.path("web/wipe.js").read_text(encoding="utf-8")
    lead = tr("{rx}, age {age:.0f}, pupil {pupil:.1f} mm").format(
        rx=wish.who.refraction, age=wish.who.age_y, pupil=wish.who.pupil_mm)  # fmt: skip
    page.write(target, tr("{place} through this eye").format(place=tr(scene.title)), sections, lead=lead,
               foot=stage.renderer, script=script)  # fmt: skip
    return setting, [s.sight for s in shown]


def _data(shown: Shown) -> str:
    out = io.BytesIO()
    Image.fromarray(shown.codes).save(out, "WEBP", quality=QUALITY, method=4)
    return base64.b64encode(out.getvalue()).decode()


def _image(shown: Shown, kind: str) -> str:
    alt = page.escape(f"{shown.sight.title}: {compare.acuity_line(shown.sight)}")
    return f'<div class="{kind}"><img alt="{alt}" src="data:image/webp;base64,{_data(shown)}"></div>'


def _tag(sight: Sight, side: str) -> str:
    return (f'<div class="tag {side}">{page.escape(sight.title)}'
            f"<small>{page.escape(compare.acuity_line(sight))}</small></div>")  # fmt: skip


def _pair(shown: list[Shown], setting: Setting) -> str:
    lines = "".join(f"<p>{page.escape(s)}</p>" for s in compare.setting_lines(setting, [s.sight for s in shown])[:-1])
    if len(shown) == 1:
        one = _image(shown[0], "before") + _tag(shown[0].sight, "left")
        return f'<div class="wipe"><div class="pair">{one}</div></div>{lines}'
    label = page.escape(tr("Drag to compare: {before} and {after}").format(
        before=shown[0].sight.title, after=shown[1].sight.title))  # fmt: skip
    return (
        f'<div class="wipe"><div class="pair">{_image(shown[0], "before")}{_image(shown[1], "after")}'
        f'<div class="edge"></div>{_tag(shown[0].sight, "left")}{_tag(shown[1].sight, "right")}</div>'
        f'<input type="range" min="0" max="100" step="0.1" value="50" aria-label="{label}"></div>{lines}'
    )


def _acuities(wish: render.Wish) -> str:
    correction = wish.corrections[-1][1] if wish.corrections else None
    before, after = ability.compare(wish.who, correction, with_contrast=False)
    rows = [
        {"d": f"{b.distance_m:g}", "b": f"{10.0**-b.acuity_logmar:.2f}", "bl": f"{b.acuity_logmar:+.2f}",
         "a": f"{10.0**-a.acuity_logmar:.2f}", "al": f"{a.acuity_logmar:+.2f}"}
        for b, a in zip(before, after, strict=True)
    ]  # fmt: skip
    heads = {"d": tr("distance, m"), "b": tr("acuity before"), "bl": tr("logMAR before"),
             "a": tr("acuity after"), "al": tr("logMAR after")}  # fmt: skip
    titles = tasks.titles()
    table = tasks.task_table(wish.who, correction)
    needs = [{"t": titles[r["task"]], "d": f"{r['distance_m']:g}", "b": tasks.words(r["before"]),
              "a": tasks.words(r["after"])} for r in table]  # fmt: skip
    second = {"t": tr("task"), "d": tr("distance, m"), "b": tr("before"), "a": tr("after")}
    return page.table(rows, heads) + page.table(needs, second)
