"""A wet road: what stands above it is drawn once more from the eye's mirror image below the road.

The road's shader (`road.frag`) looks that picture up with its own points, so reflections lie where they must.
"""

from typing import TYPE_CHECKING

import numpy as np
from panda3d.core import BitMask32, LMatrix4, LVector4, NodePath

from scenes.scene import View
from scenes.stage import Target
from scenes.upload import shader

if TYPE_CHECKING:
    from scenes.stage import Stage

HIDDEN_IN_POND = BitMask32.bit(6)
SIZE = (640, 320)
BORDERS = (-1.3, 1.3, -0.03, 0.75)  # tangents: little below the horizon, for all that is reflected stands above it
WET = (0.55, 0.9, 0.10, 1.0)  # darkening (Lekner and Dorf 1988, Appl Opt 27:1278, about half), film, streak, ripple


class Pond:
    """The reflection of everything above z = 0 on a stage.

    Parameters
    ----------
    stage : Stage
        Where it lies.
    roads : list of NodePath
        The surfaces that mirror.
    """

    def __init__(self, stage: "Stage", roads: list[NodePath]) -> None:
        self.roads = roads
        self.target = Target(stage, "pond", SIZE, sort=4)
        self.target.camera.node().set_camera_mask(HIDDEN_IN_POND)
        self.target.lens.set_near_far(0.3, 6000.0)
        for road in roads:
            road.hide(HIDDEN_IN_POND)
            road.set_shader(shader("road.frag"))
            road.set_shader_input("pond", self.target.colour)
            road.set_shader_input("pond_matrix", LMatrix4.ident_mat())
            road.set_shader_input("wet", LVector4(*WET))

    def aim(self, view: View) -> None:
        """Put the camera at the eye's image and let it look level."""
        x, y, z = view.position
        ahead = np.array(view.target, float) - np.array(view.position, float)
        ahead[2] = 0.0
        ahead /= max(float(np.linalg.norm(ahead)), 1e-9)
        below = (x, y, -z)
        self.target.aim(View(below, (x + float(ahead[0]), y + float(ahead[1]), -z)), BORDERS)
        for road in self.roads:
            road.set_shader_input("pond_matrix", self.target.matrix())

    def close(self) -> None:
        """Free the buffer."""
        self.target.close()
