"""Visual acuity from blur: the 1 + b^2 law, its uncertainty, and the notations of the clinic.

Blendowske 2015 (Optom Vis Sci 92:e121): the minimum angle of resolution grows as 1 + b^2 with b
the length of the power vector in dioptres (|S| for a sphere, |C|/sqrt 2 for a plano-cylinder,
|C|/2 when the spherical equivalent is corrected). The law knows no pupil; the letter observer in
`observer.py` does. Published measurements differ from each other by about 0.2 logMAR: `compare`
shows by how much, set by set.
"""

import csv
import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin_engine import assets
from twin_engine.errors import InputError
from twin_engine.parameters import default

# Offsets used when a set does not report acuity without blur (A: 20/20; D: relative to best).
SET_BEST = {"A": 0.0, "B": -0.116, "C": -0.14, "D": 0.0}
# Two sets of the comparison whose numbers stand in figures and tables only, not in what can be read of them.
WITHOUT_NUMBERS = {
    "E": "Radhakrishnan 2004, Optom Vis Sci 81:14: alike for plus and minus in non-myopes, less for minus in myopes",
    "G": "Remon 2017, J Optom 10:141: a straight line in b, no effect of axis",
}
COUNTED_OFF = re.compile(r"^\s*(\d+(?:[.,]\d+)?)\s*/\s*(\d+(?:[.,]\d+)?)\s*$")


def blur_strength(m_d: Any, j0_d: Any = 0.0, j45_d: Any = 0.0) -> NDArray[np.float64]:
    """Length of the power vector, D (Thibos 1997)."""
    m, j0, j45 = (np.asarray(v, float) for v in (m_d, j0_d, j45_d))
    return np.sqrt(m * m + j0 * j0 + j45 * j45)


def logmar(blur_d: Any, best_logmar: float | None = None, blur_scale: float = 1.0) -> NDArray[np.float64]:
    """Acuity, logMAR, of an eye blurred by `blur_d` dioptres.

    Parameters
    ----------
    blur_d : array_like
        Length of the power vector left uncorrected, D.
    best_logmar : float, optional
        Acuity in focus; the typical one when not given.
    blur_scale : float
        1 is the law as published; a person's own is fitted in `ability.refit`.
    """
    best = default("eye_acuity")["best_logmar"].value if best_logmar is None else best_logmar
    b = np.asarray(blur_d, float) * blur_scale
    return best + np.log10(1.0 + b * b)


def to_decimal(acuity_logmar: Any) -> Any:
    """Decimal acuity, as written in Korea."""
    return 10.0 ** -np.asarray(acuity_logmar, float)


def to_snellen(acuity_logmar: float, metric: bool = False) -> str:
    """Snellen fraction, 20 ft or 6 m."""
    numerator = 6 if metric else 20
    denominator = numerator * 10.0**acuity_logmar
    shown = f"{denominator:.1f}" if denominator < 10 else f"{denominator:.0f}"
    return f"{numerator}/{shown}"


def parse(text: str, where: str = "acuity") -> float:
    """LogMAR from what a clinic writes: "0.8" (decimal), "20/40", "6/12", "logMAR 0.3".

    Raises
    ------
    InputError
        Not an acuity, or outside -0.5 to 2.0 logMAR.

    Examples
    --------
    >>> parse("20/40") == parse("0.5") == -math.log10(0.5)
    True
    >>> parse("logMAR -0.1")
    -0.1
    """
    written = str(text).strip().replace("−", "-").replace(",", ".")
    value = _read_acuity(written)
    if value is None or not -0.5 <= value <= 2.0:
        raise InputError("not a visual acuity", where, text,
                         "decimal 0.01 to 3.2, a Snellen fraction, or logMAR -0.5 to 2",
                         "write 0.5, 20/40, 6/12 or logMAR 0.3")  # fmt: skip
    return value


def _read_acuity(written: str) -> float | None:
    fraction = COUNTED_OFF.match(written)
    try:
        if fraction:
            top, bottom = float(fraction[1]), float(fraction[2])
            return math.log10(bottom / top) if top > 0 and bottom > 0 else None
        if written.lower().startswith("logmar"):
            return float(written[6:].lstrip(" =:"))
        decimal = float(written)
        return -math.log10(decimal) if decimal > 0 else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Published:
    """One series of a published set: blur strength against acuity."""

    set: str
    series: str
    blur_d: NDArray[np.float64]
    acuity_logmar: NDArray[np.float64]
    source: str


@cache
def published() -> tuple[Published, ...]:
    """The published measurements of acuity against blur that give numbers."""
    with open(assets.path("vision/acuity_blur.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    factor = {"S": 1.0, "C/sqrt2": 1 / math.sqrt(2), "C/2": 0.5}
    series = dict.fromkeys((r["set"], r["series"]) for r in rows)
    return tuple(
        Published(name, what,
                  np.array([float(r["power_d"]) * factor[r["blur_from"]] for r in chosen]),
                  np.array([float(r["acuity_logmar"]) for r in chosen]), chosen[0]["source"])
        for name, what in series
        for chosen in [[r for r in rows if (r["set"], r["series"]) == (name, what)]]
    )  # fmt: skip


def compare() -> list[dict[str, Any]]:
    """RMS difference between the law and every published series, logMAR."""
    return [
        {"set": p.set, "series": p.series, "n": len(p.blur_d), "best_logmar": SET_BEST[p.set],
         "rms_logmar": float(np.sqrt(np.mean(_error(p) ** 2))), "source": p.source}
        for p in published()
    ]  # fmt: skip


def _error(p: Published) -> NDArray[np.float64]:
    return logmar(p.blur_d, SET_BEST[p.set]) - p.acuity_logmar


@cache
def law_sd() -> float:
    """Standard deviation of the law over all published series, logMAR: our own calculation."""
    return float(np.sqrt(np.mean([np.mean(_error(p) ** 2) for p in published()])))


def bend(reach_d: float = 2.0) -> float:
    """RMS difference, logMAR, between the law and its own best straight line: what set G would not see."""
    b = np.linspace(0.0, reach_d, 41)
    law = logmar(b, 0.0)
    return float(np.sqrt(np.mean((law - np.polyval(np.polyfit(b, law, 1), b)) ** 2)))


def disagreement(blur_d: float) -> tuple[float, float]:
    """Lowest and highest loss of acuity, logMAR, that the published series give at one blur.

    Each series is read by straight lines between its points and counted from its own best.
    """
    values = [
        float(np.interp(blur_d, p.blur_d, p.acuity_logmar - SET_BEST[p.set]))
        for p in published()
        if p.blur_d.min() <= blur_d <= p.blur_d.max()
    ]
    return min(values), max(values)
