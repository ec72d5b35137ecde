"""What a display can show at all, and what the wearer must know before believing a picture."""

import argparse
import math
from dataclasses import dataclass, replace

from scenes.scene import View
from twin_engine.errors import InputError
from twin_engine.text import tr
from vision_lib.accommodation import amplitude
from vision_lib.refraction import Refraction

# What is left of the wearer's own error and can be seen: at a pupil of 4 mm a disc of 1.4 pixels at 25 px/deg.
NOTICEABLE_D = 0.25
PD_MM = 63.0  # mean interpupillary distance of adults (Dodgson 2004, Proc SPIE 5291:36, doi 10.1117/12.529999)
FOCAL_PLANE_M = 1.3  # assumption: the fixed focus of common headsets lies at 1.3 to 2 m


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


@dataclass(frozen=True)
class Display:
    """The display and who looks at it.

    Parameters
    ----------
    px_per_deg : float, optional
        Measured pixels a degree; a picture's field is then made to fit it. A headset reports its own.
    white_cd_m2 : float, optional
        Measured luminance of its white.
    pd_mm : float
        Pupil distance of the wearer, mm: apart by so much are the eyes of a stereo pair.
    wearer : Wearer, optional
        The wearer's own eyes.
    """

    px_per_deg: float | None = None
    white_cd_m2: float | None = None
    pd_mm: float = PD_MM
    wearer: Wearer | None = None

    def fitted(self, view: View, width: int) -> View:
        """The view with the field that `width` pixels of this display span."""
        if self.px_per_deg is None:
            return view
        half = math.atan(0.5 * width / self.px_per_deg * math.pi / 180.0)
        return replace(view, fov_deg=math.degrees(2.0 * half), tangents=None)


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Flags of the display and its wearer."""
    add = parser.add_argument
    add("--px-per-deg", type=float, metavar="N", help=tr("measured pixels a degree of your display"))
    add("--white", type=float, metavar="CD", help=tr("measured luminance of your display's white, cd/m2"))
    add("--pd", type=float, default=PD_MM, metavar="MM", help=tr("your pupil distance, mm"))
    add("--wearer-rx", metavar="RX", help=tr("your own prescription, who look at the display"))
    add("--wearer-worn", metavar="RX", default="plano", help=tr("what you wear before the display; default: nothing"))
    add("--wearer-age", type=float, default=30.0, metavar="Y", help=tr("your own age, years"))
    add("--focal-plane", type=float, default=FOCAL_PLANE_M, metavar="M",
        help=tr("distance at which the display's picture stands, m"))  # fmt: skip


def of(args: argparse.Namespace) -> Display:
    """The display that the flags describe.

    Raises
    ------
    InputError
        A value that no display or wearer has.
    """
    limits = {"px_per_deg": (2.0, 200.0), "white": (1.0, 1e5), "pd": (40.0, 80.0), "focal_plane": (0.05, 1e3)}
    for name, (low, high) in limits.items():
        value = getattr(args, name)
        if value is not None and not low <= value <= high:
            raise InputError("impossible display or wearer", "--" + name.replace("_", "-"), value,
                             f"{low:g} to {high:g}", "measure it again")  # fmt: skip
    wearer = None
    if args.wearer_rx is not None:
        rx = Refraction.parse(args.wearer_rx, "--wearer-rx")
        worn = Refraction.parse(args.wearer_worn, "--wearer-worn")
        wearer = Wearer(rx, worn, args.focal_plane, amplitude(args.wearer_age))
    return Display(args.px_per_deg, args.white, args.pd, wearer)


def first_screen(px_per_deg: float, white_cd_m2: float, display: Display) -> list[str]:
    """Sentences for the first screen, in the language in force.

    Parameters
    ----------
    px_per_deg : float
        Of the picture on this display.
    white_cd_m2 : float
        Luminance that the place's white stands for.
    display : Display
        The display and its wearer.
    """
    finest = finest_letter_logmar(px_per_deg)
    said = [
        tr("This display shows {px:.1f} pixels a degree: no letter finer than {finest:.2f} logMAR ({decimal:.2f}).")
        .format(px=px_per_deg, finest=finest, decimal=10.0**-finest),
        tr("Rendered blur adds to your own: it can blur, it cannot sharpen."),
        tr("Pupil distance in use: {pd:.1f} mm.").format(pd=display.pd_mm),
    ]  # fmt: skip
    if display.white_cd_m2 is None:
        said.insert(1, tr("Set the display's white to {white:.0f} cd/m2 if you can; contrast stays true up to 70 % of "
                          "white.").format(white=white_cd_m2))  # fmt: skip
    else:
        said.insert(1, tr("The display's white is {own:.0f} cd/m2 and stands for {white:.0f} cd/m2; contrast stays "
                          "true up to 70 % of white.").format(own=display.white_cd_m2, white=white_cd_m2))  # fmt: skip
    if display.wearer is None:
        return [*said, tr("Wear your own correction for the display's distance.")]
    left = display.wearer.left_d()
    said.append(tr("Your own eye adds {left:.2f} D of blur at the display's distance.").format(left=left))
    if left > NOTICEABLE_D:
        said.append(tr("Wear your own correction for the display's distance before you compare pictures."))
    return said
