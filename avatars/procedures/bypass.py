"""Bypass: a tube from the inlet's pressure to the end of the narrowed branch."""

from avatars.procedures import _shape
from avatars.vessel import Device, Site, VesselAvatar
from twin_engine.vessels.tree_flow import Graft

TITLE = "Bypass graft"
SOURCE = "Poiseuille in the graft; end-to-side loss left out (assumption)"
LIMITS = ("Graft failure and competitive flow over time are not modelled.",)
SITE = "stenosis"


def perform(avatar: VesselAvatar, site: Site, diameter_mm: float, graft_length_mm: float = 150.0) -> VesselAvatar:
    """Join a graft beyond the site, at the end of its branch."""
    b, start, end = site.check(avatar.tree)
    bore = _shape.size("diameter_mm", diameter_mm, 1.0, 12.0)
    graft = Graft(b.name, bore / 2, _shape.size("graft_length_mm", graft_length_mm, 10.0, 500.0))
    facts = {"diameter_mm": bore, "length_mm": graft.length}
    return avatar.after(Device("bypass", b.name, start, end, facts, SOURCE), graft=graft)
