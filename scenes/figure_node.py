"""Draws the figure, its ghost, tubes, arrows, panels and the room of the rehabilitation scene."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from panda3d.core import GeomNode, LVector4, NodePath, PTA_LVecBase4f, Texture

from scenes import figure, upload
from scenes.shapes import tube

Array = NDArray[np.float64]
BODY, GHOST, PANEL, ROOM, GLOW = range(5)
_CAPSULES = 18


def _rows(points: Array, normals: Array, colours: Array, uv: Array | None = None) -> NDArray[np.float32]:
    """Vertices in the layout of `upload.vertex_format`."""
    n = len(points)
    chart = np.zeros((n, 2)) if uv is None else uv
    return np.column_stack([points, normals, chart, np.zeros((n, 2)), colours, np.ones(n)]).astype(np.float32)


def node(name: str, kind: int, level: float, rows: NDArray[np.float32], faces: NDArray[np.int64]) -> NodePath:
    """A node with the figure's shader."""
    inside = GeomNode(name)
    inside.add_geom(upload.geom(rows, faces))
    path = NodePath(inside)
    path.set_shader(upload.shader("figure.frag", "figure.vert"))
    path.set_shader_input("look", LVector4(kind, level, 0.42 if name == "person" else 0.16, 0))
    blank = Texture("blank")
    blank.setup_2d_texture(1, 1, Texture.T_unsigned_byte, Texture.F_rgba)
    path.set_shader_input("picture", blank)
    if kind in (GHOST, PANEL):
        upload.blended(path)
    if kind == PANEL:
        path.set_bin("fixed", 20)
    path.set_two_sided(kind != BODY)
    return path


class Person:
    """A figure that can be posed again and again; `only` keeps the part carried by some bones."""

    def __init__(self, kind: int = BODY, level: float = 1.0, only: Sequence[str] = (),
                 colour: Sequence[float] | None = None, mirrored: bool = False) -> None:  # fmt: skip
        made = figure.skin()
        faces = made.faces
        if only:
            index = [list(figure.bones()).index(b) for b in only]
            kept = made.weights[:, index].sum(axis=1) > 0.5
            faces = faces[kept[faces].all(axis=1)]
        self._colours = made.colours if colour is None else np.tile(colour, (len(made.vertices), 1))
        self._flip = np.array([-1.0 if mirrored else 1.0, 1.0, 1.0])
        self.frames = figure.pose({})
        self.path = node("person", kind, level, self._posed(), faces[:, ::-1] if mirrored else faces)

    def _posed(self) -> NDArray[np.float32]:
        points, normals = figure.carried(self.frames)
        return _rows(points * self._flip, normals * self._flip, self._colours)

    def pose(self, frames: dict[str, Array]) -> None:
        """Take another pose."""
        self.frames = frames
        data = self.path.node().modify_geom(0).modify_vertex_data()
        data.modify_array_handle(0).copy_data_from(np.ascontiguousarray(self._posed()).tobytes())

    def shade(self, root: NodePath) -> None:
        """Let everything under `root` take the shadow of this figure."""
        ends = figure.capsules(self.frames) * np.array([*self._flip, 1.0])
        for k, name in ((0, "capsule_a"), (1, "capsule_b")):
            rows = PTA_LVecBase4f()
            for i in range(_CAPSULES):
                rows.push_back(LVector4(*(ends[i, k] if i < len(ends) else (0.0, 0.0, -50.0 - i - k, 0.01))))
            root.set_shader_input(name, rows)


def swept(name: str, path: Array, radius: Array | float, colour: Sequence[float], kind: int, level: float) -> NodePath:
    """A tube along points (n, 3), rounded at both ends."""
    r = np.broadcast_to(np.asarray(radius, dtype=float), len(path))
    if r[-1] > 1e-3:
        bow = np.sin(np.linspace(0.03, np.pi / 2, 9)[:-1])
        first, last = path[0] - path[1], path[-1] - path[-2]
        first, last = first / np.linalg.norm(first), last / np.linalg.norm(last)
        out = np.sqrt(1 - bow**2)
        path = np.vstack([path[0] + r[0] * out[:, None] * first, path, (path[-1] + r[-1] * out[:, None] * last)[::-1]])
        radius = np.concatenate([r[0] * bow, r, (r[-1] * bow)[::-1]])
    made = tube(path, radius, name, segments=28)
    points, faces = made.triangles()
    normals = np.cross(np.gradient(made.points, axis=1), np.gradient(made.points, axis=0)).reshape(-1, 3)
    outwards = np.sign(np.sum(normals * made.normals.reshape(-1, 3), axis=1, keepdims=True))
    normals *= outwards / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return node(name, kind, level, _rows(points, normals, np.tile(colour, (len(points), 1))), faces)


def arrow(path: Array, colour: Sequence[float], width: float = 0.011) -> NodePath:
    """An arrow along points (n, 3), its head at the end."""
    length = np.concatenate(([0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))))
    head = min(0.085, 0.5 * length[-1])
    at = np.concatenate([np.linspace(0, length[-1] - head, 24), [length[-1] - head + 1e-4], [length[-1]]])
    points = np.column_stack([np.interp(at, length, path[:, i]) for i in range(3)])
    radius = np.concatenate([np.full(24, width), [2.9 * width], [1e-4]])
    return swept("arrow", points, radius, colour, GLOW, 1.15)


class Board:
    """A picture standing in the room: corner, right and up vectors in m."""

    def __init__(self, corner: Array, right: Array, up: Array) -> None:
        points = np.array([corner, corner + right, corner + right + up, corner + up])
        normal = np.cross(right, up)
        normals = np.tile(normal / np.linalg.norm(normal), (4, 1))
        uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=float)
        rows = _rows(points, normals, np.ones((4, 3)), uv)
        self.path = node("board", PANEL, 1.0, rows, np.array([[0, 1, 2], [0, 2, 3]]))

    def show(self, picture: NDArray[np.uint8]) -> None:
        """Show (h, w, 4) sRGB with alpha."""
        h, w, _ = picture.shape
        out = Texture("board")
        out.setup_2d_texture(w, h, Texture.T_unsigned_byte, Texture.F_srgb_alpha)
        out.set_ram_image_as(np.ascontiguousarray(picture[::-1]).tobytes(), "RGBA")
        out.set_minfilter(Texture.FT_linear_mipmap_linear)
        out.set_anisotropic_degree(8)
        self.path.set_shader_input("picture", out)


def room() -> NodePath:
    """Floor with a mat, and a backdrop that rises from it in a wide curve."""
    root = NodePath("room")
    a = np.linspace(0, np.pi / 2, 24)
    bow = np.column_stack([-1.3 - 1.4 * np.sin(a), 1.4 - 1.4 * np.cos(a)])
    profile = np.concatenate([[(4.6, 0.0)], bow, [(-2.7, 9.0)]])
    x = np.linspace(-16, 16, 65)
    points = np.array([[(u, y, z) for u in x] for y, z in profile])
    along = np.gradient(points, axis=0)
    normals = np.cross(along, [1.0, 0.0, 0.0])
    normals /= np.linalg.norm(normals, axis=2, keepdims=True)
    rows, columns = points.shape[:2]
    k = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    faces = np.concatenate([np.stack([k, k + 1, k + columns + 1], 1), np.stack([k, k + columns + 1, k + columns], 1)])
    shell = _rows(points.reshape(-1, 3), normals.reshape(-1, 3), np.tile((0.62, 0.63, 0.63), (rows * columns, 1)))
    node("shell", ROOM, 1.0, shell, faces).reparent_to(root)
    for radius, height, colour in ((0.78, 0.004, (0.10, 0.30, 0.34)), (0.74, 0.006, (0.16, 0.40, 0.44))):
        _disc(radius, height, colour).reparent_to(root)
    return root


def _disc(radius: float, height: float, colour: Sequence[float]) -> NodePath:
    t = np.linspace(0, 2 * np.pi, 97)[:-1]
    rings = np.linspace(0, radius, 12)[1:]
    round_ = np.column_stack([np.cos(t), np.sin(t), np.zeros(96)])
    points = np.vstack([np.zeros((1, 3)), *[r * round_ for r in rings]]) + [0.0, 0.0, height]
    faces = [(0, 1 + i, 1 + (i + 1) % 96) for i in range(96)]
    for j in range(len(rings) - 1):
        for i in range(96):
            a, b = 1 + 96 * j + i, 1 + 96 * j + (i + 1) % 96
            faces += [(a, a + 96, b), (b, a + 96, b + 96)]
    normals = np.tile((0.0, 0.0, 1.0), (len(points), 1))
    return node("mat", ROOM, 1.0, _rows(points, normals, np.tile(colour, (len(points), 1))), np.array(faces))
