"""A place over time: numbered pictures, or a film where ffmpeg is installed."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from scenes import compare, render
from scenes.compare import Setting
from scenes.pipeline import LIGHT_SAMPLES, SAMPLES, Pipeline
from scenes.scene import Scene
from scenes.seeing import Sight
from scenes.stage import Stage
from twin_engine.errors import InputError
from twin_engine.files import replacing

RATE_HZ = 25.0


@dataclass(frozen=True)
class Sequence:
    """What was written."""

    files: list[str]
    frames: int
    setting: Setting
    sights: list[Sight]


def write(stage: Stage, scene: Scene, wish: render.Wish, target: Path, seconds: float, mode: str) -> Sequence:
    """Write `seconds` of a place at 25 pictures a second: one .mp4, or .png files numbered from 0001.

    Raises
    ------
    InputError
        A film without ffmpeg.
    """
    film = target.suffix.lower() == ".mp4"
    ffmpeg = shutil.which("ffmpeg")
    if film and ffmpeg is None:
        raise InputError("ffmpeg is missing", "--out", str(target), "ffmpeg for .mp4",
                         "install ffmpeg, or write numbered pictures: --out frame.png")  # fmt: skip
    pipe = Pipeline(stage, LIGHT_SAMPLES if wish.light else SAMPLES)
    last: list[tuple[Setting, list[Sight]]] = []
    with tempfile.TemporaryDirectory() as folder:
        made: list[Path] = []

        def draw(number: int, place: Scene) -> None:
            view = next(iter(place.viewpoints().values()))
            # A sign that was passed cannot be looked at any more: the eye goes to the first thing.
            there = wish if wish.look is None or wish.look in place.fixations() else replace(wish, look=None)
            shown, setting = render.compare(pipe, place, view, there)
            pages = compare.picture(shown, setting, mode)
            page = pages[int(number / RATE_HZ * 2.0 * compare.FLICKER_HZ) % len(pages)]
            made.append(Path(folder) / f"{number + 1:04d}.png")
            page.save(made[-1])
            last[:] = [(setting, [s.sight for s in shown])]

        stage.play(seconds, RATE_HZ, draw)
        files = [_film(ffmpeg or "", Path(folder), target)] if film else _pictures(made, target)
    return Sequence([str(f) for f in files], len(made), *last[0])


def _film(ffmpeg: str, folder: Path, target: Path) -> Path:
    with replacing(target) as temporary:
        subprocess.run(
            [ffmpeg, "-loglevel", "error", "-y", "-framerate", f"{RATE_HZ:g}", "-i", str(folder / "%04d.png"),
             "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "16",
             str(temporary)],
            check=True,
        )  # fmt: skip
    return target


def _pictures(made: list[Path], target: Path) -> list[Path]:
    named = [target.with_name(f"{target.stem}-{m.name}") for m in made]
    for source, name in zip(made, named, strict=True):
        with replacing(name) as temporary:
            shutil.copyfile(source, temporary)
    return named
