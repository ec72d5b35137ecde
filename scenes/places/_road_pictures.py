"""Drawn pictures of the road: signs, plates, dials, navigation, façades, sky."""

from functools import cache

import numpy as np

from scenes.signs import Canvas
from scenes.texture import from_hex, mix, noise, srgb

GREEN, BLUE, BROWN, RED = "0b6b45", "1f57a4", "6d4321", "c22a26"
PER_METRE = 220.0


def _panel(width: float, height: float, ground: str, border: float = 0.05) -> Canvas:
    c = Canvas(width, height, PER_METRE, "ffffff")
    c.shape("rounded_rectangle", (border, border, width - border, height - border), ground, radius=0.12)
    return c


def _arrow(c: Canvas, x: float, y: float, turn: float, size: float = 0.5) -> None:
    shape = (
        np.array([[-0.07, 0.5], [-0.07, 0.0], [-0.26, 0.0], [0.0, -0.5], [0.26, 0.0], [0.07, 0.0], [0.07, 0.5]]) * size
    )
    a = np.radians(turn)
    m = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    c.shape("polygon", (shape @ m.T + np.array([x, y])).ravel(), "ffffff")


@cache
def direction_sign() -> np.ndarray:
    """Green direction sign 5.0 x 2.5 m: Hangul 45 cm, Latin 27 cm (.6 of it)."""
    c = _panel(5.0, 2.5, GREEN)
    for x, hangul, latin, turn in ((0.30, "강릉", "Gangneung", 0), (2.75, "원주", "Wonju", 52)):
        c.text(hangul, x, 1.12, 0.45, "ffffff", of="가")
        c.text(latin, x, 1.62, 0.27, "ffffff", of="H")
        _arrow(c, x + 1.72, 0.88, turn, 0.62)
    c.shape("rounded_rectangle", (0.30, 1.86, 1.02, 2.30), "ffffff", radius=0.10)
    c.text("50", 0.66, 2.20, 0.26, GREEN, anchor="ms")
    c.text("12 km", 1.20, 2.20, 0.26, "ffffff")
    c.text("31 km", 3.40, 2.20, 0.26, "ffffff")
    return c.image()


@cache
def airport_sign() -> np.ndarray:
    """International exit sign 4.0 x 2.0 m, Latin capitals 30 cm."""
    c = _panel(4.0, 2.0, BLUE)
    c.text("AIRPORT", 0.28, 0.70, 0.30, "ffffff")
    c.text("공항", 2.55, 0.72, 0.36, "ffffff", of="가")
    c.text("Exit 7", 0.28, 1.40, 0.30, "ffffff")
    c.text("500 m", 2.05, 1.40, 0.30, "ffffff")
    _arrow(c, 3.60, 1.28, 45, 0.55)
    return c.image()


@cache
def tourist_sign() -> np.ndarray:
    """Brown sign for a sight, 3.2 x 1.6 m: Hangul 36 cm, Latin 22 cm."""
    c = _panel(3.2, 1.6, BROWN)
    c.text("바다정원", 0.25, 0.72, 0.36, "ffffff", of="가")
    c.text("Sea Garden", 0.25, 1.20, 0.22, "ffffff")
    c.text("3 km", 2.20, 1.20, 0.22, "ffffff")
    return c.image()


@cache
def round_signs() -> np.ndarray:
    """Speed limit 60, no overtaking-like ring, warning triangle, pedestrian crossing: an atlas of four .9 m cells."""
    c = Canvas(3.6, 0.9, 420, "808080")
    for k, number in enumerate(("60", "80")):
        x = 0.9 * k
        c.shape("ellipse", (x + 0.02, 0.02, x + 0.88, 0.88), "ffffff")
        c.shape("ellipse", (x + 0.035, 0.035, x + 0.865, 0.865), RED)
        c.shape("ellipse", (x + 0.13, 0.13, x + 0.77, 0.77), "ffffff")
        c.text(number, x + 0.45, 0.60, 0.30, "16181a", anchor="ms")
    c.shape("polygon", (1.82, 0.86, 2.25, 0.04, 2.68, 0.86), RED)
    c.shape("polygon", (1.92, 0.80, 2.25, 0.17, 2.58, 0.80), "f6c928")
    c.shape("polygon", (2.17, 0.74, 2.20, 0.60, 2.13, 0.50, 2.22, 0.38, 2.30, 0.50, 2.26, 0.58, 2.33, 0.74), "16181a")
    c.shape("rounded_rectangle", (2.73, 0.03, 3.57, 0.87), BLUE, radius=0.06)
    c.shape("polygon", (3.15, 0.14, 3.46, 0.72, 2.84, 0.72), "ffffff")
    c.shape("ellipse", (3.11, 0.25, 3.19, 0.33), "16181a")
    c.shape("line", (3.15, 0.34, 3.14, 0.50, 3.06, 0.64), "16181a", width=0.035)
    c.shape("line", (3.14, 0.50, 3.22, 0.64), "16181a", width=0.035)
    image = c.image()
    outside = (np.abs(image.astype(int) - srgb(np.array(from_hex("808080")))) < 2).all(axis=2)
    return np.concatenate([image, np.where(outside, 0, 255)[..., None].astype(np.uint8)], axis=2)


@cache
def plates() -> np.ndarray:
    """An atlas of six Korean number plates, each 520 x 110 mm."""
    c = Canvas(0.52, 0.66, 1400, "f4f5f3")
    for i, words in enumerate(("123가 4568", "27나 3194", "308다 7752", "51라 2046", "214마 6083", "69바 1375")):
        y = 0.11 * i
        c.shape("rounded_rectangle", (0.004, y + 0.004, 0.516, y + 0.106), "16181a", radius=0.010)
        c.shape("rounded_rectangle", (0.007, y + 0.007, 0.513, y + 0.103), "f4f5f3", radius=0.008)
        c.text(words, 0.26, y + 0.083, 0.060, "16181a", anchor="ms")
    return c.image()


@cache
def sky(night: bool) -> np.ndarray:
    """Sky and mountains, azimuth across and -5 to 90 degrees up; white in it is the brightest cloud."""
    w, h, low = 2048, 560, -5.0
    y = (np.arange(h)[::-1] + 0.5) / h * (90 - low) + low
    t = np.clip(y / 90, 0, 1)[:, None, None] ** 0.45
    zenith, horizon = (("2f63a8", "c9d9e6"), ("05070d", "2b2a2e"))[night]
    light = np.asarray(from_hex(horizon)) * (1 - t) + np.asarray(from_hex(zenith)) * t
    light = np.repeat(light, w, axis=1)
    soft = noise("sky", 3.2, (1, 1), 1024) + 0.22 * noise("sky edge", 2.4, (1, 1), 1024)
    up = np.tan(np.radians(np.clip(90 - y, 4, 88)))
    u = np.arange(w) / w * 2 * np.pi
    px = (up[:, None] * np.cos(u)[None, :] * 55).astype(int) % 1024
    py = (up[:, None] * np.sin(u)[None, :] * 55).astype(int) % 1024
    cover = np.clip((soft[py, px] + 0.05) * 0.75, 0, 0.95) * np.clip(y / 8, 0, 1)[:, None]
    cloud = np.asarray(from_hex("fbfaf7" if not night else "2e2c2c"))
    shade = 1 - 0.18 * np.clip(soft[py, (px + 9) % 1024] - 0.4, 0, 1)[..., None]
    light = light * (1 - cover[..., None]) + cloud * shade * cover[..., None]
    for key, base, tall, ink in (("m1", 0.3, 6.5, "8ea4b6"), ("m2", 0.0, 3.8, "6f8896")):
        line = noise(key, 4.0, (1.0, 4.0), 1024)[5]
        top = base + tall * (0.35 + 0.16 * line[(np.arange(w) // 2) % 1024])
        mask = (np.clip((top[None, :] - y[:, None]) * 6 + 0.5, 0, 1))[..., None] * (1.0 if not night else 0.9)
        tone = np.asarray(from_hex(ink)) * (1.0 if not night else 0.012)
        light = light * (1 - mask) + tone * mask
    return srgb(light)


@cache
def asphalt() -> np.ndarray:
    """Asphalt 7 x 7 m, two lanes from .7 m left of a lane's edge: aggregate, cracks, wheel tracks, oil between them."""
    n = 1024
    grain = noise("asphalt", 0.35, (1, 1), n)
    slow = noise("asphalt slow", 3.0, (1, 1), n)
    crack = np.abs(noise("crack", 3.0, (1, 1), n))
    t = 0.5 + 0.13 * grain + 0.10 * slow
    image = mix(from_hex("7a7b7c"), from_hex("55575a"), t)
    u = np.arange(n) / n * 7.0
    worn = sum(np.exp(-((((u - at + 3.5) % 7.0 - 3.5) / 0.30) ** 2)) for at in (0.2, 2.2, 3.7, 5.7))
    oil = sum(np.exp(-((((u - at + 3.5) % 7.0 - 3.5) / 0.25) ** 2)) for at in (2.95, 6.45))
    image *= (1 + 0.10 * worn - 0.16 * oil * np.clip(0.6 + 0.3 * slow, 0, 1))[..., None]
    image *= (1 - 0.35 * np.exp(-((crack / 0.012) ** 2)) * (slow > 0.4))[..., None]
    return srgb(image)
