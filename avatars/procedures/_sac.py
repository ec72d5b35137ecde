"""Size of an aneurysm on a branch: what exceeds the normal calibre."""

import numpy as np

from avatars.procedures import _shape
from avatars.vessel import VesselAvatar
from twin_engine.vessels.centreline import Branch


def volume_mm3(avatar: VesselAvatar, b: Branch, start: float, end: float) -> float:
    """Integral of pi (r^2 - normal^2) over the stretch."""
    here = _shape.within(b, start, end)
    usual, r = _shape.normal(avatar, b, start, end), b.radius[here]
    return float(np.trapezoid(np.pi * np.maximum(r**2 - usual**2, 0.0), b.arc[here]))
