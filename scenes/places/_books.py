"""Books: 128 different titles drawn as one atlas of spines, each with its own cloth, thickness and height."""

from functools import cache

import numpy as np

from scenes.signs import Canvas
from scenes.texture import from_hex, noise
from twin_engine.streams import stream

CELL, TALL = 0.046, 0.25  # m of the atlas that a spine has
ENGLISH = (
    "The Coast Atlas",
    "Light and Colour",
    "Optics",
    "A Year of Bread",
    "Small Gardens",
    "North by Train",
    "Sonatas",
    "Maps of Rain",
    "The Long Table",
    "Winter Birds",
    "Field Notes",
    "Glass",
    "Everyday Chess",
    "River Stories",
    "The Bicycle",
    "Paper Houses",
    "Tea",
    "Moon Shadows",
    "Slow Letters",
    "Salt",
    "Harbour Lights",
    "The Olive Year",
    "Stone Bridges",
    "Clockmaking",
    "A Field of Flax",
    "Ferns",
    "Nine Islands",
    "Wool and Dye",
    "The Night Ferry",
    "Apples",
    "Old Lenses",
    "Cloud Names",
    "The Orchard",
    "Tin Roofs",
    "Walking East",
    "Ink",
    "Quiet Rooms",
    "The Kiln",
    "Sailing Home",
    "Pine",
    "Letters to Ada",
    "Weather Diary",
    "The Green Door",
    "Moss",
    "Violins",
    "Far Meadows",
    "The Baker",
    "Lanterns",
    "Tidal",
    "Chairs",
    "Good Soil",
    "The Cartographer",
    "Owls",
    "Snow Country Roads",
    "Honey",
    "The Telescope",
    "A Short Winter",
    "Ceramics",
    "Early Trains",
    "The Blue Hour",
    "Wild Thyme",
    "Cellos",
    "Dunes",
    "Evening Class",
)
KOREAN = (
    "별 헤는 밤",
    "한국의 산",
    "도시와 강",
    "나무의 시간",
    "바다 일기",
    "건축의 빛",
    "요리 365",
    "고양이 마을",
    "빛과 그림자",
    "조선의 그림",
    "시간의 집",
    "작은 섬들",
    "한글의 탄생",
    "가을 소나타",
    "수학의 숲",
    "먼 나라 이야기",
    "서울 산책",
    "느린 편지",
    "눈 오는 마을",
    "차 한 잔",
    "기차는 북으로",
    "돌담길",
    "할머니의 부엌",
    "달과 우물",
    "종이배",
    "바람의 말",
    "흙과 불",
    "우리 꽃",
    "남쪽 바다",
    "밤의 도서관",
    "첫눈",
    "오래된 골목",
    "강가에서",
    "씨앗의 꿈",
    "매화",
    "안경 이야기",
    "비의 지도",
    "소리의 집",
    "동쪽 창",
    "겨울 정원",
    "모래톱",
    "책 읽는 곰",
    "버스 정류장",
    "하늘 연못",
    "국수 한 그릇",
    "산사의 아침",
    "별자리",
    "파란 대문",
    "봄날의 식탁",
    "물의 노래",
    "작업실",
    "사과나무",
    "등대지기",
    "시계 수리공",
    "은행나무 길",
    "빵 굽는 날",
    "바느질",
    "구름 사전",
    "노을",
    "장독대",
    "항구 도시",
    "백자",
    "숲의 아이",
    "손편지",
)
TITLES = tuple(t for pair in zip(ENGLISH, KOREAN, strict=True) for t in pair)
CLOTHS = (
    "23364d",
    "7d2f2b",
    "d9cfb8",
    "2f5a57",
    "b98a3a",
    "54606b",
    "efe8da",
    "8a9a7b",
    "44384f",
    "c46a4a",
    "1d2733",
    "9fb4c0",
    "e3c9a0",
    "6b7f5a",
    "a33f35",
    "cfd6d2",
    "3f6f8c",
    "f3efe6",
    "59452f",
    "d6a79a",
)


@cache
def spines() -> tuple[np.ndarray, list[tuple[float, float]]]:
    """The atlas, and each book's (thickness, height), m."""
    rng = stream(0, 0, 0, "spines")
    c = Canvas(CELL * len(TITLES), TALL, 1100, "808080")
    sizes, last = [], -1
    for i, title in enumerate(TITLES):
        pick = int(rng.integers(len(CLOTHS)))
        pick = (pick + 1) % len(CLOTHS) if pick == last else pick
        last = pick
        thick, tall = float(rng.uniform(0.018, 0.042)), float(rng.uniform(0.175, 0.245))
        _spine(c, CELL * i, title, CLOTHS[pick], int(rng.integers(6)), CLOTHS[(i * 7 + 3) % len(CLOTHS)], thick)
        sizes.append((thick, tall))
    h, w = c.light.shape[:2]
    weave = noise("book cloth", 0.8, (1, 1), 512)[np.arange(h)[:, None] % 512, np.arange(w)[None, :] % 512]
    c.light *= (1 + 0.05 * weave[..., None]).astype(np.float32)
    return c.image(), sizes


def _spine(c: Canvas, x: float, title: str, cloth: str, style: int, second: str, thick: float) -> None:
    """One spine; text runs down it, or stands across a broad one."""
    ink = "f4ecd8" if sum(from_hex(cloth)) < 1.0 else "2a2622"
    gold = "c9a24a" if sum(from_hex(cloth)) < 0.9 else "6b4a2a"
    c.shape("rectangle", (x, 0, x + CELL, TALL), cloth)
    if style == 1:
        c.shape("rectangle", (x, 0.022, x + CELL, 0.030), ink)
        c.shape("rectangle", (x, 0.205, x + CELL, 0.209), ink)
    elif style == 2:
        c.shape("rectangle", (x, 0.165, x + CELL, TALL), second)
    elif style == 3:
        for k in range(4):
            c.shape("rectangle", (x, 0.020 + 0.060 * k, x + CELL, 0.0215 + 0.060 * k), gold)
            c.shape("rectangle", (x, 0.0235 + 0.060 * k, x + CELL, 0.0242 + 0.060 * k), gold)
    elif style == 4:
        c.shape("rectangle", (x, 0.055, x + CELL, 0.150), second)
        ink = "f4ecd8" if sum(from_hex(second)) < 1.0 else "2a2622"
    hangul = ord(title[0]) > 0x1100
    size = min(0.0105 if hangul else 0.0088, 0.40 * thick)
    c.text(title, x + CELL / 2, 0.103, size, ink, of="가" if hangul else "H", turn=270)
    mark = gold if style == 3 else "f4ecd8" if sum(from_hex(second if style == 2 else cloth)) < 1.0 else "2a2622"
    c.shape("ellipse", (x + CELL / 2 - 0.0045, 0.2315, x + CELL / 2 + 0.0045, 0.2405), mark, width=0.0012)
