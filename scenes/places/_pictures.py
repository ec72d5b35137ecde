"""Drawn pictures of the living room: page, phone, television, dial, spines, art, rug."""

from functools import cache

import numpy as np

from scenes.signs import REGULAR, Canvas, gradient
from scenes.texture import from_hex, mix, noise, srgb

ENGLISH = (
    "The lamp was lit before the sun had gone, and for a while the two lights lay side by side upon the table. She "
    "read aloud from the old atlas of the coast: every cove had a name, and every name a story "
    "that the fishermen still told. When the letters grew faint she moved the book a little farther away, then a "
    "little nearer, and laughed. "
    "It is not the print that has changed, she said, it is the arm that has become too short. Outside, the ferry "
    "crossed the bay with all its windows shining. A good pair of glasses is a small thing; yet with it the world "
    "comes back to the hand, sharp as a blade of grass after rain. They spoke until the tea was cold. "
)
KOREAN = (
    "창가에 앉으면 먼 산이 먼저 보인다. 안개가 걷히는 아침에는 능선의 나무까지 하나하나 셀 수 있다. 책을 펼치면 "
    "글자는 처음에 흐릿하다가 조금 멀리 두면 다시 또렷해진다. 나이가 들면 가까운 것이 먼저 멀어진다고 할머니는 "
    "말씀하셨다. 그래서 안경을 닦고, 불을 조금 더 밝히고, 천천히 한 줄씩 읽는다. 바다로 가는 길에는 오래된 표지판이 "
    "서 있고, 그 글씨는 비가 온 뒤에 가장 선명하다. 우리는 저녁이 될 때까지 이야기를 나누었다. "
)


@cache
def book() -> np.ndarray:
    """An open spread, 300 x 215 mm; x-height 1.45 mm (1 M print) on the left, Hangul 2.6 mm on the right."""
    c = Canvas(0.300, 0.215, 6400, "f3ecdc")
    for x in (0.018, 0.168):
        c.text("Chapter 7" if x < 0.1 else "제7장", x, 0.022, 0.0022, "8a7c68", font=REGULAR)
    c.text("The Short Arm", 0.018, 0.040, 0.0042, "2a241d")
    c.text("먼 산, 가까운 책", 0.168, 0.040, 0.0050, "2a241d", of="가")
    c.paragraph(ENGLISH * 3, 0.018, 0.054, 0.113, 0.00145, 0.0047, "241f1a", lines=30)
    c.paragraph(KOREAN * 3, 0.168, 0.054, 0.113, 0.0026, 0.0054, "241f1a", of="가", lines=26)
    c.text("86", 0.070, 0.206, 0.0018, "8a7c68", font=REGULAR)
    c.text("87", 0.222, 0.206, 0.0018, "8a7c68", font=REGULAR)
    u = np.abs(np.linspace(-1, 1, c.width))[None, :, None]
    c.light *= (0.55 + 0.45 * np.clip(u * 9, 0, 1) ** 0.6).astype(np.float32)
    return c.image()


@cache
def phone() -> np.ndarray:
    """A message screen 68 x 146 mm; message text x-height 1.6 mm, clock 1.16 mm."""
    c = Canvas(0.068, 0.146, 8000, "f4f6f8")
    c.shape("rectangle", (0, 0, 0.068, 0.018), "ffffff")
    c.text("9:41", 0.005, 0.007, 0.0018, "20252b")
    c.text("지우", 0.034, 0.0145, 0.0030, "20252b", of="가", anchor="ms")
    y = 0.026
    talk = (
        (0, "Are you home?", "x"),
        (1, "Just arrived", "x"),
        (0, "저녁에 같이 걸을까?", "가"),
        (1, "좋아요, 7시에 봐요", "가"),
        (0, "Bring your glasses", "x"),
        (1, "They are on the table", "x"),
        (0, "강변 입구에서 만나요", "가"),
    )
    for mine, words, of in talk:
        wide = 0.046 if len(words) > 12 else 0.034
        x = 0.064 - wide if mine else 0.004
        c.shape("rounded_rectangle", (x, y, x + wide, y + 0.0105), "2f6fde" if mine else "e3e7ec", radius=0.004)
        c.text(
            words,
            x + 0.003,
            y + 0.0068,
            0.0016 if of == "x" else 0.0026,
            "ffffff" if mine else "20252b",
            of=of,
            font=REGULAR,
        )
        y += 0.0145
    c.shape("rounded_rectangle", (0.004, 0.132, 0.064, 0.142), "ffffff", radius=0.005)
    c.text("Message", 0.008, 0.1385, 0.0015, "9aa3ad", of="x", font=REGULAR)
    return c.image()


@cache
def television() -> np.ndarray:
    """Evening weather news, 1.21 x .68 m; subtitle letters 27 mm (Latin capitals), ticker 15 mm."""
    c = Canvas(1.21, 0.68, 1100, "16324f")
    gradient(c, "1d3f6b", "f2b37c", 0, 0.44)
    for layer, (ink, base, amp) in enumerate((("8d7f93", 0.40, 0.09), ("5d6684", 0.46, 0.08), ("37486a", 0.52, 0.07))):
        line = noise(f"tv{layer}", 4.2, (1, 4), 512)[9]
        x = np.linspace(0, 1.21, 300)
        y = base - amp * (line[(np.arange(300) * 1.7).astype(int) % 512] * 0.4 + 0.5)
        c.shape("polygon", [*zip(x, y, strict=True), (1.21, 0.68), (0, 0.68)], ink)
    c.shape("ellipse", (0.80, 0.23, 0.90, 0.33), "ffe9c4")
    gradient(c, "37486a", "16263d", 0.52, 0.68)
    c.shape("rounded_rectangle", (0.045, 0.05, 0.34, 0.215), "12243c", radius=0.012)
    c.text("내일 날씨", 0.065, 0.098, 0.030, "ffffff", of="가")
    c.text("23°", 0.065, 0.182, 0.055, "ffd27d")
    c.text("맑음", 0.205, 0.176, 0.032, "cfe0f2", of="가")
    c.text("9:41", 1.06, 0.090, 0.028, "ffffff")
    c.shape("rectangle", (0, 0.520, 1.21, 0.612), "0f2038")
    c.shape("rectangle", (0, 0.520, 0.165, 0.612), "c8452f")
    c.text("뉴스", 0.0825, 0.585, 0.040, "ffffff", of="가", anchor="ms")
    c.text("Sunny tomorrow", 0.195, 0.581, 0.027, "ffffff")
    c.text("전국 맑음, 낮 23도", 0.60, 0.585, 0.038, "ffffff", of="가")
    c.shape("rectangle", (0, 0.612, 1.21, 0.68), "e9edf1")
    c.text(
        "강릉 19°   서울 23°   대전 22°   부산 21°   Ferries run on time   Pollen: low", 0.03, 0.656, 0.015, "1d2a38"
    )
    return c.image()


@cache
def dial() -> np.ndarray:
    """A wall clock, 300 mm; hour numerals 26 mm, minute numerals 12 mm (the task's clock digit)."""
    c = Canvas(0.300, 0.300, 3400, "f6f2ea")
    m = 0.150
    for i in range(60):
        a = np.radians(6 * i)
        s, k = np.sin(a), -np.cos(a)
        long, wide = (0.012, 0.0030) if i % 5 == 0 else (0.007, 0.0014)
        c.shape(
            "line", (m + s * 0.118, m + k * 0.118, m + s * (0.118 - long), m + k * (0.118 - long)), "26221e", width=wide
        )
        if i % 5 == 0:
            hour = str(i // 5 or 12)
            c.text(hour, m + s * 0.083, m + k * 0.083 + 0.013, 0.026, "26221e", anchor="ms")
            c.text(str(i or 60), m + s * 0.132, m + k * 0.132 + 0.006, 0.012, "8c3b26", anchor="ms")
    for degrees, long, wide, back in ((290.5, 0.058, 0.009, 0.014), (246, 0.092, 0.006, 0.018)):
        a = np.radians(degrees)
        s, k = np.sin(a), -np.cos(a)
        c.shape("line", (m - s * back, m - k * back, m + s * long, m + k * long), "1d1a17", width=wide)
    second = np.radians(72)
    c.shape(
        "line",
        (m - np.sin(second) * 0.02, m + np.cos(second) * 0.02, m + np.sin(second) * 0.1, m - np.cos(second) * 0.1),
        "b5462c",
        width=0.002,
    )
    c.shape("ellipse", (m - 0.007, m - 0.007, m + 0.007, m + 0.007), "b5462c")
    return c.image()


@cache
def art(kind: int) -> np.ndarray:
    """A print in a mount: 0 hills in ink wash, 1 abstract of arcs, 2 a still life."""
    c = Canvas(0.50, 0.70, 900, "f4f0e6")
    if kind == 0:
        c.shape("rectangle", (0.06, 0.06, 0.44, 0.64), "e9e2d2")
        for i in range(6):
            line = noise(f"wash{i}", 4.0, (1, 4), 512)[3]
            x = np.linspace(0.06, 0.44, 160)
            y = 0.22 + 0.065 * i - 0.05 * line[np.arange(160) * 2] * (1 - 0.08 * i)
            tone = np.array(from_hex("23404a")) * (0.2 + 0.16 * i) + np.array(from_hex("d9dccf")) * (0.8 - 0.16 * i)
            c.shape("polygon", [*zip(x, y, strict=True), (0.44, 0.64), (0.06, 0.64)], tuple(np.clip(tone, 0, 1)))
        c.shape("ellipse", (0.30, 0.11, 0.37, 0.18), "c4532f")
    elif kind == 1:
        c.shape("rectangle", (0.06, 0.06, 0.44, 0.64), "eadfcb")
        for r, ink in ((0.17, "c8643c"), (0.135, "e5b466"), (0.10, "2f5a57"), (0.065, "eadfcb")):
            c.shape("pieslice", (0.25 - r, 0.40 - r, 0.25 + r, 0.40 + r), ink, start=180, end=360)
        c.shape("ellipse", (0.17, 0.45, 0.33, 0.61), "23364d")
        c.shape("rectangle", (0.10, 0.400, 0.40, 0.408), "23364d")
    else:
        c.shape("rectangle", (0.06, 0.06, 0.44, 0.64), "d8d2c4")
        c.shape("rectangle", (0.06, 0.44, 0.44, 0.64), "8a6e52")
        c.shape(
            "polygon",
            (
                (0.19, 0.50),
                (0.17, 0.33),
                (0.22, 0.22),
                (0.22, 0.16),
                (0.28, 0.16),
                (0.28, 0.22),
                (0.33, 0.33),
                (0.31, 0.50),
            ),
            "35525e",
        )
        for px, py in ((0.13, 0.49), (0.35, 0.50), (0.385, 0.47)):
            c.shape("ellipse", (px - 0.035, py - 0.035, px + 0.035, py + 0.035), "d9822f")
    return c.image()


@cache
def rug() -> np.ndarray:
    """Woven rug 2.6 x 1.8 m: cream field of broken diamonds, border, uneven yarn."""
    h, w = 900, 1300
    y, x = np.indices((h, w))
    mx, my = x / w * 2.6, y / h * 1.8
    a, b = (mx / 0.26 + my / 0.30), (mx / 0.26 - my / 0.30)
    line = np.minimum(np.abs((a % 1) - 0.5), np.abs((b % 1) - 0.5))
    yarn = noise("rug yarn", 1.0, (1, 1), 512)[y % 512, x % 512]
    tone = mix(from_hex("e6dcc8"), from_hex("b9ad98"), 0.35 + 0.16 * yarn)
    ink = np.array(from_hex("8b5e4a"))
    mask = np.clip((0.035 - line) * 40 + 0.25 * yarn, 0, 1) * 0.55
    edge = np.minimum.reduce([mx, 2.6 - mx, my, 1.8 - my])
    mask = np.where(edge < 0.16, 0, mask)
    band = ((edge > 0.085) & (edge < 0.115)) | ((edge > 0.135) & (edge < 0.143))
    mask = np.where(band, 0.85, mask)[..., None]
    return srgb(tone * (1 - mask) + (ink * (0.9 + 0.12 * yarn[..., None])) * mask)
