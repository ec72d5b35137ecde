"""Drawn pictures of the office: spreadsheet, keyboard, slide, whiteboard, paper, laptop, notes."""

from functools import cache

import numpy as np

from scenes.signs import BOLD, REGULAR, Canvas, gradient
from scenes.texture import noise
from twin_engine.streams import stream

INK = "20262c"
CLINICS = (
    ("Seoul", "서울"),
    ("Busan", "부산"),
    ("Daejeon", "대전"),
    ("Gangneung", "강릉"),
    ("Jeju", "제주"),
    ("Incheon", "인천"),
    ("Gwangju", "광주"),
    ("Daegu", "대구"),
    ("Suwon", "수원"),
    ("Ulsan", "울산"),
    ("Jeonju", "전주"),
    ("Cheongju", "청주"),
    ("Chuncheon", "춘천"),
    ("Pohang", "포항"),
    ("Mokpo", "목포"),
    ("Andong", "안동"),
)
KEYS = ("`1234567890-=", "QWERTYUIOP[]", "ASDFGHJKL;'", "ZXCVBNM,./")
HANGUL = {
    "Q": "ㅂ",
    "W": "ㅈ",
    "E": "ㄷ",
    "R": "ㄱ",
    "T": "ㅅ",
    "Y": "ㅛ",
    "U": "ㅕ",
    "I": "ㅑ",
    "O": "ㅐ",
    "P": "ㅔ",
    "A": "ㅁ",
    "S": "ㄴ",
    "D": "ㅇ",
    "F": "ㄹ",
    "G": "ㅎ",
    "H": "ㅗ",
    "J": "ㅓ",
    "K": "ㅏ",
    "L": "ㅣ",
    "Z": "ㅋ",
    "X": "ㅌ",
    "C": "ㅊ",
    "V": "ㅍ",
    "B": "ㅠ",
    "N": "ㅜ",
    "M": "ㅡ",
}


@cache
def spreadsheet() -> np.ndarray:
    """A 27-inch screen, .597 x .336 m; cell text with x-height 1.94 mm (11 pt, the task's monitor text)."""
    c = Canvas(0.597, 0.336, 4800, "ffffff")
    c.shape("rectangle", (0, 0, 0.597, 0.014), "1f5c42")
    c.text("Visits 2026", 0.2985, 0.0098, 0.0028, "ffffff", anchor="ms", of="H")
    c.shape("rectangle", (0, 0.014, 0.597, 0.036), "f1f3f2")
    x = 0.010
    for word in ("File", "Home", "Insert", "Data", "Review", "View", "도움말"):
        x += c.text(word, x, 0.0222, 0.0019, "2c3a33", of="x", font=REGULAR) + 0.010
    for i in range(26):
        c.shape(
            "rounded_rectangle",
            (0.010 + 0.0135 * i, 0.0255, 0.019 + 0.0135 * i, 0.0335),
            ("dfe5e2", "cfd9d4", "c4d8cd")[i % 3],
            radius=0.001,
        )
    c.text("fx   =SUM(C4:N4)", 0.012, 0.0425, 0.0019, "5a655f", of="x", font=REGULAR)
    _cells(c)
    _chart(c)
    c.shape("rectangle", (0, 0.325, 0.597, 0.336), "e7ebe9")
    x = 0.012
    for i, word in enumerate(("Visits", "Refraction", "예약", "Stock")):
        c.shape("rectangle", (x, 0.325, x + 0.040, 0.336), "ffffff" if i == 0 else "e7ebe9")
        c.text(
            word,
            x + 0.020,
            0.3325,
            0.0019,
            "1f5c42" if i == 0 else "5a655f",
            of="x",
            anchor="ms",
            font=BOLD if i == 0 else REGULAR,
        )
        x += 0.042
    return c.image()


def _cells(c: Canvas) -> None:
    rng = stream(0, 0, 0, "spreadsheet")
    left, top, row, first = 0.012, 0.047, 0.0128, 0.062
    widths = [0.012, 0.058, *[0.0325] * 12]
    edges = np.concatenate([[0], np.cumsum(widths)])
    c.shape("rectangle", (0, top, 0.47, top + 0.009), "eef1f0")
    for i, name in enumerate("ABCDEFGHIJKLM"):
        c.text(
            name,
            left + (edges[i + 1] + edges[i + 2]) / 2 if i + 2 < len(edges) else 0.465,
            top + 0.0066,
            0.0019,
            "6a746f",
            anchor="ms",
            font=REGULAR,
        )
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    c.shape("rectangle", (left, first - 0.0055, left + edges[-1], first + row - 0.0058), "d9ebe1")
    c.text("Clinic 지점", left + 0.014, first + 0.0032, 0.0019, "14402d", of="x")
    for i, month in enumerate(months):
        c.text(month, left + edges[i + 3] - 0.003, first + 0.0032, 0.00194, "14402d", of="x", anchor="rs")
    for j, (english, korean) in enumerate(CLINICS):
        y = first + row * (j + 1)
        if j == 4:
            c.shape("rectangle", (left, y - 0.0056, left + edges[-1], y + row - 0.0058), "fff6d8")
        c.text(str(j + 2), left + 0.006, y + 0.0032, 0.0018, "8a948f", anchor="ms", font=REGULAR)
        wide = c.text(english, left + 0.014, y + 0.0032, 0.00194, INK, of="x", font=REGULAR)
        c.text(korean, left + 0.017 + wide, y + 0.0032, 0.0026, "7c8782", of="가", font=REGULAR)
        base = rng.uniform(140, 980)
        for i in range(12):
            value = base * (1 + 0.18 * np.sin(i / 2 + j)) + rng.uniform(-30, 30)
            ink = "b3261e" if (i + 3 * j) % 17 == 5 else INK
            c.text(
                f"{value:,.0f}",
                left + edges[i + 3] - 0.003,
                y + 0.0032,
                0.00194,
                ink,
                of="x",
                anchor="rs",
                font=REGULAR,
            )
        c.shape("rectangle", (left, y + row - 0.0060, left + edges[-1], y + row - 0.0058), "dde2df")
    for e in edges:
        c.shape("rectangle", (left + e - 0.0001, first - 0.0055, left + e + 0.0001, first + row * 17), "dde2df")
    y = first + row * 5
    c.shape("rectangle", (left + edges[6], y - 0.0056, left + edges[7], y + row - 0.0060), "1f7a52", width=0.0005)


def _chart(c: Canvas) -> None:
    c.shape("rounded_rectangle", (0.482, 0.055, 0.588, 0.165), "fafbfb", radius=0.002)
    c.text("By month", 0.488, 0.0645, 0.0021, INK, of="x")
    values = (0.42, 0.47, 0.55, 0.50, 0.62, 0.71, 0.66, 0.58, 0.73, 0.80, 0.69, 0.61)
    for i, v in enumerate(values):
        x = 0.489 + 0.0080 * i
        c.shape("rectangle", (x, 0.155 - 0.085 * v, x + 0.0055, 0.155), "2d8f63" if i != 9 else "e08a2e")
    c.shape("rounded_rectangle", (0.482, 0.172, 0.588, 0.300), "fafbfb", radius=0.002)
    c.text("Waiting time, min", 0.488, 0.1815, 0.0021, INK, of="x")
    for i in range(5):
        y = 0.195 + 0.021 * i
        c.text(CLINICS[i][0], 0.488, y + 0.0035, 0.0019, INK, of="x", font=REGULAR)
        c.shape(
            "rounded_rectangle", (0.519, y - 0.001, 0.519 + 0.062 * (0.9 - 0.14 * i), y + 0.006), "4f8fd0", radius=0.001
        )


@cache
def keyboard() -> np.ndarray:
    """Key tops, .330 x .116 m, letters 3.2 mm with the Hangul letter beside."""
    c = Canvas(0.330, 0.116, 5000, "e9e9e6")
    for x, y, w, name in key_places():
        if len(name) == 1:
            c.text(name, x + 0.0035, y + 0.0075, 0.0032, "3a3d40")
            if name in HANGUL:
                c.text(HANGUL[name], x + 0.0085, y + 0.0135, 0.0032, "6a6e72", of="가")
        else:
            c.text(name, x + w / 2, y + 0.0095, 0.0017, "55595d", of="x", anchor="ms", font=REGULAR)
    return c.image()


@cache
def key_places() -> tuple[tuple[float, float, float, str], ...]:
    """(left, top, width, legend) of every key, m."""
    p, out = 0.0205, []
    for i, name in enumerate(("esc", *[f"F{k}" for k in range(1, 13)], "del")):
        out.append((0.006 + i * p * 1.0745, 0.005, p * 1.0745 - 0.0035, name))
    starts, before, after = (0.0, 1.5, 1.75, 2.25), ("", "tab", "caps", "shift"), ("back", "", "enter", "shift")
    for r, row in enumerate(KEYS):
        y = 0.0235 + 0.0182 * r
        if before[r]:
            out.append((0.006, y, starts[r] * p - 0.0035, before[r]))
        x = 0.006 + starts[r] * p
        for name in row:
            out.append((x, y, p - 0.0035, name))
            x += p
        out.append((x, y, 0.324 - x, after[r] or "\\"))
    y = 0.0235 + 0.0182 * 4
    for x, w, name in (
        (0.006, 0.026, "ctrl"),
        (0.0355, 0.022, "opt"),
        (0.061, 0.022, "cmd"),
        (0.0865, 0.125, " "),
        (0.215, 0.022, "한/영"),
        (0.2405, 0.022, "opt"),
        (0.266, 0.0165, "<"),
        (0.286, 0.0165, "v"),
        (0.306, 0.018, ">"),
    ):
        out.append((x, y, w, name))
    return tuple(out)


@cache
def slide() -> np.ndarray:
    """Meeting screen 1.66 x .93 m: title 60 mm, lines 30 mm, notes 16 mm (heights of capitals)."""
    c = Canvas(1.66, 0.93, 900, "f7f8fa")
    c.shape("rectangle", (0, 0, 1.66, 0.012), "2a6fb0")
    c.text("Clear at every distance", 0.08, 0.155, 0.060, "16304d")
    c.text("모든 거리에서 또렷하게", 0.08, 0.235, 0.052, "4a6b8c", of="가")
    for i, (line, hangul) in enumerate(
        (("Near  40 cm", "책, 전화"), ("Middle  65 cm", "화면, 계기판"), ("Far  6 m", "표지판, 얼굴"))
    ):
        y = 0.37 + 0.115 * i
        c.shape("ellipse", (0.08, y - 0.042, 0.122, y), ("e08a2e", "2d8f63", "2a6fb0")[i])
        wide = c.text(line, 0.15, y - 0.004, 0.030, "1d2a38")
        c.text(hangul, 0.18 + wide, y - 0.002, 0.036, "6a7a8a", of="가", font=REGULAR)
    c.text(
        "Illustration, not measured data. Acuity by distance with three pairs of glasses.",
        0.08,
        0.87,
        0.016,
        "7a8794",
        font=REGULAR,
    )
    x0, y0 = 0.92, 0.70
    c.shape("line", (x0, 0.32, x0, y0, 1.56, y0), "8793a0", width=0.004)
    curves = (("e08a2e", 0.1, 0.30), ("2d8f63", 0.45, 0.16), ("2a6fb0", 0.85, 0.05))
    for ink, peak, floor in curves:
        t = np.linspace(0, 1, 60)
        v = floor + (0.9 - floor) * np.exp(-(((t - peak) / 0.25) ** 2))
        c.shape("line", np.stack([x0 + 0.62 * t, y0 - 0.36 * v], 1).ravel(), ink, width=0.008)
    for i, word in enumerate(("0.4", "0.65", "2", "6 m")):
        c.text(word, x0 + 0.04 + 0.19 * i, y0 + 0.045, 0.020, "6a7a8a", font=REGULAR)
    return c.image()


@cache
def whiteboard() -> np.ndarray:
    """A whiteboard 1.5 x 1.0 m with marker drawings; writing 40 mm."""
    c = Canvas(1.5, 1.0, 700, "f6f7f7")
    smear = np.clip(noise("whiteboard", 2.6, (3, 1), 512), 0, 3) * 0.012
    c.light *= (1 - smear[np.arange(c.height)[:, None] % 512, np.arange(c.width)[None, :] % 512, None]).astype(
        np.float32
    )
    c.text("Plan", 0.10, 0.16, 0.055, "1d3f8a")
    c.text("이번 주", 0.36, 0.165, 0.060, "1d3f8a", of="가")
    for i, (words, ink) in enumerate(
        (("1  Ask", "22262b"), ("2  Measure", "22262b"), ("3  Simulate", "b3261e"), ("4  Decide", "22262b"))
    ):
        c.text(words, 0.12, 0.30 + 0.11 * i, 0.040, ink, font=REGULAR)
    rng = stream(0, 0, 0, "board")
    boxes = ((0.78, 0.22, 0.30, 0.16, "눈"), (1.14, 0.44, 0.26, 0.15, "lens"), (0.78, 0.62, 0.30, 0.16, "brain"))
    for x, y, w, h, word in boxes:
        t = np.linspace(0, 2 * np.pi, 40)
        wobble = 0.004 * rng.standard_normal(40).cumsum() / 3
        px = x + w / 2 + (w / 2 + wobble) * np.sign(np.cos(t)) * np.abs(np.cos(t)) ** 0.35
        py = y + h / 2 + (h / 2 + wobble) * np.sign(np.sin(t)) * np.abs(np.sin(t)) ** 0.35
        c.shape("line", np.stack([px, py], 1).ravel(), "1d6b4a", width=0.007)
        c.text(
            word,
            x + w / 2,
            y + h / 2 + 0.02,
            0.042,
            "1d6b4a",
            of="가" if ord(word[0]) > 999 else "x",
            anchor="ms",
            font=REGULAR,
        )
    for a, b in (((1.08, 0.34), (1.18, 0.43)), ((1.20, 0.60), (1.09, 0.68)), ((0.93, 0.61), (0.93, 0.40))):
        c.shape("line", (*a, *b), "b3261e", width=0.006)
        d = np.subtract(b, a) / np.hypot(*np.subtract(b, a))
        n = np.array([-d[1], d[0]])
        for s in (-1, 1):
            c.shape("line", (*b, *(np.array(b) - 0.035 * d + s * 0.018 * n)), "b3261e", width=0.006)
    t = np.linspace(0, 1, 60)
    c.shape(
        "line",
        np.stack([0.14 + 0.45 * t, 0.90 - 0.12 * np.exp(-(((t - 0.4) / 0.18) ** 2))], 1).ravel(),
        "1d3f8a",
        width=0.006,
    )
    c.shape("line", (0.12, 0.74, 0.12, 0.91, 0.64, 0.91), "22262b", width=0.005)
    return c.image()


@cache
def paper() -> np.ndarray:
    """An A4 letter; x-height 1.8 mm."""
    c = Canvas(0.210, 0.297, 3600, "f8f7f3")
    c.text("Referral", 0.022, 0.035, 0.0050, "1d2a38")
    c.text("의뢰서", 0.060, 0.035, 0.0056, "1d2a38", of="가")
    words = (
        "Thank you for seeing this person, who reports that road signs at night have become hard to read, while the "
        "book in the evening is held ever farther away. Glasses are eight years old. "
    )
    hangul = "밤에 표지판을 읽기 어렵고 저녁에 책을 점점 멀리 들게 된다고 합니다. 안경은 팔 년 되었습니다. "
    y = c.paragraph(words * 2, 0.022, 0.055, 0.166, 0.0018, 0.0062, lines=12)
    y = c.paragraph(hangul * 3, 0.022, y + 0.006, 0.166, 0.0032, 0.0066, of="가", lines=9)
    for i in range(4):
        c.shape("rectangle", (0.022, y + 0.012 * i + 0.008, 0.188, y + 0.012 * i + 0.0083), "9aa3ad")
    return c.image()


@cache
def laptop() -> np.ndarray:
    """A laptop's screen, .30 x .19 m: a calendar."""
    c = Canvas(0.30, 0.19, 4200, "f9fafb")
    gradient(c, "e8eef6", "f9fafb", 0, 0.03)
    c.text("November", 0.012, 0.019, 0.0050, "1d2a38")
    c.text("11월", 0.055, 0.019, 0.0056, "6a7a8a", of="가")
    for i, day in enumerate(("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")):
        c.text(day, 0.012 + 0.041 * i, 0.032, 0.0019, "6a7a8a", of="x", font=REGULAR)
    rng = stream(0, 0, 0, "calendar")
    for i in range(30):
        x, y = 0.010 + 0.041 * (i % 7), 0.036 + 0.030 * (i // 7)
        c.shape("rectangle", (x, y, x + 0.0400, y + 0.0290), "eef1f4")
        c.text(str(i + 1), x + 0.002, y + 0.0055, 0.0022, "c0392b" if i % 7 == 0 else "39434d", font=REGULAR)
        for k in range(int(rng.integers(0, 3))):
            ink = ("cfe3f7", "d9efdf", "fbe3c8")[int(rng.integers(3))]
            c.shape(
                "rounded_rectangle",
                (x + 0.002, y + 0.0085 + 0.0065 * k, x + 0.038, y + 0.0140 + 0.0065 * k),
                ink,
                radius=0.0008,
            )
            c.text(
                ("Visit", "회의", "Call", "검사")[int(rng.integers(4))],
                x + 0.0035,
                y + 0.0128 + 0.0065 * k,
                0.0018,
                "2d3a46",
                font=REGULAR,
            )
    return c.image()


@cache
def carpet() -> np.ndarray:
    """Carpet tiles 1 x 1 m (four of .5 m, turned in turn)."""
    n = 768
    yarn = noise("carpet", 0.7, (1, 5), n) * 0.6 + noise("carpet slow", 2.2, (1, 1), n) * 0.25
    half = n // 2
    field = yarn.copy()
    field[:half, half:] = yarn.T[:half, half:]
    field[half:, :half] = yarn.T[half:, :half]
    edge = np.ones((n, n))
    for k in (0, half):
        edge[k : k + 2, :] = 0.75
        edge[:, k : k + 2] = 0.75
    from scenes.texture import from_hex, mix, srgb

    return srgb(mix(from_hex("7d8791"), from_hex("4b5560"), 0.5 + 0.17 * field) * edge[..., None])
