"""A human figure of our own: one smooth skin over a skeleton, posed by joint angles.

Segment lengths as shares of stature: Drillis & Contini 1966, as in Winter 2009 ("Biomechanics and motor
control of human movement", fig. 4.1). The skin is the smooth union of rounded cones and ellipsoids, meshed
once and carried along by its bones. x right, y ahead, z up; the figure looks along +y.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
STATURE = 1.70
# Shares of stature (Winter 2009); half distance of hip centres is an assumption (Bell 1989: 36 % of the ASIS's).
_HIP, _KNEE, _ANKLE, _SHOULDER, _CHIN = 0.530, 0.285, 0.039, 0.818, 0.870
_UPPER, _FORE, _HAND, _FOOT = 0.186, 0.146, 0.108, 0.152
_HIP_HALF, _SHOULDER_HALF = 0.052, 0.112
# Arms stand off the trunk in the rest pose, so that the skin does not grow together.
_REST_ARM, _REST_LEG = math.radians(32.0), math.radians(5.0)
_BLEND_MM, _SPACING_MM = 26.0, 9.0


@dataclass(frozen=True)
class Bone:
    """A bone: parent, start and end at rest in m, radii of its flesh at both ends."""

    parent: str
    start: Array
    end: Array
    radii: tuple[float, float]


def _arm(side: int) -> dict[str, Bone]:
    s, h = "r" if side > 0 else "l", STATURE
    way = np.array([side * math.sin(_REST_ARM), 0.0, -math.cos(_REST_ARM)])
    shoulder = np.array([side * _SHOULDER_HALF * h, 0.0, (_SHOULDER - 0.012) * h])
    elbow = shoulder + _UPPER * h * way
    wrist = elbow + _FORE * h * way
    return {f"upper_{s}": Bone("chest", shoulder, elbow, (0.053, 0.040)),
            f"fore_{s}": Bone(f"upper_{s}", elbow, wrist, (0.041, 0.026)),
            f"hand_{s}": Bone(f"fore_{s}", wrist, wrist + 0.062 * h * way, (0.028, 0.033))}  # fmt: skip


def _leg(side: int) -> dict[str, Bone]:
    s, h = "r" if side > 0 else "l", STATURE
    hip = np.array([side * _HIP_HALF * h, 0.0, _HIP * h])
    way = np.array([side * math.sin(_REST_LEG), 0.0, -math.cos(_REST_LEG)])
    knee = hip + (_HIP - _KNEE) * h * way
    ankle = knee + (_KNEE - _ANKLE) * h * way
    toe = ankle + np.array([side * 0.016, 0.70 * _FOOT * h, -0.024 * h])
    return {f"thigh_{s}": Bone("pelvis", hip, knee, (0.086, 0.056)),
            f"shank_{s}": Bone(f"thigh_{s}", knee, ankle, (0.056, 0.037)),
            f"foot_{s}": Bone(f"shank_{s}", ankle, toe, (0.043, 0.034))}  # fmt: skip


@cache
def bones() -> dict[str, Bone]:
    """The skeleton at rest, parents before children."""
    h = STATURE
    trunk = {
        "pelvis": Bone("", np.array([0, -0.005, 0.535 * h]), np.array([0, 0, 0.60 * h]), (0.110, 0.118)),
        "chest": Bone("pelvis", np.array([0, 0, 0.60 * h]), np.array([0, 0, 0.80 * h]), (0.118, 0.124)),
        "head": Bone("chest", np.array([0, 0.005, 0.835 * h]), np.array([0, 0.018, 0.945 * h]), (0.055, 0.096)),
    }
    return {**trunk, **_arm(1), **_arm(-1), **_leg(1), **_leg(-1)}


def _cone(p: Array, a: Array, b: Array, ra: float, rb: float) -> Array:
    """Distance to a rounded cone (linear radius along the axis; exact enough for blending)."""
    ba = b - a
    h = np.clip(((p - a) @ ba) / (ba @ ba), 0.0, 1.0)
    return np.asarray(np.linalg.norm(p - a - h[..., None] * ba, axis=-1) - (ra + h * (rb - ra)))


def _ellipsoid(p: Array, centre: tuple[float, float, float], radii: tuple[float, float, float]) -> Array:
    r = np.array(radii)
    q = (p - np.array(centre)) / r
    k0, k1 = np.linalg.norm(q, axis=-1), np.linalg.norm(q / r, axis=-1)
    return np.asarray(k0 * (k0 - 1.0) / np.maximum(k1, 1e-9))


def _union(a: Array, b: Array, k: float) -> Array:
    """Polynomial smooth minimum (Quilez 2013)."""
    h = np.clip(0.5 + 0.5 * (b - a) / k, 0.0, 1.0)
    return np.asarray(b + h * (a - b) - k * h * (1.0 - h))


def field(x: Array, y: Array, z: Array) -> Array:
    """Signed distance of the skin, all in mm."""
    x, y, z = np.broadcast_arrays(x, y, z)
    p = np.stack([np.abs(x), y, z], axis=-1) * 1e-3
    h, b, k = STATURE, bones(), _BLEND_MM * 1e-3
    d = _ellipsoid(p, (0, 0.0, 0.715 * h), (0.152, 0.102, 0.205))
    d = _union(d, _ellipsoid(p, (0, 0.0, 0.612 * h), (0.128, 0.094, 0.150)), 0.06)
    d = _union(d, _ellipsoid(p, (0, -0.012, 0.535 * h), (0.158, 0.108, 0.112)), 0.05)
    d = _union(d, _ellipsoid(p, (0.074, 0.052, 0.742 * h), (0.078, 0.052, 0.068)), 0.05)
    d = _union(d, _ellipsoid(p, (0.075, -0.058, 0.508 * h), (0.082, 0.074, 0.088)), 0.05)
    collar, cap = np.array([0.03, -0.012, 0.842 * h]), np.array([0.165, -0.004, 0.812 * h])
    d = _union(d, _cone(p, collar, cap, 0.046, 0.052), 0.05)
    d = _union(d, _cone(p, np.array([0, -0.006, 0.80 * h]), np.array([0, 0.010, 0.885 * h]), 0.060, 0.052), 0.03)
    head = _ellipsoid(p, (0, 0.012, 0.942 * h), (0.076, 0.097, 0.108))
    head = _union(head, _ellipsoid(p, (0, 0.046, 0.905 * h), (0.052, 0.056, 0.064)), 0.035)
    head = _union(head, _cone(p, np.array([0, 0.098, 0.942 * h]), np.array([0, 0.118, 0.920 * h]), 0.007, 0.012), 0.016)
    head = _union(head, _ellipsoid(p, (0.079, 0.004, 0.925 * h), (0.010, 0.020, 0.030)), 0.010)
    d = _union(d, head, 0.022)
    for name in ("upper_r", "fore_r", "thigh_r", "shank_r"):
        d = _union(d, _cone(p, b[name].start, b[name].end, *b[name].radii), k)
    d = _union(d, _ellipsoid(p, tuple(_along("upper_r", 0.10)), (0.066, 0.062, 0.070)), 0.03)
    d = _union(d, _ellipsoid(p, tuple(_along("shank_r", 0.30) + [0, -0.024, 0]), (0.050, 0.048, 0.105)), 0.03)
    return np.asarray(_union(d, _extremities(p), 0.018) * 1e3)


def _along(name: str, share: float) -> Array:
    bone = bones()[name]
    return bone.start + share * (bone.end - bone.start)


def _extremities(p: Array) -> Array:
    """Palm, fingers, thumb, and a shoe."""
    hand, foot = bones()["hand_r"], bones()["foot_r"]
    way = (hand.end - hand.start) / np.linalg.norm(hand.end - hand.start)
    palm = _cone(p, hand.start, hand.start + 0.082 * way, 0.026, 0.034)
    flat = np.abs((p - hand.start) @ np.cross(way, [0.0, 1.0, 0.0])) - 0.016
    d = np.maximum(palm, flat)
    knuckle = hand.start + 0.088 * way
    for i, reach in enumerate((0.070, 0.080, 0.076, 0.060)):
        root = knuckle + np.array([0.0, 0.030 - 0.0195 * i, 0.0])
        tip = root + reach * way + np.array([0.0, 0.004, 0.0])
        d = _union(d, _cone(p, root - 0.02 * way, tip, 0.0105, 0.0078), 0.006)
    thumb = hand.start + 0.035 * way + np.array([0.0, 0.026, 0.0])
    d = _union(d, _cone(p, thumb, thumb + 0.055 * way + np.array([0.0, 0.034, 0.0]), 0.0135, 0.0095), 0.010)
    heel = foot.start + np.array([0.0, -0.046, -0.030])
    ball = foot.end + np.array([0.0, 0.0, -0.004])
    instep = _cone(p, foot.start, foot.start + (ball - heel) * 0.45, 0.043, 0.040)
    shoe = _union(_cone(p, heel, ball, 0.038, 0.043), instep, 0.04)
    shoe = _union(shoe, _cone(p, ball, ball + np.array([0.0, 0.050, -0.006]), 0.043, 0.030), 0.03)
    return _union(d, np.maximum(shoe, 0.004 - p[..., 2]), 0.02)


@dataclass(frozen=True)
class Skin:
    """The mesh at rest: vertices (n, 3) in m, normals, faces, weights (n, bones), colours (n, 3) linear."""

    vertices: Array
    normals: Array
    faces: NDArray[np.int64]
    weights: Array
    colours: Array


@cache
def skin() -> Skin:
    """The figure's skin, meshed once and kept in the user's cache."""
    from twin_engine.cache import cache_folder
    from twin_engine.files import replacing, sha256

    kept = cache_folder() / f"figure-{sha256(__file__)[:16]}.npz"
    if not kept.exists():
        vertices, faces = _meshed()
        with replacing(kept) as temporary:
            np.savez_compressed(temporary, vertices=vertices, faces=faces)
    with np.load(kept) as stored:
        vertices, faces = stored["vertices"], stored["faces"]
    points = vertices * 1e-3
    return Skin(points, _slope(vertices), faces, _weights(points), _colours(points))


def _meshed() -> tuple[Array, NDArray[np.int64]]:
    """Vertices in mm and faces."""
    from twin_engine.tissue.organs.shape import Organ, sample, surface

    reach = bones()["hand_r"].end[0] * 1e3 + 130
    low, high = (-reach, -190.0, -6.0), (reach, 290.0, 1e3 * STATURE + 30)
    grid, _ = sample(Organ("Body", field, lambda x, y, z, d: x, (), low, high, _SPACING_MM))
    made = surface(grid, largest=True)
    vertices = made.vertices.copy()
    # The grid's steps are taken out by the field itself: Newton steps to the true surface.
    for _ in range(2):
        vertices -= _slope(vertices) * np.clip(field(*vertices.T), -4, 4)[:, None]
    return vertices, made.faces


def _slope(points_mm: Array) -> Array:
    step = 0.8
    g = np.stack([field(*(points_mm + step * e).T) - field(*(points_mm - step * e).T) for e in np.eye(3)], axis=1)
    return g / np.maximum(np.linalg.norm(g, axis=1, keepdims=True), 1e-9)


def _weights(points: Array) -> Array:
    """Share of each bone: nearest wins, blended over about 3 cm at the joints."""
    names = list(bones())
    distance = np.stack([_cone(points, b.start, b.end, *b.radii) for b in bones().values()], axis=1)
    near = distance.min(axis=1, keepdims=True)
    weight = np.exp(-(distance - near) / 0.016)
    side = np.array([1 if n.endswith("_r") else -1 if n.endswith("_l") else 0 for n in names])
    weight[(side * points[:, :1]) < -0.002] = 0.0
    arms = np.array([n.startswith(("upper", "fore", "hand")) for n in names])
    legs = np.array([n.startswith(("thigh", "shank", "foot")) for n in names])
    # Hands hang beside the thighs at rest: arms and legs never share a point.
    arm_like = weight[:, arms].sum(axis=1) > weight[:, legs].sum(axis=1)
    weight[np.ix_(arm_like, legs)] = 0.0
    weight[np.ix_(~arm_like, arms)] *= (weight[~arm_like][:, legs].sum(axis=1, keepdims=True) < 1e-3)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


_SKIN_TONE, _HAIR = (0.58, 0.36, 0.25), (0.035, 0.025, 0.02)
_SHIRT, _TROUSERS, _SHOES, _SOLE = (0.12, 0.36, 0.40), (0.055, 0.07, 0.10), (0.62, 0.62, 0.60), (0.80, 0.80, 0.78)


def _colours(points: Array) -> Array:
    """Shirt, trousers, shoes, hair, skin by where a point lies at rest; borders are blended over some mm."""
    h, x, y, z = STATURE, np.abs(points[:, 0]), points[:, 1], points[:, 2]
    upper = bones()["upper_r"]
    way = upper.end - upper.start
    along = (np.column_stack([x, y, z]) - upper.start) @ way / (way @ way)
    arm = _step(along, 0.02, 0.03) * _step(x, 0.15 + 0.31 * np.clip(0.80 * h - z, 0.0, 1.0), 0.01)
    neck = 0.842 * h - 0.8 * np.clip(0.090 - np.hypot(x, y - 0.01), 0, 0.05)
    shirt = _step(z, 0.565 * h, 0.004) * (1 - _step(z, neck, 0.008)) * (1 - arm * _step(along, 0.56, 0.012))
    leg = (1 - _step(z, 0.565 * h, 0.004)) * (1 - arm)
    rgb = np.tile(_SKIN_TONE, (len(points), 1))
    for mask, colour in ((shirt, _SHIRT), (leg, _TROUSERS),
                         (1 - _step(z, 0.058 * h, 0.014), _SHOES), (1 - _step(z, 0.013 * h, 0.003), _SOLE),
                         (_hair(x, y, z), _HAIR)):  # fmt: skip
        rgb = rgb + mask[:, None] * (np.array(colour) - rgb)
    return np.asarray(rgb, dtype=float)


def _step(value: Array, edge: Array | float, width: float) -> Array:
    return np.asarray(np.clip((value - edge) / width + 0.5, 0.0, 1.0))


def _hair(x: Array, y: Array, z: Array) -> Array:
    """A short cut: a line from the forehead over the temple to the neck."""
    line = STATURE * np.interp(y, [-0.12, -0.03, 0.02, 0.05, 0.085, 0.13], [0.885, 0.905, 0.945, 0.962, 0.985, 1.02])
    return _step(z, line, 0.005) * _step(z, 0.87 * STATURE, 0.01) * (1 - _step(x, 0.079, 0.002) * (z < 0.95 * STATURE))


def rotation(axis: tuple[float, float, float], angle: float) -> Array:
    """Rotation about a unit axis by rad (Rodrigues 1840)."""
    x, y, z = axis
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + math.sin(angle) * k + (1 - math.cos(angle)) * k @ k)


def arm_rotation(side: int, plane: float, elevation: float, turn: float) -> Array:
    """Upper arm from hanging: elevation in a plane (0 aside, 90 degrees ahead), turned about itself (inwards +)."""
    axis = (math.sin(plane), -side * math.cos(plane), 0.0)
    return rotation(axis, elevation) @ rotation((0.0, 0.0, 1.0), side * turn)


def pose(angles: Mapping[str, float]) -> dict[str, Array]:
    """Transforms (4, 4) of all bones from rest to a pose.

    Parameters
    ----------
    angles : mapping
        rad: elv_angle, shoulder_elv, shoulder_rot, elbow_flexion, pro_sup, hip_flexion, hip_adduction,
        knee_flexion, ankle_dorsiflexion, each with _r or _l; trunk_lean, pelvis_tilt (forwards +). Those missing
        are at ease.
    """
    of = angles.get
    tilt, lean = of("pelvis_tilt", 0.0), of("trunk_lean", 0.0)
    turns = {"pelvis": rotation((1.0, 0.0, 0.0), -tilt), "chest": rotation((1.0, 0.0, 0.0), tilt - lean),
             "head": np.eye(3)}  # fmt: skip
    for side, s in ((1, "r"), (-1, "l")):
        rest = rotation((0.0, 1.0, 0.0), side * _REST_ARM)  # brings the rest arm down to hanging
        arm = arm_rotation(side, of(f"elv_angle_{s}", 0.0), of(f"shoulder_elv_{s}", math.radians(9.0)),
                           of(f"shoulder_rot_{s}", 0.0))  # fmt: skip
        turns[f"upper_{s}"] = arm @ rest
        bend = rotation((1.0, 0.0, 0.0), of(f"elbow_flexion_{s}", math.radians(12.0)))
        turns[f"fore_{s}"] = rest.T @ bend @ rest
        turns[f"hand_{s}"] = rest.T @ rotation((0.0, 0.0, 1.0), side * of(f"pro_sup_{s}", 0.0)) @ rest
        down = rotation((0.0, 1.0, 0.0), side * _REST_LEG)
        swing = rotation((1.0, 0.0, 0.0), of(f"hip_flexion_{s}", 0.0))
        turns[f"thigh_{s}"] = rotation((0.0, 1.0, 0.0), side * (of(f"hip_adduction_{s}", 0.0) - 0.05)) @ swing @ down
        turns[f"shank_{s}"] = down.T @ rotation((1.0, 0.0, 0.0), -of(f"knee_flexion_{s}", 0.02)) @ down
        turns[f"foot_{s}"] = rotation((1.0, 0.0, 0.0), of(f"ankle_dorsiflexion_{s}", 0.0))
    return _chain(turns)


def _chain(turns: dict[str, Array]) -> dict[str, Array]:
    placed: dict[str, Array] = {}
    for name, bone in bones().items():
        own = np.eye(4)
        own[:3, :3] = turns[name]
        own[:3, 3] = bone.start - turns[name] @ bone.start
        placed[name] = placed[bone.parent] @ own if bone.parent else own
    # The lower foot stands on the floor.
    soles = [(f"foot_{s}", p) for s in "rl" for p in (bones()[f"foot_{s}"].start + [0, -0.046, -0.066],
                                                      bones()[f"foot_{s}"].end + [0, 0.03, -0.044])]  # fmt: skip
    low = min(float((placed[name] @ np.array([*p, 1.0]))[2]) for name, p in soles)
    for frame in placed.values():
        frame[2, 3] -= low
    return placed


def carried(frames: dict[str, Array]) -> tuple[Array, Array]:
    """Vertices and normals of the skin in a pose (linear blend)."""
    made = skin()
    stack = np.array([frames[n] for n in bones()])
    blend = np.einsum("nb,bij->nij", made.weights, stack)
    points = np.einsum("nij,nj->ni", blend[:, :3, :3], made.vertices) + blend[:, :3, 3]
    normals = np.einsum("nij,nj->ni", blend[:, :3, :3], made.normals)
    return points, normals / np.linalg.norm(normals, axis=1, keepdims=True)


def capsules(frames: dict[str, Array]) -> Array:
    """(bones, 2, 4): both ends and radii in a pose, for shadows."""
    rows = []
    for name, bone in bones().items():
        ends = ((bone.start, bone.radii[0]), (bone.end, bone.radii[1]))
        rows.append([(*(frames[name] @ np.array([*p, 1.0]))[:3], r) for p, r in ends])
    return np.array(rows)


def ankle(frames: dict[str, Array], side: str) -> Array:
    """Position of an ankle in m."""
    return np.asarray((frames[f"foot_{side}"] @ np.array([*bones()[f"foot_{side}"].start, 1.0]))[:3])


def wrist(frames: dict[str, Array], side: str) -> Array:
    """Position of the middle of a hand in m."""
    bone = bones()[f"hand_{side}"]
    return np.asarray((frames[f"hand_{side}"] @ np.array([*bone.end, 1.0]))[:3])
