"""Letters drawn, blurred and read back: the observer finds in the pixels the acuity it predicts from the eye."""

import math
from collections.abc import Iterator

import numpy as np
import pytest

from scenes import kernels, reading
from scenes.calibration import finest_letter_logmar
from scenes.pipeline import Pipeline
from scenes.scene import Fixation, Light, Scene, View
from scenes.stage import Stage
from tests.scenes.simple import card
from vision_lib import letters, observer
from vision_lib.eye import Eye
from vision_lib.refraction import PowerVector

PX_PER_DEG, ARCMIN = 60.0, math.pi / 10800.0


class Chart(Scene):
    """Ten Sloan letters of one angular size at a distance, far enough apart that blur does not join them."""

    title = "Chart"

    def __init__(self, distance_m: float, size_logmar: float, margin_deg: float) -> None:
        super().__init__()
        self.distance, self.letter = distance_m, 5.0 * 10.0**size_logmar * ARCMIN
        self.pitch = self.letter + 2.0 * math.radians(margin_deg)

    def light(self) -> Light:
        return Light(100.0, 100.0)

    def viewpoints(self) -> dict[str, View]:
        return {"chart": View((0.0, 0.0, 0.0), (0.0, 1.0, 0.0))}

    def fixations(self) -> dict[str, Fixation]:
        return {"chart": Fixation("Chart", (0.0, self.distance, 0.0))}

    def build(self, stage: Stage) -> None:
        d = self.distance
        card(stage.root, np.full((8, 8), 100.0), 2.0 * d, 1.0 * d).set_pos(0, d, 0)
        for i, letter in enumerate(letters.SLOAN):
            ink = np.pad(letters.sloan(letter, 160), 16)
            made = card(stage.root, 100.0 - 99.0 * ink, self.letter * d * 1.2, self.letter * d * 1.2)
            made.set_pos((i % 5 - 2) * self.pitch * d, d - 1e-4 * d, (0.5 - i // 5) * self.pitch * d)

    def update(self, seconds: float) -> None:
        pass


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


def pictures(stage: Stage, distance: float, size: float, eye: Eye, margin_deg: float) -> np.ndarray:
    """Ink (10, H, W) of the ten letters as rendered and blurred."""
    chart = Chart(distance, size, margin_deg)
    stage.show(chart)
    pitch = round(math.degrees(chart.pitch) * PX_PER_DEG / 2) * 2
    width, height = 5 * pitch, 2 * pitch
    chart.pitch = math.radians(pitch / PX_PER_DEG)
    stage.show(chart)
    half = width / 2 / PX_PER_DEG * math.radians(1.0)
    view = View((0.0, 0.0, 0.0), (0.0, 1.0, 0.0), tangents=(-half, half, -half * 0.4, half * 0.4))
    need = PowerVector(eye.need.m_d, eye.need.j0_d, eye.need.j45_d)
    bank = kernels.bank(eye, need, np.array([1.0 / distance]), kind="camera")
    pipe = Pipeline(stage, samples=4)
    light = pipe.see(view, (width, height), bank) @ reading.white_weights()
    pipe.forget()
    ink = (100.0 - light) / 99.0
    return np.stack([ink[(i // 5) * pitch : (i // 5 + 1) * pitch, (i % 5) * pitch : (i % 5 + 1) * pitch]
                     for i in range(10)])  # fmt: skip


@pytest.mark.parametrize("distance", [4.0, 1.0, 0.5])
@pytest.mark.parametrize("rx", ["-3.00 DS", "-2.50 -1.00 x 90", "-2.25 -2.00 x 30"])
def test_the_observer_reads_in_the_pixels_what_vision_lib_predicts(stage: Stage, distance: float, rx: str) -> None:
    eye = Eye.perfect(rx, pupil_m=3e-3)
    m, j0, j45 = eye.needed_at(distance)
    predicted = observer.logmar(eye, PowerVector(m, j0, j45))
    sizes = predicted + np.array([0.05, -0.05])
    found = reading.acuity([pictures(stage, distance, s, eye, 0.35) for s in sizes], PX_PER_DEG, sizes, 3.0)
    print(f"{rx} at {distance} m: predicted {predicted:.3f}, read {found:.3f}")
    assert found == pytest.approx(predicted, abs=0.02)


def test_no_letter_is_finer_than_the_display() -> None:
    assert finest_letter_logmar(60.0) == pytest.approx(0.0)
    assert finest_letter_logmar(25.0) == pytest.approx(0.38, abs=0.005)
    assert finest_letter_logmar(12.3) == pytest.approx(0.69, abs=0.005)
