"""Drawn pictures of the car's screens: instruments, navigation, climate."""

from functools import cache

import numpy as np

from scenes.signs import REGULAR, Canvas, gradient
from twin_engine.streams import stream


@cache
def cluster() -> np.ndarray:
    """Instruments .36 x .125 m; the speed's digits 22 mm, dial digits 6 mm (the task's dashboard digit)."""
    c = Canvas(0.36, 0.125, 4000, "05070a")
    gradient(c, "0a0e14", "04060a", 0, 0.125)
    for cx, top, step, red, value, unit in ((0.066, 200, 20, 999, 62, "km/h"), (0.294, 8, 1, 6.4, 2.1, "x1000 rpm")):
        _dial(c, cx, top, step, red, value, unit)
    _lane(c)
    c.text("62", 0.18, 0.057, 0.022, "f3f7fa", anchor="ms")
    c.text("km/h", 0.18, 0.0675, 0.0045, "8fa0ae", anchor="ms", font=REGULAR)
    c.text("21°   07:42", 0.18, 0.018, 0.0050, "c6d2dc", anchor="ms", font=REGULAR)
    c.text("연료 Fuel", 0.137, 0.1185, 0.0045, "8fa0ae", of="가", font=REGULAR)
    c.shape("rounded_rectangle", (0.174, 0.1140, 0.211, 0.1185), "2a323a", radius=0.002)
    c.shape("rounded_rectangle", (0.174, 0.1140, 0.197, 0.1185), "7fd0a0", radius=0.002)
    c.text("D", 0.2205, 0.1185, 0.0055, "f3f7fa")
    c.shape("ellipse", (0.125, 0.0115, 0.137, 0.0235), "d23a30", width=0.0014)
    c.text("60", 0.131, 0.0198, 0.0048, "ffffff", anchor="ms")
    c.shape("polygon", (0.222, 0.0175, 0.230, 0.0115, 0.230, 0.0235), "43c26b")
    return c.image()


def _dial(c: Canvas, cx: float, top: float, step: float, red: float, value: float, unit: str) -> None:
    cy, r = 0.0625, 0.056
    for k in range(6):
        q = r - 0.0045 * k
        c.shape(
            "ellipse", (cx - q, cy - q, cx + q, cy + q), ("17212c", "131c25", "10171f", "0d131a", "0b1016", "090d12")[k]
        )
    a = np.radians(-225 + 270 * value / top)
    degrees = -225 + 270 * value / top
    c.shape(
        "arc", (cx - 0.0525, cy - 0.0525, cx + 0.0525, cy + 0.0525), "2f7fb8", start=-225, end=degrees, width=0.0022
    )
    for i in range(int(top / step) * 2 + 1):
        v = i * step / 2
        b = np.radians(-225 + 270 * v / top)
        s, k2 = np.cos(b), np.sin(b)
        long = 0.007 if i % 2 == 0 else 0.004
        ink = "e8503a" if v >= red else "dfe6ec"
        c.shape("line", (cx + s * r, cy + k2 * r, cx + s * (r - long), cy + k2 * (r - long)), ink, width=0.0011)
        if i % (4 if step == 20 else 2) == 0:
            c.text(f"{v:.0f}", cx + s * (r - 0.0145), cy + k2 * (r - 0.0145) + 0.003, 0.006, ink, anchor="ms")
    c.shape("line", (cx, cy, cx + np.cos(a) * 0.047, cy + np.sin(a) * 0.047), "ff7a3c", width=0.0020)
    c.shape("ellipse", (cx - 0.0085, cy - 0.0085, cx + 0.0085, cy + 0.0085), "39434d")
    c.shape("ellipse", (cx - 0.0068, cy - 0.0068, cx + 0.0068, cy + 0.0068), "141a20")
    c.text(unit, cx, cy + 0.034, 0.0030, "8fa0ae", anchor="ms", font=REGULAR)


def _lane(c: Canvas) -> None:
    """The lane ahead with the own car, as assistance systems show it."""
    for sign in (-1, 1):
        c.shape(
            "polygon",
            (
                0.18 + sign * 0.024,
                0.108,
                0.18 + sign * 0.022,
                0.108,
                0.18 + sign * 0.0075,
                0.074,
                0.18 + sign * 0.0085,
                0.074,
            ),
            "3f8fd0",
        )
    c.shape("rounded_rectangle", (0.1735, 0.076, 0.1865, 0.083), "8fa0ae", radius=0.0018)
    c.shape("rounded_rectangle", (0.1720, 0.094, 0.1880, 0.105), "dfe6ec", radius=0.0025)
    c.shape("rectangle", (0.1750, 0.0955, 0.1850, 0.0990), "39434d")


@cache
def navigation() -> np.ndarray:
    """A map screen .26 x .15 m; distance 9 mm, names 4 mm capitals (the task's navigation text)."""
    c = Canvas(0.26, 0.15, 4600, "1b2530")
    rng = stream(0, 0, 0, "map")
    c.shape("polygon", (0.19, 0.0, 0.26, 0.0, 0.26, 0.045, 0.225, 0.03), "1d3d57")
    c.shape("rounded_rectangle", (0.018, 0.062, 0.072, 0.090), "24402f", radius=0.006)
    for _ in range(90):
        x, y = rng.uniform(0, 0.26), rng.uniform(0, 0.15)
        w, h = rng.uniform(0.008, 0.024, 2)
        c.shape("rectangle", (x, y, x + w, y + h), ("263341", "2a3847", "24313d", "2d3c4a")[int(rng.integers(4))])
    for k in range(9):
        c.shape("line", (0, 0.018 * k + 0.004, 0.26, 0.018 * k - 0.018), "2f3d4b", width=0.0016)
        c.shape("line", (0.034 * k, 0, 0.034 * k + 0.024, 0.15), "2f3d4b", width=0.0016)
    for road in ((0, 0.11, 0.26, 0.085), (0.05, 0, 0.09, 0.15), (0.20, 0, 0.17, 0.15), (0, 0.05, 0.26, 0.03)):
        c.shape("line", road, "18212a", width=0.0062)
        c.shape("line", road, "4d5f70", width=0.0046)
    route = (0.118, 0.15, 0.122, 0.105, 0.150, 0.075, 0.196, 0.058, 0.215, 0.0)
    c.shape("line", route, "0c1116", width=0.0115)
    c.shape("line", route, "3f9be0", width=0.0080)
    c.shape("line", route, "7cc4f5", width=0.0030)
    c.shape("ellipse", (0.108, 0.110, 0.132, 0.134), "2b5f88")
    c.shape("polygon", (0.120, 0.112, 0.1275, 0.131, 0.120, 0.1265, 0.1125, 0.131), "ffffff")
    c.shape("rounded_rectangle", (0.006, 0.006, 0.096, 0.056), "0b6b45", radius=0.005)
    _turn(c)
    c.text("500 m", 0.036, 0.025, 0.009, "ffffff")
    c.text("강릉 방향", 0.036, 0.0385, 0.0062, "ffffff", of="가")
    c.text("Gangneung", 0.036, 0.0505, 0.0040, "cfe8dc")
    for words, x, y in (
        ("Lake Road", 0.160, 0.040),
        ("Station", 0.205, 0.100),
        ("시청", 0.060, 0.104),
        ("Harbour", 0.020, 0.128),
    ):
        c.text(words, x, y, 0.0040, "d3dde5", font=REGULAR)
    c.shape("rounded_rectangle", (0.226, 0.010, 0.252, 0.036), "f4f4f2", radius=0.013)
    c.shape("ellipse", (0.2275, 0.0115, 0.2505, 0.0345), "c22a26", width=0.0030)
    c.text("60", 0.239, 0.0262, 0.0075, "16181a", anchor="ms")
    c.shape("rectangle", (0, 0.136, 0.26, 0.15), "0d1319")
    c.text("08:25   32 km   도착 예정", 0.13, 0.1462, 0.0050, "e6edf2", anchor="ms", of="H")
    return c.image()


def _turn(c: Canvas) -> None:
    c.shape("line", (0.016, 0.047, 0.016, 0.028, 0.026, 0.018), "ffffff", width=0.005)
    c.shape("polygon", (0.021, 0.012, 0.032, 0.012, 0.032, 0.024), "ffffff")


@cache
def climate() -> np.ndarray:
    """Climate panel .26 x .056 m: temperatures 9 mm, words 4 mm."""
    c = Canvas(0.26, 0.056, 3600, "06080b")
    for x in (0.036, 0.224):
        c.text("22.5", x, 0.034, 0.0090, "f3f7fa", anchor="ms")
        c.text("°C", x + 0.019, 0.030, 0.0032, "8fa0ae", font=REGULAR)
    for i, word in enumerate(("AUTO", "A/C", "앞유리", "뒷유리")):
        x = 0.082 + 0.032 * i
        c.shape("rounded_rectangle", (x - 0.0135, 0.018, x + 0.0135, 0.038), "1a222b", radius=0.004)
        c.text(word, x, 0.0305, 0.0036, "7cc4f5" if i == 0 else "aab7c2", of="H" if i < 2 else "가", anchor="ms")
    for k in range(7):
        c.shape("rectangle", (0.102 + 0.008 * k, 0.047, 0.108 + 0.008 * k, 0.050), "3f9be0" if k < 3 else "26313c")
    return c.image()
