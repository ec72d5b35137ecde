"""Lesion library: each kind says where it is (truth), how it changes the surface, and its inner tissues.

Truth is the signed distance `d` (mm): mask = d < 0. Gross appearances after the teaching manuals named in
docs/organs.md; which cells bleed or die is drawn by noise, not measured.
"""

from dataclasses import dataclass

import numpy as np
from numba import vectorize
from numpy.typing import NDArray

from twin_engine.errors import InputError
from twin_engine.tissue.organs._sdf import cone, ellipsoid, fbm, smax, worley

Array = NDArray[np.float64]
PARTS = (
    "tumour",
    "necrosis",
    "dark rim",
    "haemorrhage",
    "pseudocapsule",
    "cyst wall",
    "cyst fluid",
    "infarct",
    "infarct rim",
    "ulcer base",
    "ulcer edge",
    "nodule",
    "septum",
    "golden tumour",
    "fibroid",
    "melanoma",
)
# Wall of a cyst, mm: thicker than the grids it is drawn on (a real one is under 1 mm).
CYST_WALL = 1.6
CODE = {name: i for i, name in enumerate(PARTS)}
# Diagnosis, consistency and edge as a structured report names them.
KINDS = {
    "metastasis": ("Metastasis", "firm", "circumscribed"),
    "hcc": ("Hepatocellular carcinoma", "soft", "encapsulated"),
    "rcc": ("Clear cell renal carcinoma", "soft", "encapsulated"),
    "cyst": ("Simple cyst", "fluid", "smooth"),
    "infarct": ("Infarct", "firm", "wedge"),
    "ulcer": ("Peptic ulcer", "firm", "punched out"),
    "cirrhosis": ("Cirrhosis", "hard", "diffuse"),
    "fibroid": ("Leiomyoma", "firm", "circumscribed"),
    "melanoma": ("Melanoma", "soft", "dome"),
    "adenocarcinoma": ("Adenocarcinoma of the lung", "firm", "spiculated"),
}


@vectorize(cache=True)
def metastasis(x: float, y: float, z: float, cx: float, cy: float, cz: float, r: float) -> float:
    d = ellipsoid(x, y, z, cx, cy, cz, r, r, r)
    return d - 0.16 * r * fbm(x + cx, y, z, 0.55 * r) if abs(d) < r else d


@vectorize(cache=True)
def nodular(x: float, y: float, z: float, cx: float, cy: float, cz: float, r: float) -> float:
    """A tumour of nodules: sphere displaced by cells of 16 mm."""
    d = ellipsoid(x, y, z, cx, cy, cz, r, r, r)
    if abs(d) > 12.0:
        return d
    f, _, _ = worley(x, y, z, 16.0)
    return d + 5.5 * (f - 0.5)


@vectorize(cache=True)
def spiculated(x: float, y: float, z: float, cx: float, cy: float, cz: float, r: float) -> float:
    d = ellipsoid(x, y, z, cx, cy, cz, r, r, r)
    return d - 0.30 * r * max(0.0, fbm(x * 1.7 + cx, y, z * 1.7, 0.35 * r)) if abs(d) < r else d


@vectorize(cache=True)
def wedge(
    x: float, y: float, z: float, tx: float, ty: float, tz: float, bx: float, by: float, bz: float, r: float
) -> float:
    """A cone that widens from its tip t to its base b."""
    d = cone(x, y, z, tx, ty, tz, 0.6, bx, by, bz, r)
    return d + 1.3 * fbm(x, y, z, 5.0) if abs(d) < 8.0 else d


@vectorize(cache=True)
def cells(x: float, y: float, z: float, size: float) -> float:
    """F1 of warped Worley cells: regenerative nodules."""
    f, _, _ = worley(x + 2.0 * fbm(x, y, z, 9.0), y + 2.0 * fbm(x + 40.0, y, z, 9.0), z, size)
    return f


@vectorize(cache=True)
def gaps(x: float, y: float, z: float, size: float) -> float:
    _, g, _ = worley(x + 2.0 * fbm(x, y, z, 9.0), y + 2.0 * fbm(x + 40.0, y, z, 9.0), z, size)
    return g


@vectorize(cache=True)
def clouds(x: float, y: float, z: float, size: float) -> float:
    return fbm(x, y, z, size)


@vectorize(cache=True)
def carve(d: float, hole: float, k: float) -> float:
    return smax(d, -hole, k)


@dataclass(frozen=True)
class Lesion:
    """One lesion.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    centre : tuple
        mm; for a wedge its tip.
    radius_mm : float
        Radius; for cirrhosis the size of nodules.
    towards : tuple, optional
        A wedge's base.

    Raises
    ------
    InputError
        Unknown kind, or a radius that is not positive.
    """

    kind: str
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    radius_mm: float = 10.0
    towards: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError("unknown lesion", "kind", self.kind, ", ".join(KINDS), "choose one of these")
        if not np.isfinite([*self.centre, self.radius_mm]).all() or self.radius_mm <= 0:
            raise InputError(
                "a lesion needs a finite centre and a positive radius",
                "radius_mm",
                self.radius_mm,
                "mm",
                "give a radius above 0",
            )

    def distance(self, x: Array, y: Array, z: Array) -> Array:
        """Truth: signed distance in mm, negative inside (diffuse disease: -1 everywhere)."""
        c, r = self.centre, self.radius_mm
        if self.kind == "cirrhosis":
            return np.full(np.broadcast(x, y, z).shape, -1.0)
        if self.kind == "hcc":
            return nodular(x, y, z, *c, r)
        if self.kind == "adenocarcinoma":
            return spiculated(x, y, z, *c, r)
        if self.kind == "infarct":
            return wedge(x, y, z, *c, *self.towards, r)
        if self.kind in ("metastasis", "rcc"):
            return metastasis(x, y, z, *c, r)
        return np.sqrt((x - c[0]) ** 2 + (y - c[1]) ** 2 + (z - c[2]) ** 2) - r

    def shape(self, d: Array, x: Array, y: Array, z: Array) -> Array:
        """The organ's field d with this lesion: bulges, umbilication, craters, nodules, hollows."""
        if self.kind == "cirrhosis":
            return np.where(np.abs(d) < 8, d + 2.6 * (cells(x, y, z, self.radius_mm) - 0.42), d)
        own = self.distance(x, y, z)
        r = self.radius_mm
        if self.kind == "infarct":
            return d + 0.7 * np.clip(0.5 - own, 0, 1)
        if self.kind == "ulcer":
            raised = d - 2.2 * np.exp(-(((own - 1.5) / 3.0) ** 2))
            return carve(raised, own, 2.0)
        if self.kind == "cyst":
            grown = np.minimum(d, own)
            return np.maximum(grown, -(own + CYST_WALL))
        if self.kind == "metastasis":
            # The capsule over it bulges and dips at its middle (umbilication).
            off = np.sqrt((x - self.centre[0]) ** 2 + (y - self.centre[1]) ** 2 + (z - self.centre[2]) ** 2)
            rise = 1.2 * np.clip(1 - own / 2, 0, 1) - 1.6 * np.exp(-((off / (0.8 * r)) ** 4))
            return np.where(np.abs(d) < 6, d - rise, d)
        if self.kind in ("melanoma", "adenocarcinoma"):
            return d
        k = 3.0
        h = np.maximum(k - np.abs(d - own), 0) / k
        return np.minimum(d, own) - h * h * k / 4

    def tissue(self, x: Array, y: Array, z: Array) -> NDArray[np.int64]:
        """Code in `PARTS` at points (n,), -1 where the organ's own tissue stays."""
        d = self.distance(x, y, z)
        out = np.full(d.shape, -1, dtype=np.int64)
        r = self.radius_mm
        self._paint(out, d, r, x, y, z)
        return out

    def _paint(self, out: NDArray[np.int64], d: Array, r: float, x: Array, y: Array, z: Array) -> None:
        inside = d < 0
        noise = clouds(x, y, z, 6.0)
        if self.kind == "cirrhosis":
            out[:] = np.where(gaps(x, y, z, r) < 0.11, CODE["septum"], CODE["nodule"])
        elif self.kind in ("metastasis", "adenocarcinoma"):
            out[(d >= 0) & (d < 1.1)] = CODE["dark rim"]
            out[inside] = CODE["tumour"]
            out[inside & (d < -0.42 * r + 0.12 * r * noise)] = CODE["necrosis"]
        elif self.kind == "hcc":
            out[inside] = CODE["tumour"]
            out[inside & (clouds(x, y, z, 9.0) > 0.3)] = CODE["haemorrhage"]
            out[inside & (gaps(x, y, z, 16.0) < 0.07)] = CODE["septum"]
            out[(d > -0.75) & (d < 0.15)] = CODE["pseudocapsule"]
        elif self.kind == "rcc":
            out[inside] = CODE["golden tumour"]
            out[inside & (noise > 0.2)] = CODE["haemorrhage"]
            out[inside & (clouds(x + 50, y, z, 9.0) < -0.28)] = CODE["necrosis"]
            out[(d > -0.7) & (d < 0.2)] = CODE["pseudocapsule"]
        elif self.kind == "infarct":
            out[inside] = CODE["infarct"]
            out[(d >= 0) & (d < 1.0)] = CODE["infarct rim"]
        elif self.kind == "ulcer":
            out[d < 0.9] = CODE["ulcer base"]
            out[(d >= 0.9) & (d < 4.0)] = CODE["ulcer edge"]
        elif self.kind == "cyst":
            out[d < 0.2] = CODE["cyst wall"]
        else:
            out[inside] = CODE[self.kind]


def standard() -> dict[str, tuple[str, tuple[Lesion, ...]]]:
    """Cases that ship: name -> (organ, lesions); places in mm of the organ's own frame."""
    return {
        "liver metastases": (
            "liver",
            (
                Lesion("metastasis", (-66, -46, 30), 15),
                Lesion("metastasis", (-84, -6, -8), 11),
                Lesion("metastasis", (-28, -38, 24), 9),
                Lesion("metastasis", (30, -52, 20), 8),
                Lesion("metastasis", (-52, 14, 34), 12),
                Lesion("metastasis", (70, -30, 24), 6),
            ),
        ),
        "liver with HCC in cirrhosis": (
            "liver",
            (Lesion("cirrhosis", radius_mm=8.5), Lesion("hcc", (-62, -24, 20), 24)),
        ),
        "liver tumour": ("liver", (Lesion("metastasis", (-70, -22, 18), 21),)),
        "liver cyst": ("liver", (Lesion("cyst", (-66, -52, 22), 17),)),
        "kidney clear cell carcinoma": ("kidney", (Lesion("rcc", (8, -2, 40), 19),)),
        "kidney infarct": ("kidney", (Lesion("infarct", (14, 0, -12), 8.0, (29, -2, -16)),)),
        "kidney cyst": ("kidney", (Lesion("cyst", (20, -4, -34), 14),)),
        "gastric ulcer": ("stomach", (Lesion("ulcer", (8, -9, -11), 8),)),
        "heart infarct": ("heart", (Lesion("infarct", (12, -40, -22), 13, (30, -50, -38)),)),
        "lung adenocarcinoma": ("lung", (Lesion("adenocarcinoma", (62, -4, 66), 13),)),
        "lung infarct": ("lung", (Lesion("infarct", (62, 30, -66), 17, (84, 36, -86)),)),
        "brain metastasis": ("brain", (Lesion("metastasis", (36, -38, 34), 11),)),
        "uterine leiomyoma": ("uterus", (Lesion("fibroid", (10, -8, 26), 15),)),
        "choroidal melanoma": ("eye", (Lesion("melanoma", (7.5, 3.0, 4.5), 3.6),)),
        "spleen infarct": ("spleen", (Lesion("infarct", (6, 4, 22), 8, (24, 8, 38)),)),
    }
