"""A user's own room from a glTF file, lit evenly: linear light, one ambient level and light from above."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scenes.scene import Fixation, Light, Scene, View
from twin_engine.errors import InputError

if TYPE_CHECKING:
    from scenes.stage import Stage

LARGEST_BYTES = 500_000_000
LUMINANCE = 160.0  # cd/m2 of a white surface in the even light (assumption: 500 lx)
EYE_HEIGHT_M = 1.6


class RoomFile(Scene):
    """A room loaded from .glb or .gltf; metres, as the format says."""

    title = "Own room"

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._model = _load(path)
        low, high = self._model.get_tight_bounds()
        self._low, self._high = np.array(low), np.array(high)

    def light(self) -> Light:
        """An evenly lit interior."""
        return Light(white=1.6 * LUMINANCE, adaptation=0.4 * LUMINANCE)

    def viewpoints(self) -> dict[str, View]:
        """Eye height in the middle, looking ahead."""
        x, y, _ = (self._low + self._high) / 2
        z = min(self._low[2] + EYE_HEIGHT_M, (self._low[2] + 3 * self._high[2]) / 4)
        eye = (float(x), float(y), float(z))
        return {"middle": View(eye, (eye[0], float(self._high[1]) + 0.1, eye[2] - 0.1), 80.0)}

    def fixations(self) -> dict[str, Fixation]:
        """The far end of the room."""
        eye = self.viewpoints()["middle"].position
        return {"ahead": Fixation("Ahead", (eye[0], max(float(self._high[1]), eye[1] + 0.4), eye[2]))}

    def build(self, stage: "Stage") -> None:
        """The file's surfaces with this engine's shader."""
        from scenes import upload

        upload.plain_air(stage.root)
        room = stage.root.attach_new_node("own room")
        for path in self._model.find_all_matches("**/+GeomNode"):
            _dressed(path, room, self._model)
        light = np.full((2, 2, 3), LUMINANCE, np.float32)
        direction = np.full((2, 2, 3), 0.5, np.float32) + np.array([0, 0, 0.5], np.float32)
        upload.lit(room, light, direction)

    def update(self, seconds: float) -> None:
        """Nothing moves."""


def _load(path: Path) -> Any:
    expected, cure = "a valid glTF 2.0 file", "export it again, e.g. from Blender as .glb"
    if not path.is_file():
        raise InputError("there is no such room file", "PLACE", str(path), "a .glb or .gltf file", "check the path")
    if path.stat().st_size > LARGEST_BYTES:
        size = f"{path.stat().st_size} bytes"
        raise InputError("the room file is too large", "PLACE", size, f"at most {LARGEST_BYTES}", "simplify the model")
    import gltf
    from panda3d.core import NodePath

    try:
        model = NodePath(gltf.load_model(str(path)))
    except Exception as error:  # the loader raises whatever its parser meets
        raise InputError("the room file cannot be read", "PLACE", f"{path.name}: {error}", expected, cure) from error
    if model.find_all_matches("**/+GeomNode").is_empty() or not model.get_tight_bounds():
        raise InputError("the room file holds no surfaces", "PLACE", path.name, expected, cure)
    return model


def _dressed(path: Any, room: Any, model: Any) -> None:
    from panda3d.core import GeomNode, GeomVertexData, LVector4, MaterialAttrib, NodePath, TextureAttrib

    from scenes import upload
    from scenes.materials import Material

    for i in range(path.node().get_num_geoms()):
        geom = path.node().get_geom(i).decompose()
        data = GeomVertexData(geom.get_vertex_data().convert_to(upload.vertex_format()))
        values = np.frombuffer(data.get_array_handle(0).get_data(), np.float32).reshape(-1, 14).copy()
        values[:, 10:] = 1.0
        # Even light, a little stronger from above and from one side, so that faces part from one another (assumption).
        values[:, 10:13] *= 0.82 + 0.12 * values[:, 5:6] + 0.06 * values[:, 3:4]
        data.modify_array_handle(0).copy_data_from(values.tobytes())
        geom.set_vertex_data(data)
        node = GeomNode(path.get_name())
        node.add_geom(geom)
        new: NodePath = room.attach_new_node(node)
        new.set_mat(path.get_mat(model))
        state = path.get_net_state().compose(path.node().get_geom_state(i))
        upload.dress(new, Material((0.8, 0.8, 0.8), two_sided=True))
        material = state.get_attrib(MaterialAttrib)
        if material is not None and material.get_material() is not None:
            made = material.get_material()
            colour, rough = made.get_base_color(), made.get_roughness()
            new.set_shader_input("base", LVector4(colour[0], colour[1], colour[2], 0.0))
            # Even light holds nothing for metal to mirror, and files that name no share of metal mean all: show paint.
            new.set_shader_input("finish", LVector4(rough, 0.04, 0.0, 0.0))
        textures = state.get_attrib(TextureAttrib)
        if textures is not None and textures.get_num_on_stages():
            new.set_shader_input("base_map", textures.get_on_texture(textures.get_on_stage(0)))
