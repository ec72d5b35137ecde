"""Before and after in one picture: split, wipe, side by side, flicker; every picture carries its labels."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from scenes.calibration import finest_letter_logmar
from scenes.seeing import Sight
from twin_engine import assets
from twin_engine.text import tr
from vision_lib.acuity import to_decimal

Codes = NDArray[np.uint8]
MODES = ("split", "wipe", "flicker", "side")
FLICKER_HZ = 1.0
PAPER, INK, SOFT, LINE = (16, 19, 22), (240, 240, 236), (170, 178, 186), (255, 255, 255)


@dataclass(frozen=True)
class Shown:
    """One finished picture and the look it shows.

    Parameters
    ----------
    codes : (H, W, 3) uint8
        sRGB.
    sight : Sight
        Who sees it like this.
    """

    codes: Codes
    sight: Sight


@dataclass(frozen=True)
class Setting:
    """What all pictures of one comparison share: the thing looked at, resolution, kind of kernel, what is simulated.

    Parameters
    ----------
    thing : str
        What is looked at, in the language in force.
    distance_m : float
        How far it is, m.
    px_per_deg : float
        Resolution on the axis of view.
    kind : str
        "viewer" or "camera".
    night : bool
        Whether the glare veil is in the picture.
    """

    thing: str
    distance_m: float
    px_per_deg: float
    kind: str
    night: bool

    @property
    def finest_logmar(self) -> float:
        """Finest letter that this picture can hold, logMAR."""
        return finest_letter_logmar(self.px_per_deg)


def acuity_line(sight: Sight) -> str:
    """Acuity at the distance looked at."""
    a = sight.ability
    return tr("acuity {decimal:.2f} (logMAR {logmar:+.2f})").format(decimal=float(to_decimal(a.acuity_logmar)),
                                                                  logmar=a.acuity_logmar)  # fmt: skip


def setting_lines(setting: Setting, sights: Sequence[Sight]) -> list[str]:
    """Sentences below a comparison: what is looked at, the display's limit, the kind of kernel."""
    kinds = {
        "viewer": tr("viewer's picture: your own eye's optics divided out"),
        "camera": tr("camera's picture: the whole eye's optics"),
    }
    first = tr("Looking at: {thing}, {distance:.2f} m").format(thing=setting.thing, distance=setting.distance_m)
    limit = tr("{px:.1f} pixels a degree, finest letter {finest:+.2f} logMAR").format(
        px=setting.px_per_deg, finest=setting.finest_logmar)  # fmt: skip
    lines = [f"{first}  ·  {limit}", kinds[setting.kind]]
    if setting.night:
        lines[1] += "  ·  " + tr("with the eye's glare veil (CIE 146)")
    if any(s.ability.acuity_logmar < setting.finest_logmar for s in sights):
        lines.append(tr("Below its finest letter the display, not the eye, is the limit."))
    lines.append(tr("For research, teaching and counselling; not a medical device."))
    return lines


def picture(shown: Sequence[Shown], setting: Setting, mode: str, share: float = 0.5) -> list[Image.Image]:
    """The comparison as one picture, or the two that flicker.

    Parameters
    ----------
    shown : sequence of Shown
        One or two pictures of one size.
    setting : Setting
        For the labels.
    mode : str
        "split" (halves of one view), "wipe" (the same, at `share`), "side", "flicker".
    share : float
        Where a wipe stands, 0..1 from the left.
    """
    if len(shown) == 1:
        return [_labelled(shown[0].codes, [shown[0].sight], setting, 1)]
    a, b = shown[0].codes, shown[1].codes
    both = [s.sight for s in shown]
    if mode == "side":
        gap = np.full((a.shape[0], 4, 3), PAPER, np.uint8)
        return [_labelled(np.concatenate([a, gap, b], axis=1), both, setting, 2)]
    if mode == "flicker":
        return [_labelled(s.codes, [s.sight], setting, 1) for s in shown]
    at = round(a.shape[1] * (share if mode == "wipe" else 0.5))
    mixed = np.concatenate([a[:, :at], b[:, at:]], axis=1)
    mixed[:, max(at - 1, 0) : at + 1] = LINE
    return [_labelled(mixed, both, setting, 2)]


def _labelled(codes: Codes, sights: Sequence[Sight], setting: Setting, columns: int) -> Image.Image:
    height, width = codes.shape[:2]
    size = max(11, round(min(width, 1.5 * height) / 56))
    font, bold = _font("Regular", size), _font("Regular", round(size * 1.25))
    lines = [line for text in setting_lines(setting, sights) for line in wrapped(text, font, width - 2 * size)]
    head, foot = round(size * 3.9), round(size * (1.0 + 1.5 * len(lines)))
    page = Image.new("RGB", (width, head + height + foot), PAPER)
    page.paste(Image.fromarray(codes), (0, head))
    draw = ImageDraw.Draw(page)
    for i, sight in enumerate(sights):
        x = size if i == 0 else width - size
        anchor = "ls" if i == 0 else "rs"
        draw.text((x, size * 1.75), fitted(sight.title, bold, width // columns - 2 * size), INK, bold, anchor)
        draw.text((x, size * 3.25), fitted(acuity_line(sight), font, width // columns - 2 * size), SOFT, font, anchor)
    for i, line in enumerate(lines):
        draw.text((size, head + height + size * (1.6 + 1.5 * i)), line, SOFT, font, "ls")
    return page


def wrapped(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Text in lines of at most this width, pixels, broken between words."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def fitted(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """Text cut with an ellipsis to this width, pixels."""
    while len(text) > 1 and font.getlength(text) > width:
        text = text[:-2].rstrip() + "…"
    return text


@cache
def _font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(assets.path(f"fonts/NotoSansKR-{weight}.otf")), size)


def png(images: Sequence[Image.Image]) -> bytes:
    """A PNG; two pictures make an animated one that flickers once a second."""
    out = io.BytesIO()
    more: dict[str, Any] = {}
    if len(images) > 1:
        more = {"save_all": True, "append_images": list(images[1:]), "duration": round(500 / FLICKER_HZ), "loop": 0}
    images[0].save(out, "PNG", compress_level=6, **more)
    return out.getvalue()


def stereo(left: Image.Image, right: Image.Image) -> Image.Image:
    """Two eyes' pictures side by side, left eye on the left."""
    page = Image.new("RGB", (left.width + right.width, left.height), PAPER)
    page.paste(left, (0, 0))
    page.paste(right, (left.width, 0))
    return page
