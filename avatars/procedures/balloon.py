"""Balloon angioplasty: the lumen follows the balloon, less its deficit and the wall's recoil."""

import numpy as np

from avatars.procedures import _shape
from avatars.vessel import Device, Site, VesselAvatar

TITLE = "Balloon angioplasty"
SOURCE = (
    "499 lesions: balloon deficit .65 +- .27 mm, recoil .28 +- .17 mm: Aziz et al. 2007, "
    "doi:10.1136/hrt.2006.107052"
)
LIMITS = ("Dissection and late loss are not modelled.",)
SITE = "stenosis"
DEFICIT_MM, RECOIL_MM = 0.65, 0.28


def perform(avatar: VesselAvatar, site: Site, diameter_mm: float) -> VesselAvatar:
    """Dilate over the site; nothing becomes narrower than it was."""
    b, start, end = site.check(avatar.tree)
    chart = _shape.size("diameter_mm", diameter_mm, 1.2, 30.0)
    # The deficit was measured at 3 mm: it scales with the balloon (assumption).
    final = chart - (DEFICIT_MM + RECOIL_MM) * min(chart / 3.0, 1.0)
    made = _shape.changed(b, start, end, lambda r: np.maximum(r, final / 2))
    facts = {"chart_diameter_mm": chart, "final_diameter_mm": final}
    return avatar.after(Device("balloon", b.name, start, end, facts, SOURCE), made)
