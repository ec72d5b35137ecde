"""What procedures share: the lumen over a stretch and its normal calibre."""

from collections.abc import Callable

import numpy as np

from avatars.vessel import VesselAvatar
from twin_engine.errors import InputError
from twin_engine.vessels.centreline import Branch
from twin_engine.vessels.image import Array, Mask
from twin_engine.vessels.tree_flow import normal_radius


def size(name: str, value: float, low: float, high: float) -> float:
    """A size in mm within what exists.

    Raises
    ------
    InputError
    """
    if not (np.isfinite(value) and low <= value <= high):
        raise InputError("no such device size", name, value, f"{low:g} to {high:g} mm", "choose a size that is made")
    return float(value)


def within(b: Branch, start: float, end: float) -> Mask:
    """Which points lie between two arc lengths."""
    return (b.arc >= start) & (b.arc <= end)


def changed(b: Branch, start: float, end: float, rule: Callable[[Array], Array]) -> Branch:
    """The branch with a new radius over a stretch; the inscribed sphere follows by the same factor."""
    from dataclasses import replace

    here = within(b, start, end)
    radius = b.radius.copy()
    radius[here] = rule(b.radius[here])
    factor = np.where(np.isfinite(b.radius), radius / b.radius, 1.0)
    return replace(b, radius=radius, inscribed=b.inscribed * factor)


def normal(avatar: VesselAvatar, b: Branch, start: float, end: float) -> Array:
    """Normal radius over a stretch in mm."""
    return normal_radius(avatar.tree, b)[within(b, start, end)]
