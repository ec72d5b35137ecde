"""Materials: linear albedo, texture, roughness, emission. One dataclass; the shader is `surface.frag`."""

from dataclasses import dataclass

import numpy as np

from scenes.texture import linear

Colour = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Material:
    """How a surface answers light.

    Parameters
    ----------
    colour : (3,) float
        Linear albedo, or factor on the image's.
    image : (h, w, 3 or 4) uint8 or None
        sRGB colours, top row first.
    bump : (h, w, 3) uint8 or None
        Normal map.
    shine : (h, w, 3) uint8 or None
        What shines by itself (linear, square-root coded; times `emission`), instead of a normal map.
    panes : bool
        The image's alpha tells wall (1) from window glass (.4); `shine` belongs to it.
    tile : float
        Metres that the image spans (1 for uv that already run 0..1).
    roughness, reflectance : float
        Perceptual roughness; reflectance at normal incidence, 1 or more for metal (then `colour` reflects).
    depth : float
        Strength of the normal map.
    emission : float
        Luminance of white in the image, cd/m2.
    retro : float
        Coefficient of retroreflection of white, cd/lx/m2.
    transparency : float
        0 opaque .. 1 only reflections.
    cut : float
        Alpha below which nothing is drawn.
    glow : (3,) float
        What the baker's gather rays see shining, cd/m2 (not for lights given as panels).
    sharp : bool
        Anisotropic filtering: signs, lane marks, text.
    through : float
        Thin cloth: share of the other side's light that shows; its two sides are consecutive patches.
    decal : bool
        Lies on another surface: drawn just in front of it.
    clamp : bool
        The image does not repeat.
    two_sided, blocks : bool
        Drawn from both sides; stops the baker's rays though it is not baked itself.
    """

    colour: Colour = (0.8, 0.8, 0.8)
    image: np.ndarray | None = None
    bump: np.ndarray | None = None
    tile: float = 1.0
    roughness: float = 0.6
    reflectance: float = 0.04
    depth: float = 1.0
    emission: float = 0.0
    retro: float = 0.0
    transparency: float = 0.0
    cut: float = 0.0
    glow: Colour = (0.0, 0.0, 0.0)
    sharp: bool = False
    two_sided: bool = False
    blocks: bool = True
    clamp: bool = False
    through: float = 0.0
    decal: bool = False
    shine: np.ndarray | None = None
    panes: bool = False


def mean_albedo(material: Material) -> np.ndarray:
    """(3,) diffuse albedo the baker uses; polished metal counts as grey paint of .7 of its reflectance."""
    colour = np.array(material.colour)
    if material.image is not None:
        image = linear(material.image[..., :3])
        if material.image.shape[2] == 4 and not material.panes:
            weight = material.image[..., 3:].astype(float) / 255
            colour = colour * (image * weight).sum((0, 1)) / max(weight.sum(), 1e-6)
        else:
            colour = colour * image[..., :3].mean((0, 1))
    return np.clip(colour * (0.7 if material.reflectance >= 1 else 1.0), 0.0, 0.9)
