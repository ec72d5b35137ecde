"""Kernel of baked shadows on organs: rays towards a lamp of some width."""

import math
from typing import Any

import numpy as np
from numba import njit, prange

from scenes.bvh import DEPTH, cast

_FLAGS: Any = {"cache": True, "error_model": "numpy", "fastmath": False, "parallel": True}


@njit(**_FLAGS)
def visible(
    boxes: np.ndarray,
    links: np.ndarray,
    corners: np.ndarray,
    points: np.ndarray,
    normals: np.ndarray,
    towards: np.ndarray,
    rays: int,
    wide: float,
    far: float,
) -> np.ndarray:
    """Share of rays in a disc of tangent `wide` round `towards` that nothing within `far` stops; (n,)."""
    side = np.array([-towards[1], towards[0], 0.0]) if abs(towards[2]) < 0.99 else np.array([1.0, 0.0, 0.0])
    side /= math.sqrt(np.sum(side * side))
    up = np.cross(towards, side)
    out = np.empty(points.shape[0])
    for p in prange(points.shape[0]):
        stack = np.empty(2 * DEPTH, dtype=np.int32)
        free = 0.0
        for r in range(rays):
            # Vogel's spiral, turned a little from point to point so that banding becomes grain.
            radius = wide * math.sqrt((r + 0.5) / rays)
            angle = 2.399963 * r + 2.0 * math.pi * ((p * 0.6180339887) % 1.0)
            d = towards + radius * (math.cos(angle) * side + math.sin(angle) * up)
            d = d / math.sqrt(np.sum(d * d))
            if np.sum(d * normals[p]) < -0.1:
                continue
            hit = cast(
                boxes, links, corners, stack, points[p, 0], points[p, 1], points[p, 2], d[0], d[1], d[2], far, True
            )
            free += 1.0 if hit[1] < 0 else 0.0
        out[p] = free / rays
    return out
