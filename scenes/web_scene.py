"""The place as the page needs it: what stands on the stage, read back from its scene graph.

Every place that a stage can show with the surface, shade and mirror shaders becomes a page without code of its
own. Meshes are cut into chunks small enough that a chunk's box tells which layers it can reach.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from panda3d.core import (
    ColorBlendAttrib,
    CullFaceAttrib,
    DepthOffsetAttrib,
    Filename,
    NodePath,
    Point3,
    Shader,
    ShaderAttrib,
    Texture,
)

from scenes.mirrors import Mirror
from scenes.scene import Scene
from scenes.stage import Stage
from scenes.web_glb import Glb, shared_exponent
from twin_engine import assets
from twin_engine.errors import InputError

Array = NDArray[Any]
# Shaders of surfaces that the page draws, and as which: a road after rain is drawn dry.
SHADERS = {"surface": "surface", "shadow": "shadow", "mirror": "mirror", "road": "surface"}
UNIFORM = re.compile(r"^uniform\s+(?:\w+\s+)?(vec3|vec4|sampler2D|samplerCube)\s+([^;]+);", re.MULTILINE)
INCLUDE = re.compile(r'^#pragma include "(.+)"$', re.MULTILINE)
# A place that moves is shown for so long, a moment every so often; then it starts again.
LASTS_S, STEP_S = 16.0, 0.25
# Chunks: no more triangles than this; no longer than this, nor than this share of their mesh; near the seat's eye
# shorter, down to this share of their distance and this length: there a metre spans many layers.
CHUNK_TRIANGLES, CHUNK_M, CHUNK_SHARE, NEAR_SHARE, NEAR_M = 4000, 1.2, 0.06, 0.5, 0.4


@dataclass
class Moments:
    """What changes while a place lives: every moving node's matrix, views and things, one entry a moment."""

    seconds: list[float] = field(default_factory=list)
    tracks: dict[tuple[float, ...], int] = field(default_factory=dict)
    views: list[dict[str, Any]] = field(default_factory=list)
    things: list[dict[str, Any]] = field(default_factory=list)
    beams: list[list[float]] = field(default_factory=list)


class Packer:
    """Writes one stage's place into a GLB.

    Parameters
    ----------
    stage : Stage
        With the place on it.
    scene : Scene
        The place.
    """

    def __init__(self, stage: Stage, scene: Scene) -> None:
        self.stage, self.scene, self.glb = stage, scene, Glb()
        self._images: dict[bytes, int] = {}
        self._maps: dict[bytes, int] = {}
        self._meshes: dict[int, dict[str, Any]] = {}
        self._kept: list[Any] = []
        self.maps: list[dict[str, Any]] = []
        self.moments = Moments()

    def pack(self) -> dict[str, Any]:
        """Everything drawn; returns what the page's own part of the file says about it."""
        paths = [p for p in self.stage.root.find_all_matches("**/+GeomNode") if not p.is_hidden()]
        matrices = self._live(paths)
        items = [item for path, track in zip(paths, matrices, strict=True) for item in self._items(path, track)]
        tracks = self._tracks(matrices)
        for item in items:
            item["track"] = tracks.index(item.pop("matrices"))
        data = self.glb.view(np.array(tracks, np.float32).tobytes())
        moments = self.moments
        return {
            "items": items, "maps": self.maps, "tracks": {"view": data, "count": len(tracks)},
            "seconds": moments.seconds, "views": moments.views, "things": moments.things, "beams": moments.beams,
            "mirrors": self._mirrors(paths),
        }  # fmt: skip

    def _live(self, paths: list[NodePath]) -> list[tuple[float, ...]]:
        """Let the place live; per node its matrices (16 numbers, column by column) over all moments."""
        found: list[list[float]] = [[] for _ in paths]
        first = self._matrices(paths)
        self.scene.update(STEP_S)
        moves = self._matrices(paths) != first
        self.scene.update(-STEP_S)
        for number in range(round(LASTS_S / STEP_S) + 1 if moves else 1):
            self.moments.seconds.append(number * STEP_S)
            for track, matrix in zip(found, self._matrices(paths), strict=True):
                track.extend(matrix)
            self._moment()
            if moves:
                self.scene.update(STEP_S)
        if moves:
            self.scene.update(-STEP_S * len(self.moments.seconds))
        return [tuple(track) for track in found]

    def _matrices(self, paths: list[NodePath]) -> list[tuple[float, ...]]:
        # Panda3D's row vectors make its rows the columns that WebGL wants.
        rows = [p.get_mat(self.stage.root) for p in paths]
        return [tuple(float(np.float32(m.get_cell(i, j))) for i in range(4) for j in range(4)) for m in rows]

    def _moment(self) -> None:
        views = {n: [*v.position, *v.target, v.fov_deg] for n, v in self.scene.viewpoints().items()}
        self.moments.views.append(views)
        self.moments.things.append({n: list(f.position) for n, f in self.scene.fixations().items()})
        state = self.stage.root.get_state().get_attrib(ShaderAttrib)
        at = state.get_shader_input_vector("beam_at") if state.has_shader_input("beam_at") else (0, 0, 0)
        self.moments.beams.append([float(at[i]) for i in range(3)])

    @staticmethod
    def _tracks(matrices: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
        return sorted(set(matrices))

    def _items(self, path: NodePath, matrices: tuple[float, ...]) -> list[dict[str, Any]]:
        state = path.get_net_state()
        shading = state.get_attrib(ShaderAttrib)
        kind = Filename(shading.get_shader().get_filename(Shader.ST_fragment)).get_basename_wo_extension()
        if kind not in SHADERS:
            raise InputError("the live page cannot show this place", "PLACE", path.get_name(), "surfaces and mirrors",
                             "use --stills")  # fmt: skip
        kind = SHADERS[kind]
        vectors = {n: list(shading.get_shader_input_vector(n))[: 3 if t == "vec3" else 4]
                   for n, t in uniforms(f"{kind}.frag").items() if t.startswith("vec") and shading.has_shader_input(n)}
        blend, faces = state.get_attrib(ColorBlendAttrib), state.get_attrib(CullFaceAttrib)
        offset = state.get_attrib(DepthOffsetAttrib)
        look = {
            "name": path.get_name(), "shader": kind, "vectors": vectors, "matrices": matrices,
            "blend": bool(blend and blend.get_mode() != ColorBlendAttrib.M_none),
            "both": bool(faces and faces.get_actual_mode() == CullFaceAttrib.M_cull_none),
            "offset": offset.get_offset() if offset else 0, "textures": self._textures(shading, kind),
        }  # fmt: skip
        node = path.node()
        return [look | {"mesh": self._mesh(node.get_geom(i), path)} for i in range(node.get_num_geoms())]

    def _textures(self, shading: Any, kind: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, kind_of in uniforms(f"{kind}.frag").items():
            if not kind_of.startswith("sampler") or not shading.has_shader_input(name):
                continue
            texture = shading.get_shader_input(name).get_texture()
            if texture.has_ram_image():
                whole = texture.get_component_type() == Texture.T_unsigned_byte
                found[name] = self._image(texture) if whole else self._map(texture, name)
        return found

    def _image(self, texture: Texture) -> dict[str, Any]:
        channels = texture.get_num_components()
        height, width = texture.get_y_size(), texture.get_x_size()
        flat = np.frombuffer(texture.get_ram_image_as("RGBA"[:channels]), np.uint8)
        pixels = flat.reshape(height, width, channels)[::-1]
        key = pixels.tobytes() + bytes(str(pixels.shape), "ascii")
        sharp = texture.get_anisotropic_degree() > 1
        if key not in self._images:
            # Letters and small tables of values must not be rounded to blocks.
            self._images[key] = self.glb.image(np.ascontiguousarray(pixels), sharp or pixels.size < 4096)
        colour = texture.get_format() in (Texture.F_srgb, Texture.F_srgb_alpha)
        return {"texture": self._images[key], "colour": colour, "sharp": sharp,
                "clamp": texture.get_wrap_u() == Texture.WM_clamp}  # fmt: skip

    def _map(self, texture: Texture, name: str) -> int:
        """A float texture: light as RGB9_E5 with its own mip levels, directions as an image."""
        levels = max(1, texture.get_num_loadable_ram_mipmap_images()) if name == "probe" else 1
        # Rows as stored: row 0 is v = 0. Channels lie blue first in memory.
        stored = [np.frombuffer(texture.get_ram_mipmap_image(n), np.float32) for n in range(levels)]
        data = [d.reshape(-1, 3)[:, ::-1] for d in stored]
        key = name.encode() + b"".join(d.tobytes() for d in data)
        if key in self._maps:
            return self._maps[key]
        width, height = texture.get_x_size(), texture.get_y_size()
        entry: dict[str, Any] = {"kind": name, "width": width, "height": height}
        if name == "direction_map":
            pixels = np.rint(data[0].reshape(height, width, 3)[::-1] * 255).astype(np.uint8)
            entry["texture"] = self.glb.image(np.ascontiguousarray(pixels), True)
        else:
            entry["views"] = [self.glb.view(shared_exponent(d).tobytes()) for d in data]
        self.maps.append(entry)
        self._maps[key] = len(self.maps) - 1
        return self._maps[key]

    def _mesh(self, geom: Any, path: NodePath) -> int:
        key = int(geom.this)
        if key not in self._meshes:
            self._kept.append(geom)
            vertices, faces = arrays(geom)
            parts = self._primitives(vertices, faces, self._eye(path))
            self._meshes[key] = {"number": len(self._meshes), "primitives": parts}
        return int(self._meshes[key]["number"])

    def _eye(self, path: NodePath) -> Array:
        """The seat's eye in a node's own frame."""
        seat = next(iter(self.scene.viewpoints().values())).position
        return np.array(path.get_relative_point(self.stage.root, Point3(*seat)))

    def _primitives(self, vertices: Array, faces: Array, eye: Array) -> list[dict[str, Any]]:
        add = self.glb.accessor
        attributes = {
            "POSITION": add(vertices[:, 0:3], "VEC3"), "NORMAL": add(vertices[:, 3:6], "VEC3"),
            "TEXCOORD_0": add(vertices[:, 6:8], "VEC2"), "TEXCOORD_1": add(vertices[:, 8:10], "VEC2"),
            "COLOR_0": add(vertices[:, 10:14], "VEC4"),
        }  # fmt: skip
        made = []
        extent = float(np.ptp(vertices[:, :3], axis=0).max())
        for some in chunks(vertices[:, :3], faces, max(CHUNK_M, CHUNK_SHARE * extent), eye):
            used = vertices[some.ravel(), :3]
            box = [*used.min(axis=0).tolist(), *used.max(axis=0).tolist()]
            kind = np.uint16 if len(vertices) < 65536 else np.uint32
            made.append({"attributes": attributes, "indices": add(some.ravel().astype(kind), "SCALAR"),
                         "extras": {"box": box}})  # fmt: skip
        return made

    def meshes(self) -> list[dict[str, Any]]:
        """The glTF meshes, in the order of their numbers."""
        return [{"primitives": m["primitives"]} for m in self._meshes.values()]

    def _mirrors(self, paths: list[NodePath]) -> list[dict[str, Any]]:
        """Planes in the frame of the mirror's own node, and which items are their glass."""
        found = []
        for mirror in (m for m in self.stage.mirrors if isinstance(m, Mirror)):
            inverse = np.linalg.inv(np.array([list(r) for r in mirror.surface.get_mat(self.stage.root).rows]).T)
            plane = mirror.plane
            centre = inverse @ np.array([*plane.centre, 1.0])
            normal, up = (inverse[:3, :3] @ np.array(v, float) for v in (plane.normal, plane.up))
            glass = [i for i, p in enumerate(paths) if mirror.surface == p or mirror.surface.is_ancestor_of(p)]
            found.append({"centre": centre[:3].tolist(), "normal": normal.tolist(), "up": up.tolist(),
                          "half": list(plane.half), "size": list(mirror.target.size), "reflectance": mirror.reflectance,
                          "glass": paths[glass[0]].get_name()})  # fmt: skip
        return found


@cache
def text(name: str) -> str:
    """A shader's text."""
    return assets.path(f"shaders/{name}").read_text(encoding="utf-8")


@cache
def uniforms(name: str) -> dict[str, str]:
    """Vectors and samplers that a shader and its includes take: name -> type."""
    found: dict[str, str] = {}
    for kind, names in UNIFORM.findall(text(name)):
        found |= {n.strip(): kind for n in names.split(",")}
    for other in INCLUDE.findall(text(name)):
        found |= uniforms(other)
    return {n: k for n, k in found.items() if n not in ("beam_at", "tent")}


def with_includes(names: Iterable[str]) -> dict[str, str]:
    """Shaders and all they include: name -> text."""
    found: dict[str, str] = {}
    for name in names:
        found |= {name: text(name), **with_includes(INCLUDE.findall(text(name)))}
    return found


def arrays(geom: Any) -> tuple[Array, Array]:
    """(n, 14) float32 vertices and (m, 3) uint32 indices of a Panda3D geom of ours."""
    data = geom.get_vertex_data()
    vertices = np.frombuffer(data.get_array_handle(0).get_data(), np.float32).reshape(-1, 14)
    faces = []
    for i in range(geom.get_num_primitives()):
        primitive = geom.get_primitive(i)
        handle = primitive.get_vertices().get_handle()
        kind = {1: np.uint8, 2: np.uint16, 4: np.uint32}[primitive.get_index_stride()]
        faces.append(np.frombuffer(handle.get_data(), kind).reshape(-1, 3).astype(np.uint32))
    return vertices, np.concatenate(faces)


def chunks(points: Array, faces: Array, longest: float, eye: Array) -> list[Array]:
    """Triangles in spatial groups: halved along their longest side until no longer than this, or few."""
    middle = points[faces].mean(axis=1)
    low, high = middle.min(axis=0), middle.max(axis=0)
    span = high - low
    axis = int(np.argmax(span))
    away = float(np.linalg.norm(np.maximum(np.maximum(low - eye, eye - high), 0.0)))
    allowed = min(longest, max(NEAR_M, NEAR_SHARE * away))
    # A few large triangles around the eye would make a box that touches it.
    few = 2 if away < CHUNK_M else 64
    if len(faces) <= few or (len(faces) <= CHUNK_TRIANGLES and span[axis] <= allowed):
        return [faces]
    side = middle[:, axis] < 0.5 * (low[axis] + high[axis])
    if side.all() or not side.any():
        return [faces]
    return chunks(points, faces[side], longest, eye) + chunks(points, faces[~side], longest, eye)
