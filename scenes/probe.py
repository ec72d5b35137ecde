"""A reflection probe: the scene around one point as a float cube map whose mip levels are ever blurrier."""

from typing import TYPE_CHECKING

import numpy as np
from panda3d.core import LVector3, LVector4, NodePath, PTA_uchar, SamplerState, Texture

from scenes.scene import Point, View

if TYPE_CHECKING:
    from scenes.stage import Stage

# Cube faces in OpenGL's order: direction of the axis, of the image's right and of its down.
FACES = (
    ((1, 0, 0), (0, 0, -1), (0, -1, 0)), ((-1, 0, 0), (0, 0, 1), (0, -1, 0)), ((0, 1, 0), (1, 0, 0), (0, 0, 1)),
    ((0, -1, 0), (1, 0, 0), (0, 0, -1)), ((0, 0, 1), (1, 0, 0), (0, -1, 0)), ((0, 0, -1), (-1, 0, 0), (0, -1, 0)),
)  # fmt: skip
SIZE = 64


def take(stage: "Stage", at: Point) -> np.ndarray:
    """(6, SIZE, SIZE, 3) radiance around a point, faces in OpenGL's order."""
    faces = np.empty((6, SIZE, SIZE, 3), np.float32)
    for i, (axis, right, down) in enumerate(FACES):
        up = (-float(down[0]), -float(down[1]), -float(down[2]))
        target = (at[0] + axis[0], at[1] + axis[1], at[2] + axis[2])
        frame = stage.render(View(at, target, 90.0, up), (SIZE, SIZE), 1)
        # A face whose right is the camera's left is read mirrored.
        flip = np.dot(np.cross(axis, up), right) < 0
        faces[i] = frame.radiance[:, ::-1] if flip else frame.radiance
    return faces


def directions(size: int) -> np.ndarray:
    """(6, size, size, 3) unit vectors through the texels."""
    a = (np.arange(size) + 0.5) / size * 2 - 1
    out = []
    for axis, right, down in (np.array(f, float) for f in FACES):
        d = axis + a[None, :, None] * right + a[:, None, None] * down
        out.append(d / np.linalg.norm(d, axis=-1, keepdims=True))
    return np.stack(out)


def blurred(faces: np.ndarray) -> list[np.ndarray]:
    """Mip levels: level l of the chain holds the mean over a lobe as wide as a surface of its roughness shows."""
    levels = [faces]
    source, size = faces, SIZE
    while size > 16:
        source = source.reshape(6, size // 2, 2, size // 2, 2, 3).mean(axis=(2, 4))
        size //= 2
    towards, values = directions(16).reshape(-1, 3), source.reshape(-1, 3)
    count = int(np.log2(SIZE)) + 1
    for level in range(1, count):
        size = SIZE >> level
        rough = max((level / (count - 1)) ** 2, 0.02)
        power = max(2.0 / rough**2 - 2.0, 1.0)
        wanted = directions(size).reshape(-1, 3)
        cosine = np.clip(wanted @ towards.T, 0.0, 1.0)
        # Near the lobe's own width the 16-texel source is too coarse; there the plain mip serves.
        weight = cosine ** min(power, 120.0)
        mean = (weight @ values) / weight.sum(axis=1, keepdims=True)
        levels.append(mean.reshape(6, size, size, 3).astype(np.float32))
    return levels


def install(stage: "Stage", root: NodePath, at: Point, low: Point, high: Point, level: float, *, boxed: bool = True,
            gain: float = 1.0, hidden: tuple[NodePath, ...] = ()) -> None:  # fmt: skip
    """Take the probe at a point and give it to everything under `root`.

    Parameters
    ----------
    low, high : Point
        Corners of the box on which reflections are projected.
    level : float
        Median baked light, cd/m2: darker places shine less.
    """
    for path in hidden:
        path.hide()
    levels = blurred(take(stage, at))
    for path in hidden:
        path.show()
    texture = Texture("probe")
    texture.setup_cube_map(SIZE, Texture.T_float, Texture.F_rgb16)
    for i, mip in enumerate(levels):
        data = np.ascontiguousarray(mip[..., ::-1], np.float32).tobytes()
        if i == 0:
            texture.set_ram_image(data)
        else:
            texture.set_ram_mipmap_image(i, PTA_uchar(data))
    texture.set_minfilter(SamplerState.FT_linear_mipmap_linear)
    texture.set_magfilter(SamplerState.FT_linear)
    root.set_shader_input("probe", texture)
    root.set_shader_input("probe_centre", LVector3(*at))
    root.set_shader_input("probe_low", LVector3(*low))
    root.set_shader_input("probe_high", LVector3(*high))
    root.set_shader_input("probe_level", LVector4(level, len(levels) - 1.0, float(boxed), gain))
