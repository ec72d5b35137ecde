"""Aortic stent graft: a covered tube over an aneurysm, held by its oversize in the necks."""

import numpy as np

from avatars.procedures import _shape
from avatars.vessel import Device, Site, VesselAvatar

TITLE = "Aortic stent graft"
SOURCE = (
    "oversize 10-20 % usual, to 25 % fewer leaks, above 30 % perhaps harm: review of 8,415 patients, "
    "van Prehn et al. 2009"
)
LIMITS = ("Endoleak, migration and covered branches are not modelled.",)
SITE = "aneurysm"
NECK_MM = 15.0


def perform(avatar: VesselAvatar, site: Site, diameter_mm: float) -> VesselAvatar:
    """Lay a graft of this diameter over the site; it opens to the neck, not beyond."""
    b, start, end = site.check(avatar.tree)
    nominal = _shape.size("diameter_mm", diameter_mm, 8.0, 46.0)
    usual = _shape.normal(avatar, b, start, end)
    neck = 2 * float(usual.mean())
    lumen = min(nominal, neck) / 2
    facts = {
        "diameter_mm": nominal,
        "neck_diameter_mm": neck,
        "oversize_percent": 100 * (nominal / neck - 1),
        "length_mm": end - start,
    }
    made = _shape.changed(b, start, end, lambda r: np.minimum(np.maximum(r, 0.8 * lumen), lumen))
    return avatar.after(Device("stent graft", b.name, start, end, facts, SOURCE), made)
