"""A rehearsal by hands: poses that are none, cutting and pulling, controllers of a null headset, replay bit for bit."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from scenes import render
from scenes.headset import Headset, from_seat, run
from scenes.live_plain import Plain, live_for
from scenes.organ_hands import LEFT, RIGHT, Hands
from scenes.organ_rehearsal import Rehearsal
from scenes.places.organ import Organ
from scenes.scene import Scene, View
from scenes.stage import Stage, pixels
from tests.scenes.null_runtime import NullBinding, NullRuntime, SessionState, Thing
from twin_engine.tissue import session
from vision_lib.ability import person

S = SessionState
START = [(0, S.IDLE), (0, S.READY), (0, S.SYNCHRONIZED), (0, S.VISIBLE), (0, S.FOCUSED)]


def small() -> Rehearsal:
    return Rehearsal(cell_mm=20.0, spacing=4.0)


def sweep(hands: Hands, x: float = -0.03) -> None:
    hands.move(RIGHT, np.array([x, -0.06, 0.09]))
    for _ in range(4):
        hands.frame()
    hands.hold(RIGHT, True)
    for k in range(16):
        hands.move(RIGHT, np.array([x, -0.06, 0.09 - 0.008 * k]))
        hands.frame()
    hands.hold(RIGHT, False)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_pose_that_is_not_finite_is_told_and_the_scene_lives_on(bad: float) -> None:
    rehearsal = small()
    before = [t.hand.copy() for t in rehearsal.tools]
    rehearsal.frame([[bad, 0.0, 0.0], [0.1, -0.16, 0.07]], [("grasp", ("left", [bad, 0.0, 0.0])), ("dance", ())])
    assert next(w.split(":")[0] for w in rehearsal.warnings) == "left" and len(rehearsal.warnings) == 3
    assert all("not finite" in w for w in rehearsal.warnings[:2])
    assert (rehearsal.tools[LEFT].hand == before[LEFT]).all() and rehearsal.tools[RIGHT].hand[2] == 0.07
    rehearsal.frame([[-0.12, -0.16, 0.08], [0.1, -0.16, 0.06]])
    assert np.isfinite(rehearsal.operation.body.x).all() and np.isfinite(rehearsal.session.frames).all()


def test_hands_pull_and_cut_and_a_session_replays_bit_for_bit(tmp_path: Path) -> None:
    rehearsal = small()
    hands = Hands(rehearsal)
    body = rehearsal.operation.body
    tip = body.x[np.argmin(body.x[:, 0])].copy()
    hands.move(LEFT, tip)
    hands.frame()
    hands.hold(LEFT, True)
    whole = len(rehearsal.skin().faces)
    for k in range(8):
        hands.move(LEFT, tip + [-0.002 * k, 0, 0])
        hands.frame()
    assert rehearsal.operation.body.x[:, 0].min() < tip[0] - 0.003
    sweep(hands)
    hands.press("tab")
    hands.press("k")
    hands.frame()
    op = rehearsal.operation
    assert op.wounds and op.blood_ml > 0 and not rehearsal.warnings
    assert {a[1] for a in rehearsal.session.acts} == {"grasp", "retract", "cut", "clip"}
    # The cut's faces are drawn too, and no triangle spans the gap.
    skin = rehearsal.skin()
    assert len(skin.faces) != whole and np.isfinite(skin.normals).all()
    saved = session.Session.load(rehearsal.session.save(tmp_path / "session.json"))
    again = session.replay(saved, session.theatre(saved.task, 20.0, 4.0))
    import hashlib

    assert again.digest == hashlib.sha256(op.body.x.tobytes() + op.body.v.tobytes()).hexdigest()
    before, acts = op.body.x.copy(), len(rehearsal.session.acts)
    assert rehearsal.undo() and len(rehearsal.session.acts) == acts - 1
    assert rehearsal.operation.body.x.shape == before.shape


def test_the_mouse_moves_the_active_tool_in_the_plane_of_its_depth() -> None:
    hands = Hands(small())
    view = View((0.0, -0.5, 0.0), (0.0, 0.0, 0.0))
    hands.point(view, 0.2, -0.1)
    assert hands.tips[RIGHT] == pytest.approx([0.1, 0.0, -0.05])
    hands.press("wheel_down")
    hands.press("tab")
    hands.point(view, 0.0, 0.0)
    assert hands.tips[LEFT] == pytest.approx([0.0, -0.005, 0.0])
    hands.press("q")
    hands.press("mouse1")
    assert hands.held == [True, False]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    made = render.stage_with(Organ())
    yield made
    made.close()


def test_two_controllers_are_two_tools(stage: Stage) -> None:
    place = stage.scene
    assert isinstance(place, Organ)
    wish = render.Wish(person("0.00 DS", 30, 4.0), (), None, (64, 56), "viewer", True)
    live = live_for(stage, place, wish, (64, 56))
    assert isinstance(live, Plain) and isinstance(place, Scene)
    runtime, binding = NullRuntime(START), NullBinding(stage)
    runtime.left = Thing(orientation=runtime.head.orientation, position=Thing(x=-0.05, y=-0.16, z=-0.40))
    runtime.hand = Thing(orientation=runtime.head.orientation, position=Thing(x=0.08, y=-0.10, z=-0.35))
    runtime.pressed = {"left_hold": True, "wipe": False, "lens": True}
    headset = Headset(runtime, binding)
    shown = run(headset, live, seconds=3 / 72.0)
    assert shown == 3 and len(binding.copied) == 6 and binding.copied[0].std() > 0.01
    seat = live.seat
    assert place.hands.tips[LEFT] == pytest.approx(from_seat(seat, (-0.05, 0.40, -0.16)))
    assert place.hands.tips[RIGHT] == pytest.approx(from_seat(seat, (0.08, 0.35, -0.10)))
    acts = [a[1] for a in place.rehearsal.session.acts]
    assert acts[0] == "grasp" and "coagulate" in acts and "retract" in acts
    data, files = place.ended(None)
    assert data["frames"] == 3 and not files


def test_the_plain_picture_shows_the_organ(stage: Stage) -> None:
    assert stage.scene is not None
    live = Plain(stage, stage.scene, (96, 64))
    texture = live.draw(live.seat)
    stage.engine.extract_texture_data(texture, stage.host.get_gsg())
    picture = pixels(texture)[..., :3]
    middle, corner = picture[28:40, 40:56].mean(axis=(0, 1)), picture[:6, :6].mean(axis=(0, 1))
    assert middle[0] > 1.5 * middle[2] and abs(corner[0] - corner[2]) < 0.03


def test_the_command_draws_the_organ_without_an_eye_being_named(tmp_path: Path) -> None:
    from PIL import Image

    from twin_engine.cli import main

    assert main(["scene", "organ", "--size", "96x64", "--out", str(tmp_path / "organ.png"), "--json"]) == 0
    picture = np.asarray(Image.open(tmp_path / "organ.png").convert("RGB"), dtype=float)
    assert picture.shape == (64, 96, 3) and picture[26:40, 40:52, 0].mean() > 1.4 * picture[26:40, 40:52, 2].mean()
