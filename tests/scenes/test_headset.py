"""The headset adapter against a null runtime: all session states, both eyes' pictures, the controller, loss."""

import math
import os
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from scenes import render
from scenes.headset import Headset, eye_view, run, tell
from scenes.live import Live
from scenes.scene import View
from scenes.stage import Stage
from tests.scenes.null_runtime import NullBinding, NullRuntime, SessionState, StructureType, Thing, turned
from tests.scenes.simple import Simple
from twin_engine.errors import InputError
from vision_lib import corrections
from vision_lib.ability import person

S = SessionState
START = [(0, S.IDLE), (0, S.READY), (0, S.SYNCHRONIZED), (1, S.VISIBLE), (2, S.FOCUSED)]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    place = Simple()
    made = render.stage_with(place)
    yield made
    made.close()


@pytest.fixture(scope="module")
def live(stage: Stage) -> Live:
    who = person("-3.00 DS", 25, 4.0)
    wish = render.Wish(who, (("glasses", corrections.load("single")),), "far", (64, 56), "viewer", True)
    assert stage.scene is not None
    return Live(stage, stage.scene, wish, (64, 56))


def test_all_states_from_idle_to_exit(stage: Stage, live: Live) -> None:
    runtime = NullRuntime([*START, (4, S.VISIBLE), (5, S.SYNCHRONIZED), (6, S.STOPPING), (6, S.IDLE), (6, S.EXITING)])
    binding = NullBinding(stage)
    headset = Headset(runtime, binding)
    shown = run(headset, live)
    # One frame synchronised (nothing drawn), four shown, one hidden again.
    assert shown == 4 and len(runtime.frames) == 6
    assert [bool(f.layers) for f in runtime.frames] == [False, True, True, True, True, False]
    assert runtime.located == [f.display_time for f in runtime.frames if f.layers]
    assert len(binding.copied) == 8 and headset.done and not runtime.begun


def test_each_eye_gets_its_own_picture(stage: Stage, live: Live) -> None:
    runtime, binding = NullRuntime(START), NullBinding(stage)
    headset = Headset(runtime, binding)
    live.state.mode = 2
    run(headset, live, seconds=2 / 72.0)
    left, right = binding.copied[:2]
    assert not np.allclose(left, right)
    for i, picture in enumerate((left, right)):
        _, views = NullRuntime.locate_views(runtime, None, Thing(time=runtime.time, space="local"))
        wanted = live.draw(eye_view(live.seat, views[i].pose, views[i].fov))
        binding.copy(wanted, 0, (64, 56))
        assert np.allclose(binding.copied[-1], picture, atol=1e-6)
    # Nearer things lie further apart: the near card's white middle moves between the eyes.
    live.state.mode = 1


def test_views_follow_head_and_field() -> None:
    seat = View((1.0, 2.0, 1.2), (1.0, 5.0, 1.2))
    fov = Thing(angle_left=-0.8, angle_right=0.6, angle_down=-0.7, angle_up=0.5)
    view = eye_view(seat, turned(math.radians(30)), fov)
    ahead = np.array(view.target) - np.array(view.position)
    assert ahead == pytest.approx([-0.5, math.cos(math.radians(30)), 0.0], abs=1e-9)
    assert view.tangents == pytest.approx((math.tan(-0.8), math.tan(0.6), math.tan(-0.7), math.tan(0.5)))
    # px/deg on the axis from the projection: P[0] W / 2 pi / 180.
    p0 = 2.0 / (math.tan(0.6) - math.tan(-0.8))
    assert view.pixels_per_degree(1000, 900) == pytest.approx(p0 * 500 * math.pi / 180, rel=1e-3)
    # A seat that looks along x: the head's straight ahead is x.
    view = eye_view(View((0, 0, 1), (4, 0, 1)), turned(0.0), fov)
    assert np.array(view.target) - np.array(view.position) == pytest.approx([1.0, 0.0, 0.0], abs=1e-9)


def test_the_ray_moves_the_wipe_and_the_button_changes_the_lens(stage: Stage, live: Live) -> None:
    runtime = NullRuntime(START)
    runtime.hand, runtime.pressed = turned(-0.15), {"wipe": True, "lens": False}
    headset = Headset(runtime, NullBinding(stage))
    live.state.mode = 1
    run(headset, live, seconds=1 / 72.0)
    assert live.state.wipe_rad == pytest.approx(0.15, abs=1e-3)
    runtime.pressed = {"wipe": False, "lens": True}
    run(headset, live, seconds=1 / 72.0)
    assert live.state.mode == 2
    live.state.mode, live.state.wipe_rad = 1, 0.0


def test_recentring_is_followed(stage: Stage, live: Live) -> None:
    runtime = NullRuntime([*START, (2, StructureType.EVENT_DATA_REFERENCE_SPACE_CHANGE_PENDING)])
    headset = Headset(runtime, NullBinding(stage))
    run(headset, live, seconds=3 / 72.0)
    assert headset.recentred == 1


@pytest.mark.parametrize("event", [S.LOSS_PENDING, StructureType.EVENT_DATA_INSTANCE_LOSS_PENDING])
def test_a_lost_session_is_said(stage: Stage, live: Live, event: object) -> None:
    runtime = NullRuntime([*START, (3, event)])
    headset = Headset(runtime, NullBinding(stage))
    with pytest.raises(InputError, match="session was lost"):
        run(headset, live)
    headset.close()
    assert runtime.destroyed and not headset.running


def test_no_headset_and_no_binding_are_said(stage: Stage) -> None:
    with pytest.raises(InputError, match="no headset"):
        Headset(NullRuntime([], present=False), NullBinding(stage))
    with pytest.raises(InputError, match="graphics binding"):
        Headset(NullRuntime([], extensions=("XR_KHR_opengl_enable",)), NullBinding(stage))


def test_the_wipe_shows_before_on_the_left_and_after_on_the_right(stage: Stage, live: Live) -> None:
    binding = NullBinding(stage)
    pictures = []
    for mode in (0, 1, 2):
        live.state.mode = mode
        binding.copy(live.draw(live.seat), 0, (64, 56))
        pictures.append(binding.copied[-1])
    before, wiped, after = pictures
    # Each is drawn only where it is seen: another frustum, so equal to rounding.
    assert np.abs(wiped[:, :28] - before[:, :28]).max() < 1e-4 and np.abs(wiped[:, 36:] - after[:, 36:]).max() < 1e-4
    assert np.abs(wiped - before).max() > 0.05 and np.abs(wiped - after).max() > 0.05
    live.state.mode = 1


def test_the_first_screen_waits_for_a_button(stage: Stage, live: Live) -> None:
    runtime, binding = NullRuntime([*START, (5, S.STOPPING), (5, S.EXITING)]), NullBinding(stage)
    headset = Headset(runtime, binding)
    tell(headset, live)
    assert headset.done and len(binding.copied) >= 4  # nobody pressed: it stayed until the session ended
    assert binding.copied[0].std() > 0.02
    runtime = NullRuntime(START)
    runtime.pressed = {"wipe": True, "lens": False}
    headset = Headset(runtime, binding)
    tell(headset, live)
    assert not headset.done and len(runtime.frames) <= 3


def test_accommodation_follows_the_gaze_and_the_lens_changes(stage: Stage, live: Live) -> None:
    seat, near = live.seat, Simple().fixations()["near"].position
    before = live.banks[0].nodes_d
    live.follow(replace(seat, target=near), 0.2)
    assert live.state.look == "far", "accommodation takes its reaction time"
    live.follow(replace(seat, target=near), 0.2)
    assert live.state.look == "near" and not np.array_equal(live.banks[-1].nodes_d, before)
    shown = live.sights[-1].title
    live.next_lens()
    assert live.sights[-1].title != shown and live.state.lens
    live.look_at("far")


@pytest.mark.skipif(not os.environ.get("XR_RUNTIME_JSON"), reason="no OpenXR runtime: set XR_RUNTIME_JSON")
def test_a_real_runtime_shows_frames(live: Live, stage: Stage) -> None:
    xr = pytest.importorskip("xr")
    from scenes.xr_device import native_binding

    headset = Headset(xr, native_binding(stage))
    assert run(headset, live, seconds=0.5) > 10
    headset.leave()
    headset.close()
