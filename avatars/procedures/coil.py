"""Coils in an aneurysm: packing density from coil volume over sac volume."""

import numpy as np

from avatars.procedures import _sac, _shape
from avatars.vessel import Device, Site, VesselAvatar

TITLE = "Coil embolisation"
SOURCE = (
    "packing of stable 24.9 +- 5.9 v re-treated 20.5 +- 4.1 % aneurysms, cut-off 19.15 %: Takao et al. 2014, "
    "AJNR 35:721; "
    "31 % cut-off in 405 aneurysms: Mascitelli et al. 2015"
)
LIMITS = ("There is no hard threshold of packing density; clotting is not modelled: the sac counts as closed.",)
SITE = "aneurysm"


def perform(avatar: VesselAvatar, site: Site, wire_mm: float = 0.3, length_cm: float = 100.0) -> VesselAvatar:
    """Fill the sac with coil of this primary diameter and total length."""
    b, start, end = site.check(avatar.tree)
    wire = _shape.size("wire_mm", wire_mm, 0.2, 0.5)
    length = _shape.size("length_cm", length_cm, 1.0, 5000.0)
    sac = _sac.volume_mm3(avatar, b, start, end)
    coil = np.pi / 4 * wire**2 * length * 10
    facts = {"packing_percent": 100 * coil / max(sac, 1e-9), "sac_mm3": sac, "coil_mm3": coil}
    usual = _shape.normal(avatar, b, start, end)
    made = _shape.changed(b, start, end, lambda r: np.minimum(r, usual))
    return avatar.after(Device("coil", b.name, start, end, facts, SOURCE), made)
