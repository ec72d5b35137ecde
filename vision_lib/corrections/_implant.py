"""What lens implants share: no accommodation, the cylinder left, published defocus curves."""

import csv
import math
from functools import cache

import numpy as np

from twin_engine import assets
from twin_engine.parameters import default
from vision_lib.ability import Person, View
from vision_lib.accommodation import Accommodation
from vision_lib.acuity import logmar
from vision_lib.refraction import PowerVector

NO_ACCOMMODATION = Accommodation(0.0, "none")


def after_implant(
    who: Person, target_d: float, toric: bool | None, rotation_deg: float
) -> PowerVector:
    """Refraction at the cornea after an implant aimed at `target_d`, as the lens still needed."""
    cylinder = 2.0 * math.hypot(who.need.j0_d, who.need.j45_d)
    if toric is None:
        toric = cylinder >= default("eye_corrections")["toric_iol_from_d"].value
    if not toric:
        return PowerVector(target_d, who.need.j0_d, who.need.j45_d)
    # A cross-cylinder turned by t no longer cancels: what is left is J minus J turned by 2t.
    turn = math.radians(2.0 * rotation_deg)
    cos, sin = math.cos(turn), math.sin(turn)
    j0, j45 = who.need.j0_d, who.need.j45_d
    return PowerVector(target_d, j0 - (j0 * cos - j45 * sin), j45 - (j0 * sin + j45 * cos))


@cache
def curve(kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, str]:
    """Published defocus curve: defocus (D, falling), logMAR, its SD, source."""
    with open(assets.path("vision/iol_defocus.csv"), encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["class"] == kind]
    # A bound without a spread ("0.1 or better") gets the spread of the measured class.
    sd = [float(r["sd_logmar"] or 0.1) for r in rows]
    return (np.array([float(r["defocus_d"]) for r in rows]),
            np.array([float(r["acuity_logmar"]) for r in rows]), np.array(sd), rows[0]["source"])  # fmt: skip


def curve_view(kind: str, distance_m: float, left: PowerVector) -> View:
    """The view at a distance from a published defocus curve.

    Inside the published range by straight lines; beyond it and for a cylinder left over, blur adds
    as in 1 + b^2 from the end of the curve.
    """
    defocus, acuity, sd, source = curve(kind)
    at = -(left.m_d + 1.0 / distance_m)
    inside = min(max(at, defocus.min()), defocus.max())
    rising = np.argsort(defocus)
    mean = float(np.interp(inside, defocus[rising], acuity[rising]))
    spread = float(np.interp(inside, defocus[rising], sd[rising]))
    blur = math.hypot(at - inside, left.j0_d, left.j45_d)
    mean += float(logmar(blur, 0.0))
    need = PowerVector(-at, left.j0_d, left.j45_d)
    return View(distance_m, need, NO_ACCOMMODATION, known=(mean, spread), source=source)
