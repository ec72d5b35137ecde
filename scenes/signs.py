"""Text and drawings as whole images: signs, screens, pages, spines, dials. Sizes in metres, blended as linear light.

Letter heights are true: `text` takes the height of a capital, of an x, or of a Hangul syllable.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from scenes.texture import Colour, from_hex, srgb
from twin_engine import assets

BOLD, REGULAR = "NotoSansKR-Bold.otf", "NotoSansKR-Regular.otf"
PROBE_SIZE = 1000
OVER = 4  # masks of shapes are drawn this much larger and averaged


@cache
def _font(name: str, size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.truetype(str(assets.path(f"fonts/{name}")), size)


@cache
def _share(name: str, of: str) -> float:
    """Height of a glyph's ink over the font's size."""
    _, top, _, bottom = _font(name, PROBE_SIZE).getbbox(of)
    return (bottom - top) / PROBE_SIZE


class Canvas:
    """An image of a metric size.

    Parameters
    ----------
    width, height : float
        Metres.
    per_metre : float
        Pixels in a metre.
    ground : Colour or str
        Linear colour or sRGB hex.
    """

    def __init__(self, width: float, height: float, per_metre: float, ground: Colour | str = "ffffff") -> None:
        self.per_metre = per_metre
        self.width, self.height = max(1, round(width * per_metre)), max(1, round(height * per_metre))
        self.light = np.empty((self.height, self.width, 3), np.float32)
        self.light[:] = colour(ground)

    def image(self) -> np.ndarray:
        """(h, w, 3) uint8 sRGB."""
        return srgb(self.light)

    def blend(self, mask: np.ndarray, ink: Colour | str, left: int = 0, top: int = 0) -> None:
        """Put colour through a mask 0..1 whose corner lies at a pixel."""
        x0, y0 = max(left, 0), max(top, 0)
        x1, y1 = min(left + mask.shape[1], self.width), min(top + mask.shape[0], self.height)
        if x1 <= x0 or y1 <= y0:
            return
        part = mask[y0 - top : y1 - top, x0 - left : x1 - left, None]
        area = self.light[y0:y1, x0:x1]
        area += part * (np.asarray(colour(ink), np.float32) - area)

    def text(self, words: str, x: float, y: float, height: float, ink: Colour | str = "000000", *, of: str = "H",
             font: str = BOLD, anchor: str = "ls", turn: int = 0) -> float:  # fmt: skip
        """Write words with the baseline (or anchor) at (x, y) metres from the top left; returns the width, m.

        `height` is that of the glyph `of`: "H" capitals, "x" lower case, "가" Hangul.
        """
        from PIL import Image, ImageDraw

        size = max(1, round(height * self.per_metre / _share(font, of)))
        face = _font(font, size)
        left, top, right, bottom = face.getbbox(words, anchor=anchor)
        pad = 2
        mask = Image.new("L", (int(right - left) + 2 * pad, int(bottom - top) + 2 * pad))
        ImageDraw.Draw(mask).text((pad - left, pad - top), words, font=face, fill=255, anchor=anchor)
        data = np.asarray(mask, np.float32) / 255
        px, py = round(x * self.per_metre), round(y * self.per_metre)
        if turn:
            data = np.rot90(data, turn // 90)
            self.blend(data, ink, px - data.shape[1] // 2, py - data.shape[0] // 2)
        else:
            self.blend(data, ink, px + int(left) - pad, py + int(top) - pad)
        return float(right - left) / self.per_metre

    def paragraph(self, words: str, x: float, y: float, width: float, height: float, leading: float,
                  ink: Colour | str = "1c1a18", *, of: str = "x", font: str = REGULAR,
                  lines: int = 99) -> float:  # fmt: skip
        """Set words in lines of at most `width`; returns the y of the next baseline, m."""
        face = _font(font, max(1, round(height * self.per_metre / _share(font, of))))
        line, used = "", 0
        for word in [*words.split(), None]:
            longer = f"{line} {word}".strip()
            if word is None or face.getlength(longer) > width * self.per_metre:
                self.text(line, x, y, height, ink, of=of, font=font)
                y += leading
                used += 1
                if used >= lines:
                    return y
                longer = word or ""
            line = longer
        return y

    def shape(
        self, kind: str, points: Sequence | np.ndarray, ink: Colour | str, **how: Any
    ) -> None:
        """A PIL shape (rectangle, rounded_rectangle, ellipse, polygon, line, arc) in metres."""
        from PIL import Image, ImageDraw

        p = np.asarray(points, float).reshape(-1, 2) * self.per_metre
        wide = float(how.get("width", 0.0)) * self.per_metre
        low = np.floor(p.min(0) - wide - 2).astype(int).clip(0)
        high = np.ceil(p.max(0) + wide + 2).astype(int)
        high = np.minimum(high, [self.width, self.height])
        if (high <= low).any():
            return
        mask = Image.new("L", (int((high - low)[0]) * OVER, int((high - low)[1]) * OVER))
        options = dict(how)
        for name in ("width", "radius"):
            if name in options:
                options[name] = max(1, round(float(options[name]) * self.per_metre * OVER))
        if kind == "rectangle" and not options:
            # Exact coverage of an upright rectangle.
            pixel = [np.arange(a, b) for a, b in zip(low, high, strict=True)]
            share = [np.clip(np.minimum(i + 1, q.max()) - np.maximum(i, q.min()), 0, 1) for i, q in
                     zip(pixel, p.T, strict=True)]  # fmt: skip
            self.blend(np.outer(share[1], share[0]).astype(np.float32), ink, int(low[0]), int(low[1]))
            return
        fill = "fill" if "width" not in options or kind in ("line", "arc") else "outline"
        if kind == "line":
            options["joint"] = "curve"
        flat = [tuple(v) for v in (p - low) * OVER]
        getattr(ImageDraw.Draw(mask), kind)(flat, **{fill: 255}, **options)
        h, w = mask.size[1] // OVER, mask.size[0] // OVER
        data = np.asarray(mask, np.float32).reshape(h, OVER, w, OVER).mean(axis=(1, 3)) / 255
        self.blend(data, ink, int(low[0]), int(low[1]))


def colour(value: Colour | str) -> Sequence[float]:
    """Linear colour of a hex code or of itself."""
    return from_hex(value) if isinstance(value, str) else value


def gradient(canvas: Canvas, top: Colour | str, bottom: Colour | str, y0: float = 0.0, y1: float | None = None) -> None:
    """A vertical gradient between two heights."""
    a, b = (np.asarray(colour(c), np.float32) for c in (top, bottom))
    i0 = round(y0 * canvas.per_metre)
    i1 = canvas.height if y1 is None else round(y1 * canvas.per_metre)
    t = np.linspace(0, 1, max(i1 - i0, 1), dtype=np.float32)[:, None, None]
    canvas.light[i0:i1] = a * (1 - t) + b * t


@cache
def letter(name: str = "E", cell: int = 32, margin: int = 3) -> np.ndarray:
    """Black optotype on white with `margin` strokes of white around, uint8: a Sloan letter or the E of 17 cells."""
    if name == "E":
        grid = np.zeros((5, 5))
        grid[:, 0] = grid[0] = grid[2] = grid[4] = 1.0
        ink = np.kron(grid, np.ones((cell, cell)))
    else:
        from vision_lib.letters import sloan

        ink = sloan(name, 5 * cell)
    mask = np.pad(ink, margin * cell)
    return srgb(np.repeat((1.0 - mask)[..., None], 3, axis=2))
