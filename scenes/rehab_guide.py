"""A movement guided in the room: patient, ghost, tolerance tube, cue arrow, therapist's panel.

The patient is what a recording, sensors or a headset say; the ghost shows the guided limb where the
reference will be a moment later; the tube is two standard deviations of the reference around the hand's way.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from panda3d.core import NodePath

from scenes import figure, figure_node, rehab_panel
from scenes.rehab_panel import Sitting
from twin_engine.motion.cue import ON, Cue
from twin_engine.motion.live import Guidance, Guide
from twin_engine.text import tr

Array = NDArray[np.float64]
GHOST_COLOUR, TUBE_COLOUR, CUE_COLOUR = (0.05, 0.62, 0.68), (0.20, 0.55, 0.72), (0.95, 0.42, 0.05)
# What to say, by joint of the arm and direction.
WORDS = {
    ("shoulder_elv", "more"): "Raise your arm higher", ("shoulder_elv", "less"): "Lower your arm a little",
    ("elbow_flexion", "more"): "Bend your elbow more", ("elbow_flexion", "less"): "Straighten your elbow",
    ("elv_angle", "more"): "Bring your arm further forward", ("elv_angle", "less"): "Bring your arm further out",
    ("shoulder_rot", "more"): "Turn your arm inwards", ("shoulder_rot", "less"): "Turn your arm outwards",
    ("pro_sup", "more"): "Turn your palm down", ("pro_sup", "less"): "Turn your palm up",
    ("hip_flexion", "more"): "Lift your thigh more", ("hip_flexion", "less"): "Lower your thigh",
    ("knee", "more"): "Bend your knee more", ("knee", "less"): "Straighten your knee",
    ("ankle", "more"): "Lift your toes more", ("ankle", "less"): "Let your toes down",
    ("trunk_lean", "less"): "Sit up straight",
}  # fmt: skip


# Joints of gait models under their figure's names; the sign is that of gait2392, where flexion of the knee is negative.
_ALIASES = {"knee_angle": ("knee_flexion", -1.0), "ankle_angle": ("ankle_dorsiflexion", 1.0)}


def say(cue: Cue) -> str:
    """The instruction of a cue, in the language in force."""
    stem = next((s for s, d in WORDS if cue.joint.startswith(s) and d == cue.direction), None)
    if stem is not None:
        return tr(WORDS[stem, cue.direction])
    return f"{cue.joint}: {tr(cue.direction)}"


class Room:
    """Everything that is drawn, under one node.

    Parameters
    ----------
    guide : Guide
        Reference over the arm's joints, names ending in _r or _l.
    side : str
        "right" or "left": the guided side.
    mirrored : bool
        Show the person as in a mirror.
    """

    def __init__(self, guide: Guide, side: str = "right", mirrored: bool = False) -> None:
        self.guide, self.side = guide, side
        self._s = side[0]
        self._leg = not any(j.startswith(("shoulder", "elbow", "elv")) for j in guide.joints)
        self._flip = np.array([-1.0 if mirrored else 1.0, 1.0, 1.0])
        self.root = NodePath("rehab")
        self.patient = figure_node.Person(mirrored=mirrored)
        parts = ("thigh", "shank", "foot") if self._leg else ("upper", "fore", "hand")
        limb = [f"{b}_{self._s}" for b in parts]
        self.ghost = figure_node.Person(figure_node.GHOST, 0.85, limb, GHOST_COLOUR, mirrored)
        room = figure_node.room()
        for path in (room, self.patient.path, self.ghost.path, self._tube()):
            path.reparent_to(self.root)
        self._arrow: NodePath | None = None
        # The panel faces whoever faces the person, on the side away from the guided arm.
        corner = -0.52 if (side == "right") != mirrored else 1.44
        right, up = np.array([-rehab_panel.WIDTH, 0.0, 0.0]), np.array([0.0, 0.0, rehab_panel.HEIGHT])
        self.panel = figure_node.Board(np.array([corner, 0.05, 0.92]), right, up)
        self.panel.path.reparent_to(self.root)
        self.shown: Guidance | None = None

    def pose_of(self, angles: Array) -> dict[str, Array]:
        """Transforms of the figure for the guided joints (rad)."""
        # Hips are counted from a pelvis that tilts forwards by about this much in walking (Fukuchi 2018).
        given = {"pelvis_tilt": float(np.radians(9.8))} if self._leg else {}
        for joint, value in zip(self.guide.joints, np.nan_to_num(angles), strict=True):
            stem, _, side = joint.rpartition("_")
            name, sign = _ALIASES.get(stem, (stem, 1.0))
            given[f"{name}_{side}"] = sign * float(value)
        return figure.pose(given)

    def end(self, frames: dict[str, Array]) -> Array:
        """Where the guided limb ends: the hand, or the ankle."""
        return figure.ankle(frames, self._s) if self._leg else figure.wrist(frames, self._s)

    def way(self) -> tuple[Array, Array]:
        """The hand's way (n, 3) in the reference and the tube's radius (n,), m."""
        phases = np.linspace(0, 1, 33)
        centre, radius = [], []
        for z in phases:
            i = round(z * (len(self.guide.mean) - 1))
            mean, sd = self.guide.mean[i], self.guide.spread[i]
            here = self.end(self.pose_of(mean))
            apart = [self.end(self.pose_of(mean + ON * sd * e)) - here for e in np.eye(len(mean))]
            moved = [float(np.linalg.norm(a)) for a in apart]
            centre.append(here)
            radius.append(float(np.sqrt(np.mean(np.square(sorted(moved)[-3:])))))
        return np.array(centre) * self._flip, np.array(radius)

    def _tube(self) -> NodePath:
        centre, radius = self.way()
        return figure_node.swept("tube", centre, radius, TUBE_COLOUR, figure_node.GHOST, 0.42)

    def show(self, seen: Guidance, sitting: Sitting) -> None:
        """Bring the room to one frame of guidance."""
        self.shown = seen
        self.patient.pose(self.pose_of(seen.pose))
        self.ghost.pose(self.pose_of(seen.ahead))
        self.patient.shade(self.root)
        if self._arrow is not None:
            self._arrow.remove_node()
            self._arrow = None
        if seen.cue is not None and sitting.cued:
            self._arrow = self._cue_arrow(seen)
            self._arrow.reparent_to(self.root)
        self.panel.show(rehab_panel.picture(self.guide, seen, sitting, say))

    def _cue_arrow(self, seen: Guidance) -> NodePath:
        """From the hand to where the cued joint alone would take it."""
        assert seen.cue is not None
        j = self.guide.joints.index(seen.cue.joint)
        wanted = self.guide.expected(seen.phase)[j]
        way = []
        for share in np.linspace(0.0, 1.0, 12):
            pose = seen.pose.copy()
            gap = wanted - pose[j]
            pose[j] += share * np.sign(gap) * max(abs(gap), 0.35)
            way.append(self.end(self.pose_of(pose)))
        path = np.array(way) * self._flip
        return figure_node.arrow(path + np.array([0.0, 0.06, 0.03]), CUE_COLOUR)


def headset_angles(head: Array, hands: Mapping[str, Array], stature: float, side: str) -> dict[str, float]:
    """Arm angles (rad) of a person in a headset, from the head and the hand or controller.

    Parameters
    ----------
    head : ndarray (3,)
        Position, m, z up, the person looking along +y.
    hands : mapping
        "right", "left" -> position (3,), m.
    stature : float
        m.
    side : str

    Notes
    -----
    Two rigid links (Drillis & Contini lengths) from the shoulder to the hand: the elbow by the cosine rule,
    elevation and plane from the hand's direction. Rotation about the arm cannot be told from one point.
    """
    scale = stature / figure.STATURE
    arm = figure.bones()[f"upper_{side[0]}"]
    shoulder = head + (arm.start - (figure.bones()["head"].start + figure.bones()["head"].end) / 2) * scale
    length = {n: scale * float(np.linalg.norm(b.end - b.start)) for n, b in figure.bones().items()}
    upper, lower = length[f"upper_{side[0]}"], length[f"fore_{side[0]}"] + length[f"hand_{side[0]}"]
    gap = np.asarray(hands[side]) - shoulder
    reach = float(np.clip(np.linalg.norm(gap), abs(upper - lower) + 1e-3, upper + lower - 1e-6))
    elbow = np.pi - np.arccos(np.clip((upper**2 + lower**2 - reach**2) / (2 * upper * lower), -1, 1))
    sign = 1.0 if side == "right" else -1.0
    down = np.arccos(np.clip(-gap[2] / max(np.linalg.norm(gap), 1e-9), -1, 1))
    inner = np.arccos(np.clip((upper**2 + reach**2 - lower**2) / (2 * upper * reach), -1, 1))
    plane = np.arctan2(gap[1], sign * gap[0])
    s = side[0]
    return {f"elbow_flexion_{s}": float(elbow), f"shoulder_elv_{s}": float(max(down - inner, 0.0)),
            f"elv_angle_{s}": float(plane)}  # fmt: skip
