"""What a display can show at all, and what the wearer must know before believing a picture."""

import math
from dataclasses import dataclass

from twin_engine.errors import InputError
from twin_engine.text import tr
from vision_lib.refraction import Refraction

# A diopter of the wearer's own that is left over blurs more than most displays do.
NOTICEABLE_D = 0.25


def finest_letter_logmar(px_per_deg: float) -> float:
    """Acuity of the finest letter a display can draw: one pixel a stroke.

    Examples
    --------
    >>> round(finest_letter_logmar(25.0), 2)
    0.38
    """
    return math.log10(60.0 / px_per_deg)


def screen_pixels_per_degree(width_m: float, width_px: int, distance_m: float) -> float:
    """Pixels in a degree in the middle of a flat screen.

    Raises
    ------
    InputError
        A size or distance that is not positive.
    """
    if not (width_m > 0 and width_px > 0 and distance_m > 0):
        raise InputError("impossible screen", "screen", f"{width_m} m, {width_px} px, {distance_m} m",
                         "positive sizes", "measure the picture's width and your distance")  # fmt: skip
    return math.radians(1.0) * distance_m * width_px / width_m


@dataclass(frozen=True)
class Wearer:
    """Who looks at the display: own refraction, what is worn, and how far away the display seems.

    Parameters
    ----------
    rx : Refraction
        The wearer's own.
    worn : Refraction
        What the wearer wears before the display.
    focal_plane_m : float
        Distance at which the display's image stands, m: about 1.3 to 2 in headsets, the screen's own distance
        for a screen.
    amplitude_d : float
        Accommodation the wearer has, D.
    """

    rx: Refraction
    worn: Refraction
    focal_plane_m: float
    amplitude_d: float

    def left_d(self) -> float:
        """Blur that the wearer's own eye adds to every picture, D (length of the power vector)."""
        m, j0, j45 = self.rx.power_vector().minus(self.worn.power_vector())
        m += 1.0 / self.focal_plane_m
        left = min(max(m - self.amplitude_d, 0.0), m) if m > 0 else m
        return math.sqrt(left**2 + j0**2 + j45**2)


def first_screen(px_per_deg: float, white_cd_m2: float, pd_mm: float | None, wearer: Wearer | None) -> list[str]:
    """Sentences for the first screen, in the language in force."""
    finest = finest_letter_logmar(px_per_deg)
    said = [
        tr("This display shows {px:.1f} pixels a degree: no letter finer than {finest:.2f} logMAR ({decimal:.2f}).")
        .format(px=px_per_deg, finest=finest, decimal=10.0**-finest),
        tr("Set the display's white to {white:.0f} cd/m2 if you can; contrast stays true up to 70 % of white.")
        .format(white=white_cd_m2),
        tr("Rendered blur adds to your own: it can blur, it cannot sharpen."),
    ]  # fmt: skip
    if pd_mm is not None:
        said.append(tr("Pupil distance in use: {pd:.1f} mm.").format(pd=pd_mm))
    if wearer is not None:
        left = wearer.left_d()
        said.append(tr("Your own eye adds {left:.2f} D of blur at the display's distance.").format(left=left))
        if left > NOTICEABLE_D:
            said.append(tr("Wear your own correction for the display's distance before you compare pictures."))
    else:
        said.append(tr("Wear your own correction for the display's distance."))
    return said
