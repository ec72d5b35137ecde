"""Texts of the live page: English keys, with their Korean from the catalogue; the page can switch."""

from twin_engine.text import tr


def english() -> list[str]:
    """Every text of the page in English."""
    lang = "en"
    return [
        tr("Before", lang), tr("Wipe", lang), tr("After", lang), tr("Flicker", lang), tr("For your eye", lang),
        tr("For a camera", lang), tr("Fine", lang), tr("Fast", lang), tr("Compare", lang), tr("Look at", lang),
        tr("Picture", lang), tr("Drawing", lang), tr("What this eye does", lang), tr("Controls", lang),
        tr("Stop", lang), tr("Drive", lang), tr("Closer", lang), tr("Wider", lang), tr("Looking at", lang),
        tr("This display", lang), tr("Letters there", lang), tr("a point", lang), tr("Korean", lang),
        tr("blur left {blur:.2f} D", lang), tr("{thing}, {distance} m", lang),
        tr("{size:+.2f} logMAR, {px:.1f} pixels high", lang),
        tr("Looking at: {thing}, {distance:.2f} m", lang),
        tr("{px:.1f} pixels a degree, finest letter {finest:+.2f} logMAR", lang),
        tr("acuity {decimal:.2f} (logMAR {logmar:+.2f})", lang),
        tr("viewer's picture: your own eye's optics divided out", lang),
        tr("camera's picture: the whole eye's optics", lang),
        tr("with the eye's glare veil (CIE 146)", lang),
        tr("Below its finest letter the display, not the eye, is the limit.", lang),
        tr("the picture cannot show what only a trial measured: optics alone blur it", lang),
        tr("For research, teaching and counselling; not a medical device.", lang),
        tr("This page's kernels are of another version: make the page again.", lang),
        tr("A picture of {width} x {height} pixels is larger than this device's limit of {largest}.", lang),
        tr("The page could not be drawn: {what}", lang),
        tr("This browser has no WebGL2: use another one, or the page of stills.", lang),
        tr("This device cannot draw into floating-point pictures: use another one, or the page of stills.", lang),
    ]  # fmt: skip
