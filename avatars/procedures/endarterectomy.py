"""Endarterectomy: the plaque goes, the normal calibre comes back, wider by a patch if one is sewn in."""

import numpy as np

from avatars.procedures import _shape
from avatars.vessel import Device, Site, VesselAvatar

TITLE = "Endarterectomy"
SOURCE = "the fitted healthy calibre of the same branch; patch width spread over the circumference"
LIMITS = ("Restenosis and the step at the plaque's end are not modelled.",)
SITE = "stenosis"


def perform(avatar: VesselAvatar, site: Site, patch_mm: float = 0.0) -> VesselAvatar:
    """Clear the site; a patch of this width adds to the circumference."""
    b, start, end = site.check(avatar.tree)
    patch = _shape.size("patch_mm", patch_mm, 0.0, 20.0)
    usual = _shape.normal(avatar, b, start, end)
    made = _shape.changed(b, start, end, lambda r: np.maximum(r, usual + patch / (2 * np.pi)))
    return avatar.after(Device("endarterectomy", b.name, start, end, {"patch_mm": patch}, SOURCE), made)
