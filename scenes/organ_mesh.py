"""Organs as Panda3D nodes: occlusion, shadow and tissue baked per vertex; no textures to unwrap.

Vertex data (scenes/upload.py's format): uv = (ambient occlusion, key light), light_uv = (translucency,
pattern + wetness), tint = (albedo, relief in mm). Geometry is in metres.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from panda3d.core import GeomNode, LVector3, LVector4, NodePath, SamplerState, Texture

from scenes import organ_looks, upload
from twin_engine.tissue.organs import shape
from twin_engine.tissue.organs.shape import Grid, Surface
from twin_engine.tissue.organs.specimen import Specimen

# Key lamp, window and back light: directions and strengths (assumption: chosen by eye).
KEY, FILL, BACK = (-0.50, -0.46, 0.73), (0.75, -0.55, 0.36), (0.10, 0.85, 0.42)
POWER = (2.0, 0.60, 0.40, 0.30)
TAPS, GAIN = 5, 1.2


@dataclass
class Skin:
    """What is drawn: triangles in mm with per-vertex light and tissue.

    Parameters
    ----------
    vertices, normals : (n, 3)
    faces : (m, 3)
    tissue : (n, 7)
        Linear albedo, relief mm, translucency, wetness, pattern.
    occlusion, key : (n,)
        Ambient light and key light that arrive, 0..1.
    """

    vertices: np.ndarray
    normals: np.ndarray
    faces: np.ndarray
    tissue: np.ndarray
    occlusion: np.ndarray
    key: np.ndarray

    def moved(self, rotation: np.ndarray, shift: Sequence[float]) -> "Skin":
        """Turned, then shifted by mm."""
        return replace(self, vertices=self.vertices @ rotation.T + np.array(shift), normals=self.normals @ rotation.T)


def tissue(organ: str, parts: tuple[str, ...], label: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Rows (n, 7) for parts at points in mm; colours vary slowly between a look's two."""
    from twin_engine.tissue.organs.lesions import clouds

    rows = organ_looks.table(organ, parts)[label]
    span = 4.0 if organ == "eye" else 26.0
    mix = np.clip(0.5 + 0.9 * clouds(*points.T, span), 0, 1)[:, None]
    albedo = rows[:, :3] * (1 - mix) + rows[:, 3:6] * mix
    return np.column_stack([albedo, rows[:, 8], rows[:, 7], rows[:, 6], rows[:, 9]])


def occlusion(grid: Grid, points: np.ndarray, normals: np.ndarray, reach: float) -> np.ndarray:
    """Ambient light at points from the field along the normal (Quilez 2008's five taps)."""
    total, weights = np.zeros(len(points)), 0.0
    for i in range(TAPS):
        d = reach * (i + 1) / TAPS
        missing = np.clip((d - grid.at(points + d * normals)) / d, 0, 1.6)
        total += 0.75**i * missing
        weights += 0.75**i
    return np.clip(1.0 - GAIN * total / weights, 0.03, 1.0)


def whole(specimen: Specimen) -> Skin:
    """The whole specimen's skin, with what hangs on it."""
    hung = specimen.organ.hung is not None
    grid = specimen.seen if hung else specimen.grid
    return dressed(specimen, shape.surface(grid), grid)


def dressed(specimen: Specimen, made: Surface, grid: Grid | None = None) -> Skin:
    """The skin of a specimen's surface; `grid` is what stands about it (default the whole specimen)."""
    grid = grid or specimen.grid
    normals = made.normals.copy()
    points = made.vertices.astype(float)
    probe = points - 0.12 * grid.spacing * normals
    label = specimen.label(probe)
    rows = tissue(specimen.name, specimen.parts, label, points)
    rows = blend(rows, made.faces)
    reach = 2.6 if specimen.name == "eye" else 13.0
    return Skin(points, normals, made.faces, rows, occlusion(grid, points, normals, reach), np.ones(len(points)))


def blend(rows: np.ndarray, faces: np.ndarray, passes: int = 2) -> np.ndarray:
    """Colours averaged with their neighbours': borders of tissues lose the grid's steps."""
    from scipy.sparse import coo_matrix, diags

    edges = faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    n = len(rows)
    w = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n)).tocsr()
    w = w + w.T
    w = diags(1.0 / np.maximum(np.asarray(w.sum(axis=1)).ravel(), 1.0)) @ w
    out = rows.copy()
    for _ in range(passes):
        out[:, :6] = 0.4 * out[:, :6] + 0.6 * (w @ out[:, :6])
    return out


def plain(made: Surface, part: str, grid: Grid | None = None) -> Skin:
    """A thing of one material."""
    rows = tissue("", (part,), np.zeros(len(made.vertices), dtype=int), made.vertices)
    dark = occlusion(grid, made.vertices, made.normals, 6.0) if grid is not None else np.ones(len(rows))
    return Skin(made.vertices, made.normals, made.faces, rows, dark, np.ones(len(rows)))


def cast_shadows(skins: Sequence[Skin], key: Sequence[float] = KEY, rays: int = 6) -> None:
    """Bake the key lamp's soft shadow, and nearby darkness on flat things, into the skins."""
    from scenes import bvh
    from scenes.organ_shadow import visible

    triangles = np.concatenate([s.vertices[s.faces] for s in skins if s.tissue[0, 6] != organ_looks.BOARD])
    tree = bvh.build(triangles)
    towards = np.asarray(key) / np.linalg.norm(key)
    for skin in skins:
        start = np.ascontiguousarray(skin.vertices + 0.35 * skin.normals, dtype=np.float64)
        skin.key = visible(tree.boxes, tree.links, tree.corners, start, skin.normals, towards, rays, 0.10, 1e9)
        if skin.tissue[0, 6] == organ_looks.BOARD:
            near = visible(
                tree.boxes, tree.links, tree.corners, start, skin.normals, np.array([0.0, 0.0, 1.0]), 24, 1.1, 60.0
            )
            skin.occlusion = np.minimum(skin.occlusion, near)


def node(skin: Skin, name: str) -> NodePath:
    """A node of the skin, in metres, with the wet shader."""
    t = skin.tissue
    stuff = t[:, 6] + np.clip(t[:, 5] / 1.02, 0, 0.999)
    rows = np.column_stack([skin.vertices * 1e-3, skin.normals, skin.occlusion, skin.key, t[:, 4], stuff, t[:, :4]])
    geom = GeomNode(name)
    geom.add_geom(upload.geom(rows.astype(np.float32), skin.faces))
    path = NodePath(geom)
    wet(path)
    return path


def wet(path: NodePath) -> None:
    """Set the wet shader with its default lights."""
    path.set_shader(upload.shader("organ.frag", "organ.vert"))
    path.set_shader_input("grain", grain())
    for name, direction in (("key", KEY), ("fill", FILL), ("back", BACK)):
        path.set_shader_input(name, LVector3(*direction).normalized())
    path.set_shader_input("power", LVector4(*POWER))
    path.set_shader_input("scope", LVector4(0, 82, 0.01, 0))
    path.set_shader_input("clear", 0.0)
    path.set_shader_input("fine", 1.0)
    path.set_two_sided(True)


@cache
def grain() -> Texture:
    """64^3 tiled noise: fractal, Worley F1, F2 - F1, smooth."""
    values = grain_values(64)
    out = Texture("grain")
    out.setup_3d_texture(64, 64, 64, Texture.T_unsigned_byte, Texture.F_rgba8)
    out.set_ram_image_as(np.ascontiguousarray((values * 255).astype(np.uint8)).tobytes(), "RGBA")
    out.set_minfilter(SamplerState.FT_linear_mipmap_linear)
    out.set_magfilter(SamplerState.FT_linear)
    for wrap in (out.set_wrap_u, out.set_wrap_v, out.set_wrap_w):
        wrap(SamplerState.WM_repeat)
    return out


def grain_values(n: int) -> np.ndarray:
    """(n, n, n, 4) values in [0, 1] of the noise texture."""
    from scipy.fft import fftfreq, fftn, ifftn
    from scipy.spatial import cKDTree

    from twin_engine.streams import stream

    rng = stream(7, 0, 0, "organ grain")
    k = np.sqrt(sum(f**2 for f in np.meshgrid(*(3 * [fftfreq(n) * n]), indexing="ij")))
    white = fftn(rng.standard_normal((n, n, n)))

    def scaled(spectrum: np.ndarray) -> np.ndarray:
        v = np.real(ifftn(white * spectrum))
        low, high = np.percentile(v, (0.5, 99.5))
        return np.clip((v - low) / (high - low), 0, 1)

    fractal = scaled(np.where(k > 1.5, 1 / np.maximum(k, 1) ** 1.9, 0))
    smooth = scaled(np.exp(-(((k - 3.0) / 1.4) ** 2)))
    seeds = rng.uniform(0, n, (220, 3))
    tiled = np.concatenate([seeds + n * np.array(s) for s in np.ndindex(3, 3, 3)]) - n
    cells = np.stack(np.meshgrid(*(3 * [np.arange(n)]), indexing="ij"), axis=-1).reshape(-1, 3)
    d = cKDTree(tiled).query(cells, k=2)[0].reshape(n, n, n, 2)
    size = n / 220 ** (1 / 3)
    return np.stack(
        [fractal, np.clip(d[..., 0] / size, 0, 1), np.clip((d[..., 1] - d[..., 0]) / size, 0, 1), smooth], axis=-1
    )
