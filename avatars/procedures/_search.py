"""The shortest stent that brings FFR back to .80 or more under both laws, by trying what is made."""

from dataclasses import dataclass

from avatars.procedures import stent
from avatars.vessel import Site, VesselAvatar
from twin_engine.errors import InputError
from twin_engine.vessels.calibre import lesions
from twin_engine.vessels.stenosis import LAWS
from twin_engine.vessels.tree_flow import Setting, normal_radius, resistances, steady

# Sizes that are made (usual catalogue: 2.25-5 mm x 8-48 mm).
LENGTHS_MM = (8.0, 12.0, 15.0, 18.0, 23.0, 28.0, 33.0, 38.0, 48.0)
DIAMETERS_MM = (2.25, 2.5, 2.75, 3.0, 3.5, 4.0, 4.5, 5.0)
TARGET = 0.80


@dataclass(frozen=True)
class Proposal:
    """A stent, where, and the FFR it leaves (least over both laws)."""

    site: Site
    diameter_mm: float
    before: float
    after: float
    tried: int
    avatar: VesselAvatar


def lowest(avatar: VesselAvatar, setting: Setting, outlets: dict[str, float]) -> float:
    """Least FFR of the tree over both laws; outlets as without disease."""
    return min(row.ffr for law in LAWS for row in steady(avatar.tree, setting, law, 1.0, avatar.grafts, outlets))


def search(avatar: VesselAvatar, setting: Setting) -> Proposal:
    """Shortest first; of one length the position that leaves the highest FFR.

    Raises
    ------
    InputError
        There is no stenosis, FFR needs no device, or no single stent reaches the target.
    """
    outlets = resistances(avatar.tree, setting)
    found = [x for x in lesions(avatar.tree) if x.kind == "stenosis"]
    before = lowest(avatar, setting, outlets)
    if not found or before >= TARGET:
        raise InputError(
            "nothing to treat",
            "tree",
            round(before, 3),
            f"an FFR below {TARGET}",
            "FFR is at or above the target already",
        )
    best, tried = before, 0
    for length in LENGTHS_MM:
        options = []
        for x in found:
            b = avatar.tree[x.branch]
            nominal = 2 * float(normal_radius(avatar.tree, b)[[0, -1]].mean())
            wanted = [d for d in DIAMETERS_MM if d * (1 - stent.RECOIL) <= 1.05 * 2 * x.reference] or [DIAMETERS_MM[0]]
            for shift in (0.0, -0.25, 0.25):
                site = Site(b.name, x.position + shift * length, length)
                if site.position_mm - length / 2 < 0 or site.position_mm + length / 2 > b.length or nominal <= 0:
                    continue
                made = stent.perform(avatar, site, min(wanted[-1], stent.LARGEST_MM))
                tried += 1
                options.append((lowest(made, setting, outlets), site, wanted[-1], made))
        if options:
            ffr, site, diameter, made = max(options, key=lambda o: o[0])
            best = max(best, ffr)
            if ffr >= TARGET:
                return Proposal(site, diameter, before, ffr, tried, made)
    raise InputError(
        "no single stent restores the flow",
        "tree",
        round(best, 3),
        f"FFR of {TARGET} or more",
        "consider two stents or a bypass: --procedure bypass",
    )
