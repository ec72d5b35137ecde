"""Drawn pictures of the road: signs, plates, dials, navigation, façades, sky."""

from functools import cache

import numpy as np

from scenes.signs import REGULAR, Canvas, gradient
from scenes.texture import from_hex, mix, noise, srgb
from twin_engine.streams import stream

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
def cluster() -> np.ndarray:
    """Instruments .36 x .125 m; the speed's digits 22 mm, dial digits 6 mm (the task's dashboard digit)."""
    c = Canvas(0.36, 0.125, 4000, "05070a")
    for cx, top, step, red, value, unit in ((0.066, 200, 20, 999, 62, "km/h"), (0.294, 8, 1, 6.4, 2.1, "x1000 rpm")):
        cy, r = 0.066, 0.055
        c.shape("ellipse", (cx - r, cy - r, cx + r, cy + r), "10161d")
        for i in range(int(top / step) * 2 + 1):
            v = i * step / 2
            a = np.radians(-225 + 270 * v / top)
            s, k = np.cos(a), np.sin(a)
            long = 0.007 if i % 2 == 0 else 0.004
            ink = "e8503a" if v >= red else "dfe6ec"
            c.shape("line", (cx + s * r, cy + k * r, cx + s * (r - long), cy + k * (r - long)), ink, width=0.0011)
            if i % (4 if step == 20 else 2) == 0:
                c.text(f"{v:.0f}", cx + s * (r - 0.0145), cy + k * (r - 0.0145) + 0.003, 0.006, ink, anchor="ms")
        a = np.radians(-225 + 270 * value / top)
        c.shape("line", (cx, cy, cx + np.cos(a) * 0.046, cy + np.sin(a) * 0.046), "ff7a3c", width=0.0022)
        c.shape("ellipse", (cx - 0.006, cy - 0.006, cx + 0.006, cy + 0.006), "2a323a")
        c.text(unit, cx, cy + 0.034, 0.0030, "8fa0ae", anchor="ms", font=REGULAR)
    c.text("62", 0.18, 0.062, 0.022, "f3f7fa", anchor="ms")
    c.text("km/h", 0.18, 0.074, 0.0045, "8fa0ae", anchor="ms", font=REGULAR)
    c.text("21°   07:42", 0.18, 0.022, 0.0050, "c6d2dc", anchor="ms", font=REGULAR)
    c.text("연료 Fuel", 0.148, 0.096, 0.0045, "8fa0ae", of="가", font=REGULAR)
    c.shape("rounded_rectangle", (0.185, 0.0915, 0.222, 0.0960), "2a323a", radius=0.002)
    c.shape("rounded_rectangle", (0.185, 0.0915, 0.208, 0.0960), "7fd0a0", radius=0.002)
    c.text("14.2 km/L   D", 0.18, 0.112, 0.0050, "c6d2dc", anchor="ms", font=REGULAR)
    return c.image()


@cache
def navigation() -> np.ndarray:
    """A map screen .26 x .15 m; distance 9 mm, names 4 mm capitals (the task's navigation text)."""
    c = Canvas(0.26, 0.15, 4600, "1b2530")
    rng = stream(0, 0, 0, "map")
    for _ in range(60):
        x, y = rng.uniform(0, 0.26), rng.uniform(0, 0.15)
        w, h = rng.uniform(0.012, 0.03, 2)
        c.shape("rectangle", (x, y, x + w, y + h), ("222e3a", "263440", "20303a", "2a3a36")[int(rng.integers(4))])
    for road in ((0, 0.11, 0.26, 0.085), (0.05, 0, 0.09, 0.15), (0.20, 0, 0.17, 0.15), (0, 0.05, 0.26, 0.03)):
        c.shape("line", road, "3f4f5e", width=0.005)
    c.shape("line", (0.118, 0.15, 0.122, 0.105, 0.150, 0.075, 0.196, 0.058, 0.215, 0.0), "10151a", width=0.011)
    c.shape("line", (0.118, 0.15, 0.122, 0.105, 0.150, 0.075, 0.196, 0.058, 0.215, 0.0), "58b6e8", width=0.0075)
    c.shape("polygon", (0.120, 0.112, 0.127, 0.130, 0.120, 0.126, 0.113, 0.130), "ffffff")
    c.shape("rounded_rectangle", (0.006, 0.006, 0.096, 0.056), "0b6b45", radius=0.005)
    _turn(c)
    c.text("500 m", 0.036, 0.025, 0.009, "ffffff")
    c.text("강릉 방향", 0.036, 0.0385, 0.0062, "ffffff", of="가")
    c.text("Gangneung", 0.036, 0.0505, 0.0040, "cfe8dc")
    for words, x, y in (
        ("Lake Road", 0.160, 0.040),
        ("Station", 0.205, 0.100),
        ("시청", 0.060, 0.090),
        ("Harbour", 0.020, 0.128),
    ):
        c.text(words, x, y, 0.0040, "c3cfd8", font=REGULAR)
    c.shape("rectangle", (0, 0.136, 0.26, 0.15), "0d1319")
    c.text("08:25   32 km   도착 예정", 0.13, 0.1462, 0.0050, "e6edf2", anchor="ms", of="H")
    return c.image()


def _turn(c: Canvas) -> None:
    c.shape("line", (0.016, 0.047, 0.016, 0.028, 0.026, 0.018), "ffffff", width=0.005)
    c.shape("polygon", (0.021, 0.012, 0.032, 0.012, 0.032, 0.024), "ffffff")


@cache
def facade(kind: int, night: bool) -> np.ndarray:
    """One bay of a façade, 12 x 12 m = 4 storeys x 4 windows; tiles. Night: lit windows at 1, the rest near black."""
    c = Canvas(12.0, 12.0, 64, ("d3c6b3", "aeb6bc", "a8745a", "ddd9d0")[kind])
    grain = noise(f"wall{kind}", 1.6, (1, 1), 512)[np.arange(768)[:, None] % 512, np.arange(768)[None, :] % 512, None]
    c.light *= (1 + 0.05 * grain).astype(np.float32)
    if night:
        c.light *= 0.003
    rng = stream(0, 0, kind, "facade")
    for row in range(4):
        y = 3.0 * row
        if kind == 1:
            c.shape("rectangle", (0, y + 0.55, 12, y + 2.55), "39434d" if not night else "000000")
        for column in range(4):
            _window(c, kind, 3.0 * column, y, night, rng)
        if not night:
            c.shape("rectangle", (0, y + 2.88, 12, y + 2.97), ("b5a998", "8e959b", "8a5b45", "c0bcb3")[kind])
    return c.image()


def _window(c: Canvas, kind: int, x: float, y: float, night: bool, rng: np.random.Generator) -> None:
    wide, tall = ((1.9, 1.55), (2.85, 1.9), (1.25, 1.75), (2.3, 1.7))[kind]
    x0, y0 = x + (3 - wide) / 2, y + (0.60 if kind == 1 else 0.75)
    on = rng.random() < (0.34 if kind != 1 else 0.25)
    if night:
        ink: object = "030405"
        if on:
            warm = rng.random()
            tone = np.array([1.0, 0.66 + 0.25 * warm, 0.34 + 0.5 * warm]) * rng.uniform(0.35, 1.0)
            ink = tuple(float(v) for v in tone)
        c.shape("rectangle", (x0, y0, x0 + wide, y0 + tall), ink)  # type: ignore[arg-type]
        c.shape("rectangle", (x0 + wide / 2 - 0.03, y0, x0 + wide / 2 + 0.03, y0 + tall), "000000")
        return
    c.shape(
        "rectangle",
        (x0 - 0.08, y0 - 0.08, x0 + wide + 0.08, y0 + tall + 0.08),
        ("efe8dc", "59636c", "e9ddd0", "7e8388")[kind],
    )
    part = Canvas(wide, tall, 64, "46586a")
    gradient(part, "8fb0c8", "33424f")
    c.blend(np.ones(part.light.shape[:2], np.float32), "33424f", round(x0 * 64), round(y0 * 64))
    h, w = min(part.height, c.height - round(y0 * 64)), part.width
    c.light[round(y0 * 64) : round(y0 * 64) + h, round(x0 * 64) : round(x0 * 64) + w] = part.light[:h] * rng.uniform(
        0.6, 1.15
    )
    if rng.random() < 0.5:
        c.shape(
            "rectangle",
            (x0, y0, x0 + wide * rng.uniform(0.12, 0.38), y0 + tall),
            ("b9b4a8", "a9adb0", "8f8a80")[int(rng.integers(3))],
        )
    c.shape(
        "rectangle",
        (x0 + wide / 2 - 0.035, y0, x0 + wide / 2 + 0.035, y0 + tall),
        ("efe8dc", "59636c", "e9ddd0", "7e8388")[kind],
    )
    c.shape(
        "rectangle",
        (x0 - 0.12, y0 + tall, x0 + wide + 0.12, y0 + tall + 0.10),
        ("c3b7a6", "4a535b", "b88a6c", "6e7378")[kind],
    )


SHOPS = (
    ("안경", "Optics", "1f57a4"),
    ("카페", "Coffee", "5b3a25"),
    ("약국", "Pharmacy", "14724b"),
    ("서점", "Books", "7d2f2b"),
    ("빵집", "Bakery", "c47a2c"),
    ("꽃집", "Flowers", "8a3d6b"),
    ("은행", "Bank", "23364d"),
    ("분식", "Noodles", "b5462c"),
)


@cache
def shops(night: bool) -> np.ndarray:
    """Ground floors of eight shops side by side, each 6 x 3.6 m, with sign boards (Hangul 60 cm)."""
    c = Canvas(48.0, 3.6, 72, "8a857c")
    for i, (hangul, latin, ink) in enumerate(SHOPS):
        x = 6.0 * i
        c.shape("rectangle", (x + 0.1, 0.15, x + 5.9, 1.05), ink)
        c.text(hangul, x + 0.5, 0.87, 0.60, "ffffff", of="가")
        c.text(latin, x + 2.5, 0.84, 0.40, "f4ecd8")
        glow = "f7dfae" if night else "53616b"
        c.shape("rectangle", (x + 0.3, 1.2, x + 4.3, 3.45), glow)
        c.shape("rectangle", (x + 4.5, 1.2, x + 5.7, 3.6), glow)
        rng = stream(0, 0, i, "shop")
        for _ in range(7):
            a, b = rng.uniform(0.35, 3.7), rng.uniform(2.0, 2.9)
            c.shape(
                "rectangle",
                (x + a, b, x + a + rng.uniform(0.15, 0.5), 3.45),
                ("b3734a", "4a6a58", "d9c9a5", "3a4654")[int(rng.integers(4))],
            )
        if not night:
            c.shape("polygon", (x + 0.3, 1.2, x + 1.9, 1.2, x + 0.3, 2.9), "73838d")
        for edge in (0.3, 2.3, 4.3, 4.5, 5.7):
            c.shape("rectangle", (x + edge - 0.04, 1.2, x + edge + 0.04, 3.6), "2c2f32")
    if night:
        c.light *= 0.85
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
    """Asphalt 8 x 8 m: aggregate, patches, faint wheel tracks are left to light."""
    n = 1024
    grain = noise("asphalt", 0.35, (1, 1), n)
    slow = noise("asphalt slow", 3.0, (1, 1), n)
    crack = np.abs(noise("crack", 3.0, (1, 1), n))
    t = 0.5 + 0.13 * grain + 0.10 * slow
    image = mix(from_hex("7a7b7c"), from_hex("55575a"), t)
    image *= (1 - 0.35 * np.exp(-((crack / 0.012) ** 2)) * (slow > 0.4))[..., None]
    return srgb(image)


@cache
def leaves() -> np.ndarray:
    """A twig of leaves with alpha, 256 px."""
    from PIL import Image, ImageDraw

    n = 256
    mask = Image.new("L", (n * 2, n * 2))
    draw = ImageDraw.Draw(mask)
    rng = stream(0, 0, 0, "twig")
    shade = np.ones((n, n), np.float32) * 0.6
    for _ in range(46):
        x, y = rng.uniform(0.12, 0.88, 2) * 2 * n
        a, r = rng.uniform(0, np.pi), rng.uniform(0.055, 0.10) * 2 * n
        p = [
            (
                x + r * np.cos(t) * np.cos(a) - 0.45 * r * np.sin(t) * np.sin(a),
                y + r * np.cos(t) * np.sin(a) + 0.45 * r * np.sin(t) * np.cos(a),
            )
            for t in np.linspace(0, 2 * np.pi, 14)
        ]
        if (x / n - 1) ** 2 + (y / n - 1) ** 2 < 0.78:
            one = Image.new("L", (n * 2, n * 2))
            ImageDraw.Draw(one).polygon(p, fill=255)
            area = np.asarray(one.resize((n, n))) > 127
            shade[area] = rng.uniform(0.55, 1.15)
            draw.polygon(p, fill=255)
    alpha = np.asarray(mask.resize((n, n)))
    colour = srgb(np.clip(shade[..., None] * np.asarray(from_hex("6f9a4c")), 0, 1))
    return np.concatenate([colour, alpha[..., None]], axis=2)


@cache
def door_lines() -> np.ndarray:
    """Side of a car, 1 x 1 (u front to back, v up): seams and handles on white."""
    c = Canvas(4.6, 0.8, 320, "ffffff")
    for x in (1.42, 2.42, 3.40):
        c.shape("line", (x, 0.08, x + 0.02, 0.70), "3a3a3a", width=0.012)
    c.shape("line", (1.42, 0.70, 3.42, 0.70), "4a4a4a", width=0.012)
    for x in (2.16, 3.12):
        c.shape("rounded_rectangle", (x, 0.20, x + 0.20, 0.235), "8a8a8a", radius=0.012)
    return c.image()
