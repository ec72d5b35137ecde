"""Stent: expanded to less than the compliance chart says, then recoil; normal calibre around it."""

import numpy as np

from avatars.procedures import _shape
from avatars.vessel import Device, Site, VesselAvatar

TITLE = "Stent"
SOURCE = (
    "recoil of a cobalt-chromium everolimus stent 5.0 +- 2.2 %: Borghi et al. 2013; "
    "final least diameter 27.2 +- 7.2 % under the chart: Aziz et al. 2007, doi:10.1136/hrt.2006.107052; "
    "largest inner diameters: doi:10.1016/j.ijcard.2016.06.097"
)
LIMITS = ("Restenosis, malapposition and jailed side branches are not modelled.",)
SITE = "stenosis"
RECOIL, SHORTFALL, LARGEST_MM = 0.050, 0.272, 5.8


def perform(avatar: VesselAvatar, site: Site, diameter_mm: float, high_pressure: bool = True) -> VesselAvatar:
    """Place a stent of this nominal diameter.

    `high_pressure` stands for post-dilatation to the nominal diameter: only recoil remains. Without it the least
    diameter falls 27 % short of the chart in the narrowed part, and nowhere below what it was.
    """
    b, start, end = site.check(avatar.tree)
    nominal = _shape.size("diameter_mm", diameter_mm, 2.0, LARGEST_MM)
    final = nominal * (1 - RECOIL) if high_pressure else nominal * (1 - SHORTFALL)
    usual = float(np.median(_shape.normal(avatar, b, start, end))) * 2
    made = _shape.changed(b, start, end, lambda r: np.maximum(r, final / 2))
    facts = {
        "nominal_diameter_mm": nominal,
        "final_diameter_mm": final,
        "length_mm": end - start,
        "expansion_percent": 100 * final / usual,
    }
    return avatar.after(Device("stent", b.name, start, end, facts, SOURCE), made)
