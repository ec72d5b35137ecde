"""Keys of the window, without a screen."""

import math
from types import SimpleNamespace as Thing

import numpy as np
import pytest

from scenes.live import State
from scenes.scene import View
from scenes.window import STEP_RAD, TURN_RAD, Keys, turned
from tests.scenes.simple import Simple


def keys() -> Keys:
    place = Simple()
    live = Thing(state=State(look="far"), scene=place, seat=place.viewpoints()["seat"], focused=[])
    live.look_at = lambda name: (setattr(live.state, "look", name), live.focused.append(name))
    live.next_lens = lambda: live.focused.append("lens")
    return Keys(live)  # type: ignore[arg-type]


def test_turning_the_head() -> None:
    view = turned(View((0, 0, 1), (0, 1, 1)), math.radians(90), 0.0)
    assert np.array(view.target) - np.array(view.position) == pytest.approx([1.0, 0.0, 0.0], abs=1e-12)
    pressed = keys()
    pressed.press("arrow_up")
    ahead = np.array(pressed.view.target) - np.array(pressed.view.position)
    assert math.asin(ahead[2]) == pytest.approx(math.atan2(-0.1, 4.0) + TURN_RAD)


def test_wipe_lens_look_and_end() -> None:
    pressed = keys()
    pressed.press("d")
    assert pressed.live.state.wipe_rad == pytest.approx(STEP_RAD)
    pressed.press("space")
    assert pressed.live.state.mode == 2
    pressed.press("n")
    assert pressed.live.state.look == "near" and pressed.live.focused == ["near"]
    gaze = np.array(pressed.view.target) - np.array(pressed.view.position)
    towards = np.array(Simple().fixations()["near"].position) - np.array(pressed.view.position)
    assert gaze @ towards / np.linalg.norm(towards) == pytest.approx(1.0), "the head turns to it"
    pressed.press("l")
    assert pressed.live.focused[-1] == "lens"
    pressed.press("f")
    pressed.tick(0.1)
    assert pressed.live.state.mode == 0
    pressed.tick(0.6)
    assert pressed.live.state.mode == 2
    pressed.press("q")
    assert not pressed.done
    pressed.press("escape")
    assert pressed.done
