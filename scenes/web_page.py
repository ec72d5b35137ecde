"""The live page: one off-line file with the place, its light, the eye's kernels and three.js.

Nothing is fetched and no foreign code runs: the content security policy names the page's own script and style by
their hashes. Sources of the script: assets/web/scene/.
"""

import base64
import gzip
import hashlib
import importlib
import importlib.util
import json
from functools import cache
from typing import Any

from scenes import veil, web_eye, web_scene, web_words
from scenes.render import Wish, stage_with
from scenes.scene import Scene
from scenes.seeing import thing
from twin_engine import assets
from twin_engine.page import escape
from twin_engine.parameters import default
from twin_engine.text import LANGUAGES, catalogue, language, tr
from vision_lib import tasks

SHADERS = ("taps.glsl", "blur.glsl", "compose.glsl", "light.glsl", "tone.glsl", "surface.vert", "surface.frag",
           "shadow.frag", "mirror.vert", "mirror.frag")  # fmt: skip
FOLDER = "web/scene"


@cache
def script() -> str:
    """The built script."""
    return assets.path(f"{FOLDER}/dist/scene.js").read_text(encoding="utf-8")


@cache
def style() -> str:
    """The style with its fonts."""
    css = assets.path(f"{FOLDER}/page.css").read_text(encoding="utf-8")
    for weight in ("Regular", "Bold"):
        font = base64.b64encode(assets.path(f"fonts/NotoSansKR-{weight}.woff2").read_bytes()).decode()
        css = css.replace(f"FONT_{weight.upper()}", font)
    return css


def policy() -> str:
    """The content security policy, by hash; the page carries it, and a server sends it as a header."""
    def digest(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    return (f"default-src 'none'; script-src 'sha256-{digest(script())}'; style-src 'sha256-{digest(style())}'; "
            "img-src blob: data:; font-src data:; base-uri 'none'; form-action 'none'")  # fmt: skip


def build(place: Scene, wish: Wish) -> bytes:
    """The page as UTF-8; the language in force is shown first.

    Parameters
    ----------
    place : Scene
        The place.
    wish : Wish
        Who looks, through which corrections, at what; its size does not matter.

    Raises
    ------
    InputError
        The place cannot be shown live, or the eye makes no sense.
    """
    stage = stage_with(place)
    try:
        packer = web_scene.Packer(stage, place)
        extras = packer.pack()
    finally:
        stage.close()
    glb = packer.glb
    extras["eye"] = web_eye.pack(glb, place, wish)
    items = extras["items"]
    glb.tree |= {
        "extensionsUsed": ["EXT_texture_webp"], "scene": 0, "scenes": [{"nodes": list(range(len(items)))}],
        "nodes": [{"name": i["name"], "mesh": i["mesh"]} for i in items], "meshes": packer.meshes(),
        "extras": {"twin": extras},
    }  # fmt: skip
    packed = base64.b64encode(gzip.compress(glb.finish(), 9, mtime=0)).decode()
    return html(_settings(place, wish), packed).encode()


def html(settings: dict[str, Any], place: str) -> str:
    """The page around its settings and its place (base64)."""
    parts = {
        "LANGUAGE": settings["language"], "POLICY": policy(), "TITLE": escape(settings["title"][settings["language"]]),
        "WAIT": escape(tr("Unpacking the place ...")), "STYLE": style(), "PAGE": _json(settings), "PLACE": place,
        "SCRIPT": script(),
    }  # fmt: skip
    text = assets.path(f"{FOLDER}/page.html").read_text(encoding="utf-8")
    pieces = text.split("{{")
    return pieces[0] + "".join(parts[name] + rest for name, rest in (p.split("}}", 1) for p in pieces[1:]))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _settings(place: Scene, wish: Wish) -> dict[str, Any]:
    light, name = place.light(), thing(place, wish.look)[0]
    fixations, away = place.fixations(), web_eye.distances(place)
    every = {t.name: t for t in tasks.tasks()}
    known = {n: every[f.task] for n, f in fixations.items() if f.task}
    made: dict[str, Any] = {
        "language": language(), "place": type(place).__module__.rpartition(".")[2], "variant": place.variant,
        "title": {n: tr("{place} through this eye", n, place=tr(place.title, n)) for n in LANGUAGES},
        "who": {n: tr("{rx}, age {age:.0f}, pupil {pupil:.1f} mm", n, rx=wish.who.refraction, age=wish.who.age_y,
                      pupil=wish.who.pupil_mm) for n in LANGUAGES},
        "things": {n: {k: tr(f.title, k) for k in LANGUAGES} for n, f in fixations.items()},
        "letters": {n: tasks.needed_logmar(t.height_mm, away[n], t.strokes) for n, t in known.items()},
        "letters_at": {n: away[n] for n in known}, "look": name,
        "kernel": wish.kind, "quality": "light" if wish.light else "fine",
        "white": light.white, "night": light.night, "words": _words(),
        "shaders": web_scene.with_includes(SHADERS),
    }  # fmt: skip
    if light.night:
        age = wish.who.age_y
        made |= {"age": age, "glare": default("glare").values(), "kept": 1.0 - veil.scattered(age)}
    return made


def _words() -> dict[str, str]:
    """English -> Korean of every text of the page."""
    texts = web_words.english()
    if importlib.util.find_spec("scenes.web_headset_words"):
        texts += importlib.import_module("scenes.web_headset_words").words()
    return {text: catalogue().get(text, text) for text in texts}
