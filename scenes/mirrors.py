"""Real mirrors: the scene seen from the eye's mirror image, through the mirror's own borders.

An ordinary camera stands at the reflected eye; the mirror's surface is then coloured by projecting its own
points into that camera's picture, so left and right come out right without any flip of the image.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from panda3d.core import BitMask32, LMatrix4, NodePath

from scenes.scene import Point, View
from scenes.stage import Target

if TYPE_CHECKING:
    from scenes.stage import Stage

HIDDEN_IN_MIRRORS = BitMask32.bit(5)


@dataclass(frozen=True)
class Plane:
    """A flat mirror: centre, unit normal toward the viewer, unit up direction, half width and half height, m."""

    centre: Point
    normal: Point
    up: Point
    half: tuple[float, float]

    def reflect(self, point: Point) -> Point:
        """The mirror image of a point."""
        p, c, n = (np.array(v, float) for v in (point, self.centre, self.normal))
        return tuple(p - 2.0 * np.dot(p - c, n) * n)

    def side(self) -> np.ndarray:
        """Unit vector to the right for someone who looks along minus the normal."""
        return np.cross(np.array(self.up, float), np.array(self.normal, float))


class Mirror:
    """A mirror on the stage.

    Parameters
    ----------
    stage : Stage
        Where it hangs.
    surface : NodePath
        The mirror's surface, drawn with `mirror.frag`.
    plane : callable
        Gives the mirror's plane at the present moment (it may ride on a car).
    reflectance : float
        Of the coating, 0..1.
    """

    def __init__(self, stage: "Stage", name: str, surface: NodePath, plane: Plane, size: tuple[int, int] = (512, 256),
                 reflectance: float = 0.6) -> None:  # fmt: skip
        self.plane = plane
        self.surface, self.reflectance = surface, reflectance
        self.target = Target(stage, name, size, sort=5)
        self.target.camera.node().set_camera_mask(HIDDEN_IN_MIRRORS)
        surface.hide(HIDDEN_IN_MIRRORS)
        surface.set_shader_input("reflection", self.target.colour)
        surface.set_shader_input("reflection_distance", self.target.distance)
        surface.set_shader_input("reflectance", reflectance)
        surface.set_shader_input("image_matrix", LMatrix4.ident_mat())

    def aim(self, view: View) -> None:
        """Put the camera at the reflected eye and fit its borders to the mirror."""
        plane = self.plane
        eye = np.array(plane.reflect(view.position), float)
        centre, normal = np.array(plane.centre, float), np.array(plane.normal, float)
        depth = float(np.dot(centre - eye, normal))
        self.target.buffer.set_active(depth > 1e-3)
        if depth <= 1e-3:
            return
        # The camera looks along +normal; its right is then minus the mirror's side vector.
        right, up = -plane.side(), np.array(plane.up, float)
        offset = centre - eye
        x, y = float(np.dot(offset, right)), float(np.dot(offset, up))
        margin = 1.04
        half_w, half_h = plane.half[0] * margin, plane.half[1] * margin
        borders = ((x - half_w) / depth, (x + half_w) / depth, (y - half_h) / depth, (y + half_h) / depth)
        self.target.lens.set_near_far(depth * 1.002, 6000.0)
        ahead = tuple(eye + normal)
        self.target.aim(View(tuple(eye), ahead, up=plane.up), borders)
        self.surface.set_shader_input("image_matrix", self.target.matrix())

    def close(self) -> None:
        """Free the mirror's buffer."""
        self.target.close()
