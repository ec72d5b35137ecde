"""Flow diverter: a dense braid across the neck; porosity changes where it is not at nominal diameter."""

import numpy as np

from avatars.procedures import _shape
from avatars.vessel import Device, Site, VesselAvatar

TITLE = "Flow diverter"
SOURCE = "Pipeline: 48 wires, porosity 65-70 % at nominal diameter (facts of the maker); braid geometry for others"
LIMITS = ("Coverage also changes with bend and push; sac closure takes months and is not modelled.",)
SITE = "aneurysm"
WIRES, NOMINAL_POROSITY = 48, 0.675


def perform(avatar: VesselAvatar, site: Site, diameter_mm: float) -> VesselAvatar:
    """Lay the braid over the site; the parent lumen keeps its normal calibre."""
    b, start, end = site.check(avatar.tree)
    nominal = _shape.size("diameter_mm", diameter_mm, 2.0, 8.0)
    usual = _shape.normal(avatar, b, start, end)
    actual = np.minimum(2 * usual, nominal)
    cover = 1 - porosity(actual / nominal)
    facts = {
        "nominal_diameter_mm": nominal,
        "neck_coverage_percent": 100 * float(cover.mean()),
        "least_coverage_percent": 100 * float(cover.min()),
    }
    made = _shape.changed(b, start, end, lambda r: np.minimum(r, np.maximum(actual / 2, 0.1)))
    return avatar.after(Device("flow diverter", b.name, start, end, facts, SOURCE), made)


def porosity(share: np.ndarray) -> np.ndarray:
    """Porosity at a share of the nominal diameter: wires keep their length, so the cell's diamond changes shape.

    A cell of side a and half angle t has area a^2 sin 2t; metal per cell is constant. At nominal t = 45 degrees
    (assumption) and sin t goes with the diameter.
    """
    half = np.arcsin(np.clip(np.sin(np.pi / 4) * share, 1e-3, 1.0))
    return 1 - (1 - NOMINAL_POROSITY) / np.sin(2 * half)
