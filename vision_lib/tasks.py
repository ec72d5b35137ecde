"""Everyday tasks and licence limits: the acuity each needs, and whether an eye has it.

Needed acuity: the smallest detail is the height over the number of strokes (5 for Latin capitals,
x-height and digits, about 8 for Hangul syllables: assumed), as an angle at the task's distance.
Fluent reading takes a reserve of about 0.3 logMAR (from memory).
"""

import csv
import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from twin_engine import assets
from twin_engine.parameters import default
from twin_engine.text import tr
from vision_lib.ability import Ability, Corrects, Person, compare

ARCMIN = math.pi / 180.0 / 60.0
RESERVE_LOGMAR = 0.3
FAR_M = 6.0


@dataclass(frozen=True)
class Task:
    """One thing to read: height of its letters, distance, strokes in a letter."""

    name: str
    title: str
    height_mm: float
    distance_m: float
    strokes: float
    kind: str
    source: str

    @property
    def needed_logmar(self) -> float:
        """Acuity that just resolves it, logMAR."""
        return needed_logmar(self.height_mm, self.distance_m, self.strokes)


@dataclass(frozen=True)
class Licence:
    """One driving licence limit: decimal acuity of both eyes or of each."""

    country: str
    title: str
    eyes: str
    decimal: float
    source: str


def needed_logmar(height_mm: float, distance_m: float, strokes: float = 5.0) -> float:
    """Acuity that just resolves letters of a height, logMAR.

    Examples
    --------
    >>> round(needed_logmar(300.0, 100.0), 2)
    0.31
    """
    return math.log10(height_mm / 1000.0 / strokes / distance_m / ARCMIN)


@cache
def tasks() -> tuple[Task, ...]:
    """The tasks of `assets/vision/tasks.csv`."""
    with open(assets.path("vision/tasks.csv"), encoding="utf-8", newline="") as file:
        return tuple(
            Task(r["task"], r["title"], float(r["height_mm"]), float(r["distance_m"]),
                 float(r["strokes"]), r["kind"], r["source"])
            for r in csv.DictReader(file)
        )  # fmt: skip


@cache
def licences() -> tuple[Licence, ...]:
    """The limits of `assets/vision/licences.csv`."""
    with open(assets.path("vision/licences.csv"), encoding="utf-8", newline="") as file:
        return tuple(
            Licence(r["country"], r["title"], r["eyes"], float(r["decimal"]), r["source"])
            for r in csv.DictReader(file)
        )


def verdict(acuity_logmar: float, needed: float) -> str:
    """ "fluent", "just" or "no"."""
    if acuity_logmar + RESERVE_LOGMAR <= needed:
        return "fluent"
    return "just" if acuity_logmar <= needed else "no"


def task_table(who: Person, correction: Corrects | None) -> list[dict[str, Any]]:
    """Every task before and after a correction."""
    rows = []
    chosen = tasks()
    before, after = compare(who, correction, [t.distance_m for t in chosen], with_contrast=False)
    for task, b, a in zip(chosen, before, after, strict=True):
        rows.append({
            "task": task.name, "title": task.title, "distance_m": task.distance_m,
            "height_mm": task.height_mm, "needed_logmar": task.needed_logmar,
            "before": verdict(b.acuity_logmar, task.needed_logmar),
            "after": verdict(a.acuity_logmar, task.needed_logmar), "kind": task.kind,
        })  # fmt: skip
    return rows


def licence_table(before: Ability, after: Ability) -> list[dict[str, Any]]:
    """Licence limits against far acuity, taking the other eye to be equal.

    With both eyes acuity is better by the published binocular gain.
    """
    gain = default("eye_acuity")["binocular_gain"].value
    rows = []
    for limit in licences():
        shift = gain if limit.eyes == "both" else 0.0
        seen = [10.0 ** -(a.acuity_logmar - shift) for a in (before, after)]
        rows.append({"country": limit.country, "title": limit.title, "eyes": limit.eyes,
                     "limit_decimal": limit.decimal, "before_decimal": seen[0],
                     "after_decimal": seen[1], "before": seen[0] >= limit.decimal,
                     "after": seen[1] >= limit.decimal})  # fmt: skip
    return rows


def words(verdict_code: str) -> str:
    """A verdict in the language in force."""
    return {"fluent": tr("reads fluently"), "just": tr("just resolves"), "no": tr("cannot read")}[verdict_code]


def titles() -> dict[str, str]:
    """Every task's title in the language in force."""
    return {
        "newsprint": tr("Newsprint"), "phone_message": tr("Phone: message"),
        "phone_web": tr("Phone: web page"), "monitor": tr("Monitor text, 11 pt"),
        "dashboard_digit": tr("Dashboard digit"), "navigation": tr("Navigation text"),
        "subtitle": tr("Subtitle"), "clock": tr("Clock digit"),
        "sign_300": tr("Road sign 300 mm"), "sign_450": tr("Road sign 450 mm"),
    }  # fmt: skip


def licence_titles() -> dict[str, str]:
    """Every licence's title in the language in force, by its English."""
    return {
        "Korea, class 1": tr("Korea, class 1"), "Korea, class 2": tr("Korea, class 2"),
        "European Union, group 1": tr("European Union, group 1"), "Germany": tr("Germany"),
        "United States, most states": tr("United States, most states"),
    }  # fmt: skip
