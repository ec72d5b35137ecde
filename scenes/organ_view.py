"""Pictures of organs: three sides on a dark ground, a table with instruments, a laparoscope's round view."""

import math
from collections.abc import Sequence

import numpy as np
from panda3d.core import LVector4, NodePath

from scenes import organ_mesh
from scenes.live_plain import healed
from scenes.organ_mesh import Skin
from scenes.scene import View
from scenes.stage import Stage

EXPOSURE = 0.62
GROUND = (0.030, 0.031, 0.034)


class Studio:
    """A stage for specimens.

    Parameters
    ----------
    ground : tuple
        Linear colour behind everything.
    """

    def __init__(self, stage: Stage | None = None, ground: Sequence[float] = GROUND) -> None:
        self.stage = stage or Stage()
        self.ground = np.array(ground)
        self.root = self.stage.root.attach_new_node("studio")

    def add(self, skin: Skin, name: str = "thing") -> NodePath:
        """Put a skin on the stage."""
        path = organ_mesh.node(skin, name)
        path.reparent_to(self.root)
        return path

    def clear(self) -> None:
        """Empty the stage."""
        self.root.get_children().detach()

    def light(self, power: Sequence[float] = organ_mesh.POWER, scope: bool = False, reach_mm: float = 82.0) -> None:
        """Theatre lamps, or only the laparoscope's own."""
        for path in self.root.get_children():
            path.set_shader_input("power", LVector4(*power))
            path.set_shader_input("scope", LVector4(float(scope), reach_mm, 0.010, 0))

    def picture(self, view: View, size: tuple[int, int] = (900, 900), samples: int = 2) -> np.ndarray:
        """(height, width, 3) uint8."""
        frame = self.stage.render(view, size, samples)
        far = ~np.isfinite(frame.distance)
        h, w = far.shape
        fade = np.hypot(*np.meshgrid(np.linspace(-1, 1, w), np.linspace(-1, 1, h)))[..., None]
        behind = self.ground * (1.25 - 0.5 * fade)
        return tone(np.where(far[..., None], behind / EXPOSURE, healed(frame.radiance)))


def tone(linear: np.ndarray) -> np.ndarray:
    """Filmic curve (Narkowicz 2016's fit of ACES) and sRGB, with a little bloom."""
    from scipy.ndimage import gaussian_filter

    x = np.maximum(linear * EXPOSURE, 0)
    # The curve works a channel at a time, which saturates reds: take that back beforehand.
    grey = (x @ np.array([0.2126, 0.7152, 0.0722]))[..., None]
    x = np.maximum(grey + 0.80 * (x - grey), 0)
    bright = np.maximum(x - 1.0, 0)
    if bright.any():
        x = x + 0.18 * gaussian_filter(np.minimum(bright, 6.0), (x.shape[0] / 140, x.shape[0] / 140, 0))
    y = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    s = np.where(y <= 0.0031308, 12.92 * y, 1.055 * y ** (1 / 2.4) - 0.055)
    return (np.clip(s, 0, 1) * 255 + 0.5).astype(np.uint8)


def around(
    centre_mm: np.ndarray, radius_mm: float, azimuth_deg: float, elevation_deg: float, fov_deg: float = 24.0
) -> View:
    """A view of a ball of tissue: azimuth 0 is from the front (-y), positive to the viewer's right (+x)."""
    a, e = math.radians(azimuth_deg), math.radians(elevation_deg)
    away = radius_mm / math.sin(math.radians(fov_deg / 2)) * 1e-3 * 1.02
    c = np.asarray(centre_mm) * 1e-3
    at = c + away * np.array([math.sin(a) * math.cos(e), -math.cos(a) * math.cos(e), math.sin(e)])
    return View(tuple(at), tuple(c), fov_deg)


def three_sides(
    studio: Studio, skin: Skin, angles: Sequence[tuple[float, float]], size: int = 640, fine: float = 1.0
) -> np.ndarray:
    """Views beside one another, the key lamp's shadow baked."""
    organ_mesh.cast_shadows([skin])
    studio.clear()
    studio.add(skin).set_shader_input("fine", fine)
    centre = (skin.vertices.min(axis=0) + skin.vertices.max(axis=0)) / 2
    radius = float(np.linalg.norm(skin.vertices - centre, axis=1).max())
    shots = []
    for azimuth, elevation in angles:
        studio.light()
        shots.append(studio.picture(around(centre, radius, azimuth, elevation), (size, size)))
    return np.concatenate(shots, axis=1)
