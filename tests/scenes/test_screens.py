"""Pictures of the places, the road by day and night, against stored ones; TWIN_RENEW_SCREENS=1 renews: look at them.

Compared by structural similarity, because drivers round differently; made with the software renderer named in
`tests/screens/renderer.txt`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scenes import render, scene, stills, tone
from scenes.pipeline import LIGHT_SAMPLES, Pipeline
from scenes.scene import Scene
from scenes.stage import Stage
from vision_lib import corrections
from vision_lib.ability import person

SCREENS = Path(__file__).resolve().parent.parent / "screens"
SIZE = (480, 320)
# Prescription, age, correction, and what is looked at in each place.
EYES = {
    "myope": ("-3.00 DS", 25.0, "single",
              {"home": "television", "office": "meeting wall", "driving": "garden", "night": "road"}),
    "astigmat": ("-1.00 -2.00 x 90", 30.0, "single",
                 {"home": "television", "office": "meeting wall", "driving": "garden", "night": "road"}),
    "presbyope": ("plano add +2.00", 55.0, "progressive",
                  {"home": "phone", "office": "monitor", "driving": "navigation", "night": "dashboard"}),
}  # fmt: skip
PLACES = {"home": ("home", ""), "office": ("office", ""), "driving": ("driving", ""), "night": ("driving", "night")}
# One eye a place every time; the others with the slow tests.
QUICK = {("home", "presbyope"), ("office", "astigmat"), ("driving", "myope"), ("night", "astigmat")}
CASES = [pytest.param(place, eye, id=f"{place}-{eye}", marks=() if (place, eye) in QUICK else pytest.mark.slow)
         for place in PLACES for eye in EYES]  # fmt: skip


STAGES: dict[str, tuple[Scene, Stage]] = {}


def place_on_stage(name: str) -> tuple[Scene, Stage]:
    """The place's stage, built once; the one before is freed."""
    if name not in STAGES:
        for _, stage in STAGES.values():
            stage.close()
        STAGES.clear()
        place = scene.load(*PLACES[name])
        STAGES[name] = place, render.stage_with(place)
    return STAGES[name]


@pytest.fixture(scope="module", autouse=True)
def closed() -> Iterator[None]:
    yield
    for _, stage in STAGES.values():
        stage.close()
    STAGES.clear()


def pictures(name: str, eye: str) -> tuple[list[np.ndarray], str]:
    place, stage = place_on_stage(name)
    rx, age, correct, looks = EYES[eye]
    who = render.with_pupil(person(rx, age), place, False)
    kind = "camera" if place.light().night else "viewer"
    wish = render.Wish(who, ((correct, corrections.load(correct)),), looks[name], SIZE, kind, True)
    shown, _ = render.compare(Pipeline(stage, LIGHT_SAMPLES), place, stills.seat(place, looks[name]), wish)
    return [s.codes for s in shown], stage.renderer


@pytest.mark.parametrize(("name", "eye"), CASES)
def test_picture_is_as_stored(name: str, eye: str) -> None:
    from skimage.metrics import structural_similarity

    made, renderer = pictures(name, eye)
    both = np.concatenate(made, axis=1)
    stored = SCREENS / f"{name}-{eye}.png"
    if os.environ.get("TWIN_RENEW_SCREENS"):
        Image.fromarray(both).save(stored, optimize=True)
        (SCREENS / "renderer.txt").write_text(f"{renderer}, dither seed {tone.SEED}\n", encoding="utf-8")
    truth = np.asarray(Image.open(stored).convert("RGB"))
    alike = structural_similarity(both, truth, channel_axis=-1)
    assert alike > 0.97, f"SSIM {alike:.3f}"
    # Where the eye looks: through a reading zone the rest of the room blurs more, as it should.
    middle = [m[SIZE[1] // 3 : 2 * SIZE[1] // 3, SIZE[0] // 3 : 2 * SIZE[0] // 3].astype(float) for m in made]
    before, after = (float(np.mean(np.abs(np.diff(m, axis=1)))) for m in middle)
    assert after > before, "what is looked at must be sharper with the correction"
