"""How tissues look: colour, wetness, translucency, relief and pattern by the name of the part.

Colours are this project's own choice (sRGB, greyer than photographs, since the lamp brings the contrast
back); nothing here is measured, and shapes know nothing of it.
"""

from dataclasses import dataclass

import numpy as np

SEROSA, MUSCLE, FAT, GRAIN, STEEL, BOARD, CUT, LOBULAR = range(8)


@dataclass(frozen=True)
class Look:
    """A tissue's look.

    Parameters
    ----------
    colour, other : str
        sRGB hex between which slow noise varies.
    wet, translucent : float
        0..1.
    relief_mm : float
        Height of the fine relief.
    pattern : int
        Which relief.
    """

    colour: str
    other: str
    wet: float = 0.7
    translucent: float = 0.7
    relief_mm: float = 0.25
    pattern: int = SEROSA


LOOKS: dict[str, Look] = {
    "myocardium": Look("7a3d34", "5f2c28", 0.72, 0.8, 0.30, MUSCLE),
    "atrium": Look("7f4840", "6a3833", 0.72, 0.8, 0.26, MUSCLE),
    "atrial wall": Look("7a443b", "6a3832", 0.5, 0.8, 0.14, CUT),
    "endocardium": Look("8f5f54", "744540", 0.75, 0.7, 0.10, SEROSA),
    "valve": Look("cdbba2", "b39c84", 0.7, 0.9, 0.05, SEROSA),
    "fat": Look("d2b06c", "c29a58", 0.62, 0.9, 0.40, FAT),
    "coronary artery": Look("9a4038", "7f2f2b", 0.7, 0.6, 0.05, SEROSA),
    "aorta": Look("ccb09c", "b98f7f", 0.6, 0.8, 0.10, SEROSA),
    "pulmonary artery": Look("b39a98", "96787a", 0.6, 0.8, 0.10, SEROSA),
    "vein": Look("6d5a68", "594a5c", 0.6, 0.7, 0.08, SEROSA),
    "artery": Look("b86a5e", "9c4f47", 0.6, 0.7, 0.06, SEROSA),
    "parenchyma": Look("663c2e", "583024", 0.55, 0.6, 0.12, CUT),
    "capsule": Look("673429", "5a2c25", 0.85, 0.6, 0.07, SEROSA),
    "vessel wall": Look("a98078", "966c68", 0.5, 0.6, 0.05, CUT),
    "vessel lumen": Look("3a0f10", "2a0a0c", 0.85, 0.3, 0.05, CUT),
    "cortex": Look("8f5443", "824838", 0.55, 0.7, 0.10, CUT),
    "medulla": Look("75303a", "5f2430", 0.55, 0.7, 0.12, CUT),
    "medullary stria": Look("82404a", "6e3038", 0.55, 0.7, 0.12, CUT),
    "cardiac vein": Look("5c4a66", "4e3f58", 0.7, 0.6, 0.05, SEROSA),
    "gallbladder": Look("6a7a55", "5d6a48", 0.85, 0.7, 0.07, SEROSA),
    "papilla": Look("a3685f", "935a55", 0.6, 0.7, 0.05, CUT),
    "arcuate line": Look("55201f", "4a1a1c", 0.5, 0.5, 0.05, CUT),
    "sinus fat": Look("d8b878", "caa260", 0.6, 0.9, 0.35, FAT),
    "hilar fat": Look("d4b270", "c39d5c", 0.6, 0.9, 0.35, FAT),
    "pelvis": Look("d0b09c", "bd988a", 0.7, 0.8, 0.06, SEROSA),
    "upper lobe": Look("a97f79", "97706e", 0.55, 0.8, 0.20, LOBULAR),
    "middle lobe": Look("ab827b", "99736f", 0.55, 0.8, 0.20, LOBULAR),
    "lower lobe": Look("a37672", "8c6465", 0.55, 0.8, 0.20, LOBULAR),
    "bronchus": Look("d6c4b0", "c0a894", 0.6, 0.8, 0.08, SEROSA),
    "pulp": Look("52252a", "481e24", 0.55, 0.5, 0.15, GRAIN),
    "lobule": Look("cda584", "bd9272", 0.55, 0.9, 0.18, GRAIN),
    "duct": Look("8a8a62", "7a7a55", 0.7, 0.8, 0.06, SEROSA),
    "wall": Look("a98f78", "957862", 0.6, 0.8, 0.08, CUT),
    "mucosa": Look("b96f60", "a75b50", 0.85, 0.8, 0.30, GRAIN),
    "bile": Look("4d5a1c", "3f4a16", 0.9, 0.6, 0.02, SEROSA),
    "muscle": Look("9c574c", "8b4a41", 0.6, 0.7, 0.12, MUSCLE),
    "omental fat": Look("d8b672", "c8a05c", 0.6, 0.9, 0.45, FAT),
    "vessel": Look("8c3a36", "74302f", 0.7, 0.6, 0.05, SEROSA),
    "chyme": Look("a98f5a", "8f7748", 0.7, 0.5, 0.2, GRAIN),
    "myometrium": Look("a66a62", "955850", 0.55, 0.8, 0.16, MUSCLE),
    "endometrium": Look("8f2f30", "7c2428", 0.8, 0.7, 0.12, GRAIN),
    "tube": Look("bf7c74", "ad6a64", 0.75, 0.85, 0.10, SEROSA),
    "ovary": Look("d2c2b2", "bda998", 0.65, 0.85, 0.25, SEROSA),
    "ligament": Look("bd8a80", "ab756d", 0.75, 0.95, 0.10, SEROSA),
    "cervix": Look("c08a80", "ae756d", 0.75, 0.85, 0.08, SEROSA),
    "sclera": Look("e2dcd2", "d8cabf", 0.8, 0.8, 0.010, SEROSA),
    "cornea": Look("2f4658", "26394a", 0.98, 0.4, 0.0, SEROSA),
    "iris": Look("5f4126", "3f2a16", 0.97, 0.5, 0.05, MUSCLE),
    "lens": Look("d8cfa8", "cfc397", 0.9, 0.95, 0.0, SEROSA),
    "vitreous": Look("8f9a98", "869290", 0.95, 0.9, 0.0, SEROSA),
    "aqueous": Look("8796a0", "7f8f99", 0.95, 0.9, 0.0, SEROSA),
    "retina": Look("cf8a5c", "c07a50", 0.7, 0.8, 0.01, SEROSA),
    "choroid": Look("4a2018", "401a14", 0.6, 0.4, 0.01, SEROSA),
    "ciliary body": Look("4f3426", "442b1f", 0.6, 0.4, 0.03, MUSCLE),
    "pupil": Look("060606", "050505", 0.99, 0.0, 0.0, SEROSA),
    "limbus": Look("5a4a3c", "4f4136", 0.95, 0.3, 0.0, SEROSA),
    "tendon": Look("d8c8b8", "c9b5a6", 0.6, 0.8, 0.02, MUSCLE),
    "nerve": Look("ddd0b8", "cfc0a6", 0.6, 0.8, 0.04, MUSCLE),
    "cerebellum": Look("b8998a", "a98878", 0.62, 0.9, 0.08, SEROSA),
    "cerebellar white": Look("d8c8b4", "cdbba6", 0.5, 0.9, 0.08, CUT),
    "brain stem": Look("d2bfaa", "c4ae98", 0.6, 0.9, 0.08, SEROSA),
    "white matter": Look("dccdb9", "d2c1ac", 0.5, 0.9, 0.07, CUT),
    "deep grey matter": Look("ab8f80", "9f8273", 0.5, 0.9, 0.08, CUT),
    "ventricle": Look("8f7468", "826860", 0.9, 0.8, 0.02, SEROSA),
    "callosum": Look("e0d3c0", "d6c8b4", 0.5, 0.9, 0.05, CUT),
    "pia": Look("bd9d8e", "ad8a7c", 0.80, 0.9, 0.10, SEROSA),
    "tumour": Look("c6b59a", "b8a488", 0.5, 0.8, 0.16, CUT),
    "necrosis": Look("a8905a", "97804e", 0.6, 0.6, 0.30, GRAIN),
    "dark rim": Look("4d241e", "421d19", 0.6, 0.5, 0.10, CUT),
    "haemorrhage": Look("4e1513", "3d0e0e", 0.7, 0.5, 0.15, CUT),
    "pseudocapsule": Look("d0bda6", "c2ae98", 0.5, 0.8, 0.05, CUT),
    "cyst wall": Look("b9c0bb", "a3aca8", 0.95, 0.95, 0.02, SEROSA),
    "cyst fluid": Look("c0c4a8", "b6ba9c", 0.95, 0.95, 0.0, SEROSA),
    "infarct": Look("c2a57e", "b2946d", 0.45, 0.7, 0.15, CUT),
    "infarct rim": Look("5a1a1c", "4c1518", 0.6, 0.5, 0.08, CUT),
    "ulcer base": Look("b59a6c", "94703f", 0.7, 0.6, 0.25, GRAIN),
    "ulcer edge": Look("b04f48", "9c423d", 0.8, 0.8, 0.14, SEROSA),
    "nodule": Look("85603f", "745038", 0.5, 0.6, 0.12, CUT),
    "septum": Look("b8a08e", "a88f7d", 0.5, 0.8, 0.05, CUT),
    "golden tumour": Look("c0973f", "b08732", 0.6, 0.8, 0.22, CUT),
    "fibroid": Look("d4c6b6", "c3b2a2", 0.45, 0.8, 0.14, MUSCLE),
    "melanoma": Look("2b1c16", "1f1410", 0.6, 0.3, 0.05, CUT),
    "char": Look("2a1a14", "1e120e", 0.2, 0.1, 0.4, GRAIN),
    "coagulated": Look("b59a80", "a68a70", 0.3, 0.5, 0.2, GRAIN),
    "blood": Look("6a1210", "450909", 0.98, 0.5, 0.02, SEROSA),
    "ink": Look("16233f", "101a30", 0.5, 0.1, 0.05, CUT),
    "steel": Look("8e9296", "868a8e", 0.6, 0.0, 0.05, STEEL),
    "black tool": Look("1d1f22", "191b1e", 0.35, 0.0, 0.02, BOARD),
    "board": Look("4a6d80", "456676", 0.25, 0.0, 0.05, BOARD),
    "paper": Look("e4e2dc", "dedcd6", 0.15, 0.0, 0.0, BOARD),
    "peritoneum": Look("9c6a55", "8a5a48", 0.85, 0.8, 0.25, SEROSA),
    "portal vein": Look("6f8fae", "6787a6", 0.6, 0.3, 0.0, SEROSA),
    "hepatic vein": Look("8a5a96", "7f508c", 0.6, 0.3, 0.0, SEROSA),
    "plan": Look("d8b03c", "cca432", 0.5, 0.5, 0.0, SEROSA),
}
# The same name means another tissue in another organ.
IN_ORGAN: dict[tuple[str, str], Look] = {
    ("liver", "ligament"): Look("b89a86", "a88872", 0.8, 0.95, 0.10, SEROSA),
    ("kidney", "capsule"): Look("7d4438", "6f392f", 0.8, 0.6, 0.08, SEROSA),
    ("spleen", "capsule"): Look("573138", "4a2a32", 0.85, 0.5, 0.08, SEROSA),
    ("brain", "cortex"): Look("a98a7c", "9c7c6e", 0.5, 0.9, 0.06, CUT),
    ("pancreas", "septum"): Look("d8bf92", "cbb080", 0.5, 0.9, 0.1, FAT),
    ("gallbladder", "serosa"): Look("6a7a55", "5d6a48", 0.85, 0.7, 0.07, SEROSA),
    ("gallbladder", "mucosa"): Look("6b6a2c", "5a5a22", 0.8, 0.7, 0.2, LOBULAR),
    ("gallbladder", "wall"): Look("b3a084", "9f8a70", 0.6, 0.8, 0.08, CUT),
    ("stomach", "serosa"): Look("b0746a", "a0645b", 0.85, 0.85, 0.10, SEROSA),
    ("uterus", "serosa"): Look("b06c66", "9c5a56", 0.85, 0.8, 0.10, SEROSA),
    ("eye", "muscle"): Look("8f4a42", "7d3d37", 0.6, 0.7, 0.06, MUSCLE),
}


def look(organ: str, part: str) -> Look:
    """The look of a part of an organ."""
    return IN_ORGAN.get((organ, part)) or LOOKS[part]


def linear(colour: str) -> np.ndarray:
    """sRGB hex -> linear RGB (IEC 61966-2-1)."""
    s = np.array([int(colour[i : i + 2], 16) for i in (0, 2, 4)]) / 255.0
    return np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)


def table(organ: str, parts: tuple[str, ...]) -> np.ndarray:
    """Per part: colour (3), other colour (3), wet, translucent, relief, pattern; (n, 10)."""
    rows = []
    for part in parts:
        w = look(organ, part)
        rows.append([*linear(w.colour), *linear(w.other), w.wet, w.translucent, w.relief_mm, w.pattern])
    return np.array(rows)
