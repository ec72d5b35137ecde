"""The rehabilitation room: a sound figure, a pose that obeys its angles, cue and ghost where they belong."""

import argparse
import threading
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("panda3d")
pytest.importorskip("vtk")
from scenes import figure, rehab_guide, rehab_panel, rehab_source
from scenes.places import rehab
from scenes.scene import load
from twin_engine.errors import InputError
from twin_engine.motion.cue import Cue
from twin_engine.motion.live import Guidance


@pytest.fixture(scope="module")
def reach() -> tuple:
    return rehab.rehearsal("right")


def test_the_skin_is_closed_and_as_big_as_a_person() -> None:
    """Every edge has two triangles; volume of a person of 1.70 m, 50-85 litres."""
    made = figure.skin()
    edges = np.sort(made.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, count = np.unique(edges, axis=0, return_counts=True)
    assert (count == 2).all()
    a, b, c = (made.vertices[made.faces[:, i]] for i in range(3))
    litres = 1000 * np.einsum("ij,ij->", a, np.cross(b, c)) / 6
    assert 50 < litres < 85
    assert made.vertices[:, 2].max() == pytest.approx(figure.STATURE, abs=0.03)
    assert made.weights.sum(axis=1) == pytest.approx(1.0)


def test_segments_have_their_published_lengths() -> None:
    """Shares of stature of Drillis & Contini 1966 (Winter 2009, fig. 4.1), in any pose."""
    shares = {"upper_r": 0.186, "fore_l": 0.146, "thigh_r": 0.245, "shank_l": 0.246}
    frames = figure.pose({"shoulder_elv_r": 1.2, "elv_angle_r": 0.7, "knee_flexion_l": 0.8})
    for name, share in shares.items():
        bone = figure.bones()[name]
        ends = [(frames[name] @ np.array([*p, 1.0]))[:3] for p in (bone.start, bone.end)]
        assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(share * figure.STATURE, rel=0.01)


def test_poses_obey_their_angles() -> None:
    def hand(s: str = "r", **angles: float) -> np.ndarray:
        return figure.wrist(figure.pose({"elbow_flexion_r": 0.0, "elbow_flexion_l": 0.0, **angles}), s)

    half = np.pi / 2
    hanging, aside, ahead = (hand(shoulder_elv_r=e, elv_angle_r=p) for e, p in ((0, 0), (half, 0), (half, half)))
    assert aside[0] - hanging[0] > 0.5 and ahead[1] - hanging[1] > 0.5
    assert aside[2] - hanging[2] > 0.5 and ahead[2] == pytest.approx(aside[2], abs=0.01)
    bent = hand(shoulder_elv_r=0.0, elbow_flexion_r=np.pi / 2)
    assert bent[1] - hanging[1] > 0.2 and bent[2] > hanging[2] + 0.2
    left, right = (hand(s, **{f"shoulder_elv_{s}": 1.0, f"elv_angle_{s}": 0.6}) for s in "lr")
    assert left * [-1, 1, 1] == pytest.approx(right, abs=1e-9)
    for angles in ({}, {"knee_flexion_r": 1.0, "hip_flexion_r": 0.6}):
        points, normals = figure.carried(figure.pose(angles))
        assert points[:, 2].min() == pytest.approx(0.0, abs=0.02)
        assert np.linalg.norm(normals, axis=1) == pytest.approx(1.0)


def test_every_cue_of_the_reach_has_words(reach: tuple) -> None:
    guide, seen, _ = reach
    for joint in guide.joints:
        for direction in ("more", "less"):
            assert joint not in rehab_guide.say(Cue(joint, direction))
    cues = {(g.cue.joint, g.cue.direction) for g in seen if g.cue}
    assert ("elbow_flexion_r", "less") in cues
    assert all(0 <= g.phase <= 1 for g in seen) and seen[-1].phase > 0.6


def test_a_stiff_knee_is_cued_while_walking() -> None:
    """Knee flexion at .55 of the norm's (a stiff knee): the right knee is asked to bend more, nothing else is."""
    guide, seen, _ = rehab.walk()
    cues = {(g.cue.joint, g.cue.direction) for g in seen if g.cue}
    assert cues == {("knee_flexion_r", "more")}
    room = rehab_guide.Room(guide, "right")
    frame = next(g for g in seen if g.cue)
    assert room.end(room.pose_of(frame.pose))[2] < 0.5
    # Both heels reach the ground during a cycle and none sinks into it.
    lowest = [min(figure.ankle(room.pose_of(row), s)[2] for s in "rl") for row in guide.mean]
    assert min(lowest) > 0.0 and max(lowest) < 0.16


def test_a_recording_is_followed(reach: tuple) -> None:
    guide, seen, _ = reach
    place = load("rehab", "left")
    place.follow(guide, seen[:10], 60.0)
    place.update(0.05)
    assert place.time == pytest.approx(0.05)


def sitting(cued: bool = True) -> rehab_guide.Sitting:
    return rehab_guide.Sitting("Reach", 3, 10, 2, cued, 12.0)


def test_panel_shows_the_cue_only_when_cued(reach: tuple) -> None:
    guide, seen, _ = reach
    frame = next(g for g in seen if g.cue)
    shown, hidden = (rehab_panel.picture(guide, frame, sitting(c), rehab_guide.say) for c in (True, False))
    near = [np.abs(p[..., :3].astype(int) - (240, 138, 36)).max(axis=2) < 12 for p in (shown, hidden)]
    assert near[0].sum() > 4 * near[1].sum()
    assert shown[0, 0, 3] == 0 and shown[300, 500, 3] > 240


def test_room_shows_ghost_ahead_tube_around_and_arrow_when_cued(reach: tuple) -> None:
    guide, seen, _ = reach
    room = rehab_guide.Room(guide, "right")
    frame = next(g for g in seen if g.cue)
    room.show(frame, sitting())
    assert room._arrow is not None
    room.show(frame, sitting(cued=False))
    assert room._arrow is None
    ghost = figure.wrist(room.ghost.frames, "r")
    centre, radius = room.way()
    assert np.min(np.linalg.norm(centre - ghost, axis=1) - radius) < 0.02
    assert ghost[2] > figure.wrist(room.patient.frames, "r")[2]
    quiet = Guidance(frame.time, guide.expected(frame.phase), frame.phase, frame.ahead, None, 0.0, 0.0)
    room.show(quiet, sitting())
    assert room._arrow is None


def test_the_picture_shows_them(reach: tuple) -> None:
    """Amber of the arrow, teal of the ghost and a lit floor, rendered; the mirror is the mirror image."""
    from scenes.stage import Stage

    place = load("rehab", "right")
    stage = Stage()
    stage.show(place)
    frame = stage.render(place.viewpoints()["therapist"], (320, 200), 1)
    stage.close()
    rgb = frame.radiance
    amber = (rgb[..., 0] > 1.6 * rgb[..., 1]) & (rgb[..., 1] > 3 * rgb[..., 2])
    teal = (rgb[..., 2] > 1.15 * rgb[..., 0]) & (rgb[..., 1] > 1.2 * rgb[..., 0])
    assert amber.sum() > 60 and teal.sum() > 1500
    assert 40 < np.median(frame.luminance) < 330
    assert np.isfinite(frame.distance[100, 130])


def test_headset_gives_back_the_arm(reach: tuple) -> None:
    """Forward and back: elevation, plane and elbow of a posed figure from its head and hand, within 12 degrees."""
    for elevation, plane, elbow in ((0.8, 0.9, 0.5), (1.3, 1.2, 0.3), (0.5, 1.4, 1.0)):
        frames = figure.pose({"shoulder_elv_r": elevation, "elv_angle_r": plane, "elbow_flexion_r": elbow})
        bone = figure.bones()["head"]
        head = (frames["head"] @ np.array([*((bone.start + bone.end) / 2), 1.0]))[:3]
        found = rehab_guide.headset_angles(head, {"right": figure.wrist(frames, "r")}, figure.STATURE, "right")
        assert found["elbow_flexion_r"] == pytest.approx(elbow, abs=np.radians(12))
        again = figure.wrist(figure.pose(found), "r")
        assert np.linalg.norm(again - figure.wrist(frames, "r")) < 0.25


def test_a_headset_leads_the_figure_through_the_runtime() -> None:
    """Head and controller of the null runtime: a hand held high raises the figure's arm."""
    from scenes import render
    from scenes.headset import Headset, run
    from scenes.live import Live
    from tests.scenes.null_runtime import NullBinding, NullRuntime, SessionState, Thing
    from vision_lib.ability import person

    place = load("rehab", "right")
    stage = render.stage_with(place)
    S = SessionState
    runtime = NullRuntime([(0, S.IDLE), (0, S.READY), (0, S.SYNCHRONIZED), (1, S.VISIBLE), (2, S.FOCUSED)])
    wish = render.Wish(person("0.00 DS", 25, 4.0), (), None, (32, 28), "viewer", True)
    headset = Headset(runtime, NullBinding(stage))
    live = Live(stage, place, wish, headset.size)
    heights = []
    for up in (-0.75, 0.25):
        # OpenXR: x right, y up, -z ahead.
        runtime.hand = Thing(orientation=runtime.hand.orientation, position=Thing(x=0.25, y=up, z=-0.35))
        run(headset, live, seconds=2 / 72.0)
        assert place.room is not None
        heights.append(float(figure.wrist(place.room.patient.frames, "r")[2]))
    stage.close()
    assert place.tracks and heights[1] - heights[0] > 0.5
    assert 0 <= place.seen[-1].phase <= 1


def test_a_stream_moves_the_figure(reach: tuple) -> None:
    guide, seen, _ = reach
    place = load("rehab")
    latest = rehab_source.Latest(seen[:40])
    place.follow(guide, [latest.first], 60.0)
    place.source = latest
    for _ in range(1000):
        if latest.newest is seen[39]:
            break
        threading.Event().wait(0.001)
    place.update(1 / 60)
    assert place.seen == [seen[39]]


def test_what_cannot_be_followed_is_named(tmp_path: Path) -> None:
    flags = argparse.ArgumentParser()
    rehab_source.add_flags(flags)
    with pytest.raises(InputError, match="follows no movement"):
        rehab_source.attach(load("home"), flags.parse_args(["--reference", "a.mot", "--replay", "b.mot"]))
    with pytest.raises(InputError, match="one source of movement"):
        rehab_source.attach(load("rehab"), flags.parse_args(["--reference", "a.mot"]))
    with pytest.raises(InputError, match="too few frames"):
        rehab_source.Latest([])
