"""Heart: four chambers with walls, valves' orifices, great vessels cut open, coronary arteries in fat.

Frame of the long axis: a (base to apex), s (left to right ventricle), t = a x s. Wall thickness stands
between the living heart in diastole (6.3 mm, Kawel 2012) and the contracted specimen (13-15 mm).
"""

import math

import numpy as np
from numba import njit, vectorize

from twin_engine.tissue.organs._sdf import FLAGS, cone, ellipsoid, fbm, smax, smin, spline, tube
from twin_engine.tissue.organs.shape import Array, Grid, Organ, Tubes, draw

PARTS = (
    "myocardium",
    "atrium",
    "fat",
    "coronary artery",
    "aorta",
    "pulmonary artery",
    "vein",
    "endocardium",
    "valve",
    "atrial wall",
    "cardiac vein",
)
A = np.array([0.621, -0.421, -0.661])
S = np.array([-0.578, -0.815, -0.024])
T = np.cross(A, S)
AORTA = spline(
    [
        (0, -9, 4, 13.5),
        (-2, -12, 14, 17),
        (-7, -15, 26, 15),
        (-13, -15, 44, 14.5),
        (-14, -11, 62, 14),
        (-6, -2, 77, 13.5),
        (8, 10, 83, 13),
        (20, 24, 76, 12.5),
        (24, 34, 58, 12),
        (23, 38, 40, 12),
    ],
    4,
)
BRANCH = (
    spline([(-11, -6, 72, 7.5), (-16, -8, 92, 6.4), (-19, -9, 112, 6)], 2),
    spline([(2, 4, 82, 5.5), (3, 5, 98, 5), (4, 5, 112, 4.8)], 2),
    spline([(13, 14, 81, 6), (17, 15, 98, 5.4), (19, 16, 112, 5.2)], 2),
)
TRUNK = spline([(12, -33, 14, 15), (16, -34, 26, 15), (20, -28, 40, 14), (20, -14, 52, 13.5), (18, 0, 57, 13)], 4)
LEFT = spline([(18, 0, 57, 12), (30, 14, 58, 10.5), (44, 27, 54, 9.7), (64, 36, 50, 9.5)], 4)
RIGHT = spline([(18, 0, 57, 12), (2, 12, 54, 10.5), (-20, 15, 51, 10), (-44, 16, 49, 9.7), (-66, 17, 47, 9.5)], 4)
CAVA = spline([(-40, 2, 26, 11), (-36, 2, 88, 9.5)], 2)
LOWER_CAVA = spline([(-40, 8, -12, 14), (-37, 14, -42, 12)], 2)


@njit(**FLAGS)
def axes(x: float, y: float, z: float) -> tuple[float, ...]:
    """Coordinates along s, t, a."""
    return x * S[0] + y * S[1] + z * S[2], x * T[0] + y * T[1] + z * T[2], x * A[0] + y * A[1] + z * A[2]


@njit(**FLAGS)
def ventricles(x: float, y: float, z: float) -> tuple[float, ...]:
    u, v, w = axes(x, y, z)
    left = smax(ellipsoid(u, v, w, 0.0, 0.0, 16.0, 36.0, 35.0, 78.0), -14.0 - w, 10.0)
    right = smax(ellipsoid(u, v, w, 24.0, -2.0, 6.0, 35.0, 40.0, 66.0), -16.0 - w, 10.0)
    conus = cone(x, y, z, 2.0, -31.0, -4.0, 23.0, 14.0, -34.0, 20.0, 14.5)
    # Interventricular groove.
    return smin(smin(left, right, 7.0), conus, 10.0), left - right


@njit(**FLAGS)
def atria(x: float, y: float, z: float) -> tuple[float, ...]:
    right = ellipsoid(x, y, z, -44.0, -4.0, 9.0, 22.0, 25.0, 32.0)
    left = ellipsoid(x, y, z, -6.0, 30.0, 17.0, 32.0, 20.0, 25.0)
    crenate = 1.4 * abs(math.sin(0.55 * (x - 0.4 * y + 0.5 * z))) - 1.0 + 1.8 * fbm(x, y, z, 7.0)
    ear = smin(
        cone(x, y, z, -42.0, -20.0, 24.0, 15.0, -22.0, -38.0, 28.0, 8.0),
        cone(x, y, z, -22.0, -38.0, 28.0, 8.0, -10.0, -40.0, 33.0, 5.0),
        3.0,
    )
    other = smin(
        cone(x, y, z, 18.0, 18.0, 20.0, 12.0, 37.0, 2.0, 24.0, 9.0),
        cone(x, y, z, 37.0, 2.0, 24.0, 9.0, 36.0, -20.0, 17.0, 5.0),
        3.0,
    )
    ears = min(ear, other) + 0.7 * crenate
    return smin(smin(right, left, 8.0), ears, 5.0), right, left


@njit(**FLAGS)
def lung_veins(x: float, y: float, z: float) -> float:
    d = cone(x, y, z, -22.0, 34.0, 28.0, 9.0, -54.0, 44.0, 34.0, 7.0)
    d = min(d, cone(x, y, z, -24.0, 38.0, 8.0, 9.0, -56.0, 48.0, 2.0, 7.0))
    d = min(d, cone(x, y, z, 16.0, 34.0, 28.0, 9.0, 46.0, 46.0, 32.0, 7.0))
    return min(d, cone(x, y, z, 18.0, 38.0, 10.0, 9.0, 48.0, 50.0, 6.0, 7.0))


@njit(**FLAGS)
def pipes(x: float, y: float, z: float) -> tuple[float, ...]:
    """Aorta, pulmonary artery, great veins, lung veins: endless outer walls."""
    aorta = tube(x, y, z, AORTA)
    for k in range(3):
        aorta = smin(aorta, tube(x, y, z, BRANCH[k]), 4.0)
    lung = smin(tube(x, y, z, TRUNK), smin(tube(x, y, z, LEFT), tube(x, y, z, RIGHT), 3.0), 3.0)
    return aorta, lung, min(tube(x, y, z, CAVA), tube(x, y, z, LOWER_CAVA)), lung_veins(x, y, z)


@njit(**FLAGS)
def vessels(x: float, y: float, z: float) -> tuple[float, ...]:
    """The same, each end cut by its plane."""
    aorta, lung, veins, small = pipes(x, y, z)
    aorta = max(aorta, max(z - 104.0, 64.0 - z if y > 10.0 and x > 5.0 else -99.0))
    lung = max(max(lung, x - 42.0), -x - 48.0)
    return aorta, lung, max(veins, max(z - 80.0, -z - 38.0)), max(max(small, x - 43.0), -x - 49.0)


@njit(**FLAGS)
def cavities(x: float, y: float, z: float) -> tuple[float, ...]:
    """Left and right ventricle, right and left atrium: the blood, negative inside."""
    u, v, w = axes(x, y, z)
    trabeculae = 1.3 * fbm(x, y, z, 4.5) if w > 20.0 else 0.0
    lv = max(ellipsoid(u, v, w, 0.0, 0.0, 10.0, 25.0, 24.0, 68.0), -9.0 - w) + trabeculae
    papillary = min(
        min(
            cone(u, v, w, -17.0, 10.0, 48.0, 6.0, -9.0, 9.0, 24.0, 3.2),
            cone(u, v, w, 12.0, 20.0, 50.0, 6.0, 6.0, 13.0, 26.0, 3.2),
        ),
        99.0,
    )
    lv = smax(lv, -papillary, 2.0)
    right = smax(ellipsoid(u, v, w, 24.0, -2.0, 6.0, 35.0, 40.0, 66.0), -16.0 - w, 10.0)
    wall = smax(ellipsoid(u, v, w, 0.0, 0.0, 16.0, 36.0, 35.0, 78.0), -14.0 - w, 10.0)
    rv = max(max(right + 3.6 + 1.4 * trabeculae, -wall + 0.5), -9.0 - w)
    rv = smin(rv, cone(x, y, z, 4.0, -31.0, -6.0, 18.0, 13.0, -34.0, 18.0, 11.5), 5.0)
    rv = max(rv, -wall + 0.5)
    _, ra, la = atria(x, y, z)
    ra = ra + 2.4 + 0.9 * abs(math.sin(0.9 * z))
    return lv, rv, max(ra, -la - 1.5), la + 2.8


@njit(**FLAGS)
def leaflets(x: float, y: float, z: float) -> float:
    """Mitral and tricuspid leaflets as thin cones, with chords."""
    u, v, w = axes(x, y, z)
    best = 99.0
    for k in range(2):
        cu, cv, top, radius = (-3.0, 2.0, -10.0, 13.5) if k == 0 else (31.0, 3.0, -11.0, 15.0)
        du, dv = u - cu, v - cv
        theta = math.atan2(dv, du)
        length = (18.0 if k == 0 else 17.0) * (0.72 + 0.24 * math.sin(3 * theta + 0.6) + 0.08 * math.sin(11 * theta))
        along = w - top
        r = math.sqrt(du * du + dv * dv)
        d = abs(r - radius + 0.42 * along) - 0.85
        best = min(best, max(d, max(-along, along - length)))
        for i in range(9):
            a = 2 * math.pi * i / 9
            ca, sa = math.cos(a), math.sin(a)
            foot = (-9.0, 9.0, 26.0) if ca < 0 else (6.0, 13.0, 27.0)
            if k == 0:
                best = min(best, cone(u, v, w, cu + 7.5 * ca, cv + 7.5 * sa, 3.0, 0.45, foot[0], foot[1], foot[2], 0.5))
    return best


@njit(**FLAGS)
def shape(x: float, y: float, z: float) -> float:
    base, _ = ventricles(x, y, z)
    upper, _, _ = atria(x, y, z)
    d = smin(base, upper, 3.0)
    aorta, lung, veins, small = vessels(x, y, z)
    d = smin(d, min(min(aorta, lung), min(veins, small)), 4.0)
    lv, rv, ra, la = cavities(x, y, z)
    hole = min(min(lv, rv), min(ra, la))
    u, v, w = axes(x, y, z)
    a, p, c, s = pipes(x, y, z)
    # Each bore is wider than the grid is coarse; walls 2, 1.5, 1.3 mm.
    hole = min(hole, min(min(a + 2.0, p + 1.5), min(c + 1.3, s + 1.3)))
    hole = min(
        hole,
        min(
            cone(u, v, w, -3.0, 2.0, -22.0, 12.0, -3.0, 2.0, 4.0, 12.0),
            cone(u, v, w, 31.0, 5.0, -22.0, 13.0, 31.0, 3.0, 4.0, 13.0),
        ),
    )
    d = max(d, -hole)
    return min(d, leaflets(x, y, z))


@vectorize(cache=True)
def field(x: float, y: float, z: float) -> float:
    return shape(x, y, z)


@vectorize(cache=True)
def groove(x: float, y: float, z: float) -> float:
    """Ventricles alone: what the coronary arteries lie on."""
    d, _ = ventricles(x, y, z)
    return d


@vectorize(cache=True)
def part(x: float, y: float, z: float, depth: float) -> float:
    aorta, lung, _, _ = vessels(x, y, z)
    base, _ = ventricles(x, y, z)
    upper, _, _ = atria(x, y, z)
    body = min(base, upper)
    if body > 0.7:
        if aorta < 0.8:
            return 4.0
        if lung < 0.8:
            return 5.0
        return 6.0
    if leaflets(x, y, z) < 0.25:
        return 8.0
    lv, rv, ra, la = cavities(x, y, z)
    hole = min(min(lv, rv), min(ra, la))
    if aorta < 0.6 and base < -1.0 and z < 16.0:
        return 8.0
    if hole < 0.9:
        return 7.0
    if upper < base - 1.0:
        return 1.0 if depth > -0.8 else 9.0
    return 0.0


def _project(points: Array, offset: Array) -> Array:
    """Bring points to the ventricles' surface, `offset` mm outside it, by Newton steps; smooth twice."""
    h = 0.5
    for _ in range(25):
        x, y, z = points.T
        d = groove(x, y, z) - offset
        g = np.stack(
            [
                groove(x + h, y, z) - groove(x - h, y, z),
                groove(x, y + h, z) - groove(x, y - h, z),
                groove(x, y, z + h) - groove(x, y, z - h),
            ],
            axis=1,
        ) / (2 * h)
        points = points - 0.8 * (d / np.maximum((g**2).sum(axis=1), 0.2))[:, None] * g
    for _ in range(2):
        points[1:-1] = 0.25 * (points[:-2] + 2 * points[1:-1] + points[2:])
    return points


def _course(controls: list[tuple[float, float, float]], r0: float, r1: float, rise: float) -> tuple[Array, Array]:
    """An artery through (u, v, w) controls, laid `rise` mm above the muscle: dense samples and radii."""
    path = spline(controls, 40) @ np.stack([S, T, A])
    radii = np.linspace(r0, r1, len(path))
    return _project(path, rise + 0.3 * radii), radii


# (u, v, w) in the long-axis frame; anatomy: LAD in the front groove (v < 0) round the apex, circumflex in the
# left ring, right coronary in the right ring, then the rear groove (v > 0). Calibres: Dodge 1992, narrowed.
ARTERIES = (
    (((8, -30, -14), (14, -34, 4), (17, -32, 22), (16, -27, 44), (12, -19, 66), (3, -8, 88), (-4, 6, 88)), 2.1, 0.9),
    (((8, -30, -14), (-12, -33, -9), (-30, -20, -7), (-36, 2, -6), (-28, 24, -6), (-12, 33, -6)), 1.9, 1.2),
    (((22, -38, -10), (44, -30, -8), (58, -10, -8), (56, 16, -8), (42, 34, -8), (18, 38, -7)), 2.0, 1.5),
    (((18, 38, -7), (15, 36, 12), (13, 31, 36), (9, 22, 60), (2, 10, 80)), 1.5, 0.7),
    (((14, -34, 4), (0, -35, 18), (-14, -30, 36), (-20, -22, 56)), 1.2, 0.5),
    (((17, -32, 22), (4, -32, 34), (-8, -26, 54), (-12, -17, 72)), 1.2, 0.5),
    (((17, -32, 22), (32, -34, 26), (44, -26, 32)), 1.1, 0.5),
    (((-34, -10, -7), (-36, -12, 14), (-34, -12, 36), (-28, -10, 58)), 1.2, 0.5),
    (((-34, 12, -6), (-33, 15, 16), (-30, 15, 40), (-22, 12, 64)), 1.2, 0.5),
    (((-12, 33, -6), (-12, 33, 16), (-12, 30, 40)), 1.1, 0.5),
    (((52, -24, -8), (56, -16, 14), (52, -10, 34), (42, -6, 48)), 1.2, 0.5),
    (((58, 4, -8), (57, 6, 14), (48, 8, 38)), 1.1, 0.5),
    (((30, 36, -8), (34, 36, 14), (30, 30, 36)), 1.0, 0.5),
)


# Great cardiac vein beside the LAD, middle vein beside the rear artery, coronary sinus in the left ring.
VEINS = (
    (
        ((-36, 2, -6), (-30, -20, -7), (-6, -36, -2), (9, -35, 8), (12, -33, 24), (11, -28, 44), (8, -20, 62)),
        1.9,
        0.9,
        1.5,
    ),
    (((-36, 2, -6), (-27, 25, -7), (-8, 36, -8), (12, 38, -9)), 2.6, 3.4, 2.0),
    (((13, 39, -7), (20, 36, 12), (18, 31, 36), (13, 22, 58)), 1.5, 0.8, 1.3),
)


def finish(grid: Grid) -> tuple[Grid, list[Tubes]]:
    """Lay fat in the grooves, the coronary arteries and their veins in its surface."""
    from twin_engine.tissue.organs._sdf import lobules

    fat_points, fat_radii, points, radii = [], [], [], []
    for number, (controls, r0, r1) in enumerate(ARTERIES):
        # As high as the fat stands over the muscle there.
        path, r = _course(list(controls), r0, r1, (1.6, 2.7, 2.7, 1.6)[number] if number < 4 else 0.9)
        points.append(path)
        radii.append(r)
        wide = (9.5, 11.0, 12.0, 9.0)[number] if number < 4 else 5.5
        taper = np.linspace(wide, 0.8 * wide if number in (1, 2) else 0.35 * wide, len(path))
        # Centred below the surface, so that the fat stands little proud of the muscle; more in the ring.
        depth = taper - (3.0 if number in (1, 2) else (1.7 if number < 4 else 0.9))
        inward = _project(path.copy(), -depth)
        lump = 0.30 * taper * lobules(inward, 6.0)
        fat_points.append(inward)
        fat_radii.append(taper + lump)
    fat = Tubes(np.concatenate(fat_points), np.concatenate(fat_radii), "fat")
    artery = Tubes(np.concatenate(points), np.concatenate(radii), "coronary artery")
    drained = [_course(list(c), r0, r1, rise) for c, r0, r1, rise in VEINS]
    vein = Tubes(np.concatenate([p for p, _ in drained]), np.concatenate([r for _, r in drained]), "cardiac vein")
    inside = grid.values
    x, y, z = np.ix_(*grid.axes())
    made = draw(grid, fat, 2.0)
    # Fat stays outside the chambers and vessels' bores.
    keep = np.where(inside > 0, groove(x, y, z) < -1.5, False)
    made = Grid(made.low, made.spacing, np.where(keep, inside, made.values))
    return draw(draw(made, vein, 0.8), artery, 0.8), [fat, vein, artery]


ORGAN = Organ(
    "Heart", field, part, PARTS, (-66.0, -76.0, -66.0), (84.0, 56.0, 106.0), 0.9, density=1050.0, finish=finish
)
