"""The laparoscope's view of a gallbladder under the liver: one lamp beside the lens, round mask, barrel."""

import numpy as np

from scenes import organ_mesh
from scenes.organ_mesh import Skin, plain
from scenes.organ_view import Studio
from scenes.scene import View
from twin_engine.tissue.organs import shape
from twin_engine.tissue.organs.lesions import clouds
from twin_engine.tissue.organs.shape import Grid
from twin_engine.tissue.organs.specimen import Specimen

BARREL = 0.20


def _wall() -> Skin:
    """Peritoneum behind, omentum below: a rough dome."""

    def dome(x, y, z):
        r = np.sqrt(x**2 + (0.9 * y) ** 2 + (1.1 * z) ** 2)
        return 150.0 - r + 5.0 * clouds(x, y, z, 45.0) + 1.2 * clouds(x, y, z, 11.0)

    axes = [np.arange(-170.0, 171.0, 3.2)] * 3
    grid = Grid(np.array([-170.0] * 3), 3.2, dome(*np.ix_(*axes)))
    return plain(shape.surface(grid), "peritoneum", grid)


def _omentum() -> Skin:
    def fat(x, y, z):
        from twin_engine.tissue.organs.lesions import cells

        height = -58.0 + 7.0 * clouds(x, y, 0 * x, 42.0) + 3.0 * clouds(x, y, 0 * x, 15.0)
        near = np.abs(z - height) < 9
        lumps = np.where(near, 4.2 * (0.5 - cells(x, y, z, 9.0)), 0.0)
        return (z - height - lumps) * 0.8

    low, high = (-140.0, -70.0, -90.0), (140.0, 130.0, -36.0)
    axes = [np.arange(a, b, 1.5) for a, b in zip(low, high, strict=True)]
    grid = Grid(np.array(low), 1.5, np.broadcast_to(fat(*np.ix_(*axes)), [len(a) for a in axes]).copy())
    return plain(shape.surface(grid), "omental fat", grid)


def _shaft(tip: tuple, tail: tuple, radius: float, part: str, jaws: bool) -> list[Skin]:
    """An instrument: a shaft and a steel jaw."""
    a, b = np.array(tip, dtype=float), np.array(tail, dtype=float)
    along = (b - a) / np.linalg.norm(b - a)
    side = np.cross(along, [0.0, 0.0, 1.0])
    side /= np.linalg.norm(side)

    def capsule(points, p, q, r0, r1):
        d = q - p
        t = np.clip((points - p) @ d / (d @ d), 0, 1)
        return np.linalg.norm(points - p - t[..., None] * d, axis=-1) - (r0 + t * (r1 - r0))

    made = []
    for piece in ("shaft", "jaw"):
        p, q = (a + 16 * along, b) if piece == "shaft" else (a, a + 18 * along)
        low, high = np.minimum(p, q) - 8, np.maximum(p, q) + 8
        h = 0.9 if piece == "shaft" else 0.35
        axes = [np.arange(lo, hi, h) for lo, hi in zip(low, high, strict=True)]
        points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
        if piece == "shaft":
            d = capsule(points, p, q, radius, radius)
        else:
            up = np.cross(side, along)
            open_ = 2.6 if jaws else 1.3
            d = np.minimum(capsule(points, a + open_ * up, q, 0.9, 2.2), capsule(points, a - open_ * up, q, 0.9, 2.2))
            d = d + 0.25 * np.abs(np.sin(2.4 * ((points - a) @ along)))
        grid = Grid(low, h, d)
        made.append(plain(shape.surface(grid), part if piece == "shaft" else "steel", grid))
    return made


def instrument(radius: float, jaws: bool, length: float = 170.0) -> list[Skin]:
    """One with its tip at the origin and its shaft along +y (Panda's straight ahead)."""
    return _shaft((0.0, 0.0, 0.0), (0.0, length, 0.0), radius, "black tool", jaws)


def furnish() -> list[Skin]:
    """Liver, gallbladder, walls, omentum, two instruments."""
    liver = Specimen("liver", (), 1.5)
    a = np.radians(-12.0)
    tilt = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    over = organ_mesh.dressed(liver, liver.surface()).moved(tilt, (22, 10, 84))
    bladder = Specimen("gallbladder")
    turn = np.array([[0.94, 0.0, 0.34], [0.0, 1.0, 0.0], [-0.34, 0.0, 0.94]])
    swing = np.array([[1, 0, 0], [0, 0.72, 0.69], [0, -0.69, 0.72]])
    sac = organ_mesh.whole(bladder).moved(turn @ swing, (-8, -36, 12))
    stomach = Specimen("stomach", (), 1.4)
    bowel = organ_mesh.whole(stomach).moved(np.eye(3), (96, 44, -34))
    return [
        over,
        sac,
        bowel,
        _wall(),
        _omentum(),
        *_shaft((-18, -62, -18), (-96, -128, 40), 2.6, "black tool", True),
        *_shaft((16, -26, 30), (118, -110, 6), 2.6, "black tool", False),
    ]


def cholecystectomy(studio: Studio, size: int = 900) -> np.ndarray:
    """The round picture."""
    studio.clear()
    for skin in furnish():
        studio.add(skin)
    studio.light(scope=True, reach_mm=112.0)
    view = View((0.000, -0.140, 0.012), (0.004, 0.0, 0.004), 72.0)
    return rounded(studio.picture(view, (int(size * 1.15), int(size * 1.15))), size)


def rounded(image: np.ndarray, size: int) -> np.ndarray:
    """Barrel distortion, darker edge, round mask."""
    from scipy.ndimage import map_coordinates

    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    r = np.hypot(x, y)
    factor = (1 + BARREL * r**2) / (1 + BARREL) * 0.98
    h, w, _ = image.shape
    at = [(y * factor + 1) / 2 * (h - 1), (x * factor + 1) / 2 * (w - 1)]
    out = np.stack(
        [map_coordinates(image[..., c].astype(float), at, order=1, mode="nearest") for c in range(3)], axis=-1
    )
    edge = np.clip((0.985 - r) / 0.012, 0, 1)[..., None] * (1 - 0.45 * np.clip(r, 0, 1) ** 3)[..., None]
    return (out * edge).astype(np.uint8)
