"""From patches and materials to Panda3D nodes: one node a material, one interleaved vertex array."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from panda3d.core import (
    ColorBlendAttrib,
    Geom,
    GeomEnums,
    GeomNode,
    GeomTriangles,
    GeomVertexArrayFormat,
    GeomVertexData,
    GeomVertexFormat,
    InternalName,
    LVector3,
    LVector4,
    NodePath,
    SamplerState,
    Shader,
    Texture,
    TransparencyAttrib,
)

from scenes.lightmap import FOLDER, Layout, chart_uv, mark_of, read
from scenes.materials import Material
from scenes.mesh import Patch
from twin_engine import assets
from twin_engine.errors import InputError


def shader(fragment: str, vertex: str = "surface.vert") -> Shader:
    """A shader of assets/shaders/."""
    folder = assets.root() / "shaders"
    return Shader.load(Shader.SL_GLSL, str(folder / vertex), str(folder / fragment))


def vertex_format() -> GeomVertexFormat:
    """Position, normal, texture uv, light-map uv, tint."""
    array = GeomVertexArrayFormat()
    array.add_column(InternalName.get_vertex(), 3, GeomEnums.NT_float32, GeomEnums.C_point)
    array.add_column(InternalName.get_normal(), 3, GeomEnums.NT_float32, GeomEnums.C_normal)
    array.add_column(InternalName.get_texcoord(), 2, GeomEnums.NT_float32, GeomEnums.C_texcoord)
    array.add_column(InternalName.make("light_uv"), 2, GeomEnums.NT_float32, GeomEnums.C_other)
    array.add_column(InternalName.make("tint"), 4, GeomEnums.NT_float32, GeomEnums.C_other)
    wanted = GeomVertexFormat()
    wanted.add_array(array)
    return GeomVertexFormat.register_format(wanted)


def geom(vertices: np.ndarray, faces: np.ndarray) -> Geom:
    """Triangles of (n, 14) float32 vertices and (m, 3) indices."""
    data = GeomVertexData("patches", vertex_format(), Geom.UH_static)
    data.unclean_set_num_rows(len(vertices))
    data.modify_array_handle(0).copy_data_from(np.ascontiguousarray(vertices, np.float32).tobytes())
    triangles = GeomTriangles(Geom.UH_static)
    triangles.set_index_type(GeomEnums.NT_uint32)
    array = triangles.modify_vertices()
    array.unclean_set_num_rows(3 * len(faces))
    array.modify_handle().copy_data_from(np.ascontiguousarray(faces, np.uint32).tobytes())
    out = Geom(data)
    out.add_primitive(triangles)
    return out


def _vertices(patch: Patch, rect: np.ndarray, size: tuple[int, int], tile: float) -> tuple[np.ndarray, np.ndarray]:
    points, faces = patch.triangles()
    uv = patch.uv.reshape(-1, 2) / tile
    light = (chart_uv(patch, rect).reshape(-1, 2) + 0.5) / np.array(size)
    tint = np.ones((len(points), 4))
    tint[:, :3] = np.reshape(patch.tint, (-1, 3))
    return np.concatenate([points, patch.normals.reshape(-1, 3), uv, light, tint], axis=1), faces


def nodes(patches: Sequence[Patch], materials: Mapping[str, Material], layout: Layout, name: str) -> NodePath:
    """All drawn patches under one node, merged by material."""
    root = NodePath(name)
    groups: dict[str, list[int]] = {}
    for i, patch in enumerate(patches):
        if patch.drawn:
            groups.setdefault(patch.material, []).append(i)
    for key in sorted(groups):
        material = materials[key]
        vertices, faces, start = [], [], 0
        for i in groups[key]:
            v, f = _vertices(patches[i], layout.rects[i], layout.size, material.tile)
            vertices.append(v)
            faces.append(f + start)
            start += len(v)
        node = GeomNode(key)
        node.add_geom(geom(np.concatenate(vertices), np.concatenate(faces)))
        dress(root.attach_new_node(node), material)
    return root


def dress(path: NodePath, material: Material) -> None:
    """Set the shader and inputs of a material on a node."""
    white = np.full((1, 1, 3), 255, np.uint8)
    flat = np.array([[[128, 128, 255]]], np.uint8)
    path.set_shader(shader("surface.frag"))
    image = white if material.image is None else material.image
    path.set_shader_input("base_map", texture(image, sharp=material.sharp, clamp=material.clamp))
    black = np.zeros((1, 1, 3), np.uint8)
    second = material.bump if not material.panes else black if material.shine is None else material.shine
    path.set_shader_input("bump_map", texture(flat if second is None else second, colour=False))
    depth = material.depth if material.bump is not None else 0.0
    path.set_shader_input("finish", LVector4(material.roughness, material.reflectance, depth, material.emission))
    path.set_shader_input("base", LVector4(*material.colour, -1.0 if material.panes else material.cut))
    path.set_shader_input("cover", LVector4(material.retro, float(material.two_sided), material.transparency, 0.0))
    if material.two_sided:
        path.set_two_sided(True)
    if material.decal:
        path.set_depth_offset(2)
    if material.transparency > 0:
        blended(path)


def blended(path: NodePath) -> None:
    """Premultiplied blending, drawn after everything opaque; leaves the depth alone."""
    path.set_transparency(TransparencyAttrib.M_none)
    path.set_attrib(ColorBlendAttrib.make(ColorBlendAttrib.M_add, ColorBlendAttrib.O_one,
                                          ColorBlendAttrib.O_one_minus_incoming_alpha))  # fmt: skip
    path.set_bin("fixed", 10)
    path.set_depth_write(False)


_textures: dict[tuple[int, bool, bool, bool], tuple[Any, Texture]] = {}


def texture(image: np.ndarray, *, colour: bool = True, sharp: bool = False, clamp: bool = False) -> Texture:
    """An 8-bit texture with mipmaps; `colour`: sRGB decoded by the sampler."""
    key = (id(image), colour, sharp, clamp)
    if key in _textures:
        return _textures[key][1]
    h, w, channels = image.shape
    out = Texture("image")
    formats = {(3, True): Texture.F_srgb, (4, True): Texture.F_srgb_alpha, (3, False): Texture.F_rgb}
    out.setup_2d_texture(w, h, Texture.T_unsigned_byte, formats[channels, colour])
    out.set_ram_image_as(np.ascontiguousarray(image[::-1]).tobytes(), "RGBA"[:channels])
    out.set_minfilter(SamplerState.FT_linear_mipmap_linear)
    out.set_magfilter(SamplerState.FT_linear)
    wrap = SamplerState.WM_clamp if clamp else SamplerState.WM_repeat
    out.set_wrap_u(wrap)
    out.set_wrap_v(wrap)
    if sharp:
        out.set_anisotropic_degree(8)
    _textures[key] = (image, out)
    return out


def float_image(values: np.ndarray, name: str) -> Texture:
    """A 16-bit float RGB texture, bilinear, clamped; row 0 is v = 0."""
    h, w, _ = values.shape
    out = Texture(name)
    out.setup_2d_texture(w, h, Texture.T_float, Texture.F_rgb16)
    out.set_ram_image_as(np.ascontiguousarray(values, np.float32).tobytes(), "RGB")
    out.set_minfilter(SamplerState.FT_linear)
    out.set_magfilter(SamplerState.FT_linear)
    out.set_wrap_u(SamplerState.WM_clamp)
    out.set_wrap_v(SamplerState.WM_clamp)
    return out


def lit(path: NodePath, light: np.ndarray, direction: np.ndarray, gain: float = 1.0) -> None:
    """Give everything below a node its light map."""
    path.set_shader_input("light_map", float_image(light * gain, "light"))
    path.set_shader_input("direction_map", float_image(direction, "direction"))


def plain_air(root: NodePath) -> None:
    """Defaults of what a place may set: no fog, no head lamps, a black probe."""
    black = Texture("black")
    black.setup_cube_map(1, Texture.T_float, Texture.F_rgb16)
    black.set_ram_image(bytes(4 * 3 * 6))
    root.set_shader_input("probe", black)
    root.set_shader_input("probe_centre", LVector3(0, 0, 0))
    root.set_shader_input("probe_low", LVector3(-1, -1, -1))
    root.set_shader_input("probe_high", LVector3(1, 1, 1))
    root.set_shader_input("probe_level", LVector4(1, 0, 0, 0))
    root.set_shader_input("fog", LVector4(0, 0, 0, 0))
    root.set_shader_input("beam_at", LVector3(0, 0, 0))
    root.set_shader_input("beam", LVector4(0, 1, 0, 0))


def baked(patches: Sequence[Patch], materials: Mapping[str, Material], layout: Layout, name: str) -> NodePath:
    """Nodes of a baked unit with its light map of assets/lightmaps/.

    Raises
    ------
    InputError
        The map was baked from another geometry.
    """
    path = assets.path(f"{FOLDER}/{name}.png")
    if mark_of(path) != layout.mark():
        raise InputError("the light map does not belong to this geometry", name, mark_of(path), layout.mark(),
                         "bake it again: python -m scenes.bake")  # fmt: skip
    light, direction = read(path)
    root = nodes(patches, materials, layout, name)
    lit(root, light, direction)
    return root
